"""Hands mails to the submission server over connections that are kept, in two halves.

First the envelope, then the mail itself, so that "it may be gone" can be written to disk in between: from the moment
the mail is handed over until the server's 250 nobody knows who has it (RFC 1047).
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

import aiosmtplib
from aiosmtplib.protocol import PERIOD_REGEX, normalize_message_line_endings

from worker.core.model import Address, OutboxItem
from worker.core.outbox import Accepted, Deferred, Delivery, Refusal, Refused, Unknown
from worker.io.dialling import dial

_T = TypeVar("_T")
_QUIT_WITHIN = 2.0
_IDLE_FOR = 60.0
"""Seconds after which a kept connection is not trusted any more: servers and firewalls drop them in silence."""
_MAX_WORDS = 300
_NOT_THIS_METHOD = frozenset({500, 502, 503, 504})
_LOGIN_WANTED = frozenset({530, 538})


class Security(StrEnum):
    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


class SubmissionFault(Exception):
    """Nothing can be sent at all. The text is one line for the person who runs the worker, without the password."""


class SubmissionRefused(SubmissionFault):
    """The server does not want us: a wrong password, or no login where one is needed."""


class SubmissionUnreachable(SubmissionFault):
    """The server is not there just now. Worth another try."""


class SubmissionUntrusted(SubmissionFault):
    """The server cannot prove who it is, or takes mail only in the clear."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """Where mail is handed in."""

    host: str
    port: int
    security: Security = Security.STARTTLS
    user: str = ""
    password: str = ""
    timeout: float = 60.0
    """Seconds for each answer."""
    final_timeout: float = 600.0
    """Seconds for the answer to the mail itself (RFC 5321 section 4.5.3.2.6 says ten minutes)."""

    def __repr__(self) -> str:
        return f"Submission({self.place}, security={self.security.value}, user={self.user!r})"

    @property
    def place(self) -> str:
        return f"{self.host}:{self.port}"


class Sender:
    """A few kept connections to one submission server."""

    def __init__(self, submission: Submission, *, connections: int = 4, tls: ssl.SSLContext | None = None) -> None:
        """`connections` is the most at one time; a further one is made only while all others are in use.

        `tls` is made from the system's certificates, or from SSL_CERT_FILE, where none is given."""
        self._submission = submission
        self._room = asyncio.Semaphore(connections)
        self._idle: list[_Line] = []
        self._tls = tls

    @property
    def place(self) -> str:
        return self._submission.place

    async def begin(self) -> None:
        """Connect and log in once, so that a fault of the account shows at the start. Raises SubmissionFault."""
        async with self._room:
            self._idle.append(await self._line())

    async def close(self) -> None:
        """Say good-bye to the server on every connection that is not in use."""
        while self._idle:
            await self._idle.pop().quit()

    @contextlib.asynccontextmanager
    async def transaction(self, item: OutboxItem) -> AsyncIterator[Transaction]:
        """One mail on one connection. Raises SubmissionFault where there is no connection to be had.

        Left before `data`, nothing has been sent.
        """
        async with self._room:
            transaction = Transaction(self, await self._line(), item)
            try:
                yield transaction
            finally:
                await self._take_back(transaction)

    async def _line(self) -> _Line:
        while self._idle:
            line = self._idle.pop()
            line.was_kept = True
            if line.is_fresh():
                return line
            await line.quit()
        return await self.new_line()

    async def new_line(self) -> _Line:
        """A connection that was just made. Raises SubmissionFault."""
        if self._tls is None and self._submission.security is not Security.NONE:
            # create_default_context reads SSL_CERT_FILE by way of OpenSSL; it opens files, so not on the loop.
            self._tls = await asyncio.to_thread(ssl.create_default_context)
        return await _connect(self._submission, self._tls)

    async def _take_back(self, transaction: Transaction) -> None:
        line = transaction.line
        if transaction.is_clean and line.client.is_connected:
            line.used = asyncio.get_running_loop().time()
            self._idle.append(line)
        else:
            line.client.close()


