"""The concrete facts of a deal that a mail may rest on: what was proposed, when, for how much, and what they said."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, tzinfo

from worker.core.model import Address, Attachment, Deal, Event, Evidence, LoggedMail, Speaker

_LONGEST = 90
"""Characters of a document's name or a subject; a longer one is a text and no name."""
_LONGEST_QUOTE = 170
_FEWEST_WORDS, _MOST_WORDS = 4, 28
_LATEST_WORDS = 12
"""Mails of a contact that are looked at for what matters to them."""

_MATTERS = re.compile(
    r"\b(?:matters?|important|priority|worr(?:y|ies|ied|ying)|concern(?:s|ed)?|headaches?|hurts?|struggl\w+|bottleneck|"
    r"deadline|what counts|wichtig\w*|entscheidend\w*|sorgen?|engpass|drängt|kopfzerbrechen|priorität|essentiel\w*|"
    r"importante?s?|priorit[éàa]|inqui[eèé]t\w*|souci|urge(?:nt\w*)?|casse-tête|prioridad|preocupa\w*|clave|belangrijk\w*|"
    r"prioriteit|knelpunt|hoofdpijn|dringend|preoccupa\w*|zorgen)\b",
    re.IGNORECASE,
)
_BETTER_NOT = re.compile(
    r"\b(?:not|never|no longer|nicht|kein\w*|nie|pas|jamais|niet|geen|nunca|no|non|isn't|aren't|don't|doesn't|won't|"
    r"price\w*|budget|cost\w*|expensive|discount|preis\w*|teuer|kosten|prix|cher|remise|precio|caro|descuento|prijs|duur|"
    r"proposal|offer|quote|angebot|offre|devis|proposition|propuesta|oferta|offerte|voorstel|competitor|mitbewerb\w*|"
    r"sorry|unfortunately|leider|malheureusement|lamentablemente|helaas|confidential|vertraulich|between us)\b"
    r"|n['\u2019]t\b",
    re.IGNORECASE,
)
"""What nobody wants to read again in our mail: money, the other bidders, a no."""
_POINTS_BACK = re.compile(
    r"(?:yes|no|yeah|well|ok(?:ay)?|ja|nein|doch|oui|non|sí|si|nee|sì|it|that|this|these|those|they|das|dies\w*|es|sie|"
    r"cela|ça|ce|cette|eso|esto|esa|dat|dit|die|however|also|and|but|und|aber|et|mais|y|pero|en|maar)\b",
    re.IGNORECASE,
)
"""The beginning of a sentence that cannot be understood without the one before it."""
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]?")
_UNSAFE = re.compile(r"[{}<>|\\@]|https?:|www\.|[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069]")
_NUMBER = r"\d{1,3}(?:[.,'\u2019 \u00a0\u202f]\d{3})+(?:[.,]\d{2})?|\d{2,9}(?:[.,]\d{2})?"
_AMOUNT = re.compile(
    rf"(?:[$£€]|\b(?:US\$|EUR|USD|GBP|CHF)[ \u00a0]?)(?:{_NUMBER})(?![\d%])|"
    rf"(?<![\d.,])(?:{_NUMBER})[ \u00a0]?(?:€|(?:EUR|euros?|Euro|CHF|USD|GBP)\b)"
)
_FILE = re.compile(r"\.(?:pdf|docx?|odt|pptx?|xlsx?)$", re.IGNORECASE)
_VERSION = re.compile(
    r"[ _-]*(?:\(\d+\)|\bv\d+(?:\.\d+)*|\b(?:final|signed|draft|copy|neu|new|rev\d*))$", re.IGNORECASE
)
_PLAIN_WORDS = frozenset({
    "a", "an", "the", "our", "your", "my", "for", "of", "proposal", "offer", "quote", "quotation", "angebot",
    "kostenvoranschlag", "das", "unser", "ihr", "für", "offre", "devis", "proposition", "la", "notre", "votre",
    "pour", "de", "propuesta", "presupuesto", "oferta", "nuestra", "para", "offerte", "voorstel", "ons", "van",
    "document", "agreement", "contract", "services", "vertrag", "contrat", "contrato", "overeenkomst", "hello", "hi",
    "question", "meeting", "call", "intro", "introduction", "termin", "frage", "hallo", "re", "fwd", "follow", "up",
    "followup", "next", "steps",
})  # fmt: skip
"""Words by which no deal is told from another."""
_REPLY = re.compile(r"^\s*(?:re|aw|wg|fwd?|tr|rv|sv|antw|rif|vs|res|enc|i|r)(?:\[\d+\])?\s?:\s*", re.IGNORECASE)
_BAD_NEWS = frozenset(
    {Event.COMPLAINT, Event.REJECTED, Event.OPT_OUT, Event.CANCELLED, Event.HARDSHIP, Event.PAYMENT_FAILED}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known without doubt; "" and None for what is not."""

    proposed: date | None = None
    """The day of the last proposal, on the owner's calendar."""
    signed: date | None = None
    topic: str = ""
    """The subject of the thread, without Re:."""
    document: str = ""
    """Name of what was signed, else of what was proposed, without its file ending."""
    amount: str = ""
    """The one amount of the proposal, as the owner wrote it: "£2,900"."""
    said: str = ""
    """A sentence in which this contact said what matters to them, word for word."""
    said_on: date | None = None

    @property
    def concrete(self) -> bool:
        """Whether there is anything at all that only this deal has."""
        return any((self.proposed, self.signed, self.topic, self.document, self.amount, self.said))


def facts_of(deal: Deal, contact: Address | None, zone: tzinfo) -> Facts:
    """The facts of a deal, as far as a mail to this contact may name them."""
    proposal = _newest(deal.evidence, Event.PROPOSAL_SENT)
    signed = _newest(deal.evidence, Event.SIGNED)
    offered = next((mail for mail in deal.log if proposal and mail.id == proposal.found_in), None)
    said = _last_said(deal, contact)
    signed_name = document_name(signed.document) if signed else ""
    return Facts(
        proposed=proposal.at.astimezone(zone).date() if proposal else None,
        signed=signed.at.astimezone(zone).date() if signed else None,
        topic=topic(deal),
        document=signed_name or (offered.document if offered else ""),
        amount=offered.amount if offered else "",
        said=said.cares if said else "",
        said_on=said.at.astimezone(zone).date() if said else None,
    )


def topic(deal: Deal) -> str:
    """What the thread is about, by its subject without Re: and Fwd:; "" where that says nothing ("Our proposal")."""
    words = [mail for mail in deal.log if mail.speaker in (Speaker.OWNER, Speaker.CONTACT) and mail.subject]
    subject = min(words, key=lambda mail: mail.at).subject if words else ""
    while found := _REPLY.match(subject):
        subject = subject[found.end() :]
    return _name(subject)


def document_name(file: str) -> str:
    """A document as people call it: "Proposal_Spring schedule_v3 (2).pdf" is "Proposal Spring schedule"."""
    name = _FILE.sub("", file.strip()).replace("_", " ").strip()
    while (shorter := _VERSION.sub("", name)) != name:
        name = shorter
    return _name(name)


def says_more(name: str, company: str) -> bool:
    """Whether a document is called by more than what it is and for whom: not "Proposal Berg Kaffee"."""
    known = _PLAIN_WORDS | {word.casefold() for word in re.findall(r"[^\W\d_]+", company)}
    return any(word.casefold() not in known for word in re.findall(r"[^\W\d_]+", name))


def document_of(attachments: Iterable[Attachment]) -> str:
    """The name of the one document that came with a mail; "" for none and for several."""
    names = {name for one in attachments if _FILE.search(one.name) and (name := document_name(one.name))}
    return names.pop() if len(names) == 1 else ""


def amount_of(text: str) -> str:
    """The one amount of money in a text, as it stands there; "" for none and for several."""
    found = {" ".join(match[0].split()) for match in _AMOUNT.finditer(text[:20_000])}
    return found.pop() if len(found) == 1 else ""


def what_matters(text: str, evidence: Iterable[Evidence]) -> str:
    """The last sentence of a contact's mail that says what matters to them; "" where none does, or the news is bad."""
    if any(item.event in _BAD_NEWS for item in evidence):
        return ""
    found = ""
    for match in _SENTENCE.finditer(text[:8_000]):
        sentence = " ".join(match[0].split())
        fits = len(sentence) <= _LONGEST_QUOTE and _FEWEST_WORDS <= len(sentence.split()) <= _MOST_WORDS
        whole = sentence[:1].isupper() and sentence[-1:] in ".!" and not _POINTS_BACK.match(sentence)
        if (
            fits
            and whole
            and _MATTERS.search(sentence)
            and not (_BETTER_NOT.search(sentence) or _UNSAFE.search(sentence))
        ):
            found = sentence
    return found


def _newest(evidence: Iterable[Evidence], event: Event) -> Evidence | None:
    return max((item for item in evidence if item.event is event and not item.withdrawn),
               key=lambda item: item.at, default=None)  # fmt: skip


def _last_said(deal: Deal, contact: Address | None) -> LoggedMail | None:
    theirs = [mail for mail in deal.log if mail.speaker is Speaker.CONTACT and mail.sender == contact]
    latest = sorted(theirs, key=lambda mail: mail.at)[-_LATEST_WORDS:]
    # Nobody is shown the same words of theirs twice.
    shown = "\n".join(item.letter.body for item in deal.outbox if not item.letter.to_owner)
    return next((mail for mail in reversed(latest) if mail.cares and mail.cares not in shown), None)


def _name(text: str) -> str:
    plain = " ".join(text.split()).strip(" \"'\u201c\u201d\u201e«».,:;-")
    says_something = any(word.casefold() not in _PLAIN_WORDS for word in re.findall(r"[^\W\d_]+", plain))
    return plain if says_something and len(plain) <= _LONGEST and not _UNSAFE.search(plain) else ""
