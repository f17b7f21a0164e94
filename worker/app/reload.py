"""Edited files take effect while the worker runs; broken ones never do, and the owner hears of them once."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from watchfiles import Change, awatch

from worker.app.household import Household, household_of
from worker.app.library import Library, LibraryFault, library_of
from worker.app.service import Service
from worker.app.writing import Writer
from worker.core import house as houses
from worker.core.calendar import Locale
from worker.core.model import Address, Party
from worker.core.template import AlertView, Context
from worker.mail.compose import compose
from worker.settings import Settings

_LOG = logging.getLogger("worker.files")
_GRACE = 1.0
"""Seconds after which a broken file is read once more: some editors write it in two strokes."""
_SHOWN = 8
"""Faults that stand in the mail to the owner; `worker check` says them all."""
_READ = (".yaml", ".yml", ".txt")


@dataclass(kw_only=True)
class Reload:
    """Looks after the files of one running worker."""

    settings: Settings
    service: Service
    grace: float = _GRACE
    _told: tuple[str, ...] = field(default=(), init=False)

    async def watch(self) -> None:
        """Read all files again after each change, until cancelled."""
        folders = [path for path in (self.settings.playbooks_dir, self.settings.templates_dir) if path.is_dir()]
        async for changes in awatch(*folders, watch_filter=_matters):
            await self.look(", ".join(sorted({Path(path).name for _, path in changes})))

    async def look(self, changed: str) -> None:
        """Read all files; all are used from now on, or none."""
        try:
            library = await self._read()
        except LibraryFault as fault:
            return self._broken(fault.lines)
        self._use(library)
        self._told = ()
        _LOG.info(f"{changed} edited: {len(library.books)} playbooks and {len(library.templates)} templates are used from now on")
        return None

    async def _read(self) -> Library:
        try:
            return await asyncio.to_thread(library_of, self.settings)
        except LibraryFault:
            await asyncio.sleep(self.grace)
            return await asyncio.to_thread(library_of, self.settings)

    def _use(self, library: Library) -> None:
        """Swap everything that was made of the old files between two steps of the loop: nobody sees a half of each."""
        service = self.service
        old = service.deciding.household
        fresh = household_of(self.settings, library, old.keeper, old.reading.key, approved=old.approved)
        writer = Writer(library, fresh.reading.address)
        intake = replace(service.intake, household=replace(fresh, keeper=service.intake.household.keeper))
        service.use(intake, replace(service.deciding, household=fresh, writer=writer))

    # -- what is broken ---------------------------------------------------------------------------

    def _broken(self, lines: tuple[str, ...]) -> None:
        for line in lines:
            _LOG.error(f"not used, what was read before goes on: {line}")
        if lines != self._told:
            self._told = lines
            self._tell_the_owner(lines, self.service.clock.now())

    def _tell_the_owner(self, lines: tuple[str, ...], now: datetime) -> None:
        """One mail for each state of the files, kept in the owner's own document as a digest is."""
        home = self.service.deciding.household
        owner = first_owner(home)
        if owner is None:
            return
        place = Locale(zone=home.zone, country=home.country)
        house = home.keeper.deal(houses.house_id(owner.address))
        house = house or houses.open_house(owner, now, home.library.coverage, place)
        id = f"{house.id}/broken/{hashlib.sha256(' '.join(lines).encode()).hexdigest()[:12]}"
        if houses.has_written(house, id):
            return
        more = f"\n\nand {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
        view = AlertView(
            title="An edit of your playbooks cannot be used",
            text="\n\n".join(lines[:_SHOWN]) + more,
            next="Until it is mended everything goes on as it was before the edit. `worker check` says all of it.",
        )
        letter = self.service.deciding.writer.note("owner/alert", owner, Context(alert=view), now)
        letter = replace(letter, id=id, step="broken", why="the files that were edited cannot be used")
        item = compose(letter, key=home.reading.key, worker=home.reading.address, now=now, zone=home.zone)
        home.keeper.commit(replace(house, outbox=(*house.outbox, item)))
        self.service.wake()


def first_owner(home: Household) -> Party | None:
    """Who looks after the files: the first of the team that is a person, else whoever owns the newest deal."""
    for member in home.reading.team:
        if not member.startswith("@"):
            return Party(address=Address(member))
    rows = [row for row in home.keeper.index.rows() if not houses.is_house(row.deal)]
    newest = max(rows, key=lambda row: row.created, default=None)
    return Party(address=newest.owner) if newest else None


def _matters(change: Change, path: str) -> bool:
    return path.endswith(_READ) and not Path(path).name.startswith(".")
