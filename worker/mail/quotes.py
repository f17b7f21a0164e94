"""The new text of a mail: what its writer wrote today, without quotes, signature and forwarded mail.

One pass over the lines, top to bottom. A line that is quoted goes; a line above a quote that says who wrote it goes;
from a header block or an "Original Message" on, everything is another mail, unless quote marks show where that ends.
What is left, in one or several pieces, is the new text. Where nothing is sure the line stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import re2

from worker.core.model import Forwarded, Party
from worker.mail.attribution import attribution, own_words_before
from worker.mail.footers import without_banner
from worker.mail.forward import (
    Announced,
    announces,
    forwarded_from,
    is_finnish_reply,
    is_forward_subject,
    is_rule,
    is_ruled_phrase,
    parties,
    speaks_of_forwarding,
)
from worker.mail.header_block import Block, read_block, read_label, unknown_block
from worker.mail.header_labels import Field
from worker.mail.html_quotes import html_lines, html_signature, shows_quotes
from worker.mail.lines import Line, Mark, clean, read_lines, show, trim
from worker.mail.signature import has_prose, mark_signature, split_signature

_LOTUS = re2.compile(r"---\d{1,4}[./-]\d{1,2}[./-]\d{2,4} \d{1,2}[:.]\d{2}[^-]*---")
"""Lotus Notes: "Ann Berg---03.11.2026 09:12:33---Does it suit you" above its header block."""
_GROUPWISE = re2.compile(r"\d[.:/-]\d.*>>>$")
"""GroupWise: ">>> Ann Berg <ann@vale.example> 03.11.2026 09:12 >>>" above a quote without marks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewText:
    """A body taken apart."""

    text: str
    """What the writer wrote; empty where a forwarder added nothing."""
    signature: str = ""
    forwarded: Forwarded | None = None


@dataclass(slots=True)
class _Scan:
    """How far the reading of a body has come."""

    lines: list[Line]
    is_forward: bool
    """The subject says so."""
    subject: str
    pieces: list[list[Line]] = field(default_factory=lambda: [[]])
    forwarded: Forwarded | None = None
    attributed: str = ""
    """The last attribution above a quote."""
    quoted: bool = False
    """Some line was quoted, by marks or by HTML."""
    sure: bool = False
    """A header block or an announcement was found; HTML has nothing to add."""

    @property
    def another(self) -> bool:
        """Whether any other mail was found below or between the words of this one."""
        return bool(self.forwarded or self.quoted or self.sure or self.attributed)

    @property
    def empty(self) -> bool:
        return not any(line.text for piece in self.pieces for line in piece)


def new_text(body_text: str, html: str = "", *, subject: str = "") -> NewText:
    """Tell the new text of a body from its quotes, its signature and the mail it forwards.

    `html` is the source of the HTML body, if there is one: it is looked at where the text shows no quote marks.
    """
    lines, rest = read_lines(body_text)
    scan = _scan(lines, subject)
    if html and not scan.sure and shows_quotes(html, quoted=scan.quoted, attributed=bool(scan.attributed)):
        marked, beyond = html_lines(html)
        if any(line.text for line in marked):
            scan, rest = _scan(marked, subject), beyond
    text, signature = _own_words(scan.pieces, html_signature(html) if html else "")
    if not text and not scan.another and has_prose(lines):
        # All of it looks like a signature, and yet there are sentences in it: they are all that was written.
        text, signature = show(lines), ""
    if rest:
        text = f"{text}\n{rest}"
    return NewText(text=text, signature=signature, forwarded=scan.forwarded)


def _own_words(pieces: Sequence[Sequence[Line]], marked: str) -> tuple[str, str]:
    """The pieces between the quotes as one text; the signature is taken off the last that has words."""
    left = [trim(piece) for piece in pieces]
    left = [piece for piece in left if piece]
    if left:
        left[0] = without_banner(left[0])
    below: list[str] = []
    for at in range(len(left) - 1, -1, -1):
        mark_signature(left[at], marked)
        left[at], signature = split_signature(left[at])
        below.insert(0, show(signature))
        if left[at]:
            break
    text = "\n\n".join(show(piece) for piece in left if piece)
    return text, "\n\n".join(part for part in below if part)


