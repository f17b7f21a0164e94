"""What the planner hands over: the deal as it will be, and the mails that still have to be written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from worker.core.model import Address, Deal, Evidence, Letter, MessageId


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A mail that was decided on, before its template is filled in."""

    id: str
    """Deal, run and step: a draft of the same id is never written twice."""
    template: str
    to: Address
    send_at: datetime
    why: str
    found_in: tuple[MessageId, ...]
    run: str = ""
    step: str = ""
    playbook: str = ""
    approve: bool = False
    """The owner has to say yes first."""
    to_owner: bool = False
    text: str = ""
    """Of a task, a question or an alert, as the playbook words it."""
    quotes: tuple[Evidence, ...] = ()
    question: str = ""
    """Id of the question that this mail to the owner puts."""
    thread: str = ""
    """same or new; "" leaves it to the template."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The outcome of planning: nothing has happened yet."""

    deal: Deal
    drafts: tuple[Draft, ...] = ()
    letters: tuple[Letter, ...] = ()
    """Mails that the owner has approved: ready as they are."""
