"""Out of office: the day of return, and who follows the one that has left."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.core.model import Address, Party
from worker.mail.absence import read_absence

MONDAY = datetime(2025, 4, 28, 10, tzinfo=UTC)
KIM = Party(address=Address("kim@bergwerk.example"), name="Kim Berg")


def until(text: str, *, at: datetime | None = MONDAY) -> str:
    found = read_absence(text, date=at, sender=KIM)
    return "no absence" if found is None else str(found.until)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        # The day of return itself.
        ("I am out of the office until 5 May.", "2025-05-05"),
        ("I will be back on Tuesday, May 6th.", "2025-05-06"),
        ("I will not be back until Monday.", "2025-05-05"),
        ("On leave. I'll be back at my desk on Monday, 12 May 2025 at 9:00.", "2025-05-12"),
        ("I am away May 1-14 and will return on May 15, 2025.", "2025-05-15"),
        ("I'll be back in the office on 2025-05-12.", "2025-05-12"),
        ("Our office is closed until January 2.", "2026-01-02"),
        ("I'm away until tomorrow.", "2025-04-29"),
        ("Ich bin bis zum 5. Mai nicht im B\u00fcro. Ab dem 6. Mai bin ich wieder erreichbar.", "2025-05-06"),
        ("Ich bin ab dem 15.05. wieder f\u00fcr Sie da.", "2025-05-15"),
        ("Ich bin nicht im B\u00fcro und kehre am Montag, den 12. Mai 2025 zur\u00fcck.", "2025-05-12"),
        ("Ich bin erst am 12.05.25 wieder da.", "2025-05-12"),
        ("Je serai de retour le lundi 12 mai 2025.", "2025-05-12"),
        ("Je suis actuellement absent(e) du bureau. Retour pr\u00e9vu le 12/05.", "2025-05-12"),
        ("Estoy de vacaciones y volver\u00e9 el 12 de mayo.", "2025-05-12"),
        ("Sono in ferie fino al 5 maggio; rientrer\u00f2 il 6 maggio.", "2025-05-06"),
        ("Vanaf 12 mei ben ik weer op kantoor. Ik ben niet aanwezig.", "2025-05-12"),
        ("Estou de f\u00e9rias e regresso a 12 de maio.", "2025-05-12"),
        ("Estarei ausente at\u00e9 9 de maio.", "2025-05-09"),
        ("Jestem na urlopie do 9 maja. Wracam 12 maja 2025.", "2025-05-12"),
        ("Jag \u00e4r bortrest och \u00e5ter p\u00e5 kontoret m\u00e5ndag 12/5.", "2025-05-12"),
        ("Jeg holder ferie til og med 9. maj og er tilbage mandag den 12. maj.", "2025-05-12"),
        ("Jeg er ikke p\u00e5 kontoret. Tilbake 12.5.", "2025-05-12"),
        ("Olen lomalla 9.5. asti. Palaan t\u00f6ihin 12.5.2025.", "2025-05-12"),
        (
            "5\u67085\u65e5\u307e\u3067\u4f11\u6687\u30025\u67086\u65e5\u3088\u308a\u51fa\u793e\u3059\u3002",
            "2025-05-06",
        ),
        (
            "\uff15\u6708\uff11\uff12\u65e5\u306b\u623b\u308a\u307e\u3059\u3002\u4e0d\u5728\u3067\u3059\u3002",
            "2025-05-12",
        ),
        ("Je suis absente jusqu'au 12 mai. I am out of the office until Monday 12 May.", "2025-05-12"),
        # The last day of absence is named: the day after it.
        ("I am on leave through Friday 9 May.", "2025-05-10"),
        ("I'm on annual leave from 1 to 14 May.", "2025-05-15"),
        ("I am out of the office from Monday, April 28 to Friday, May 9, with no access.", "2025-05-10"),
        ("Ich bin vom 1.5. bis 14.5.2025 im Urlaub.", "2025-05-15"),
        ("Je suis absent du 1er au 14 mai inclus.", "2025-05-15"),
        ("Ausente de la oficina del 28/04/2025 al 09/05/2025, ambos inclusive.", "2025-05-10"),
        ("Sono assente dal 28/4 al 9/5", "2025-05-10"),
        ("Ik ben afwezig t/m 9 mei.", "2025-05-10"),
        ("Estarei fora do escrit\u00f3rio de 28 de abril a 9 de maio", "2025-05-10"),
        ("Jestem nieobecna w dniach 28.04-09.05.2025.", "2025-05-10"),
        ("Jag \u00e4r p\u00e5 semester till och med den 9 maj.", "2025-05-10"),
        ("Olen vuosilomalla 28.4.-9.5.2025", "2025-05-10"),
        (
            "4/28\uff5e5/9\u306e\u9593\u3001\u590f\u5b63\u4f11\u6687\u3092\u3044\u305f\u3060\u304d\u307e\u3059\u3002",
            "2025-05-10",
        ),
    ],
)
def test_the_day_of_return_is_read(text: str, day: str) -> None:
    assert until(text) == day


@pytest.mark.parametrize(
    "text",
    [
        "I am out of the office this week with limited access to email.",
        "I am on parental leave and will be back in September.",
        "I am away and return next Friday.",
        "I am out of the office for two weeks as of 28 April.",
        "I am away. Back on 12 May, or maybe back on 19 May.",
        "I am out of the office until 31 June.",
        "I am out of the office. For help call 24/7, +44 20 7946 0958, version 2.5.1.",
    ],
)
def test_where_no_day_is_sure_none_is_given(text: str) -> None:
    assert until(text) == "None"


def test_a_day_that_reads_two_ways_is_not_guessed() -> None:
    assert until("I am out of the office until 06/05/2025") == "None"


def test_only_one_reading_of_figures_may_be_possible() -> None:
    assert until("I am out of the office until 25/06/2025") == "2025-06-25"
    assert until("I am out of the office until 06/25/2025") == "2025-06-25"
    assert until("I am out of the office until 05/05/2025") == "2025-05-05"
    assert until("Away from 04/28/2025, back on 05/08/2025.") == "2025-05-08"
    assert until("Out of office since 28/04/2025, back on 08/05/2025.") == "2025-05-08"
    assert until("Je suis absent jusqu'au 08/05/2025.") == "2025-05-08"
    assert until("I am out of the office until 06/03/2025") == "2025-06-03", "the other, 6 March, is gone"


def test_a_missing_year_is_the_one_that_fits_the_mail() -> None:
    december = datetime(2025, 12, 29, 9, tzinfo=UTC)
    assert until("I am on leave, back on 5 January.", at=december) == "2026-01-05"
    assert until("I am on leave, back on 30 December.", at=december) == "2025-12-30"


def test_without_a_date_of_the_mail_a_day_needs_its_year() -> None:
    assert until("I am on leave until 5 May.", at=None) == "None"
    assert until("I am on leave until 5 May 2025.", at=None) == "2025-05-05"


def test_an_answer_that_speaks_of_no_absence_has_none() -> None:
    assert until("We have received your request, ticket 4711, of 5 May.") == "no absence"


@pytest.mark.parametrize(
    "text",
    [
        "Sara no longer works here.",
        "I have left the company.",
        "Frau Kern ist nicht mehr f\u00fcr unser Unternehmen t\u00e4tig.",
        "M. Petit ne fait plus partie de la soci\u00e9t\u00e9.",
        "Ya no trabajo en la empresa.",
        "Non lavora pi\u00f9 con noi.",
        "Hij werkt hier niet meer.",
        "Ela j\u00e1 n\u00e3o trabalha connosco.",
        "Pan Nowak nie pracuje ju\u017c w firmie.",
        "Anna har slutat.",
        "Hun arbejder ikke l\u00e6ngere hos os.",
        "Han jobber ikke lenger her.",
        "H\u00e4n ei ole en\u00e4\u00e4 palveluksessamme.",
        "\u9000\u8077\u3044\u305f\u3057\u307e\u3057\u305f\u3002",
    ],
)
def test_who_has_left_has_left_in_every_language(text: str) -> None:
    found = read_absence(text, date=MONDAY, sender=KIM)
    assert found is not None
    assert found.left_company
    assert found.until is None


def test_the_successor_is_who_is_named_and_not_the_sender() -> None:
    text = "Kim (kim@bergwerk.example) no longer works at Bergwerk. Please write to Nina Holm, nina@bergwerk.example."
    found = read_absence(text, date=MONDAY, sender=KIM)
    assert found is not None
    assert found.successor == "nina@bergwerk.example"


def test_a_deputy_during_a_holiday_is_no_successor() -> None:
    found = read_absence("I am on holiday until 5 May. Urgent: nina@bergwerk.example", date=MONDAY, sender=KIM)
    assert found is not None
    assert not found.left_company
    assert found.successor is None


@given(st.text(max_size=400))
def test_any_text_can_be_read(text: str) -> None:
    found = read_absence(text, date=MONDAY, sender=None, sure=True)
    assert found is not None


@given(st.dates(date(2025, 5, 1), date(2026, 2, 1)))
def test_a_date_written_out_is_read_back(day: date) -> None:
    assert until(f"I will be back on {day.day} {day:%B %Y}. I am out of the office.") == str(day)
    assert until(f"Ich bin am {day.day}.{day.month}.{day.year} wieder im B\u00fcro.") == str(day)
    assert until(f"I will return on {day:%B} {day.day}. I am out of the office.") == str(day)
