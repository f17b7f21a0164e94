"""An IMAP server for tests, written by hand: it does what a test tells it, also what no server should do."""

from __future__ import annotations

import asyncio
import base64
import re
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from worker.core.model import Cursor
from worker.io.imap import Account, Batch, Patience, Reader

CERTIFICATES = Path(__file__).parent / "certificates"
LINES = "Subject: {0}\r\nFrom: Ann <ann@example.com>\r\nMessage-ID: <{0}@example.com>\r\n\r\nHello, it is {0}.\r\n"


class HungUp(Exception):
    """The server ends the connection here."""


@dataclass
class Mail:
    uid: int
    data: bytes
    size: int | None = None
    """What the server says; None: the truth."""
    sections: dict[str, bytes] = field(default_factory=dict)
    """What BODY.PEEK[...] gives, for mails that are read by parts."""
    structure: bytes = b""
    flags: set[str] = field(default_factory=set)


class FakeImap:
    """A server with one folder on loopback, a thread for each connection.

    `on[COMMAND]` may take a command over: it gets the talk, the tag and the rest of the line; where it gives False,
    the usual answer follows.
    """

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.uidvalidity = 7
        self.uidnext = 1
        self.greeting = b"* OK ready"
        self.capabilities = "IMAP4rev1 IDLE AUTH=PLAIN"
        self.user, self.password = "ann", "secret"
        self.on: dict[str, Callable[[Talk, bytes, str], bool | None]] = {}
        self.commands: list[str] = []
        self.certificate = ""
        self.tls_at_once = False
        self.folders = ["INBOX"]
        self.heard = threading.Condition()
        self.talks: list[Talk] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def add(self, *names: str, **more: Any) -> None:
        """Mails that lie there; connections that wait in IDLE are told."""
        for name in names:
            self.mails.append(Mail(self.uidnext, LINES.format(name).encode(), **more))
            self.uidnext += 1
        for talk in self.talks:
            if talk.idles.is_set():
                talk.send(b"* %d EXISTS" % len(self.mails))

    def wait_for(self, command: str, times: int = 1) -> None:
        """Until a command that begins so has come in."""

        def came() -> bool:
            return sum(line.startswith(command) for line in self.commands) >= times

        with self.heard:
            assert self.heard.wait_for(came, 10), self.commands

    def until_idle(self) -> None:
        """Until the latest connection waits in IDLE."""
        self.wait_for("IDLE")
        assert self.talks[-1].idles.wait(10)

    def close(self) -> None:
        self._listener.close()
        for talk in self.talks:
            talk.hang_up()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            talk = Talk(self, sock)
            self.talks.append(talk)
            threading.Thread(target=talk.run, daemon=True).start()


