"""What begins a playbook beside mails and stages: money overdue, interest without a step, a term that ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from worker.core.calendar import MORNING, later
from worker.core.domains import is_machine
from worker.core.model import (
    Bucket,
    Contact,
    Deal,
    Event,
    Evidence,
    LoggedMail,
    MessageId,
    Speaker,
    Stage,
)
from worker.core.playbook import Duration, Unit, Watch
from worker.core.situation import World, last_word, locale, main_contact, suppressed
from worker.core.spoken import spoken
from worker.core.standing import is_said_to_be_paid, payment_due, stands, term_ends

_BEFORE_THE_END = timedelta(days=60)
_PATIENCE = Duration(count=6, unit=Unit.BUSINESS_DAY)
"""How long somebody who has never answered is left alone before a second word."""
_THREE_DAYS = Duration(count=3, unit=Unit.BUSINESS_DAY)
_STEPS = frozenset({
    Event.MEETING_BOOKED, Event.PROPOSAL_SENT, Event.SIGNATURE_REQUESTED, Event.PARTLY_SIGNED, Event.SIGNED,
    Event.PAYMENT_RECEIVED, Event.INVOICE_SENT, Event.DATE_NAMED, Event.NOT_NOW, Event.REJECTED, Event.VERBAL_YES,
    Event.OPT_OUT, Event.ABSENCE, Event.HARDSHIP,
})  # fmt: skip
"""What takes a deal on, or says why it rests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """A reason for a playbook to begin, and when."""

    contact: Contact
    trigger: str
    why: str
    found_in: tuple[MessageId, ...]
    due: datetime


def occasions(watch: Watch, after: Duration | None, deal: Deal, world: World, slug: str) -> list[Occasion]:
    """Every occasion of one kind in a deal whose stage allows it, those to come included.

    Args:
        after: how long the playbook waits after it; each kind has a patience of its own where that is None.
        slug: the playbook's name, for what the owner asks for by name.
    """
    contact = main_contact(deal, world)
    if watch is Watch.UNREACHABLE:
        return _unreachable(deal, world)
    if contact is None:
        return []
    match watch:
        case Watch.OVERDUE:
            return _overdue(contact, after, deal, world)
        case Watch.STALLED:
            return _stalled(contact, after, deal, world)
        case Watch.SUSPECT_SILENT:
            return _suspect_silent(contact, after, deal, world)
        case Watch.OUTCOME:
            return _outcomes(contact, deal, world)
        case Watch.TERM_ENDS:
            return _term(contact, deal, world)
        case Watch.WANTED:
            return _wanted(contact, deal, slug)
        case _:
            return []


def called(contact: Contact) -> str:
    """How a person is named in a reason."""
    return contact.name or contact.address


def _overdue(contact: Contact, after: Duration | None, deal: Deal, world: World) -> list[Occasion]:
    if is_said_to_be_paid(deal) is not None:
        return []
    place = locale(contact, world)
    day = payment_due(deal, place)
    if day is None:
        return []
    change = deal.stages[-1]
    why = f"signed, and no payment by {day:%d %B}, when it was due"
    trigger = f"overdue:{change.found_in[-1] if change.found_in else change.at.isoformat()}"
    due = later(day, after, place) if after else day
    return [Occasion(contact=contact, trigger=trigger, why=why, found_in=change.found_in, due=due)]


# -- those who like it, and those who never answered -------------------------------------------


def _stalled(contact: Contact, after: Duration | None, deal: Deal, world: World) -> list[Occasion]:
    liked = [item for item in deal.evidence if item.event is Event.INTEREST and stands(item)
             and item.speaker is Speaker.CONTACT]  # fmt: skip
    newest = max(liked, key=lambda item: item.at, default=None)
    if newest is None or _has_gone_on(newest, deal):
        return []
    theirs, ours = last_word(deal, Speaker.CONTACT), last_word(deal, Speaker.OWNER)
    if theirs is None or _waits(theirs, ours):
        return []
    since = max(theirs.at, ours.at if ours else theirs.at)
    who = next((one for one in deal.contacts if one.address == theirs.sender), contact)
    due = later(since, after or _THREE_DAYS, locale(who, world))
    why = f'{called(who)} likes it, and no next step is agreed: "{newest.quote}"'
    found = tuple(dict.fromkeys((newest.found_in, theirs.id)))
    return [Occasion(contact=who, trigger=f"stalled:{newest.found_in}", why=why, found_in=found, due=due)]


