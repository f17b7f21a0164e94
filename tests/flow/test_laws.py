"""Laws that hold for every story, whatever happens in it, wherever it plays, and whenever the clocks change."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest
from _made_up import DAYS, PLACES, WORKER, Moment, Story, Turn, broken_rules, household_of_stories, live, mails_of
from hypothesis import example, given, settings
from hypothesis import strategies as st

from worker.app.deciding import Deciding
from worker.app.intake import Intake
from worker.app.writing import Writer
from worker.core.calendar import later
from worker.core.model import Action, RawMail, Stage
from worker.core.planner import plan
from worker.core.situation import locale
from worker.io.memory_store import MemoryStore

_CLOCKS_CHANGE = (date(2025, 3, 9), date(2025, 3, 30), date(2025, 4, 6), date(2025, 10, 5), date(2025, 10, 26), date(2025, 11, 2))
"""In the Americas, in Europe and on the other side of the earth, to summer and back."""
HOUSEHOLD = household_of_stories()
WRITER = Writer(HOUSEHOLD.library, WORKER)
_SPEAK = st.sampled_from(Turn)


@st.composite
def moments(draw) -> Moment:
    day = draw(st.floats(2, DAYS - 2, allow_nan=False).map(lambda one: round(one, 2)))
    return Moment(day=day, turn=draw(_SPEAK), days=draw(st.integers(0, 30)))


@st.composite
def stories(draw) -> Story:
    """Somebody is written to, likes it and gets a proposal; then anything may happen, in any order."""
    near = draw(st.sampled_from(_CLOCKS_CHANGE)) - timedelta(days=draw(st.integers(0, 30)))
    begins = datetime.combine(near, time(draw(st.integers(0, 23)), draw(st.integers(0, 59))), UTC)
    lead = (Moment(day=0, turn=Turn.ASKS), Moment(day=1, turn=Turn.INTERESTED), Moment(day=1.5, turn=Turn.PROPOSES))
    then = draw(st.lists(moments(), max_size=7))
    return Story(number=draw(st.integers(0, 9)), zone=draw(st.sampled_from(sorted(PLACES))), begins=begins, moments=(*lead, *then))


SIGNED_AFTER_A_NO = Story(
    number=0, zone="America/Los_Angeles", begins=datetime(2025, 3, 9, tzinfo=UTC),
    moments=(*(Moment(day=day, turn=turn) for day, turn in (
        (0, Turn.ASKS), (1, Turn.INTERESTED), (1.5, Turn.PROPOSES), (2, Turn.PAID), (2, Turn.DECLINES), (13, Turn.SIGNED),
    )),),
)  # fmt: skip
"""The good-bye of a prospect waited for its turn, and left when they were a client."""


def deals_of(life):
    return list(life.household.keeper.all())


@settings(max_examples=150)
@given(stories())
@example(SIGNED_AFTER_A_NO)
def test_no_mail_leaves_outside_its_window_after_a_stop_twice_or_past_an_answer(story):
    assert broken_rules(story, live([story], HOUSEHOLD, WRITER)) == []


@settings(max_examples=150)
@given(stories(), st.integers(1, DAYS))
def test_planning_twice_plans_nothing_new(story, days):
    cut = replace(story, moments=tuple(one for one in story.moments if one.day < days))
    life = live([cut], HOUSEHOLD, WRITER)
    now = story.begins + timedelta(days=DAYS)
    deciding = Deciding(household=life.household, writer=WRITER, decided=lambda *_: None)
    for deal in deals_of(life):
        first = deciding.advance(deal.id, now)
        again = plan(first, life.household.world(first, now), now)
        assert (again.drafts, again.letters, again.deal) == ((), (), first)


@settings(max_examples=150)
@given(stories())
def test_no_step_comes_before_the_time_that_its_playbook_says(story):
    life = live([story], HOUSEHOLD, WRITER)
    for deal in deals_of(life):
        for run in deal.runs:
            book = life.household.library.books.get(run.playbook)
            contact = next((one for one in deal.contacts if one.address == run.contact), None)
            rows = [row for row in deal.decisions if row.playbook == run.playbook and row.step and row.at >= run.started
                    and row.action in (Action.SEND, Action.TASK)]  # fmt: skip
            if contact is None or sum(other.playbook == run.playbook for other in deal.runs) > 1:
                continue
            place = locale(contact, life.household.world(deal, story.begins))
            for row in rows:
                step = book.step(row.step)
                if step is not None and step.wait_until is not None:
                    assert row.at >= later(run.started, step.wait_until, replace(place, away=()))
            for one, two in pairwise(rows):
                step = book.step(two.step)
                if step is not None and step.wait is not None and two.step == book.after_step(one.step):
                    assert two.at >= later(one.at, step.wait, replace(place, away=()))


@settings(max_examples=150)
@given(stories(), st.randoms(use_true_random=False))
def test_the_order_in_which_the_same_mails_arrive_does_not_change_the_stage_reached(story, chance: Random):
    first, *others = mails_of(story, WORKER)
    stages = []
    shuffled = chance.sample(others, len(others))
    for order in (others, shuffled):
        house = replace(HOUSEHOLD, keeper=MemoryStore())
        intake = Intake(household=house, heard=lambda *_: None)
        now = story.begins + timedelta(days=DAYS)
        for message, evidence in (first, *order):
            intake.take_in(message, evidence, RawMail(place=message.place, data=b""), now)
        (deal,) = [one for one in house.keeper.all() if any(mail.id == first[0].id for mail in one.log)]
        stages.append([(change.stage, change.at) for change in plan(deal, house.world(deal, now), now).deal.stages])
    assert stages[0] == stages[1]


@settings(max_examples=150)
@given(stories())
def test_nobody_is_a_client_without_a_signature_and_money(story):
    life = live([story], HOUSEHOLD, WRITER)
    turns = {turn: [story.begins + timedelta(days=one.day) for one in story.moments if one.turn is turn] for turn in Turn}
    for deal in deals_of(life):
        for change in deal.stages:
            if change.stage in (Stage.OPENING, Stage.ACTIVE):
                assert any(at <= change.at for at in turns[Turn.SIGNED])
                assert any(at <= change.at for at in turns[Turn.PAID])


@settings(max_examples=150)
@given(stories())
def test_no_client_gets_the_mail_of_a_prospect_and_no_prospect_that_of_a_client(story):
    life = live([story], HOUSEHOLD, WRITER)
    for row in life.rows:
        bucket, _, _ = row.decision.template.partition("/")
        if row.decision.action is Action.SEND and bucket in ("prospect", "suspect") and row.decision.purpose != "decline":
            assert row.decision.bucket != "client"
        if row.decision.action is Action.SEND and row.decision.purpose in ("opening", "ask_referral", "check_in", "anniversary"):
            assert row.decision.bucket == "client"


@pytest.mark.parametrize("zone", sorted(PLACES))
@pytest.mark.parametrize("change", _CLOCKS_CHANGE)
def test_over_a_change_of_the_clocks_the_nudge_keeps_the_hours_of_the_place(zone, change):
    begins = datetime.combine(change - timedelta(days=6), time(12), UTC)
    lead = (Moment(day=0, turn=Turn.ASKS), Moment(day=0.5, turn=Turn.INTERESTED), Moment(day=1, turn=Turn.PROPOSES))
    story = Story(number=1, zone=zone, begins=begins, moments=lead)
    life = live([story], HOUSEHOLD, WRITER)
    (nudge, *_) = [one for one in life.departures if one.item.letter.purpose == "nudge"]
    there = nudge.at.astimezone(ZoneInfo(zone))
    assert time(8, 30) <= there.time() < time(11)
    assert broken_rules(story, life) == []
