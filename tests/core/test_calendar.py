from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.core.calendar import (
    DECENT,
    Locale,
    country_of,
    fitting,
    is_business_day,
    later,
    learn_zone,
    spread,
    window,
)
from worker.core.playbook import Duration, Hours, Unit, read_duration

NEW_YORK, BERLIN, LONDON = ZoneInfo("America/New_York"), ZoneInfo("Europe/Berlin"), ZoneInfo("Europe/London")
_ZONES = ("America/New_York", "America/St_Johns", "Europe/Berlin", "Asia/Kolkata", "Asia/Kathmandu", "Pacific/Auckland",
          "Pacific/Honolulu", "America/Sao_Paulo", "Africa/Cairo", "Australia/Lord_Howe")  # fmt: skip

zones = st.sampled_from(_ZONES).map(ZoneInfo)
moments = st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))
countries = st.sampled_from(["", "US", "DE", "GB", "IN", "JP", "BR", "XX"])
clocks = st.times().map(lambda one: one.replace(second=0, microsecond=0, tzinfo=None))


@st.composite
def hours(draw) -> Hours:
    begin, end = sorted((draw(clocks), draw(clocks)))
    least, most = sorted((draw(st.integers(0, 200)), draw(st.integers(0, 200))))
    days = draw(st.frozensets(st.integers(0, 6)))
    return Hours(begin=begin, end=end, days=days, spread=(least, most), holidays=draw(countries))


@st.composite
def places(draw) -> Locale:
    first = draw(st.dates(date(2024, 1, 1), date(2027, 12, 31)))
    gone = ((first, first + timedelta(days=draw(st.integers(0, 366)))),) if draw(st.booleans()) else ()
    return Locale(zone=draw(zones), country=draw(countries), away=gone)


durations = st.builds(Duration, count=st.integers(1, 40), unit=st.sampled_from(Unit))


# -- laws ----------------------------------------------------------------------------


@given(moments, hours(), places(), st.text(max_size=8))
def test_nothing_leaves_outside_the_window_on_a_weekend_a_holiday_or_an_absence(moment, hours, place, seed):
    begin, end = window(hours)
    for found in (fitting(moment, hours, place), spread(moment, hours, place, seed)):
        there = found.astimezone(place.zone)
        assert found >= moment
        assert begin <= there.time() < end
        assert DECENT[0] <= there.time() < DECENT[1]
        assert is_business_day(there.date(), place.country)
        assert not any(first <= there.date() <= last for first, last in place.away)


@given(moments, hours(), places())
def test_a_moment_that_fits_is_kept(moment, hours, place):
    found = fitting(moment, hours, place)
    assert fitting(found, hours, place) == found


@given(moments, hours(), places(), st.text(max_size=8))
def test_the_spread_of_a_mail_is_always_the_same_and_at_least_what_the_playbook_says(moment, hours, place, seed):
    found = spread(moment, hours, place, seed)
    assert found == spread(moment, hours, place, seed)
    opens = fitting(moment, hours, place)
    if found.astimezone(place.zone).date() == opens.astimezone(place.zone).date():
        assert found - opens >= timedelta(minutes=hours.spread[0]) - timedelta(seconds=1)


@given(moments, durations, places())
def test_a_wait_never_ends_before_it_begins(moment, wait, place):
    assert later(moment, wait, place) > moment - timedelta(hours=1)  # on the night of a clock change, by that hour


@given(moments, durations, places())
def test_a_longer_wait_never_ends_sooner(moment, wait, place):
    longer = Duration(count=wait.count + 1, unit=wait.unit)
    assert later(moment, longer, place) >= later(moment, wait, place)


@given(moments, st.integers(1, 400), places())
def test_hours_and_minutes_are_as_long_as_they_are_whatever_the_clocks_do(moment, count, place):
    there = moment.astimezone(place.zone)
    passed = later(there, Duration(count=count, unit=Unit.HOUR), place).astimezone(UTC) - moment
    assert passed == timedelta(hours=count)


@given(moments, st.integers(1, 30), places())
def test_business_days_end_on_a_business_day_at_the_same_time_of_day(moment, count, place):
    found = later(moment, Duration(count=count, unit=Unit.BUSINESS_DAY), place)
    assert is_business_day(found.date(), place.country)
    assert found.time() == moment.astimezone(place.zone).time()


