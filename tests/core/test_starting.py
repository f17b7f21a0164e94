from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from worker.core.firm import Deliverer, Firm
from worker.core.lifecycle import UNPROVEN, fold
from worker.core.model import Address, Bucket, Contact, Event, Party, Run, RunState, Speaker, Stage, Strength
from worker.core.playbook import Alert, Condition, Send, Step, Watch, read_at_most, read_duration
from worker.core.situation import Known
from worker.core.starting import candidates, holds, starts

IRIS = Address("iris@weberei.example")
BERLIN = ZoneInfo("Europe/Berlin")


def starting_now(deal, world, now):
    return starts(candidates(deal, world), deal, world, now)


def _folded(deal, now):
    return replace(deal, stages=fold(deal, now))


@pytest.fixture
def begun(world):
    """The playbooks that begin for a deal at a time."""

    def build(deal, *books, days, **more):
        now = deal.created + timedelta(days=days)
        return [start.book.slug for start in starting_now(_folded(deal, now), world(*books, **more), now)]

    return build


@pytest.fixture
def proposed(deal, said, wrote):
    asked = wrote(Speaker.OWNER, days=1, asks=True)
    return replace(deal, log=(*deal.log, asked), evidence=(said(Event.PROPOSAL_SENT, days=1, speaker=Speaker.OWNER),))


def test_silence_begins_after_as_many_business_days_as_the_playbook_says(proposed, book, begun):
    assert begun(proposed, book(), days=7.9) == []
    assert begun(proposed, book(), days=8) == ["silent"]


def test_only_a_mail_that_asked_something_can_stay_unanswered(deal, said, wrote, book, begun):
    told = replace(deal, log=(*deal.log, wrote(Speaker.OWNER, days=1)), evidence=(said(Event.INTEREST, days=0.5),))
    assert begun(told, book(), days=20) == []


def test_a_suspect_is_not_chased(deal, wrote, book, begun):
    assert begun(replace(deal, log=(*deal.log, wrote(Speaker.OWNER, days=1, asks=True))), book(), days=20) == []


def test_the_same_silence_begins_a_playbook_once(proposed, book, begun, wrote):
    asked = proposed.log[-1]
    run = Run(id="silent-1", playbook="silent", book_hash="h", started=proposed.created, contact=IRIS,
              trigger=f"silent:{asked.id}", found_in=(asked.id,), state=RunState.DONE)  # fmt: skip
    assert begun(replace(proposed, runs=(run,)), book(), days=9) == []
    again = replace(proposed, runs=(run,), log=(*proposed.log, wrote(Speaker.OWNER, days=10, asks=True)))
    assert begun(again, book(), days=18) == ["silent"]


def test_at_most_counts_within_its_time(proposed, book, begun):
    run = Run(id="silent-1", playbook="silent", book_hash="h", started=proposed.created, contact=IRIS, trigger="silent:old",
              found_in=(), state=RunState.DONE)  # fmt: skip
    early = replace(proposed, runs=(run,))
    assert begun(early, book(at_most=read_at_most("1 per contact in 90 days")), days=9) == []
    assert begun(early, book(at_most=read_at_most("2 per contact in 90 days")), days=9) == ["silent"]
    assert begun(early, book(at_most=read_at_most("1 per contact in a week")), days=9) == ["silent"]


def test_one_chasing_playbook_for_a_person_at_a_time(proposed, book, begun):
    assert begun(proposed, book(), book(slug="other"), days=9) == ["silent"]
    assert begun(proposed, book(), book(slug="other", life_cycle=True), days=9) == ["silent", "other"]


def test_the_deal_is_looked_at_when_silence_will_have_lasted(proposed, book, world):
    (when,) = [start.due for start in candidates(_folded(proposed, proposed.created + timedelta(days=2)), world(book()))]
    assert when == datetime(2025, 3, 11, 10, 0, tzinfo=BERLIN)


def test_a_playbook_begins_as_long_after_a_stage_as_it_says(deal, said, book, begun, world):
    signed = replace(deal, evidence=(said(Event.SIGNED, days=1),))
    nudge = book(slug="pay", when=Stage.SIGNED_UNPAID, after=read_duration("3 business days"))
    assert begun(signed, nudge, days=2) == []
    assert begun(signed, nudge, days=4.1) == ["pay"]
    (when,) = [start.due for start in candidates(_folded(signed, signed.created + timedelta(days=2)), world(nudge))]
    assert when == signed.created + timedelta(days=4)


def test_a_new_playbook_does_not_answer_what_was_said_long_ago(deal, said, book, begun):
    introduced = replace(deal, evidence=(said(Event.INTRODUCTION, days=1),))
    thanks = book(slug="thanks", when=Event.INTRODUCTION)
    assert begun(introduced, thanks, days=2) == ["thanks"]
    assert begun(introduced, thanks, days=60) == []


def test_an_owner_who_introduces_somebody_is_not_thanked_for_it(deal, said, book, begun):
    own = said(Event.INTRODUCTION, days=1, speaker=Speaker.OWNER, by=Address("jonas@weberbund.test"))
    assert begun(replace(deal, evidence=(own,)), book(slug="thanks", when=Event.INTRODUCTION), days=1) == []


