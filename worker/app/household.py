"""What every decision shares: the settings, the files, the store, and the world as it stands around one deal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from worker.app.keeping import Keeper
from worker.app.library import Library
from worker.core.calendar import Locale
from worker.core.lifecycle import label
from worker.core.model import Address, Bucket, Deal, Event, Reading
from worker.core.playbook import Mode
from worker.core.signal import notaries
from worker.core.situation import Caps, Known, World, away
from worker.core.standing import became_client
from worker.core.stopping import ANSWERS
from worker.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Household:
    """Everything that stays the same from mail to mail."""

    reading: Reading
    library: Library
    keeper: Keeper
    zone: ZoneInfo
    country: str = ""
    mode: Mode = Mode.APPROVE
    caps: Caps = Caps()
    watched: frozenset[str] = frozenset()
    """Addresses whose own mailbox is read, so that replies to them are seen."""
    approved: bool = False

    def world(self, deal: Deal, now: datetime, *, letter: str = "") -> World:
        """The world around a deal: the people in it, across all of their deals.

        Args:
            letter: id of the letter that asks whether it may leave; it does not stand in its own way.
        """
        index = self.keeper.index
        sent_last_day = index.sent_since(now - timedelta(days=1))
        return World(
            address=self.reading.address,
            books=self.library.books,
            home=Locale(zone=self.zone, country=self.country, away=away(deal.owner.address, self.keeper.suppression)),
            suppression=self.keeper.suppression,
            purposes=self.library.templates.purposes,
            languages=self.library.templates.languages,
            mode=self.mode,
            firm=self.library.firm,
            ideal=self.library.ideal,
            people={contact.address: self._known(contact.address, deal, letter) for contact in deal.contacts},
            caps=self.caps,
            outcomes=self._outcomes(deal),
            watched=deal.owner.address in self.watched,
            approved=self.approved,
            sent_last_hour=index.sent_since(now - timedelta(hours=1)) if sent_last_day else 0,
            sent_last_day=sent_last_day,
        )

    def _known(self, address: Address, deal: Deal, letter: str) -> Known:
        index = self.keeper.index
        rows = [index.row(id) for id in index.by_contact(address) if id != deal.id]
        stages = [row.stage for row in rows if row is not None]
        sent = index.sent_to(address, apart=ANSWERS, letter=letter or None)
        return Known(sent=sent, label=label([*stages, deal.stage]), mails=index.mails_to(address))

    def _outcomes(self, deal: Deal) -> dict[Address, datetime]:
        """Whoever the people of this deal have introduced and is a client now, and since when."""
        found: dict[Address, datetime] = {}
        people = {person.address for item in deal.evidence if item.event is Event.INTRODUCTION for person in item.people}
        for address in people:
            for id in self.keeper.index.by_contact(address):
                row = self.keeper.index.row(id)
                won = self.keeper.deal(id) if row and id != deal.id and row.bucket is Bucket.CLIENT else None
                since = became_client(won) if won is not None else None
                if since is not None:
                    found[address] = since
        return found


def household_of(
    settings: Settings, library: Library, keeper: Keeper, key: bytes, *, approved: bool = False
) -> Household:
    """What every decision shares."""
    return Household(
        reading=settings.reading(key, notaries(library.signals)),
        library=library,
        keeper=keeper,
        zone=settings.time_zone,
        country=settings.country,
        mode=settings.mode,
        caps=Caps(
            per_hour=settings.max_per_hour,
            per_day=settings.max_per_day,
            per_contact_per_week=settings.max_per_contact_per_week,
        ),
        watched=frozenset(box.user.lower() for box in settings.watch.values()),
        approved=approved,
    )
