"""Where somebody is: learnt from the offsets of their own mail, then their domain's country, then the owner's place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

Offsets = tuple[tuple[datetime, int], ...]
"""UTC offsets in minutes, each at the moment at which it was seen."""

# Where an offset leaves several countries open, the first that fits wins: those with the most business mail come first.
_ZONES = {
    "US": ("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Phoenix",
           "America/Anchorage", "Pacific/Honolulu"),
    "CA": ("America/Toronto", "America/Vancouver", "America/Winnipeg", "America/Edmonton", "America/Halifax",
           "America/Regina", "America/St_Johns"),
    "GB": ("Europe/London",), "IE": ("Europe/Dublin",), "DE": ("Europe/Berlin",), "FR": ("Europe/Paris",),
    "NL": ("Europe/Amsterdam",), "ES": ("Europe/Madrid", "Atlantic/Canary"), "IT": ("Europe/Rome",),
    "AT": ("Europe/Vienna",), "CH": ("Europe/Zurich",), "BE": ("Europe/Brussels",), "PT": ("Europe/Lisbon",),
    "DK": ("Europe/Copenhagen",), "SE": ("Europe/Stockholm",), "NO": ("Europe/Oslo",), "PL": ("Europe/Warsaw",),
    "CZ": ("Europe/Prague",), "SK": ("Europe/Bratislava",), "HU": ("Europe/Budapest",), "SI": ("Europe/Ljubljana",),
    "HR": ("Europe/Zagreb",), "RS": ("Europe/Belgrade",), "LU": ("Europe/Luxembourg",), "MT": ("Europe/Malta",),
    "FI": ("Europe/Helsinki",), "EE": ("Europe/Tallinn",), "LV": ("Europe/Riga",), "LT": ("Europe/Vilnius",),
    "RO": ("Europe/Bucharest",), "BG": ("Europe/Sofia",), "GR": ("Europe/Athens",), "CY": ("Asia/Nicosia",),
    "UA": ("Europe/Kyiv",), "TR": ("Europe/Istanbul",), "RU": ("Europe/Moscow",), "IS": ("Atlantic/Reykjavik",),
    "IL": ("Asia/Jerusalem",), "EG": ("Africa/Cairo",), "ZA": ("Africa/Johannesburg",), "SA": ("Asia/Riyadh",),
    "QA": ("Asia/Qatar",), "KW": ("Asia/Kuwait",), "BH": ("Asia/Bahrain",), "JO": ("Asia/Amman",),
    "AE": ("Asia/Dubai",), "OM": ("Asia/Muscat",), "MA": ("Africa/Casablanca",), "NG": ("Africa/Lagos",),
    "KE": ("Africa/Nairobi",), "IN": ("Asia/Kolkata",), "PK": ("Asia/Karachi",), "BD": ("Asia/Dhaka",),
    "LK": ("Asia/Colombo",), "NP": ("Asia/Kathmandu",), "TH": ("Asia/Bangkok",), "VN": ("Asia/Ho_Chi_Minh",),
    "ID": ("Asia/Jakarta",), "SG": ("Asia/Singapore",), "CN": ("Asia/Shanghai",), "HK": ("Asia/Hong_Kong",),
    "TW": ("Asia/Taipei",), "MY": ("Asia/Kuala_Lumpur",), "PH": ("Asia/Manila",), "JP": ("Asia/Tokyo",),
    "KR": ("Asia/Seoul",), "BR": ("America/Sao_Paulo", "America/Manaus"), "AR": ("America/Argentina/Buenos_Aires",),
    "CL": ("America/Santiago",), "CO": ("America/Bogota",), "PE": ("America/Lima",), "UY": ("America/Montevideo",),
    "MX": ("America/Mexico_City", "America/Tijuana"),
    "AU": ("Australia/Sydney", "Australia/Brisbane", "Australia/Perth", "Australia/Adelaide", "Australia/Darwin"),
    "NZ": ("Pacific/Auckland",),
}  # fmt: skip
_REGIONS = {
    "Europe/London": "GB-ENG", "America/Toronto": "CA-ON", "America/Vancouver": "CA-BC", "America/Winnipeg": "CA-MB",
    "America/Edmonton": "CA-AB", "America/Halifax": "CA-NS", "America/Regina": "CA-SK", "America/St_Johns": "CA-NL",
    "Australia/Sydney": "AU-NSW", "Australia/Brisbane": "AU-QLD", "Australia/Perth": "AU-WA",
    "Australia/Adelaide": "AU-SA", "Australia/Darwin": "AU-NT",
}  # fmt: skip
"""The part of a country that a zone stands for, where its own holidays are days off of nearly everybody there."""
_COUNTRY_OF_TLD = {"uk": "GB", **{code.lower(): code for code in _ZONES if code != "CO"}}
"""Without .co, which firms everywhere use; .com.co is Colombia."""
_WITH_SUMMER_TIME = ("Europe/London", "Europe/Lisbon")
"""Where UTC is the time of the winter alone: who stamps it in summer too stamps it on everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """A zone and a country, as far as somebody's mail tells."""

    zone: ZoneInfo
    country: str
    """ISO 3166, "" where it is not known."""
    region: str = ""
    """The part of the country, CA-BC, where its holidays are others than those of the whole; "" where it has none."""
    or_zone: ZoneInfo | None = None
    """The other place where they may as well be; None where there is no doubt."""


