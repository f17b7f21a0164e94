"""A past mailbox: its mails read from disk, understood by every processor at once, and put in the order of their Date."""

from __future__ import annotations

import mmap
import multiprocessing
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from worker.app.understanding import detected
from worker.core.model import Evidence, Message, Place, RawMail, Reading
from worker.core.signal import Signals
from worker.mail.parse import parse

_SEPARATOR = re.compile(rb"^From [^\r\n]*\r?\n(?=[!-9;-~]+:|>From )", re.MULTILINE)
_HEAD = re.compile(rb"\r?\n\r?\n")
_LONGEST_HEAD = 1 << 16
_WORTH_A_PROCESS = 400
"""Mails; fewer are read sooner than a second process has begun."""
_AT_ONCE = 64
_NO_DATE = datetime(1970, 1, 1, tzinfo=UTC)

Progress = Callable[[str, int, int], None]
"""Told of what is done, how much of it, and of how much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastMail:
    """A mail of the past, understood, at the time of its Date."""

    at: datetime
    message: Message
    evidence: tuple[Evidence, ...]
    head: bytes
    """Its header section, where a Bcc may still be found."""


Source = Path | tuple[Path, int, int] | bytes
"""A file, a piece of one, or the mail itself."""


def sources(path: Path) -> list[Source]:
    """Where each mail of an mbox, a Maildir or a folder of files lies."""
    if path.is_file():
        return list(_in_mbox(path)) if _is_mbox(path) else [path]
    files = [file for file in sorted(path.rglob("*")) if file.is_file() and not file.name.startswith(".")]
    kept = [file for file in files if file.parent.name in ("cur", "new")]
    # Beside the mails of a Maildir lie the notes of its server, and what is half delivered.
    return list(kept or files)


def read_mailbox(path: Path) -> Iterator[bytes]:
    """Every mail of an mbox, a Maildir or a folder of files."""
    return map(_bytes_of, sources(path))


def _is_mbox(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(5) in (b"From ", b"")


def _in_mbox(path: Path) -> Iterator[tuple[Path, int, int]]:
    """The pieces of an mbox: a line "From ..." begins one where a header follows it, and an empty line or a time of day
    shows that it is none of the mail's own (RFC 4155; many programs leave "From" at the head of a line as it is).
    """
    size = path.stat().st_size
    if not size:
        return
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        begins = [found.span() for found in _SEPARATOR.finditer(data) if _separates(data, found.start(), found[0])]
    if not begins:
        begins = [(0, 0)]
    for number, (_, begin) in enumerate(begins):
        end = begins[number + 1][0] if number + 1 < len(begins) else size
        yield path, begin, end - begin


def _separates(data: mmap.mmap, start: int, line: bytes) -> bool:
    before = data[max(0, start - 4) : start]
    return not before or before.endswith((b"\n\n", b"\n\r\n")) or re.search(rb"\d\d:\d\d", line) is not None


def _bytes_of(source: Source) -> bytes:
    match source:
        case bytes():
            return source
        case Path():
            return source.read_bytes()
        case (path, begin, length):
            with path.open("rb") as file:
                file.seek(begin)
                return file.read(length)


# -- understanding them --------------------------------------------------------------------


def understood(
    given: Iterable[Source], reading: Reading, signals: Signals, *,
    processes: int | None = None, progress: Progress | None = None,
) -> list[PastMail]:  # fmt: skip
    """Every mail in order of time. A mail that lies in several mailboxes counts once, in the copy of the worker's own.

    Args:
        processes: how many read at once; None takes every processor, where that is worth it.
    """
    mails = list(given)
    processes = processes or (os.cpu_count() or 1 if len(mails) >= _WORTH_A_PROCESS else 1)
    read = partial(_understand, reading=reading, signals=signals)
    seen: dict[str, PastMail] = {}
    for number, past in enumerate(_each(read, mails, processes)):
        if str(past.message.id) not in seen or not past.message.place.account:
            seen[str(past.message.id)] = past
        if progress is not None:
            progress("reading", number + 1, len(mails))
    return sorted(seen.values(), key=lambda past: (past.at, past.message.place.uid))


_Read = Callable[[Source, int], PastMail]
_work: tuple[_Read, list[Source]] | None = None
"""What the processes of one reading share; they are forked, so it need not be sent to them."""


def _each(read: _Read, mails: list[Source], processes: int) -> Iterator[PastMail]:
    if processes < 2 or "fork" not in multiprocessing.get_all_start_methods():
        yield from map(read, mails, range(len(mails)))
        return
    global _work
    _work = read, mails
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        yield from pool.imap(_shared, range(len(mails)), chunksize=_AT_ONCE)
    _work = None


def _shared(number: int) -> PastMail:
    if _work is None:
        raise RuntimeError("only a process that was forked for a reading reads for it")
    read, mails = _work
    return read(mails[number], number)


def _understand(source: Source, number: int, *, reading: Reading, signals: Signals) -> PastMail:
    data = _bytes_of(source)
    message = parse(RawMail(place=Place(uid=number + 1), data=data, size=len(data)), reading)
    at = message.date or message.received or _NO_DATE
    # The virtual mailbox gets each mail in the moment of its Date.
    place = replace(message.place, account=_mailbox_of(message, reading))
    message = replace(message, received=at, place=place)
    return PastMail(
        at=at, message=message, evidence=detected(message, data, signals, reading),
        head=_HEAD.split(data[:_LONGEST_HEAD], maxsplit=1)[0],
    )  # fmt: skip


def _mailbox_of(message: Message, reading: Reading) -> str:
    """ "" for the worker's own mailbox, else whose: told apart by Delivered-To."""
    whose = [address for address in message.delivered_to if not reading.is_ours(address)]
    return whose[0] if whose and len(whose) == len(message.delivered_to) else ""
