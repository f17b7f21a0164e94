"""One connection's work on one folder, step by step. Blocks: it runs in a lane."""

from __future__ import annotations

import imaplib
import re
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Any

from worker.core.model import Place, RawMail
from worker.io.imap_account import SENT, Account, Patience
from worker.io.imap_fault import FAILURES, MALFORMED, FolderMissing, MailboxFault, fault_from
from worker.io.imap_fetch import (
    Listed,
    Unbuildable,
    answer_for,
    bodies,
    ids_named,
    listing,
    rebuild,
    structure,
    uid_set,
    uids_found,
    wanted,
)
from worker.io.imap_wire import Client, IdleRefused, Wire

Tries = dict[int, int]
"""How often each mail that makes trouble was tried alone."""


class Take(Enum):
    """How much of a mail to ask for."""

    ALL = auto()
    BEGINNING = auto()
    HEADER = auto()


_ID_FIELD = "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]"
_LADDER = (Take.ALL, Take.ALL, Take.BEGINNING, Take.HEADER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """A folder as it was when it was opened."""

    uidvalidity: int
    uidnext: int | None
    """None where the server does not say."""


class Wake:
    """Ends a wait from another thread, now and ever after."""

    def __init__(self) -> None:
        self.inlet, self._outlet = socket.socketpair()
        self._outlet.setblocking(False)

    def up(self) -> None:
        """Whoever waits, comes back; may be called from any thread."""
        with suppress(OSError):
            self._outlet.send(b"!")

    def close(self) -> None:
        """Give the sockets back; nobody may be waiting."""
        self.inlet.close()
        self._outlet.close()


class Session:
    """A connection that is logged in.

    All methods raise a MailboxFault where the connection or the server fails.
    """

    def __init__(self, account: Account, patience: Patience) -> None:
        self._account = account
        self._patience = patience
        self._exists = 0
        self._uidvalidity = 0
        self._can_store = False
        self._wire: Wire | None = None
        self._cut = False
        self.client: Any = None

    # -- open and close ---------------------------------------------------------------------

    def open(self) -> None:
        """Connect and log in."""
        with self._told("connecting"):
            wire = Wire(self._account, self._patience, self._has_socket)
        with self._told("logging in"):
            self.client = Client(wire, self._patience)
            wire.log_in()
            self._can_idle = bool(self.client.has_capability("IDLE"))

    def _has_socket(self, wire: Wire) -> None:
        self._wire = wire
        if self._cut:
            wire.cut()

    def cut(self) -> None:
        """End the connection at once, from any thread, also while it is being made."""
        self._cut = True
        if self._wire is not None:
            self._wire.cut()

    def close(self) -> None:
        """Say good-bye where that is possible."""
        wire = self._wire
        if wire is None:
            return
        with suppress(*FAILURES):
            wire.sock.settimeout(self._patience.farewell)
            wire.logout()
        wire.shutdown()

    @property
    def wire(self) -> Wire:
        if self._wire is None:
            raise RuntimeError("the session was not opened")
        return self._wire

    def noop(self) -> None:
        """Ask whether the server is still there."""
        with self._told("asking whether the server is there"):
            self.wire.noop()

    # -- the folder ---------------------------------------------------------------------------

    def select(self, folder: str, *, read_only: bool) -> Selected:
        """Open a folder; one that may only be read is read.

        Raises:
            FolderMissing: there is none of this name; says which there are.
        """
        with self._told(f"opening the folder {folder}"):
            try:
                facts = self._select(self._named(folder), read_only)
            except imaplib.IMAP4.abort:
                raise
            except imaplib.IMAP4.error as refusal:
                self._must_be_there(folder)
                raise imaplib.IMAP4.abort(str(refusal)) from refusal
        self._exists = _number(facts.get(b"EXISTS")) or 0
        self._uidvalidity = _number(facts.get(b"UIDVALIDITY")) or 0
        return Selected(uidvalidity=self._uidvalidity, uidnext=_number(facts.get(b"UIDNEXT")))

    def _select(self, folder: str, read_only: bool) -> dict[bytes, Any]:
        self._can_store = not read_only
        try:
            return dict(self.client.select_folder(folder, readonly=read_only))
        except imaplib.IMAP4.readonly:  # our rights end at reading
            self._can_store = False
            return dict(self.client.select_folder(folder, readonly=True))

    def _named(self, folder: str) -> str:
        """The name of a folder in this mailbox. Raises FolderMissing where there is no Sent folder."""
        if folder != SENT:
            return folder
        try:
            found = self.client.find_special_folder(SENT.encode())
        except MALFORMED as error:
            raise imaplib.IMAP4.abort(f"the list of folders cannot be read: {error}") from error
        if found is None:
            raise FolderMissing(f"{self._account.where}: no folder is marked as the one for sent mail.")
        return str(found)

    def _must_be_there(self, folder: str) -> None:
        names = self.folders()
        if folder not in names:
            account = self._account
            ours = folder == account.folder and not account.name
            raise FolderMissing(
                f'{account.where}: there is no folder "{folder}". '
                f"Correct {account.setting('FOLDER') if ours else 'its name in the settings'}; "
                f"there are: {', '.join(sorted(names)[:20]) or '(the server shows none)'}."
            )

    def append(self, folder: str, data: bytes, when: datetime, flags: Sequence[str]) -> None:
        """Put a mail into a folder.

        Raises:
            FolderMissing: there is none of this name; says which there are.
        """
        with self._told(f"filing a mail in the folder {folder}"):
            try:
                self.client.append(self._named(folder), data, flags, when)
            except imaplib.IMAP4.abort:
                raise
            except imaplib.IMAP4.error:
                self._must_be_there(folder)
                raise

    def has_message_id(self, message_id: str, latest: int) -> bool:
        """Whether the open folder holds a mail with this id. Also looks through the latest mails itself.

        A server may take a part of an id for the whole, and some search in an index that lags behind.
        """
        with self._told("looking for a mail by its Message-ID"):
            quoted = '"' + re.sub(r'(["\\])', r"\\\1", f"<{message_id}>") + '"'
            found = uids_found(self._search("HEADER", "Message-ID", quoted), 0)
            last = uids_found(self._search(f"{max(1, self._exists - latest + 1)}:*"), 0) if self._exists else []
            return any(
                message_id in ids_named(self._fetch(some, f"({_ID_FIELD})")) for some in (found[-latest:], last) if some
            )

    def folders(self) -> list[str]:
        """The names of all folders of the mailbox."""
        try:
            return [str(name) for _, _, name in self.client.list_folders()]
        except MALFORMED as error:
            raise imaplib.IMAP4.abort(f"the list of folders cannot be read: {error}") from error

    # -- finding -----------------------------------------------------------------------------------

    def uids_after(self, uid: int) -> list[int]:
        """The UIDs above `uid`, ascending."""
        with self._told("looking for new mail"):
            self._count_news()
            return uids_found(self._search("UID", f"{uid + 1}:*"), uid)

    def _search(self, *criteria: str) -> list[Any]:
        self.wire.response("SEARCH")
        kind, answers = self.wire.uid("SEARCH", *criteria)
        if kind != "OK":
            raise imaplib.IMAP4.abort(f"SEARCH: {kind} {answers!r}")
        return list(answers)

    def _count_news(self) -> bool:
        """Take in what the server announced by the way; whether there is more mail than before."""
        _, gone = self.wire.response("EXPUNGE")
        _, there = self.wire.response("EXISTS")
        left = self._exists - sum(1 for line in gone if line)
        counts = [int(line) for line in there if isinstance(line, bytes) and line.isdigit()]
        self._exists = counts[-1] if counts else max(0, left)
        return self._exists > left

    def list_mails(self, uids: Sequence[int]) -> list[Listed]:
        """Sizes and arrival times; a mail of which the server says nothing comes without."""
        with self._told("asking for the sizes of mails"):
            try:
                known = listing(self._fetch(uids, "(RFC822.SIZE INTERNALDATE)"), uids)
            except imaplib.IMAP4.abort:
                raise
            except (imaplib.IMAP4.error, *MALFORMED):
                known = {}
        return [known.get(uid, Listed(uid=uid)) for uid in uids]

    # -- fetching ----------------------------------------------------------------------------------

    def fetch(self, mails: Sequence[Listed], tries: Tries) -> list[RawMail]:
        """The mails that are still there, in order.

        Small ones come together. Where that fails each is tried alone, then only its beginning, then only its
        header; one that the server cannot deliver at all comes without data, so that it is neither lost nor in the
        way. `tries` outlives the connection: a mail that breaks it is counted before it is asked for.
        """
        whole = [m for m in mails if m.is_whole(self._patience) and m.uid not in tries]
        got = self._together(whole, tries)
        result = []
        for mail in mails:
            raw = self._raw(mail, got[mail.uid]) if mail.uid in got else self._alone(mail, tries)
            if raw is not None:
                result.append(raw)
        return result

    def _together(self, mails: Sequence[Listed], tries: Tries) -> dict[int, bytes]:
        if not mails:
            return {}
        with self._told("fetching mails"):
            try:
                found = bodies(self._fetch([m.uid for m in mails], "(BODY.PEEK[])"))
            except (imaplib.IMAP4.abort, OSError):
                tries.update({m.uid: 0 for m in mails})
                raise
            except (imaplib.IMAP4.error, *MALFORMED):
                return {}
        return {m.uid: found[m.uid] for m in mails if m.uid in found}

    def _alone(self, mail: Listed, tries: Tries) -> RawMail | None:
        data: bytes | None
        with self._told(f"fetching the mail with UID {mail.uid}"):
            while (rung := tries.setdefault(mail.uid, 0)) < len(_LADDER):
                tries[mail.uid] = rung + 1
                data = self._attempt(mail, _LADDER[rung])
                if data is not None or not self._is_there(mail.uid):
                    break
            else:
                data = b""
        del tries[mail.uid]
        return None if data is None else self._raw(mail, data)

    def _is_there(self, uid: int) -> bool:
        return bool(uids_found(self._search("UID", str(uid)), uid - 1))

    def _attempt(self, mail: Listed, take: Take) -> bytes | None:
        """One try. None where the server answers without the mail."""
        try:
            if take is Take.ALL and not mail.is_whole(self._patience):
                with suppress(Unbuildable):
                    return self._by_parts(mail.uid)
                take = Take.BEGINNING
            item, key = {
                Take.ALL: ("BODY.PEEK[]", b"BODY[]"),
                Take.BEGINNING: (f"BODY.PEEK[]<0.{self._patience.whole_up_to}>", b"BODY[]<0>"),
                Take.HEADER: ("BODY.PEEK[HEADER]", b"BODY[HEADER]"),
            }[take]
            data = answer_for(self._fetch([mail.uid], f"({item})"), mail.uid).get(key)
        except imaplib.IMAP4.abort:
            raise
        except (imaplib.IMAP4.error, *MALFORMED):
            return None
        return data if isinstance(data, bytes) else None

    def _by_parts(self, uid: int) -> bytes:
        facts = answer_for(self._fetch([uid], "(BODYSTRUCTURE)"), uid)
        tree = structure(facts.get(b"BODYSTRUCTURE"))
        items = " ".join(wanted(tree, self._patience))
        return rebuild(tree, answer_for(self._fetch([uid], f"({items})"), uid))

    def _fetch(self, uids: Sequence[int], items: str) -> list[Any]:
        self.wire.response("FETCH")  # what is left of flags that changed, or of a command that failed
        kind, answers = self.wire.uid("FETCH", uid_set(uids), items)
        if kind != "OK":
            raise imaplib.IMAP4.error(f"FETCH: {kind} {answers!r}")
        return [] if answers == [None] else list(answers)

    def _raw(self, mail: Listed, data: bytes) -> RawMail:
        place = Place(
            account=self._account.name, folder=self._account.folder, uidvalidity=self._uidvalidity, uid=mail.uid
        )
        return RawMail(place=place, data=data, received=mail.received, size=max(mail.size or 0, len(data)))

    # -- afterwards ----------------------------------------------------------------------------------

    def mark_seen(self, uids: Sequence[int]) -> None:
        """Mark mails as read where the folder is open for that; a server that refuses is left in peace."""
        if not (self._can_store and uids):
            return
        with self._told("marking mails as read"):
            kind, _ = self.wire.uid("STORE", uid_set(uids), "+FLAGS.SILENT", r"(\Seen)")
            self._can_store = kind == "OK"

    def wait(self, wake: Wake, slice: float) -> None:
        """Come back when there may be new mail: at an announcement, or when the slice (in seconds) is over.

        Mails come in bunches, so just after one the next is likely to fall between the look and IDLE, where some
        servers announce nothing: slices are short then, and grow.
        """
        with self._told("waiting for mail"):
            if self._count_news():
                return
            if self._can_idle:
                try:
                    self.wire.idle(min(slice, self._patience.idle), wake.inlet)
                    return
                except IdleRefused:
                    self._can_idle = False
            self.wire.await_bytes(self._patience.poll, wake.inlet)
            self.wire.noop()

    @contextmanager
    def _told(self, doing: str) -> Iterator[None]:
        """Turn what goes wrong into a fault that says what we were doing."""
        try:
            yield
        except MailboxFault:
            raise
        except FAILURES as error:
            raise fault_from(error, self._account, doing) from error


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) else None
