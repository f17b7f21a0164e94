"""Deals on a virtual clock: everything that is due happens at its own time, by the real planner, and nobody gets mail."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, replace
from datetime import datetime

from worker.app.deciding import Deciding
from worker.app.household import Household
from worker.app.writing import Writer
from worker.core import outbox
from worker.core.house import house_id, is_house
from worker.core.model import Deal, DealId, Decision, OutboxItem, Suppressed
from worker.core.outbox import Drop, Go, Happening, Verdict, WaitUntil
from worker.core.stopping import may_send


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One decision of one deal."""

    deal: Deal
    decision: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """A mail that would have left at that time."""

    at: datetime
    deal: Deal
    item: OutboxItem


_Doors = tuple[Suppressed | None, ...]


class Life:
    """The deals of a household, and the clock that they live by."""

    def __init__(self, household: Household, writer: Writer) -> None:
        self.household = household
        self.rows: list[Row] = []
        self.departures: list[Departure] = []
        self._deciding = Deciding(household=household, writer=writer, decided=self._decided)
        self._due: dict[DealId, datetime] = {}
        self._queue: list[tuple[datetime, DealId]] = []
        self._planned: dict[DealId, tuple[Deal, _Doors]] = {}

    def wake(self, id: DealId, at: datetime) -> None:
        """Look at a deal again at that time."""
        self._due[id] = at
        heapq.heappush(self._queue, (at, id))

    def wait_until(self, moment: datetime) -> None:
        """Do everything that is due until then, each thing at its own time."""
        while self._queue and self._queue[0][0] <= moment:
            at, id = heapq.heappop(self._queue)
            if self._due.get(id) == at:  # else it was put off or brought forward since
                del self._due[id]
                self.advance(id, at)

    def advance(self, id: DealId, now: datetime) -> None:
        """Plan a deal, let its mails leave that are due, and plan what follows from their leaving."""
        deal = self._as_planned(id, now) or self._deciding.advance(id, now)
        left = self._deliver(id, now)
        if any(is_house(id) or not item.letter.to_owner for item in left):
            deal = self._deciding.advance(id, now)
        elif left:  # no step waits for a mail to the owner to leave
            deal = self.household.keeper.deal(id)
        if deal is not None and not is_house(id):
            self._wake_house(house_id(deal.owner.address), now)
        if deal is not None:
            self._wake_referrers(deal, now)
        if deal is not None:
            self._planned[id] = deal, self._doors(deal)
        times = [deal.due_at, outbox.wakes_at(deal.outbox)] if deal is not None else []
        later = [at for at in times if at is not None and at > now]
        if later:
            self.wake(id, min(later))
        else:
            self._due.pop(id, None)

    def _as_planned(self, id: DealId, now: datetime) -> Deal | None:
        """The deal where nothing is due but a mail, and a plan would find all as the last one left it; else None."""
        deal = self.household.keeper.deal(id)
        planned, doors = self._planned.get(id, (None, None))
        if deal is None or deal is not planned or is_house(id) or (deal.due_at is not None and deal.due_at <= now):
            return None
        alone = all(self.household.keeper.index.by_contact(one.address) == (id,) for one in deal.contacts)
        return deal if alone and self._doors(deal) == doors else None

    def _doors(self, deal: Deal) -> _Doors:
        """What is known of whether the people of a deal may be written to."""
        people = self.household.keeper.suppression.people
        return tuple(people.get(one.address) for one in deal.contacts)

    def _wake_referrers(self, deal: Deal, now: datetime) -> None:
        """A deal that was made due by another one: whoever introduced a new client is thanked again."""
        keeper = self.household.keeper
        for contact in deal.contacts:
            for id in keeper.index.by_contact(contact.referred_by) if contact.referred_by else ():
                row = keeper.index.row(id)
                if row is not None and id != deal.id and row.due_at is not None and row.due_at <= now:
                    self.wake(id, now)

    def _wake_house(self, id: DealId, now: datetime) -> None:
        """The owner's own document is due by its own clock: the digest, and what the first day found."""
        house = self.household.keeper.deal(id)
        if house is not None and house.due_at is not None and self._due.get(id) != max(house.due_at, now):
            self.wake(id, max(house.due_at, now))

    def _deliver(self, id: DealId, now: datetime) -> list[OutboxItem]:
        """Every mail that is due leaves, as far as the stop rules let it: nothing is handed to a server."""
        deal = self.household.keeper.deal(id)
        due = [item for item in deal.outbox if outbox.is_due(item, now)] if deal else []
        for item in due:
            if deal is not None:
                deal = self._leave(deal, item, now)
                # Before the next one is looked at: two mails of one day must not wait for each other for ever.
                self.household.keeper.commit(deal)
        return due

    def _leave(self, deal: Deal, item: OutboxItem, now: datetime) -> Deal:
        match self._may_leave(deal, item, now):
            case Go():
                self.departures.append(Departure(at=now, deal=deal, item=item))
                moved = outbox.after(item, Happening.CLAIMED, now)
                moved = outbox.after(moved, Happening.ENVELOPE_TAKEN, now)
                moved = outbox.after(moved, Happening.FOUND, now, "rehearsed")
            case WaitUntil(when=when, why=why):
                moved = outbox.after(item, Happening.POSTPONED, now, why, until=when)
            case Drop(why=why):
                moved = outbox.after(item, Happening.STOPPED, now, why)
        items = tuple(moved if other.letter.id == item.letter.id else other for other in deal.outbox)
        return replace(deal, outbox=items)

    def _may_leave(self, deal: Deal, item: OutboxItem, now: datetime) -> Verdict:
        if item.letter.to_owner:
            return Go()  # nothing in the world holds it
        return may_send(deal, item, self.household.world(deal, now, letter=item.letter.id), now)

    def _decided(self, deal: Deal, decisions: tuple[Decision, ...]) -> None:
        self.rows.extend(Row(deal=deal, decision=decision) for decision in decisions)
