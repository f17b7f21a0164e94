"""The words for days, months and spans in English, German, French, Spanish, Dutch and Italian, without accents."""

from __future__ import annotations


def _numbered(lines: dict[int, str]) -> dict[str, int]:
    return {word: number for number, line in lines.items() for word in line.split()}


def _named(lines: dict[str, str]) -> dict[str, str]:
    return {word: name for name, line in lines.items() for word in line.split()}


def _set(line: str) -> frozenset[str]:
    return frozenset(line.split())


MONTH = _numbered({
    1: "january januar janner janvier enero januari gennaio jan janv ene",
    2: "february februar fevrier febrero februari febbraio feb febr fevr",
    3: "march marz maerz mars marzo maart mar mrz mrt",
    4: "april avril abril aprile apr avr abr",
    5: "may mai mayo mei maggio",
    6: "june juni juin junio giugno jun",
    7: "july juli juillet julio luglio jul juil",
    8: "august aout agosto augustus aug",
    9: "september septembre septiembre settembre sept sep",
    10: "october oktober octobre octubre ottobre oct okt",
    11: "november novembre noviembre nov",
    12: "december dezember decembre diciembre dicembre dec dez dic",
})  # fmt: skip
VAGUE_MONTH = frozenset({"may", "march", "mar", "mars", "mai", "sep", "dec", "jan"})
WEEKDAY = _numbered({
    0: "monday montag lundi lunes maandag lunedi",
    1: "tuesday dienstag mardi martes dinsdag martedi",
    2: "wednesday mittwoch mercredi miercoles woensdag mercoledi",
    3: "thursday donnerstag jeudi jueves donderdag giovedi",
    4: "friday freitag vendredi viernes vrijdag venerdi",
    5: "saturday samstag sonnabend samedi sabado zaterdag sabato",
    6: "sunday sonntag dimanche domingo zondag domenica",
})  # fmt: skip
NUMBER = _numbered({
    1: "a one an einer einem eine ein un une una uno een",
    2: "two zwei deux dos twee due couple",
    3: "three drei trois tres drie tre",
    4: "four vier quatre cuatro quattro",
    5: "five funf fuenf cinq cinco vijf cinque",
    6: "six sechs seis zes sei",
    7: "seven sieben sept siete zeven sette",
    8: "eight acht huit ocho otto",
    10: "ten zehn dix diez tien dieci",
    12: "twelve zwolf douze doce twaalf",
    15: "quinze quince quindici",
})  # fmt: skip
UNIT = _named({
    "d": "day days tag tage tagen jour jours dia dias dag dagen giorno giorni",
    "w": "week weeks woche wochen semaine semaines semana semanas weken settimana settimane",
    "m": "month months monat monats monate monaten mois mes meses maand maanden mese mesi",
    "y": "year years jahr jahres jahre jahren an ans annee ano anos jaar anno anni",
})  # fmt: skip
ORDINAL = _numbered({
    1: "first erste ersten erster erstes premiere premier primera primer primero eerste prima",
    2: "second zweite zweiten zweites deuxieme seconde segunda segundo tweede seconda",
    3: "third dritte dritten drittes troisieme tercera tercer derde terza",
    4: "fourth last vierte vierten letzte letzten quatrieme derniere cuarta cuarto ultima vierde laatste",
})  # fmt: skip
HALF = _set("half halbjahr halbjahres semestre semester jahreshalfte")
FORTNIGHT = _set("fortnight quincena")
QUARTER = _named({"q": "quarter quartals quartal trimestre kwartaal"})
PART = _named({
    "early": "early beginning start anfang beginn debut principios inicios begin inizio comienzos primeros",
    "middle": "mid middle mitte mediados medio midden half meta mi",
    "end": "end late ende fin finales finale eind einde fine spatestens",
})  # fmt: skip
SEASON = _numbered({
    3: "spring fruhjahr fruhling printemps primavera voorjaar lente",
    6: "summer sommer sommerpause sommerferien ete verano zomer zomervakantie estate",
    9: "autumn fall herbst automne otono najaar herfst autunno",
    12: "winter hiver invierno inverno",
})  # fmt: skip
EASTER = _set("easter ostern paques pascua pasen pasqua")
CHRISTMAS = _set("christmas xmas weihnachten noel navidad kerst natale holidays jahreswechsel")
TOMORROW = _set("tomorrow morgen demain manana domani")
DAY_AFTER = _set("ubermorgen uebermorgen overmorgen dopodomani")
NEXT = _set(
    "next coming kommende kommenden kommender kommendem nachste nachsten nachster nachstes nachstem naechste naechsten "
    "naechster prochain prochaine proximo proxima volgende volgend komende komend aanstaande "
    "kommendes prochains proximos prossimo prossima que"
)
LAST = _set("last letzten letzte letzter dernier derniere pasado pasada afgelopen vorige scorso scorsa past")
LINK = _set("of de del d di van do du des der den the")
PLACED = _set(
    "in until till by im bis ab en mois jusqu partir hasta para tot vanaf from around for before after nach apres na "
    "this of a im dem der den the le l cet el la het early on over"
)
AFTER = _set("after nach apres despues na tras dopo once")
SPAN = _set("in within dans en dentro over binnen tra fra another")
BACK = _set("the am dem zum le au el al op de den der on by vom il al")
ENGLISH_ORDER = _set(
    "be have i we you not also well need want take help ask floor time place one step phase item page point version "
    "option generation century anniversary birthday party"
)
"""Words after which "may" is no month and "the 1st" no day."""
CALENDAR_WEEK = _set("kw kalenderwoche week semaine semana woche wk")
"""Before a number: the week of the year; "week of the 14th" is the week that the day lies in."""
BARE = _set("le el du del al au")
"""Before a number alone, as French and Spanish say "le 14"."""
AFTER_BARE = _set("y et ou o u pour para por a prochain proximo inclus courant nous on je vous se ya pero mais si en")
"""What may follow such a number; any other word is what it counts."""
ARTICLE = _set("the dem der den le la l el het il cet al")
