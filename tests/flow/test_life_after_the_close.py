"""What follows once a client is one: the note to the owner, the hand-over, and the care that never ends."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from worker.app.writing import Writer
from worker.core.firm import Deliverer
from worker.core.model import Action, Address, Bucket, Party, Stage
from worker.core.placing import addresses_in

MARTA = "Marta Okoye <marta@claybank.example>"
MARTAS = "marta@claybank.example"
TEO = "Teo Brandt <teo@quarry.test>"


@pytest.fixture
def client(story, at):
    """Signed on the 6th of March, paid on the 12th at nine."""
    first = story.owner(
        at(3, 3), MARTA, "Hi Marta,\n\nattached is the proposal for the second kiln. Does it fit?\n\nRosa"
    )
    last = story.contact(at(3, 4, 11), MARTA, "Hi Rosa,\n\nyes, we want to go ahead. Please send the agreement.\n\n-- \n"
                         "Marta Okoye\nClaybank Ceramics\n+1 312 555 0177", answers=first)  # fmt: skip
    story.owner(at(3, 4, 15), MARTA, "Hi Marta,\n\nthe agreement is on its way to you.\n\nRosa", answers=last)
    story.signed(at(3, 6, 14), MARTA)
    story.paid(at(3, 12, 9), "Marta Okoye")
    return last


def _steps(story, *actions):
    return [
        (row.decision.step, row.decision.at.astimezone(story.household.zone).date())
        for row in story.told(MARTAS, *actions)
    ]


def _told(story, step):
    return [row.decision for row in story.told(MARTAS) if row.decision.step == step]


def _mail_to_owner(story, step):
    items = [item for item in story.deal_of(MARTAS).outbox if item.letter.step == step and item.letter.to_owner]
    return items[0].letter.body


# -- the day of the close -------------------------------------------------------------


def test_at_the_close_the_owner_gets_the_number_to_ring_and_three_lines_to_say(story, client):
    story.live(date(2025, 3, 12))
    assert [one.at.date() for one in _told(story, "ring-them")] == [date(2025, 3, 12)]
    body = " ".join(_mail_to_owner(story, "ring-them").split())
    assert "+1 312 555 0177" in body
    assert body.count('."') == 3


def test_the_ask_of_the_morning_after_comes_between_half_past_eight_and_ten(story, client):
    story.live(date(2025, 3, 14))
    (ask,) = story.sent(MARTAS, "ask_referral")
    assert ask.date() == date(2025, 3, 13)
    assert (8, 30) <= (ask.hour, ask.minute) <= (10, 0)


def test_the_morning_after_is_the_morning_of_the_client_and_not_of_the_owner(story, at):
    noor = "Noor Bakker <noor@aardewerk.nl>"
    asked = story.owner(at(3, 3), noor, "Hi Noor,\n\nattached is the proposal. Does it fit?\n\nRosa")
    story.contact(at(3, 4, 4).astimezone(ZoneInfo("Europe/Amsterdam")), noor, "Hi Rosa,\n\nyes, please go ahead.\n\nNoor",
                  answers=asked)  # fmt: skip
    story.signed(at(3, 6, 5), noor)
    story.paid(at(3, 12, 4), "Noor Bakker")
    story.live(date(2025, 3, 14))
    (ask,) = story.sent("noor@aardewerk.nl", "ask_referral", zone="Europe/Amsterdam")
    assert (ask.date(), ask.hour in (8, 9)) == (date(2025, 3, 13), True)


def test_an_ask_that_the_owner_made_by_hand_is_done(story, at, client):
    story.owner(at(3, 12, 15), MARTA, "Hi Marta,\n\nthank you! Is there anybody else who should meet us? I'd be glad of an "
                "introduction.\n\nRosa", answers=client)  # fmt: skip
    story.live(date(2025, 4, 10))
    assert story.sent(MARTAS, "ask_referral") == []


# -- the hand-over --------------------------------------------------------------------


def test_without_people_of_delivery_in_the_files_the_owner_is_asked_to_hand_over_in_person(story, client):
    story.live(date(2025, 3, 31))
    assert [one.at.date() for one in _told(story, "introduce-delivery")] == [date(2025, 3, 14)]


def test_a_fob_off_is_reported_where_nobody_of_delivery_has_written(story, at, client):
    story.owner(
        at(3, 13, 15),
        MARTA,
        "Hi Marta,\n\nthis is Teo, who will build it. I stay in copy.\n\nRosa",
        cc=TEO,
        answers=client,
    )
    story.live(date(2025, 3, 31))
    alerts = _told(story, "fob-off")
    assert [one.at.date() for one in alerts] == [date(2025, 3, 18)]
    assert alerts[0].action is Action.ALERT


def test_delivery_that_has_written_is_no_fob_off(story, at, client):
    intro = story.owner(at(3, 13, 15), MARTA, "Hi Marta,\n\nthis is Teo, who will build it. I stay in copy.\n\nRosa", cc=TEO,
                        answers=client)  # fmt: skip
    story.owner(
        at(3, 17, 9),
        MARTA,
        "Hi Marta,\n\nI'm Teo. Tuesday at ten for the first look?\n\nTeo",
        sender=TEO,
        answers=intro,
    )
    story.live(date(2025, 4, 4))
    assert _told(story, "fob-off") == []
    assert _told(story, "introduce-delivery") == []


def test_three_business_days_after_the_introduction_the_owner_asks_whether_they_have_been_in_touch(story, at, client):
    story.owner(
        at(3, 14, 15),
        MARTA,
        "Hi Marta,\n\nthis is Teo, who will build it. I stay in copy.\n\nRosa",
        cc=TEO,
        answers=client,
    )
    story.live(date(2025, 4, 4))
    (check,) = story.sent(MARTAS, "handover_check")
    assert date(2025, 3, 19) <= check.date() <= date(2025, 3, 21)


def test_known_people_of_delivery_are_introduced_by_name_and_read_along(story, client):
    teo = Deliverer(party=Party(address=Address("teo@quarry.test"), name="Teo Brandt"), role="kiln builder")
    library = story.household.library
    library = replace(library, firm=replace(library.firm, delivery=(teo,)))
    story.household = replace(story.household, library=library)
    story.writer = Writer(library, story.household.reading.address)
    story.live(date(2025, 3, 31))
    assert len(story.sent(MARTAS, "handover")) == 1
    letters = [item.letter for item in story.deal_of(MARTAS).outbox if item.letter.purpose == "handover"]
    assert "Teo Brandt" in letters[0].body
    assert "teo@quarry.test" in {one.address for one in (*letters[0].to, *letters[0].cc)}
    assert "opening" not in addresses_in(letters[0].body)


# -- care, for ever -------------------------------------------------------------------


def test_the_anniversary_is_kept_and_beats_the_check_in_of_those_days(story, at, client):
    for month in (4, 6, 8, 11):
        story.contact(at(month, 2), MARTA, "Hi Rosa,\n\nall fine here.\n\nMarta", answers=client)
    story.live(date(2026, 3, 31))
    (day,) = story.sent(MARTAS, "anniversary")
    assert date(2026, 3, 12) <= day.date() <= date(2026, 3, 16)
    care = sorted(story.sent(MARTAS, "check_in") + story.sent(MARTAS, "anniversary") + story.sent(MARTAS, "cross_sell"))
    assert all((later - sooner).days >= 20 for sooner, later in itertools.pairwise(care))


def test_services_that_they_do_not_have_are_named_each_half_year(story, at, client):
    library = story.household.library
    library = replace(library, firm=replace(library.firm, services=("glaze recipes", "second kiln")))
    story.household = replace(story.household, library=library)
    for month in (4, 6, 8):
        story.contact(at(month, 2), MARTA, "Hi Rosa,\n\nall fine here.\n\nMarta", answers=client)
    story.live(date(2025, 10, 15))
    (day,) = story.sent(MARTAS, "cross_sell")
    assert date(2025, 9, 9) <= day.date() <= date(2025, 9, 18)


def test_firms_without_listed_services_write_of_none(story, at, client):
    story.live(date(2025, 12, 31))
    assert story.sent(MARTAS, "cross_sell") == []


def test_delivered_work_is_thanked_for_with_the_question_for_an_introduction(story, at, client):
    story.to_worker(at(5, 19), "All done.", tag="delivered", answers=client)
    story.live(date(2025, 6, 6))
    (thanks,) = story.sent(MARTAS, "delivered")
    assert date(2025, 5, 19) <= thanks.date() <= date(2025, 5, 21)


def test_a_term_that_ends_is_a_task_sixty_days_before(story, at, client):
    story.owner(
        at(3, 13, 15),
        MARTA,
        "Hi Marta,\n\nfor the record: the term of the agreement is 12 months.\n\nRosa",
        answers=client,
    )
    story.live(date(2026, 2, 15))
    (task,) = _told(story, "talk-about-it")
    assert date(2026, 1, 9) <= task.at.date() <= date(2026, 1, 13)


def test_what_was_settled_rests_ten_business_days_and_then_a_word_of_thanks(story, at, client):
    angry = story.contact(at(3, 12, 15), MARTA, "Rosa,\n\nI am very disappointed. The first delivery was broken and nobody "
                          "called me back. This is unacceptable.\n\nMarta", answers=client)  # fmt: skip
    story.contact(at(3, 20, 11), MARTA, "Hi Rosa,\n\nthe replacement came, the issue is resolved. Thank you.\n\nMarta",
                  answers=angry)  # fmt: skip
    story.live(date(2025, 5, 9))
    (word,) = story.sent(MARTAS, "complaint_resolved")
    assert date(2025, 4, 3) <= word.date() <= date(2025, 4, 7)
    asks = story.sent(MARTAS, "ask_referral") + story.sent(MARTAS, "ask_testimonial")
    assert asks
    assert all(ask > word for ask in asks)


def test_a_refund_and_a_second_payment_do_not_thank_and_ask_twice(story, at, client):
    story.refunded(at(4, 2), "Marta Okoye")
    story.paid(at(4, 9), "Marta Okoye")
    story.live(date(2025, 6, 30))
    assert story.bucket_on(MARTAS, date(2025, 4, 3)) is Bucket.PROSPECT
    assert story.deal_of(MARTAS).stage.bucket is Bucket.CLIENT
    assert len(story.sent(MARTAS, "opening")) == 1
    assert len(story.sent(MARTAS, "ask_referral")) == 1
    assert _told(story, "tell-the-owner")[0].action is Action.ALERT


def test_the_owners_done_to_the_alert_settles_a_complaint(story, at, client):
    story.contact(at(3, 12, 15), MARTA, "Rosa,\n\nI am very disappointed. The first delivery was broken and nobody called me "
                  "back. This is unacceptable.\n\nMarta", answers=client)  # fmt: skip
    story.live(date(2025, 3, 14))
    alert = next(one for one in story.deal_of(MARTAS).questions if one.run.startswith("complaint-"))
    story.to_worker(at(3, 14, 9), "done", subject="Re: not happy", answers=str(alert.message_id))
    story.live(date(2025, 5, 2), anew=True)
    assert len(story.sent(MARTAS, "complaint_resolved")) == 1
    assert story.sent(MARTAS, "ask_referral")


def test_nothing_is_asked_of_a_client_who_may_have_cancelled(story, at, client):
    story.contact(at(3, 14), MARTA, "Hi Rosa,\n\nwe want to cancel the contract.\n\nMarta", answers=client)
    story.live(date(2025, 9, 25))  # however long the owner takes to answer
    assert all(sent.date() <= date(2025, 3, 13) for sent in story.sent(MARTAS))
    assert story.told(MARTAS, Action.HOLD)


def test_a_client_who_leaves_is_told_farewell_once_the_owner_confirms(story, at, client):
    gone = story.contact(at(6, 3), MARTA, "Hi Rosa,\n\nwe want to cancel the contract.\n\nMarta", answers=client)
    story.live(date(2025, 6, 4))
    asked = next(one for one in story.deal_of(MARTAS).questions if one.kind == "doubt" and not one.answer)
    story.to_worker(at(6, 4), "yes", subject="Re: a question", answers=str(asked.message_id))
    story.live(date(2025, 7, 4), anew=True)
    assert story.deal_of(MARTAS).stage is Stage.LOST
    assert len(story.sent(MARTAS, "farewell")) == 1
    assert gone
