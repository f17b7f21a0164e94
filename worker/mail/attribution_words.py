"""Words of the line above a quote, as regular expressions: verbs of writing, and how the line begins."""

from __future__ import annotations


def _either(text: str) -> str:
    return "|".join(word.strip() for word in text.replace("\n", "|").split("|") if word.strip())


VERBS = _either(r"""
    wrote|writes|has written|said|schrieb(?:en)?|geschrieben|schreibt|(?:a|à) (?:é|e)crit|écrit|escribi(?:ó|o)
    escribe|ha scritto|scrive|scrisse|schreef|geschreven|schrijft|escreveu|escreve|napisa(?:ł|l)a?|napisał\(a\)
    pisze|napisano|skrev|skreiv|skriver|kirjoitti|kirjoittaa|napsala?|napsal\(a\)|píše|napísala?|napísal\(a\)
    írta|a scris|scrie|yazdı|yazmış|έγραψε|έγραψαν|γράφει|kirjutas|rakstīja|rašė|parašė|viết|đã viết|menulis
    va escriure|ha escrit|je napisao|je napisala|napisao je|je napisal|пишет|написала?|написал\(а\)|писала?|пише
    написав|написа|skrifaði|idatzi du|quoting|zitat von|citando|citerar|citation de|citaat van|cytowanie
    wiadomość napisana przez
""")
"""Between spaces or stops."""

JOINED_VERBS = _either(r"""
    写道|寫道|写到|提到|のメール|さんは書きました|は書きました|が書きました|書きました|さんが書いた
    님이 작성|님이 씀|작성
    wrote|כתב|כתבה|كتب|كتبت|เขียน|のメッセージ|さんから
""")
"""Anywhere: these languages put no space before them, and some programs neither."""

STARTS = _either(r"""
    on|at|am|le|la|el|il|il giorno|op|em|no dia|a|dnia|w dniu|den|d\.|dne|dňa|în|in data|pe data de|στις|την|quoting
    zitat von|citando|citiere|citerar|wiadomość napisana|в|у|na|v|kl|del|dna|dana|je|pada|vào|vào lúc|lúc|בתאריך|ב|في
    بتاريخ|em data|data|il dì|het|de|der|do
""")

DAYS = _either(r"""
    mon|tue|wed|thu|fri|sat|sun|mo|di|mi|do|fr|sa|so|lun|mar|mer|jeu|ven|sam|dim|mi[eé]|jue|vie|s[aá]b|dom|gio|ma|wo
    vr|za|zo|seg|ter|qua|qui|sex|pon|wt|śr|czw|pt|sob|niedz|m[åa]n|tis?r?|ons|tors?|fre|l[öøo]r|s[öøo]n|ke|to|pe|la
    понедельник|вторник|среда|четверг|пятница|суббота|воскресенье|su|út|st|čt|pá|ne|po|пн|вт|ср|чт|пт|сб|вс|нд|h|k|sze|cs|p|szo|v|pzt|sal|çar|per|cum|cmt|paz|joi|vin|sâm|mie
""")
"""Days of the week as they begin, in any language."""
