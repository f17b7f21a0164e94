"""Dates as mail writes them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

_NAMES_OF_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec"
_MONTHS = {name: n for n, name in enumerate(_NAMES_OF_MONTHS.split(), 1)}
_COMMENT = re.compile(r"\([^()]{0,200}\)?")
_COLON = re.compile(r"[ \t]{0,9}:[ \t]{0,9}")
_ZONES = {"edt": -4, "est": -5, "cdt": -5, "cst": -6, "mdt": -6, "mst": -7, "pdt": -7, "pst": -8,
          "gmt": 0, "ut": 0, "utc": 0, "z": 0, "wet": 0, "west": 1, "bst": 1, "met": 1, "cet": 1, "mez": 1,
          "cest": 2, "mest": 2, "mesz": 2, "eet": 2, "eest": 3, "msk": 3, "ist": 5.5, "jst": 9, "kst": 9,
          "aest": 10, "aedt": 11}  # fmt: skip


def mail_date(value: str) -> datetime | None:
    """The instant with the writer's own offset, UTC where none is given; None for what is no date.

    RFC 5322 section 3.3 with its obsolete forms, asctime and ISO 8601. A year outside 1970 to 2199 is
    nonsense.
    """
    try:
        found = _read(value[:200])
    except (ValueError, OverflowError):
        return None
    return found if found is not None and 1970 <= found.year < 2200 else None


def _read(value: str) -> datetime | None:
    plain = _COMMENT.sub(" ", value) if "(" in value else value
    plain = _COLON.sub(":", plain.replace(",", " ")).strip()
    items = plain.split()
    if len(items) == 1 or (items and items[0][:1].isdigit() and items[0].count("-") == 2 and items[0][:4].isdigit()):
        return _read_iso(plain)
    if items and items[0][:1].isalpha() and not _month(items[0]):
        items = items[1:]
    if items and items[0].count("-") == 2:
        items[:1] = items[0].split("-")
    if len(items) < 4:
        return None
    if _month(items[0]):  # asctime: Nov 23 20:48:19 2026
        month, day = items[0], items[1]
        year, clock = (items[3], items[2]) if ":" in items[2] else (items[2], items[3])
    else:
        day, month, year, clock = items[:4]
    zone = items[4] if len(items) > 4 else ""
    hour, minute, second = _clock(clock)
    if not _month(month):
        return None
    return datetime(_year(year), _month(month), int(day), hour, minute, second, tzinfo=_zone(zone))


def _read_iso(value: str) -> datetime | None:
    found = datetime.fromisoformat(value)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _month(word: str) -> int:
    return _MONTHS.get(word[:3].lower(), 0)


def _year(word: str) -> int:
    year = int(word)
    if len(word) == 2:  # RFC 5322 section 4.3
        return year + (2000 if year < 50 else 1900)
    return year + 1900 if len(word) == 3 else year


def _clock(word: str) -> tuple[int, int, int]:
    pieces = [int(piece) for piece in word.replace(".", ":").split(":")[:3]]
    pieces += [0] * (3 - len(pieces))
    return pieces[0], pieces[1], min(pieces[2], 59)


def _zone(word: str) -> timezone:
    word = word.strip().lower()
    if word[:1] in ("+", "-") and word[1:].replace(":", "").isdigit():
        digits = word[1:].replace(":", "").zfill(4)[:4]
        minutes = int(digits[:2]) * 60 + int(digits[2:])
        if minutes <= 14 * 60:
            return timezone(timedelta(minutes=minutes if word[0] == "+" else -minutes))
    hours = _ZONES.get(word, 0)
    return timezone(timedelta(hours=hours)) if hours else UTC