def test_what_the_worker_has_concluded_is_no_word_of_theirs(deal, said, book, begun):
    lost = said(Event.REJECTED, days=1, speaker=Speaker.WORKER, by=None)
    assert begun(replace(deal, evidence=(lost,)), book(slug="kind", when=Event.REJECTED), days=1) == []


@pytest.mark.parametrize("event", [Event.REJECTED, Event.COMPLAINT, Event.LEFT_COMPANY])
def test_a_mail_without_trust_writes_to_nobody_and_may_be_told_to_the_owner(deal, said, book, begun, event):
    forged = replace(deal, evidence=(said(event, days=1, signal=f"said.en{UNPROVEN}"),))
    tell = Step(id="look", line=1, deed=Alert(text="Look"))
    assert begun(forged, book(slug="writes", when=event), days=1) == []
    assert begun(forged, book(tell, slug="tells", when=event), days=1) == ["tells"]


def test_a_stage_that_rests_on_a_mail_without_trust_writes_to_nobody(deal, said, book, begun):
    evidence = (said(Event.INTEREST, days=0.5), said(Event.REJECTED, days=1, signal=f"no.en{UNPROVEN}"))
    assert begun(replace(deal, evidence=evidence), book(slug="kind", when=Stage.LOST), days=1) == []


def test_history_starts_nothing(deal, said, book, begun):
    close = (said(Event.SIGNED, days=1), said(Event.PAYMENT_RECEIVED, days=2))
    old = replace(deal, evidence=close, live_from=deal.created + timedelta(days=10))
    assert begun(old, book(slug="life", when=Stage.OPENING, life_cycle=True), days=11) == []


def test_likely_evidence_of_money_starts_nothing_before_the_owner_has_said_so(deal, said, book, begun):
    refund = said(Event.PAYMENT_REVERSED, days=1, strength=Strength.LIKELY)
    assert begun(replace(deal, evidence=(refund,)), book(slug="back", when=Event.PAYMENT_REVERSED), days=1) == []


def test_whoever_asked_for_no_more_mail_starts_nothing(proposed, book, begun, gone):
    assert begun(proposed, book(), days=9, suppressed=(gone(opted_out=proposed.created),)) == []


def test_the_worker_goes_to_the_colleague_where_the_first_address_is_dead(proposed, book, world, gone):
    ole = Contact(address=Address("ole@weberei.example"), words=1)
    two, now = replace(proposed, contacts=(*proposed.contacts, ole)), proposed.created + timedelta(days=9)
    (start,) = starting_now(_folded(two, now), world(book(), suppressed=(gone(dead=proposed.created),)), now)
    assert start.contact == ole


# -- somebody who comes back, somebody who waits, a day that was named ---------------------


@pytest.fixture
def returns(book):
    return book(Step(id="no", line=1, deed=Send(template="prospect/decline")), slug="returns", when=Watch.RETURNS)


def test_a_disqualified_one_begins_it_by_a_mail_of_their_own_later_than_the_end(deal, said, wrote, returns, begun):
    given_up = replace(deal, evidence=(said(Event.DISQUALIFIED, days=5),))
    assert begun(replace(given_up, log=(*deal.log, wrote(Speaker.CONTACT, days=4))), returns, days=6) == []
    assert begun(replace(given_up, log=(*deal.log, wrote(Speaker.CONTACT, days=30))), returns, days=30) == ["returns"]


def test_no_machine_begins_it(deal, said, wrote, returns, begun):
    given_up = replace(deal, evidence=(said(Event.DISQUALIFIED, days=5),))
    assert (
        begun(replace(given_up, log=(*deal.log, wrote(Speaker.CONTACT, days=30, kind="auto_reply"))), returns, days=30)
        == []
    )


def test_the_owner_is_reminded_of_an_answer_that_they_owe(deal, wrote, book, begun):
    owed = book(Step(id="r", line=1, deed=Alert(text="Answer")), slug="owed", when=Watch.OUR_COURT,
                after=read_duration("1 business day"))  # fmt: skip
    asked = replace(deal, log=(*deal.log, wrote(Speaker.CONTACT, days=1, asks=True)))
    assert begun(asked, owed, days=1.5) == []
    assert begun(asked, owed, days=2.1) == ["owed"]
    assert begun(replace(asked, log=(*asked.log, wrote(Speaker.OWNER, days=1.2))), owed, days=2.1) == []


@pytest.fixture
def named(deal, said, wrote):
    """They come back to us after the board of Friday the 14th."""
    evidence = (said(Event.INTEREST, days=1), said(Event.DATE_NAMED, days=2, day=date(2025, 3, 14)))
    return replace(deal, log=(*deal.log, wrote(Speaker.CONTACT, days=2)), evidence=evidence)


@pytest.fixture
def on_the_day(book):
    return book(Step(id="b", line=1, deed=Send(template="prospect/date-arrived")), slug="day", when=Watch.DAY_CAME)


