"""What the signals make of mails that were written apart from them, in the words of many people and services."""

from collections.abc import Callable
from pathlib import Path

import pytest

from worker.core.model import Event, Kind, Message, Reading, Strength, Trust
from worker.core.signal import Signals
from worker.mail.language import language_of
from worker.signals.detect import detect

DATA = Path(__file__).parents[1] / "data"
ALSO_FINE = frozenset({Event.INTEREST, Event.DATE_NAMED})
"""Beside an event; a mail that shows nothing shows no interest either."""


def rows(name: str) -> list[tuple[str, ...]]:
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    return [tuple(cell.strip() for cell in line.split(" | ")) for line in lines if not line.startswith("#")]


def shown(events: str) -> frozenset[Event]:
    return frozenset() if events == "-" else frozenset(map(Event, events.split()))


@pytest.mark.parametrize(("who", "events", "text"), rows("signal-people.txt") + rows("signal-mails.txt"))
def test_what_a_person_means_is_understood(
    who: str, events: str, text: str, mail: Callable[..., Message], signals: Signals, reading: Reading
) -> None:
    text = text.replace(r"\n", "\n")
    owner = who == "owner"
    message = mail(
        text,
        sender="joan@harrow.test" if owner else "ann@alder.example",
        trust=Trust.TEAM if owner else Trust.ALIGNED,
        cc=("lena@newco.example",) if who == "introducer" else (),
        language=language_of(text),
    )
    found = {e.event for e in detect(message, signals, reading) if e.strength is not Strength.WEAK}
    assert shown(events) <= found
    assert found - shown(events) <= (ALSO_FINE if events != "-" else frozenset({Event.DATE_NAMED}))


@pytest.mark.parametrize(("domain", "subject", "text", "event"), rows("signal-notices.txt"))
def test_what_a_service_says_is_understood(
    domain: str, subject: str, text: str, event: str, mail: Callable[..., Message], signals: Signals, reading: Reading
) -> None:
    message = mail(text, sender=f"no-reply@{domain}", subject=subject, trust=Trust.NOTARY, kind=Kind.NOTICE)
    evidence = detect(message, signals, reading)
    assert {e.event for e in evidence} == shown(event)
    assert all(e.strength is Strength.CERTAIN for e in evidence)
