"""What a mail may rest on: documents, amounts, subjects, and what the contact says matters to them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.core.facts import Facts, amount_of, document_name, document_of, facts_of, says_more, topic, what_matters
from worker.core.model import (
    Address,
    Attachment,
    Contact,
    Deal,
    DealId,
    Event,
    Evidence,
    Kind,
    Letter,
    LoggedMail,
    MessageId,
    OutboxItem,
    Party,
    Speaker,
    Strength,
)

AT = datetime(2026, 1, 7, 23, 30, tzinfo=UTC)
ANNA, TOM = Address("anna@berg.example"), Address("tom@berg.example")
ROSA = Party(address=Address("rosa@lindauer.example"), name="Rosa Lind")


def mail(number: int, speaker: Speaker, sender: Address, **more: str) -> LoggedMail:
    return LoggedMail(id=MessageId(f"m{number}"), at=AT + timedelta(days=number), sender=sender, to=(ANNA,),
                      subject=more.pop("subject", ""), kind=Kind.HUMAN, speaker=speaker, **more)  # fmt: skip


def evidence(event: Event, number: int, **more: str) -> Evidence:
    return Evidence(event=event, strength=Strength.CERTAIN, quote="q", signal="s", found_in=MessageId(f"m{number}"),
                    at=AT + timedelta(days=number), **more)  # fmt: skip


DEAL = Deal(
    id=DealId("d"), ref="r", owner=ROSA, title="t", created=AT, contacts=(Contact(address=ANNA), Contact(address=TOM)),
    log=(
        mail(0, Speaker.OWNER, ROSA.address, subject="Counting the second warehouse"),
        mail(1, Speaker.CONTACT, ANNA, cares="Night shifts are our biggest headache."),
        mail(2, Speaker.CONTACT, TOM, cares="What counts for me is the audit."),
        mail(3, Speaker.OWNER, ROSA.address, amount="£4,800", document="Second warehouse"),
    ),
    evidence=(evidence(Event.PROPOSAL_SENT, 3),),
)  # fmt: skip


def test_each_contact_is_quoted_with_their_own_words_only() -> None:
    assert facts_of(DEAL, ANNA, UTC).said == "Night shifts are our biggest headache."
    assert facts_of(DEAL, TOM, UTC).said == "What counts for me is the audit."
    assert facts_of(DEAL, Address("new@berg.example"), UTC).said == ""


def test_days_are_those_of_the_owners_calendar() -> None:
    assert facts_of(DEAL, ANNA, UTC).proposed == date(2026, 1, 10)
    assert facts_of(DEAL, ANNA, ZoneInfo("Europe/Berlin")).proposed == date(2026, 1, 11)


def test_the_amount_and_the_document_are_those_of_the_proposals_own_mail() -> None:
    known = facts_of(DEAL, ANNA, UTC)
    assert (known.amount, known.document, known.topic) == ("£4,800", "Second warehouse", "Counting the second warehouse")
    taken_back = replace(DEAL, evidence=(replace(DEAL.evidence[0], withdrawn=True),))
    assert (facts_of(taken_back, ANNA, UTC).amount, facts_of(taken_back, ANNA, UTC).proposed) == ("", None)


def test_a_signed_document_is_called_by_its_name() -> None:
    signed = replace(DEAL, evidence=(*DEAL.evidence, evidence(Event.SIGNED, 9, document="Agreement_Berg_v2_final.pdf")))
    assert facts_of(signed, ANNA, UTC).document == "Agreement Berg"


def test_a_deal_of_which_nothing_is_known_is_not_concrete() -> None:
    assert not Facts().concrete
    assert not facts_of(replace(DEAL, log=(), evidence=()), ANNA, UTC).concrete
    assert facts_of(DEAL, ANNA, UTC).concrete


@pytest.mark.parametrize(
    ("subject", "said"),
    [
        ("Re: AW: Fwd: The bellows", "The bellows"),
        ("TR : Le plan des tournées", "Le plan des tournées"),
        ("Our proposal", ""),
        ("Re: Unser Angebot für Sie:", "Unser Angebot für Sie"),
        ("Question", ""),
        ("{{ lanes }}", ""),
        ("x" * 200, ""),
        ("Re:", ""),
    ],
)
def test_a_subject_that_says_nothing_is_no_topic(subject: str, said: str) -> None:
    assert topic(replace(DEAL, log=(replace(DEAL.log[0], subject=subject),))) == said


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("Proposal_Spring schedule_v3 (2).pdf", "Proposal Spring schedule"),
        ("Angebot Lagerplanung final.docx", "Angebot Lagerplanung"),
        ("Proposal.pdf", ""),
        ("offer-2.1.pdf", ""),
    ],
)
def test_documents_are_called_as_people_call_them(file: str, name: str) -> None:
    assert document_name(file) == name


def test_a_document_named_after_what_it_is_and_for_whom_says_nothing_more() -> None:
    assert not says_more("Proposal Berg Kaffee", "Berg Kaffee")
    assert says_more("Proposal second warehouse", "Berg Kaffee")


def test_nobody_is_shown_the_same_words_of_theirs_twice() -> None:
    letter = Letter(id="l", purpose="check_in", template="client/check-in-30", sender=ROSA, to=(Party(address=ANNA),),
                    subject="s", body='You wrote: "Night shifts are our biggest headache."', send_at=AT)  # fmt: skip
    item = OutboxItem(letter=letter, message_id=MessageId("o"), data=b"", envelope_from=ROSA.address, envelope_to=(ANNA,))
    assert facts_of(replace(DEAL, outbox=(item,)), ANNA, UTC).said == ""


def test_of_several_documents_none_is_named() -> None:
    def attached(name: str) -> Attachment:
        return Attachment(name=name, content_type="application/pdf")

    assert document_of([attached("Spring schedule.pdf"), attached("logo.png")]) == "Spring schedule"
    assert document_of([attached("Spring schedule.pdf"), attached("Winter schedule.pdf")]) == ""


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("It is £9,200 all in.", "£9,200"),
        ("£9,200, so £9,200 it is.", "£9,200"),
        ("£9,200 or £4,000?", ""),
        ("Wir kommen auf 2.900 € im Jahr.", "2.900 €"),
        ("12.500,00 EUR zuzüglich Steuer", "12.500,00 EUR"),
        ("It brings 18% and takes 60 lorries.", ""),
    ],
)
def test_one_amount_is_a_fact_and_two_are_none(text: str, amount: str) -> None:
    assert amount_of(text) == amount


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Yes please. What matters to us is that nobody counts at night. When?", "What matters to us is that nobody counts at night."),
        ("Entscheidend für uns: Die Fahrer sind freitags zu Hause.", "Entscheidend für uns: Die Fahrer sind freitags zu Hause."),
        ("La priorité pour nous, ce sont les retours à vide.", "La priorité pour nous, ce sont les retours à vide."),
        ("Yes, that number is a headache.", ""),
        ("Price is our main concern here.", ""),
        ("Your proposal is important to us.", ""),
        ("It is not a priority for us now.", ""),
        ("Is that important to you as well?", ""),
        ("Important: see https://berg.example/x today.", ""),
        ("the deadline is what worries us most", ""),
    ],
)  # fmt: skip
def test_what_matters_to_them_is_kept_word_for_word_and_what_hurts_us_is_not(text: str, said: str) -> None:
    assert what_matters(text, ()) == said


def test_nothing_is_quoted_from_a_mail_that_complains() -> None:
    words = "What matters to us is that nobody counts at night."
    assert what_matters(words, (evidence(Event.COMPLAINT, 1),)) == ""


@given(st.text(max_size=600))
def test_whatever_is_quoted_stands_in_the_mail_and_fits_into_one(text: str) -> None:
    said = what_matters(text, ())
    assert said in " ".join(text.split())
    assert len(said) <= 170
    assert "{" not in said
