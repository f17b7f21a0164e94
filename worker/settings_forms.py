"""The forms that the values of settings take, and what to write where one does not fit.

A fault does not repeat the value, which may be a password in the wrong place or imaps://user:password@host;
only an address is repeated, since it may be one of many.
"""

from __future__ import annotations

import difflib
import ipaddress
import re
from enum import StrEnum
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import BeforeValidator, SecretStr
from pydantic_core import PydanticCustomError

from worker.core.domains import FREE_MAIL


class Security(StrEnum):
    """How a connection is protected. RFC 8314 section 3 prefers tls, from the first byte on."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


_ADDRESS = re.compile(r"[^\s@<>,;:()\[\]\\\"]+@(?:[\w-]+\.)+[\w-]+")
_DOMAIN = re.compile(r"@(?:[\w-]+\.)+[\w-]+")
_HOST = re.compile(r"[\w-]+(?:\.[\w-]+)*\.?")
_TOKEN = re.compile(r"[a-z0-9-]{8,40}")


def _wrong(what: str) -> PydanticCustomError:
    return PydanticCustomError("setting", "{what}", {"what": what})


def address(value: Any) -> str:
    address = str(value).strip().lower()
    if not _ADDRESS.fullmatch(address):
        raise _wrong(f"{address!r} is no address; write a bare one, such as deals@firm.example")
    if "+" in address.partition("@")[0]:
        raise _wrong(f"{address!r} carries a +tag; write the address without it, the worker adds its own tags")
    return address


def team(value: Any) -> tuple[str, ...]:
    members = tuple(dict.fromkeys(part.strip().lower() for part in _parts(value)))
    for member in members:
        if member.removeprefix("@") in FREE_MAIL:
            # As a team such a domain would let everybody command.
            raise _wrong(f"{member} is a domain where anybody has an address; write the full addresses of your people")
        if not (_ADDRESS.fullmatch(member) or _DOMAIN.fullmatch(member)):
            hint = f"@{member}" if _DOMAIN.fullmatch(f"@{member}") else "ann@firm.example, @firm.example"
            raise _wrong(f"{member!r} is no address and no @domain; write {hint}")
    return members


def _parts(value: Any) -> list[str]:
    parts = value.split(",") if isinstance(value, str) else [str(part) for part in value]
    return [part for part in parts if part.strip()]


def host(value: Any) -> str:
    host = str(value).strip().removeprefix("[").removesuffix("]")
    if not (_HOST.fullmatch(host) or _is_ip(host)):
        raise _wrong(
            "this is no host; write its bare name, such as mail.firm.example; the port is a setting of its own"
        )
    return host


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    if _is_ip(host):
        return ipaddress.ip_address(host).is_loopback
    return host.rstrip(".").lower() == "localhost" or host.rstrip(".").lower().endswith(".localhost")


def token(value: Any) -> SecretStr:
    # Addresses are compared in lower case, and "." parts the token from the tag of deals+TOKEN.TAG@.
    token = value if isinstance(value, SecretStr) else SecretStr(str(value).strip().lower())
    if token.get_secret_value() and not _TOKEN.fullmatch(token.get_secret_value()):
        raise _wrong("this is no token; write 8 to 40 letters, digits and hyphens that nobody can guess")
    return token


def number(low: int, high: int) -> BeforeValidator:
    def check(value: Any) -> int:
        text = str(value).strip()
        if not (text.isascii() and text.isdigit() and low <= int(text[:12]) <= high):
            raise _wrong(f"this is no such number; write a whole one from {low} to {high}")
        return int(text)

    return BeforeValidator(check)


def one_of(choices: type[StrEnum]) -> BeforeValidator:
    def check(value: Any) -> StrEnum:
        word = str(value).strip().lower()
        if word not in list(choices):
            near = difflib.get_close_matches(word, list(choices), n=1)
            meant = f", perhaps {near[0]}" if near else ""
            raise _wrong(f"this is no choice; write one of {', '.join(choices)}{meant}")
        return choices(word)

    return BeforeValidator(check)


def zone(value: Any) -> ZoneInfo:
    if isinstance(value, ZoneInfo):
        return value
    try:
        return ZoneInfo(str(value).strip())
    except (ZoneInfoNotFoundError, ValueError, OSError):
        known = {name.lower(): name for name in available_timezones()}
        near = difflib.get_close_matches(str(value).strip().lower()[:40], known, n=1)
        hint = known[near[0]] if near else "a name such as Europe/Berlin"
        raise _wrong(f"this is no time zone; write {hint}") from None


def country(value: Any) -> str:
    import holidays  # Half a second of a cold start, and only needed where a country is set.

    country = str(value).strip().upper()
    if country and country not in holidays.list_supported_countries(include_aliases=False):
        hint = "GB" if country == "UK" else "two letters of ISO 3166, such as DE"
        raise _wrong(f"this is no country whose holidays are known; write {hint}")
    return country


def word(value: Any) -> str:
    word = str(value).strip()
    if re.search(r"\s", word):
        raise _wrong("this holds a space; write the one word that your server puts first in Authentication-Results")
    return word


def folder(value: Any) -> Path:
    folder = Path(value).expanduser().absolute()
    if not folder.is_dir():
        raise _wrong(f"{folder} is no folder; write one that exists, or leave it out for what came with the program")
    return folder


def state(value: Any) -> Path:
    folder = Path(value).expanduser().absolute()
    if folder.exists() and not folder.is_dir():
        raise _wrong(f"{folder} is a file; write the path of a folder, the worker makes it")
    return folder


def file(value: Any) -> Path:
    path = Path(value).expanduser().absolute()
    if not path.is_file():
        raise _wrong(f"{path} is no file; write the path of a file of certificates (PEM)")
    return path


def no_database(value: Any) -> SecretStr:
    if (value.get_secret_value() if isinstance(value, SecretStr) else str(value)).strip():
        raise _wrong("this version keeps its deals in files (TinyDB) only; leave it empty, WORKER_STATE_DIR says where")
    return SecretStr("")