@dataclass(slots=True)
class _Line:
    """One connection, logged in."""

    client: aiosmtplib.SMTP
    used: float
    final_timeout: float
    was_kept: bool = False

    def is_fresh(self) -> bool:
        return self.client.is_connected and asyncio.get_running_loop().time() - self.used < _IDLE_FOR

    async def quit(self) -> None:
        with contextlib.suppress(aiosmtplib.SMTPException, OSError, ValueError):
            await self.client.quit(timeout=_QUIT_WITHIN)
        self.client.close()


class Transaction:
    """The two halves of handing over one mail."""

    def __init__(self, sender: Sender, line: _Line, item: OutboxItem) -> None:
        self._sender = sender
        self._item = item
        self._refusals: tuple[Refusal, ...] = ()
        self.line = line
        self.is_clean = True
        """The connection stands where a new mail can begin."""
        self.handed_over = False
        """The mail itself went out: from here on it may be the server's."""

    async def envelope(self) -> Deferred | Refused | None:
        """MAIL and RCPT. None: the server is ready for the mail. Raises SubmissionFault where it now wants a login.

        A contact who has to wait lets everybody wait, since a second try would reach the others twice; one who is
        refused for good does not hold up the rest, and a lost blind copy holds up nobody.
        """
        outcome = await self._envelope()
        if isinstance(outcome, _Broken) and self.line.was_kept:
            # A kept connection that the server has given up: nothing was said on it, so a new one may say it.
            self.line.client.close()
            self.line = await self._sender.new_line()
            outcome = await self._envelope()
        if isinstance(outcome, _Broken):
            self.is_clean = False
            return Deferred(reply=outcome.words)
        if outcome is not None:
            await self._reset()
        return outcome

    async def data(self) -> Delivery:
        """DATA, the mail and its final dot."""
        client = self.line.client
        self.is_clean = False
        try:
            ready = await client.execute_command(b"DATA")
        except (aiosmtplib.SMTPException, OSError) as fault:
            return Deferred(reply=_words(fault))
        if ready.code != 354:
            await self._reset()
            return self._answer(ready, taken=False)
        stop_if_cancelled()
        protocol = client.protocol
        if protocol is None or client.transport is None or client.transport.is_closing():
            return Deferred(reply="the connection was lost before the mail was handed over")
        self.handed_over = True
        try:
            protocol.write(_on_the_wire(self._item.data))
            answer = await protocol.read_response(timeout=self.line.final_timeout)
        except (aiosmtplib.SMTPException, OSError) as fault:
            # From the final dot on it is either's: RFC 1047.
            return Unknown(reply=_words(fault))
        self.is_clean = answer.code != 421
        return self._answer(answer, taken=True)

    async def abandon(self) -> None:
        """Take the envelope back: the mail is not to be sent after all."""
        await self._reset()

    async def _envelope(self) -> Deferred | Refused | _Broken | None:
        client, item = self.line.client, self._item
        self.is_clean = False
        options = [f"SIZE={len(item.data)}"] if client.supports_extension("size") else []
        try:
            await client.mail(item.envelope_from, options=options)
        except aiosmtplib.SMTPSenderRefused as fault:
            if fault.code in _LOGIN_WANTED:
                raise SubmissionRefused(f"{self._sender.place}: the server wants a login first: {_words(fault)}") from fault
            return self._no(fault)
        except (aiosmtplib.SMTPException, OSError, ValueError) as fault:
            return _broken(fault)
        return await self._recipients()

    async def _recipients(self) -> Deferred | Refused | _Broken | None:
        addressees = {party.address for party in self._item.letter.to}
        refusals: list[Refusal] = []
        waits = ""
        for address in self._item.envelope_to:
            stop_if_cancelled()
            try:
                await self.line.client.rcpt(address)
            except aiosmtplib.SMTPRecipientRefused as fault:
                if fault.code == 421:
                    return _Broken(_words(fault))
                if address in addressees and fault.code < 500:
                    waits = waits or f"{address}: {_words(fault)}"
                else:
                    refusals.append(Refusal(address=Address(address), reply=_words(fault)))
            except (aiosmtplib.SMTPException, OSError, ValueError) as fault:
                return _broken(fault)
        self._refusals = tuple(refusals)
        if waits:
            return Deferred(reply=waits)
        if addressees <= {refusal.address for refusal in refusals}:
            told = "; ".join(f"{refusal.address}: {refusal.reply}" for refusal in refusals)
            return Refused(reply=told, refusals=self._refusals)
        return None

    def _no(self, fault: aiosmtplib.SMTPResponseException) -> Deferred | Refused | _Broken:
        if fault.code == 421 or fault.code < 400:
            return _Broken(_words(fault))
        return Deferred(reply=_words(fault)) if fault.code < 500 else Refused(reply=_words(fault))

    def _answer(self, answer: aiosmtplib.SMTPResponse, *, taken: bool) -> Delivery:
        words = _said(answer.code, answer.message)
        if 400 <= answer.code < 500:
            return Deferred(reply=words)
        if 500 <= answer.code < 600:
            return Refused(reply=words, refusals=self._refusals)
        if not taken:
            return Deferred(reply=f"an answer that makes no sense: {words}")
        return Accepted(reply=words, refusals=self._refusals) if 200 <= answer.code < 300 else Unknown(reply=words)

    async def _reset(self) -> None:
        try:
            await self.line.client.rset()
        except (aiosmtplib.SMTPException, OSError):
            self.is_clean = False
        else:
            self.is_clean = True


