"""The week in one mail: what waits, who has gone too long without a word, and where the time went."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from worker.app.digest import Digests
from worker.app.rehearse import Rehearsal
from worker.core.firm import Coverage
from worker.core.house import house_id, is_house
from worker.core.model import Action, Address, Stage

MARTA = "Marta Nowak <marta@nowakceramics.example>"
MARTAS = "marta@nowakceramics.example"
PELLE = "Pelle Strand <pelle@strandglass.example>"
PELLES = "pelle@strandglass.example"


@pytest.fixture
def digests():
    """The digests that left: what the rehearsal says of them."""

    def found(story):
        return [row.decision for row in story.rows if is_house(row.deal.id)]

    return found


@pytest.fixture
def section():
    """The lines of one section, as the digest of a moment would have them."""

    def read(story, title, now, *, weeks=1):
        deals = list(story.household.keeper.all())
        sections = Digests(story.household, story.writer).sections(deals, now - timedelta(weeks=weeks), now)
        return [line.text for one in sections if one.title == title for line in one.lines]

    return read


def _client(story, at):
    offer = story.owner(at(3, 3), MARTA, "Hi Marta,\n\nour proposal is attached, $4,200. Shall we begin in May?\n\nRosa",
                        tag="proposal")  # fmt: skip
    story.contact(at(3, 4), MARTA, "Hi Rosa,\n\nyes, let's do it.\n\nMarta", answers=offer)
    story.signed(at(3, 6), "Marta Nowak\n    marta@nowakceramics.example")
    story.paid(at(3, 10), "Marta Nowak (marta@nowakceramics.example)")
    return offer


def _prospect(story, at):
    first = story.owner(at(3, 4), PELLE, "Hi Pelle,\n\nshall we look at your furnaces together?\n\nRosa", subject="Furnaces")
    story.contact(at(3, 5), PELLE, "Hi Rosa,\n\nyes please, could you come by in the summer?\n\nPelle",
                  answers=first, subject="Re: Furnaces")  # fmt: skip
    return first


# -- one mail a week ---------------------------------------------------------------------


def test_the_digest_leaves_on_monday_morning_once_a_week_to_the_owner_alone(story, at, digests):
    _prospect(story, at)
    story.live(date(2025, 4, 30))
    found = digests(story)
    assert len(found) > 2
    mornings = [row.at.astimezone(story.household.zone) for row in found]
    assert {(one.weekday(), one.hour, one.minute) for one in mornings} == {(0, 8, 30)}
    assert len({one.isocalendar()[:2] for one in mornings}) == len(mornings)
    assert {row.to for row in found} == {("rosa@quarry.test",)}
    assert {(row.action, row.purpose) for row in found} == {(Action.SEND, "digest")}
    assert all(row.why and row.found_in for row in found)


def test_a_week_with_nothing_in_it_has_no_digest(story, at, digests):
    story.owner(at(3, 4), PELLE, "Hi Pelle,\n\ngood to meet you at the fair.\n\nRosa", subject="Furnaces")
    story.live(date(2025, 4, 30))
    assert digests(story) == []


def test_each_owner_has_a_digest_of_their_own_deals(story, at, digests):
    _prospect(story, at)
    story.owner(at(3, 4), MARTA, "Hi Marta,\n\nshall we talk about glazes?\n\nTeo", sender="Teo Brandt <teo@quarry.test>",
                subject="Glazes")  # fmt: skip
    story.contact(at(3, 5), MARTA, "Hi Teo,\n\nyes, could you call me?\n\nMarta", to="Teo Brandt <teo@quarry.test>",
                  subject="Re: Glazes")  # fmt: skip
    story.live(date(2025, 4, 30))
    assert {row.to[0] for row in digests(story)} == {"rosa@quarry.test", "teo@quarry.test"}


def test_the_owners_document_is_no_deal(story, at):
    _prospect(story, at)
    story.live(date(2025, 4, 30))
    keeper = story.household.keeper
    assert [deal.title for deal in keeper.all()] == ["Pelle Strand (strandglass.example)"]
    assert not any(is_house(row.deal) for row in keeper.index.rows())
    house = keeper.deal(house_id(Address("rosa@quarry.test")))
    assert all(not item.letter.body and not item.data for item in house.outbox)


# -- what stands in it -------------------------------------------------------------------


def test_a_client_without_a_human_word_becomes_a_task_before_the_policy_breaks(story, at, section):
    _client(story, at)
    story.live(date(2025, 4, 15))
    assert section(story, "Before it is too long", at(4, 4)) == []
    (line,) = section(story, "Before it is too long", at(4, 11))
    assert "Marta Nowak" in line
    assert "client" in line
    assert "by Thursday, 17 April" in line


def test_a_word_of_the_owner_takes_the_client_off_the_list(story, at, section):
    offer = _client(story, at)
    story.owner(at(4, 8), MARTA, "Hi Marta,\n\nhow did the first firing go?\n\nRosa", answers=offer)
    story.live(date(2025, 4, 15))
    assert section(story, "Before it is too long", at(4, 11)) == []


def test_a_prospect_is_named_after_a_week_and_told_to_be_lost_to_nobody(story, at, section):
    _prospect(story, at)
    story.live(date(2025, 3, 20))
    (line,) = section(story, "Before it is too long", at(3, 17))
    assert "Pelle Strand" in line
    assert "prospect" in line


def test_whom_the_owner_calls_a_client_too_early_is_told_with_what_is_missing(story, at, section):
    offer = story.owner(at(3, 3), MARTA, "Hi Marta,\n\nour proposal is attached. Shall we begin in May?\n\nRosa",
                        tag="proposal")  # fmt: skip
    story.signed(at(3, 6), "Marta Nowak\n    marta@nowakceramics.example")
    story.owner(at(3, 7), MARTA, "Hi Marta,\n\nI am glad to call you our new client!\n\nRosa", answers=offer)
    story.live(date(2025, 3, 20))
    (line,) = section(story, "Not a client yet", at(3, 10))
    assert "our new client" in line
    assert "the first payment has not come" in line


def test_nobody_is_corrected_who_calls_a_client_a_client(story, at, section):
    offer = _client(story, at)
    story.owner(at(3, 11), MARTA, "Hi Marta,\n\nI am glad to call you our new client!\n\nRosa", answers=offer)
    story.live(date(2025, 3, 20))
    assert section(story, "Not a client yet", at(3, 17)) == []


def test_the_freed_hours_name_the_client_to_ring(story, at, section):
    _client(story, at)
    first = _prospect(story, at)
    for day in range(6, 21):
        story.owner(at(3, day, 15), PELLE, "Hi Pelle,\n\none more idea for you.\n\nRosa", answers=first, subject="Re: Furnaces")
    story.owner(at(3, 24), PELLE, "Hi Pelle,\n\nI leave it there.\n\nRosa", answers=first, tag="disqualify")
    story.live(date(2025, 4, 15))
    assert story.deal_of(PELLES).stage is Stage.DISQUALIFIED
    lines = section(story, "Time for clients", at(4, 7))
    assert "gave up" in lines[1]
    assert "Marta Nowak" in lines[2]


def test_likely_time_wasters_are_named_with_the_signs_before_anybody_is_asked(story, at, section):
    first = _prospect(story, at)
    story.contact(at(3, 12), PELLE, "Hi Rosa,\n\ncould you put together a concept for us, free of charge of course?\n\nPelle",
                  answers=first, subject="Re: Furnaces")  # fmt: skip
    story.contact(at(4, 2), PELLE, "Hi Rosa,\n\nso sorry for going quiet. It was really close, you came in second.\n\nPelle",
                  answers=first, subject="Re: Furnaces")  # fmt: skip
    story.live(date(2025, 4, 5))
    (line,) = section(story, "Perhaps they only take your time", at(4, 7))
    assert "free work" in line
    assert "came in second" in line


def test_attention_and_money_by_label_stand_in_it(story, at, section):
    _client(story, at)
    _prospect(story, at)
    story.live(date(2025, 4, 15))
    lines = section(story, "Where your time went", at(4, 15))
    assert lines[0].startswith("1 client: 1 mail of yours")
    assert any("banked 4,200 USD" in line for line in lines)


def test_asks_and_their_answers_are_counted(story, at, section):
    offer = _client(story, at)
    story.contact(at(3, 14), MARTA, "Hi Rosa,\n\nhappy to be quoted: you were the only ones who asked our kiln master "
                  "before you wrote a word.\n\nMarta", answers=offer)  # fmt: skip
    story.live(date(2025, 4, 30))
    lines = section(story, "Asked and given", at(4, 28))
    assert "for a referral" in lines[0]
    assert "1 client answered" in lines[0]


# -- the first day, and the first mails ----------------------------------------------------


def test_after_the_past_was_read_the_owner_gets_one_mail_of_what_was_found(story, at):
    _client(story, at)
    _prospect(story, at)
    rehearsal = Rehearsal(story.household, date(2025, 4, 30), story.writer, since=date(2025, 3, 20))
    rehearsal.live(iter(story.mails))
    first = [row.decision for row in rehearsal.rows if row.decision.template == "owner/day-one"]
    assert len(first) == 1
    assert first[0].at.astimezone(story.household.zone).date() in (date(2025, 3, 20), date(2025, 3, 21))
    assert "answers that you owe 1" in first[0].why
    assert "never asked" in first[0].why


def test_without_a_past_there_is_no_first_day(story, at, digests):
    _prospect(story, at)
    story.live(date(2025, 4, 30))
    assert {row.template for row in digests(story)} == {"owner/digest"}


def test_the_first_five_mails_are_receipted_each_once_and_the_sixth_is_not(story, at):
    for number in range(7):
        who = f"Ida Berg <ida@berg{number}.example>"
        story.owner(at(3, 3 + number), who, "Hi Ida,\n\nshall we talk?\n\nRosa", subject=f"Kiln {number}")
    story.live(date(2025, 3, 20))
    receipts = [item.letter for deal in story.household.keeper.all() for item in deal.outbox
                if item.letter.template == "owner/receipt"]  # fmt: skip
    assert len(receipts) == 5
    assert {letter.to[0].address for letter in receipts} == {"rosa@quarry.test"}


def test_a_receipt_says_who_it_is_which_label_and_what_comes_back_when(story, at):
    first = story.owner(at(3, 3), PELLE, "Hi Pelle,\n\nour proposal is attached. What do you think?\n\nRosa", tag="proposal")
    story.live(date(2025, 3, 3))
    (letter,) = [item.letter for item in story.deal_of(PELLES).outbox if item.letter.template == "owner/receipt"]
    assert "Pelle Strand <pelle@strandglass.example>" in letter.body
    assert "prospect, proposed" in letter.body
    assert letter.found_in == (first,)


def test_receipts_can_be_left_out(story, at):
    story.household = replace(
        story.household, library=replace(story.household.library, coverage=Coverage(receipts=0, digest_day=None))
    )
    _prospect(story, at)
    story.live(date(2025, 4, 30))
    assert not any(item.letter.template == "owner/receipt" for item in story.deal_of(PELLES).outbox)
    assert not any(is_house(row.deal.id) for row in story.rows)
