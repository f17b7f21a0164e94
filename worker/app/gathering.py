"""Takes the mails of one batch together: a deal that several of them touch is written once, before the cursor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from worker.core.index import Index
from worker.core.model import Cursor, Deal, DealId, Suppression, Unplaced
from worker.io.store import Store


@dataclass(frozen=True, slots=True)
class Gathering:
    """The store as the intake sees it: what it commits is known at once, and durable with `Store.flush`.

    A kill before that forgets mails that lie above the cursor: they are read again. Whoever else commits such a deal
    meanwhile writes it whole, with what was gathered. What is true of a person is durable at once, as ever.
    """

    store: Store

    @property
    def index(self) -> Index:
        return self.store.index

    @property
    def suppression(self) -> Suppression:
        return self.store.suppression

    def deal(self, id: DealId) -> Deal | None:
        return self.store.deal(id)

    def all(self) -> Iterator[Deal]:
        return self.store.all()

    def commit(self, deal: Deal) -> None:
        self.store.hold(deal)

    def commit_suppression(self, suppression: Suppression) -> None:
        self.store.commit_suppression(suppression)

    def cursor(self, account: str, folder: str) -> Cursor | None:
        return self.store.cursor(account, folder)

    def commit_cursor(self, cursor: Cursor) -> None:
        self.store.flush()
        self.store.commit_cursor(cursor)

    def keep(self, unplaced: Unplaced) -> None:
        self.store.keep(unplaced)
