"""Forwarded mail: who wrote it, to whom, when, what about; and what the forwarder added."""

from __future__ import annotations

import pytest

from worker.core.model import Address, Party
from worker.mail.forward import is_forward_subject, parties, sender_of
from worker.mail.quotes import new_text

# marker, From, Date, Subject, To, Cc as Gmail, Apple Mail, Thunderbird, Yahoo and others write them
GMAIL = [
    ("---------- Forwarded message ---------", "From", "Date", "Subject", "To", "Cc"),
    ("---------- Weitergeleitete Nachricht ---------", "Von", "Datum", "Betreff", "An", "Cc"),
    ("---------- Weitergeleitete Nachricht ---------", "Von", "Date", "Subject", "To", "Cc"),
    ("---------- Message transféré ---------", "De", "Date", "Objet", "À", "Cc"),
    ("---------- Forwarded message ---------", "De\u00a0", "Date\u00a0", "Subject\u00a0", "To\u00a0", "Cc\u00a0"),
    ("---------- Mensaje reenviado ---------", "De", "Fecha", "Asunto", "Para", "Cc"),
    ("---------- Messaggio inoltrato ---------", "Da", "Data", "Oggetto", "A", "Cc"),
    ("---------- Doorgestuurd bericht ---------", "Van", "Datum", "Onderwerp", "Aan", "Cc"),
    ("---------- Mensagem encaminhada ---------", "De", "Data", "Assunto", "Para", "Cc"),
    ("---------- Przekazana wiadomość ---------", "Od", "Data", "Temat", "Do", "DW"),
    ("---------- Vidarebefordrat meddelande ---------", "Från", "Datum", "Ämne", "Till", "Kopia"),
    ("---------- Videresendt meddelelse ---------", "Fra", "Dato", "Emne", "Til", "Cc"),
    ("---------- Videresendt melding ---------", "Fra", "Dato", "Emne", "Til", "Kopi"),
    ("---------- Edelleenlähetetty viesti ---------", "Lähettäjä", "Päivämäärä", "Aihe", "Vastaanottaja", "Kopio"),
    ("---------- 転送されたメッセージ ---------", "差出人", "日付", "件名", "宛先", "CC"),
    ("---------- 转发的邮件 ---------", "发件人", "日期", "主题", "收件人", "抄送"),
    ("---------- 轉寄郵件 ---------", "寄件者", "日期", "主旨", "收件者", "副本"),
    ("---------- 전달된 메시지 ---------", "보낸사람", "날짜", "제목", "받는사람", "참조"),
    ("---------- Пересылаемое сообщение ---------", "От", "Дата", "Тема", "Кому", "Копия"),
    ("---------- Přeposlaná zpráva ---------", "Od", "Datum", "Předmět", "Komu", "Kopie"),
    ("---------- Továbbított levél ---------", "Feladó", "Dátum", "Tárgy", "Címzett", "Másolat"),
    ("---------- Iletilen ileti ---------", "Gönderen", "Tarih", "Konu", "Alıcı", "Cc"),
    ("---------- Xyzzy plugh ---------", "From", "Date", "Subject", "To", "Cc"),
]
MARKED = [
    ("Begin forwarded message:", "From", "Date", "Subject", "To", "Cc"),
    ("Anfang der weitergeleiteten Nachricht:", "Von", "Datum", "Betreff", "An", "Kopie"),
    ("Anfang der weitergeleiteten E-Mail:", "Von", "Datum", "Betreff", "An", "Kopie"),
    ("Début du message transféré :", "De", "Date", "Objet", "À", "Cc"),
    ("Début du message réexpédié :", "De", "Date", "Objet", "À", "Cc"),
    ("Inicio del mensaje reenviado:", "De", "Fecha", "Asunto", "Para", "Cc"),
    ("Inizio messaggio inoltrato:", "Da", "Data", "Oggetto", "A", "Cc"),
    ("Begin doorgestuurd bericht:", "Van", "Datum", "Onderwerp", "Aan", "Kopie"),
    ("Início da mensagem encaminhada:", "De", "Data", "Assunto", "Para", "Cc"),
    ("Início da mensagem reencaminhada:", "De", "Data", "Assunto", "Para", "Cc"),
    ("Początek przekazywanej wiadomości:", "Od", "Data", "Temat", "Do", "DW"),
    ("Vidarebefordrat mejl:", "Från", "Datum", "Ämne", "Till", "Kopia"),
    ("Start på videresendt besked:", "Fra", "Dato", "Emne", "Til", "Cc"),
    ("Start på videresendt melding:", "Fra", "Dato", "Emne", "Til", "Kopi"),
    ("Välitetty viesti alkaa:", "Lähettäjä", "Päivämäärä", "Aihe", "Vastaanottaja", "Kopio"),
    ("転送されたメール：", "差出人", "日付", "件名", "宛先", "Cc"),
    ("开始转发的邮件：", "发件人", "日期", "主题", "收件人", "抄送"),
    ("Начало переадресованного сообщения:", "От", "Дата", "Тема", "Кому", "Копия"),
    ("-------- Forwarded Message --------", "From", "Date", "Subject", "To", "CC"),
    ("-------- Weitergeleitete Nachricht --------", "Von", "Datum", "Betreff", "An", "Kopie (CC)"),
    ("-------- Message transféré --------", "De ", "Date ", "Sujet ", "Pour ", "Copie à "),
    ("-------- Mensaje reenviado --------", "De", "Fecha", "Asunto", "Para", "CC"),
    ("-------- Messaggio Inoltrato --------", "Mittente", "Data", "Oggetto", "A", "CC"),
    ("-------- Doorgestuurd bericht --------", "Van", "Datum", "Onderwerp", "Aan", "CC"),
    ("-------- Mensagem encaminhada --------", "De", "Data", "Assunto", "Para", "CC"),
    ("-------- Przesłana wiadomość --------", "Nadawca", "Data", "Temat", "Adresat", "Kopia"),
    ("-------- Vidarebefordrat meddelande --------", "Från", "Datum", "Ämne", "Till", "Kopia"),
    ("-------- Videresendt meddelelse --------", "Fra", "Dato", "Emne", "Til", "CC"),
    ("-------- Edelleenlähetetty viesti --------", "Lähettäjä", "Päiväys", "Aihe", "Vastaanottaja", "Kopio"),
    ("----- Forwarded Message -----", "From", "Sent", "Subject", "To", "Cc"),
    ("----- Weitergeleitete Nachricht -----", "Von", "Gesendet", "Betreff", "An", "CC"),
    ("----- Message transmis -----", "De", "Envoyé", "Objet", "À", "Cc"),
    ("----- Mensaje reenviado -----", "De", "Enviado", "Asunto", "Para", "CC"),
    ("----- Messaggio inoltrato -----", "Da", "Inviato", "Oggetto", "A", "Cc"),
    ("‐‐‐‐‐‐‐ Forwarded Message ‐‐‐‐‐‐‐", "From", "Date", "Subject", "To", "CC"),
    ("----- Forwarded by Ann Berg/Vale on 03.11.2026 09:12 -----", "From", "Date", "Subject", "To", "cc"),
]
OUTLOOK = [
    ("FW", "From", "Sent", "To", "Cc", "Subject"),
    ("WG", "Von", "Gesendet", "An", "Cc", "Betreff"),
    ("TR", "De", "Envoyé", "À", "Cc", "Objet"),
    ("TR", "De\u00a0", "Envoyé\u00a0", "À\u00a0", "Cc\u00a0", "Objet\u00a0"),
    ("RV", "De", "Enviado el", "Para", "CC", "Asunto"),
    ("I", "Da", "Inviato", "A", "Cc", "Oggetto"),
    ("Doorst", "Van", "Verzonden", "Aan", "CC", "Onderwerp"),
    ("ENC", "De", "Enviada em", "Para", "Cc", "Assunto"),
    ("PD", "Od", "Wysłano", "Do", "DW", "Temat"),
    ("VB", "Från", "Skickat", "Till", "Kopia", "Ämne"),
    ("VS", "Fra", "Sendt", "Til", "Cc", "Emne"),
    ("VS", "Fra", "Sendt", "Til", "Kopi", "Emne"),
    ("VL", "Lähettäjä", "Lähetetty", "Vastaanottaja", "Kopio", "Aihe"),
    ("FW", "差出人", "送信日時", "宛先", "CC", "件名"),
    ("转发", "发件人", "发送时间", "收件人", "抄送", "主题"),
    ("轉寄", "寄件者", "寄件日期", "收件者", "副本", "主旨"),
    ("FW", "보낸 사람", "보낸 날짜", "받는 사람", "참조", "제목"),
    ("FW", "От", "Отправлено", "Кому", "Копия", "Тема"),
    ("FW", "Від", "Надіслано", "Кому", "Копія", "Тема"),
    ("FW", "Od", "Odesláno", "Komu", "Kopie", "Předmět"),
    ("FW", "Feladó", "Elküldve", "Címzett", "Másolatot kap", "Tárgy"),
    ("FW", "De la", "Trimis", "Către", "Cc", "Subiect"),
    ("İLT", "Kimden", "Gönderildi", "Kime", "Bilgi", "Konu"),
    ("ΠΡΘ", "Από", "Στάλθηκε", "Προς", "Κοιν.", "Θέμα"),
]
SENDER = Party(address=Address("ann@vale.example"), name="Ann Berg")


