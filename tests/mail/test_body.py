"""The text as a reader sees it: the right part, HTML without its tricks, flowed lines joined."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.mail.body import Body, html_text, read_body
from worker.mail.flowed import unflow
from worker.mail.html_text import MAX_TAGS
from worker.mail.language import language_of
from worker.mail.mime import read_tree

DATA = Path(__file__).parent.parent / "data"


def body_of(name: str) -> Body:
    return read_body(read_tree((DATA / f"parse-{name}.eml").read_bytes())[0])


def body(data: str) -> Body:
    return read_body(read_tree(data.encode())[0])


def alternative(plain: str, html: str) -> Body:
    return body(
        "Content-Type: multipart/alternative; boundary=x\n\n"
        f"--x\nContent-Type: text/plain; charset=utf-8\n\n{plain}\n"
        f"--x\nContent-Type: text/html; charset=utf-8\n\n{html}\n--x--\n"
    )


def test_the_plain_text_is_taken_and_the_html_is_kept_beside_it() -> None:
    found = body_of("alternative")
    assert found.text.startswith("Guten Tag Herr Marsh, das Angebot für März")
    assert found.text.count("Guten Tag") == 1
    assert found.html.startswith("<p>Guten Tag")


def test_a_stub_gives_way_to_the_html_that_says_more() -> None:
    text = body_of("stub").text
    assert "no further remarks, so that we can go on\nwith the next step" in text
    assert "- first\n- second" in text
    assert "shows HTML" not in text
    assert "preheader" not in text
    assert "color:red" not in text


@pytest.mark.parametrize("plain", ["", "   \n", "\u200b"])
def test_an_empty_text_part_gives_way_to_the_html(plain: str) -> None:
    said = "we have read all of it and agree with it, please go on as planned"
    assert said in alternative(plain, f"<p>{said}</p>").text


def test_a_short_text_that_says_the_same_stays() -> None:
    assert alternative("Yes, go on.", "<b>Yes</b>, go on.").text.strip() == "Yes, go on."


def test_text_attachments_are_not_what_the_sender_said() -> None:
    found = body_of("mixed")
    assert "Hier sind die Papiere, schöne Grüße" in found.text
    assert "did not say" not in found.text


def test_a_message_that_is_attached_is_not_part_of_the_text() -> None:
    assert body_of("attached").text.strip() == "Please see the attached mail of our supplier."


def test_text_and_html_side_by_side_are_both_shown() -> None:
    found = body(
        "Content-Type: multipart/mixed; boundary=x\n\n--x\n\nabove\n"
        "--x\nContent-Type: text/html\n\n<p>below</p>\n--x--\n"
    )
    assert found.text.split() == ["above", "below"]


def test_a_mail_that_is_one_named_text_is_that_text() -> None:
    assert body("Content-Type: text/plain; name=body.txt\nContent-Disposition: attachment\n\nhello").text == "hello"


def test_a_uuencoded_file_is_taken_out_of_the_text_and_named() -> None:
    found = body_of("uuencode")
    assert found.uuencoded == (("price list.txt", 4),)
    assert "Here is the file." in found.text
    assert "Regards" in found.text
    assert "#86)C" not in found.text


def test_words_that_only_begin_like_a_file_stay() -> None:
    text = "begin 644 with the end in mind\nthis is no file at all, and it goes on and on\nend\n"
    assert body(f"\n{text}").text == text


def test_flowed_lines_become_paragraphs_again() -> None:
    text = body_of("flowed").text
    assert text.startswith("This is one paragraph on two lines.\n> quoted and on\nFrom here it is stuffed.\n-- \nAnn")


def test_delsp_takes_the_space_away() -> None:
    assert unflow("お世話に \nなります\n", delsp=True) == "お世話になります\n"


def test_a_change_of_depth_ends_a_flowing_paragraph() -> None:
    assert unflow("> one \ntwo\n", delsp=False) == "> one\ntwo\n"


@given(st.text(alphabet="a >-\n", max_size=80))
def test_unflowing_loses_no_letter(text: str) -> None:
    assert unflow(text, delsp=False).count("a") == text.count("a")


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("one<br>two<BR/>three", "one\ntwo\nthree"),
        ("<div>one</div><div><br></div><div>two</div>", "one\n\ntwo"),
        ("<p class=MsoNormal>one</p><p class=MsoNormal>two</p>", "one\ntwo"),
        ("<b>bo</b>ld <i>and</i>\n  more", "bold and more"),
        ("a &amp; b &lt;c&gt; &#8364;5&nbsp;net", "a & b <c> €5 net"),
        ('<a href="https://x.example">the link</a>', "the link"),
        ("<ol><li>a</li><li>b</li></ol><ul><li>c</ul>", "1. a\n2. b\n- c"),
        ("<table><tr><td>Total</td><td>EUR 5</td></tr><tr><td>x</td></tr></table>", "Total EUR 5\nx"),
        ("<pre>a\n  b</pre>c", "a\n  b\nc"),
        ("a<script>x</script>b<style>y</style>c", "abc"),
        ("a<!-- hidden -->b", "ab"),
        ("a<!-- never ends <p>b", "a never ends\n\nb"),
        ("<script>never ends <p>b</p>", "never ends\n\nb"),
        ("<p>a<p hidden>x<p>b", "a\n\nb"),
        ("<div style='display: none'>x<div>y</div>z</div>w", "w"),
        ('<span style="font-size:0px">x</span>w', "w"),
        ('<img alt="\U0001f600"><img alt="a long picture">', "\U0001f600"),
        ("1 < 2 and <ann@x.example> said so", "1 < 2 and <ann@x.example> said so"),
        ('<p title="a > b">c</p>', "c"),
        ('<p title="never ends>c</p>', "c"),
        ("a <", "a <"),
        ("so\u00adft zero\u200bwidth", "soft zerowidth"),
        ("", ""),
    ],
)
def test_html_is_read_as_it_is_seen(html: str, text: str) -> None:
    assert html_text(html) == text


@pytest.mark.parametrize(
    "tag", ["div", "blockquote", "b", "table><tr><td", "ul><li", "pre", "p", "a title=x", "!--", "script"]
)
@pytest.mark.parametrize("times", [2000, MAX_TAGS + 1])
def test_no_nesting_loses_text(tag: str, times: int) -> None:
    text = html_text(f"<{tag}>x " * times + "the heart")
    assert text.endswith("the heart")
    assert text.count("x") >= times


@given(
    st.lists(
        st.sampled_from(["<div>", "</div>", "<p>", "<ul><li>", "<!--", "-->", "<", ">", '"', "w ", "&amp", "<pre>"])
    )
)
def test_any_html_gives_text(pieces: list[str]) -> None:
    assert "\r" not in html_text("".join(pieces))


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Thanks for the proposal, we will have a look at it and let you know."),
        ("de", "Vielen Dank für das Angebot, wir sehen es uns an und melden uns bei Ihnen."),
        ("fr", "Merci pour votre proposition, nous allons la regarder avec le service et vous répondre."),
        ("es", "Gracias por la propuesta, la estamos revisando y le respondemos en unos días."),
        ("it", "Grazie per la proposta, la stiamo guardando e vi facciamo sapere con una risposta."),
        ("nl", "Bedankt voor het voorstel, we kijken er naar en laten het u weten."),
        ("pt", "Obrigado pela proposta, estamos a analisar e não temos uma resposta para você."),
        ("pl", "Dziękuję za ofertę, jest u nas i odezwę się do pana jak tylko będzie decyzja."),
        ("sv", "Tack för offerten, vi tittar på den och hör av oss till er nästa vecka."),
        ("da", "Tak for tilbuddet, vi kigger på det og vender tilbage efter mødet, hvor jer og os er med."),
        ("no", "Takk for tilbudet, vi ser på det og kommer tilbake etter møtet, hilsen oss."),
        ("ja", "お見積もりをありがとうございます。社内で確認いたします。"),
        ("", "OK"),
        ("", "12345 67890"),
    ],
)
def test_the_language_is_told_by_its_commonest_words(language: str, text: str) -> None:
    assert language_of(text) == language
