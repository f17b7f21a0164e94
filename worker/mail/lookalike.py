"""Domains that look like somebody else's: other letters of the same shape, the name with something added."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from worker.core.domains import is_below_any

_SHORTEST_WORN = 5
"""A shorter name (wise, xero) is too often a part of an honest one."""
_SHORTEST_MISSPELT = 8
"""Of a shorter name, one letter other makes another honest one: stripe, strike, stride."""
_DISTINCT = 7
_LONGEST = 253
_TRAPPINGS = (
    "account accounts alert alerts app auth bill billing bills client cloud com contract customer doc docs document"
    " documents e email esign file files help helpdesk id info invoice invoices invoicing login mail mailer mailing"
    " mails my net news no noreply notice notices notification notifications notify online org pay payment payments"
    " payout portal reply secure security server service services share sharing sign signature signatures signed"
    " signin signing support system team update updates verification verify web www"
)
"""What forgers add to a name."""

# Unicode Technical Standard 39, confusables.txt: the ones that make Latin names.
_SHAPES = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u04bb\u04cf\u043a\u043c\u0442"
    "\u0432\u043d\u051b\u051d\u0475"
    "\u0261\u0131\u0142\u00f8\u0111\u0127\u0251\u0269\u029f"
    "\u0581"
    "\u03b1\u03bf\u03bd\u03c1\u03c4\u03b9\u03ba\u03c5\u03b5\u03b7\u03c9"
    "0135i|!",
    "aeopcyxijsdhlkmtbhqwvgilodhailgaovptikuenwoleslll",
)
_SECOND_LEVEL = frozenset(["co", "com", "net", "org", "gov", "edu", "ac", "or", "ne", "go"])


def imitates(domain: str, known: frozenset[str]) -> str:
    """The known domain that this one passes itself off as, "" where it does not.

    A known domain and what lies below it imitate nobody. The domain is in ASCII (xn-- and all).
    """
    if len(domain) > _LONGEST or is_below_any(domain, known):
        return ""
    return _imitates(domain, known)


@lru_cache(maxsize=4096)
def _imitates(domain: str, known: frozenset[str]) -> str:
    shown = spelled_out(domain)
    labels = shown.split(".")
    if any(_mixes_scripts(label) for label in labels):
        return "letters of several scripts"
    name = skeleton(own_name(shown))
    below = {skeleton(label) for label in labels[:-1]} - {name}
    whole = skeleton(shown)
    for one, looks, real in _known(known):
        # The known domain as a whole in front of the true one: paypal.com.accounts.example
        fronted = whole == looks or whole.startswith((f"{looks}.", f"{looks}-"))
        if fronted or _wears(below, name, real) or _misspells(name, real):
            return one
    return ""


@lru_cache(maxsize=16)
def _known(known: frozenset[str]) -> tuple[tuple[str, str, str], ...]:
    """Each known domain, what the eye makes of it, and of its firm's own label."""
    return tuple((one, skeleton(one), skeleton(own_name(one))) for one in sorted(known))


def spelled_out(domain: str) -> str:
    """The domain as a reader sees it: its xn-- labels in their own letters."""
    if "xn--" not in domain:
        return domain
    return ".".join(_label(label) for label in domain.split("."))


def own_name(domain: str) -> str:
    """The label that a firm chose: example in mail.example.com and example.co.uk."""
    labels = domain.split(".")
    if len(labels) >= 3 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL:
        return labels[-3]
    return labels[-2] if len(labels) >= 2 else domain


def skeleton(text: str) -> str:
    """What the eye makes of it: no accents, letters of one shape made one."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))
    return plain.translate(_SHAPES).replace("rn", "m").replace("vv", "w")


def _label(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return label


def _mixes_scripts(label: str) -> bool:
    """Latin and Cyrillic or Greek in one label: no language writes so (UTS 39 section 5)."""
    if label.isascii():
        return False
    scripts = {unicodedata.name(c, "").partition(" ")[0] for c in label if c.isalpha()}
    return "LATIN" in scripts and bool(scripts & {"CYRILLIC", "GREEK", "ARMENIAN"})


def _wears(below: set[str], name: str, real: str) -> bool:
    """The known name under another domain, cut by hyphens, or with a service's trappings: paypal-billing.

    With any other word it may be a firm that bears the name in honour: mercury-freight.
    """
    if len(real) < _SHORTEST_WORN:
        return name == real
    if name.replace("-", "") == real or (len(real) >= _DISTINCT and real in below):
        return True
    words = name.split("-")
    if real in words:
        return all(word == real or word in _trappings() for word in words)
    rest = name.removeprefix(real) if name.startswith(real) else name.removesuffix(real)
    return rest != name and rest.strip("-") in _trappings()


@lru_cache(maxsize=1)
def _trappings() -> frozenset[str]:
    return frozenset(skeleton(word) for word in _TRAPPINGS.split())


def _misspells(name: str, real: str) -> bool:
    """One letter more, less or other, or two that changed places; of short names only a letter doubled or swapped."""
    if name == real or abs(len(name) - len(real)) > 1:
        return False
    same = next((i for i, (a, b) in enumerate(zip(name, real, strict=False)) if a != b), min(len(name), len(real)))
    a, b = name[same:], real[same:]
    if len(real) >= _SHORTEST_WORN and a[:2] == b[:2][::-1] and a[2:] == b[2:]:
        return True
    if len(real) < _SHORTEST_MISSPELT:
        return len(real) >= _SHORTEST_WORN and same > 0 and a[1:] == b and a[0] == name[same - 1]
    return a[1:] in (b, b[1:]) or a == b[1:]
