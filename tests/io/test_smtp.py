"""Handing mails over: to a good server, and to servers that do what no server should."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest

from worker.core.model import Address, Letter, MessageId, OutboxItem, Party
from worker.core.outbox import Accepted, Deferred, Delivery, Refused, Unknown
from worker.io.smtp import (
    Security,
    Sender,
    Submission,
    SubmissionRefused,
    SubmissionUnreachable,
    SubmissionUntrusted,
)

T = TypeVar("T")
CERTIFICATES = Path(__file__).parent / "certificates"
WORKER = Address("deals@northlight.example")
ERIN, BEN = Address("erin@brightwater.example"), Address("ben@brightwater.example")


class HungUp(Exception):
    """The server ends the connection here."""


class Server:
    """An SMTP server on loopback, a thread for each connection. `on[PLACE]` answers otherwise there, or hangs up."""

    def __init__(self) -> None:
        self.on: dict[str, Callable[[str], str | None]] = {}
        self.capabilities = ["SIZE 10000000"]
        self.certificate = ""
        self.tls_at_once = False
        self.commands: list[str] = []
        self.connections = 0
        self.mails: list[tuple[str, list[str], bytes]] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.threads: list[threading.Thread] = []
        self.sockets: list[socket.socket] = []

    def accept(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            connection.settimeout(20)
            self.connections += 1
            self.sockets.append(connection)
            self.threads.append(threading.Thread(target=self.talk, args=(connection,)))
            self.threads[-1].start()

    def secured(self, connection: socket.socket) -> socket.socket:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATES / f"{self.certificate}.pem")
        return context.wrap_socket(connection, server_side=True)

    def talk(self, connection: socket.socket) -> None:
        talk = Talk(self, connection)
        try:
            if self.tls_at_once:
                talk.secure()
            talk.say("greeting", "", "220 ready")
            while line := talk.lines.readline():
                talk.command(line.decode(errors="replace").rstrip("\r\n"))
        except (HungUp, OSError):
            pass
        finally:
            talk.close()

    def close(self) -> None:
        # A thread that waits in accept() is woken by shutdown, not by close.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for connection in self.sockets:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join(10)


class Talk:
    """One connection of the server."""

    def __init__(self, server: Server, connection: socket.socket) -> None:
        self.server = server
        self.connection = connection
        self.capabilities = list(server.capabilities)
        self.lines = connection.makefile("rb")
        self.envelope: tuple[str, list[str]] = ("", [])

    def secure(self) -> None:
        self.lines.close()
        self.connection = self.server.secured(self.connection)
        self.lines = self.connection.makefile("rb")

    def close(self) -> None:
        self.lines.close()
        self.connection.close()

    def say(self, place: str, line: str, usual: str) -> str:
        said = self.server.on[place](line) if place in self.server.on else None
        answer = usual if said is None else said
        if answer:
            self.connection.sendall(f"{answer}\r\n".encode())
        return answer

    def command(self, line: str) -> None:
        self.server.commands.append(line)
        verb = line.split(" ")[0].split(":")[0].upper()
        match verb:
            case "EHLO":
                said = ["fake", *self.capabilities]
                text = "\r\n".join(f"250{'-' if n < len(said) else ' '}{each}" for n, each in enumerate(said, 1))
                self.say(verb, line, text)
            case "STARTTLS":
                self.say(verb, line, "220 go")
                self.capabilities.remove("STARTTLS")
                self.secure()
            case "AUTH":
                self.say(verb, line, "235 in")
            case "MAIL":
                self.envelope = (line, [])
                self.say(verb, line, "250 ok")
            case "RCPT":
                if self.say(verb, line, "250 ok").startswith("2"):
                    self.envelope[1].append(line[9:-1])
            case "DATA":
                if self.say(verb, line, "354 go").startswith("354"):
                    self.data()
            case "QUIT":
                self.say(verb, line, "221 bye")
                raise HungUp
            case _:
                self.say(verb, line, "250 ok")

    def data(self) -> None:
        data = b""
        while not data.endswith(b"\r\n.\r\n"):
            line = self.lines.readline()
            if not line:
                raise HungUp
            data += line
            self.say("body", "", "")
        if self.say("dot", "", "250 queued as 17").split("\r\n")[-1].startswith("2"):
            self.server.mails.append((*self.envelope, data))
        self.say("after", "", "")


@asynccontextmanager
async def running(server: Server) -> AsyncIterator[Server]:
    thread = threading.Thread(target=server.accept)
    thread.start()
    try:
        yield server
    finally:
        await asyncio.to_thread(server.close)
        thread.join(10)


def hang_up(_: str) -> str:
    raise HungUp


def say(text: str, only: str = "") -> Callable[[str], str | None]:
    return lambda line: text if only in line else None


def run(test: Awaitable[T]) -> T:
    async def bounded() -> T:
        return await asyncio.wait_for(test, 20)

    return asyncio.run(bounded())


def item_to(*to: Address, data: bytes = b"Subject: Lanes\r\n\r\nHi\r\n", id: str = "1") -> OutboxItem:
    letter = Letter(
        id=id, purpose="nudge", template="prospect/nudge", subject="Lanes", body="Hi",
        sender=Party(address=Address("dana@northlight.example")),
        to=tuple(Party(address=address) for address in to), send_at=datetime(2026, 3, 2, tzinfo=UTC),
    )  # fmt: skip
    return OutboxItem(
        letter=letter, message_id=MessageId(f"{id}@northlight.example"), data=data, envelope_from=WORKER,
        envelope_to=(*to, WORKER),
    )  # fmt: skip


def submission(server: Server, **changes: Any) -> Submission:
    made = Submission(host="127.0.0.1", port=server.port, security=Security.NONE, timeout=5, final_timeout=5)
    return replace(made, **changes)


async def send(sender: Sender, item: OutboxItem) -> Delivery:
    async with sender.transaction(item) as transaction:
        return await transaction.envelope() or await transaction.data()


async def sent_once(server: Server, item: OutboxItem | None = None, **changes: Any) -> Delivery:
    async with running(server):
        sender = Sender(submission(server, **changes))
        try:
            return await send(sender, item or item_to(ERIN))
        finally:
            await sender.close()


# -- a mail is handed over ----------------------------------------------------------------


def test_a_mail_reaches_contact_and_worker_byte_for_byte_with_its_dots() -> None:
    server = Server()
    data = b"Subject: Lanes\r\n\r\n.\r\n..two\r\nend\r\n"
    assert run(sent_once(server, item_to(ERIN, data=data))) == Accepted(reply="250 queued as 17")
    ((envelope, recipients, taken),) = server.mails
    assert envelope == f"MAIL FROM:<{WORKER}> SIZE={len(data)}"
    assert recipients == [ERIN, WORKER]
    assert taken == b"Subject: Lanes\r\n\r\n..\r\n...two\r\nend\r\n.\r\n"


def test_a_connection_is_kept_for_the_mails_that_follow() -> None:
    server = Server()

    async def three() -> None:
        async with running(server):
            sender = Sender(submission(server))
            await sender.begin()
            for number in range(3):
                await send(sender, item_to(ERIN, id=str(number)))
            await sender.close()

    run(three())
    assert (server.connections, len(server.mails), server.commands[-1]) == (1, 3, "QUIT")


def test_several_connections_carry_mails_side_by_side_and_no_more_than_allowed() -> None:
    server = Server()

    async def many() -> None:
        async with running(server):
            sender = Sender(submission(server), connections=3)
            outcomes = await asyncio.gather(*(send(sender, item_to(ERIN, id=str(n))) for n in range(12)))
            assert {type(outcome) for outcome in outcomes} == {Accepted}
            await sender.close()

    run(many())
    assert server.connections == 3
    assert len(server.mails) == 12


def test_nothing_is_sent_before_the_second_half() -> None:
    server = Server()

    async def halfway() -> None:
        async with running(server):
            sender = Sender(submission(server))
            async with sender.transaction(item_to(ERIN)) as transaction:
                assert await transaction.envelope() is None
                await transaction.abandon()
            assert await send(sender, item_to(BEN, id="2")) == Accepted(reply="250 queued as 17")
            await sender.close()

    run(halfway())
    assert [recipients for _, recipients, _ in server.mails] == [[BEN, WORKER]]
    assert "RSET" in server.commands


def test_a_transaction_that_is_left_halfway_does_not_leak_into_the_next_mail() -> None:
    server = Server()

    async def halfway() -> None:
        async with running(server):
            sender = Sender(submission(server))
            with contextlib.suppress(HungUp):
                async with sender.transaction(item_to(ERIN)) as transaction:
                    await transaction.envelope()
                    raise HungUp
            await send(sender, item_to(BEN, id="2"))
            await sender.close()

    run(halfway())
    assert [recipients for _, recipients, _ in server.mails] == [[BEN, WORKER]]
    assert server.connections == 2


# -- what a server can say ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "words", "outcome"),
    [
        ("MAIL", "451 try later", Deferred),
        ("MAIL", "553 not your address", Refused),
        ("RCPT", "450 greylisted", Deferred),
        ("RCPT", "550 no such user", Refused),
        ("DATA", "451 no room", Deferred),
        ("DATA", "554 no", Refused),
        ("DATA", "250 what", Deferred),
        ("dot", "451 busy", Deferred),
        ("dot", "421 closing", Deferred),
        ("dot", "554 5.7.1 looks like spam", Refused),
        ("dot", "354 what", Unknown),
        ("dot", "nonsense", Unknown),
        ("dot", "250-first\r\n250 2.0.0 queued", Accepted),
    ],
)
def test_each_answer_is_understood_and_told_in_the_servers_words(
    place: str, words: str, outcome: type[Delivery]
) -> None:
    server = Server()
    server.on[place] = say(words)
    found = run(sent_once(server))
    assert isinstance(found, outcome)
    assert words.split("\r\n")[-1].partition(" ")[2] in found.reply
    assert bool(server.mails) == isinstance(found, Accepted)


@pytest.mark.parametrize(
    ("place", "outcome"),
    [("MAIL", Deferred), ("RCPT", Deferred), ("DATA", Deferred), ("body", Unknown), ("dot", Unknown)],
)
def test_a_server_that_hangs_up_before_the_mail_defers_it_and_afterwards_leaves_a_doubt(
    place: str, outcome: type[Delivery]
) -> None:
    server = Server()
    server.on[place] = hang_up
    assert isinstance(run(sent_once(server)), outcome)


@pytest.mark.parametrize(("place", "outcome"), [("MAIL", Deferred), ("dot", Unknown)])
def test_a_server_that_falls_silent_is_not_waited_for_for_ever(place: str, outcome: type[Delivery]) -> None:
    server = Server()
    server.on[place] = say("250-and then nothing")
    assert isinstance(run(sent_once(server, timeout=0.2, final_timeout=0.2)), outcome)


def test_a_250_that_is_followed_by_a_hang_up_is_a_yes() -> None:
    server = Server()
    server.on["after"] = hang_up
    assert run(sent_once(server)) == Accepted(reply="250 queued as 17")


def test_one_refused_contact_does_not_hold_up_the_other_and_is_named() -> None:
    server = Server()
    server.on["RCPT"] = say("550 no such user", only=ERIN)
    found = run(sent_once(server, item_to(ERIN, BEN)))
    assert isinstance(found, Accepted)
    assert [(each.address, each.reply) for each in found.refusals] == [(ERIN, "550 no such user")]
    assert server.mails[0][1] == [BEN, WORKER]


def test_one_contact_who_has_to_wait_lets_all_wait_so_that_nobody_gets_it_twice() -> None:
    server = Server()
    server.on["RCPT"] = say("450 greylisted", only=ERIN)
    assert isinstance(run(sent_once(server, item_to(ERIN, BEN))), Deferred)
    assert server.mails == []


@pytest.mark.parametrize("words", ["550 relaying denied", "450 later"])
def test_a_lost_blind_copy_does_not_keep_the_mail_from_the_contact(words: str) -> None:
    server = Server()
    server.on["RCPT"] = say(words, only=WORKER)
    found = run(sent_once(server))
    assert isinstance(found, Accepted)
    assert [each.address for each in found.refusals] == [WORKER]


def test_a_mail_never_goes_to_the_blind_copy_alone() -> None:
    server = Server()
    server.on["RCPT"] = say("550 no such user", only=ERIN)
    found = run(sent_once(server))
    assert isinstance(found, Refused)
    assert found.reply == f"{ERIN}: 550 no such user"
    assert server.mails == []


@pytest.mark.parametrize("ending", ["hang up", "421"])
def test_a_kept_connection_that_the_server_has_given_up_is_replaced_without_a_word(ending: str) -> None:
    server = Server()

    def once(_: str) -> str | None:
        if server.connections == 1 and len(server.mails) == 1:
            if ending == "hang up":
                raise HungUp
            return "421 too many mails on this connection"
        return None

    server.on["MAIL"] = once

    async def two() -> list[Delivery]:
        async with running(server):
            sender = Sender(submission(server))
            found = [await send(sender, item_to(ERIN, id=str(number))) for number in range(2)]
            await sender.close()
            return found

    assert [type(each) for each in run(two())] == [Accepted, Accepted]
    assert (server.connections, len(server.mails)) == (2, 2)


def test_a_fresh_connection_that_breaks_is_not_tried_for_ever() -> None:
    server = Server()
    server.on["MAIL"] = hang_up
    assert isinstance(run(sent_once(server)), Deferred)
    assert server.connections == 1


# -- faults of the account --------------------------------------------------------------------


@pytest.fixture
def trusting() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(CERTIFICATES / "good.pem"))


async def begun(server: Server, tls: ssl.SSLContext | None = None, **changes: Any) -> None:
    async with running(server):
        sender = Sender(submission(server, **changes), tls=tls)
        await sender.begin()
        await sender.close()


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
def test_tls_is_spoken_from_the_start_or_after_starttls(security: Security, trusting: ssl.SSLContext) -> None:
    server = Server()
    server.certificate, server.tls_at_once = "good", security is Security.TLS
    server.capabilities += ["AUTH PLAIN", *(["STARTTLS"] if security is Security.STARTTLS else [])]
    run(begun(server, trusting, security=security, user="dana", password="pass word"))
    told = base64.b64encode(b"\0dana\0pass word").decode()
    assert server.commands[-2:] == [f"AUTH PLAIN {told}", "QUIT"]
    assert (server.commands.index("STARTTLS") == 1) if security is Security.STARTTLS else True


@pytest.mark.parametrize("certificate", ["expired", "foreign"])
@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
def test_a_certificate_that_proves_nothing_ends_it_before_the_password(certificate: str, security: Security) -> None:
    server = Server()
    server.certificate, server.tls_at_once = certificate, security is Security.TLS
    server.capabilities += ["AUTH PLAIN", *(["STARTTLS"] if security is Security.STARTTLS else [])]
    tls = ssl.create_default_context(cafile=str(CERTIFICATES / f"{certificate}.pem"))
    with pytest.raises(SubmissionUntrusted, match="certificate is not to be trusted") as raised:
        run(begun(server, tls, security=security, user="dana", password="hunter2"))
    assert "\n" not in str(raised.value)
    assert not [line for line in server.commands if line.startswith("AUTH")]


def test_an_offer_of_starttls_that_was_stripped_is_no_connection() -> None:
    server = Server()
    server.capabilities += ["AUTH PLAIN"]
    with pytest.raises(SubmissionUntrusted, match="offers no STARTTLS"):
        run(begun(server, security=Security.STARTTLS, user="dana", password="hunter2"))
    assert not [line for line in server.commands if line.startswith("AUTH")]


def test_words_that_were_slipped_in_before_tls_are_not_believed(trusting: ssl.SSLContext) -> None:
    server = Server()
    server.certificate = "good"
    server.capabilities += ["STARTTLS", "AUTH PLAIN"]
    server.on["STARTTLS"] = say("220 go\r\n250-evil\r\n250 AUTH LOGIN")
    run(begun(server, trusting, security=Security.STARTTLS, user="dana", password="hunter2"))
    assert server.commands[-2].startswith("AUTH PLAIN ")


def test_a_port_that_speaks_no_tls_is_told_apart_from_a_bad_certificate() -> None:
    with pytest.raises(SubmissionUntrusted, match="does not speak TLS there"):
        run(begun(Server(), ssl.create_default_context(), security=Security.TLS))


def test_a_wrong_password_is_tried_once_and_never_told() -> None:
    server = Server()
    server.capabilities += ["AUTH PLAIN LOGIN CRAM-MD5"]
    server.on["AUTH"] = say("535 5.7.8 bad login dana hunter2")
    with pytest.raises(SubmissionRefused, match="refuses the login of dana: 535") as raised:
        run(begun(server, user="dana", password="hunter2"))
    assert "hunter2" not in f"{raised.value!r} {raised.value.__cause__!r}"
    assert len([line for line in server.commands if line.startswith("AUTH")]) == 1


@pytest.mark.parametrize("echo", ["AGRhbmEAaHVudGVyMg==", "aHVudGVyMg=="])
def test_a_server_that_repeats_what_it_was_sent_gives_no_password_away(echo: str) -> None:
    server = Server()
    server.capabilities += ["AUTH PLAIN"]
    server.on["AUTH"] = say(f"535 cannot do {echo}")
    with pytest.raises(SubmissionRefused, match=r"cannot do \*\*\*.*WORKER_SMTP_PASSWORD") as raised:
        run(begun(server, user="dana", password="hunter2"))
    assert echo not in str(raised.value)


def test_the_password_is_in_no_repr() -> None:
    assert "hunter2" not in repr(Submission(host="mail.example", port=587, user="dana", password="hunter2"))


def test_a_method_that_the_server_only_pretends_to_have_is_followed_by_the_next() -> None:
    server = Server()
    server.capabilities += ["AUTH CRAM-MD5 PLAIN"]
    server.on["AUTH"] = say("504 not this one", only="CRAM-MD5")
    run(begun(server, user="dana", password="hunter2"))
    assert [line.split()[1] for line in server.commands if line.startswith("AUTH")] == ["CRAM-MD5", "PLAIN"]


@pytest.mark.parametrize(
    ("place", "words", "fault", "told"),
    [
        ("greeting", "554 go away", SubmissionRefused, "refuses us: 554 go away"),
        ("greeting", "421 busy", SubmissionUnreachable, "not ready: 421 busy"),
        ("AUTH", "454 database is away", SubmissionUnreachable, "cannot log anybody in just now"),
        ("MAIL", "530 5.7.0 authentication required", SubmissionRefused, "wants a login first"),
    ],
)
def test_a_server_that_wants_nobody_now_or_never_is_told_in_one_line(
    place: str, words: str, fault: type[Exception], told: str
) -> None:
    server = Server()
    server.capabilities += ["AUTH PLAIN"]
    server.on[place] = say(words)
    with pytest.raises(fault, match=told):
        run(sent_once(server, user="dana", password="hunter2"))


def test_a_server_without_any_login_is_told_when_one_is_wanted() -> None:
    with pytest.raises(SubmissionRefused, match="offers no login"):
        run(begun(Server(), user="dana", password="hunter2"))


def test_a_host_that_is_not_there_is_unreachable() -> None:
    with pytest.raises(SubmissionUnreachable, match=r"127\.0\.0\.1:1 cannot be reached"):
        run(begun(Server(), port=1))
    with pytest.raises(SubmissionUnreachable, match="no host of that name"):
        run(begun(Server(), host="nowhere.invalid"))


def test_a_server_that_accepts_and_says_nothing_is_unreachable_within_the_timeout() -> None:
    server = Server()
    server.on["greeting"] = say("220-")
    with pytest.raises(SubmissionUnreachable, match=r"Timed out|timed out"):
        run(begun(server, timeout=0.2))


def test_certificates_of_one_s_own_authority_are_trusted_by_ssl_cert_file() -> None:
    server = Server()
    server.certificate, server.tls_at_once = "good", True
    script = (
        "import asyncio,sys\nfrom worker.io.smtp import *\n"
        "asyncio.run(Sender(Submission(host='127.0.0.1',port=int(sys.argv[1]),security=Security.TLS)).begin())"
    )

    async def child(**environ: str) -> int:
        made = await asyncio.create_subprocess_exec(
            sys.executable, "-c", script, str(server.port), env={**os.environ, **environ},
            cwd=Path(__file__).parents[2], stderr=subprocess.DEVNULL,
        )  # fmt: skip
        return await made.wait()

    async def with_and_without() -> tuple[int, int]:
        async with running(server):
            return await child(SSL_CERT_FILE=str(CERTIFICATES / "good.pem")), await child()

    assert run(with_and_without()) == (0, 1)


def test_a_connection_that_hangs_is_not_waited_for_at_the_end() -> None:
    """asyncio's own threads would be, and a name server that keeps silent cannot be interrupted."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        place = full.getsockname()
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:  # nobody takes them: the next who comes gets no answer at all
            one.setblocking(False)
            one.connect_ex(place)
        script = (
            "import asyncio,sys\nfrom worker.io.dialling import dial\n"
            "async def main():\n"
            "    task = asyncio.ensure_future(dial('127.0.0.1', int(sys.argv[1]), 600))\n"
            "    await asyncio.wait((task,), timeout=0.2)\n"
            "    assert not task.done()\n"
            "    task.cancel()\n"
            "asyncio.run(main())"
        )
        done = subprocess.run(
            [sys.executable, "-c", script, str(place[1])], cwd=Path(__file__).parents[2], timeout=30, check=False
        )
        assert done.returncode == 0
        for one in waiting:
            one.close()
