"""What can go wrong with a mailbox, each in one line for who has to mend it."""

from __future__ import annotations

import imaplib
import re
import socket
import ssl
from base64 import b64encode

from worker.io.imap_account import Account

MALFORMED = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
"""What imapclient's parser lets through, beside its own errors, when an answer is not IMAP."""

_LONGEST = 200


class MailboxFault(Exception):
    """A mailbox cannot be read now. str() is one line: what happened, where, what to do."""

    permanent = False
    """Trying again cannot help before somebody changes the settings."""


class MailboxRefused(MailboxFault):
    """The server does not let us in: wrong password, login disabled, no protected way to log in."""

    permanent = True


class MailboxUnreachable(MailboxFault):
    """No connection, or a connection that broke: it is tried again."""


class MailboxUntrusted(MailboxFault):
    """Nobody vouches that this is the server: an expired or foreign certificate, STARTTLS taken away."""


class FolderMissing(MailboxFault):
    """The mailbox has no such folder."""

    permanent = True


class Injected(Exception):
    """Plain bytes lay behind the answer to STARTTLS (CVE-2021-38371 and its kin)."""


class Stripped(Exception):
    """The server, or somebody between, does not offer STARTTLS."""


FAILURES = (OSError, imaplib.IMAP4.error, Injected, Stripped, *MALFORMED)
"""All that a connection can fail with."""


def one_line(words: object, account: Account) -> str:
    """A server's words, fit for a log: one printable line, bounded, without the password."""
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
    for secret in _secrets(account):
        text = text.replace(secret, "***")
    text = re.sub(r"\s+", " ", "".join(c if c.isprintable() else " " for c in text)).strip()
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def _secrets(account: Account) -> tuple[str, ...]:
    """The password, also as AUTHENTICATE PLAIN puts it: some servers repeat what they were sent."""
    if not account.password:
        return ()
    return account.password, b64encode(f"\0{account.user}\0{account.password}".encode()).decode()


def fault_from(error: Exception, account: Account, doing: str) -> MailboxFault:
    """The fault that an exception of socket, ssl, imaplib or imapclient stands for."""
    if isinstance(error, MailboxFault):
        return error
    if isinstance(error, Injected | Stripped | ssl.SSLError):
        return _tls_fault(error, account)
    where = account.where
    if isinstance(error, socket.gaierror):
        return MailboxUnreachable(
            f"{where}: no host of this name is known ({one_line(error.strerror, account)}). "
            f"Check {account.setting('HOST')} and the name server."
        )
    if isinstance(error, ConnectionRefusedError):
        return MailboxUnreachable(
            f"{where}: nothing answers on this port. "
            f"Check {account.setting('HOST')} and {account.setting('PORT')}, and that the server runs."
        )
    if isinstance(error, TimeoutError):
        return MailboxUnreachable(
            f"{where}: no answer in time while {doing}. Check the network and {account.setting('HOST')}."
        )
    if isinstance(error, imaplib.IMAP4.abort):
        return MailboxUnreachable(f"{where}: the connection broke while {doing} ({one_line(error, account)}).")
    return MailboxUnreachable(f"{where}: failed while {doing} ({one_line(error, account)}).")


def _tls_fault(error: Exception, account: Account) -> MailboxFault:
    where = account.where
    match error:
        case Injected():
            return MailboxUntrusted(
                f"{where}: plain text was smuggled in before encryption began. Somebody may sit in between; "
                f"set {account.setting('SECURITY')}=tls."
            )
        case Stripped():
            return MailboxUntrusted(
                f"{where}: the server does not offer STARTTLS, so the password was not sent. "
                f"Set {account.setting('SECURITY')}=tls (port 993), or ask who runs the network."
            )
        case ssl.SSLCertVerificationError():
            return MailboxUntrusted(f"{where}: {_certificate_words(error, account)}")
        case _:
            return MailboxUnreachable(
                f"{where}: no TLS could be agreed on ({one_line(error, account)}). "
                f"Check that {account.setting('SECURITY')} fits {account.setting('PORT')} (tls is 993, starttls 143)."
            )


def _certificate_words(error: ssl.SSLCertVerificationError, account: Account) -> str:
    # The numbers are X509_V_ERR_* of openssl/x509_vfy.h.
    match error.verify_code:
        case 10:
            return "its certificate has expired. Whoever runs the server has to renew it; the worker keeps trying."
        case 9:
            return "its certificate is not valid yet. Check the clock of this machine, then the server's certificate."
        case 62 | 64:
            return (
                f"its certificate is for another host, not {account.host}. "
                f"Set {account.setting('HOST')} to the name in the certificate."
            )
        case 18 | 19 | 20 | 21:
            return (
                "its certificate comes from nobody that this machine trusts. "
                "If it is your own authority, set SSL_CERT_FILE to its certificate."
            )
        case _:
            return f"its certificate does not hold ({one_line(error.verify_message, account)})."
