from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from worker.core.calendar import DECENT, is_business_day
from worker.core.firm import IdealClient
from worker.core.model import (
    Action,
    Address,
    Bucket,
    Contact,
    Event,
    Evidence,
    MessageId,
    Outbox,
    Question,
    RunState,
    Speaker,
    Stage,
    Strength,
    Suppressed,
)
from worker.core.outbox import Drop, Go, due_at
from worker.core.planner import plan
from worker.core.playbook import (
    Alert,
    Answer,
    Branch,
    Condition,
    Exit,
    Hours,
    Mode,
    Send,
    Step,
    Task,
    Watch,
    read_duration,
)
from worker.core.situation import Caps, Known
from worker.core.steering import Command, Verb, obey
from worker.core.stopping import may_send

IRIS = Address("iris@weberei.example")
BERLIN = ZoneInfo("Europe/Berlin")
_LATE = Hours(spread=(120, 120))
fixtures = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _life_cycle(book, *steps, **more):
    return book(*steps, slug="life", when=Stage.OPENING, life_cycle=True, stop_when=frozenset(), **more)


_THANKS = Step(id="thanks", line=1, deed=Send(template="client/thank-you"))
_ASK = Step(id="ask", line=2, deed=Send(template="client/referral"), wait=read_duration("next business morning"))
_RING = Step(id="ring", line=3, deed=Task(text="Ring them"))


@pytest.fixture
def close(said):
    """Signed on the first day, paid on the second."""
    return said(Event.SIGNED, days=0.1), said(Event.PAYMENT_RECEIVED, days=1)


@pytest.fixture
def live(world, planned, left):
    """Live a deal through: plan at every moment at which something is due, and let mail leave when it may."""

    def run(deal, around, until, *, mails=(), now=None):
        coming = sorted(mails, key=lambda pair: pair[0])
        now = now or deal.created
        for _ in range(400):
            deal = _sent_if_due(planned(deal, around(deal), now), around(deal), now)
            deal = planned(deal, around(deal), now)
            times = [deal.due_at, *(due_at(item) for item in deal.outbox), *(at for at, _ in coming[:1])]
            following = min((at for at in times if at is not None and at > now), default=None)
            if following is None or following > until:
                return deal
            now = following
            while coming and coming[0][0] <= now:
                deal = coming.pop(0)[1](deal)
        raise AssertionError("it never comes to rest")

    return run


def _sent_if_due(deal, world, now):
    for item in deal.outbox:
        when = due_at(item)
        if when is None or when > now:
            continue
        match may_send(deal, item, _without(world, when), now):
            case Go():
                moved = replace(item, state=Outbox.FILED, changed=now)
            case Drop(why=why):
                moved = replace(item, state=Outbox.STOPPED, changed=now, reply=why)
            case waiting:
                moved = replace(item, next_try=waiting.when)
        deal = replace(deal, outbox=tuple(moved if other is item else other for other in deal.outbox))
    return deal


def _without(world, own):
    """A letter does not stand in its own way."""
    people = {
        who: replace(known, sent=tuple(one for one in known.sent if one != own)) for who, known in world.people.items()
    }
    return replace(world, people=people)


def _around(world, *books, label=Bucket.PROSPECT, **more):
    """The world around a deal, with what it has sent and will send."""

    def build(deal):
        sent = tuple(
            (item.changed if item.state is Outbox.FILED else due_at(item)) or item.letter.send_at
            for item in deal.outbox
            if not item.letter.to_owner and item.state in (Outbox.FILED, Outbox.QUEUED)
            and item.letter.purpose not in ("decline", "referral_thanks")
        )  # fmt: skip
        stage = deal.stage.bucket
        return world(
            *books, people={IRIS: Known(sent=sent, label=label if stage is not Bucket.CLIENT else stage)}, **more
        )

    return build


def _sent(deal):
    return [item for item in deal.outbox if item.state is Outbox.FILED and not item.letter.to_owner]


def _rows(deal, *actions):
    return [row for row in deal.decisions if row.action in actions]


