"""Decides what happens next to a deal: which playbook begins, which step is due, what has to stop, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from worker.core import disqualify, lifecycle
from worker.core.desk import Desk
from worker.core.lifecycle import CERTAIN_ONLY, NEXT
from worker.core.model import (
    Action,
    Bucket,
    Deal,
    Event,
    Evidence,
    MessageId,
    Outbox,
    Question,
    RunState,
    Stage,
    StageChange,
    Strength,
)
from worker.core.outbox import UNCERTAIN_FOR
from worker.core.plan import Draft, Plan
from worker.core.situation import World, paused_in_words
from worker.core.starting import starts, unseen
from worker.core.stepping import advance, begin

_PASSES = 5
"""An exit changes the stage, the stage may begin a playbook: a few rounds settle it."""
_ASK_AGAIN = timedelta(days=90)


def plan(deal: Deal, world: World, now: datetime) -> Plan:
    """Plan one deal at one moment. Planning the outcome again plans nothing new."""
    desk = Desk(deal=deal, world=world, now=now)
    _restage(desk)
    _paused(desk)
    for _ in range(_PASSES):
        before = desk.deal
        for run in desk.deal.runs:
            if run.state in (RunState.ACTIVE, RunState.HELD):
                advance(run, desk)
        if desk.deal.evidence is not before.evidence:
            _restage(desk)
        for start in starts(desk.candidates(), desk.deal, world, now):
            begin(start, desk)
        if desk.deal == before:
            break
    _doubts(desk)
    _unseen(desk)
    _time_waster(desk)
    _way_back(desk)
    _uncertain(desk)
    _reminders(desk)
    desk.deal = replace(desk.deal, due_at=_due(desk))
    return Plan(deal=desk.deal, drafts=tuple(desk.drafts), letters=tuple(desk.letters))


def _restage(desk: Desk) -> None:
    """Fold the evidence again, and write down each stage that is new."""
    old, new = desk.deal.stages, lifecycle.fold(desk.deal, desk.now)
    if new == old:
        return
    known = {(change.stage, change.at) for change in old}
    reached = [change for change in new if (change.stage, change.at) not in known]
    if not reached or reached[-1].stage is not new[-1].stage:
        reached = [*reached, new[-1]] if not old or old[-1].stage is not new[-1].stage else []
    for change in reached:
        desk.deal = replace(desk.deal, stages=_until(new, change))
        desk.decide(Action.STAGE, change.why, change.found_in)
    desk.deal = replace(desk.deal, stages=new)


def _until(stages: tuple[StageChange, ...], last: StageChange) -> tuple[StageChange, ...]:
    return stages[: stages.index(last) + 1]


def _paused(desk: Desk) -> None:
    """Write down once that the owner has paused the deal."""
    until = desk.deal.paused_until
    if until is None or until <= desk.now:
        return
    why = f"paused by the owner {paused_in_words(until, desk.now)}"
    if not any(row.action is Action.HOLD and row.why == why for row in desk.deal.decisions):
        to = tuple(contact.address for contact in desk.deal.contacts)
        desk.decide(Action.HOLD, why, tuple(mail.id for mail in desk.deal.log[-1:]), to=to)


def _reminders(desk: Desk) -> None:
    """What was put off to a day comes back on that day."""
    for one in desk.deal.questions:
        if one.kind != "reminder" or one.answer or one.due is None:
            continue
        if one.due > desk.now:
            desk.wake.append(one.due)
            continue
        desk.answer(one, "told")
        if desk.deal.stage not in (Stage.DISQUALIFIED, Stage.OPTED_OUT):
            desk.tell(Action.TASK, _reminder_draft(one, desk), purpose="task")


def _reminder_draft(one: Question, desk: Desk) -> Draft:
    run = next((run for run in desk.deal.runs if run.id == one.run), None)
    return Draft(
        id=f"{one.id}/told" if run else f"{desk.deal.id}/{one.id}/told",
        template="owner/task",
        to=desk.deal.owner.address,
        send_at=desk.now,
        why=f"it was put off until today on {one.asked:%d %B %Y}",
        found_in=run.found_in if run else (MessageId(one.id.partition("/")[2]),),
        run=one.run,
        step=one.step,
        playbook=run.playbook if run else "",
        to_owner=True,
        text=one.text,
    )


# -- what the owner has to say -------------------------------------------------------------


def _doubts(desk: Desk) -> None:
    """Where a signature or money is only likely, the owner is asked: nothing moves on a guess."""
    for item in desk.deal.evidence:
        if _is_doubt(item, desk.deal) and not desk.has_asked(_doubt_id(item)):
            _put_question(item, desk)


def _unseen(desk: Desk) -> None:
    """Where no reply would be seen, silence is a question to the owner and not a mail to the contact."""
    for start in unseen(desk.candidates(), desk.deal, desk.world, desk.now):
        id = f"unseen/{start.found_in[-1]}"
        if desk.has_asked(id):
            continue
        who = start.contact.name or start.contact.address
        text = f"Has {who} answered you? I cannot see it. yes: I leave them in peace, no: I follow up."
        desk.tell(
            Action.ASK,
            replace(_question_draft(id, text, f"{start.why}, as far as I can see", (), desk), found_in=start.found_in),
            question=Question(id=id, kind="unseen", asked=desk.now, text=text),
            purpose="question",
        )


def _is_doubt(item: Evidence, deal: Deal) -> bool:
    if item.withdrawn or item.event not in CERTAIN_ONLY or (deal.stage, item.event) not in NEXT:
        return False
    if deal.live_from is not None and item.at < deal.live_from:
        return False
    settled = any(
        other.event is item.event and lifecycle.moves(other) and other.at >= item.at
        and not lifecycle.is_part(other, deal)
        for other in deal.evidence
    )  # fmt: skip
    if settled:
        return False
    if item.document_kind == "nda":
        return False
    certain_of_something_else = item.document_kind == "other" or lifecycle.is_part(item, deal)
    return item.strength is Strength.LIKELY or (item.strength is Strength.CERTAIN and certain_of_something_else)


def _doubt_id(item: Evidence) -> str:
    return f"doubt/{item.event}/{item.found_in}"


def _put_question(item: Evidence, desk: Desk) -> None:
    open_already = [one for one in desk.deal.questions
                    if one.kind == "doubt" and not one.answer and one.evidence and one.evidence[0].event is item.event]  # fmt: skip
    if open_already:
        return
    what = {Event.SIGNED: "Is the agreement signed by all?", Event.PAYMENT_RECEIVED: "Has the first payment come?"}
    text = what.get(item.event, f"Is it so: {item.event.replace('_', ' ')}?")
    desk.tell(
        Action.ASK,
        _question_draft(_doubt_id(item), text, f'{item.event.replace("_", " ")} is only likely: "{item.quote}"', (item,), desk),
        question=Question(id=_doubt_id(item), kind="doubt", asked=desk.now, text=text, evidence=(item,)),
        purpose="question",
    )  # fmt: skip


def _question_draft(id: str, text: str, why: str, quotes: tuple[Evidence, ...], desk: Desk) -> Draft:
    return Draft(
        id=f"{desk.deal.id}/{id}",
        template="owner/question",
        to=desk.deal.owner.address,
        send_at=desk.now,
        why=why,
        found_in=tuple(dict.fromkeys(quote.found_in for quote in quotes)),
        to_owner=True,
        text=text,
        quotes=quotes,
        question=id,
    )


def _time_waster(desk: Desk) -> None:
    """Ask the owner, with the quotes, whether to give this one up. Nobody is thrown out without them."""
    if desk.deal.stage in (Stage.DISQUALIFIED, Stage.OPTED_OUT) or desk.deal.stage.bucket is Bucket.CLIENT:
        return
    ideal = desk.world.ideal
    found = disqualify.score(desk.deal, ideal)
    if not disqualify.is_time_waster(found, ideal) or disqualify.moved_since(found.signs[-1], desk.deal, ideal):
        return
    newest = found.signs[-1]
    if desk.deal.live_from is not None and newest.at < desk.deal.live_from:
        return
    asked = [one for one in desk.deal.questions if one.kind == "disqualify"]
    if asked and (not asked[-1].answer or desk.now - asked[-1].asked < _ASK_AGAIN):
        return
    id = f"disqualify/{newest.found_in}"
    if desk.has_asked(id):
        return  # they have shown nothing new since the owner said no
    if desk.room_at() > desk.now:
        desk.wake.append(desk.room_at())
        return
    text = (
        f"Stop giving time to {_who(desk.deal)}? So far: {disqualify.cost(desk.deal, desk.now)}. With yes everything "
        'stops and they hear nothing of it; with "yes, drop-off" one polite last mail goes.'
    )
    beside = "; ".join((*found.fit.against, *found.fit.speaks_for))
    rounds = "one round" if found.rounds == 1 else f"{found.rounds} rounds"
    why = f'{len(found.signs)} signs of a time-waster in {rounds}, the last: "{newest.quote}"'
    shown = tuple({sign.quote: sign for sign in found.signs}.values())
    desk.tell(
        Action.ASK,
        replace(
            _question_draft(id, text, f"{why} ({beside})" if beside else why, shown, desk),
            found_in=tuple(dict.fromkeys(sign.found_in for sign in found.signs)),
        ),
        question=Question(id=id, kind="disqualify", asked=desk.now, text=text, evidence=found.signs),
        purpose="question",
    )


def _way_back(desk: Desk) -> None:
    """Paid in advance, sent by a client, or somebody new who decides: the owner is asked, nobody is declined."""
    found = disqualify.way_back(desk.deal) if desk.deal.stage is Stage.DISQUALIFIED else None
    if found is None or desk.has_asked(f"requalify/{found.found_in}"):
        return
    id = f"requalify/{found.found_in}"
    text = f"Take {_who(desk.deal)} back? {found.quote[:1].upper()}{found.quote[1:]}."
    why = f"you gave them up, but there is a way back: {found.quote}"
    desk.tell(
        Action.ASK,
        _question_draft(id, text, why, (found,), desk),
        question=Question(id=id, kind="requalify", asked=desk.now, text=text, evidence=(found,)),
        purpose="question",
    )


def _who(deal: Deal) -> str:
    return deal.contacts[0].name or deal.contacts[0].address if deal.contacts else deal.title


def _uncertain(desk: Desk) -> None:
    """A mail of which nobody can know whether it arrived is put to the owner, never sent again on a guess."""
    for item in desk.deal.outbox:
        id = f"uncertain/{item.letter.id}"
        if item.state is not Outbox.UNCERTAIN or item.letter.to_owner or desk.has_asked(id):
            continue
        deadline = (item.changed or desk.now) + UNCERTAIN_FOR
        if deadline > desk.now:
            desk.wake.append(deadline)
            continue
        who = ", ".join(party.address for party in item.letter.to)
        text = f'Has {who} got "{item.letter.subject}"? The server broke off before it said so. yes: it arrived, no: send it.'
        draft = _question_draft(id, text, "the connection broke after the mail was handed over (RFC 1047)", (), desk)
        desk.tell(
            Action.ASK,
            replace(draft, found_in=item.letter.found_in),
            question=Question(id=id, kind="uncertain", asked=desk.now, text=text),
            purpose="question",
        )


def _due(desk: Desk) -> datetime | None:
    """When the deal has to be looked at again."""
    moments = [*desk.wake, *(start.due for start in desk.candidates() if start.due > desk.now)]
    if desk.deal.stage is Stage.OPENING:
        moments.append(desk.deal.stages[-1].at + lifecycle.OPENING_LASTS)
    if desk.deal.paused_until is not None:
        moments.append(desk.deal.paused_until)
    return min((moment for moment in moments if moment > desk.now), default=None)
