"""Reading a mailbox: from IMAP to committed deals, beside what others need for the download alone.

    python benchmarks/reading.py [--mails 3000]

A Dovecot of its own on loopback (it needs root, as its processes change user), one mailbox of mails as people write
them, some with attachments. In the same run: the worker reads the history, parses, detects and commits it durably;
mbsync downloads it into a Maildir; imap_tools fetches it. Peers that are not installed are left out. At the end: how
long it takes from the server's EXISTS (Dovecot says it half a second after the mail has come) to the committed decision.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from worker.app.clock import SystemClock
from worker.app.library import read_library
from worker.app.service import Service
from worker.app.systemd import Notifier
from worker.app.telling import Telling
from worker.app.wiring import service_of
from worker.core.model import Address
from worker.core.playbook import Mode
from worker.io.shipped import shipped
from worker.io.store import Store
from worker.settings import Settings
from worker.settings_forms import Security

ADDRESS, OWNER = "deals@oakline.example", "marta@oakline.example"
AUTHSERV = "mx.oakline.example"
COMPANIES = 150
ARRIVALS = 40
ROUNDS = 3


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--mails", type=int, default=3000)
    options = asked.parse_args()
    if shutil.which("dovecot") is None or os.geteuid() != 0:
        print("Dovecot is not here, or we are not root: reading is not measured")
        return
    servers = load_servers()
    root = Path(tempfile.mkdtemp(prefix="reading-"))
    root.chmod(0o755)
    certificate = Path(servers.CERTIFICATES) / "good.pem"
    dovecot = servers.Dovecot(root, certificate, servers.free_port(), servers.free_port())
    try:
        dovecot.start()
        measure(dovecot, options.mails)
    finally:
        dovecot.stop()
        shutil.rmtree(root)


def load_servers() -> ModuleType:
    """The Dovecot of the tests."""
    file = Path(__file__).parents[1] / "tests" / "servers" / "conftest.py"
    spec = importlib.util.spec_from_file_location("servers_for_benchmarks", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def measure(dovecot: Any, count: int) -> None:
    user = dovecot.new_user()
    size = fill(dovecot.root / "mail" / user, count, datetime.now(UTC) - timedelta(hours=1))
    print(f"{count:,} mails, {size / 1e6:.0f} MB")
    peers: dict[str, Callable[[], float]] = {"worker": lambda: ours(dovecot, user)}
    if shutil.which("mbsync"):
        peers["mbsync"] = lambda: mbsync(dovecot, user)
    with suppress(ImportError):
        import imap_tools  # noqa: F401 - only whether it is here

        peers["imap_tools"] = lambda: imap_tools_fetch(dovecot, user)
    # In turn, so that a busy moment hits all alike; the server's own index is warm after the first round.
    rounds = [{name: read() for name, read in peers.items()} for _ in range(ROUNDS)]
    took = {name: statistics.median(one[name] for one in rounds) for name in peers}
    asked = {"mbsync": "at least 2.5", "imap_tools": "at least 4"}
    for name, seconds in took.items():
        beside = f"worker is {seconds / took['worker']:5.2f} times as fast ({asked[name]})" if name in asked else ""
        print(f"{name:<12} {seconds:6.2f} s  {count / seconds:7,.0f} mails a second  {beside}")
    waits = sorted(arrivals(dovecot, dovecot.new_user()))
    print(f"EXISTS to committed decision: median {waits[len(waits) // 2] * 1000:.1f} ms, "
          f"99th percentile {waits[int(len(waits) * 0.99) - 1] * 1000:.1f} ms (at most 20)")  # fmt: skip


# -- those who read -----------------------------------------------------------------------


def ours(dovecot: Any, user: str) -> float:
    """History read, understood, decided and committed."""
    with tempfile.TemporaryDirectory() as folder:
        service = worker(dovecot.plain, dovecot.password, user, Path(folder), Silent())
        begin = time.perf_counter()
        asyncio.run(service.run_once())
        return time.perf_counter() - begin


def worker(port: int, password: str, user: str, folder: Path, telling: Telling) -> Service:
    settings = Settings(
        address=Address(ADDRESS), team=(OWNER,), trusted_authserv=AUTHSERV, imap_host="127.0.0.1",
        imap_port=port, imap_security=Security.NONE, imap_user=user,
        imap_password=SecretStr(password), smtp_host="127.0.0.1", smtp_port=9, smtp_security=Security.NONE,
        mode=Mode.SEND, time_zone=ZoneInfo("UTC"), state_dir=folder / "state",
    )  # fmt: skip
    library = read_library(shipped("playbooks"), shipped("templates"))
    store = Store.open(folder / "state")
    return service_of(settings, library, store, clock=SystemClock(), notifier=Notifier(), telling=telling)


class Silent(Telling):
    """Tells nobody; a log on a terminal would be what is measured."""

    def heard(self, *_: object) -> None: ...

    def decided(self, *_: object) -> None: ...

    def mail_moved(self, *_: object) -> None: ...


def mbsync(dovecot: Any, user: str) -> float:
    """mbsync's first download into an empty Maildir."""
    with tempfile.TemporaryDirectory() as folder:
        secret = Path(folder) / "secret"
        secret.write_text(dovecot.password)
        config = Path(folder) / "mbsyncrc"
        config.write_text(
            f"IMAPAccount a\nHost 127.0.0.1\nPort {dovecot.plain}\nUser {user}\nPassCmd \"cat {secret}\"\n"
            "SSLType None\nAuthMechs *\n\nIMAPStore far\nAccount a\n\n"
            f"MaildirStore near\nPath {folder}/mail/\nInbox {folder}/mail/INBOX\nSubFolders Verbatim\n\n"
            "Channel c\nFar :far:INBOX\nNear :near:INBOX\nCreate Near\nSync Pull\nSyncState *\n"
        )
        (Path(folder) / "mail").mkdir()
        begin = time.perf_counter()
        done = subprocess.run(["mbsync", "-q", "-c", str(config), "c"], capture_output=True, text=True, check=False)
        took = time.perf_counter() - begin
        assert done.returncode == 0, done.stderr
        return took


