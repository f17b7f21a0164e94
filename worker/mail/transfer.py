"""What lies between the bytes of a mail and the content of a part: boundaries and transfer encodings."""

from __future__ import annotations

import binascii
import re

_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_SPACE = b" \t\r\n\0"
_FOREIGN = bytes(set(range(256)) - set(_BASE64) - {ord("=")})
_GUESS = re.compile(rb"^--([^\r\n]{1,200}?)[ \t]*\r?\n[Cc]ontent-", re.MULTILINE)
_LOOSE_BREAK = re.compile(rb"=[ \t]+\n")


def decode(body: bytes, encoding: str, *, text: bool, defects: list[str]) -> bytes:
    """The content; what cannot be decoded is kept as it stands."""
    if not encoding:
        return body
    plain = "".join(c for c in encoding.partition("(")[0].lower() if c.isalnum())
    if plain.startswith("quotedprintable"):
        return decode_quoted(body)
    if plain.startswith("base64"):
        return decode_base64(body, text=text, defects=defects)
    if plain in ("xuuencode", "uuencode", "xuue", "uue"):
        defects.append("uuencoded part")
        return _decode_uuencode(body)
    if plain not in ("7bit", "8bit", "8bits", "binary", ""):
        defects.append("unknown transfer encoding")
    return body


def decode_quoted(body: bytes) -> bytes:
    """Quoted-printable (RFC 2045 section 6.7); what is no code stays as it is written."""
    if b"\r" in body:  # a2b_qp drops what follows "=" and a bare CR, up to the next LF
        body = body.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if b"= " in body or b"=\t" in body:  # blanks that a server put behind a soft break
        body = _LOOSE_BREAK.sub(b"=\n", body)
    return binascii.a2b_qp(body)


def decode_base64(body: bytes, *, text: bool, defects: list[str]) -> bytes:
    """Base64; damaged where it cannot be read whole, and as it stands where it is none at all."""
    clean = body.translate(None, _SPACE)
    try:
        return binascii.a2b_base64(clean, strict_mode=True)
    except binascii.Error:
        pass  # damaged, or without its pad
    tail = clean.rstrip(b"=")
    if not tail.translate(None, _BASE64) and len(tail) % 4 != 1 and len(clean) - len(tail) <= 2:
        return binascii.a2b_base64(tail + b"=" * (-len(tail) % 4))
    defects.append("damaged base64")
    lines = body.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    foreign = [_is_foreign(line.strip(_SPACE)) for line in lines]
    if text and sum(foreign) * 2 > len(lines):
        return body
    out: list[bytes] = []
    run: list[bytes] = []
    for line, strange in zip(lines, foreign, strict=True):
        if not (strange and text):
            run.append(line)
            continue
        # A list's footer, added as plain text below the encoded body, is text that a reader wants.
        out += (_lenient(b"".join(run)), b"\n", line)
        run.clear()
    out.append(_lenient(b"".join(run)))
    return b"".join(out)


def _is_foreign(line: bytes) -> bool:
    """Whether a line is words rather than base64 with a few signs gone wrong."""
    return b" " in line or len(line.translate(None, _BASE64 + b"=")) * 5 > len(line)


def _lenient(run: bytes) -> bytes:
    """Base64 with foreign signs left out; a pad in the middle begins a new run."""
    out = []
    for piece in run.translate(None, _FOREIGN).split(b"="):
        whole = piece[: len(piece) - (len(piece) % 4 == 1)]
        out.append(binascii.a2b_base64(whole + b"=" * (-len(whole) % 4)))
    return b"".join(out)


def _decode_uuencode(body: bytes) -> bytes:
    out = []
    begun = False
    for line in body.splitlines():
        if not begun:
            begun = line.startswith(b"begin ")
            continue
        if line.strip() == b"end":
            break
        try:
            out.append(binascii.a2b_uu(line))
        except binascii.Error:
            # Mailers pad the last line wrongly: its first sign counts the bytes that are meant.
            count = (((line[0] - 32) & 63) * 4 + 5) // 3 if line else 0
            out.append(_uu_or_nothing(line[: count + 1]))
    return b"".join(out) if begun else body


def _uu_or_nothing(line: bytes) -> bytes:
    try:
        return binascii.a2b_uu(line)
    except binascii.Error:
        return b""


def split_multipart(body: bytes, boundary: str, *, limit: int, defects: list[str]) -> list[bytes]:
    """The bytes of the parts; none where no boundary occurs. What is over the limit stays in the last.

    A boundary that is missing from the header, or that never occurs, is guessed from the first line that
    looks like one. Parts behind the closing boundary still count.
    """
    mark = b"--" + boundary.encode("utf-8", "surrogateescape").rstrip()
    if not boundary or (not body.startswith(mark) and b"\n" + mark not in body):
        defects.append("the boundary of a multipart never occurs" if boundary else "multipart without a boundary")
        guess = _GUESS.search(body)
        if guess is None:
            return []
        mark = b"--" + guess.group(1)
    pieces: list[bytes] = []
    begin = -1
    closed = False
    at = 0 if body.startswith(mark) else _next(body, mark, 0)
    while at >= 0 and len(pieces) < limit:
        line_end = body.find(b"\n", at)
        line_end = len(body) if line_end < 0 else line_end
        rest = body[at + len(mark) : line_end].strip()
        if not rest or rest.startswith(b"--"):
            if begin >= 0:
                pieces.append(_without_last_break(body[begin:at]))
            closed = bool(rest)
            begin = -1 if closed else min(line_end + 1, len(body))
        at = _next(body, mark, line_end)
    if begin >= 0:
        pieces.append(body[begin:])
    if pieces and not closed:
        defects.append("the last boundary of a multipart is missing")
    return pieces


def _next(body: bytes, mark: bytes, at: int) -> int:
    found = body.find(b"\n" + mark, at)
    return found + 1 if found >= 0 else -1


def _without_last_break(piece: bytes) -> bytes:
    return piece.removesuffix(b"\n").removesuffix(b"\r")
