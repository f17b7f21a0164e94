"""Phrases that say nothing are known in five languages, however their lines are broken."""

from __future__ import annotations

import pytest

from worker.core.empty_phrases import EMPTY_PHRASES


@pytest.mark.parametrize(
    "text",
    [
        "I was just\nchecking in to see", "I\u2019m just following up on my mail", "I hope this email finds you well",
        "Wollte nur mal nachfragen, ob", "eine freundliche Erinnerung", "Je me permets de vous relancer",
        "j\u2019espère que vous allez bien", "Solo quería saber si", "Espero que estés bien", "Ik wilde even vragen",
        "een vriendelijke herinnering", "Circling back on this", "any update on the offer",
    ],
)  # fmt: skip
def test_a_phrase_that_says_nothing_is_found(text: str) -> None:
    assert EMPTY_PHRASES.search(text)


@pytest.mark.parametrize(
    "text",
    [
        "You checked in at nine.", "I reached Outwood by train.", "The wheel touches the base plate.", "Reminders are off.",
        "Le rappel des faits est clair.", "Even later is fine.",
    ],
)  # fmt: skip
def test_plain_words_are_left_alone(text: str) -> None:
    assert not EMPTY_PHRASES.search(text)
