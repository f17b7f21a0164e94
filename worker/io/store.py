"""The state of the worker in one folder: deals, suppression, cursors, and the mails that belong to no deal.

    lock                 who holds the folder (flock; the process id is in it)
    key                  the secret of this installation
    deals/ab/NAME.json   a TinyDB database for each deal, NAME a hash of its id; beside it NAME.json.bak
    suppression.json, cursors.json
    index.lines          the index, so that a start need not read every deal
    unplaced.lines       mails that belong to no deal; unplaced.1.lines holds the ones before
    corrupt/             files that did not prove themselves

A Store is used from one thread.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from types import TracebackType

from worker.core.entry import Entry
from worker.core.index import Index
from worker.core.model import (
    Cursor,
    Deal,
    DealId,
    Outbox,
    OutboxItem,
    Suppression,
    Unplaced,
)
from worker.io.claim import Claim
from worker.io.index_file import IndexFile, stamp_of
from worker.io.shelf import Fault, Shelf
from worker.io.storage import (
    BACKUP,
    TEMPORARY,
    StateError,
    StateUnwritable,
    make_folder,
    replace_file,
    unreadable,
)
from worker.io.unplaced import UnplacedMails

_KEY_LENGTH = 32
_CACHED = 256
"""Deals kept in memory: those of the mails that come in now."""
_ENDING = ".json"
_ON_THE_WAY = frozenset({Outbox.QUEUED, Outbox.SENDING, Outbox.COMMITTING})


class StateMissing(StateError):
    """There is no state to look at."""


class StateDamaged(StateError):
    """What must not be lost is lost: nothing may be sent without it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursors:
    """The document of all cursors."""

    cursors: tuple[Cursor, ...] = ()


