"""Who has gone silent, who has not, and who is left in peace."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from worker.core.model import Action, Bucket, Stage

TOVE = "Tove Sandberg <tove@fjordglass.example>"
TOVES = "tove@fjordglass.example"
PER = "Per Holt <per@fjordglass.example>"
OFFER = "Hi Tove,\n\nattached is the proposal for the new furnace. Does it fit what you had in mind?\n\nRosa"


@pytest.fixture
def offer(story, at):
    """They asked for it, and on Monday the proposal went out."""
    story.subject = "The furnace"
    asked = story.owner(at(3, 5), TOVE, "Hi Tove,\n\nshall I send you a proposal for the furnace?\n\nRosa")
    yes = story.contact(at(3, 6), TOVE, "Hi Rosa,\n\nyes please, we are interested.\n\nTove", answers=asked)
    return story.owner(at(3, 10, 14), TOVE, OFFER, answers=yes)


def test_a_silent_prospect_gets_one_nudge_one_good_bye_and_peace(story, at, offer, business_days):
    story.live(date(2025, 7, 31))
    assert story.purposes(TOVES) == ["nudge", "drop_off"]
    assert story.sent(TOVES)[0].date() >= date(2025, 3, 17)
    assert business_days(story.sent(TOVES))
    assert story.deal_of(TOVES).stage is Stage.LOST


def test_the_owner_is_asked_to_ring_before_the_good_bye(story, at, offer):
    story.live(date(2025, 7, 31))
    tasks = [row.decision.at for row in story.told(TOVES, Action.TASK)]
    nudge, goodbye = story.sent(TOVES)
    assert any(nudge < task < goodbye for task in tasks)


def test_a_reply_stops_the_chase_for_good(story, at, offer):
    story.contact(at(3, 13), TOVE, "Hi Rosa,\n\nthanks, I am reading it.\n\nTove", answers=offer)
    story.live(date(2025, 6, 30))
    assert story.purposes(TOVES) == []


def test_a_reply_of_a_colleague_stops_the_chase(story, at, offer):
    story.contact(at(3, 13), PER, "Hi Rosa,\n\nTove has passed me your proposal, I am on it.\n\nPer", answers=offer)
    story.live(date(2025, 6, 30))
    assert story.purposes(TOVES) == []
    assert story.purposes("per@fjordglass.example") == []


def test_a_reply_between_the_nudge_and_the_good_bye_ends_it_there(story, at, offer):
    story.contact(at(3, 24), TOVE, "Hi Rosa,\n\nsorry for the wait, we are still at it.\n\nTove", answers=offer)
    story.live(date(2025, 6, 30))
    assert story.purposes(TOVES) == ["nudge"]
    assert [row for row in story.told(TOVES, Action.STOP) if "tove@fjordglass.example replied" in row.decision.why]


def test_an_owner_who_writes_again_is_not_doubled(story, at, offer):
    story.owner(at(3, 14), TOVE, "Hi Tove,\n\njust so you know: the price holds until May.\n\nRosa", answers=offer)
    story.live(date(2025, 3, 20))
    assert story.purposes(TOVES) == []


def test_an_out_of_office_stops_the_clock_until_after_the_return(story, at, offer):
    story.away(at(3, 10, 14, 1), TOVE, "I am out of the office until 28 March 2025 and will answer when I am back.")
    story.live(date(2025, 4, 30))
    assert story.purposes(TOVES)[:1] == ["nudge"]
    assert story.sent(TOVES)[0].date() > date(2025, 3, 28)


def test_an_out_of_office_of_a_colleague_stops_nothing(story, at, offer):
    story.away(at(3, 11), PER, "I am out of the office until 28 March 2025.")
    story.live(date(2025, 3, 21))
    assert story.purposes(TOVES) == ["nudge"]


def test_an_opt_out_closes_for_good(story, at, offer):
    story.contact(at(3, 12), TOVE, "Please take me off your list and do not write to me again.\n", answers=offer)
    story.owner(at(3, 13), TOVE, "Hi Tove,\n\none more thing: would June suit you better?\n\nRosa")
    story.live(date(2025, 12, 31))
    assert story.purposes(TOVES) == []
    assert story.deal_of(TOVES).stage is Stage.OPTED_OUT


def test_an_opt_out_stops_even_where_nobody_vouches_for_the_mail(story, at, offer):
    story.stranger(at(3, 12), TOVE, "Please take me off your list and do not write to me again.\n", answers=offer)
    story.live(date(2025, 12, 31))
    assert story.purposes(TOVES) == []


def test_a_no_is_heard_and_nothing_is_chased(story, at, offer):
    story.contact(at(3, 12), TOVE, "Hi Rosa,\n\nwe have decided to go with another supplier.\n\nTove", answers=offer)
    story.live(date(2025, 9, 30))
    assert story.bucket_on(TOVES, date(2025, 3, 12)) is Bucket.OUT
    assert len(story.purposes(TOVES)) <= 1
    assert not {"nudge", "ask_for_business"} & set(story.purposes(TOVES))


def test_a_day_that_they_named_is_waited_for(story, at, offer):
    story.contact(at(3, 12), TOVE, "Hi Rosa,\n\nthe board meets on 4 April, I will come back to you after that.\n\nTove",
                  answers=offer)  # fmt: skip
    story.owner(at(3, 12, 16), TOVE, "Hi Tove,\n\nfine. Shall I send the drawings before that?\n\nRosa", answers=offer)
    story.live(date(2025, 5, 30))
    assert all(sent.date() > date(2025, 4, 4) for sent in story.sent(TOVES))


def test_nobody_is_chased_for_an_answer_that_we_owe(story, at, offer):
    story.contact(
        at(3, 12), TOVE, "Hi Rosa,\n\nis the grate part of the price? And who installs it?\n\nTove", answers=offer
    )
    story.live(date(2025, 5, 30))
    assert story.purposes(TOVES) == []
    told = story.told(TOVES)
    assert told
    assert told[0].decision.at.date() <= date(2025, 3, 14)


def test_a_colleague_who_owes_the_answer_is_no_reason_to_chase_either(story, at, offer):
    question = story.contact(at(3, 12), TOVE, "Hi Rosa,\n\nis the grate part of the price?\n\nTove", answers=offer)
    story.owner(
        at(3, 12, 15), TOVE, "Hi Tove,\n\nI'm asking our engineer and come back to you.\n\nRosa", answers=question
    )
    story.live(date(2025, 3, 28))
    assert story.purposes(TOVES) == []


def test_who_signs_by_himself_is_not_sent_a_good_bye(story, at, offer):
    story.signed(at(3, 24), TOVE)
    story.live(date(2025, 6, 30))
    assert "drop_off" not in story.purposes(TOVES)


def test_easter_and_weekends_are_no_days_on_which_anybody_is_silent(story, at):
    nina = "Nina Krug <nina@ofenbau.de>"
    asked = story.owner(at(4, 7), nina, "Hello Nina,\n\nshall I send a proposal?\n\nRosa")
    yes = story.contact(
        at(4, 8, 3).astimezone(ZoneInfo("Europe/Berlin")),
        nina,
        "Hello Rosa,\n\nyes, we are interested.\n\nNina",
        answers=asked,
    )
    story.owner(at(4, 14, 9), nina, "Hello Nina,\n\nattached is the proposal. Does it fit?\n\nRosa", answers=yes)
    story.live(date(2025, 4, 30))
    # Tuesday, Wednesday, Thursday; Good Friday and Easter Monday are none; Tuesday, Wednesday.
    assert story.sent("nina@ofenbau.de")[0].date() >= date(2025, 4, 23)


def test_nothing_reaches_tokyo_at_night(story, at):
    ken = "Ken Mori <ken@kamado.jp>"
    asked = story.owner(at(3, 3), ken, "Dear Ken,\n\nshall I send a proposal?\n\nRosa")
    yes = story.contact(
        at(3, 4).astimezone(ZoneInfo("Asia/Tokyo")), ken, "Dear Rosa,\n\nyes, we are interested.\n\nKen", answers=asked
    )
    story.owner(at(3, 5, 20), ken, "Dear Ken,\n\nattached is the proposal. Does it fit?\n\nRosa", answers=yes)
    story.live(date(2025, 5, 30))
    sent = story.sent("ken@kamado.jp", zone="Asia/Tokyo")
    assert sent
    assert all(one.weekday() < 5 and 7 <= one.hour < 19 for one in sent)


def test_two_strangers_at_one_free_mail_house_do_not_speak_for_each_other(story, at):
    uma, bo = "Uma Lindt <uma.lindt@gmail.com>", "Bo Ek <bo.ek@gmail.com>"
    for who, day in ((uma, 3), (bo, 4)):
        asked = story.owner(at(3, day), who, "Hi,\n\nshall I send you a proposal?\n\nRosa", subject=f"For {who[:3]}")
        story.contact(
            at(3, day, 15), who, "Hi Rosa,\n\nyes please, I'm interested.", answers=asked, subject=f"Re: For {who[:3]}"
        )
        story.owner(
            at(3, day + 1, 15), who, "Hi,\n\nattached is the proposal. Does it fit?\n\nRosa", subject=f"For {who[:3]}"
        )
    story.contact(at(3, 6), uma, "Please take me off your list and never write to me again.", subject="Enough")
    story.live(date(2025, 3, 31))
    assert story.purposes("uma.lindt@gmail.com") == []
    assert story.purposes("bo.ek@gmail.com")[:1] == ["nudge"]


# -- whose mail it is ------------------------------------------------------------------------------


def test_nothing_goes_out_in_the_name_of_an_owner_who_is_away_themselves(story, at, offer):
    story.away(at(3, 14), "Rosa Lindqvist <rosa@quarry.test>", "I am out of the office until 28 March 2025.")
    story.live(date(2025, 7, 31))
    nudge, _ = story.sent(TOVES)
    assert nudge.date() > date(2025, 3, 28)


def test_the_absence_of_a_colleague_holds_nothing_of_the_owners(story, at, offer):
    story.away(at(3, 14), "Teo Marsh <teo@quarry.test>", "I am out of the office until 28 March 2025.")
    story.live(date(2025, 7, 31))
    assert story.sent(TOVES)[0].date() < date(2025, 3, 28)


def test_what_the_owner_has_to_do_waits_for_a_working_day_of_theirs(story, at, offer):
    story.live(date(2025, 7, 31))
    tasks = [row.decision.at.astimezone(story.household.zone) for row in story.told(TOVES, Action.TASK)]
    assert tasks
    assert all(task.weekday() < 5 and 7 <= task.hour < 19 for task in tasks)
