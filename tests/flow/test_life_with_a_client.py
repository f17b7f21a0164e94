"""A client stays one: introductions, complaints, hand-over, check-ins, and whoever wastes our time."""

from __future__ import annotations

from datetime import date, timedelta

from worker.app.deciding import Deciding
from worker.app.intake import Intake
from worker.core.model import Action, Bucket, Place, RawMail, Stage

MARTA = "Marta Okoye <marta@claybank.example>"
MARTAS = "marta@claybank.example"
JULES = "Jules Perrin <jules@tuilerie.example>"


def _client(story, at):
    """Signed on the 6th of March, paid on the 12th at nine."""
    first = story.owner(
        at(3, 3), MARTA, "Hi Marta,\n\nattached is the proposal for the second kiln. Does it fit?\n\nRosa"
    )
    last = story.contact(at(3, 4, 11), MARTA, "Hi Rosa,\n\nyes, we want to go ahead. Please send the agreement.\n\nMarta",
                         answers=first)  # fmt: skip
    story.owner(at(3, 4, 15), MARTA, "Hi Marta,\n\nthe agreement is on its way to you.\n\nRosa", answers=last)
    story.signed(at(3, 6, 14), MARTA)
    story.paid(at(3, 12, 9), "Marta Okoye")
    return last


def test_one_automated_mail_a_day_and_none_at_a_weekend_all_year(story, at, business_days):
    _client(story, at)
    story.live(date(2026, 3, 31))
    days = [one.date() for one in story.sent(MARTAS)]
    assert len(days) >= 6
    assert len(days) == len(set(days))
    assert business_days(story.sent(MARTAS))


def test_the_same_thing_is_not_asked_twice_in_a_year(story, at):
    _client(story, at)
    story.live(date(2026, 2, 28))
    purposes = story.purposes(MARTAS)
    assert purposes.count("ask_referral") == 1
    assert purposes.count("opening") == 1


def test_check_ins_come_at_thirty_sixty_and_ninety_days(story, at):
    last = _client(story, at)
    story.contact(at(4, 25), MARTA, "Hi Rosa,\n\nall fine here.\n\nMarta", answers=last)
    story.live(date(2025, 6, 20))
    days = [(one.date() - date(2025, 3, 12)).days for one in story.sent(MARTAS, "check_in")]
    assert len(days) == 3
    assert all(due <= day <= due + 5 for due, day in zip((30, 60, 90), days, strict=True))


def test_two_check_ins_without_a_word_make_the_next_one_a_call(story, at):
    _client(story, at)
    story.live(date(2025, 6, 20))
    assert len(story.sent(MARTAS, "check_in")) == 2
    calls = [row for row in story.told(MARTAS, Action.TASK) if row.decision.step == "check-in-90"]
    assert len(calls) == 1


def test_a_check_in_gives_way_to_a_lively_exchange(story, at):
    last = _client(story, at)
    story.contact(at(4, 9), MARTA, "Hi Rosa,\n\nthe kiln runs, we are very happy with the heat.\n\nMarta", answers=last)
    story.live(date(2025, 5, 6))
    assert all(one.date() >= date(2025, 4, 19) for one in story.sent(MARTAS, "check_in"))


def test_a_complaint_holds_the_ask_until_it_is_settled(story, at):
    last = _client(story, at)
    angry = story.contact(at(3, 12, 15), MARTA, "Rosa,\n\nI am very disappointed. The first delivery was broken and nobody "
                          "called me back. This is unacceptable.\n\nMarta", answers=last)  # fmt: skip
    story.live(date(2025, 4, 30))
    assert not [purpose for purpose in story.purposes(MARTAS) if purpose.startswith("ask_")]
    told = [row for row in story.told(MARTAS) if angry in row.decision.found_in]
    assert told
    assert told[0].decision.at.date() <= date(2025, 3, 13)


def test_an_opt_out_of_a_client_ends_the_mails_and_not_the_label(story, at):
    last = _client(story, at)
    story.contact(
        at(3, 12, 15), MARTA, "Please take me off your mailing list and do not write to me again.", answers=last
    )
    story.live(date(2025, 12, 31))
    assert story.purposes(MARTAS) in ([], ["opening"])
    assert story.deal_of(MARTAS).stage.bucket is Bucket.CLIENT


def test_thanks_that_the_owner_sent_himself_are_not_sent_again(story, at):
    last = _client(story, at)
    story.owner(
        at(3, 12, 9, 10), MARTA, "Hi Marta,\n\nthank you for your trust. We start on Monday.\n\nRosa", answers=last
    )
    story.live(date(2025, 3, 31))
    assert "opening" not in story.purposes(MARTAS)
    assert "ask_referral" in story.purposes(MARTAS)


# -- introductions ---------------------------------------------------------------------


