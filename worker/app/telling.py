"""What the worker says of what it does, while it does it: to a journal, or to a screen."""

from __future__ import annotations

import logging
from typing import Protocol

from worker.app import journal
from worker.core.model import Deal, DealId, Decision, Evidence, Message, Outbox, OutboxItem

_LOG = logging.getLogger("worker.telling")
_BAD = frozenset({Outbox.REFUSED, Outbox.UNCERTAIN})


class Telling(Protocol):
    """Told of every mail that came in, every decision and every mail of ours that moved on."""

    def heard(self, message: Message, evidence: tuple[Evidence, ...], deals: tuple[DealId, ...], why: str) -> None: ...

    def decided(self, deal: Deal, decisions: tuple[Decision, ...]) -> None: ...

    def mail_moved(self, deal: Deal | None, item: OutboxItem) -> None: ...


class ToJournal:
    """Tells the log: one line a mail, one line a decision, no bodies."""

    def heard(self, message: Message, evidence: tuple[Evidence, ...], deals: tuple[DealId, ...], why: str) -> None:
        shown = ",".join(f"{item.event}:{item.strength}" for item in evidence) or "nothing"
        where = ",".join(deals) or "no deal"
        _LOG.info("mail=%s kind=%s trust=%s shows=%s deal=%s (%s)", message.id, message.kind, message.trust, shown,
                  where, why)  # fmt: skip
        for defect in message.defects:
            _LOG.debug("mail=%s defect: %s", message.id, defect)

    def decided(self, deal: Deal, decisions: tuple[Decision, ...]) -> None:
        for decision in decisions:
            journal.record(deal, decision)

    def mail_moved(self, deal: Deal | None, item: OutboxItem) -> None:
        level = logging.WARNING if item.state in _BAD else logging.INFO
        _LOG.log(level, "outbox deal=%s mail=%s is %s: %s", deal.id if deal else "", item.message_id, item.state,
                 item.reply)  # fmt: skip
