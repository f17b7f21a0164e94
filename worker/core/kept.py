"""Answers about a value that never changes, kept for as long as that very value is asked about."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

Value = TypeVar("Value")
Answer = TypeVar("Answer")


def kept(most: int) -> Callable[[Callable[[Value], Answer]], Callable[[Value], Answer]]:
    """Keep the last answers of a pure function, by which object it was asked about.

    To hash a log, or to compare two, costs as much as the answer; to see that it is the same one costs nothing.
    Each value is held with its answer, so that no other can come to lie at its address.

    Args:
        most: answers; when there are more all are forgotten.
    """

    def keep(work: Callable[[Value], Answer]) -> Callable[[Value], Answer]:
        answers: dict[int, tuple[Value, Answer]] = {}

        @wraps(work)
        def answered(value: Value) -> Answer:
            known = answers.get(id(value))
            if known is not None:
                return known[1]
            if len(answers) >= most:
                answers.clear()
            answer = work(value)
            answers[id(value)] = value, answer
            return answer

        return answered

    return keep
