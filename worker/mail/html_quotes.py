"""What HTML knows of quotes that its text no longer shows: blockquotes, attributions, dividers, Yahoo's box, signatures.

The source gets a private character where such an element begins and ends; then it is turned into text like any other HTML,
and the characters tell what each line is and how deep it is quoted.
"""

from __future__ import annotations

from collections.abc import Iterator

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
_QUOTE_BEFORE = re2.compile(r"(?i)<blockquote\b|gmail_quote|divRplyFwdMsg|yahoo_quoted|moz-cite-prefix|OutlookMessageHeader|reference-message")
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
    at = 0
    for match in _TAG.finditer(source):
        closing, name, attributes = match.group(1), match.group(2).lower(), match.group(3)
        stack = opened.setdefault(name, [])
        if closing:
            out += (source[at : match.start()], stack.pop() if stack else "", match.group())
        else:
            out.append(source[at : match.start()])
            if name == "p" and stack:  # a paragraph ends where the next begins
                out.append(stack.pop())
            kind = _kind(name, attributes, source, match.start())
            if name != "hr":
                stack.append(_ENDS.get(kind, ""))
            out += (match.group(), kind)
        at = match.end()
    out.append(source[at:])
    return "".join(out)


def _kind(name: str, attributes: str, source: str, start: int) -> str:
    """The character that stands for an element; "" where it means nothing."""
    if name == "blockquote":
        return _OPEN_QUOTE if _is_cite(attributes[:MAX_LOOK], source, start) else ""
    if not attributes:
        return ""
    folded = attributes[:MAX_LOOK].lower()
    if "yahoo_quoted" in folded:
        return _OPEN_QUOTE
    if any(word in folded for word in _ATTRIBUTIONS):
        return _OPEN_ATTRIBUTION
    if any(word in folded for word in _DIVIDERS):
        return _DIVIDER
    return _DIVIDER if _RULED.search(folded) and _begins_with_label(source, start) else ""


def _is_cite(attributes: str, source: str, start: int) -> bool:
    """A blockquote that quotes. The indent button of Gmail and Outlook makes one too, without a border."""
    if _INDENT.search(attributes) and not ("cite" in attributes or "gmail_quote" in attributes):
        return False
    if _CITE.search(attributes):
        return True
    before = _INNER_TAG.sub(" ", source[max(0, start - 300) : start]).replace("&nbsp;", " ").strip(_MARKS + " \n\r\t")
    return before.endswith((":", "：", "wrote", "--"))


def _begins_with_label(source: str, start: int) -> bool:
    """Whether a box under a ruled line begins with a bold word and a colon, as Outlook's headers do in every language."""
    text = _INNER_TAG.sub("", source[start : start + 700])[:120]
    return "<b" in source[start : start + 400].lower() and 0 < text.strip().find(":") <= 40


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
