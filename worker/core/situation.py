"""How things stand between owner and contact: who spoke last, who owes the next word, who may be written to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from worker.core.books import Books
from worker.core.calendar import Locale
from worker.core.firm import Firm, IdealClient
from worker.core.model import (
    Address,
    Bucket,
    Contact,
    Deal,
    Event,
    LoggedMail,
    Party,
    Speaker,
    Strength,
    Suppressed,
    Suppression,
)
from worker.core.playbook import Mode, Playbook
from worker.core.spoken import spoken
from worker.core.whereabouts import whereabouts

AWAY_WITHOUT_DATE = timedelta(days=14)
"""How long an absence lasts that names no day of return."""
_FOR_GOOD = timedelta(days=3000)
"""A pause for longer has no end."""
_TALKED_LATELY = timedelta(days=10)
_SMALL_TALK = frozenset({"check_in", "cross_sell"})
_BY_HAND = {
    "opening": ("thank you", "thanks for", "many thanks", "welcome", "glad to have you", "danke", "willkommen", "merci",
                "bienvenue", "gracias", "bienvenid", "bedankt", "welkom", "grazie", "benvenut"),
    "ask_referral": ("introduce me", "introduction", "refer ", "referral", "recommend", "anybody else who", "anyone else who",
                     "somebody else who", "someone else who", "empfehl", "weiterempf", "vorstellen", "recommand", "recomend"),
    "ask_introduction": ("introduce me", "introduction", "anybody else who", "anyone else who", "empfehl", "vorstellen"),
    "ask_testimonial": ("testimonial", "a few words about", "a few lines about", "quote you", "referenz", "témoignage",
                        "testimonio"),
}  # fmt: skip
"""Words of the owner that show that a step was done by hand, by the purpose of the mail that it would have been."""
LONGEST_ABSENCE = timedelta(days=366)
"""A return in 2199 is a slip of the pen; nobody is forgotten for it."""
_PROCUREMENT = ("accounts", "accounting", "ap", "invoices", "invoice", "billing", "procurement", "purchasing", "finance",
                "buchhaltung", "rechnung", "einkauf", "comptabilite", "facturation", "administratie")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """How much may leave at the most."""

    per_hour: int = 20
    per_day: int = 100
    per_contact_per_week: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a person across deals."""

    sent: tuple[datetime, ...] = ()
    """When the worker's last mails to them left, or will leave."""
    label: Bucket = Bucket.SUSPECT
    mails: tuple[tuple[datetime, str], ...] = ()
    """The worker's last mails to them in all of their deals, each with its purpose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything besides the deal itself that a decision rests on."""

    address: Address
    books: Books
    home: Locale
    """The owner's place, and the days on which they are away."""
    suppression: Suppression
    purposes: Mapping[str, str] = field(default_factory=dict)
    """Template name -> purpose."""
    languages: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Template name -> the languages in which there is a text of it."""
    mode: Mode = Mode.APPROVE
    firm: Firm = Firm()
    ideal: IdealClient = IdealClient()
    people: Mapping[Address, Known] = field(default_factory=dict)
    caps: Caps = Caps()
    outcomes: Mapping[Address, datetime] = field(default_factory=dict)
    """Whoever was introduced by the people of this deal and is a client now, and since when."""
    watched: bool = False
    """The owner's own mailbox is read, so that replies are seen."""
    approved: bool = False
    """A rehearsal: whatever needs the owner's yes is treated as if they had given it."""
    sent_last_hour: int = 0
    sent_last_day: int = 0

    def book(self, slug: str) -> Playbook | None:
        return self.books.get(slug)

    def known(self, address: Address) -> Known:
        return self.people.get(address, Known())


def suppressed(address: Address, world: World) -> Suppressed | None:
    """Why this person gets no mail for good; None where they may."""
    entry = world.suppression.people.get(address)
    return entry if entry and (entry.opted_out or entry.dead) else None


def away(address: Address, suppression: Suppression) -> tuple[tuple[date, date], ...]:
    """The days of a person's absence, the day of return included: nobody is written to on that day."""
    entry = suppression.people.get(address)
    if entry is None or entry.away_from is None:
        return ()
    until = entry.away_until or (entry.away_from + AWAY_WITHOUT_DATE).date()
    return ((entry.away_from.date(), min(until, (entry.away_from + LONGEST_ABSENCE).date())),)


