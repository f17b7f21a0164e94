"""Amounts of money in a text: "$9,200.00 USD", "1.250,00 €", "CHF 4'800.-"."""

from __future__ import annotations

import re
from dataclasses import dataclass

_CODES = "usd|eur|gbp|chf|cad|aud|nzd|sek|nok|dkk|pln|czk|huf|jpy|inr|brl|mxn|zar|sgd|hkd|aed|ils|try|ron|bgn|cny|krw"
_SIGNS = {
    "us$": "USD", "a$": "AUD", "au$": "AUD", "c$": "CAD", "ca$": "CAD", "nz$": "NZD", "s$": "SGD", "hk$": "HKD",
    "r$": "BRL", "mx$": "MXN", "$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "zł": "PLN", "kč": "CZK",
    "euro": "EUR", "euros": "EUR", "fr.": "CHF", "sfr.": "CHF", "dollars": "USD", "pounds": "GBP", "kr": "", "r": "ZAR",
    "franken": "CHF",
}  # fmt: skip
_DIGIT = re.compile(r"\d")
_NUMBER = r"\d{1,3}(?:[.,'’ \u00a0\u202f]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d{1,2})?"
_MONEY = re.compile(
    rf"(?P<sign>(?:\b(?:us|au?|ca?|nz|s|hk|r|mx))?[$€£¥₹]|\b(?:{_CODES})\b|\bs?fr\.|\bkr\b|\br(?=\d))[ \u00a0]?"
    rf"(?P<n1>{_NUMBER})(?:\.?[-–—]+)?(?P<k1>k\b)?(?:[ \u00a0]?(?P<after>{_CODES})\b)?"
    rf"|(?<![\w.,-])(?P<n2>{_NUMBER})(?:,[-–—]+)?(?P<k2>k\b)?[ \u00a0]?"
    rf"(?P<unit>[$€£¥₹]|(?:{_CODES}|euros?|dollars|pounds|franken|zł|kč|kr)\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """An amount and where it stands."""

    start: int
    end: int
    amount: str
    """"18400.00"."""
    currency: str
    """ISO 4217, "" where the sign does not tell (kr)."""


def amounts(text: str) -> list[Money]:
    """Every amount in a text that names its currency, in order."""
    if not _DIGIT.search(text):
        return []
    found = []
    for match in _MONEY.finditer(text):
        number = match["n1"] or match["n2"]
        sign = (match["after"] or match["sign"] or match["unit"]).lower()
        value = decimal(number, thousands=bool(match["k1"] or match["k2"]))
        found.append(Money(start=match.start(), end=match.end(), amount=value, currency=_SIGNS.get(sign, sign.upper())))
    return found


def decimal(number: str, *, thousands: bool = False) -> str:
    """A number as people write it, as a decimal with two places; "1.250" is a thousand, "1.25" is not."""
    for space in "'’ \u00a0\u202f":
        number = number.replace(space, "")
    whole, _, cents = number.rpartition(max(",.", key=number.rfind)) if "," in number or "." in number else ("", "", "")
    if whole and len(cents) <= 2:
        digits, cents = whole.replace(",", "").replace(".", ""), cents.ljust(2, "0")
    else:
        digits, cents = number.replace(",", "").replace(".", ""), "00"
    if thousands:
        digits, cents = str(int(digits) * 1000 + int(cents) * 10), "00"
    return f"{digits}.{cents}"
