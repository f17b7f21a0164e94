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

from _made_up import TOGETHER, WORKER, broken_rules, household_of_stories, live, story_of

from worker.app.household import Household
from worker.app.writing import Writer


def main() -> int:
    """Live them through. Returns 1 where a rule was broken."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--deals", type=int, default=10_000)
    asked.add_argument("--first", type=int, default=0)
    asked.add_argument("--seed", type=int)
    asked.add_argument("--profile", action="store_true")
    given = asked.parse_args()
    household = household_of_stories()
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