class Talk:
    """One connection of a client."""

    def __init__(self, server: FakeImap, sock: socket.socket) -> None:
        self.server, self.sock = server, sock
        self.idles = threading.Event()
        self._buffer = b""

    def run(self) -> None:
        try:
            if self.server.tls_at_once:
                self.encrypt()
            self.send(self.server.greeting)
            while True:
                self._command(self.line())
        except (HungUp, OSError):
            self.hang_up()

    def hang_up(self) -> None:
        with suppress(OSError):
            socket.socket.shutdown(self.sock, socket.SHUT_RDWR)
        self.sock.close()

    def encrypt(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATES / f"{self.server.certificate}.pem")
        self.sock = context.wrap_socket(self.sock, server_side=True)

    def send(self, *lines: bytes) -> None:
        self.sock.sendall(b"".join(line + b"\r\n" for line in lines))

    def ok(self, tag: bytes, words: bytes = b"done") -> None:
        self.send(tag + b" OK " + words)

    def line(self) -> str:
        """A command line, its literals in place."""
        line, piece = b"", self._until_newline()
        while found := re.search(rb"\{(\d+)\}$", piece):
            self.send(b"+ go on")
            while len(self._buffer) < int(found[1]):
                self._more()
            line += piece[: found.start()] + self._buffer[: int(found[1])]
            self._buffer = self._buffer[int(found[1]) :]
            piece = self._until_newline()
        return (line + piece).decode("utf-8", "surrogateescape")

    def _until_newline(self) -> bytes:
        while b"\r\n" not in self._buffer:
            self._more()
        line, _, self._buffer = self._buffer.partition(b"\r\n")
        return line

    def _more(self) -> None:
        piece = self.sock.recv(65536)
        if not piece:
            raise HungUp
        self._buffer += piece

    # -- commands ---------------------------------------------------------------------------

    def _command(self, line: str) -> None:
        tag, _, rest = line.partition(" ")
        name, _, args = rest.partition(" ")
        if name.upper() == "UID":
            name, _, args = args.partition(" ")
            name = f"UID {name}"
        with self.server.heard:
            self.server.commands.append(f"{name.upper()} {args}".strip())
            self.server.heard.notify_all()
        trap = self.server.on.get(name.upper())
        if trap is None or trap(self, tag.encode(), args) is False:
            getattr(self, f"do_{name.lower().replace(' ', '_')}")(tag.encode(), args)

    def do_capability(self, tag: bytes, args: str) -> None:
        self.send(b"* CAPABILITY " + self.server.capabilities.encode())
        self.ok(tag)

    def do_noop(self, tag: bytes, args: str) -> None:
        self.send(b"* %d EXISTS" % len(self.server.mails))
        self.ok(tag)

    def do_logout(self, tag: bytes, args: str) -> None:
        self.send(b"* BYE see you")
        self.ok(tag)
        raise HungUp

    def do_starttls(self, tag: bytes, args: str) -> None:
        self.ok(tag)
        self.encrypt()

    def do_authenticate(self, tag: bytes, args: str) -> None:
        self.send(b"+ ")
        _, user, password = base64.b64decode(self.line()).decode().split("\0")
        self._let_in(tag, user, password)

    def do_login(self, tag: bytes, args: str) -> None:
        user, _, password = args.partition(" ")
        self._let_in(tag, user, password)

    def _let_in(self, tag: bytes, user: str, password: str) -> None:
        if (user, password) == (self.server.user, self.server.password):
            self.ok(tag)
        else:
            self.send(tag + f" NO [AUTHENTICATIONFAILED] not {user} with {password}".encode())

    def do_list(self, tag: bytes, args: str) -> None:
        self.send(*(f'* LIST () "/" "{name}"'.encode() for name in self.server.folders))
        self.ok(tag)

    def do_select(self, tag: bytes, args: str, mode: bytes = b"READ-WRITE") -> None:
        if args.strip('"') not in self.server.folders:
            self.send(tag + b" NO [NONEXISTENT] no such folder")
            return
        self.send(
            b"* FLAGS (\\Seen)",
            b"* %d EXISTS" % len(self.server.mails),
            b"* OK [UIDVALIDITY %d] is" % self.server.uidvalidity,
            b"* OK [UIDNEXT %d] is" % self.server.uidnext,
        )
        self.ok(tag, b"[" + mode + b"] open")

    def do_examine(self, tag: bytes, args: str) -> None:
        self.do_select(tag, args, b"READ-ONLY")

    def do_uid_search(self, tag: bytes, args: str) -> None:
        low = int(found[1]) if (found := re.search(r"UID (\d+)", args)) else 1
        only = re.search(r"UID (\d+)$", args)
        uids = [m.uid for m in self.server.mails if (m.uid == low if only else m.uid >= low)]
        self.send(" ".join(["* SEARCH", *map(str, uids)]).encode())
        self.ok(tag)

    def do_uid_fetch(self, tag: bytes, args: str) -> None:
        asked, _, items = args.partition(" ")
        for number, mail in enumerate(self.server.mails, start=1):
            if in_set(mail.uid, asked):
                self.send_mail(number, mail, items)
        self.ok(tag)

    def send_mail(self, number: int, mail: Mail, items: str) -> None:
        facts = [b"UID %d" % mail.uid]
        if "RFC822.SIZE" in items:
            facts.append(b"RFC822.SIZE %d" % (len(mail.data) if mail.size is None else mail.size))
        if "INTERNALDATE" in items:
            facts.append(b'INTERNALDATE " 2-Mar-2026 08:30:00 +0100"')
        if "BODYSTRUCTURE" in items:
            facts.append(b"BODYSTRUCTURE " + mail.structure)
        for section, end in re.findall(r"BODY\.PEEK\[([^\]]*)\](?:<0\.(\d+)>)?", items):
            data = mail.data if section == "" else mail.sections.get(section, b"")
            if end:
                data = data[: int(end)]
            key = f"BODY[{section}]" + ("<0>" if end else "")
            facts.append(key.encode() + b" {%d}\r\n" % len(data) + data)
        self.send(b"* %d FETCH (" % number + b" ".join(facts) + b")")

    def do_uid_store(self, tag: bytes, args: str) -> None:
        asked = args.partition(" ")[0]
        for mail in self.server.mails:
            if in_set(mail.uid, asked):
                mail.flags.add("\\Seen")
        self.ok(tag)

    def do_append(self, tag: bytes, args: str) -> None:
        folder, _, rest = args.partition(" ")
        if folder.strip('"') not in self.server.folders:
            self.send(tag + b" NO [TRYCREATE] no such folder")
            return
        data = rest.partition('" ')[2] if '" ' in rest else rest
        self.server.mails.append(Mail(self.server.uidnext, data.encode("utf-8", "surrogateescape")))
        self.server.uidnext += 1
        self.ok(tag)

    def do_idle(self, tag: bytes, args: str) -> None:
        self.send(b"+ idling")
        self.until_done(tag)

    def until_done(self, tag: bytes) -> None:
        self.idles.set()
        assert self.line() == "DONE"
        self.idles.clear()
        self.ok(tag)