def country_of(domain: str) -> str:
    """The country of a domain by its last label, "" for .com and its like."""
    labels = domain.lower().split(".")
    if labels[-2:] == ["com", "co"]:
        return "CO"
    return _COUNTRY_OF_TLD.get(labels[-1], "")


@lru_cache(maxsize=8192)
def whereabouts(offsets: Offsets, domain: str, home: ZoneInfo, home_country: str) -> Whereabouts:
    """Where a person of that domain is. Clocks change, so an offset is never kept as a zone: the zone has to give each
    offset at its own moment; where the newest contradict the oldest, somebody has moved, and the newest count.
    """
    named = country_of(domain)
    zones = _ZONES.get(named, ())
    seen = _believable(offsets, zones, home)
    while seen:
        for zone, country in _candidates(named, home, home_country):
            if _explains(zone, seen):
                unsure = not named and zone.key != home.key and not any(minutes for _, minutes in seen)
                return _found(zone, country, home if unsure else None)
        seen = seen[1:]
    if not zones or home.key in zones:
        return _found(home, named or home_country)
    return _found(_zone(zones[0]), named)


def _believable(offsets: Offsets, named: tuple[str, ...], home: ZoneInfo) -> Offsets:
    """Without the stamps of servers that put UTC on everything: they say nothing of where somebody is."""
    zeros = [pair for pair in offsets if not pair[1]]
    if any(_explains(_zone(name), zeros) for name in named or (home.key,)):
        return offsets
    if not named and any(_explains(_zone(name), offsets) for name in _WITH_SUMMER_TIME):
        return offsets
    return tuple(pair for pair in offsets if pair[1])


def _candidates(named: str, home: ZoneInfo, home_country: str) -> Iterator[tuple[ZoneInfo, str]]:
    zones = _ZONES.get(named, ())
    if not named or home.key in zones:
        yield home, named or home_country
    yield from ((_zone(name), named) for name in zones)
    yield home, home_country
    for country, names in _ZONES.items():
        yield from ((_zone(name), country) for name in names)


def _found(zone: ZoneInfo, country: str, or_zone: ZoneInfo | None = None) -> Whereabouts:
    region = _REGIONS.get(zone.key, "")
    return Whereabouts(
        zone=zone, country=country, region=region if region.startswith(f"{country}-") else "", or_zone=or_zone
    )


def _explains(zone: ZoneInfo, seen: Iterable[tuple[datetime, int]]) -> bool:
    return all(_offset(zone, moment) == minutes for moment, minutes in seen)


@cache
def _zone(name: str) -> ZoneInfo:
    # ZoneInfo keeps only the last eight by itself, and reads the file again for each of the others.
    return ZoneInfo(name)


def _offset(zone: ZoneInfo, moment: datetime) -> int:
    offset = moment.astimezone(zone).utcoffset()
    return int(offset.total_seconds() // 60) if offset else 0
