"""A past mailbox knows how it went on: what really happened beside a decision, and what that comes to over all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from worker.core.greeting import names
from worker.core.model import Action, Deal, Decision, Event, Kind, LoggedMail, Speaker, Strength
from worker.core.spoken import spoken

_CLOSE = timedelta(days=3)
"""The owner's own mail so near to what the worker would have sent is the same thought."""
_NUMBERS = ("no", "a", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_TELLING = (Action.TASK, Action.ASK, Action.ALERT)
_SILENT = (Action.HOLD, Action.STOP)


class Beside(StrEnum):
    """How the past stands to a decision."""

    YOURS = "yours"
    """A person of ours wrote within three days of it."""
    LATER = "later"
    """They wrote, but only after that."""
    NOBODY = "nobody"
    """Nobody of ours ever wrote again."""
    UNKNOWN = "unknown"
    """The mailbox ends before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What has to be known of a mailbox to look back on it."""

    zone: ZoneInfo
    until: datetime
    """When its last mail was written: of what is later it knows nothing."""
    several: bool = False
    """It holds the mail of several owners, so that "you" would be anybody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hindsight:
    """What really happened around one decision."""

    beside: Beside
    words: str


def past_of(deals: Iterable[Deal], zone: ZoneInfo, until: datetime) -> Past:
    """The past of these deals, which is known until a moment."""
    return Past(zone=zone, until=until, several=len({deal.owner.address for deal in deals}) > 1)


def hindsight(decision: Decision, deal: Deal, past: Past) -> Hindsight | None:
    """What really happened; None for what is itself only an answer to that: a stage, a hold, a stop."""
    if decision.action is not Action.SEND and decision.action not in _TELLING:
        return None
    if decision.at > past.until:
        return Hindsight(beside=Beside.UNKNOWN, words="the mailbox ends before that day")
    ours, theirs = spoken(deal, Speaker.OWNER), spoken(deal, Speaker.CONTACT)
    beside, said = _ours(decision, ours, deal, past)
    words = [said]
    if decision.action is Action.SEND:
        words = [_waited(decision, ours, theirs, past), said, _theirs(decision, theirs, past)]
    return Hindsight(beside=beside, words="; ".join(part for part in words if part))


def _ours(decision: Decision, ours: tuple[LoggedMail, ...], deal: Deal, past: Past) -> tuple[Beside, str]:
    who = (names(deal.owner.name).first or deal.owner.address) if past.several else "you"
    at = decision.at
    # What led to the decision is no answer to it.
    near = [mail for mail in ours if abs(mail.at - at) <= _CLOSE and mail.id not in decision.found_in]
    if decision.action is not Action.SEND:
        near = [mail for mail in near if mail.at > at]
    if near:
        nearest = min(near, key=lambda mail: abs(mail.at - at))
        itself = " yourself" if who == "you" else ""
        return Beside.YOURS, f"{who} wrote to them{itself} {_when(nearest.at, at, past.zone)}"
    after = next((mail for mail in ours if mail.at > at), None)
    if after is not None:
        return Beside.LATER, f"{who} wrote to them only {_when(after.at, at, past.zone)}"
    return Beside.NOBODY, "nobody wrote to them again"


def _waited(decision: Decision, ours: tuple[LoggedMail, ...], theirs: tuple[LoggedMail, ...], past: Past) -> str:
    """They had asked, and nobody had answered."""
    last = next((mail for mail in reversed(theirs) if mail.at <= decision.at), None)
    if last is None or not last.asks or any(last.at < mail.at <= decision.at for mail in ours):
        return ""
    return f"they had asked on {day(last.at, past.zone)} and waited"


def _theirs(decision: Decision, theirs: tuple[LoggedMail, ...], past: Past) -> str:
    after = next((mail for mail in theirs if mail.at > decision.at), None)
    if after is None:
        return "they stayed silent from then on"
    return f"they wrote {_when(after.at, decision.at, past.zone)}"


def day(at: datetime, zone: ZoneInfo) -> str:
    """4 March 2025."""
    return f"{at.astimezone(zone):%-d %B %Y}"


def _when(at: datetime, beside: datetime, zone: ZoneInfo) -> str:
    days = (at.astimezone(zone).date() - beside.astimezone(zone).date()).days
    if not days:
        return "on that very day"
    count = _NUMBERS[abs(days)] if abs(days) < len(_NUMBERS) else str(abs(days))
    apart = f"{count} day{'' if abs(days) == 1 else 's'} {'later' if days > 0 else 'before'}"
    return f"on {day(at, zone)}, {apart}"


# -- over a whole mailbox ------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What it comes to: what the worker would have done, and what was done without it."""

    deals: int
    counts: dict[Action, int]
    people: int
    """Whom it would have written to."""
    approved: int
    """Mails that would have waited for a yes."""
    beside: dict[Beside, int]
    """Mails to contacts, by what really happened around them."""
    forgotten: int
    """People whom nobody wrote to again, and who would have heard something."""
    silences: tuple[tuple[str, int], ...]
    """Why it kept silent where it was about to write, and how often; the most frequent first."""


def balance(decided: Iterable[tuple[Deal, Decision]], past: Past) -> Balance:
    """Count the decisions about deals; each with its deal as that is in the end."""
    rows = list(decided)
    sends = [(deal, row) for deal, row in rows if row.action is Action.SEND]
    seen = [(row, found) for deal, row in sends if (found := hindsight(row, deal, past)) is not None]
    return Balance(
        deals=len({deal.id for deal, _ in rows}),
        counts=Counter(row.action for _, row in rows),
        people=len({to for _, row in sends for to in row.to}),
        approved=sum(1 for _, row in sends if row.why.endswith("(approved in rehearsal)")),
        beside=Counter(found.beside for _, found in seen),
        forgotten=len({to for row, found in seen if found.beside is Beside.NOBODY for to in row.to}),
        silences=tuple(Counter(silence(row, deal) for deal, row in rows if row.action in _SILENT).most_common()),
    )


_REASONS = {
    Event.OPT_OUT: "they wanted no more mail", Event.COMPLAINT: "a complaint was open", Event.HARDSHIP: "they had other sorrows",
    Event.ABSENCE: "they were away", Event.LEFT_COMPANY: "they had left", Event.REJECTED: "they had said no",
    Event.NOT_NOW: "they had put it off", Event.DATE_NAMED: "they had named a day", Event.MEETING_BOOKED: "a meeting was booked",
    Event.CANCELLED: "they had cancelled", Event.PAYMENT_REVERSED: "the money had gone back",
}  # fmt: skip
"""The gravest first: one mail may show several."""


def silence(decision: Decision, deal: Deal) -> str:
    """Why the worker kept silent, in the few words under which it is counted with others of its sort."""
    shown = {item.event for item in deal.evidence if item.found_in in decision.found_in
             and item.strength is not Strength.WEAK and not item.withdrawn}  # fmt: skip
    for event, words in _REASONS.items():
        if event in shown:
            return words
    if decision.action is Action.HOLD and not decision.playbook:
        return "you had paused it"
    mails = [mail for mail in deal.log if mail.id in decision.found_in]
    if any(mail.kind is Kind.BOUNCE for mail in mails):
        return "their address was dead"
    if any(mail.kind is Kind.AUTO_REPLY for mail in mails):
        return "they were away"
    if any(run.playbook == decision.playbook and run.found_in == decision.found_in for run in deal.runs):
        return "the deal had moved on"  # it rests on what the playbook began with, and no mail ended it
    speakers = {mail.speaker for mail in mails}
    if Speaker.CONTACT in speakers:
        return "they had written"
    return "you had written yourself" if Speaker.OWNER in speakers else "the deal had moved on"


def sentences(found: Balance) -> list[str]:
    """The balance as a person would tell it."""
    if not found.deals:
        return ["No deal began in this mailbox. Only a mail of WORKER_TEAM to somebody outside begins one: is it set as it should be?"]
    sends, counts = found.counts.get(Action.SEND, 0), found.counts
    given = (f"{_many(counts.get(Action.TASK, 0), 'task')}, {_many(counts.get(Action.ASK, 0), 'question')} "
             f"and {_many(counts.get(Action.ALERT, 0), 'alarm')}")  # fmt: skip
    some = "all of them" if found.approved == sends else f"{found.approved} of them"
    waits = f", {some} only after a yes" if found.approved else ""
    mails = f"{_many(sends, 'mail')} to {_many(found.people, 'person', 'people')}{waits}" if sends else "no mail to anybody outside"
    lines = [f"{_many(found.deals, 'deal')}: the worker would have sent {mails}, and given you {given}."]
    if sends:
        lines += [_compared(found, sends), "A call, or a mail of which the mailbox has no copy, leaves no trace here."]
    quiet = sum(count for _, count in found.silences)
    if quiet:
        why = ", ".join(f"{count} because {words}" for words, count in found.silences)
        lines.append(f"{_many(quiet, 'time')} it held its tongue or gave up a plan: {why}.")
    return lines


def _compared(found: Balance, sends: int) -> str:
    parts = [
        (Beside.YOURS, "you wrote yourself within three days"),
        (Beside.LATER, "you wrote only later"),
        (Beside.NOBODY, f"nobody wrote again ({_many(found.forgotten, 'person', 'people')})"),
        (Beside.UNKNOWN, "the mailbox ends before, and nobody can say"),
    ]
    told = [f"in {found.beside[beside]} {words}" for beside, words in parts if found.beside.get(beside)]
    whole = "that mail" if sends == 1 else f"those {sends} mails"
    return f"Beside {whole}: {', '.join(told)}."


def _many(count: int, one: str, more: str = "") -> str:
    return f"{count or 'no'} {one if count == 1 else more or f'{one}s'}"
