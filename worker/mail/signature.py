"""Where a writer stops and his signature begins.

The rule, from what people expect of a reply parser: a delimiter, a closing with what stands under it, a dash and a
name, a phone's footer and a firm's legal text go. A line that might be personal stays: a postscript, thanks that nobody
signs, a name without a closing, contact data that is all there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

import re2

from worker.mail.closing_words import CLOSINGS, FROM_WORDS, LOOSE, POSTSCRIPT, THANKS
from worker.mail.footers import is_disclaimer, is_footer, is_mobile_footer
from worker.mail.forward import is_rule
from worker.mail.lines import Line, Mark, clean, trim

MAX_SIGNATURE = 60
"""Lines that are not blank below a delimiter or a closing; what is longer is no signature."""
_EDGE = " *_,.!;:–—-~/\"'()，。！、：；…"
_CONTACT = re2.compile(
    r"(?i)\S@\S|https?://|www\.|(?:\+|\b00|\(0|\b0)\d?[\d\s()./\-]{6,}\d|(?:^|\s)(?:tel|phone|telefon|mobile?|mobil|fax|cell|tél|fon|gsm|puh|direct|office|skype)\b\.?\s?[:.)]?\s?\+?\(?\d"
)
_FIRST_WORDS = frozenset(key.split("/")[0].split()[0].rstrip(_EDGE) for key in CLOSINGS | THANKS)
_SMALL = frozenset((
    "von", "van", "de", "der", "den", "da", "di", "du", "la", "le", "dos", "das", "do", "af", "av", "bin", "al", "el",
    "und", "and", "et", "y", "&", "zu", "ten", "ter",
))  # fmt: skip
"""Words inside a name that begin with a small letter."""
_RULES = "-_—–=*~ ━─…＝＿＊◆◇★☆・"
_SLASHED_NAME = re2.compile(r"^(?:/{1,2}|[-–—~])\s?\pL[\pL.'’\-]*(?: \pL[\pL.'’\-]*){0,2}$")


class _Closing(Enum):
    REGARDS = 1
    THANKS = 2
    SIGNED_THANKS = 3
    """ "Thanks, Ann" on one line."""


@dataclass(frozen=True, slots=True)
class _Paragraph:
    start: int
    end: int


def split_signature(lines: Sequence[Line]) -> tuple[list[Line], list[Line]]:
    """The words of the writer, and the signature below them."""
    own = [line for line in lines if line.mark is not Mark.SIGNATURE]
    cut = [line for line in lines if line.mark is Mark.SIGNATURE]
    body, below = _at_delimiter(trim(own))
    body, footers = _footers(body)
    body, closed = _at_closing(body)
    body, named = _at_name(body) if not closed else (body, [])
    if not (below or closed or named or cut):
        body, named = _at_contact_block(body)
    return trim(body), trim([*named, *closed, *footers, *below, *cut])


def mark_signature(lines: list[Line], known: str) -> None:
    """Mark the last lines where they say what HTML has marked as the signature, however they are wrapped."""
    wanted = "".join(clean(known).split())
    if not 2 <= len(wanted) <= 5_000:
        return
    said = ""
    for at in range(len(lines) - 1, -1, -1):
        said = "".join(lines[at].text.split()) + said
        if len(said) >= len(wanted):
            break
    if said == wanted and not has_prose(lines[at:]):
        lines[at:] = [replace(line, mark=Mark.SIGNATURE) for line in lines[at:]]


# -- a delimiter ------------------------------------------------------------------------


def _at_delimiter(lines: list[Line]) -> tuple[list[Line], list[Line]]:
    """RFC 3676 section 4.3: "-- " on a line of its own; and what people make of it."""
    left = sum(bool(line.text) for line in lines)
    for at, line in enumerate(lines):
        left -= bool(line.text)
        text = line.text
        if not text or len(text) > 120 or text.strip(_RULES):
            continue
        exact = line.raw.rstrip("\r\n") == "-- "
        if exact or text == "--":
            if left <= (MAX_SIGNATURE if exact else MAX_SIGNATURE // 2):
                return _but_postscripts(lines, at)
        elif left <= 15 and len(text) != 2 and not has_prose(lines[at + 1 :]) and _is_signed(lines[at + 1 :], text):
            return lines[:at], lines[at:]
    return lines, []


def _but_postscripts(lines: list[Line], at: int) -> tuple[list[Line], list[Line]]:
    """Cut at a delimiter, but keep what says that it is a postscript."""
    later = [part for part in _paragraphs(lines, at + 1) if _is_postscript(lines[part.start].text)]
    body = trim(lines[:at])
    for part in later:
        body += [Line("", ""), *lines[part.start : part.end]]
    kept = {index for part in later for index in range(part.start, part.end)}
    return body, [line for index, line in enumerate(lines) if index >= at and index not in kept]


def _is_signed(below: Sequence[Line], rule: str) -> bool:
    """Whether what stands below a ruled line is a signature or a list's footer, and not a part of the mail."""
    rows = [line.text for line in below if line.text]
    if not rows:
        return True
    contact = any(_CONTACT.search(row) or is_footer(row) or is_mobile_footer(row) for row in rows)
    short = all(len(row) <= 90 and row[-1] not in ".?:" for row in rows)
    if rule[0] in "—–_" and len(rule) <= 3:
        return short and len(rows) <= 8
    boxed = not rows[-1].strip(_RULES)  # Japanese signatures stand between two ruled lines
    return contact and (_is_name(rows[0]) or (short and len(rows) <= (12 if boxed else 6)))


