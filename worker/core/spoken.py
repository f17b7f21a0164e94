"""Who has spoken in a deal, in order of time: asked dozens of times in one plan and one digest, and sorted once."""

from __future__ import annotations

from operator import attrgetter

from worker.core.kept import kept
from worker.core.model import Deal, Kind, LoggedMail, Speaker


def spoken(deal: Deal, speaker: Speaker) -> tuple[LoggedMail, ...]:
    """The mails in which somebody spoke, oldest first."""
    return _by_speaker(deal.log).get(speaker, ())


@kept(1024)  # a plan asks about one log, a digest about those of one owner
def _by_speaker(log: tuple[LoggedMail, ...]) -> dict[Speaker, tuple[LoggedMail, ...]]:
    found: dict[Speaker, list[LoggedMail]] = {}
    for mail in sorted(log, key=attrgetter("at")):
        if mail.kind is Kind.HUMAN:
            found.setdefault(mail.speaker, []).append(mail)
    return {speaker: tuple(mails) for speaker, mails in found.items()}
