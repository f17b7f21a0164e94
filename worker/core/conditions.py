"""The conditions of playbooks that look at more than the last word: hand-over, services, successors, good-byes."""

from __future__ import annotations

from worker.core.lifecycle import label
from worker.core.model import Action, Bucket, Contact, Deal, Event, Speaker
from worker.core.playbook import Condition
from worker.core.situation import World
from worker.core.spoken import spoken
from worker.core.standing import (
    delivery_wrote,
    introduced_at,
    services_left,
    stands,
    successor,
    was_client,
)


def is_so(condition: Condition, deal: Deal, contact: Contact, world: World) -> bool:
    """Whether one of them is true of a deal now; one that is none of them is not."""
    match condition:
        case Condition.INTRODUCED:
            return introduced_at(deal, world) is not None
        case Condition.DELIVERY_SILENT:
            return delivery_wrote(deal, world) is None
        case Condition.SERVICES_LEFT:
            return bool(services_left(deal, world.firm))
        case Condition.SERVICES_UNKNOWN:
            return not world.firm.services
        case Condition.SUCCESSOR_KNOWN:
            return successor(deal, world) is not None
        case Condition.SUCCESSOR_UNKNOWN:
            return successor(deal, world) is None
        case Condition.WAS_CLIENT:
            return was_client(deal)
        case Condition.NOT_CLIENT:
            return label((deal.stage,)) is not Bucket.CLIENT and world.known(contact.address).label is not Bucket.CLIENT
        case Condition.NO_DAY_NAMED:
            return not any(item.day and stands(item) for item in deal.evidence
                           if item.event in (Event.DATE_NAMED, Event.NOT_NOW))  # fmt: skip
        case Condition.WROTE_ONCE:
            return len(spoken(deal, Speaker.OWNER)) == 1
        case Condition.ADDRESS_KNOWN:
            return bool(world.firm.postal_address.strip())
        case Condition.COMPLAINT_MADE:
            return any(item.event is Event.COMPLAINT and stands(item) for item in deal.evidence)
        case Condition.NO_GOOD_BYE:
            return not any(row.action is Action.SEND and row.purpose == "drop_off" for row in deal.decisions)
        case _:
            return False
