"""Kills, full disks and read-only folders: no deal is lost, torn, or half of it taken for the whole."""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from worker.core.model import (
    Address,
    Cursor,
    Deal,
    DealId,
    Kind,
    LoggedMail,
    MessageId,
    Party,
    Place,
    Speaker,
    Suppressed,
    Suppression,
    Unplaced,
)
from worker.io.storage import StateUnwritable
from worker.io.store import Store, deal_file

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
OWNER = Party(address=Address("olga@firm.example"))
ANN = Address("ann@acme.example")
D1 = DealId("d1")
TOUCHES = frozenset({"open", "os.mkdir", "os.link", "os.rename", "os.remove", "os.truncate"})
"""What Python reports of a process's dealings with files (sys.addaudithook)."""


def a_deal(id: str = "d1", version: int = 0, **changes: Any) -> Deal:
    mail = LoggedMail(id=MessageId(f"{id}-{version}"), at=NOW, sender=ANN, to=(), subject="", kind=Kind.HUMAN,
                      speaker=Speaker.CONTACT)  # fmt: skip
    parts: dict[str, Any] = {"ref": id, "owner": OWNER, "title": str(version), "created": NOW, "log": (mail,)}
    return Deal(id=DealId(id), **{**parts, **changes})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "state"
    with Store.open(folder) as store:
        store.commit(a_deal(version=0))
        store.commit(a_deal(version=1))
    return folder


def version_of(store: Store, id: DealId = D1) -> int:
    """The version on the disk; the index has to agree with it."""
    deal = store.deal(id)
    assert deal is not None
    version = int(deal.title)
    assert store.index.by_message(MessageId(f"{id}-{version}")) == (id,)
    assert store.index.by_message(MessageId(f"{id}-{version + 1}")) == ()
    return version


@contextmanager
def child_of(work: Callable[[int], None]) -> Iterator[tuple[int, int]]:
    """A process that does the work with the writing end of a pipe; gives its id and the reading end."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work(writing)
            code = 0
        finally:
            os._exit(code)
    os.close(writing)
    try:
        yield child, reading
    finally:
        os.close(reading)


def ended(child: int) -> int:
    """How a process ended: 0 for done, minus the number of the signal that killed it."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


# -- kills ---------------------------------------------------------------------------------


def test_a_kill_at_any_random_moment_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    chance = random.Random(20260302)
    folder = tmp_path / "state"
    Store.open(folder).close()
    reached = [0] * 4
    for _ in range(30):
        acknowledged = commits_until_killed(folder, list(reached), chance)
        with Store.open(folder) as store:
            assert store.faults == ()
            for number, before in enumerate(acknowledged):
                id = DealId(f"d{number}")
                if before or id in store.index:
                    # The commit under way is whole or has not happened.
                    assert version_of(store, id) in (before, before + 1)
                    reached[number] = version_of(store, id)
    assert min(reached) > 10


def commits_until_killed(folder: Path, versions: list[int], chance: random.Random) -> list[int]:
    """Commit four deals in turn in a child, kill it at a random moment, and say what it had acknowledged."""

    def work(pipe: int) -> None:
        with Store.open(folder) as store:
            while True:
                for number in range(4):
                    versions[number] += 1
                    store.commit(a_deal(f"d{number}", versions[number]))
                    os.write(pipe, bytes([number]))

    acknowledged = list(versions)
    with child_of(work) as (child, pipe):
        for _ in range(chance.randrange(1, 25)):
            acknowledged[os.read(pipe, 1)[0]] += 1
        for _ in range(chance.randrange(0, 20_000)):
            pass  # Somewhere within the next commit.
        os.kill(child, signal.SIGKILL)
        assert ended(child) == -signal.SIGKILL
        while rest := os.read(pipe, 100):
            for number in rest:
                acknowledged[number] += 1
    return acknowledged


def killed_at(step: int, work: Callable[[], None]) -> bool:
    """Do work in a child that kills itself when it touches files for the step-th time. Whether it came that far."""

    def counted(pipe: int) -> None:
        touched = 0

        def hook(event: str, _arguments: tuple[Any, ...]) -> None:
            nonlocal touched
            if event in TOUCHES:
                touched += 1
                if touched == step:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(hook)
        work()

    with child_of(counted) as (child, _):
        how = ended(child)
    assert how in (0, -signal.SIGKILL)
    return how != 0


def every_step(work: Callable[[], None]) -> Iterator[int]:
    """Kill the work at its first dealing with a file, then at its second, until it gets through."""
    step = 1
    while killed_at(step, work):
        yield step
        step += 1
    assert step > 5


def test_a_kill_at_every_step_of_a_commit_leaves_the_old_or_the_new_deal(folder: Path) -> None:
    version = 1

    def work() -> None:
        with Store.open(folder) as store:
            store.commit(a_deal(version=version + 1))

    for _ in every_step(work):
        with Store.open(folder) as store:
            assert store.faults == ()
            assert version_of(store) in (version, version + 1)
            version = version_of(store)