def _scan(lines: list[Line], subject: str) -> _Scan:
    scan = _Scan(lines=lines, is_forward=is_forward_subject(subject), subject=subject)
    at = 0
    while at < len(lines):
        line = lines[at]
        if line.depth:
            at = _quoted_run(scan, at)
        elif line.mark is Mark.DIVIDER:
            at = _divider(scan, at)
        elif not line.text:
            scan.pieces[-1].append(line)
            at += 1
        else:
            at = _unquoted_line(scan, at)
    return scan


def _unquoted_line(scan: _Scan, at: int) -> int:
    """Read one line that is not quoted; the index of the next line to read."""
    lines, text = scan.lines, scan.lines[at].text
    if (found := announces(text)) is not None:
        return _announced(scan, at, *found)
    if is_ruled_phrase(text) and (block := read_block(lines, _skip_blank(lines, at + 1), marked=True)):
        kind = Announced.FORWARDED if speaks_of_forwarding(text) else Announced.ORIGINAL
        return _other_mail(scan, at, block.end, block, kind)
    if read_label(text) is not None:
        addressed = scan.is_forward and "@" in text
        block = read_block(lines, at, marked=addressed or _stands_under_rule(scan))
        if block is not None:
            return _header_block(scan, at, block)
    following = _skip_blank(lines, at + 1)
    above_quote = following < len(lines) and lines[following].depth > 0
    if lines[at].mark is Mark.ATTRIBUTION and at + 1 < len(lines) and lines[at + 1].mark is Mark.ATTRIBUTION:
        scan.pieces[-1].append(lines[at])
        return at + 1
    start = attribution(lines, at, above_quote=above_quote)
    if start is None:
        scan.pieces[-1].append(lines[at])
        return at + 1
    _take_back(scan, at - start)
    if own := own_words_before(lines[start].text):
        scan.pieces[-1].append(Line(own, own))
    scan.attributed = " ".join(line.text for line in lines[start : at + 1])
    if above_quote:
        return at + 1
    return _attributed(scan, at)


def _announced(scan: _Scan, at: int, kind: Announced, behind: str) -> int:
    """A line says that another mail follows."""
    lines = scan.lines
    if behind:  # the headers stand on the same line
        lines.insert(at + 1, Line(behind, clean(behind)))
    start = _skip_blank(lines, at + 1)
    block = read_block(lines, start, marked=True)
    end = block.end if block else at + 1
    if block and end < len(lines) and lines[end].text == lines[at].text:
        end += 1  # Zoho rules the same line above and below the headers
    return _other_mail(scan, at, end, block, kind)


def _header_block(scan: _Scan, at: int, block: Block) -> int:
    """A header block that nothing announces: a reply in Outlook, or a forward where the subject says so."""
    if scan.empty and not scan.is_forward and Field.TO not in block.fields and not _stands_under_rule(scan):
        # Nothing above and no recipient: a copy of the mail's own headers, and what follows is its text.
        return block.end
    return _other_mail(scan, at, block.end, block, Announced.ORIGINAL)


def _other_mail(scan: _Scan, start: int, body: int, block: Block | None, kind: Announced) -> int:
    """From here on it is another mail: to the end, or as far as its quote marks go."""
    lines = scan.lines
    _drop_rules(scan)
    first = _skip_blank(lines, body)
    end = len(lines)
    if first < end and lines[first].depth > lines[start].depth:
        end = _end_of_quote(lines, first)
    scan.sure = True
    forward = kind is Announced.FORWARDED or (scan.is_forward and not is_finnish_reply(scan.subject, block))
    if forward and scan.forwarded is None:
        scan.forwarded = forwarded_from(block, lines[body:end])
    scan.pieces.append([])
    return end


