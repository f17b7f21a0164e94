"""Phrases that say nothing, or sell: no mail in a person's name holds one. English, German, French, Spanish, Dutch."""

from __future__ import annotations

import re

_PHRASES = """
    just checking in; just check in; checking in on; checking in with; check in with you; wanted to check in
    just following up; following up on my; just a follow-up; gentle reminder; friendly reminder; quick reminder
    touching base; touch base; circling back; circle back; reach out; reaching out; per my last; as per my
    hope this email finds you; hope this finds you; hope you are well; hope you're well; hope you are doing well
    hope you're doing well; bumping this; bump this; top of your inbox; any updates on; any update on
    did you get a chance; have you had a chance; pick your brain; game changer; game-changer; win-win; act now
    limited time; don't miss; no obligation; take it to the next level; cutting-edge; best-in-class; world-class

    wollte nur mal nachfragen; wollte nur nachfragen; wollte mal nachfragen; nur mal kurz nachfragen; nur kurz nachfragen
    kurz nachhaken; nachhaken; nachfassen; höflich nachfragen; freundliche erinnerung; sanfte erinnerung
    kleine erinnerung; wollte mich mal wieder melden; wollte mich nur melden; in erinnerung rufen; in erinnerung bringen
    ich hoffe, es geht ihnen gut; ich hoffe, es geht dir gut; hoffe, diese mail; gibt es schon neuigkeiten
    gibt es etwas neues; konnten sie schon; konntest du schon; nicht entgehen; nur für kurze zeit; maßgeschneidert

    je me permets de vous relancer; je me permets de te relancer; je me permets de revenir; petite relance
    je reviens vers vous; je reviens vers toi; je fais suite à; simple rappel; petit rappel; rappel amical
    j'espère que vous allez bien; j'espère que tu vas bien; j'espère que ce message; avez-vous eu le temps
    as-tu eu le temps; avez-vous eu l'occasion; as-tu eu l'occasion; prendre des nouvelles; gagnant-gagnant
    offre limitée; sur mesure pour vous

    solo quería saber; sólo quería saber; solo quería preguntar; sólo quería preguntar; quería saber si
    hacer seguimiento; dar seguimiento; hacer un seguimiento; retomo este correo; espero que este correo
    espero que se encuentre bien; espero que estés bien; espero que esté bien; recordatorio amistoso; pequeño recordatorio
    has tenido oportunidad; ha tenido oportunidad; has podido ver; ha podido ver; no te pierdas; no se pierda

    even checken; even navragen; even informeren; even opvolgen; ik wilde even; ik wou even; vriendelijke herinnering
    kleine herinnering; ik hoop dat deze mail; ik hoop dat alles goed; hopelijk gaat alles goed; is er al nieuws
    heb je al kunnen; hebt u al kunnen; heeft u al kunnen; kom ik bij je terug; kom ik bij u terug; mis het niet
"""


def _pattern(phrase: str) -> str:
    """However the words are broken into lines, and whatever apostrophe is used."""
    words = [re.escape(word).replace("'", "['\u2019]") for word in phrase.split()]
    return r"(?<!\w)" + r"\s+".join(words) + r"(?!\w)"


EMPTY_PHRASES = re.compile(
    "|".join(_pattern(phrase.strip()) for line in _PHRASES.split("\n") for phrase in line.split(";") if phrase.strip()),
    re.IGNORECASE,
)
