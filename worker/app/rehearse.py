"""Lives a past mailbox through on a virtual clock, with the real planner, and sends nothing."""

from __future__ import annotations

import heapq
import json
import mailbox
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TextIO

from worker.app.deciding import Deciding
from worker.app.household import Household, household_of
from worker.app.intake import Intake
from worker.app.library import LibraryFault, library_of
from worker.app.writing import Writer
from worker.core import outbox
from worker.core.model import Deal, DealId, Decision, Message, OutboxItem, Place, RawMail
from worker.core.outbox import Drop, Go, Happening, WaitUntil
from worker.core.stopping import may_send
from worker.io.memory_store import MemoryStore
from worker.mail.parse import parse
from worker.settings import Settings

_KEY = b"a rehearsal proves nothing to anybody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One decision of one deal."""

    deal: Deal
    decision: Decision


def read_mailbox(path: Path) -> Iterator[bytes]:
    """Every mail of an mbox, a Maildir or a folder of files."""
    if path.is_file() and not _is_mbox(path):
        yield path.read_bytes()
        return
    if path.is_file():
        box = mailbox.mbox(path, create=False)
        try:
            for key in box.keys():  # noqa: SIM118 - a mailbox is no mapping
                yield box.get_bytes(key)
        finally:
            box.close()
        return
    files = [file for file in sorted(path.rglob("*")) if file.is_file() and not file.name.startswith(".")]
    kept = [file for file in files if file.parent.name in ("cur", "new")]
    # Beside the mails of a Maildir lie the notes of its server, and what is half delivered.
    for file in kept or files:
        yield file.read_bytes()


