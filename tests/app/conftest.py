"""A small firm: people who write, servers on loopback, files of its own, and the worker as a process beside them."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import signal
import smtplib
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from worker.app.demo_servers import AUTHSERV, PASSWORD, MailSystem
from worker.core.model import Deal, Outbox, OutboxItem
from worker.io.storage import StateError
from worker.io.store import Store

ROOT = Path(__file__).parents[2]
CERTIFICATES = ROOT / "tests" / "io" / "certificates"
WORKER = "deals@oakline.example"
OWNER = "Márta Őrsi <marta@oakline.example>"
ZOE = "Zoë Björk <zoe@northquay.example>"
BOX = "marta@oakline.example"
PATIENCE = 20.0
"""Seconds that a test waits for what has to come."""
SIGNALS = ("services", "cues", "documents", "signing-completed", "money-received", "proposal-sent", "interest")
TEMPLATES = ("client/thank-you.txt", "prospect/nudge.txt", "owner")

THANKS = """\
playbook: 1
name: Thanks
kind: life cycle
start:
  when: deal becomes client
calendar: {send_between: "07:00-19:00", days: [mon, tue, wed, thu, fri], spread: none}
steps:
  - id: ring-them
    task: Ring {{ contact.called }}
    for: owner
  - id: thank-you
    send: client/thank-you
"""
NUDGE = """\
playbook: 1
name: Nudge
start:
  when: prospect is silent
  after: 2 business days
  only_if: [proposal was sent]
calendar: {send_between: "07:00-19:00", days: [mon, tue, wed, thu, fri], spread: none}
stop_when: [contact replies, owner writes]
steps:
  - id: nudge
    send: prospect/nudge
"""


# -- what people write ---------------------------------------------------------------------


def letter(
    by: str, to: str, text: str, *, subject: str, id: str, at: datetime, answers: str = "", bcc: str = "", cc: str = ""
) -> bytes:
    """A mail as somebody's program sends it. `answers` are the ids of the thread."""
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = by, to, subject
    mail["Date"], mail["Message-ID"] = format_datetime(at), f"<{id}>"
    if cc:
        mail["Cc"] = cc
    if bcc:
        mail["Bcc"] = bcc
    if answers:
        mail["In-Reply-To"] = f"<{answers.split()[-1]}>"
        mail["References"] = " ".join(f"<{one}>" for one in answers.split())
    mail.set_content(text)
    return mail.as_bytes()


def proposal(at: datetime, to: str = ZOE, id: str = "offer@oakline.example", **more: str) -> bytes:
    """The owner sends a proposal that asks something."""
    text = f"Hello {to.split()[0]},\n\nhere is our proposal for the cold store, 4,200.00 EUR. Shall we begin in March?\n\nMárta\n"
    return letter(OWNER, to, text, subject="The cold store", id=id, at=at, **more)


def signed(at: datetime, who: str = ZOE, id: str = "envelope-1@docusign.net") -> bytes:
    """The e-sign service says that the agreement is complete."""
    name, _, address = who.rstrip(">").partition(" <")
    text = (
        "Your document has been completed\n\nAll parties have completed Services Agreement.\n\n"
        f"Signers:\n{name}\n{address}\n\nMárta Őrsi\nmarta@oakline.example\n"
    )
    return letter("DocuSign System <dse@docusign.net>", OWNER, text, id=id, at=at,
                  subject="Completed: Services Agreement")  # fmt: skip


def paid(at: datetime, who: str = ZOE, id: str = "payment-1@paypal.com") -> bytes:
    """The payment service says that money has come."""
    name, _, address = who.rstrip(">").partition(" <")
    text = f"Hello Oakline,\n\nYou received a payment of €4,200.00 EUR from {name} ({address})\n\nStatus: Completed\n"
    return letter("PayPal <service@paypal.com>", OWNER, text, subject="You've got money", id=id, at=at)


