"""Greeting, closing, name and form of address, as the owner's own mails show them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.core.manners import Manners, closing_fits, fits, manners, phone_of

OWNER = "Rosa Lind"


def shown(text: str, signature: str = "", language: str = "en") -> Manners:
    return manners(text, signature, language, OWNER)


@pytest.mark.parametrize(
    ("text", "greeting"),
    [
        ("Hi Anna,\n\nhere it is.", "Hi Anna,"),
        ("Hi Anna, here it is.", "Hi Anna,"),
        ("Hi Anna - here it is.", "Hi Anna,"),
        ("Dear Ms Weber:\n\nPlease see below.", "Dear Ms Weber:"),
        ("Hallo Frau Dr. Weber!\n\nAnbei der Plan.", "Hallo Frau Dr. Weber,"),
        ("Sehr geehrter Herr von Aalen,\n\nanbei der Plan.", "Sehr geehrter Herr von Aalen,"),
        ("Bonjour Camille,\n\nvoici le plan.", "Bonjour Camille,"),
        ("Hallo\n\nHier der Plan.", "Hallo,"),
    ],
)
def test_the_owners_greeting_is_kept_as_it_stands(text: str, greeting: str) -> None:
    assert shown(text).greeting == greeting


@pytest.mark.parametrize(
    "text",
    ["Good morning Anna,\n\nyes.", "Hi all,\n\nyes.", "Hi Anna and Tom,\n\nyes.", "Hi there,\n\nyes.", "Yes.", "",
     "Hello world peace is a thing", "Dear lord what a day,"],
)  # fmt: skip
def test_a_greeting_for_the_hour_for_many_or_for_nobody_is_not_learnt(text: str) -> None:
    assert shown(text).greeting == ""


@pytest.mark.parametrize(
    ("text", "signature", "closing", "signed"),
    [
        ("Here it is.", "Best,\nRosa", "Best,", "Rosa"),
        ("Here it is.", "Kind regards,\n\nRosa Lind\nSales, Lindauer", "Kind regards,", "Rosa Lind"),
        ("Hier ist es.", "LG Rosa", "LG", "Rosa"),
        ("Hier ist es.", "Viele Grüße aus Graz\nRosa", "Viele Grüße aus Graz", "Rosa"),
        ("Here it is.\n\nRosa", "", "", "Rosa"),
        ("Here it is. Best Rosa", "", "", ""),
        ("Thanks in advance\nRosa", "", "", "Rosa"),
        ("Here it is.", "Best,\nTom Aldous", "Best,", ""),
    ],
)
def test_the_owners_closing_and_name_are_kept_as_they_stand(
    text: str, signature: str, closing: str, signed: str
) -> None:
    found = shown(text, signature)
    assert (found.closing, found.signed) == (closing, signed)


@pytest.mark.parametrize(
    ("language", "text", "formal"),
    [
        ("de", "Hallo Anna, schickst du mir die Zahlen?", False),
        ("de", "Hallo Anna, können Sie mir die Zahlen schicken?", True),
        ("de", "Hallo Anna, wie geht es euch?", False),
        ("de", "Die Lager sind voll. Sie werden am Montag geleert.", None),
        ("fr", "Bonjour, pourriez-vous m'envoyer le plan ?", True),
        ("fr", "Salut, tu peux venir chez vous ou chez nous ?", False),
        ("es", "Hola, ¿te va bien el martes?", False),
        ("es", "Estimado señor Ruiz: quedo a la espera de usted.", True),
        ("nl", "Hallo, kun je dinsdag?", False),
        ("nl", "Geachte heer Vos, kunt u dinsdag?", True),
        ("en", "Could you send it?", None),
        ("", "Sehr geehrte Frau Weber,\n\nanbei der Plan.", True),
    ],
)
def test_du_and_sie_are_told_from_the_owners_words(language: str, text: str, formal: bool | None) -> None:
    assert shown(text, language=language).formal is formal


def test_what_was_learnt_in_one_language_stands_in_no_mail_of_another() -> None:
    assert fits("Hi Anna,", "de")
    assert not fits("Dear Anna,", "de")
    assert not fits("", "en")
    assert closing_fits("Viele Grüße", "de")
    assert not closing_fits("Viele Grüße", "en")
    assert closing_fits("", "fr")


@pytest.mark.parametrize(
    ("signature", "phone"),
    [
        ("Anna Berg\nOperations\nT +44 117 496 0123", "+44 117 496 0123"),
        ("Anna\n(617) 555-0142", "(617) 555-0142"),
        ("Fax +44 117 496 0124\nMobile 07700 900123", "07700 900123"),
        ("HRB 12345\nSince 1998", ""),
        ("", ""),
    ],
)
def test_a_number_to_ring_is_found_in_a_signature(signature: str, phone: str) -> None:
    assert phone_of(signature) == phone


@given(st.text(max_size=400), st.text(max_size=200), st.sampled_from(["", "de", "fr", "en"]))
def test_whatever_a_mail_holds_what_is_learnt_is_one_short_line(text: str, signature: str, language: str) -> None:
    found = manners(text, signature, language, OWNER)
    for line in (found.greeting, found.closing, found.signed):
        assert len(line) < 100
        assert "\n" not in line
