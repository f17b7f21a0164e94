"""Drives the mails of a deal through their states: decide, write it down, then act.

"Committing" is on disk before DATA, and the outcome after it, so that a worker that is ended anywhere knows at its next
start which mails certainly have not left, and which may have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import datetime
from typing import Protocol, assert_never

from worker.core import outbox
from worker.core.model import Deal, DealId, MessageId, Outbox, OutboxItem
from worker.core.outbox import Drop, Go, Happening, Verdict, WaitUntil
from worker.io.smtp import stop_if_cancelled

_UNDECIDED = frozenset({Outbox.QUEUED, Outbox.SENDING, Outbox.COMMITTING})
"""States that an outcome can still change; our own copy may have filed the mail before."""

_TURNS = frozenset({Outbox.ACCEPTED, Outbox.REFUSED, Outbox.STOPPED})
"""States that let a deal go on."""


class Deals(Protocol):
    """Where deals are kept. Both are quick and do not await: between a read and its commit nothing else runs."""

    def deal(self, deal_id: DealId, /) -> Deal | None: ...

    def commit(self, deal: Deal, /) -> object:
        """Write the deal, durably, before it returns."""


class Transaction(Protocol):
    """The two halves of handing over a mail; see io/smtp."""

    handed_over: bool

    async def envelope(self) -> outbox.Deferred | outbox.Refused | None: ...

    async def data(self) -> outbox.Delivery: ...

    async def abandon(self) -> None: ...


class Sender(Protocol):
    """Whoever can hand over a mail; see io/smtp."""

    def transaction(self, item: OutboxItem, /) -> AbstractAsyncContextManager[Transaction]: ...


class Clock(Protocol):
    def now(self) -> datetime: ...


Gate = Callable[[Deal, OutboxItem, datetime], Verdict]
"""Asked in the moment of sending: stop rules, hours, caps."""
Journal = Callable[[DealId, OutboxItem], None]
"""Told of every mail that has changed its state, after that is on disk."""


class Delivery:
    """The only one who sends."""

    def __init__(self, store: Deals, sender: Sender, gate: Gate, clock: Clock, journal: Journal) -> None:
        self._store = store
        self._sender = sender
        self._gate = gate
        self._clock = clock
        self._journal = journal
        self._under_way: set[tuple[DealId, MessageId]] = set()
        self._unwritten: dict[tuple[DealId, MessageId], outbox.Delivery] = {}

    async def deliver_due(self, deal_id: DealId) -> None:
        """Hand over every mail of the deal whose time has come. Several deals may be served side by side.

        Raises what the sender raises where nothing can be sent at all (the mail stays queued), and what the store
        raises where it cannot write: then the mail was not sent, or its outcome is written at the next call.
        """
        self._write_what_is_owed()
        deal = self._store.deal(deal_id)
        if deal is None:
            return
        now = self._clock.now()
        for message_id in [item.message_id for item in deal.outbox if outbox.is_due(item, now)]:
            await self._deliver(deal_id, message_id)
            stop_if_cancelled()

    def recover(self, deal: Deal) -> Deal:
        """After a restart: what was not handed over is queued again, what may have been is uncertain."""
        return self._exchange(deal, outbox.recovered(deal.outbox, self._clock.now()))

    def settle(self, deal: Deal, seen: Callable[[MessageId], bool | None], now: datetime) -> Deal:
        """File what was seen again. What is not found stays uncertain; the planner asks the owner when it is overdue.

        `seen` looks in the Sent folder, at our own blind copies and at replies; None where it could not look.
        """
        return self._exchange(deal, outbox.settled(deal.outbox, seen, now))

    # -- one mail -----------------------------------------------------------------------

    async def _deliver(self, deal_id: DealId, message_id: MessageId) -> None:
        key = deal_id, message_id
        if key in self._under_way or not self._admitted(deal_id, message_id):
            return
        # "Sending" is known here and not on disk: a mail that is found queued was certainly not handed over, so a
        # write would buy nothing and cost a third of the time.
        self._under_way.add(key)
        try:
            item = self._find(deal_id, message_id)[1]
            if item is not None:
                async with self._sender.transaction(item) as transaction:
                    await self._hand_over(deal_id, message_id, transaction)
        finally:
            self._under_way.discard(key)

    async def _hand_over(self, deal_id: DealId, message_id: MessageId, transaction: Transaction) -> None:
        outcome: outbox.Delivery | None = await transaction.envelope()
        # Connecting and the envelope take time in which an answer may have come in: this is the last look.
        if outcome is None and not self._admitted(deal_id, message_id):
            await transaction.abandon()
            return
        if outcome is None:
            self._move(deal_id, message_id, Happening.ENVELOPE_TAKEN)
            try:
                outcome = await transaction.data()
            except BaseException:
                # Cancelled or broken: put down what is known now, then go on falling.
                self._put_back(deal_id, message_id, handed_over=transaction.handed_over)
                raise
        self._unwritten[deal_id, message_id] = outcome
        self._write_what_is_owed()

    def _admitted(self, deal_id: DealId, message_id: MessageId) -> bool:
        """Whether the mail is still queued and due, and the gate lets it through; else the gate's word is written."""
        now = self._clock.now()
        deal, item = self._find(deal_id, message_id)
        return deal is not None and item is not None and outbox.is_due(item, now) and self._passes(deal, item, now)

    def _passes(self, deal: Deal, item: OutboxItem, now: datetime) -> bool:
        verdict = self._gate(deal, item, now)
        match verdict:
            case Go():
                return True
            case WaitUntil():
                moved = outbox.after(item, Happening.POSTPONED, now, verdict.why, until=verdict.when)
            case Drop():
                moved = outbox.after(item, Happening.STOPPED, now, verdict.why)
            case _:
                assert_never(verdict)
        self._write(deal, item, moved)
        return False

    # -- writing it down ----------------------------------------------------------------

    def _write_what_is_owed(self) -> None:
        """Outcomes that are known here and not yet on disk: a full disk must not make them be forgotten."""
        for (deal_id, message_id), outcome in list(self._unwritten.items()):
            deal, item = self._find(deal_id, message_id)
            if deal is not None and item is not None and item.state in _UNDECIDED:
                now = self._clock.now()
                self._write(deal, item, outbox.concluded(_claimed(item, now), outcome, now))
            del self._unwritten[deal_id, message_id]

    def _put_back(self, deal_id: DealId, message_id: MessageId, *, handed_over: bool) -> None:
        deal, item = self._find(deal_id, message_id)
        if deal is None or item is None or item.state is not Outbox.COMMITTING:
            return
        now = self._clock.now()
        if handed_over:
            (moved,) = outbox.recovered([item], now)
        else:
            moved = outbox.after(item, Happening.DEFERRED, now, "the worker stopped before the mail was handed over")
        self._write(deal, item, moved)

    def _move(self, deal_id: DealId, message_id: MessageId, happening: Happening) -> None:
        deal, item = self._find(deal_id, message_id)
        if deal is not None and item is not None:
            now = self._clock.now()
            self._write(deal, item, outbox.after(_claimed(item, now), happening, now))

    def _find(self, deal_id: DealId, message_id: MessageId) -> tuple[Deal | None, OutboxItem | None]:
        """The deal as it is now: others commit to it while a mail is on its way."""
        deal = self._store.deal(deal_id)
        found = (item for item in deal.outbox if item.message_id == message_id) if deal else iter(())
        return deal, next(found, None)

    def _write(self, deal: Deal, item: OutboxItem, moved: OutboxItem) -> None:
        self._exchange(deal, tuple(moved if each is item else each for each in deal.outbox))

    def _exchange(self, deal: Deal, items: Iterable[OutboxItem]) -> Deal:
        items = tuple(items)
        if items == deal.outbox:
            return deal
        wakes = [when for when in (deal.due_at, outbox.wakes_at(items)) if when is not None]
        if any(after is not before and after.state in _TURNS for before, after in zip(deal.outbox, items, strict=True)):
            wakes.append(self._clock.now())  # whatever waits for this mail goes on, also after a kill at this place
        changed = replace(deal, outbox=items, due_at=min(wakes, default=None))
        self._store.commit(changed)
        for before, after in zip(deal.outbox, items, strict=True):
            if before != after:
                self._journal(deal.id, after)
        return changed


def _claimed(item: OutboxItem, now: datetime) -> OutboxItem:
    return outbox.after(item, Happening.CLAIMED, now) if item.state is Outbox.QUEUED else item
