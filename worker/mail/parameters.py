"""Parameters of Content-Type and Content-Disposition (RFC 2045, RFC 2231)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from worker.mail import charset, words

MAX_PARAMETERS = 60
_SHORT = 100
"""Characters of a field that is worth remembering: text/plain; charset=utf-8."""
_NONE: Mapping[str, str] = {}


def content_type(value: str, default: str) -> tuple[str, Mapping[str, str]]:
    """The lower-case type and its parameters; what is no type is the default."""
    if not value:
        return default, _NONE
    kind, params = parse(value)
    main, slash, sub = kind.partition("/")
    main, sub = main.strip(), sub.split()[0] if sub.split() else ""
    if not (slash and main and sub):
        kind = "text/html" if kind == "html" else "text/plain" if kind in ("text", "") else default
        return kind, params
    return f"{main}/{sub}", params


def parse(value: str) -> tuple[str, Mapping[str, str]]:
    """The lower-case word before the first semicolon and the parameters, RFC 2231 joined and decoded."""
    if not value:
        return "", _NONE
    return _remembered(value) if len(value) <= _SHORT else _parse(value)


@lru_cache(maxsize=1024)
def _remembered(value: str) -> tuple[str, Mapping[str, str]]:
    return _parse(value)


def _parse(value: str) -> tuple[str, Mapping[str, str]]:
    pieces = _split(value)
    raw: dict[str, str] = {}
    for piece in pieces[1 : MAX_PARAMETERS + 1]:
        name, equals, text = piece.partition("=")
        if equals and name.strip():
            raw.setdefault(name.strip().lower(), _unquote(text.strip()))
    if not any("*" in name for name in raw):
        return pieces[0].strip().lower(), raw
    params = {name: text for name, text in raw.items() if "*" not in name}
    for name in {name.partition("*")[0] for name in raw if "*" in name}:
        params[name] = _continued(raw, name)
    return pieces[0].strip().lower(), params


def file_name(disposition: Mapping[str, str], kind: Mapping[str, str]) -> str:
    """The name of an attachment in characters, bounded, without control characters."""
    name = disposition.get("filename") or disposition.get("name") or kind.get("name") or kind.get("filename") or ""
    return "".join(c for c in words.decode_words(name) if c.isprintable())[:255] if name else ""


def _split(value: str) -> list[str]:
    """Pieces between semicolons that stand outside quotes."""
    if '"' not in value:
        return value.split(";")
    pieces: list[str] = []
    current = ""
    inside = False
    for number, run in enumerate(value.split('"')):
        if number:
            current += '"'
            escaped = inside and current.endswith('\\"') and not current.endswith('\\\\"')
            inside = inside if escaped else not inside
        if inside:
            current += run
            continue
        first, *rest = run.split(";")
        current += first
        for piece in rest:
            pieces.append(current)
            current = piece
    pieces.append(current)
    return pieces


def _unquote(text: str) -> str:
    if not text.startswith('"'):
        return text
    inner = text[1:].rpartition('"')[0] if text.endswith('"') and len(text) > 1 else text[1:]
    return inner.replace("\\\\", "\0").replace("\\", "").replace("\0", "\\") if "\\" in inner else inner


def _continued(raw: dict[str, str], name: str) -> str:
    """RFC 2231 sections 3 and 4: name*0*, name*1, ... or name*."""
    label = ""
    data = b""
    for key in (f"{name}*", *(f"{name}*{n}{star}" for n in range(MAX_PARAMETERS) for star in ("*", ""))):
        text = raw.get(key)
        if text is None:
            continue
        if not key.endswith("*"):
            data += text.encode("utf-8", "surrogateescape")
            continue
        if not data and text.count("'") >= 2:
            label, _, text = text.split("'", 2)
        data += unquote_to_bytes(text)
    return charset.decode(data, label)
