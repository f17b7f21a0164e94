"""An append-only file of lines, each proven by its own checksum: a torn or changed line is passed over, alone."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from zlib import crc32

from worker.io.storage import TEMPORARY, sync_folder


class Lines:
    """Lines of a file. Raises OSError; who uses it knows what that means for what it keeps."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._descriptor: int | None = None
        self._torn = False

    def read(self) -> Iterator[bytes]:
        """The sound lines in the order in which they were written; none where there is no file."""
        try:
            file = open(self.path, "rb")  # noqa: SIM115 - closed below, when the reader is done
        except FileNotFoundError:
            return
        with file:
            for line in file:
                if line[8:9] == b" " and line[-1:] == b"\n" and line[:8] == _checksum(line[9:-1]):
                    yield line[9:-1]

    def append(self, line: bytes) -> None:
        """Add a line in one write, not yet flushed to the disk. The line holds no line break."""
        if self._descriptor is None:
            self._open()
        assert self._descriptor is not None
        content = (b"\n" if self._torn else b"") + _framed(line)
        self._torn = True
        written = os.write(self._descriptor, content)
        if written < len(content):
            os.write(self._descriptor, content[written:])  # A full disk says so here.
        self._torn = False

    def sync(self) -> None:
        """Flush what was appended to the disk."""
        if self._descriptor is not None:
            os.fdatasync(self._descriptor)

    def rewrite(self, lines: Iterable[bytes]) -> None:
        """Replace the file by these lines, at once."""
        temporary = self.path + TEMPORARY
        try:
            with open(temporary, "wb", opener=_private) as file:
                file.writelines(map(_framed, lines))
                file.flush()
                os.fsync(file.fileno())
            self.close()
            os.rename(temporary, self.path)
            sync_folder(os.path.dirname(self.path))
        except OSError:
            with suppress(OSError):
                os.unlink(temporary)
            raise

    def size(self) -> int:
        """Bytes on the disk, 0 where there is no file."""
        try:
            return os.stat(self.path).st_size
        except FileNotFoundError:
            return 0

    def close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _open(self) -> None:
        self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        size = os.fstat(self._descriptor).st_size
        self._torn = size > 0 and os.pread(self._descriptor, 1, size - 1) != b"\n"


def _framed(line: bytes) -> bytes:
    return b"%s %s\n" % (_checksum(line), line)


def _checksum(line: bytes) -> bytes:
    return b"%08x" % crc32(line)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
