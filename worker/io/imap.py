"""Reads a mailbox: its history once, then each mail as it comes, over connections that may break at any time."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from time import monotonic

from worker.core.model import Cursor, RawMail
from worker.io.imap_account import SENT, Account, Patience, Security
from worker.io.imap_fault import (
    FolderMissing,
    MailboxFault,
    MailboxRefused,
    MailboxUnreachable,
    MailboxUntrusted,
)
from worker.io.imap_fetch import batches_of
from worker.io.imap_filer import Filer
from worker.io.imap_lane import Lane, LaneEnded
from worker.io.imap_session import Selected, Session, Tries, Wake

__all__ = [
    "SENT",
    "Account",
    "Batch",
    "Filer",
    "FolderMissing",
    "MailboxFault",
    "MailboxRefused",
    "MailboxUnreachable",
    "MailboxUntrusted",
    "Patience",
    "Reader",
    "Security",
    "Status",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Some mails in the order of their UIDs. It may be empty: then it says only how far the folder has been read."""

    mails: tuple[RawMail, ...]
    cursor: Cursor
    """To be kept once the mails are."""
    history: bool
    """They lay there at first contact: they build deals, nothing is sent for them."""
    live: bool
    """The folder has been read to its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How a mailbox is doing."""

    connected: bool = False
    since: datetime | None = None
    """When it became so; None where the reader was given no clock."""
    fault: str = ""
    """The last fault in one line; "" once it is over."""


@dataclass(slots=True, kw_only=True)
class _Place:
    """Where reading stands, over all connections."""

    cursor: Cursor | None
    history_until: int | None = None
    """The last UID that lay there at first contact; what is above came later."""
    told_live: bool = False

    def enter(self, account: Account, selected: Selected) -> Cursor:
        """The cursor to go on from. One that does not fit the folder starts anew, with all in it as history.

        It does not fit where UIDVALIDITY has changed (RFC 3501 section 2.3.1.1), and where the folder's next UID lies
        below it: a server put back from a backup gives the same UIDs to other mails.
        """
        cursor, uidnext = self.cursor, selected.uidnext
        if cursor is None or not (
            (cursor.account, cursor.folder, cursor.uidvalidity) == (account.name, account.folder, selected.uidvalidity)
            and (uidnext is None or cursor.uid < uidnext)
        ):
            self.history_until = None
            cursor = Cursor(account=account.name, folder=account.folder, uidvalidity=selected.uidvalidity, uid=0)
        if self.history_until is None and uidnext is not None:
            self.history_until = uidnext - 1
        self.cursor = cursor
        return cursor

    def split(self, uids: Sequence[int]) -> tuple[list[int], list[int]]:
        """What of the found UIDs is history, and what came after first contact."""
        assert self.cursor is not None
        if self.cursor.history_done:
            return [], list(uids)
        if self.history_until is None:  # the server names no next UID
            self.history_until = uids[-1] if uids else self.cursor.uid
        until = self.history_until
        return [uid for uid in uids if uid <= until], [uid for uid in uids if uid > until]

    def move(self, uid: int, *, history_done: bool = False) -> Cursor:
        """Step on to a UID; at the end of history over all that lay there at first contact."""
        assert self.cursor is not None
        if history_done:
            uid = max(uid, self.history_until or 0)
        self.cursor = replace(self.cursor, uid=uid, history_done=self.cursor.history_done or history_done)
        return self.cursor


