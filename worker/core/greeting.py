"""How people are called and greeted, in the languages in which the worker writes."""

from __future__ import annotations

import re
from functools import lru_cache
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
_NO_NAME = re.compile(r"[{}<>=\\^~#*_]|https?:|www\.")
_UNSEEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe0f\ufeff]")
"""Control characters, and those that turn the direction of writing."""
_LONGEST_NAME = 60
_CUT = re.compile(r"\s[|/\u2013\u2014-]\s|\s?[|/]\s?|\s@\s|\svia\s|\sfrom\s")


_FAMILY_FIRST = {
    "hu": "nagy kovács kovacs tóth toth szabó szabo horváth horvath varga kiss molnár molnar németh nemeth farkas balogh "
          "papp takács takacs juhász juhasz lakatos mészáros meszaros oláh olah simon rácz racz fekete szilágyi török",
    "cn": "wang li zhang liu chen yang huang zhao wu zhou xu sun ma zhu hu guo he lin gao luo zheng liang xie tang deng "
          "feng cai peng zeng xiao tian dong pan yuan jiang",
    "tw": "chen lin huang chang lee wang wu liu tsai yang hsu cheng hsieh kuo hung",
    "kr": "kim lee park choi jung kang cho yoon jang lim han oh seo shin kwon hwang ahn song yoo hong",
    "vn": "nguyen nguyễn tran trần le lê pham phạm hoang hoàng phan vu vũ vo võ dang đặng bui bùi do đỗ ho hồ ngo ngô",
    "jp": "sato satō suzuki takahashi tanaka watanabe ito itō yamamoto nakamura kobayashi kato katō yoshida yamada sasaki "
          "yamaguchi matsumoto inoue kimura hayashi shimizu saito saitō mori abe ikeda hashimoto ishikawa ogawa okada goto",
}  # fmt: skip
"""Where the family name stands first, the most frequent ones: without one of them the order cannot be told, since
many turn their names around for foreigners."""
_LIVES_IN = {"hu": "hu", "zh": "cn", "ja": "jp", "ko": "kr", "vi": "vn"}
"""Language -> the country whose order of names goes with it."""


class Names(NamedTuple):
    """Given name and family name; "" for what cannot be told without doubt."""

    first: str
    last: str


@lru_cache(maxsize=4096)
def names(display: str, *, place: str = "") -> Names:
    """Given and family name out of a display name: "Walsh, Erin (Ops)", "Dr. Erin Walsh", "WALSH Erin".

    A name that is an address, a function or a company gives nothing, nor does one in a script that puts the family
    first: "Hello," is better than the wrong half of a name.

    Args:
        place: top-level domain or language of the person, for countries that put the family name first.
    """
    plain = _plain(display)
    if _is_no_name(plain):
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
    if _is_shouted(words[-1]) and not _is_shouted(words[0]):
        family = [word for word in words if _is_shouted(word)]
        return _checked(words[0], " ".join(family))
    if words[0].lower() in _PARTICLES:
        return _checked("", " ".join(words))
    return _in_order(words, _LIVES_IN.get(place, place))


def whole_name(display: str) -> str:
    """The name as its owner writes it, in one line and without title, aside and employer; "" where it is no name."""
    if names(display) == ("", ""):
        return ""
    found = names(display)
    words = [word for word in _plain(display).split() if word.strip(".,").lower() not in _TITLES]
    if any(_is_shouted(word) or "," in word for word in words):
        return f"{found.first} {found.last}".strip()
    return _cased(" ".join(words))


def person(display: str, address: str, *, language: str = "") -> Names:
    """Given and family name of whoever has this address; nothing where the display name is the company's.

    "Brightwater Freight <office@brightwater.example>" is nobody to greet, "Erin Walsh <erin@erinwalsh.example>" is.
    """
    local, _, domain = address.rpartition("@")
    label, top = domain.partition(".")[0].replace("-", ""), domain.rpartition(".")[2]
    words = re.findall(r"[^\W\d_]+", display.casefold())
    of_the_firm = len(label) > 2 and bool(words) and ("".join(words).startswith(label) or label.startswith("".join(words)))
    if of_the_firm and not any(len(word) > 1 and word in local for word in words):
        return Names("", "")
    return names(display, place=top if top in _FAMILY_FIRST else language)


def greeting(first_name: str, last_name: str, language: str, *, formal: bool, whole: str = "") -> str:
    """The first line of a mail; one that needs no name where none is known.

    No language here guesses at Frau or Herr, Madame or Monsieur: a name does not tell.

    Args:
        whole: the name in full, where it has more than these two parts.
    """
    whole = whole or (f"{first_name} {last_name}" if first_name and last_name else "")
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
        case "nl" if formal:
            return f"Beste {whole}," if whole else "Goedendag,"
        case "nl":
            return f"Hoi {first_name}," if first_name else "Hallo,"
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
            return "Un saludo,"
        case "nl":
            return "Met vriendelijke groet," if formal else "Groet,"
        case _:
            return "Best,"


def _plain(display: str) -> str:
    """One line without what cannot be seen, asides and employers."""
    seen = " ".join(_UNSEEN.sub("", display[:200]).split())
    return _CUT.split(_ASIDE.sub(" ", seen).strip(" \t\"'<>\u2605\u2606"))[0]


def _is_no_name(plain: str) -> bool:
    letters = sum(char.isalpha() for char in plain)
    return (
        "@" in plain
        or len(plain) > _LONGEST_NAME
        or not letters
        or any(char.isdigit() for char in plain)
        or bool(_NO_NAME.search(plain))
        or ("." in plain and " " not in plain)  # erin.walsh is the address without its domain
        or _is_east_asian(plain)
    )


def _in_order(words: list[str], place: str) -> Names:
    """Given name first, unless the place has it the other way round."""
    families = _FAMILY_FIRST.get(place, "").split()
    if families and words[0].lower() in families and words[-1].lower() not in families:
        return _checked(words[1], words[0])
    if families and words[-1].lower() not in families:
        return Names("", "")
    return _checked(words[0], " ".join(words[_family_begins(words) :]))


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
    return sum(char.isalpha() for char in word) > 1 and word.isupper()


def _is_east_asian(text: str) -> bool:
    return any("\u3040" <= char <= "\u30ff" or "\u4e00" <= char <= "\u9fff" or "\uac00" <= char <= "\ud7a3"
               for char in text)  # fmt: skip
