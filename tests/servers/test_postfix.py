"""Sending into a real Postfix, as the distribution packs it: a private instance with its own queue and ports."""

from __future__ import annotations

import asyncio
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import TypeVar

import pytest

from worker.app.delivery import Delivery
from worker.core.model import Address, Deal, DealId, Letter, Outbox, OutboxItem, Party
from worker.core.outbox import Accepted, Deferred, Go, Refused
from worker.io.smtp import Security, Sender, Submission, SubmissionUnreachable, SubmissionUntrusted
from worker.mail.compose import compose

pytestmark = pytest.mark.servers

T = TypeVar("T")
CERTIFICATES = Path(__file__).parent.parent / "io" / "certificates"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WORKER = Address("deals@northlight.test")
DANA = Party(address=Address("dana@northlight.test"), name="Dana Whitfield")
ERIN, BUSY, GONE = (Address(f"{name}@brightwater.test") for name in ("erin", "busy", "gone"))

MAIN = """
compatibility_level = 3.6
queue_directory = {root}/queue
data_directory = {root}/data
maillog_file = {root}/log
maillog_file_prefixes = {root}
mail_owner = postfix
myhostname = mail.northlight.test
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtputf8_enable = no
biff = no
alias_maps =
alias_database =
local_recipient_maps =
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {certificate}
smtpd_recipient_restrictions = check_recipient_access texthash:{root}/access, permit_mynetworks, reject
smtpd_soft_error_limit = 1000
smtpd_hard_error_limit = 1000
header_checks = regexp:{root}/headers
virtual_mailbox_domains = brightwater.test, northlight.test
virtual_mailbox_base = {root}/mail
virtual_mailbox_maps = texthash:{root}/boxes
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
default_transport = error:nothing leaves this machine
relay_transport = error:nothing leaves this machine
"""

MASTER = """
127.0.0.1:{plain} inet n - n - - smtpd -o smtpd_tls_security_level=none
127.0.0.1:{starttls} inet n - n - - smtpd -o smtpd_tls_security_level=encrypt
127.0.0.1:{tls} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass
class Postfix:
    """One instance that can be stopped and started again on the same ports."""

    root: Path
    plain: int
    starttls: int
    tls: int

    def configure(self) -> None:
        conf = self.root / "conf"
        conf.mkdir()
        owner = self.root.stat()
        mail = self.root / "mail"
        mail.mkdir()
        shutil.chown(mail, "mail", "mail")
        (self.root / "data").mkdir()
        shutil.chown(self.root / "data", "postfix", "postfix")
        (self.root / "queue").mkdir(mode=0o755)
        ports = {"plain": self.plain, "starttls": self.starttls, "tls": self.tls}
        certificate = shutil.copy(CERTIFICATES / "good.pem", self.root / "good.pem")
        of_mail = (mail.stat().st_uid, mail.stat().st_gid)
        assert owner.st_uid == 0, "these tests need root"
        text = MAIN.format(root=self.root, certificate=certificate, uid=of_mail[0], gid=of_mail[1])
        (conf / "main.cf").write_text(text)
        (conf / "master.cf").write_text(MASTER.format(**ports))
        boxes = [(ERIN, "erin"), (BUSY, "busy"), (GONE, "gone"), (WORKER, "deals"), (DANA.address, "dana")]
        (self.root / "boxes").write_text("".join(f"{address} {box}/\n" for address, box in boxes))
        (self.root / "access").write_text(f"{BUSY} 450 4.2.1 come back later\n{GONE} 550 5.1.1 no such user here\n")
        (self.root / "headers").write_text("/^Subject: .*lottery/ REJECT 5.7.1 looks like spam\n")

    def start(self) -> None:
        self.postfix("start")
        wait_for(lambda: all(greets(port) for port in (self.plain, self.starttls)), self.log)

    def stop(self) -> None:
        self.postfix("stop")
        wait_for(lambda: not greets(self.plain), self.log)

    def postfix(self, verb: str) -> None:
        command = ["postfix", "-c", str(self.root / "conf"), verb]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"postfix {verb}: {done.stderr}{self.log()}"

    def log(self) -> str:
        path = self.root / "log"
        return path.read_text(errors="replace") if path.exists() else "no log"

    def box(self, name: str, count: int) -> list[EmailMessage]:
        """The mails that lie in a mailbox, once there are so many of them."""
        folder = self.root / "mail" / name / "new"
        wait_for(lambda: folder.is_dir() and len(list(folder.iterdir())) >= count, self.log)
        return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in sorted(folder.iterdir())]

    def empty(self) -> None:
        for folder in (self.root / "mail").iterdir():
            shutil.rmtree(folder)


def greets(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 2) as connection:
            return connection.recv(3) == b"220"
    except OSError:
        return False


def wait_for(condition: Callable[[], bool], log: Callable[[], str], seconds: float = 20.0) -> None:
    """Poll until it is so; tell the server's log where it never is."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, log()
        time.sleep(0.02)


def free_ports(count: int) -> list[int]:
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listener.getsockname()[1] for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports


@pytest.fixture(scope="module")
def instance() -> Iterator[Postfix]:
    # Not below pytest's own folder, into which the users of Postfix cannot look.
    root = Path(tempfile.mkdtemp(prefix="postfix-"))
    root.chmod(0o755)
    made = Postfix(root, *free_ports(3))
    made.configure()
    made.start()
    yield made
    made.stop()
    shutil.rmtree(root)


@pytest.fixture
def postfix(instance: Postfix) -> Postfix:
    instance.empty()
    return instance


