"""The connection: imapclient on a reader of our own.

imaplib reads through a BufferedReader, and four traps of IMAP come from there. After one timeout the reader is
broken for good; bytes that wait in it do not wake a poll on the socket, so an EXISTS that came in one packet with
the answer to IDLE lies there for a whole slice; a closed connection looks like an empty answer to imapclient's
idle_check; and what was sent before STARTTLS is read as if it had come after it. The methods overridden here are
those that imaplib lists as overridable.
"""

# imapclient comes without a py.typed marker.
# mypy: allow-subclassing-any

from __future__ import annotations

import imaplib
import ipaddress
import re
import selectors
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from time import monotonic

from imapclient import IMAPClient, SocketTimeout

from worker.io.imap_account import Account, Patience
from worker.io.imap_fault import Injected, MailboxRefused, MailboxUntrusted, Stripped, one_line

_CHUNK = 256 << 10
_LONGEST_LINE = 64 << 20  # the UIDs of a folder of millions come in one
_LITERAL = re.compile(rb"\{(\d+)\}$")
_NEWS = re.compile(rb"\* \d+ (?:EXISTS|RECENT)", re.IGNORECASE)

# RFC 5530: the server is at fault or busy, the password may well be right.
_NOT_NOW = re.compile(r"\[(UNAVAILABLE|INUSE|LIMIT|SERVERBUG|OVERQUOTA)", re.IGNORECASE)


class IdleRefused(Exception):
    """The server offers IDLE and does not do it."""


