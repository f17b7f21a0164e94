"""The two structures under the index: keys to deals, and deals by time."""

from __future__ import annotations

import heapq
from struct import Struct

from worker.core.entry import HASH_LENGTH
from worker.core.model import DealId

_SHELVES = 1 << 12
_NUMBER_LENGTH = 4
_RECORD = HASH_LENGTH + _NUMBER_LENGTH
_each = Struct(f"{HASH_LENGTH}s").iter_unpack


class Keys:
    """Hashes to numbers, several for each, in 12 bytes a pair where a dict takes 90.

    A pair lies on the shelf that the first 12 bits of its hash name. At 100,000 deals of 20 keys a shelf holds 500
    pairs, which `find` passes in two microseconds; more shelves fill more slowly, since they fit no cache.
    """

    def __init__(self) -> None:
        self._shelves = [bytearray() for _ in range(_SHELVES)]

    def get(self, key: bytes) -> tuple[int, ...]:
        """The numbers under a key, in no order."""
        shelf = self._shelf(key)
        return tuple(int.from_bytes(shelf[at + HASH_LENGTH : at + _RECORD], "big") for at in _places(shelf, key))

    def add(self, keys: bytes, number: int) -> None:
        """Put a number under each of the keys, which come one behind the other."""
        tail = number.to_bytes(_NUMBER_LENGTH, "big")
        shelves = self._shelves
        for (key,) in _each(keys):
            shelves[key[0] << 4 | key[1] >> 4] += key + tail

    def remove(self, keys: bytes, number: int) -> None:
        """Take a number away from under each of the keys."""
        tail = number.to_bytes(_NUMBER_LENGTH, "big")
        for (key,) in _each(keys):
            shelf = self._shelf(key)
            for at in _places(shelf, key + tail)[:1]:
                shelf[at : at + _RECORD] = shelf[-_RECORD:]
                del shelf[-_RECORD:]

    def change(self, before: bytes, after: bytes, number: int) -> None:
        """Put a number under the keys after a change instead of those before it; what is in both is left alone."""
        if before == after:
            return
        old, new = dict.fromkeys(_each(before)), dict.fromkeys(_each(after))
        self.remove(b"".join(key for (key,) in old if (key,) not in new), number)
        self.add(b"".join(key for (key,) in new if (key,) not in old), number)

    def _shelf(self, key: bytes) -> bytearray:
        return self._shelves[key[0] << 4 | key[1] >> 4]


def _places(shelf: bytearray, sought: bytes) -> list[int]:
    """Where pairs begin with these bytes; a find across two pairs is none."""
    places = []
    at = shelf.find(sought)
    while at >= 0:
        if at % _RECORD == 0:
            places.append(at)
        at = shelf.find(sought, at + 1)
    return places


class Times:
    """Deals by time: a heap whose outdated items are passed over, and swept out when they are the most of it."""

    def __init__(self) -> None:
        self._at: dict[DealId, float] = {}
        self._heap: list[tuple[float, DealId]] = []

    def set(self, id: DealId, at: float | None) -> None:
        """Give a deal its time; None takes it out."""
        if at is None:
            if self._at.pop(id, None) is None:
                return
        elif self._at.get(id) == at:
            return
        else:
            self._at[id] = at
            heapq.heappush(self._heap, (at, id))
        if len(self._heap) > 2 * len(self._at) + 64:
            self._heap = [(when, deal) for deal, when in self._at.items()]
            heapq.heapify(self._heap)

    def first(self) -> float | None:
        """The earliest time."""
        while self._heap and self._at.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def until(self, at: float) -> tuple[DealId, ...]:
        """The deals up to a time, earliest first; they stay. Below an item of a heap that is later, all are later."""
        found: set[tuple[float, DealId]] = set()
        open_places = [0]
        while open_places:
            place = open_places.pop()
            if place < len(self._heap) and self._heap[place][0] <= at:
                item = self._heap[place]
                if self._at.get(item[1]) == item[0]:
                    found.add(item)
                open_places += (2 * place + 1, 2 * place + 2)
        return tuple(id for _, id in sorted(found))
