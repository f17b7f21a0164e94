"""Which phrases a sentence holds.

Some two thousand phrases stand in the signal files and few of their words in any one mail. Each phrase is filed under
its rarest word; only where that and all its other words are in the sentence is its regex run, by RE2, in linear time.
(re2.Set was measured first: its automaton carries every match along, so that nearly each new mail builds new states,
4.7 ms a mail with 900 phrases against 0.2 ms here.)
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from worker.core.model import Event, Speaker
from worker.core.phrase import ADDRESS, AMOUNT, BOTH_WAYS, DAY
from worker.core.signal import Cues, Pattern, Signal, Signals, Where
from worker.signals.days import Named, days, has_day_word
from worker.signals.money import amounts
from worker.signals.sentences import Sentence

_ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+|https?://[^ ]+|www\.[^ ]+")
_CURRENCIES = frozenset((
    "usd", "eur", "gbp", "chf", "cad", "aud", "nzd", "euro", "euros", "dollars", "pounds", "sek", "nok", "dkk", "pln",
    "czk", "brl", "franken", "kr", "fr",
))  # fmt: skip
_MOST_TIMES = 4


_IN_ANY_LANGUAGE = frozenset({None, Event.OPT_OUT, Event.COMPLAINT, Event.HARDSHIP})


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A phrase in a sentence; places count from the beginning of the sentence.

    Holes are what stands between the words of the phrase: gaps and slots, whose words may deny it.
    """

    signal: Signal
    start: int
    end: int
    holes: tuple[tuple[int, int], ...]
    slots: dict[str, tuple[int, int]]


@dataclass(slots=True)
class Searched:
    """A sentence, with what is masked in it worked out when it is first asked for."""

    sentence: Sentence
    text: str
    today: date
    language: str
    named: list[Named] = field(default_factory=list)
    _words: frozenset[str] = frozenset()
    _plain: bytes = b""
    _masked: bytes = b""

    def words(self) -> frozenset[str]:
        """The words of the sentence, and the marks of what may be masked in it."""
        if not self._words:
            folded = self.sentence.folded
            marks = []
            if "$" in folded or "\x04" in folded or "\x05" in folded or not _CURRENCIES.isdisjoint(self.sentence.words):
                marks.append(AMOUNT)
            if "@" in folded or "www." in folded or "://" in folded:
                marks.append(ADDRESS)
            if "<>" in folded or "<->" in folded:
                marks.append(BOTH_WAYS)
            if has_day_word(self.sentence.words):
                marks.append(DAY)
            self._words = self.sentence.words.union(marks) if marks else self.sentence.words
        return self._words

    def body(self, pattern: Pattern) -> bytes:
        """What a pattern is searched in."""
        if pattern.masked:
            return self.masked()
        if not self._plain:
            self._plain = self.sentence.folded.encode("ascii", "replace")
        return self._plain

    def masked(self) -> bytes:
        """The sentence with days, amounts and addresses turned into marks of the same length."""
        if not self._masked:
            folded = self.sentence.folded
            self.named = days(folded, self.today, self.language)
            spans = [(m.start(), m.end(), ADDRESS) for m in _ADDRESS.finditer(folded)]
            spans += [(m.start, m.end, AMOUNT) for m in amounts(self.text)] if AMOUNT in self.words() else []
            spans += [(n.start, n.end, DAY) for n in self.named]
            for start, end, mark in spans:
                folded = folded[:start] + mark * (end - start) + folded[end:]
            self._masked = folded.encode("ascii", "replace")
        return self._masked


@dataclass(frozen=True, slots=True)
class _Entry:
    signal: Signal
    pattern: Pattern
    others: tuple[frozenset[str], ...]

    def is_in(self, languages: frozenset[str]) -> bool:
        return self.signal.language in languages or self.signal.event in _IN_ANY_LANGUAGE


class Book:
    """All phrases that one kind of speaker may say in one part of a mail, filed by their rarest word."""

    def __init__(self, signals: Iterable[Signal]) -> None:
        patterns = [(s, p) for s in signals for p in s.patterns]
        used = Counter(word for _, p in patterns for need in p.needs for word in need)
        filed: dict[str, list[_Entry]] = defaultdict(list)
        for signal, pattern in patterns:
            anchor = min(pattern.needs, key=lambda need: sum(used[w] for w in need))
            entry = _Entry(signal, pattern, tuple(n for n in pattern.needs if n is not anchor))
            for word in anchor:
                filed[word].append(entry)
        self._filed = {word: tuple(entries) for word, entries in filed.items()}

    def find(self, searched: Searched, languages: frozenset[str] = frozenset()) -> Iterator[Found]:
        """Every phrase of the book in a sentence.

        Args:
            languages: where it is known what the text is written in; what stops us is looked for in all.
        """
        words = searched.words()
        seen: set[int] = set()
        for word in self._filed.keys() & words:
            for entry in self._filed[word]:
                for need in entry.others:
                    if need.isdisjoint(words):
                        break
                else:
                    if id(entry) not in seen and (not languages or entry.is_in(languages)):
                        seen.add(id(entry))
                        yield from _search(entry, searched)


def _search(entry: _Entry, searched: Searched) -> Iterator[Found]:
    regex, named, gaps = _compiled(entry.pattern.regex)
    for times, match in enumerate(regex.finditer(searched.body(entry.pattern))):
        if times >= _MOST_TIMES or (not times and _is_taken_back(entry.signal, searched)):
            break
        yield Found(
            signal=entry.signal,
            start=match.start(),
            end=match.end(),
            holes=tuple(
                match.span(g) for g in (*gaps, *named.values()) if -1 < match.start(g) < match.end(g) < match.end()
            ),
            slots={name.decode(): match.span(g) for name, g in named.items() if match.start(g) >= 0},
        )


def _is_taken_back(signal: Signal, searched: Searched) -> bool:
    words = searched.words()
    return any(
        _compiled(pattern.regex)[0].search(searched.body(pattern)) is not None
        for pattern in signal.but_not
        if not any(need.isdisjoint(words) for need in pattern.needs)
    )


@lru_cache(maxsize=16384)
def _compiled(regex: str) -> tuple[Any, dict[bytes, int], tuple[int, ...]]:
    """A regex for RE2 over bytes, its slots, and the numbers of its gaps."""
    import re2

    compiled = re2.compile(regex.encode())
    named = dict(compiled.groupindex)
    return compiled, named, tuple(g for g in range(1, compiled.groups + 1) if g not in named.values())


@dataclass(frozen=True, slots=True, eq=False)
class Library:
    """The signals in the order in which detection needs them."""

    books: dict[tuple[Speaker, Where], Book]
    cues: dict[str, Cues]


@lru_cache(maxsize=4)
def library(signals: Signals) -> Library:
    """The signals, filed; once for each value read."""
    books: dict[tuple[Speaker, Where], list[Signal]] = defaultdict(list)
    for signal in signals.signals:
        for speaker in signal.who:
            for where in signal.where:
                books[speaker, where].append(signal)
    return Library({key: Book(found) for key, found in books.items()}, {c.language: c for c in signals.cues})
