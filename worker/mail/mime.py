"""The tree of a mail's parts: a bounded walker of our own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from worker.mail import charset, parameters, transfer
from worker.mail.headers import EMPTY, Headers, read_headers

MAX_DEPTH = 30
MAX_PARTS = 1000
_MESSAGES = frozenset(("message/rfc822", "message/global", "message/news"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a mail; the root is the mail itself."""

    headers: Headers
    content_type: str = "text/plain"
    charset: str = ""
    name: str = ""
    """The file name, decoded."""
    disposition: str = ""
    content: bytes = b""
    """Transfer-decoded; b"" for a multipart."""
    parts: tuple[Part, ...] = ()
    """Children; a message/rfc822 has one: its root."""

    def text(self) -> str:
        """The content in characters with \\n between lines. Never raises."""
        text = charset.decode(self.content, self.charset)
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        return text.replace("\0", "") if "\0" in text else text

    def walk(self) -> Iterator[Part]:
        """This part and all below it, in the order of the mail."""
        yield self
        for part in self.parts:
            yield from part.walk()


def read_tree(data: bytes) -> tuple[Part, tuple[str, ...]]:
    """The root, and what was wrong; bounded in depth, parts and size.

    One walker of our own: the libraries hand headers over decoded and out of order, and raise or recurse
    where mail nests deep.
    """
    walker = _Walker()
    root = walker.read(_as_mail(data, walker.defects), 0, "text/plain", part=False)
    return root, tuple(dict.fromkeys(walker.defects))


def _as_mail(data: bytes, defects: list[str]) -> bytes:
    """The bytes as a server would have handed them over: no byte-order mark, lines that end in LF."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        defects.append("saved as UTF-16")
        return data.decode("utf-16", "replace").encode("utf-8", "replace")
    data = data.removeprefix(b"\xef\xbb\xbf")
    if not data.strip():
        defects.append("empty mail")
    elif b"\n" not in data and b"\r" in data:
        defects.append("lines end in a bare CR")
        return data.replace(b"\r", b"\n")
    return data


class _Walker:
    """Counts parts and collects defects while it descends."""

    def __init__(self) -> None:
        self.defects: list[str] = []
        self.parts = 0

    def read(self, data: bytes, depth: int, default: str, *, part: bool) -> Part:
        self.parts += 1
        headers, offset, defects = read_headers(data, part=part)
        self.defects.extend(defects)
        body = data[offset:]
        kind, params = parameters.content_type(headers.first("content-type"), default)
        disposition, more = parameters.parse(headers.first("content-disposition"))
        encoding = headers.first("content-transfer-encoding")
        children: tuple[Part, ...] = ()
        content = b""
        if kind.startswith("multipart/"):
            children = self._children(body, kind, params.get("boundary", ""), encoding, depth)
            kind = kind if children else "text/plain"
        if not children:
            content = transfer.decode(body, encoding, text=kind.startswith("text/"), defects=self.defects)
        if kind in _MESSAGES and content:
            children = self._attached(content, depth)
        return Part(
            headers=headers,
            content_type=kind,
            charset=params.get("charset", ""),
            name=parameters.file_name(more, params),
            disposition=disposition,
            content=content,
            parts=children,
        )

    def _attached(self, content: bytes, depth: int) -> tuple[Part, ...]:
        """The root of an attached message."""
        if depth >= MAX_DEPTH or self.parts >= MAX_PARTS:
            self.defects.append("attached messages nested too deep were left unopened")
            return ()
        return (self.read(content, depth + 1, "text/plain", part=False),)

    def _children(self, body: bytes, kind: str, boundary: str, encoding: str, depth: int) -> tuple[Part, ...]:
        if depth >= MAX_DEPTH:
            self.defects.append(f"parts nested more than {MAX_DEPTH} deep were left as text")
            return ()
        room = MAX_PARTS - self.parts
        pieces = transfer.split_multipart(body, boundary, limit=room, defects=self.defects)
        if not pieces and encoding and body.strip():
            # RFC 2045 section 6.4 forbids to encode a multipart; some do it all the same.
            plain = transfer.decode(body, encoding, text=False, defects=[])
            pieces = transfer.split_multipart(plain, boundary, limit=room, defects=[]) if plain != body else []
        default = "message/rfc822" if kind == "multipart/digest" else "text/plain"
        children: list[Part] = []
        for number, piece in enumerate(pieces):
            if self.parts >= MAX_PARTS:
                self.defects.append(f"more than {MAX_PARTS} parts; the rest was left as text")
                children.append(Part(headers=EMPTY, content=b"\n".join(pieces[number:])))
                break
            children.append(self.read(piece, depth + 1, default, part=True))
        return tuple(children)
