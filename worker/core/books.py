"""The playbooks of a household, found by their name and by what begins them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from worker.core.model import Event, Stage
from worker.core.playbook import Playbook, Priority, Watch

Trigger = Watch | Stage | Event
_RANKS = {priority: rank for rank, priority in enumerate(Priority)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """They are ordered once, since each decision asks which of them may begin. Iterating keeps the order of the files."""

    _by_slug: Mapping[str, Playbook] = field(default_factory=dict)
    _ranked: tuple[Playbook, ...] = ()

    @classmethod
    def of(cls, books: Iterable[Playbook]) -> Books:
        """The playbooks of these files; of two with one name the first."""
        by_slug: dict[str, Playbook] = {}
        for book in books:
            by_slug.setdefault(book.slug, book)
        ranked = tuple(sorted(by_slug.values(), key=lambda book: _RANKS[book.priority]))
        return cls(_by_slug=by_slug, _ranked=ranked)

    def get(self, slug: str) -> Playbook | None:
        """The playbook of this name."""
        return self._by_slug.get(slug)

    def begun_by(self, triggers: Collection[Trigger]) -> Iterator[Playbook]:
        """Those that one of these may begin, the most important first."""
        return (book for book in self._ranked if book.when in triggers)

    def __iter__(self) -> Iterator[Playbook]:
        return iter(self._by_slug.values())

    def __len__(self) -> int:
        return len(self._by_slug)
