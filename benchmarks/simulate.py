"""Ten thousand made-up deals of ninety days, in one process; every rule is checked, every fault told by its seed.

    python benchmarks/simulate.py [--deals 10000] [--first 0] [--seed N] [--profile]

`--seed N` lives one story through and prints what happened in it.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import sys
import time
from zoneinfo import ZoneInfo

from worker.app.household import Household
from worker.app.library import read_library
from worker.app.made_up import OWNER, TOGETHER, broken_rules, live, story_of
from worker.app.writing import Writer
from worker.core.model import Address, Reading
from worker.core.playbook import Mode
from worker.core.signal import notaries
from worker.core.situation import Caps
from worker.io.memory_store import MemoryStore
from worker.io.shipped import shipped

WORKER = Address("deals@tarn.example")


def main() -> int:
    """Live them through. Returns 1 where a rule was broken."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--deals", type=int, default=10_000)
    asked.add_argument("--first", type=int, default=0)
    asked.add_argument("--seed", type=int)
    asked.add_argument("--profile", action="store_true")
    given = asked.parse_args()
    household = _household()
    writer = Writer(household.library, WORKER)
    if given.seed is not None:
        return _tell(given.seed, household, writer)
    watch = cProfile.Profile()
    begun, sent, faults = time.process_time(), 0, 0
    if given.profile:
        watch.enable()
    end = given.first + given.deals
    for first in range(given.first, end, TOGETHER):
        stories = [story_of(seed) for seed in range(first, min(first + TOGETHER, end))]
        life = live(stories, household, writer)
        sent += len(life.departures)
        for story in stories:
            for fault in broken_rules(story, life):
                faults += 1
                print(f"seed {story.number}: {fault}")
    watch.disable()
    spent = time.process_time() - begun
    print(f"{given.deals} deals of 90 days, {sent} mails, {faults} faults, {spent:.1f} s of processor (asked for: under 60)")
    if given.profile:
        pstats.Stats(watch).sort_stats("tottime").print_stats(40)
    return 1 if faults else 0


def _household() -> Household:
    library = read_library(shipped("playbooks"), shipped("templates"))
    return Household(
        reading=Reading(address=WORKER, team=("@tarn.example",), key=b"made up", notaries=notaries(library.signals)),
        library=library, keeper=MemoryStore(), zone=ZoneInfo("Europe/Berlin"), country="DE", mode=Mode.SEND,
        caps=Caps(per_hour=1000, per_day=1000), watched=frozenset({OWNER.address}), approved=True,
    )  # fmt: skip


def _tell(seed: int, household: Household, writer: Writer) -> int:
    story = story_of(seed)
    life = live([story], household, writer)
    for moment in sorted(story.moments, key=lambda one: one.day):
        print(f"day {moment.day:5.1f}  {moment.turn} {moment.days or ''}")
    print(f"{story.person.address} in {story.zone}, from {story.begins:%a %d %b %Y}")
    for row in sorted(life.rows, key=lambda row: row.decision.at):
        one = row.decision
        at = one.at.astimezone(ZoneInfo(story.zone))
        print(f"{at:%a %d %b %Y %H:%M}  {one.action:<6} {one.purpose or one.stage or '':<16} {one.playbook:<20} {one.why}")
    faults = broken_rules(story, life)
    print("\n".join(faults) or "no rule is broken")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
