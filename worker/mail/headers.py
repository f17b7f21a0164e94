"""The headers of a mail from its raw bytes, in order: a bounded reader of our own."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from worker.core.model import MessageId, Party
from worker.mail import address, dates, words

MAX_BLOCK = 256 * 1024
MAX_FIELDS = 1000
MAX_VALUE = 64 * 1024
MAX_IDS = 200
MAX_ID = 998

_NAME = re.compile(rb"[!-9;-~]{1,120}")
_USUAL = (
    "Received From To Cc Subject Date Message-ID Message-Id References In-Reply-To Reply-To Return-Path Delivered-To "
    "MIME-Version Mime-Version Content-Type Content-Transfer-Encoding Content-Disposition Content-ID Sender "
    "Authentication-Results ARC-Authentication-Results ARC-Message-Signature ARC-Seal DKIM-Signature Received-SPF "
    "List-Unsubscribe List-Id Precedence Auto-Submitted X-Mailer User-Agent X-Received"
)
_KNOWN = {name.encode(): name.lower() for name in _USUAL.split()}
"""Most headers are these; the others are checked letter by letter."""
_ONE_ID = re.compile(rf"<[!-;=?-~]{{1,{MAX_ID}}}>")
_BLANK = re.compile(rb"\n\r*\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Headers:
    """The fields of a mail or a part."""

    fields: tuple[tuple[str, bytes], ...]
    """Lower-case name and raw unfolded value, in the order of the mail, bounded."""
    _index: dict[str, list[bytes]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        index: dict[str, list[bytes]] = {}
        for name, value in self.fields:
            index.setdefault(name, []).append(value)
        object.__setattr__(self, "_index", index)

    def has(self, name: str) -> bool:
        return name in self._index

    def first(self, name: str) -> str:
        """The topmost raw value, "" where there is none."""
        values = self._index.get(name)
        return _raw(values[0]) if values else ""

    def all(self, name: str) -> tuple[str, ...]:
        """All raw values, topmost first."""
        return tuple(_raw(value) for value in self._index.get(name, ()))

    def text(self, name: str) -> str:
        """The topmost value in characters: RFC 2047 decoded, white space folded."""
        values = self._index.get(name)
        return words.decode_words(values[0]) if values else ""


EMPTY = Headers(fields=())


def read_headers(data: bytes, *, part: bool = False) -> tuple[Headers, int, tuple[str, ...]]:
    """The headers, the offset where the body begins, and what was wrong.

    With `part` the bytes are a part of a multipart: an empty first line means that it has no headers.
    A bare CR breaks no line (or a sender could add fields behind the back of the server that checked
    them), unless the block has no LF at all.
    """
    defects: list[str] = []
    head = data[: MAX_BLOCK + 1]
    if b"\r" in head and b"\n" not in head:
        head = head.replace(b"\r", b"\n")
        defects.append("lines end in a bare CR")
    start = 0 if part else _skip_blank(head)
    if start:
        defects.append("empty lines before the headers")
    if head.startswith((b"\n", b"\r\n"), start):
        return EMPTY, head.index(b"\n", start) + 1, tuple(defects)
    blank = _BLANK.search(head, start)
    end = blank.start() if blank else len(head)
    if len(head) > MAX_BLOCK and not blank:
        defects.append(f"headers cut after {MAX_BLOCK // 1024} KB")
    body = _body_offset(data, blank.end() if blank else len(head))
    fields, unread = _read_fields(head[start:end], defects)
    if unread is not None:
        body = start + _line_offset(head[start:end], unread)
    return Headers(fields=fields), body, tuple(dict.fromkeys(defects))


def addresses(values: Iterable[str]) -> tuple[Party, ...]:
    """Mailboxes in the order of the fields, read before any encoded word in them is decoded."""
    read = [address.read_mailboxes(value) for value in values]
    return read[0] if len(read) == 1 else tuple(party for found in read for party in found)


def message_ids(value: str) -> tuple[MessageId, ...]:
    """Ids without their brackets, in order, each once; without brackets the words that look like one."""
    found: dict[str, None] = {}
    if _ONE_ID.fullmatch(value):  # nearly every Message-ID
        return (MessageId(value[1:-1]),)
    at = value.find("<")
    if at < 0:
        found = {word: None for word in value.split()[:MAX_IDS] if "@" in word}
        if not found and value.strip():
            found = {"".join(value.split()): None}
    while at >= 0 and len(found) < MAX_IDS:
        end = value.find(">", at)
        following = value.find("<", at + 1)
        stop = min(x for x in (end, following, len(value)) if x >= 0)
        found["".join(value[at + 1 : stop].split())] = None
        at = following
    return tuple(MessageId(one[:MAX_ID]) for one in found if one)


mail_date = dates.mail_date


def _raw(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _skip_blank(head: bytes) -> int:
    """Where the first line with something in it begins, if it looks like a field; else 0."""
    if head[:1] not in (b"\r", b"\n", b" ", b"\t"):
        return 0
    rest = head.lstrip()
    line = rest.partition(b"\n")[0]
    return len(head) - len(rest) if _is_field(line) else 0


def _body_offset(data: bytes, offset: int) -> int:
    """Behind the headers; where they were cut for their size, the first empty line still ends them."""
    if offset <= MAX_BLOCK:
        return offset
    blank = _BLANK.search(data, MAX_BLOCK - 2)
    return blank.end() if blank else len(data)


def _is_field(line: bytes) -> bool:
    name, colon, _ = line.partition(b":")
    return bool(colon and _read_name(name))


def _read_fields(block: bytes, defects: list[str]) -> tuple[tuple[tuple[str, bytes], ...], int | None]:
    """Fields of the block; and the number of the unfolded line at which the body begins, where no empty
    line stands between them."""
    block = block.rstrip(b"\r").replace(b"\r\n", b"\n")
    if b"\0" in block or b"\r" in block:
        defects.append("NUL or bare CR in the headers")
        block = block.replace(b"\0", b" ").replace(b"\r", b" ")
    # RFC 5322 section 2.2.3: unfolding takes away the line break and leaves the white space.
    lines = block.replace(b"\n ", b" ").replace(b"\n\t", b"\t").split(b"\n")
    fields: list[tuple[str, bytes]] = []
    for number, line in enumerate(lines):
        spelled, colon, value = line.partition(b":")
        name = _KNOWN.get(spelled) or _read_name(spelled)
        if colon and name:
            if len(value) > MAX_VALUE:
                defects.append(f"a header field cut after {MAX_VALUE // 1024} KB")
            fields.append((name, value.strip()[:MAX_VALUE]))
            if len(fields) >= MAX_FIELDS:
                defects.append(f"more than {MAX_FIELDS} header fields")
                break
        elif number == 0 and line.startswith((b"From ", b">From ")):
            defects.append('an mbox "From " line came first')
        elif line.strip():
            if not any(_is_field(other) for other in lines[number + 1 : number + 2]):
                defects.append("no empty line between headers and body")
                return tuple(fields), number
            defects.append("a header line without a name")
    return tuple(fields), None


def _read_name(spelled: bytes) -> str:
    """The name in lower case, "" where it is none. Blanks before the colon are RFC 5322 section 4.5.8."""
    plain = spelled.rstrip(b" \t")
    return plain.decode("ascii").lower() if _NAME.fullmatch(plain) else ""


def _line_offset(block: bytes, number: int) -> int:
    """Where the unfolded line of that number begins in the block as it was."""
    offset = seen = 0
    for line in block.split(b"\n"):
        if offset and line[:1] not in (b" ", b"\t"):
            seen += 1
        if seen == number:
            break
        offset += len(line) + 1
    return offset