def _has_gone_on(liked: Evidence, deal: Deal) -> bool:
    """Whether something has followed upon the interest, or came with it."""
    return any(item.event in _STEPS and stands(item) and item.at >= liked.at for item in deal.evidence)


def _waits(theirs: LoggedMail, ours: LoggedMail | None) -> bool:
    """Whether one side has asked the other something and waits: then it is no standstill."""
    newest = theirs if ours is None or theirs.at >= ours.at else ours
    return newest.asks


def _suspect_silent(contact: Contact, after: Duration | None, deal: Deal, world: World) -> list[Occasion]:
    """Somebody whom the owner has written to once, and who has never said a word."""
    ours = spoken(deal, Speaker.OWNER)
    if last_word(deal, Speaker.CONTACT) is not None or not ours:
        return []
    first = ours[-1]
    if not first.asks or world.known(contact.address).label is not Bucket.SUSPECT or is_machine(contact.address):
        return []
    due = later(first.at, after or _PATIENCE, locale(contact, world))
    why = f"no word from {called(contact)} since {first.at:%d %B}"
    return [Occasion(contact=contact, trigger=f"suspect:{first.id}", why=why, found_in=(first.id,), due=due)]


# -- what comes of an introduction -----------------------------------------------------------------


def _outcomes(contact: Contact, deal: Deal, world: World) -> list[Occasion]:
    found = []
    for item in deal.evidence:
        if item.event is not Event.INTRODUCTION or not stands(item) or item.speaker is Speaker.OWNER:
            continue
        who = next((one for one in deal.contacts if one.address == item.by), contact)
        for person in item.people:
            won = world.outcomes.get(person.address)
            if won is not None and won >= item.at:
                why = f"{person.name or person.address}, whom {called(who)} introduced, is a client now"
                trigger = f"outcome:{person.address}"
                found.append(Occasion(contact=who, trigger=trigger, why=why, found_in=(item.found_in,), due=won))
    return found


# -- time, and the owner's wish ---------------------------------------------------------------


def _term(contact: Contact, deal: Deal, world: World) -> list[Occasion]:
    end = term_ends(deal)
    if end is None:
        return []
    place = world.home
    due = datetime.combine(end, MORNING[0], place.zone) - _BEFORE_THE_END
    why = f"the agreement ends on {end:%d %B %Y}"
    return [Occasion(contact=contact, trigger=f"term:{end}", why=why, found_in=deal.stages[-1].found_in, due=due)]


def _wanted(contact: Contact, deal: Deal, slug: str) -> list[Occasion]:
    return [
        Occasion(contact=contact, trigger=f"wanted:{one.found_in}", why="you asked for it by its tag",
                 found_in=(one.found_in,), due=one.at)
        for one in deal.wanted
        if one.playbook == slug
    ]  # fmt: skip


def _unreachable(deal: Deal, world: World) -> list[Occasion]:
    """All addresses of the deal are dead: nobody hears us any more, and the owner has to know."""
    gone = [(contact, entry) for contact in deal.contacts
            if (entry := suppressed(contact.address, world)) is not None and entry.dead is not None]  # fmt: skip
    if not gone:
        return []
    if main_contact(deal, world) is not None or deal.stage in (Stage.DISQUALIFIED, Stage.OPTED_OUT, Stage.LOST):
        return []
    if any(item.event is Event.LEFT_COMPANY and stands(item) for item in deal.evidence):
        return []  # the owner has heard that they left, and who follows
    contact, entry = max(gone, key=lambda pair: pair[1].dead or deal.created)
    due = entry.dead or deal.created
    why = f"{contact.address}: {entry.why}, and there is nobody else in this deal"
    return [Occasion(contact=contact, trigger=f"dead:{contact.address}", why=why, found_in=entry.found_in, due=due)]
