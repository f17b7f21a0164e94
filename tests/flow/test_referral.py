"""Introductions and testimonials: who is thanked, who is told, and what came of it."""

from __future__ import annotations

from datetime import date

import pytest

from worker.core.model import Action, Bucket

MARTA = "Marta Okoye <marta@claybank.example>"
MARTAS = "marta@claybank.example"
JULES = "Jules Perrin <jules@tuilerie.example>"
JULESS = "jules@tuilerie.example"


@pytest.fixture
def client(story, at):
    """Signed on the 6th of March, paid on the 12th."""
    first = story.owner(
        at(3, 3), MARTA, "Hi Marta,\n\nattached is the proposal for the second kiln. Does it fit?\n\nRosa"
    )
    last = story.contact(at(3, 4, 11), MARTA, "Hi Rosa,\n\nyes, we want to go ahead. Please send the agreement.\n\nMarta",
                         answers=first)  # fmt: skip
    story.owner(at(3, 4, 15), MARTA, "Hi Marta,\n\nthe agreement is on its way to you.\n\nRosa", answers=last)
    story.signed(at(3, 6, 14), MARTA)
    story.paid(at(3, 12, 9), "Marta Okoye")
    return last


@pytest.fixture
def introduced(story, at, client):
    return story.contact(at(3, 20), MARTA, "Rosa, meet Jules. Jules, meet Rosa, who built our kiln.\n\nI'd like to introduce "
                         "you two to each other.\n\nMarta", cc=JULES, subject="Jules <> Rosa")  # fmt: skip


def _wins_jules(story, at):
    story.subject = "A kiln for the tilery"
    asked = story.owner(at(3, 21), JULES, "Hi Jules,\n\nMarta told me about you. Shall I send you a proposal?\n\nRosa")
    yes = story.contact(at(3, 24), JULES, "Hi Rosa,\n\nyes please, we are interested.\n\nJules", answers=asked)
    story.owner(at(3, 25), JULES, "Hi Jules,\n\nattached is the proposal. Does it fit?\n\nRosa", answers=yes)
    story.signed(at(4, 1, 14), JULES)
    return story.paid(at(4, 8, 9), "Jules Perrin")


def test_whoever_is_introduced_is_referred_by_the_one_who_did_it(story, introduced):
    story.live(date(2025, 3, 21))
    assert story.deal_of(JULESS).contacts[0].referred_by == MARTAS
    assert story.bucket_on(JULESS, date(2025, 3, 21)) is Bucket.SUSPECT


def test_the_referrer_is_thanked_again_when_the_friend_becomes_a_client(story, at, introduced):
    _wins_jules(story, at)
    story.live(date(2025, 5, 2))
    outcome = story.sent(MARTAS, "referral_outcome")
    assert len(outcome) == 1
    assert date(2025, 4, 9) <= outcome[0].date() <= date(2025, 4, 11)
    assert story.sent(JULESS, "opening")


def test_nobody_is_told_of_an_outcome_that_there_is_not(story, introduced):
    story.live(date(2025, 6, 30))
    assert story.sent(MARTAS, "referral_outcome") == []


def test_a_testimonial_is_kept_word_for_word_and_told_to_the_owner(story, at, client):
    words = (
        "We chose you because you asked about our glazes first. I can only recommend Rosa and her people to anybody."
    )
    praise = story.contact(at(3, 17), MARTA, f"Hi Rosa,\n\n{words}\n\nMarta", answers=client)
    story.live(date(2025, 4, 4))
    told = [row for row in story.told(MARTAS, Action.TASK) if praise in row.decision.found_in]
    assert len(told) == 1
    assert words in told[0].decision.why


def test_a_testimonial_is_thanked_for_and_not_asked_for_again(story, at, client):
    story.contact(
        at(3, 17), MARTA, "Hi Rosa,\n\nI can only recommend you, you did a great job for us.\n\nMarta", answers=client
    )
    story.live(date(2025, 6, 30))
    assert len(story.sent(MARTAS, "testimonial_thanks")) == 1
    assert story.sent(MARTAS, "ask_testimonial") == []


def test_the_testimonial_is_asked_for_in_a_mail_of_its_own_within_seven_business_days(story, client):
    story.live(date(2025, 4, 4))
    (asked,) = story.sent(MARTAS, "ask_testimonial")
    assert date(2025, 3, 14) <= asked.date() <= date(2025, 3, 21)
    assert asked.date() != story.sent(MARTAS, "ask_referral")[0].date()
