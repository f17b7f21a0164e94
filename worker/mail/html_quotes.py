"""What HTML knows of quotes that its text no longer shows: blockquotes, attributions, dividers, signatures.

The source gets a private character where such an element begins and ends; then it is turned into text like any other
HTML, and the characters tell what each line is and how deep it is quoted.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import re2

from worker.mail.html_text import html_to_text
from worker.mail.lines import MAX_LINES, MAX_LOOK, Line, Mark, clean, read_lines

_OPEN_QUOTE, _CLOSE_QUOTE = "\ue101", "\ue102"
_OPEN_ATTRIBUTION, _CLOSE_ATTRIBUTION = "\ue103", "\ue104"
_DIVIDER = "\ue105"
_ENDS = {_OPEN_QUOTE: _CLOSE_QUOTE, _OPEN_ATTRIBUTION: _CLOSE_ATTRIBUTION}
_ANY = re2.compile(f"([{_OPEN_QUOTE}-{_DIVIDER}])")
_MARKS = f"{_OPEN_QUOTE}{_CLOSE_QUOTE}{_OPEN_ATTRIBUTION}{_CLOSE_ATTRIBUTION}{_DIVIDER}"

_DROPPED = re2.compile(r"(?is)<!--.*?-->|<style\b.*?</style\s*>|<script\b.*?</script\s*>")
_TAG = re2.compile(r"(?i)<(/?)(blockquote|div|p|span|hr|pre)\b([^>]*)>")
_INNER_TAG = re2.compile(r"<[^>]*>")
_HINT = re2.compile(
    r"(?i)yahoo_quoted|divRplyFwdMsg|moz-cite-prefix|gmail_attr|OutlookMessageHeader|__DIVIDER__|reply-intro"
    r"|reference-message|stopSpelling|border-top:\s?solid"
)
_BLOCKQUOTE = re2.compile(r"(?i)<blockquote\b")
_ATTRIBUTIONS = ("gmail_attr", "moz-cite-prefix", "reply-intro")
_DIVIDERS = (
    "divrplyfwdmsg", "outlookmessageheader", "__divider__", "stopspelling", "reference-message-container",
    "mobile-reference-message", "olk_src_body_section",
)  # fmt: skip
_INDENT = re2.compile(r"(?i)border(?:-left)?:\s?(?:none|0|medium none)")
_CITE = re2.compile(r"(?i)cite|quote|border-left|padding-left|border-color|\bid\s?=")
_RULED = re2.compile(r"border-top:\s?solid")

_SIGNATURE = re2.compile(
    r"(?i)<(div|span|pre|table|p)\b[^>]*\b(?:class|id|data-smartmail)\s?=\s?[\"']?(?:[^\"'>]*[\s_\-])?"
    r"(?:signature|applemailsignature|signature_block|signature_block-user)[\"'\s>]"
)
_QUOTE_BEFORE = re2.compile(
    r"(?i)<blockquote\b|gmail_quote|divRplyFwdMsg|yahoo_quoted|moz-cite-prefix|OutlookMessageHeader|reference-message"
)
MAX_TAGS = 10_000
"""Tags that are looked at; no person's mail has more above its quote."""
MAX_GUESSES = 100
"""Elements that only their surroundings can explain."""
MAX_SIGNATURE = 100_000
"""Characters of HTML; signatures come with pictures and tables."""


def shows_quotes(html: str, *, quoted: bool, attributed: bool) -> bool:
    """Whether the HTML tells of a quote that the text has not shown so far."""
    if not quoted and _BLOCKQUOTE.search(html):
        return True
    return not attributed and bool(_HINT.search(html))


def html_lines(html: str) -> tuple[list[Line], str]:
    """The lines of an HTML body with their depth and marks, and what lies beyond MAX_LINES."""
    rows = html_to_text(_marked(html)).split("\n", MAX_LINES)
    rest = _ANY.sub("", rows.pop()) if len(rows) > MAX_LINES else ""
    return list(_read(rows)), rest