@pytest.fixture
def trusting() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(CERTIFICATES / "good.pem"))


def run(test: Awaitable[T]) -> T:
    async def bounded() -> T:
        return await asyncio.wait_for(test, 60)

    return asyncio.run(bounded())


def item_to(*to: Address, number: int = 1, subject: str = "Empty miles", body: str = "Hi Erin,\n") -> OutboxItem:
    letter = Letter(
        id=f"deal:run:{number}", purpose="nudge", template="prospect/nudge", sender=DANA, subject=subject, body=body,
        to=tuple(Party(address=address) for address in to), send_at=NOW,
    )  # fmt: skip
    return compose(letter, key=b"key", worker=WORKER, now=NOW, zone=UTC)


def to(port: int, security: Security = Security.NONE, tls: ssl.SSLContext | None = None) -> Sender:
    return Sender(Submission(host="127.0.0.1", port=port, security=security, timeout=20, final_timeout=30), tls=tls)


async def send(sender: Sender, *items: OutboxItem) -> list[object]:
    found: list[object] = []
    for item in items:
        async with sender.transaction(item) as transaction:
            found.append(await transaction.envelope() or await transaction.data())
    await sender.close()
    return found


@pytest.mark.parametrize("security", list(Security))
def test_a_mail_lies_in_the_contacts_mailbox_and_its_copy_in_the_workers(
    postfix: Postfix, trusting: ssl.SSLContext, security: Security
) -> None:
    port = {Security.NONE: postfix.plain, Security.STARTTLS: postfix.starttls, Security.TLS: postfix.tls}[security]
    body = "Grüße,\n.\n.. und Punkte\n" + "Wort " * 300 + "\n"
    item = item_to(ERIN, subject="Straße nach Köln", body=body)
    (found,) = run(send(to(port, security, trusting), item))
    assert isinstance(found, Accepted)
    assert "queued as" in found.reply
    (theirs,), (ours,) = postfix.box("erin", 1), postfix.box("deals", 1)
    assert theirs.get_content().replace("\r\n", "\n") == body
    assert theirs["Subject"] == "Straße nach Köln"
    assert theirs["Message-ID"] == f"<{item.message_id}>"
    assert theirs["Return-Path"] == f"<{WORKER}>"
    assert theirs["Bcc"] is None
    assert ours["Message-ID"] == theirs["Message-ID"]
    assert ours["Delivered-To"] == WORKER


def test_a_hundred_mails_go_over_one_connection(postfix: Postfix) -> None:
    found = run(send(to(postfix.plain), *(item_to(ERIN, number=number) for number in range(100))))
    assert {type(each) for each in found} == {Accepted}
    assert len({mail["Message-ID"] for mail in postfix.box("erin", 100)}) == 100


def test_refusals_and_deferrals_of_a_real_server_are_told_apart(postfix: Postfix) -> None:
    gone, busy, spam, half = run(
        send(
            to(postfix.plain), item_to(GONE), item_to(BUSY, number=2),
            item_to(ERIN, number=3, subject="You won the lottery"), item_to(ERIN, GONE, number=4),
        )
    )  # fmt: skip
    assert isinstance(gone, Refused)
    assert "no such user here" in gone.reply
    assert isinstance(busy, Deferred)
    assert "come back later" in busy.reply
    assert isinstance(spam, Refused)
    assert "looks like spam" in spam.reply
    assert isinstance(half, Accepted)
    assert [refusal.address for refusal in half.refusals] == [GONE]
    assert [mail["Subject"] for mail in postfix.box("erin", 1)] == ["Empty miles"]


def test_a_certificate_of_nobody_we_know_is_not_trusted(postfix: Postfix) -> None:
    with pytest.raises(SubmissionUntrusted, match="certificate"):
        run(to(postfix.starttls, Security.STARTTLS, ssl.create_default_context()).begin())
    with pytest.raises(SubmissionUntrusted, match="offers no STARTTLS"):
        run(to(postfix.plain, Security.STARTTLS, ssl.create_default_context()).begin())


class Store:
    def __init__(self, deal: Deal) -> None:
        self.kept = deal

    def deal(self, deal_id: DealId, /) -> Deal | None:
        return self.kept

    def commit(self, deal: Deal, /) -> None:
        self.kept = deal


class Clock:
    def now(self) -> datetime:
        return NOW


def test_a_restart_of_the_server_between_two_mails_costs_neither_of_them(postfix: Postfix) -> None:
    items = (item_to(ERIN, number=1), item_to(ERIN, number=2))

    async def test() -> Store:
        sender = to(postfix.plain)
        store = Store(Deal(id=DealId("d"), ref="r", owner=DANA, title="t", created=NOW, outbox=items[:1]))
        delivery = Delivery(store, sender, lambda *_: Go(), Clock(), lambda *_: None)
        await delivery.deliver_due(DealId("d"))
        await asyncio.to_thread(postfix.stop)
        store.kept = replace(store.kept, outbox=(*store.kept.outbox, items[1]))
        with pytest.raises(SubmissionUnreachable):
            await delivery.deliver_due(DealId("d"))
        assert [item.state for item in store.kept.outbox] == [Outbox.ACCEPTED, Outbox.QUEUED]
        await asyncio.to_thread(postfix.start)
        await delivery.deliver_due(DealId("d"))
        await sender.close()
        return store

    assert [item.state for item in run(test()).kept.outbox] == [Outbox.ACCEPTED, Outbox.ACCEPTED]
    arrived = {str(mail["Message-ID"]).strip("<>") for mail in postfix.box("erin", 2)}
    assert arrived == {item.message_id for item in items}
