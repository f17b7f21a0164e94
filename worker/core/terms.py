"""For how long an agreement runs, as mails say it: a number of months, or the day on which it ends."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from worker.core.model import Deal, Event, Evidence, Kind, Message, Trust

_LONGEST_TEXT = 20_000
_LONGEST = 120
"""Months; a term of more than ten years is a slip of the pen."""
_NUMBER = {
    "one": 1, "two": 2, "three": 3, "six": 6, "twelve": 12, "eighteen": 18, "twenty-four": 24, "thirty-six": 36,
    "ein": 1, "zwei": 2, "drei": 3, "sechs": 6, "zwölf": 12, "deux": 2, "trois": 3, "douze": 12, "un": 1, "une": 1,
    "dos": 2, "tres": 3, "seis": 6, "doce": 12, "een": 1, "twee": 2, "drie": 3, "zes": 6, "twaalf": 12,
}  # fmt: skip
_YEARS = ("year", "jahr", "an", "año", "jaar")
_COUNT = r"(?P<count>\d{1,3}|" + "|".join(sorted(_NUMBER, key=len, reverse=True)) + r")"
_UNIT = r"(?P<unit>months?|years?|monate?n?|jahre?n?|mois|ans?|meses|mes|años?|maanden|maand|jaar)"
_TERM = r"(?:term|laufzeit|vertragslaufzeit|durée|duración|looptijd|contract runs|agreement runs|vertrag läuft)"
_FOR_MONTHS = (
    re.compile(rf"\b{_TERM}\b[^.!?\n]{{0,40}}?\b{_COUNT}[ -]{_UNIT}\b", re.IGNORECASE),
    re.compile(
        rf"\b{_COUNT}[ -]{_UNIT}(?:'s?|’s?)?[ -](?:term|contract|agreement|retainer|laufzeit|looptijd)\b", re.IGNORECASE
    ),
)
_ENDS = re.compile(
    r"\b(?:contract|agreement|term|vertrag|laufzeit|contrat|contrato|overeenkomst)\b[^.!?\n]{0,40}?"
    r"\b(?:ends|expires|runs until|runs to|is valid until|until|läuft bis|endet am|bis zum|jusqu'au|hasta el|loopt tot)\b"
    r"[^.!?\n]{0,12}?(?P<day>20\d\d-\d\d-\d\d|\d{1,2}\.? [a-zäéû]+ 20\d\d|[a-z]+ \d{1,2},? 20\d\d|\d{1,2}\.\d{1,2}\.20\d\d)",
    re.IGNORECASE,
)
_MONTHS = (
    "jan ene gen", "feb fév fev", "mar mär mrt maa", "apr avr abr", "may mai mei", "jun juin", "jul juil", "aug aoû ago",
    "sep", "oct okt", "nov", "dec dez déc dic",
)  # fmt: skip


def with_term(deal: Deal, message: Message, evidence: Iterable[Evidence]) -> Deal:
    """The deal with the term that a mail of ours, of theirs or of a signing names; the last word counts."""
    documents = any(item.event in (Event.SIGNED, Event.PROPOSAL_SENT, Event.SIGNATURE_REQUESTED) for item in evidence)
    if message.trust is Trust.NONE or (message.kind is not Kind.HUMAN and not documents):
        return deal
    text = message.text[:_LONGEST_TEXT]
    end = _end(text)
    if end is not None and message.at is not None and end > message.at.date():
        return replace(deal, term_ends=end)
    months = _months(text)
    return replace(deal, term_months=months, term_ends=None) if months else deal


def _months(text: str) -> int:
    for pattern in _FOR_MONTHS:
        found = pattern.search(text)
        if found is None:
            continue
        said = found["count"].lower()
        count = int(said) if said.isdigit() else _NUMBER[said]
        months = count * 12 if found["unit"].lower().startswith(_YEARS) else count
        if 0 < months <= _LONGEST:
            return months
    return 0


def _end(text: str) -> date | None:
    found = _ENDS.search(text)
    return _day(found["day"].lower()) if found else None


def _day(said: str) -> date | None:
    numbers = [int(number) for number in re.findall(r"\d+", said)]
    try:
        if said[:4].isdigit():
            return date(numbers[0], numbers[1], numbers[2])
        if len(numbers) == 3:
            return date(numbers[2], numbers[1], numbers[0])
        month = next(number for number, names in enumerate(_MONTHS, 1)
                     if any(word.startswith(tuple(names.split())) for word in re.findall(r"[a-zäéû]{3,}", said)))  # fmt: skip
        return date(numbers[1], month, numbers[0])
    except (ValueError, IndexError, StopIteration):
        return None