class Wire(imaplib.IMAP4):
    """One connection to one server, encrypted as the account asks, its own buffer, a bound on everything."""

    def __init__(self, account: Account, patience: Patience, on_socket: Callable[[Wire], None]) -> None:
        """`on_socket` is called as soon as `cut` is of use, which is before the server has said a word."""
        self._account = account
        self._on_socket = on_socket
        self._patience = patience
        self._buffer = bytearray()
        self._idles = 0
        self._context = ssl.create_default_context() if account.security != "none" else None
        super().__init__(account.host, account.port)
        try:
            self._secure()
        except BaseException:
            self.shutdown()
            raise

    # -- what imaplib lets us override ------------------------------------------------

    def open(self, host: str = "", port: int = 143, timeout: float | None = None) -> None:
        """Connect, with TLS from the first byte where the account says tls."""
        self.host, self.port = host, port
        sock = socket.create_connection((host, port), self._patience.connect)
        try:
            _keep_alive(sock, self._patience.keep_alive)
            if self._context and self._account.security == "tls":
                sock = self._encrypted(self._context, sock)
            self.sock = sock
            self._on_socket(self)
            self._shake_hands()
        except BaseException:
            sock.close()
            raise

    def read(self, size: int) -> bytes:
        """The next `size` bytes. Raises abort where they are more than any mail of ours."""
        if size > self._patience.literal_limit:
            raise self.abort(f"the server wants to send {size} bytes in one piece")
        give_up = monotonic() + self._patience.stall
        while len(self._buffer) < size:
            self._fill(give_up)
        return self._take(size)

    def readline(self) -> bytes:
        """The next line, with its end."""
        give_up = monotonic() + self._patience.stall
        seen = 0
        while (end := self._buffer.find(b"\n", seen)) < 0:
            seen = len(self._buffer)
            if seen > _LONGEST_LINE:
                raise self.abort(f"a line of more than {_LONGEST_LINE} bytes")
            self._fill(give_up)
        return self._take(end + 1)

    def shutdown(self) -> None:
        """Close the connection, whatever state it is in."""
        self.cut()
        self.sock.close()

    # -- ways in -----------------------------------------------------------------------

    def cut(self) -> None:
        """End the connection now; a thread that hangs in it comes back. May be called from any thread."""
        with suppress(OSError):  # closed already
            # Not SSLSocket.shutdown: that takes the TLS object away from under the thread that reads.
            socket.socket.shutdown(self.sock, socket.SHUT_RDWR)

    def _secure(self) -> None:
        """Encrypt where the account asks for STARTTLS; refuse where that is not to be had."""
        account = self._account
        if account.security == "tls":
            return
        if self.state == "AUTH":
            # A PREAUTH greeting rules STARTTLS out (RFC 3501 section 6.2), and so is a way to take it from us.
            raise MailboxUntrusted(
                f"{account.where}: the server says that we are logged in already, over a connection that is not "
                f"encrypted. Set {account.setting('SECURITY')}=tls."
            )
        if account.security == "starttls":
            self._start_tls()
        elif not ipaddress.ip_address(self.sock.getpeername()[0]).is_loopback:
            raise MailboxRefused(
                f"{account.where}: the password would travel unencrypted. Set {account.setting('SECURITY')} "
                f"to tls or starttls; none is for a server on this machine."
            )

    def _start_tls(self) -> None:
        assert self._context is not None
        if "STARTTLS" not in self.capabilities:
            raise Stripped
        kind, words = self.xatom("STARTTLS")
        if kind != "OK":
            raise Stripped(words)
        if self._buffer:
            raise Injected
        self.sock = self._encrypted(self._context, self.sock)
        self._shake_hands()
        # RFC 3501 section 6.2.1: forget all that was said before.
        self.untagged_responses.clear()
        _, said = self.capability()
        self.capabilities = tuple(said[-1].decode("ascii", "replace").upper().split())

    def _encrypted(self, context: ssl.SSLContext, sock: socket.socket) -> ssl.SSLSocket:
        return context.wrap_socket(sock, server_hostname=self.host, do_handshake_on_connect=False)

    def _shake_hands(self) -> None:
        if isinstance(self.sock, ssl.SSLSocket):
            self.sock.settimeout(self._patience.connect)
            self.sock.do_handshake()
        self.sock.settimeout(self._patience.read)

    def log_in(self) -> None:
        """Log in by AUTHENTICATE PLAIN, which takes any characters, else by LOGIN.

        Raises:
            MailboxRefused: the server does not want this user and password.
        """
        if self.state == "AUTH":
            return
        account = self._account
        try:
            if "AUTH=PLAIN" in self.capabilities:
                self.authenticate("PLAIN", lambda _: f"\0{account.user}\0{account.password}".encode())
            elif "LOGINDISABLED" in self.capabilities:
                raise MailboxRefused(
                    f"{account.where}: the server allows no login by password on this connection. "
                    f"Set {account.setting('SECURITY')} to tls or starttls, or allow passwords at the provider."
                )
            else:
                self._login()
        except self.abort:
            raise
        except self.error as refusal:
            raise self._refused(refusal) from None

    def _login(self) -> None:
        """LOGIN with both words as literals: quotes, spaces and letters beyond ASCII pass as they are."""
        tag = self._new_tag()
        words = [word.encode() for word in (self._account.user, self._account.password)]
        self.send(tag + b" LOGIN {%d}\r\n" % len(words[0]))
        for word, tail in zip(words, (b" {%d}\r\n" % len(words[1]), b"\r\n"), strict=True):
            while self._get_response():
                if self.tagged_commands[tag]:
                    break
            else:
                self.send(word + tail)
                continue
            break
        kind, said = self._command_complete("LOGIN", tag)
        if kind != "OK":
            raise self.error(said[-1].decode("utf-8", "replace"))
        self.state = "AUTH"

    def _refused(self, refusal: Exception) -> Exception:
        account = self._account
        words = one_line(refusal, account)
        if _NOT_NOW.search(words):
            return self.abort(f"login is not possible now: {words}")
        return MailboxRefused(
            f"{account.where}: the server refused user and password ({words}). "
            f"Check {account.setting('USER')} and {account.setting('PASSWORD')}; "
            f"many providers want an app password for IMAP."
        )

    # -- waiting -------------------------------------------------------------------------

    def idle(self, seconds: float, wake: socket.socket) -> None:
        """Wait in IDLE (RFC 2177) until there is news, the time is over or `wake` can be read.

        Raises:
            IdleRefused: the server does not do it after all.
        """
        self._idles += 1
        tag = b"W%d" % self._idles  # imaplib's own tags use the letters A to P
        self.send(tag + b" IDLE\r\n")
        news = False
        while not (line := self._whole_line()).startswith(b"+"):
            if line.startswith(tag + b" "):
                raise IdleRefused(line)
            news = news or bool(_NEWS.match(line))
        ends = monotonic() + seconds
        while not news:
            if b"\n" in self._buffer:
                news = bool(_NEWS.match(self._whole_line()))
            elif not self.await_bytes(ends - monotonic(), wake):
                break
        self.send(b"DONE\r\n")
        while not self._whole_line().startswith(tag + b" "):
            pass

    def await_bytes(self, seconds: float, wake: socket.socket) -> bool:
        """Wait until the server sends something. False where the time is over or `wake` can be read."""
        sock = self.sock
        if not (isinstance(sock, ssl.SSLSocket) and sock.pending()):
            with selectors.DefaultSelector() as selector:
                selector.register(sock, selectors.EVENT_READ)
                selector.register(wake, selectors.EVENT_READ)
                ready = {key.fileobj for key, _ in selector.select(max(0.0, seconds))}
            if wake in ready or not ready:
                return False
        # A record of TLS itself (a session ticket) wakes the socket too, and a blocking read would wait for mail.
        sock.settimeout(0)
        try:
            self._fill(monotonic() + self._patience.stall)
        except (BlockingIOError, ssl.SSLWantReadError):
            pass
        finally:
            sock.settimeout(self._patience.read)
        return True

    def _whole_line(self) -> bytes:
        """A line with any literals left out; raises abort at BYE."""
        line = self.readline().rstrip(b"\r\n")
        whole = line
        while literal := _LITERAL.search(line):
            self.read(int(literal[1]))
            line = self.readline().rstrip(b"\r\n")
            whole += line
        if whole[:5].upper() == b"* BYE":
            raise self.abort(whole.decode("utf-8", "replace"))
        return whole

    # -- bytes ---------------------------------------------------------------------------

    def _take(self, size: int) -> bytes:
        piece = bytes(self._buffer[:size])
        del self._buffer[:size]
        return piece

    def _fill(self, give_up: float) -> None:
        if monotonic() > give_up:
            raise self.abort("the server sends too slowly to ever end")
        piece = self.sock.recv(_CHUNK)
        if not piece:
            raise self.abort("the server closed the connection")
        self._buffer += piece


class Client(IMAPClient):
    """imapclient, on a Wire that is connected and encrypted."""

    def __init__(self, wire: Wire, patience: Patience) -> None:
        self._wire = wire
        super().__init__(wire.host, wire.port, ssl=False, timeout=SocketTimeout(patience.connect, patience.read))
        # imapclient leaves imaplib at level 5, and every body is then formatted for a log: seven times slower.
        wire.debug = 0
        self.normalise_times = False

    def _create_IMAP4(self) -> Wire:  # noqa: N802 - imapclient's name for the place where its connection is made
        return self._wire


def _keep_alive(sock: socket.socket, seconds: int) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", seconds), ("TCP_KEEPINTVL", max(1, seconds // 4)), ("TCP_KEEPCNT", 4)):
        if hasattr(socket, name):  # not on every system
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
