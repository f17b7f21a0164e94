"""A page that shows each deal's timeline, self-contained: no script, nothing fetched."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from worker.app.attention_page import plot
from worker.app.digest_lines import Section, asked_and_given, heavy_clients, where_time_went
from worker.app.hindsight import Balance, Beside, Past, balance, sentences
from worker.app.timeline import Card, card, weight
from worker.app.timeline_strip import strip
from worker.core.attention import Attention
from worker.core.model import Action, Bucket, Deal, Suppressed, Suppression
from worker.io.storage import replace_file

_ORDER = (Bucket.CLIENT, Bucket.PROSPECT, Bucket.SUSPECT, Bucket.OUT)
_TELLING = {Action.SEND: 4, Action.ASK: 3, Action.ALERT: 3, Action.HOLD: 3, Action.STOP: 2, Action.TASK: 1}
_MOST_CARDS = 60
_HEAVIEST = 2_500_000
"""Characters of timelines on a page: a browser on a phone still opens it at once."""
_MOST_ROWS = 500
_MOST_LOOKS = 8
_MOST_NAMES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrospect:
    """What a rehearsal knows beside its deals: where they come from, and how the past went on."""

    mailbox: str
    since: datetime | None
    """When the first mail of a deal was written; None where there is no deal."""
    past: Past


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A mail that is worth looking at first."""

    card: Card
    shown: bool
    at: datetime
    subject: str
    words: str


def write_report(
    path: Path, deals: Sequence[Deal], suppression: Suppression, zone: ZoneInfo, seen: Attention | None = None,
    retrospect: Retrospect | None = None,
) -> Path:  # fmt: skip
    """Write the page, whole or not at all. Returns its path.

    Args:
        seen: where the time went, told on top.
        retrospect: the deals were lived through in a rehearsal; what really happened is told beside each decision.

    Raises:
        StateUnwritable: with the reason and what to do.
    """
    replace_file(os.path.abspath(path), page(deals, suppression, zone, seen, retrospect).encode("utf-8", "replace"))
    return path


def page(
    deals: Sequence[Deal], suppression: Suppression, zone: ZoneInfo, seen: Attention | None = None,
    retrospect: Retrospect | None = None,
) -> str:  # fmt: skip
    """The page as text. A mailbox of any size gives one that can be read: the most telling deals whole, the others in a row."""
    past = retrospect.past if retrospect else None
    cards = [card(deal, number, zone, past) for number, deal in enumerate(sorted(deals, key=_rank), 1)]
    whole, others = _fitting(cards)
    shown = {one.anchor for one in whole}
    environment = Environment(
        loader=PackageLoader("worker.app", "."), autoescape=select_autoescape(["html"]), undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.globals["strip"] = lambda one: Markup(strip(one))
    counts = Counter(deal.stage.bucket for deal in deals)
    return environment.get_template("report.html").render(
        cards=whole, others=others[:_MOST_ROWS], unlisted=max(0, len(others) - _MOST_ROWS), told=_told,
        counts=[(bucket, counts[bucket]) for bucket in _ORDER if counts[bucket]], zone=zone.key, sent=sum(one.sent for one in cards),
        quiet=_quiet(suppression), unnamed=max(0, sum(1 for _ in _closed(suppression)) - _MOST_NAMES),
        sections=_sections(seen, lived=past is None) if seen else (), plot=Markup(plot(seen)) if seen else "",
        retrospect=retrospect, sums=_sums(deals, past) if past else None,
        doubled=_looks(cards, shown, Beside.YOURS) if past else (), forgotten=_looks(cards, shown, Beside.NOBODY) if past else (),
    )  # fmt: skip


def _rank(deal: Deal) -> tuple[int, datetime, str]:
    return _ORDER.index(deal.stage.bucket), deal.created, deal.id


def _fitting(cards: list[Card]) -> tuple[list[Card], list[Card]]:
    """The cards that the page has room for, the most telling of all deals, and those that it has not."""
    room = _HEAVIEST
    chosen: set[str] = set()
    for one in sorted(cards, key=_worth, reverse=True)[:_MOST_CARDS]:
        room -= weight(one)
        if room < 0 and chosen:
            break
        chosen.add(one.anchor)
    return [one for one in cards if one.anchor in chosen], [one for one in cards if one.anchor not in chosen]


def _worth(one: Card) -> int:
    """How much there is to see: what the worker did in it counts, and most of all what nobody did without it."""
    deeds = [deed for moment in one.moments for deed in moment.done]
    missed = sum(1 for deed in deeds if deed.beside is not None and deed.beside.beside in (Beside.NOBODY, Beside.YOURS))
    return sum(_TELLING.get(deed.action, 0) for deed in deeds) + 3 * missed


def _told(one: Card) -> int:
    return sum(1 for row in one.deal.decisions if row.action in (Action.TASK, Action.ASK, Action.ALERT))


def _sums(deals: Sequence[Deal], past: Past) -> tuple[Balance, list[str]]:
    found = balance(((deal, row) for deal in deals for row in deal.decisions), past)
    return found, sentences(found)


def _looks(cards: list[Card], shown: set[str], beside: Beside) -> list[Look]:
    """The first mails beside which this really happened, one for each deal."""
    found: list[Look] = []
    for one in cards:
        look = next(_beside(one, one.anchor in shown, beside), None)
        found += [look] if look is not None else []
    return found[:_MOST_LOOKS]


def _beside(one: Card, shown: bool, beside: Beside) -> Iterator[Look]:
    for moment in one.moments:
        for deed in moment.done:
            if deed.action is Action.SEND and deed.beside is not None and deed.beside.beside is beside:
                yield Look(card=one, shown=shown, at=moment.at, subject=deed.text, words=deed.beside.words)


def _closed(suppression: Suppression) -> Iterator[Suppressed]:
    return (entry for entry in suppression.people.values() if entry.opted_out or entry.dead)


def _quiet(suppression: Suppression) -> list[Suppressed]:
    return list(_closed(suppression))[:_MOST_NAMES]


def _sections(seen: Attention, *, lived: bool) -> list[Section]:
    # What a rehearsal would have asked for, nobody has answered: only the real asks are counted.
    found = (where_time_went(seen), heavy_clients(seen), *([asked_and_given(seen)] if lived else []))
    return [section for section in found if section.lines]
