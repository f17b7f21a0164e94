"""What sort of mail it is: a person's, a machine's answer, a bounce, a notice, a newsletter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from worker.core.model import Absence, Bounce, Kind, Party, Reading
from worker.mail import bounce
if TYPE_CHECKING:
    from worker.mail.headers import Headers
    from worker.mail.mime import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Automatic:
    """The kind of a mail, with what a bounce or an absence says."""

    kind: Kind
    bounce: Bounce | None = None
    absence: Absence | None = None


def classify(
    headers: Headers,
    root: Part,
    *,
    subject: str,
    text: str,
    full_text: str,
    sender: Party | None,
    date: datetime | None,
    reading: Reading,
) -> Automatic:
    """Tell what sort of mail it is (RFC 3834, 3464, 5965, 2369)."""
    report = bounce.read_report(headers, root, subject=subject, full_text=full_text, sender=sender, reading=reading)
    if report is not None:
        return Automatic(kind=report.kind, bounce=report.bounce)
    if headers.first("auto-submitted").strip().lower() not in ("", "no"):
        return Automatic(kind=Kind.AUTO_REPLY)
    if headers.has("list-unsubscribe"):
        return Automatic(kind=Kind.BULK)
    return Automatic(kind=Kind.HUMAN)
