"""What the demo shows while it runs: who writes, what the worker understands and decides, and why."""

from __future__ import annotations

import time
from datetime import datetime
from email import message_from_bytes
from email.policy import default as modern
from email.utils import parseaddr
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape
from rich.rule import Rule
from rich.table import Table

from worker.app.demo_story import Said
from worker.app.timeline import letter_of, subject_of
from worker.core.house import is_house
from worker.core.model import (
    Action,
    Bucket,
    Deal,
    DealId,
    Decision,
    Evidence,
    Message,
    Outbox,
    OutboxItem,
    Strength,
)
from worker.io.store import Store

_COLOURS = {Bucket.SUSPECT: "cyan", Bucket.PROSPECT: "yellow", Bucket.CLIENT: "green", Bucket.OUT: "bright_black"}
_SIGNS = {Action.SEND: "sends", Action.TASK: "task", Action.ASK: "asks you", Action.ALERT: "alerts you",
          Action.HOLD: "holds", Action.STOP: "stops"}  # fmt: skip
_LONGEST = 96
_GREETING = 24
"""A paragraph as short as this is a greeting or a name."""


class Screen:
    """A line for each thing that happens. Everything about a deal is read from the store, not from the story."""

    def __init__(self, console: Console, store: Store, zone: ZoneInfo, *, pause: float) -> None:
        self._console = console
        self._store = store
        self._zone = zone
        self._pause = pause
        self._month = ""
        self._shown: set[str] = set()

    def begin(self, address: str, people: int) -> None:
        self._console.print(
            f"[bold]Half a year with the Follow-up Worker.[/] {people} people write, you BCC {address}."
        )

    # -- the story ----------------------------------------------------------------------------

    def somebody_writes(self, said: Said) -> None:
        forged = "  [red](forged)[/]" if said.forged else ""
        text = f"{said.subject} · {_gist(said.text)}" if said.subject else _gist(said.text)
        sender, recipient = parseaddr(said.by)[0], parseaddr(said.to)[0]
        self._line(said.at, f"[bold]{escape(sender)}[/] to {escape(recipient)}{forged}: {escape(_short(text))}")

    def owner_answers(self, content: bytes) -> None:
        mail = message_from_bytes(content, policy=modern)
        at = mail["Date"].datetime
        self._line(at, f"[bold]{escape(parseaddr(str(mail['From']))[0])}[/] answers the worker: [bold]yes[/]")

    # -- what the worker tells ------------------------------------------------------------------

    def heard(self, message: Message, evidence: tuple[Evidence, ...], deals: tuple[DealId, ...], why: str) -> None:
        if message.id in self._shown:
            return
        self._shown.add(message.id)
        for item in evidence:
            if item.strength is not Strength.WEAK:
                self._inner(
                    f'[blue]saw {item.event.replace("_", " ")}[/] ({item.strength}): [italic]"{escape(_short(item.quote))}"[/]'
                )
        weak = [item for item in evidence if item.strength is Strength.WEAK]
        if weak and message.trust == "none":
            self._inner(f"[red]not believed:[/] {weak[0].event.replace('_', ' ')}, but nothing proves who sent it")

    def decided(self, deal: Deal, decisions: tuple[Decision, ...]) -> None:
        who = _who(deal)
        if is_house(deal.id):
            for row in decisions:
                self._line(row.at, f"[green]✉ to you alone[/]: {escape(_short(row.why))}")
            return
        for row in decisions:
            if row.action is Action.STAGE and row.bucket is not None and row.stage is not None:
                colour = _COLOURS[row.bucket]
                stage = row.stage.replace("_", " ")
                self._inner(f"[{colour}]● {escape(who)} is a {row.bucket}[/], {stage}" if row.bucket is not Bucket.OUT
                            else f"[{colour}]● {escape(who)} is out[/], {stage}")  # fmt: skip
            elif row.action is Action.SEND:
                # The moment of leaving is its own line: nobody writes then.
                what = f"[green]✉ {row.template.replace('/', ': ').replace('-', ' ')}[/] to {escape(who)}"
                self._line(row.at, f"{what}, because {escape(_short(_reason(row.why)))}")
            else:
                letter = letter_of(row, deal)
                text = f"{subject_of(letter)} ({_reason(row.why)})" if letter else row.why
                self._inner(f"[magenta]{_SIGNS[row.action]}[/] {escape(who)}: {escape(_short(text))}")

    def mail_moved(self, deal: Deal | None, item: OutboxItem) -> None:
        if item.state in (Outbox.REFUSED, Outbox.UNCERTAIN) and deal is not None:
            self._inner(f"[red]{item.state}[/] {escape(_who(deal))}: {escape(_short(item.reply))}")

    # -- the end --------------------------------------------------------------------------------

    def summary(self, deals: list[Deal], sent: list[Path], out: Path, report: Path) -> None:
        """One row for each stored deal, and where to read on."""
        self._console.print()
        table = Table(title="Where they stand", title_justify="left", box=None, pad_edge=False)
        for name in ("who", "label", "stage", "sent"):
            table.add_column(name, no_wrap=True)
        table.add_column("what happened last", overflow="ellipsis", no_wrap=True)
        for deal in deals:
            colour = _COLOURS[deal.stage.bucket]
            count = sum(1 for row in deal.decisions if row.action is Action.SEND)
            last = next((row for row in reversed(deal.decisions)), None)
            table.add_row(_who(deal), f"[{colour}]{deal.stage.bucket}[/]", deal.stage.replace("_", " "), str(count),
                          escape(_short(last.why, 56)) if last else "")  # fmt: skip
        self._console.print(table)
        forged = sum(1 for deal in deals for item in deal.evidence if item.signal and item.strength is Strength.WEAK
                     and item.event == "signed")  # fmt: skip
        self._console.print(
            f"\n{len(deals)} deals, {len(sent)} mails to contacts, none twice; {forged} forged signature seen through."
        )
        self._console.print(f"Read the mails: {out / 'sent'}\nSee each deal:  {report}")

    # -- lines ------------------------------------------------------------------------------------

    def _line(self, at: datetime, text: str) -> None:
        local = at.astimezone(self._zone)
        month = f"{local:%B %Y}"
        if month != self._month:
            self._month = month
            self._console.print(Rule(month, style="dim", align="left"))
        self._out(f"[dim]{local.day:>2} {local:%b %H:%M}[/]  {text}")

    def _inner(self, text: str) -> None:
        self._out(f"              {text}")

    def _out(self, text: str) -> None:
        self._console.print(text, soft_wrap=True)
        if self._pause:
            time.sleep(self._pause)


def _who(deal: Deal) -> str:
    return deal.contacts[0].name or deal.contacts[0].address if deal.contacts else deal.title


def _reason(why: str) -> str:
    """A reason without the playbook's name before it."""
    return why.partition(": ")[2] or why


def _gist(text: str) -> str:
    """What a mail says, without its greeting and the name below it."""
    paragraphs = [part for part in text.split("\n\n") if len(part) > _GREETING]
    return paragraphs[0] if paragraphs else text


def _short(text: str, longest: int = _LONGEST) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= longest else plain[: longest - 1].rsplit(" ", 1)[0] + "…"
