"""What the application needs of a store; the one on disk and the one of a rehearsal both give it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from worker.core.index import Index
from worker.core.model import Cursor, Deal, DealId, Suppression, Unplaced


class Keeper(Protocol):
    """Keeps deals. A commit is atomic, durable where there is a disk, and idempotent."""

    @property
    def index(self) -> Index: ...

    @property
    def suppression(self) -> Suppression: ...

    def deal(self, id: DealId) -> Deal | None: ...

    def all(self) -> Iterator[Deal]: ...

    def commit(self, deal: Deal) -> None: ...

    def commit_suppression(self, suppression: Suppression) -> None: ...

    def cursor(self, account: str, folder: str) -> Cursor | None: ...

    def commit_cursor(self, cursor: Cursor) -> None: ...

    def keep(self, unplaced: Unplaced) -> None: ...
