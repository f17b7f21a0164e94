"""Files mails in a folder, and looks whether one lies there."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import TypeVar

from worker.io.imap_account import Account, Patience
from worker.io.imap_fault import MailboxFault
from worker.io.imap_lane import Lane
from worker.io.imap_session import Session

T = TypeVar("T")

_LOOKED_THROUGH = 100
_ID = re.compile(r"[\x21-\x7e]+")


class Filer:
    """A connection of its own, made when it is needed."""

    def __init__(self, account: Account, *, patience: Patience | None = None) -> None:
        self._account = account
        self._patience = patience or Patience()
        self._lane = Lane(f"imap filer {account.name or 'own'}")
        self._session: Session | None = None

    async def append(self, folder: str, data: bytes, when: datetime, flags: Sequence[str] = (r"\Seen",)) -> None:
        """Put a mail into a folder, dated `when`.

        Not tried again here: after a broken connection `find` says whether the mail has arrived.

        Raises:
            FolderMissing: there is no such folder.
            MailboxFault: it did not work, or nobody knows whether it did.
        """
        await self._lane.do(partial(self._append, folder, data, when, tuple(flags)))

    async def find(self, folder: str, message_id: str) -> bool:
        """Whether a mail with this Message-ID (without angle brackets) lies in the folder.

        Raises:
            FolderMissing, MailboxFault: it could not be looked for.
        """
        return await self._lane.do(partial(self._find, folder, message_id))

    async def close(self) -> None:
        """End the connection."""
        farewell = asyncio.ensure_future(self._lane.do(self._hang_up))
        await asyncio.wait([farewell], timeout=self._patience.farewell)
        if not farewell.done() and self._session is not None:
            self._session.cut()
        self._lane.end()
        await asyncio.wait([farewell])
        farewell.exception()

    # -- in the thread -----------------------------------------------------------------------

    def _ready(self) -> Session:
        """The connection of last time where it still lives, else a new one."""
        if self._session is not None:
            try:
                self._session.noop()
                return self._session
            except MailboxFault:
                self._hang_up()
        self._session = Session(self._account, self._patience)
        self._session.open()
        return self._session

    def _hang_up(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def _append(self, folder: str, data: bytes, when: datetime, flags: tuple[str, ...]) -> None:
        session = self._ready()
        session.append(folder, data, when, flags)

    def _find(self, folder: str, message_id: str) -> bool:
        if not _ID.fullmatch(message_id):
            return False
        session = self._ready()
        session.select(folder, read_only=True)
        return session.has_message_id(message_id, _LOOKED_THROUGH)
