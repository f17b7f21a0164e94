"""A simulated playbook as a salesperson reads it, a calendar with its mails, and as a program does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from textwrap import indent, wrap
from typing import TYPE_CHECKING, TextIO

from worker.app.rehearse_rows import row_of
from worker.core.model import Action, Decision, Letter, Outbox, RunState
from worker.core.playbook import TRIGGERS, Condition, Duration, Playbook
from worker.core.starting import holds

if TYPE_CHECKING:
    from worker.app.simulate import Simulation

_SIGNS = {
    Action.SEND: "mail", Action.TASK: "task for you", Action.ASK: "question to you", Action.ALERT: "alert to you",
    Action.HOLD: "waits", Action.STOP: "ends", Action.STAGE: "label",
}  # fmt: skip
_TO_OWNER = frozenset({Action.TASK, Action.ASK, Action.ALERT})
_WRITTEN = _TO_OWNER | {Action.SEND}
_OF_THE_FIRM = frozenset({Condition.ADDRESS_KNOWN, Condition.DELIVERY_KNOWN, Condition.SERVICES_LEFT})
_WIDTH = 100
_APPROVED = " (approved in rehearsal)"


def write_rows(found: Simulation, out: TextIO) -> None:
    """One decision a line as `rehearse --json` prints it, and the mail beside it."""
    for row in found.rows:
        line = row_of(row, found.household)
        letter = _letter(row.decision, found)
        line["mail"] = None if letter is None else {
            "from": letter.sender.address, "to": [one.address for one in letter.to], "subject": letter.subject,
            "text": letter.body,
        }  # fmt: skip
        out.write(json.dumps(line, ensure_ascii=False) + "\n")


def write_calendar(found: Simulation, out: TextIO) -> None:
    """What is supposed, then day by day what would be done, each mail written out."""
    out.write("\n".join(_lines(found)) + "\n")


def _lines(found: Simulation) -> Iterator[str]:
    contact = found.deal.contacts[0]
    yield f'"{found.book.name}" for {contact.name or contact.address}, by the clock of {found.zone.key}'
    yield ""
    events = [(at, "", text) for at, text in found.told] + [(row.decision.at, row.decision, "") for row in found.rows]
    if found.told:
        yield "Suppose that"
    for at, what, text in sorted(events, key=lambda one: one[0]):
        when = at.astimezone(found.zone)
        day = (when.date() - found.start.date()).days
        stamp = f"{when:%a %d %b %Y %H:%M}  day {day:>3}"
        if isinstance(what, Decision):
            yield from _decided(stamp, what, found)
        else:
            yield f"  {stamp}  {text}"
    yield ""
    yield from _left_out(found)
    yield _end(found)


def _left_out(found: Simulation) -> Iterator[str]:
    """The steps that were not taken, and what they ask for that is not so."""
    deal, taken = found.deal, {row.decision.step for row in found.rows}
    if not any(run.playbook == found.book.slug for run in deal.runs):
        return
    world = found.household.world(deal, found.start)
    for step in found.book.steps if Action.STOP not in {row.decision.action for row in found.rows} else ():
        missing = [one for one in step.only_if if not holds(one, deal, deal.contacts[0], world)]
        if step.id not in taken and missing:
            yield f'Step "{step.id}" is left out: {_not_so(missing)}.'


def _not_so(missing: list[Condition]) -> str:
    so = " and ".join(f'"{one}"' for one in missing)
    where = ": write it into playbooks/firm/firm.yaml" if _OF_THE_FIRM.intersection(missing) else ""
    return f"{so or 'that'} is not so here{where}"


def _decided(stamp: str, row: Decision, found: Simulation) -> Iterator[str]:
    letter = _letter(row, found)
    what = f"{_SIGNS[row.action]:<16}"
    name = row.template if row.action is Action.SEND else ""
    yes = ", after your yes" if row.why.endswith(_APPROVED) and row.action is Action.SEND else ""
    yield ""
    yield f"  {stamp}  {what} {name}{yes}".rstrip()
    yield from wrap(row.why.removesuffix(_APPROVED), _WIDTH, initial_indent="      because: ", subsequent_indent="      ")
    if letter is None:
        return
    thread = "" if letter.to_owner else " (in the thread)" if letter.in_reply_to else " (a new thread)"
    yield f"      To: {', '.join(one.name or one.address for one in letter.to)}   Subject: {letter.subject}{thread}"
    yield indent(letter.body.rstrip(), "      | ", lambda line: True)


def _letter(row: Decision, found: Simulation) -> Letter | None:
    """The mail that a decision has led to, be it to the contact or to the owner."""
    to_owner = row.action in _TO_OWNER
    letters = [item.letter for item in found.deal.outbox
               if (item.letter.step, item.letter.playbook) == (row.step, row.playbook)
               and item.letter.to_owner == to_owner and item.state is not Outbox.STOPPED]  # fmt: skip
    return min(letters, key=lambda one: abs(one.send_at - row.at), default=None) if row.action in _WRITTEN else None


def _end(found: Simulation) -> str:
    runs = [run for run in found.deal.runs if run.playbook == found.book.slug]
    if not runs:
        return _never(found)
    last = runs[-1]
    match last.state:
        case (RunState.ACTIVE | RunState.HELD) if not found.rows:
            return "It has begun, and for more than a year it finds nothing to do."
        case RunState.ACTIVE | RunState.HELD if any(one.id == last.waits_for and not one.answer for one in found.deal.questions):
            return f'It waits with "{last.step}" until you have answered. Nothing was sent.'
        case RunState.ACTIVE | RunState.HELD:
            return "After that it goes on in the same way. Nothing was sent."
        case RunState.STOPPED:
            return f"It ends: {last.ended}\nNothing was sent."
        case _:
            return "That is all. Nothing was sent."


def _never(found: Simulation) -> str:
    """Why it has not begun."""
    book, deal = found.book, found.deal
    world = found.household.world(deal, found.start)
    asked = "".join(f', "{one}"' for one in book.only_if)
    missing = [one for one in book.only_if if not holds(one, deal, deal.contacts[0], world)]
    so = _not_so(missing)
    return f"It begins when {trigger_phrase(book)}{_after(book.after)}{asked}. {so[:1].upper()}{so[1:]}. Nothing would be done."


def trigger_phrase(book: Playbook) -> str:
    """What begins it, as the playbook says it."""
    return next((phrase for phrase, trigger in TRIGGERS.items() if trigger == book.when), str(book.when))


def _after(wait: Duration | None) -> str:
    return f" for {wait.count} {wait.unit}{'s' if wait.count > 1 else ''}" if wait is not None else ""
