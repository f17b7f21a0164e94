"""Days as mail writes them, in thirteen languages: 5 May, 5. Mai, le 5 mai, 05.05., 2025-05-05, 5月5日, Monday.

Only the words; what a day means is read elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

MAX_DAYS = 60
_STALE = timedelta(days=60)
"""A day without a year that is longer gone than this is meant for the year to come."""

_MONTH_NAMES = (
    "january jan januar jänner jaenner januari janvier janv enero ene gennaio gen janeiro stycznia styczeń"
    " styczen tammikuuta tammikuun",
    "february feb februar feber februari février fevrier févr fevr febrero febbraio febb fevereiro fev lutego luty"
    " helmikuuta helmikuun",
    "march mar märz maerz mrz mär mars marzo março marco maart mrt marca marzec marts maaliskuuta maaliskuun",
    "april apr avril avr abril abr aprile kwietnia kwiecień kwiecien huhtikuuta huhtikuun",
    "may mai mayo maggio mag maio mei maja maj toukokuuta toukokuun",
    "june jun juni juin junio giugno giu junho czerwca czerwiec kesäkuuta kesäkuun",
    "july jul juli juillet juil julio luglio lug julho lipca lipiec heinäkuuta heinäkuun",
    "august aug août aout agosto ago augustus augusti sierpnia sierpień sierpien elokuuta elokuun",
    "september sept sep septembre septiembre setiembre settembre sett setembro września wrzesień wrzesnia"
    " syyskuuta syyskuun",
    "october oct oktober okt octobre octubre ottobre ott outubro października październik pazdziernika"
    " lokakuuta lokakuun",
    "november nov novembre noviembre novembro listopada listopad marraskuuta marraskuun",
    "december dec dezember dez décembre decembre déc diciembre dic dicembre dezembro grudnia grudzień grudzien des"
    " desember joulukuuta joulukuun",
)
_WEEKDAY_NAMES = (
    "monday mon montag lundi lunes lunedì lunedi maandag segunda segunda-feira poniedziałek poniedzialek måndag"
    " mandag maanantai maanantaina maanantaihin 月曜日 月曜",
    "tuesday tue tues dienstag mardi martes martedì martedi dinsdag terça terça-feira terca-feira wtorek tisdag"
    " tirsdag tiistai tiistaina tiistaihin 火曜日 火曜",
    "wednesday wed mittwoch mercredi miércoles miercoles mercoledì mercoledi woensdag quarta quarta-feira środa środę"
    " sroda onsdag keskiviikko keskiviikkona 水曜日 水曜",
    "thursday thu thurs donnerstag jeudi jueves giovedì giovedi donderdag quinta quinta-feira czwartek torsdag torstai"
    " torstaina 木曜日 木曜",
    "friday fri freitag vendredi viernes venerdì venerdi vrijdag sexta sexta-feira piątek piatek fredag perjantai"
    " perjantaina perjantaihin 金曜日 金曜",
    "saturday sat samstag sonnabend samedi sábado sabado sabato zaterdag sobota sobotę lördag lørdag lauantai"
    " lauantaina 土曜日 土曜",
    "sunday sun sonntag dimanche domingo domenica zondag niedziela niedzielę söndag søndag sunnuntai sunnuntaina"
    " 日曜日 日曜",
)
_TOMORROW = "tomorrow demain mañana domani amanhã jutro imorgon huomenna 明日"
MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES, 1) for name in names.split()}
WEEKDAYS = {name: number for number, names in enumerate(_WEEKDAY_NAMES) for name in names.split()}
_DAY_FIRST = frozenset({"de", "fr", "es", "it", "nl", "pt", "pl", "sv", "da", "no", "fi"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day that a text names, and where."""

    start: int
    end: int
    day: date | None
    """None where it can be read in two ways."""


def days_in(low: str, *, written: date | None, languages: frozenset[str]) -> list[Day]:
    """The days of a text in lower case, in order.

    `written` is the day of the mail, for what leaves the year out; without it such days stay unread.
    3/4/2025 is 3 April or 4 March: the language tells, or else another such day of the same text, or else
    that only one of the two lies ahead; what is then still open is None.
    """
    found: list[Day] = []
    for read in (_iso, _japanese, _day_month, _month_day, _figures):
        for hit in read(low, written, languages):
            if len(found) < MAX_DAYS and not any(hit.start < one.end and one.start < hit.end for one in found):
                found.append(hit)
    if written is not None:
        for hit in _weekdays(low, written):
            near = any(one.start - 16 <= hit.end <= one.end or one.start <= hit.start <= one.end + 3 for one in found)
            if len(found) < MAX_DAYS and not near:
                found.append(hit)
    return sorted(found, key=lambda hit: hit.start)


