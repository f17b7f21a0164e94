"""Bounces, delays and receipts, by the standard and in words."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.core.model import Address, Bounce, Kind, Message, Place, RawMail, Reading
from worker.mail.bounce_prose import read_prose
from worker.mail.parse import parse

DATA = Path(__file__).parents[1] / "data"
READING = Reading(address="deals@northlight.example", team=("@northlight.example",))
KIM = Address("kim@bergwerk.example")
NINA = Address("nina@bergwerk.example")


def read(data: str) -> Message:
    return parse(RawMail(place=Place(), data=data.encode()), READING)


def words(sender: str, subject: str, text: str, headers: str = "", kind: str = "text/plain") -> Message:
    return read(
        f"{headers}From: {sender}\nTo: jo@northlight.example\nSubject: {subject}\n"
        f"Date: Mon, 28 Apr 2025 10:00:00 +0200\nMessage-ID: <b1@mx.example>\n"
        f"Content-Type: {kind}; charset=utf-8\n\n{text}\n"
    )


def status(*groups: str, original: str = "message/rfc822") -> Message:
    fields = "\n\n".join(("Reporting-MTA: dns; mx.bergwerk.example", *groups))
    return read(
        "From: MAILER-DAEMON@mx.example\nTo: jo@northlight.example\nSubject: Returned\nMessage-ID: <d1@mx.example>\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="x"\n\n'
        f"--x\nContent-Type: text/plain\n\nSee below.\n--x\nContent-Type: message/delivery-status\n\n{fields}\n\n"
        f"--x\nContent-Type: {original}\n\nFrom: jo@northlight.example\nTo: {KIM}\n"
        "Message-ID: <offer1@northlight.example>\n\nHello\n--x--\n"
    )


def recipient(address: str, action: str, code: str, extra: str = "") -> str:
    return f"Final-Recipient: rfc822; {address}\nAction: {action}\nStatus: {code}{extra}"


def test_a_delivery_status_names_who_failed_for_good_and_which_mail() -> None:
    message = status(recipient(KIM, "failed", "5.1.1"))
    assert message.kind is Kind.BOUNCE
    assert message.bounce == Bounce(recipients=(KIM,), permanent=True, original=message.bounce.original)
    assert message.bounce.original == "offer1@northlight.example"


@pytest.mark.parametrize("kind", ["text/rfc822-headers", "message/rfc822-headers", "message/rfc822"])
def test_our_mail_is_known_by_its_returned_headers(kind: str) -> None:
    bounce = status(recipient(KIM, "failed", "5.1.1"), original=kind).bounce
    assert bounce is not None
    assert bounce.original == "offer1@northlight.example"


def test_a_delay_is_no_bounce() -> None:
    message = status(recipient(KIM, "delayed", "4.4.1"))
    assert message.kind is Kind.NOTICE
    assert message.bounce is not None
    assert message.bounce.recipients == (KIM,)
    assert not message.bounce.permanent


def test_only_those_who_failed_are_named_where_others_wait_or_got_it() -> None:
    message = status(
        recipient("a@x.example", "delivered", "2.0.0"),
        recipient(KIM, "failed", "5.1.1"),
        recipient("b@x.example", "delayed", "4.2.2"),
        recipient(NINA, "failed", "5.2.1"),
    )
    assert message.bounce is not None
    assert message.bounce.recipients == (KIM, NINA)


def test_a_success_is_a_notice_and_no_bounce() -> None:
    message = status(recipient(KIM, "delivered", "2.1.5"))
    assert message.kind is Kind.NOTICE
    assert message.bounce is None


def test_the_address_that_we_wrote_to_counts_not_what_a_forward_made_of_it() -> None:
    group = f"Original-Recipient: rfc822;{KIM}\n" + recipient("k77@store.internal.example", "failed", "5.1.1")
    bounce = status(group).bounce
    assert bounce is not None
    assert bounce.recipients == (KIM,)


def test_a_plus_in_an_address_survives_its_coding() -> None:
    bounce = status("Original-Recipient: rfc822;kim+2Bwork@bergwerk.example\n" + recipient("x", "failed", "5")).bounce
    assert bounce is not None
    assert bounce.recipients == ("kim+work@bergwerk.example",)


def test_a_status_without_an_action_is_read_by_its_class() -> None:
    assert status(f"Final-Recipient: <{KIM}>\nStatus: 5.0.0").kind is Kind.BOUNCE
    assert status(f"Final-Recipient: <{KIM}>\nStatus: 4.0.0").kind is Kind.NOTICE


def test_a_report_that_a_scanner_has_wrapped_is_read() -> None:
    message = parse(RawMail(place=Place(), data=(DATA / "bounce-wrapped.eml").read_bytes()), READING)
    assert message.kind is Kind.BOUNCE
    assert message.bounce is not None
    assert message.bounce.recipients == (KIM,)
    assert message.bounce.original == "offer2@northlight.example"


def test_a_person_who_attaches_a_report_is_a_person() -> None:
    inner = (DATA / "bounce-wrapped.eml").read_text()
    message = read(
        "From: Kim Berg <kim@bergwerk.example>\nTo: jo@northlight.example\nSubject: Your mail came back\n"
        'Content-Type: multipart/mixed; boundary="p"\n\n'
        f"--p\nContent-Type: text/plain\n\nLook what came back.\n--p\nContent-Type: message/rfc822\n\n{inner}\n--p--\n"
    )
    assert message.kind is Kind.HUMAN
    assert message.bounce is None


def test_a_refusal_by_receipt_is_a_bounce_and_a_plain_receipt_an_answer() -> None:
    def receipt(text: str) -> Message:
        return read(
            "From: Kim <kim@bergwerk.example>\nTo: jo@northlight.example\nSubject: Receipt\nMessage-ID: <r@x.example>\n"
            'Content-Type: multipart/report; report-type=disposition-notification; boundary="x"\n\n'
            f"--x\nContent-Type: text/plain\n\n{text}\n--x\nContent-Type: message/disposition-notification\n\n"
            f"Final-Recipient: rfc822; {KIM}\nOriginal-Message-ID: <offer1@northlight.example>\n"
            "Disposition: automatic-action/MDN-sent-automatically; deleted\n\n--x--\n"
        )

    refused = receipt(f"Your message to <{KIM}> was automatically rejected: over quota")
    assert refused.kind is Kind.BOUNCE
    assert refused.bounce == Bounce(recipients=(KIM,), permanent=True, original=refused.bounce.original)
    assert refused.bounce.original == "offer1@northlight.example"
    assert receipt("Your message was opened on Monday.").kind is Kind.AUTO_REPLY


SERVERS = [
    (
        "MAILER-DAEMON@mx.example",
        "failure notice",
        f"Hi. This is mx.example. I could not deliver your message.\n\n<{KIM}>:\nNo such person.\n\n"
        f"--- Below this line is a copy of the message.\n\nTo: {NINA}\n<{NINA}>:\n",
    ),
    (
        "MAILER-DAEMON@mx.example",
        "Undelivered Mail",
        f"The mail could not be delivered to one or more recipients.\n\nFor help contact <postmaster@mx.example>\n\n"
        f"<{KIM}>: host mx.bergwerk.example said: 550 unknown, ask <help@bergwerk.example>\n",
    ),
    (
        "Mail Delivery System <root@mx.example>",
        "Mail delivery failed: returning message to sender",
        f"A message that you sent could not be delivered. The following address(es) failed:\n\n  {KIM}\n"
        f"    550 user unknown\n\n------ This is a copy of the message ------\n\nReceived: for {NINA}\n",
    ),
    (
        "Postmaster@notes.example",
        "DELIVERY FAILURE: User kim not listed",
        f"Your message\n\n  Subject: Offer\n\nwas not delivered to:\n\n  {KIM}\n\nbecause:\n\n  User not listed\n",
    ),
    (
        "Outlook <MicrosoftExchange1@bergwerk.example>",
        "Unzustellbar: Angebot",
        f"Fehler bei der Nachrichtenzustellung an folgende Empf\u00e4nger:\n\n{KIM}\nNicht gefunden.\n",
    ),
    (
        "Mail Delivery System <MAILER-DAEMON@mx.example>",
        "\u00c9chec de la remise",
        f"Votre message n'a pas pu \u00eatre remis aux destinataires suivants :\n\n  {KIM}\n",
    ),
    ("MAILER-DAEMON@mx.example", "Mensaje", f"No se pudo entregar a los siguientes destinatarios:\n\n{KIM}\n"),
    ("postmaster@mx.example", "Mancato recapito", f"Non \u00e8 stato recapitato ai seguenti destinatari:\n\n{KIM}\n"),
    ("MAILER-DAEMON@mx.example", "Onbestelbaar: x", f"Kon niet worden bezorgd bij de volgende ontvangers:\n\n{KIM}\n"),
    ("MAILER-DAEMON@mx.example", "Falha na entrega", f"N\u00e3o foi poss\u00edvel entregar: {KIM}\n"),
    ("MAILER-DAEMON@mx.example", "Zwrot", f"Nie mo\u017ce zosta\u0107 dostarczona do: {KIM}\n"),
    ("MAILER-DAEMON@mx.example", "\u914d\u4fe1\u4e0d\u80fd", f"\u914d\u4fe1\u3067\u304d\u307e\u305b\u3093\n<{KIM}>\n"),
    ("Postmaster <>", "Undeliverable Mail", f"Unknown user: {KIM}\n\nOriginal message follows.\n"),
    ("Gateway <imss@mx.example>", "Mail could not be delivered", f"<<< RCPT TO:<{KIM}>\n>>> 550 no such user\n"),
]


@pytest.mark.parametrize(("sender", "subject", "text"), SERVERS)
def test_a_bounce_in_words_names_its_recipient(sender: str, subject: str, text: str) -> None:
    message = words(sender, subject, text)
    assert message.kind is Kind.BOUNCE
    assert message.bounce is not None
    assert message.bounce.recipients == (KIM,)
    assert message.bounce.permanent


@pytest.mark.parametrize(
    "text",
    [
        f"Your message has not yet been delivered to:\n\n  {KIM}\n\nAttempts will continue, then it will give up.",
        f"Delivery to this address:\n\n{KIM}\n\nhas been postponed. We will keep trying.",
        f"Ihre Nachricht an {KIM} wurde noch nicht zugestellt. Es wird weiterhin versucht.",
    ],
)
def test_a_warning_in_words_is_a_delay(text: str) -> None:
    message = words("MAILER-DAEMON@mx.example", "Warning: message delayed 4 hours", text)
    assert message.kind is Kind.NOTICE
    assert message.bounce is not None
    assert message.bounce.recipients == (KIM,)
    assert not message.bounce.permanent


def test_every_recipient_of_a_list_counts_and_ours_does_not() -> None:
    text = f"Not delivered to the following addresses:\n\n<{KIM}>:\nfull\n\n<{NINA}>:\nfull\n\njo@northlight.example\n"
    bounce = words("MAILER-DAEMON@mx.example", "failure notice", text).bounce
    assert bounce is not None
    assert bounce.recipients == (KIM, NINA)


def test_the_header_of_exim_and_gmail_counts_before_words() -> None:
    bounce = words("a@mx.example", "Mail", f"See {NINA}", headers=f"X-Failed-Recipients: {KIM}\n").bounce
    assert bounce is not None
    assert bounce.recipients == (KIM,)


def test_a_name_without_a_domain_is_at_home_at_the_server() -> None:
    text = "Not delivered to the following:\n\n\tkim\n"
    bounce = words("MAILER-DAEMON@bergwerk.example", "Mail problem", text).bounce
    assert bounce is not None
    assert bounce.recipients == (KIM,)


def test_words_tie_a_bounce_to_our_mail_too() -> None:
    text = f"<{KIM}>:\nunknown user\n\n--- Below this line is a copy.\n\nMessage-ID: <offer3@northlight.example>\n"
    bounce = words("MAILER-DAEMON@mx.example", "failure notice", text).bounce
    assert bounce is not None
    assert bounce.original == "offer3@northlight.example"
    answered = words("MAILER-DAEMON@mx.example", "failure notice", f"<{KIM}>:\nunknown user\n",
                     headers="In-Reply-To: <offer4@northlight.example>\n").bounce  # fmt: skip
    assert answered is not None
    assert answered.original == "offer4@northlight.example"


@pytest.mark.parametrize(
    ("sender", "subject", "text"),
    [
        ("Kim <kim@bergwerk.example>", "Re: Undeliverable: Offer", f"Your mail to {NINA} could not be delivered."),
        ("Kim <kim@bergwerk.example>", "Delivery problem", f"The chairs were not delivered to the address: ask {NINA}"),
        ("Kim <kim@bergwerk.example>", "Fwd: failure notice", f"FYI\n\n<{NINA}>:\nno such user"),
        ("Postmaster <postmaster@bergwerk.example>", "Your ticket", "We have looked into it. All is well."),
        ("Royal Mail Services <hi@parcel.example>", "Your parcel", "It could not be delivered. Rebook now."),
    ],
)
def test_a_person_who_writes_about_a_bounce_is_a_person(sender: str, subject: str, text: str) -> None:
    message = words(sender, subject, text)
    assert message.kind is Kind.HUMAN
    assert message.bounce is None


@given(st.text(max_size=500), st.text(max_size=40))
def test_any_words_can_be_read(text: str, subject: str) -> None:
    prose = read_prose(text, subject=subject, domain="mx.example", ignore=frozenset())
    assert all("@" in address for address in prose.recipients)


def test_a_long_hostile_report_costs_no_more_than_its_bound() -> None:
    text = f"could not be delivered to the following addresses:\n{'a@' * 200000}\n{'<' * 100000}\n"
    assert words("MAILER-DAEMON@mx.example", "failure notice", text).kind is Kind.BOUNCE
