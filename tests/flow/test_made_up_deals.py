"""Random stories of ninety days, all at once: whatever happens in them, no rule of conduct is broken.

benchmarks/simulate.py lives ten thousand of them through, and one again by its seed.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from _made_up import WORKER, broken_rules, household_of_stories, live, story_of

from worker.app.writing import Writer


@pytest.fixture(scope="module")
def stories():
    return [story_of(seed) for seed in range(80, 100)]


@pytest.fixture(scope="module")
def lived(stories):
    household = household_of_stories()
    return live(stories, household, Writer(household.library, WORKER))


@pytest.fixture
def told(stories, lived):
    """What is said of stories whose mails left otherwise than they did."""

    def of(departures):
        kept, lived.departures = lived.departures, departures
        found = [fault for story in stories for fault in broken_rules(story, lived)]
        lived.departures = kept
        return found

    return of


def test_in_no_story_a_rule_is_broken(stories, lived):
    faults = [f"python benchmarks/simulate.py --seed {story.number}: {fault}"
              for story in stories for fault in broken_rules(story, lived)]  # fmt: skip
    assert not faults, "\n".join(faults)
    assert any(not one.item.letter.to_owner for one in lived.departures)


def test_a_story_told_again_by_its_seed_is_the_same():
    assert story_of(7) == story_of(7) != story_of(8)


def test_mail_in_the_night_breaks_a_rule(lived, told):
    at_night = [replace(one, at=one.at + timedelta(hours=12)) for one in lived.departures]
    assert any("no decent hour" in fault for fault in told(at_night))


def test_mail_at_a_weekend_breaks_a_rule(lived, told):
    on_saturday = [replace(one, at=one.at + timedelta(days=5 - one.at.weekday())) for one in lived.departures]
    assert any("no business day" in fault for fault in told(on_saturday))


def test_mail_that_leaves_twice_breaks_a_rule(lived, told):
    twice = [one for mail in lived.departures for one in (mail, replace(mail, at=mail.at + timedelta(minutes=1)))]
    faults = told(twice)
    assert any("left twice" in fault for fault in faults)
    assert any("two mails on" in fault for fault in faults)


def test_mail_to_those_who_wanted_none_or_were_clients_by_then_breaks_a_rule(lived, told):
    late = [replace(one, at=one.at + timedelta(days=60)) for one in lived.departures]
    faults = told(late)
    assert any("though they want no more mail" in fault for fault in faults)
    assert any("they are a client" in fault for fault in faults)
