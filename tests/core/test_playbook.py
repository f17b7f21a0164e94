from __future__ import annotations

from contextlib import suppress
from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.core.model import Event, Stage
from worker.core.playbook import (
    TRIGGERS,
    Answer,
    Condition,
    Duration,
    Mode,
    Rule,
    Unit,
    UnknownPhrase,
    Watch,
    read_answer,
    read_at_most,
    read_condition,
    read_duration,
    read_hours,
    read_rule,
    read_spread,
    read_stage,
    read_trigger,
    strictest,
    suggestion,
)


@pytest.mark.parametrize(
    ("text", "count", "unit"),
    [
        ("3 business days", 3, Unit.BUSINESS_DAY),
        ("a week", 1, Unit.WEEK),
        ("two working days", 2, Unit.BUSINESS_DAY),
        ("1 Month", 1, Unit.MONTH),
        ("  90   days ", 90, Unit.DAY),
        ("an hour", 1, Unit.HOUR),
        ("next business morning", 1, Unit.BUSINESS_MORNING),
    ],
)
def test_durations_are_written_as_people_say_them(text, count, unit):
    assert read_duration(text) == Duration(count=count, unit=unit)


@pytest.mark.parametrize(
    "text", ["", "soon", "0 days", "-3 days", "3", "days", "3 fortnights", "9999 years", "5000 weeks", "3,5 days"]
)
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(UnknownPhrase):
        read_duration(text)


@given(st.integers(1, 19), st.sampled_from(list(Unit)))
def test_a_duration_reads_as_it_is_written(count, unit):
    one = Duration(count=1 if unit is Unit.BUSINESS_MORNING else count, unit=unit)
    assert read_duration(str(one)) == one


@given(st.text(max_size=40))
def test_no_text_breaks_a_reader(text):
    for reader in (read_duration, read_trigger, read_rule, read_condition, read_answer, read_hours, read_spread, read_at_most,
                   read_stage):  # fmt: skip
        with suppress(UnknownPhrase):
            reader(text)


def test_every_phrase_of_the_language_can_be_read():
    assert all(read_trigger(text) == meant for text, meant in TRIGGERS.items())
    assert all(read_rule(rule.value) is rule for rule in Rule)
    assert all(read_condition(condition.value) is condition for condition in Condition)
    assert all(read_answer(answer.value) == (answer, None) for answer in Answer if answer is not Answer.SILENCE)
    assert all(read_stage(stage.value) is stage for stage in Stage)


def test_case_and_spaces_of_a_phrase_do_not_matter():
    assert read_trigger("  Prospect is   silent ") is Watch.SILENT
    assert read_trigger("deal becomes client") is Stage.OPENING
    assert read_trigger("contact introduces somebody") is Event.INTRODUCTION


def test_a_slip_gets_the_phrase_that_was_meant():
    with pytest.raises(UnknownPhrase, match='Did you mean "owner wrote last"'):
        read_condition("owner wrote lats")
    with pytest.raises(UnknownPhrase, match="There are: "):
        read_rule("zzz")


def test_silence_in_an_answer_says_how_long():
    assert read_answer("silence after 10 business days") == (Answer.SILENCE, read_duration("10 business days"))
    with pytest.raises(UnknownPhrase):
        read_answer("silence")


@pytest.mark.parametrize(
    ("text", "count", "days"),
    [
        ("1 per contact in 90 days", 1, "90 days"),
        ("once per contact in a year", 1, "a year"),
        ("two per contact in a week", 2, "a week"),
    ],
)
def test_a_limit_is_so_many_per_contact_in_a_time(text, count, days):
    limit = read_at_most(text)
    assert (limit.count, limit.within) == (count, read_duration(days))


def test_hours_are_from_to_on_one_day():
    assert read_hours("08:30-11:00") == (time(8, 30), time(11, 0))
    assert read_hours("8:30 to 11:00") == (time(8, 30), time(11, 0))
    for wrong in ("11:00-08:30", "25:00-26:00", "morning", "08:30-08:30", "08:70-09:00"):
        with pytest.raises(UnknownPhrase):
            read_hours(wrong)


def test_a_spread_is_least_to_most_or_none():
    assert read_spread("25 to 70 minutes") == (25, 70)
    assert read_spread("none") == (0, 0)
    with pytest.raises(UnknownPhrase):
        read_spread("70 to 25 minutes")


def test_the_strictest_mode_wins():
    assert strictest(Mode.SEND, Mode.APPROVE) is Mode.APPROVE
    assert strictest(Mode.APPROVE, Mode.DRAFT, Mode.SEND) is Mode.DRAFT
    assert strictest(Mode.SEND, Mode.SEND) is Mode.SEND


def test_the_step_after_the_last_is_none(book):
    one = book()
    assert one.after_step("nudge") == ""
    assert one.after_step("unheard of") == ""
    assert one.step("unheard of") is None


def test_a_suggestion_is_the_nearest_word_or_all_there_are():
    assert suggestion("nudg", ["nudge", "decline"]) == 'Did you mean "nudge"?'
    assert suggestion("xyz", ["nudge", "decline"]) == "There are: decline, nudge"
