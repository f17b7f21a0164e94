"""What the service manager hears."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from worker.app.systemd import Notifier


@contextmanager
def manager(address: str) -> Iterator[socket.socket]:
    """A service manager that listens."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.settimeout(5)
        listener.bind("\0" + address[1:] if address.startswith("@") else address)
        yield listener


def heard(listener: socket.socket) -> list[str]:
    return listener.recv(4096).decode().split("\n")


@pytest.fixture(params=["path", "abstract"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "notify") if request.param == "path" else f"@followup-worker-test-{os.getpid()}"


def test_each_word_reaches_the_manager(address: str) -> None:
    with manager(address) as listener:
        notifier = Notifier.of({"NOTIFY_SOCKET": address})
        assert notifier.ready("reading 3 mailboxes")
        assert heard(listener) == ["READY=1", "STATUS=reading 3 mailboxes"]
        assert notifier.status("idle")
        assert heard(listener) == ["STATUS=idle"]
        assert notifier.alive()
        assert heard(listener) == ["WATCHDOG=1"]
        assert notifier.stopping("finishing one mail")
        assert heard(listener) == ["STOPPING=1", "STATUS=finishing one mail"]


def test_a_status_cannot_say_anything_else(address: str) -> None:
    with manager(address) as listener:
        Notifier.of({"NOTIFY_SOCKET": address}).status("a mail from\nMAINPID=1\r\x00 \udc80" + "ä" * 1000)
        lines = heard(listener)
        assert len(lines) == 1
        assert lines[0].startswith("STATUS=a mail from MAINPID=1")


@pytest.mark.parametrize("environ", [{}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "vsock:2:99"}])
def test_without_a_manager_nothing_is_said(environ: dict[str, str]) -> None:
    notifier = Notifier.of(environ)
    assert not notifier.ready("")
    assert notifier.watchdog_every is None


def test_a_manager_that_is_gone_is_no_error(tmp_path: Path) -> None:
    assert not Notifier.of({"NOTIFY_SOCKET": str(tmp_path / "gone")}).alive()


def test_a_manager_that_does_not_read_never_blocks_the_worker(address: str) -> None:
    with manager(address):
        notifier = Notifier.of({"NOTIFY_SOCKET": address})
        assert not all(notifier.alive() for _ in range(10_000))


@pytest.mark.parametrize(
    ("environ", "every"),
    [
        ({"WATCHDOG_USEC": "30000000"}, 15.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 15.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({}, None),
    ],
)
def test_signs_of_life_come_twice_as_often_as_they_are_wanted(environ: dict[str, str], every: float | None) -> None:
    assert Notifier.of({"NOTIFY_SOCKET": "/run/notify"} | environ).watchdog_every == every


def test_no_sign_of_life_is_given_while_the_work_is_not_well(address: str) -> None:
    answers = iter([True, False, False, True])

    async def live(notifier: Notifier) -> None:
        done = asyncio.Event()

        def is_well() -> bool:
            answer = next(answers, None)
            if answer is None:
                done.set()
            return bool(answer)

        task = asyncio.create_task(notifier.keep_alive(is_well))
        await asyncio.wait_for(done.wait(), 5)
        task.cancel()

    with manager(address) as listener:
        asyncio.run(live(Notifier(address, watchdog=0.002)))
        assert [heard(listener), heard(listener)] == [["WATCHDOG=1"], ["WATCHDOG=1"]]
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.recv(100)


def test_where_no_signs_of_life_are_wanted_the_task_ends() -> None:
    asyncio.run(asyncio.wait_for(Notifier().keep_alive(lambda: True), 5))