@dataclass(frozen=True, slots=True)
class _Broken:
    """The connection is of no use any more, and nothing was handed over."""

    words: str


def stop_if_cancelled() -> None:
    """Raise the cancellation that asyncio.wait_for loses where an answer comes in the same moment (Python 3.11)."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def _broken(fault: Exception) -> _Broken | Refused:
    # ValueError: an address that aiosmtplib will not put on a command line.
    return Refused(reply=_words(fault)) if isinstance(fault, ValueError) else _Broken(_words(fault))


def _on_the_wire(data: bytes) -> bytes:
    """The mail with its lines ended by CRLF, its dots doubled, and the final dot (RFC 5321 section 4.5.2)."""
    return PERIOD_REGEX.sub(b"..", normalize_message_line_endings(data)) + b".\r\n"


# -- connecting -----------------------------------------------------------------------


async def _connect(submission: Submission, tls: ssl.SSLContext | None) -> _Line:
    sock = await _or_unreachable(dial(submission.host, submission.port, submission.timeout), submission)
    client = aiosmtplib.SMTP(
        hostname=submission.host,
        sock=sock,
        timeout=submission.timeout,
        use_tls=submission.security is Security.TLS,
        start_tls=False,
        tls_context=tls if submission.security is not Security.NONE else None,
        local_hostname=_own_name(),
    )
    try:
        await _or_unreachable(client.connect(), submission)
        await _or_unreachable(client.ehlo(), submission)
        if submission.security is Security.STARTTLS:
            await _secure(client, submission)
        if submission.user:
            await _log_in(client, submission)
    except BaseException:
        client.close()
        sock.close()
        raise
    now = asyncio.get_running_loop().time()
    return _Line(client=client, used=now, final_timeout=submission.final_timeout)


async def _secure(client: aiosmtplib.SMTP, submission: Submission) -> None:
    if not client.supports_extension("starttls"):
        # Whoever sits on the wire can strip the offer (RFC 3207 section 6), so no offer is no connection.
        raise SubmissionUntrusted(f"{submission.place} offers no STARTTLS, so mail would travel in the clear")
    await _or_unreachable(client.starttls(), submission)
    await _or_unreachable(client.ehlo(), submission)


async def _log_in(client: aiosmtplib.SMTP, submission: Submission) -> None:
    """One try with one method: a wrong password said three times locks accounts."""
    encrypted = submission.security is not Security.NONE
    methods = {"plain": client.auth_plain, "login": client.auth_login, "cram-md5": client.auth_crammd5}
    order = ("plain", "login", "cram-md5") if encrypted else ("cram-md5", "plain", "login")
    offered = [method for method in order if method in client.server_auth_methods]
    if not offered:
        raise SubmissionRefused(f"{submission.place} offers no login that the worker knows (PLAIN, LOGIN, CRAM-MD5)")
    for method in offered:
        try:
            await _or_unreachable(methods[method](submission.user, submission.password), submission)
        except aiosmtplib.SMTPAuthenticationError as fault:
            words = _without(submission, _words(fault))
            if fault.code in _NOT_THIS_METHOD and method != offered[-1]:
                continue
            if fault.code < 500:
                raise SubmissionUnreachable(f"{submission.place} cannot log anybody in just now: {words}") from None
            raise SubmissionRefused(
                f"{submission.place} refuses the login of {submission.user}: {words}. "
                f"Check WORKER_SMTP_USER and WORKER_SMTP_PASSWORD; many providers want an app password."
            ) from None
        return


async def _or_unreachable(step: Awaitable[_T], submission: Submission) -> _T:
    """The step's result; every way in which a server can fail, as one of ours with one clear line."""
    place = submission.place
    try:
        return await step
    except aiosmtplib.SMTPAuthenticationError:
        raise
    except aiosmtplib.SMTPResponseException as fault:
        if fault.code >= 500:
            raise SubmissionRefused(f"{place} refuses us: {_words(fault)}") from fault
        raise SubmissionUnreachable(f"{place} is not ready: {_words(fault)}") from fault
    except (aiosmtplib.SMTPException, OSError) as fault:
        cause = fault.__cause__ if isinstance(fault, aiosmtplib.SMTPException) else fault
        match cause:
            case ssl.SSLCertVerificationError():
                told = f"{place}: its certificate is not to be trusted: {cause.verify_message}"
                raise SubmissionUntrusted(told) from fault
            case ssl.SSLError():
                told = f"{place} does not speak TLS there ({cause.reason}): is the port right, or is it starttls?"
                raise SubmissionUntrusted(told) from fault
            case socket.gaierror():
                told = f"{place}: there is no host of that name: {cause.strerror}. Check WORKER_SMTP_HOST."
                raise SubmissionUnreachable(told) from fault
            case ConnectionRefusedError():
                told = "nobody listens on this port. Check WORKER_SMTP_HOST and WORKER_SMTP_PORT"
                raise SubmissionUnreachable(f"{place} cannot be reached: {told}.") from fault
            case TimeoutError():
                told = "no answer in time, timed out. Check the network and WORKER_SMTP_HOST"
                raise SubmissionUnreachable(f"{place} cannot be reached: {told}.") from fault
        raise SubmissionUnreachable(f"{place} cannot be reached: {_words(fault)}") from fault


def _own_name() -> str:
    """The name for EHLO: ours where it is a full one, else an address literal (RFC 5321 section 4.1.4)."""
    name = socket.gethostname()
    return name if "." in name and name.isascii() and not name.endswith((".local", ".")) else "[127.0.0.1]"


def _words(fault: BaseException) -> str:
    if isinstance(fault, aiosmtplib.SMTPResponseException):
        return _said(fault.code, fault.message)
    return _one_line(str(fault) or type(fault).__name__)


def _said(code: int, message: str) -> str:
    return _one_line(f"{code} {message}")


def _one_line(text: str) -> str:
    shown = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(shown.split())[:_MAX_WORDS]


def _without(submission: Submission, words: str) -> str:
    """Some servers repeat what they were sent, as AUTH PLAIN and AUTH LOGIN put it too."""
    user, password = submission.user.encode(), submission.password.encode()
    sent = (b64encode(b"\0%b\0%b" % (user, password)), b64encode(password))
    for secret in (submission.password, *(one.decode() for one in sent)) if password else ():
        words = words.replace(secret, "***")
    return words