# -- laws ----------------------------------------------------------------------------

_HAPPENINGS = st.lists(st.tuples(st.sampled_from(Event), st.sampled_from(Strength), st.integers(0, 40)), max_size=8)


def _evidence(deal, items):
    return deal.evidence + tuple(
        Evidence(event=event, strength=strength, quote=f"says {event}", signal="s", found_in=MessageId(f"{number}@m.example"),
                 at=deal.created + timedelta(days=day), speaker=Speaker.CONTACT, by=IRIS)
        for number, (event, strength, day) in enumerate(items)
    )  # fmt: skip


def _every_kind_of_book(book):
    check_in = Step(id="check-in", line=4, deed=Send(template="client/check-in-30"), wait=read_duration("1 month"),
                    repeat=read_duration("1 month"), only_if=(Condition.NO_COMPLAINT,))  # fmt: skip
    goodbye = Step(id="bye", line=2, deed=Send(template="prospect/closing-the-file"), wait=read_duration("3 business days"),
                   branches=(Branch(answer=Answer.SILENCE, after=read_duration("5 business days"),
                                    deeds=(Task(text="Ring"), Exit(stage=Stage.LOST))),))  # fmt: skip
    return (
        book(Step(id="nudge", line=1, deed=Send(template="prospect/nudge")), goodbye),
        _life_cycle(book, _THANKS, _ASK, _RING, check_in),
        book(Step(id="no", line=1, deed=Send(template="prospect/decline")), slug="returns", when=Watch.RETURNS),
        book(Step(id="look", line=1, deed=Alert(text="Look")), slug="complaint", when=Event.COMPLAINT, life_cycle=True),
    )


@fixtures
@given(items=_HAPPENINGS, day=st.integers(0, 60), mode=st.sampled_from(Mode))
def test_planning_twice_plans_nothing_new(silent, world, book, posted, items, day, mode):
    evidenced, now = replace(silent, evidence=_evidence(silent, items)), silent.created + timedelta(days=day)
    around = world(*_every_kind_of_book(book), mode=mode)
    once = posted(plan(evidenced, around, now), now)
    again = plan(once, around, now)
    assert again.deal == once
    assert not again.drafts
    assert not again.letters


@fixtures
@given(items=_HAPPENINGS, hour=st.integers(0, 200))
def test_no_mail_leaves_at_night_on_a_weekend_or_a_holiday_and_no_two_on_one_day(
    silent, world, book, live, items, hour
):
    started = replace(silent, evidence=_evidence(silent, items))
    around = _around(world, *_every_kind_of_book(book))
    lived = live(started, around, silent.created + timedelta(days=90), now=silent.created + timedelta(hours=hour))
    moments = [(item.changed.astimezone(BERLIN), item.letter.purpose) for item in _sent(lived)]
    assert all(is_business_day(at.date(), "DE") and DECENT[0] <= at.time() < DECENT[1] for at, _ in moments)
    assert max(Counter(at.date() for at, purpose in moments if purpose != "decline").values(), default=0) <= 1


@fixtures
@given(items=_HAPPENINGS, day=st.integers(0, 60))
def test_nothing_is_sent_after_the_contact_asked_for_no_more_mail(silent, world, book, live, items, day):
    stop = silent.created + timedelta(days=day)
    out = Suppressed(address=IRIS, opted_out=stop, why="asked for no more mail")
    plain = _around(world, *_every_kind_of_book(book))
    closed = _around(world, *_every_kind_of_book(book), suppressed=(out,))
    before = live(replace(silent, evidence=_evidence(silent, items)), plain, stop)
    after = live(before, closed, stop + timedelta(days=90), now=stop)
    assert _sent(after) == _sent(before)


