"""Where a mail of ours is on its way: a table of states, and the words of its outcome.

Between the final dot and the server's 250 nobody can know who holds the mail (RFC 1047), so `committing` is made
durable before DATA, and a mail found in it after a crash is looked for, never sent again on a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from worker.core.model import Address, Deal, MessageId, Outbox, OutboxItem


class Happening(StrEnum):
    """What can befall a mail on its way."""

    CLAIMED = "claimed"
    """The gate is open and a connection is there."""
    ENVELOPE_TAKEN = "envelope_taken"
    """MAIL and RCPT were answered with yes; DATA comes next."""
    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    """The server said 4xx, or went away before anything was handed over."""
    REFUSED = "refused"
    REPLY_LOST = "reply_lost"
    """The mail went out and no answer came back."""
    RESTARTED = "restarted"
    """The worker was ended on the way."""
    FOUND = "found"
    """A copy was seen: in the Sent folder, our own blind copy, or a reply that quotes it."""
    POSTPONED = "postponed"
    STOPPED = "stopped"
    SENT_AGAIN = "sent_again"
    """The owner's own word that it never arrived."""


NEXT: dict[tuple[Outbox, Happening], Outbox] = {
    (Outbox.QUEUED, Happening.CLAIMED): Outbox.SENDING,
    (Outbox.QUEUED, Happening.POSTPONED): Outbox.QUEUED,
    (Outbox.QUEUED, Happening.STOPPED): Outbox.STOPPED,
    (Outbox.SENDING, Happening.ENVELOPE_TAKEN): Outbox.COMMITTING,
    (Outbox.SENDING, Happening.DEFERRED): Outbox.QUEUED,
    (Outbox.SENDING, Happening.POSTPONED): Outbox.QUEUED,
    (Outbox.SENDING, Happening.RESTARTED): Outbox.QUEUED,
    (Outbox.SENDING, Happening.REFUSED): Outbox.REFUSED,
    (Outbox.SENDING, Happening.STOPPED): Outbox.STOPPED,
    (Outbox.COMMITTING, Happening.ACCEPTED): Outbox.ACCEPTED,
    (Outbox.COMMITTING, Happening.DEFERRED): Outbox.QUEUED,
    (Outbox.COMMITTING, Happening.REFUSED): Outbox.REFUSED,
    (Outbox.COMMITTING, Happening.REPLY_LOST): Outbox.UNCERTAIN,
    (Outbox.COMMITTING, Happening.RESTARTED): Outbox.UNCERTAIN,
    # Our blind copy can be back before the server's 250 has been read.
    (Outbox.COMMITTING, Happening.FOUND): Outbox.FILED,
    (Outbox.ACCEPTED, Happening.FOUND): Outbox.FILED,
    (Outbox.UNCERTAIN, Happening.FOUND): Outbox.FILED,
    (Outbox.UNCERTAIN, Happening.SENT_AGAIN): Outbox.QUEUED,
    (Outbox.UNCERTAIN, Happening.STOPPED): Outbox.STOPPED,
    (Outbox.FILED, Happening.ACCEPTED): Outbox.FILED,
    (Outbox.FILED, Happening.FOUND): Outbox.FILED,
}

OVER = frozenset({Outbox.FILED, Outbox.REFUSED, Outbox.STOPPED})
"""States in which the bytes are needed no more."""
GONE_OUT = frozenset({Outbox.ACCEPTED, Outbox.FILED})
"""States in which the mail is certain to have left."""

UNCERTAIN_FOR = timedelta(minutes=30)
"""How long an uncertain mail is looked for before the owner is asked."""
GIVE_UP_AFTER = timedelta(days=3)
_RETRY_MINUTES = (5, 15, 30, 60, 120)
_RETRY_LATER = timedelta(hours=4)
_TRIES_BEFORE_AGE_COUNTS = 6


class IllegalMove(Exception):
    """A mail cannot go this way from where it stands: a fault in the program, never in the world."""

    def __init__(self, item: OutboxItem, happening: Happening) -> None:
        super().__init__(f"{item.message_id}: {happening} cannot befall a mail that is {item.state}")


# -- what the server said -------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One recipient that the server did not take, in its words."""

    address: Address
    reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The server has the mail and answers for it."""

    reply: str
    refusals: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferred:
    """Certainly not taken; worth another try."""

    reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Certainly not taken, and never will be."""

    reply: str
    refusals: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """Handed over without an answer: taken or not, nobody can say (RFC 1047)."""

    reply: str


Delivery = Accepted | Deferred | Refused | Unknown


