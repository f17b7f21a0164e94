"""Names and greetings: the right half of a name, or none."""

from __future__ import annotations

import pytest

from worker.core.greeting import greeting, names, person, sign_off, whole_name


@pytest.mark.parametrize(
    ("display", "first", "last"),
    [
        ("Erin Walsh", "Erin", "Walsh"),
        ("Walsh, Erin (Operations)", "Erin", "Walsh"),
        ("Dr. Erin Walsh", "Erin", "Walsh"),
        ("Walsh, Erin, PhD", "Erin", "Walsh"),
        ("WALSH Erin", "Erin", "Walsh"),
        ("O'NEILL Sean", "Sean", "O'Neill"),
        ("erin walsh", "Erin", "Walsh"),
        ("JEAN-PIERRE DUPONT", "Jean-Pierre", "Dupont"),
        ("Erin M. Walsh", "Erin", "Walsh"),
        ("Jan van der Berg", "Jan", "van der Berg"),
        ("van der Berg, Jan", "Jan", "van der Berg"),
        ("Erin Walsh | Brightwater", "Erin", "Walsh"),
        ("Erin Walsh via E-Sign", "Erin", "Walsh"),
        ("Erin", "Erin", ""),
        ("Frau Walsh", "", "Walsh"),
    ],
)
def test_given_and_family_name_are_told_apart(display: str, first: str, last: str) -> None:
    assert names(display) == (first, last)


@pytest.mark.parametrize(
    "display", ["", "Sales Team", "Accounts Payable", "erin@brightwater.example", "Support 24", "王小明", "田中太郎"]
)
def test_what_is_no_name_or_puts_the_family_first_gives_none(display: str) -> None:
    assert names(display) == ("", "")


@pytest.mark.parametrize(
    ("language", "formal", "line"),
    [
        ("en", False, "Hi Erin,"),
        ("de", False, "Hallo Erin,"),
        ("de", True, "Guten Tag Erin Walsh,"),
        ("fr", True, "Bonjour,"),
        ("es", False, "Hola, Erin:"),
        ("nl", True, "Beste Erin Walsh,"),
        ("pl", False, "Hi Erin,"),
    ],
)
def test_people_are_greeted_as_their_language_does(language: str, formal: bool, line: str) -> None:
    assert greeting("Erin", "Walsh", language, formal=formal) == line


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", ""])
@pytest.mark.parametrize("formal", [True, False])
def test_without_a_name_the_greeting_has_no_hole_where_one_would_stand(language: str, formal: bool) -> None:
    line = greeting("", "", language, formal=formal)
    assert " ," not in line
    assert " :" not in line
    assert len(line.split()) <= 2
    assert sign_off(language, formal=formal)


@pytest.mark.parametrize(
    ("display", "address", "first"),
    [
        ("Kovács Anna", "anna@kovacs-malom.hu", "Anna"),
        ("Anna Kovács", "anna@malom.hu", "Anna"),
        ("Bodor Zita", "zita@malom.hu", ""),
        ("Zhang Wei", "wei@mill.cn", "Wei"),
        ("Hiroshi Tanaka", "tanaka@mill.jp", "Hiroshi"),
        ("Kovács Anna", "anna@malom.example", "Kovács"),
        ("Brightwater Freight", "office@brightwater.example", ""),
        ("Brightwater", "hello@brightwater.example", ""),
        ("Erin Walsh", "erin@erinwalsh.example", "Erin"),
        ("erin.walsh", "erin.walsh@brightwater.example", ""),
        ("Erin WALSH", "erin@brightwater.example", "Erin"),
    ],
)
def test_the_given_name_is_told_by_the_place_or_not_at_all(display: str, address: str, first: str) -> None:
    assert person(display, address).first == first


def test_a_hungarian_who_writes_hungarian_from_elsewhere_is_known_by_the_language() -> None:
    assert person("Kovács Anna", "anna@mail.example", language="hu") == ("Anna", "Kovács")


@pytest.mark.parametrize(
    ("display", "whole"),
    [
        ("Dr. Hans Peter Müller", "Hans Peter Müller"),
        ("Müller, Hans-Peter, Dr.", "Hans-Peter Müller"),
        ("WALSH Erin", "Erin Walsh"),
        ("Erin Walsh | Brightwater", "Erin Walsh"),
        ("Sales Team", ""),
        ("Erin\nBcc: x@y.example", ""),
        ("{{ contact.name }}", ""),
        ("\u202eErin\u202c Walsh", "Erin Walsh"),
    ],
)
def test_the_whole_name_is_one_clean_line(display: str, whole: str) -> None:
    assert whole_name(display) == whole


def test_the_whole_name_stands_in_a_formal_german_greeting() -> None:
    assert greeting("Hans", "Müller", "de", formal=True, whole="Hans Peter Müller") == "Guten Tag Hans Peter Müller,"
