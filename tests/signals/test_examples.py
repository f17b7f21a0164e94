"""Every example in every signal file is a test."""

from dataclasses import replace
from pathlib import Path

import pytest

from worker.core.model import Event
from worker.core.signal import Signal, Signals
from worker.io.signal_files import read_signals
from worker.signals.examples import failing_examples, says

SIGNALS = read_signals(Path(__file__).parents[2] / "playbooks" / "signals")
MATCHES = [(s, example) for s in SIGNALS.signals for example in s.matches]
IGNORES = [(s, example) for s in SIGNALS.signals for example in s.ignores]


def _name(value: object) -> str:
    return value.name if isinstance(value, Signal) else str(value)


@pytest.mark.parametrize(("signal", "example"), MATCHES, ids=_name)
def test_a_signal_matches_its_example(signal: Signal, example: str) -> None:
    assert says(signal, SIGNALS, example)


@pytest.mark.parametrize(("signal", "example"), IGNORES, ids=_name)
def test_a_signal_ignores_its_counter_example(signal: Signal, example: str) -> None:
    assert not says(signal, SIGNALS, example)


def test_every_signal_has_an_example_that_it_matches() -> None:
    assert [s.name for s in SIGNALS.signals if not s.matches] == []


def test_every_event_that_words_can_show_has_signals_in_the_five_languages() -> None:
    silent = {Event.ABSENCE, Event.VANISHED, Event.VERBAL_YES, Event.DISQUALIFIED, Event.REQUALIFIED}
    heard = {(s.event, s.language) for s in SIGNALS.signals}
    wanted = {
        (event, language) for event in Event if event not in silent for language in ("en", "de", "fr", "es", "nl")
    }
    assert wanted - heard == set()


def test_an_example_that_fails_is_named_with_its_file_and_line() -> None:
    broken = replace(SIGNALS.signals[0], matches=("The weather is fine.",), ignores=())
    signals = Signals(signals=(broken,), cues=SIGNALS.cues)
    (fault,) = failing_examples(signals)
    assert fault.startswith(broken.at)
    assert 'should match "The weather is fine."' in fault
