"""Business days, send windows and the clock of whoever gets the mail."""

from __future__ import annotations

import hashlib
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
_SATURDAY, _SUNDAY = 5, 6
_WEEK = frozenset(range(7))
DECENT = (time(7, 0), time(19, 0))
"""Whatever a playbook says, nothing leaves outside these hours of the recipient's day."""
MORNING = (time(8, 30), time(10, 0))
"""The business morning of "next business morning"."""

@dataclass(frozen=True, slots=True, kw_only=True)
class Locale:
    """Where somebody is, as far as their mail tells."""

    zone: ZoneInfo
    country: str = ""
    """ISO 3166, "" where unknown: then only weekends are no business days."""
    region: str = ""
    """CA-BC: the part of the country whose holidays count, "" for those of the whole."""
    away: tuple[tuple[date, date], ...] = ()
    """First and last day of each absence: days on which no clock runs."""
    sender: str = ""
    """The country of whoever writes: their own weekend keeps a mail back, where the recipient's would not."""
    home: ZoneInfo | None = None
    """The clock of whoever writes, for playbooks that go by it."""
    or_zone: ZoneInfo | None = None
    """Where they may be as well: mail leaves in hours that are decent in both places."""


@lru_cache(maxsize=1024)
def _holidays(place: str, year: int) -> frozenset[date]:
    country, _, region = place.partition("-")
    if not has_holidays(place):
        return frozenset()
    return frozenset(
        holidays.country_holidays(country, subdiv=region or _MOST_LIVE_IN.get(country), years=year)
    )


@lru_cache(maxsize=512)
def weekend(country: str) -> frozenset[int]:
    """The days of the week on which a country rests; Monday is 0. Saturday and Sunday where nothing else is known."""
    country = country.partition("-")[0]
    if not has_holidays(country):
        return frozenset({_SATURDAY, _SUNDAY})
    rest = frozenset(holidays.country_holidays(country).weekend)
    # Where the law knows but one day of rest, offices are closed or half empty on the Saturday beside it.
    return rest | {_SATURDAY} if len(rest) < 2 else rest


def is_business_day(day: date, country: str) -> bool:
    """No day of the country's weekend and no public holiday of it."""
    return day.weekday() not in weekend(country) and not is_holiday(day, country)


@lru_cache(maxsize=512)
def has_holidays(country: str) -> bool:
    """Whether the public holidays of a country (ISO 3166), or of a region such as US-CA, are known."""
    code, hyphen, region = country.partition("-")
    known = holidays.list_supported_countries(include_aliases=False)
    return code in known and (not hyphen or region in known[code])


def is_holiday(day: date, country: str) -> bool:
    """Whether it is a public holiday of the country; none is known of "" and of countries without a calendar."""
    return day in _holidays(country, day.year)


def _counts(day: date, place: Locale) -> bool:
    return is_business_day(day, place.region or place.country) and not any(first <= day <= last for first, last in place.away)


@lru_cache(maxsize=1024)
def _days(chosen: frozenset[int], country: str, sender: str) -> frozenset[int]:
    """The days of the week on which mail may leave: the playbook's, but on nobody's weekend.

    Monday to Friday means the business days, whichever they are there; where nothing is left of the chosen days, any
    business day will do.
    """
    theirs = _WEEK - weekend(country)
    both = theirs - weekend(sender)
    wanted = _WEEK if chosen == Hours().days else chosen
    return both & wanted or both or theirs


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


@lru_cache(maxsize=4096)  # a deal that waits asks at each plan for the same day
def _business_days_on(day: date, count: int, place: Locale) -> date:
    while count > 0:
        day += timedelta(days=1)
        if _counts(day, place):
            count -= 1
    return day


def fitting(moment: datetime, hours: Hours, place: Locale) -> datetime:
    """The first moment, not before this one, at which mail may reach somebody there."""
    days = _days(hours.days, place.country, place.sender)
    local = moment.astimezone(place.zone)
    day = local.date()
    for _ in range(_LONGEST_SEARCH):
        if day.weekday() in days and _counts(day, place) and not is_holiday(day, hours.holidays):
            opens, closes = _open_on(day, hours, place)
            if local < opens:
                return opens
            if local < closes:
                return local
        day += timedelta(days=1)
    # Nobody is away for so long, and `check` refuses a calendar without an open day: far off, not now.
    return datetime.combine(day, window(hours)[0], place.zone)


def _open_on(day: date, hours: Hours, place: Locale) -> tuple[datetime, datetime]:
    begin, end = window(hours)
    opens, closes = datetime.combine(day, begin, place.zone), datetime.combine(day, end, place.zone)
    if hours.zone:
        opens, closes = _by_another_clock(day, hours, place) or (opens, closes)
    if place.or_zone is None:
        return opens, closes
    first = datetime.combine(day, DECENT[0], place.or_zone).astimezone(place.zone)
    last = datetime.combine(day, DECENT[1], place.or_zone).astimezone(place.zone)
    narrower = max(opens, first), min(closes, last)
    # Half the world apart there is no such hour: then the place that is likelier counts.
    return narrower if narrower[0] < narrower[1] else (opens, closes)


def _by_another_clock(day: date, hours: Hours, place: Locale) -> tuple[datetime, datetime] | None:
    """The playbook's hours on a clock that is not the recipient's, as far as they are decent where they are."""
    clock = (place.home or place.zone) if hours.zone == "owner" else ZoneInfo(hours.zone)
    first, last = (datetime.combine(day, edge, place.zone) for edge in DECENT)
    for there in (day - timedelta(days=1), day, day + timedelta(days=1)):
        opens = max(first, datetime.combine(there, hours.begin, clock).astimezone(place.zone))
        closes = min(last, datetime.combine(there, hours.end, clock).astimezone(place.zone))
        if opens < closes:
            return opens, closes
    return None


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
    opens, closes = _open_on(again.date(), hours, place)
    open_for = int((closes - opens).total_seconds())
    return again + timedelta(seconds=int(min(1800, open_for - 1) * share))
