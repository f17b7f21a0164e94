"""How machines call their own mail, in thirteen languages. All in lower case."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

_TAG = r"^(?:\[[^\]]{1,20}\] ?)?"
_ENDS = r"(?:$|[.!]+$|\]| ?[:\x{ff1a}\x{2013}-]| \(| (?:to|from|for|re|zu|auf|von|à|de|a|op|van|till|fra|til|na|do)\b)"

# A subject that begins so was written by a machine.
_MACHINE_SUBJECT = (
    _TAG + r"(?:\[?(?:"
    r"automatic (?:reply|response)|automated (?:reply|response|message)|auto[- ]?(?:reply|response|responder|answer)"
    r"|out of (?:the )?office (?:auto[- ]?reply|reply|response|notification|notice|autoreply|assistant)"
    r"|vacation (?:auto[- ]?)?(?:reply|response|message|notice)|automatische (?:antwort|e-?mail|reactie)|autoantwort"
    r"|abwesenheits(?:notiz|mitteilung|meldung|nachricht|benachrichtigung|assistent|agent|info)|eingangsbestätigung"
    r"|r[ée]ponse automatique|message (?:automatique|d'absence)|notification d'absence|accusé de réception automatique"
    r"|(?:respuesta|contestación) autom[áa]tica|mensaje autom[áa]tico|autor+espuesta|risposta automatica"
    r"|messaggio automatico|automatisch (?:antwoord|bericht)|afwezigheids(?:bericht|assistent|melding)"
    r"|resposta autom[áa]tica|mensagem autom[áa]tica|automatyczna odpowied[źz]|odpowied[źz] automatyczna"
    r"|auto(?:odpowied[źz]|svar)|automatiskt? svar|frånvaro(?:meddelande|besked)|fravær(?:smelding|sbesked|ssvar)"
    r"|automaatti(?:nen |-)?vastaus|poissaoloviesti|автоматический ответ|автоответ|automatická odpověď"
    r"|automatikus válasz|otomatik yanıt|răspuns automat|自动(?:回复|答复)|자동 ?회신"
    rf"){_ENDS}|auto: .{{0,200}}(?:out of|away|office|abwesen|absent|returning)"
    r"|\W?(?:自動(?:応答|返信|返答|送信)|不在(?:通知|応答|連絡|のお知らせ)))",
)

# A subject that is this with the other subject behind it: "Out of office: Re: Our offer".
_OFFICE = (
    r"(?:i am |i'm |currently )?(?:out of (?:the )?office|out-of-office|ooo|away from (?:the office|my (?:mail|desk))"
    r"|abwesen(?:d|heit)|nicht im b(?:ü|ue)ro|au(?:ß|ss)er haus|absente? du bureau|absence(?: du bureau)?"
    r"|fuera de (?:la )?oficina|ausente(?: de la oficina)?|fuori (?:ufficio|sede)|assen(?:te|za)(?: dall'ufficio)?"
    r"|afwezig(?:heid)?|niet aanwezig|fora d[oe] escrit[óo]rio|ausência|nieobecno[śs][ćc]|poza biurem"
    r"|frånvaro(?:nde)?|ikke på kontoret|ikke til ?stede|fravær|poissa(?:olo)?|不在)"
)
_OFFICE_SUBJECT = (_TAG + _OFFICE + r"(?: ?[:\x{ff1a}]| (?:re|aw|sv|vs|antw|odp|rif|res|r)(?:\[\d+\])? ?:)",)

# A subject that is nothing but an absence; a person may have written it too.
_ABSENCE_SUBJECT = (
    _TAG + rf"(?:{_OFFICE}|(?:i am |i'm )?on (?:vacation|holiday|(?:annual )?leave)|vacation|holiday|(?:im )?urlaub"
    r"|en cong[ée]s?|en vacances|de vacaciones|in ferie|op vakantie|de férias|(?:na )?urlop(?:ie)?|(?:på )?semester"
    r"|(?:på )?ferie|lomalla|休暇)"
    r" ?(?:(?:until|bis|hasta|jusqu|fino|tot|till?|t/m|do|a[tl]é?)\b.{0,40}|[:\x{ff1a};\x{2013}(-].*)?[.!]?$",
)

# A sentence in which a mail calls itself automatic.
_SAYS_SO = (
    r"(?:^|\n|[.!(*_] ?|- )(?:please note:? )?(?:"
    r"this (?:is|was) an? (?:automat(?:ed|ic)|auto[- ]generated|system[- ]generated)(?:ally)?(?: generated)?"
    r" (?:e-?mail|reply|response|message|notification|acknowledg)|this (?:e-?mail|message) (?:was|is|has been)"
    r" (?:sent |generated )?automatic|this (?:e-?mail|message) (?:was|has been) automatic"
    r"|(?:dies|das) ist eine automati|diese (?:e-?mail|nachricht|antwort) wurde automatisch|automatisch (?:generierte"
    r"|erstellte)"
    r"|ceci est (?:une réponse|un (?:message|e-?mail)) automatique|ce(?:t e-?mail| message| courriel) (?:est"
    r"|a été) (?:généré|"
    r"envoyé) automatiquement|(?:este|esta|éste) es un[ao]? (?:mensaje|correo|respuesta|e-?mail) (?:electrónico )?autom"
    r"|(?:este|esta) (?:mensaje|correo).{0,20}(?:generado|enviado) autom|(?:questo|questa) è un[ao']? ?(?:messaggio"
    r"|risposta"
    r"|e-?mail) (?:generat[oa] )?autom|(?:dit is een|deze e-?mail is) automati|(?:esta|este) é uma? (?:mensagem"
    r"|resposta|e-?mail)"
    r" autom|(?:to|niniejsza)(?: jest)? (?:wiadomość|odpowiedź) (?:została )?(?:wygenerowana )?automat"
    r"|to jest automatyczn"
    r"|wiadomość (?:została )?wygenerowan\w+ automat|det(?:ta|te) (?:är|er) (?:ett?|en) (?:auto(?:svar|matisk))"
    r"|tämä on automaatti"
    r")|(?:この|本)(?:メール|返信)は.{0,20}自動|自動(?:返信|送信|応答)(?:メール)?(?:です|で|にて|により)",
)

# What a ticket desk answers to everybody.
_RECEIVED = (
    r"(?:have|has been) received (?:your|and)|we(?:'ve| have) received your|(?:ticket|case|request|reference)"
    r" (?:number|id|#|no\.?)|ticket #|has been (?:created|opened|logged)|will (?:get back|respond"
    r"|reply) to you (?:with)?in"
    r"|thank you for (?:contacting|reaching out)|ihre anfrage (?:ist|wurde|haben)|haben wir erhalten"
    r"|bestätigen den eingang"
    r"|avons bien reçu|hemos recibido|abbiamo ricevuto|hebben wij (?:goed )?ontvangen|recebemos (?:o|a) (?:seu|sua)"
    r"|otrzymaliśmy|vi har (?:tagit emot|mottagit|modtaget|mottatt)|olemme vastaanottaneet|受け付けました"
    r"|受付いたしました",
)

# "Prove that you are no machine, then your mail will be delivered."
_CHALLENGE = (
    r"(?:message|e-?mail) (?:will|is) (?:not )?(?:be |being )?(?:held|delivered|kept|quarantined).{0,80}(?:until|once"
    r"|after"
    r"|when|unless) you (?:confirm|verify|click|reply|respond|complete|prove)"
    r"|(?:confirm|verify|prove) (?:that )?you(?:'re| are) (?:a )?(?:human|real|legitimate|not a)"
    r"|(?:click|follow|visit).{0,60}(?:link|below|here).{0,60}(?:so that|to have|and|to let) (?:your|this) (?:message"
    r"|e-?mail)"
    r" (?:can |will |to )?(?:be )?(?:deliver|release|reach)|challenge[- ]response|this (?:message"
    r"|e-?mail) has been (?:held|sent)"
    r" .{0,40}(?:spam ?arrest|boxbe|tmda|bluebottle|mailblocks|choicemail|knowspam)"
    r"|to (?:be added to|join) (?:my|the|our) (?:guest|approved|allowed|white) ?(?:sender )?list"
    r"|bestätigen sie.{0,60}damit ihre (?:nachricht|e-?mail).{0,40}zugestellt"
    r"|confirmez? .{0,60}pour que votre (?:message|e-?mail)"
    r"|confirm(?:e|ar) .{0,60}para que su (?:mensaje|correo)",
)

# An answer to an invitation, as calendars write its subject.
_INVITATION_SUBJECT = (
    r"^(?:accepted|declined|tentative(?:ly accepted)?|canceled|cancelled|new time proposed|updated invitation"
    r"|invitation"
    r"|zugesagt|zusage|abgelehnt|absage|mit vorbehalt|unter vorbehalt|abgesagt|termin abgesagt|neuer zeitvorschlag"
    r"|accepté|accepté provisoirement|provisoire|refusé|annulé|aceptad[oa]|rechazad[oa]|provisional|cancelad[oa]"
    r"|accettat[oa]|rifiutat[oa]|provvisori[oa]|annullat[oa]|geaccepteerd|geweigerd|voorlopig|geannuleerd|aceit[eoa]"
    r"|recusad[oa]|provisóri[oa]|zaakceptowan[oey]|odrzucon[oey]|wstępnie|anulowan[oey]|accepterat|accepterad|avböj[dt]"
    r"|preliminärt|inställt|accepteret|afvist|foreløbig\w*|aflyst|akseptert|godtatt|avslått|avlyst|hyväksytty|hylätty"
    r"|alustava|peruutettu|承諾|辞退|仮承諾|キャンセル)(?: \([^)]*\))? ?[:\x{ff1a}]",
)

# The part of an address before the @ that is no person's.
_NOBODY = (
    r"(?:^|[._+-])(?:no[-_.]?reply|do[-_.]?not[-_.]?reply|no[-_.]?response|noreplies|not?ifications?|notify|alerts?"
    r"|automailer"
    r"|automated|auto[-_.]?(?:confirm|notify|reply|mail)|mailer|mailbot|robot|daemon|system|root|cron|bounces?"
    r"|echosign|adobesign"
    r"|dse|calendar-notification|ne[-_.]?pas[-_.]?repondre|nicht[-_.]?antworten|keine[-_.]?antwort|no[-_.]?responder"
    r"|non[-_.]?rispondere|nao[-_.]?responda|niet[-_.]?beantwoorden|geen[-_.]?antwoord|nie[-_.]?odpowiadaj"
    r"|svar[-_.]?ikke)"
    r"(?:$|[._+-]|\d)",
)


_BY_NAME = {
    "machine_subject": _MACHINE_SUBJECT,
    "office_subject": _OFFICE_SUBJECT,
    "absence_subject": _ABSENCE_SUBJECT,
    "says_so": _SAYS_SO,
    "received": _RECEIVED,
    "challenge": _CHALLENGE,
    "invitation": _INVITATION_SUBJECT,
    "nobody": _NOBODY,
}


def marks_of_subject(subject: str) -> frozenset[str]:
    """Which of machine_subject, office_subject, absence_subject and invitation a subject is, in one pass."""
    return _found(("machine_subject", "office_subject", "absence_subject", "invitation"), subject)


def marks_of_text(text: str) -> frozenset[str]:
    """Which of says_so, received and challenge a text is, in one pass."""
    return _found(("says_so", "received", "challenge"), text)


@lru_cache(maxsize=4096)
def is_nobody(local: str) -> bool:
    """Whether the part of an address before the @ is no person's."""
    return bool(_found(("nobody",), local))


def _found(names: tuple[str, ...], text: str) -> frozenset[str]:
    return frozenset(names[index] for index in _together(names).Match(text) or ())


@lru_cache(maxsize=8)
def _together(names: tuple[str, ...]) -> Any:
    """One automaton for several patterns (RE2::Set)."""
    import re2

    patterns = re2.Set.SearchSet()
    for name in names:
        patterns.Add("|".join(_BY_NAME[name]))
    patterns.Compile()
    return patterns
