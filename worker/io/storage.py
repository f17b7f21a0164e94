"""One TinyDB database in one file: replaced whole or not at all, proven by a checksum, with its last good copy beside.

TinyDB's own JSONStorage writes in place and truncates afterwards: a kill between leaves two halves, and a full disk
none. Here the new text goes to a file of its own, is flushed, and takes the old one's name (rename is atomic, POSIX),
after which the folder is flushed too. The file that was there before stays under the name with .bak.

    file = "followup-state " version " " sha256 "\n" body
    body = JSON of TinyDB's tables; the sha256 covers version and body
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256

import msgspec
from tinydb import Storage

from worker.io.codec import SCHEMA, Tables, migrated

BACKUP = ".bak"
TEMPORARY = ".tmp"
_MAGIC = b"followup-state"
_DECODER = msgspec.json.Decoder(Tables)


class StateError(Exception):
    """The state folder cannot be used: one line that says what, where, and what to do."""


class StateUnwritable(StateError):
    """Nothing can be written; what was there before is whole."""


class StateUnreadable(StateError):
    """A file cannot be read, for a reason that lies outside of it."""


class StateTooNew(StateError):
    """A newer version of this program has written the state."""


class DamagedError(Exception):
    """A file does not prove itself: cut short, changed, or empty."""


class DurableStorage(Storage):
    """TinyDB's storage for one file.

    Opening it touches nothing. `both` writes the copy first and in full, for documents of which not even the last
    change may be lost; otherwise the copy is the version before, which costs one hard link.
    """

    def __init__(
        self,
        path: str,
        *,
        schema: int = SCHEMA,
        migrate: Callable[[Tables, int], Tables] = migrated,
        both: bool = False,
    ) -> None:
        self.path = path
        self._schema = schema
        self._migrate = migrate
        self._both = both

    def read(self) -> Tables | None:
        """The tables in the shape of today; None where there is no file.

        Raises DamagedError, StateTooNew, StateUnreadable, and UnfitError where no migration leads to today.
        """
        return self._read(self.path)

    def read_copy(self) -> Tables | None:
        """The tables of the last good copy; None where there is none."""
        return self._read(self.path + BACKUP)

    def write(self, data: Tables) -> None:
        """Replace the file; on return it is on the disk. Raises StateUnwritable, and then the old file is whole."""
        content = sealed(data, self._schema)
        if self._both:
            replace_file(self.path + BACKUP, content)
            replace_file(self.path, content)
        elif os.path.exists(self.path):
            replace_file(self.path, content, keep=self.path + BACKUP)
        else:
            replace_file(self.path, content)
            self._first_copy(content)

    def overwrite(self, data: Tables) -> None:
        """Replace a file that is damaged; it must not become the last good copy."""
        replace_file(self.path, sealed(data, self._schema))

    def _read(self, path: str) -> Tables | None:
        try:
            with open(path, "rb") as file:
                content = file.read()
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno == errno.EIO:
                raise DamagedError(f"{path}: the disk cannot read it") from error
            raise unreadable(path, error) from error
        version, body = unsealed(path, content)
        if version > self._schema:
            raise too_new(path, version)
        try:
            tables = _DECODER.decode(body)
        except msgspec.DecodeError as error:
            raise DamagedError(f"{path}: {error}") from error
        return tables if version == self._schema else self._migrate(tables, version)

    def _first_copy(self, content: bytes) -> None:
        # The first version has none before it. It is not flushed: that would double the cost, and the file itself is.
        with suppress(OSError):
            descriptor = _create(self.path + BACKUP)
            try:
                _write_all(descriptor, content)
            finally:
                os.close(descriptor)


# -- the content of a file ---------------------------------------------------------------


def sealed(data: Tables, schema: int) -> bytes:
    """The text of a file: version, checksum and body."""
    version = str(schema).encode()
    body = msgspec.json.encode(data)
    return b"%s %s %s\n%s" % (_MAGIC, version, _digest(version, body), body)


def unsealed(path: str, content: bytes) -> tuple[int, bytes]:
    """Version and body of a file. Raises DamagedError."""
    head, _, body = content.partition(b"\n")
    parts = head.split(b" ")
    if len(parts) != 3 or parts[0] != _MAGIC or not parts[1].isdigit():
        raise DamagedError(f"{path}: {'does not begin as a file of the state does' if content else 'is empty'}")
    if parts[2] != _digest(parts[1], body):
        raise DamagedError(f"{path}: is cut short or was changed: its checksum is another")
    return int(parts[1]), body


def _digest(version: bytes, body: bytes) -> bytes:
    return sha256(version + b"\n" + body).hexdigest().encode()


# -- files ---------------------------------------------------------------------------------


def replace_file(path: str, content: bytes, *, keep: str | None = None) -> None:
    """Write a file whole or not at all, flushed to the disk; `keep` is the name that the old one gets."""
    temporary = path + TEMPORARY
    try:
        descriptor = _create(temporary)
        try:
            _write_all(descriptor, content)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if keep is not None:
            _keep(path, keep)
        os.rename(temporary, path)
        sync_folder(os.path.dirname(path))
    except OSError as error:
        with suppress(OSError):
            os.unlink(temporary)
        raise unwritable(path, error) from error


def sync_folder(folder: str) -> None:
    """Flush the names in a folder: a rename is durable only after that."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(path: str) -> None:
    """Make a folder for its owner alone, and flush its name. Raises StateUnwritable."""
    try:
        with suppress(FileExistsError):
            os.mkdir(path, 0o700)
            sync_folder(os.path.dirname(path))
    except OSError as error:
        raise unwritable(path, error) from error


