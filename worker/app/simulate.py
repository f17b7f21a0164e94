"""The calendar of one playbook for one person, on a virtual clock: what would be sent and when. Nothing leaves."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from pathlib import Path
from zoneinfo import ZoneInfo

from worker.app.household import Household, household_of
from worker.app.intake import Intake
from worker.app.library import Library, LibraryFault, read_library
from worker.app.living import Departure, Life, Row
from worker.app.simulate_screen import write_calendar, write_rows
from worker.app.supposed import Cast, deal_beside, scenes
from worker.app.understanding import detected
from worker.app.writing import Writer
from worker.core.books import Books
from worker.core.model import Address, Deal, DealId, Party, Place, RawMail, Suppression, Trust
from worker.core.playbook import Playbook, suggestion
from worker.core.whereabouts import whereabouts
from worker.io.memory_store import MemoryStore
from worker.io.shipped import shipped
from worker.io.storage import StateError
from worker.io.store import StateMissing, Store
from worker.mail.compose import ComposeFault
from worker.mail.parse import parse
from worker.mail.render import RenderFault
from worker.settings import Settings

DONE, FAILED, USAGE, CONFIGURATION = 0, 1, 2, 78
_KEY = b"a simulation proves nothing to anybody"
_LONGEST = timedelta(days=400)
"""A year and what follows from it: whatever is said every quarter has been seen by then."""
_ON_DAY = re.compile(r"\s*(?:on )?day (\d{1,3})\s*:\s*(\S.*)", re.IGNORECASE | re.DOTALL)
_ANSWERED_AT, _BEGINS_AT = time(10, 0), time(9, 30)
_SOMEBODY = Party(address=Address("anna.berg@berg.example"), name="Anna Berg")
_WORKER = Address("deals@your-firm.example")
_YOU = Party(address=Address("you@your-firm.example"))


class SimulationFault(Exception):
    """What was asked for cannot be simulated; says what to write instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the contact is supposed to answer, so many days after the beginning."""

    day: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """One playbook lived through for one person."""

    book: Playbook
    deal: Deal
    start: datetime
    told: tuple[tuple[datetime, str], ...]
    """What is supposed to have happened before, and the answers that were supposed."""
    rows: tuple[Row, ...]
    """What this playbook decided."""
    departures: tuple[Departure, ...]
    household: Household
    zone: ZoneInfo
    """The contact's."""


