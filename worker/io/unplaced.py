"""The mails that belong to no deal, or that could not be understood: a record of bounded size."""

from __future__ import annotations

import os
from dataclasses import replace

import msgspec

from worker.core.model import MessageId, Place, Unplaced
from worker.io.codec import to_document, writable
from worker.io.lines import Lines
from worker.io.storage import unwritable

_FULL = 1_000_000
"""Bytes after which a new file is begun; the one before is kept, the one before that goes. The mails themselves stay
in the mailbox."""
_LONGEST = 300
"""Characters kept of a subject or a reason."""


class UnplacedMails:
    """Append-only; the same mail is kept once, with what was said of it last."""

    def __init__(self, folder: str) -> None:
        self._lines = Lines(os.path.join(folder, "unplaced.lines"))
        self._before = Lines(os.path.join(folder, "unplaced.1.lines"))
        self._mails: dict[tuple[Place, MessageId], Unplaced] | None = None
        self._size = 0

    def keep(self, mail: Unplaced) -> None:
        """Add a mail; flushed to the disk by `sync`. Raises StateUnwritable."""
        mail = replace(mail, subject=mail.subject[:_LONGEST], why=mail.why[:_LONGEST])
        mails = self._known()
        if mails.get((mail.place, mail.id)) == mail:
            return
        line = msgspec.json.encode(writable(to_document(mail)))
        try:
            if self._size + len(line) > _FULL:
                self._begin_another()
            self._lines.append(line)
        except OSError as error:
            raise unwritable(self._lines.path, error) from error
        self._size += len(line) + 10
        self._known()[(mail.place, mail.id)] = mail

    def all(self) -> tuple[Unplaced, ...]:
        """What is kept, oldest first."""
        return tuple(self._known().values())

    def sync(self) -> None:
        """Flush to the disk. Raises StateUnwritable."""
        try:
            self._lines.sync()
        except OSError as error:
            raise unwritable(self._lines.path, error) from error

    def close(self) -> None:
        self._lines.close()

    def _known(self) -> dict[tuple[Place, MessageId], Unplaced]:
        if self._mails is None:
            self._mails = {}
            for lines in (self._before, self._lines):
                for line in lines.read():
                    try:
                        mail = msgspec.json.decode(line, type=Unplaced)
                    except msgspec.DecodeError:
                        continue  # Of another version: the mail itself is in the mailbox.
                    self._mails[(mail.place, mail.id)] = mail
            self._size = self._lines.size()
        return self._mails

    def _begin_another(self) -> None:
        self._lines.sync()
        self._lines.close()
        os.rename(self._lines.path, self._before.path)
        self._mails = None
