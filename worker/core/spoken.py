"""Who has spoken in a deal, in order of time: asked dozens of times in one plan and one digest, and sorted once."""

from __future__ import annotations

from operator import attrgetter

from worker.core.model import Deal, Kind, LoggedMail, Speaker

_MOST = 1024
"""Logs whose order is kept: a plan asks about one, a digest about those of one owner."""
_Words = dict[Speaker, tuple[LoggedMail, ...]]
_kept: dict[int, tuple[tuple[LoggedMail, ...], _Words]] = {}
"""By the identity of a log, which never changes; it is held here, so that no other can get its number."""


def spoken(deal: Deal, speaker: Speaker) -> tuple[LoggedMail, ...]:
    """The mails in which somebody spoke, oldest first."""
    log = deal.log
    known = _kept.get(id(log))
    words = known[1] if known is not None else _ordered(log)
    return words.get(speaker, ())


def _ordered(log: tuple[LoggedMail, ...]) -> _Words:
    found: dict[Speaker, list[LoggedMail]] = {}
    for mail in sorted(log, key=attrgetter("at")):
        if mail.kind is Kind.HUMAN:
            found.setdefault(mail.speaker, []).append(mail)
    if len(_kept) >= _MOST:
        _kept.clear()
    words = {speaker: tuple(mails) for speaker, mails in found.items()}
    _kept[id(log)] = log, words
    return words
