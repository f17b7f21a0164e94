"""SIGKILL at any moment of a run: no mail of ours leaves twice, none is lost, and no mail of theirs is forgotten."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest

from worker.core.model import Outbox

DEALS = 4
KILLS = 5
OVER = (Outbox.FILED, Outbox.UNCERTAIN)
PEOPLE = [f"Zoë {n} <zoe@company{n}.example>" for n in range(DEALS)]


def kill_somewhere(worker, house, chance) -> None:
    """Arrange the end of a worker: at a line of its log, or in the middle of a mail."""
    countdown = chance.randint(1, 3 if (where := chance.choice(["line", "offered", "taken"])) != "line" else 30)

    def count(*_: object) -> None:
        nonlocal countdown
        countdown -= 1
        if countdown == 0:
            worker.process.kill()

    house.system.at.clear()
    if where == "line":
        worker.on_line = count
    else:
        house.system.at[where] = count


def is_done(firm, weekend) -> bool:
    """Whether every mail that may leave now has left."""
    items = firm.items()
    there = [sum(item.letter.purpose == purpose for item in items) for purpose in ("task", "opening")]
    waits = (Outbox.QUEUED,) if weekend else ()
    moved = all(item.state in (*OVER, *(waits if item.letter.purpose == "opening" else ())) for item in items)
    return there == [DEALS, DEALS] and moved


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_worker_that_is_killed_again_and_again_sends_each_mail_once(firm, house, weekend, wait_until, seed):
    chance = random.Random(seed)
    for number, who in enumerate(PEOPLE):
        firm.offer(who, f"offer-{number}@oakline.example")
    assert firm.run("--once").ends() == 0
    for number, who in enumerate(PEOPLE):
        firm.close_deal(who, str(number))
    for _ in range(KILLS):
        worker = firm.run()
        kill_somewhere(worker, house, chance)
        ended = worker.process.poll
        wait_until(lambda ended=ended: ended() is not None or is_done(firm, weekend), lambda worker=worker: worker.log)
        worker.kill()
    house.system.at.clear()
    last = firm.run()
    last.says("waiting for mail")
    wait_until(lambda: is_done(firm, weekend), lambda: last.log)
    assert last.stop() == 0
    assert not any("Traceback" in process.log or "CRITICAL" in process.log for process in firm.processes)
    deals, items = firm.deals(), firm.items()
    assert sorted(len(deal.log) for deal in deals) == [3] * DEALS
    assert len({item.message_id for item in items}) == len(items) == 2 * DEALS
    for item in items:
        # What nobody can know stays uncertain, and is put to the owner later; it is not sent again on a guess.
        assert house.copies(item) == (item.state is Outbox.FILED)
    sent = [data for by, _, data in house.system.taken if by == "deals@oakline.example"]
    assert len(sent) == sum(item.state is Outbox.FILED for item in items)
    if weekend:
        waiting = [item for item in items if item.state is Outbox.QUEUED]
        assert all(item.letter.send_at > datetime.now(UTC) for item in waiting)
