"""How the owner writes to somebody: greeting, closing, name, and du or Sie, read off the owner's own mails."""

from __future__ import annotations

import re
from dataclasses import dataclass

_HEAD = 120
"""Characters in which a greeting ends."""
_TAIL_LINES = 14
_LONGEST_CLOSING = 45

_GREETINGS = {
    "sehr geehrter": "de", "sehr geehrte": "de", "guten tag": "de", "grüß gott": "de", "liebe": "de", "lieber": "de",
    "moin": "de", "servus": "de", "grüezi": "de", "hallo": "de nl", "hi": "en de nl", "hello": "en", "hey": "en",
    "dear": "en", "bonjour": "fr", "cher": "fr", "chère": "fr", "salut": "fr", "hola": "es", "estimado": "es",
    "estimada": "es", "querido": "es", "querida": "es", "beste": "nl", "geachte": "nl", "hoi": "nl", "dag": "nl",
    "ciao": "it", "gentile": "it", "caro": "it", "cara": "it", "salve": "it", "olá": "pt", "caro senhor": "pt",
}  # fmt: skip
"""Greetings that are right at every hour, and the languages that have them. "Good morning" is left out: the worker's
mail may leave in the afternoon."""
_TITLES = frozenset({
    "herr", "herrn", "frau", "dr", "prof", "mr", "mrs", "ms", "mx", "sir", "madam", "monsieur", "madame", "m", "mme",
    "señor", "señora", "sr", "sra", "don", "doña", "heer", "mevrouw", "meneer", "signor", "signora", "dott",
})  # fmt: skip
_TO_MANY = frozenset({"all", "everyone", "everybody", "team", "both", "there", "together", "alle", "zusammen", "tous",
                      "toutes", "todos", "todas", "allen", "allemaal", "tutti", "folks", "guys", "and", "und", "et", "en",
                      "y", "e"})  # fmt: skip
_PARTICLES = frozenset({"van", "von", "de", "der", "den", "del", "della", "di", "da", "dos", "la", "le", "zu", "ter"})
_GREETING = re.compile(
    r"(?P<word>" + "|".join(sorted(_GREETINGS, key=len, reverse=True)) + r")(?P<rest>[^\S\n][^\n,;:!?]{1,50}?)?"
    r"[^\S\n]?(?P<end>[,:!]|[-\u2013][^\S\n]|[^\S\n]*(?=\n|$))",
    re.IGNORECASE,
)
_CLOSINGS = re.compile(
    r"(?:(?:with )?(?:my |all )?(?:very )?(?:best|kind(?:est)?|warm(?:est)?)(?: (?:regards|wishes))?|regards|all the best|"
    r"cheers|yours(?: (?:sincerely|truly|faithfully))?|sincerely|warmly|take care|"
    r"(?:mit )?(?:viele[nr]?|beste[nr]?|liebe[nr]?|herzliche[nr]?|schöne[nr]?|freundliche[nr]?|sonnige[nr]?) gr(?:ü|ue)(?:ß|ss)e?n?"
    r"(?: (?:aus|nach) [\w\u00c0-\u024f]+)?|gruß|grüße|lg|vg|mfg|bg|herzlich(?:st)?|"
    r"(?:bien )?cordialement|bien à (?:vous|toi|v[o]us)|amicalement|(?:sincères )?salutations(?: distinguées)?|belle journée|"
    r"bonne journée|à bientôt|(?:un )?(?:cordial )?saludos?(?: cordial(?:es)?)?|(?:un )?abrazo|atentamente|"
    r"(?:met )?(?:vriendelijke|hartelijke) groet(?:en)?|groet(?:en|jes)?|mvg|(?:cordiali|distinti) saluti|un saluto)",
    re.IGNORECASE,
)
"""Closings that fit every mail. "Thanks in advance" and "See you on Tuesday" belong to the mail they stand in."""

_CLOSING_LANGUAGE = {
    "de": r"(?:mit )?(?:viele|beste[nr]? gr|liebe|herzlich|schöne|freundliche|sonnige)|gr[uü](?:ß|ss)|lg$|vg$|mfg$|bg$",
    "fr": r"(?:bien )?cordialement|bien à|amicalement|(?:sincères )?salutations|belle|bonne|à bientôt",
    "es": r"(?:un )?(?:cordial )?saludos?|(?:un )?abrazo|atentamente",
    "nl": r"(?:met )?(?:vriendelijke|hartelijke)|groet|mvg",
    "it": r"(?:cordiali|distinti)|un saluto",
}

_PHONE = re.compile(r"(?:\+|\b0|\()[\d(][\d ()/.\u00a0-]{6,22}\d")
_FEWEST_DIGITS = 8