# -- footers ------------------------------------------------------------------------------


def _footers(lines: list[Line]) -> tuple[list[Line], list[Line]]:
    """Take footers and legal text off the end."""
    end = len(lines)
    while end:
        line = lines[end - 1]
        if not line.text or is_mobile_footer(line.text) or (is_footer(line.text) and end > 1):
            end -= 1
            continue
        start = end
        while start and lines[start - 1].text:
            start -= 1
        if is_disclaimer(lines[start:end]):
            end = start
            continue
        if end < len(lines) and not line.text.strip("-_=*~— "):
            end -= 1
            continue
        break
    return lines[:end], lines[end:]


# -- a closing ----------------------------------------------------------------------------


def _at_closing(lines: list[Line]) -> tuple[list[Line], list[Line]]:
    rows = [at for at, line in enumerate(lines) if line.text]
    if len(rows) == 1:
        return lines, []  # a closing that is all there is closes nothing
    for order, at in enumerate(rows):
        if len(rows) - order > MAX_SIGNATURE:
            continue
        kind = _closing(lines[at].text)
        if kind is None:
            continue
        following = next((row for row in rows[order + 1 :] if not is_rule(lines[row].text)), None)
        if kind is _Closing.THANKS and not _is_signed_thanks(lines, following):
            continue
        kept = _personal_below(lines, at + 1)
        if kept is None:
            continue
        start = at
        if kind is not _Closing.REGARDS and order == 0:
            start = at + 1  # Thanks are all that was written: they stay.
        personal = {index for paragraph in kept for index in range(paragraph.start, paragraph.end)}
        body = trim(lines[:start])
        for paragraph in kept:
            body += [Line("", ""), *lines[paragraph.start : paragraph.end]]
        return body, [line for index, line in enumerate(lines) if index >= start and index not in personal]
    return lines, []


def _is_signed_thanks(lines: Sequence[Line], following: int | None) -> bool:
    """Thanks close a mail where a name stands right below; above "Best regards" they are words of the writer."""
    return following is not None and _is_name(lines[following].text) and _closing(lines[following].text) is None


def _personal_below(lines: Sequence[Line], start: int) -> list[_Paragraph] | None:
    """Paragraphs below a closing that a person wrote, such as a postscript; None where it is no closing."""
    kept: list[_Paragraph] = []
    contact_seen = False
    long = 0
    for paragraph in _paragraphs(lines, start):
        rows = lines[paragraph.start : paragraph.end]
        if _is_postscript(rows[0].text):
            kept.append(paragraph)
        elif _is_prose(rows) and not is_disclaimer(rows, behind_closing=True):
            long += 1
            if not contact_seen or rows[-1].text.endswith(("?", "？")):
                kept.append(paragraph)
        contact_seen = contact_seen or any(_CONTACT.search(row.text) for row in rows)
    return None if long > 2 and len(kept) > 2 else kept


def _closing(text: str) -> _Closing | None:
    if len(text) > 100 or text[-1] in "?？":
        return None
    key = _key(text)
    if not key or key.split("/")[0].split()[0].rstrip(_EDGE) not in _FIRST_WORDS:
        return None
    if kind := _listed(key):
        return kind
    for stop in ("/", "|", " - ", " – "):
        if stop in key:
            parts = [_listed(_key(part)) for part in key.split(stop)]
            if all(part is _Closing.REGARDS for part in parts):
                return _Closing.REGARDS
    return _with_name(text)


def _with_name(text: str) -> _Closing | None:
    """A closing with a name behind it, "Mvh Ann", or a place, "Viele Grüße aus Berlin"."""
    words = text.strip("*_ ").split()
    if not 2 <= len(words) <= 10:
        return None
    for count in range(min(7, len(words) - 1), 0, -1):
        head = _key(" ".join(words[:count]))
        kind = _listed(head)
        if kind is None:
            continue
        rest = words[count:]
        parted = words[count - 1][-1] in ",.!;:–—-/" or rest[0] in ("-", "–", "—", "/")
        if rest[0].casefold() in FROM_WORDS and len(rest) <= 5:
            return kind if kind is _Closing.REGARDS else None
        sure = parted or (kind is _Closing.REGARDS and head not in LOOSE)
        if sure and len(rest) <= 3 and _is_name(" ".join(rest).lstrip("-–—/ ")):
            return kind if kind is _Closing.REGARDS else _Closing.SIGNED_THANKS
    return None


