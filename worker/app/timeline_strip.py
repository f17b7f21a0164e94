"""A deal at one glance: its mails above a line, what the worker made of them below it, and the label as the line's colour."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from worker.app.timeline import Card
from worker.core.attention import bucket_at
from worker.core.model import Action, Deal

_WIDTH, _HEIGHT, _LINE = 600, 54, 27
_ABOVE = {"theirs": 9, "ours": 17, "aside": 17, "notice": 9, "machine": 9}
_BELOW = {Action.SEND: 37, Action.TASK: 46, Action.ASK: 46, Action.ALERT: 46, Action.HOLD: 46, Action.STOP: 46}


def strip(card: Card) -> str:
    """An SVG that needs nothing from outside; "" where there is nothing to see yet."""
    if len(card.moments) < 2:
        return ""
    first, last = card.moments[0].at, card.moments[-1].at
    parts = [f'<svg class="strip" viewBox="-6 0 {_WIDTH + 12} {_HEIGHT}" role="img"><title>The deal from {first:%-d %B %Y} '
             f"to {last:%-d %B %Y}: mails above the line, the worker below it</title>"]  # fmt: skip
    parts += _labels(card.deal, first, last)
    for moment in card.moments:
        x = _x(moment.at, first, last)
        parts += [f'<circle cx="{x:.1f}" cy="{_ABOVE[one.kind]}" r="3.5" class="{one.kind}"/>' for one in moment.happened]
        parts += [_mark(x, one.action) for one in moment.done if one.action in _BELOW]
    return "".join((*parts, "</svg>"))


def _x(at: datetime, first: datetime, last: datetime) -> float:
    whole = (last - first).total_seconds()
    return _WIDTH * (at - first).total_seconds() / whole if whole else 0.0


def _labels(deal: Deal, first: datetime, last: datetime) -> Iterator[str]:
    """The line itself: a piece for each label that the deal had."""
    turns = sorted({first, *(change.at for change in deal.stages if first < change.at < last)})
    for begin, end in zip(turns, [*turns[1:], last], strict=True):
        x, wide = _x(begin, first, last), _x(end, first, last) - _x(begin, first, last)
        yield (f'<rect x="{x:.1f}" y="{_LINE - 2}" width="{max(wide, 1):.1f}" height="4" '
               f'class="{bucket_at(deal, begin)}"/>')  # fmt: skip


def _mark(x: float, action: Action) -> str:
    y = _BELOW[action]
    if action is Action.SEND:
        return f'<circle cx="{x:.1f}" cy="{y}" r="4.5" class="send"/>'
    return f'<rect x="{x - 3:.1f}" y="{y - 3}" width="6" height="6" class="{action}"/>'
