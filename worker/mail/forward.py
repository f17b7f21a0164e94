"""Forwarded mail: how it is announced, and who wrote what to whom inside it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

import re2

from worker.core.model import Address, Forwarded, Party
from worker.mail.forward_words import FORWARDED, FORWARDED_BY, ORIGINAL, PROCESSED_BY, ROOTS, SUBJECT_PREFIXES
from worker.mail.header_block import Block
from worker.mail.header_labels import Field
from worker.mail.lines import Line, clean, show

MAX_PARTIES = 200
_RULE = "-_=*~+–—‐‑‒―─━• <>"
_ADDRESS = re2.compile(r"[^\s<>()\[\]\"',;:|]+@[^\s<>()\[\]\"',;:|@]+")
_AROUND_NAME = " \t\"'<>()[]*,;:|-–‘’“”"
_FINNISH_SENDER = ("lähettäjä",)


class Announced(Enum):
    """What a line says of the mail below it."""

    FORWARDED = 1
    ORIGINAL = 2


def announces(text: str) -> tuple[Announced, str] | None:
    """Whether a line is "---------- Forwarded message ----------" or its like, and what stands behind it there."""
    if not text or len(text) > 300:
        return None
    ruled = text[0] in _RULE
    if not ruled and text[-1] not in ":：" and len(text) > 60:
        return None
    phrase = text.strip(_RULE).rstrip(" :：").casefold().replace("’", "'")
    if phrase.lstrip("[").startswith(PROCESSED_BY):
        return Announced.ORIGINAL, ""
    kind = _phrase(phrase)
    if kind and (ruled or kind is Announced.FORWARDED or text[-1] in ":："):
        return kind, ""
    if ruled and text[:2].strip(_RULE) == "":
        return _ruled(text, phrase)
    return None


def _phrase(phrase: str) -> Announced | None:
    if phrase in FORWARDED:
        return Announced.FORWARDED
    return Announced.ORIGINAL if phrase in ORIGINAL else None


def _ruled(text: str, phrase: str) -> tuple[Announced, str] | None:
    """Samsung writes the headers on the line of the announcement; Lotus Notes who forwarded it and when."""
    if phrase.startswith(FORWARDED_BY):
        return Announced.FORWARDED, ""
    body = text.lstrip(_RULE)
    end = next((at for at, char in enumerate(body) if char in "-=_*–—─━" and body[at : at + 2] == char * 2), -1)
    if end > 0 and (kind := _phrase(body[:end].strip(_RULE).rstrip(" :").casefold().replace("’", "'"))):
        return kind, body[end:].lstrip(_RULE)
    return None


def is_ruled_phrase(text: str) -> bool:
    """Whether a line is a phrase between dashes, in whatever language: it announces where a header block follows."""
    return 8 <= len(text) <= 120 and text[:2] in ("--", "==", "__", "––", "——") and text[-2:] == text[:2]


def is_rule(text: str) -> bool:
    """Whether a line is nothing but a ruled line."""
    return len(text) >= 3 and not text.strip("-_=*~–—─━ ")


def speaks_of_forwarding(text: str) -> bool:
    """Whether a ruled phrase that is on no list has the root of "forward" in it."""
    folded = text.casefold()
    return any(root in folded for root in ROOTS)


def is_forward_subject(subject: str) -> bool:
    """Whether the outermost prefix of a subject is that of a forward: "Fwd: Re: x" is one, "Re: Fwd: x" is not."""
    text = clean(subject)
    while text.startswith("["):
        tag, _, rest = text[1:].partition("]")
        if is_forward_subject(tag):
            return True
        text = rest.strip()
    head, colon, _ = text.replace("：", ":", 1).partition(":")
    word = head.partition("[")[0].partition("(")[0].strip().casefold()
    return bool(colon) and len(head) <= 20 and word in SUBJECT_PREFIXES


def is_finnish_reply(subject: str, block: Block | None) -> bool:
    """Outlook's "VS:" is a forward in Danish and Norwegian, and a reply in Finnish."""
    return subject.lstrip()[:3].casefold() == "vs:" and block is not None and block.label in _FINNISH_SENDER


def forwarded_from(block: Block | None, body: Sequence[Line]) -> Forwarded:
    """The mail inside a forward, as far as its header block tells."""
    fields = block.fields if block else {}
    return Forwarded(
        sender=sender_of(fields.get(Field.FROM, "")),
        to=parties(fields.get(Field.TO, "")),
        cc=parties(fields.get(Field.CC, "")),
        subject=fields.get(Field.SUBJECT, ""),
        date=fields.get(Field.DATE, ""),
        text=_unquoted(body),
    )


def sender_of(value: str) -> Party | None:
    """Who a From line names. The address is "" where the line shows only a name, as Outlook does for colleagues."""
    found = parties(value)
    if found:
        return found[0]
    name = value.strip(_AROUND_NAME)
    return Party(address=Address(""), name=name) if name else None


def parties(value: str) -> tuple[Party, ...]:
    """The people that a displayed header names, as far as their addresses are shown.

    Reads "Ann <a@b.example>", "Ann [mailto:a@b.example]", "Berg, Ann <a@b.example>; ...", "Ann (a@b.example)" and
    "a@b.example <mailto:a@b.example>".
    """
    out: list[Party] = []
    end = 0
    text = clean(value)[:20_000]
    for match in _ADDRESS.finditer(text):
        address = Address(match.group().strip(".*_").removeprefix("mailto:").casefold())
        between = text[end : match.start()]
        end = match.end()
        if out and out[-1].address == address and len(between.strip(_AROUND_NAME).removesuffix("mailto")) == 0:
            continue
        out.append(Party(address=address, name=_name(between)))
        if len(out) >= MAX_PARTIES:
            break
    return tuple(out)


def _name(between: str) -> str:
    text = between.strip().removesuffix("mailto:").strip(_AROUND_NAME)
    # The address before it may have left "(work)" or a stray bracket: the name is what stands after the last stop.
    for stop in (">", "]", ";"):
        text = text.rpartition(stop)[2]
    return " ".join(text.strip(_AROUND_NAME).split())


def _unquoted(lines: Sequence[Line]) -> str:
    """The forwarded text, one level of quote marks taken off where all of it is quoted."""
    if any(line.text and not line.depth for line in lines):
        return show(lines)
    return show([Line(_peel(line.raw), line.text, line.depth) for line in lines])


def _peel(raw: str) -> str:
    text = raw.lstrip()
    if text[:1] not in (">", "＞"):
        return raw
    text = text[1:]
    return text[1:] if text.startswith(" ") else text
