"""The text of a mail as a reader sees it."""

from __future__ import annotations

from dataclasses import dataclass

from worker.mail import parameters
from worker.mail.flowed import unflow
from worker.mail.html_text import html_to_text
from worker.mail.mime import Part

MAX_TEXT = 1024 * 1024
_SHORT = 40
"""Words; a text part below this may be a stub that stands in for the HTML."""
_THIN = 30
"""An HTML source this many times as long as its text part may say more than that."""
_PROSE = frozenset(("text/plain", "text/html", "text/enriched", "text/richtext", "text/markdown", "text/x-markdown"))
_NO_PROSE = frozenset(("text/calendar", "text/x-vcard", "text/vcard", "text/directory", "text/css", "text/csv",
                       "text/x-amp-html", "text/rfc822-headers", "text/xml", "text/javascript",
                       "text/watch-html"))  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What a mail says."""

    text: str
    """All the text; HTML turned into text where that is all there is, or the richer one."""
    html: str = ""
    """The HTML source, capped; "" where there is none."""
    defects: tuple[str, ...] = ()
    uuencoded: tuple[tuple[str, int], ...] = ()
    """Name and rough size of each file that was uuencoded into the text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """A stretch of what a reader sees: its text, and the HTML where it has any."""

    text: str = ""
    html: str = ""

    def said(self) -> str:
        """The text, made from the HTML where there is no other."""
        return self.text or (html_text(self.html) if self.html.strip() else "")


def read_body(root: Part) -> Body:
    """The text and the HTML of a mail, attachments and attached messages left out."""
    shown = _shown(root, strict=True) or _shown(root, strict=False)
    if not shown and root.content_type.startswith("text/"):
        shown = [_read(root)]
    said = [piece.said() for piece in shown]
    text = said[0] if len(said) == 1 else "\n".join(text.strip("\n") for text in said if text.strip())
    html = "\n".join(piece.html for piece in shown if piece.html)
    defects = []
    if len(text) > MAX_TEXT or len(html) > MAX_TEXT:
        defects.append(f"text cut after {MAX_TEXT // 1024} K characters")
    files: list[tuple[str, int]] = []
    if "begin " in text:
        text = _without_uuencode(text, files)
    if files:
        defects.append("uuencoded file in the text")
    return Body(text=text[:MAX_TEXT], html=html[:MAX_TEXT], defects=tuple(defects), uuencoded=tuple(files))


def html_text(html: str) -> str:
    """The visible text of HTML, capped; blocks on lines of their own, no marks for quotes."""
    return html_to_text(html[:MAX_TEXT])


def _shown(part: Part, *, strict: bool) -> list[_Shown]:
    """What a part shows; strict leaves out text that has a file name or is marked as an attachment."""
    if part.content_type == "multipart/alternative":
        return _best([_shown(child, strict=strict) for child in part.parts])
    if part.content_type.startswith("multipart/"):
        return [piece for child in part.parts for piece in _shown(child, strict=strict)]
    if part.content_type not in _PROSE and (strict or part.content_type in _NO_PROSE):
        return []
    if not part.content_type.startswith("text/"):
        return []
    if part.name and (strict or part.disposition == "attachment"):
        return []
    if strict and part.disposition == "attachment":
        return []
    piece = _read(part)
    return [piece] if piece.text.strip() or piece.html.strip() else []


def _read(part: Part) -> _Shown:
    text = part.text()
    if part.content_type == "text/html":
        return _Shown(html=text)
    if part.content_type in ("text/enriched", "text/richtext"):
        return _Shown(text=html_text(text.replace("\n\n", "<br>")))
    kind = part.headers.first("content-type")
    if "flowed" in kind.lower():
        params = parameters.parse(kind)[1]
        if params.get("format", "").lower() == "flowed":
            text = unflow(text, delsp=params.get("delsp", "").lower() == "yes")
    return _Shown(text=text)


def _best(choices: list[list[_Shown]]) -> list[_Shown]:
    """Of several forms of the same: plain text, unless the HTML says clearly more (a stub, a teaser)."""
    plain = [piece for choice in choices for piece in choice if not piece.html]
    rich = [piece for choice in choices for piece in choice if piece.html]
    if not plain or not rich:
        return plain or rich
    text = "\n".join(piece.text for piece in plain)
    html = "\n".join(piece.html for piece in rich)
    words = len(text.split())
    if words < _SHORT or len(html) > _THIN * len(text):
        richer = html_text(html)
        if len(richer.split()) > 1.5 * words + 8:
            text = richer
    return [_Shown(text=text, html=html)]


def _without_uuencode(text: str, files: list[tuple[str, int]]) -> str:
    """The text without the files that old mailers wrote into it; their names are kept."""
    kept: list[str] = []
    held: list[str] | None = None  # lines since "begin 644 name", until "end" proves them a file
    name = ""
    for line in text.split("\n"):
        words = line.split(" ", 2)
        if held is None and words[0] == "begin" and len(words) == 3 and words[1].isdigit() and len(words[1]) in (3, 4):
            held, name = [line], words[2].strip()
        elif held is None:
            kept.append(line)
        elif line.strip() == "end" and len(held) > 1:
            files.append((name[:255], sum(len(one) for one in held[1:]) * 3 // 4))
            held = None
        else:
            held.append(line)
            if not _is_uuencoded(line):
                kept.extend(held)
                held = None
    return "\n".join([*kept, *(held or ())])


def _is_uuencoded(line: str) -> bool:
    """A line of uuencode: its first sign counts the bytes that follow."""
    line = line.rstrip()
    if line in ("`", ""):
        return True
    count = (ord(line[0]) - 32) & 63
    return all(" " <= c <= "`" for c in line) and abs(len(line) - 1 - (count + 2) // 3 * 4) <= 4
