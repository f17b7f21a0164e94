"""What the worker would do with a mail: tried on a copy of the state in memory, which is then forgotten."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from worker.app.deciding import Deciding
from worker.app.household import Household, household_of
from worker.app.intake import Intake
from worker.app.library import Library
from worker.app.writing import Writer
from worker.core import placing
from worker.core.model import Deal, Decision, Evidence, Message, RawMail, Reading
from worker.io.memory_store import MemoryStore
from worker.io.store import Store
from worker.mail.compose import ComposeFault
from worker.mail.render import RenderFault
from worker.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """Where a mail belongs and what follows from it."""

    why: str
    """Why it belongs there, or nowhere."""
    deal: Deal | None = None
    """As it would stand with this mail."""
    decisions: tuple[Decision, ...] = ()
    is_known: bool = False
    """The worker has read this mail already: the decisions are those that rest on it."""
    is_new: bool = False
    """The mail would open the deal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Foresight:
    """Looks ahead from the state as it is now; changes nothing."""

    settings: Settings
    library: Library
    store: Store

    @property
    def reading(self) -> Reading:
        """With the key of the state, by which our own mail is known."""
        return household_of(self.settings, self.library, self.store, self.store.key()).reading

    def of(self, message: Message, evidence: tuple[Evidence, ...], raw: RawMail, now: datetime) -> Foreseen:
        """Place a mail, take it in and decide, all in memory."""
        placed = placing.place(message, evidence, self.store.index, self.reading)
        deals = [deal for id in placed.deals if (deal := self.store.deal(id)) is not None]
        known = next((deal for deal in deals if any(mail.id == message.id for mail in deal.log)), None)
        if known is not None:
            found = tuple(row for row in known.decisions if message.id in row.found_in)
            return Foreseen(why=placed.why, deal=known, decisions=found, is_known=True)
        memory = MemoryStore()
        memory.commit_suppression(self.store.suppression)
        for deal in deals:
            memory.commit(deal)
        home = replace(household_of(self.settings, self.library, self.store, self.store.key()), keeper=memory)
        return _lived(home, message, evidence, raw, now, placed.why, {deal.id: len(deal.decisions) for deal in deals})


def _lived(
    home: Household, message: Message, evidence: tuple[Evidence, ...], raw: RawMail, now: datetime, why: str,
    before: dict[str, int],
) -> Foreseen:  # fmt: skip
    intake = Intake(household=home, heard=lambda *_: None)
    touched = intake.take_in(message, evidence, raw, now)
    deciding = Deciding(
        household=home, writer=Writer(home.library, home.reading.address), decided=lambda *_: None
    )  # fmt: skip
    for id in touched:
        try:
            deal = deciding.advance(id, now)
        except (RenderFault, ComposeFault) as fault:
            return Foreseen(why=f"{why}, but a mail cannot be written: {fault}", deal=home.keeper.deal(id))
        if deal is not None:
            decisions = deal.decisions[before.get(id, 0) :]
            return Foreseen(why=why, deal=deal, decisions=decisions, is_new=id not in before)
    return Foreseen(why=why)