_FAMILIAR = {
    "de": re.compile(r"\b(?:du|dir|dich|dein(?:e[mnrs]?)?|euch|euer|eure[mnrs]?)\b", re.IGNORECASE),
    "fr": re.compile(r"\b(?:tu|toi|te|tes|ton)\b|\bt['\u2019](?=\w)", re.IGNORECASE),
    "es": re.compile(r"\b(?:tú|ti|te|tus?|contigo|vosotros|vuestr[oa]s?)\b", re.IGNORECASE),
    "nl": re.compile(r"\b(?:je|jij|jou|jouw|jullie)\b", re.IGNORECASE),
}
_FORMAL = {
    # At the beginning of a sentence "Sie" may be "they"; inside one it is the person written to.
    "de": re.compile(r"(?<=[\w,;] )(?:Sie|Ihnen|Ihr(?:e[mnrs]?)?)\b"),
    "fr": re.compile(r"\b(?:vous|votre|vos)\b", re.IGNORECASE),
    "es": re.compile(r"\b(?:usted(?:es)?|le ruego|su (?:empresa|respuesta|correo|mensaje))\b", re.IGNORECASE),
    "nl": re.compile(r"\b(?:u|uw)\b", re.IGNORECASE),
}
_FORMAL_GREETING = re.compile(
    r"(?:sehr geehrter?|geachte|estimad[oa] (?:señor|sr)|(?:bonjour|cher|chère)? ?(?:monsieur|madame))\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """What one mail of the owner shows; "" and None for what it does not."""

    greeting: str = ""
    """The whole first line: "Hallo Frau Weber,"."""
    closing: str = ""
    """Without the name: "Best,". "" where the owner signs with the name alone, or the mail shows none."""
    signed: str = ""
    """The owner's name, as they sign to this person."""
    formal: bool | None = None
    """Sie, vous, usted, u; None where nothing tells, and in languages that have no such thing."""
    languages: tuple[str, ...] = ()
    """Languages to which the greeting belongs."""


def manners(text: str, signature: str, language: str, owner: str) -> Manners:
    """What a mail of the owner to one person shows.

    Args:
        text: the new text of the mail.
        signature: what was stripped from its end.
        language: ISO 639-1, "" where it is not known.
        owner: the owner's display name.
    """
    word, greeting = _greeting(text)
    languages = tuple(_GREETINGS.get(word, "").split())
    spoken = language or (languages[0] if len(languages) == 1 else "")
    closing, signed = _closing(text, signature, owner)
    return Manners(
        greeting=greeting, closing=closing, signed=signed, formal=_formal(text, greeting, spoken), languages=languages
    )


def fits(greeting: str, language: str) -> bool:
    """Whether a greeting that was learnt is one of this language."""
    found = _GREETING.match(greeting)
    return bool(found) and language in _GREETINGS[found["word"].lower()].split() if found else False


def closing_fits(closing: str, language: str) -> bool:
    """Whether a closing that was learnt can stand under a mail in this language."""
    return not closing or language in _closing_languages(closing)


def phone_of(signature: str) -> str:
    """The first telephone number of a signature, as it is written there; a fax is none."""
    for line in signature.split("\n")[:20]:
        found = _PHONE.search(line[:200])
        if found and "fax" not in line.lower() and sum(char.isdigit() for char in found[0]) >= _FEWEST_DIGITS:
            return found[0].strip()
    return ""


def _greeting(text: str) -> tuple[str, str]:
    """The greeting's first word and the whole of it; nothing where it is meant for several, or for this one mail."""
    head = text.lstrip()[:_HEAD]
    found = _GREETING.match(head)
    if found is None:
        return "", ""
    names = (found["rest"] or "").split()
    if len(names) > 5 or any(name.lower() in _TO_MANY for name in names):
        return "", ""
    if any(
        not name[:1].isupper() and name.lower().strip(".") not in _TITLES and name not in _PARTICLES for name in names
    ):
        return "", ""
    end = ":" if found["end"] == ":" else ","
    return found["word"].lower(), f"{found['word']}{''.join(f' {name}' for name in names)}{end}"


def _closing(text: str, signature: str, owner: str) -> tuple[str, str]:
    """The closing and the name below it."""
    lines = [line.strip() for line in f"{text}\n{signature}".split("\n") if line.strip()]
    first = len([line for line in text.split("\n") if line.strip()])
    begin = max(0, first - 2)
    for at, line in enumerate(lines[begin : begin + _TAIL_LINES], start=begin):
        found = _CLOSINGS.match(line) if len(line) <= _LONGEST_CLOSING else None
        if found is None:
            continue
        rest = line[found.end() :].strip()
        if not rest.strip(",.!"):
            name = _signed(lines[at + 1], owner) if at + 1 < len(lines) else ""
            mark = "," if rest.startswith(",") else ""
            return f"{found[0]}{mark}", name
        if name := _signed(rest.lstrip(", "), owner):
            return found[0] + ("," if rest.startswith(",") else ""), name
    alone = _signed(lines[first - 1], owner) if first else ""
    return "", alone


def _signed(line: str, owner: str) -> str:
    """The line, where it is the owner's name or a part of it."""
    plain = line.strip(" ,.-\u2013\u2014/")
    words = plain.casefold().split()
    known = owner.casefold().replace(",", " ").split()
    return plain if words and len(words) <= 4 and all(word in known for word in words) else ""


def _formal(text: str, greeting: str, language: str) -> bool | None:
    if language not in _FAMILIAR:
        return None
    if _FAMILIAR[language].search(text):
        # Nobody says du to a person who is Sie; "vous" in a tu mail is the whole firm.
        return False
    if _FORMAL[language].search(text) or _FORMAL_GREETING.match(greeting):
        return True
    return None


def _closing_languages(closing: str) -> frozenset[str]:
    word = closing.lower().strip(" ,.!")
    for language, pattern in _CLOSING_LANGUAGE.items():
        if re.match(pattern, word):
            return frozenset(language.split())
    return frozenset({"en"})
