"""The clocks. Nothing below app reads one: time is an argument there."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time, and waits for it."""

    def now(self) -> datetime:
        """The present moment, aware."""

    async def sleep_until(self, moment: datetime | None, wake: asyncio.Event) -> None:
        """Wait for a moment, None for ever, or until somebody wakes us; the event is cleared."""


class SystemClock:
    """The clock on the wall."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep_until(self, moment: datetime | None, wake: asyncio.Event) -> None:
        # Never longer than an hour: a laptop that slept, or a clock that was set, is noticed.
        seconds = 3600.0 if moment is None else min(3600.0, max(0.0, (moment - self.now()).total_seconds()))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await wake.wait()
        wake.clear()


class StoryClock:
    """A clock that a story moves on; whoever waits on it wakes when the story has got there."""

    def __init__(self, begin: datetime) -> None:
        self._now = begin
        self._moved = asyncio.Event()
        self.waiting_for: datetime | None = None
        """The moment for which the worker sleeps; None while it sleeps for no moment."""
        self.resting = asyncio.Event()
        """Set while the worker sleeps."""

    def now(self) -> datetime:
        return self._now

    def move_to(self, moment: datetime) -> None:
        """Let it be that moment. Time never runs back."""
        self._now = max(self._now, moment)
        if self.waiting_for is not None and self.waiting_for <= self._now:
            self.resting.clear()
        self._moved.set()

    async def sleep_until(self, moment: datetime | None, wake: asyncio.Event) -> None:
        self.waiting_for = moment
        await asyncio.sleep(0)  # even a wait for nothing lets the others work
        while not wake.is_set() and (moment is None or moment > self._now):
            self.resting.set()
            self._moved.clear()
            waits = [asyncio.ensure_future(wake.wait()), asyncio.ensure_future(self._moved.wait())]
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for one in waits:
                    one.cancel()
        self.resting.clear()
        wake.clear()