@fixtures
@given(items=st.lists(st.tuples(st.sampled_from(Event), st.sampled_from(Strength), st.integers(0, 10)), max_size=30))
def test_the_owner_hears_of_one_deal_at_most_five_times_in_a_week(silent, world, book, live, items):
    many = [book(Step(id="t", line=1, deed=Task(text=event)), slug=event, when=event, life_cycle=True) for event in
            (Event.COMPLAINT, Event.INTRODUCTION, Event.TESTIMONIAL, Event.INTEREST, Event.REJECTED, Event.LEFT_COMPANY)]  # fmt: skip
    lived = live(
        replace(silent, evidence=_evidence(silent, items)), _around(world, *many), silent.created + timedelta(days=60)
    )
    told = sorted(row.at for row in _rows(lived, Action.TASK, Action.ASK, Action.ALERT))
    assert all(later - sooner >= timedelta(days=7) for sooner, later in zip(told, told[5:], strict=False))


@fixtures
@given(items=_HAPPENINGS)
def test_every_decision_has_a_reason(silent, world, book, live, items):
    started = replace(silent, evidence=_evidence(silent, items))
    lived = live(started, _around(world, *_every_kind_of_book(book)), silent.created + timedelta(days=90))
    assert all(row.why for row in lived.decisions)


# -- silence ---------------------------------------------------------------------------


@pytest.fixture
def silent(deal, said, wrote):
    """The owner has sent a proposal and asked, and nobody has answered."""
    asked = wrote(Speaker.OWNER, days=1, asks=True)
    return replace(deal, log=(*deal.log, asked), evidence=(said(Event.PROPOSAL_SENT, days=1, speaker=Speaker.OWNER),))


def test_a_nudge_leaves_five_business_days_after_the_proposal(silent, world, book, live):
    lived = live(silent, _around(world, book()), silent.created + timedelta(days=30))
    assert [item.changed.date() for item in _sent(lived)] == [date(2025, 3, 11)]


def test_nothing_is_chased_while_the_ball_is_in_our_court(silent, world, book, live, wrote):
    answered = replace(silent, log=(*silent.log, wrote(Speaker.CONTACT, days=2)))
    assert not _sent(live(answered, _around(world, book()), silent.created + timedelta(days=60)))


def test_an_absence_stops_the_clock_and_it_goes_on_after_the_return(silent, world, book, live, away):
    lived = live(silent, _around(world, book(), suppressed=(away,)), silent.created + timedelta(days=60))
    assert [item.changed.date() for item in _sent(lived)] == [date(2025, 3, 28)]


def test_a_named_day_stops_the_clock_until_the_business_day_after_it(silent, world, book, live, said):
    named = replace(silent, evidence=(*silent.evidence, said(Event.DATE_NAMED, days=0.5, day=date(2025, 3, 14))))
    lived = live(named, _around(world, book()), silent.created + timedelta(days=60))
    assert [item.changed.date() for item in _sent(lived)] == [date(2025, 3, 24)]


def test_a_colleagues_reply_ends_the_chase(silent, world, book, live, wrote):
    around = _around(world, book(hours=_LATE))
    reply = wrote(Speaker.CONTACT, days=8.05, sender=Address("ole@weberei.example"))
    lived = live(silent, around, silent.created + timedelta(days=60),
                 mails=[(reply.at, lambda deal: replace(deal, log=(*deal.log, reply)))])  # fmt: skip
    assert not _sent(lived)
    assert _rows(lived, Action.STOP)[0].found_in == (reply.id,)


def test_a_mail_of_the_owners_own_ends_the_chase(silent, world, book, live, wrote):
    again = wrote(Speaker.OWNER, days=8.05)
    steps = (Step(id="nudge", line=1, deed=Send(template="prospect/nudge")),
             Step(id="bye", line=2, deed=Send(template="prospect/closing-the-file"), wait=read_duration("7 business days")))  # fmt: skip
    lived = live(silent, _around(world, book(*steps, hours=_LATE)), silent.created + timedelta(days=15),
                 mails=[(again.at, lambda deal: replace(deal, log=(*deal.log, again)))])  # fmt: skip
    assert not _sent(lived)


