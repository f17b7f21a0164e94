"""How people are called and greeted, in the languages in which the worker writes."""

from __future__ import annotations

import re
from typing import NamedTuple

_TITLES = frozenset({
    "dr", "prof", "mr", "mrs", "ms", "miss", "mx", "sir", "herr", "frau", "hr", "fr", "m", "mme", "mlle", "sr", "sra",
    "srta", "don", "doña", "dipl", "ing", "dipl-ing", "mag", "phd", "md", "mba", "jr", "ii", "iii", "esq", "cpa",
})  # fmt: skip
_PARTICLES = frozenset({
    "van", "von", "vom", "zu", "zur", "zum", "de", "der", "den", "del", "della", "di", "da", "dos", "das", "du", "la",
    "le", "ter", "ten", "bin", "ibn", "al", "el", "st",
})  # fmt: skip
_NO_PERSON = frozenset({
    "team", "sales", "info", "office", "accounts", "accounting", "billing", "support", "service", "customer", "group",
    "admin", "contact", "kontakt", "vertrieb", "buchhaltung", "einkauf", "reception", "desk", "department", "finance",
    "procurement", "purchasing", "hr", "gmbh", "ag", "inc", "ltd", "llc", "sarl", "sas", "sl", "hello", "noreply",
})  # fmt: skip
_ASIDE = re.compile(r"\([^()]{0,200}\)|\[[^\[\]]{0,200}\]")
_CUT = re.compile(r"\s[|/\u2013\u2014-]\s|\s?[|/]\s?|\s@\s|\svia\s|\sfrom\s")


class Names(NamedTuple):
    """Given name and family name; "" for what cannot be told without doubt."""

    first: str
    last: str


def names(display: str) -> Names:
    """Given and family name out of a display name: "Walsh, Erin (Ops)", "Dr. Erin Walsh", "WALSH Erin".

    A name that is an address, a function or a company gives nothing, nor does one in a script that puts the family
    first: "Hello," is better than the wrong half of a name.
    """
    plain = _CUT.split(_ASIDE.sub(" ", display[:200]).strip(" \t\"'<>"))[0]
    if "@" in plain or any(char.isdigit() for char in plain) or _is_east_asian(plain):
        return Names("", "")
    before, comma, behind = plain.partition(",")
    if comma and _words(behind):
        return _checked(_words(behind)[0], " ".join(_words(before)))
    words = _words(before)
    if not words:
        return Names("", "")
    if len(words) == 1:
        # "Frau Walsh" is a family name, "Erin" a given one.
        titled = len(before.split()) > 1
        return _checked("", words[0]) if titled else _checked(words[0], "")
    if _is_shouted(words[0]) and not _is_shouted(words[-1]):
        family = [word for word in words if _is_shouted(word)]
        return _checked(next(word for word in words if word not in family), " ".join(family))
    if words[0].lower() in _PARTICLES:
        return _checked("", " ".join(words))
    return _checked(words[0], " ".join(words[_family_begins(words) :]))


def greeting(first_name: str, last_name: str, language: str, *, formal: bool) -> str:
    """The first line of a mail; one that needs no name where none is known.

    No language here guesses at Frau or Herr, Madame or Monsieur: a name does not tell.
    """
    whole = f"{first_name} {last_name}" if first_name and last_name else ""
    match language:
        case "de" if formal:
            return f"Guten Tag {whole}," if whole else "Guten Tag,"
        case "de":
            return f"Hallo {first_name}," if first_name else "Hallo,"
        case "fr" if formal:
            return "Bonjour,"
        case "fr":
            return f"Bonjour {first_name}," if first_name else "Bonjour,"
        case "es" if formal:
            return f"Buenos días, {first_name}:" if first_name else "Buenos días:"
        case "es":
            return f"Hola, {first_name}:" if first_name else "Hola:"
        case _:
            return f"Hi {first_name}," if first_name else "Hello,"


def sign_off(language: str, *, formal: bool) -> str:
    """The last line before the name, until the owner's own is known."""
    match language:
        case "de":
            return "Viele Grüße"
        case "fr":
            return "Bien à vous," if formal else "Bien à toi,"
        case "es":
            return "Un saludo," if formal else "Un abrazo,"
        case _:
            return "Best,"


def _words(text: str) -> list[str]:
    words = [word.strip(".,;:\"'“”„«»") for word in text.split()]
    kept = [word for word in words if word and word.lower() not in _TITLES]
    # Initials say nothing: "J. Walsh" is not greeted as "J".
    return [word for word in kept if len(word) > 1]


def _family_begins(words: list[str]) -> int:
    for at, word in enumerate(words[1:], start=1):
        if word.lower() in _PARTICLES:
            return at
    return len(words) - 1


def _checked(first: str, last: str) -> Names:
    if any(word.lower() in _NO_PERSON for word in (first, *last.split())):
        return Names("", "")
    return Names(_cased(first), _cased(last))


def _cased(name: str) -> str:
    """ERIN and erin become Erin; McKay and van der Berg stay as their owners write them."""
    if name.isupper() or (name.islower() and not any(word in _PARTICLES for word in name.split())):
        return re.sub(r"[^\W\d_]+", lambda found: found[0].capitalize(), name)
    return name


def _is_shouted(word: str) -> bool:
    return len(word) > 1 and word.isupper()


def _is_east_asian(text: str) -> bool:
    return any("\u3040" <= char <= "\u30ff" or "\u4e00" <= char <= "\u9fff" or "\uac00" <= char <= "\ud7a3"
               for char in text)  # fmt: skip
