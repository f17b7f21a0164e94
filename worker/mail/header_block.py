"""The few lines that a mail program writes above a quoted or forwarded mail: From, Sent, To, Subject."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from worker.mail.header_labels import LABELS, MAX_LABEL, Field
from worker.mail.lines import Line

MAX_BLOCK = 60
"""Lines: a Cc of a hundred people, wrapped."""
MAX_VALUE = 20_000
_DECORATION = "*_|#•· "
_MAIN = (Field.FROM, Field.DATE, Field.TO, Field.SUBJECT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A header block and where it ends."""

    fields: dict[Field, str]
    label: str
    """The word for From, which shows the language."""
    end: int
    """Index of the first line after it."""

    @property
    def main(self) -> int:
        """How many of From, Date, To and Subject it has."""
        return sum(field in self.fields for field in _MAIN)


def read_label(text: str) -> tuple[str, frozenset[Field], str] | None:
    """The label of a header line in lower case, what it can stand for, and its value; None for other lines."""
    at = _colon(text, 0)
    if not 0 < at <= MAX_LABEL + 8:
        return None
    label = text[:at].strip(_DECORATION).casefold()
    fields = LABELS.get(label)
    return (label, fields, text[at + 1 :].strip(_DECORATION)) if fields else None


def read_block(lines: Sequence[Line], start: int, *, marked: bool = False) -> Block | None:
    """The header block that begins at a line.

    A block with nothing above that announces it (`marked`) has to show three of its four main fields and either a
    subject or an address, since "From: Berlin, To: Rome, Date: 5 May" is a journey.
    """
    if start >= len(lines) or not read_label(lines[start].text):
        return None
    fields, label, end = _collect(lines, start, inline=marked)
    block = Block(fields=fields, label=label, end=end)
    if Field.FROM not in fields:
        return block if marked and block.main >= 2 else None
    if marked:
        return block
    sure = Field.SUBJECT in fields or "@" in fields[Field.FROM] or "@" in fields.get(Field.TO, "")
    return block if block.main >= 3 and sure else None


def unknown_block(lines: Sequence[Line], start: int) -> Block | None:
    """A header block in a language that is not listed, where HTML has shown that one begins.

    Outlook's order is the same in every language: From, Sent, To, perhaps Cc, Subject.
    """
    values: list[tuple[str, str]] = []
    at = start
    while at < len(lines) and len(values) < 6 and lines[at].text and 0 < (colon := _colon(lines[at].text, 0)) <= 40:
        values.append((lines[at].text[:colon].strip(_DECORATION), lines[at].text[colon + 1 :].strip(_DECORATION)))
        at += 1
    if len(values) < 3:
        return None
    order = [Field.FROM, Field.DATE, Field.TO, *[Field.CC] * (len(values) - 4), Field.SUBJECT][: len(values)]
    fields = {kind: value for kind, (_, value) in zip(order, values, strict=True)}
    return Block(fields=fields, label=values[0][0].casefold(), end=at)


def _collect(lines: Sequence[Line], start: int, *, inline: bool) -> tuple[dict[Field, str], str, int]:
    fields: dict[Field, str] = {}
    last: Field | None = None
    from_label, at, depth = "", start, lines[start].depth
    while at < min(len(lines), start + MAX_BLOCK) and lines[at].depth == depth:
        text = lines[at].text
        if not text:
            following = _next_label(lines, at, fields, depth)
            if following is None:
                break
            at = following
            continue
        found = read_label(text)
        if found:
            field = _choose(found[1], fields)
            if field is None:
                break
            value = found[2]
            if field is Field.FROM:
                from_label = found[0]
            if inline:
                value = _split_inline(value, fields, field)
            fields.setdefault(field, value)
            last = field
        elif last is not None and _goes_on(lines, at, fields, last):
            fields[last] = f"{fields[last]} {text}".strip()[:MAX_VALUE]
        else:
            break
        at += 1
    return fields, from_label, at


def _choose(choices: frozenset[Field], seen: dict[Field, str]) -> Field | None:
    """What a label stands for here; None where it stood above already."""
    if Field.OTHER in choices:
        return Field.OTHER
    return next((field for field in Field if field in choices and field not in seen), None)


def _next_label(lines: Sequence[Line], at: int, seen: dict[Field, str], depth: int) -> int | None:
    """The next line, at most two blank ones away, where it is a header that is not there yet."""
    for ahead in range(at + 1, min(at + 4, len(lines))):
        if lines[ahead].depth != depth:
            return None
        if lines[ahead].text:
            found = read_label(lines[ahead].text)
            fresh = found is not None and _choose(found[1], seen) not in (None, Field.OTHER)
            return ahead if fresh else None
    return None


def _goes_on(lines: Sequence[Line], at: int, fields: dict[Field, str], last: Field) -> bool:
    """Whether a line without a label belongs to the header above it."""
    value, line = fields[last], lines[at]
    if not value or value[-1] in ",;<(" or value.count("<") > value.count(">"):
        return True
    if last in (Field.TO, Field.CC, Field.FROM) and "@" in line.text and len(line.text.split()) < 12:
        return True
    for ahead in range(at + 1, min(at + 4, len(lines))):
        if not lines[ahead].text or lines[ahead].depth != line.depth:
            break
        found = read_label(lines[ahead].text)
        if found and _choose(found[1], fields) is not None:
            return True
    # A subject that was wrapped: the next word would not have fitted, and a blank line follows.
    first = line.text.split(" ", 1)[0]
    ends = at + 1 >= len(lines) or not lines[at + 1].text
    return last is Field.SUBJECT and ends and len(lines[at - 1].raw) + len(first) >= 72


def _split_inline(value: str, fields: dict[Field, str], current: Field) -> str:
    """Take further headers out of a line that holds several: "Ann <a@b.example> Date: 1 May To: ..."."""
    cuts: list[tuple[int, int, Field]] = []
    taken = {*fields, current}
    at = _colon(value, 0)
    while at >= 0 and len(cuts) < 8:
        begin = _label_before(value, at)
        if begin is not None:
            choices = LABELS[value[begin:at].strip(_DECORATION).casefold()]
            field = next((f for f in (*_MAIN, Field.CC) if f in choices and f not in taken), None)
            if field is not None:
                cuts.append((begin, at, field))
                taken.add(field)
                if field is Field.SUBJECT:
                    break
        at = _colon(value, at + 1)
    if len(cuts) < 2 and not (cuts and cuts[0][2] is Field.SUBJECT and current is Field.TO):
        return value
    for (_, colon, field), following in zip(cuts, [*cuts[1:], (len(value), 0, Field.OTHER)], strict=True):
        fields[field] = value[colon + 1 : following[0]].strip(_DECORATION)
    return value[: cuts[0][0]].strip(_DECORATION)


def _label_before(value: str, colon: int) -> int | None:
    """Where the label that ends at a colon begins: one to three words."""
    begin = colon
    best: int | None = None
    for _ in range(3):
        begin = value.rfind(" ", 0, max(begin, 0))
        label = value[begin + 1 : colon].strip(_DECORATION).casefold()
        if label in LABELS:
            best = begin + 1
        if begin < 0:
            break
    return best


def _colon(text: str, start: int) -> int:
    """The next colon, also the wide one of Chinese and Japanese."""
    plain, wide = text.find(":", start), text.find("：", start)
    return min(plain, wide) if plain >= 0 and wide >= 0 else max(plain, wide)
