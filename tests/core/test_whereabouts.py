from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.core.whereabouts import country_of, whereabouts

NEW_YORK, BERLIN, LONDON = ZoneInfo("America/New_York"), ZoneInfo("Europe/Berlin"), ZoneInfo("Europe/London")
WINTER, SUMMER = datetime(2025, 1, 15, tzinfo=UTC), datetime(2025, 7, 15, tzinfo=UTC)

zones = st.sampled_from(
    ["America/New_York", "America/St_Johns", "Europe/Berlin", "Asia/Kolkata", "Asia/Kathmandu", "Pacific/Auckland",
     "Pacific/Honolulu", "America/Sao_Paulo", "Africa/Cairo", "Australia/Lord_Howe"]
).map(ZoneInfo)  # fmt: skip
moments = st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))


@given(zones, st.lists(moments, min_size=1, max_size=6))
def test_a_learnt_zone_explains_what_was_seen_of_it_last(zone, seen):
    offsets = tuple(
        (moment, int(moment.astimezone(zone).utcoffset().total_seconds() // 60)) for moment in sorted(seen)
    )
    found = whereabouts(offsets, "firm.example", zone, "").zone
    assert all(moment.astimezone(found).utcoffset() == timedelta(minutes=minutes) for moment, minutes in offsets)


def test_a_zone_is_learnt_as_a_zone_and_not_as_an_offset():
    zone = whereabouts(((WINTER, 60),), "firm.example", NEW_YORK, "US").zone
    assert SUMMER.astimezone(zone).utcoffset() == timedelta(hours=2)


def test_the_country_comes_with_the_zone_that_their_own_mail_shows():
    found = whereabouts(((SUMMER, 540),), "firm.com", BERLIN, "DE")
    assert (found.zone, found.country) == (ZoneInfo("Asia/Tokyo"), "JP")


def test_somebody_of_whom_nothing_was_seen_lives_in_their_domains_country_else_where_the_owner_does():
    assert whereabouts((), "werk.de", NEW_YORK, "US").zone == BERLIN
    assert whereabouts((), "werk.de", NEW_YORK, "US").country == "DE"
    assert whereabouts((), "firm.com", NEW_YORK, "US").zone == NEW_YORK
    assert whereabouts((), "firm.com", NEW_YORK, "US").country == "US"


def test_a_server_that_stamps_utc_on_everything_moves_nobody_to_london():
    assert whereabouts(((WINTER, 0),), "werk.de", NEW_YORK, "US").zone == BERLIN
    assert whereabouts(((WINTER, 0),), "acme.co.uk", NEW_YORK, "US").zone == LONDON
    assert whereabouts(((SUMMER, 0), (WINTER, 0)), "firm.com", NEW_YORK, "US").zone == NEW_YORK


def test_utc_in_winter_alone_leaves_two_places_open():
    found = whereabouts(((WINTER, 0),), "firm.com", NEW_YORK, "US")
    assert (found.zone, found.or_zone) == (LONDON, NEW_YORK)
    sure = whereabouts(((WINTER, 0), (SUMMER, 60)), "firm.com", NEW_YORK, "US")
    assert (sure.zone, sure.or_zone) == (LONDON, None)


def test_a_germans_mail_from_new_york_is_answered_on_new_york_time():
    found = whereabouts(((WINTER, -300),), "werk.de", BERLIN, "DE")
    assert (found.zone, found.country) == (NEW_YORK, "US")


def test_an_offset_that_no_zone_has_is_forgotten_sooner_than_a_newer_one():
    odd, known = (WINTER, 17), (WINTER + timedelta(days=30), 60)
    assert whereabouts((odd, known), "firm.com", BERLIN, "DE").zone == BERLIN


def test_a_zone_tells_the_region_where_it_has_holidays_of_its_own():
    assert whereabouts(((WINTER, 480),), "mine.com.au", BERLIN, "DE").region == "AU-WA"
    assert whereabouts(((WINTER, 60),), "werk.de", BERLIN, "DE").region == ""


@pytest.mark.parametrize(
    ("domain", "country"),
    [("acme.co.uk", "GB"), ("werk.de", "DE"), ("acme.com", ""), ("", ""), ("start.co", ""), ("bolsa.com.co", "CO")],
)
def test_the_country_of_a_domain_is_its_last_label(domain, country):
    assert country_of(domain) == country