def imap_tools_fetch(dovecot: Any, user: str) -> float:
    """imap_tools' fetch in batches, its mails parsed as it does when their text is asked for."""
    from imap_tools import MailBoxUnencrypted

    begin = time.perf_counter()
    with MailBoxUnencrypted("127.0.0.1", dovecot.plain) as box:
        box.client.authenticate("PLAIN", lambda _: f"\0{user}\0{dovecot.password}".encode())
        box.folder.set("INBOX")
        for mail in box.fetch(mark_seen=False, bulk=200):
            assert mail.uid
    return time.perf_counter() - begin


# -- one mail that arrives ------------------------------------------------------------------


class Waiting(Silent):
    """Notes when a deal has been decided."""

    def __init__(self) -> None:
        self.there = asyncio.Event()

    def decided(self, *_: object) -> None:
        self.there.set()


class Ear:
    """Stands between worker and server, and notes when EXISTS goes by."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.heard = 0.0

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self.target)
        await asyncio.gather(self._copy(reader, back), self._copy(there, writer))

    async def _copy(self, source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while piece := await source.read(65536):
                if b" EXISTS" in piece:
                    self.heard = time.perf_counter()
                to.write(piece)
                await to.drain()
        to.close()


def arrivals(dovecot: Any, user: str) -> list[float]:
    """Seconds from EXISTS to the committed decision, the worker in IDLE; mails come one after the other."""

    async def live(folder: Path) -> list[float]:
        telling, ear = Waiting(), Ear(dovecot.plain)
        listener = await asyncio.start_server(ear.talk, "127.0.0.1", 0)
        port = listener.sockets[0].getsockname()[1]
        service = worker(port, dovecot.password, user, folder, telling)
        running = asyncio.ensure_future(service.run())
        client = await asyncio.to_thread(dovecot.client, user)
        took: list[float] = []
        for number in range(ARRIVALS + 5):
            await asyncio.sleep(0.05)  # it is back in IDLE
            telling.there.clear()
            mail = stamped(OWNER, offer(10_000 + number, datetime.now(UTC)), datetime.now(UTC))
            await asyncio.to_thread(client.append, "INBOX", "", "", mail)
            async with asyncio.timeout(10):
                await telling.there.wait()
            took.append(time.perf_counter() - ear.heard)
        service.stop()
        await running
        listener.close()
        return took[5:]

    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(live(Path(folder)))


# -- the mails --------------------------------------------------------------------------------


def fill(folder: Path, count: int, until: datetime) -> int:
    """Lay mails into a Maildir; returns their size in bytes."""
    for part in ("cur", "new", "tmp"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    total = 0
    for number, (at, data) in enumerate(mails(count, until)):
        path = folder / "cur" / f"{int(at.timestamp())}.M{number}.bench:2,S"
        path.write_bytes(data)
        os.utime(path, (at.timestamp(), at.timestamp()))
        total += len(data)
    for path in (folder, *folder.rglob("*")):
        shutil.chown(path, "mail", "mail")
    return total


def mails(count: int, until: datetime) -> Iterator[tuple[datetime, bytes]]:
    """Half a year of mail: offers, answers with the thread below, and newsletters; every sixth has an attachment."""
    chance = random.Random(7)
    begin = until - timedelta(days=180)
    for number in range(count):
        at = begin + (until - begin) * number / count
        who = chance.randrange(COMPANIES)
        match number % 4:
            case 0:
                yield at, stamped(OWNER, offer(who, at, number), at)
            case 3:
                yield at, stamped("news@list.example", newsletter(at, number), at)
            case _:
                blob = chance.randbytes(chance.randrange(20_000, 180_000)) if number % 6 == 1 else b""
                yield at, stamped(f"ann@company{who}.example", answer(who, at, number, blob), at)


def offer(who: int, at: datetime, number: int = 0) -> bytes:
    mail = written(f"Márta Őrsi <{OWNER}>", f"Ann Bell <ann@company{who}.example>", f"Cold store {who}", at)
    mail["Message-ID"] = f"<offer-{who}-{number}@oakline.example>"
    mail.set_content("Hello Ann,\n\nhere is our proposal for the cold store. Shall we begin in March?\n\nMárta\n")
    return mail.as_bytes()


def answer(who: int, at: datetime, number: int, blob: bytes) -> bytes:
    mail = written(f"Ann Bell <ann@company{who}.example>", f"Márta Őrsi <{OWNER}>", f"Re: Cold store {who}", at)
    mail["Message-ID"] = f"<answer-{number}@company{who}.example>"
    quoted = "\n".join(f"> {line}" for line in ["We looked at the hall again and have put down what it needs."] * 40)
    text = f"Márta,\n\nthank you, this reads well. I shall show it to Tom on Monday.\n\nAnn\n\nMárta wrote:\n{quoted}\n"
    mail.set_content(text)
    mail.add_alternative("<html><body>" + text.replace("\n", "<br>\n") + "</body></html>", subtype="html")
    if blob:
        mail.add_attachment(blob, maintype="application", subtype="pdf", filename="hall.pdf")
    return mail.as_bytes()


def newsletter(at: datetime, number: int) -> bytes:
    mail = written("Cold Weekly <news@list.example>", f"Márta Őrsi <{OWNER}>", f"Cold weekly {number}", at)
    mail["Message-ID"] = f"<weekly-{number}@list.example>"
    mail["List-Unsubscribe"] = "<mailto:off@list.example>"
    rows = "".join(f"<tr><td><a href='https://list.example/{n}'>Story {n}</a> in a line or two.</td></tr>"
                   for n in range(200))  # fmt: skip
    mail.set_content("Ten stories about the cold.\n")
    mail.add_alternative(f"<html><body><table>{rows}</table></body></html>", subtype="html")
    return mail.as_bytes()


def written(by: str, to: str, subject: str, at: datetime) -> EmailMessage:
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"], mail["Date"] = by, to, subject, format_datetime(at)
    return mail


def stamped(by: str, content: bytes, at: datetime) -> bytes:
    """As the receiving server lays it down."""
    domain = by.rpartition("@")[2]
    head = (
        f"Return-Path: <{by}>\r\nDelivered-To: {ADDRESS}\r\n"
        f"Authentication-Results: {AUTHSERV}; dmarc=pass header.from={domain}\r\n"
        f"Received: from {domain} by {AUTHSERV} with ESMTP; {format_datetime(at)}\r\n"
    )
    return head.encode() + content


if __name__ == "__main__":
    main()
