"""The examples in the signal files, tried: a signal file proves itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from worker.core.signal import Mood, Signal, Signals, Where
from worker.signals.match import Book, Searched
from worker.signals.moods import moods
from worker.signals.sentences import file_name, sentences

_A_DAY = date(2025, 3, 5)
"""On which all examples are said; a Wednesday."""


def failing_examples(signals: Signals) -> tuple[str, ...]:
    """Every example that a signal gets wrong, as "file:line: what"."""
    return tuple(_faults(signals))


def says(signal: Signal, signals: Signals, text: str) -> bool:
    """Whether a text says what a signal listens for."""
    book = Book([replace(signal, where=frozenset({Where.TEXT}))])
    attached = signal.where == {Where.ATTACHMENT}
    cues = None if attached else next((c for c in signals.cues if c.language == signal.language), None)
    for sentence in [file_name(text)] if attached else sentences(text):
        source = text[sentence.start : sentence.end]
        for found in book.find(Searched(sentence, source, _A_DAY, signal.language)):
            meant = moods(sentence, found.start, found.end, found.holes, cues) if cues else frozenset[Mood]()
            if signal.means(meant):
                return True
    return False


def _faults(signals: Signals) -> Iterator[str]:
    for signal in signals.signals:
        for example in signal.matches:
            if not says(signal, signals, example):
                yield f'{signal.at}: {signal.name} should match "{example}" and does not'
        for example in signal.ignores:
            if says(signal, signals, example):
                yield f'{signal.at}: {signal.name} should ignore "{example}" and does not'
