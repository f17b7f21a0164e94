"""A page that shows each deal's timeline, self-contained: no script, nothing fetched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from worker.app.attention_page import plot
from worker.app.digest_lines import Section, asked_and_given, heavy_clients, where_time_went
from worker.core.attention import Attention
from worker.core.model import Action, Bucket, Deal, Decision, Letter, Speaker, Strength, Suppression

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
    bucket: str = ""
    """Of a stage: its label."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One deal as the page shows it."""

    deal: Deal
    who: str
    lines: tuple[Line, ...]
    sent: int


def write_report(
    path: Path, deals: Sequence[Deal], suppression: Suppression, zone: ZoneInfo, seen: Attention | None = None
) -> Path:
    """Write the page, clients first; with where the time went, where that is given. Returns its path."""
    cards = [
        _card(deal, zone) for deal in sorted(deals, key=lambda deal: (_ORDER.index(deal.stage.bucket), deal.created))
    ]
    environment = Environment(
        loader=PackageLoader("worker.app", "."), autoescape=select_autoescape(["html"]), undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    counts = Counter(deal.stage.bucket for deal in deals)
    page = environment.get_template("report.html").render(
        cards=cards, counts=[(bucket, counts[bucket]) for bucket in _ORDER], zone=zone.key,
        quiet=[entry for entry in suppression.people.values() if entry.opted_out or entry.dead],
        sent=sum(card.sent for card in cards), sections=_sections(seen) if seen else (),
        plot=Markup(plot(seen)) if seen else "",
    )  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, "utf-8")
    return path


def _sections(seen: Attention) -> list[Section]:
    found = (where_time_went(seen), heavy_clients(seen), asked_and_given(seen))
    return [section for section in found if section.lines]


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
    return [_decision(row, letter_of(row, deal), zone) for row in deal.decisions]


def _decision(row: Decision, letter: Letter | None, zone: ZoneInfo) -> Line:
    stage = row.stage.replace("_", " ") if row.stage else ""
    text = stage if row.action is Action.STAGE else subject_of(letter) if letter else row.purpose or row.step
    return Line(
        at=row.at.astimezone(zone), kind=row.action.value, text=text, detail=row.why, body=letter.body if letter else "",
        bucket=row.bucket.value if row.bucket and row.action is Action.STAGE else "",
    )  # fmt: skip


def letter_of(row: Decision, deal: Deal) -> Letter | None:
    """The mail that a decision is about, to the contact or to the owner."""
    if row.action in (Action.STAGE, Action.HOLD, Action.STOP):
        return None
    near = [item.letter for item in deal.outbox
            if item.letter.step == row.step and item.letter.playbook == row.playbook
            and item.letter.to_owner is (row.action is not Action.SEND)]  # fmt: skip
    return min(near, key=lambda letter: abs((letter.send_at - row.at).total_seconds()), default=None)


def subject_of(letter: Letter) -> str:
    """A subject without the mark at its end, which is for mail programs."""
    return letter.subject.rpartition(" [")[0] if letter.to_owner and letter.subject.endswith("]") else letter.subject
