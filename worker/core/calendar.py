"""Business days, send windows and the clock of whoever gets the mail."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from worker.core.playbook import Duration, Hours, Unit

_LONGEST_SEARCH = 800
"""Days, over two years: longer than any absence that is believed."""
_MOST_LIVE_IN = {"GB": "ENG"}
"""Where a country's holidays without a region leave out a day off of nearly everybody, such as Easter Monday."""
DECENT = (time(7, 0), time(19, 0))
"""Whatever a playbook says, nothing leaves outside these hours of the recipient's day."""
MORNING = (time(8, 30), time(10, 0))
"""The business morning of "next business morning"."""

# One zone for each country where a Date's offset alone would leave several open; the first that fits wins.
_ZONES = {
    "US": ("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Phoenix",
           "America/Anchorage", "Pacific/Honolulu"),
    "CA": ("America/Toronto", "America/Vancouver", "America/Winnipeg", "America/Edmonton", "America/Halifax",
           "America/Regina", "America/St_Johns"),
    "AU": ("Australia/Sydney", "Australia/Brisbane", "Australia/Perth", "Australia/Adelaide", "Australia/Darwin"),
    "GB": ("Europe/London",), "IE": ("Europe/Dublin",), "PT": ("Europe/Lisbon",), "DE": ("Europe/Berlin",),
    "AT": ("Europe/Vienna",), "CH": ("Europe/Zurich",), "FR": ("Europe/Paris",), "ES": ("Europe/Madrid",),
    "IT": ("Europe/Rome",), "NL": ("Europe/Amsterdam",), "BE": ("Europe/Brussels",), "DK": ("Europe/Copenhagen",),
    "SE": ("Europe/Stockholm",), "NO": ("Europe/Oslo",), "FI": ("Europe/Helsinki",), "PL": ("Europe/Warsaw",),
    "CZ": ("Europe/Prague",), "GR": ("Europe/Athens",), "TR": ("Europe/Istanbul",), "IL": ("Asia/Jerusalem",),
    "IN": ("Asia/Kolkata",), "SG": ("Asia/Singapore",), "JP": ("Asia/Tokyo",), "CN": ("Asia/Shanghai",),
    "HK": ("Asia/Hong_Kong",), "KR": ("Asia/Seoul",), "AE": ("Asia/Dubai",), "ZA": ("Africa/Johannesburg",),
    "BR": ("America/Sao_Paulo",), "MX": ("America/Mexico_City",), "AR": ("America/Argentina/Buenos_Aires",),
    "NZ": ("Pacific/Auckland",),
}  # fmt: skip
_COUNTRY_OF_TLD = {"uk": "GB", **{code.lower(): code for code in _ZONES}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Locale:
    """Where somebody is, as far as their mail tells."""

    zone: ZoneInfo
    country: str = ""
    """ISO 3166, "" where unknown: then only weekends are no business days."""
    away: tuple[tuple[date, date], ...] = ()
    """First and last day of each absence: days on which no clock runs."""


@lru_cache(maxsize=256)
def _holidays(country: str, year: int) -> frozenset[date]:
    if not has_holidays(country):
        return frozenset()
    return frozenset(holidays.country_holidays(country, subdiv=_MOST_LIVE_IN.get(country), years=year))


def is_business_day(day: date, country: str) -> bool:
    """Monday to Friday and no public holiday of the country."""
    return day.weekday() < 5 and not is_holiday(day, country)


def has_holidays(country: str) -> bool:
    """Whether the public holidays of a country (ISO 3166) are known."""
    return country in holidays.list_supported_countries(include_aliases=False)


def is_holiday(day: date, country: str) -> bool:
    """Whether it is a public holiday of the country; none is known of "" and of countries without a calendar."""
    return day in _holidays(country, day.year)


def _counts(day: date, place: Locale) -> bool:
    return is_business_day(day, place.country) and not any(first <= day <= last for first, last in place.away)


def later(moment: datetime, wait: Duration, place: Locale) -> datetime:
    """The moment after a wait, on the wall clock of the place (a day is a day there, whatever the clocks do)."""
    local = moment.astimezone(place.zone)
    count = wait.count
    match wait.unit:
        case Unit.MINUTE:
            return _elapsed(moment, timedelta(minutes=count))
        case Unit.HOUR:
            return _elapsed(moment, timedelta(hours=count))
        case Unit.DAY:
            return _wall(local, local.date() + timedelta(days=count))
        case Unit.WEEK:
            return _wall(local, local.date() + timedelta(weeks=count))
        case Unit.MONTH:
            return _wall(local, _months_on(local.date(), count))
        case Unit.YEAR:
            return _wall(local, _months_on(local.date(), 12 * count))
        case Unit.BUSINESS_DAY:
            return _wall(local, _business_days_on(local.date(), count, place))
        case Unit.BUSINESS_MORNING:
            day = _business_days_on(local.date(), 1, place)
            return datetime.combine(day, MORNING[0], place.zone)


def _elapsed(moment: datetime, wait: timedelta) -> datetime:
    # Python adds to the wall clock, which jumps in the night when the clocks change.
    return (moment.astimezone(UTC) + wait).astimezone(moment.tzinfo)


def _wall(local: datetime, day: date) -> datetime:
    return datetime.combine(day, local.timetz().replace(fold=0))


def _months_on(day: date, months: int) -> date:
    total = day.year * 12 + day.month - 1 + months
    first = date(total // 12, total % 12 + 1, 1)
    last = (date(first.year + first.month // 12, first.month % 12 + 1, 1) - timedelta(days=1)).day
    return first.replace(day=min(day.day, last))


def _business_days_on(day: date, count: int, place: Locale) -> date:
    while count > 0:
        day += timedelta(days=1)
        if _counts(day, place):
            count -= 1
    return day


def fitting(moment: datetime, hours: Hours, place: Locale) -> datetime:
    """The first moment, not before this one, at which mail may reach somebody there."""
    begin, end = window(hours)
    days = hours.days if any(day < 5 for day in hours.days) else Hours().days
    local = moment.astimezone(place.zone)
    day = local.date()
    for _ in range(_LONGEST_SEARCH):
        if day.weekday() in days and _counts(day, place) and not is_holiday(day, hours.holidays):
            opens = datetime.combine(day, begin, place.zone)
            closes = datetime.combine(day, end, place.zone)
            if local < opens:
                return opens
            if local < closes:
                return local
        day += timedelta(days=1)
        local = datetime.combine(day, time(0), place.zone)
    # Nobody is away for so long, and `check` refuses a calendar without an open day: far off, not now.
    return datetime.combine(day, begin, place.zone)


def window(hours: Hours) -> tuple[time, time]:
    """The hours of a playbook inside the decent ones; the decent ones where nothing is left of it."""
    begin, end = max(hours.begin, DECENT[0]), min(hours.end, DECENT[1])
    return (begin, end) if begin < end else DECENT


def spread(moment: datetime, hours: Hours, place: Locale, seed: str) -> datetime:
    """Hold a mail back by the playbook's spread: the same mail always by the same time, never past the window."""
    least, most = hours.spread
    if most <= 0:
        return fitting(moment, hours, place)
    share = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:4], "big") / 2**32
    held = fitting(moment, hours, place) + timedelta(seconds=round(60 * (least + (most - least) * share)))
    again = fitting(held, hours, place)
    if again == held:
        return held
    # The window closed meanwhile: early in the next one, by the same share of its first half hour.
    begin, end = window(hours)
    open_for = 60 * (60 * (end.hour - begin.hour) + end.minute - begin.minute)
    return again + timedelta(seconds=int(min(1800, open_for - 1) * share))


def country_of(domain: str) -> str:
    """The country of a domain by its last label, "" for .com and its like."""
    return _COUNTRY_OF_TLD.get(domain.rpartition(".")[2], "")


def learn_zone(offsets: Iterable[tuple[datetime, int]], country: str, home: ZoneInfo) -> ZoneInfo:
    """The zone that explains the offsets seen in somebody's Date headers; the owner's where none is known.

    Clocks change, so an offset is never kept as a zone: the zone has to give each offset at its own moment.
    """
    named = _ZONES.get(country, ())
    # Many servers stamp UTC on everything; from a country that never has it, that says nothing of where somebody is.
    seen = tuple(pair for pair in offsets if pair[1] or not named or _is_their_own(pair, named))
    if not seen:
        return home if not named or home.key in named else ZoneInfo(named[0])
    rest = tuple(zone for zones in _ZONES.values() for zone in zones)
    home_first = (home.key,) if not named or home.key in named else ()
    for name in (*home_first, *named, home.key, *rest):
        zone = ZoneInfo(name)
        if all(_offset(zone, moment) == minutes for moment, minutes in seen):
            return zone
    return learn_zone(seen[1:], country, home)


def _is_their_own(seen: tuple[datetime, int], zones: Iterable[str]) -> bool:
    return any(_offset(ZoneInfo(zone), seen[0]) == seen[1] for zone in zones)


def _offset(zone: ZoneInfo, moment: datetime) -> int:
    offset = moment.astimezone(zone).utcoffset()
    return int(offset.total_seconds() // 60) if offset else 0
