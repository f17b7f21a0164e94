"""Lays copies of what has left into the Sent folder, and looks there for what may have left."""

from __future__ import annotations

import logging
from collections.abc import Callable

from worker.core.model import Deal, MessageId, Outbox, OutboxItem
from worker.core.outbox import GONE_OUT
from worker.io.imap import Filer, FolderMissing, MailboxFault

_LOG = logging.getLogger("worker.filing")
_HOPELESS = frozenset({Outbox.REFUSED, Outbox.STOPPED})


class Filing:
    """Files each mail once. That a copy cannot be filed holds up nothing: the mail itself has left."""

    def __init__(self, filer: Filer, folder: str, settle: Callable[[Deal, frozenset[MessageId]], None]) -> None:
        """`settle` is told of a deal's mails that lie in the folder now."""
        self._filer = filer
        self._folder = folder
        self._settle = settle
        self._kept: dict[MessageId, OutboxItem] = {}
        self._doubted: set[MessageId] = set()
        """Those that may lie there already: from before the start, or from a try that broke."""
        self._told = ""

    def remember(self, deal: Deal, *, doubted: bool = False) -> None:
        """Keep the bytes of what is about to leave: once our blind copy is back, the deal has dropped them."""
        for item in deal.outbox:
            if item.data and not item.letter.to_owner and item.message_id not in self._kept:
                self._kept[item.message_id] = item
                if doubted:
                    self._doubted.add(item.message_id)

    async def file(self, deal: Deal) -> None:
        """File what has left of a deal, and settle it. What does not work now is tried at the deal's next mail."""
        there: set[MessageId] = set()
        try:
            for item in deal.outbox:
                if await self._is_filed(item):
                    there.add(item.message_id)
                    self._forget(item.message_id)
        except FolderMissing as fault:
            self._tell(fault)
            self._kept.clear()
        except MailboxFault as fault:
            self._tell(fault)
        else:
            self._told = ""
        if there:
            self._settle(deal, frozenset(there))

    async def close(self) -> None:
        """End the connection."""
        await self._filer.close()

    async def _is_filed(self, item: OutboxItem) -> bool:
        """Whether a mail lies in the folder now; puts it there where it has left for certain."""
        if item.state in _HOPELESS:
            self._forget(item.message_id)
        elif item.state is Outbox.UNCERTAIN:
            # A server that files what it takes answers RFC 1047's question: it has the mail.
            return await self._filer.find(self._folder, item.message_id)
        elif item.state in GONE_OUT and item.message_id in self._kept:
            kept = self._kept[item.message_id]
            if item.message_id in self._doubted and await self._filer.find(self._folder, item.message_id):
                return True
            self._doubted.add(item.message_id)
            await self._filer.append(self._folder, kept.data, kept.letter.send_at)
            return True
        return False

    def _forget(self, id: MessageId) -> None:
        self._kept.pop(id, None)
        self._doubted.discard(id)

    def _tell(self, fault: MailboxFault) -> None:
        if str(fault) != self._told:
            self._told = str(fault)
            _LOG.warning("a copy of our mail was not filed: %s", fault)
