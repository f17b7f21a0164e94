"""How a thing is said: denied, conditional, yet to come, asked or quoted. Shared by all signals.

A phrase by itself proves little: "once you have signed", "not signed yet", "could you sign" all hold the words of
a signature. What decides is the small words around the phrase, in its own clause; playbooks/signals/cues.yaml
lists them by language.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from worker.core.signal import Cues, Mood
from worker.signals.sentences import Sentence

_NOTHING = r"\x06"
"""A character that no folded text has."""
_PUNCTUATION = re.compile(r"[,;:()]| -+ |\.\.+")


def moods(sentence: Sentence, start: int, end: int, holes: tuple[tuple[int, int], ...], cues: Cues) -> frozenset[Mood]:
    """The moods of what stands from start to end.

    Args:
        holes: gaps inside the match, whose words are no part of the phrase; a "not" in one denies it.
    """
    text = sentence.folded
    hard, left, right = _clause(text, start, end, cues)
    inside = " | ".join(text[a:b] for a, b in holes)
    before = f"{text[left:start]} | {inside}"
    after = text[end:right]
    found = set()
    if _is_denied(before, after, text[:start], cues) and not _denies(_own(text, start, end, holes), cues):
        found.add(Mood.NEGATED)
    if _seen(cues.condition, f"{text[hard:start]} | {inside}"):
        found.add(Mood.CONDITIONAL)
    if _seen(cues.future, before) or _seen(cues.future_anywhere, f"{before} | {after}"):
        found.add(Mood.FUTURE)
    if sentence.asked and left >= _question_begins(text, cues, start):
        found.add(Mood.ASKED)
    if text.count('"', 0, start) % 2 and '"' in text[end:]:
        found.add(Mood.QUOTED)
    return frozenset(found)


def _own(text: str, start: int, end: int, holes: Iterable[tuple[int, int]]) -> str:
    """The words of the phrase itself."""
    pieces, place = [], start
    for a, b in sorted(holes):
        pieces.append(text[place:a])
        place = max(place, b)
    return " | ".join([*pieces, text[place:end]])


def _denies(own: str, cues: Cues) -> bool:
    """Whether the phrase is a denial by itself: then the "ne" before its "pas" is no second one."""
    return _seen(cues.negation, own) or _seen(cues.negation_anywhere, own)


def _is_denied(before: str, after: str, earlier: str, cues: Cues) -> bool:
    if cues.no_negation:
        blank = _compiled(cues.no_negation)
        before, after = blank.sub(b" ", before.encode()).decode(), blank.sub(b" ", after.encode()).decode()
    if _seen(cues.negation, before) or _seen(cues.negation_anywhere, before) or _seen(cues.doubt, earlier):
        return True
    return _seen(cues.negation_anywhere, after)


def _clause(text: str, start: int, end: int, cues: Cues) -> tuple[int, int, int]:
    """Where the clause around a match begins, by punctuation and by a word, and where it ends.

    Punctuation inside the match does not end it. A condition reaches over "that" and "and we".
    """
    left, right = 0, len(text)
    for match in _PUNCTUATION.finditer(text):
        if match.end() <= start:
            left = match.end()
        elif match.start() >= end:
            right = match.start()
            break
    hard = left
    for match in _compiled(cues.clause).finditer(text.encode()):
        if left < match.start() <= start:
            left = match.start()
        elif end <= match.start() < right:
            right = match.start()
            break
    return hard, left, right


def _question_begins(text: str, cues: Cues, start: int) -> int:
    """Where the question in a sentence begins: "We signed on Friday, did you get it?" asks only at its end."""
    opener = _compiled(cues.question)
    clause = 0
    for match in _PUNCTUATION.finditer(text):
        if match.end() <= start:
            clause = match.end()
        elif opener.match(text[clause:].lstrip().encode()):
            return 0
        elif opener.match(text[match.end() :].lstrip().encode()):
            return match.end()
    return 0


def _seen(cue: str, text: str) -> bool:
    return bool(cue) and _compiled(cue).search(text.encode()) is not None


@lru_cache(maxsize=256)
def _compiled(regex: str) -> Any:
    import re2

    return re2.compile((regex or _NOTHING).encode())
