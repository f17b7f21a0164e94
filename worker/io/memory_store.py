"""A store without a disk: for a rehearsal, which leaves nothing behind."""

from __future__ import annotations

from collections.abc import Iterator

from worker.core.house import is_house
from worker.core.index import Index
from worker.core.model import Cursor, Deal, DealId, Suppression, Unplaced


class MemoryStore:
    """Keeps deals for as long as the program runs."""

    def __init__(self) -> None:
        self.index = Index()
        self.suppression = Suppression(people={})
        self.unplaced: list[Unplaced] = []
        self._deals: dict[DealId, Deal] = {}
        self._cursors: dict[tuple[str, str], Cursor] = {}

    def deal(self, id: DealId) -> Deal | None:
        return self._deals.get(id)

    def all(self) -> Iterator[Deal]:
        return iter(tuple(deal for id, deal in self._deals.items() if not is_house(id)))

    def commit(self, deal: Deal) -> None:
        self._deals[deal.id] = deal
        self.index.put(deal)

    def commit_suppression(self, suppression: Suppression) -> None:
        self.suppression = suppression

    def cursor(self, account: str, folder: str) -> Cursor | None:
        return self._cursors.get((account, folder))

    def commit_cursor(self, cursor: Cursor) -> None:
        self._cursors[cursor.account, cursor.folder] = cursor

    def keep(self, unplaced: Unplaced) -> None:
        self.unplaced.append(unplaced)
