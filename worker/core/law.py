"""What the law wants below a mail that is advertising: who sends it from where, and how to have no more of it."""

from __future__ import annotations

from worker.core.firm import Firm
from worker.core.template import Template

ADDRESS_COUNTRIES = frozenset({"US", "CA", "JP", "KR", "SG"})
"""Where advertising names the sender's postal address.

US: CAN-SPAM, 15 U.S.C. 7704(a)(5)(A)(iii). CA: CASL, S.C. 2010 c. 23 s. 6(2) with SOR/2012-36 s. 2(1)(d). JP: Act on
Regulation of Transmission of Specified Electronic Mail, art. 4, with its ordinance. KR: Act on Promotion of Information
and Communications Network Utilization, art. 50(4). SG: Spam Control Act 2007, second schedule.
"""
WAY_OUT_COUNTRIES = ADDRESS_COUNTRIES | frozenset({
    "AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "DE", "GR", "HU", "IE", "IT", "LV", "LT", "LU", "MT",
    "NL", "PL", "PT", "RO", "SK", "SI", "ES", "SE", "IS", "LI", "NO", "GB", "CH", "AU", "NZ", "ZA", "IL", "BR",
})  # fmt: skip
"""Where each piece of advertising says how to object to it.

EU and EEA: Directive 2002/58/EC art. 13(2) and (4), in Germany section 7(3) no. 4 UWG. GB: PECR 2003 reg. 22(3)(c) and
23. CH: art. 3(1)(o) UWG. US: 15 U.S.C. 7704(a)(5)(A)(ii). CA: CASL s. 11. AU: Spam Act 2003 s. 18. NZ: Unsolicited
Electronic Messages Act 2007 s. 11. ZA: POPIA s. 69(4). IL: Communications Law s. 30A(e).
"""

_WAY_OUT = {
    "en": "If you would rather not get mails like this one, a short word from you is enough.",
    "de": "Wenn {you} solche Mails lieber nicht bekommen {want}, genügt ein kurzes Wort.",
    "fr": "Si {you} de tels messages, un mot de {your} part suffit.",
    "es": "Si {you} no recibir correos como este, basta una palabra.",
    "nl": "{Want} liever geen mails zoals deze, dan is één woord van {you} genoeg.",
}
_YOU = {
    ("de", True): {"you": "Sie", "want": "möchten"},
    ("de", False): {"you": "du", "want": "möchtest"},
    ("fr", True): {"you": "vous préférez ne plus recevoir", "your": "votre"},
    ("fr", False): {"you": "tu préfères ne plus recevoir", "your": "ta"},
    ("es", True): {"you": "prefiere"},
    ("es", False): {"you": "prefieres"},
    ("nl", True): {"you": "u", "Want": "Wilt u"},
    ("nl", False): {"you": "jou", "Want": "Wil je"},
}


def wants_address(template: Template, country: str, firm: Firm) -> bool:
    """Whether such a mail names our postal address: a cold one always, other advertising by country."""
    countries = firm.address_countries or ADDRESS_COUNTRIES
    return template.is_cold or (template.is_advertising and (not country or country in countries))


def wants_way_out(template: Template, country: str, firm: Firm) -> bool:
    """Whether such a mail says how to have no more of its kind. Where the country is unknown, it does."""
    countries = firm.way_out_countries or WAY_OUT_COUNTRIES
    return template.is_advertising and (not country or country in countries)


def way_out(firm: Firm, language: str, *, formal: bool) -> str:
    """The line that says so: the firm's own where the mail is in the firm's language, else ours."""
    own = firm.opt_out_line if language == firm.language else ""
    known = language if language in _WAY_OUT else "en"
    return own or _WAY_OUT[known].format_map(_YOU.get((known, formal), {}))
