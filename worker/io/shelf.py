"""One value in one TinyDB database: written once, read back, restored from its last good copy where it is damaged."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from tinydb import TinyDB

from worker.core.model import DealId
from worker.io.codec import Tables, UnfitError, from_document, to_document, writable
from worker.io.storage import BACKUP, DamagedError, DurableStorage, StateUnwritable, set_aside

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A file that did not prove itself, and what became of it."""

    path: str
    why: str
    aside: tuple[str, ...] = ()
    """Where the damaged files lie now."""
    restored: str = ""
    """The copy that took its place; "" where there was no good one."""
    deal: DealId | None = None

    def __str__(self) -> str:
        """One line for the log and the owner."""
        outcome = f"restored from {self.restored}" if self.restored else "there is no good copy"
        aside = f"; set aside as {', '.join(self.aside)}" if self.aside else ""
        return f"{self.why}: {outcome}{aside}"


class Shelf:
    """The databases of a folder. One table with one document in each, so that a commit is one write."""

    def __init__(self, corrupt: str, *, writable: bool) -> None:
        self._corrupt = corrupt
        self._writable = writable
        self._faults: dict[tuple[str, str], Fault] = {}

    @property
    def faults(self) -> tuple[Fault, ...]:
        return tuple(self._faults.values())

    def report(self, fault: Fault) -> None:
        """Add a fault, once."""
        self._faults.setdefault((fault.path, fault.why), fault)

    def write(self, path: str, table: str, value: object, *, both: bool = False) -> None:
        """Replace what is stored. Raises StateUnwritable."""
        with TinyDB(path, storage=DurableStorage, both=both) as database:
            # Table.upsert, or truncate and insert, would read the old file and write twice; this writes once.
            try:
                database.storage.write({table: {"1": value}})
            except UnicodeEncodeError:
                database.storage.write({table: {"1": writable(to_document(value))}})

    def read(
        self,
        path: str,
        table: str,
        kind: type[T],
        *,
        check: Callable[[T], bool] = lambda value: True,
        doubt: Callable[[T], T] = lambda value: value,
        leave: bool = False,
    ) -> T | None:
        """What is stored; None where there is nothing, or nothing whole.

        `check` says whether the value belongs into this file. `doubt` is applied to a copy that takes the place of
        a damaged file, since it can be one commit old. `leave` leaves the damaged file where it is if there is no
        good copy. Raises StateTooNew, and StateUnreadable where the fault is not in the file.
        """
        storage = DurableStorage(path)
        try:
            tables = storage.read()
            if tables is None and not os.path.exists(path + BACKUP):
                return None
            if tables is None:
                raise DamagedError(f"{path}: is gone")
            return _value(path, tables, table, kind, check)
        except DamagedError as error:
            why = str(error)
        except UnfitError as error:
            why = f"{path}: {error}"
        value = self._from_copy(storage, table, kind, check)
        if value is None and leave:
            self.report(Fault(path=path, why=why))
            return None
        return self._put_back(storage, table, why, None if value is None else doubt(value))

    def _from_copy(self, storage: DurableStorage, table: str, kind: type[T], check: Callable[[T], bool]) -> T | None:
        try:
            tables = storage.read_copy()
            return None if tables is None else _value(storage.path, tables, table, kind, check)
        except (DamagedError, UnfitError):
            return None

    def _put_back(self, storage: DurableStorage, table: str, why: str, value: T | None) -> T | None:
        aside: tuple[str, ...] = ()
        # Reading goes on with the copy even where nothing can be put right, on a full disk or without the lock.
        with suppress(StateUnwritable):
            if self._writable:
                aside = self._set_aside(storage.path, with_copy=value is None)
                if value is not None:
                    storage.overwrite({table: {"1": to_document(value)}})
        restored = "" if value is None else storage.path + BACKUP
        self.report(Fault(path=storage.path, why=why, aside=aside, restored=restored, deal=getattr(value, "id", None)))
        return value

    def _set_aside(self, path: str, *, with_copy: bool) -> tuple[str, ...]:
        damaged = [name for name in (path, path + BACKUP)[: 1 + with_copy] if os.path.exists(name)]
        aside = tuple(set_aside(name, self._corrupt) for name in damaged)
        if with_copy:
            for name in damaged:
                with suppress(OSError):
                    os.unlink(name)
        return aside


def _value(path: str, tables: Tables, table: str, kind: type[T], check: Callable[[T], bool]) -> T:
    document = tables.get(table, {}).get("1")
    if not isinstance(document, dict):
        raise UnfitError(f"holds no {table}")
    value = from_document(document, kind)
    if not check(value):
        raise UnfitError(f"holds a {table} that belongs elsewhere")
    return value
