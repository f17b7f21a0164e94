"""The lock on the state folder: one worker at a time."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress

from worker.io.storage import TEMPORARY, StateError, unwritable


class StateLocked(StateError):
    """Another process holds the folder."""


class Claim:
    """Holds the lock until it is released, or the process ends in whatever way (flock(2))."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor

    @classmethod
    def take(cls, folder: str) -> Claim:
        """Lock the folder, and make it where there is none. Raises StateLocked and StateUnwritable."""
        try:
            os.makedirs(folder, 0o700, exist_ok=True)
            descriptor = os.open(os.path.join(folder, "lock"), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise unwritable(folder, error) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(descriptor, 32).decode("ascii", "replace").strip() or "unknown"
            os.close(descriptor)
            raise StateLocked(
                f"{folder}: is held by another worker (process {holder}). Stop that one first, or set WORKER_STATE_DIR "
                "to another folder."
            ) from error
        try:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
            _prove_writable(folder)
        except OSError as error:
            os.close(descriptor)
            raise unwritable(folder, error) from error
        return cls(descriptor)

    def release(self) -> None:
        """Let the next one in. The file stays: to delete it would let two in."""
        if self._descriptor is not None:
            with suppress(OSError):
                os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None


def _prove_writable(folder: str) -> None:
    """The lock file can be writable in a folder that is not: say so at the start, not at the first mail."""
    path = os.path.join(folder, "probe" + TEMPORARY)
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
    os.unlink(path)
