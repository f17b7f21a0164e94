"""A step as it is for one person: their variant of the mail, and a hand-over to people whom nobody knows as a task."""

from __future__ import annotations

from dataclasses import replace

from worker.core.desk import Desk
from worker.core.model import Contact
from worker.core.playbook import Handover, Send, Step, Task, Variant
from worker.core.starting import holds

_HAND_OVER = (
    "Introduce whoever does the work to {{ contact.called }} in one mail with all of you in it, and stay in copy. "
    "If the people of delivery stood in firm.yaml, I could write that mail."
)


def fitted(step: Step, contact: Contact, desk: Desk) -> Step:
    """The step as it is for this person: their variant of the mail; a hand-over to people whom nobody knows is a task."""
    match step.deed:
        case Send(variants=variants) as deed:
            for one in variants:
                if _is_for(one, contact, desk):
                    return replace(step, deed=replace(deed, template=one.template))
        case Handover() if not desk.world.firm.delivery:
            return replace(step, deed=Task(text=_HAND_OVER))
        case Handover(template=template, thread=thread):
            return replace(step, deed=Send(template=template, thread=thread))
        case _:
            pass
    return step


def _is_for(variant: Variant, contact: Contact, desk: Desk) -> bool:
    if variant.condition is not None:
        return holds(variant.condition, desk.deal, contact, desk.world)
    return contact.language == variant.language
