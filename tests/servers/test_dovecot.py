"""The reader against a real Dovecot, as the distribution packs it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import pytest

from worker.io.imap import (
    Account,
    Batch,
    Filer,
    FolderMissing,
    MailboxRefused,
    MailboxUnreachable,
    MailboxUntrusted,
    Patience,
    Reader,
)

pytestmark = pytest.mark.servers

QUICK = Patience(read=20, connect=10, backoff_min=0.05, backoff_max=0.2)


def mail(subject: str) -> bytes:
    return (
        f"From: Ann Aster <ann@example.com>\r\nTo: deals@example.org\r\nSubject: {subject}\r\n"
        f"Message-ID: <{subject}@example.com>\r\n\r\nHello, it is {subject}.\r\n"
    ).encode()


def subjects(batches: list[Batch]) -> list[str]:
    return [str(message_from_bytes(raw.data)["Subject"]) for batch in batches for raw in batch.mails]


def run(work: Awaitable[Any]) -> Any:
    async def bounded() -> Any:
        return await asyncio.wait_for(work, 60)

    return asyncio.run(bounded())


async def once(account: Account, cursor: Any = None, patience: Patience = QUICK) -> list[Batch]:
    reader = Reader(account, patience=patience)
    try:
        return [batch async for batch in reader.batches_once(cursor)]
    finally:
        await reader.close()


@pytest.fixture
def account(dovecot: Any) -> Account:
    """A new and empty mailbox."""
    return new_account(dovecot)


def new_account(server: Any) -> Account:
    return Account(
        name="", host="127.0.0.1", port=server.plain, security="none", user=server.new_user(), password=server.password
    )


def test_history_is_read_in_batches_and_ends(dovecot: Any, account: Account) -> None:
    dovecot.deliver(account.user, *(mail(f"n{i}") for i in range(45)))
    batches = run(once(account, patience=replace(QUICK, batch_mails=20)))
    assert subjects(batches) == [f"n{i}" for i in range(45)]
    assert [len(batch.mails) for batch in batches] == [20, 20, 5]
    assert [batch.history for batch in batches] == [True] * 3
    assert [batch.live for batch in batches] == [False, False, True]
    assert batches[-1].cursor.history_done
    assert run(once(account, batches[-1].cursor))[0].mails == ()


def test_a_mail_is_read_byte_for_byte_with_its_time(dovecot: Any, account: Account) -> None:
    odd = b"Subject: odd\r\nX: \xff\xfe\r\n\r\n8 bit: \xe9\xff\r\n.\r\nlast line without end"
    dovecot.deliver(account.user, odd)
    [batch] = run(once(account))
    assert batch.mails[0].data == odd
    assert batch.mails[0].size == len(odd)
    received = batch.mails[0].received
    assert received is not None
    assert received.tzinfo is not None


def test_a_wrong_password_is_refused_in_one_line(account: Account) -> None:
    with pytest.raises(MailboxRefused, match="WORKER_IMAP_PASSWORD") as caught:
        run(once(replace(account, password="not-this-one")))
    assert "not-this-one" not in str(caught.value)


def test_a_folder_that_is_missing_is_named(account: Account) -> None:
    with pytest.raises(FolderMissing, match="INBOX"):
        run(once(replace(account, folder="Dealz")))


def test_a_folder_with_a_name_beyond_ascii_is_read(dovecot: Any, account: Account) -> None:
    with dovecot.client(account.user) as imap:
        imap.create('"Entw&APw-rfe"')
    dovecot.deliver(account.user, mail("one"), folder='"Entw&APw-rfe"')
    assert subjects(run(once(replace(account, folder="Entwürfe")))) == ["one"]


def test_mail_that_arrives_is_read_out_of_idle(dovecot: Any, account: Account) -> None:
    dovecot.deliver(account.user, mail("old"))

    async def work() -> list[Batch]:
        reader = Reader(account, patience=QUICK)
        batches = []
        async for batch in reader.batches(None):
            batches.append(batch)
            if len(batches) == 3:
                break
            # After the first of these the reader is in IDLE: its slice lasts longer than this test may.
            loop = asyncio.get_running_loop()
            loop.call_later(0.3, loop.run_in_executor, None, dovecot.deliver, account.user, mail(f"n{len(batches)}"))
        await reader.close()
        return batches

    batches = run(work())
    assert subjects(batches) == ["old", "n1", "n2"]
    assert [batch.history for batch in batches] == [True, False, False]
    seen = dovecot.flags(account.user)
    assert [b"Seen" in flags for flags in seen] == [False, True, False]


def test_a_watched_mailbox_stays_unread(dovecot: Any, account: Account) -> None:
    dovecot.deliver(account.user, mail("old"), big_mail())
    watched = replace(account, name="ANN", read_only=True)

    async def work() -> None:
        reader = Reader(watched, patience=QUICK)
        n = 0
        async for batch in reader.batches(None):
            n += len(batch.mails)
            if n == 2:
                await asyncio.to_thread(dovecot.deliver, account.user, mail("new"))
            if n == 3:
                break
        await reader.close()

    run(work())
    assert not any(b"Seen" in flags for flags in dovecot.flags(account.user))


def test_a_server_that_stops_and_starts_again_is_come_back_to(start_dovecot: Callable[..., Any]) -> None:
    server = start_dovecot()
    account = new_account(server)
    server.deliver(account.user, mail("before"))
    faults: list[str] = []

    def restart() -> None:
        server.stop()
        server.start()
        server.deliver(account.user, mail("after"))

    async def work() -> list[Batch]:
        reader = Reader(account, patience=QUICK, on_fault=faults.append)
        batches = []
        async for batch in reader.batches(None):
            batches.append(batch)
            if "after" in subjects(batches):
                break
            asyncio.get_running_loop().run_in_executor(None, restart)
        assert reader.status.fault == ""
        await reader.close()
        return batches

    batches = run(work())
    assert subjects(batches) == ["before", "after"]
    assert [batch.history for batch in batches] == [True, False]
    assert faults


def test_a_folder_that_was_made_anew_is_read_anew_as_history(dovecot: Any, account: Account) -> None:
    deals = replace(account, folder="Deals")
    with dovecot.client(account.user) as imap:
        imap.create("Deals")
    dovecot.deliver(account.user, mail("one"), mail("two"), folder="Deals")
    cursor = run(once(deals))[-1].cursor
    with dovecot.client(account.user) as imap:
        imap.delete("Deals")
        imap.create("Deals")
    dovecot.deliver(account.user, mail("three"), folder="Deals")
    [batch] = run(once(deals, cursor))
    assert batch.cursor.uidvalidity != cursor.uidvalidity
    assert (subjects([batch]), batch.history) == (["three"], True)


def big_mail() -> bytes:
    """A mail of two texts, an image, an attached mail and an attached file, 3 MB in all."""
    inner = EmailMessage(policy=SMTP)
    inner["Subject"] = "the inner mail"
    inner.set_content("words of the inner mail")
    outer = EmailMessage(policy=SMTP)
    outer["From"], outer["Subject"] = "Ann Aster <ann@example.com>", "large"
    outer.set_content("Grüße und die Unterlagen\n")
    outer.add_alternative("<p>Grüße</p>", subtype="html")
    outer.add_attachment(inner)
    outer.add_attachment(b"%PDF" * 500_000, maintype="application", subtype="pdf", filename="offer.pdf")
    return outer.as_bytes()


def test_a_large_mail_comes_by_its_parts(dovecot: Any, account: Account) -> None:
    data = big_mail()
    dovecot.deliver(account.user, mail("one"), data, mail("three"))
    [batch] = run(once(account))
    assert subjects([batch]) == ["one", "large", "three"]
    raw = batch.mails[1]
    assert raw.size == len(data)
    assert len(raw.data) < 5000
    rebuilt, original = (message_from_bytes(each, policy=SMTP) for each in (raw.data, data))
    assert [p.get_content_type() for p in rebuilt.walk()] == [p.get_content_type() for p in original.walk()]
    texts = [
        [p.get_content().strip() for p in m.walk() if p.get_content_maintype() == "text"] for m in (rebuilt, original)
    ]
    assert texts[0] == texts[1]
    assert [p.get_filename() for p in rebuilt.walk()][-1] == "offer.pdf"
    assert rebuilt.items() == original.items()


def test_a_large_mail_of_nothing_but_text_is_cut_not_lost(dovecot: Any, account: Account) -> None:
    dovecot.deliver(account.user, b"Subject: endless\r\n\r\n" + b"0123456789abcde\r\n" * 100_000)
    [batch] = run(once(account))
    assert len(batch.mails[0].data) == QUICK.text_limit + len(b"Subject: endless\r\n\r\n")


@pytest.mark.parametrize("security", ["tls", "starttls"])
class TestCertificates:
    def by(self, account: Account, server: Any, security: Any) -> Account:
        return replace(account, security=security, port=server.tls if security == "tls" else server.plain)

    def test_one_that_nobody_signed_is_refused(self, dovecot: Any, account: Account, security: str) -> None:
        with pytest.raises(MailboxUntrusted, match="SSL_CERT_FILE"):
            run(once(self.by(account, dovecot, security)))

    def test_one_in_ssl_cert_file_is_taken(
        self, dovecot: Any, account: Account, security: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", str(dovecot.certificate))
        dovecot.deliver(account.user, mail("one"))
        protected = self.by(account, dovecot, security)

        async def work() -> list[Batch]:
            reader = Reader(protected, patience=QUICK)
            batches = []
            async for batch in reader.batches(None):
                batches.append(batch)
                if len(batches) == 2:
                    break
                loop = asyncio.get_running_loop()
                loop.call_later(0.3, loop.run_in_executor, None, dovecot.deliver, account.user, mail("two"))
            await reader.close()
            return batches

        assert subjects(run(work())) == ["one", "two"]

    @pytest.mark.parametrize(("certificate", "words"), [("expired", "has expired"), ("foreign", "for another host")])
    def test_one_that_does_not_hold_is_told(
        self, start_dovecot: Callable[..., Any], security: str, certificate: str, words: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:  # fmt: skip
        server = start_dovecot(certificate)
        monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
        account = new_account(server)
        with pytest.raises(MailboxUntrusted, match=words):
            run(once(self.by(account, server, security)))
        server.stop()


def test_a_server_that_is_not_there_is_told(account: Account, tmp_path: Path) -> None:
    with pytest.raises(MailboxUnreachable, match="nothing answers"):
        run(once(replace(account, port=1)))


def test_what_is_filed_is_found_with_its_time_and_flags(dovecot: Any, account: Account) -> None:
    noon = datetime(2026, 3, 2, 12, 30, tzinfo=UTC)
    letter = (
        "Message-ID: <abc.def@example.org>\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\r\nSchöne Grüße\r\n".encode()
    )

    async def work() -> list[bool]:
        filer = Filer(account, patience=QUICK)
        before = await filer.find("Sent", "abc.def@example.org")
        await filer.append("Sent", letter, noon, (r"\Seen",))
        found = [
            before,
            await filer.find("Sent", "abc.def@example.org"),
            await filer.find("Sent", "abc.def@example.or"),
        ]
        with pytest.raises(FolderMissing):
            await filer.append("Posteingang", letter, noon)
        await filer.close()
        return found

    assert run(work()) == [False, True, False]
    [batch] = run(once(replace(account, folder="Sent")))
    assert batch.mails[0].data == letter
    assert batch.mails[0].received == noon
    assert b"Seen" in dovecot.flags(account.user, "Sent")[0]


def test_closing_ends_within_five_seconds(account: Account) -> None:
    async def work() -> None:
        reader = Reader(account, patience=QUICK)
        live = asyncio.Event()

        async def read() -> None:
            async for batch in reader.batches(None):
                if batch.live:
                    live.set()

        task = asyncio.ensure_future(read())
        await live.wait()
        await asyncio.wait_for(reader.close(), 5)
        await asyncio.wait_for(task, 1)

    run(work())
