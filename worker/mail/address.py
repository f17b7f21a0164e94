"""Mailboxes in a header value (RFC 5322 section 3.4), with what real mail makes of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from worker.core.model import Address, Party
from worker.mail import words

MAX_MAILBOXES = 1000
_MAX_ADDRESS = 400
_SHORT = 200
"""Characters of a field that is worth remembering; a long one is a list that comes once."""
_MANY_WORDS = 60
"""Pieces of a name between commas; what goes on longer is no name."""
_QUOTE = "\x00"
"""Marks where quotation marks stood; header values hold no NUL."""
_SPECIAL = re.compile(r'["(),:;<>]')


def read_mailboxes(value: str) -> tuple[Party, ...]:
    """The mailboxes of one field, bounded; the value is raw, encoded words and all."""
    return _remembered(value) if len(value) <= _SHORT else _read(value)


@lru_cache(maxsize=4096)
def _remembered(value: str) -> tuple[Party, ...]:
    """The same people write again and again."""
    return _read(value)


def _read(value: str) -> tuple[Party, ...]:
    found: list[Party] = []
    for name, angle, comment in _split(value):
        found.extend(_mailbox(name, angle, comment))
        if len(found) >= MAX_MAILBOXES:
            break
    return tuple(found[:MAX_MAILBOXES])


def _split(value: str) -> Iterator[tuple[str, list[str], str]]:
    """(words outside brackets, contents of the brackets, comment) of each mailbox."""
    name: list[str] = []
    angles: list[str] = []
    comments: list[str] = []
    at = 0
    while True:
        hit = _SPECIAL.search(value, at)
        name.append(value[at : hit.start() if hit else len(value)])
        if not hit:
            break
        char, at = hit.group(), hit.end()
        if char == '"':
            quoted, at = _until(value, at, '"')
            name.append(f"{_QUOTE}{quoted}{_QUOTE}")
        elif char == "(":
            comment, at = _until(value, at, ")")
            comments.append(comment)
        elif char == "<":
            end = value.find(">", at)
            end = len(value) if end < 0 else end
            angles.append(value[at:end])
            at = end + 1
        elif char in ">)":
            continue
        elif char == ":":  # a group: its name is nobody's
            name.clear()
        elif angles or char == ";" or any("@" in piece for piece in name):
            yield "".join(name), angles, " ".join(comments)
            name, angles, comments = [], [], []
        elif len(name) < _MANY_WORDS:  # "Marsh, Jo <jo@example.com>" without quotes
            name.append(",")
        else:
            name.clear()
    yield "".join(name), angles, " ".join(comments)


def _until(value: str, at: int, stop: str) -> tuple[str, int]:
    """What stands before the stop, and the place behind it; a backslash quotes what follows it."""
    end = at
    while True:
        end = value.find(stop, end)
        if end < 0:
            return value[at:], len(value)
        slash = end
        while slash > at and value[slash - 1] == "\\":
            slash -= 1
        if (end - slash) % 2 == 0:
            return value[at:end].replace("\\", ""), end + 1
        end += 1


def _mailbox(name: str, angles: list[str], comment: str) -> Iterator[Party]:
    if angles:
        shown = words.decode_words(name.replace(_QUOTE, "")).strip(" ,'")
        for angle in angles:
            address = _bare(angle)
            if address:
                yield Party(address=address, name=shown or words.decode_words(comment))
        return
    if f"{_QUOTE}@" in name:  # a quoted local part: "a b"@example.com
        address = _bare(name.strip().replace(_QUOTE, '"'))
        if address:
            yield Party(address=address, name=words.decode_words(comment))
        return
    bare = name.replace(_QUOTE, "").replace(" @", "@").replace("@ ", "@").split()
    spoken = " ".join(word for word in bare if "@" not in word)
    for word in bare:
        address = _bare(word) if "@" in word or len(bare) == 1 else None
        if address:
            yield Party(address=address, name=words.decode_words(spoken if len(bare) > 1 else comment))


def _bare(word: str) -> Address | None:
    """The address in lower case without source route, blanks and brackets."""
    if not word.isprintable():
        word = "".join(c for c in word if c.isprintable())
    word = word.strip().strip("<>").replace(" @", "@").replace("@ ", "@").strip()
    if word.startswith("@") and ":" in word:  # RFC 5322 section 4.4: a source route
        word = word.rpartition(":")[2].strip()
    if word.lower().startswith("mailto:"):
        word = word[7:]
    if not word or len(word) > _MAX_ADDRESS or word.startswith("@") or word.endswith("@"):
        return None
    return Address(word.lower().rstrip("."))