@pytest.mark.parametrize(
    "event", [Event.SIGNED, Event.PAYMENT_RECEIVED, Event.REJECTED, Event.NOT_NOW, Event.DISQUALIFIED]
)
def test_nobody_is_chased_once_the_deal_has_moved_on_by_itself(silent, world, book, live, said, event):
    steps = (Step(id="nudge", line=1, deed=Send(template="prospect/nudge")),
             Step(id="bye", line=2, deed=Send(template="prospect/closing-the-file"), wait=read_duration("7 business days")))  # fmt: skip
    found = said(event, days=10, speaker=Speaker.NOTARY)
    lived = live(silent, _around(world, book(*steps)), silent.created + timedelta(days=60),
                 mails=[(found.at, lambda deal: replace(deal, evidence=(*deal.evidence, found)))])  # fmt: skip
    assert [item.letter.purpose for item in _sent(lived)] == ["nudge"]
    assert lived.runs[0].state is RunState.STOPPED
    assert _rows(lived, Action.STOP)[0].found_in == (found.found_in,)


def test_silence_after_the_last_mail_leaves_the_deal_lost_and_tells_why(silent, world, book, live):
    branch = Branch(answer=Answer.SILENCE, after=read_duration("10 business days"), deeds=(Exit(stage=Stage.LOST),))
    step = Step(id="bye", line=1, deed=Send(template="prospect/closing-the-file"), branches=(branch,))
    lived = live(silent, _around(world, book(step)), silent.created + timedelta(days=60))
    assert lived.stage is Stage.LOST
    assert lived.stages[-1].why == "silence after 10 business days"


def test_a_reply_that_puts_us_off_is_followed_by_what_the_branch_says(silent, world, book, live, said, wrote):
    deeds = (Task(text="Come back to them", due=read_duration("90 days")), Exit(stage=Stage.LATER))
    step = Step(id="bye", line=1, deed=Send(template="prospect/closing-the-file"),
                branches=(Branch(answer=Answer.NOT_NOW, after=None, deeds=deeds),))  # fmt: skip
    reply, meant = wrote(Speaker.CONTACT, days=9), said(Event.NOT_NOW, days=9, strength=Strength.LIKELY)
    lived = live(silent, _around(world, book(step)), silent.created + timedelta(days=120), mails=[
        (reply.at, lambda deal: replace(deal, log=(*deal.log, reply), evidence=(*deal.evidence, meant)))])  # fmt: skip
    assert lived.stage is Stage.LATER
    reminded = _rows(lived, Action.TASK)
    assert [row.at.date() for row in reminded] == [date(2025, 6, 10)]


def test_what_has_been_silent_for_more_than_sixty_days_is_not_chased(silent, world, book):
    assert not plan(silent, world(book()), silent.created + timedelta(days=90)).deal.runs


def test_history_read_at_first_contact_chases_nothing_that_was_due_before(silent, world, book):
    read = replace(silent, live_from=silent.created + timedelta(days=20))
    assert not plan(read, world(book()), silent.created + timedelta(days=21)).deal.runs


# -- a client --------------------------------------------------------------------------


def test_the_thank_you_leaves_on_the_day_and_the_ask_on_the_morning_after(deal, world, book, live, close):
    lived = live(
        replace(deal, evidence=close),
        _around(world, _life_cycle(book, _THANKS, _ASK)),
        deal.created + timedelta(days=9),
    )
    assert [(item.letter.purpose, item.changed.date()) for item in _sent(lived)] == [
        ("opening", date(2025, 3, 4)), ("ask_referral", date(2025, 3, 5))]  # fmt: skip


def test_a_complaint_holds_the_ask_and_does_not_cancel_it(deal, world, book, live, close, said):
    ask = replace(_ASK, only_if=(Condition.NO_COMPLAINT,))
    around, until = _around(world, _life_cycle(book, _THANKS, ask)), deal.created + timedelta(days=40)
    complaint, resolved = said(Event.COMPLAINT, days=1.3), said(Event.COMPLAINT_RESOLVED, days=8)
    mails = [
        (one.at, lambda deal, one=one: replace(deal, evidence=(*deal.evidence, one))) for one in (complaint, resolved)
    ]
    lived = live(replace(deal, evidence=close), around, until, mails=mails[:1])
    assert [item.letter.purpose for item in _sent(lived)] == ["opening"]
    assert _rows(lived, Action.HOLD)[0].why == "a complaint is open"
    well = live(replace(deal, evidence=close), around, until, mails=mails)
    assert [item.letter.purpose for item in _sent(well)] == ["opening", "ask_referral"]


