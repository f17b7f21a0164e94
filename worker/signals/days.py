"""Days that people name: "on 3 April", "nächsten Dienstag", "dans quinze jours", each as a day of the calendar.

Relative words count from the day of the mail. What is ambiguous (04/05 from who knows where) is no day at all.
The words of all languages lie in one table: they hardly collide, and a mail mixes them.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from worker.signals.day_words import (
    AFTER,
    AFTER_BARE,
    ARTICLE,
    BACK,
    BARE,
    CALENDAR_WEEK,
    CHRISTMAS,
    DAY_AFTER,
    EASTER,
    ENGLISH_ORDER,
    FORTNIGHT,
    HALF,
    LAST,
    LINK,
    MONTH,
    NEXT,
    NUMBER,
    ORDINAL,
    PART,
    PLACED,
    QUARTER,
    SEASON,
    SPAN,
    TOMORROW,
    UNIT,
    VAGUE_MONTH,
    WEEKDAY,
)

_TOKEN = re.compile(
    r"(?P<iso>20\d\d-\d\d-\d\d)(?!\d)"
    r"|(?P<numeric>(?<![\d.,/])(?:\d{1,2}\.\d{1,2}\.(?:20\d\d|\d\d)?|\d{1,2}/\d{1,2}(?:/20\d\d|/\d\d)?)(?![\d%]))"
    r"|(?P<number>\d+)(?P<ordinal>st\b|nd\b|rd\b|th\b|ste\b|de\b|er\b|e\b|o\b|\.(?= |$|,))?"
    r"|(?P<word>[a-z]+)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A day and where it is named."""

    start: int
    end: int
    day: date


@dataclass(frozen=True, slots=True)
class _Token:
    start: int
    end: int
    word: str
    number: int = -1
    ordinal: bool = False


def days(folded: str, today: date, language: str = "") -> list[Named]:
    """Every day that a folded sentence names, seen from the day on which it was written."""
    tokens: list[_Token] = []
    found: list[Named] = []
    for match in _TOKEN.finditer(folded):
        if match["iso"] or match["numeric"]:
            day = _numeric(match.group(), today, language)
            if day:
                found.append(Named(start=match.start(), end=match.end(), day=day))
            continue
        number = int(match["number"]) if match["number"] and len(match["number"]) < 5 else -1
        tokens.append(_Token(match.start(), match.end(), match["word"] or "", number, bool(match["ordinal"])))
    place = 0
    while place < len(tokens):
        hit = _at(tokens, place, today)
        if hit is None:
            place += 1
            continue
        first, last, day = hit
        while first < last and tokens[first].word in _LEADING:
            first += 1
        found.append(Named(start=tokens[first].start, end=tokens[last].end, day=day))
        place = last + 1
    return _merged(sorted(found, key=lambda named: named.start))


def _merged(found: list[Named]) -> list[Named]:
    """ "Montag, den 31. März" is one day, and the date in it knows better than the weekday."""
    merged: list[Named] = []
    for named in found:
        if merged and named.start <= merged[-1].end + 6:
            named = Named(start=merged[-1].start, end=named.end, day=named.day)
            merged.pop()
        merged.append(named)
    return merged


def has_day_word(words: frozenset[str]) -> bool:
    """Whether a sentence may name a day at all; cheap."""
    return not _DAY_WORDS.isdisjoint(words) or any(w[0].isdigit() or w.endswith("woche") for w in words)


_DAY_WORDS = frozenset(
    {*FORTNIGHT, *HALF, *MONTH, *WEEKDAY, *UNIT, *QUARTER, *SEASON, *EASTER, *CHRISTMAS, *TOMORROW, *DAY_AFTER}
)
_LEADING = (PLACED | AFTER | SPAN | BACK) - frozenset(PART) - ARTICLE
"""Prepositions; they are no part of the day, an article is."""
_Hit = tuple[int, int, date]


def _at(tokens: list[_Token], place: int, today: date) -> _Hit | None:
    """The day whose main word is at this place: first token, last token, day."""
    word = tokens[place].word
    if word in CALENDAR_WEEK:
        week = _calendar_week(tokens, place, today)
        if week:
            return week
    if word in ORDINAL or tokens[place].ordinal:
        counted = _counted(tokens, place, today)
        if counted:
            return counted
    if word in MONTH:
        return _month(tokens, place, today)
    if word in WEEKDAY:
        return _weekday(tokens, place, today)
    if word in UNIT or word in QUARTER or word in FORTNIGHT:
        return _unit(tokens, place, today)
    if word in TOMORROW or word in DAY_AFTER:
        return _tomorrow(tokens, place, today)
    if word in SEASON or word in EASTER or word in CHRISTMAS:
        return _season(tokens, place, today)
    if word in {"q", "quartal", "trimestre"} or (tokens[place].ordinal and 0 < tokens[place].number < 32):
        return _of_month(tokens, place, today)
    if word in BARE:
        return _bare(tokens, place, today)
    return None


