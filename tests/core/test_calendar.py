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
    fitting,
    has_holidays,
    is_business_day,
    later,
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


# -- regions, other weekends, two places at once -----------------------------------------


def test_a_region_has_holidays_of_its_own():
    corpus_christi = date(2025, 6, 19)
    assert is_business_day(corpus_christi, "DE")
    assert not is_business_day(corpus_christi, "DE-BY")
    assert has_holidays("US-CA")
    assert not has_holidays("US-QQ")


@pytest.mark.parametrize(("country", "friday", "sunday"), [("SA", False, True), ("IL", False, True), ("DE", True, False)])
def test_the_weekend_is_that_of_the_country(country, friday, sunday):
    assert is_business_day(date(2025, 5, 9), country) is friday
    assert is_business_day(date(2025, 5, 11), country) is sunday


def test_where_one_day_of_rest_is_law_saturday_is_no_business_day_either():
    assert not is_business_day(date(2025, 5, 10), "HK")


def test_mail_leaves_on_nobodys_weekend_neither_theirs_nor_the_senders():
    riyadh, thursday = ZoneInfo("Asia/Riyadh"), datetime(2025, 5, 8, 18, tzinfo=ZoneInfo("Asia/Riyadh"))
    theirs = Locale(zone=riyadh, country="SA", sender="SA")
    ours = Locale(zone=riyadh, country="SA", sender="DE")
    assert fitting(thursday, Hours(), theirs).date() == date(2025, 5, 11)
    assert fitting(thursday, Hours(), ours).date() == date(2025, 5, 12)


def test_days_that_are_all_of_their_weekend_leave_the_business_days():
    riyadh = Locale(zone=ZoneInfo("Asia/Riyadh"), country="SA", sender="SA")
    found = fitting(datetime(2025, 5, 8, 18, tzinfo=riyadh.zone), Hours(days=frozenset({4})), riyadh)
    assert found.date() == date(2025, 5, 11)


@given(moments)
def test_where_two_places_are_open_mail_leaves_in_decent_hours_of_both(moment):
    place = Locale(zone=LONDON, or_zone=NEW_YORK)
    found = fitting(moment, Hours(), place)
    for zone in (LONDON, NEW_YORK):
        assert DECENT[0] <= found.astimezone(zone).time() < DECENT[1]


def test_half_the_world_apart_the_likelier_place_counts():
    place = Locale(zone=LONDON, or_zone=ZoneInfo("Pacific/Auckland"))
    found = fitting(datetime(2025, 1, 15, 1, tzinfo=UTC), Hours(), place)
    assert DECENT[0] <= found.astimezone(LONDON).time() < DECENT[1]


def test_hours_by_the_owners_clock_are_theirs_as_far_as_they_are_decent_for_the_recipient():
    there = Locale(zone=NEW_YORK, country="US", home=BERLIN)
    by_owner = Hours(begin=time(9), end=time(17), spread=(0, 0), zone="owner")
    monday = datetime(2025, 5, 5, 6, 0, tzinfo=UTC)  # eight in the morning for the owner, two in the night for them
    assert fitting(monday, by_owner, there) == datetime(2025, 5, 5, 7, 0, tzinfo=NEW_YORK)
    evening = datetime(2025, 5, 5, 15, 30, tzinfo=UTC)  # the owner has gone home; it is before noon there
    assert fitting(evening, by_owner, there) == datetime(2025, 5, 6, 7, 0, tzinfo=NEW_YORK)
    named = Hours(begin=time(9), end=time(17), spread=(0, 0), zone="Europe/Berlin")
    assert fitting(evening, named, there) == fitting(evening, by_owner, there)