def test_a_kill_at_every_step_of_a_first_commit_leaves_the_deal_or_none(folder: Path) -> None:
    step = 0

    def work() -> None:
        with Store.open(folder) as store:
            store.commit(a_deal(f"new{step}"))

    for step in every_step(work):  # noqa: B007 - the work reads it
        with Store.open(folder) as store:
            assert store.faults == ()
            assert all(store.deal(id) is not None for id in store.ids())
            assert version_of(store) == 1


def test_a_kill_at_every_step_of_a_repair_loses_neither_the_damaged_file_nor_its_copy(folder: Path) -> None:
    file = deal_file(folder, D1)

    def damage() -> None:
        file.write_bytes(b"damaged")

    def work() -> None:
        Store.open(folder).close()

    damage()
    for _ in every_step(work):
        with Store.open(folder) as store:
            assert version_of(store) == 0
            assert {path.read_bytes() for path in (folder / "corrupt").iterdir()} == {b"damaged"}
        shutil.rmtree(folder / "corrupt")
        damage()


def test_a_kill_at_every_step_of_a_new_opt_out_forgets_no_older_one(folder: Path) -> None:
    bob = Address("bob@acme.example")
    before = Suppression(people={ANN: Suppressed(address=ANN, opted_out=NOW)})
    after = Suppression(people={**before.people, bob: Suppressed(address=bob, opted_out=NOW)})

    def work() -> None:
        with Store.open(folder) as store:
            store.commit_suppression(after)

    with Store.open(folder) as store:
        store.commit_suppression(before)
    for _ in every_step(work):
        with Store.open(folder) as store:
            assert store.suppression in (before, after)
            store.commit_suppression(before)


# -- full disks and folders that are not ours ----------------------------------------------


def test_a_limit_on_the_size_of_files_stops_a_commit_and_loses_nothing(folder: Path) -> None:
    def work(pipe: int) -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        with Store.open(folder) as store:
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
            with pytest.raises(StateUnwritable, match="LimitFSIZE"):
                store.commit(a_deal(version=2, title="t" * 100_000))
            assert version_of(store) == 1
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            store.commit(a_deal(version=2))
            os.write(pipe, b"refused, then taken")

    with child_of(work) as (child, pipe):
        assert os.read(pipe, 100) == b"refused, then taken"
        assert ended(child) == 0
    with Store.open(folder) as store:
        assert (version_of(store), store.faults) == (2, ())


def test_a_full_disk_leaves_deal_index_cursor_and_suppression_as_they_were(folder: Path) -> None:
    cursor = Cursor(account="main", folder="INBOX", uidvalidity=1, uid=5)
    with Store.open(folder) as store:
        store.commit_cursor(cursor)
        for file in (folder / "cursors.json", folder / "suppression.json.bak", deal_file(folder, D1)):
            os.symlink("/dev/full", f"{file}.tmp")
        for write in (
            lambda: store.commit(a_deal(version=2)),
            lambda: store.commit_cursor(replace(cursor, uid=6)),
            lambda: store.commit_suppression(Suppression(people={ANN: Suppressed(address=ANN)})),
        ):
            with pytest.raises(StateUnwritable, match="No space left"):
                write()
        assert (version_of(store), store.cursor("main", "INBOX"), store.suppression.people) == (1, cursor, {})
    with Store.open(folder) as store:
        assert (version_of(store), store.cursor("main", "INBOX"), store.suppression.people) == (1, cursor, {})
        assert store.faults == ()


def test_a_mail_that_cannot_be_kept_is_refused_so_that_the_cursor_waits(folder: Path) -> None:
    place = Place(account="main", folder="INBOX", uidvalidity=1, uid=1)
    mail = Unplaced(id=MessageId("u"), place=place, at=NOW, sender=ANN, subject="", why="")
    with Store.open(folder) as store:
        assert store.unplaced() == ()
        os.symlink("/dev/full", folder / "unplaced.lines")
        with pytest.raises(StateUnwritable, match=r"unplaced\.lines: .*No space left"):
            store.keep(mail)
        assert store.unplaced() == ()


def test_a_folder_that_belongs_to_somebody_else_is_refused_in_one_line() -> None:
    with tempfile.TemporaryDirectory() as base:
        os.chmod(base, 0o755)
        folder = Path(base, "state")
        folder.mkdir(mode=0o555)

        def work(pipe: int) -> None:
            if os.geteuid() == 0:  # Nothing is forbidden to root.
                os.setgid(65534)
                os.setuid(65534)
            try:
                Store.open(folder)
            except StateUnwritable as error:
                os.write(pipe, str(error).encode())

        with child_of(work) as (child, pipe):
            line = os.read(pipe, 1000).decode()
            assert ended(child) == 0
    assert line.startswith(f"{folder}: cannot be written: Permission denied. Give the folder to the user")
    assert "\n" not in line


def test_a_path_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    with pytest.raises(StateUnwritable, match="cannot be written"):
        Store.open(tmp_path / "state")
    with pytest.raises(StateUnwritable, match="Set WORKER_STATE_DIR to a folder"):
        Store.open(tmp_path / "state" / "below")
