"""What ends a playbook, what holds it, and the last look before a mail leaves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from worker.core.calendar import Locale, fitting, later
from worker.core.lifecycle import CERTAIN_ONLY
from worker.core.model import (
    Address,
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
from worker.core.playbook import Duration, Playbook, Rule, Unit, Watch
from worker.core.situation import World, away, locale, open_complaint, suppressed

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
ANSWERS = frozenset({"decline", "referral_thanks"})
"""Mails that answer a mail of the day: they do not count as the one automated mail of that day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why something stops, and the mails that say so."""

    why: str
    found_in: tuple[MessageId, ...] = ()


def anchor(run: Run, deal: Deal) -> datetime:
    """The time of the mail that started a run: what is later answers it, what is earlier does not."""
    found = set(run.found_in)
    times = [mail.at for mail in deal.log if mail.id in found]
    return max(times, default=run.started)


def ends(run: Run, book: Playbook, deal: Deal, world: World) -> Reason | None:
    """Why a run has to end now, or None while it may go on."""
    rules = book.stop_when | (_LIFE_CYCLE if book.life_cycle else _CHASING)
    since = anchor(run, deal)
    for rule in sorted(rules):
        if rule is Rule.DEAL_DISQUALIFIED and book.when is Watch.RETURNS:
            continue  # it begins just because they are disqualified
        reason = _fires(rule, run, deal, since, world)
        if reason is not None:
            return reason
    return None


def _fires(rule: Rule, run: Run, deal: Deal, since: datetime, world: World) -> Reason | None:
    match rule:
        case Rule.CONTACT_REPLIES:
            return _spoke(deal, Speaker.CONTACT, since, "replied")
        case Rule.OWNER_WRITES:
            return _spoke(deal, Speaker.OWNER, since, "wrote again themselves")
        case Rule.MAIL_BOUNCES:
            entry = suppressed(run.contact, world)
            return Reason(why=entry.why or f"{run.contact} gets no more mail", found_in=entry.found_in) if entry else None
        case Rule.DEAL_DISQUALIFIED | Rule.DEAL_LOST | Rule.DEAL_IS_CLIENT:
            return _reached(_STAGES[rule], deal)
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
    return Reason(why=f"the deal is {stage}: {change.why}", found_in=change.found_in)


def _happened(event: Event, deal: Deal, since: datetime) -> Reason | None:
    for item in deal.evidence:
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
        return Reason(why=f"paused by the owner until {deal.paused_until:%d %B}")
    if open_complaint(deal) and not run.trigger.startswith(f"{Event.COMPLAINT}:"):
        found = tuple(item.found_in for item in deal.evidence if item.event is Event.COMPLAINT)
        return Reason(why="a complaint is open", found_in=found[-1:])
    hardship = [item for item in deal.evidence if item.event is Event.HARDSHIP and _counts(item)]
    if hardship and hardship[-1].at + timedelta(days=30) > now:
        return Reason(why=f'they have other sorrows: "{hardship[-1].quote}"', found_in=(hardship[-1].found_in,))
    if run.state is RunState.ACTIVE and away(run.contact, world):
        first, last = away(run.contact, world)[-1]
        if first <= now.date() <= last:
            entry = world.suppression.people[run.contact]
            return Reason(why=f"away until {last:%d %B %Y}", found_in=entry.found_in)
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
    if run.state in (RunState.STOPPED, RunState.DONE) and run.ended:
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
    if world.sent_last_hour >= world.caps.per_hour or world.sent_last_day >= world.caps.per_day:
        return WaitUntil(when=now + timedelta(minutes=30), why="the cap on mails an hour or a day is reached")
    if letter_counts(item.letter.purpose) and written_to_on(now, run.contact, place, world):
        tomorrow = (now.astimezone(place.zone) + timedelta(days=1)).replace(hour=0, minute=0, second=0)
        return WaitUntil(when=fitting(tomorrow, book.hours, place), why="they have had a mail of ours today")
    return Go()


def letter_counts(purpose: str) -> bool:
    """Whether a mail is one of the one a day."""
    return purpose not in ANSWERS


def written_to_on(moment: datetime, address: Address, place: Locale, world: World) -> bool:
    """Whether the worker has written, or will write, to somebody on that day of theirs."""
    day = moment.astimezone(place.zone).date()
    return any(sent.astimezone(place.zone).date() == day for sent in world.known(address).sent)
