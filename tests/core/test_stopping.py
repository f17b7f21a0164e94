from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from worker.core.model import Address, Bucket, Contact, Event, Evidence, MessageId, Run, Speaker, Stage, StageChange
from worker.core.outbox import Drop, Go, WaitUntil
from worker.core.playbook import Hours, Rule, Send, Step, Watch
from worker.core.situation import Caps, Known
from worker.core.stopping import ends, held, letter_counts, may_send

IRIS = Address("iris@weberei.example")


@pytest.fixture
def running(deal, wrote, said):
    """A run that was started by a mail of the second day."""
    asked = wrote(Speaker.OWNER, days=1, asks=True)
    run = Run(id="silent-1", playbook="silent", book_hash="h", started=deal.created + timedelta(days=7.9), contact=IRIS,
              trigger=f"silent:{asked.id}", found_in=(asked.id,), step="nudge")  # fmt: skip
    stage = StageChange(at=deal.created, stage=Stage.PROPOSED, why="the proposal is out", found_in=(asked.id,))
    proposal = said(Event.PROPOSAL_SENT, days=1, speaker=Speaker.OWNER)
    return replace(deal, log=(*deal.log, asked), runs=(run,), stages=(stage,), evidence=(proposal,))


@pytest.fixture
def queued(running, world, book, planned):
    """The nudge is in the outbox, to leave a little before noon."""
    return planned(running, world(book()), datetime(2025, 3, 11, 10, 30, tzinfo=UTC))


def _stops(deal, book, world):
    return ends(deal.runs[0], book, deal, world)


NOON = datetime(2025, 3, 11, 11, 0, tzinfo=UTC)


# -- ends ------------------------------------------------------------------------------


def test_a_run_goes_on_while_nothing_has_happened(running, book, world):
    assert _stops(running, book(), world()) is None


@pytest.mark.parametrize("speaker", [Speaker.CONTACT, Speaker.OWNER])
def test_a_word_after_the_mail_that_started_it_ends_a_chase(running, book, world, wrote, speaker):
    word = wrote(speaker, days=3, text="Let us talk on Friday")
    reason = _stops(replace(running, log=(*running.log, word)), book(), world())
    assert reason.found_in == (word.id,)
    assert "Let us talk on Friday" in reason.why


@pytest.mark.parametrize("kind", ["auto_reply", "bounce", "notice", "bulk"])
def test_a_machine_is_no_reply(running, book, world, wrote, kind):
    word = wrote(Speaker.CONTACT, days=3, kind=kind)
    assert _stops(replace(running, log=(*running.log, word)), book(), world()) is None


def test_a_word_before_the_mail_that_started_it_ends_nothing(running, book, world, wrote):
    assert _stops(replace(running, log=(wrote(Speaker.CONTACT, days=0.5), *running.log)), book(), world()) is None


def test_a_reply_ends_no_life_cycle(running, book, world, wrote):
    talking = replace(running, log=(*running.log, wrote(Speaker.CONTACT, days=3)))
    assert _stops(talking, book(life_cycle=True, stop_when=frozenset()), world()) is None


def test_a_meeting_ends_what_is_to_end_with_it(running, book, world, said):
    met = replace(running, evidence=(said(Event.MEETING_BOOKED, days=3),))
    assert _stops(met, book(stop_when=frozenset({Rule.MEETING_BOOKED})), world()) is not None
    assert _stops(met, book(), world()) is None


@pytest.mark.parametrize("state", ["opted_out", "dead"])
def test_nobody_is_written_to_who_wants_no_mail_or_cannot_get_it(running, book, world, gone, state):
    entry = gone(**{state: running.created}, why="gone for good")
    for kind in (False, True):
        reason = _stops(running, book(life_cycle=kind, stop_when=frozenset()), world(suppressed=(entry,)))
        assert reason.why == "gone for good"


