"""The rhythm of looking after a client: what beats what, how far apart, and when a voice is better than a mail."""

from __future__ import annotations

from datetime import datetime, timedelta

from worker.core.model import Action, Contact, Deal, Speaker
from worker.core.playbook import Playbook, Send
from worker.core.situation import World, last_word

APART = timedelta(days=21)
"""Between two mails of care to one person, whatever deals they have with us."""
RANK = {"anniversary": 3, "cross_sell": 2, "check_in": 1}
"""The anniversary beats the services, which beat a check-in."""
ASKING = frozenset({"check_in", "cross_sell"})
"""What waits for a word; an anniversary wants none."""
UNANSWERED = 2
"""So many mails of care without a word: the next one is a call."""
ONCE = frozenset({
    "opening", "ask_referral", "ask_introduction", "ask_testimonial", "handover", "handover_check", "delivered",
})  # fmt: skip
"""What nobody gets twice in a year for one deal, though money went back and came again."""
_A_YEAR = timedelta(days=330)


def is_care(purpose: str) -> bool:
    return purpose in RANK


def is_care_book(book: Playbook, world: World) -> bool:
    """Whether all that a playbook writes is care: it goes on for clients who were clients before the worker came."""
    written = [world.purposes.get(step.deed.template, "") for step in book.steps if isinstance(step.deed, Send)]
    return bool(written) and all(map(is_care, written))


def care_sent(contact: Contact, deal: Deal, world: World) -> list[tuple[datetime, str]]:
    """The mails of care to a person, of this deal and of their others, oldest first."""
    own = {(row.at, row.purpose) for row in deal.decisions
           if row.action is Action.SEND and contact.address in row.to}  # fmt: skip
    return sorted(mail for mail in own | set(world.known(contact.address).mails) if is_care(mail[1]))


def quiet_until(purpose: str, contact: Contact, deal: Deal, world: World) -> datetime | None:
    """Until when a mail of care would come too soon after another one; None where none went before."""
    sent = care_sent(contact, deal, world) if is_care(purpose) else []
    return sent[-1][0] + APART if sent else None


def beaten_by_the_past(purpose: str, due: datetime, contact: Contact, deal: Deal, world: World) -> bool:
    """Whether something that beats it went out so shortly before it was due that it need not come at all."""
    rank = RANK.get(purpose, 0)
    return rank > 0 and any(RANK[other] > rank and at <= due + APART and due - at < APART
                            for at, other in care_sent(contact, deal, world))  # fmt: skip


def wants_a_voice(purpose: str, contact: Contact, deal: Deal) -> bool:
    """Whether two mails of care have stayed without a word: then the owner rings instead."""
    if purpose not in ASKING:
        return False
    word = last_word(deal, Speaker.CONTACT)
    since = word.at if word else deal.created
    sent = [row for row in deal.decisions if row.action is Action.SEND and contact.address in row.to
            and row.purpose in ASKING and row.at > since]  # fmt: skip
    return len(sent) >= UNANSWERED


def was_sent(purpose: str, contact: Contact, deal: Deal, begun: datetime) -> bool:
    """Whether a thing that is said once had been said in the year before a playbook began."""
    return purpose in ONCE and any(
        row.action is Action.SEND
        and row.purpose == purpose
        and contact.address in row.to
        and begun - _A_YEAR < row.at < begun
        for row in deal.decisions
    )