def _word(tokens: list[_Token], place: int) -> str:
    return tokens[place].word if 0 <= place < len(tokens) else ""


def _number(tokens: list[_Token], place: int) -> int:
    if not 0 <= place < len(tokens):
        return -1
    return tokens[place].number if tokens[place].number >= 0 else NUMBER.get(tokens[place].word, -1)


# -- each kind of day ---------------------------------------------------------------------


def _numeric(text: str, today: date, language: str) -> date | None:
    if "-" in text:
        return _date(*map(int, text.split("-")))
    separator = "." if "." in text else "/"
    parts = [int(p) for p in text.strip(".").split(separator)]
    day, month = parts[0], parts[1]
    year = parts[2] + 2000 * (parts[2] < 100) if len(parts) > 2 else None
    if separator == "/" and language in {"en", ""} and day != month:
        if month > 12 >= day:
            day, month = month, day
        elif day <= 12:
            # 04/05 is the fourth of May in London and the fifth of April in Boston.
            return None
    return _date(year, month, day) if year else _coming(today, month, day)


def _month(tokens: list[_Token], place: int, today: date) -> _Hit | None:
    month, first, last = MONTH[tokens[place].word], place, place
    before = place - 1 - (_word(tokens, place - 1) in LINK)
    day = -1
    if 0 < _number_at(tokens, before) < 32:
        day, first = _number_at(tokens, before), before
    elif _word(tokens, before) in PART:
        first = before
        return _with_year(tokens, first, last, today, month, _part_day(PART[_word(tokens, before)], today.year, month))
    elif 0 < _number_at(tokens, place + 1) < 32 and _is_day(tokens, place + 1):
        day, last = tokens[place + 1].number, place + 1
    elif _word(tokens, place - 1) in PLACED or _word(tokens, place - 1) in NEXT:
        if tokens[place].word in VAGUE_MONTH and _word(tokens, place + 1) in ENGLISH_ORDER:
            return None
        day, first = 1, place - 1
    if day < 0:
        return None
    return _with_year(tokens, first, last, today, month, day)


def _number_at(tokens: list[_Token], place: int) -> int:
    return tokens[place].number if 0 <= place < len(tokens) else -1


def _is_day(tokens: list[_Token], place: int) -> bool:
    """ "March 14", not "March 14:30" or "May 10 percent"."""
    after = tokens[place + 1 : place + 2]
    is_clock = bool(after) and after[0].start == tokens[place].end + 1 and 0 <= after[0].number < 60
    return not is_clock and _word(tokens, place + 1) not in {"am", "pm", "percent", "uhr", "h"}


def _with_year(tokens: list[_Token], first: int, last: int, today: date, month: int, day: int) -> _Hit | None:
    after = last + 1 + (_word(tokens, last + 1) in LINK)
    if 2000 <= _number_at(tokens, after) < 2100:
        named = _date(tokens[after].number, month, day)
        return (first, after, named) if named else None
    named = _coming(today, month, day)
    return (first, last, named) if named else None


def _weekday(tokens: list[_Token], place: int, today: date) -> _Hit | None:
    if _word(tokens, place - 1) in LAST or _word(tokens, place + 1) in LAST:
        return None
    ahead = (WEEKDAY[tokens[place].word] - today.weekday() - 1) % 7 + 1
    first, last = place, place
    dated = _dated_weekday(tokens, place, today)
    if dated:
        return dated
    if _word(tokens, place - 1) in NEXT:
        # "next Friday" is the one of next week, as most people mean it.
        first = place - 1
        ahead = 7 - today.weekday() + WEEKDAY[tokens[place].word]
    elif _word(tokens, place + 1) in NEXT:
        last = place + 1
        if _word(tokens, place + 2) in UNIT:
            last, ahead = place + 2, 7 - today.weekday() + WEEKDAY[tokens[place].word]
    return first, last, today + timedelta(days=ahead)


