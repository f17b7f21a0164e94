"""What phones, scanners, lists and firms print around the words of a person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import re2

from worker.mail.footer_words import (
    BANNER_HOLDS,
    BANNERS,
    BRANDS,
    DEVICES,
    FOOTER_BEGINS,
    FOOTER_HOLDS,
    LEGAL,
    MY,
    NATURE,
    PRINTING,
    RECIPIENT,
    SENT_FROM,
    SENT_FROM_ENDS,
)
from worker.mail.lines import Line

_LINK = re2.compile(r"[<\[(]?(?:https?://|mailto:)\S*")
_CJK = "\u2e80"
_WARNED_OF = ("link", "attachment", "anhäng", "anlagen", "pièces jointes", "sender", "is safe")
_HEADINGS = ("disclaimer", "haftungsausschluss", "avis de confidentialité", "aviso legal", "免責", "免责")


def is_mobile_footer(text: str) -> bool:
    """ "Sent from my iPhone" in any language. "Sent from my desk, is much easier" is a sentence of a person."""
    line = _LINK.sub("", text[:300]).strip(" *_-–—<>()[]~|.!\"'“”")
    if not 5 <= len(line) <= 110 or text.rstrip().endswith("?"):
        return False
    folded = _fold(line)
    if not folded.startswith(SENT_FROM) and not folded.endswith(SENT_FROM_ENDS):
        return False
    head = folded.split(",")[0].split("，")[0].split(". ")[0]
    words = {word.strip(".,®™()'") for word in head.replace("-", " ").split()}
    if len(head.split()) > 11:
        return False
    if _names(head, words, BRANDS):
        return True
    if words & set(MY) and _names(head, words, DEVICES):
        return True
    # "Sent from mobile"; and a brand that nobody listed, where the line says no more than that.
    short = len(words) <= 3 and bool(words & set(DEVICES)) and "mail" not in words
    return short or (folded.startswith("sent from my ") and len(words) <= 7 and head == folded)


def _names(head: str, words: set[str], names: Iterable[str]) -> bool:
    return any(name in head if len(name) > 4 or not name.isascii() or "-" in name else name in words for name in names)


def is_footer(text: str) -> bool:
    """A line that a scanner or a mailing list adds, or that asks not to print."""
    folded = _fold(text[:400]).lstrip(" *_-–—|<>[(")
    if folded.startswith(FOOTER_BEGINS) or any(words in folded for words in FOOTER_HOLDS):
        return True
    return any(word in folded for word in PRINTING) and any(word in folded for word in NATURE)


def is_disclaimer(paragraph: Sequence[Line], *, behind_closing: bool = False) -> bool:
    """A paragraph of legal text; one sign is enough behind a closing, more are needed elsewhere."""
    text = _fold(" ".join(line.text for line in paragraph)[:4000])
    if text.strip(" *_-:.").startswith(_HEADINGS) and (behind_closing or len(text) < 40 or len(text) > 100):
        return True
    if len(text) < 30:
        return False
    recipient = any(words in text for words in RECIPIENT)
    hits = sum(words in text for words in LEGAL)
    if behind_closing:
        return recipient or hits >= 2 or (hits == 1 and not text.endswith(("?", "？")))
    long_enough = len(text) >= 100 or text[0] >= _CJK
    return long_enough and recipient and hits >= 1


def without_banner(lines: list[Line]) -> list[Line]:
    """Lines without the warning that a mail server put above them."""
    for at, line in enumerate(lines[:6]):
        if not line.text:
            continue
        if line.depth or not _is_banner(line.text):
            return lines
        end = at + 1
        while end < len(lines) and lines[end].text and _goes_on(lines[end].text):
            end += 1
        return without_banner(lines[end:]) if end < len(lines) else []
    return lines


def _is_banner(text: str) -> bool:
    folded = _fold(text[:400]).lstrip(" *_⚠️!")
    if not folded.startswith(BANNERS):
        return False
    return folded[0] in "[【" or len(folded) < 30 or any(word in folded for word in BANNER_HOLDS)


def _goes_on(text: str) -> bool:
    """The second line of a warning that was wrapped."""
    folded = _fold(text)
    return any(word in folded for word in _WARNED_OF)


def _fold(text: str) -> str:
    return text.casefold().replace("’", "'")
