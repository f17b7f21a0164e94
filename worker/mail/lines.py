"""A body as lines: how deep each is quoted, and what it says without the marks that nobody sees."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

MAX_LINES = 10_000
"""What lies below is kept as text, unread: no person writes so many lines."""
MAX_LOOK = 1_000
"""Characters of a line that are looked at. Headers, attributions and closings are shorter."""

_SPACES = dict.fromkeys(
    (0x00A0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000, ord("\t"), 0x000B, 0x000C), " "
)
# Zero-width, direction and object-replacement marks, which mail programs scatter around names and dates.
_UNSEEN = dict.fromkeys((
    0x00AD, 0x034F, 0x061C, 0x180E, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070),
    0xFEFF, 0xFFFC,
))  # fmt: skip
_CLEAN = {**_SPACES, **_UNSEEN}
_QUOTE = ">＞"


class Mark(Enum):
    """What the HTML says of a line, beyond its words."""

    NONE = 0
    ATTRIBUTION = 1
    DIVIDER = 2
    SIGNATURE = 3


@dataclass(slots=True)
class Line:
    """One line of a body."""

    raw: str
    """As written."""
    text: str
    """Without quote marks, unseen marks and outer space; at most MAX_LOOK characters."""
    depth: int = 0
    mark: Mark = Mark.NONE


def read_lines(body: str) -> tuple[list[Line], str]:
    """The lines of a body and the rest that is beyond MAX_LINES."""
    body = body.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    rows = body.split("\n", MAX_LINES)
    rest = rows.pop() if len(rows) > MAX_LINES else ""
    if sum(_is_soft_break(row) for row in rows) >= 2:
        rows = _joined(rows)
    lines = [_read_line(row) for row in rows]
    _unescape_from(lines)
    return lines, rest


def clean(text: str) -> str:
    """A line for comparison: no unseen marks, one kind of space, none around it."""
    if not text.isascii() or "\t" in text:
        text = text.translate(_CLEAN)
    return text.strip()


def show(lines: Iterable[Line]) -> str:
    """Lines as text again, without blank lines around them."""
    return "\n".join(line.raw.rstrip() for line in trim(list(lines)))


def trim(lines: Sequence[Line]) -> list[Line]:
    """Lines without the blank ones before and after them."""
    start, end = 0, len(lines)
    while start < end and not lines[start].text:
        start += 1
    while end > start and not lines[end - 1].text:
        end -= 1
    return list(lines[start:end])


def _read_line(raw: str) -> Line:
    text = clean(raw[:MAX_LOOK])
    if not text or text[0] not in _QUOTE:
        return Line(raw, text)
    depth, at = 0, 0
    while at < len(text) and (text[at] in _QUOTE or text[at] == " "):
        depth += text[at] != " "
        at += 1
    return Line(raw, text[at:], depth)


def _is_soft_break(row: str) -> bool:
    """RFC 2045 section 6.7 (5): quoted-printable that nobody decoded ends its lines of 76 characters with "="."""
    return row.endswith("=") and 72 <= len(row) <= 77


def _joined(rows: list[str]) -> list[str]:
    out: list[str] = []
    pieces: list[str] = []
    for row in rows:
        soft = _is_soft_break(row)
        pieces.append(row[:-1] if soft else row)
        if not soft:
            out.append("".join(pieces))
            pieces.clear()
    return [*out, "".join(pieces)] if pieces else out


def _unescape_from(lines: list[Line]) -> None:
    """A mail store writes ">From" for a line that begins with "From " (RFC 4155): that is no quote."""
    for at, line in enumerate(lines):
        if line.depth == 1 and line.raw.startswith(">From "):
            before = lines[at - 1].depth if at else 0
            after = lines[at + 1].depth if at + 1 < len(lines) else 0
            if not before and not after:
                lines[at] = Line(line.raw[1:], clean(line.raw[1 : MAX_LOOK + 1]))
