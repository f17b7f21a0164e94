"""The owner's own document: what the worker writes to them about all of their deals, each mail exactly once.

It is kept as a deal is, so that its mails go through the same outbox and its `due_at` wakes the same clock; it has no
contacts, no evidence and no stage, and stands in no list of deals.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from worker.core.calendar import Locale, is_business_day
from worker.core.firm import Coverage
from worker.core.model import Action, Address, Deal, DealId, Decision, MessageId, OutboxItem, Party, Question
from worker.core.outbox import GONE_OUT, OVER

_PREFIX = "house:"
_MORNING = time(8, 30)
_KEPT = timedelta(days=120)


def house_id(owner: Address) -> DealId:
    """The id of an owner's document: no deal of a mail has one like it."""
    return DealId(f"{_PREFIX}{owner}")


def is_house(id: DealId) -> bool:
    """Whether a document is an owner's own, and no deal."""
    return id.startswith(_PREFIX)


def open_house(owner: Party, now: datetime, coverage: Coverage, home: Locale) -> Deal:
    """An owner's document, due on the next morning of a digest."""
    return Deal(
        id=house_id(owner.address), ref="", owner=owner, title="Your week", created=now,
        due_at=next_digest(now, coverage, home),
    )  # fmt: skip


# -- when ----------------------------------------------------------------------------------


def next_digest(after: datetime, coverage: Coverage, home: Locale) -> datetime | None:
    """The next business morning of a digest, None where none is wanted."""
    if coverage.digest_day is None:
        return None
    day = after.astimezone(home.zone).date() - timedelta(days=10)
    for _ in range(60):
        day += timedelta(days=1)
        if day.weekday() == coverage.digest_day:
            morning = datetime.combine(_first_open_day(day, home), _MORNING, home.zone)
            if morning > after:
                return morning
    return None


def _first_open_day(day: date, home: Locale) -> date:
    """The day itself, or the first business day after it: a digest on a holiday is read by nobody."""
    for number in range(14):
        if is_business_day(day + timedelta(days=number), home.country):
            return day + timedelta(days=number)
    return day


def letter_id(house: Deal, now: datetime, coverage: Coverage, home: Locale) -> str:
    """The id of this week's digest: one owner, one week, one Message-ID."""
    today = now.astimezone(home.zone).date()
    begun = today - timedelta(days=(today.weekday() - (coverage.digest_day or 0)) % 7)
    return f"{house.id}/digest/{begun:%Y-%m-%d}"


def has_written(house: Deal, id: str) -> bool:
    """Whether a mail of this id was decided on before, or there was nothing to write."""
    return any(item.letter.id == id for item in house.outbox) or any(one.id == id for one in house.questions)


def passed(house: Deal, id: str, now: datetime) -> Deal:
    """The document with the note that there was nothing to write: the week is not looked at again."""
    note = Question(id=id, kind="passed", asked=now, text="", answer="nothing to say", answered=now)
    kept = tuple(one for one in house.questions if one.kind != "passed" or one.asked > now - _KEPT or "/day-one" in one.id)
    return replace(house, questions=(*kept, note))


# -- keeping it small ----------------------------------------------------------------------


def settled(house: Deal, now: datetime) -> Deal:
    """The document after what has left was written down. Of a mail that is over only its id is kept."""
    told = {row.step for row in house.decisions}
    rows = [_sent(item, now) for item in house.outbox if item.state in GONE_OUT and item.letter.step not in told]
    items = tuple(_emptied(item) if item.state in OVER else item for item in house.outbox)
    decisions = tuple(row for row in house.decisions if row.at > now - _KEPT)
    return replace(house, decisions=(*decisions, *rows), outbox=tuple(_recent(items, now)))


def _sent(item: OutboxItem, now: datetime) -> Decision:
    letter = item.letter
    return Decision(
        at=item.changed or now, action=Action.SEND, why=letter.why, to=tuple(one.address for one in letter.to),
        purpose=letter.purpose, template=letter.template, step=letter.step, found_in=letter.found_in,
    )  # fmt: skip


def _emptied(item: OutboxItem) -> OutboxItem:
    # It tells of many people; whoever asks to be forgotten must not live on in it.
    if not item.letter.body and not item.letter.found_in:
        return item
    return replace(item, letter=replace(item.letter, body="", found_in=()))


def _recent(items: Iterable[OutboxItem], now: datetime) -> list[OutboxItem]:
    return [item for item in items if item.letter.send_at > now - _KEPT or not item.letter.id.count("/digest/")]


def found_in(mails: Iterable[MessageId]) -> tuple[MessageId, ...]:
    """The mails that led to a digest, each once, not more than anybody would look up."""
    return tuple(dict.fromkeys(mails))[:40]
