from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from worker.core.coverage import gaps, to_ring
from worker.core.firm import Coverage
from worker.core.model import DealId, Event, Speaker, Stage, StageChange

POLICY = Coverage(clients_every_days=45, prospects_every_days=14, warn_days_before=7, minutes_a_call=30)


@pytest.fixture
def last_written(deal, wrote):
    """A deal of a stage, in which the owner wrote last on a day."""

    def build(stage, day, *mails, id="d1", **more):
        change = StageChange(at=deal.created, stage=stage, why="so", found_in=())
        return replace(deal, id=DealId(id), stages=(change,), log=(wrote(Speaker.OWNER, days=day), *mails), **more)

    return build


@pytest.mark.parametrize(("stage", "days", "told"), [
    (Stage.ACTIVE, 37, False), (Stage.ACTIVE, 39, True), (Stage.ACTIVE, 90, True),
    (Stage.PROPOSED, 6, False), (Stage.PROPOSED, 8, True), (Stage.LOST, 300, False), (Stage.CONTACTED, 300, False),
])  # fmt: skip
def test_the_owner_hears_of_a_gap_before_it_breaks_the_policy(last_written, start, stage, days, told):
    assert bool(gaps([last_written(stage, 0)], POLICY, start + timedelta(days=days))) is told


def test_clients_come_before_prospects_and_the_most_urgent_first(last_written, start):
    deals = [
        last_written(stage, day, id=id)
        for stage, day, id in ((Stage.ENGAGED, 0, "p"), (Stage.ACTIVE, 20, "c2"), (Stage.ACTIVE, 10, "c1"))
    ]
    found = gaps(deals, POLICY, start + timedelta(days=80))
    assert [gap.deal.id for gap in found] == ["c1", "c2", "p"]
    assert found[0].breaks == start + timedelta(days=55)


def test_a_mail_of_the_worker_closes_no_gap(last_written, wrote, start):
    client = last_written(Stage.ACTIVE, 0, wrote(Speaker.WORKER, days=39))
    assert gaps([client], POLICY, start + timedelta(days=40))


def test_the_hours_that_are_free_are_for_the_clients_longest_without_a_word(last_written, start):
    deals = [last_written(Stage.ACTIVE, day, id=f"c{day}") for day in (30, 5, 20)]
    ring = to_ring(deals, POLICY, start + timedelta(days=60), hours=1)
    assert [deal.id for deal in ring] == ["c5", "c20"]


def test_who_wrote_this_week_or_is_unhappy_is_not_on_the_list(last_written, wrote, said, start):
    talks = last_written(Stage.ACTIVE, 0, wrote(Speaker.CONTACT, days=58), id="c1")
    unhappy = last_written(Stage.ACTIVE, 0, id="c2", evidence=(said(Event.COMPLAINT, days=2),))
    assert to_ring([talks, unhappy], POLICY, start + timedelta(days=60), hours=9) == ()
