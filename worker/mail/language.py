"""Which language a text is in: a small count of the words that every text has."""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?")
_KANA = re.compile("[\u3040-\u30ff]")
_ENOUGH = 2500
"""Characters; more of them do not change the answer."""
_LEAST = 3

_COMMON = {
    "en": "the and to of is you for that we with it this are have not be will your on our from as can would please "
          "was i'm it's don't let know thanks would been they there what hi hello regards",
    "de": "der die das und ist nicht wir ich sie mit für auf den dem ein eine zu von haben wird auch noch bitte uns "
          "ihnen sich es als bei aber grüße danke vielen guten hallo ihr ihre werden kann sind",
    "fr": "le la les et est nous vous je pas pour dans une un des que qui sur avec votre notre cela mais être avons "
          "ai merci bonjour du au aux ce cette cordialement très c'est j'ai n'est",
    "es": "el la los las y es no que de en por para con una un su nos usted muy gracias hola estamos pero más como "
          "se le al del está este esta saludos buenos días tenemos",
    "it": "il lo la gli e è non che di per con una un sono abbiamo grazie ciao buongiorno della del nel alla anche "
          "ma più come vi ci questo questa saluti cordiali ho siamo",
    "nl": "de het een en is niet wij we ik je u met voor op van dat zijn hebben wordt ook nog maar graag bedankt "
          "groet groeten hallo beste naar aan bij deze onze uw kunnen zal",
    "pt": "o a os as e é não que de em por para com uma um nós você muito obrigado obrigada olá estamos mas mais "
          "como se ao do da no na está este esta são temos cumprimentos também",
    "pl": "i w na nie jest się do z że za o to dla jak ale po od czy mam tak dziękuję proszę pozdrawiam pozdrowienia "
          "dzień dobry jestem będzie są nas państwa pan pani oraz",
    "sv": "och är inte att det en ett vi jag du för med på som av har den till kan om men från tack hej hälsningar "
          "vänliga också ska oss vår ni är",
    "da": "og er ikke at det en et vi jeg du for med på som af har den til kan om men fra tak hej hilsen venlig "
          "også skal os vores jer bliver efter hilsner",
    "no": "og er ikke å det en et vi jeg du for med på som av har den til kan om men fra takk hei hilsen vennlig "
          "også skal oss vår dere blir etter hilsner",
}  # fmt: skip
_LANGUAGES: dict[str, tuple[str, ...]] = {}
for _code, _words in _COMMON.items():
    for _one in set(_words.split()):
        _LANGUAGES[_one] = (*_LANGUAGES.get(_one, ()), _code)


def language_of(text: str) -> str:
    """ISO 639-1 (en de fr es it nl pt pl sv da no ja), "" where the text is too short to tell.

    Each common word counts for the languages that share it, the less the more of them there are.
    """
    text = text[:_ENOUGH]
    if not text.isascii() and len(_KANA.findall(text)) >= _LEAST:
        return "ja"
    scores: dict[str, float] = {}
    hits = 0
    for word in _WORD.findall(text.lower()):
        codes = _LANGUAGES.get(word)
        if codes:
            hits += 1
            for code in codes:
                scores[code] = scores.get(code, 0.0) + 1 / len(codes)
    if hits < _LEAST:
        return ""
    ranked = sorted(scores, key=lambda code: scores[code], reverse=True)
    clear = len(ranked) == 1 or scores[ranked[0]] > 1.1 * scores[ranked[1]]
    return ranked[0] if clear else ""