@pytest.mark.parametrize("event", [Event.PAYMENT_REVERSED, Event.CANCELLED, Event.DISQUALIFIED])
def test_what_ends_a_life_cycle_ends_it(deal, world, book, live, close, said, event):
    ended = replace(deal, evidence=(*close, said(event, days=1.2)))
    lived = live(ended, _around(world, _life_cycle(book, _THANKS, _ASK)), deal.created + timedelta(days=20),
                 now=deal.created + timedelta(days=1.5))  # fmt: skip
    assert not _sent(lived)


def test_a_reply_does_not_end_a_life_cycle(deal, world, book, live, close, wrote):
    talking = replace(deal, evidence=close, log=(*deal.log, wrote(Speaker.CONTACT, days=1.2)))
    lived = live(talking, _around(world, _life_cycle(book, _THANKS, _ASK)), deal.created + timedelta(days=9))
    assert [item.letter.purpose for item in _sent(lived)] == ["opening", "ask_referral"]


def test_a_thank_you_that_the_owner_wrote_himself_is_not_written_again(deal, world, book, live, close, wrote):
    thanks = wrote(Speaker.OWNER, days=1.01, text="Thank you, Iris. We start on Monday.")
    spread = _life_cycle(book, _THANKS, _ASK, hours=Hours(spread=(60, 60)))
    lived = live(replace(deal, evidence=close), _around(world, spread), deal.created + timedelta(days=9),
                 mails=[(thanks.at, lambda deal: replace(deal, log=(*deal.log, thanks)))])  # fmt: skip
    assert [item.letter.purpose for item in _sent(lived)] == ["ask_referral"]


def test_a_check_in_waits_until_a_lively_exchange_is_over(deal, world, book, live, close, wrote):
    check = Step(id="check", line=1, deed=Send(template="client/check-in-30"), wait_until=read_duration("30 days"))
    talk = wrote(Speaker.CONTACT, days=28)
    lived = live(replace(deal, evidence=close), _around(world, _life_cycle(book, check)), deal.created + timedelta(days=60),
                 mails=[(talk.at, lambda deal: replace(deal, log=(*deal.log, talk)))])  # fmt: skip
    assert [item.changed.date() for item in _sent(lived)] == [date(2025, 4, 10)]


def test_check_ins_that_a_pause_has_held_back_do_not_come_in_a_volley(deal, world, book, live, close):
    steps = [Step(id=f"check-{days}", line=1, deed=Send(template=f"client/check-in-{days}"),
                  wait_until=read_duration(f"{days} days")) for days in (30, 60)]  # fmt: skip
    paused = replace(deal, evidence=close)
    around = _around(world, _life_cycle(book, *steps))
    begun = live(paused, around, deal.created + timedelta(days=3))
    again = deal.created + timedelta(days=80)
    lived = live(begun, around, again + timedelta(days=30), now=again)
    assert [item.letter.step for item in _sent(lived)] == ["check-60"]


def test_a_step_that_comes_again_keeps_its_rhythm(deal, world, book, live, close):
    check = Step(id="check", line=1, deed=Send(template="client/referral"), wait=read_duration("3 months"),
                 repeat=read_duration("3 months"))  # fmt: skip
    lived = live(
        replace(deal, evidence=close), _around(world, _life_cycle(book, check)), deal.created + timedelta(days=400)
    )
    assert [item.changed.strftime("%Y-%m") for item in _sent(lived)] == ["2025-06", "2025-09", "2025-12", "2026-03"]