def test_an_opt_out_of_a_colleague_speaks_for_the_colleague(running, book, world, said):
    other = said(Event.OPT_OUT, days=3, by=Address("ole@weberei.example"))
    assert _stops(replace(running, evidence=(other,)), book(), world()) is None
    own = said(Event.OPT_OUT, days=3)
    assert _stops(replace(running, evidence=(own,)), book(), world()) is not None


def test_likely_money_that_went_back_ends_nothing_before_the_owner_has_said_so(running, book, world, said):
    rule = frozenset({Rule.PAYMENT_REVERSED})
    likely = said(Event.PAYMENT_REVERSED, days=3, strength="likely")
    assert _stops(replace(running, evidence=(likely,)), book(stop_when=rule), world()) is None
    certain = said(Event.PAYMENT_REVERSED, days=3)
    assert _stops(replace(running, evidence=(certain,)), book(stop_when=rule), world()) is not None


def test_a_playbook_that_begins_with_a_loss_is_not_ended_by_it(running, book, world, said):
    lost = StageChange(at=running.created, stage=Stage.LOST, why="they said no", found_in=())
    out = replace(running, stages=(*running.stages, lost), evidence=(said(Event.REJECTED, days=1),))
    for when in (Stage.LOST, Event.REJECTED):
        assert _stops(out, book(when=when, stop_when=frozenset()), world()) is None
    assert _stops(out, book(), world()) is not None


def test_a_payment_nudge_ends_with_the_payment(running, book, world):
    unpaid = StageChange(at=running.created, stage=Stage.SIGNED_UNPAID, why="signed", found_in=())
    paid = StageChange(at=running.created, stage=Stage.OPENING, why="the first payment has come", found_in=())
    nudge = book(when=Stage.SIGNED_UNPAID, stop_when=frozenset())
    assert _stops(replace(running, stages=(unpaid,)), nudge, world()) is None
    assert "first payment" in _stops(replace(running, stages=(unpaid, paid)), nudge, world()).why


def test_nobody_who_is_a_client_elsewhere_is_chased_here(running, book, world):
    assert "client" in _stops(running, book(), world(people={IRIS: Known(label=Bucket.CLIENT)})).why


# -- holds -----------------------------------------------------------------------------


def test_a_pause_holds_until_its_day(running, book, world):
    paused = replace(running, paused_until=NOON + timedelta(days=3))
    assert "paused" in held(paused, paused.runs[0], book(), world(), NOON).why
    assert held(paused, paused.runs[0], book(), world(), NOON + timedelta(days=4)) is None


def test_a_complaint_holds_until_it_has_been_settled_for_a_while(running, book, world, said):
    angry = replace(running, evidence=(said(Event.COMPLAINT, days=2),))
    assert held(angry, angry.runs[0], book(), world(), NOON).found_in == (said(Event.COMPLAINT, days=2).found_in,)
    settled = replace(angry, evidence=(*angry.evidence, said(Event.COMPLAINT_RESOLVED, days=3)))
    assert "settled only" in held(settled, settled.runs[0], book(), world(), NOON).why
    assert held(settled, settled.runs[0], book(), world(), NOON + timedelta(days=14)) is None


def test_a_complaint_that_comes_again_holds_again(running, book, world, said):
    events = (said(Event.COMPLAINT, days=2), said(Event.COMPLAINT_RESOLVED, days=3), said(Event.COMPLAINT, days=4))
    angry = replace(running, evidence=events)
    assert held(angry, angry.runs[0], book(), world(), NOON) is not None


def test_a_bereavement_holds_for_a_month(running, book, world, said):
    sad = replace(running, evidence=(said(Event.HARDSHIP, days=6, quote="my father has died"),))
    assert "my father has died" in held(sad, sad.runs[0], book(), world(), NOON).why
    assert held(sad, sad.runs[0], book(), world(), NOON + timedelta(days=40)) is None


def test_an_absence_holds_by_the_day_of_the_contact_and_not_of_the_owner(running, book, world, away):
    there = replace(running, contacts=(replace(running.contacts[0], offsets=((running.created, 13 * 60),)),))
    last_evening = datetime(2025, 3, 21, 20, 0, tzinfo=UTC)  # the 22nd in Auckland: they are back
    assert held(running, running.runs[0], book(), world(suppressed=(away,)), last_evening) is not None
    assert held(there, there.runs[0], book(), world(suppressed=(away,)), last_evening) is None


