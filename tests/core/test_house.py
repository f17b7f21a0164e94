from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.core.calendar import Locale, is_business_day
from worker.core.firm import Coverage
from worker.core.house import has_written, house_id, is_house, letter_id, next_digest, open_house, passed
from worker.core.model import Address, DealId, Party

BERLIN = Locale(zone=ZoneInfo("Europe/Berlin"), country="DE")
ANA = Party(address=Address("ana@loom.test"), name="Ana Reis")
MONDAYS = Coverage()


def test_the_digest_comes_on_monday_morning_of_the_owners_place():
    after = datetime(2025, 3, 5, 12, tzinfo=UTC)
    assert next_digest(after, MONDAYS, BERLIN) == datetime(2025, 3, 10, 8, 30, tzinfo=BERLIN.zone)


def test_on_a_holiday_it_comes_on_the_first_business_day_after_it():
    after = datetime(2025, 4, 18, 12, tzinfo=UTC)  # Good Friday; Easter Monday is the 21st
    assert next_digest(after, MONDAYS, BERLIN) == datetime(2025, 4, 22, 8, 30, tzinfo=BERLIN.zone)


def test_never_means_never():
    assert next_digest(datetime(2025, 3, 5, tzinfo=UTC), Coverage(digest_day=None), BERLIN) is None


@given(st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)), st.integers(0, 4))
def test_it_always_lies_ahead_within_two_weeks_on_a_business_day(moment, day):
    after = moment.replace(tzinfo=UTC)
    due = next_digest(after, Coverage(digest_day=day), BERLIN)
    assert due is not None
    assert after < due < after + timedelta(days=14)
    assert is_business_day(due.date(), "DE")


@given(st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)))
def test_one_owner_and_one_week_have_one_id(moment):
    house = open_house(ANA, moment.replace(tzinfo=UTC), MONDAYS, BERLIN)
    due = next_digest(moment.replace(tzinfo=UTC), MONDAYS, BERLIN)
    ids = {letter_id(house, due + timedelta(hours=hours), MONDAYS, BERLIN) for hours in (0, 3, 12)}
    assert len(ids) == 1
    assert letter_id(house, due + timedelta(days=7), MONDAYS, BERLIN) not in ids


def test_a_week_with_nothing_to_say_is_not_looked_at_again():
    now = datetime(2025, 3, 10, 8, tzinfo=UTC)
    house = open_house(ANA, now, MONDAYS, BERLIN)
    id = letter_id(house, now, MONDAYS, BERLIN)
    assert not has_written(house, id)
    assert has_written(passed(house, id, now), id)


@pytest.mark.parametrize("id", ["a3f0", "houses", ""])
def test_no_deal_is_taken_for_an_owners_document(id):
    assert not is_house(DealId(id))
    assert is_house(house_id(ANA.address))
