"""The running worker: reading, deciding and sending side by side, and a clean end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from worker.app.clock import Clock
from worker.app.deciding import Deciding
from worker.app.delivery import Delivery
from worker.app.filing import Filing
from worker.app.intake import Intake
from worker.app.systemd import Notifier
from worker.app.troubles import Troubles
from worker.core.model import DealId, MessageId, RawMail, Unplaced
from worker.core.outbox import has_answered
from worker.io.imap import SENT, Batch, FolderMissing, MailboxRefused, Reader
from worker.io.smtp import Sender, SubmissionFault, SubmissionRefused, stop_if_cancelled
from worker.io.storage import StateUnwritable
from worker.io.store import Store
from worker.mail.compose import ComposeFault
from worker.mail.render import RenderFault

_LOG = logging.getLogger("worker.service")
_BREATH = 0.05
"""Seconds of work between two looks at the rest of the world: the end, signs of life, other mailboxes."""
_SIDE_BY_SIDE = 4
"""Deals that are sent at one time: while one is written to disk, the server works on others."""
_DISK_PAUSE, _DISK_PAUSE_MOST = 1.0, 30.0
_SEND_PAUSE = timedelta(minutes=1)
_SEND_PAUSE_MOST = timedelta(minutes=30)
"""A server that is away, or wants us no more, is asked less and less often: tries in a row lock accounts."""
_REFUSED_PAUSE = 1800.0
"""Seconds until a watched mailbox that has refused us is tried again."""
_LOOK_AGAIN = timedelta(minutes=1)
_SET_ASIDE = timedelta(hours=1)
"""When a deal that could not be decided is tried again."""


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
    filing: Filing | None = None
    beside: Sequence[Callable[[], Coroutine[None, None, None]]] = ()
    """What else runs for as long as the service does."""
    disk_pause: float = _DISK_PAUSE
    """Seconds until the next try to write, where the disk lets us not; it grows from try to try."""
    refused_pause: float = _REFUSED_PAUSE
    """Seconds until the next try at a watched mailbox whose password does not hold any more."""
    taken: int = 0
    """How many mails have been taken in since the start."""
    _fresh: set[DealId] = field(default_factory=set)
    _leaving: set[DealId] = field(default_factory=set)
    _left: set[DealId] = field(default_factory=set)
    """Deals of which something has left since their copies were filed."""
    _decide: asyncio.Event = field(default_factory=asyncio.Event)
    _deliver: asyncio.Event = field(default_factory=asyncio.Event)
    _file: asyncio.Event = field(default_factory=asyncio.Event)
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _reading: set[str] = field(default_factory=set)
    """Mailboxes whose history is still being read: until it is known, nothing is decided."""
    _looked: datetime | None = None
    """When it was last decided: what was due by then has had its turn."""
    _no_sending_before: datetime | None = None
    _send_pause: timedelta = _SEND_PAUSE
    _sending: bool = False
    _filing: bool = False
    _breathed: float = 0.0
    _once: bool = False
    _troubles: Troubles = field(default_factory=Troubles)

    def stop(self) -> None:
        """Ask the service to end."""
        self._stop.set()

    def use(self, intake: Intake, deciding: Deciding) -> None:
        """Go on by other files; whatever runs or may begin by them is looked at again."""
        self.intake, self.deciding = intake, deciding
        self._fresh.update(row.deal for row in self.store.index.rows() if row.due is not None)
        self._decide.set()

    def wake(self) -> None:
        """Look at once what is due."""
        self._decide.set()

    @property
    def at_rest(self) -> bool:
        """Whether all that is due has been done."""
        waits = self._reading or self._fresh or self._leaving or self._left
        return not (waits or self._sending or self._filing or self._decide.is_set())

    # -- the two ways to run ------------------------------------------------------------------

    async def run(self) -> None:
        """Read, decide and send until told to stop.

        Raises an ExceptionGroup with the fault that trying again cannot mend.
        """
        self._begin()
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._read(reader)) for reader in self.readers]
                loops = (self._deciding_loop, self._delivering_loop, self._filing_loop)
                tasks += [group.create_task(work()) for work in (*loops, *self.beside)]
                tasks.append(group.create_task(self.notifier.keep_alive(lambda: True)))
                self.notifier.ready("reading the mailbox")
                await self._stop.wait()
                for task in tasks:
                    task.cancel()
        finally:
            await self._end()

    async def run_once(self) -> None:
        """Handle what is there and what is due, then end; or end when told to.

        Raises the first fault of a mailbox, of the server or of the state.
        """
        self._once = True
        self._begin()
        try:
            work, told = asyncio.ensure_future(self._all_once()), asyncio.ensure_future(self._stop.wait())
            await asyncio.wait((work, told), return_when=asyncio.FIRST_COMPLETED)
            told.cancel()
            if work.cancel():
                await asyncio.wait((work,))
            else:
                work.result()
        finally:
            await self._end()

    async def _all_once(self) -> None:
        for reader in self.readers:
            async for batch in self._batches(reader):
                await self._take(batch)
        self._reading.clear()
        for _ in range(3):  # what a mail sets off may leave at once where the playbook holds nothing back
            await self._decide_due()
            await self._deliver_due()
            await self._file_copies()

    def _begin(self) -> None:
        self._reading = {_name(reader) for reader in self.readers}
        for id in self.store.index.with_outbox():
            deal = self.store.deal(id)
            if deal is not None:
                deal = self.delivery.recover(deal)
                if self.filing is not None:
                    self.filing.remember(deal, doubted=True)
                    self._leaving.add(id)
            self._fresh.add(id)
        for fault in self.store.faults:
            _LOG.error(str(fault))

    async def _end(self) -> None:
        self.notifier.stopping("ending")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(4):
                closing = [reader.close() for reader in self.readers]
                if self.filing is not None:
                    closing.append(self.filing.close())
                await asyncio.gather(*closing, self.sender.close(), return_exceptions=True)
        self.store.close()

    # -- reading ----------------------------------------------------------------------------------

    async def _read(self, reader: Reader) -> None:
        while True:
            try:
                return await self._read_on(reader)
            except MailboxRefused:  # it has been said
                if not reader.account.read_only:
                    raise
                # One owner's new password must not stop the mail of the others; what waits for theirs goes on waiting.
                self._is_read(reader)
                await asyncio.sleep(self.refused_pause)

    async def _read_on(self, reader: Reader) -> None:
        async for batch in self._batches(reader):
            await self._take(batch)
            if batch.live and _name(reader) in self._reading:
                _LOG.info(f"{reader.account.where}, {reader.account.folder}: read to the end, waiting for mail")
                self._is_read(reader)
            self._say_status()
        self._is_read(reader)  # a mailbox without a Sent folder

    async def _batches(self, reader: Reader) -> AsyncGenerator[Batch, None]:
        """What the mailbox holds and gets. A watched mailbox may be without a Sent folder."""
        cursor = self.store.cursor(reader.account.name, reader.account.folder)
        try:
            async for batch in (reader.batches_once if self._once else reader.batches)(cursor):
                yield batch
        except FolderMissing:
            if reader.account.folder != SENT:
                raise
            _LOG.info(f"{reader.account.where}: has no Sent folder; what its owner sends is seen by its blind copies")

    def _is_read(self, reader: Reader) -> None:
        self._reading.discard(_name(reader))
        self._decide.set()

    async def _take(self, batch: Batch) -> None:
        for raw in batch.mails:
            await self._patiently(partial(self._take_one, raw, batch.history))
            self.taken += 1
            await self._breathe()
        await self._patiently(self.store.flush)
        await self._patiently(lambda: self.store.commit_cursor(batch.cursor))
        if batch.history and batch.mails:
            _LOG.info(f"history: {len(batch.mails)} mails read, nothing is sent for the past")
        if self._fresh:
            self._decide.set()

    async def _patiently(self, work: Callable[[], None]) -> None:
        """Do it once the disk lets us: a full disk loses no mail, it only waits."""
        while True:
            try:
                work()
            except StateUnwritable as fault:
                if self._once:
                    raise
                await asyncio.sleep(self._disk_is_full(fault))
            else:
                return self._disk_is_well()

    def _take_one(self, raw: RawMail, history: bool) -> None:
        now = self.clock.now()
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

    async def _breathe(self) -> None:
        """Let the others work, where we have worked for long enough."""
        if asyncio.get_running_loop().time() - self._breathed > _BREATH:
            await asyncio.sleep(0)
            self._breathed = asyncio.get_running_loop().time()

    # -- deciding ---------------------------------------------------------------------------------

    async def _deciding_loop(self) -> None:
        while True:
            if not self._reading:
                await self._decide_due()
            self._say_status()
            await self.clock.sleep_until(self._next(), self._decide)

    def _next(self) -> datetime | None:
        """When to look again without being woken."""
        if self._reading or self._looked is None:
            return None
        index = self.store.index
        # While mails are being handed over, their end wakes us; looking again before that would only spin.
        leaves = None if self._leaving or self._sending else self._in_time(index.next_outbox_due())
        if leaves is not None and self._no_sending_before is not None:
            leaves = max(leaves, self._no_sending_before)
        undecided = self._looked + timedelta(seconds=self.disk_pause) if self._fresh else None
        moments = (self._in_time(index.next_due()), leaves, undecided)
        return min((at for at in moments if at is not None), default=None)

    def _in_time(self, moment: datetime | None) -> datetime | None:
        """What was due at the last look and still is could not be moved then: it must not make us spin."""
        if moment is None or self._looked is None or moment > self._looked:
            return moment
        return self._looked + _LOOK_AGAIN

    async def _decide_due(self) -> None:
        now = self._looked = self.clock.now()
        due = sorted(self._fresh | set(self.store.index.due(now)))
        self._fresh.update(due)
        for id in due:
            self._fresh.discard(id)
            try:
                self._decide_one(id, now)
            except StateUnwritable as fault:
                self._fresh.add(id)
                if self._once:
                    raise
                self._disk_is_full(fault)
                break
            self._disk_is_well()
            await self._breathe()
        if self._no_sending_before is None or now >= self._no_sending_before:
            self._leaving.update(self.store.index.outbox_due(now))
        if self._leaving:
            self._deliver.set()

    def _decide_one(self, id: DealId, now: datetime) -> None:
        try:
            self.deciding.advance(id, now)
        except (RenderFault, ComposeFault, LookupError) as fault:
            _LOG.error(f"deal {id}: nothing is sent, the mail cannot be written: {fault}")
            self._set_aside(id, now)
        except StateUnwritable:
            raise
        except Exception as error:  # the boundary: a deal that breaks us must not stop the others
            _LOG.error(f"deal {id}: could not be decided, tried again in an hour", exc_info=error)
            self._set_aside(id, now)

    def _set_aside(self, id: DealId, now: datetime) -> None:
        deal = self.store.deal(id)
        if deal is not None:
            self.store.commit(replace(deal, due_at=now + _SET_ASIDE))

    # -- sending ----------------------------------------------------------------------------------

    async def _delivering_loop(self) -> None:
        await self._greet()
        while True:
            stop_if_cancelled()  # a write that fails while we are cancelled swallows the cancellation
            await self._deliver.wait()
            self._deliver.clear()
            self._sending = True
            await self._deliver_due()
            self._sending = False
            self._decide.set()

    async def _greet(self) -> None:
        """Log in to the server once, so that a wrong password is found at the start and not at the first mail.

        Raises SubmissionRefused; a server that is only away, or whose certificate has to be renewed, is waited for.
        """
        try:
            await self.sender.begin()
        except SubmissionRefused:
            raise
        except SubmissionFault as fault:
            self._server_is_away(fault)

    async def _deliver_due(self) -> None:
        """Send what is due, a few deals side by side; within a deal one mail after the other."""
        lanes = (self._deliver_in_turn() for _ in range(_SIDE_BY_SIDE))
        for fault in await asyncio.gather(*lanes, return_exceptions=True):
            if isinstance(fault, BaseException):
                raise fault

    async def _deliver_in_turn(self) -> None:
        while self._leaving:
            id = self._leaving.pop()
            self._fresh.add(id)
            try:
                await self._deliver_one(id)
            except SubmissionFault as fault:
                self._leaving.clear()
                if self._once:
                    raise
                self._server_is_away(fault)
            except StateUnwritable as fault:
                self._leaving.clear()
                if self._once:
                    raise
                self._hold_sending(timedelta(seconds=self._disk_is_full(fault)))
            except Exception as error:  # the boundary: a deal that breaks us must not stop the others
                self._troubles.tell(f"deal {id}", f"deal {id}: could not be sent: {type(error).__name__}: {error}", error)

    async def _deliver_one(self, id: DealId) -> None:
        before = self.store.deal(id)
        if before is not None and self.filing is not None:
            self.filing.remember(before)
        await self.delivery.deliver_due(id)
        after = self.store.deal(id)
        if before is not None and after is not None and has_answered(before, after):
            self._no_sending_before, self._send_pause = None, _SEND_PAUSE
            self._troubles.over("server", "mail can be sent again")
            self._disk_is_well()
        if after is not None and self.filing is not None:
            self._left.add(id)
            self._file.set()

    async def _filing_loop(self) -> None:
        """Beside the sending, which a slow mailbox must not hold up."""
        while True:
            stop_if_cancelled()
            await self._file.wait()
            self._file.clear()
            await self._file_copies()

    async def _file_copies(self) -> None:
        while self._left and self.filing is not None:
            self._filing = True
            id = self._left.pop()
            try:
                deal = self.store.deal(id)
                if deal is not None:
                    await self.filing.file(deal)
            except StateUnwritable as fault:  # the copy lies there; our blind copy will say so once more
                self._disk_is_full(fault)
            except Exception as error:  # the boundary: what cannot be filed must not stop what can be sent
                self._troubles.tell(f"copy {id}", f"deal {id}: its copy was not filed: {type(error).__name__}: {error}", error)
            finally:
                self._filing = False
            self._fresh.add(id)
            self._decide.set()

    def _server_is_away(self, fault: SubmissionFault) -> None:
        self._hold_sending(self._send_pause)
        self._send_pause = min(2 * self._send_pause, _SEND_PAUSE_MOST)
        self._troubles.tell("server", f"nothing can be sent just now, it is tried again: {fault}")

    def _hold_sending(self, pause: timedelta) -> None:
        self._no_sending_before = self.clock.now() + pause
        self._leaving.clear()

    # -- saying how it goes -----------------------------------------------------------------------

    def _disk_is_full(self, fault: StateUnwritable) -> float:
        """Say it once; returns the seconds to wait."""
        if "disk" not in self._troubles:
            self._troubles.tell("disk", f"{fault} It is tried again.")
        pause, self.disk_pause = self.disk_pause, min(2 * self.disk_pause, _DISK_PAUSE_MOST)
        return pause

    def _disk_is_well(self) -> None:
        if "disk" in self._troubles:
            self.disk_pause = _DISK_PAUSE
            self._troubles.over("disk", "the state can be written again")

    def _say_status(self) -> None:
        boxes = "; ".join(reader.status.fault for reader in self.readers if reader.status.fault)
        counts = f"{len(self.store.index)} deals, {len(self.store.index.with_outbox())} with mail on its way"
        self.notifier.status("; ".join(part for part in (boxes, *self._troubles, counts) if part))


def _name(reader: Reader) -> str:
    return f"{reader.account.name}/{reader.account.folder}"


def _unnamed(raw: RawMail) -> MessageId:
    return MessageId(f"uid:{raw.place.account}/{raw.place.folder}/{raw.place.uidvalidity}/{raw.place.uid}")