def _iso(low: str, written: date | None, languages: frozenset[str]) -> Iterator[Day]:
    for hit in _patterns()["iso"].finditer(low):
        yield Day(start=hit.start(), end=_span(hit, "d")[1], day=_date(hit["y"], int(hit["m"]), int(hit["d"]), written))


def _japanese(low: str, written: date | None, languages: frozenset[str]) -> Iterator[Day]:
    for hit in _patterns()["japanese"].finditer(low):
        yield Day(start=hit.start(), end=hit.end(), day=_date(hit["y"], int(hit["m"]), int(hit["d"]), written))


def _day_month(low: str, written: date | None, languages: frozenset[str]) -> Iterator[Day]:
    for hit in _patterns()["day_month"].finditer(low):
        if not _inside_number(low, _span(hit, "d")[0]):
            end = _span(hit, "y")[1] if hit["y"] else _span(hit, "m")[1]
            yield Day(start=_span(hit, "d")[0], end=end, day=_date(hit["y"], MONTHS[hit["m"]], int(hit["d"]), written))


def _month_day(low: str, written: date | None, languages: frozenset[str]) -> Iterator[Day]:
    for hit in _patterns()["month_day"].finditer(low):
        if low[_span(hit, "m")[0] - 1 : _span(hit, "m")[0]].isalpha():
            continue
        month, year = MONTHS[hit["m"]], hit["y"]
        first = _date(year, month, int(hit["d"]), written)
        end = _span(hit, "o" if hit["o"] else "d")[1]
        if hit["e"]:
            yield Day(start=_span(hit, "m")[0], end=end, day=first)
            yield Day(start=_span(hit, "e")[0], end=_span(hit, "e")[1], day=_date(year, month, int(hit["e"]), written))
        else:
            yield Day(start=_span(hit, "m")[0], end=_span(hit, "y")[1] if year else end, day=first)


def _figures(low: str, written: date | None, languages: frozenset[str]) -> Iterator[Day]:
    """5.5.2025, 05/05/25, 6.5.: dots put the day first, the others as the language has it."""
    marks = ("dots", "slashes", "dashes")
    hits = [hit for mark in marks for hit in _patterns()[mark].finditer(low) if _is_day(low, hit)]
    month_first = _order([(int(hit["a"]), int(hit["b"])) for hit in hits if hit["s"] != "."], languages)
    for hit in hits:
        a, b, year = int(hit["a"]), int(hit["b"]), hit["y"]
        end = _span(hit, "y")[1] if year else _span(hit, "b")[1]
        day_first = _date(year, b, a, written)
        other = None if hit["s"] == "." else _date(year, a, b, written)
        day = other or day_first
        if hit["s"] == "." or month_first is False:
            day = day_first
        elif month_first is None and day_first and other and day_first != other:
            ahead = [one for one in (day_first, other) if written is not None and one > written]
            day = ahead[0] if len(ahead) == 1 else None
        yield Day(start=_span(hit, "a")[0], end=end, day=day)


def _is_day(low: str, hit: Any) -> bool:
    """Whether two or three figures are a day, and no time, version or 24/7."""
    if _inside_number(low, _span(hit, "a")[0]) or (hit["s"] == "-" and not hit["y"]):
        return False
    if hit["y"] or hit["s"] == "/":
        return bool(hit["y"]) or (hit["a"], hit["b"]) != ("24", "7")
    begin, end = _span(hit, "a")[0], _span(hit, "b")[1]
    return low[end : end + 1] == "." or _patterns()["lead"].search(low[max(0, begin - 20) : begin]) is not None


def _inside_number(low: str, at: int) -> bool:
    return at > 0 and (low[at - 1].isdigit() or (low[at - 1] in ".,/:" and low[at - 2 : at - 1].isdigit()))