def set_aside(path: str, folder: str) -> str:
    """Give a damaged file a second name in a folder, the next number free, and say which. Nothing is deleted."""
    make_folder(folder)
    number = 1
    while True:
        name = os.path.join(folder, f"{os.path.basename(path)}.{number}")
        try:
            os.link(path, name)
            return name
        except FileExistsError:
            number += 1
        except OSError as error:
            raise unwritable(name, error) from error


def _create(path: str) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)


def _write_all(descriptor: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _keep(path: str, copy: str) -> None:
    """Let the present file stay under a second name."""
    with suppress(FileNotFoundError):
        os.unlink(copy)
    try:
        os.link(path, copy)
    except FileNotFoundError:
        return
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK):
            raise
        # A file system without hard links.
        with open(path, "rb") as file:
            content = file.read()
        descriptor = _create(copy)
        try:
            _write_all(descriptor, content)
        finally:
            os.close(descriptor)


# -- what to say ---------------------------------------------------------------------------

_OWN = "Give the folder to the user that runs the worker (chown), or set WORKER_STATE_DIR to one of its own."
_ADVICE = {
    errno.ENOSPC: "Free some space on its disk.",
    errno.EDQUOT: "Free some space, or raise the quota of the user that runs the worker.",
    errno.EROFS: "Remount its disk for writing, or set WORKER_STATE_DIR to a folder elsewhere.",
    errno.EACCES: _OWN,
    errno.EPERM: _OWN,
    errno.EFBIG: "Raise the limit on the size of a file (ulimit -f, LimitFSIZE=).",
    errno.ENOTDIR: "Set WORKER_STATE_DIR to a folder.",
    errno.EIO: "Look at the disk (dmesg): it fails.",
}


def unwritable(path: str, error: OSError) -> StateUnwritable:
    """What went wrong in one line, with what to do. Nothing was lost: the file before is whole."""
    reason = os.strerror(error.errno) if error.errno is not None else str(error)
    advice = _ADVICE.get(error.errno or 0, "Look at the folder and its disk.")
    return StateUnwritable(f"{path}: cannot be written: {reason}. {advice} What was stored before is whole.")


def unreadable(path: str, error: OSError) -> StateUnreadable:
    """Nothing is wrong with the file itself, as far as one can see, so it stays where it is."""
    reason = os.strerror(error.errno) if error.errno is not None else str(error)
    return StateUnreadable(f"{path}: cannot be read: {reason}. Run this as the user that runs the worker.")


def too_new(path: str, version: int) -> StateTooNew:
    return StateTooNew(
        f"{path}: was written by a newer version of this program (state version {version}, this one knows {SCHEMA}). "
        "Install that version again, or restore a backup made before it."
    )
