"""The close: signed by all and paid, in either order, and what follows it."""

from __future__ import annotations

from datetime import date

from worker.core.model import Action, Bucket, Stage

MARTA = "Marta Okoye <marta@claybank.example>"
MARTAS = "marta@claybank.example"


def _proposed(story, at):
    first = story.owner(
        at(3, 3), MARTA, "Hi Marta,\n\nattached is the proposal for the second kiln. Does it fit?\n\nRosa"
    )
    return story.contact(at(3, 4, 11), MARTA, "Hi Rosa,\n\nlooks good, we want to go ahead. Please send the agreement.\n\nMarta",
                         answers=first)  # fmt: skip


def test_signed_then_paid_makes_a_client_with_the_money(story, at):
    _proposed(story, at)
    story.signed(at(3, 6, 14), MARTA)
    story.paid(at(3, 12, 9), "Marta Okoye")
    story.live(date(2025, 3, 20))
    assert story.bucket_on(MARTAS, date(2025, 3, 11)) is Bucket.PROSPECT
    assert story.stages_until(MARTAS, date(2025, 3, 11))[-1] is Stage.SIGNED_UNPAID
    assert story.stages_until(MARTAS, date(2025, 3, 12))[-1] is Stage.OPENING


def test_paid_then_signed_makes_a_client_with_the_signature(story, at):
    _proposed(story, at)
    story.paid(at(3, 6, 14), "Marta Okoye")
    story.signed(at(3, 12, 9), MARTA)
    story.live(date(2025, 3, 20))
    assert story.stages_until(MARTAS, date(2025, 3, 11))[-1] is Stage.PAID_UNSIGNED
    assert story.stages_until(MARTAS, date(2025, 3, 12))[-1] is Stage.OPENING


def test_the_thank_you_comes_first_and_the_ask_on_the_morning_after(story, at):
    _proposed(story, at)
    story.signed(at(3, 6, 14), MARTA)
    story.paid(at(3, 12, 9), "Marta Okoye")
    story.live(date(2025, 3, 20))
    thanks, asked = story.sent(MARTAS, "opening"), story.sent(MARTAS, "ask_referral")
    assert [one.date() for one in thanks] == [date(2025, 3, 12)]
    assert [one.date() for one in asked] == [date(2025, 3, 13)]
    assert asked[0].hour < 10


def test_a_close_at_the_weekend_is_thanked_for_on_monday_and_the_ask_waits_for_tuesday(story, at):
    _proposed(story, at)
    story.signed(at(3, 6, 14), MARTA)
    story.paid(at(3, 15, 11), "Marta Okoye")
    story.live(date(2025, 3, 25))
    assert [one.date() for one in story.sent(MARTAS, "opening")] == [date(2025, 3, 17)]
    assert [one.date() for one in story.sent(MARTAS, "ask_referral")] == [date(2025, 3, 18)]


def test_a_close_before_a_holiday_is_asked_about_after_it(story, at):
    _proposed(story, at)
    story.signed(at(3, 6, 14), MARTA)
    story.paid(at(5, 23, 9), "Marta Okoye")  # the Friday before Memorial Day
    story.live(date(2025, 6, 3))
    assert [one.date() for one in story.sent(MARTAS, "opening")] == [date(2025, 5, 23)]
    assert [one.date() for one in story.sent(MARTAS, "ask_referral")] == [date(2025, 5, 27)]


def test_a_refund_takes_the_label_back_and_holds_every_ask(story, at):
    _proposed(story, at)
    story.signed(at(3, 6, 14), MARTA)
    story.paid(at(3, 12, 9), "Marta Okoye")
    story.refunded(at(3, 12, 15), "Marta Okoye")
    story.live(date(2025, 5, 20))
    assert story.bucket_on(MARTAS, date(2025, 3, 12)) is Bucket.PROSPECT
    assert not [one for one in story.purposes(MARTAS) if one.startswith("ask_")]
    assert [row for row in story.rows if row.decision.action is Action.STOP and "refund" in row.decision.why.lower()]


def test_a_forged_notice_starts_nothing(story, at):
    _proposed(story, at)
    story.signed(at(3, 6, 14), MARTA, proven=False)
    story.paid(at(3, 7, 14), "Marta Okoye", proven=False)
    story.live(date(2025, 3, 12))
    assert story.bucket_on(MARTAS, date(2025, 3, 12)) is Bucket.PROSPECT
    assert not {Stage.SIGNED_UNPAID, Stage.PAID_UNSIGNED, Stage.OPENING} & set(
        story.stages_until(MARTAS, date(2025, 3, 12))
    )
    assert story.purposes(MARTAS) == []


def test_a_signed_nda_is_not_the_agreement(story, at):
    _proposed(story, at)
    story.signed(at(3, 6, 14), MARTA, document="Mutual NDA")
    story.paid(at(3, 7, 9), "Marta Okoye")
    story.live(date(2025, 3, 20))
    assert story.stages_until(MARTAS, date(2025, 3, 20))[-1] is Stage.PAID_UNSIGNED


def test_a_contact_who_says_that_the_money_is_on_its_way_is_only_believed_when_the_owner_agrees(story, at):
    last = _proposed(story, at)
    story.signed(at(3, 6, 14), MARTA)
    story.contact(
        at(3, 10, 9), MARTA, "Hi Rosa,\n\nwe have wired the first payment this morning.\n\nMarta", answers=last
    )
    story.live(date(2025, 3, 20))
    assert story.stages_until(MARTAS, date(2025, 3, 20))[-1] is Stage.SIGNED_UNPAID
    asked = story.told(MARTAS, Action.ASK)
    assert len(asked) == 1
    assert "payment" in asked[0].decision.why


def test_the_owners_yes_to_a_doubt_moves_the_deal(story, at):
    last = _proposed(story, at)
    story.signed(at(3, 6, 14), MARTA)
    said = story.contact(
        at(3, 10, 9), MARTA, "Hi Rosa,\n\nwe have wired the first payment this morning.\n\nMarta", answers=last
    )
    story.to_worker(at(3, 11, 9), "yes\n", subject="Re: Has the first payment come?", answers=said)
    story.live(date(2025, 3, 20))
    assert story.stages_until(MARTAS, date(2025, 3, 10))[-1] is Stage.SIGNED_UNPAID
    assert story.stages_until(MARTAS, date(2025, 3, 11))[-1] is Stage.OPENING


def test_the_owners_no_to_a_doubt_leaves_the_deal_where_it_is(story, at):
    last = _proposed(story, at)
    story.signed(at(3, 6, 14), MARTA)
    said = story.contact(
        at(3, 10, 9), MARTA, "Hi Rosa,\n\nwe have wired the first payment this morning.\n\nMarta", answers=last
    )
    story.to_worker(at(3, 11, 9), "No, not yet\n", subject="Re: Has the first payment come?", answers=said)
    story.live(date(2025, 3, 20))
    assert story.stages_until(MARTAS, date(2025, 3, 20))[-1] is Stage.SIGNED_UNPAID


def test_every_decision_gives_its_reason_and_the_mails_that_led_there(story, at):
    _proposed(story, at)
    story.signed(at(3, 6, 14), MARTA)
    story.paid(at(3, 12, 9), "Marta Okoye")
    story.live(date(2025, 5, 1))
    assert all(row.decision.why for row in story.rows)
    assert all(row.decision.found_in for row in story.rows)