def _dated_weekday(tokens: list[_Token], place: int, today: date) -> _Hit | None:
    """ "lunes 17", "Thursday 20": the number, where it is a day of that name within two months."""
    number = _number_at(tokens, place + 1)
    if not 0 < number < 32 or not _is_day(tokens, place + 1):
        return None
    for ahead in range(62):
        day = today + timedelta(days=ahead)
        if day.day == number and day.weekday() == WEEKDAY[tokens[place].word]:
            return place, place + 1, day
    return None


def _counted(tokens: list[_Token], place: int, today: date) -> _Hit | None:
    """ "the first week of May", "erste Maiwoche", "im dritten Quartal", "the second half of the year"."""
    count = ORDINAL.get(tokens[place].word) or tokens[place].number
    word = _word(tokens, place + 1)
    if not 0 < count < 5:
        return None
    if word in QUARTER and tokens[place].word not in LAST:
        return _with_year(tokens, place, place + 1, today, 3 * count - 2, 1)
    if word in HALF and count < 3:
        return _with_year(tokens, place, place + 1, today, 6 * count - 5, 1)
    if word.endswith("woche") and word[:-5] in MONTH:
        return _with_year(tokens, place, place + 1, today, MONTH[word[:-5]], 7 * count - 6)
    last = place + 2
    while UNIT.get(word) == "w" and _word(tokens, last) in LINK:
        last += 1
    if UNIT.get(word) == "w" and _word(tokens, last) in MONTH:
        return _with_year(tokens, place, last, today, MONTH[_word(tokens, last)], 7 * count - 6)
    return None


def _unit(tokens: list[_Token], place: int, today: date) -> _Hit | None:
    word = tokens[place].word
    unit = "f" if word in FORTNIGHT else QUARTER.get(word) or UNIT[word]
    before, after = _word(tokens, place - 1), _word(tokens, place + 1)
    if unit != "f" and (before in NEXT or after in NEXT):
        first, last = place - (before in NEXT), place + (before not in NEXT)
        part = next((p for p in (first - 1, first - 2, first - 3) if _word(tokens, p) in PART), None)
        start = _next_start(unit, today)
        if part is None:
            return first, last, start
        return part, last, _part_of(PART[_word(tokens, part)], unit, start)
    part = next((p for p in (place - 1, place - 2, place - 3) if _word(tokens, p) in PART), None)
    if part is not None and unit not in "df" and _number(tokens, place - 1) < 0:
        return part, place, _part_of(PART[_word(tokens, part)], unit, today)
    return _span(tokens, place, unit, today)


def _span(tokens: list[_Token], place: int, unit: str, today: date) -> _Hit | None:
    """ "in three weeks", "dans 2 ou 3 jours" (the longer one), "in a few days", "dentro de dos meses"."""
    for first in range(place - 1, max(-1, place - 7), -1):
        if tokens[first].word in SPAN:
            inner = tokens[first + 1 : place]
            counts = [n for n in (_number(inner, i) for i in range(len(inner))) if n >= 0]
            few = any(t.word in {"few", "paar", "quelques", "unos", "unas", "alcuni"} for t in inner)
            if not counts and not few:
                return None
            count = 3 if few else max(counts)
            return (first, place, _later(today, count, unit)) if count <= 60 else None
    return None


def _tomorrow(tokens: list[_Token], place: int, today: date) -> _Hit | None:
    greets = _word(tokens, place - 1) in {"guten", "goede", "am", "good", "gute", "de", "la", "por"}
    if greets and tokens[place].word in {"morgen", "manana"}:
        return None
    after = tokens[place].word in DAY_AFTER or _word(tokens, place - 1) in {"after", "pasado", "apres"}
    return place - (after and tokens[place].word in TOMORROW), place, today + timedelta(days=1 + after)


def _season(tokens: list[_Token], place: int, today: date) -> _Hit | None:
    word = tokens[place].word
    if word == "ete" and _word(tokens, place - 1) not in {"l", "cet", "d"}:
        # "Le virement a été fait" has no summer in it.
        return None
    first = next((p for p in (place - 1, place - 2, place - 3) if _word(tokens, p) in AFTER), None)
    if word in EASTER:
        feast = _easter(today.year) if _easter(today.year) >= today else _easter(today.year + 1)
        return first if first is not None else place, place, feast + timedelta(days=2 if first is not None else 0)
    if word in CHRISTMAS and _word(tokens, place - 1) in SEASON:
        return None
    if word in CHRISTMAS:
        turn = date(today.year + (today.month > 1), 1, 2)
        return (first if first is not None else place), place, turn
    begin = next((p for p in (place - 1, place - 2) if _word(tokens, p) in PLACED or _word(tokens, p) in NEXT), None)
    if first is None and begin is None:
        return None
    month = SEASON[word] + (3 if first is not None else 0)
    day = _coming(today, month if month <= 12 else month - 12, 1)
    return (min(p for p in (first, begin) if p is not None), place, day) if day else None


