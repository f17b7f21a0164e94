"""Attention for the eyes: lines for a terminal, plain values for a machine, and a plot for the report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from math import ceil
from typing import Any

from worker.app.digest_lines import WORTH_A_WORD, named, span, sums
from worker.core.attention import Attention, Kept, Share, Sums

_WIDTH, _HEIGHT, _FOOT = 560, 130, 24
_FEWEST_BARS, _MOST_BARS = 13, 56
"""As wide as a quarter at least, so that one week is no wall; a year has a bar for each week."""
_LETTER = 7.0
"""About the width of one, as large as the page writes them."""
_BAR = 36
"""Columns of the longest bar on a terminal."""

Week = tuple[datetime, int, int]
"""When it begins, mails to clients, mails to everybody else."""


def attention_lines(seen: Attention) -> list[str]:
    """Clients beside prospects, as a person reads it."""
    head = f"{'':<12}{'people':>7}{'your mails':>12}{'theirs':>8}   {'answered after':<16}longest silence"
    lines = ["Attention, the last 90 days", head, *(_row(share) for share in seen.shares), ""]
    lines += [_kept(seen.kept), f"To clients in the last week: {seen.client_hours:.1f} hours"]
    if seen.freed_hours >= WORTH_A_WORD:
        lines.append(f"Free since you gave people up: {seen.freed_hours:.1f} hours a week")
    lines += ["", "Money", *(f"  {name:<20}{sums(found) or 'none'}" for name, found in _money(seen)), ""]
    if seen.efforts:
        lines.append("Clients by effort, three months")
        for one in seen.efforts[:12]:
            heavy = "  much effort for the money" if one.heavy else ""
            lines.append(f"  {named(one.deal):<40}{one.hours:>5.1f} hours   {sums(one.banked) or 'no amount known'}{heavy}")
        lines.append("")
    asked = seen.asked
    asks = ", ".join(f"{count} {purpose.replace('_', ' ')}" for purpose, count in asked.asks) or "nothing yet"
    lines.append(f"Asked: {asks}; answered by {asked.answered}")
    became = f"deals out of them: {asked.introduced}, clients: {asked.introduced_clients}"
    lines.append(f"Introductions: {asked.introductions}, {became}; testimonials: {asked.testimonials}")
    return [*lines, "", *_bars(seen)]


def _row(share: Share) -> str:
    answered = span(share.answer) if share.answer is not None else "nothing asked"
    silence = f"{share.longest_silence.days} days, {share.longest_with}" if share.longest_with else "none"
    return f"  {share.bucket + 's':<10}{share.deals:>7}{share.touches:>12}{share.heard:>8}   {answered:<16}{silence}"


def _kept(kept: Kept) -> str:
    if not kept.closes:
        return "Energy kept after the close: no close is thirty days old yet"
    many = f"{kept.closes} close{'' if kept.closes == 1 else 's'}"
    return f"Energy kept after the close: {kept.before} mails of yours in the 30 days before, {kept.after} in the 30 after ({many})"


def _money(seen: Attention) -> list[tuple[str, Sums]]:
    money = seen.money
    return [("banked", money.banked), ("signed and unpaid", money.signed_unpaid), ("proposed", money.proposed),
            ("repeat, of banked", money.repeat), ("referred, of banked", money.referred)]  # fmt: skip


def _bars(seen: Attention) -> list[str]:
    """One bar a week, clients first: # a mail to a client, . one to anybody else."""
    weeks = seen.weeks[-13:]
    most = max((clients + others for _, clients, others in weeks), default=0)
    if not most:
        return []
    scale = min(1.0, _BAR / most)
    rows = [f"  {at:%d %b}  {'#' * round(clients * scale)}{'.' * round(others * scale)}" for at, clients, others in weeks]
    return ["Your mails by week: # clients, . everybody else", *rows]


