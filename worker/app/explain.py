"""What the worker sees in a mail, and why: `worker explain`.

A folder is read by all cores; the order of the output is the order of the files.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from worker.core.signal import notaries
from worker.io.signal_files import SignalFileError, default_cache, read_signals

if TYPE_CHECKING:
    from worker.app.foresight import Foresight
    from worker.core.model import Evidence, Forwarded, Message, RawMail, Reading
    from worker.core.signal import Signals
    from worker.settings import Settings

_CONFIGURATION = 78
"""Exit code of sysexits.h for a configuration that is wrong."""
_CHUNK = 64
"""Files a core takes at a time."""
_WORTH_A_CORE = 200
"""Below this many files a second process costs more than it brings."""


@dataclass(frozen=True, slots=True)
class _Task:
    """What every core needs, handed over once."""

    signals: Signals
    reading: Reading
    as_json: bool
    marked: bool
    foresight: Foresight | None = None
    now: datetime | None = None


def run_explain(
    paths: Sequence[Path], reading: Reading, signals_dir: Path, *, as_json: bool, out: TextIO,
    foresight: Foresight | None = None, now: datetime | None = None,
) -> int:  # fmt: skip
    """Explain files and folders (searched recursively) onto `out`.

    Args:
        foresight: for a person, the state in which to look for the deal of a mail; None reads no state.
        now: the moment to foresee from.

    Returns:
        0, or 1 where a file could not be read (the others are explained).

    Raises:
        SignalFileError: the signal files are wrong.
    """
    signals = read_signals(signals_dir, cache=default_cache())
    marked = not as_json and out.isatty()
    task = _Task(signals, replace(reading, notaries=notaries(signals)), as_json, marked, foresight, now)
    files = list(find_files(paths))
    failed = 0
    for text, faults in _explained(files, task):
        _write(text, out)
        for fault in faults:
            failed = 1
            print(fault, file=sys.stderr)
    return failed


def explain(paths: Sequence[Path], settings: Settings, *, as_json: bool) -> int:
    """`worker explain`: onto the standard output, with the signals of the settings' playbooks.

    For a machine no state is read, hence no key: our own copies coming back are known by it alone, and are shown as
    any mail. For a person the deal is looked up, where there is a state that can be read.
    """
    reading = settings.reading(b"", frozenset())
    foresight = None if as_json else _foresight(settings)
    if foresight is not None:
        reading = foresight.reading
    try:
        return run_explain(
            paths, reading, settings.playbooks_dir / "signals", as_json=as_json, out=sys.stdout, foresight=foresight,
            now=datetime.now(settings.time_zone),
        )  # fmt: skip
    except BrokenPipeError:
        # `worker explain ... | head` has seen enough; nothing may be flushed at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except SignalFileError as error:
        print(error, file=sys.stderr)
        return _CONFIGURATION


def _foresight(settings: Settings) -> Foresight | None:
    """The state as it is now; None where there is none, which is said, or where it or the playbooks are broken."""
    from worker.app.foresight import Foresight
    from worker.app.library import LibraryFault, library_of
    from worker.io.storage import StateError
    from worker.io.store import StateMissing, Store

    try:
        return Foresight(settings=settings, library=library_of(settings), store=Store.peek(settings.state_dir))
    except StateMissing:
        return None
    except (StateError, LibraryFault, OSError) as fault:
        print(f"No state was read: {fault}", file=sys.stderr)
        return None


def _write(text: bytes, out: TextIO) -> None:
    """Bytes as they are where `out` stands on a file: a folder explained is some hundred megabytes of JSON."""
    raw = getattr(out, "buffer", None)
    if raw is None:
        out.write(text.decode())
        return
    raw.write(text)
    raw.flush()


def find_files(paths: Iterable[Path]) -> Iterator[str]:
    """Every regular file, as given or as found, folders in the order of their names."""
    for path in paths:
        if not path.is_dir():
            yield str(path)
            continue
        for folder, below, names in os.walk(path):
            below.sort()
            for name in sorted(names):
                full = os.path.join(folder, name)
                if os.path.isfile(full):
                    yield full


def _explained(files: list[str], task: _Task) -> Iterator[tuple[bytes, list[str]]]:
    chunks = [files[i : i + _CHUNK] for i in range(0, len(files), _CHUNK)]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    _begin(task)
    if len(files) < _WORTH_A_CORE or cores < 2 or task.foresight is not None:
        yield from map(_explain_chunk, chunks)
        return
    # A fork has the signals in memory already; where there is none, each process is handed them once.
    method = "fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn"
    with multiprocessing.get_context(method).Pool(cores, _begin, (task,)) as pool:
        yield from pool.imap(_explain_chunk, chunks)


_tasks: list[_Task] = []


def _begin(task: _Task) -> None:
    """Get ready in a process: a batch makes much garbage of which none is cyclic."""
    import worker.app.understanding  # noqa: F401  # before the fork, or each process imports it for itself

    _tasks[:] = [task]
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)


def _explain_chunk(files: list[str]) -> tuple[bytes, list[str]]:
    from worker.app.understanding import understand
    from worker.core.model import Place, RawMail

    task = _tasks[0]
    lines, faults = [], []
    for file in files:
        try:
            with open(file, "rb", buffering=0) as handle:
                data = handle.readall()
        except OSError as error:
            faults.append(f"{file}: {error.strerror}")
            continue
        raw = RawMail(place=Place(folder=file), data=data, size=len(data))
        message, evidence = understand(raw, task.reading, task.signals)
        lines.append(as_line(file, message, evidence) if task.as_json else _described(raw, message, evidence, task))
    return b"".join(lines), faults


def _described(raw: RawMail, message: Message, evidence: tuple[Evidence, ...], task: _Task) -> bytes:
    from worker.app.describing import describe
    from worker.mail.parse import trust_of

    foreseen = None
    if task.foresight is not None and task.now is not None:
        foreseen = task.foresight.of(message, evidence, raw, task.now)
    proof = trust_of(raw, task.reading).why
    shown = describe(raw.place.folder, message, evidence, marked=task.marked, proof=proof, foreseen=foreseen)
    return shown.encode("utf-8", "replace")


# -- for machines ---------------------------------------------------------------------------


def as_line(path: str, message: Message, evidence: Sequence[Evidence]) -> bytes:
    """One JSON object on a line, as ARCHITECTURE.md names its keys; what is absent is null."""
    import msgspec

    absence, bounce = message.absence, message.bounce
    return msgspec.json.encode({
        "path": path,
        "message_id": message.id,
        "from": message.sender.address if message.sender else None,
        "subject": message.subject,
        "kind": message.kind.value,
        "text": message.text,
        "forwarded": _forwarded(message.forwarded) if message.forwarded else None,
        "bounce": {"recipients": bounce.recipients, "permanent": bounce.permanent} if bounce else None,
        "absence": {"until": absence.until.isoformat() if absence.until else None} if absence else None,
        "trust": message.trust.value,
        "evidence": [
            {"event": e.event.value, "strength": e.strength.value, "quote": e.quote, "signal": e.signal}
            for e in evidence
        ],
        "defects": message.defects,
    }) + b"\n"  # fmt: skip


def _forwarded(inner: Forwarded) -> dict[str, Any]:
    return {
        "from": inner.sender.address if inner.sender else None,
        "from_name": inner.sender.name if inner.sender else None,
        "to": [p.address for p in inner.to],
        "cc": [p.address for p in inner.cc],
        "subject": inner.subject,
        "date": inner.date or None,
    }