def html_signature(html: str) -> str:
    """The text of the element that a mail program marks as the signature; "" where none stands above the quote."""
    found = _SIGNATURE.search(html)
    if not found or _QUOTE_BEFORE.search(html[: found.start()]):
        return ""
    name, depth = found.group(1).lower(), 0
    reach = html[found.start() : found.start() + MAX_SIGNATURE]
    for tag in re2.finditer(rf"(?i)<(/?){name}\b[^>]*>", reach):
        depth += -1 if tag.group(1) else 1
        if depth <= 0:
            return html_to_text(reach[: tag.end()])
    return ""


def _marked(html: str) -> str:
    source = _DROPPED.sub(" ", _ANY.sub("", html))
    out: list[str] = []
    opened: dict[str, list[str]] = {}
    at, guesses = 0, MAX_GUESSES
    for match in islice(_TAG.finditer(source), MAX_TAGS):
        closing, name, attributes = match.group(1), match.group(2).lower(), match.group(3)[:MAX_LOOK]
        stack = opened.setdefault(name, [])
        if closing:
            out += (source[at : match.start()], stack.pop() if stack else "", match.group())
        else:
            out.append(source[at : match.start()])
            if name == "p" and stack:  # a paragraph ends where the next begins
                out.append(stack.pop())
            kind = _kind(name, attributes)
            if kind is None:
                guesses -= 1
                kind = _guess(name, source, match.start()) if guesses > 0 else ""
            if name != "hr":
                stack.append(_ENDS.get(kind, ""))
            out += (match.group(), kind)
        at = match.end()
    out.append(source[at:])
    return "".join(out)


def _kind(name: str, attributes: str) -> str | None:
    """The character that stands for an element; "" where it means nothing, None where its surroundings decide."""
    folded = attributes.lower()
    if name == "blockquote":
        # The indent button of Gmail and Outlook makes a blockquote too, without a border.
        if _INDENT.search(folded) and "cite" not in folded and "gmail_quote" not in folded:
            return ""
        return _OPEN_QUOTE if _CITE.search(folded) else None
    if not folded:
        return ""
    if "yahoo_quoted" in folded:
        return _OPEN_QUOTE
    if any(word in folded for word in _ATTRIBUTIONS):
        return _OPEN_ATTRIBUTION
    if any(word in folded for word in _DIVIDERS):
        return _DIVIDER
    return None if "border-top" in folded and _RULED.search(folded) else ""


def _guess(name: str, source: str, start: int) -> str:
    """A bare blockquote quotes where a colon stands above it; a ruled box is Outlook's where a bold label begins it."""
    if name == "blockquote":
        before = _INNER_TAG.sub(" ", source[max(0, start - 300) : start]).replace("&nbsp;", " ")
        return _OPEN_QUOTE if before.strip(_MARKS + " \n\r\t").endswith((":", "：", "wrote", "--")) else ""
    text = _INNER_TAG.sub("", source[start : start + 700])[:120]
    labelled = "<b" in source[start : start + 400].lower() and 0 < text.strip().find(":") <= 40
    return _DIVIDER if labelled else ""


def _read(rows: list[str]) -> Iterator[Line]:
    depth, mark = 0, Mark.NONE
    for row in rows:
        shown = False
        for piece in _ANY.split(row):
            if piece == _OPEN_QUOTE:
                depth += 1
            elif piece == _CLOSE_QUOTE:
                depth = max(0, depth - 1)
            elif piece in (_OPEN_ATTRIBUTION, _CLOSE_ATTRIBUTION):
                mark = Mark.ATTRIBUTION if piece == _OPEN_ATTRIBUTION else Mark.NONE
            elif piece == _DIVIDER:
                yield Line("", "", depth, Mark.DIVIDER)
            elif clean(piece):
                shown = True
                yield _line(piece, depth, mark)
        if not shown and not row.strip(_MARKS):
            yield Line("", "", depth)


def _line(raw: str, depth: int, mark: Mark) -> Line:
    inner = read_lines(raw)[0][0]
    return Line(raw, inner.text, depth + inner.depth, mark if inner.text else Mark.NONE)