def stamped(content: bytes, by: str, to: str = WORKER, *, at: datetime, proven: bool = True) -> bytes:
    """A mail as the receiving server lays it down, its verdict on top."""
    verdict, domain = "pass" if proven else "fail", by.rpartition("@")[2]
    head = (
        f"Return-Path: <{by}>\r\nDelivered-To: {to}\r\n"
        f"Authentication-Results: {AUTHSERV}; spf={verdict} smtp.mailfrom={by}; dmarc={verdict} header.from={domain}\r\n"
        f"Received: from {domain} by {AUTHSERV} with ESMTP; {format_datetime(at)}\r\n"
    )
    return head.encode() + content


# -- when it is business time ----------------------------------------------------------------


def zone_where(now: datetime, *, awake: bool) -> str:
    """A time zone in which mail may leave for two hours to come, or for two hours may not; "" where there is none."""
    for hours in range(-12, 15):
        here = now.astimezone(timezone(timedelta(hours=hours)))
        business = here.weekday() < 5 and 7 <= here.hour < 17
        asleep = here.weekday() >= 5 or not 4 <= here.hour < 19
        if business if awake else asleep:
            return f"Etc/GMT{-hours:+d}"
    return ""


# -- servers -------------------------------------------------------------------------------------


class Relay:
    """A port that leads to a server while it is open, by TLS where it has a certificate."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = _free_port()
        self.certificate = ""
        self._server: asyncio.Server | None = None
        self._lines: set[asyncio.StreamWriter] = set()

    async def open(self) -> None:
        context = None
        if self.certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(CERTIFICATES / f"{self.certificate}.pem")
        self._server = await asyncio.start_server(self._pass_on, "127.0.0.1", self.port, ssl=context)

    async def close(self) -> None:
        """Nobody listens any more, and every connection breaks."""
        if self._server is not None:
            self._server.close()
        for line in self._lines:
            line.transport.abort()
        self._server = None

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self.target)
        self._lines |= {writer, back}
        await asyncio.gather(_copy(reader, back), _copy(there, writer))
        self._lines -= {writer, back}


async def _copy(source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await source.read(65536):
            to.write(piece)
            await to.drain()
    with suppress(OSError):
        to.close()


@dataclass(kw_only=True)
class Watchful(MailSystem):
    """The mail system, which calls `at[MOMENT]` when the worker has got so far with a mail."""

    at: dict[str, Callable[[], Any]] = field(default_factory=dict)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Take a mail; of the worker's own, say when it is about to be taken and when it was."""
        ours = session.auth_data == WORKER
        await self._reach("offered", ours)
        # What it has taken it delivers, even where the one who handed it in is dead by then.
        answer = await asyncio.shield(super().handle_DATA(server, session, envelope))
        await self._reach("taken", ours)
        return answer

    async def _reach(self, moment: str, ours: bool) -> None:
        if ours and moment in self.at:
            waits = self.at[moment]()
            if waits is not None:
                await waits


async def _end_the_rest() -> None:
    """The servers' connections of workers that were killed: left alone they would be ended by the garbage collector."""
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)


class House:
    """The servers in a thread of their own: the worker's mailbox and the owner's, and one SMTP server."""

    def __init__(self) -> None:
        logging.getLogger("mail.log").setLevel(logging.ERROR)  # aiosmtpd warns of its own deprecations there
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self.system = Watchful(mailboxes=(WORKER, BOX), clock=lambda: datetime.now(UTC))
        self.do(self.system.start())

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(PATIENCE)

    def relay(self, kind: str) -> Relay:
        """A door to the IMAP or the SMTP server that can be shut; it is shut."""
        return Relay(self.system.imap_ports[WORKER] if kind == "imap" else self.system.smtp_port)

    def close(self) -> None:
        self.do(self.system.stop())
        self.do(_end_the_rest())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(PATIENCE)
        self.loop.close()

    def post(self, content: bytes, by: str, *to: str, proven: bool = True) -> None:
        """Send a mail over SMTP, as whoever has logged in."""
        with smtplib.SMTP("127.0.0.1", self.system.smtp_port, timeout=PATIENCE) as client:
            if proven:
                client.login(by, PASSWORD)
            client.sendmail(by, to, content)

    def sent(self, to: str) -> list[bytes]:
        """The worker's mails to somebody that the server has taken."""
        return [data for by, recipients, data in self.system.taken if by == WORKER and recipients[0] == to]

    def copies(self, item: OutboxItem) -> int:
        """How often the server has taken a mail."""
        mark = f"Message-ID: <{item.message_id}>".encode()
        return sum(mark in data for _, _, data in self.system.taken)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# -- the worker ------------------------------------------------------------------------------------