def test_a_client_gets_no_more_than_three_mails_of_ours_in_a_week(deal, world, book, live, close):
    steps = [Step(id=f"s{number}", line=1, deed=Send(template="client/referral")) for number in range(6)]
    lived = live(
        replace(deal, evidence=close), _around(world, _life_cycle(book, *steps)), deal.created + timedelta(days=40)
    )
    days = [item.changed for item in _sent(lived)]
    assert len(days) == 6
    assert all(later - sooner > timedelta(days=6) for sooner, later in zip(days, days[3:], strict=False))


# -- those who waste time -------------------------------------------------------------


@pytest.fixture
def returned(deal, said, wrote):
    """Given up on the fifth day; writes again on the fortieth."""
    return replace(deal, evidence=(said(Event.DISQUALIFIED, days=5, speaker=Speaker.OWNER),),
                   log=(*deal.log, wrote(Speaker.CONTACT, days=40)))  # fmt: skip


def test_a_disqualified_one_who_returns_gets_one_decline(returned, world, book, live, wrote):
    from worker.core.playbook import read_at_most

    decline = book(Step(id="no", line=1, deed=Send(template="prospect/decline")), slug="returns", when=Watch.RETURNS,
                   at_most=read_at_most("1 per contact in 180 days"))  # fmt: skip
    again = wrote(Speaker.CONTACT, days=60)
    lived = live(returned, _around(world, decline), returned.created + timedelta(days=90),
                 now=returned.created + timedelta(days=40),
                 mails=[(again.at, lambda deal: replace(deal, log=(*deal.log, again)))])  # fmt: skip
    assert [item.letter.purpose for item in _sent(lived)] == ["decline"]


def _pattern(said):
    signs = (Event.DANGLED_POTENTIAL, Event.FREE_WORK, Event.BID_OUT, Event.CLOSE_SECOND)
    return tuple(said(event, days=12 * number, strength=Strength.LIKELY) for number, event in enumerate(signs))


def test_the_owner_is_asked_with_every_quote_before_anybody_is_given_up(deal, world, said):
    wasted = replace(deal, evidence=_pattern(said))
    outcome = plan(wasted, world(ideal=IdealClient(ask_owner_at=4)), deal.created + timedelta(days=40))
    (asked,) = _rows(outcome.deal, Action.ASK)
    assert set(asked.found_in) == {item.found_in for item in wasted.evidence}
    assert outcome.deal.stage is not Stage.DISQUALIFIED


def test_a_no_of_the_owner_is_not_questioned_again_without_a_new_sign(deal, world, said, posted):
    around, now = world(ideal=IdealClient(ask_owner_at=4)), deal.created + timedelta(days=40)
    asked = posted(plan(replace(deal, evidence=_pattern(said)), around, now), now)
    told = replace(asked, questions=tuple(replace(one, answer="no", answered=now) for one in asked.questions))
    assert len(_rows(plan(told, around, now + timedelta(days=200)).deal, Action.ASK)) == 1
    sign = said(Event.APOLOGY, days=230)
    more = replace(told, evidence=(*told.evidence, sign))
    assert len(_rows(plan(more, around, now + timedelta(days=200)).deal, Action.ASK)) == 2


# -- what the owner has to say ----------------------------------------------------------


def test_a_step_that_needs_approval_waits_for_the_owners_yes(silent, world, book, live):
    lived = live(silent, _around(world, book(mode=Mode.APPROVE)), silent.created + timedelta(days=20))
    (asked,) = _rows(lived, Action.ASK)
    assert asked.purpose == "nudge"
    assert not _sent(lived)
    assert lived.questions[0].letter is not None


@pytest.mark.parametrize("answer", ["no", "skip", "done"])
def test_an_approval_that_is_not_given_passes_the_step_over(silent, world, book, live, answer):
    around = _around(world, book(mode=Mode.APPROVE))
    asked = live(silent, around, silent.created + timedelta(days=20))
    said_no = replace(
        asked, questions=tuple(replace(one, answer=answer, answered=asked.created) for one in asked.questions)
    )
    lived = live(said_no, around, silent.created + timedelta(days=40), now=silent.created + timedelta(days=20))
    assert not [item for item in lived.outbox if not item.letter.to_owner]
    assert lived.runs[0].state is RunState.DONE


