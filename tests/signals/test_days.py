from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.core.phrase import fold
from worker.signals.days import days

WEDNESDAY = date(2025, 3, 5)


def named(text: str, language: str = "en") -> list[str]:
    return [d.day.isoformat() for d in days(fold(text), WEDNESDAY, language)]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("on 3 April", "2025-04-03"),
        ("April 3rd, 2026", "2026-04-03"),
        ("the 14th of March", "2025-03-14"),
        ("the board sits on the 20th, I will tell you", "2025-03-20"),
        ("on the 3rd", "2025-04-03"),
        ("am Montag, den 31. März", "2025-03-31"),
        ("le 1er avril", "2025-04-01"),
        ("el 14 de mayo", "2025-05-14"),
        ("op 14 maart", "2025-03-14"),
        ("2025-06-30", "2025-06-30"),
        ("31.03.2025", "2025-03-31"),
        ("14/05/2025", "2025-05-14"),
        ("next week", "2025-03-10"),
        ("next Thursday", "2025-03-13"),
        ("Friday next week", "2025-03-14"),
        ("on Friday", "2025-03-07"),
        ("tomorrow", "2025-03-06"),
        ("übermorgen", "2025-03-07"),
        ("in two weeks", "2025-03-19"),
        ("in 2 or 3 weeks", "2025-03-26"),
        ("dans quinze jours", "2025-03-20"),
        ("dentro de dos meses", "2025-05-05"),
        ("over een maand", "2025-04-05"),
        ("in September", "2025-09-01"),
        ("Ende Mai", "2025-05-31"),
        ("a mediados de abril", "2025-04-15"),
        ("end of the month", "2025-03-31"),
        ("end of next quarter", "2025-06-30"),
        ("early next year", "2026-01-01"),
        ("in Q3", "2025-07-01"),
        ("after Easter", "2025-04-22"),
        ("after the summer", "2025-09-01"),
        ("nach der Sommerpause", "2025-09-01"),
        ("Mitte nächster Woche", "2025-03-12"),
        ("the week of the 17th", "2025-03-17"),
        ("la semaine du 14", "2025-03-14"),
        ("ab KW 12", "2025-03-17"),
        ("half januari", "2026-01-15"),
        ("the first week of May", "2025-05-01"),
        ("zweite Aprilwoche", "2025-04-08"),
        ("im dritten Quartal", "2025-07-01"),
        ("in a fortnight", "2025-03-19"),
        ("lunes 17", "2025-03-17"),
        ("le 14", "2025-03-14"),
        ("after the summer holidays", "2025-09-01"),
        ("begin volgend jaar", "2026-01-01"),
    ],
)
def test_a_day_is_understood(text: str, day: str) -> None:
    assert named(text) == [day]


@pytest.mark.parametrize(
    "text",
    [
        "04/05",
        "the 1st step",
        "we may need more",
        "Guten Morgen",
        "version 1.2 of it",
        "at 9.15",
        "last Friday",
        "last quarter",
        "el 14 de la calle Mayor",
        "le virement a été fait",
        "99/99/2025",
        "31.02.2025",
    ],
)
def test_what_is_no_day_or_not_clear_is_none(text: str) -> None:
    assert named(text) == []


def test_a_slash_is_read_day_first_where_the_language_does_so() -> None:
    assert named("le 04/05", "fr") == ["2025-05-04"]


@given(st.text(max_size=200), st.dates(min_value=date(1990, 1, 1), max_value=date(2090, 12, 31)))
def test_no_text_raises_and_each_day_is_near_enough_to_be_meant(text: str, today: date) -> None:
    for found in days(fold(text), today):
        assert 0 <= found.start < found.end <= len(text)


@given(st.dates(min_value=date(2000, 1, 1), max_value=date(2090, 12, 31)), st.integers(0, 6))
def test_a_bare_weekday_is_the_next_one(today: date, weekday: int) -> None:
    names = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    (found,) = days(fold(f"on {names[weekday]}"), today)
    assert found.day.weekday() == weekday
    assert timedelta(0) < found.day - today <= timedelta(days=7)
