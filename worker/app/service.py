"""The running worker: reading, deciding and sending side by side, and a clean end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from worker.app.clock import Clock
from worker.app.deciding import Deciding
from worker.app.delivery import Delivery
from worker.app.intake import Intake
from worker.app.systemd import Notifier
from worker.core.model import DealId, MessageId, Outbox, RawMail, Unplaced
from worker.io.imap import Batch, Filer, Reader
from worker.io.smtp import Sender, SubmissionFault
from worker.io.storage import StateUnwritable
from worker.io.store import Store
from worker.mail.compose import ComposeFault
from worker.mail.render import RenderFault

_LOG = logging.getLogger("worker.service")
_BREATHE = 20
"""Mails taken in between two looks at the rest of the world."""
_DISK_PAUSE = 30.0
_SEND_PAUSE = timedelta(minutes=1)


@dataclass(kw_only=True)
class Service:
    """One worker. `run` ends when `stop` is called, within a few seconds and with nothing lost."""

    store: Store
    intake: Intake
    deciding: Deciding
    delivery: Delivery
    sender: Sender
    readers: Sequence[Reader]
    clock: Clock
    notifier: Notifier
    filer: Filer | None = None
    sent_folder: str = ""
    pause: float = _DISK_PAUSE
    """Seconds between two tries to write where the disk lets us not."""
    taken: int = 0
    """How many mails have been taken in since the start."""
    _fresh: set[DealId] = field(default_factory=set)
    _leaving: set[DealId] = field(default_factory=set)
    _decide: asyncio.Event = field(default_factory=asyncio.Event)
    _deliver: asyncio.Event = field(default_factory=asyncio.Event)
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _reading: set[str] = field(default_factory=set)
    """Mailboxes whose history is still being read: until it is known, nothing is decided."""
    _no_sending_before: datetime | None = None
    _sending: bool = False

    def stop(self) -> None:
        """Ask the service to end."""
        self._stop.set()

    @property
    def at_rest(self) -> bool:
        """Whether all that is due has been done."""
        return not (self._reading or self._fresh or self._leaving or self._sending or self._decide.is_set())

    # -- the two ways to run ------------------------------------------------------------------

    async def run(self) -> None:
        """Read, decide and send until told to stop.

        Raises an ExceptionGroup with the fault that trying again cannot mend.
        """
        await self._begin()
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._read(reader)) for reader in self.readers]
                tasks += [group.create_task(work()) for work in (self._deciding_loop, self._delivering_loop)]
                tasks.append(group.create_task(self.notifier.keep_alive(lambda: True)))
                self.notifier.ready("reading the mailbox")
                await self._stop.wait()
                for task in tasks:
                    task.cancel()
        finally:
            await self._end()

    async def run_once(self) -> None:
        """Handle what is there and what is due, then end. Raises the first fault of a mailbox or of the server."""
        await self._begin()
        try:
            for reader in self.readers:
                cursor = self.store.cursor(reader.account.name, reader.account.folder)
                async for batch in reader.batches_once(cursor):
                    await self._take(batch)
            self._reading.clear()
            for _ in range(3):  # what a mail sets off may leave at once where the playbook holds nothing back
                self._decide_due()
                await self._deliver_due(raising=True)
        finally:
            await self._end()

    async def _begin(self) -> None:
        self._reading = {f"{reader.account.name}/{reader.account.folder}" for reader in self.readers}
        for id in self.store.index.with_outbox():
            deal = self.store.deal(id)
            if deal is not None:
                self.delivery.recover(deal)
            self._fresh.add(id)
        for fault in self.store.faults:
            _LOG.error(str(fault))

    async def _end(self) -> None:
        self.notifier.stopping("ending")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(4):
                closing = [reader.close() for reader in self.readers]
                if self.filer is not None:
                    closing.append(self.filer.close())
                await asyncio.gather(*closing, self.sender.close())
        self.store.close()

    # -- reading ----------------------------------------------------------------------------------

    async def _read(self, reader: Reader) -> None:
        cursor = self.store.cursor(reader.account.name, reader.account.folder)
        async for batch in reader.batches(cursor):
            await self._take(batch)
            if batch.live:
                name = f"{reader.account.name}/{reader.account.folder}"
                if name in self._reading:
                    self._reading.discard(name)
                    _LOG.info(f"{reader.account.where}: read to the end, waiting for mail")
                    self._decide.set()
            self._say_status()

    async def _take(self, batch: Batch) -> None:
        for number, raw in enumerate(batch.mails):
            await self._patiently(partial(self._take_one, raw, batch.history))
            if number % _BREATHE == 0:
                await asyncio.sleep(0)
        await self._patiently(lambda: self.store.commit_cursor(batch.cursor))
        if batch.history and batch.mails:
            _LOG.info(f"history: {len(batch.mails)} mails read, nothing is sent for the past")
        if self._fresh:
            self._decide.set()

    async def _patiently(self, work: Callable[[], None]) -> None:
        """Do it once the disk lets us: a full disk loses no mail, it only waits."""
        while True:
            try:
                return work()
            except StateUnwritable as fault:
                _LOG.error(str(fault))
                await asyncio.sleep(self.pause)

    def _take_one(self, raw: RawMail, history: bool) -> None:
        now = self.clock.now()
        self.taken += 1
        try:
            self._fresh.update(self.intake.take(raw, now, history=history))
        except StateUnwritable:
            raise
        except Exception as error:  # the boundary: a mail that breaks us is kept, marked and shown
            where = f"{raw.place.account or 'own'}/{raw.place.folder} UID {raw.place.uid}"
            _LOG.error(f"mail {where}: not understood, kept for you to look at: {type(error).__name__}: {error}")
            self.store.keep(
                Unplaced(id=_unnamed(raw), place=raw.place, at=raw.received, sender=None, subject="",
                         why=f"the worker could not take it in: {type(error).__name__}: {error}"[:300])
            )  # fmt: skip

    # -- deciding ---------------------------------------------------------------------------------

    async def _deciding_loop(self) -> None:
        while True:
            if not self._reading:
                self._decide_due()
            self._say_status()
            await self.clock.sleep_until(self._next(), self._decide)

    def _next(self) -> datetime | None:
        if self._reading:
            return None
        index = self.store.index
        # While mails are being handed over, their end wakes us; looking again before that would only spin.
        leaves = None if self._leaving or self._sending else index.next_outbox_due()
        if leaves is not None and self._no_sending_before is not None:
            leaves = max(leaves, self._no_sending_before)
        return min((at for at in (index.next_due(), leaves) if at is not None), default=None)

    def _decide_due(self) -> None:
        now = self.clock.now()
        due = self._fresh | set(self.store.index.due(now))
        self._fresh.clear()
        for id in sorted(due):
            self._decide_one(id, now)
        self._leaving.update(self.store.index.outbox_due(now))
        if self._leaving:
            self._deliver.set()

    def _decide_one(self, id: DealId, now: datetime) -> None:
        try:
            self.deciding.advance(id, now)
        except (RenderFault, ComposeFault, LookupError) as fault:
            _LOG.error(f"deal {id}: nothing was sent, the mail cannot be written: {fault}")
        except StateUnwritable as fault:
            _LOG.error(str(fault))
            self._fresh.add(id)
            return

    # -- sending ----------------------------------------------------------------------------------

    async def _delivering_loop(self) -> None:
        while True:
            await self._deliver.wait()
            self._deliver.clear()
            self._sending = True
            await self._deliver_due()
            self._decide.set()
            self._sending = False

    async def _deliver_due(self, *, raising: bool = False) -> None:
        now = self.clock.now()
        if self._no_sending_before is not None and now < self._no_sending_before:
            self._leaving.clear()
            return
        while self._leaving:
            id = self._leaving.pop()
            try:
                await self.delivery.deliver_due(id)
                await self._file(id)
            except (SubmissionFault, StateUnwritable) as fault:
                _LOG.error(str(fault))
                self._no_sending_before = now + _SEND_PAUSE
                self._leaving.clear()
                if raising:
                    raise
                return
            finally:
                self._fresh.add(id)

    async def _file(self, id: DealId) -> None:
        """Lay what has left into the Sent folder, where one is named."""
        deal = self.store.deal(id)
        if deal is None or self.filer is None or not self.sent_folder:
            return
        filed: set[MessageId] = set()
        for item in deal.outbox:
            if item.state is Outbox.ACCEPTED and not item.letter.to_owner:
                await self.filer.append(self.sent_folder, item.data, item.letter.send_at)
                filed.add(item.message_id)
        newest = self.store.deal(id)
        if filed and newest is not None:
            self.delivery.settle(newest, lambda message_id: message_id in filed, self.clock.now())

    def _say_status(self) -> None:
        boxes = "; ".join(reader.status.fault for reader in self.readers if reader.status.fault)
        counts = f"{len(self.store.index)} deals, {len(self.store.index.with_outbox())} with mail on its way"
        self.notifier.status(f"{boxes}; {counts}" if boxes else counts)


def _unnamed(raw: RawMail) -> MessageId:
    return MessageId(f"uid:{raw.place.account}/{raw.place.folder}/{raw.place.uidvalidity}/{raw.place.uid}")
