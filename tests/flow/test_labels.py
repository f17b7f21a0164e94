"""Three buckets, strictly: who is a client and who is not yet, whatever anybody calls them."""

from __future__ import annotations

from datetime import date

import pytest

from worker.core.model import Action, Bucket, Stage

ELI = "Eli Brandt <eli@papiermuehle.example>"
ELIS = "eli@papiermuehle.example"
MIA = "Mia Roth <mia@papiermuehle.example>"
TEO = "Teo Brandt <teo@quarry.test>"


@pytest.fixture
def agreed(story, at):
    """A proposal that they like, with the agreement under way."""
    story.subject = "The paper mill"
    first = story.owner(at(3, 3), ELI, "Hi Eli,\n\nattached is our proposal. Does it fit?\n\nRosa")
    return story.contact(at(3, 4), ELI, "Hi Rosa,\n\nyes, let's go ahead.\n\nEli", answers=first)


def test_an_nda_is_not_the_agreement(story, at, agreed):
    story.signed(at(3, 6), ELI, "Mutual non-disclosure agreement")
    story.paid(at(3, 10), "Eli Brandt")
    story.live(date(2025, 3, 31))
    assert story.deal_of(ELIS).stage is Stage.PAID_UNSIGNED
    assert story.sent(ELIS, "opening") == []


def test_a_part_of_the_deposit_is_not_the_first_payment_and_the_rest_makes_it_one(story, at, agreed):
    story.signed(at(3, 6), ELI)
    story.owner(
        at(3, 6, 16),
        ELI,
        "Hi Eli,\n\nattached is our invoice 204 for the deposit of $4,200.00.\n\nRosa",
        answers=agreed,
    )
    story.paid(at(3, 10), "Eli Brandt", "$1,000.00")
    story.paid(at(3, 17), "Eli Brandt", "$3,200.00")
    story.live(date(2025, 4, 4))
    assert story.bucket_on(ELIS, date(2025, 3, 16)) is Bucket.PROSPECT
    assert story.bucket_on(ELIS, date(2025, 3, 17)) is Bucket.CLIENT


def test_a_deposit_paid_in_full_is_the_first_payment(story, at, agreed):
    story.signed(at(3, 6), ELI)
    story.owner(
        at(3, 6, 16),
        ELI,
        "Hi Eli,\n\nattached is our invoice 204 for the deposit of $1,000.00.\n\nRosa",
        answers=agreed,
    )
    story.paid(at(3, 10), "Eli Brandt", "$1,000.00")
    story.live(date(2025, 3, 14))
    assert story.bucket_on(ELIS, date(2025, 3, 10)) is Bucket.CLIENT


def test_money_of_another_company_is_not_theirs(story, at, agreed):
    story.signed(at(3, 6), ELI)
    story.paid(at(3, 10), "Northern Lights Bakery")
    story.live(date(2025, 3, 14))
    assert story.bucket_on(ELIS, date(2025, 3, 14)) is Bucket.PROSPECT


def test_writing_to_somebody_makes_no_prospect(story, at):
    for day in (3, 10, 17):
        story.owner(at(3, day), ELI, "Hi Eli,\n\nis paper a subject for you this year?\n\nRosa")
    story.live(date(2025, 4, 30))
    assert story.bucket_on(ELIS, date(2025, 4, 30)) is Bucket.SUSPECT


def test_calling_somebody_a_client_makes_them_none_and_the_owner_reads_what_is_missing(story, at, agreed):
    story.signed(at(3, 6), ELI)
    story.owner(
        at(3, 7), ELI, "Hi Eli,\n\nTeo, Eli is our new client. Teo will call you.\n\nRosa", cc=TEO, answers=agreed
    )
    story.live(date(2025, 3, 12))
    assert story.bucket_on(ELIS, date(2025, 3, 12)) is Bucket.PROSPECT
    notes = [one for one in story.deal_of(ELIS).questions if one.kind == "digest"]
    assert len(notes) == 1
    assert "first payment" in notes[0].text


def test_a_voided_agreement_takes_the_label_back_and_tells_the_owner(story, at, agreed):
    story.signed(at(3, 6), ELI)
    story.paid(at(3, 10), "Eli Brandt")
    story._write(at(3, 18), "Rosa Lindqvist via Docusign <dse_na2@docusign.net>", "Rosa Lindqvist <rosa@quarry.test>",
                 "Services agreement.pdf has been voided.\n\nReason: wrong dates\n\n"
                 f"Signed by:\n    {ELI}\n", subject="Voided: Complete with Docusign: Services agreement.pdf", machine=True)  # fmt: skip
    story.live(date(2025, 4, 30))
    assert story.bucket_on(ELIS, date(2025, 3, 18)) is Bucket.PROSPECT
    assert [row for row in story.told(ELIS, Action.ALERT) if row.decision.playbook == "voided"]
    assert all(sent.date() <= date(2025, 3, 18) for sent in story.sent(ELIS) if sent.date() < date(2025, 3, 20))


def test_two_owners_with_two_threads_at_one_company_are_two_deals(story, at):
    story.owner(at(3, 3), ELI, "Hi Eli,\n\nattached is our proposal. Does it fit?\n\nRosa")
    story.owner(at(3, 4), MIA, "Hi Mia,\n\nshall we talk about the archive?\n\nTeo", sender=TEO, subject="The archive")
    story.live(date(2025, 3, 31))
    assert story.deal_of(ELIS).id != story.deal_of("mia@papiermuehle.example").id
    assert story.purposes("mia@papiermuehle.example") == []


def test_a_client_who_does_not_answer_a_second_offer_gets_a_call_and_no_good_bye(story, at, agreed):
    story.signed(at(3, 6), ELI)
    story.paid(at(3, 10), "Eli Brandt")
    story.contact(at(5, 5), ELI, "Hi Rosa,\n\ncould you quote for the second machine?\n\nEli", answers=agreed)
    story.owner(at(5, 6), ELI, "Hi Eli,\n\nattached is the proposal for it. Does it fit?\n\nRosa", answers=agreed)
    story.live(date(2025, 8, 29))
    assert not {"nudge", "drop_off"} & set(story.purposes(ELIS))
    assert story.deal_of(ELIS).stage.bucket is Bucket.CLIENT


def test_a_dead_address_with_nobody_else_there_is_told(story, at, agreed):
    sent = story.owner(at(3, 5), ELI, "Hi Eli,\n\nhere it is.\n\nRosa", answers=agreed)
    story._write(at(3, 5, 11), "Mail Delivery System <mailer-daemon@quarry.test>", "Rosa Lindqvist <rosa@quarry.test>",
                 f"<{ELIS}>: 550 5.1.1 User unknown in virtual mailbox table\n", subject="Undelivered Mail Returned to Sender",
                 answers=sent, automatic=True)  # fmt: skip
    story.live(date(2025, 3, 31))
    assert [row for row in story.told(ELIS, Action.ALERT) if row.decision.playbook == "unreachable"]
