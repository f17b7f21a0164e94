"""How somebody is written to: language, du or Sie, closing and name, by the owner's mails to them and to their firm."""

from __future__ import annotations

from collections.abc import Iterator

from worker.core.domains import company_of
from worker.core.manners import closing_fits
from worker.core.model import Contact, Deal

_WITH_FORMS = frozenset({"de", "fr", "es", "nl", "it", "pt"})
"""Languages in which people are either du or Sie."""


def language_with(contact: Contact | None, deal: Deal, default: str) -> str:
    """The language in which they write with each other, else that of their colleagues in the deal, else the firm's."""
    return next((one.language for one in _nearest(contact, deal) if one.language), default)


def formal_with(contact: Contact | None, deal: Deal, language: str) -> bool:
    """Sie, vous, usted, u: as the owner writes to them, else to others of their firm, else always."""
    if language not in _WITH_FORMS:
        return False
    return next((one.formal for one in _nearest(contact, deal) if one.formal is not None), True)


def closing_with(contact: Contact | None, deal: Deal, language: str) -> str | None:
    """The line above the owner's name, "" where they use none; None where none is known in this language."""
    return next(
        (one.closing for one in _nearest(contact, deal) if one.signed and closing_fits(one.closing, language)), None
    )


def signed_with(contact: Contact | None, deal: Deal) -> str:
    """The owner's name as they sign to them; "" where none is known."""
    return next((one.signed for one in _nearest(contact, deal) if one.signed), "")


def _nearest(contact: Contact | None, deal: Deal) -> Iterator[Contact]:
    """The contact, then who else of the same firm is in the deal, who talks most first."""
    if contact is None:
        return
    yield contact
    firm = company_of(contact.address)
    others = [one for one in deal.contacts if one is not contact and firm and company_of(one.address) == firm]
    yield from sorted(others, key=lambda one: -one.words)
