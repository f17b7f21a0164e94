from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from worker.core.model import Address, Attachment, Forwarded, Kind, Message, MessageId, Party, Place, Reading, Trust
from worker.core.signal import Signals, notaries
from worker.io.signal_files import read_signals

FOLDER = Path(__file__).parents[2] / "playbooks" / "signals"


@pytest.fixture(scope="session")
def signals() -> Signals:
    return read_signals(FOLDER)


@pytest.fixture(scope="session")
def reading(signals: Signals) -> Reading:
    return Reading(
        address=Address("deals@harrow.test"),
        team=("joan@harrow.test", "max@harrow.test"),
        trusted_authserv="mx.harrow.test",
        notaries=notaries(signals),
    )


@pytest.fixture
def mail() -> Callable[..., Message]:
    """A mail of Piet, a contact, to Joan of the team, on Wednesday, 5 March 2025, unless it is said otherwise."""

    def make(
        text: str,
        *,
        sender: str = "piet@vanderveen.example",
        name: str = "Piet van der Veen",
        subject: str = "Re: The offer",
        cc: tuple[str, ...] = (),
        trust: Trust = Trust.ALIGNED,
        kind: Kind = Kind.HUMAN,
        attachments: tuple[str, ...] = (),
        forwarded: Forwarded | None = None,
        calendar: str = "",
        language: str = "",
    ) -> Message:
        return Message(
            id=MessageId("mail@vanderveen.example"),
            place=Place(),
            sender=Party(address=Address(sender), name=name),
            to=(Party(address=Address("joan@harrow.test")),),
            cc=tuple(Party(address=Address(a)) for a in cc),
            subject=subject,
            date=datetime(2025, 3, 5, 10, 0, tzinfo=UTC),
            received=datetime(2025, 3, 5, 10, 1, tzinfo=UTC),
            text=text,
            full_text=text,
            trust=trust,
            kind=kind,
            attachments=tuple(Attachment(name=a, content_type="application/pdf") for a in attachments),
            forwarded=forwarded,
            calendar=calendar,
            language=language,
        )

    return make
