"""The little language of the signal files: a phrase as a salesperson writes it becomes a linear-time regex.

    take me off (your|the) mailing? list(s)      words in this order; one of these; may be missing, as may an ending
    stop ... (emailing|writing)                  up to six other words in between
    paid invoice <invoice> of <amount>           slots; the signal's evidence gets what stands there
    unsubscri* me                                any ending
    <our choice> & <another supplier>            both in one sentence, whichever comes first; words.yaml lists the words
    ^completed:                                  at the very beginning; $ stands for the very end

Case, accents, apostrophes and line breaks do not matter, "we have" means "we've" too.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import permutations, product

from worker.core.signal import Pattern

DAY, AMOUNT, ADDRESS = "\x01", "\x02", "\x03"
"""What masks a day, an amount of money, an address in the text, as many as the letters it stands for."""

BOTH_WAYS = "<>"
"""As in "Ann <> Ben", the subject of an introduction."""
_SEPARATOR = r"[ ,\"*_/()&'-]+"
_GAP = r"((?:[ \"*_/()&'-]+[^ ,;:.!?]+(?:[.,:][0-9]+)*){0,6}?)"
_FAR = _GAP.replace("{0,6}", "{0,9}")
"""Between the two sides of "&"."""
_BOTH = " & "
_CONTRACTED = {
    "have": "ve", "has": "s", "had": "d", "are": "re", "is": "s", "am": "m", "will": "ll", "would": "d", "us": "s",
}  # fmt: skip
_NOT = r"(?:not|cannot|(?:do|does|did|has|have|had|is|are|was|were|wo|would|ca|could|should)n'?t)\b"
"""The word "not" at the beginning of a phrase; behind a word it may be its end."""
_MASKED = {"day": DAY, "amount": AMOUNT, "address": ADDRESS}
_FREE = ("name", "document", "payer")
_UMLAUT = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"}
_SLOTS = (*_MASKED, *_FREE, "invoice", "number")
_NOTATION = "()|<>?*^$ "


class _Fold(dict[int, str]):
    """Every character becomes one of ASCII, so that places in the folded text are places in the text."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        base = unicodedata.normalize("NFKD", char)[:1].lower()
        folded = base if base.isascii() and base else _LETTERS.get(char.lower(), "~")
        self[code] = folded
        return folded


_LETTERS = {
    "ß": "s", "æ": "a", "œ": "o", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "t", "ı": "i", "€": "\x04", "£": "\x05",
    "’": "'", "‘": "'", "´": "'", "`": "'", "ʼ": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‟": '"',
    "–": "-", "—": "-", "‐": "-", "‑": "-", "−": "-", "•": "*", "·": "*", "…": ".", "¿": " ", "¡": " ", "№": "#",
    "\u200b": " ", "\u200c": " ", "\u200d": " ", "\u2060": " ", "\ufeff": " ", "\u00ad": "-", "？": "?", "！": "!",
}  # fmt: skip
_FOLD = _Fold({ord(c): v for c, v in _LETTERS.items()})
_FOLD.update(dict.fromkeys((*range(10), *range(11, 32), 127, 0xA0, 0x202F, 0x2009, 0x2007, 0x2028), " "))
_FOLD[ord("`")] = "'"
_FOLD_ASCII = "".join(map(chr, range(128))).translate(_FOLD).encode("ascii").ljust(256)


def fold(text: str) -> str:
    """Lower case, no accents, straight quotes: ASCII of exactly the same length."""
    if text.isascii():  # ten times as fast, and most sentences are
        return text.encode("ascii").translate(_FOLD_ASCII).decode("ascii")
    return text.translate(_FOLD)


class PhraseError(Exception):
    """A phrase that cannot be read; `column` counts from 1 inside the phrase."""

    def __init__(self, message: str, column: int) -> None:
        super().__init__(message)
        self.column = column


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    """A piece of a phrase: exactly one of word, choices, slot, gap, mark."""

    kind: str
    text: str = ""
    endings: tuple[str, ...] = ()
    choices: tuple[tuple[_Item, ...], ...] = ()
    optional: bool = False


def read_phrases(phrase: str, words: Mapping[str, Sequence[str]]) -> tuple[Pattern, ...]:
    """Compile a phrase that may name groups of words and say "this & that": a pattern for each order.

    Args:
        words: the named groups, each a list of phrases: "<another supplier>" is any one of its list.

    Raises:
        PhraseError: as `read_phrase`, and where more than three things are asked for in any order.
    """
    sides = _sides(phrase)
    if len(sides) > 3:
        raise PhraseError('at most two "&" in a phrase', 1)
    orders = (" .... ".join(order) for order in permutations(sides))
    return tuple(replace(read_phrase(_spelt_out(order, words)), phrase=phrase) for order in orders)


def _sides(phrase: str) -> list[str]:
    """What stands on both sides of each "&" that is in no bracket."""
    sides, depth, begin = [], 0, 0
    for place, char in enumerate(phrase):
        depth += (char == "(") - (char == ")")
        if not depth and phrase.startswith(_BOTH, place):
            sides.append(phrase[begin:place])
            begin = place + len(_BOTH)
    return [*sides, phrase[begin:]]


