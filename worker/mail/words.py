"""Encoded words in headers (RFC 2047), the broken ones too."""

from __future__ import annotations

import binascii

from worker.mail import charset


def decode_words(value: bytes | str) -> str:
    """A header value in characters, white space folded. Never raises."""
    if isinstance(value, bytes):
        value = charset.decode(value, "")
    if "=?" in value:
        value = _decode(value)
    return " ".join(value.replace("\0", " ").split())


def _decode(value: str) -> str:
    out: list[str] = []
    pending: list[tuple[str, str, bytes]] = []  # encoded words that touch: (charset, encoding, bytes)
    at = 0
    while True:
        start = value.find("=?", at)
        word = _read_word(value, start) if start >= 0 else None
        if start >= 0 and word is None:
            out.append(_flush(pending))
            out.append(value[at : start + 2])
            at = start + 2
            continue
        between = value[at:start] if start >= 0 else value[at:]
        # RFC 2047 section 6.2: white space between two encoded words is not shown.
        if word is None or between.strip() or not pending:
            out.append(_flush(pending))
            out.append(between)
        if word is None:
            return "".join(out)
        name, encoding, data, at = word
        if pending and pending[-1][:2] != (name, encoding):
            out.append(_flush(pending))
        pending.append((name, encoding, data))


def _read_word(value: str, start: int) -> tuple[str, str, bytes, int] | None:
    """The encoded word at start: charset, encoding, its bytes, and where it ends."""
    one = value.find("?", start + 2, start + 80)
    if one < 0 or value[one + 2 : one + 3] != "?":
        return None
    encoding = value[one + 1].lower()
    begin = one + 3
    # "=?x?q?=41?=" begins with "=" right after the "?", which is no end.
    end = value.find("?=", begin)
    if encoding not in ("q", "b") or end < 0:
        return None
    text = value[begin:end]
    if "=?" in text and text.endswith("?"):
        return None
    name = value[start + 2 : one].partition("*")[0].strip().lower()
    raw = text.encode("utf-8", "surrogateescape")
    return name, encoding, _word_bytes(raw, encoding), end + 2


def _word_bytes(raw: bytes, encoding: str) -> bytes:
    if encoding == "q":
        return binascii.a2b_qp(raw.replace(b"\r", b" ").replace(b"\n", b" "), header=True)
    clean = b"".join(raw.split()).rstrip(b"=")
    try:
        return binascii.a2b_base64(clean[: len(clean) - (len(clean) % 4 == 1)] + b"===")
    except binascii.Error:
        return raw


def _flush(pending: list[tuple[str, str, bytes]]) -> str:
    if not pending:
        return ""
    text = charset.decode(b"".join(piece[2] for piece in pending), pending[0][0])
    pending.clear()
    return text