def test_an_absence_without_a_date_lasts_two_weeks(running, book, world, gone):
    entry = gone(away_from=running.created + timedelta(days=8), why="away, no date of return given")
    assert held(running, running.runs[0], book(), world(suppressed=(entry,)), NOON + timedelta(days=10)) is not None
    assert held(running, running.runs[0], book(), world(suppressed=(entry,)), NOON + timedelta(days=20)) is None


def test_a_return_in_two_hundred_years_is_a_slip_of_the_pen(running, book, world, gone):
    entry = gone(away_from=running.created, away_until=date(2225, 3, 1))
    assert held(running, running.runs[0], book(), world(suppressed=(entry,)), NOON + timedelta(days=370)) is None


# -- the moment of sending ---------------------------------------------------------------


def test_a_mail_whose_time_has_come_may_leave(queued, book, world):
    assert may_send(queued, queued.outbox[0], world(book()), NOON) == Go()


def test_the_stop_rules_are_looked_at_again_in_the_moment_of_sending(queued, book, world, wrote):
    answered = replace(queued, log=(*queued.log, wrote(Speaker.CONTACT, days=8.05)))
    assert isinstance(may_send(answered, queued.outbox[0], world(book()), NOON), Drop)


def test_a_mail_of_a_run_that_was_ended_does_not_leave(queued, book, world):
    stopped = replace(queued, runs=tuple(replace(run, ended="stopped by the owner") for run in queued.runs))
    assert may_send(stopped, queued.outbox[0], world(book()), NOON) == Drop(why="stopped by the owner")


def test_a_mail_of_a_playbook_that_was_taken_away_does_not_leave(queued, world):
    assert isinstance(may_send(queued, queued.outbox[0], world(), NOON), Drop)


def test_a_mail_to_somebody_who_has_left_the_deal_does_not_leave(queued, book, world):
    moved = replace(queued, contacts=(Contact(address=Address("ole@weberei.example")),))
    assert isinstance(may_send(moved, queued.outbox[0], world(book()), NOON), Drop)


@pytest.mark.parametrize(
    ("now", "then"),
    [
        (datetime(2025, 3, 11, 20, 0, tzinfo=UTC), date(2025, 3, 12)),  # the evening
        (datetime(2025, 3, 15, 11, 0, tzinfo=UTC), date(2025, 3, 17)),  # a Saturday
        (datetime(2025, 4, 18, 11, 0, tzinfo=UTC), date(2025, 4, 22)),  # Good Friday
    ],
)
def test_a_mail_that_is_late_waits_for_the_next_window(queued, book, world, now, then):
    verdict = may_send(queued, queued.outbox[0], world(book(hours=Hours())), now)
    assert isinstance(verdict, WaitUntil)
    assert verdict.when.date() == then


def test_a_second_mail_of_one_day_waits_for_the_next(queued, book, world):
    busy = world(book(), people={IRIS: Known(sent=(datetime(2025, 3, 11, 8, 30, tzinfo=UTC),))})
    verdict = may_send(queued, queued.outbox[0], busy, NOON)
    assert isinstance(verdict, WaitUntil)
    assert verdict.when.date() == date(2025, 3, 12)


def test_one_day_is_a_day_of_the_contact(queued, book, world):
    there = replace(queued, contacts=(replace(queued.contacts[0], offsets=((queued.created, -300),)),))
    last_night = datetime(2025, 3, 12, 3, 0, tzinfo=UTC)  # still the 11th in New York
    known = world(book(), people={IRIS: Known(sent=(last_night,))})
    afternoon = datetime(2025, 3, 12, 15, 0, tzinfo=UTC)
    item = replace(queued.outbox[0], next_try=afternoon)
    assert may_send(there, item, known, afternoon) == Go()
    verdict = may_send(queued, item, known, afternoon)
    assert isinstance(verdict, WaitUntil)
    assert verdict.when.date() == date(2025, 3, 13)