def until(true: Callable[[], Any], told: Callable[[], str] = lambda: "") -> Any:
    """Look again until something is so, and hand it over."""
    ends = time.monotonic() + PATIENCE
    pause = threading.Event()
    while not (found := true()):
        assert time.monotonic() < ends, told()
        pause.wait(0.02)
    return found


class Process:
    """`worker run` as the shell starts it, with what it says on stderr."""

    def __init__(self, env_file: Path, *more: str, prefix: tuple[str, ...] = (), **environ: str) -> None:
        command = [*prefix, sys.executable, "-m", "worker", "run", "--env-file", str(env_file), *more]
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self.process = subprocess.Popen(
            command, cwd=env_file.parent, stderr=subprocess.PIPE,
            env={**kept, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **environ},
        )  # fmt: skip
        self.lines: list[str] = []
        self.on_line: Callable[[int], None] = lambda number: None
        self._reads = threading.Thread(target=self._read, daemon=True)
        self._reads.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line.decode("utf-8", "replace").rstrip("\n"))
            self.on_line(len(self.lines))

    @property
    def log(self) -> str:
        return "\n".join(self.lines)

    def says(self, *words: str) -> str:
        """Wait for a line with all of these words."""

        def found() -> str:
            return next((line for line in list(self.lines) if all(word in line for word in words)), "")

        return str(until(lambda: found() or (self.process.poll() is not None and "(it has ended)"), lambda: self.log))

    def ends(self, within: float = PATIENCE) -> int:
        """Wait for its end; hands over the exit code."""
        try:
            code = self.process.wait(within)
        finally:
            self.kill()
        return code

    def stop(self) -> int:
        """SIGTERM: five seconds are what it may take."""
        self.process.send_signal(signal.SIGTERM)
        return self.ends(5)

    def kill(self) -> None:
        """SIGKILL, where it still runs."""
        self.process.kill()
        self.process.wait(PATIENCE)
        self._reads.join(PATIENCE)
        if self.process.stderr is not None:
            self.process.stderr.close()


class Firm:
    """The files of a firm, and the worker that runs on them."""

    def __init__(self, home: Path, house: House, zone: str) -> None:
        self.home, self.house = home, house
        self.state = home / "state"
        lay_out(home / "playbooks", home / "templates", {"thanks": THANKS})
        self.settings = {
            "WORKER_ADDRESS": WORKER, "WORKER_TEAM": BOX, "WORKER_TRUSTED_AUTHSERV": AUTHSERV, "WORKER_MODE": "send",
            "WORKER_TIME_ZONE": zone, "WORKER_STATE_DIR": str(self.state),
            "WORKER_PLAYBOOKS_DIR": str(home / "playbooks"), "WORKER_TEMPLATES_DIR": str(home / "templates"),
            "WORKER_IMAP_HOST": "localhost", "WORKER_IMAP_PORT": str(house.system.imap_ports[WORKER]),
            "WORKER_IMAP_SECURITY": "none", "WORKER_IMAP_USER": WORKER, "WORKER_IMAP_PASSWORD": PASSWORD,
            "WORKER_SMTP_HOST": "localhost", "WORKER_SMTP_PORT": str(house.system.smtp_port),
            "WORKER_SMTP_SECURITY": "none", "WORKER_SMTP_USER": WORKER, "WORKER_SMTP_PASSWORD": PASSWORD,
        }  # fmt: skip
        self.processes: list[Process] = []

    def env_file(self) -> Path:
        path = self.home / "worker.env"
        path.write_text("".join(f"{name}='{value}'\n" for name, value in self.settings.items()), encoding="utf-8")
        return path

    def run(self, *more: str, prefix: tuple[str, ...] = (), **environ: str) -> Process:
        """Start `worker run`."""
        process = Process(self.env_file(), *more, prefix=prefix, **environ)
        self.processes.append(process)
        return process

    def deals(self) -> list[Deal]:
        """The deals as they lie on the disk now, also while the worker runs."""
        with suppress(StateError), Store.peek(self.state) as store:
            return list(store.all())
        return []

    def items(self, purpose: str = "") -> list[OutboxItem]:
        """What is in the outboxes."""
        return [item for deal in self.deals() for item in deal.outbox if purpose in ("", item.letter.purpose)]

    def filed(self, purpose: str, count: int = 1) -> list[OutboxItem]:
        """Wait until so many mails have come back."""

        def found() -> list[OutboxItem]:
            there = [item for item in self.items(purpose) if item.state is Outbox.FILED]
            return there if len(there) >= count else []

        return list(until(found, lambda: self.processes[-1].log))

    def queued(self, purpose: str) -> list[OutboxItem]:
        """Wait until a mail waits for its time."""

        def found() -> list[OutboxItem]:
            return [item for item in self.items(purpose) if item.state is Outbox.QUEUED]

        return list(until(found, lambda: self.processes[-1].log))

    # -- a story ---------------------------------------------------------------------------

    def offer(self, to: str = ZOE, id: str = "offer@oakline.example") -> None:
        """The owner sends a proposal, with the worker in Bcc."""
        self.house.post(proposal(datetime.now(UTC), to, id), BOX, WORKER)

    def close_deal(self, who: str = ZOE, mark: str = "1") -> None:
        """The agreement is signed and the money is there."""
        now = datetime.now(UTC)
        self.house.post(signed(now, who, f"envelope-{mark}@docusign.net"), "dse@docusign.net", WORKER)
        self.house.post(paid(now, who, f"payment-{mark}@paypal.com"), "service@paypal.com", WORKER)


