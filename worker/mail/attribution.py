"""The line above a quote that says who wrote it and when: "On 3 Nov 2026, Ann Berg <ann@vale.example> wrote:".

It is known by its parts, not by its pattern, since every program and language orders them otherwise: a verb of
writing or an address at the end, a date, and a colon. Up to five lines, since programs wrap it.
"""

from __future__ import annotations

from collections.abc import Sequence

import re2

from worker.mail.attribution_words import DAYS, JOINED_VERBS, STARTS, VERBS
from worker.mail.lines import Line, Mark

MAX_WRAPPED = 5
MAX_LENGTH = 600

_VERB = re2.compile(rf"(?i)(?:^|[\s,>)\]\"'»”*])(?:{VERBS})(?:[\s:,(]|$)|{JOINED_VERBS}")
_DATE = re2.compile(
    r"\d{1,4}[./\-]\s?\d{1,2}[./\-]\s?\d{1,4}|\d{1,2}[:.hH]\d{2}|(?:^|\D)(?:19|20)\d\d(?:\D|$)|\d{1,2}\s?[月월]"
    r"|\d{1,2}[a-z]{0,2}[., ]\s?\pL{3,}|\pL{3,}[., ]\s?\d{1,2}"
)
_TIME = re2.compile(r"\d{1,2}\s?[:.hH点點시時]\s?\d{2}|\d{1,2}\s?(?:[ap]\.?m|Uhr)")
_ADDRESS = re2.compile(r"[^\s<>()\[\]\"',;:]+@[^\s<>()\[\]\"',;:]+")
_LEAD = r"(?i)^[*_\-\s\"'«“]*"
_START = re2.compile(rf"{_LEAD}(?:{STARTS})[\s:‐]")
_DAY = re2.compile(rf"{_LEAD}(?:{DAYS})[a-zäöåéíęąłóжйяцаиек]{{0,9}}[.,]?\s(?:den |d\. )?\d")
_DIGIT = re2.compile(r"^[\s\"'(\[*]*\d{1,4}\s?[./\-年년a-zA-Zа-яА-ЯéûžłåäöáíÀ-ž,、 ]|^[在於于]\s?\d")
_SENTENCE_END = re2.compile(r"[.!?…]\s+")


def attribution(lines: Sequence[Line], end: int, *, above_quote: bool) -> int | None:
    """Where the attribution begins that ends at a line; None where that line ends none.

    `above_quote`: a quoted line follows, and less proof is needed.
    """
    line = lines[end]
    if line.mark is Mark.ATTRIBUTION:
        return _marked(lines, end)
    if not _may_end(line.text):
        return None
    window = ""
    for start in range(end, max(-1, end - MAX_WRAPPED), -1):
        here = lines[start]
        if not here.text or here.depth != line.depth:
            break
        if window and here.text[-1] in ".!?" and not starts_like_one(here.text):
            break  # a sentence of the writer's own
        window = f"{here.text} {window}".strip()
        if len(window) > MAX_LENGTH:
            break
        if _is_whole(window, above_quote=above_quote) or (above_quote and _is_short(lines, start, window)):
            return _begin(lines, start, window)
    return None


def starts_like_one(text: str) -> bool:
    """Whether a line begins as an attribution does: with "On", a day of the week, or a date."""
    return bool(_START.search(text) or _DAY.search(text) or _DIGIT.search(text))


def own_words_before(text: str) -> str:
    """What the writer says on the line on which the attribution begins: "Fine with me. On Tue, 3 Nov ... wrote:"."""
    if starts_like_one(text):
        return ""
    kept = ""
    for match in _SENTENCE_END.finditer(text):
        before = text[: match.end()].strip()
        rest = text[match.end() :]
        if "@" in before:
            break
        if starts_like_one(rest) and _DATE.search(rest):
            return before
        if len(before.split()) >= 3 and len(before.split()[-1]) >= 4:  # not "Dr. Ann B."
            kept = before
    return kept


def _may_end(text: str) -> bool:
    text = text.rstrip("*_ ")
    if text.endswith((":", "：")):
        return True
    return text.endswith(("wrote", "---", "wrote.", ">>>")) and len(text) > 4


def _is_whole(window: str, *, above_quote: bool) -> bool:
    """Whether a few joined lines have the parts of an attribution: a date and a writer.

    Where no quote mark follows, everything below would be lost, and "as our lawyer wrote on 5 May:" is a sentence:
    an address or a time of the day has to be there, and the form of an attribution.
    """
    dated = bool(_DATE.search(window))
    address = "@" in window and bool(_ADDRESS.search(window))
    if not (dated or address):
        return False
    verb = bool(_VERB.search(window))
    if window.startswith(">>>") or window.endswith(">>>"):
        return dated and address
    if verb:
        if not above_quote:
            return address or (bool(_TIME.search(window)) and starts_like_one(window))
        return starts_like_one(window) or address or _ends_with_verb(window)
    # Gmail in Japanese, Russian and Portuguese of old: date, name, address and a colon, no verb.
    return dated and starts_like_one(window) and _ends_with_address(window)


def _ends_with_verb(window: str) -> bool:
    last = None
    for match in _VERB.finditer(window):
        last = match
    return last is not None and (len(window) - last.end() <= 60)


def _ends_with_address(window: str) -> bool:
    last = None
    for match in _ADDRESS.finditer(window):
        last = match
    return last is not None and len(window) - last.end() <= 4


def _is_short(lines: Sequence[Line], start: int, window: str) -> bool:
    """ "Ann wrote:" right above a quote."""
    alone = start == 0 or not lines[start - 1].text or lines[start - 1].depth > 0
    return alone and len(window.split()) <= 8 and bool(_VERB.search(window)) and _ends_with_verb(window)


def _begin(lines: Sequence[Line], start: int, window: str) -> int:
    """Step up to the line that begins with "On" where the window that was enough begins in the middle."""
    if starts_like_one(window) and not _is_torn(lines, start):
        return start
    above, length = start, len(window)
    for at in range(start - 1, max(-1, start - MAX_WRAPPED), -1):
        here = lines[at]
        length += len(here.text) + 1
        if not here.text or here.depth != lines[start].depth or length > MAX_LENGTH:
            break
        if starts_like_one(here.text) and _DATE.search(here.text) and here.text[-1] not in ".!?":
            above = at
            break
    return above


def _is_torn(lines: Sequence[Line], start: int) -> bool:
    """Whether the line above ends in the middle of a date: "On Fri, 1 May 2026 at" over "10:12, Ann wrote:"."""
    if start == 0 or _START.search(lines[start].text) or not lines[start - 1].text:
        return False
    above = lines[start - 1]
    if above.text[-1] in ".!?":
        return False
    return above.depth == lines[start].depth and bool(_START.search(above.text)) and bool(_DATE.search(above.text))


def _marked(lines: Sequence[Line], end: int) -> int:
    start = end
    while start > 0 and lines[start - 1].mark is Mark.ATTRIBUTION:
        start -= 1
    return start
