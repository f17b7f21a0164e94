"""How a deal stands beside its talk: the hand-over, what has been bought, when money is due, when the term ends."""

from __future__ import annotations

import calendar
from datetime import date, datetime, time, timedelta

from worker.core.calendar import Locale
from worker.core.firm import Firm
from worker.core.lifecycle import moves
from worker.core.model import (
    Action,
    Address,
    Bucket,
    Contact,
    Deal,
    Event,
    Evidence,
    LoggedMail,
    Speaker,
    Strength,
)
from worker.core.situation import World, introduces_a_colleague, suppressed
from worker.core.spoken import spoken

USUAL_TERMS = timedelta(days=14)
"""Within which an invoice is paid that names no day."""
_NOON = time(12, 0)


def stands(item: Evidence) -> bool:
    """Whether evidence counts for more than a number."""
    return not item.withdrawn and item.strength is not Strength.WEAK


def became_client(deal: Deal) -> datetime | None:
    """When the newest close was; None for whoever is no client now."""
    if deal.stage.bucket is not Bucket.CLIENT:
        return None
    for change, before in zip(reversed(deal.stages), [*reversed(deal.stages[:-1]), None], strict=True):
        if before is None or before.stage.bucket is not Bucket.CLIENT:
            return change.at
    return None


# -- the hand-over -----------------------------------------------------------------------


def introduced_at(deal: Deal, world: World) -> datetime | None:
    """When the client was brought together with the people of delivery: by hand, or by a mail of ours."""
    people = {one.party.address for one in world.firm.delivery}
    known = {contact.address for contact in deal.contacts}
    by_hand = [mail.at for mail in spoken(deal, Speaker.OWNER)
               if (people & set(mail.to) and known & set(mail.to)) or introduces_a_colleague(mail, deal)]  # fmt: skip
    ours = [row.at for row in deal.decisions if row.action is Action.SEND and row.purpose == "handover"]
    return min([*by_hand, *ours], default=None)


def delivery_wrote(deal: Deal, world: World) -> LoggedMail | None:
    """The first mail to the client of somebody who delivers, since they were introduced or the client became one."""
    since = introduced_at(deal, world) or became_client(deal) or deal.created
    known = {contact.address for contact in deal.contacts}
    for mail in sorted(deal.log, key=lambda one: one.at):
        theirs = mail.sender is not None and _delivers(mail.sender, deal, world) and bool(known & set(mail.to))
        if theirs and mail.at >= since:
            return mail
    return None


def _delivers(address: Address, deal: Deal, world: World) -> bool:
    if any(one.party.address == address for one in world.firm.delivery):
        return True
    house = deal.owner.address.rpartition("@")[2]
    return address != deal.owner.address and address.endswith(f"@{house}") and address != world.address


# -- what they have, and what they could have ------------------------------------------------


def services_left(deal: Deal, firm: Firm) -> tuple[str, ...]:
    """The services of the firm that this client has not bought, as far as their mail tells."""
    texts = [deal.title, *(mail.subject for mail in deal.log), *(mail.extract for mail in deal.log)]
    texts += [f"{item.document} {item.quote}" for item in deal.evidence]
    said = " ".join(" ".join(texts).casefold().split())
    return tuple(service for service in firm.services if " ".join(service.casefold().split()) not in said)


# -- money -------------------------------------------------------------------------------


def payment_due(deal: Deal, place: Locale) -> datetime | None:
    """When the first payment is due: the day that invoice or contact names last, else two weeks after the invoice."""
    if not deal.stages:
        return None
    signed = deal.stages[-1].at
    invoices = [item for item in deal.evidence if item.event is Event.INVOICE_SENT and stands(item)]
    newest = max(invoices, key=lambda item: item.at, default=None)
    promised = [item for item in deal.evidence if item.event is Event.DATE_NAMED and item.day and stands(item)
                and item.speaker is Speaker.CONTACT and item.at > signed]  # fmt: skip
    days = [item.day for item in promised if item.day]
    if newest is not None and newest.day is not None and newest.day >= newest.at.date():
        days.append(newest.day)
    if days:
        return max(signed, datetime.combine(max(days), _NOON, place.zone))
    return max(signed, newest.at if newest else signed) + USUAL_TERMS


def is_said_to_be_paid(deal: Deal) -> Evidence | None:
    """Where somebody has said that the money is on its way, and nobody has denied it."""
    told = [item for item in deal.evidence if item.event is Event.PAYMENT_RECEIVED and stands(item) and not moves(item)]
    return max(told, key=lambda item: item.at, default=None)


# -- the term ------------------------------------------------------------------------------


def term_ends(deal: Deal) -> date | None:
    """The day on which the agreement ends, where its term is known: a day, or so many months from the close."""
    if deal.term_ends is not None:
        return deal.term_ends
    begun = became_client(deal)
    if begun is None or not deal.term_months:
        return None
    months = begun.year * 12 + begun.month - 1 + deal.term_months
    year, month = divmod(months, 12)
    return date(year, month + 1, min(begun.day, calendar.monthrange(year, month + 1)[1]))


# -- people ------------------------------------------------------------------------------


def successor(deal: Deal, world: World) -> tuple[Contact, Evidence] | None:
    """Who follows somebody that has left, where that is known and they may be written to."""
    for item in sorted(deal.evidence, key=lambda one: one.at, reverse=True):
        if item.event is not Event.LEFT_COMPANY or not stands(item):
            continue
        named = {person.address for person in item.people}
        for contact in deal.contacts:
            if contact.address in named and contact.address != item.by and suppressed(contact.address, world) is None:
                return contact, item
    return None


def was_client(deal: Deal) -> bool:
    """Whether it was a client at any time."""
    return any(change.stage.bucket is Bucket.CLIENT for change in deal.stages)
