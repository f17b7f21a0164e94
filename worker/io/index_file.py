"""The index on the disk, so that a start need not read every deal. It is never believed over the deals.

A line for each commit: the name of the deal's file, the file's stamp (inode, time and size, as they were right after
the commit), and the deal's entry. An entry counts only while the file still has that stamp: a kill between a commit
and its line, a restored backup, an edit by hand all change it, and then the deal itself is read. A copied folder has
other inodes, so its first start reads all deals.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from hashlib import sha256

import msgspec

from worker.core.entry import Entry
from worker.io.codec import SCHEMA
from worker.io.lines import Lines
from worker.io.storage import too_new

FORMAT = 1
"""Raised whenever what an Entry holds changes."""
_SLACK = 10_000
"""Outdated lines that are not worth a rewrite."""


class IndexFile:
    """The entries of the deals, with the stamps of their files."""

    def __init__(self, path: str, key: bytes) -> None:
        self._lines = Lines(path)
        # The entries hold hashes under the key: with another key they say nothing.
        self._head = f"index {FORMAT} {SCHEMA} {sha256(b'index' + key).hexdigest()[:16]}".encode()
        self._count = 0
        self._broken = False
        self.vanished: tuple[str, ...] = ()
        """Names that it knew and that had no stamp at the last reading."""

    def entries(self, stamps: dict[str, str]) -> Iterator[Entry]:
        """The entries that are still true by these stamps (name -> stamp); takes their names out of `stamps`.

        Raises StateTooNew where a newer version of the program has written the file.
        """
        decode = msgspec.json.Decoder(Entry).decode
        gone: dict[str, None] = {}
        taken: set[str] = set()
        for line in self._entry_lines():
            name, stamp, text = _parts(line)
            found = stamps.get(name)
            if found is None:
                gone[name] = None
            elif found == stamp and name not in taken:
                with suppress(msgspec.DecodeError):
                    yield decode(text)
                    taken.add(name)
        for name in taken:
            del stamps[name]
        self.vanished = tuple(gone)

    def note(self, name: str, stamp: str, entry: Entry) -> None:
        """Add what was committed. A file that cannot be written is left behind: the next start reads the deal."""
        if self._broken:
            return
        try:
            if self._count == 0:
                self._lines.rewrite([self._head])
                self._count = 1
            self._lines.append(f"{name} {stamp} ".encode() + msgspec.json.encode(entry))
            self._count += 1
        except UnicodeEncodeError:
            return  # Half a character out of a broken mail: that one deal is read again at the next start.
        except OSError:
            self._broken = True

    def is_long(self, deals: int) -> bool:
        """Whether most of its lines are outdated."""
        return self._count > 2 * deals + _SLACK

    def shorten(self, keep: Callable[[str], bool]) -> None:
        """Drop the lines that a later one has replaced, and those of names that are not to be kept."""
        last = {_parts(line)[0]: number for number, line in enumerate(self._entry_lines())}
        kept = {number for name, number in last.items() if keep(name)}
        try:
            self._lines.rewrite(self._chosen(kept))
            self._count = len(kept) + 1
        except OSError:
            self._broken = True

    def close(self) -> None:
        self._lines.close()

    def _chosen(self, kept: set[int]) -> Iterable[bytes]:
        yield self._head
        yield from (line for number, line in enumerate(self._entry_lines()) if number in kept)

    def _entry_lines(self) -> Iterator[bytes]:
        """The lines after the head, counted; none where the file is of another make."""
        lines = self._lines.read()
        head = next(lines, None)
        self._count = 0
        if head != self._head:
            _refuse_newer(self._lines.path, head or b"")
            return
        self._count = 1
        for line in lines:
            self._count += 1
            yield line


def stamp_of(found: os.stat_result) -> str:
    """What changes with every commit: each writes a new file, so even two within one tick of the clock differ."""
    return f"{found.st_ino}.{found.st_mtime_ns}.{found.st_size}"


def _parts(line: bytes) -> tuple[str, str, bytes]:
    name, stamp, text = line.split(b" ", 2)
    return name.decode(), stamp.decode(), text


def _refuse_newer(path: str, head: bytes) -> None:
    parts = head.split(b" ")
    if len(parts) == 4 and parts[0] == b"index" and parts[2].isdigit() and int(parts[2]) > SCHEMA:
        raise too_new(path, int(parts[2]))
