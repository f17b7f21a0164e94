"""Sending into a real Postfix, as the distribution packs it: a private instance with its own queue and ports."""

from __future__ import annotations

import asyncio
import shutil
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

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

SETTINGS = """
myhostname = mail.northlight.test
smtpd_tls_cert_file = {root}/good.pem
smtpd_tls_key_file = {root}/good.pem
smtpd_recipient_restrictions = check_recipient_access texthash:{root}/access, permit_mynetworks, reject
smtpd_soft_error_limit = 1000
smtpd_hard_error_limit = 1000
header_checks = regexp:{root}/headers
"""


@pytest.fixture(scope="module")
def instance(start_postfix: Callable[..., Any]) -> Any:
    boxes = {ERIN: "erin", BUSY: "busy", GONE: "gone", WORKER: "deals", DANA.address: "dana"}
    files = {
        "good.pem": (CERTIFICATES / "good.pem").read_text(),
        "access": f"{BUSY} 450 4.2.1 come back later\n{GONE} 550 5.1.1 no such user here\n",
        "headers": "/^Subject: .*lottery/ REJECT 5.7.1 looks like spam\n",
    }
    return start_postfix(boxes, None, "plain", "starttls", "tls", settings=SETTINGS, files=files)


@pytest.fixture
def postfix(instance: Any) -> Any:
    for folder in instance.mail.iterdir():
        shutil.rmtree(folder)
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
    postfix: Any, trusting: ssl.SSLContext, security: Security
) -> None:
    port = postfix.ports[{Security.NONE: "plain", Security.STARTTLS: "starttls", Security.TLS: "tls"}[security]]
    body = "Grüße,\n.\n.. und Punkte\n" + "Wort " * 300 + "\n"
    item = item_to(ERIN, subject="Straße nach Köln", body=body)
    (found,) = run(send(to(port, security, trusting), item))
    assert isinstance(found, Accepted)
    assert "queued as" in found.reply
    (theirs,), (ours,) = postfix.lying(ERIN, 1), postfix.lying(WORKER, 1)
    assert theirs.get_content().replace("\r\n", "\n") == body
    assert theirs["Subject"] == "Straße nach Köln"
    assert theirs["Message-ID"] == f"<{item.message_id}>"
    assert theirs["Return-Path"] == f"<{WORKER}>"
    assert theirs["Bcc"] is None
    assert ours["Message-ID"] == theirs["Message-ID"]
    assert ours["Delivered-To"] == WORKER


def test_a_hundred_mails_go_over_one_connection(postfix: Any) -> None:
    found = run(send(to(postfix.ports["plain"]), *(item_to(ERIN, number=number) for number in range(100))))
    assert {type(each) for each in found} == {Accepted}
    assert len({mail["Message-ID"] for mail in postfix.lying(ERIN, 100)}) == 100


def test_refusals_and_deferrals_of_a_real_server_are_told_apart(postfix: Any) -> None:
    gone, busy, spam, half = run(
        send(
            to(postfix.ports["plain"]), item_to(GONE), item_to(BUSY, number=2),
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
    assert [mail["Subject"] for mail in postfix.lying(ERIN, 1)] == ["Empty miles"]


def test_a_certificate_of_nobody_we_know_is_not_trusted(postfix: Any) -> None:
    with pytest.raises(SubmissionUntrusted, match="certificate"):
        run(to(postfix.ports["starttls"], Security.STARTTLS, ssl.create_default_context()).begin())
    with pytest.raises(SubmissionUntrusted, match="offers no STARTTLS"):
        run(to(postfix.ports["plain"], Security.STARTTLS, ssl.create_default_context()).begin())


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


def test_a_restart_of_the_server_between_two_mails_costs_neither_of_them(postfix: Any) -> None:
    items = (item_to(ERIN, number=1), item_to(ERIN, number=2))

    async def test() -> Store:
        sender = to(postfix.ports["plain"])
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
    arrived = {str(mail["Message-ID"]).strip("<>") for mail in postfix.lying(ERIN, 2)}
    assert arrived == {item.message_id for item in items}