def _spelt_out(phrase: str, words: Mapping[str, Sequence[str]]) -> str:
    """The phrase with its named groups as choices."""
    for name, group in words.items():
        phrase = phrase.replace(f"<{name}>", f"({'|'.join(group)})")
    return phrase


def read_phrase(phrase: str) -> Pattern:
    """Compile a phrase.

    Raises:
        PhraseError: a bracket that is not closed, a slot that does not exist, nothing to look for.
    """
    reader = _Reader(phrase.lower())
    items = reader.sequence(inside=False)
    if reader.place < len(reader.text):
        raise PhraseError(f'"{reader.text[reader.place]}" closes nothing', reader.place + 1)
    slots = [s for s in _slots(items) if s != "number" and s not in _MASKED]
    if len(slots) > len(set(slots)):
        raise PhraseError("the same slot twice", 1)
    needs = tuple(sorted((n for n in map(_need, items) if n), key=lambda n: (len(n), sorted(n))))
    if not needs and not any(i.kind == "slot" and i.text in _MASKED for i in items):
        raise PhraseError("a phrase needs at least one whole word", 1)
    return Pattern(phrase=phrase, regex=_regex(items), needs=needs, masked=_is_masked(items))


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0

    def sequence(self, *, inside: bool) -> list[_Item]:
        items: list[_Item] = []
        while self.place < len(self.text):
            char = self.text[self.place]
            if char == " ":
                self.place += 1
            elif char in "|)":
                if inside:
                    return items
                raise PhraseError(f'"{char}" without "("', self.place + 1)
            else:
                items.append(self._optional(self._item(first=not items)))
        return items

    def _item(self, *, first: bool) -> _Item:
        start, char = self.place, self.text[self.place]
        if char == "(":
            return _Item(kind="choices", choices=self._choices())
        if self.text.startswith(BOTH_WAYS, start):
            self.place += len(BOTH_WAYS)
            return _Item(kind="mark", text=BOTH_WAYS)
        if char == "<":
            return self._slot()
        if self.text.startswith("...", start):
            far = self.text.startswith("....", start)
            self.place += 3 + far
            if first:
                raise PhraseError('"..." stands between words, not at the beginning', start + 1)
            return _Item(kind="gap", text="far" if far else "")
        if char in "^$" or not _wordlike(char):
            self.place += 1
            if char in "?*>":
                raise PhraseError(f'"{char}" belongs behind a word', start + 1)
            return _Item(kind="mark", text=char)
        return self._word()

    def _word(self) -> _Item:
        start = self.place
        while self.place < len(self.text) and _wordlike(self.text[self.place]):
            self.place += 1
        word = self.text[start : self.place]
        if not any(map(str.isalnum, word)):
            raise PhraseError(f'write a space instead of "{word}"; it matches both', start + 1)
        if self.text.startswith("*", self.place):
            self.place += 1
            return _Item(kind="stem", text=word)
        endings: tuple[str, ...] = ()
        if self.text.startswith("(", self.place):
            end = self.text.find(")", self.place)
            if end < 0:
                raise PhraseError('"(" is not closed', self.place + 1)
            endings = tuple(self.text[self.place + 1 : end].split("|"))
            if self.text.startswith("?", end + 1):
                raise PhraseError("an ending may be missing anyway; leave out the ? behind it", end + 2)
            self.place = end + 1
        return _Item(kind="word", text=word, endings=endings)

    def _choices(self) -> tuple[tuple[_Item, ...], ...]:
        start = self.place
        choices: list[tuple[_Item, ...]] = []
        while True:
            self.place += 1
            choices.append(tuple(self.sequence(inside=True)))
            if self.place >= len(self.text):
                raise PhraseError('"(" is not closed', start + 1)
            if not choices[-1]:
                raise PhraseError("an empty choice; write ? behind the bracket if it may be left out", self.place + 1)
            if self.text[self.place] == ")":
                self.place += 1
                return tuple(choices)

    def _slot(self) -> _Item:
        start, end = self.place, self.text.find(">", self.place)
        name = self.text[start + 1 : end] if end > 0 else ""
        if name not in _SLOTS:
            known = ", ".join(f"<{s}>" for s in _SLOTS)
            raise PhraseError(f"there is no slot <{name}>; there are {known}, and the groups of words.yaml", start + 1)
        self.place = end + 1
        return _Item(kind="slot", text=name)

    def _optional(self, item: _Item) -> _Item:
        if not self.text.startswith("?", self.place):
            return item
        self.place += 1
        return _Item(kind=item.kind, text=item.text, endings=item.endings, choices=item.choices, optional=True)


def _wordlike(char: str) -> bool:
    return char.isalnum() or char in "'’-&_"


def _slots(items: list[_Item] | tuple[_Item, ...]) -> list[str]:
    own = [i.text for i in items if i.kind == "slot"]
    return own + [slot for i in items for choice in i.choices for slot in _slots(choice)]


def _is_masked(items: list[_Item] | tuple[_Item, ...]) -> bool:
    return any((i.kind == "slot" and i.text in _MASKED) or any(map(_is_masked, i.choices)) for i in items)