def locale(contact: Contact, world: World) -> Locale:
    """Where a contact is: by the offsets of their own mail, then their domain, then the owner's place."""
    domain, home = contact.address.rpartition("@")[2], world.home
    found = whereabouts(contact.offsets, domain, home.zone, home.country)
    return Locale(
        # What goes out in the name of somebody who is away themselves meets nobody who could take the answer.
        zone=found.zone, country=found.country, away=(*away(contact.address, world.suppression), *home.away), sender=home.country,
        home=home.zone, or_zone=found.or_zone,
    )  # fmt: skip


def main_contact(deal: Deal, world: World) -> Contact | None:
    """Who talked most with the owner and may be written to; never accounts or procurement."""
    open_to_us = [contact for contact in deal.contacts if suppressed(contact.address, world) is None]
    people = [contact for contact in open_to_us if contact.address.partition("@")[0] not in _PROCUREMENT]
    return max(people or open_to_us, key=lambda contact: contact.words, default=None)


def last_word(deal: Deal, speaker: Speaker) -> LoggedMail | None:
    words = spoken(deal, speaker)
    return words[-1] if words else None


def unanswered(deal: Deal) -> LoggedMail | None:
    """The owner's last mail that asked something, where the contact has not said a word since."""
    theirs = last_word(deal, Speaker.CONTACT)
    asked = [mail for mail in spoken(deal, Speaker.OWNER) if mail.asks]
    if not asked or (theirs is not None and theirs.at >= asked[-1].at):
        return None
    return asked[-1]


def replies_are_seen(deal: Deal, world: World) -> bool:
    """Whether an answer would reach the worker at all, or the owner has said that there was none."""
    asked = unanswered(deal)
    told = any(one.id == unseen_id(asked) and one.answer == "no" for one in deal.questions) if asked else False
    return told or world.watched or any(mail.speaker is Speaker.CONTACT for mail in deal.log)


def unseen_id(asked: LoggedMail) -> str:
    """Of the question whether a mail has been answered where the worker cannot see it."""
    return f"unseen/{asked.id}"


def open_complaint(deal: Deal) -> bool:
    """Whether somebody has complained and nobody has said yet that it is settled."""
    last: dict[Event, datetime] = {}
    for item in deal.evidence:
        if item.withdrawn or item.strength is Strength.WEAK:
            continue
        if item.event in (Event.COMPLAINT, Event.COMPLAINT_RESOLVED):
            last[item.event] = max(item.at, last.get(item.event, item.at))
    complaint, resolved = last.get(Event.COMPLAINT), last.get(Event.COMPLAINT_RESOLVED)
    return complaint is not None and (resolved is None or resolved < complaint)


def on_the_same_day(moment: datetime, others: Iterable[datetime], place: Locale) -> bool:
    """Whether any of the others lies on the same day of the place."""
    day = moment.astimezone(place.zone).date()
    return any(other.astimezone(place.zone).date() == day for other in others)


def quiet_from(purpose: str, deal: Deal) -> datetime:
    """From when a mail of this purpose would not break into a conversation: a talk of this week is the check-in."""
    words = [*spoken(deal, Speaker.CONTACT), *spoken(deal, Speaker.OWNER)]
    if purpose not in _SMALL_TALK or not words:
        return deal.created
    return max(mail.at for mail in words) + _TALKED_LATELY


def done_by_hand(purpose: str, since: datetime, deal: Deal) -> bool:
    """Whether the owner has done since then what a mail of this purpose would do."""
    return any(_does(purpose, mail, deal) for mail in spoken(deal, Speaker.OWNER) if mail.at > since)


def _does(purpose: str, mail: LoggedMail, deal: Deal) -> bool:
    if purpose == "handover":
        return introduces_a_colleague(mail, deal)
    said = mail.extract.casefold()
    return any(word in said for word in _BY_HAND.get(purpose, ()))


def introduces_a_colleague(mail: LoggedMail, deal: Deal) -> bool:
    """Whether the owner has written to the contact with somebody of the own house in copy."""
    house = deal.owner.address.rpartition("@")[2]
    others = [one for one in mail.to if one.endswith(f"@{house}") and one != deal.owner.address]
    people = {contact.address for contact in deal.contacts}
    return any("+" not in one and one not in people for one in others) and bool(people & set(mail.to))


def has(deal: Deal, event: Event) -> bool:
    return any(item.event is event and not item.withdrawn and item.strength is not Strength.WEAK
               for item in deal.evidence)  # fmt: skip


def paused_in_words(until: datetime, now: datetime) -> str:
    """For how long the owner wants nothing sent: to a day, or for as long as they say nothing else."""
    return "until you say resume" if until - now > _FOR_GOOD else f"until {until:%d %B %Y}"


def party(contact: Contact) -> Party:
    return Party(address=contact.address, name=contact.name)