# -- what the gate says ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Go:
    """Nothing stands against sending now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitUntil:
    """Not now: outside the hours, over a cap, the contact is away."""

    when: datetime
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """Never: the contact has answered, asked to stop, or is a client by now."""

    why: str


Verdict = Go | WaitUntil | Drop


# -- moves ----------------------------------------------------------------------------


def after(
    item: OutboxItem, happening: Happening, now: datetime, reply: str = "", *, until: datetime | None = None
) -> OutboxItem:
    """The item after a happening.

    `reply` is the server's word or the reason; `until` belongs to `postponed`. A deferral counts a try and sets the
    next one; when the tries are used up it is refused with that reason. Raises IllegalMove where NEXT has no entry.
    """
    state = NEXT.get((item.state, happening))
    if state is None:
        raise IllegalMove(item, happening)
    match happening:
        case Happening.POSTPONED:
            next_try = until
        case Happening.RESTARTED | Happening.SENT_AGAIN:
            next_try = None
        case _:
            next_try = item.next_try
    data = b"" if state in OVER else item.data
    moved = replace(item, state=state, changed=now, reply=reply or item.reply, next_try=next_try, data=data)
    return _deferred(moved, now, reply) if happening is Happening.DEFERRED else moved


def concluded(item: OutboxItem, delivery: Delivery, now: datetime) -> OutboxItem:
    """The item after the server's answer, or the lack of one."""
    match delivery:
        case Accepted():
            moved = after(item, Happening.ACCEPTED, now, delivery.reply)
            return replace(moved, refused=tuple(refusal.address for refusal in delivery.refusals))
        case Deferred():
            return after(item, Happening.DEFERRED, now, delivery.reply)
        case Refused():
            moved = after(item, Happening.REFUSED, now, delivery.reply)
            return replace(moved, refused=tuple(refusal.address for refusal in delivery.refusals))
        case Unknown():
            return after(item, Happening.REPLY_LOST, now, delivery.reply)
        case _:
            assert_never(delivery)


def recovered(items: Iterable[OutboxItem], now: datetime) -> tuple[OutboxItem, ...]:
    """The outbox after a restart: what was not handed over is queued again, what may have been is uncertain."""
    words = {
        Outbox.SENDING: "the worker was ended before the mail was handed over",
        Outbox.COMMITTING: "the worker was ended while the mail was handed over",
    }
    return tuple(
        after(item, Happening.RESTARTED, now, words[item.state]) if item.state in words else item for item in items
    )


def settled(
    items: Iterable[OutboxItem], seen: Callable[[MessageId], bool | None], now: datetime
) -> tuple[OutboxItem, ...]:
    """The outbox after a look for copies: accepted and uncertain mails that were seen are filed.

    `seen` answers True for a copy, False for none, None where nobody could look. An unseen mail stays as it is.
    """
    open_states = (Outbox.UNCERTAIN, Outbox.ACCEPTED)
    return tuple(
        after(item, Happening.FOUND, now) if item.state in open_states and seen(item.message_id) else item
        for item in items
    )


def retry_after(tries: int) -> timedelta:
    """How long to wait after so many tries: minutes that grow to four hours (RFC 5321 section 4.5.4.1)."""
    if tries <= len(_RETRY_MINUTES):
        return timedelta(minutes=_RETRY_MINUTES[max(tries, 1) - 1])
    return _RETRY_LATER


def _deferred(item: OutboxItem, now: datetime, reply: str) -> OutboxItem:
    tries = item.attempts + 1
    # A worker that was down for days must not give up at the first greylisting, so age counts after some tries only.
    tried_for = sum((retry_after(n) for n in range(1, tries)), timedelta())
    too_old = tries >= _TRIES_BEFORE_AGE_COUNTS and now - item.letter.send_at >= GIVE_UP_AFTER
    if tried_for >= GIVE_UP_AFTER or too_old:
        given_up = f"given up after {tries} tries: {reply}"
        return replace(item, state=Outbox.REFUSED, attempts=tries, next_try=None, reply=given_up, data=b"")
    return replace(item, attempts=tries, next_try=now + retry_after(tries))


# -- questions ------------------------------------------------------------------------


def due_at(item: OutboxItem) -> datetime | None:
    """When a queued mail may go; None for a mail that is not queued."""
    if item.state is not Outbox.QUEUED:
        return None
    return max(item.letter.send_at, item.next_try) if item.next_try else item.letter.send_at


def is_due(item: OutboxItem, now: datetime) -> bool:
    """Whether a queued mail's time has come."""
    when = due_at(item)
    return when is not None and when <= now


def is_overdue_uncertain(item: OutboxItem, now: datetime) -> bool:
    """Whether an uncertain mail was looked for long enough: the owner has to be asked."""
    return item.state is Outbox.UNCERTAIN and item.changed is not None and now >= item.changed + UNCERTAIN_FOR


def wakes_at(items: Iterable[OutboxItem]) -> datetime | None:
    """The next time at which something in an outbox wants attention: a mail to send, an uncertain one to ask about."""
    times = [when for item in items if (when := _attention(item)) is not None]
    return min(times, default=None)


def _attention(item: OutboxItem) -> datetime | None:
    if item.state is Outbox.UNCERTAIN and item.changed is not None:
        return item.changed + UNCERTAIN_FOR
    return due_at(item)


def has_answered(before: Deal, after: Deal) -> bool:
    """Whether the server has said something about one of a deal's mails, be it no."""
    known = {(item.message_id, item.state, item.attempts) for item in before.outbox}
    return any((item.message_id, item.state, item.attempts) not in known and item.state is not Outbox.STOPPED
               and (item.attempts or item.state is not Outbox.QUEUED) for item in after.outbox)  # fmt: skip