def lay_out(playbooks: Path, templates: Path, books: dict[str, str]) -> None:
    """Playbooks of a test's own, with a few of the signals and templates that everybody gets: they are quick to read."""
    (playbooks / "signals").mkdir(parents=True)
    shutil.copytree(ROOT / "playbooks" / "firm", playbooks / "firm")
    # What owners hear about all of their deals together has tests of its own.
    (playbooks / "firm" / "coverage.yaml").write_text("digest: never\nreceipts: 0\n", encoding="utf-8")
    for name in SIGNALS:
        shutil.copy(ROOT / "playbooks" / "signals" / f"{name}.yaml", playbooks / "signals")
    for name, text in books.items():
        (playbooks / f"{name}.yaml").write_text(text, encoding="utf-8")
    for name in TEMPLATES:
        source, target = ROOT / "templates" / name, templates / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy(source, target)


@pytest.fixture
def house() -> Iterator[House]:
    """Servers with empty mailboxes."""
    one = House()
    yield one
    one.close()


@pytest.fixture
def zone() -> str:
    """Where the firm is: somewhere where it is business time now, as far as there is such a place."""
    return zone_where(datetime.now(UTC), awake=True) or "UTC"


@pytest.fixture
def weekend(zone: str) -> bool:
    """Whether there is no place on earth where mail to a contact may leave now."""
    return zone == "UTC"


@pytest.fixture
def wait_until() -> Callable[..., Any]:
    """Looks again until something is so; fails where it never is."""
    return until


@pytest.fixture
def post() -> SimpleNamespace:
    """Writes what people write, and lays out the files of a firm."""
    return SimpleNamespace(
        letter=letter, proposal=proposal, signed=signed, paid=paid, stamped=stamped, lay_out=lay_out, thanks=THANKS,
        nudge=NUDGE, relay=Relay,
    )  # fmt: skip


@pytest.fixture
def certificates() -> Path:
    """Holds good.pem, expired.pem and foreign.pem."""
    return CERTIFICATES


@pytest.fixture
def night() -> str:
    """A time zone where everybody sleeps now."""
    return zone_where(datetime.now(UTC), awake=False)


@pytest.fixture
def firm(tmp_path: Path, house: House, zone: str) -> Iterator[Firm]:
    """A firm with its files; whatever it has started is ended."""
    one = Firm(tmp_path, house, zone)
    yield one
    for process in one.processes:
        process.kill()
