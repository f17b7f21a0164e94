"""What the state costs as it grows: a commit at 100 and at 100,000 deals, the start, and the memory.

    python benchmarks/store.py [--deals 100000] [--folder DIR]

Each number stands beside its peer in the same run: a commit beside a bare "temporary file, flush, rename, flush the
folder" of the same bytes, since the disk sets the floor. Prints one row for each, and what the design asks for.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from worker.core.model import (
    Action,
    Address,
    Contact,
    Deal,
    DealId,
    Decision,
    Event,
    Evidence,
    Kind,
    Letter,
    LoggedMail,
    MessageId,
    Outbox,
    OutboxItem,
    Party,
    Speaker,
    Stage,
    StageChange,
    Strength,
)
from worker.io.codec import SCHEMA, to_document
from worker.io.storage import replace_file, sealed
from worker.io.store import Store, deal_file

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
MAILS = 10
"""Mails in a deal: a thread of half a year."""
ROUNDS = 9
COMMITS = 60
"""A round of each kind in turn, so that a busy moment of the disk hits all alike."""


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--deals", type=int, default=100_000)
    asked.add_argument("--folder", type=Path, help="where to build the state; a temporary folder by default")
    asked.add_argument("--start-only", type=Path, help=argparse.SUPPRESS)
    options = asked.parse_args()
    if options.start_only:
        start(options.start_only)
        return
    folder = Path(tempfile.mkdtemp(prefix="store-", dir=options.folder))
    try:
        measure(folder, options.deals)
    finally:
        shutil.rmtree(folder)


def measure(folder: Path, many: int) -> None:
    for name, count in (("few", 100), ("many", many)):
        seconds = timed(lambda name=name, count=count: fill(folder / name, count))
        print(f"{count:>7,} deals built in {seconds:.1f} s")
    rebuilt = in_child(folder / "many")
    print(f"start without an index   {rebuilt[0]:7.2f} s   ({many:,} deals read)")
    warm = in_child(folder / "many")
    print(f"start                    {warm[0]:7.2f} s   (at most 5)")
    print(f"memory after the start   {warm[1]:7.0f} MB  (at most 300; after a rebuild {rebuilt[1]:.0f})")
    few, lots, floor = commits(folder, many)
    print(f"bare file, flushed       {floor:7.3f} ms")
    print(f"commit at 100 deals      {few:7.3f} ms  {few / floor:.2f} of the bare file")
    print(f"commit at {many:<8,}       {lots:7.3f} ms  {lots / few:.2f} of that at 100 (at most 1.2)")
    print(f"tick, nothing due        {tick(folder / 'many'):7.4f} ms")


def commits(folder: Path, many: int) -> tuple[float, float, float]:
    """Milliseconds of a commit in the small state, in the large one, and of the bare file: medians over rounds."""
    chance = random.Random(1)
    payload = sealed({"deal": {"1": to_document(deal(1))}}, SCHEMA)
    times: dict[str, list[float]] = {"few": [], "many": [], "bare": []}
    (folder / "bare").mkdir()
    with Store.open(folder / "few") as small, Store.open(folder / "many") as large:
        for _ in range(ROUNDS):
            for name, store, count in (("few", small, 100), ("many", large, many)):
                chosen = [replace(deal(chance.randrange(count)), title="Changed") for _ in range(COMMITS)]
                times[name].append(timed(lambda store=store, chosen=chosen: [store.commit(one) for one in chosen]))
            paths = [str(folder / "bare" / f"{chance.randrange(100)}") for _ in range(COMMITS)]
            times["bare"].append(timed(lambda paths=paths: [replace_file(path, payload) for path in paths]))
    few, lots, bare = (statistics.median(times[name]) / COMMITS * 1000 for name in ("few", "many", "bare"))
    return few, lots, bare


def tick(folder: Path) -> float:
    with Store.open(folder) as store:
        return timed(lambda: [store.index.due(START - timedelta(days=1)) for _ in range(1000)])


def start(folder: Path) -> None:
    """Open the state once in a process of its own, and print seconds and megabytes."""
    seconds = timed(lambda: Store.open(folder).close())
    print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def in_child(folder: Path) -> tuple[float, float]:
    command = [sys.executable, __file__, "--start-only", str(folder)]
    seconds, megabytes = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(seconds), float(megabytes)


def fill(folder: Path, count: int) -> None:
    """Build a state quickly: the very files of a commit, unflushed. The index is left to the first start."""
    Store.open(folder).close()
    for number in range(count):
        one = deal(number)
        path = deal_file(folder, one.id)
        path.parent.mkdir(exist_ok=True)
        content = sealed({"deal": {"1": to_document(one)}}, SCHEMA)
        path.write_bytes(content)
    os.sync()


def deal(number: int) -> Deal:
    """A deal of a usual size: ten mails in one thread, three people, two mails of ours."""
    owner = Party(address=Address(f"owner{number % 20}@firm.example"), name="Olga Owner")
    domain = f"customer{number // 2}.example"
    people = tuple(
        Contact(address=Address(f"{name}{number}@{domain}"), name=f"{name} Example {number}", words=3)
        for name in ("ann", "bob", "carol")
    )
    log = tuple(mails(number, owner.address, people[0].address))
    proposed = Evidence(
        event=Event.PROPOSAL_SENT, strength=Strength.CERTAIN, quote="please find our proposal attached",
        signal="proposal.en", found_in=log[0].id, at=log[0].at, speaker=Speaker.OWNER, by=owner.address,
    )  # fmt: skip
    sent = tuple(item(number, turn, owner, people[0]) for turn in range(2))
    return Deal(
        id=DealId(f"{log[0].id}/{people[0].address}"), ref=f"{number:07x}", owner=owner, title=f"Paint shop {number}",
        created=log[0].at, company=domain, contacts=people, evidence=(proposed,), log=log,
        stages=(StageChange(at=log[0].at, stage=Stage.PROPOSED, why="a proposal was sent", found_in=(log[0].id,)),),
        decisions=tuple(
            Decision(at=mail.at, action=Action.SEND, why="five business days without a word", found_in=(mail.id,))
            for mail in log[:4]
        ),
        outbox=sent, due_at=START + timedelta(minutes=number),
    )  # fmt: skip


def mails(number: int, owner: Address, contact: Address) -> Iterator[LoggedMail]:
    ids = [MessageId(f"{number}.{turn}.0123456789abcdef@mail.example") for turn in range(MAILS)]
    for turn, id in enumerate(ids):
        mine = turn % 2 == 0
        yield LoggedMail(
            id=id, at=START + timedelta(days=turn), sender=owner if mine else contact, to=(contact if mine else owner,),
            subject="Re: The paint shop in the north hall", kind=Kind.HUMAN,
            speaker=Speaker.OWNER if mine else Speaker.CONTACT, asks=mine, references=tuple(ids[:turn]),
            extract="Thank you for the talk. I have put down what we said, and what it would come to. " * 2,
        )  # fmt: skip


def item(number: int, turn: int, owner: Party, contact: Contact) -> OutboxItem:
    letter = Letter(
        id=f"{number}/nudge/{turn}", purpose="nudge", template="prospect/nudge", sender=owner,
        to=(Party(address=contact.address, name=contact.name),), subject="Re: The paint shop", body="Any news? " * 20,
        send_at=START + timedelta(days=11 + turn),
    )  # fmt: skip
    return OutboxItem(
        letter=letter, message_id=MessageId(f"own.{number}.{turn}@firm.example"), data=b"", state=Outbox.FILED,
        envelope_from=owner.address, envelope_to=(contact.address,), changed=letter.send_at,
    )  # fmt: skip


def timed(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