def _gmail(labels: tuple[str, str, str, str, str, str], bold: str = "") -> str:
    marker, sender, date, subject, to, cc = labels
    return (
        f"{marker}\n{bold}{sender}:{bold} Ann Berg <ann@vale.example>\n{bold}{date}:{bold} 3 Nov 2026 09:12\n"
        f"{bold}{subject}:{bold} The offer\n{bold}{to}:{bold} <jo@northlight.example>, Kim <kim@fern.example>\n"
        f"{bold}{cc}:{bold} Li Po <li@fern.example>\n\n\nHere is what we think.\n\nAnn\n"
    )


def _outlook(labels: tuple[str, str, str, str, str, str], bold: str = "") -> str:
    _, sender, sent, to, cc, subject = labels
    return (
        f"{bold}{sender}:{bold} Ann Berg <ann@vale.example>\n{bold}{sent}:{bold} Dienstag, 3. November 2026 09:12\n"
        f"{bold}{to}:{bold} Jo Marsh <jo@northlight.example>; Kim <kim@fern.example>\n"
        f"{bold}{cc}:{bold} Li Po <li@fern.example>\n{bold}{subject}:{bold} The offer\n\n"
        f"Here is what we think.\n\nAnn\n"
    )


@pytest.mark.parametrize("bold", ["", "*"])
@pytest.mark.parametrize("labels", [*GMAIL, *MARKED])
def test_an_announced_forward_is_unwrapped_in_every_language(labels: tuple[str, ...], bold: str) -> None:
    sender, date, subject, to, cc = labels[1:]
    block = _gmail((labels[0], sender, date, subject, to, cc), bold)
    found = new_text(f"See below, please.\n\n{block}", subject="Fwd: The offer")
    assert found.text == "See below, please."
    assert found.forwarded is not None
    assert found.forwarded.sender == SENDER
    assert [party.address for party in found.forwarded.to] == ["jo@northlight.example", "kim@fern.example"]
    assert [party.address for party in found.forwarded.cc] == ["li@fern.example"]
    assert (found.forwarded.subject, found.forwarded.date) == ("The offer", "3 Nov 2026 09:12")
    assert found.forwarded.text == "Here is what we think.\n\nAnn"


