"""The verbs that run, check and lay out."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import shutil
import signal
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from worker.app.clock import SystemClock
from worker.app.journal import open_journal
from worker.app.library import LibraryFault, library_of
from worker.app.service import Service
from worker.app.systemd import Notifier
from worker.app.telling import ToJournal
from worker.app.wiring import accounts_of, service_of, submission_of
from worker.io.imap import SENT, FolderMissing, MailboxFault, Reader
from worker.io.shipped import shipped
from worker.io.smtp import Sender, SubmissionFault, SubmissionRefused
from worker.io.storage import StateError
from worker.io.store import Store
from worker.settings import Settings

DONE, FAILED, CONFIGURATION = 0, 1, 78
_LOG = logging.getLogger("worker.service")


def run(settings: Settings, *, once: bool) -> int:
    """Run the worker until it is told to stop, or once over what is there."""
    open_journal(os.environ, sys.stderr, secrets=settings.secrets())
    try:
        library = library_of(settings)
        store = Store.open(settings.state_dir)
    except LibraryFault as fault:
        return _say(fault.lines, CONFIGURATION)
    except StateError as fault:
        return _say([str(fault)], FAILED if _will_pass(fault) else CONFIGURATION)
    service = service_of(
        settings, library, store, clock=SystemClock(), notifier=Notifier.of(os.environ), telling=ToJournal(),
        reload=True,
    )
    try:
        asyncio.run(_until_told(service, once=once))
    except (BaseExceptionGroup, MailboxFault, SubmissionFault, StateError) as fault:
        return _ended_by(fault)
    return DONE


async def _until_told(service: Service, *, once: bool) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup(1) asks to outlive the terminal
            loop.add_signal_handler(number, service.stop)
    await (service.run_once() if once else service.run())


def _will_pass(fault: StateError) -> bool:
    """Whether another start may go well: a disk that is full gets room again, a folder of somebody else's stays so."""
    return isinstance(fault.__cause__, OSError) and fault.__cause__.errno in (
        errno.ENOSPC,
        errno.EDQUOT,
        errno.EFBIG,
        errno.EIO,
    )


def _ended_by(fault: BaseException) -> int:
    """One line for each fault; 78 where only other settings help."""
    causes = list(_causes(fault))
    if not all(isinstance(cause, (MailboxFault, SubmissionFault, StateError)) for cause in causes):
        _LOG.critical("the worker ended by a fault of its own, nothing is lost", exc_info=fault)
        return FAILED
    hopeless = any(isinstance(cause, SubmissionRefused) or getattr(cause, "permanent", False) for cause in causes)
    untold = (str(cause) for cause in causes if not isinstance(cause, MailboxFault))  # its reader has told that one
    return _say(untold, CONFIGURATION if hopeless else FAILED)


def _causes(fault: BaseException) -> Iterator[BaseException]:
    if isinstance(fault, BaseExceptionGroup):
        for one in fault.exceptions:
            yield from _causes(one)
    else:
        yield fault


def init(folder: Path) -> int:
    """Lay out what a salesperson edits. What is there already is never overwritten."""
    kept: list[Path] = []
    made: list[Path] = []
    for name in ("playbooks", "templates"):
        target = folder / name
        (kept if target.exists() else made).append(target)
        if not target.exists():
            shutil.copytree(shipped(name), target)
    target = folder / ".env"
    (kept if target.exists() else made).append(target)
    if not target.exists():
        target.touch(mode=0o600)  # it will hold passwords
        target.write_text(_env_of(folder), encoding="utf-8")
    for path in made:
        print(f"made {path}")
    for path in kept:
        print(f"left {path} as it is")
    where = "" if folder.resolve() == Path.cwd() else f"cd {folder}, "
    print(f"Next: {where}read playbooks/README.md, and try `worker simulate silent-prospect`; it needs nothing more.")
    print("For your own mailbox fill in .env, then `worker doctor`.")
    return DONE


def _env_of(folder: Path) -> str:
    """The example of all settings, with the folders of this desk filled in."""
    text = shipped(".env.example").read_text(encoding="utf-8")
    for name in ("playbooks", "templates"):
        line = f"WORKER_{name.upper()}_DIR="
        text = text.replace(f"{line}\n", f"{line}'{(folder / name).resolve()}'\n")
    return text


def doctor(settings: Settings) -> int:
    """Try everything that a run needs, and say of each part how it is."""
    return asyncio.run(_examine(settings))


async def _examine(settings: Settings) -> int:
    faults: list[str] = []

    def well(what: str) -> None:
        print(f"ok    {what}")

    def ill(what: object) -> None:
        faults.append(str(what))
        print(f"FAULT {what}")

    try:
        library = library_of(settings)
        well(f"{len(library.books)} playbooks, {len(library.templates)} templates")
    except LibraryFault as fault:
        for line in fault.lines:
            ill(line)
    try:
        Store.open(settings.state_dir).close()
        well(f"state in {settings.state_dir}")
    except StateError as fault:
        ill(fault)
    for account in accounts_of(settings):
        reader = Reader(account)
        try:
            async for _ in reader.batches_once(None):
                break
            well(f"{account.where}: folder {account.folder} can be read")
        except MailboxFault as fault:
            if isinstance(fault, FolderMissing) and account.folder == SENT:
                print(f"note  {fault} What its owner sends is seen by its blind copies alone.")
            else:
                ill(fault)
        finally:
            await reader.close()
    sender = Sender(submission_of(settings))
    try:
        await sender.begin()
        well(f"server {settings.smtp_host}:{settings.smtp_port} takes our mail")
    except SubmissionFault as fault:
        ill(fault)
    finally:
        await sender.close()
    if not settings.trusted_authserv:
        print("note  WORKER_TRUSTED_AUTHSERV is empty: no mail can prove who wrote it, so nothing starts by itself")
    return CONFIGURATION if faults else DONE


def _say(lines: Iterable[str], code: int) -> int:
    for line in lines:
        print(line, file=sys.stderr)
    return code