def read_reply(text: str) -> Reply:
    """Read "on day 5: not now". Raises SimulationFault."""
    found = _ON_DAY.fullmatch(text)
    if found is None:
        raise SimulationFault(f'"{text}" is no answer on a day. Write --reply "on day 5: not now"')
    return Reply(day=int(found[1]), text=found[2].strip())


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What the state knows of somebody: their deal, and who may not be written to."""

    deal: Deal
    suppression: Suppression


def simulate(
    which: str, settings: Settings, now: datetime, *,
    who: str = "", since: date | None = None, replies: Sequence[str] = (), as_json: bool = False,
) -> int:  # fmt: skip
    """Print what a playbook would do. Returns the exit code.

    Args:
        which: its name, or its file.
        who: "Anna Berg <anna@berg.de>"; a contact whom the worker knows already is taken with their deal.
        since: the day on which the playbook has its reason to begin; today where it is None.
    """
    try:
        library, book = _book(which, settings)
        answers = [read_reply(one) for one in replies]
        household = _household(settings, library)
        contact, known = _contact(who, settings)
        zone = _zone_of(contact.address, household)
        start = datetime.combine(since, _BEGINS_AT, zone) if since else now.astimezone(zone)
        found = live(book, household, contact, start, answers, known)
    except LibraryFault as fault:
        return _failed("\n".join(fault.lines), CONFIGURATION)
    except SimulationFault as fault:
        return _failed(str(fault), USAGE)
    except (RenderFault, ComposeFault) as fault:
        return _failed(f"a mail cannot be written: {fault}", FAILED)
    (write_rows if as_json else write_calendar)(found, sys.stdout)
    return DONE


def _failed(why: str, code: int) -> int:
    print(why, file=sys.stderr)
    return code


# -- what is asked for ------------------------------------------------------------------------


def _book(which: str, settings: Settings) -> tuple[Library, Playbook]:
    """The files, and the playbook of this name or file. Raises LibraryFault, SimulationFault."""
    path = Path(which)
    folder = path.parent if path.suffix == ".yaml" and path.is_file() else settings.playbooks_dir
    own = folder / "signals"
    signals = own if own.is_dir() else shipped("playbooks") / "signals"
    library = read_library(folder, settings.templates_dir, signals=signals)
    book = library.books.get(path.stem if path.suffix == ".yaml" else which)
    if book is None:
        hint = suggestion(path.stem, [one.slug for one in library.books])
        raise SimulationFault(f'there is no playbook "{which}" in {folder}. {hint}')
    return library, book


def _household(settings: Settings, library: Library) -> Household:
    household = household_of(settings, library, MemoryStore(), _KEY, approved=True)
    reading = household.reading
    reading = replace(reading, address=reading.address or _WORKER, team=reading.team or (_YOU.address,))
    return replace(household, reading=reading)


def _contact(who: str, settings: Settings) -> tuple[Party, Kept | None]:
    """For whom it is simulated; with their deal where the state knows them."""
    name, address = parseaddr(who)
    if who and "@" not in address:
        raise SimulationFault(f'"{who}" is no contact. Write --for "Anna Berg <anna@berg.example>"')
    if not who:
        return _SOMEBODY, None
    party = Party(address=Address(address.lower()), name=name)
    known = _known(party.address, settings)
    contact = next((one for one in known.deal.contacts if one.address == party.address), None) if known else None
    return Party(address=party.address, name=party.name or (contact.name if contact else "")), known


def _known(address: Address, settings: Settings) -> Kept | None:
    try:
        store = Store.peek(settings.state_dir)
    except StateMissing:
        return None  # without a state there is nobody to know
    except StateError as fault:
        raise SimulationFault(f"no state can be read, so nobody is known: {fault}") from None
    with store:
        deals = [deal for id in store.index.by_contact(address) if (deal := store.deal(id)) is not None]
        return Kept(deal=deals[-1], suppression=store.suppression) if deals else None


def _zone_of(address: Address, household: Household) -> ZoneInfo:
    return whereabouts((), address.rpartition("@")[2], household.zone, household.country).zone


def _cast(household: Household, contact: Party) -> Cast:
    """You, as the first of the team; a whole domain of it stands for somebody there."""
    first = household.reading.team[0]
    you = Party(address=Address(f"you{first}" if first.startswith("@") else first))
    return Cast(owner=you, contact=contact, worker=household.reading.address, language=household.library.firm.language or "en")


# -- living it ------------------------------------------------------------------------------


def live(
    book: Playbook, household: Household, contact: Party, start: datetime, replies: Sequence[Reply], known: Kept | None = None
) -> Simulation:  # fmt: skip
    """Live a playbook through, for somebody made up or, with all the other playbooks, for a deal as it stands."""
    cast = _cast(household, contact)
    library = household.library if known else replace(household.library, books=Books.of((book,)))
    watched = household.watched | {known.deal.owner.address if known else cast.owner.address}
    home = replace(household, library=library, keeper=MemoryStore(), watched=watched)
    life = Life(home, Writer(library, home.reading.address))
    told = []
    if known is not None:
        home.keeper.commit_suppression(known.suppression)
        home.keeper.commit(known.deal)
        life.wake(known.deal.id, start)
        id = known.deal.id
    else:
        told = [(one.at, one.beat.told) for one in scenes(book, cast, start)]
        id = _lead_there(book, cast, start, life)
    for number, reply in enumerate(sorted(replies, key=lambda one: one.day)):
        told.append(_answer(number, reply, start, id, life))
    life.wait_until(start + _LONGEST)
    deal = home.keeper.deal(id)
    assert deal is not None
    return Simulation(
        book=book, deal=deal, start=start, told=tuple(told), household=home, zone=_zone_of(contact.address, household),
        rows=tuple(row for row in life.rows if row.deal.id == id and row.decision.playbook == book.slug),
        departures=tuple(one for one in life.departures if one.item.letter.playbook == book.slug),
    )  # fmt: skip


def _lead_there(book: Playbook, cast: Cast, start: datetime, life: Life) -> DealId:
    intake, opened = Intake(household=life.household, heard=lambda *_: None), list[DealId]()
    for scene in sorted(scenes(book, cast, start), key=lambda one: one.at):
        life.wait_until(scene.at)
        raw = RawMail(place=Place(), data=b"", received=scene.at)
        for id in intake.take_in(scene.message, scene.evidence, raw, scene.at):
            life.advance(id, scene.at)
            opened.append(id)
        other = deal_beside(book, cast, start) if len(opened) == 1 else None
        if other is not None:  # not before: the first mail would join it
            life.household.keeper.commit(other)
    return opened[0]


def _answer(number: int, reply: Reply, start: datetime, id: DealId, life: Life) -> tuple[datetime, str]:
    """Let the contact answer; the words are understood as those of a real mail are."""
    household = life.household
    at = max(datetime.combine(start.date() + timedelta(days=reply.day), _ANSWERED_AT, start.tzinfo), start)
    life.wait_until(at)
    deal = household.keeper.deal(id)
    assert deal is not None
    raw = RawMail(place=Place(), data=_mail(f"{number}.answer@supposed.example", reply, at, deal), received=at)
    message = replace(parse(raw, household.reading), trust=Trust.ALIGNED)
    shown = detected(message, raw.data, household.library.signals, household.reading)
    intake = Intake(household=household, heard=lambda *_: None)
    for touched in intake.take_in(message, shown, raw, at):
        life.advance(touched, at)
    seen = ", ".join(dict.fromkeys(item.event.replace("_", " ") for item in shown))
    return at, f'they answer: "{reply.text}"{f" ({seen})" if seen else ""}'


def _mail(id: str, reply: Reply, at: datetime, deal: Deal) -> bytes:
    who, mail = deal.contacts[0], EmailMessage()
    mail["From"] = f"{who.name} <{who.address}>" if who.name else who.address
    mail["To"] = deal.owner.address
    mail["Date"], mail["Message-ID"] = format_datetime(at), f"<{id}>"
    if deal.log:
        mail["Subject"], mail["In-Reply-To"] = f"Re: {deal.log[-1].subject}", f"<{deal.log[-1].id}>"
    mail.set_content(reply.text)
    return bytes(mail)
