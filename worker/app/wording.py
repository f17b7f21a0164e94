"""The values of a template, in the words of the mail's language."""

from __future__ import annotations

import re
from datetime import UTC, date, tzinfo

from worker.core.facts import Facts, facts_of, says_more
from worker.core.firm import Firm, IdealClient
from worker.core.greeting import greeting, names, person, sign_off, whole_name
from worker.core.law import wants_address, wants_way_out, way_out
from worker.core.manners import fits
from worker.core.model import Contact, Deal, Event, Party
from worker.core.rapport import closing_with, signed_with
from worker.core.template import ContactView, DealView, FirmView, OwnerView, PersonView, Template
from worker.mail.render import in_words

_UNSAFE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_TAGS = re.compile(r"\{\{|\}\}|\{%|%\}|\{#|#\}")
_LONGEST = 120

_OFFER = {
    "en": "my proposal of {day}", "de": "mein Angebot vom {day}", "fr": "ma proposition du {day}",
    "es": "mi propuesta del {day}", "nl": "mijn voorstel van {day}",
}  # fmt: skip
_QUOTES = {"en": '""', "de": "\u201e\u201c", "fr": "«»", "es": "«»", "nl": '""'}
_SAID = {
    ("en", False): "On {day} you wrote: {quote}",
    ("de", False): "Am {day} hast du geschrieben: {quote}",
    ("de", True): "Am {day} haben Sie geschrieben: {quote}",
    ("fr", False): "Le {day}, tu m'as écrit : {quote}",
    ("fr", True): "Le {day}, vous m'avez écrit : {quote}",
    ("es", False): "El {day} me escribiste: {quote}",
    ("es", True): "El {day} me escribió: {quote}",
    ("nl", False): "Op {day} schreef je: {quote}",
    ("nl", True): "Op {day} schreef u: {quote}",
}


def plain(text: str) -> str:
    """A value as it may stand in a mail: one line, nothing that cannot be seen, nothing that looks like a template."""
    return " ".join(_TAGS.sub(" ", _UNSAFE.sub("", text)).split())[: 4 * _LONGEST]


def contact_view(
    contact: Contact | None, language: str = "en", *, formal: bool = False, to_owner: bool = False
) -> ContactView:
    """A contact as a template sees them.

    Args:
        to_owner: the owner reads it, and knows people by whatever their mail calls them.
    """
    if contact is None:
        return ContactView()
    first, last = person(contact.name, contact.address, language=contact.language or language)
    whole = whole_name(contact.name) if last else ""
    learnt = contact.greeting if fits(contact.greeting, language) else ""
    return ContactView(
        address=contact.address,
        name=plain(contact.name)[:_LONGEST] if to_owner else whole or first,
        first_name=first,
        last_name=last,
        greeting=plain(learnt) or greeting(first, last, language, formal=formal, whole=whole),
        formal=formal,
        phone=plain(contact.phone),
    )


def owner_view(deal: Deal, contact: Contact | None, firm: Firm, language: str, *, formal: bool) -> OwnerView:
    """Who signs, and how: as they do themselves, else as their language does."""
    learnt = closing_with(contact, deal, language)
    # An owner without a display name has one in the address: a mail without a name under it is nobody's.
    local = deal.owner.address.partition("@")[0].replace(".", " ")
    first = person(deal.owner.name, deal.owner.address).first or names(local).first
    whole = plain(deal.owner.name)[:_LONGEST] or whole_name(local)
    own = firm.signatures.get(deal.owner.address)
    return OwnerView(
        name=whole,
        first_name=first,
        address=deal.owner.address,
        sign_off=own or (sign_off(language, formal=formal) if learnt is None else learnt),
        signed=signed_with(contact, deal) or (whole if formal else first or whole),
    )