def _attributed(scan: _Scan, at: int) -> int:
    """Everything below an attribution is its quote where no marks show the quote's end."""
    lines = scan.lines
    if scan.is_forward and scan.forwarded is None:
        found = forwarded_from(None, lines[at + 1 :])
        scan.forwarded = replace(found, sender=_writer(scan.attributed))
    _drop_rules(scan)
    scan.pieces.append([])
    return len(lines)


def _divider(scan: _Scan, at: int) -> int:
    """HTML rules a line here, as Outlook does above a reply in any language."""
    lines = scan.lines
    start = _skip_blank(lines, at + 1)
    block = read_block(lines, start, marked=True) or unknown_block(lines, start)
    if block is None:
        return at + 1
    return _other_mail(scan, at, block.end, block, Announced.ORIGINAL)


def _quoted_run(scan: _Scan, at: int) -> int:
    """Skip quoted lines; in a forward they may hold the mail that is forwarded."""
    lines = scan.lines
    end = _end_of_quote(lines, at)
    if lines[at].depth == 3 and _GROUPWISE.search(lines[at].text) and end == at + 1:
        end = len(lines)
    scan.quoted = True
    if scan.is_forward and scan.forwarded is None:
        scan.forwarded = _forwarded_inside(scan, at, end)
    scan.pieces.append([])
    return end


def _forwarded_inside(scan: _Scan, at: int, end: int) -> Forwarded | None:
    lines = scan.lines
    seen = 0
    for start in range(at, end):
        if not lines[start].text:
            continue
        seen += 1
        if seen > 6:
            break
        marked = announces(lines[start].text) is not None
        begin = _skip_blank(lines, start + 1) if marked else start
        block = read_block(lines, begin, marked=marked)
        if block or marked:
            return forwarded_from(block, lines[block.end if block else begin : end])
    if scan.attributed:
        return replace(forwarded_from(None, lines[at:end]), sender=_writer(scan.attributed))
    return None


def _writer(attributed: str) -> Party | None:
    """Who an attribution names, by an address."""
    found = parties(attributed)
    if not found:
        return None
    name = found[0].name
    digits = [at for at, char in enumerate(name) if char.isdigit()]
    return replace(found[0], name=name[digits[-1] + 1 :].strip(" ,.:;-") if digits else name)


def _end_of_quote(lines: Sequence[Line], at: int) -> int:
    """Index behind the last quoted line of a run; blank lines inside belong to it."""
    end = at
    while at < len(lines):
        if lines[at].depth or _is_torn_off(lines, at):
            end = at + 1
        elif lines[at].text or lines[at].mark is Mark.DIVIDER:
            break
        at += 1
    return end


def _is_torn_off(lines: Sequence[Line], at: int) -> bool:
    """Whether a line is the end of the quoted line above, which was wrapped after it had been quoted."""
    if not 0 < at < len(lines) - 1 or not lines[at].text[:1].islower() or not lines[at + 1].depth:
        return False
    above = lines[at - 1]
    return above.depth > 0 and len(above.raw) >= 70 and above.text[-1:].isalnum() and len(lines[at].text) <= 40


def _skip_blank(lines: Sequence[Line], at: int) -> int:
    """Index of the next line with words, no more than a few lines ahead."""
    for ahead in range(at, min(at + 12, len(lines))):
        if lines[ahead].text:
            return ahead
    return at


def _take_back(scan: _Scan, count: int) -> None:
    if count:
        del scan.pieces[-1][-count:]


def _drop_rules(scan: _Scan) -> None:
    """The ruled line above a header block belongs to it."""
    piece = scan.pieces[-1]
    while piece and (not piece[-1].text or is_rule(piece[-1].text) or _LOTUS.search(piece[-1].text)):
        piece.pop()


def _stands_under_rule(scan: _Scan) -> bool:
    above = next((line.text for line in reversed(scan.pieces[-1]) if line.text), "")
    return len(above) >= 5 and is_rule(above)
