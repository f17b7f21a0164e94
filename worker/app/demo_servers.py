"""The demo's own mail system on loopback: an IMAP server for each mailbox, and one SMTP server that delivers.

The SMTP server does what a real one does at the border: it writes Delivered-To, Received and its verdict on who sent
the mail, takes out verdicts in its own name that came from outside (RFC 8601 section 5), and lays the mail into the
mailboxes of its recipients. Whoever logs in sends as themselves; a stranger's word is not believed.
"""

from __future__ import annotations

import asyncio
from argparse import Namespace
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from pymap.backend.dict import DictBackend
from pymap.imap import IMAPService

from worker.core.model import Address
from worker.io.imap import Account, Filer

HOST = "127.0.0.1"
PASSWORD = "demo"
AUTHSERV = "mx.oakline.example"


@dataclass(kw_only=True)
class MailSystem:
    """Two servers and what passed through them."""

    mailboxes: tuple[str, ...]
    clock: Callable[[], datetime]
    imap_ports: dict[str, int] = field(default_factory=dict)
    smtp_port: int = 0
    taken: list[tuple[str, tuple[str, ...], bytes]] = field(default_factory=list)
    """Sender, recipients and bytes of every mail that the server has taken."""
    delivered: int = 0
    """How many mails have been laid into mailboxes."""
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    _filers: dict[str, Filer] = field(default_factory=dict)
    _smtp: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen on free ports of loopback."""
        for mailbox in self.mailboxes:
            port = await self._start_imap(mailbox)
            self.imap_ports[mailbox] = port
            self._filers[mailbox] = Filer(
                Account(name="", host=HOST, port=port, security="none", user=mailbox, password=PASSWORD)
            )
        self._smtp = await asyncio.get_running_loop().create_server(self._session, HOST, 0)
        self.smtp_port = self._smtp.sockets[0].getsockname()[1]

    def _session(self) -> SMTP:
        return SMTP(self, hostname=HOST, authenticator=_login, auth_require_tls=False, enable_SMTPUTF8=True)

    async def stop(self) -> None:
        for filer in self._filers.values():
            await filer.close()
        if self._smtp is not None:
            self._smtp.close()
        await self._stack.aclose()

    async def _start_imap(self, mailbox: str) -> int:
        port = await _free_port()
        arguments = Namespace(
            host=[HOST], port=str(port), cert=None, key=None, tls=False, inherited_sockets=None, proxy_protocol=None,
            demo_data=False, demo_user=mailbox, demo_password=PASSWORD, debug=False, passlib_cfg=None,
        )  # fmt: skip
        backend, config = await DictBackend.init(arguments)
        config.apply_context()
        await IMAPService(backend, config).start(self._stack)
        return port

    # -- the SMTP server ------------------------------------------------------------------------

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Take a mail, write the border's headers, and deliver it."""
        content = envelope.content
        assert isinstance(content, bytes)  # decode_data is off
        sender = str(envelope.mail_from or "")
        proven = cast("str | None", session.auth_data) or ""  # what _login gave
        self.taken.append((sender, tuple(envelope.rcpt_tos), content))
        for recipient in envelope.rcpt_tos:
            mailbox = _mailbox_of(recipient)
            if mailbox in self._filers:
                self.delivered += 1
                stamped = self._stamped(content, sender, recipient, proven)
                await self._filers[mailbox].append("INBOX", stamped, self.clock(), ())
        return "250 2.0.0 taken"

    def _stamped(self, content: bytes, sender: str, recipient: str, proven: str) -> bytes:
        now = format_datetime(self.clock())
        domain = sender.rpartition("@")[2]
        is_proven = proven.rpartition("@")[2] == domain
        verdict = "pass" if is_proven else "fail"
        head = (
            f"Return-Path: <{sender}>\r\nDelivered-To: {recipient}\r\n"
            f"Authentication-Results: {AUTHSERV}; spf={verdict} smtp.mailfrom={sender};"
            f" dmarc={verdict} header.from={domain}\r\n"
            f"Received: from {domain or 'nobody'} by {AUTHSERV} with ESMTP; {now}\r\n"
        )
        return head.encode() + _without_our_verdicts(content)


def _login(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
    """Whoever knows the demo's password is who they say."""
    if not isinstance(data, LoginPassword) or data.password != PASSWORD.encode():
        return AuthResult(success=False, handled=False)
    return AuthResult(success=True, auth_data=data.login.decode())


def _without_our_verdicts(content: bytes) -> bytes:
    head, gap, body = content.partition(b"\r\n\r\n")
    kept = [line for line in head.split(b"\r\n") if not line.lower().startswith(_FORGED)]
    return b"\r\n".join(kept) + gap + body


_FORGED = b"authentication-results: " + AUTHSERV.encode()


def _mailbox_of(recipient: str) -> Address:
    local, _, domain = recipient.lower().rpartition("@")
    return Address(f"{local.partition('+')[0]}@{domain}")


async def _free_port() -> int:
    probe = await asyncio.start_server(lambda reader, writer: None, HOST, 0)
    port: int = probe.sockets[0].getsockname()[1]
    probe.close()
    await probe.wait_closed()
    return port