def _order(pairs: list[tuple[int, int]], languages: frozenset[str]) -> bool | None:
    """Whether the month comes first in 3/4/2025; None where nothing tells."""
    if any(b > 12 >= a for a, b in pairs):
        return True
    if any(a > 12 >= b for a, b in pairs) or languages & _DAY_FIRST:
        return False
    return True if "ja" in languages else None


def _weekdays(low: str, written: date) -> Iterator[Day]:
    for hit in _patterns()["weekday"].finditer(low):
        word = hit["day"]
        if low[hit.start() - 1 : hit.start()].isalpha() and word.isascii():
            continue
        if word not in WEEKDAYS:
            if _patterns()["morning"].search(low[max(0, hit.start() - 12) : hit.start()]):
                continue
            yield Day(start=hit.start(), end=_span(hit, "day")[1], day=written + timedelta(days=1))
            continue
        day = written + timedelta(days=(WEEKDAYS[word] - written.weekday() - 1) % 7 + 1)
        # "Next Friday", said on a Tuesday, is one of two.
        same_week = day.isocalendar()[:2] == written.isocalendar()[:2]
        yield Day(start=hit.start(), end=_span(hit, "day")[1], day=None if hit["next"] and same_week else day)


def _date(year: str | None, month: int, day: int, written: date | None) -> date | None:
    """The date; without a year the one that fits the mail. None where there is no such day."""
    try:
        if year:
            return date(int(year) + (2000 if len(year) == 2 else 0), month, day)
        if written is None:
            return None
        found = date(written.year, month, day)
        return found if found >= written - _STALE else date(written.year + 1, month, day)
    except ValueError:
        return None


def _span(hit: Any, name: str) -> tuple[int, int]:
    """Where a named group stands; re2 takes numbers only."""
    start, end = hit.span(hit.re.groupindex[name])
    return start, end


@lru_cache(maxsize=1)
def _patterns() -> dict[str, Any]:
    import re2

    months = "|".join(sorted(MONTHS, key=len, reverse=True)).replace(".", "\\.")
    days = "|".join(sorted((name for name in WEEKDAYS if len(name) > 4 or not name.isascii()), key=len, reverse=True))
    year = r"(?P<y>(?:19|20)\d\d)"
    figures = r"(?P<a>\d{1,2})(?P<s>#) ?(?P<b>\d{1,2})(?:# ?(?P<y>20\d\d|\d\d))?(?:[^\d:%]|$)"
    after = r"(?:st|nd|rd|th|er|ère|e|\.|º|°|ª|:e|:a|ro)?"
    return {
        "iso": re2.compile(r"\b(?P<y>20\d\d)[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?:[^\d]|$)"),
        "japanese": re2.compile(r"(?:(?P<y>20\d\d)年 ?)?(?P<m>\d{1,2})月 ?(?P<d>\d{1,2})日"),
        "day_month": re2.compile(
            rf"(?P<d>\d{{1,2}}){after}\s{{0,2}}(?:(?:of|de|den|day of)\s|d')?(?P<m>{months})"
            rf"(?:\.?,?\s{{1,2}}(?:de |del |do )?{year})?(?:[^\pL\d]|$)"
        ),
        "month_day": re2.compile(
            rf"(?P<m>{months})\.?\s{{1,2}}(?:the )?(?P<d>\d{{1,2}})(?P<o>st|nd|rd|th)?"
            r"(?:\s{0,2}(?:-|\x{2013}|—|to|through|thru|until)\s{0,2}(?P<e>\d{1,2})(?:st|nd|rd|th)?)?"
            rf"(?:,?\s{{1,2}}{year})?(?:[^\d\pL:]|$)"
        ),
        "dots": re2.compile(figures.replace("#", "[.]")),
        "slashes": re2.compile(figures.replace("#", "/")),
        "dashes": re2.compile(figures.replace("#", "-")),
        "lead": re2.compile(
            r"(?:am|den|dem|zum|vom|ab|bis|seit|til|till|fra|från|d\.|palaan|le|el|il|op|tot|vanaf"
            r"|dia)\s$"
        ),
        "morning": re2.compile(r"(?:guten|goeden?|god|heute|jeden|am|elke|por la|de la) $"),
        "weekday": re2.compile(
            rf"(?:(?P<next>next)\s)?(?P<day>{days}|{_TOMORROW.replace(' ', '|')}|morgen)"
            r"(?:[^\pL-]|$)"
        ),
    }
