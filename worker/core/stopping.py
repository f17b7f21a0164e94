"""What ends a playbook, what holds it, and the last look before a mail leaves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from worker.core.calendar import Locale, fitting, later, spread
from worker.core.kept import kept
from worker.core.lifecycle import CERTAIN_ONLY, OPEN
from worker.core.model import (
    Address,
    Bucket,
    Deal,
    Event,
    Evidence,
    Kind,
    LoggedMail,
    MessageId,
    OutboxItem,
    Run,
    RunState,
    Speaker,
    Stage,
    Strength,
)
from worker.core.outbox import Drop, Go, Verdict, WaitUntil
from worker.core.playbook import Condition, Duration, Playbook, Rule, Unit, Watch
from worker.core.situation import World, away, locale, on_the_same_day, open_complaint, paused_in_words, suppressed

_ALWAYS = frozenset({Rule.CONTACT_ASKS_TO_STOP, Rule.MAIL_BOUNCES, Rule.DEAL_DISQUALIFIED})
_LIFE_CYCLE = _ALWAYS | {Rule.DEAL_CANCELLED, Rule.PAYMENT_REVERSED}
_CHASING = _ALWAYS | {Rule.DEAL_LOST}
_EVENTS = {
    Rule.CONTACT_ASKS_TO_STOP: Event.OPT_OUT,
    Rule.MEETING_BOOKED: Event.MEETING_BOOKED,
    Rule.CONTACT_COMPLAINS: Event.COMPLAINT,
    Rule.DEAL_CANCELLED: Event.CANCELLED,
    Rule.PAYMENT_REVERSED: Event.PAYMENT_REVERSED,
}
_STAGES = {
    Rule.DEAL_DISQUALIFIED: Stage.DISQUALIFIED,
    Rule.DEAL_LOST: Stage.LOST,
    Rule.DEAL_IS_CLIENT: Stage.OPENING,
}
_NO_CLIENTS = frozenset({Condition.NOT_CLIENT, Condition.IS_PROSPECT, Condition.IS_SUSPECT})
"""Whoever was none when it began may have become a client before its mail leaves."""
_GRAVE = frozenset({Event.CANCELLED, Event.PAYMENT_REVERSED, Event.SIGNING_DECLINED})
_RESTS_FOR = 10
"""Business days after which a complaint that was settled is old enough to go on."""
_LATE = timedelta(hours=1)
"""A mail that could not leave for so long was held up: by a standstill, or by a server that was away."""
_WEEK = timedelta(days=7)
ANSWERS = frozenset({"decline", "referral_thanks"})
"""Mails that answer a mail of the day: they do not count as the one automated mail of that day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why something stops, and the mails that say so."""

    why: str
    found_in: tuple[MessageId, ...] = ()


def anchor(run: Run, book: Playbook, deal: Deal) -> datetime:
    """The time of the mail that started a run: what is later answers it, what is earlier does not.

    A playbook that waited before it began is answered by what comes after that: only silence is broken by every word.
    """
    silence = book.when in (Watch.SILENT, Watch.OUR_COURT)
    timed = isinstance(book.when, Watch) and not silence and book.when is not Watch.RETURNS
    if timed or (book.after is not None and not silence):
        return run.started
    found = set(run.found_in)
    times = [mail.at for mail in deal.log if mail.id in found]
    return max(times, default=run.started)


def ends(run: Run, book: Playbook, deal: Deal, world: World) -> Reason | None:
    """Why a run has to end now, or None while it may go on."""
    since = anchor(run, book, deal)
    moved_on = _moved_on(run, book, deal, world) or _outranked(run, book, deal, world)
    if moved_on is not None:
        return moved_on
    for rule in _rules(book):
        reason = _fires(rule, run, deal, since, world)
        if reason is not None:
            return reason
    return None


@kept(256)
def _rules(book: Playbook) -> tuple[Rule, ...]:
    """All that ends a playbook, by its own words and by those of the house."""
    rules = book.stop_when | (_LIFE_CYCLE if book.life_cycle else _CHASING)
    if not book.writes:
        rules -= {Rule.MAIL_BOUNCES}  # what is only told to the owner needs no address of theirs
    return tuple(rule for rule in sorted(rules) if not _began_with(book, rule))


def _began_with(book: Playbook, rule: Rule) -> bool:
    """A playbook is not ended by what it begins with: the returned are disqualified, the lost are lost."""
    match rule:
        case Rule.DEAL_DISQUALIFIED:
            return book.when is Watch.RETURNS or book.when is Stage.DISQUALIFIED
        case Rule.DEAL_LOST:
            return book.when is Stage.LOST or book.when is Event.REJECTED
        case _:
            return book.when in (_EVENTS.get(rule), _STAGES.get(rule))


def _moved_on(run: Run, book: Playbook, deal: Deal, world: World) -> Reason | None:
    """Whoever is chased for an answer or for money is left in peace as soon as the deal has gone on without it."""
    if book.life_cycle or not deal.stages:
        return None
    change = deal.stages[-1]
    if book.when is Watch.SILENT and deal.stage not in OPEN:
        return Reason(why=f"the deal is {_spaced(deal.stage)}: {change.why}", found_in=change.found_in)
    if book.when in _WHILE and deal.stage not in _WHILE[book.when]:
        return Reason(why=f"the deal is {_spaced(deal.stage)}: {change.why}", found_in=change.found_in)
    meant_for_others = book.when is Watch.SILENT or _NO_CLIENTS.intersection(book.only_if)
    if meant_for_others and book.writes and world.known(run.contact).label is Bucket.CLIENT:
        return Reason(why=f"{run.contact} is a client by now", found_in=change.found_in)
    if isinstance(book.when, Stage) and deal.stage is not book.when:
        return Reason(why=f"the deal is {_spaced(deal.stage)}: {change.why}", found_in=change.found_in)
    return None


def _outranked(run: Run, book: Playbook, deal: Deal, world: World) -> Reason | None:
    """One chasing playbook for a person at a time: that of the higher priority."""
    if book.life_cycle:
        return None
    for other in deal.runs:
        rival = world.book(other.playbook)
        busy = other.contact == run.contact and other.state in (RunState.ACTIVE, RunState.HELD)
        if busy and rival is not None and not rival.life_cycle and rival.priority.beats(book.priority):
            return Reason(why=f'"{rival.name}" goes first: {other.why}', found_in=other.found_in)
    return None


_WHILE: dict[Watch | Stage | Event, frozenset[Stage]] = {
    Watch.OVERDUE: frozenset({Stage.SIGNED_UNPAID}),
    Watch.STALLED: OPEN,
    Watch.SUSPECT_SILENT: frozenset({Stage.IDENTIFIED, Stage.CONTACTED}),
}
"""In which stages a playbook that begins so has a point."""


def _spaced(stage: Stage) -> str:
    return stage.replace("_", " ")


def _fires(rule: Rule, run: Run, deal: Deal, since: datetime, world: World) -> Reason | None:
    match rule:
        case Rule.CONTACT_REPLIES:
            return _spoke(deal, Speaker.CONTACT, since, "replied")
        case Rule.OWNER_WRITES:
            return _spoke(deal, Speaker.OWNER, since, "wrote again themselves")
        case Rule.MAIL_BOUNCES:
            entry = suppressed(run.contact, world)
            return (
                Reason(why=entry.why or f"{run.contact} gets no more mail", found_in=entry.found_in) if entry else None
            )
        case Rule.DEAL_DISQUALIFIED | Rule.DEAL_LOST | Rule.DEAL_IS_CLIENT:
            return _reached(_STAGES[rule], deal)
        case Rule.CONTACT_ASKS_TO_STOP:
            return _happened(Event.OPT_OUT, deal, since, by=run.contact)
        case _:
            return _happened(_EVENTS[rule], deal, since)


def _spoke(deal: Deal, speaker: Speaker, since: datetime, did: str) -> Reason | None:
    for mail in deal.log:
        if mail.speaker is speaker and mail.kind is Kind.HUMAN and mail.at > since:
            return Reason(why=f"{mail.sender} {did}{_extract(mail)}", found_in=(mail.id,))
    return None


def _extract(mail: LoggedMail) -> str:
    return f': "{mail.extract[:80]}"' if mail.extract else ""


def _reached(stage: Stage, deal: Deal) -> Reason | None:
    change = deal.stages[-1] if deal.stages else None
    if change is None or change.stage is not stage:
        return None
    return Reason(why=f"the deal is {_spaced(stage)}: {change.why}", found_in=change.found_in)


def _happened(event: Event, deal: Deal, since: datetime, *, by: Address | None = None) -> Reason | None:
    for item in deal.evidence:
        if by is not None and item.by not in (by, None):
            continue  # a colleague who wants no mail of ours speaks for themselves
        if item.event is event and item.at > since and _counts(item):
            return Reason(why=f'{event.replace("_", " ")}: "{item.quote}"', found_in=(item.found_in,))
    return None


def _counts(item: Evidence) -> bool:
    """Stops need no certainty, save where only a certain notice says that money went back."""
    if item.withdrawn or item.strength is Strength.WEAK:
        return False
    return item.strength is Strength.CERTAIN or item.event not in CERTAIN_ONLY


def held(deal: Deal, run: Run, book: Playbook, world: World, now: datetime) -> Reason | None:
    """Why nothing is sent for now, though the run goes on later."""
    if deal.paused_until is not None and deal.paused_until > now:
        return Reason(why=f"paused by the owner {paused_in_words(deal.paused_until, now)}")
    if open_complaint(deal) and not run.trigger.startswith(f"{Event.COMPLAINT}:"):
        complaint = _newest(Event.COMPLAINT, deal)
        return Reason(why="a complaint is open", found_in=(complaint.found_in,) if complaint else ())
    resting = _resting(deal, run, world, now)
    if resting is not None:
        return resting
    doubt = _in_doubt(deal)
    if doubt is not None:
        return Reason(why=f'you have been asked about this: "{doubt.quote}"', found_in=(doubt.found_in,))
    hardship = _newest(Event.HARDSHIP, deal)
    if hardship is not None and hardship.at + timedelta(days=30) > now:
        return Reason(why=f'they have other sorrows: "{hardship.quote}"', found_in=(hardship.found_in,))
    return _absent(run, deal, world, now)


def _resting(deal: Deal, run: Run, world: World, now: datetime) -> Reason | None:
    """A complaint that was settled a moment ago is no time for an ask; the word about it goes first."""
    settled = _newest(Event.COMPLAINT_RESOLVED, deal)
    complaint = _newest(Event.COMPLAINT, deal)
    contact = next((contact for contact in deal.contacts if contact.address == run.contact), None)
    if settled is None or complaint is None or settled.at < complaint.at or contact is None:
        return None
    own = run.trigger.startswith((f"{Event.COMPLAINT_RESOLVED}:", f"{Event.COMPLAINT}:"))
    rest = Duration(count=_RESTS_FOR if own else _RESTS_FOR + 1, unit=Unit.BUSINESS_DAY)
    if later(settled.at, rest, locale(contact, world)) <= now:
        return None
    return Reason(why=f"a complaint was settled only on {settled.at:%d %B}", found_in=(settled.found_in,))


def _in_doubt(deal: Deal) -> Evidence | None:
    """They may have cancelled, or their money gone back: nothing is asked of them until the owner has answered."""
    half_closed = deal.stage in (Stage.SIGNED_UNPAID, Stage.PAID_UNSIGNED)
    if deal.stage.bucket is not Bucket.CLIENT and not half_closed:
        return None
    since = deal.stages[-1].at if half_closed or deal.stage is Stage.OPENING else deal.created
    open_ones = [item for item in deal.evidence if item.event in _GRAVE and not item.withdrawn and item.at >= since
                 and item.strength is Strength.LIKELY]  # fmt: skip
    return max(open_ones, key=lambda item: (item.at, item.found_in), default=None)


def _newest(event: Event, deal: Deal) -> Evidence | None:
    items = [item for item in deal.evidence if item.event is event and _counts(item)]
    return max(items, key=lambda item: (item.at, item.found_in), default=None)


def _absent(run: Run, deal: Deal, world: World, now: datetime) -> Reason | None:
    contact = next((contact for contact in deal.contacts if contact.address == run.contact), None)
    if contact is None:
        return None
    people = world.suppression.people
    for address, days in ((contact.address, away(contact.address, world.suppression)), (deal.owner.address, world.home.away)):
        zone = locale(contact, world).zone if address == contact.address else world.home.zone
        today = now.astimezone(zone).date()
        for first, last in days:
            if first <= today <= last:
                who = "" if address == contact.address else f"{address}, who writes it, is "
                return Reason(why=f"{who}away until {last:%d %B %Y}", found_in=people[address].found_in)
    return None


def may_send(deal: Deal, item: OutboxItem, world: World, now: datetime) -> Verdict:
    """The stop rules once more, in the moment of sending."""
    letter = item.letter
    if letter.to_owner:
        return Go()
    run = next((run for run in deal.runs if run.id == letter.run), None)
    book = world.book(run.playbook) if run else None
    if run is None or book is None:
        return Drop(why="the playbook that decided this mail is gone")
    if run.ended:
        return Drop(why=run.ended)
    reason = ends(run, book, deal, world)
    if reason is not None:
        return Drop(why=reason.why)
    for party in letter.to:
        entry = suppressed(party.address, world)
        if entry is not None:
            return Drop(why=entry.why or f"{party.address} gets no more mail")
    return _when(deal, item, run, book, world, now)


def _when(deal: Deal, item: OutboxItem, run: Run, book: Playbook, world: World, now: datetime) -> Verdict:
    waits = held(deal, run, book, world, now)
    contact = next((contact for contact in deal.contacts if contact.address == run.contact), None)
    if contact is None:
        return Drop(why=f"{run.contact} is no longer part of this deal")
    place = locale(contact, world)
    if waits is not None:
        tomorrow = later(now, Duration(count=1, unit=Unit.BUSINESS_DAY), place)
        return WaitUntil(when=fitting(tomorrow, book.hours, place), why=waits.why)
    fits = fitting(now, book.hours, place)
    if fits > now:
        return WaitUntil(when=fits, why=f"outside the hours of {run.contact}")
    if now - (item.next_try or item.letter.send_at) > _LATE:
        at = spread(now, book.hours, place, item.letter.id)
        return WaitUntil(when=at, why="it was held up, and what was held up does not leave in a volley")
    if world.sent_last_hour >= world.caps.per_hour or world.sent_last_day >= world.caps.per_day:
        return WaitUntil(when=now + timedelta(minutes=30), why="the cap on mails an hour or a day is reached")
    if letter_counts(item.letter.purpose) and written_to_on(now, run.contact, place, world):
        tomorrow = (now.astimezone(place.zone) + timedelta(days=1)).replace(hour=0, minute=0, second=0)
        return WaitUntil(when=fitting(tomorrow, book.hours, place), why="they have had a mail of ours today")
    free = _room_in_the_week(item, run.contact, world, now)
    if free is not None:
        return WaitUntil(when=fitting(free, book.hours, place), why="they have had enough mails of ours this week")
    return Go()


def _room_in_the_week(item: OutboxItem, address: Address, world: World, now: datetime) -> datetime | None:
    """When the week of a person has room for a mail again; None where it has room now."""
    week = sorted(one for one in world.known(address).sent if now - _WEEK < one <= now)
    most = world.caps.per_contact_per_week
    return week[-most] + _WEEK if letter_counts(item.letter.purpose) and len(week) >= most else None


def letter_counts(purpose: str) -> bool:
    """Whether a mail is one of the one a day."""
    return purpose not in ANSWERS


def written_to_on(moment: datetime, address: Address, place: Locale, world: World) -> bool:
    """Whether the worker has written, or will write, to somebody on that day of theirs."""
    return on_the_same_day(moment, world.known(address).sent, place)
