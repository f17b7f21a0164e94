"""Answers that are kept by which value was asked about."""

from __future__ import annotations

import pytest

from worker.core.kept import kept


@pytest.fixture
def asked():
    return []


@pytest.fixture
def length(asked):
    @kept(3)
    def of(value: tuple[int, ...]) -> int:
        asked.append(value)
        return len(value)

    return of


def test_the_same_value_is_worked_on_once(length, asked):
    value = (1, 2)
    assert [length(value), length(value)] == [2, 2]
    assert len(asked) == 1


def test_each_value_has_its_own_answer_however_many_are_asked_about(length):
    values = [tuple(range(number)) for number in range(1, 40)]
    assert [length(value) for value in values] == list(range(1, 40))
    assert [length(value) for value in reversed(values)] == list(range(39, 0, -1))


def test_a_value_that_nobody_else_holds_lends_its_address_to_no_other(length):
    assert all(length(tuple(range(number))) == number for number in range(1, 500))