def _listed(key: str) -> _Closing | None:
    if key in CLOSINGS:
        return _Closing.REGARDS
    return _Closing.THANKS if key in THANKS else None


def _key(text: str) -> str:
    """A closing for comparison: lower case, without the stops and smileys around it."""
    folded = text.strip(_EDGE + "🙂😊👋🙏😀❤️").casefold().replace("’", "'").replace(" ,", ",")
    return " ".join(folded.split()).rstrip(_EDGE)


# -- a name, a block of contact data --------------------------------------------------------


def _at_name(lines: list[Line]) -> tuple[list[Line], list[Line]]:
    """ "/Ann" or "- Ann Berg" as the last line, where it is no item of a list."""
    if len(lines) < 2 or not _SLASHED_NAME.search(lines[-1].text):
        return lines, []
    above = next((line.text for line in reversed(lines[:-1]) if line.text), "")
    word = lines[-1].text.lstrip("/-–—~ ")
    alone = not lines[-2].text or lines[-1].text[0] == "/"
    if above[:1] == lines[-1].text[0] or above.endswith(":") or not word[0].isupper() or not alone:
        return lines, []
    return trim(lines[:-1]), lines[-1:]


def _at_contact_block(lines: list[Line]) -> tuple[list[Line], list[Line]]:
    """A last paragraph that begins with a full name and holds a phone number or an address of some kind."""
    start = len(lines)
    while start and lines[start - 1].text:
        start -= 1
    rows = [line.text for line in lines[start:]]
    above = next((line.text for line in reversed(lines[:start]) if line.text), "")
    if not 2 <= len(rows) <= 12 or not above or above[-1] in ":：":
        return lines, []
    named = _is_full_name(rows[0])
    short = all(len(row) <= 90 and row[-1] not in "?!:" for row in rows)
    contact = sum(bool(_CONTACT.search(row)) for row in rows[1:])
    if not (named and short and contact) or has_prose(lines[start:]):
        return lines, []
    start = _with_name_above(lines, start)
    return lines[:start], lines[start:]


def _with_name_above(lines: list[Line], start: int) -> int:
    """Where a block of contact data begins: the firm's is often set off from the person's name and title above it."""
    end = start
    while end and not lines[end - 1].text:
        end -= 1
    begin = end
    while begin and lines[begin - 1].text:
        begin -= 1
    rows = [line.text for line in lines[begin:end]]
    titled = all(len(row) <= 60 and row[-1] not in ".?!:,;" for row in rows)
    return begin if begin and len(rows) <= 3 and titled and _is_full_name(rows[0]) else start


# -- what a line looks like ------------------------------------------------------------------


def _is_full_name(text: str) -> bool:
    """A name of two words or more, alone or before a title: "Ann Berg | Head of Purchasing"."""
    name = text.partition("|")[0].rstrip()
    return len(name.split()) >= 2 and _is_name(name)


def _is_name(text: str) -> bool:
    """One to five words that begin with a capital, or a few characters of a script without capitals."""
    bare = text.strip(" *_,-–—/~.")
    words = bare.split()
    if not 1 <= len(words) <= 5 or len(bare) > 60 or any(char.isdigit() for char in bare) or text[-1] in "?!:；：。":
        return False
    if not bare[0].isalpha():
        return False
    if bare[0] >= "\u2e80":
        return len(bare) <= 12
    return all(not word[0].islower() or word in _SMALL for word in words) and not words[0][0].islower()


def _is_postscript(text: str) -> bool:
    head = text.casefold().partition(":")[0].partition(" ")[0].strip(" *_-–—")
    return head in POSTSCRIPT or head.rstrip(".") in POSTSCRIPT


def _is_prose(rows: Sequence[Line]) -> bool:
    """Whether a paragraph reads like sentences of a person."""
    text = " ".join(row.text for row in rows)
    if len(text) < 12 or is_footer(text) or _CONTACT.search(text) or is_mobile_footer(text):
        return False
    if text[0] >= "\u2e80":
        return text[-1] in "。？！" and len(text) >= 15
    words = text.split()
    small = sum(word[0].islower() for word in words)
    ends = text.rstrip(" )\"'”")[-1:] in (".", "!", "?", "…")
    return (len(words) >= 5 and ends and small * 2 >= len(words)) or (len(words) >= 14 and small * 2 >= len(words))


def has_prose(lines: Sequence[Line]) -> bool:
    """Whether a paragraph of some lines reads like sentences of a person."""
    return any(_is_prose(lines[part.start : part.end]) for part in _paragraphs(lines, 0))


def _paragraphs(lines: Sequence[Line], start: int) -> list[_Paragraph]:
    out: list[_Paragraph] = []
    begin = None
    for at in range(start, len(lines)):
        if lines[at].text:
            if begin is not None and _is_postscript(lines[at].text):
                out.append(_Paragraph(begin, at))
                begin = at
            begin = at if begin is None else begin
        elif begin is not None:
            out.append(_Paragraph(begin, at))
            begin = None
    if begin is not None:
        out.append(_Paragraph(begin, len(lines)))
    return out
