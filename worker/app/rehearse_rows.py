"""What a rehearsal says: one line a decision for machines, and for people what was decided beside what really happened."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import TextIO

from worker.app.household import Household
from worker.app.living import Row
from worker.app.past import Progress
from worker.core.greeting import names
from worker.core.house import is_house
from worker.core.model import Action, Deal, Decision, Speaker
from worker.core.situation import human_words

_CLOSE = timedelta(days=3)
"""The owner's own mail so near to what the worker would have sent is the same thought."""
_SIGNS = {Action.SEND: "mail", Action.TASK: "for you", Action.ASK: "asks you", Action.ALERT: "alarm"}


def write_rows(rows: list[Row], household: Household, out: TextIO) -> None:
    """One decision a line, in order of time, the machine form of a rehearsal."""
    for row in sorted(rows, key=lambda row: row.decision.at):
        decision = row.decision
        line = {
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
        out.write(json.dumps(line, ensure_ascii=False) + "\n")


def write_sentences(rows: list[Row], household: Household, out: TextIO) -> None:
    """Deal by deal, what the worker would have done, and beside each mail what really happened."""
    deals: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: row.decision.at):
        deals.setdefault(row.deal.id, []).append(row)
    for theirs in deals.values():
        deal = household.keeper.deal(theirs[0].deal.id) or theirs[-1].deal
        stage = theirs[-1].deal.stage.replace("_", " ")
        out.write(f"For {deal.owner.address}\n" if is_house(deal.id) else f"{deal.title} [{deal.ref}], {stage}\n")
        for row in theirs:
            out.write(f"  {_sentence(row.decision, household)}\n")
            beside = really(row.decision, deal, household)
            if beside:
                out.write(f"{'':34}really: {beside}\n")
        out.write("\n")
    out.write(_sum(rows))


def _sum(rows: list[Row]) -> str:
    about = [row for row in rows if not is_house(row.deal.id)]
    counts = [(name, sum(row.decision.action is action for row in about)) for action, name in _TOTALS]
    said = ", ".join(f"{count} {name}" for name, count in counts)
    return f"{len({row.deal.id for row in about})} deals: {said}. Nothing was sent.\n"


_TOTALS = ((Action.SEND, "mails to contacts"), (Action.TASK, "tasks"), (Action.ASK, "questions"),
           (Action.ALERT, "alarms"), (Action.HOLD, "holds"), (Action.STOP, "stops"))  # fmt: skip


def _sentence(decision: Decision, household: Household) -> str:
    at = decision.at.astimezone(household.zone)
    stage = f"is now {decision.stage}".replace("_", " ") if decision.stage else ""
    what = decision.template or (stage if decision.action is Action.STAGE else decision.purpose)
    sign = _SIGNS.get(decision.action, decision.action)
    return f"{at:%a %d %b %Y %H:%M}  {sign:<9} {what:<24} {decision.why}"


def really(decision: Decision, deal: Deal, household: Household) -> str:
    """What happened in the past around a mail that the worker would have sent; "" for what is no mail."""
    if decision.action is not Action.SEND or is_house(deal.id):
        return ""
    day = decision.at.astimezone(household.zone).date()
    owner = names(deal.owner.name).first or "the owner"
    said = [_beside(mail.at, decision.at, day, owner, household) for mail in human_words(deal, Speaker.OWNER)]
    parts = [part for part in said if part][:1]
    reply = next((mail for mail in human_words(deal, Speaker.CONTACT) if mail.at > decision.at), None)
    if reply is None:
        return "; ".join((*parts, "they stayed silent from then on"))
    when = reply.at.astimezone(household.zone)
    days = (when.date() - day).days
    after = "on the same day" if not days else f"{days} day{'s' if days > 1 else ''} later"
    return "; ".join((*parts, f"they wrote on {when:%d %b %Y}, {after}"))


def _beside(wrote: datetime, sent: datetime, day: date, owner: str, household: Household) -> str:
    theirs = wrote.astimezone(household.zone).date()
    if theirs == day:
        return f"{owner} wrote on that day too"
    if abs(wrote - sent) <= _CLOSE:
        return f"{owner} wrote on {theirs:%d %b %Y}"
    return ""


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