@pytest.mark.parametrize("labels", GMAIL[:-1])
def test_an_announced_forward_needs_no_word_in_the_subject(labels: tuple[str, str, str, str, str, str]) -> None:
    found = new_text(_gmail(labels), subject="The offer")
    assert found.text == ""
    assert found.forwarded is not None
    assert found.forwarded.sender == SENDER


@pytest.mark.parametrize("rule", ["", "________________________________\n", "-----Original Message-----\n"])
@pytest.mark.parametrize("bold", ["", "*"])
@pytest.mark.parametrize("labels", OUTLOOK)
def test_outlooks_forward_is_known_by_its_subject(
    labels: tuple[str, str, str, str, str, str], bold: str, rule: str
) -> None:
    found = new_text(f"See below, please.\n\n{rule}{_outlook(labels, bold)}", subject=f"{labels[0]}: The offer")
    assert found.text == "See below, please."
    assert found.forwarded is not None
    assert found.forwarded.sender == SENDER
    assert [party.address for party in found.forwarded.to] == ["jo@northlight.example", "kim@fern.example"]
    assert [party.address for party in found.forwarded.cc] == ["li@fern.example"]
    assert found.forwarded.subject == "The offer"
    assert found.forwarded.date == "Dienstag, 3. November 2026 09:12"