def test_a_client_introduces_somebody_and_is_thanked_and_the_friend_gets_nothing(story, at):
    _client(story, at)
    mail = story.contact(at(3, 20), MARTA, "Rosa, meet Jules. Jules, meet Rosa, who built our kiln.\n\nI'd like to introduce "
                         "you two to each other.\n\nMarta", cc=JULES, subject="Jules <> Rosa")  # fmt: skip
    story.live(date(2025, 4, 30))
    assert story.bucket_on("jules@tuilerie.example", date(2025, 3, 20)) is Bucket.SUSPECT
    assert len(story.sent(MARTAS, "referral_thanks")) == 1
    assert story.sent(MARTAS, "referral_thanks")[0].date() <= date(2025, 3, 24)
    assert story.purposes("jules@tuilerie.example") == []
    assert [row for row in story.told(MARTAS, Action.TASK, Action.ALERT) if mail in row.decision.found_in]


def test_an_introduction_that_nobody_vouches_for_starts_nothing(story, at):
    _client(story, at)
    story.stranger(at(3, 20), MARTA, "Rosa, meet Jules. I'd like to introduce you two to each other.\n\nMarta", cc=JULES,
                   to="Rosa Lindqvist <rosa@quarry.test>", subject="Jules <> Rosa")  # fmt: skip
    story.live(date(2025, 4, 30))
    assert not story.has_deal("jules@tuilerie.example")
    assert story.sent(MARTAS, "referral_thanks") == []


# -- those who waste time -------------------------------------------------------------


def _given_up(story, at):
    asked = story.owner(at(3, 5), JULES, "Hi Jules,\n\nshall I send you a proposal?\n\nRosa")
    yes = story.contact(at(3, 6), JULES, "Hi Rosa,\n\nyes please, we are interested.\n\nJules", answers=asked)
    return story.to_worker(at(3, 10), "Enough.", tag="disqualify", answers=yes)


def test_a_disqualified_one_who_returns_gets_one_decline_and_no_more(story, at):
    _given_up(story, at)
    for month, day in ((6, 3), (6, 17), (8, 5)):
        story.contact(at(month, day), JULES, "Hi Rosa,\n\nwe have a new project, would you quote for it?\n\nJules",
                      subject=f"News of {month}/{day}")  # fmt: skip
    story.live(date(2025, 10, 31))
    assert story.purposes("jules@tuilerie.example") == ["decline"]
    assert story.sent("jules@tuilerie.example")[0].date() - date(2025, 6, 3) <= timedelta(days=3)
    assert story.deal_of("jules@tuilerie.example").stage is Stage.DISQUALIFIED


def test_no_automatic_mail_and_no_mail_without_proof_is_declined(story, at):
    _given_up(story, at)
    story.away(at(6, 3), JULES, "I am out of the office until 20 June 2025.")
    story.stranger(
        at(7, 8), JULES, "Hi Rosa,\n\nwe have a new project.\n\nJules", to="Rosa Lindqvist <rosa@quarry.test>"
    )
    story.live(date(2025, 10, 31))
    assert story.purposes("jules@tuilerie.example") == []


# -- reading twice ---------------------------------------------------------------------


def test_the_same_mail_in_two_mailboxes_counts_once(story, at):
    _client(story, at)
    story.live(date(2025, 5, 1))
    once = [row.decision for row in story.rows]
    story.mails += story.mails
    story.live(date(2025, 5, 1), anew=True)
    assert [row.decision for row in story.rows] == once


def test_a_second_worker_that_reads_the_same_mail_changes_nothing(story, at):
    _client(story, at)
    story.live(date(2025, 5, 1))
    deal, suppression = story.deal_of(MARTAS), story.household.keeper.suppression
    intake = Intake(household=story.household, heard=lambda *_: None)
    deciding = Deciding(household=story.household, writer=story.writer, decided=lambda *_: None)
    now = at(5, 1, 23, 59)
    for data in story.mails:
        for id in intake.take(RawMail(place=Place(), data=data, received=now), now):
            deciding.advance(id, now)
    assert story.deal_of(MARTAS) == deal
    assert story.household.keeper.suppression == suppression


def test_the_order_in_which_the_files_lie_changes_no_decision(story, at):
    _client(story, at)
    story.live(date(2025, 5, 1))
    told = [row.decision for row in story.rows]
    story.mails.reverse()
    story.live(date(2025, 5, 1), anew=True)
    assert [row.decision for row in story.rows] == told


def test_the_owner_hears_of_one_deal_at_most_five_times_a_week(story, at):
    last = _client(story, at)
    for day in range(12, 29):
        story.contact(
            at(3, day, 13), MARTA, f"Hi Rosa,\n\nwhat about point {day}? Could you explain it?\n\nMarta", answers=last
        )
    story.live(date(2025, 4, 30))
    told = sorted(row.decision.at for row in story.told(MARTAS))
    assert all(later - sooner >= timedelta(days=7) for sooner, later in zip(told, told[5:], strict=False))
