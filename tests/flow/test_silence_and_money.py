"""Money that is late, signatures that are missing, days that were named, interest that goes nowhere."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date

import pytest

from worker.core.model import Action, Bucket, Stage

TOVE = "Tove Sandberg <tove@fjordglass.example>"
TOVES = "tove@fjordglass.example"
INA = "Ina Holt <ina@fjordglass.example>"
OFFER = "Hi Tove,\n\nattached is the proposal for the new furnace. Does it fit what you had in mind?\n\nRosa"


def _interested(story, at):
    story.subject = "The furnace"
    asked = story.owner(at(3, 5), TOVE, "Hi Tove,\n\nshall I send you a proposal for the furnace?\n\nRosa")
    return story.contact(at(3, 6), TOVE, "Hi Rosa,\n\nyes please, we are interested.\n\nTove", answers=asked)


@pytest.fixture
def offer(story, at):
    """They asked for it, and on Monday the 10th the proposal went out."""
    return story.owner(at(3, 10, 14), TOVE, OFFER, answers=_interested(story, at))


def _steps(story, *actions):
    return [row.decision.step for row in story.told(TOVES, *actions)]


# -- signed and not paid, paid and not signed -------------------------------------------


def test_a_late_payment_gets_one_nudge_three_business_days_after_it_was_due_and_then_a_call(story, at, offer):
    story.signed(at(3, 13, 14), TOVE)
    story.owner(at(3, 14), TOVE, "Hi Tove,\n\nattached is our invoice 118 for the first half, due 4 April 2025.\n\nRosa",
                answers=offer)  # fmt: skip
    story.live(date(2025, 6, 30))
    (nudge,) = story.sent(TOVES, "payment_nudge")
    assert date(2025, 4, 9) <= nudge.date() <= date(2025, 4, 11)
    assert _steps(story, Action.TASK).count("ring-them") == 1
    assert story.deal_of(TOVES).stage is Stage.SIGNED_UNPAID


def test_money_that_comes_in_time_is_not_asked_for(story, at, offer):
    story.signed(at(3, 13, 14), TOVE)
    story.paid(at(3, 24), "Tove Sandberg")
    story.live(date(2025, 5, 30))
    assert story.sent(TOVES, "payment_nudge") == []


def test_whoever_may_have_withdrawn_after_signing_is_asked_for_nothing_until_the_owner_answers(story, at, offer):
    story.signed(at(3, 13, 14), TOVE)
    story.contact(at(3, 17), TOVE, "Hi Rosa,\n\nsorry, we want to cancel the contract.\n\nTove", answers=offer)
    story.live(date(2025, 6, 30))
    assert [row for row in story.told(TOVES, Action.ASK) if row.decision.purpose == "question"]
    assert [sent for sent in story.sent(TOVES) if sent.date() >= date(2025, 3, 17)] == []


def test_whoever_says_that_the_money_is_on_its_way_is_not_nudged_for_it(story, at, offer):
    story.signed(at(3, 13, 14), TOVE)
    story.contact(
        at(3, 20), TOVE, "Hi Rosa,\n\nwe have paid your invoice today by bank transfer.\n\nTove", answers=offer
    )
    story.live(date(2025, 4, 30))
    assert story.sent(TOVES, "payment_nudge") == []
    assert [row for row in story.told(TOVES, Action.ASK) if row.decision.purpose == "question"]
    assert story.deal_of(TOVES).stage is Stage.SIGNED_UNPAID


def test_a_missing_signature_is_asked_for_once_and_then_by_voice(story, at, offer):
    story.paid(at(3, 13, 9), "Tove Sandberg")
    story.live(date(2025, 5, 30))
    (asked,) = story.sent(TOVES, "missing_signature")
    assert date(2025, 3, 18) <= asked.date() <= date(2025, 3, 20)
    assert "ring-them" in _steps(story, Action.TASK)
    assert story.deal_of(TOVES).stage is Stage.PAID_UNSIGNED


# -- days and seasons ------------------------------------------------------------------


def test_on_the_business_day_after_the_day_they_named_we_are_there(story, at, offer):
    story.contact(
        at(3, 12), TOVE, "Hi Rosa,\n\nthe board decides on 11 April, come back to me after that.\n\nTove", answers=offer
    )
    story.live(date(2025, 5, 16))
    sent = story.sent(TOVES)
    assert sent[0].date() == date(2025, 4, 14)
    assert story.purposes(TOVES)[0] == "date_arrived"


def test_not_now_gets_something_useful_a_quarter_later_at_the_earliest(story, at, offer):
    story.contact(at(3, 12), TOVE, "Hi Rosa,\n\nthanks, but not now, we have other priorities at the moment.\n\nTove",
                  answers=offer)  # fmt: skip
    story.live(date(2026, 1, 31))
    pings = story.sent(TOVES)
    assert set(story.purposes(TOVES)) == {"ping"}
    assert pings[0].date() >= date(2025, 6, 12)
    assert all((later - sooner).days >= 85 for sooner, later in itertools.pairwise(pings))


def test_not_before_a_day_means_nothing_until_that_day(story, at, offer):
    story.contact(at(3, 12), TOVE, "Hi Rosa,\n\nnot now, please get back to me on 1 October.\n\nTove", answers=offer)
    story.live(date(2025, 10, 31))
    assert all(sent.date() >= date(2025, 10, 1) for sent in story.sent(TOVES))
    assert story.purposes(TOVES)[0] == "date_arrived"


def test_a_plain_no_gets_one_kind_word_and_peace(story, at, offer):
    story.contact(at(3, 12), TOVE, "Hi Rosa,\n\nwe have decided to go with another supplier.\n\nTove", answers=offer)
    story.live(date(2026, 1, 31))
    assert story.purposes(TOVES) == ["drop_off"]
    assert story.sent(TOVES)[0].date() <= date(2025, 3, 17)
    assert story.deal_of(TOVES).stage is Stage.LOST


def test_an_owner_who_answers_the_no_has_said_the_kind_word(story, at, offer):
    no = story.contact(
        at(3, 12), TOVE, "Hi Rosa,\n\nwe have decided to go with another supplier.\n\nTove", answers=offer
    )
    story.owner(at(3, 12, 16), TOVE, "Hi Tove,\n\nthank you for telling me. All the best with it.\n\nRosa", answers=no)
    story.live(date(2025, 12, 31))
    assert story.purposes(TOVES) == []


# -- interest, and those who never answered -------------------------------------------------


def test_interest_without_a_next_step_is_drafted_as_an_ask_for_the_owner(story, at):
    yes = _interested(story, at)
    story.owner(at(3, 7), TOVE, "Hi Tove,\n\nthat is good to hear.\n\nRosa", answers=yes)
    story.live(date(2025, 3, 21))
    drafted = [row.decision for row in story.told(TOVES, Action.ASK) if row.decision.purpose == "ask_for_business"]
    assert [one.at.date() for one in drafted] == [date(2025, 3, 12)]
    assert story.purposes(TOVES) == []


def test_interest_with_a_meeting_in_sight_is_left_alone(story, at):
    yes = _interested(story, at)
    story.owner(
        at(3, 7), TOVE, "Hi Tove,\n\nsee you on Thursday at ten then, the invitation is out.\n\nRosa", answers=yes
    )
    story.contact(at(3, 7, 15), TOVE, "Hi Rosa,\n\nThursday at ten works, see you then.\n\nTove", answers=yes)
    story.live(date(2025, 3, 14))
    assert [row for row in story.told(TOVES, Action.ASK) if row.decision.purpose == "ask_for_business"] == []


def test_where_no_reply_would_be_seen_the_owner_is_asked_and_nobody_is_chased(strict_story, at):
    strict_story.household = replace(strict_story.household, watched=frozenset(), approved=True)
    strict_story.subject = "The furnace"
    strict_story.owner(at(3, 10, 14), TOVE, OFFER, tag="proposal")
    strict_story.live(date(2025, 4, 30))
    assert strict_story.purposes(TOVES) == []
    asked = [row.decision for row in strict_story.told(TOVES, Action.ASK)]
    assert [one.at.date() for one in asked] == [date(2025, 3, 17)]


def test_the_owners_no_to_that_question_starts_the_chase(strict_story, at):
    strict_story.household = replace(strict_story.household, watched=frozenset(), approved=True)
    strict_story.subject = "The furnace"
    strict_story.owner(at(3, 10, 14), TOVE, OFFER, tag="proposal")
    strict_story.live(date(2025, 3, 18))
    asked = next(one for one in strict_story.deal_of(TOVES).questions if one.kind == "unseen")
    strict_story.to_worker(at(3, 18, 9), "no", subject="Re: a question", answers=str(asked.message_id))
    strict_story.live(date(2025, 3, 28), anew=True)
    assert strict_story.purposes(TOVES) == ["nudge"]


def test_a_suspect_is_written_to_a_second_time_and_then_rests(story, at):
    library = story.household.library
    library = replace(library, firm=replace(library.firm, postal_address="1 Kiln Lane, Chicago, IL 60601"))
    story.household = replace(story.household, library=library)
    story.owner(at(3, 3), TOVE, "Hi Tove,\n\nis a furnace a subject for you this year?\n\nRosa")
    story.live(date(2025, 12, 31))
    assert story.purposes(TOVES) == ["nudge"]
    assert story.bucket_on(TOVES, date(2025, 12, 31)) is Bucket.SUSPECT


# -- the court, and those who go ---------------------------------------------------------------


def test_the_owner_is_reminded_after_one_and_after_three_business_days_with_the_quote(story, at, offer):
    asked = story.contact(at(3, 12, 10), TOVE, "Hi Rosa,\n\nis the grate part of the price?\n\nTove", answers=offer)
    story.live(date(2025, 3, 31))
    told = [row.decision for row in story.told(TOVES, Action.TASK) if asked in row.decision.found_in]
    assert [one.at.date() for one in told] == [date(2025, 3, 13), date(2025, 3, 17)]
    assert "is the grate part of the price?" in told[0].why


def test_whoever_follows_one_that_has_left_is_greeted(story, at, offer):
    story.away(
        at(3, 12),
        TOVE,
        "I no longer work at Fjordglass. Please write to my successor Ina Holt, ina@fjordglass.example.",
    )
    story.live(date(2025, 4, 30))
    assert story.purposes(TOVES) == []
    assert story.purposes("ina@fjordglass.example")[:1] == ["successor_hello"]
    assert "follow" in _steps(story, Action.TASK)


def test_hardship_holds_all_and_is_told(story, at, offer):
    sad = story.contact(
        at(3, 12), TOVE, "Hi Rosa,\n\nour founder passed away on Sunday. Please bear with us.\n\nTove", answers=offer
    )
    story.live(date(2025, 4, 9))
    assert story.purposes(TOVES) == []
    assert [row for row in story.told(TOVES, Action.ALERT) if sad in row.decision.found_in]