class Store:
    """The state. Every commit is whole, durable, and the same when done twice; the index follows it."""

    def __init__(self, folder: Path, claim: Claim | None) -> None:
        """Use `open` or `peek`."""
        self._folder = str(folder.absolute())
        self._claim = claim
        self._deals = self._at("deals")
        self._shards: set[str] = set()
        self._cache: OrderedDict[DealId, Deal] = OrderedDict()
        self._held: dict[DealId, Deal] = {}
        self._shelf = Shelf(self._at("corrupt"), writable=claim is not None)
        if claim is not None:
            make_folder(self._deals)
        self._key = self._found_key()
        self.index = Index(self._key)
        self._index_file = IndexFile(self._at("index.lines"), self._key)
        self._suppression = self._read_suppression()
        cursors = self._shelf.read(self._at("cursors.json"), "cursors", Cursors) or Cursors()
        self._cursors = {(cursor.account, cursor.folder): cursor for cursor in cursors.cursors}
        self._unplaced = UnplacedMails(self._folder)
        self._fill_index()

    @classmethod
    def open(cls, folder: Path) -> Store:
        """Take the folder for this process, and make it where there is none.

        Raises StateLocked, StateUnwritable, StateTooNew and StateDamaged, each one line that says what to do.
        """
        claim = Claim.take(str(folder.absolute()))
        try:
            return cls(folder, claim)
        except BaseException:
            claim.release()
            raise

    @classmethod
    def peek(cls, folder: Path) -> Store:
        """Look at the folder as it is now, without the lock and without changing it; commits raise StateUnwritable.

        Raises StateMissing, StateTooNew and StateDamaged.
        """
        if not folder.is_dir():
            raise StateMissing(f"{folder}: there is no state here. Run `worker run` first, or set WORKER_STATE_DIR.")
        return cls(folder, None)

    def close(self) -> None:
        """Give the folder back."""
        self._index_file.close()
        self._unplaced.close()
        if self._claim is not None:
            self._claim.release()
            self._claim = None

    def __enter__(self) -> Store:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The files that did not prove themselves so far, and what became of them."""
        return self._shelf.faults

    def key(self) -> bytes:
        """The secret of this installation, 32 bytes; b"" where `peek` found none."""
        return self._key

    # -- deals ------------------------------------------------------------------------

    def deal(self, id: DealId) -> Deal | None:
        """A deal as it was committed last; None where there is none."""
        deal = self._held.get(id) or self._cache.get(id) or self._read(_name(id))
        if deal is None:
            self.index.remove(id)
            return None
        self._remember(deal)
        return deal

    def ids(self) -> tuple[DealId, ...]:
        """The deals that there are; one that another took in is not among them."""
        return self.index.ids()

    def all(self) -> Iterator[Deal]:
        """Every deal, read from the disk one by one."""
        for id in self.ids():
            deal = self._held.get(id) or self._cache.get(id) or self._read(_name(id))
            if deal is not None:
                yield deal

    def commit(self, deal: Deal) -> None:
        """Store a deal, whole and durable. Raises StateUnwritable: then the old one and the index are as before."""
        self._refuse_to_peek()
        name = _name(deal.id)
        self._make_shard(name[:2])
        self._cache.pop(deal.id, None)
        self._shelf.write(self._path(name), "deal", deal)
        entry = self.index.put(deal)
        self._held.pop(deal.id, None)
        self._remember(deal)
        self._note(name, entry)
        if self._index_file.is_long(len(self.index)):
            self._index_file.shorten(lambda name: True)

    def hold(self, deal: Deal) -> None:
        """Know a deal from now on, and write it with the next `flush`, or with its next commit if that is sooner.

        For what can be had again: the mails above a cursor that has not been committed.
        """
        self._refuse_to_peek()
        self.index.put(deal)
        self._held[deal.id] = deal

    def flush(self) -> None:
        """Commit what is held. Raises StateUnwritable: the rest is held still."""
        for deal in tuple(self._held.values()):
            self.commit(deal)

    # -- the rest ---------------------------------------------------------------------

    @property
    def suppression(self) -> Suppression:
        return self._suppression

    def commit_suppression(self, suppression: Suppression) -> None:
        """Store who gets no mail, in two full copies. Raises StateUnwritable."""
        self._refuse_to_peek()
        self._shelf.write(self._at("suppression.json"), "suppression", suppression, both=True)
        self._suppression = suppression

    def cursor(self, account: str, folder: str) -> Cursor | None:
        """How far a folder has been read; None before the first time."""
        return self._cursors.get((account, folder))

    def commit_cursor(self, cursor: Cursor) -> None:
        """Store how far a folder has been read, after what was kept on the way. Raises StateUnwritable."""
        self._refuse_to_peek()
        self._unplaced.sync()
        cursors = {**self._cursors, (cursor.account, cursor.folder): cursor}
        self._shelf.write(self._at("cursors.json"), "cursors", Cursors(cursors=tuple(cursors.values())))
        self._cursors = cursors

    def keep(self, unplaced: Unplaced) -> None:
        """Remember a mail that belongs to no deal; durable with the next cursor. Raises StateUnwritable."""
        self._refuse_to_peek()
        self._unplaced.keep(unplaced)

    def unplaced(self) -> tuple[Unplaced, ...]:
        """The last mails that belong to no deal, oldest first; some thousands at most."""
        return self._unplaced.all()

    # -- files ------------------------------------------------------------------------

    def _at(self, name: str) -> str:
        return os.path.join(self._folder, name)

    def _path(self, name: str) -> str:
        return f"{self._deals}/{name[:2]}/{name}{_ENDING}"

    def _make_shard(self, shard: str) -> None:
        if shard not in self._shards:
            make_folder(os.path.join(self._deals, shard))
            self._shards.add(shard)

    def _note(self, name: str, entry: Entry) -> None:
        if self._claim is not None:
            with suppress(OSError):  # What the file does not know, the next start reads.
                self._index_file.note(name, stamp_of(os.stat(self._path(name))), entry)

    def _refuse_to_peek(self) -> None:
        if self._claim is None:
            raise StateUnwritable(f"{self._folder}: was opened for reading only, or is closed.")

    def _remember(self, deal: Deal) -> None:
        self._cache[deal.id] = deal
        self._cache.move_to_end(deal.id)
        if len(self._cache) > _CACHED:
            self._cache.popitem(last=False)

    def _read(self, name: str) -> Deal | None:
        return self._shelf.read(
            self._path(name), "deal", Deal, check=lambda deal: _name(deal.id) == name, doubt=doubted
        )

    # -- the start --------------------------------------------------------------------

    def _fill_index(self) -> None:
        """The index from its file as far as it is true, and from the deals for the rest."""
        stamps = self._scan()
        for entry in self._index_file.entries(stamps):
            self.index.put_entry(entry)
        for name in stamps:
            deal = self._read(name)
            if deal is not None:
                self._note(name, self.index.put(deal))
        if self._claim is None:
            return
        gone = frozenset(self._index_file.vanished)
        for name in gone:
            path = self._path(name)
            self._shelf.report(Fault(path=path, why=f"{path}: is gone, and so is its copy"))
        if gone or self._index_file.is_long(len(self.index)):
            self._index_file.shorten(lambda name: name not in gone)

    def _scan(self) -> dict[str, str]:
        """Name -> stamp of every deal; "" where only the copy is there. Clears what a kill has left half-written."""
        stamps: dict[str, str] = {}
        if not os.path.isdir(self._deals):
            return stamps
        try:
            for shard in os.listdir(self._deals):
                stamps.update(self._scan_shard(os.path.join(self._deals, shard)))
        except OSError as error:
            raise unreadable(error.filename or self._deals, error) from error
        return stamps

    def _scan_shard(self, path: str) -> dict[str, str]:
        stamps: dict[str, str] = {}
        copies: list[str] = []
        with os.scandir(path) as files:
            for file in files:
                if file.name.endswith(_ENDING):
                    with suppress(FileNotFoundError):  # Set aside by the worker while we peek.
                        stamps[file.name.removesuffix(_ENDING)] = stamp_of(file.stat())
                elif file.name.endswith(_ENDING + BACKUP):
                    copies.append(file.name.removesuffix(_ENDING + BACKUP))
                elif file.name.endswith(TEMPORARY) and self._claim is not None:
                    os.unlink(file.path)
        for name in copies:
            stamps.setdefault(name, "")
        return stamps

    def _read_suppression(self) -> Suppression:
        path = self._at("suppression.json")
        found = self._shelf.read(path, "suppression", Suppression, leave=True)
        if found is None and any(fault.path == path for fault in self.faults):
            raise StateDamaged(
                f"{path}: the list of who gets no mail is damaged, and so is its copy. Restore both from a backup. "
                "Without it people who opted out would be written to; to go on all the same, remove both."
            )
        return found or Suppression(people={})

    def _found_key(self) -> bytes:
        path = self._at("key")
        found = [key for name in (path, path + BACKUP) if len(key := _bytes_of(name)) == _KEY_LENGTH]
        if self._claim is None:
            return found[0] if found else b""
        if len(found) < 2:
            if os.path.exists(path) and not found:
                why = f"{path}: is damaged; our own mails of before are not known by their Message-ID any more"
                self._shelf.report(Fault(path=path, why=why))
            found = found or [os.urandom(_KEY_LENGTH)]
            replace_file(path + BACKUP, found[0])
            replace_file(path, found[0])
        return found[0]


def deal_file(folder: Path, id: DealId) -> Path:
    """Where the database of a deal lies in a state folder."""
    name = _name(id)
    return folder / "deals" / name[:2] / (name + _ENDING)


def doubted(deal: Deal) -> Deal:
    """A deal out of a copy that can be one commit old: what was on its way then may have left since.

    Such mails are uncertain: they are looked for, and the owner is asked, instead of a second one being sent.
    """
    return replace(deal, outbox=tuple(_doubted(item) for item in deal.outbox))


def _doubted(item: OutboxItem) -> OutboxItem:
    if item.state not in _ON_THE_WAY:
        return item
    # Not before its time: a mail of tomorrow has certainly not left.
    changed = max(item.changed or item.letter.send_at, item.letter.send_at)
    word = "the deal was restored from its last good copy; whether this mail has left is not known"
    return replace(item, state=Outbox.UNCERTAIN, changed=changed, reply=word)


def _name(id: DealId) -> str:
    """The name of a deal's file: ids may hold anything."""
    return sha256(id.encode("utf-8", "replace")).hexdigest()[:32]


def _bytes_of(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(_KEY_LENGTH + 1)
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise unreadable(path, error) from error
