"""When a mail goes to its owner first although it might leave by itself, and when it does not go at all."""

from __future__ import annotations

from worker.core.facts import facts_of
from worker.core.firm import Firm
from worker.core.model import Contact, Deal, Speaker
from worker.core.rapport import language_with
from worker.core.situation import World
from worker.core.template import Purpose

_NEEDS_A_FACT = frozenset({Purpose.NUDGE, Purpose.CHECK_IN})


def caution(template: str, contact: Contact, deal: Deal, world: World) -> str:
    """Why the owner is asked before this mail leaves; "" where nothing speaks against it.

    A first touch is always asked for; so is a nudge or a check-in without one concrete fact of the deal, and a mail for
    which there is no text in the language in which the two write with each other.
    """
    purpose = world.purposes.get(template, "")
    if purpose == Purpose.FIRST_TOUCH:
        return "a first touch never leaves without your yes"
    if purpose in _NEEDS_A_FACT and not facts_of(deal, contact.address, world.home.zone).concrete:
        return "nothing is known of this deal that the mail could rest on"
    language = language_with(contact, deal, world.firm.language)
    known = world.languages.get(template)
    if known and language not in known:
        return f'there is no text of {template} in their language ("{language}")'
    return ""


def refusal(template: str, contact: Contact, deal: Deal, firm: Firm) -> str:
    """Why this mail is not sent at all, and what to do about it; "" where it may be.

    Cold mail names the sender's postal address (see core/law); without one it does not leave.
    """
    if not template.startswith("suspect/") or firm.postal_address.strip():
        return ""
    known = contact.referred_by is not None or any(
        mail.speaker is Speaker.CONTACT and mail.sender == contact.address for mail in deal.log
    )
    if known:
        return ""
    return "mail to a suspect needs your postal address: write it into playbooks/firm/firm.yaml"
