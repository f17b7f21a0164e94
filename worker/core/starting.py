"""Which playbook begins for a deal, and for which mail."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from worker.core import disqualify
from worker.core.books import Trigger
from worker.core.calendar import MORNING, Locale, later
from worker.core.care import is_care_book
from worker.core.conditions import is_so
from worker.core.lifecycle import CERTAIN_ONLY, OPEN, is_unproven, label
from worker.core.model import (
    Bucket,
    Contact,
    Deal,
    Event,
    Evidence,
    MessageId,
    Run,
    RunState,
    Speaker,
    Stage,
    StageChange,
    Strength,
)
from worker.core.occasions import occasions
from worker.core.playbook import Condition, Duration, Playbook, Unit, Watch
from worker.core.situation import (
    World,
    has,
    introduces_a_colleague,
    last_word,
    locale,
    main_contact,
    open_complaint,
    replies_are_seen,
    suppressed,
    unanswered,
)
from worker.core.spoken import spoken
from worker.core.standing import successor

_TOO_OLD = timedelta(days=60)
"""What has been silent for longer is not chased."""
_FRESH = timedelta(days=14)
"""A new playbook, or a worker that was down, does not answer what was said longer ago than this."""
_A_DAY = Duration(count=1, unit=Unit.BUSINESS_DAY)
_SILENCE = Duration(count=5, unit=Unit.BUSINESS_DAY)
_WATCHED_IN: Mapping[Watch, Collection[Stage]] = {
    Watch.SILENT: OPEN,
    Watch.DAY_CAME: (*OPEN, Stage.LATER),
    Watch.RETURNS: (Stage.DISQUALIFIED,),
    Watch.OVERDUE: (Stage.SIGNED_UNPAID,),
    Watch.STALLED: OPEN,
    Watch.SUSPECT_SILENT: (Stage.CONTACTED,),
    Watch.TERM_ENDS: (Stage.OPENING, Stage.ACTIVE),
}
"""The stages in which something is looked out for; whatever stands not here, in all of them."""
_WATCHES = {stage: frozenset(watch for watch in Watch if stage in _WATCHED_IN.get(watch, (stage,))) for stage in Stage}
_OWN_WORDS = frozenset({
    Event.INTRODUCTION, Event.TESTIMONIAL, Event.COMPLAINT, Event.INTEREST, Event.REJECTED,
})  # fmt: skip
"""What begins a playbook only when the contact says it: an owner who introduces somebody is not thanked for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A playbook that has a reason to begin."""

    book: Playbook
    contact: Contact
    trigger: str
    why: str
    found_in: tuple[MessageId, ...]
    due: datetime
    """When it begins: as long after what happened as the playbook says."""
    since: datetime | None = None
    """From when its times count, where that was before the worker came."""


def candidates(deal: Deal, world: World) -> tuple[Start, ...]:
    """Every playbook that has a reason to begin, now or later, the most important first."""
    books = world.books.begun_by(_triggers(deal, world))
    return tuple(start for book in books for start in _candidates(book, deal, world))


def starts(found: Iterable[Start], deal: Deal, world: World, now: datetime) -> tuple[Start, ...]:
    """Those of the candidates that begin now. The same trigger never begins one twice."""
    begun: list[Start] = []
    for start in found:
        ripe = start.due <= now < start.due + _fresh(start.book)
        if ripe and _free(start, deal, world, begun) and _allowed(start, deal, world, now):
            begun.append(start)
    return tuple(begun)


def unseen(found: Iterable[Start], deal: Deal, world: World, now: datetime) -> tuple[Start, ...]:
    """Silences that are none for certain, since no reply would be seen: the owner is asked before anybody is chased."""
    if replies_are_seen(deal, world):
        return ()
    seen = replace(world, watched=True)
    silences = (start for start in found
                if start.book.when is Watch.SILENT and Condition.REPLIES_SEEN in start.book.only_if)  # fmt: skip
    ripe = (start for start in silences if start.due <= now < start.due + _TOO_OLD
            and _free(start, deal, world, []) and _allowed(start, deal, seen, now))  # fmt: skip
    return tuple(ripe)[:1]


def awaited(found: Iterable[Start], deal: Deal, world: World, now: datetime) -> tuple[Start, ...]:
    """Those of the candidates that would begin later, as things stand now, if nothing happened before."""
    return tuple(start for start in found if start.due > now and _allowed(start, deal, world, now))


def _triggers(deal: Deal, world: World) -> set[Trigger]:
    """What could begin a playbook for a deal as it stands. Most playbooks are ruled out by it without a closer look."""
    stage = deal.stage
    found: set[Trigger] = set(_WATCHES[stage])
    found.update(item.event for item in deal.evidence)
    if Event.INTEREST not in found:
        found.discard(Watch.STALLED)
    if not world.outcomes:
        found.discard(Watch.OUTCOME)
    if not deal.wanted:
        found.discard(Watch.WANTED)
    found.update((stage, Stage.OPENING) if stage is Stage.ACTIVE else (stage,))
    return found


def _fresh(book: Playbook) -> timedelta:
    waits_for_them = book.when in (
        Watch.SILENT,
        Watch.OUR_COURT,
        Watch.OVERDUE,
        Watch.OUTCOME,
        Watch.TERM_ENDS,
        Stage.SIGNED_UNPAID,
        Stage.PAID_UNSIGNED,
        Stage.OPENING,
    )
    return _TOO_OLD if waits_for_them else _FRESH


def _candidates(book: Playbook, deal: Deal, world: World) -> list[Start]:
    match book.when:
        case Watch.SILENT:
            return _silent(book, deal, world)
        case Watch.RETURNS:
            return _returned(book, deal, world)
        case Watch.OUR_COURT:
            return _owed(book, deal, world)
        case Watch.DAY_CAME:
            return _day_came(book, deal, world)
        case Watch():
            return _on_occasion(book, book.when, deal, world)
        case Stage():
            return _reached(book, book.when, deal, world)
        case Event():
            return _happened(book, book.when, deal, world)


def _on_occasion(book: Playbook, watch: Watch, deal: Deal, world: World) -> list[Start]:
    return [
        Start(book=book, contact=one.contact, trigger=one.trigger, why=one.why, found_in=one.found_in, due=one.due)
        for one in occasions(watch, book.after, deal, world, book.slug)
        if _live(deal, one.due)
    ]


def _after(book: Playbook, moment: datetime, contact: Contact, world: World) -> datetime:
    return moment if book.after is None else later(moment, book.after, locale(contact, world))


def _live(deal: Deal, moment: datetime) -> bool:
    """What is older than the first contact with a mailbox builds the deal and starts nothing."""
    return deal.live_from is None or moment >= deal.live_from


# -- triggers ------------------------------------------------------------------------


def _named_day(deal: Deal, asked: datetime, place: Locale) -> datetime:
    """A day that the contact has named stops the clock until the business day after it."""
    days = [item.day for item in deal.evidence if item.event is Event.DATE_NAMED and item.day and _stands(item)]
    if not days:
        return asked
    named = datetime.combine(max(days), asked.astimezone(place.zone).timetz().replace(tzinfo=None), place.zone)
    return later(named, Duration(count=1, unit=Unit.BUSINESS_DAY), place) if named > asked else asked


def _silent(book: Playbook, deal: Deal, world: World) -> list[Start]:
    contact = main_contact(deal, world)
    asked = unanswered(deal)
    if contact is None or asked is None:
        return []
    place = locale(contact, world)
    begins = max(asked.at, _named_day(deal, asked.at, place))
    due = later(begins, book.after or _SILENCE, place)
    if not _live(deal, due):
        return []
    why = f"no word from {contact.name or contact.address} since {asked.at:%d %B}"
    return [Start(book=book, contact=contact, trigger=f"silent:{asked.id}", why=why, found_in=(asked.id,), due=due)]


def _owed(book: Playbook, deal: Deal, world: World) -> list[Start]:
    """When the owner will have owed an answer for long enough: the contact asked, and the owner has not said a word."""
    word, ours = last_word(deal, Speaker.CONTACT), last_word(deal, Speaker.OWNER)
    if word is None or not word.asks or (ours is not None and ours.at > word.at) or deal.stage.bucket is Bucket.OUT:
        return []
    contact = next((one for one in deal.contacts if one.address == word.sender), None)
    if contact is None:
        return []
    due = later(word.at, book.after or _A_DAY, world.home)
    if not _live(deal, due):
        return []
    why = f'{contact.name or contact.address} waits for your answer since {word.at:%d %B}: "{word.extract[:100]}"'
    return [Start(book=book, contact=contact, trigger=f"owed:{word.id}", why=why, found_in=(word.id,), due=due)]


def _day_came(book: Playbook, deal: Deal, world: World) -> list[Start]:
    """The day that the contact named last is over, and nobody has written since it came."""
    named = [item for item in deal.evidence if item.event in (Event.DATE_NAMED, Event.NOT_NOW) and item.day and _stands(item)
             and item.speaker is Speaker.CONTACT and not (is_unproven(item) and _writes(book))]  # fmt: skip
    item = max(named, key=lambda one: (one.at, one.found_in), default=None)
    contact = _speaker_of(item, deal, world) if item else None
    if item is None or item.day is None or contact is None:
        return []
    place = locale(contact, world)
    morning = datetime.combine(item.day, MORNING[0], place.zone)
    words = (*spoken(deal, Speaker.CONTACT), *spoken(deal, Speaker.OWNER))
    if any(mail.at >= morning and mail.id != item.found_in for mail in words):
        return []
    due = later(morning, _A_DAY, place)
    if book.after is not None:
        due = later(due, book.after, place)
    if not _live(deal, due):
        return []
    why = f'{contact.name or contact.address} named {item.day:%d %B %Y}: "{item.quote}"'
    return [
        Start(book=book, contact=contact, trigger=f"day:{item.found_in}", why=why, found_in=(item.found_in,), due=due)
    ]


def _returned(book: Playbook, deal: Deal, world: World) -> list[Start]:
    since = deal.stages[-1].at
    word = last_word(deal, Speaker.CONTACT)
    if word is None or word.at <= since or not _live(deal, word.at):
        return []
    contact = next((one for one in deal.contacts if one.address == word.sender), None)
    if contact is None or not disqualify.comes_back(word, deal):
        return []
    if disqualify.declined_since(word.at - timedelta(days=world.ideal.cooldown_days), deal):
        return []
    why = f"{contact.name or contact.address} was disqualified and writes again"
    due = _after(book, word.at, contact, world)
    return [Start(book=book, contact=contact, trigger=f"returns:{word.id}", why=why, found_in=(word.id,), due=due)]


def _reached(book: Playbook, stage: Stage, deal: Deal, world: World) -> list[Start]:
    change = _change_to(stage, deal)
    contact = main_contact(deal, world) if change is not None else None
    if contact is None or change is None:
        return []
    if not _live(deal, change.at):
        return _of_old(book, contact, change, deal, world)
    if _writes(book) and any(is_unproven(item) and item.found_in in change.found_in for item in deal.evidence):
        return []
    trigger = f"{stage}:{change.found_in[-1] if change.found_in else change.at.isoformat()}"
    due = _after(book, change.at, contact, world)
    why = change.why
    return [Start(book=book, contact=contact, trigger=trigger, why=why, found_in=change.found_in, due=due)]


def _change_to(stage: Stage, deal: Deal) -> StageChange | None:
    """How the deal came to where it stands, if that is this stage; a client of any age became one once."""
    if stage is Stage.OPENING and deal.stage is Stage.ACTIVE:
        return next((change for change in reversed(deal.stages) if change.stage is stage), None)
    last = deal.stages[-1] if deal.stages else None
    return last if last is not None and last.stage is stage else None


def _of_old(book: Playbook, contact: Contact, change: StageChange, deal: Deal, world: World) -> list[Start]:
    """A client who was one before the worker came is looked after from now on; nothing is made up for."""
    if book.when is not Stage.OPENING or deal.live_from is None or not is_care_book(book, world):
        return []
    why = f"a client since {change.at:%d %B %Y}"
    trigger = f"{change.stage}:{change.found_in[-1] if change.found_in else change.at.isoformat()}"
    return [Start(book=book, contact=contact, trigger=trigger, why=why, found_in=change.found_in, due=deal.live_from,
                  since=change.at)]  # fmt: skip


def _happened(book: Playbook, event: Event, deal: Deal, world: World) -> list[Start]:
    found = []
    for item in deal.evidence:
        if item.event is not event or not _starts(item, book, deal):
            continue
        contact = _concerned(item, deal, world)
        if contact is not None:
            by = f" by {contact.name or contact.address}" if item.by == contact.address else ""
            why = f'{event.replace("_", " ")}{by}: "{item.quote}"'
            due = _after(book, item.at, contact, world)
            found.append(
                Start(
                    book=book,
                    contact=contact,
                    trigger=f"{event}:{item.found_in}",
                    why=why,
                    found_in=(item.found_in,),
                    due=due,
                )
            )
    return found


def _writes(book: Playbook) -> bool:
    """Whether a contact gets mail by it: telling the owner starts nothing, so a mail without trust may do that."""
    return book.writes


def _starts(item: Evidence, book: Playbook, deal: Deal) -> bool:
    if not _stands(item) or (is_unproven(item) and _writes(book)) or not _live(deal, item.at):
        return False
    if item.event in CERTAIN_ONLY and item.strength is not Strength.CERTAIN:
        return False  # the owner is asked first
    # What the worker concluded itself is no word of theirs.
    return item.speaker is not Speaker.WORKER and not (item.event in _OWN_WORDS and item.speaker is Speaker.OWNER)


def _stands(item: Evidence) -> bool:
    return not item.withdrawn and item.strength is not Strength.WEAK


def _concerned(item: Evidence, deal: Deal, world: World) -> Contact | None:
    """Whom a playbook is about that begins with this: who said it; of one who has left, whoever follows."""
    following = successor(deal, world) if item.event is Event.LEFT_COMPANY else None
    return following[0] if following is not None else _speaker_of(item, deal, world)


def _speaker_of(item: Evidence, deal: Deal, world: World) -> Contact | None:
    own = next((contact for contact in deal.contacts if contact.address == item.by), None)
    return own or main_contact(deal, world)


# -- what keeps a playbook from beginning ------------------------------------------------


def _free(start: Start, deal: Deal, world: World, found: list[Start]) -> bool:
    """No run for the same trigger, and one chasing playbook for a person at a time."""
    if any(run.playbook == start.book.slug and run.trigger == start.trigger for run in deal.runs):
        return False
    if any(other.book.slug == start.book.slug and other.contact == start.contact for other in found):
        return False  # a tag and the words beside it say one thing
    if start.book.life_cycle:
        return True
    busy = [run.contact for run in deal.runs if _is_chasing(run, world) and not _yields(run, start.book, world)]
    busy += [other.contact.address for other in found if not other.book.life_cycle]
    return start.contact.address not in busy


def _yields(run: Run, to: Playbook, world: World) -> bool:
    """Whether a run ends for a playbook of a higher priority; core/stopping ends it."""
    book = world.book(run.playbook)
    return book is not None and to.priority.beats(book.priority)


def _is_chasing(run: Run, world: World) -> bool:
    book = world.book(run.playbook)
    return run.state in (RunState.ACTIVE, RunState.HELD) and book is not None and not book.life_cycle


def _allowed(start: Start, deal: Deal, world: World, now: datetime) -> bool:
    address = start.contact.address
    entry = suppressed(address, world)
    if entry is not None and (start.book.writes or entry.opted_out is not None):
        return False
    if start.book.at_most is not None:
        place = locale(start.contact, world)
        since = [run for run in deal.runs if run.playbook == start.book.slug and run.contact == address
                 and later(run.started, start.book.at_most.within, place) > now]  # fmt: skip
        if len(since) >= start.book.at_most.count:
            return False
    return all(holds(condition, deal, start.contact, world) for condition in start.book.only_if)


def holds(condition: Condition, deal: Deal, contact: Contact, world: World) -> bool:
    """Whether a condition of a playbook or a step is true of the deal now."""
    bucket = label((deal.stage,)) if deal.stage.bucket is Bucket.CLIENT else world.known(contact.address).label
    match condition:
        case Condition.OWNER_WROTE_LAST:
            theirs, ours = last_word(deal, Speaker.CONTACT), last_word(deal, Speaker.OWNER)
            return ours is not None and (theirs is None or ours.at > theirs.at)
        case Condition.PROPOSAL_SENT:
            return has(deal, Event.PROPOSAL_SENT)
        case Condition.IS_CLIENT:
            return bucket is Bucket.CLIENT
        case Condition.IS_PROSPECT:
            return deal.stage.bucket is Bucket.PROSPECT and bucket is not Bucket.CLIENT
        case Condition.IS_SUSPECT:
            return deal.stage.bucket is Bucket.SUSPECT and bucket is not Bucket.CLIENT
        case Condition.NO_COMPLAINT:
            return not open_complaint(deal)
        case Condition.REPLIES_SEEN:
            return replies_are_seen(deal, world)
        case Condition.REPLIES_NOT_SEEN:
            return not replies_are_seen(deal, world)
        case Condition.DELIVERY_KNOWN:
            return bool(world.firm.delivery)
        case Condition.DELIVERY_UNKNOWN:
            return not world.firm.delivery
        case Condition.NOT_INTRODUCED:
            return not _delivery_introduced(deal, world)
        case Condition.NEVER_ASKED_TESTIMONIAL:
            return not has(deal, Event.TESTIMONIAL)
        case Condition.OFFER_IS_OPEN:
            return has(deal, Event.PROPOSAL_SENT) or has(deal, Event.SIGNATURE_REQUESTED)
        case Condition.OWNER_WANTS_GOOD_BYE:
            return disqualify.wants_good_bye(deal)
        case Condition.OWNER_WANTS_SILENCE:
            return not disqualify.wants_good_bye(deal)
        case _:
            return is_so(condition, deal, contact, world)


def _delivery_introduced(deal: Deal, world: World) -> bool:
    """The owner has already written to the client with somebody of delivery in copy."""
    people = {one.party.address for one in world.firm.delivery}
    return any(people & set(mail.to) or introduces_a_colleague(mail, deal) for mail in spoken(deal, Speaker.OWNER))