class Reader:
    """Reads one folder of one mailbox."""

    def __init__(
        self,
        account: Account,
        *,
        patience: Patience | None = None,
        chance: random.Random | None = None,
        clock: Callable[[], datetime] | None = None,
        on_fault: Callable[[str], None] | None = None,
    ) -> None:
        """`chance` spreads the retries, `clock` dates the status, `on_fault` is told each fault in one line."""
        self.account = account
        self.status = Status(since=clock() if clock else None)
        self.is_behind = False
        """The connection broke and has not been caught up with: an answer may lie there unread."""
        self._patience = patience or Patience()
        self._chance = chance or random.Random()
        self._clock = clock
        self._on_fault = on_fault
        self._lane = Lane(f"imap {account.name or 'own'} {account.folder}")
        self._session: Session | None = None
        self._wake = Wake()
        self._closing = asyncio.Event()
        self._tries: Tries = {}

    async def batches(self, cursor: Cursor | None) -> AsyncGenerator[Batch, None]:
        """History at first contact, then what is new, without end.

        Who reads keeps the mails and the cursor and then asks for more; only then is anything marked as read.
        Broken connections are made again, later each time. A first batch comes with `live` set even where there is
        no mail.

        Raises:
            MailboxRefused, FolderMissing: trying again is of no use before the settings change.
        """
        place = _Place(cursor=cursor)
        pause = self._patience.backoff_min
        while not self._closing.is_set():
            began = monotonic()
            try:
                async with aclosing(self._connection(place, once=False)) as connection:
                    async for batch in connection:
                        yield batch
            except MailboxFault as fault:
                self._tell(fault)
                self.is_behind = not isinstance(fault, FolderMissing)  # where there is no folder, no answer lies unread
                if fault.permanent:
                    raise
            except LaneEnded:
                return
            if monotonic() - began > pause:  # it held for a while: no need to be shy
                pause = self._patience.backoff_min
            await self._rest(pause)
            pause = min(pause * 2, self._patience.backoff_max)

    async def batches_once(self, cursor: Cursor | None) -> AsyncGenerator[Batch, None]:
        """What is there now, then ends. The last batch has `live` set, and may be empty.

        Raises:
            MailboxFault: at the first thing that goes wrong.
        """
        try:
            async with aclosing(self._connection(_Place(cursor=cursor), once=True)) as connection:
                async for batch in connection:
                    yield batch
        except MailboxFault as fault:
            self._tell(fault)
            raise
        except LaneEnded:
            return

    async def close(self) -> None:
        """End all reading, within a few seconds even where the server hangs."""
        self._closing.set()
        self._wake.up()
        farewell = asyncio.ensure_future(self._lane.do(self._bye))
        await asyncio.wait([farewell], timeout=self._patience.farewell)
        if not farewell.done() and self._session is not None:
            self._session.cut()
            await asyncio.wait([farewell], timeout=self._patience.farewell / 2)
        self._lane.end()
        with suppress(LaneEnded, MailboxFault):
            await farewell
            self._wake.close()  # else the thread still hangs, and may be looking at it
        self._set(connected=False)

    def _bye(self) -> None:
        if self._session is not None:
            self._session.close()

    # -- one connection -----------------------------------------------------------------------

    async def _connection(self, place: _Place, *, once: bool) -> AsyncGenerator[Batch, None]:
        """Connect and read until the connection breaks, or once to the end."""
        session = self._session = Session(self.account, self._patience)
        try:
            await self._lane.do(session.open)
            selected = await self._lane.do(
                partial(session.select, self.account.folder, read_only=self.account.read_only)
            )
            place.enter(self.account, selected)
            self._set(connected=True)
            slice = self._patience.first_idle
            while not self._closing.is_set():
                found = False
                async with aclosing(self._pass(session, place)) as fetched:
                    async for batch in fetched:
                        found = True
                        place.told_live = place.told_live or batch.live
                        yield batch
                self.is_behind = False
                if once:
                    await self._lane.do(session.close)
                    return
                if not found:  # else look again first: mail may have come while we read
                    await self._lane.do(partial(session.wait, self._wake, slice))
                slice = self._patience.first_idle if found else 2 * slice
        except MailboxFault:
            if not self._closing.is_set():  # what breaks while we close is our own doing
                raise
        finally:
            if not self._closing.is_set():
                # Also where the task was cancelled and the thread still waits in IDLE.
                session.cut()
                self._lane.put(session.close)
                self._set(connected=False)

    async def _pass(self, session: Session, place: _Place) -> AsyncGenerator[Batch, None]:
        """All that is above the cursor now."""
        assert place.cursor is not None
        uids = await self._lane.do(partial(session.uids_after, place.cursor.uid))
        history, fresh = place.split(uids)
        if not history and not place.cursor.history_done:
            cursor = place.move(place.cursor.uid, history_done=True)
            yield Batch(mails=(), cursor=cursor, history=True, live=not fresh)
        elif not uids and not place.told_live:
            yield Batch(mails=(), cursor=place.cursor, history=False, live=True)
        for group, past in ((history, True), (fresh, False)):
            async with aclosing(self._fetched(session, group)) as fetched:
                async for last, mails in fetched:
                    cursor = place.move(last, history_done=past and last == group[-1])
                    yield Batch(mails=tuple(mails), cursor=cursor, history=past, live=last == uids[-1])
                    if not past:
                        await self._lane.do(partial(session.mark_seen, [mail.place.uid for mail in mails]))

    async def _fetched(self, session: Session, uids: Sequence[int]) -> AsyncGenerator[tuple[int, list[RawMail]], None]:
        """The mails in batches, each with the last UID that it covers."""
        for start in range(0, len(uids), self._patience.listing):
            some = uids[start : start + self._patience.listing]
            for batch in batches_of(await self._lane.do(partial(session.list_mails, some)), self._patience):
                yield batch[-1].uid, await self._lane.do(partial(session.fetch, batch, self._tries))

    # -- how it goes ----------------------------------------------------------------------------

    async def _rest(self, seconds: float) -> None:
        """Wait before the next try, spread so that many workers do not come back in one moment."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), self._chance.uniform(seconds / 2, seconds * 1.5))

    def _tell(self, fault: MailboxFault) -> None:
        line = str(fault)
        if line == self.status.fault:
            return  # it is known
        self.status = replace(self.status, fault=line)
        if self._on_fault:
            self._on_fault(line)

    def _set(self, *, connected: bool) -> None:
        if connected != self.status.connected:
            since = self._clock() if self._clock else None
            self.status = Status(connected=connected, since=since, fault="" if connected else self.status.fault)