def _is_mbox(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(5) in (b"From ", b"")


class Rehearsal:
    """A past mailbox, and the clock that lives it through."""

    def __init__(
        self, household: Household, until: date, writer: Writer | None = None, *, since: date | None = None
    ) -> None:
        """What lies before `since` is history, read as at the first contact with a mailbox."""
        self.household = household
        self.rows: list[Row] = []
        self._until = datetime.combine(until, time.max, household.zone)
        self._since = datetime.combine(since, time.min, household.zone) if since else None
        self._writer = writer or Writer(household.library, household.reading.address)
        self._due: dict[DealId, datetime] = {}
        self._queue: list[tuple[datetime, DealId]] = []

    def live(self, mails: Iterator[bytes]) -> None:
        """Live it through from the first mail to the last day."""
        ordered = self._in_order(mails)
        # Whose own mail lies in the folder, of them replies are seen; told apart by Delivered-To.
        whose = {raw.place.account for _, raw in ordered if raw.place.account}
        self.household = replace(self.household, watched=self.household.watched | whose)
        self._deciding = Deciding(household=self.household, writer=self._writer, decided=self._decided)
        self._intake = Intake(household=self.household, heard=_nobody)
        for at, raw in ordered:
            if at > self._until:
                break
            self._live_to(at, raw)
        self._wait_until(self._until)

    def _live_to(self, at: datetime, raw: RawMail) -> None:
        """Up to a mail, and the mail itself."""
        if self._since is not None and at < self._since:
            for id in self._intake.take(raw, self._since, history=True):
                self._due[id] = self._since
                heapq.heappush(self._queue, (self._since, id))
            return
        self._wait_until(at)
        for id in self._intake.take(raw, at):
            self._advance(id, at)

    def _in_order(self, mails: Iterator[bytes]) -> list[tuple[datetime, RawMail]]:
        """By Date; a mail that lies in several mailboxes counts once, in the copy that reached the owner first."""
        seen: dict[str, tuple[datetime, RawMail]] = {}
        for number, data in enumerate(mails):
            raw = RawMail(place=Place(uid=number + 1), data=data, size=len(data))
            message = parse(raw, self.household.reading)
            at = message.date or message.received or datetime(1970, 1, 1, tzinfo=UTC)
            # The virtual mailbox gets each mail in the moment of its Date.
            raw = replace(raw, received=at, place=replace(raw.place, account=self._mailbox_of(message)))
            if str(message.id) not in seen or not raw.place.account:
                seen[str(message.id)] = at, raw
        return sorted(seen.values(), key=lambda pair: (pair[0], pair[1].place.uid))

    def _mailbox_of(self, message: Message) -> str:
        """ "" for the worker's own mailbox, else whose: told apart by Delivered-To."""
        whose = [address for address in message.delivered_to if not self.household.reading.is_ours(address)]
        return whose[0] if whose and len(whose) == len(message.delivered_to) else ""

    def _wait_until(self, moment: datetime) -> None:
        """Do everything that is due until then, each thing at its own time."""
        while self._queue and self._queue[0][0] <= moment:
            at, id = heapq.heappop(self._queue)
            if self._due.get(id) == at:  # else it was put off or brought forward since
                del self._due[id]
                self._advance(id, at)

    def _advance(self, id: DealId, now: datetime) -> None:
        self._deciding.advance(id, now)
        self._deliver(id, now)
        deal = self._deciding.advance(id, now)
        times = [deal.due_at, outbox.wakes_at(deal.outbox)] if deal is not None else []
        later = [at for at in times if at is not None and at > now]
        if later:
            self._due[id] = min(later)
            heapq.heappush(self._queue, (self._due[id], id))
        else:
            self._due.pop(id, None)

    def _deliver(self, id: DealId, now: datetime) -> None:
        """Every mail that is due leaves, as far as the stop rules let it: nothing is handed to a server."""
        deal = self.household.keeper.deal(id)
        for item in deal.outbox if deal else ():
            if deal is not None and outbox.is_due(item, now):
                deal = self._leave(deal, item, now)
                # Before the next one is looked at: two mails of one day must not wait for each other for ever.
                self.household.keeper.commit(deal)

    def _leave(self, deal: Deal, item: OutboxItem, now: datetime) -> Deal:
        world = self.household.world(deal, now, letter=item.letter.id)
        match may_send(deal, item, world, now):
            case Go():
                moved = outbox.after(item, Happening.CLAIMED, now)
                moved = outbox.after(moved, Happening.ENVELOPE_TAKEN, now)
                moved = outbox.after(moved, Happening.FOUND, now, "rehearsed")
            case WaitUntil(when=when, why=why):
                moved = outbox.after(item, Happening.POSTPONED, now, why, until=when)
            case Drop(why=why):
                moved = outbox.after(item, Happening.STOPPED, now, why)
        items = tuple(moved if other.letter.id == item.letter.id else other for other in deal.outbox)
        return replace(deal, outbox=items)

    def _decided(self, deal: Deal, decisions: tuple[Decision, ...]) -> None:
        self.rows.extend(Row(deal=deal, decision=decision) for decision in decisions)


def _nobody(*_: object) -> None:
    """In a rehearsal nobody listens to single mails."""


def write_rows(rows: list[Row], household: Household, out: TextIO) -> None:
    """One decision a line, in order of time, the machine form of a rehearsal."""
    for row in sorted(rows, key=lambda row: row.decision.at):
        decision = row.decision
        line = {
            "at": decision.at.astimezone(household.zone).isoformat(),
            "deal": f"{row.deal.title} [{row.deal.ref}]",
            "bucket": decision.bucket,
            "stage": decision.stage,
            "action": decision.action,
            "to": list(decision.to),
            "purpose": decision.purpose or None,
            "template": decision.template or None,
            "playbook": decision.playbook or None,
            "step": decision.step or None,
            "why": decision.why,
            "found_in": list(decision.found_in),
        }
        out.write(json.dumps(line, ensure_ascii=False) + "\n")


def last_day(mails: list[bytes], household: Household) -> date:
    """The day after which a mailbox has nothing more to tell, and three months for what follows from it."""
    dates = [parse(RawMail(place=Place(), data=data), household.reading).date for data in mails]
    known = [moment for moment in dates if moment is not None]
    last = max(known, default=datetime(1970, 1, 1, tzinfo=UTC))
    return (last.astimezone(household.zone) + timedelta(days=90)).date()


def rehearse(mailbox_path: Path, settings: Settings, *, until: date | None, as_json: bool, strict: bool) -> int:
    """Rehearse a mailbox and print its decisions. Returns the exit code."""
    if not mailbox_path.exists():
        print(
            f"{mailbox_path}: there is no mailbox here; give an mbox, a Maildir or a folder of mails", file=sys.stderr
        )
        return 1
    try:
        library = library_of(settings)
    except LibraryFault as fault:
        print("\n".join(fault.lines), file=sys.stderr)
        return 78
    household = household_of(settings, library, MemoryStore(), _KEY, approved=not strict)
    mails = list(read_mailbox(mailbox_path))
    rehearsal = Rehearsal(household, until or last_day(mails, household))
    rehearsal.live(iter(mails))
    if as_json:
        write_rows(rehearsal.rows, household, sys.stdout)
    else:
        for row in sorted(rehearsal.rows, key=lambda row: row.decision.at):
            print(_sentence(row, household))
    return 0


def _sentence(row: Row, household: Household) -> str:
    decision = row.decision
    at = decision.at.astimezone(household.zone)
    what = decision.template or decision.stage or ""
    return f"{at:%a %d %b %Y %H:%M}  {decision.action:<6} {what:<26} {row.deal.title}: {decision.why}"