@pytest.mark.parametrize("rule", ["", "________________________________\n", "-----Original Message-----\n"])
@pytest.mark.parametrize("labels", OUTLOOK)
def test_the_same_block_under_a_reply_is_a_quote(labels: tuple[str, str, str, str, str, str], rule: str) -> None:
    found = new_text(f"Fine with me.\n\n{rule}{_outlook(labels)}", subject="RE: The offer")
    assert (found.text, found.forwarded) == ("Fine with me.", None)


def test_a_finnish_reply_is_no_forward() -> None:
    block = _outlook(("VS", "Lähettäjä", "Lähetetty", "Vastaanottaja", "Kopio", "Aihe"))
    assert new_text(f"Sopii.\n\n{block}", subject="VS: Tarjous").forwarded is None


def test_samsung_writes_all_headers_on_one_line() -> None:
    body = (
        "See below.\n\n-------- Original message --------From: Ann Berg <ann@vale.example> Date: 03/11/2026 09:12 "
        "(GMT+01:00) To: Jo Marsh <jo@northlight.example> Cc: li@fern.example Subject: The offer \n\nHere it is."
    )
    found = new_text(body, subject="Fwd: The offer")
    assert found.text == "See below."
    assert found.forwarded is not None
    assert found.forwarded.sender == SENDER
    assert (found.forwarded.date, found.forwarded.subject) == ("03/11/2026 09:12 (GMT+01:00)", "The offer")
    assert [party.address for party in found.forwarded.to] == ["jo@northlight.example"]


def test_a_forward_inside_quote_marks_and_the_words_below_it() -> None:
    body = (
        "For you.\n\n> Begin forwarded message:\n>\n> From: Ann Berg <ann@vale.example>\n> Subject: The offer\n"
        "> Date: 3 November 2026 at 09:12:00 CET\n> To: jo@northlight.example\n>\n> Here it is.\n\nWhat do you think?"
    )
    found = new_text(body, subject="Fwd: The offer")
    assert found.text == "For you.\n\nWhat do you think?"
    assert found.forwarded is not None
    assert (found.forwarded.sender, found.forwarded.text) == (SENDER, "Here it is.")


def test_a_forward_inside_a_quote_belongs_to_the_quote() -> None:
    body = (
        "Thanks, noted.\n\nOn Tue, 3 Nov 2026 at 09:12, Jo <jo@northlight.example> wrote:\n\n> For you.\n>\n"
        "> ---------- Forwarded message ---------\n> From: Ann <ann@vale.example>\n> Subject: The offer\n>\n> Here.\n"
    )
    found = new_text(body, subject="Re: Fwd: The offer")
    assert (found.text, found.forwarded) == ("Thanks, noted.", None)


def test_the_outermost_of_two_forwards_counts() -> None:
    inner = (
        "---------- Forwarded message ---------\nFrom: Kim <kim@fern.example>\nSubject: Old\nTo: ann@vale.example\n\nHi"
    )
    found = new_text(_gmail(GMAIL[0]) + inner, subject="Fwd: Fwd: The offer")
    assert found.forwarded is not None
    assert found.forwarded.sender == SENDER
    assert "kim@fern.example" in found.forwarded.text


