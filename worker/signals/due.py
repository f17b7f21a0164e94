"""By which day an invoice wants to be paid, as the mail that brings it says."""

from __future__ import annotations

import re
from datetime import date, timedelta

from worker.core.phrase import fold
from worker.signals.days import days
from worker.signals.sentences import sentences

_DUE = re.compile(
    r"\b(?:due|payable|pay(?:ment)? by|paid by|fallig\w*|zahlbar|zahlungsziel|zahlung bis|bitte bis|echeance|a regler|payable|"
    r"avant le|vencimiento|vence|pagar antes|vervaldatum|vervalt|te voldoen|uiterlijk|betalen (?:voor|binnen)|scadenza)\b"
)
_WITHIN = re.compile(
    r"\b(?:within|net|in|innerhalb von|binnen|innert|sous|dans|en|entro)\s+(?P<count>\d{1,3}|fourteen|thirty|vierzehn|dreissig|"
    r"quinze|trente|quince|treinta|veertien|dertig)\s*(?:days?|tagen?|jours|dias|dagen|giorni)\b|"
    r"\bnet\s+(?P<net>\d{1,3})\b|\b(?P<a>\d{1,3})\s*(?:days? net|tage netto|jours net)\b"
)
_WORDS = {
    "fourteen": 14, "thirty": 30, "vierzehn": 14, "dreissig": 30, "quinze": 15, "trente": 30, "quince": 15, "treinta": 30,
    "veertien": 14, "dertig": 30,
}  # fmt: skip
_LONGEST_TEXT = 20_000
_LATEST = 180
"""Days; nobody is given longer than half a year to pay."""


def due_day(text: str, today: date, language: str = "") -> date | None:
    """The day that stands in a sentence about being due, or so many days from now; None where none is named."""
    text = text[:_LONGEST_TEXT]
    for sentence in sentences(text):
        folded = fold(text[sentence.start : sentence.end])
        due = _DUE.search(folded)
        within = _WITHIN.search(folded)
        if due is None and (within is None or (within["net"] is None and within["a"] is None)):
            continue
        named = [one.day for one in days(folded, today, language) if one.day >= today]
        if due is not None and named:
            return named[0] if (named[0] - today).days <= _LATEST else None
        if within is not None:
            said = within["count"] or within["net"] or within["a"]
            count = _WORDS[said] if said in _WORDS else int(said)
            return today + timedelta(days=count) if 0 < count <= _LATEST else None
    return None
