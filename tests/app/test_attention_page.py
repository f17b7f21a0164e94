"""The plot of attention: one bar a week, whatever there is to show."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from worker.app.attention_page import attention_lines, plot
from worker.core.attention import attention
from worker.core.firm import Coverage
from worker.core.model import Deal, Kind, LoggedMail, Party, Speaker, Stage, StageChange

NOW = datetime(2026, 3, 16, 12, tzinfo=UTC)


def _deal(*ages: int, client_since: int | None = None) -> Deal:
    """A deal with a mail of the owner so many days ago each."""
    log = tuple(
        LoggedMail(id=f"{number}@x", at=NOW - timedelta(days=age), sender="a@x.test", to=(), subject="s", kind=Kind.HUMAN,
                   speaker=Speaker.OWNER)
        for number, age in enumerate(ages)
    )  # fmt: skip
    changes = () if client_since is None else (StageChange(at=NOW - timedelta(days=client_since), stage=Stage.ACTIVE, why="", found_in=()),)
    return Deal(id=f"d{ages}", ref="r", owner=Party(address="a@x.test"), title="t", created=NOW - timedelta(days=max(ages)),
                log=log, stages=changes)  # fmt: skip


def _plot(*deals: Deal, weeks: int = 26) -> str:
    return plot(attention(deals, Coverage(), NOW, weeks=weeks))


def _bars(svg: str) -> list[tuple[float, float, float, float]]:
    pattern = r'<rect x="([\d.-]+)" y="([\d.-]+)" width="([\d.]+)" height="([\d.]+)"'
    return [tuple(map(float, one)) for one in re.findall(pattern, svg)]


def _ticks(svg: str) -> list[tuple[float, str]]:
    return [(float(x), name) for x, name in re.findall(r'<text x="([\d.]+)" y="\d+" class="tick">([^<]+)<', svg)]


def test_where_nobody_has_written_there_is_no_plot():
    assert _plot() == ""
    assert _plot(_deal(400), weeks=26) == ""
    assert not any("Your mails by week" in line for line in attention_lines(attention([], Coverage(), NOW)))


def test_a_single_mail_is_a_single_bar_of_its_label():
    svg = _plot(_deal(10))
    assert len(_bars(svg)) == 1
    assert 'class="prospect"' in svg
    assert "week of 2 March 2026: 1 to everybody else" in svg


def test_clients_stand_at_the_foot_and_everybody_else_on_top():
    svg = _plot(_deal(8, 9, client_since=30), _deal(10))
    (low, high) = _bars(svg)
    assert low[1] + low[3] == pytest.approx(130)
    assert high[1] + high[3] == pytest.approx(low[1], abs=0.1)
    assert svg.index('class="client"') < svg.index('class="prospect"')


def test_one_week_is_no_wall():
    (bar,) = _bars(_plot(_deal(3), weeks=1))
    assert bar[2] < 50


@pytest.mark.parametrize("weeks", [1, 13, 26, 53, 57, 120, 520])
def test_every_mail_stands_in_a_bar_inside_the_plot_also_of_years(weeks):
    ages = [1 + 7 * number for number in range(weeks)]
    svg = _plot(_deal(*ages), weeks=weeks)
    bars = _bars(svg)
    assert len(bars) <= 56
    assert sum(int(count) for count in re.findall(r": (\d+) to everybody else", svg)) == weeks
    assert all(x >= 0 and x + wide <= 560 and y >= 0 and y + high <= 130.1 for x, y, wide, high in bars)
    assert all(one[0] + one[2] <= two[0] for one, two in pairwise(bars))


@pytest.mark.parametrize("weeks", [2, 26, 53, 120, 520])
def test_the_months_below_it_do_not_run_into_one_another(weeks):
    ticks = _ticks(_plot(_deal(*range(1, 7 * weeks, 7)), weeks=weeks))
    assert ticks
    assert all(x + 6 * len(name) <= after for (x, name), (after, _) in pairwise(ticks))
    assert len({name for _, name in ticks}) == len(ticks)


def test_of_several_years_the_year_is_told():
    assert any("2025" in name for _, name in _ticks(_plot(_deal(*range(1, 700, 7)), weeks=100)))
    assert not any("2026" in name for _, name in _ticks(_plot(_deal(10), weeks=8)))


def test_several_weeks_in_one_bar_say_so():
    assert "3 weeks from " in _plot(_deal(*range(1, 7 * 120, 7)), weeks=120)