def in_set(uid: int, asked: str) -> bool:
    bounds = [run.partition(":") for run in asked.split(",")]
    return any(int(low) <= uid <= int(high or low) for low, _, high in bounds)


@pytest.fixture
def imap_server() -> Iterator[FakeImap]:
    server = FakeImap()
    yield server
    server.close()


@pytest.fixture
def imap_account(imap_server: FakeImap) -> Account:
    return Account(
        name="", host="localhost", port=imap_server.port, security="none", user=imap_server.user,
        password=imap_server.password,
    )  # fmt: skip


@pytest.fixture
def certificates() -> Path:
    """Holds good.pem, expired.pem and foreign.pem."""
    return CERTIFICATES


@pytest.fixture(scope="module")
def pymap_port() -> Iterator[int]:
    """Where a server of somebody else's making listens: user demouser, password demopass, some mails."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    start = "import sys; from pymap.main import main; sys.exit(main())"
    options = ["--host", "127.0.0.1", "--port", str(port), "--no-tls", "dict", "--demo-data"]
    process = subprocess.Popen([sys.executable, "-c", start, *options], stderr=subprocess.DEVNULL)
    assert any(listens(port) for _ in range(200))
    yield port
    process.terminate()
    process.wait(10)


def listens(port: int) -> bool:
    """Whether a server answers; where not, a moment has passed."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        threading.Event().wait(0.05)
        return False
    return True


@pytest.fixture
def quick() -> Patience:
    """Waits that fit a test: no slice of IDLE ends by itself, retries come at once."""
    return Patience(idle=60, poll=0.05, read=5, connect=5, farewell=1, backoff_min=0.01, backoff_max=0.02)


@pytest.fixture
def run() -> Callable[[Awaitable[Any]], Any]:
    """Runs a coroutine, and fails where it hangs."""

    def runner(work: Awaitable[Any]) -> Any:
        async def bounded() -> Any:
            return await asyncio.wait_for(work, 20)

        return asyncio.run(bounded())

    return runner


@pytest.fixture
def take(run: Callable[[Awaitable[Any]], Any]) -> Callable[..., list[Batch]]:
    """The first batches of a new reader; between them it may do something."""

    def taker(
        account: Account,
        patience: Patience,
        until: Callable[[list[Batch]], bool],
        *,
        cursor: Cursor | None = None,
        meanwhile: Callable[[Batch], None] = lambda _: None,
        faults: list[str] | None = None,
    ) -> list[Batch]:
        async def work() -> list[Batch]:
            reader = Reader(account, patience=patience, on_fault=None if faults is None else faults.append)
            batches: list[Batch] = []
            async for batch in reader.batches(cursor):
                batches.append(batch)
                if until(batches):
                    break
                meanwhile(batch)
            await reader.close()
            return batches

        return list(run(work()))

    return taker
