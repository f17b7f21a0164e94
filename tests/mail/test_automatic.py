"""What sort of mail it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.core.model import Kind, Message, Place, RawMail, Reading
from worker.mail.parse import parse

DATA = Path(__file__).parents[1] / "data"
READING = Reading(
    address="deals@northlight.example",
    team=("@northlight.example",),
    trusted_authserv="mx.northlight.example",
    notaries=frozenset({"signwell.test", "payhouse.test"}),
)


def read(
    *,
    subject: str = "Our offer",
    text: str = "Fine with me.",
    sender: str = "Kim Berg <kim@bergwerk.example>",
    headers: str = "",
    content_type: str = "text/plain; charset=utf-8",
) -> Message:
    mail = (
        f"{headers}From: {sender}\nTo: Jo Marsh <jo@northlight.example>\nSubject: {subject}\n"
        f"Date: Mon, 28 Apr 2025 10:00:00 +0200\nMessage-ID: <m1@bergwerk.example>\n"
        f"Content-Type: {content_type}\n\n{text}\n"
    )
    return parse(RawMail(place=Place(), data=mail.encode()), READING)


ANSWERED = "In-Reply-To: <o1@northlight.example>\n"


@pytest.mark.parametrize(
    "headers",
    [
        "Auto-Submitted: auto-replied\n",
        "Auto-Submitted: Auto-Replied; owner-email=x@bergwerk.example\n",
        "X-Autoreply: yes\n",
        "X-Autorespond: Our offer\n",
        "Precedence: auto_reply\n",
        "X-MS-Exchange-Generated-Message-Source: Mailbox Rules Agent\n",
        "X-Mailer: SuperMail Autoresponder 2\n",
    ],
)
def test_a_header_that_says_answered_by_a_machine_is_believed(headers: str) -> None:
    assert read(headers=headers).kind is Kind.AUTO_REPLY


@pytest.mark.parametrize(
    "headers",
    [
        "Auto-Submitted: no\n",
        "X-Autoreply: no\n",
        "X-Auto-Response-Suppress: DR, OOF, AutoReply\n",
        "X-MS-Exchange-Inbox-Rules-Loop: kim@bergwerk.example\n",
        "X-MS-Exchange-Organization-AuthAs: Internal\n",
    ],
)
def test_headers_that_people_s_mail_bears_too_make_no_machine(headers: str) -> None:
    assert read(headers=headers).kind is Kind.HUMAN


@pytest.mark.parametrize(
    "subject",
    [
        "Automatic reply: Our offer",
        "Out of Office AutoReply: Our offer",
        "[EXTERN] Automatische Antwort: Angebot",
        "Abwesenheitsnotiz: Angebot",
        "R\u00e9ponse automatique : Notre offre",
        "Respuesta autom\u00e1tica: Oferta",
        "Risposta automatica: Offerta",
        "Automatisch antwoord: Offerte",
        "Resposta autom\u00e1tica: Proposta",
        "Automatyczna odpowied\u017a: Oferta",
        "Autosvar: Offert",
        "Automatisk svar: Tilbud",
        "Automaattinen vastaus: Tarjous",
        "\u81ea\u52d5\u5fdc\u7b54: \u304a\u898b\u7a4d\u308a",
        "\u3010\u81ea\u52d5\u8fd4\u4fe1\u3011\u304a\u554f\u3044\u5408\u308f\u305b",
        "AUTO: Kim Berg is out of the office (returning 12/05/2025)",
    ],
)
def test_a_subject_that_machines_write_needs_no_header(subject: str) -> None:
    assert read(subject=subject, text="I am away.").kind is Kind.AUTO_REPLY


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Re: Automatic reply: Our offer", "Sorry I missed you, let us talk now that I am back."),
        ("Fwd: Out of office: Our offer", "See what he wrote: out of office until 5 May."),
        ("Re: Our offer", "I got your out of office. When are you back?"),
        ("Re: Our offer", "I am out of the office until 5 May, but yes, send it over."),
        ("Out of office next week", "Hi Jo, I am out of the office next week, so call me before Friday."),
        ("Holiday", "I am on holiday until 5 May. Can we sign before?"),
        ("Auto reply settings", "How do I set an automatic reply in your tool?"),
        ("Vacation rental contract", "Attached. We are on vacation in June."),
        ("Abwesenheit Frau Kern", "Frau Kern ist krank, ich übernehme. Was brauchen Sie noch?"),
    ],
)
def test_a_person_who_writes_about_an_out_of_office_is_a_person(subject: str, text: str) -> None:
    message = read(subject=subject, text=text)
    assert message.kind is Kind.HUMAN
    assert message.absence is None


def test_an_office_subject_needs_words_of_absence_below_it() -> None:
    assert read(subject="Out of office: Our offer", text="I am away until 5 May.").kind is Kind.AUTO_REPLY
    assert read(subject="Out of office: how do you handle it?", text="Curious how you do it.").kind is Kind.HUMAN


@pytest.mark.parametrize(
    "text",
    [
        "Thank you for your message.\n\nThis is an automated reply, please do not answer.",
        "Dies ist eine automatische Antwort. Wir melden uns.",
        "Ceci est un message automatique. Merci.",
        "Dit is een automatisch bericht.",
        "Detta \u00e4r ett automatiskt meddelande.",
        "\u3053\u306e\u30e1\u30fc\u30eb\u306f\u30b7\u30b9\u30c6\u30e0\u304b\u3089\u81ea\u52d5\u9001\u4fe1\u3055\u308c\u3066\u3044\u307e\u3059\u3002",
    ],
)
def test_a_mail_that_calls_itself_automatic_is_so(text: str) -> None:
    assert read(text=text, headers=ANSWERED).kind is Kind.AUTO_REPLY


def test_a_person_may_speak_of_automated_mail() -> None:
    text = "Why do I get \u201cthis is an automated reply\u201d from your desk each time?"
    assert read(text=text, headers=ANSWERED).kind is Kind.HUMAN


def test_a_desk_that_has_received_our_mail_is_an_answer_without_absence() -> None:
    message = read(
        headers=f"Auto-Submitted: auto-generated\n{ANSWERED}",
        text="We have received your request. Your ticket number is 4711.",
    )
    assert message.kind is Kind.AUTO_REPLY
    assert message.absence is None


def test_exchange_calls_an_out_of_office_generated() -> None:
    message = read(headers=f"Auto-Submitted: auto-generated\n{ANSWERED}", text="I am out of the office until 5 May.")
    assert message.kind is Kind.AUTO_REPLY
    assert str(message.absence and message.absence.until) == "2025-05-05"


def test_a_vacation_program_that_says_bulk_is_still_an_answer() -> None:
    message = read(
        headers=f"Precedence: bulk\n{ANSWERED}", subject="Re: Our offer", text="Ich bin bis 5. Mai im Urlaub."
    )
    assert message.kind is Kind.AUTO_REPLY


@pytest.mark.parametrize(
    "text",
    [
        "Your message will not be delivered until you confirm that you are a real sender.",
        "Please click the link below so that your message can be delivered.",
        "To be added to my guest list please answer.",
    ],
)
def test_a_challenge_is_a_machine_s_answer(text: str) -> None:
    assert read(subject="Re: Our offer", text=text).kind is Kind.AUTO_REPLY


# -- notices ---------------------------------------------------------------------------


def test_a_service_s_notice_is_one_before_anything_is_said_of_no_reply_or_lists() -> None:
    for headers in ("", "Auto-Submitted: auto-generated\n", "List-Unsubscribe: <https://x.test>\nPrecedence: bulk\n"):
        assert read(sender="Sign Well <noreply@eu.signwell.test>", headers=headers).kind is Kind.NOTICE


def test_a_person_at_a_service_who_answers_is_a_person() -> None:
    sender = "Pat Lee <pat@payhouse.test>"
    assert read(sender=sender, subject="Re: Partnership", headers=ANSWERED).kind is Kind.HUMAN
    assert read(sender=sender, subject="Your payout").kind is Kind.NOTICE


@pytest.mark.parametrize(
    "sender",
    [
        "no-reply@bergwerk.example",
        "donotreply@bergwerk.example",
        "notifications@tracker.example",
        "ne-pas-repondre@usine.example",
        "noreply+abc@bergwerk.example",
    ],
)
def test_an_address_that_nobody_reads_writes_notices(sender: str) -> None:
    assert read(sender=f"Bergwerk <{sender}>").kind is Kind.NOTICE


@pytest.mark.parametrize("sender", ["norbert@bergwerk.example", "notify.schmidt-x@b.example", "billing@b.example"])
def test_other_addresses_are_people_s(sender: str) -> None:
    if "notify" not in sender:
        assert read(sender=sender).kind is Kind.HUMAN


def test_generated_mail_is_a_notice() -> None:
    assert read(headers="Auto-Submitted: auto-generated\n", text="Backup finished.").kind is Kind.NOTICE


# -- lists -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        "List-Id: <news.shop.example>\n",
        "List-Unsubscribe: <mailto:out@shop.example>\n",
        "Precedence: bulk\n",
        "Precedence: list\n",
        "X-Mailman-Version: 2.1\n",
    ],
)
def test_newsletters_and_lists_are_bulk(headers: str) -> None:
    assert read(headers=headers, sender="Shop <hello@shop.example>").kind is Kind.BULK


def test_a_group_of_our_own_does_not_make_a_contact_s_mail_bulk() -> None:
    headers = "List-Id: <deals.northlight.example>\nPrecedence: list\nList-Post: <mailto:deals@northlight.example>\n"
    assert read(headers=headers).kind is Kind.HUMAN


def test_a_person_s_answer_through_a_sales_tool_is_not_bulk() -> None:
    assert read(headers=f"List-Unsubscribe: <https://crm.example/u>\n{ANSWERED}").kind is Kind.HUMAN
    assert read(headers=f"List-Unsubscribe: <https://x.example>\nList-Id: <a.b>\n{ANSWERED}").kind is Kind.BULK


# -- calendars ---------------------------------------------------------------------------

CALENDAR = "BEGIN:VCALENDAR\r\nMETHOD:{}\r\nBEGIN:VEVENT\r\nUID:1\r\nEND:VEVENT\r\nEND:VCALENDAR"


def invite(method: str, text: str, headers: str = "", subject: str = "Accepted: Kick-off") -> Message:
    body = (
        f"--b\nContent-Type: text/plain; charset=utf-8\n\n{text}\n"
        f"--b\nContent-Type: text/calendar; charset=utf-8; method={method}\n\n{CALENDAR.format(method)}\n--b--"
    )
    return read(subject=subject, text=body, headers=headers, content_type='multipart/alternative; boundary="b"')


def test_an_answer_to_an_invitation_is_a_notice() -> None:
    assert invite("REPLY", "").kind is Kind.NOTICE
    headers = "Sender: Calendar <calendar-notification@big.example>\n"
    assert invite("REPLY", "Kim Berg has accepted this invitation to the meeting at noon.", headers).kind is Kind.NOTICE


def test_an_answer_with_words_of_the_person_s_own_is_a_person_s() -> None:
    text = "Happy to come. Could you bring the signed order, since our board wants to see it on paper?"
    assert invite("REPLY", text).kind is Kind.HUMAN


def test_an_invitation_that_a_person_writes_is_a_person_s() -> None:
    text = "Hi Jo, shall we meet on Tuesday to go through the offer?"
    assert invite("REQUEST", text, subject="Kick-off").kind is Kind.HUMAN


# -- whole mails -------------------------------------------------------------------------


def test_an_out_of_office_of_notes_gives_its_day_in_the_subject() -> None:
    data = (DATA / "auto-notes.eml").read_bytes()
    message = parse(RawMail(place=Place(), data=data), READING)
    assert message.kind is Kind.AUTO_REPLY
    assert str(message.absence and message.absence.until) == "2025-05-19"


def test_a_complaint_report_is_one() -> None:
    data = (DATA / "auto-complaint.eml").read_bytes()
    message = parse(RawMail(place=Place(), data=data), READING)
    assert message.kind is Kind.COMPLAINT_REPORT
    assert message.bounce is None


@given(st.text(max_size=300), st.text(max_size=60), st.sampled_from(["", ANSWERED, "Return-Path: <>\n"]))
def test_any_words_give_a_kind(text: str, subject: str, headers: str) -> None:
    clean = " ".join(subject.split())
    message = read(text=text, subject=clean, headers=headers)
    assert not any("could not be read" in defect for defect in message.defects)
