"""The index in memory: which deals a mail, a person or a moment concerns, without a look at the disk.

Deals stay on disk. Of each one only an entry is held here, packed, and what is looked up is held as 64-bit hashes, so
that 100,000 deals fit into 300 MB. The hashes are keyed with the secret of the installation: nobody outside can make
two ids collide on purpose.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

import msgspec

from worker.core.entry import (
    Entry,
    company_key,
    contact_key,
    entry_of,
    invoice_key,
    letter_key,
    mail_key,
    moment,
    name_key,
    seconds,
    written_key,
)
from worker.core.house import is_house
from worker.core.lookup import Keys, Times
from worker.core.model import Address, Deal, DealId, MessageId

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(Entry).decode


class Index:
    """Answers who and when; filled by `put`, emptied by `remove`. It never knows more than the deals do."""

    def __init__(self, key: bytes = b"") -> None:
        self._key = key
        self._numbers: dict[DealId, int] = {}
        self._packed: list[bytes] = []
        self._free: list[int] = []
        self._keys = Keys()
        self._refs: dict[str, DealId] = {}
        self._merged: dict[DealId, DealId] = {}
        self._due = Times()
        self._send = Times()
        self._left = Times()
        self._in_outbox: dict[DealId, None] = {}

    # -- keeping ----------------------------------------------------------------------

    def put(self, deal: Deal) -> Entry:
        """Replace all that is known of a deal."""
        entry = entry_of(deal, self._key)
        self.put_entry(entry)
        return entry

    def put_entry(self, entry: Entry) -> None:
        """Replace all that is known of a deal by an entry made before, under the same key."""
        before = self.row(entry.deal)
        if before is not None and (before.merged, before.ref) == (entry.merged, entry.ref):
            number = self._numbers[entry.deal]
            self._keys.change(before.keys, entry.keys, number)
            self._packed[number] = _pack(entry)
            self._keep_times(entry)
            return
        self.remove(entry.deal)
        if entry.ref:
            self._refs[entry.ref] = entry.deal
        for other in entry.merged:
            if other != entry.deal:
                self._merged[other] = entry.deal
                self.remove(other)
        if entry.deal in self._merged:
            return  # Its mails and people are known under the deal that took it in.
        self._keys.add(entry.keys, self._store(entry))
        self._keep_times(entry)

    def _keep_times(self, entry: Entry) -> None:
        self._due.set(entry.deal, entry.due)
        self._send.set(entry.deal, entry.send)
        # Newest first: the smallest is the mail that left last.
        self._left.set(entry.deal, min([-sent.at for sent in entry.sent if sent.left], default=None))
        if entry.in_outbox:
            self._in_outbox[entry.deal] = None
        else:
            self._in_outbox.pop(entry.deal, None)

    def remove(self, id: DealId) -> None:
        """Forget a deal; its mark still leads to the deal that took it in."""
        number = self._numbers.pop(id, None)
        if number is None:
            return
        entry = _unpack(self._packed[number])
        self._packed[number] = b""
        self._free.append(number)
        self._keys.remove(entry.keys, number)
        if self._refs.get(entry.ref) == id and id not in self._merged:
            del self._refs[entry.ref]
        for other in entry.merged:
            if self._merged.get(other) == id:
                del self._merged[other]
        for times in (self._due, self._send, self._left):
            times.set(id, None)
        self._in_outbox.pop(id, None)

    def _store(self, entry: Entry) -> int:
        if self._free:
            number = self._free.pop()
            self._packed[number] = _pack(entry)
        else:
            number = len(self._packed)
            self._packed.append(_pack(entry))
        self._numbers[entry.deal] = number
        return number

    # -- who --------------------------------------------------------------------------

    def by_message(self, id: MessageId) -> tuple[DealId, ...]:
        """The deals that hold or mention a mail, the oldest deal first."""
        return self._deals(mail_key(self._key, id))

    def by_contact(self, address: Address) -> tuple[DealId, ...]:
        """The deals of a person, the oldest deal first."""
        return self._deals(contact_key(self._key, address))

    def by_company(self, domain: str) -> tuple[DealId, ...]:
        """The deals at a company's domain, the oldest deal first."""
        return self._deals(company_key(self._key, domain))

    def by_name(self, name: str) -> tuple[DealId, ...]:
        """The deals of a person or company of this name: "ACME Ltd." finds a contact, and the domain acme.example."""
        key = name_key(self._key, name)
        return () if key is None else self._deals(key)

    def by_invoice(self, number: str) -> tuple[DealId, ...]:
        """The deals in which we have sent an invoice of this number, the oldest deal first."""
        key = invoice_key(self._key, number)
        return () if key is None else self._deals(key)

    def by_ref(self, ref: str) -> DealId | None:
        """The deal of a mark in mail to an owner; of a deal that was merged, the one that took it in."""
        id = self._refs.get(ref)
        return None if id is None else self.survivor(id)

    def survivor(self, id: DealId) -> DealId:
        """The deal that took this one in, or the deal itself."""
        seen = {id}
        while (into := self._merged.get(id)) is not None and into not in seen:
            seen.add(into)
            id = into
        return id

    def contacts(self) -> Iterator[tuple[Address, tuple[DealId, ...]]]:
        """Every person of every deal, with their deals. Reads the whole index."""
        found: dict[Address, list[Entry]] = {}
        for entry in self.rows():
            for address in entry.contacts:
                found.setdefault(address, []).append(entry)
        return ((address, _in_order(entries)) for address, entries in found.items())

    def owner_of(self, id: DealId) -> Address | None:
        entry = self.row(id)
        return None if entry is None else entry.owner

    # -- rows -------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self._numbers)

    def __contains__(self, id: DealId) -> bool:
        return id in self._numbers

    def ids(self) -> tuple[DealId, ...]:
        """Every deal; an owner's own document is none."""
        return tuple(id for id in self._numbers if not is_house(id))

    def row(self, id: DealId) -> Entry | None:
        """What is known of a deal; None where there is no such deal."""
        number = self._numbers.get(id)
        return None if number is None else _unpack(self._packed[number])

    def rows(self) -> Iterator[Entry]:
        """A row for each deal, so that a listing needs no disk; an owner's own document is none."""
        return (_unpack(self._packed[number]) for id, number in tuple(self._numbers.items()) if not is_house(id))

    # -- when -------------------------------------------------------------------------

    def due(self, now: datetime) -> tuple[DealId, ...]:
        """The deals whose time has come, the longest overdue first; costs what is due, not what exists."""
        return self._due.until(seconds(now))

    def next_due(self) -> datetime | None:
        """When the next deal is due, in UTC."""
        return _moment_or_none(self._due.first())

    def outbox_due(self, now: datetime) -> tuple[DealId, ...]:
        """The deals with a mail to send by now, or one in doubt that was looked for long enough."""
        return self._send.until(seconds(now))

    def next_outbox_due(self) -> datetime | None:
        return _moment_or_none(self._send.first())

    def with_outbox(self) -> tuple[DealId, ...]:
        """The deals with a mail on its way: whatever is not filed, refused or stopped."""
        return tuple(self._in_outbox)

    # -- what was sent ----------------------------------------------------------------

    def sent_to(
        self, address: Address, *, apart: Collection[str] = (), letter: str | None = None
    ) -> tuple[datetime, ...]:
        """When our mails to a person left or will leave, oldest first, in UTC.

        Of each deal the last dozen of its last 92 days, and all that wait. Purposes in `apart` do not count, nor does
        the letter with this id: who asks whether it may go does not stand in its own way.
        """
        own = None if letter is None else letter_key(self._key, letter)
        rows = (
            row
            for number in self._keys.get(written_key(self._key, address))
            for row in _unpack(self._packed[number]).sent
            if row.to == address and row.purpose not in apart and row.letter != own
        )
        return tuple(moment(row.at) for row in sorted(rows))

    def mails_to(self, address: Address) -> tuple[tuple[datetime, str], ...]:
        """The same mails with their purposes, oldest first, in UTC."""
        rows = (
            row
            for number in self._keys.get(written_key(self._key, address))
            for row in _unpack(self._packed[number]).sent
            if row.to == address and row.left
        )
        return tuple((moment(row.at), row.purpose) for row in sorted(rows))

    def last_sent_to(
        self, address: Address, *, apart: Collection[str] = (), letter: str | None = None
    ) -> datetime | None:
        """When our last mail to a person left or will leave, in UTC."""
        return max(self.sent_to(address, apart=apart, letter=letter), default=None)

    def sent_since(self, since: datetime) -> int:
        """How many mails to contacts have left, or may have, at or after a moment of the last three months."""
        start = seconds(since)
        entries = (self.row(id) for id in self._left.until(-start))
        rows = (row for entry in entries if entry is not None for row in entry.sent)
        return len({row.letter for row in rows if row.left and row.at >= start})

    def _deals(self, key: bytes) -> tuple[DealId, ...]:
        return _in_order([_unpack(self._packed[number]) for number in self._keys.get(key)])


def _in_order(entries: Iterable[Entry]) -> tuple[DealId, ...]:
    return tuple(entry.deal for entry in sorted(entries, key=lambda entry: (entry.created, entry.deal)))


def _moment_or_none(at: float | None) -> datetime | None:
    return None if at is None else moment(at)
