"""A text taken apart into sentences, folded so that phrases find their words, each place still a place in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from worker.core.phrase import fold

_MOST = 60_000
"""Characters that are read for meaning; a person's new text is shorter than a tenth of this."""
_WORD = re.compile(r"[a-z0-9]+(?:'[a-z0-9]+)*")
_BREAK = re.compile(r"[.!?]+[)\"'\]]*(?= |\n|$)|\n")
_WRAPPED = 40
"""A line shorter than this was ended by its writer, not by a mail program."""
_SHORT = (
    "mr mrs ms dr prof st nr no nos inc ltd co corp llc eg ie etc vs approx ca bzw usw ggf inkl exkl zzgl evtl str tel "
    "abs art bzgl hr fr frl mme mlle sr sra srta dna dhr mevr bv nv sa jan feb mar apr jun jul aug sep sept oct okt "
    "nov dec dez janv fevr avr juil ene dic"
)
_ABBREVIATED = frozenset(_SHORT.split())
_ENDINGS = {
    "s": ("is", "has", "us"), "ve": ("have",), "re": ("are",), "ll": ("will",), "m": ("am",), "d": ("would", "had"),
}  # fmt: skip
_BARE = {
    "dont": "do", "cant": "can", "wont": "will", "didnt": "did", "havent": "have", "hasnt": "has", "isnt": "is",
    "doesnt": "does", "wasnt": "was", "arent": "are", "couldnt": "could", "wouldnt": "would", "shouldnt": "should",
}  # fmt: skip


@dataclass(slots=True)
class Sentence:
    """One sentence: where it lies in the text, what it says, and the words to find it by."""

    start: int
    end: int
    folded: str
    """Of the same length as the text from start to end, line breaks are spaces."""
    asked: bool = False
    words: frozenset[str] = field(default=frozenset())


def sentences(text: str) -> list[Sentence]:
    """Split a text; the folding keeps every place."""
    text = text[:_MOST]
    folded = fold(text)
    found = []
    for start, end in _spans(text, folded):
        body = folded[start:end].replace("\n", " ")
        inner = body.strip()
        if not inner:
            continue
        start += body.index(inner[0])
        found.append(Sentence(start, start + len(inner), inner, "?" in inner[-4:], words(inner)))
    return found


def single(text: str) -> Sentence:
    """A subject or a file name, as one sentence."""
    inner = fold(text).replace("\n", " ")
    return Sentence(0, len(inner), inner, "?" in inner[-4:], words(inner))


def file_name(name: str) -> Sentence:
    """The words of a file name; what joins them is a space."""
    return single(name.replace("_", " ").replace(".", " ").replace("-", " "))


def words(folded: str) -> frozenset[str]:
    """Every word and, of "we've", "don't" and "l'offre", every word that it stands for."""
    found = set(_WORD.findall(folded))
    for word in [w for w in found if "'" in w]:
        parts = word.split("'")
        found.update(parts)
        found.add("".join(parts))
        if parts[-1] == "t" and parts[0].endswith("n"):
            found.update((parts[0][:-1], parts[0], "not"))
        else:
            found.update(_ENDINGS.get(parts[-1], ()))
    if not _BARE.keys().isdisjoint(found):
        for word in _BARE.keys() & found:
            found.update((_BARE[word], "not"))
    if "cannot" in found:
        found.update(("can", "not"))
    return frozenset(found)


def _spans(text: str, folded: str) -> Iterator[tuple[int, int]]:
    width = _width(folded)
    start = 0
    for match in _BREAK.finditer(folded):
        if folded[match.start()] == "\n":
            if _is_wrapped(folded, match.start(), width) or _goes_on_below(text, match.start()):
                continue
        elif folded[match.start()] == "." and _goes_on(text, folded, start, match.start(), match.end()):
            continue
        yield start, match.end()
        start = match.end()
    yield start, len(folded)


def _width(folded: str) -> int:
    """The width that a mail program wrapped at, 0 where it did not."""
    widest = max(map(len, folded.split("\n")), default=0)
    return widest if widest <= 100 else 0


def _goes_on_below(text: str, place: int) -> bool:
    """Whether a line ends in a word and the next one begins with a small letter."""
    return text[place - 1 : place].isalnum() and text[place + 1 : place + 2].islower()


def _is_wrapped(folded: str, place: int, width: int) -> bool:
    """Whether a line break only wraps: the next word would not have fitted any more."""
    before = folded.rfind("\n", 0, place) + 1
    length = place - before
    if length < _WRAPPED or length + 30 < width or not width:
        return False
    after = folded[place + 1 : place + 40]
    if not after.strip(" ") or after[0] in "\n-*>":
        return False
    return length + 1 + len(after.split(" ", 1)[0].split("\n", 1)[0]) > width


def _goes_on(text: str, folded: str, start: int, dot: int, end: int) -> bool:
    """Whether a dot ends no sentence: an abbreviation, an initial, the 3. of a German date."""
    before = folded[max(start, dot - 12) : dot].rsplit(" ", 1)[-1].replace(".", "").strip("(\"'")
    if before in _ABBREVIATED or (len(before) == 1 and before.isalpha() and before not in "i"):
        return True
    following = text[end : end + 2].strip()
    if before.isdigit() and len(before) <= 2:
        return bool(following) and following[:1].isalpha()
    return bool(following) and following[:1].islower() and dot - start < 6