def test_an_approved_mail_leaves_in_the_window_after_the_yes(silent, world, book, live):
    around = _around(world, book(mode=Mode.APPROVE))
    asked = live(silent, around, silent.created + timedelta(days=20))
    night = datetime(2025, 3, 22, 23, 0, tzinfo=BERLIN)  # a Saturday
    yes = replace(asked, questions=tuple(replace(one, answer="yes", answered=night) for one in asked.questions))
    lived = live(yes, around, night + timedelta(days=9), now=night)
    assert [item.changed.astimezone(BERLIN).date() for item in _sent(lived)] == [date(2025, 3, 24)]


def test_the_strictest_of_setting_playbook_and_step_wins(silent, world, book):
    now = silent.created + timedelta(days=8.2)
    for mode, own, asks in (
        (Mode.SEND, Mode.SEND, False),
        (Mode.APPROVE, Mode.SEND, True),
        (Mode.SEND, Mode.APPROVE, True),
    ):
        outcome = plan(silent, world(book(mode=own), mode=mode), now)
        assert bool(_rows(outcome.deal, Action.ASK)) is asks
    step = Step(id="nudge", line=1, deed=Send(template="prospect/nudge"), approve=True)
    assert _rows(plan(silent, world(book(step)), now).deal, Action.ASK)


def test_likely_money_is_put_to_the_owner_and_moves_nothing(deal, world, said):
    doubted = replace(
        deal, evidence=(said(Event.SIGNED, days=1), said(Event.PAYMENT_RECEIVED, days=2, strength=Strength.LIKELY))
    )
    outcome = plan(doubted, world(), deal.created + timedelta(days=2))
    assert outcome.deal.stage is Stage.SIGNED_UNPAID
    assert [one.kind for one in outcome.deal.questions] == ["doubt"]


def test_nobody_asks_whether_an_nda_is_the_agreement(deal, world, said):
    nda = said(Event.SIGNED, days=1, strength=Strength.LIKELY, document_kind="nda")
    assert not plan(replace(deal, evidence=(nda,)), world(), deal.created + timedelta(days=2)).deal.questions


def test_two_mails_that_say_the_same_are_one_question(deal, world, said):
    told = tuple(said(Event.SIGNED, days=days, strength=Strength.LIKELY) for days in (1, 2))
    assert len(plan(replace(deal, evidence=told), world(), deal.created + timedelta(days=3)).deal.questions) == 1


def test_a_mail_in_doubt_is_put_to_the_owner_and_never_sent_again_on_a_guess(silent, world, book, planned):
    around, now = world(book()), silent.created + timedelta(days=8.2)
    queued = planned(silent, around, now)
    lost = replace(queued, outbox=tuple(replace(item, state=Outbox.UNCERTAIN, changed=now) for item in queued.outbox))
    assert plan(lost, around, now).deal.due_at == now + timedelta(minutes=30)
    late = plan(lost, around, now + timedelta(hours=1))
    assert [row.action for row in late.deal.decisions][-1] is Action.ASK
    assert all(draft.to_owner for draft in late.drafts)


# -- the owner steers -------------------------------------------------------------------


def _obeyed(deal, verb, message, now, argument=""):
    from worker.core.calendar import Locale

    return obey(
        deal, Command(verb=verb, argument=argument), None, message("jonas@weberbund.test"), Locale(zone=BERLIN), now
    )


def test_a_pause_holds_every_mail_and_says_so_once(silent, world, book, live, message):
    paused = _obeyed(silent, Verb.PAUSE, message, silent.created, "6 weeks")
    lived = live(paused, _around(world, book()), silent.created + timedelta(days=40))
    assert not _sent(lived)
    assert [row.why for row in _rows(lived, Action.HOLD) if not row.playbook] == [
        "paused by the owner until 14 April 2025"
    ]


