"""The particulars: how much, for which invoice, from whom, which document, who signed, who is new."""

from __future__ import annotations

import re
from dataclasses import dataclass

from worker.core.model import Address, Message, Party, Reading
from worker.core.phrase import fold
from worker.core.signal import Signals
from worker.signals.money import Money, amounts
from worker.signals.sentences import file_name
from worker.signals.voices import Voice

_TOTAL = re.compile(
    r"\b(?:amount (?:paid|received)|payment amount|total paid|you(?:'ve)? received|payment of|paid|gezahlter betrag|"
    r"zahlungsbetrag|betrag|erhaltener betrag|montant(?: paye| recu| du paiement)?|importe(?: pagado| recibido)?|"
    r"monto|bedrag|ontvangen bedrag|importo|valor|gross|brutto)\b"
)
_OPEN = re.compile(r"\b(?:due|balance|remaining|outstanding|fees?|tax|vat|offen\w*|rest\w*|gebuhr\w*|solde|reste|frais|"
                   r"pendiente|saldo|comision\w*|openstaand\w*|kosten|net)\b")  # fmt: skip
_INVOICE = re.compile(
    r"\b(?:invoice|inv|bill|rechnung|rechnungsnummer|facture|factura|fattura|factuur|fatura)s?"
    r"(?: ?(?:number|no|nr|num|nummer|id|numero|n|n°|reference|ref))?[.:# ]{0,4}\(?#?"
    r"(?P<number>[a-z]{0,5}[-_/]?\d[a-z0-9_/-]*)"
)
_PAYER = re.compile(
    r"^(?:from|paid by|payer|buyer|customer(?: name)?|client|received from|payment from|sender|bill(?:ed)? to|von|"
    r"kunde|"
    r"zahler|auftraggeber|absender|eingegangen von|de|client|payeur|emetteur|cliente|pagador|remitente|ordenante|klant|"
    r"betaler|betaald door|van|da|pagante)\s*:\s*(?P<name>\S.*)$"
)
_SIGNED_BY = re.compile(
    r"^(?:signed by|signers?|signatories|completed by|recipients|parties|unterzeichnet von|unterzeichner|"
    r"unterschrieben von|"
    r"signe par|signataires?|firmado por|firmantes?|ondertekend door|ondertekenaars?|firmato da|assinado por)\s*:?\s*"
)
_ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_DOCUMENT_FILE = (".pdf", ".docx", ".doc", ".odt", ".p7m")
_PREFIX = re.compile(r"^(?:complete with docusign|please docusign|completed|docusign)\s*:\s*", re.IGNORECASE)
_PERSON = re.compile(r"^[ \t*•-]*(?P<name>[^@<>\n:]{0,60}?)[ \t(<,-]*(?P<address>[\w.+-]{1,64}@[\w.-]{1,100}\w)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Particulars:
    """What a notice says beside its event; "" and () where it is silent."""

    amount: str = ""
    currency: str = ""
    invoice: str = ""
    payer: str = ""
    people: tuple[Party, ...] = ()


def particulars(subject: str, text: str, quote: str) -> Particulars:
    """Read amount, invoice, payer and signers; the sentence that told the event goes before the rest."""
    lines = [line.strip() for line in text.split("\n")[:400] if line.strip()]
    money = _amount(quote, subject, lines)
    return Particulars(
        amount=money.amount if money else "",
        currency=money.currency if money else "",
        invoice=_invoice(quote, subject, lines),
        payer=_payer(lines),
        people=_signers(lines),
    )


def _amount(quote: str, subject: str, lines: list[str]) -> Money | None:
    for source in (quote, subject):
        found = _first(source)
        if found:
            return found
    labelled = [line for line in lines if _TOTAL.search(fold(line)) and not _OPEN.search(fold(line))]
    plain = [line for line in lines if not _OPEN.search(fold(line))]
    return next((m for line in (*labelled, *plain, *lines) if (m := _first(line))), None)


def _first(line: str) -> Money | None:
    """The first amount of a line that is not what is still owed."""
    for found in amounts(line):
        if not _OPEN.search(fold(line[max(0, found.start - 24) : found.start])):
            return found
    return None


def _invoice(*sources: str | list[str]) -> str:
    for source in sources:
        for line in [source] if isinstance(source, str) else source:
            match = _INVOICE.search(fold(line))
            if match:
                return line[match.start("number") : match.end("number")].strip("-_/")
    return ""


def _payer(lines: list[str]) -> str:
    for line in lines:
        match = _PAYER.match(fold(line))
        if match and not amounts(line):
            return line[match.start("name") :].strip()[:120]
    return ""


def _signers(lines: list[str]) -> tuple[Party, ...]:
    """The lines with an address below "Signed by:"."""
    people: list[Party] = []
    for place, line in enumerate(lines):
        begin = _SIGNED_BY.match(fold(line))
        if not begin:
            continue
        for below in [line[begin.end() :], *lines[place + 1 : place + 12]]:
            match = _PERSON.match(below)
            if match:
                address = Address(match["address"].lower())
                people.append(Party(address=address, name=match["name"].strip(" ,-(<\t")))
            elif below.strip():
                break
        break
    return tuple(dict.fromkeys(people))


def document_kind(name: str, quote: str, voice: Voice, signals: Signals) -> tuple[str, str]:
    """The name of a document and its kind: agreement, nda or other; an agreement where nothing says otherwise."""
    name = _PREFIX.sub("", name)
    files = [a for a in voice.attachments if a.lower().endswith(_DOCUMENT_FILE)]
    for source in filter(None, (name, quote, voice.subject, *files)):
        kind = _kind(source, signals)
        if kind:
            return name or (source if source in files else next((a for a in files if _kind(a, signals)), "")), kind
    return name, "agreement"


def _kind(source: str, signals: Signals) -> str:
    import re2

    folded = file_name(source).folded.encode("ascii", "replace")
    return next((kind for kind, regex in signals.documents if re2.search(regex.encode(), folded)), "")


def newcomers(message: Message, voice: Voice, reading: Reading) -> tuple[Party, ...]:
    """Who is neither the writer nor one of us: in To and Cc, else by an address in the text."""
    named = (Party(address=Address(a.lower())) for a in _ADDRESS.findall(voice.text[:20_000]))
    for group in ((*message.to, *message.cc), tuple(named)):
        new = tuple(
            party
            for party in dict.fromkeys(group)
            if party.address != voice.by and not reading.is_team(party.address) and not reading.is_ours(party.address)
        )
        if new:
            return new
    return ()
