"""Where settings come from: the environment, the folder of systemd credentials, the env file."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from dotenv.parser import parse_stream

PREFIX = "WORKER_"
CERTIFICATES = "SSL_CERT_FILE"
"""The one name without our prefix: OpenSSL's own."""
CREDENTIALS = "CREDENTIALS_DIRECTORY"
"""Where systemd lays the credentials of a unit (systemd.exec(5), LoadCredential=)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A value and where it was read. The value may be a secret: it is in no repr."""

    name: str
    value: str
    where: str
    shared: bool = False
    """It comes from the environment, where other programs have names of their own."""

    def __repr__(self) -> str:
        return f"Given({self.name} {self.where})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What was found by name, and one line for each thing that could not be read."""

    given: dict[str, Given]
    faults: tuple[str, ...]
    unread: bool = False
    """There is an env file that cannot be read: nobody knows what stands in it."""


def gather(env_file: Path | None, environ: Mapping[str, str]) -> Gathered:
    """Everything that bears our prefix; the environment beats credentials, and these beat the env file."""
    faults: list[str] = []
    found: dict[str, Given] = {}
    text = None if env_file is None else _read(env_file, "the env file", faults)
    for one in (*_in_file(env_file, text, faults), *_in_credentials(environ.get(CREDENTIALS), faults), *_in_environ(environ)):
        found[one.name] = one
    for one in found.values():
        if any(ord(letter) < 32 for letter in one.value):
            faults.append(f"{one.name} ({one.where}): holds a line break or another control character; write one line")
    return Gathered(given=found, faults=tuple(faults), unread=env_file is not None and text is None)


def _in_environ(environ: Mapping[str, str]) -> Iterator[Given]:
    for name, value in environ.items():
        if name.startswith(PREFIX) or name == CERTIFICATES:
            yield Given(name=name, value=value, where="in the environment", shared=True)


def _in_credentials(folder: str | None, faults: list[str]) -> Iterator[Given]:
    if not folder:
        return
    try:
        files = sorted(path for path in Path(folder).iterdir() if path.name.upper().startswith(PREFIX))
    except OSError as error:
        faults.append(f"{CREDENTIALS}: {folder} cannot be read: {error.strerror}")
        return
    for path in files:
        name = path.name.upper()
        text = _read(path, name, faults)
        if text is not None:
            # An editor ends a file with a line break, which is no part of the password.
            yield Given(name=name, value=text.rstrip("\r\n"), where=f"in the credential {path.name}")


def _in_file(path: Path | None, text: str | None, faults: list[str]) -> Iterator[Given]:
    if text is None:
        return
    # The parser of pydantic-settings' own reader, but without its ${NAME}: a password may hold a dollar sign.
    for binding in parse_stream(io.StringIO(text)):
        where = f"in {path}, line {binding.original.line + _blank_lines(binding.original.string)}"
        name = (binding.key or "").upper()
        if binding.error:
            faults.append(f"{path}: line {binding.original.line} cannot be read; write NAME=value and close the quotes")
        elif name.startswith(PREFIX) or name == CERTIFICATES:
            if binding.value is None:
                faults.append(f"{name} ({where}): has no value; write {name}=...")
            else:
                yield Given(name=name, value=binding.value, where=where)


def _blank_lines(original: str) -> int:
    """The parser counts a statement from the blank lines before it."""
    return original[: len(original) - len(original.lstrip())].count("\n")


def _read(path: Path, name: str, faults: list[str]) -> str | None:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        faults.append(f"{name}: {path} cannot be read: {error.strerror}")
    except UnicodeDecodeError:
        faults.append(f"{name}: {path} is not UTF-8; save it as UTF-8")
    return None