def test_wrapped_headers_are_read_to_their_end() -> None:
    body = (
        "---------- Forwarded message ----------\nFrom: Ann Berg <ann@vale.example>\n"
        "Date: Tue, Nov 3, 2026 at 9:12 AM\n"
        "Subject: A long subject that tells everything about the offer and its many\nannexes\n"
        "To: Jo Marsh <jo@northlight.example>, Kim Fern <kim@fern.example>,\n Li Po <li@fern.example>, Ada <\n"
        "ada@fern.example>\n\nText."
    )
    found = new_text(body, subject="Fwd: A long subject")
    assert found.forwarded is not None
    assert found.forwarded.subject == "A long subject that tells everything about the offer and its many annexes"
    assert [party.address for party in found.forwarded.to] == [
        "jo@northlight.example", "kim@fern.example", "li@fern.example", "ada@fern.example",
    ]  # fmt: skip
    assert found.forwarded.text == "Text."


def test_a_sender_without_an_address_keeps_the_name() -> None:
    body = "FYI\n\nFrom: Berg, Ann\nSent: Tuesday, November 3, 2026 9:12 AM\nTo: Marsh, Jo\nSubject: The offer\n\nHere."
    found = new_text(body, subject="FW: The offer")
    assert found.forwarded is not None
    assert found.forwarded.sender == Party(address=Address(""), name="Berg, Ann")


def test_an_announcement_without_headers_is_still_a_forward() -> None:
    found = new_text("Begin forwarded message:\nHere it is.", subject="The offer")
    assert found.text == ""
    assert found.forwarded is not None
    assert (found.forwarded.sender, found.forwarded.text) == (None, "Here it is.")


def test_a_forward_with_only_an_attribution_names_its_writer() -> None:
    body = "See below.\n\nOn Tue, 3 Nov 2026 at 09:12, Ann Berg <ann@vale.example> wrote:\n\n> Here it is.\n"
    found = new_text(body, subject="Fwd: The offer")
    assert found.text == "See below."
    assert found.forwarded is not None
    assert found.forwarded.sender == SENDER


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ("Ann Berg <ann@vale.example>", [("ann@vale.example", "Ann Berg")]),
        ('"Berg, Ann" <Ann@Vale.example>', [("ann@vale.example", "Berg, Ann")]),
        ("Berg, Ann [mailto:ann@vale.example]", [("ann@vale.example", "Berg, Ann")]),
        ("Ann Berg <mailto:ann@vale.example>", [("ann@vale.example", "Ann Berg")]),
        ("Ann Berg <ann@vale.example<mailto:ann@vale.example>>", [("ann@vale.example", "Ann Berg")]),
        ("ann@vale.example <ann@vale.example>", [("ann@vale.example", "")]),
        ("'Ann Berg' (ann@vale.example)", [("ann@vale.example", "Ann Berg")]),
        ("<ann@vale.example>", [("ann@vale.example", "")]),
        ("ann@vale.example", [("ann@vale.example", "")]),
        ("Berg, Ann <ann@vale.example>; Po, Li <li@fern.example>",
         [("ann@vale.example", "Berg, Ann"), ("li@fern.example", "Po, Li")]),
        ("\u200eAnn Berg\u200e <ann@vale.example>", [("ann@vale.example", "Ann Berg")]),
        ("Marsh, Jo; Kim", []),
    ],
)  # fmt: skip
def test_people_are_read_from_a_displayed_header(shown: str, expected: list[tuple[str, str]]) -> None:
    assert [(party.address, party.name) for party in parties(shown)] == expected


def test_nobody_is_named_by_an_empty_line() -> None:
    assert sender_of("  ") is None


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("Fwd: x", True), ("FW: x", True), ("Fw: RE: x", True), ("WG: x", True), ("TR : x", True), ("I: x", True),
        ("[EXTERNAL] FW: x", True), ("[Fwd: x]", True), ("Fwd[2]: x", True), ("转发：x", True), ("Doorst: x", True),
        ("Re: Fwd: x", False), ("AW: WG: x", False), ("x", False), ("", False), ("Forward planning: x y", False),
        ("In: x", False), ("[EXT] Re: FW: x", False),
    ],
)  # fmt: skip
def test_the_first_prefix_of_a_subject_decides(subject: str, expected: bool) -> None:
    assert is_forward_subject(subject) is expected
