from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from worker.core.disqualify import is_time_waster, score
from worker.core.firm import IdealClient
from worker.core.model import TIME_WASTING, Event, Strength

IDEAL = IdealClient(weights=dict.fromkeys(TIME_WASTING, 2), ask_owner_at=8)


@pytest.fixture
def judged(deal):
    def judge(*signs, ideal=IDEAL):
        return score(replace(deal, evidence=signs), ideal)

    return judge


@pytest.mark.parametrize("event", sorted(TIME_WASTING))
def test_one_sign_means_nothing_however_much_it_weighs(judged, said, event):
    found = judged(said(event), ideal=IdealClient(weights={event: 100}, ask_owner_at=1))
    assert not is_time_waster(found, IDEAL)


def test_the_same_sign_over_and_over_is_no_pattern(judged, said):
    found = judged(*(said(Event.FREE_WORK, days=10 * number) for number in range(6)))
    assert not is_time_waster(found, IDEAL)


def test_the_same_sign_twice_in_a_week_counts_once(judged, said):
    assert judged(said(Event.APOLOGY), said(Event.APOLOGY, days=3)).points == judged(said(Event.APOLOGY)).points


def test_a_cycle_that_begins_again_weighs_most(judged, said):
    kinds = (Event.DANGLED_POTENTIAL, Event.FREE_WORK, Event.CLOSE_SECOND)
    at_once = judged(*(said(event, days=number) for number, event in enumerate(kinds)))
    again = judged(*(said(event, days=60 * number) for number, event in enumerate(kinds)))
    assert (at_once.rounds, again.rounds) == (1, 3)
    assert again.points > at_once.points
    assert is_time_waster(again, IDEAL)
    assert not is_time_waster(at_once, IDEAL)


def test_weak_signs_count_half_and_withdrawn_ones_not_at_all(judged, said):
    assert judged(said(Event.BID_OUT, strength=Strength.WEAK)).points == 1
    assert judged(said(Event.BID_OUT, withdrawn=True)).points == 0


def test_friendliness_and_progress_are_no_signs(judged, said):
    assert judged(said(Event.INTEREST), said(Event.MEETING_BOOKED, days=1), said(Event.REJECTED, days=2)).signs == ()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(Event), st.integers(0, 200)), max_size=12), st.randoms(use_true_random=False))
def test_the_score_does_not_depend_on_the_order_of_arrival(deal, said, items, seed):
    evidence = [said(event, days=day) for event, day in items]
    shuffled = list(evidence)
    seed.shuffle(shuffled)
    assert score(replace(deal, evidence=tuple(evidence)), IDEAL) == score(
        replace(deal, evidence=tuple(shuffled)), IDEAL
    )
