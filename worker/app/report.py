"""A page that shows each deal's timeline, self-contained: no script, nothing fetched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from worker.core.model import Action, Bucket, Deal, Speaker, Strength, Suppression

_ORDER = (Bucket.CLIENT, Bucket.PROSPECT, Bucket.SUSPECT, Bucket.OUT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that happened in a deal."""

    at: datetime
    kind: str
    """theirs, ours, worker, stage, task, ask, alert, hold, stop, quote: its colour and its sign."""
    text: str
    detail: str = ""
    body: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One deal as the page shows it."""

    deal: Deal
    who: str
    lines: tuple[Line, ...]
    sent: int


def write_report(path: Path, deals: Sequence[Deal], suppression: Suppression, zone: ZoneInfo) -> Path:
    """Write the page, clients first. Returns its path."""
    cards = [_card(deal, zone) for deal in sorted(deals, key=lambda deal: (_ORDER.index(deal.stage.bucket), deal.created))]
    environment = Environment(
        loader=PackageLoader("worker.app", "."), autoescape=select_autoescape(["html"]), undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    counts = Counter(deal.stage.bucket for deal in deals)
    page = environment.get_template("report.html").render(
        cards=cards, counts=[(bucket, counts[bucket]) for bucket in _ORDER], zone=zone.key,
        quiet=[entry for entry in suppression.people.values() if entry.opted_out or entry.dead],
        sent=sum(card.sent for card in cards),
    )  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, "utf-8")
    return path


def _card(deal: Deal, zone: ZoneInfo) -> Card:
    lines = sorted((*_mails(deal, zone), *_evidence(deal, zone), *_decisions(deal, zone)), key=lambda line: line.at)
    who = deal.contacts[0].name or deal.contacts[0].address if deal.contacts else deal.title
    sent = sum(1 for row in deal.decisions if row.action is Action.SEND)
    return Card(deal=deal, who=who, lines=tuple(lines), sent=sent)


def _mails(deal: Deal, zone: ZoneInfo) -> list[Line]:
    kinds = {Speaker.CONTACT: "theirs", Speaker.OWNER: "ours"}
    return [
        Line(at=mail.at.astimezone(zone), kind=kinds.get(mail.speaker, "notice"), text=mail.subject,
             detail=str(mail.sender or ""), body=mail.extract)
        for mail in deal.log
    ]  # fmt: skip


def _evidence(deal: Deal, zone: ZoneInfo) -> list[Line]:
    return [
        Line(at=item.at.astimezone(zone), kind="weak" if item.strength is Strength.WEAK else "quote",
             text=f"{item.event.replace('_', ' ')}, {item.strength}", detail=item.signal, body=item.quote)
        for item in deal.evidence
    ]  # fmt: skip


def _decisions(deal: Deal, zone: ZoneInfo) -> list[Line]:
    bodies = {(item.letter.run, item.letter.step): item.letter for item in deal.outbox if not item.letter.to_owner}
    lines = []
    for row in deal.decisions:
        run = next((run.id for run in deal.runs if run.playbook == row.playbook and run.started <= row.at), "")
        letter = bodies.get((run, row.step)) if row.action is Action.SEND else None
        text = letter.subject if letter else row.stage.replace("_", " ") if row.action is Action.STAGE and row.stage else row.purpose
        lines.append(
            Line(at=row.at.astimezone(zone), kind=row.action.value, text=text or row.step, detail=row.why,
                 body=letter.body if letter else "")
        )  # fmt: skip
    return lines
