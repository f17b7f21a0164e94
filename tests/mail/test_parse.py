"""From bytes to a Message: every field, and every field for itself when one is broken."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.core.identity import own_message_id, proof_of_own
from worker.core.model import Address, Attachment, Kind, Message, Place, RawMail, Reading, Trust
from worker.mail.parse import MAX_RECIPIENTS, parse

DATA = Path(__file__).parent.parent / "data"
READING = Reading(
    address=Address("deals@northlight.example"),
    team=("@northlight.example",),
    trusted_authserv="mx.example.com",
    key=b"secret",
)


def message(data: bytes | str, received: datetime | None = None) -> Message:
    raw = data.encode() if isinstance(data, str) else data
    return parse(RawMail(place=Place(folder="INBOX", uid=7), data=raw, received=received), READING)


def message_of(name: str) -> Message:
    return message((DATA / f"parse-{name}.eml").read_bytes())


def test_a_plain_mail_gives_every_field_and_no_defect() -> None:
    found = message_of("plain")
    assert found.id == "plain-1@kestrel.example"
    assert found.place == Place(folder="INBOX", uid=7)
    assert found.sender is not None
    assert (found.sender.address, found.sender.name) == ("ann@kestrel.example", "Ann Berg")
    assert [party.address for party in found.to] == ["jo@northlight.example"]
    assert found.subject == "Offer"
    assert found.date is not None
    assert found.date.isoformat() == "2026-03-03T09:15:00+01:00"
    assert found.received is None
    assert found.kind is Kind.HUMAN
    assert found.trust is Trust.NONE
    assert "the board meets on Thursday" in found.text
    assert found.language == "en"
    assert found.defects == ()


def test_headers_of_the_thread_and_the_mailbox_are_read() -> None:
    found = message(
        "From: a@x.example\nReply-To: b@x.example\nIn-Reply-To: <one@x>\nReferences: <zero@x> <one@x>\n"
        "Delivered-To: deals+signed@northlight.example\nX-Original-To: deals@northlight.example\n"
        "Cc: c@x.example\n\nhi\n"
    )
    assert found.in_reply_to == ("one@x",)
    assert found.references == ("zero@x", "one@x")
    assert found.delivered_to == ("deals+signed@northlight.example", "deals@northlight.example")
    assert [party.address for party in (*found.reply_to, *found.cc)] == ["b@x.example", "c@x.example"]


def test_the_time_of_arrival_is_the_servers_or_that_of_the_topmost_received() -> None:
    data = (
        "Received: by mx.example; Tue, 3 Mar 2026 08:16:00 +0000\n"
        "Received: by a.example; Mon, 2 Mar 2026 08:16:00 +0000\n"
        "From: a@x.example\n\nhi\n"
    )
    assert message(data).received == datetime(2026, 3, 3, 8, 16, tzinfo=UTC)
    server = datetime(2026, 3, 4, tzinfo=UTC)
    assert message(data, server).received == server


def test_every_field_of_a_broken_mail_stands_for_itself() -> None:
    found = message_of("broken")
    assert found.id == "a@["
    assert found.sender is not None
    assert (found.sender.address, found.sender.name) == ("ann@kestrel.example", "Ann Berm")
    assert found.to == ()
    assert found.subject.startswith("Grüße café")
    assert found.date is None
    assert found.references == ("one@x.example", "two@x.example", "three")
    assert "The text of a mail whose boundary never comes." in found.text
    assert "Grüße" in found.text
    assert "Date is no date" in found.defects
    assert "a header line without a name" in found.defects


@pytest.mark.parametrize(
    ("headers", "defect"),
    [
        ("From: a@x.example\nFrom: b@x.example", "more than one From"),
        ("From: a@x.example, b@x.example", "more than one address in From"),
        ("From: <a@x.example> <b@x.example>", "more than one address in From"),
        ("From: nobody at all", "no address in From"),
        ("To: a@x.example", "no From"),
    ],
)
def test_a_sender_who_is_not_one_address_is_nobody(headers: str, defect: str) -> None:
    found = message(f"{headers}\n\nhi\n")
    assert found.sender is None
    assert defect in found.defects


def test_a_mail_without_an_id_gets_one_that_stays_the_same() -> None:
    one, again, other = message("From: a@x.example\n\nhi"), message("From: a@x.example\n\nhi"), message("\n\nho")
    assert one.id == again.id != other.id
    assert one.id.startswith("sha256:")
    assert "no Message-ID" in one.defects


def test_our_own_copy_is_known_by_its_id() -> None:
    own = own_message_id(b"secret", "deal/run/step", Address("jo@northlight.example"))
    found = message(f"From: jo@northlight.example\nMessage-ID: <{own}>\n\nhi\n")
    assert found.kind is Kind.OWN
    assert found.own_key == proof_of_own(b"secret", own) != ""
    forged = message(
        f"From: jo@northlight.example\nMessage-ID: <{'0' + own[1:] if own[0] != '0' else '1' + own[1:]}>\n\nhi\n"
    )
    assert forged.kind is not Kind.OWN
    assert forged.own_key == ""


def test_attachments_are_named_and_the_picture_in_the_text_too() -> None:
    assert message_of("mixed").attachments == (
        Attachment(name="logo.png", content_type="image/png", size=8),
        Attachment(name="Vertrag März.pdf", content_type="application/pdf", size=200),
        Attachment(name="notes.txt", content_type="text/plain", size=45),
    )


def test_a_calendar_tells_its_method() -> None:
    assert message_of("calendar").calendar == "REPLY"
    assert message_of("plain").calendar == ""


def test_a_method_inside_an_event_is_not_the_calendars() -> None:
    data = "Content-Type: text/calendar\n\nBEGIN:VCALENDAR\nBEGIN:VEVENT\nMETHOD:CANCEL\nEND:VEVENT\n"
    assert message(data).calendar == ""


def test_a_message_that_was_attached_is_a_forward() -> None:
    found = message_of("attached")
    assert found.forwarded is not None
    assert found.forwarded.sender is not None
    assert found.forwarded.sender.address == "paul@harbour.example"
    assert found.forwarded.subject == "Delivery"
    assert found.forwarded.text.strip() == "We deliver in May."
    assert found.text.strip() == "Please see the attached mail of our supplier."
    assert [part.name for part in found.attachments] == ["delivery.eml"]


@pytest.mark.parametrize(
    ("headers", "defect"),
    [
        ('Content-Type: application/ms-tnef; name="winmail.dat"', "TNEF, not opened"),
        ("Content-Type: application/pkcs7-mime; name=smime.p7m", "S/MIME, not opened"),
        ("Content-Type: application/pgp-encrypted", "encrypted with PGP"),
        ("Content-Type: message/external-body; access-type=URL", "a part that lies elsewhere (message/external-body)"),
    ],
)
def test_what_cannot_be_looked_into_is_noted(headers: str, defect: str) -> None:
    assert defect in message(f"From: a@x.example\n{headers}\n\nxx\n").defects


def test_too_many_recipients_are_bounded_and_counted() -> None:
    crowd = ", ".join(f"p{n}@x.example" for n in range(MAX_RECIPIENTS + 100))
    found = message(f"From: a@x.example\nTo: {crowd}\n\nhi\n")
    assert len(found.to) == MAX_RECIPIENTS
    assert any("left out" in defect for defect in found.defects)


def test_an_empty_file_is_a_mail_with_defects() -> None:
    found = message_of("empty")
    assert found.sender is None
    assert found.text == ""
    assert "empty mail" in found.defects


def test_a_japanese_mail_is_read_in_its_seven_bit_charset() -> None:
    found = message_of("japanese")
    assert "契約書を確認いたしました" in found.text
    assert found.subject.endswith("の件")
    assert found.language == "ja"


def test_a_mail_of_an_old_mac_is_read() -> None:
    found = message_of("bare-cr")
    assert found.subject == "old Mac"
    assert found.full_text.split("\n") == ["first line", "second line"]


def test_a_fault_in_one_stage_costs_that_stage_and_is_named() -> None:
    found = parse(
        RawMail(place=Place(), data=(DATA / "parse-plain.eml").read_bytes()), Unreadable(address=READING.address)
    )
    assert found.subject == "Offer"
    assert "the board meets on Thursday" in found.full_text
    assert found.trust is Trust.NONE
    assert any("could not be read (ZeroDivisionError)" in defect for defect in found.defects)


@given(st.binary(max_size=500))
def test_any_bytes_give_a_message(data: bytes) -> None:
    assert message(data).id


@given(st.binary(max_size=120))
def test_any_content_type_gives_a_message(value: bytes) -> None:
    assert (
        "the text"
        in message(
            b"From: a@x.example\nContent-Type: text/plain; " + value.replace(b"\n", b"") + b"\n\nthe text\n"
        ).full_text
    )


class Unreadable(Reading):
    """A reading that breaks whoever asks it about the team."""

    def is_team(self, address: str) -> bool:
        raise ZeroDivisionError(address)

    def is_ours(self, address: str) -> bool:
        raise ZeroDivisionError(address)
