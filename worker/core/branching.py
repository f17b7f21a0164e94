"""Which branch of a step an answer, or its absence, sets off."""

from __future__ import annotations

from datetime import datetime

from worker.core.calendar import later
from worker.core.desk import ASKED, Desk
from worker.core.model import LoggedMail, Run, Speaker, Strength
from worker.core.playbook import ANSWER_EVENTS, Answer, Branch
from worker.core.situation import locale
from worker.core.spoken import spoken
from worker.core.stopping import Reason

_OWNER_SAYS = {Answer.OWNER_YES: "yes", Answer.OWNER_NO: "no"}


def fires(branch: Branch, run: Run, desk: Desk) -> Reason | None:
    """Why this branch is followed now; None where it is not."""
    since = run.since or run.started
    if branch.answer is Answer.SILENCE:
        contact = next((one for one in desk.deal.contacts if one.address == run.contact), None)
        if contact is None or branch.after is None or _heard_since(since, desk):
            return None
        due = later(since, branch.after, locale(contact, desk.world))
        if due > desk.now:
            desk.wake.append(due)
            return None
        return Reason(why=f"silence after {branch.after}", found_in=run.found_in)
    if branch.answer is Answer.ANYTHING:
        heard = _heard_since(since, desk)
        return Reason(why=f"{heard[0].sender} replied", found_in=(heard[0].id,)) if heard else None
    if branch.answer in _OWNER_SAYS:
        said = _OWNER_SAYS[branch.answer]
        # The answers of the last step alone: an earlier question was about something else.
        asked = [
            one for one in desk.deal.questions if one.run == run.id and one.step == run.done[-1] and one.kind == ASKED
        ]
        return (
            Reason(why=f"the owner said {said}", found_in=run.found_in) if asked and asked[-1].answer == said else None
        )
    event = ANSWER_EVENTS[branch.answer]
    for item in desk.deal.evidence:
        if item.event is event and item.at > since and item.strength is not Strength.WEAK:
            return Reason(why=f'{branch.answer}: "{item.quote}"', found_in=(item.found_in,))
    return None


def _heard_since(since: datetime, desk: Desk) -> list[LoggedMail]:
    return [mail for mail in spoken(desk.deal, Speaker.CONTACT) if mail.at > since]
