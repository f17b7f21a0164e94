"""A thread of its own for what blocks."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")


class LaneEnded(Exception):
    """Nobody waits for this work any more."""


class Lane:
    """One thread that does one thing after the other.

    Not a ThreadPoolExecutor: the interpreter waits for an executor's threads before it exits, and a thread that
    hangs in a name look-up cannot be woken. This one is a daemon and is left behind when it does not come back.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._awaited: set[asyncio.Future[Any]] = set()
        self._ended = False

    async def do(self, job: Callable[[], T]) -> T:
        """Run a job in the thread and hand back what it returns or raises.

        Raises:
            LaneEnded: the lane was ended before the job was done.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()

        def run() -> None:
            try:
                settle = partial(_settle, done, job())
            except BaseException as error:  # whatever it is, it belongs to who waits for it
                settle = partial(_fail, done, error)
            with suppress(RuntimeError):  # the loop is gone, and so is who waited
                loop.call_soon_threadsafe(settle)

        self.put(run)
        self._awaited.add(done)
        try:
            return await done
        finally:
            self._awaited.discard(done)

    def put(self, job: Callable[[], None]) -> None:
        """Have a job done, and do not wait for it."""
        if self._ended:
            raise LaneEnded
        if self._thread is None:
            self._thread = threading.Thread(target=_work, args=(self._jobs,), name=self._name, daemon=True)
            self._thread.start()
        self._jobs.put(job)

    def end(self) -> None:
        """Let the thread go once it has done what it is at; who still waits for it gets LaneEnded."""
        self._ended = True
        self._jobs.put(None)
        for done in self._awaited:
            if not done.done():
                done.set_exception(LaneEnded())


def _work(jobs: queue.SimpleQueue[Callable[[], None] | None]) -> None:
    while (job := jobs.get()) is not None:
        job()


def _settle(done: asyncio.Future[T], result: T) -> None:
    if not done.done():
        done.set_result(result)


def _fail(done: asyncio.Future[T], error: BaseException) -> None:
    if not done.done():
        done.set_exception(error)
