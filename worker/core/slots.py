"""The moment at which a mail may leave: in the window, held back by the spread, one a day and not too many a week."""

from __future__ import annotations

from datetime import datetime, timedelta

from worker.core.calendar import spread
from worker.core.desk import Desk
from worker.core.model import Contact
from worker.core.playbook import Playbook
from worker.core.situation import locale, on_the_same_day
from worker.core.stopping import letter_counts


def send_at(id: str, purpose: str, contact: Contact, book: Playbook, desk: Desk, at: datetime) -> datetime:
    """When a mail leaves: in the window, held back by the spread, one a day and not too many a week for a person."""
    place = locale(contact, desk.world)
    moment = spread(at, book.hours, place, id)
    if not letter_counts(purpose):
        return moment
    sent = (*desk.world.known(contact.address).sent, *_about_to_be_sent(contact, desk))
    for _ in range(60):
        # What waits to leave later in the week counts as well.
        week = [one for one in sent if abs(moment - one) < timedelta(days=7)]
        full = len(week) >= desk.world.caps.per_contact_per_week
        if not full and not on_the_same_day(moment, sent, place):
            return moment
        tomorrow = moment.astimezone(place.zone) + timedelta(days=1)
        moment = spread(tomorrow.replace(hour=0, minute=0, second=0), book.hours, place, id)
    return moment


def _about_to_be_sent(contact: Contact, desk: Desk) -> list[datetime]:
    drafts = [draft.send_at for draft in desk.drafts if draft.to == contact.address
              and letter_counts(desk.world.purposes.get(draft.template, ""))]  # fmt: skip
    letters = [letter.send_at for letter in desk.letters for one in letter.to
               if one.address == contact.address and letter_counts(letter.purpose)]  # fmt: skip
    return drafts + letters
