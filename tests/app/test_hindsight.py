"""What really happened beside a decision, in words, and what that comes to over a mailbox."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from worker.app.hindsight import Balance, Beside, Past, balance, hindsight, past_of, sentences, silence
from worker.core.model import (
    Action,
    Deal,
    Decision,
    Event,
    Evidence,
    Kind,
    LoggedMail,
    Party,
    Run,
    Speaker,
    Strength,
)

OWNER, ANNEKE = "wim@smid.test", "anneke@molen.example"
PAST = Past(zone=ZoneInfo("Europe/Amsterdam"), until=datetime(2025, 9, 30, tzinfo=UTC))


def _on(day: int, month: int = 3, hour: int = 9) -> datetime:
    return datetime(2025, month, day, hour, tzinfo=UTC)


def _mail(at: datetime, speaker: Speaker, *, asks: bool = False, kind: Kind = Kind.HUMAN) -> LoggedMail:
    sender = OWNER if speaker is Speaker.OWNER else ANNEKE
    return LoggedMail(id=f"{at:%m%d%H}.{speaker}", at=at, sender=sender, to=(), subject="Sluice", kind=kind, speaker=speaker,
                      asks=asks)  # fmt: skip


def _ours(day: int, month: int = 3, **more: bool) -> LoggedMail:
    return _mail(_on(day, month), Speaker.OWNER, **more)


def _theirs(day: int, month: int = 3, **more: bool) -> LoggedMail:
    return _mail(_on(day, month), Speaker.CONTACT, **more)


def _deal(*log: LoggedMail, owner: str = OWNER, **more: object) -> Deal:
    return Deal(id=f"d.{owner}", ref="abc", owner=Party(address=owner, name="Wim Smid"), title="Anneke", created=_on(1),
                log=log, **more)  # fmt: skip


def _decision(at: datetime, action: Action = Action.SEND, **more: object) -> Decision:
    return Decision(at=at, action=action, why="it was time", to=(ANNEKE,), **more)


def _words(decision: Decision, *log: LoggedMail, past: Past = PAST) -> str:
    found = hindsight(decision, _deal(*log), past)
    assert found is not None
    return found.words


# -- one decision ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (10, "on that very day"),
        (9, "on 9 March 2025, a day before"),
        (8, "on 8 March 2025, two days before"),
        (12, "on 12 March 2025, two days later"),
    ],
)
def test_the_owners_own_mail_within_three_days_is_the_same_thought(day, said):
    found = hindsight(_decision(_on(10)), _deal(_ours(3), _ours(day)), PAST)
    assert found.beside is Beside.YOURS
    assert f"you wrote to them yourself {said}" in found.words


def test_the_nearest_of_the_owners_mails_is_named():
    assert "on 11 March 2025, a day later" in _words(_decision(_on(10)), _ours(8), _ours(11))


def test_the_mail_that_led_to_the_decision_is_no_answer_to_it():
    reason = _ours(9)
    found = hindsight(_decision(_on(10), found_in=(reason.id,)), _deal(reason), PAST)
    assert found.beside is Beside.NOBODY


def test_a_later_mail_of_the_owner_says_how_much_later():
    found = hindsight(_decision(_on(10)), _deal(_ours(3), _ours(31)), PAST)
    assert found.beside is Beside.LATER
    assert "you wrote to them only on 31 March 2025, 21 days later" in found.words


def test_who_was_never_written_to_again_is_said_so_and_that_they_stayed_silent():
    assert _words(_decision(_on(10)), _ours(3)) == "nobody wrote to them again; they stayed silent from then on"


def test_what_they_wrote_after_it_stands_beside_it():
    assert "they wrote on 14 March 2025, four days later" in _words(_decision(_on(10)), _ours(3), _theirs(14))


def test_an_automatic_answer_is_no_word_of_theirs():
    auto = _mail(_on(14), Speaker.CONTACT, kind=Kind.AUTO_REPLY)
    assert "stayed silent" in _words(_decision(_on(10)), auto)


def test_whoever_had_asked_and_got_no_answer_had_waited():
    assert _words(_decision(_on(10)), _theirs(6, asks=True)).startswith("they had asked on 6 March 2025 and waited; nobody")
    assert "waited" not in _words(_decision(_on(10)), _theirs(6, asks=True), _ours(6 + 1))
    assert "waited" not in _words(_decision(_on(10)), _theirs(6))


def test_of_what_lies_behind_the_last_mail_nothing_is_claimed():
    found = hindsight(_decision(_on(1, 10)), _deal(_ours(3)), PAST)
    assert found.beside is Beside.UNKNOWN
    assert found.words == "the mailbox ends before that day"


def test_a_task_is_compared_with_what_the_owner_did_after_it_and_not_before():
    task = _decision(_on(10), Action.TASK)
    assert _words(task, _ours(9), _ours(12)) == "you wrote to them yourself on 12 March 2025, two days later"
    assert _words(task, _ours(9)) == "nobody wrote to them again"


def test_the_day_is_that_of_the_owners_clock():
    night = _mail(datetime(2025, 3, 9, 23, 30, tzinfo=UTC), Speaker.OWNER)
    assert "on that very day" in _words(_decision(_on(10)), night)


@pytest.mark.parametrize("action", [Action.STAGE, Action.HOLD, Action.STOP])
def test_what_only_answers_the_past_is_not_compared_with_it(action):
    assert hindsight(_decision(_on(10), action), _deal(_ours(9)), PAST) is None


def test_where_several_owners_write_each_is_called_by_name():
    deals = [_deal(), _deal(owner="ria@smid.test")]
    several = past_of(deals, PAST.zone, PAST.until)
    assert not past_of(deals[:1], PAST.zone, PAST.until).several
    assert "Wim wrote to them on 11 March 2025" in _words(_decision(_on(10)), _ours(11), past=several)


# -- why it kept silent ------------------------------------------------------------------


def _stop(*found_in: str, playbook: str = "silent", action: Action = Action.STOP) -> Decision:
    return _decision(_on(10), action, found_in=found_in, playbook=playbook)


def test_a_silence_is_counted_under_what_was_said_in_its_mail():
    mail = _theirs(9)
    shown = Evidence(event=Event.COMPLAINT, strength=Strength.LIKELY, quote="This is not what we ordered.", signal="complaint.en",
                     found_in=mail.id, at=mail.at)  # fmt: skip
    assert silence(_stop(mail.id), _deal(mail, evidence=(shown,))) == "a complaint was open"


@pytest.mark.parametrize(
    ("mail", "why"),
    [
        (_theirs(9), "they had written"),
        (_ours(9), "you had written yourself"),
        (_mail(_on(9), Speaker.OTHER, kind=Kind.BOUNCE), "their address was dead"),
        (_mail(_on(9), Speaker.CONTACT, kind=Kind.AUTO_REPLY), "they were away"),
    ],
)
def test_a_silence_is_counted_under_who_wrote(mail, why):
    assert silence(_stop(mail.id), _deal(mail)) == why


def test_a_plan_that_fell_without_a_mail_is_not_laid_at_anybodys_door():
    began = _ours(3)
    run = Run(id="r", playbook="silent", book_hash="", started=_on(3), contact=ANNEKE, trigger="t", found_in=(began.id,))
    assert silence(_stop(began.id), _deal(began, runs=(run,))) == "the deal had moved on"


def test_a_hold_of_no_playbook_is_the_owners_pause():
    mail = _ours(9)
    assert silence(_stop(mail.id, playbook="", action=Action.HOLD), _deal(mail)) == "you had paused it"


# -- what it comes to ---------------------------------------------------------------------


def test_the_balance_counts_mails_by_what_was_done_without_them():
    deal = _deal(_ours(3), _ours(11))
    rows = [_decision(_on(10)), _decision(_on(20)), _decision(_on(2, 10)), _decision(_on(20), Action.TASK), _stop(_ours(3).id)]
    found = balance([(deal, row) for row in rows], PAST)
    assert (found.deals, found.people, found.forgotten) == (1, 1, 1)
    assert found.beside == {Beside.YOURS: 1, Beside.NOBODY: 1, Beside.UNKNOWN: 1}
    assert found.counts[Action.TASK] == 1
    assert found.silences == (("you had written yourself", 1),)


def test_the_balance_is_told_in_sentences():
    deal = _deal(_ours(3), _ours(11))
    given = Decision(at=_on(10), action=Action.SEND, to=(ANNEKE,), why="Silent: no word (approved in rehearsal)")
    rows = [given, _decision(_on(20)), _stop(_theirs(9).id)]
    told = sentences(balance([(deal, row) for row in rows], PAST))
    assert told[0] == ("1 deal: the worker would have sent 2 mails to 1 person, 1 of them only after a yes, and given you "
                       "no tasks, no questions and no alarms.")  # fmt: skip
    assert told[1] == "Beside those 2 mails: in 1 you wrote yourself within three days, in 1 nobody wrote again (1 person)."
    assert told[-1].startswith("1 time it held its tongue")


def test_a_mailbox_without_deals_says_what_to_look_at():
    (line,) = sentences(Balance(deals=0, counts={}, people=0, approved=0, beside={}, forgotten=0, silences=()))
    assert "WORKER_TEAM" in line
