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
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from worker.core.signal import notaries
from worker.io.signal_files import SignalFileError, default_cache, read_signals

if TYPE_CHECKING:
    from worker.core.model import Evidence, Forwarded, Message, Reading
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


def run_explain(paths: Sequence[Path], reading: Reading, signals_dir: Path, *, as_json: bool, out: TextIO) -> int:
    """Explain files and folders (searched recursively) onto `out`; no state is read.

    Returns:
        0, or 1 where a file could not be read (the others are explained).

    Raises:
        SignalFileError: the signal files are wrong.
    """
    signals = read_signals(signals_dir, cache=default_cache())
    task = _Task(signals, replace(reading, notaries=notaries(signals)), as_json, not as_json and out.isatty())
    files = list(find_files(paths))
    failed = 0
    for text, faults in _explained(files, task):
        out.write(text)
        for fault in faults:
            failed = 1
            print(fault, file=sys.stderr)
    return failed


def explain(paths: Sequence[Path], settings: Settings, *, as_json: bool) -> int:
    """`worker explain`: onto the standard output, with the signals of the settings' playbooks.

    No state is read, hence no key: our own copies coming back are known by it alone, and are shown as any mail.
    """
    reading = settings.reading(b"", frozenset())
    try:
        return run_explain(paths, reading, settings.playbooks_dir / "signals", as_json=as_json, out=sys.stdout)
    except BrokenPipeError:
        # `worker explain ... | head` has seen enough; nothing may be flushed at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except SignalFileError as error:
        print(error, file=sys.stderr)
        return _CONFIGURATION


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


def _explained(files: list[str], task: _Task) -> Iterator[tuple[str, list[str]]]:
    chunks = [files[i : i + _CHUNK] for i in range(0, len(files), _CHUNK)]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    _begin(task)
    if len(files) < _WORTH_A_CORE or cores < 2:
        yield from map(_explain_chunk, chunks)
        return
    # A fork has the signals in memory already; where there is none, each process is handed them once.
    method = "fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn"
    with multiprocessing.get_context(method).Pool(cores, _begin, (task,)) as pool:
        yield from pool.imap(_explain_chunk, chunks)


_tasks: list[_Task] = []


def _begin(task: _Task) -> None:
    """Get ready in a process: a batch makes much garbage of which none is cyclic."""
    _tasks[:] = [task]
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)


def _explain_chunk(files: list[str]) -> tuple[str, list[str]]:
    from worker.core.model import Place, RawMail
    from worker.mail.parse import parse
    from worker.signals.detect import detect

    task = _tasks[0]
    lines, faults = [], []
    for file in files:
        try:
            with open(file, "rb") as handle:
                data = handle.read()
        except OSError as error:
            faults.append(f"{file}: {error.strerror}")
            continue
        message = parse(RawMail(place=Place(folder=file), data=data, size=len(data)), task.reading)
        evidence = detect(message, task.signals, task.reading)
        shown = as_line(file, message, evidence) if task.as_json else describe(file, message, evidence, task.marked)
        lines.append(shown)
    return "".join(lines), faults


# -- for machines ---------------------------------------------------------------------------


def as_line(path: str, message: Message, evidence: Sequence[Evidence]) -> str:
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
    }).decode() + "\n"  # fmt: skip


def _forwarded(inner: Forwarded) -> dict[str, Any]:
    return {
        "from": inner.sender.address if inner.sender else None,
        "from_name": inner.sender.name if inner.sender else None,
        "to": [p.address for p in inner.to],
        "cc": [p.address for p in inner.cc],
        "subject": inner.subject,
        "date": inner.date or None,
    }


# -- for people ------------------------------------------------------------------------------


def describe(path: str, message: Message, evidence: Sequence[Evidence], marked: bool = False) -> str:
    """What the worker sees in a mail, for a person, with every quote marked where it stands.

    Args:
        marked: the output is a terminal, so a quote is shown in reverse video as well.
    """
    who = message.sender
    sender = f"{who.name} <{who.address}>" if who and who.name else who.address if who else "nobody that can be named"
    lines = [path, f"  From {sender}", f"  Subject {message.subject}", f"  {_kind(message)}"]
    lines += [f"  {defect}" for defect in message.defects[:10]]
    if message.forwarded:
        inner = message.forwarded.sender
        lines.append(f"  It forwards a mail of {inner.address if inner else 'somebody who is not named'}.")
    if not evidence:
        lines.append("  It shows nothing that counts.")
    for number, item in enumerate(evidence, 1):
        lines.append(f"  [{number}] {item.event.value.replace('_', ' ')}, {item.strength.value}{_details(item)}")
        lines.append(f'      because it says "{item.quote}" ({item.signal})')
    body = message.text or (message.full_text if message.kind.value == "notice" else "")
    if message.forwarded and not body.strip():
        body = message.forwarded.text
    if body.strip():
        lines += ["", *(f"  | {line}" for line in _with_marks(body[:4000], evidence, marked).rstrip().split("\n"))]
    return "\n".join(lines) + "\n\n"


_TRUST = {
    "none": "nothing proves who sent it, so it may stop us but start nothing",
    "aligned": "it comes from where it says",
    "team": "it is from our own team",
    "notary": "it comes from a service whose notices count",
}


def _kind(message: Message) -> str:
    kind = message.kind.value.replace("_", " ")
    article = "An" if kind[0] in "aeiou" else "A"
    return f"{article} {kind} mail; {_TRUST[message.trust.value]}."


def _details(item: Evidence) -> str:
    facts = [
        f"{item.amount} {item.currency}".strip(),
        f"invoice {item.invoice}" if item.invoice else "",
        f"from {item.payer}" if item.payer else "",
        f"{item.document_kind} {item.document}".strip(),
        f"on {item.day:%A, %d %B %Y}" if item.day else "",
        ", ".join(p.name or p.address for p in item.people),
    ]
    said = "; ".join(fact for fact in facts if fact)
    return f": {said}" if said else ""


def _with_marks(text: str, evidence: Sequence[Evidence], marked: bool) -> str:
    """The text with each quote between »n and «."""
    spans: list[tuple[int, int, int]] = []
    for number, item in enumerate(evidence, 1):
        span = _find(text, item.quote)
        if span and all(span[1] <= a or b <= span[0] for a, b, _ in spans):
            spans.append((*span, number))
    for start, end, number in sorted(spans, reverse=True):
        quote = f"»{number} {text[start:end]}«"
        text = text[:start] + (f"\x1b[7m{quote}\x1b[0m" if marked else quote) + text[end:]
    return text


def _find(text: str, quote: str) -> tuple[int, int] | None:
    """Where a quote stands, white space left aside."""
    words = quote.split()
    if not words:
        return None
    start = text.find(words[0])
    while start >= 0:
        place = start
        for word in words:
            while place < len(text) and text[place].isspace():
                place += 1
            if not text.startswith(word, place):
                break
            place += len(word)
        else:
            return start, place
        start = text.find(words[0], start + 1)
    return None