def test_the_worker_comes_back_on_the_business_day_after_a_day_that_was_named(named, on_the_day, begun, world):
    assert begun(named, on_the_day, days=13.9) == []
    assert begun(named, on_the_day, days=14.1) == ["day"]
    (when,) = [start.due for start in candidates(_folded(named, named.created + timedelta(days=3)), world(on_the_day))]
    assert when == datetime(2025, 3, 17, 8, 30, tzinfo=BERLIN)


def test_a_day_on_which_somebody_wrote_needs_nobody_to_come_back(named, on_the_day, begun, wrote):
    for speaker in (Speaker.CONTACT, Speaker.OWNER):
        assert begun(replace(named, log=(*named.log, wrote(speaker, days=11.2))), on_the_day, days=14.1) == []
        assert begun(replace(named, log=(*named.log, wrote(speaker, days=5))), on_the_day, days=14.1) == ["day"]


def test_the_day_that_was_named_last_counts(named, on_the_day, begun, said):
    moved = replace(named, evidence=(*named.evidence, said(Event.DATE_NAMED, days=3, day=date(2025, 3, 21))))
    assert begun(moved, on_the_day, days=14.1) == []
    assert begun(moved, on_the_day, days=21.1) == ["day"]


def test_somebody_who_put_us_off_to_a_day_is_met_again_after_it(named, on_the_day, begun, said):
    off = replace(named, evidence=(said(Event.INTEREST, days=1), said(Event.NOT_NOW, days=2, day=date(2025, 6, 2))))
    assert begun(off, on_the_day, days=91.9) == ["day"]  # the 3rd of June


def test_a_client_or_a_lost_one_is_not_met_on_a_day_that_was_named_before(named, on_the_day, begun, said):
    for events in ((Event.REJECTED,), (Event.SIGNED, Event.PAYMENT_RECEIVED)):
        more = tuple(said(event, days=4) for event in events)
        assert begun(replace(named, evidence=(*named.evidence, *more)), on_the_day, days=14.1) == []


# -- conditions ------------------------------------------------------------------------


def test_conditions_are_true_of_the_deal_as_it_stands(proposed, world, said, wrote):
    there = _folded(proposed, proposed.created + timedelta(days=2))
    contact, around = there.contacts[0], world()

    def true(condition, deal=there, world=around):
        return holds(condition, deal, contact, world)

    assert true(Condition.OWNER_WROTE_LAST)
    assert not true(Condition.OWNER_WROTE_LAST, replace(there, log=(*there.log, wrote(Speaker.CONTACT, days=2))))
    assert true(Condition.PROPOSAL_SENT)
    assert true(Condition.IS_PROSPECT)
    assert not true(Condition.IS_SUSPECT)
    assert not true(Condition.IS_CLIENT)
    assert true(Condition.NO_COMPLAINT)
    assert not true(Condition.NO_COMPLAINT, replace(there, evidence=(said(Event.COMPLAINT, days=1),)))
    assert true(Condition.NEVER_ASKED_TESTIMONIAL)
    assert not true(Condition.NEVER_ASKED_TESTIMONIAL, replace(there, evidence=(said(Event.TESTIMONIAL, days=1),)))


def test_a_client_with_a_second_deal_is_no_prospect(proposed, world):
    there, elsewhere = _folded(proposed, proposed.created), world(people={IRIS: Known(label=Bucket.CLIENT)})
    assert holds(Condition.IS_CLIENT, there, there.contacts[0], elsewhere)
    assert not holds(Condition.IS_PROSPECT, there, there.contacts[0], elsewhere)


def test_replies_are_seen_in_a_watched_mailbox_or_where_one_has_been_seen(deal, world, wrote):
    contact = deal.contacts[0]
    assert not holds(Condition.REPLIES_SEEN, deal, contact, world(watched=False))
    assert holds(Condition.REPLIES_SEEN, deal, contact, world(watched=True))
    seen = replace(deal, log=(*deal.log, wrote(Speaker.CONTACT, days=1)))
    assert holds(Condition.REPLIES_SEEN, seen, contact, world(watched=False))


def test_an_owner_who_has_put_a_colleague_in_copy_has_introduced_delivery(deal, world, wrote):
    contact = deal.contacts[0]
    firm = Firm(delivery=(Deliverer(party=Party(address=Address("lea@studio.test"), name="Lea")),))
    assert holds(Condition.DELIVERY_KNOWN, deal, contact, world(firm=firm))
    assert holds(Condition.NOT_INTRODUCED, deal, contact, world(firm=firm))
    for address in ("lea@studio.test", "mia@weberbund.test"):
        copied = replace(deal, log=(*deal.log, wrote(Speaker.OWNER, days=1, to=(IRIS, Address(address)))))
        assert not holds(Condition.NOT_INTRODUCED, copied, contact, world(firm=firm))


def test_starts_are_the_same_whatever_zone_now_is_told_in(proposed, world, book):
    now = datetime(2025, 3, 11, 9, 0, tzinfo=UTC)
    there = _folded(proposed, now)
    assert starting_now(there, world(book()), now) == starting_now(there, world(book()), now.astimezone(BERLIN))
