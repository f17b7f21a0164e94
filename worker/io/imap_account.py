"""A mailbox as the settings name it, and how long we wait for its server."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Security = Literal["tls", "starttls", "none"]

SENT = r"\Sent"
"""Stands for the folder that the server marks so (RFC 6154), whatever its name is in the mailbox's language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One folder of one mailbox, and the way in."""

    name: str
    """"" for the worker's own mailbox, else the NAME of WATCH__<NAME>__*."""
    host: str
    port: int
    security: Security
    user: str
    password: str = field(repr=False)
    folder: str = "INBOX"
    read_only: bool = False
    sent_folder: str = ""
    """Where sent mail lies, for who reads that folder with a second account; nothing here looks at it."""

    @property
    def where(self) -> str:
        """The mailbox in an operator's words."""
        return f"mailbox {self.user} at {self.host}:{self.port}"

    def setting(self, name: str) -> str:
        """The environment variable that holds PASSWORD, HOST and so on for this mailbox."""
        return f"WORKER_WATCH__{self.name.upper()}__{name}" if self.name else f"WORKER_IMAP_{name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to wait, how often to try, how much to take at once. Seconds and bytes."""

    connect: float = 20.0
    read: float = 60.0
    """Without a byte from the server for so long, the connection is dead."""
    stall: float = 300.0
    """One line or literal that takes longer than this comes from a server that drips."""
    idle: float = 55.0
    """A slice of IDLE; a search follows each, since mail that comes just before IDLE may go unannounced."""
    first_idle: float = 2.0
    """The slice just after mail has come; each that follows is twice as long, up to `idle`."""
    poll: float = 60.0
    """Between two looks, where the server has no IDLE."""
    farewell: float = 2.0
    """For a polite good-bye; then the line is cut."""
    backoff_min: float = 1.0
    backoff_max: float = 300.0
    keep_alive: int = 60
    batch_mails: int = 200
    batch_bytes: int = 16 << 20
    listing: int = 500
    """Mails whose sizes are asked for in one command: its line stays below 8,000 octets (RFC 2683 section 3.2.1.5)."""
    whole_up_to: int = 256 << 10
    """Larger mails come without their attachments."""
    text_limit: int = 1 << 20
    """The most that is taken of one text part of a large mail."""
    literal_limit: int = 64 << 20
    """More than this in one piece is no mail that we asked for."""

    def __post_init__(self) -> None:
        if not 0 < self.idle <= 60:
            raise ValueError("Patience.idle: a slice of IDLE lasts at most 60 seconds")
