"""Where a writer stops and his signature begins; in doubt the line stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from worker.mail.quotes import new_text

DATA = Path(__file__).parent.parent / "data"
CLOSINGS = [
    *(DATA / "quote-closings.txt").read_text(encoding="utf-8").splitlines(),
    "Kind\u00a0regards,",
    "\u200eBest regards,",
]
FOOTERS = (DATA / "quote-phones.txt").read_text(encoding="utf-8").splitlines()
LEGAL = (DATA / "quote-legal.txt").read_text(encoding="utf-8").splitlines()
WORDS = "The contract is on its way.\n\nWe will call you on Friday."


@pytest.mark.parametrize("closing", CLOSINGS)
@pytest.mark.parametrize(
    "name", ["\nAnn Berg", "\n\nAnn Berg\nHead of Sales\nVale GmbH\n+49 40 1234567\nwww.vale.example", ""]
)
def test_a_closing_and_what_stands_under_it_go(closing: str, name: str) -> None:
    found = new_text(f"{WORDS}\n\n{closing}{name}\n")
    assert found.text == WORDS
    assert found.signature.startswith(closing)


@pytest.mark.parametrize("footer", FOOTERS)
def test_the_footer_of_a_phone_goes(footer: str) -> None:
    assert new_text(f"{WORDS}\n\n{footer}\n").text == WORDS
    assert new_text(f"{WORDS}\n\nAnn\n\n{footer}\n").text == f"{WORDS}\n\nAnn"


@pytest.mark.parametrize(
    "line",
    [
        "Sent from my desk, is much easier than from my phone.",
        "Sent from Berlin to Munich the parcel takes two days.",
        "Enviado el contrato, queda esperar la firma.",
        "Did you get Outlook for iOS?",
        "The mail that I sent from my iPhone yesterday had no attachment.",
    ],
)
def test_a_sentence_that_begins_like_a_footer_stays(line: str) -> None:
    assert new_text(f"{WORDS}\n\n{line}").text == f"{WORDS}\n\n{line}"


@pytest.mark.parametrize("delimiter", ["-- ", "--", "\u2014", "___"])
def test_a_delimiter_begins_the_signature(delimiter: str) -> None:
    found = new_text(f"{WORDS}\n\n{delimiter}\nAnn Berg\nVale GmbH\n")
    assert found.text == WORDS


def test_two_dashes_above_half_a_mail_are_no_delimiter() -> None:
    body = "First part.\n\n--\n" + "\n".join(f"Point {number} of many is that we agree." for number in range(50))
    assert new_text(body).text == body


@pytest.mark.parametrize("name", ["-Ann Berg", "- Ann", "/Ann", "// Ann", "— Ann Berg"])
def test_a_dash_and_a_name_are_a_signature(name: str) -> None:
    assert new_text(f"{WORDS}\n\n{name}").text == WORDS


@pytest.mark.parametrize(
    "body",
    ["We need:\n\n- Paper\n- Ink", "Two offers came:\n\n- Vale\n\n- Fern", "One thing is missing:\n\n- Insurance"],
)
def test_an_item_of_a_list_is_no_signature(body: str) -> None:
    assert new_text(body).text == body


@pytest.mark.parametrize(
    "line",
    [
        "Best regards, Ann",
        "Mvh Ann",
        "LG Ann",
        "Gruß Ann Berg",
        "Thanks, Ann",
        "Cheers - Ann",
        "Groeten, Ann",
        "Saludos, Ann",
        "Thanks,\nAnn",
    ],
)
def test_a_name_may_stand_on_the_line_of_the_closing(line: str) -> None:
    assert new_text(f"{WORDS}\n\n{line}").text == WORDS


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("Thanks!", "Thanks!"),
        ("Thanks!\n\nAnn", "Thanks!"),
        ("Danke\nAnn Berg", "Danke"),
        ("Merci beaucoup !\n\nCordialement,\nAnn", "Merci beaucoup !"),
        ("We signed.\n\nMany thanks!\n\nBest regards\nAnn", "We signed.\n\nMany thanks!"),
        ("Thanks, Ann!\n\nWe signed it this morning and sent it back to you.", None),
        ("Tack\n\nVi hörs på måndag om avtalet.", None),
    ],
)
def test_thanks_that_are_the_message_stay(body: str, expected: str | None) -> None:
    assert new_text(body).text == (body if expected is None else expected)


@pytest.mark.parametrize("mark", ["PS: ", "P.S. ", "PS ", "NB: ", "P.P.S.: "])
def test_a_postscript_is_a_personal_line(mark: str) -> None:
    signed = f"{WORDS}\n\nBest regards\nAnn Berg\nVale GmbH, +49 40 1234567"
    found = new_text(f"{signed}\n\n{mark}please take us off the list.")
    assert found.text == f"{WORDS}\n\n{mark}please take us off the list."
    assert "Ann Berg" in found.signature


def test_a_sentence_below_the_name_is_a_personal_line() -> None:
    body = f"{WORDS}\n\nBest\nAnn\n\nOh, and could you send me the signed copy as well?"
    assert new_text(body).text == f"{WORDS}\n\nOh, and could you send me the signed copy as well?"


def test_a_closing_word_in_the_middle_ends_nothing() -> None:
    body = (
        "Regards\n\nis what he wrote to me and nothing else.\n\nI think that we should wait for him.\n\n"
        "He will come back to us when he is ready.\n\nUntil then we do nothing at all."
    )
    assert new_text(body).text == body


def test_a_block_of_contact_data_under_a_full_name_is_a_signature() -> None:
    found = new_text(f"{WORDS}\n\nAnn Berg\nHead of Sales | Vale GmbH\nT +49 40 1234567\nann@vale.example")
    assert found.text == WORDS


@pytest.mark.parametrize(
    "body",
    [
        "Phone: 12345\nFax: 67890\nSkype: foobar",
        "Please bill this address:\n\nVale GmbH\nHafenstr. 1, 20457 Hamburg\nbilling@vale.example",
        "My new number:\n+49 40 1234567",
        "Call Kim about it.\n\nThe number is +49 40 1234567.",
        "Ann Berg",
        "See you then\n\nAnn",
    ],
)
def test_contact_data_that_was_asked_for_stays(body: str) -> None:
    assert new_text(body).text == body


@pytest.mark.parametrize("legal", LEGAL)
def test_legal_text_at_the_end_goes(legal: str) -> None:
    assert new_text(f"{WORDS}\n\nAnn\n\n{legal}\n").text == f"{WORDS}\n\nAnn"
    assert new_text(f"{WORDS}\n\nBest regards\nAnn\n\n{legal}\n").text == WORDS


def test_a_person_who_speaks_of_confidence_is_heard() -> None:
    body = "Please keep the price confidential for now, the board has not decided yet and nobody else should know it."
    assert new_text(body).text == body


@pytest.mark.parametrize(
    "banner",
    [
        (
            "CAUTION: This email originated from outside of the organization. Do not click links or open "
            "attachments unless you know the sender."
        ),
        "[EXTERNAL EMAIL]",
        "You don't often get email from ann@vale.example. Learn why this is important",
        "Sie erhalten nicht häufig E-Mails von ann@vale.example. Erfahren Sie, warum dies wichtig ist",
        "ACHTUNG: Diese E-Mail stammt von einem externen Absender. Öffnen Sie keine Anhänge.",
    ],
)
def test_the_warning_of_a_mail_server_is_no_word_of_the_writer(banner: str) -> None:
    assert new_text(f"{banner}\n\n{WORDS}").text == WORDS
    assert new_text(f"{banner}\n{WORDS}").text == WORDS


@pytest.mark.parametrize(
    "footer",
    [
        (
            "_______________________________________________\nharbour mailing list\n"
            "harbour@lists.vale.example\nhttps://lists.vale.example/harbour"
        ),
        (
            '--\nYou received this message because you are subscribed to the Google Groups "harbour" group.\n'
            "To unsubscribe from this group, send a mail to leave@vale.example."
        ),
        "Virus-free. www.avast.example",
        "Please consider the environment before printing this e-mail.",
    ],
)
def test_what_lists_and_scanners_add_goes(footer: str) -> None:
    assert new_text(f"{WORDS}\n\n{footer}").text == WORDS


def test_the_signature_that_html_marks_is_found_in_the_text() -> None:
    html = (
        "<div>We agree.</div><div>Ann</div><div class='gmail_signature' data-smartmail='gmail_signature'>"
        "<div>Vale Harbour Services</div><div>Your partner on the water</div></div>"
    )
    found = new_text("We agree.\nAnn\nVale Harbour Services\nYour partner on the\nwater\n", html)
    assert found.text == "We agree.\nAnn"
    assert found.signature == "Vale Harbour Services\nYour partner on the\nwater"


def test_a_signature_between_two_ruled_lines_goes() -> None:
    box = "━━━━━━━━━━\n株式会社ヴェイル 営業部\n山田 太郎\nTEL: 03-1234-5678\nyamada@vale.example\n━━━━━━━━━━"
    assert new_text(f"契約書を送付いたします。\n\n{box}").text == "契約書を送付いたします。"


@pytest.mark.parametrize(
    "body",
    [
        "--\nAnn\n\nWe read your offer and we agree to the price that you gave us.",
        "I checked: the file is virus-free.",
        "Please check the numbers before printing this.",
        "Enviado por mail.",
        "Could you confirm that you comply with GDPR and treat our data as confidential information? We need it soon.",
        "Attention: the price has changed.\n\nPlease look at it again.",
    ],
)
def test_a_sentence_with_the_words_of_a_footer_stays(body: str) -> None:
    assert new_text(body).text == body
