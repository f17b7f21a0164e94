"""What a rehearsal says: one line a decision for machines, and for people what was decided beside what really happened."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from worker.app.hindsight import Past, balance, day, hindsight, sentences
from worker.app.household import Household
from worker.app.living import Row
from worker.app.past import Progress
from worker.core.house import is_house
from worker.core.model import Action, Deal, Decision

_SIGNS = {Action.SEND: "mail", Action.TASK: "for you", Action.ASK: "asks you", Action.ALERT: "alarm"}


def write_rows(rows: list[Row], household: Household, out: TextIO) -> None:
    """One decision a line, in order of time, the machine form of a rehearsal."""
    for row in sorted(rows, key=lambda row: row.decision.at):
        out.write(json.dumps(row_of(row, household), ensure_ascii=False) + "\n")


def row_of(row: Row, household: Household) -> dict[str, object]:
    """One decision for machines: what is absent is null, the time is the owner's."""
    decision = row.decision
    return {
        "at": decision.at.astimezone(household.zone).isoformat(),
        "deal": None if is_house(row.deal.id) else f"{row.deal.title} [{row.deal.ref}]",
        "bucket": decision.bucket,
        "stage": decision.stage,
        "action": decision.action,
        "to": list(decision.to),
        "purpose": decision.purpose or None,
        "template": decision.template or None,
        "playbook": decision.playbook or None,
        "step": decision.step or None,
        "why": decision.why,
        "found_in": list(decision.found_in),
    }


def write_sentences(rows: list[Row], household: Household, past: Past, out: TextIO) -> None:
    """Deal by deal, what the worker would have done and beside it what really happened; at the end what it comes to."""
    deals: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: row.decision.at):
        deals.setdefault(row.deal.id, []).append(row)
    decided: list[tuple[Deal, Decision]] = []
    for theirs in deals.values():
        deal = household.keeper.deal(theirs[0].deal.id) or theirs[-1].deal
        if is_house(deal.id):
            out.write(f"{_to_owner(deal, theirs, past)}\n\n")
            continue
        out.write(f"{deal.title} [{deal.ref}], {deal.stage.replace('_', ' ')}\n")
        for row in theirs:
            out.write(f"  {_sentence(row.decision, household)}\n")
            beside = hindsight(row.decision, deal, past)
            if beside is not None:
                out.write(f"{'':34}really: {beside.words}\n")
        decided += [(deal, row.decision) for row in theirs]
        out.write("\n")
    out.write("\n".join((*sentences(balance(decided, past)), "Nothing was sent.\n")))


def _to_owner(house: Deal, rows: list[Row], past: Past) -> str:
    """An owner's digests in one line: what stands in them stands above, deal by deal."""
    first, last = rows[0].decision.at, rows[-1].decision.at
    when = f"on {day(first, past.zone)}" if len(rows) == 1 else f"from {day(first, past.zone)} to {day(last, past.zone)}"
    return f"For {house.owner.address}: {len(rows)} mail{'' if len(rows) == 1 else 's'} about all deals together, {when}"


def _sentence(decision: Decision, household: Household) -> str:
    at = decision.at.astimezone(household.zone)
    stage = f"is now {decision.stage}".replace("_", " ") if decision.stage else ""
    what = decision.template or (stage if decision.action is Action.STAGE else decision.purpose)
    sign = _SIGNS.get(decision.action, decision.action)
    return f"{at:%a %d %b %Y %H:%M}  {sign:<9} {what:<24} {decision.why}"


@contextmanager
def progress_bar(err: TextIO) -> Iterator[Progress | None]:
    """A bar on a terminal; nothing where nobody looks, or where rich is not there to draw it."""
    if not err.isatty():
        yield None
        return
    try:
        from rich.console import Console
        from rich.progress import Progress as Bar
    except ImportError:
        yield None
        return
    with Bar(console=Console(file=err), transient=True) as bar:
        tasks = {what: bar.add_task(what, total=None) for what in ("reading", "living")}

        def told(what: str, done: int, total: int) -> None:
            if done % 50 == 0 or done == total:
                bar.update(tasks[what], completed=done, total=total)

        yield told
