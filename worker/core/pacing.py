"""When a step is due, and when it is left out: done by hand, said before, beaten by something that matters more."""

from __future__ import annotations

from datetime import datetime

from worker.core.calendar import DECENT, Locale, fitting, later
from worker.core.care import (
    APART,
    RANK,
    beaten_by_the_past,
    quiet_until,
    was_sent,
)
from worker.core.desk import Desk
from worker.core.model import Action, Contact, Run, RunState
from worker.core.playbook import Condition, Handover, Hours, Playbook, Send, Step, Task
from worker.core.situation import done_by_hand, locale, quiet_from
from worker.core.standing import introduced_at
from worker.core.starting import holds
from worker.core.template import Purpose

_OWNERS_DAY = Hours(begin=DECENT[0], end=DECENT[1])
_AFTER_INTRODUCTION = frozenset({Condition.DELIVERY_SILENT, Condition.INTRODUCED})


def when_due(step: Step, run: Run, book: Playbook, contact: Contact, desk: Desk) -> datetime:
    """When a step is due: its waits, and no earlier than a talk of these days or another mail of care allows."""
    place = locale(contact, desk.world)
    due = _by_its_waits(step, run, place, desk)
    purpose = purpose_of(step, desk)
    if book.life_cycle and purpose:
        due = max(due, quiet_from(purpose, desk.deal))
    quiet = quiet_until(purpose, contact, desk.deal, desk.world)
    if quiet is not None and quiet > due and not beaten_by_the_past(purpose, due, contact, desk.deal, desk.world):
        return quiet
    if isinstance(step.deed, Task) and due > (run.since or run.started):
        # What has waited for its day waits for the owner's morning, too; what has just happened is told at once.
        return fitting(due, _OWNERS_DAY, desk.world.home)
    return due


def purpose_of(step: Step, desk: Desk) -> str:
    """What the mail of a step is for, "" where it writes none."""
    return desk.world.purposes.get(step.deed.template, "") if isinstance(step.deed, Send) else ""


def due_at(step: Step, run: Run, place: Locale) -> datetime:
    """When a step of a run is due, by its own words alone."""
    return _by_its_words(step, run, place, run.since or run.started)


def _by_its_waits(step: Step, run: Run, place: Locale, desk: Desk) -> datetime:
    return _by_its_words(step, run, place, _met(step, run.since or run.started, desk))


def _by_its_words(step: Step, run: Run, place: Locale, met: datetime) -> datetime:
    since = run.since or run.started
    if step.repeat is not None and run.done and run.done[-1] == step.id:
        return later(since, step.repeat, place)
    moments = [since]
    if step.wait is not None:
        moments.append(later(met, step.wait, place))
    if step.wait_until is not None:
        moments.append(later(run.started, step.wait_until, place))
    return max(moments)


def _met(step: Step, since: datetime, desk: Desk) -> datetime:
    """What asks after the people of delivery counts from the day on which they were introduced."""
    if not _AFTER_INTRODUCTION & set(step.only_if):
        return since
    met = introduced_at(desk.deal, desk.world)
    return max(since, met) if met is not None else since


def is_passed_over(step: Step, run: Run, book: Playbook, contact: Contact, due: datetime, desk: Desk) -> bool:
    """Whether a step is left out, and the playbook goes on behind it."""
    sends = isinstance(step.deed, Send)
    # An open complaint holds a mail; it does not cancel it.
    conditions = [one for one in step.only_if if not (sends and one is Condition.NO_COMPLAINT)]
    if not all(holds(condition, desk.deal, contact, desk.world) for condition in conditions):
        return True
    written = book.step(step.id)
    # A hand-over is one also where it has become a task, since nobody of delivery is known.
    handed = written is not None and isinstance(written.deed, Handover)
    purpose = Purpose.HANDOVER if handed else purpose_of(step, desk)
    if purpose and (_is_done(purpose, run, contact, desk) or _is_beaten(purpose, run, contact, due, desk)):
        return True
    return _is_history(run, due, desk) or _is_overtaken(step, run, book, contact, desk)


def _is_done(purpose: str, run: Run, contact: Contact, desk: Desk) -> bool:
    return done_by_hand(purpose, run.started, desk.deal) or was_sent(purpose, contact, desk.deal, run.started)


def _is_history(run: Run, due: datetime, desk: Desk) -> bool:
    """What would have come before the worker saw the mailbox stays undone."""
    known = desk.deal.live_from
    return known is not None and run.started < known and due < known


def _is_overtaken(step: Step, run: Run, book: Playbook, contact: Contact, desk: Desk) -> bool:
    """After a pause or a standstill only the newest of several that stand at fixed times goes out: no volley."""
    following = book.step(book.after_step(step.id))
    if step.wait_until is None or following is None or following.wait_until is None:
        return False
    return later(run.started, following.wait_until, locale(contact, desk.world)) <= desk.now


def _is_beaten(purpose: str, run: Run, contact: Contact, due: datetime, desk: Desk) -> bool:
    """Whether a mail of care that matters more went out just now, or is about to."""
    rank = RANK.get(purpose, 0)
    if not rank:
        return False
    if beaten_by_the_past(purpose, due, contact, desk.deal, desk.world):
        return True
    return any(RANK.get(other, 0) > rank and at <= desk.now + APART for other, at in _coming(run, contact, desk))


def _coming(run: Run, contact: Contact, desk: Desk) -> list[tuple[str, datetime]]:
    """The next mails of the deal's other playbooks, and when they are due."""
    found = []
    for other in desk.deal.runs:
        book = desk.world.book(other.playbook)
        step = book.step(other.step) if book is not None else None
        lives = other.state in (RunState.ACTIVE, RunState.HELD) and other.contact == contact.address
        if step is None or other.id == run.id or not lives:
            continue
        if all(holds(one, desk.deal, contact, desk.world) for one in step.only_if):
            place = locale(contact, desk.world)
            found.append((purpose_of(step, desk), _by_its_waits(step, other, place, desk)))
    return found


def surprise(run: Run, contact: Contact, desk: Desk) -> str:
    """Why the first mail to a client of old is approved: they have never had one of ours; "" for all others."""
    known = desk.deal.live_from
    if known is None or run.started >= known:
        return ""
    had_one = any(row.action is Action.SEND and contact.address in row.to for row in desk.deal.decisions)
    return "" if had_one else "a client of old who has had no mail of ours yet"
