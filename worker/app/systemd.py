"""Tells systemd how the worker is: sd_notify(3), which is one datagram to a socket, so no library is needed."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Mapping

_STATUS_BYTES = 400


class Notifier:
    """Speaks to the service manager where there is one, and is silent where there is none.

    It never raises: a manager that does not listen is no reason to stop the work.
    """

    def __init__(self, address: str = "", watchdog: float | None = None) -> None:
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self.watchdog_every = watchdog / 2 if watchdog else None
        """Seconds between two signs of life: half of WatchdogSec= (sd_watchdog_enabled(3)); None: none wanted."""

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Notifier:
        """The manager that the environment names by NOTIFY_SOCKET (a path, or @abstract), WATCHDOG_USEC and _PID."""
        address = environ.get("NOTIFY_SOCKET", "")
        if not address.startswith(("/", "@")):
            # vsock: and its like are for whole machines, not for a service.
            return cls()
        micro = environ.get("WATCHDOG_USEC", "")
        meant = environ.get("WATCHDOG_PID", "") in ("", str(os.getpid()))
        return cls(address, int(micro) / 1_000_000 if meant and micro.isdigit() else None)

    def ready(self, status: str) -> bool:
        """The start is done: systemd starts what comes after. True when the manager was told."""
        return self._send("READY=1", _status(status))

    def status(self, text: str) -> bool:
        """What `systemctl status` shows."""
        return self._send(_status(text))

    def alive(self) -> bool:
        """A sign of life. Without it for WatchdogSec= the service is killed and started again."""
        return self._send("WATCHDOG=1")

    def stopping(self, status: str) -> bool:
        """The end has begun: no sign of life is waited for any more."""
        return self._send("STOPPING=1", _status(status))

    async def keep_alive(self, is_well: Callable[[], bool]) -> None:
        """Gives signs of life for as long as `is_well` says so; returns at once where none are wanted.

        A loop that hangs gives none either, since this runs in the same loop.
        """
        while self.watchdog_every is not None:
            if is_well():
                self.alive()
            await asyncio.sleep(self.watchdog_every)

    def _send(self, *lines: str) -> bool:
        if not self._address:
            return False
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
            channel.setblocking(False)
            try:
                channel.sendto("\n".join(lines).encode(), self._address)
            except OSError:
                return False
        return True


def _status(text: str) -> str:
    # A line break would begin another assignment: a status must not be able to say READY.
    line = " ".join(text.split()).encode(errors="replace")[:_STATUS_BYTES]
    return f"STATUS={line.decode(errors='ignore')}"
