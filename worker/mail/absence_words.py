"""How people say that they are away, come back, or have left, in thirteen languages. All in lower case."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

# Away, or a house that is closed.
AWAY = {
    "en": r"out of (?:the )?office|\bout (?:until|till|through|on|all (?:day|week)|for the (?:day|week)|today)\b"
    r"|out of town|in (?:a |an )?(?:\w+ )?(?:training|workshop|meetings?|conference) all (?:day|week)"
    r"|\baway (?:until|till)\b|out-of-office|\booo\b|away from (?:the office|my desk|work"
    r"|e-?mail)|(?:\bam|i'm|be"
    r"|are) (?:currently )?away"
    r"|(?:annual|parental|maternity|paternity|sick|medical|study|bereavement|on) leave|on (?:holiday|vacation|pto)"
    r"|on a (?:holiday|vacation|break|business trip)|not (?:be )?in the office|(?:limited|no|without"
    r"|intermittent) access"
    r"|(?:\bam|i'm) (?:currently )?(?:travel|not available|unavailable|absent)|i(?: a|')m off\b|office (?:is"
    r"|will be) closed"
    r"|we are closed|not (?:be )?(?:checking|reading) (?:my )?e-?mail|sabbatical|absent from",
    "de": r"nicht (?:im|in meinem) (?:b(?:ü|ue)ro|haus)|au(?:ß|ss)er haus|abwesen|(?:im|in) (?:urlaub|ferien|elternzeit"
    r"|mutterschutz)|dienstreise|gesch(?:ä|ae)ftsreise|nicht erreichbar|nicht am arbeitsplatz|betriebsferien|krank"
    r"|(?:b(?:ü|ue)ro|wir) (?:ist|sind|bleibt|haben) .{0,30}geschlossen|unterwegs",
    "fr": r"absent|absence|en (?:congés?|vacances|déplacement|formation|arrêt)|hors du bureau|pas (?:au"
    r"|dans mon) bureau"
    r"|(?:bureaux?|entreprise|société) .{0,30}ferm|pas (?:disponible|joignable)|indisponible",
    "es": r"fuera de (?:la |mi )?oficina|de vacaciones|ausente|ausencia|no estar[ée] disponible|de (?:baja|viaje"
    r"|permiso)"
    r"|no me encuentro|oficina .{0,30}cerrad",
    "it": r"fuori (?:ufficio|sede)|in (?:ferie|vacanza|viaggio|malattia|congedo)|assent[ei]|assenza|non (?:sono"
    r"|sarò) (?:in"
    r" ufficio|disponibil|raggiungibil)|uffici .{0,30}chius",
    "nl": r"niet (?:op|in) (?:het )?kantoor|afwezig|(?:op|met) (?:vakantie|verlof|zakenreis)|niet (?:aanwezig"
    r"|bereikbaar"
    r"|beschikbaar)|buiten kantoor|kantoor is .{0,30}gesloten",
    "pt": r"fora (?:do|de) escrit[óo]rio|de f[ée]rias|ausente|aus[êe]ncia|em viagem|de licen[çc]a|n[ãa]o (?:estarei"
    r"|estou)"
    r" (?:dispon|no escrit)|escrit[óo]rio .{0,30}(?:fechad|encerrad)",
    "pl": r"(?:poza biurem|nieobecn|na urlopie|urlop\b|jestem na urlop|w delegacji|na zwolnieniu|niedostępn)",
    "sv": r"inte på kontoret|frånvar|på semester|semester|föräldraledig|tjänstledig|ledig\b|på resande fot|bortrest",
    "da": r"ikke på kontoret|fravær|på ferie|ferie\b|holder (?:ferie|fri)|på barsel|på orlov|ikke til ?stede|bortrejst",
    "no": r"ikke på kontoret|fravær|på ferie|har ferie|permisjon|ikke til ?stede|bortreist|avspaser",
    "fi": r"poissa|lomalla|lomani|loma-aj|en ole (?:paikalla|toimistolla|tavoitettavissa)|vapaalla|matkoilla|vuosiloma",
    "ja": r"不在|休暇|休業|出張|外出|お休み|夏季休|年末年始|休みを(?:いただ|頂)",
}

# Back again: the day behind or before it is the day of return.
BACK = {
    "en": r"\bback\b|return(?:s|ing)?\b|(?:available|reachable|contactable|online) (?:again )?(?:from|on|as of)"
    r"|again from"
    r"|resum\w+|re-?open\w*|rejoin\w*|(?:be )?in (?:the|my) office (?:again )?(?:on|from)|available again|my first day",
    "de": r"wieder|zur(?:ü|ue)ck|r(?:ü|ue)ckkehr|melde mich|kehre",
    "fr": r"retour|revien\w*|rentre\w*|à nouveau|de nouveau|repren\w+|reprise|rouvr\w+|réouverture|serai joignable",
    "es": r"regres\w+|vuel[vt]\w*|volver\w*|retorno|reincorpor\w+|de nuevo|nuevamente|reanud\w+|reabr\w+"
    r"|(?:estar[ée]|estoy) disponible",
    "it": r"rientr\w+|torn(?:o|erò|ero|erà|ata|ato)\b|ritorn\w+|di nuovo|nuovamente|riapr\w+|riapertura"
    r"|sarò (?:disponibile|in ufficio)",
    "nl": r"terug|\bweer\b|opnieuw|hervat\w*",
    "pt": r"regress\w+|volt[oae]\w*|retorn\w+|novamente|de novo|reabr\w+|(?:estarei|estou) dispon",
    "pl": r"wrac\w+|wróc\w+|wroc\w+|powr[óo][tc]\w*|ponownie|będę (?:dostępn\w+|w biurze)",
    "sv": r"tillbaka|åter\w*|igen",
    "da": r"tilbage|\bigen\b|retur\b",
    "no": r"tilbake|igjen",
    "fi": r"pala[an]\w*|takaisin|paluu\w*|jälleen",
    "ja": r"戻|復帰|出社|帰社|再開|通常|出勤|復職",
}

UNTIL = {
    "en": r"\b(?:until|untill|till|til|'til)\b", "de": r"\bbis\b(?: zum| zur| einschl)?", "fr": r"jusqu['\x{2019} ]",
    "es": r"\bhasta\b", "it": r"\b(?:fino|sino)\b", "nl": r"\btot\b", "pt": r"\bat[ée](?:\s|$)", "pl": r"\bdo\b",
    "sv": r"\btill\b|\btom\b", "da": r"\b(?:til|indtil)\b", "no": r"\b(?:til|inntil)\b",
}  # fmt: skip

# The day that is named is still a day of absence.
THROUGH = {
    "en": r"\b(?:through|thru|up to and including|inclusive of|after)\b",
    "de": r"\bbis (?:einschl\w*\.?|inkl\w*\.?|und mit)|\bnach\b", "fr": r"\baprès\b", "es": r"\bdespués\b",
    "it": r"\bdopo\b", "nl": r"\btot en met\b|\bt/m\b|\bt\.e\.m\.|\bna\b", "pt": r"\bapós\b"
    r"|\bdepois\b", "pl": r"\bpo\b",
    "sv": r"\btill och med\b|\bt\.? ?o\.? ?m\b\.?|\befter\b", "da": r"\btil og med\b|\bt\.?o\.?m\b\.?|\befter\b",
    "no": r"\btil og med\b|\bt\.?o\.?m\b\.?|\better\b",
}  # fmt: skip

FROM = {
    "en": r"\b(?:from|starting|as of|since|beginning)\b", "de": r"\b(?:ab|vom|von|seit)\b",
    "fr": r"\b(?:du|depuis)\b|à partir|dès", "es": r"\b(?:desde|del|a partir)\b", "it": r"\b(?:dal|a partire)\b",
    "nl": r"\b(?:van|vanaf|sinds)\b", "pt": r"\b(?:desde|a partir|de|do)\b", "pl": r"\bod\b", "sv": r"\bfr(?:ån"
    r"|\.o\.m)",
    "da": r"\bfra\b", "no": r"\bfra\b",
}  # fmt: skip

# Behind the day: "5 mai inclus", 5月5日まで, 6.5. asti.
_INCLUDED = r"^[ ,(]*(?:inclus(?:ive|ief|o)?|included|einschlie(?:ß|ss)lich|inkl|compres[oa]|incluid[oa]|włącznie)"
_UNTIL_BEHIND = r"^(?: ?\([^)]{1,4}\))? ?(?:まで|asti|saakka)"
_CONNECTS = (
    r"^[ .,]*(?:to|through|thru|-|\x{2013}|—|bis(?: zum)?|au|al|a|à|tot|t/m|tot en met|até(?: a)?|do|till?|til"
    r"|\x{ff5e}|〜|~|から|and|und"
    r"|et le|till och med|til og med)[ ,]*"
    r"(?:the|le|el|il|al|den|dem|o|d\.)?[ ,]*(?:\pL+(?:-feira)?,?)?[ ,]*(?:the|le|el|il|den|o|dem|d\.)?[ ]*$"
)
_HALF_RANGE = (
    r"\b\d{1,2}(?:st|nd|rd|th|er|\.|º|°)?\.? ?(?:to|through|-|\x{2013}|—|bis(?: zum)?|au|al|a|tot|t/m|tot en met|até"
    r"|do|til|till"
    r"|e)[ ]*(?:the|le|el|il|al|den|dem|o|d\.)?[ ]*(?:\pL+,?)?[ ]*$"
)

_LEFT = (
    r"(?:no longer|not any ?more|don't|does not|doesn't) (?:work|employ|with (?:the|us|our)|at\b|be(?:ing)? with"
    r"|part of)"
    r"|(?:has|have) (?:now )?(?:left|departed|retired)|(?:left|leaving) (?:the )?(?:company|firm|organi[sz]ation"
    r"|business)"
    r"|last (?:working )?day (?:at|with|was)|(?:is|am) (?:now )?(?:retired|no longer (?:with|at|employed|working))"
    r""
    r"|(?:habe|hat) .{1,60}\b(?:gmbh|ag|kg|se|firma|gesellschaft|gruppe|unternehmen|agentur|kanzlei)\b.{0,40}verlassen"
    r"|nicht mehr (?:bei|für|im unternehmen|in unserem|tätig|beschäftigt|teil)|ausgeschieden|unternehmen verlassen"
    r"|(?:im|in den|in) ruhestand|ne (?:fait|fais) plus partie|ne travaille plus|n'est plus (?:chez|salari|employ"
    r"|en poste)"
    r"|quitté (?:la |l'|notre |le |ses )?(?:société|entreprise|groupe|fonctions|cabinet)|à la retraite"
    r"|ya no (?:trabaj|forma|pertenec|está en)"
    r"|(?:ha|he) dejado (?:(?:la|nuestra|mi) (?:empresa|compañía)|de (?:trabajar|formar))|dejé la (?:empresa|compañía)|se ha jubilado"
    r"|non (?:lavor\w+|fa|fa più|è|faccio) più (?:parte|per|in|con|presso)?|non lavor\w+ più|ha lasciato (?:l'azienda"
    r"|la nostra"
    r"|la società)|in pensione|niet (?:meer|langer) (?:werkzaam|in dienst|bij ons)|werk\w* (?:hier )?niet (?:meer"
    r"|langer)"
    r"|werk\w* (?:hier )?niet (?:meer )?(?:bij|voor).{0,30}meer|uit dienst|met pensioen"
    r"|(?:não|já não) (?:trabalh\w+|faz|faço|colabor\w+|está|integr\w+)(?: mais| parte)|já não (?:trabalh|colabor|faz"
    r"|integr)"
    r"|deixou (?:a|de (?:trabalhar|fazer parte))|nie (?:pracuj\w+|jest) już|już nie pracuj|nie jest już pracownik"
    r"|(?:arbetar|jobbar) inte längre|slutat (?:på|hos|sin)|har slutat|inte längre (?:anställd|kvar|arbetar)"
    r"|(?:arbejder|er) ikke længere|fratrådt|jobber ikke lenger|ikke lenger (?:ansatt|jobber|arbeider)|har sluttet"
    r"|ei ole enää|ei työskentele enää|en (?:ole|työskentele) enää|退職|退社(?:し|いた|致)|異動(?:し|いた|致|により)"
)


@lru_cache(maxsize=1)
def away() -> dict[str, Any]:
    """By language: matches words of absence."""
    return _compiled(AWAY)


@lru_cache(maxsize=1)
def back() -> dict[str, Any]:
    """By language: matches words of return."""
    return _compiled(BACK)


@lru_cache(maxsize=1)
def left() -> Any:
    """Matches words that say that somebody has left for good."""
    import re2

    return re2.compile(_wide(_LEFT))


@lru_cache(maxsize=64)
def cues(languages: frozenset[str]) -> Any:
    """Matches what makes a day a return, an end or a beginning, in groups of these names."""
    import re2

    groups = []
    for name, table in (("through", THROUGH), ("until", UNTIL), ("back", BACK), ("from", FROM)):
        words = "|".join(table[one] for one in sorted(languages) if one in table)
        if words:
            groups.append(f"(?P<{name}>{words})")
    return re2.compile(_wide("|".join(groups)))


@lru_cache(maxsize=1)
def shapes() -> dict[str, Any]:
    """Matches what stands around a day: included, until behind it, between two, half a range."""
    import re2

    named = {"included": _INCLUDED, "until": _UNTIL_BEHIND, "connects": _CONNECTS, "half": _HALF_RANGE}
    return {name: re2.compile(pattern) for name, pattern in named.items()}


def languages_of(patterns: dict[str, Any], low: str) -> frozenset[str]:
    """The languages whose words a text uses; neighbours share many."""
    return frozenset(language for language, pattern in patterns.items() if pattern.search(low))


def _compiled(table: dict[str, str]) -> dict[str, Any]:
    import re2

    return {language: re2.compile(_wide(words)) for language, words in table.items()}


def _wide(pattern: str) -> str:
    r"""RE2's \w knows ASCII only: "pracuję" has to be one word."""
    return pattern.replace(r"\w", r"[\pL\pN_]")