def attention_values(seen: Attention) -> dict[str, Any]:
    """The same for a machine: hours as numbers, times in seconds, money as decimal text by currency."""
    return {
        "shares": [
            {
                "bucket": share.bucket, "deals": share.deals, "touches": share.touches, "heard": share.heard,
                "answered_after_seconds": int(share.answer.total_seconds()) if share.answer is not None else None,
                "longest_silence_days": share.longest_silence.days, "longest_silence_with": share.longest_with or None,
            }
            for share in seen.shares
        ],
        "after_the_close": {"closes": seen.kept.closes, "before": seen.kept.before, "after": seen.kept.after},
        "client_hours_last_week": round(seen.client_hours, 2),
        "freed_hours_a_week": round(seen.freed_hours, 2),
        "money": {
            "banked": _by_currency(seen.money.banked), "signed_unpaid": _by_currency(seen.money.signed_unpaid),
            "proposed": _by_currency(seen.money.proposed), "repeat": _by_currency(seen.money.repeat),
            "referred": _by_currency(seen.money.referred), "repeat_clients": seen.money.repeat_clients,
            "referred_clients": seen.money.referred_clients,
        },
        "efforts": [
            {"deal": one.deal.id, "ref": one.deal.ref, "hours": round(one.hours, 2), "banked": _by_currency(one.banked),
             "heavy": one.heavy}
            for one in seen.efforts
        ],
        "asked": {
            "asks": dict(seen.asked.asks), "answered": seen.asked.answered, "introductions": seen.asked.introductions,
            "introduced": seen.asked.introduced, "introduced_clients": seen.asked.introduced_clients,
            "testimonials": seen.asked.testimonials,
        },
        "weeks": [{"from": at.isoformat(), "clients": clients, "others": others} for at, clients, others in seen.weeks],
    }  # fmt: skip


def _by_currency(found: Sums) -> dict[str, str]:
    return {currency: str(value) for currency, value in found}


def plot(seen: Attention) -> str:
    """An SVG of the mails of each week, clients at the foot and everybody else on top; it needs nothing from outside.

    Of years, several weeks share a bar; "" where nobody of ours has written.
    """
    together = max(1, ceil(len(seen.weeks) / _MOST_BARS))
    bars = list(_together(seen.weeks, together))
    most = max((clients + others for _, clients, others in bars), default=0)
    if not most:
        return ""
    step = _WIDTH / max(len(bars), _FEWEST_BARS)
    parts = [f'<svg class="plot" viewBox="-30 -10 {_WIDTH + 34} {_HEIGHT + _FOOT + 10}" role="img">'
             "<title>Your mails by week: to clients, and to everybody else</title>"]  # fmt: skip
    for value in sorted({most, most // 2} - {0}):
        y = _HEIGHT - _HEIGHT * value / most
        parts.append(f'<line x1="0" x2="{_WIDTH}" y1="{y:.1f}" y2="{y:.1f}" class="grid"/>'
                     f'<text x="-6" y="{y + 4:.1f}" class="tick right">{value}</text>')  # fmt: skip
    for number, (at, clients, others) in enumerate(bars):
        x, wide = number * step + 0.15 * step, 0.7 * step
        parts += _stack(x, wide, clients, others, most, f"week of {at:%-d %B %Y}" if together == 1 else
                        f"{together} weeks from {at:%-d %B %Y}")  # fmt: skip
    parts += _ticks([at for at, _, _ in bars], step)
    parts.append(f'<line x1="0" x2="{_WIDTH}" y1="{_HEIGHT}" y2="{_HEIGHT}" class="axis"/></svg>')
    return "".join(parts)


def _together(weeks: Sequence[Week], count: int) -> Iterator[Week]:
    """So many weeks as one; the last piece may be shorter."""
    for begin in range(0, len(weeks), count):
        piece = weeks[begin : begin + count]
        yield piece[0][0], sum(clients for _, clients, _ in piece), sum(others for _, _, others in piece)


def _ticks(times: Sequence[datetime], step: float) -> Iterator[str]:
    """The name of each month, with its year where there are several, as far as they do not run into one another."""
    several = len({at.year for at in times}) > 1
    shown, free = "", 0.0
    for number, at in enumerate(times):
        x, name = number * step + 0.15 * step, f"{at:%b %Y}" if several else f"{at:%b}"
        wide = _LETTER * (len(name) + 1)
        if name != shown and x >= free and x + wide <= _WIDTH + _LETTER:
            shown, free = name, x + wide
            yield f'<text x="{x:.1f}" y="{_HEIGHT + 17}" class="tick">{name}</text>'


def _stack(x: float, wide: float, clients: int, others: int, most: int, when: str) -> list[str]:
    bars, foot = [], float(_HEIGHT)
    for kind, count in (("client", clients), ("prospect", others)):
        high = _HEIGHT * count / most
        foot -= high
        if count:
            name = "clients" if kind == "client" else "everybody else"
            bars.append(f'<rect x="{x:.1f}" y="{foot:.1f}" width="{wide:.1f}" height="{high:.1f}" class="{kind}">'
                        f"<title>{when}: {count} to {name}</title></rect>")  # fmt: skip
    return bars
