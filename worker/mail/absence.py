"""Out of office: until when, and who follows the one that has left.

`until` is the day of return. "Back on 6 May" is 6 May. So is "until 6 May": many mean the day of return by
it, and in the other languages the same word serves. Where the last day of absence is named in so many
words ("through 9 May", "bis einschließlich", "t/m", "from 1 to 9 May") it is the day after. Two days of
return that differ are none, and so is a day that can be read in two ways.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from worker.core.model import Absence, Address, Party
from worker.mail import absence_words
from worker.mail.calendar_words import Day, days_in

MAX_TEXT = 6000
_MAX_BEFORE = 110
_MAX_AFTER = 70
_FARTHEST = timedelta(days=3 * 366)
_ALL = frozenset(absence_words.AWAY)
_NOBODY = ("noreply", "no-reply", "donotreply", "do-not-reply", "mailer-daemon", "postmaster")


class _Role(StrEnum):
    RETURN = "return"
    END = "end"
    LAST_DAY = "last day"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """A day with what the text makes of it."""

    role: _Role
    day: date | None


def read_absence(text: str, *, date: datetime | None, sender: Party | None, sure: bool = False) -> Absence | None:
    """What an automatic answer says of an absence; None where it speaks of none.

    `date` is that of the mail. With `sure` it is known from elsewhere (the subject) that it is about one.
    """
    low = _plain(text[:MAX_TEXT])
    if absence_words.left().search(low):
        return Absence(left_company=True, successor=_successor(low, sender))
    away = absence_words.languages_of(absence_words.away(), low)
    back = absence_words.languages_of(absence_words.back(), low)
    if not (away or back or sure):
        return None
    languages = (away or back or _ALL - {"pl", "pt"}) | {"en"}
    written = date.date() if date else None
    told = _tell(low, days_in(low, written=written, languages=languages), languages)
    if not (away or sure) and not any(one.role is _Role.RETURN for one in told):
        return None
    return Absence(until=_until(told, written))


def _plain(text: str) -> str:
    """Lower case, full-width figures made plain, lines of one paragraph joined."""
    low = unicodedata.normalize("NFKC", text).lower().replace("\u2019", "'")
    paragraphs = [" ".join(block.split()) for block in low.replace("\r", "").split("\n\n")]
    return " ¶ ".join(block for block in paragraphs if block)


def _tell(low: str, days: list[Day], languages: frozenset[str]) -> list[_Told]:
    told = []
    for number, one in enumerate(days):
        begin = days[number - 1].end if number else 0
        end = days[number + 1].start if number + 1 < len(days) else len(low)
        before = _same_sentence_before(low[max(begin, one.start - _MAX_BEFORE) : one.start])
        after = _same_sentence_after(low[one.end : min(end, one.end + _MAX_AFTER)], low[one.start : one.end])
        if one.end + len(after) == end < len(low):
            after = ""  # It runs up to the next day, and belongs to that one: "19 May and back on 22 May".
        ranged = _is_range(before, low[begin : one.start] if number else "", languages)
        told.append(_Told(role=_role(before, after, ranged, languages), day=one.day))
    return told


def _role(before: str, after: str, ranged: bool, languages: frozenset[str]) -> _Role:
    """What the words around a day make of it: the nearest before it, else those behind."""
    shapes = absence_words.shapes()
    cues = absence_words.cues(languages)
    found = list(cues.finditer(before))
    names = [match.lastgroup for match in found]
    last = names[-1] if names else ""
    behind = {match.lastgroup for match in cues.finditer(after)}
    if last == "through" or shapes["included"].search(after):
        return _Role.LAST_DAY
    if ranged:
        return _Role.LAST_DAY
    if last == "until":
        return _Role.RETURN if "back" in names else _Role.END
    if last == "back" or (last == "from" and "back" in names and not _away_since(before, found)):
        return _Role.RETURN
    if shapes["until"].search(after):
        return _Role.END
    return _Role.RETURN if behind == {"back"} else _Role.OTHER


def _away_since(before: str, found: list[Any]) -> bool:
    """Whether a new absence begins behind the last word of return: "back in May, away from"."""
    at = next(match.end() for match in reversed(found) if match.lastgroup == "back")
    return bool(absence_words.languages_of(absence_words.away(), before[at:]))


def _is_range(before: str, between: str, languages: frozenset[str]) -> bool:
    """Whether it is the second day of "1 to 14 May" or "from 1 May to 14 May"."""
    shapes = absence_words.shapes()
    if between and shapes["connects"].search(between):
        return True
    return bool(shapes["half"].search(before))


def _until(told: list[_Told], written: date | None) -> date | None:
    returns = {one.day for one in told if one.role is _Role.RETURN}
    if returns:
        known = returns - {None}
        return _sane(known.pop(), written) if len(known) == 1 else None
    ends: set[date] = set()
    for one in told:
        if one.role in (_Role.END, _Role.LAST_DAY):
            if one.day is None:
                return None
            ends.add(one.day + timedelta(days=1) if one.role is _Role.LAST_DAY else one.day)
    # "From 1 to 5 May" and, in the other language, "bis 5. Mai": one absence, and the later day is safe.
    if ends and max(ends) - min(ends) <= timedelta(days=1):
        return _sane(max(ends), written)
    return None


def _sane(day: date | None, written: date | None) -> date | None:
    if day is None or (written is not None and day - written > _FARTHEST):
        return None
    return day


def _same_sentence_before(text: str) -> str:
    cut = max(text.rfind("("), text.rfind(". "), text.rfind("! "), text.rfind("? "), text.rfind("¶"), text.rfind("。"))
    while cut > 0 and text[cut] == "." and _is_short(text[:cut].split()[-1:]):
        cut = max(text.rfind(". ", 0, cut), text.rfind("¶", 0, cut), text.rfind("(", 0, cut))
    return text[cut + 1 :]


def _is_short(last: list[str]) -> bool:
    """Whether a full stop after this word ends no sentence: "Mo. 5. Mai", "d. 6", "t.o.m.", "einschl."."""
    word = last[0] if last else ""
    return len(word) <= 3 or "." in word or word in ("inkl", "einschl", "vorauss")


def _same_sentence_after(text: str, day: str) -> str:
    ends = [at for at in (text.find(mark) for mark in ("! ", "? ", "(", "¶", "。")) if at > 0]
    # "12.05. wieder", "5 Jan. back": behind a figure or a short month the full stop ends nothing.
    word = day.split()[-1]
    dot = text.find(". ", 0 if word.isalpha() and len(word) > 4 else 2)
    if dot >= 0:
        ends.append(dot)
    return text[: min(ends)] if ends else text


def _successor(low: str, sender: Party | None) -> Address | None:
    """The one address that the note gives; None where it gives several or its own."""
    found: dict[str, None] = {}
    for match in _address().finditer(low):
        address = match.group().strip(".'")
        if not address.startswith(_NOBODY) and (sender is None or address != sender.address):
            found[address] = None
    return Address(next(iter(found))) if found else None


def _address() -> Any:
    import re2

    return re2.compile(r"[\w.+'-]{1,64}@[a-z0-9-]+(?:\.[a-z0-9-]+)+")
