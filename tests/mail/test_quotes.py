"""The new text of a mail: what its writer wrote today."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.mail.html_text import html_to_text
from worker.mail.lines import MAX_LINES
from worker.mail.quotes import new_text

DATA = Path(__file__).parent.parent / "data"

BLOCKS = [
    ("From", "Sent", "To", "Subject"),
    ("Von", "Gesendet", "An", "Betreff"),
    ("De", "Envoyé", "À", "Objet"),
    ("De", "Enviado el", "Para", "Asunto"),
    ("Da", "Inviato", "A", "Oggetto"),
    ("Van", "Verzonden", "Aan", "Onderwerp"),
    ("De", "Enviada em", "Para", "Assunto"),
    ("Od", "Wysłano", "Do", "Temat"),
    ("Från", "Skickat", "Till", "Ämne"),
    ("Fra", "Sendt", "Til", "Emne"),
    ("Lähettäjä", "Lähetetty", "Vastaanottaja", "Aihe"),
    ("差出人", "送信日時", "宛先", "件名"),
    ("发件人", "发送时间", "收件人", "主题"),
    ("寄件者", "傳送時間", "收件者", "主旨"),
    ("보낸 사람", "보낸 날짜", "받는 사람", "제목"),
    ("От", "Отправлено", "Кому", "Тема"),
    ("Od", "Odesláno", "Komu", "Předmět"),
    ("Kimden", "Gönderildi", "Kime", "Konu"),
]
MARKERS = (DATA / "quote-originals.txt").read_text(encoding="utf-8").splitlines()


def _block(labels: tuple[str, str, str, str], form: str = "{}: {}") -> str:
    values = (
        "Jo Marsh <jo@northlight.example>",
        "Tuesday, 3 November 2026 09:12",
        "Ann Berg <ann@vale.example>",
        "The offer",
    )
    return "\n".join(form.format(label, value) for label, value in zip(labels, values, strict=True))


@pytest.mark.parametrize("labels", BLOCKS)
@pytest.mark.parametrize(
    "form",
    ["{}: {}", "*{}:* {}", "**{}:** {}", "{} : {}", "{}\u00a0: {}", "{}:\t{}", "{}：{}", "\u200e{}: {}\u200e", "{}:{}"],
)
def test_a_header_block_begins_the_mail_that_was_answered(labels: tuple[str, str, str, str], form: str) -> None:
    body = f"Fine with me.\n\n{_block(labels, form)}\n\nDoes it suit you?\n\nJo"
    found = new_text(body, subject="RE: The offer")
    assert (found.text, found.forwarded) == ("Fine with me.", None)


@pytest.mark.parametrize("marker", MARKERS)
@pytest.mark.parametrize("labels", BLOCKS[:3])
def test_an_announced_original_begins_the_mail_that_was_answered(
    marker: str, labels: tuple[str, str, str, str]
) -> None:
    body = f"Fine with me.\n\n{marker}\n{_block(labels)}\n\nDoes it suit you?"
    found = new_text(body, subject="RE: The offer")
    assert (found.text, found.forwarded) == ("Fine with me.", None)


@pytest.mark.parametrize("marker", MARKERS[:16])
def test_an_announced_original_needs_no_headers(marker: str) -> None:
    assert new_text(f"Fine with me.\n\n{marker}\n\nDoes it suit you?").text == "Fine with me."


@pytest.mark.parametrize(
    "body",
    [
        "Our trip:\n\nFrom: Berlin\nTo: Munich\nDate: 5 May\n\nShall I book?",
        "From: ten\nTo: twelve\n\nThat is the best slot for us.",
        "Subject: the contract\n\nI read it, and it is fine.",
        "To: do\nFrom now on we call.",
        "Name: Ann\nRole: buyer\nTo: be decided\n\nThat is all I know.",
        "Von: Montag\nBis: Freitag\n\nbin ich da.",
    ],
)
def test_lines_with_colons_are_no_header_block(body: str) -> None:
    assert new_text(body, subject="Re: The offer").text == body


def test_a_copy_of_the_mails_own_headers_does_not_hide_its_text() -> None:
    body = (
        "Od: Ann Berg <ann@vale.example>\nWysłano: wtorek, 3 listopada 2026 12:00\nTemat: Oferta\n\n"
        "Dzień dobry,\n\nzgadzamy się."
    )
    assert new_text(body, subject="Re: Oferta").text == "Dzień dobry,\n\nzgadzamy się."


def test_the_lines_between_quotes_are_the_new_text() -> None:
    body = (
        "Hi Jo,\n\nOn Tue, 3 Nov 2026 at 09:12, Jo <jo@northlight.example> wrote:\n> Does the price suit you?\n"
        "\nIt does.\n\n"
        "> And the date?\n>\n> Jo\n\nFriday would be better.\n\nBest\nAnn\n"
    )
    found = new_text(body, subject="Re: The offer")
    assert found.text == "Hi Jo,\n\nIt does.\n\nFriday would be better."
    assert found.signature == "Best\nAnn"


def test_the_signature_above_a_quote_goes_when_only_a_footer_stands_below() -> None:
    body = (
        "Fine.\n\nBest\nAnn\n\nOn 3 Nov 2026, at 09:12, Jo <jo@northlight.example> wrote:\n\n> Hi\n\n-- \nVale GmbH\n"
    )
    assert new_text(body).text == "Fine."


def test_quotes_of_quotes_are_quotes() -> None:
    body = "Yes.\n\n> No?\n>> Perhaps?\n> > > Never?\n>\n>Ann\n"
    assert new_text(body).text == "Yes."


def test_a_line_that_a_mail_store_escaped_is_no_quote() -> None:
    found = new_text("We ship it.\n>From Monday on we are back.\nAnn")
    assert found.text == "We ship it.\nFrom Monday on we are back.\nAnn"


def test_a_mail_without_a_quote_comes_back_whole() -> None:
    body = (
        "Dear Jo,\n\n    indented\n\n- one\n- two\n\n1) three\n\nPrice: 100 EUR\nDate: Friday\n\nOn Monday: call Kim."
    )
    assert new_text(body, subject="The offer").text == body


def test_marks_that_nobody_sees_stay_in_the_words_of_the_writer() -> None:
    body = "Family \U0001f468\u200d\U0001f469\u200d\U0001f467 says yes.\u00a0Good."
    assert new_text(body).text == body


def test_quoted_printable_that_nobody_decoded_is_joined_before_it_is_read() -> None:
    attribution = "On Tue, Nov 3, 2026 at 9:12=E2=80=AFAM Joanna Marsh <joanna@northlight.exam="
    quoted = "> This line of the quote is so long that the encoding of the mail had to br="
    body = f"We agree.\n\n{attribution}\nple> wrote:\n\n{quoted}\neak it.\n> Jo\n"
    assert new_text(body).text == "We agree."


HTML = (DATA / "quote-html.txt").read_text(encoding="utf-8").splitlines()
"""One mail a line, as Gmail, Thunderbird, Outlook (three), Yahoo, Proton, Zimbra, Apple and Roundcube write HTML."""


@pytest.mark.parametrize("html", HTML)
def test_html_shows_the_quote_where_its_words_are_in_no_known_language(html: str) -> None:
    assert new_text(html_to_text(html), html, subject="Re: The offer").text == "Fine with me."


@pytest.mark.parametrize("html", HTML)
def test_html_shows_the_quote_that_the_plain_text_does_not_mark(html: str) -> None:
    text = "Fine with me.\n\nXyz plugh Jo:\n\nDoes it suit you?\n"
    assert new_text(text, html, subject="Re: The offer").text == "Fine with me."


def test_an_answer_below_a_blockquote_is_kept() -> None:
    html = (
        "<div>On Tue, 3 Nov 2026 at 09:12, Jo &lt;jo@northlight.example&gt; wrote:<br></div><blockquote "
        "type=cite><p>Does it suit you?</p>"
        "</blockquote><p>It does.</p><blockquote type=cite><p>And Friday?</p></blockquote><p>Friday too.</p>"
    )
    text = (
        "On Tue, 3 Nov 2026 at 09:12, Jo <jo@northlight.example> wrote:\n\nDoes it suit you?\n\nIt does.\n\n"
        "And Friday?\n\nFriday too."
    )
    assert new_text(text, html, subject="Re: The offer").text == "It does.\n\nFriday too."


def test_outlooks_forward_in_an_unknown_language_is_unwrapped_by_the_order_of_its_headers() -> None:
    found = new_text("", HTML[3], subject="FW: The offer")
    assert found.forwarded is not None
    assert found.forwarded.sender is not None
    assert (found.forwarded.sender.address, found.forwarded.date, found.forwarded.subject) == (
        "jo@northlight.example", "3.11.2026 09:12", "The offer",
    )  # fmt: skip


def test_what_lies_beyond_the_cap_is_kept_as_text() -> None:
    body = "word\n" * MAX_LINES + "the last line"
    assert new_text(body).text.endswith("the last line")


@pytest.mark.parametrize(
    "piece",
    [
        "> " * 200 + "\n",
        ">\n",
        "\n",
        "On Tue, 3 Nov 2026 at 09:12, wrote\n",
        "From: a\n",
        "From: a@b.example\nTo: ",
        "-" * 300 + "\n",
        "Best regards\n",
        "Thanks\n",
        "--\n",
        "a:",
        "wrote:",
        "On ",
        "<div>",
        "<blockquote>",
        "\u200e\u00a0",
        "a@b.example ",
        "Sent from my ",
        "PS: x\n\n",
        "_____\nx@y.example\n",
    ],
)
def test_a_mountain_of_one_thing_is_read_to_its_end(piece: str) -> None:
    body = piece * (200_000 // len(piece))
    for text in (body, f"We agree.\n\n{body}"):
        for html in ("", f"<blockquote>{body}</blockquote>"):
            found = new_text(text, html, subject="Fwd: x")
            assert isinstance(found.text, str)


_lines = st.sampled_from(
    [
        "We agree.",
        "",
        "> quoted",
        ">> deeper",
        "On Tue, 3 Nov 2026 at 09:12, Jo <jo@northlight.example> wrote:",
        "wrote:",
        "Best regards",
        "Ann Berg",
        "-- ",
        "--",
        "____",
        "From: Ann <ann@vale.example>",
        "Sent: Tuesday",
        "To: Jo",
        "Subject: The offer",
        "-----Original Message-----",
        "---------- Forwarded message ---------",
        "Begin forwarded message:",
        "Sent from my iPhone",
        "Thanks",
        "PS: call me",
        "CAUTION: This email originated from outside",
        "\u200e",
        "x" * 1200,
    ]
)


@given(st.lists(_lines, max_size=30), st.sampled_from(["", "Re: x", "Fwd: x"]))
def test_no_word_is_invented_and_the_order_stays(lines: list[str], subject: str) -> None:
    found = new_text("\n".join(lines), subject=subject)
    left = iter([line.strip() for line in lines if line.strip()])
    assert all(any(line.strip() == other for other in left) for line in found.text.split("\n") if line.strip())


@given(st.lists(st.from_regex(r"[a-z ]{1,40}[.!]", fullmatch=True), min_size=1, max_size=20))
def test_plain_sentences_are_never_lost(lines: list[str]) -> None:
    body = "\n".join(line.strip() for line in lines)
    assert new_text(body).text == body.strip()


@given(st.text(max_size=400), st.text(max_size=200), st.text(max_size=20))
def test_any_text_is_answered(body: str, html: str, subject: str) -> None:
    assert isinstance(new_text(body, html, subject=subject).text, str)


@given(st.text(st.characters(codec="utf-8", exclude_characters=">＞"), max_size=300))
def test_reading_the_new_text_again_changes_nothing_that_was_quoted(body: str) -> None:
    quoted = new_text(f"{body}\n\n> some quote\n").text
    assert "some quote" not in quoted


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            "Fine.\n\nJo Marsh---03.11.2026 09:12:33---Does it suit you\n\nFrom:\tJo Marsh/North\nTo:\tAnn/Vale\n"
            "Date:\t03.11.2026 09:12\nSubject:\tThe offer\n\nDoes it?",
            "Fine.",
        ),
        ("Fine.\n\n>>> Jo Marsh <jo@northlight.example> 03.11.2026 09:12 >>>\nDoes it suit you?\n\nJo", "Fine."),
        ("Fine.\n\nOriginal Message processed by david®\nRE: The offer\nVon Jo\n\nDoes it?", "Fine."),
        (
            "Fine.\n\n> A line that was so long that the program wrapped it after it had been quoted, and so it\n"
            "lost its mark\n> in the middle.\n\nSee you.",
            "Fine.\n\nSee you.",
        ),
        (
            "On Tue, 3 Nov 2026 at 09:12, Jo <jo@northlight.example> wrote:\n"
            "> Is the price of ten thousand for the"
            " year still all right with you?\nyes\n> And Friday?\nyes, too",
            "yes\n\nyes, too",
        ),
    ],
)
def test_odd_programs_and_torn_lines(body: str, expected: str) -> None:
    assert new_text(body, subject="Re: The offer").text == expected


def test_an_indented_paragraph_in_html_is_no_quote() -> None:
    html = (
        '<div>As agreed:</div><blockquote style="margin:0 0 0 40px;border:none;padding:0px"><div>10 seats</div>'
        "</blockquote><div>Right?</div>"
    )
    assert "10 seats" in new_text(html_to_text(html), html, subject="Re: The offer").text