def deal_view(
    deal: Deal, contact: Contact | None = None, language: str = "en", *, formal: bool = False, country: str = "",
    zone: tzinfo = UTC,
) -> DealView:  # fmt: skip
    """A deal as a template sees it."""
    known = facts_of(deal, contact.address if contact else None, zone)
    return DealView(
        title=plain(deal.title),
        company=plain(deal.company_name),
        topic=plain(known.topic),
        offer=_offer(known, deal, language, country),
        proposal_date=known.proposed,
        signed_date=known.signed,
        fact=_said(known, language, formal, country),
        amount=plain(known.amount),
        document=plain(known.document),
        ref=deal.ref,
        stage=deal.stage.value.replace("_", " "),
        bucket=deal.stage.bucket,
    )


def _offer(known: Facts, deal: Deal, language: str, country: str) -> str:
    """The proposal, with what tells it from others in brackets."""
    if known.proposed is None:
        return ""
    signed = any(item.event is Event.SIGNED and not item.withdrawn for item in deal.evidence)
    opened, closed = _marks(language)
    telling = not signed and says_more(known.document, f"{deal.company_name} {deal.company}")
    named = known.document if telling else known.topic
    details = ", ".join(filter(None, (f"{opened}{plain(named)}{closed}" if named else "", plain(known.amount))))
    base = _OFFER.get(language, _OFFER["en"]).format(day=_day(known.proposed, language, country))
    return f"{base} ({details})" if details else base


def _said(known: Facts, language: str, formal: bool, country: str) -> str:
    if not known.said or known.said_on is None:
        return ""
    opened, closed = _marks(language)
    words = _SAID.get((language, formal)) or _SAID["en", False]
    return words.format(day=_day(known.said_on, language, country), quote=f"{opened}{plain(known.said)}{closed}")


def _marks(language: str) -> tuple[str, str]:
    marks = _QUOTES.get(language, _QUOTES["en"])
    opened, closed = marks[0], marks[1]
    return (f"{opened}\u00a0", f"\u00a0{closed}") if language == "fr" else (opened, closed)


def _day(day: date, language: str, country: str) -> str:
    return in_words(day, language, country)


def person_view(party: Party, role: str = "") -> PersonView:
    """Anybody else as a template sees them."""
    return PersonView(
        name=whole_name(party.name), first_name=person(party.name, party.address).first, role=plain(role),
        address=party.address,
    )  # fmt: skip


def introduced(deal: Deal, found_in: tuple[str, ...]) -> PersonView:
    """Who was introduced in one of these mails, else last of all."""
    shown = [item for item in deal.evidence if item.event is Event.INTRODUCTION and item.people and not item.withdrawn]
    here = [item for item in shown if item.found_in in found_in]
    newest = max(here or shown, key=lambda item: item.at, default=None)
    return person_view(newest.people[0]) if newest else PersonView()


def referrer(contact: Contact | None) -> PersonView:
    """Who brought us together, by name where a mail has shown it."""
    if contact is None or contact.referred_by is None:
        return PersonView()
    return person_view(Party(address=contact.referred_by, name=contact.referrer))


def firm_view(firm: Firm, template: Template, country: str, *, formal: bool) -> FirmView:
    """Us; postal address and way out only where the law wants them below this mail."""
    return FirmView(
        name=plain(firm.name),
        postal_address=firm.postal_address.strip() if wants_address(template, country, firm) else "",
        opt_out_line=way_out(firm, template.language, formal=formal) if wants_way_out(template, country, firm) else "",
        services=tuple(plain(one) for one in firm.services),
        delivery=tuple(person_view(one.party, one.role) for one in firm.delivery),
    )


def ideal_person(ideal: IdealClient, firm: Firm, language: str) -> str:
    """The one kind of person asked for, in the language of the mail; "" where nobody has written it in that."""
    return plain(ideal.person_in.get(language, "") or (ideal.person if language == firm.language else ""))


def small_print(firm: FirmView, body: str) -> str:
    """What the law wants below this mail, as far as its template has not said it already."""
    return "\n".join(line for line in (firm.postal_address, firm.opt_out_line) if line and line not in body)