def test_a_stop_ends_what_runs_and_withdraws_its_mail(silent, world, book, live, planned, message):
    around = _around(world, book())
    now = silent.created + timedelta(days=8.2)
    queued = planned(silent, around(silent), now)
    stopped = planned(_obeyed(queued, Verb.STOP, message, now), around(queued), now)
    assert stopped.runs[0].state is RunState.STOPPED
    assert [item.state for item in stopped.outbox] == [Outbox.STOPPED]
    assert _rows(stopped, Action.STOP)[0].why == "stopped by the owner"


def test_resume_undoes_a_stop(silent, world, book, live, planned, message):
    around, now = _around(world, book()), silent.created + timedelta(days=8.2)
    queued = planned(silent, around(silent), now)
    stopped = planned(_obeyed(queued, Verb.STOP, message, now), around(queued), now)
    resumed = _obeyed(stopped, Verb.RESUME, message, now)
    lived = live(resumed, around, now + timedelta(days=5), now=now)
    assert [item.letter.purpose for item in _sent(lived)] == ["nudge"]


def test_a_time_in_the_tag_brings_the_thread_back_on_that_day(deal, world, live, message):
    reminded = _obeyed(deal, Verb.REMIND, message, deal.created, "2025-03-20")
    lived = live(reminded, _around(world), deal.created + timedelta(days=40))
    assert [row.at.astimezone(BERLIN).date() for row in _rows(lived, Action.TASK)] == [date(2025, 3, 20)]


# -- dead addresses ---------------------------------------------------------------------


def test_where_an_address_is_dead_the_deal_goes_on_with_a_colleague(deal, world, book, live, close):
    ole = Contact(address=Address("ole@weberei.example"), name="Ole Brandt", offsets=deal.contacts[0].offsets, words=1)
    two = replace(deal, contacts=(*deal.contacts, ole), evidence=close)
    lifecycle = _life_cycle(book, _THANKS, _ASK)
    before = live(two, _around(world, lifecycle), deal.created + timedelta(days=1.3))
    dead = Suppressed(address=IRIS, dead=deal.created + timedelta(days=1.3), why="the address bounced for good")
    lived = live(before, _around(world, lifecycle, suppressed=(dead,)), deal.created + timedelta(days=9),
                 now=deal.created + timedelta(days=1.3))  # fmt: skip
    assert [item.letter.to[0].address for item in _sent(lived)] == [IRIS, ole.address]


def test_who_wants_no_more_mail_is_not_replaced_by_a_colleague(deal, world, book, live, close):
    ole = Contact(address=Address("ole@weberei.example"), words=1)
    two = replace(deal, contacts=(*deal.contacts, ole), evidence=close)
    lifecycle = _life_cycle(book, _THANKS, _ASK)
    before = live(two, _around(world, lifecycle), deal.created + timedelta(days=1.3))
    out = Suppressed(address=IRIS, opted_out=deal.created + timedelta(days=1.3), why="asked for no more mail")
    lived = live(before, _around(world, lifecycle, suppressed=(out,)), deal.created + timedelta(days=9),
                 now=deal.created + timedelta(days=1.3))  # fmt: skip
    assert [item.letter.to[0].address for item in _sent(lived)] == [IRIS]


def test_a_cap_on_the_hour_delays_and_loses_nothing(silent, world, book, live):
    around = _around(world, book(), caps=Caps(per_hour=0))
    lived = live(silent, around, silent.created + timedelta(days=8.4))
    assert not _sent(lived)
    assert [item.state for item in lived.outbox] == [Outbox.QUEUED]


def test_a_question_of_the_digest_waits_there_with_its_text(deal, world, posted):
    told = tuple(
        Question(id=f"r{number}", kind="reminder", asked=deal.created, text=f"matter {number}", due=deal.created)
        for number in range(7)
    )
    outcome = plan(replace(deal, questions=told), world(), datetime(2025, 3, 4, tzinfo=UTC))
    assert len(_rows(outcome.deal, Action.TASK)) == 5
    assert sorted(one.text for one in outcome.deal.questions if one.kind == "digest") == ["matter 5", "matter 6"]
