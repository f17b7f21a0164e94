"""What phones, scanners, lists and firms print around the words of a person."""

from __future__ import annotations

from collections.abc import Sequence

import re2

from worker.mail.closing_words import BANNERS, DEVICES, FOOTERS, LEGAL, SENT_FROM, SENT_FROM_ENDS
from worker.mail.lines import Line

_LINK = re2.compile(r"[<\[(]?(?:https?://|mailto:)\S*")
_BANNER_MORE = ("link", "attachment", "anhäng", "anlagen", "pièce", "adjunt", "allegat", "bijlage", "anexo", "sender", "absender", "learn why", "safe", "sicher", "externe")


def is_mobile_footer(text: str) -> bool:
    """ "Sent from my iPhone" in any language. "Sent from my desk, is much easier" is a sentence of a person."""
    line = _LINK.sub("", text[:300]).strip(" *_-–—<>()[]~|.!\"'“”").replace("’", "'")
    if not 5 <= len(line) <= 110:
        return False
    folded = line.casefold()
    begins = folded.startswith(SENT_FROM)
    if not begins and not folded.endswith(SENT_FROM_ENDS):
        return False
    head = folded.split(",")[0].split("，")[0].split(". ")[0]
    words = head.split()
    if len(words) <= 11 and _names_device(" ".join(words[:10])):
        return not text.rstrip().endswith("?")
    # "Sent from my magnificent torch": a brand that nobody listed, if the line says no more than that.
    return folded.startswith("sent from my ") and len(words) <= 7 and head == folded


def _names_device(words: str) -> bool:
    tokens = {token.strip(".,®™()'") for token in words.replace("-", " ").split()}
    return any(device in words if len(device) > 4 or not device.isascii() else device in tokens for device in DEVICES)


def is_footer(text: str) -> bool:
    """A line that a scanner or a mailing list adds."""
    folded = text[:400].casefold().replace("’", "'")
    return any(footer in folded for footer in FOOTERS) and not folded.endswith("?")


def is_disclaimer(paragraph: Sequence[Line], *, behind_closing: bool = False) -> bool:
    """A paragraph of legal text; one sign is enough behind a closing, two are needed elsewhere."""
    text = " ".join(line.text for line in paragraph).casefold()[:4000]
    hits = sum(word in text for word in LEGAL)
    if text.strip(" *_-:.").startswith(("disclaimer", "haftungsausschluss", "avis de confidentialité", "aviso legal", "免責", "免责")):
        hits += 2
    if behind_closing:
        return hits >= 1 and len(text) >= 20
    long_enough = len(text) >= (110 if text.isascii() or text[:1] < "\u2e80" else 30)
    return (hits >= 2 and long_enough) or (hits >= 2 and len(text) < 30)


def without_banner(lines: list[Line]) -> list[Line]:
    """Lines without the warning that a mail server put above them."""
    for at, line in enumerate(lines[:6]):
        if not line.text:
            continue
        if line.depth or not _is_banner(line.text):
            return lines
        end = at + 1
        while end < len(lines) and lines[end].text and any(word in lines[end].text.casefold() for word in _BANNER_MORE):
            end += 1
        return without_banner(lines[end:]) if end < len(lines) else []
    return lines


def _is_banner(text: str) -> bool:
    folded = text[:200].casefold().replace("’", "'").lstrip(" *_⚠️!")
    return folded.startswith(BANNERS)