@given(zones, st.lists(moments, min_size=1, max_size=6))
def test_a_learnt_zone_explains_what_was_seen_of_it_last(zone, seen):
    offsets = [(moment, int(moment.astimezone(zone).utcoffset().total_seconds() // 60)) for moment in sorted(seen)]
    found = learn_zone(offsets, "", zone)
    assert all(moment.astimezone(found).utcoffset() == timedelta(minutes=minutes) for moment, minutes in offsets)


# -- days ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wait", "then"),
    [
        ("3 business days", datetime(2025, 4, 22, 15, 0)),  # Good Friday and Easter Monday are none in Germany
        ("2 days", datetime(2025, 4, 17, 15, 0)),
        ("a week", datetime(2025, 4, 22, 15, 0)),
        ("1 month", datetime(2025, 5, 15, 15, 0)),
        ("a year", datetime(2026, 4, 15, 15, 0)),
        ("next business morning", datetime(2025, 4, 16, 8, 30)),
    ],
)
def test_durations_are_lived_on_the_calendar_of_the_place(wait, then):
    tuesday = datetime(2025, 4, 15, 15, 0, tzinfo=BERLIN)
    assert later(tuesday, read_duration(wait), Locale(zone=BERLIN, country="DE")) == then.replace(tzinfo=BERLIN)


def test_the_last_day_of_january_and_a_month_is_the_last_of_february():
    place = Locale(zone=BERLIN)
    assert later(datetime(2025, 1, 31, 9, tzinfo=BERLIN), read_duration("a month"), place).date() == date(2025, 2, 28)


def test_a_day_over_a_clock_change_ends_at_the_same_wall_clock():
    saturday = datetime(2025, 3, 29, 10, 0, tzinfo=BERLIN)
    assert later(saturday, read_duration("1 day"), Locale(zone=BERLIN)) == datetime(2025, 3, 30, 10, 0, tzinfo=BERLIN)


def test_easter_monday_is_a_day_off_in_england_though_not_in_all_of_the_kingdom():
    assert not is_business_day(date(2025, 4, 21), "GB")


def test_a_country_without_a_calendar_has_weekends_only():
    assert is_business_day(date(2025, 12, 25), "XX")
    assert not is_business_day(date(2025, 12, 27), "XX")


def test_days_of_an_absence_do_not_count():
    place = Locale(zone=BERLIN, country="DE", away=((date(2025, 3, 4), date(2025, 3, 7)),))
    monday = datetime(2025, 3, 3, 9, tzinfo=BERLIN)
    assert later(monday, read_duration("1 business day"), place).date() == date(2025, 3, 10)


def test_hours_that_lie_in_the_night_become_the_decent_ones():
    place, moment = Locale(zone=BERLIN), datetime(2025, 3, 3, 12, tzinfo=BERLIN)
    assert fitting(moment, Hours(begin=time(20, 0), end=time(22, 0)), place) == moment


def test_a_calendar_of_weekend_days_alone_waits_for_a_weekday():
    place, saturday = Locale(zone=BERLIN), datetime(2025, 3, 8, 12, tzinfo=BERLIN)
    assert fitting(saturday, Hours(days=frozenset({5, 6})), place).date() == date(2025, 3, 10)


def test_the_holidays_of_a_second_country_are_kept_too():
    place, thanksgiving = Locale(zone=BERLIN, country="DE"), datetime(2025, 11, 27, 12, tzinfo=BERLIN)
    assert fitting(thanksgiving, Hours(holidays="US"), place).date() == date(2025, 11, 28)


def test_a_mail_that_the_spread_pushes_out_of_the_window_leaves_early_in_the_next():
    narrow = Hours(begin=time(8, 30), end=time(8, 45), spread=(30, 60))
    found = spread(datetime(2025, 3, 3, 8, 31, tzinfo=BERLIN), narrow, Locale(zone=BERLIN), "seed")
    assert found.date() == date(2025, 3, 4)
    assert time(8, 30) <= found.time() < time(8, 45)


def test_mails_decided_in_one_moment_do_not_leave_in_a_volley():
    morning, place = datetime(2025, 3, 3, 9, tzinfo=BERLIN), Locale(zone=BERLIN)
    times = sorted(spread(morning, Hours(), place, f"deal {number}") for number in range(20))
    assert len(set(times)) == 20
    assert max(after - before for before, after in pairwise(times)) < timedelta(minutes=30)


# -- where somebody is ----------------------------------------------------------------


def test_a_zone_is_learnt_as_a_zone_and_not_as_an_offset():
    winter, summer = datetime(2025, 1, 15, tzinfo=UTC), datetime(2025, 7, 15, tzinfo=UTC)
    zone = learn_zone([(winter, 60)], "", NEW_YORK)
    assert summer.astimezone(zone).utcoffset() == timedelta(hours=2)


def test_somebody_of_whom_nothing_was_seen_lives_in_their_domains_country_else_where_the_owner_does():
    assert learn_zone([], "DE", NEW_YORK) == BERLIN
    assert learn_zone([], "", NEW_YORK) == NEW_YORK


def test_a_server_that_stamps_utc_on_everything_moves_nobody_to_london():
    assert learn_zone([(datetime(2025, 1, 15, tzinfo=UTC), 0)], "DE", NEW_YORK) == BERLIN
    assert learn_zone([(datetime(2025, 1, 15, tzinfo=UTC), 0)], "GB", NEW_YORK) == LONDON


def test_a_germans_mail_from_new_york_is_answered_on_new_york_time():
    assert learn_zone([(datetime(2025, 1, 15, tzinfo=UTC), -300)], "DE", BERLIN) == NEW_YORK


def test_an_offset_that_no_zone_has_is_forgotten_sooner_than_a_newer_one():
    odd, known = (datetime(2025, 1, 15, tzinfo=UTC), 17), (datetime(2025, 2, 15, tzinfo=UTC), 60)
    assert learn_zone([odd, known], "", BERLIN) == BERLIN


@pytest.mark.parametrize(("domain", "country"), [("acme.co.uk", "GB"), ("werk.de", "DE"), ("acme.com", ""), ("", "")])
def test_the_country_of_a_domain_is_its_last_label(domain, country):
    assert country_of(domain) == country