# -- the words that have to be there ----------------------------------------------------


def _need(item: _Item) -> frozenset[str]:
    """Words of which one is there wherever the item is; empty where nothing can be promised."""
    if item.optional:
        return frozenset()
    if item.kind == "word":
        return frozenset(form for whole in _forms(item) for form in _spellings(whole))
    if item.kind == "slot" and item.text in _MASKED:
        return frozenset(_MASKED[item.text])
    if item.text == BOTH_WAYS:
        return frozenset({BOTH_WAYS})
    if item.kind != "choices":
        return frozenset()
    found: set[str] = set()
    for choice in item.choices:
        needs = [n for n in map(_need, choice) if n]
        if not needs:
            return frozenset()
        found |= max(needs, key=lambda n: min(map(len, n)))
    return frozenset(found)


def _forms(item: _Item) -> list[str]:
    return [item.text, *(item.text + ending for ending in item.endings)]


def _spellings(word: str) -> set[str]:
    """The tokens that one word may leave in a text: the longest part of l'offre, e-mail or naechste."""
    parts = word.replace("’", "'").replace("-", "'").split("'")
    spelt = set()
    for longest in {max(parts, key=len), "".join(parts)} if len(parts) > 1 else {word}:
        choices = [(fold(c), _UMLAUT[c]) if c in _UMLAUT else (fold(c),) for c in longest]
        spelt |= {"".join(letters) for letters in product(*choices)}
    return spelt


# -- the regex ---------------------------------------------------------------------------


def _regex(items: list[_Item]) -> str:
    out, first = "", True
    for place, item in enumerate(items):
        last = place == len(items) - 1
        if first and item.optional:
            out += f"(?:{_emit(item, True, last)}{_SEPARATOR})?"
            continue
        body = _open(_emit(item, first, last), items[place + 1 : place + 2])
        out += f"(?:{body})?" if item.optional else body
        first = item.text == "^" and item.kind == "mark"
    starts = items[0].kind in {"word", "stem", "choices"}
    return (r"\b" if starts else "") + _once(out)


def _once(regex: str) -> str:
    """A name may stand only once in a regex; a slot in two choices is known by the first."""
    for slot in _MASKED:
        head, name, tail = regex.partition(f"(?P<{slot}>")
        regex = head + name + tail.replace(name, "(?:") if name else regex
    return regex


def _emit(item: _Item, first: bool, last: bool) -> str:
    """The regex of an item with the separator before it, unless it comes first."""
    before = "" if first else _SEPARATOR
    match item.kind:
        case "word" | "stem":
            return _emit_word(item, first)
        case "choices":
            return "(?:" + "|".join(_emit_sequence(c, first, last) for c in item.choices) + ")"
        case "gap":
            return _FAR if item.text else _GAP
        case "mark":
            return {"^": "^", "$": "[ .!?)]*$", BOTH_WAYS: " *<-?>"}.get(item.text, rf" *\{item.text}")
        case _:
            return (before if item.text in _MASKED or item.text in _FREE else f"(?:{before})?") + _emit_slot(item, last)


def _emit_sequence(items: tuple[_Item, ...], first: bool, last: bool) -> str:
    out = ""
    for place, item in enumerate(items):
        body = _emit(item, first and not place, last and place == len(items) - 1)
        body = _open(body, items[place + 1 : place + 2])
        out += f"(?:{body})?" if item.optional else body
    return out


def _open(body: str, following: Sequence[_Item]) -> str:
    """A word that "not" follows has no end: it may become don't or cannot."""
    return body.replace(r"\b", "") if following and following[0].text == "not" else body


def _emit_word(item: _Item, first: bool) -> str:
    word = "".join(map(_letter, item.text))
    if item.kind == "stem":
        word += r"[a-z0-9]*"
    elif item.endings:
        word += "(?:" + "|".join("".join(map(_letter, e)) for e in item.endings) + ")?"
    if item.kind == "word":
        word += r"\b"
    if first:
        return _NOT if item.text == "not" else word
    if item.text == "not":
        return rf"(?:{_SEPARATOR}not|not|n?'?t)\b"
    if item.text in _CONTRACTED and not item.endings:
        return rf"(?:{_SEPARATOR}{word}|'{_CONTRACTED[item.text]}\b)"
    return _SEPARATOR + word


def _letter(char: str) -> str:
    if char in _UMLAUT:
        pair = _UMLAUT[char]
        return f"{pair[0]}{pair[1]}?"
    if char == "-":
        return "[ -]?"
    if char in "'’":
        return "'? ?"
    folded = fold(char)
    return folded if folded.isalnum() else f"\\{folded}"


def _emit_slot(item: _Item, last: bool) -> str:
    if item.text in _MASKED:
        return f"(?P<{item.text}>\\x0{ord(_MASKED[item.text])}+)"
    if item.text == "invoice":
        return r"(?P<invoice>#? ?[a-z0-9_/-]*[0-9][a-z0-9_/-]*)"
    if item.text == "number":
        return r"[0-9]+"
    return f"(?P<{item.text}>[^ ].*)" if last else f"(?P<{item.text}>[^ ].*?)"