def _of_month(tokens: list[_Token], place: int, today: date) -> _Hit | None:
    """ "the 14th", "am 3.", and Q3."""
    token = tokens[place]
    if token.number < 0:
        number = _number_at(tokens, place + 1)
        return _with_quarter(tokens, place, today, number) if 0 < number < 5 else None
    following = tokens[place + 1 : place + 2]
    is_order = bool(following) and following[0].start <= token.end + 1 and following[0].word in ENGLISH_ORDER
    if _word(tokens, place - 1) not in BACK or is_order:
        return None
    month = today.month if token.number > today.day else today.month % 12 + 1
    day = _coming(today, month, token.number)
    return (place - 1, place, day) if day else None


def _calendar_week(tokens: list[_Token], place: int, today: date) -> _Hit | None:
    """ "KW 12", "week 12": its Monday; "semaine du 14": the day itself."""
    number = _number_at(tokens, place + 1)
    if not 0 < number < 54 or tokens[place + 1].ordinal:
        return None
    monday = date.fromisocalendar(today.year, min(number, 52), 1)
    if monday < today - timedelta(days=31):
        monday = date.fromisocalendar(today.year + 1, min(number, 52), 1)
    return place, place + 1, monday


def _bare(tokens: list[_Token], place: int, today: date) -> _Hit | None:
    """ "le 14", "el 20", with nothing behind it that it could count."""
    number = _number_at(tokens, place + 1)
    if not 0 < number < 32:
        return None
    following = tokens[place + 2 : place + 3]
    if following and following[0].start <= tokens[place + 1].end + 1 and following[0].word not in AFTER_BARE:
        return None
    month = today.month if number > today.day else today.month % 12 + 1
    day = _coming(today, month, number)
    return (place, place + 1, day) if day else None


def _with_quarter(tokens: list[_Token], place: int, today: date, quarter: int) -> _Hit | None:
    return _with_year(tokens, place, place + 1, today, 3 * quarter - 2, 1)


# -- the calendar ---------------------------------------------------------------------------


def _date(year: int, month: int, day: int) -> date | None:
    if not (1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]):
        return None
    return date(year, month, day)


def _coming(today: date, month: int, day: int) -> date | None:
    """The next such day; up to a month back it is the one that has just been ("as I said on 3 March")."""
    this = _date(today.year, month, day)
    if this and this >= today - timedelta(days=31):
        return this
    return _date(today.year + 1, month, day)


def _part_day(part: str, year: int, month: int) -> int:
    return {"early": 1, "middle": 15, "end": monthrange(year, month)[1]}[part]


def _part_of(part: str, unit: str, inside: date) -> date:
    """Beginning, middle or end of the week, month, quarter or year that a day lies in."""
    if unit == "w":
        return inside + timedelta(days={"early": 0, "middle": 2, "end": 4}[part] - inside.weekday())
    if unit == "m":
        return inside.replace(day=_part_day(part, inside.year, inside.month))
    first = 3 * ((inside.month - 1) // 3) + 1 if unit == "q" else 1
    length = 3 if unit == "q" else 12
    month = first + {"early": 0, "middle": length // 2, "end": length - 1}[part]
    return date(inside.year, month, _part_day(part, inside.year, month))


def _next_start(unit: str, today: date) -> date:
    match unit:
        case "w":
            return today + timedelta(days=7 - today.weekday())
        case "m":
            return _later(today.replace(day=1), 1, "m")
        case "q":
            return _later(today.replace(month=3 * ((today.month - 1) // 3) + 1, day=1), 3, "m")
        case "y":
            return date(today.year + 1, 1, 2)
        case _:
            return today + timedelta(days=1)


def _later(today: date, count: int, unit: str) -> date:
    if unit in "dwf":
        return today + timedelta(days=count * {"d": 1, "w": 7, "f": 14}[unit])
    months = today.month - 1 + count * {"m": 1, "q": 3, "y": 12}[unit]
    year, month = today.year + months // 12, months % 12 + 1
    return date(year, month, min(today.day, monthrange(year, month)[1]))


def _easter(year: int) -> date:
    """Easter Sunday; the anonymous Gregorian rule (Meeus, Astronomical Algorithms, chapter 8)."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    k = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * k) // 451
    month, day = divmod(h + k - 7 * m + 114, 31)
    return date(year, month, day + 1)