@pytest.mark.parametrize("caps", [Caps(per_hour=4), Caps(per_day=4)])
def test_caps_hold_a_mail_back(queued, book, world, caps):
    verdict = may_send(queued, queued.outbox[0], world(book(), caps=caps, sent_last_hour=4, sent_last_day=4), NOON)
    assert isinstance(verdict, WaitUntil)


def test_a_mail_to_the_owner_knows_no_hours(queued, book, world):
    item = replace(queued.outbox[0], letter=replace(queued.outbox[0].letter, to_owner=True))
    assert may_send(queued, item, world(book()), datetime(2025, 3, 15, 3, 0, tzinfo=UTC)) == Go()


def test_the_week_of_a_person_is_full_across_deals_in_the_moment_of_sending_too(queued, book, world):
    days = tuple(datetime(2025, 3, day, 9, 0, tzinfo=UTC) for day in (5, 6, 7))
    verdict = may_send(queued, queued.outbox[0], world(book(), people={IRIS: Known(sent=days)}), NOON)
    assert isinstance(verdict, WaitUntil)
    assert verdict.when.date() == date(2025, 3, 12)  # a week after the first of them
    assert may_send(queued, queued.outbox[0], world(book(), people={IRIS: Known(sent=days[:2])}), NOON) == Go()


def test_what_was_held_up_waits_for_a_spread_of_its_own(queued, book, world):
    spread = book(hours=Hours(spread=(25, 70)))
    after_ten_days = datetime(2025, 3, 21, 9, 0, tzinfo=UTC)
    others = [replace(queued.outbox[0], letter=replace(queued.outbox[0].letter, id=f"d{n}/nudge")) for n in range(30)]
    verdicts = [may_send(queued, item, world(spread), after_ten_days) for item in others]
    moments = {verdict.when for verdict in verdicts if isinstance(verdict, WaitUntil)}
    assert len(moments) > 25  # of thirty, by the second
    assert min(moments) >= after_ten_days + timedelta(minutes=25)
    assert may_send(queued, replace(others[0], next_try=min(moments)), world(spread), min(moments)) == Go()


def test_nothing_goes_out_in_the_name_of_an_owner_who_is_away(queued, book, world, gone):
    owner = gone(queued.owner.address, away_from=NOON - timedelta(days=1), away_until=date(2025, 3, 14),
                 found_in=(MessageId("ooo@weberbund.test"),))  # fmt: skip
    home = replace(world(book()).home, away=((date(2025, 3, 10), date(2025, 3, 14)),))
    absent = replace(world(book(), suppressed=(owner,)), home=home)
    verdict = may_send(queued, queued.outbox[0], absent, NOON)
    assert isinstance(verdict, WaitUntil)
    assert "jonas@weberbund.test, who writes it, is away until 14 March 2025" in verdict.why
    assert verdict.when.date() == date(2025, 3, 17)  # Monday, the business day after


def test_declines_and_thanks_for_an_introduction_are_no_automated_mail_of_the_day():
    assert not letter_counts("decline")
    assert not letter_counts("referral_thanks")
    assert letter_counts("opening")


def test_the_anchor_of_a_day_that_was_named_is_the_beginning_and_not_the_mail(running, book, world, wrote):
    named = book(Step(id="back", line=1, deed=Send(template="prospect/date-arrived")), when=Watch.DAY_CAME)
    talked = replace(running, log=(*running.log, wrote(Speaker.OWNER, days=2)))
    assert _stops(talked, named, world()) is None
    assert _stops(replace(talked, log=(*talked.log, wrote(Speaker.CONTACT, days=9))), named, world()) is not None


def test_evidence_of_a_reason_is_named(running, book, world, said):
    item: Evidence = said(Event.OPT_OUT, days=3, quote="please take me off")
    reason = _stops(replace(running, evidence=(item,)), book(), world())
    assert "please take me off" in reason.why
    assert reason.found_in == (item.found_in,)
