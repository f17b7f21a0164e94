"""Takes the steps of a playbook that are due, and ends it when it has to end."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from worker.core import outbox
from worker.core.calendar import Locale, fitting, later, spread
from worker.core.desk import Desk
from worker.core.lifecycle import EXIT_EVENT
from worker.core.model import (
    Action,
    Contact,
    Evidence,
    Letter,
    LoggedMail,
    MessageId,
    Outbox,
    OutboxItem,
    Question,
    Run,
    RunState,
    Speaker,
    Strength,
)
from worker.core.plan import Draft
from worker.core.playbook import (
    ANSWER_EVENTS,
    Alert,
    Answer,
    Branch,
    Condition,
    Deed,
    Duration,
    Exit,
    Mode,
    Playbook,
    Send,
    Step,
    Task,
    Unit,
    strictest,
)
from worker.core.situation import (
    done_by_hand,
    human_words,
    locale,
    main_contact,
    on_the_same_day,
    quiet_from,
    suppressed,
)
from worker.core.starting import Start, holds
from worker.core.stopping import Reason, ends, held, letter_counts

_STEPS_AT_ONCE = 20
"""More steps than this due at one moment is a playbook that runs in a circle."""
_NO = frozenset({"no", "skip", "done", "stopped"})


def begin(start: Start, desk: Desk) -> None:
    """Open a run of a playbook."""
    number = sum(1 for run in desk.deal.runs if run.playbook == start.book.slug) + 1
    first = start.book.steps[0].id if start.book.steps else ""
    desk.put(
        Run(
            id=f"{start.book.slug}-{number}",
            playbook=start.book.slug,
            book_hash=start.book.hash,
            started=desk.now,
            contact=start.contact.address,
            trigger=start.trigger,
            found_in=start.found_in,
            why=start.why,
            step=first,
            since=desk.now,
        )
    )


def advance(run: Run, desk: Desk) -> None:
    """Do everything that a run has to do now: settle what was sent, answer, stop, step."""
    book = desk.world.book(run.playbook)
    if book is None:
        end(run, Reason(why="its playbook has been taken away"), desk)
        return
    if run.ended:
        newest = desk.deal.log[-1:]
        end(run, Reason(why=run.ended, found_in=tuple(mail.id for mail in newest)), desk)
        return
    for _ in range(_STEPS_AT_ONCE):
        before = run
        run = _settle(run, book, desk)
        if run.state in (RunState.ACTIVE, RunState.HELD):
            run = _answer(run, book, desk)
        if run.state in (RunState.ACTIVE, RunState.HELD):
            run = _handed_on(run, desk)
            reason = ends(run, book, desk.deal, desk.world)
            run = end(run, reason, desk) if reason else _step(run, book, desk)
        if run == before:
            return


def _handed_on(run: Run, desk: Desk) -> Run:
    """Where an address is dead the deal goes on with a colleague, and with nobody who wants no mail."""
    entry = suppressed(run.contact, desk.world)
    other = main_contact(desk.deal, desk.world)
    usable = other is not None and suppressed(other.address, desk.world) is None
    if entry is None or entry.opted_out or not entry.dead or other is None or not usable or run.waits_for:
        return run
    moved = replace(run, contact=other.address, why=f"{run.why} ({run.contact}: {entry.why})")
    desk.put(moved)
    return moved


def end(run: Run, reason: Reason, desk: Desk) -> Run:
    """Stop a run, with all of its mails that have not left and all of its questions that are open."""
    stopped = replace(run, state=RunState.STOPPED, ended=reason.why, waits_for="")
    desk.put(stopped)
    deal = desk.deal
    items = tuple(_withdrawn(item, reason.why, desk) if item.letter.run == run.id else item for item in deal.outbox)
    asked = tuple(_closed(one, desk) if one.run == run.id and not one.answer else one for one in deal.questions)
    desk.deal = replace(deal, outbox=items, questions=asked)
    found = reason.found_in or run.found_in
    desk.decide(Action.STOP, reason.why, found, to=(run.contact,), playbook=run.playbook, step=run.step)
    return stopped


def _withdrawn(item: OutboxItem, why: str, desk: Desk) -> OutboxItem:
    return outbox.after(item, outbox.Happening.STOPPED, desk.now, why) if item.state is Outbox.QUEUED else item


def _closed(question: Question, desk: Desk) -> Question:
    return replace(question, answer="stopped", answered=desk.now)


# -- what became of the last step ----------------------------------------------------------


def _settle(run: Run, book: Playbook, desk: Desk) -> Run:
    if not run.waits_for:
        return run
    item = next((item for item in desk.deal.outbox if item.letter.id == run.waits_for), None)
    if item is not None:
        return _sent(run, book, item, desk)
    question = next((one for one in desk.deal.questions if one.id == run.waits_for), None)
    if question is None or not question.answer:
        letter = question.letter if question else None
        if question is None or letter is None or not done_by_hand(letter.purpose, run.started, desk.deal):
            return run
        desk.answer(question, "done")
        return _next(run, book, desk, desk.now)
    if question.answer in _NO or question.letter is None:
        return _next(run, book, desk, desk.now)
    desk.letters.append(_approved(question.letter, run, book, desk))
    return run


def _sent(run: Run, book: Playbook, item: OutboxItem, desk: Desk) -> Run:
    left = item.changed or desk.now
    match item.state:
        case Outbox.ACCEPTED | Outbox.FILED:
            letter = item.letter
            desk.decide(
                Action.SEND, letter.why, letter.found_in, at=left,
                to=tuple(party.address for party in letter.to), purpose=letter.purpose, template=letter.template,
                playbook=run.playbook, step=run.step,
            )  # fmt: skip
            return _next(run, book, desk, left)
        case Outbox.QUEUED if done_by_hand(item.letter.purpose, run.started, desk.deal):
            gone = _withdrawn(item, "the owner has done it by hand", desk)
            items = tuple(gone if other is item else other for other in desk.deal.outbox)
            desk.deal = replace(desk.deal, outbox=items)
            return _next(run, book, desk, desk.now)
        case Outbox.REFUSED | Outbox.STOPPED:
            return end(run, Reason(why=item.reply or "the mail could not be delivered"), desk)
        case _:
            return run


def _approved(letter: Letter, run: Run, book: Playbook, desk: Desk) -> Letter:
    contact = _contact(run, desk)
    if contact is None:
        return letter
    return replace(letter, send_at=_send_at(letter.id, letter.purpose, contact, book, desk, desk.now))


def _next(run: Run, book: Playbook, desk: Desk, since: datetime) -> Run:
    step = book.step(run.step)
    following = run.step if step is not None and step.repeat else book.after_step(run.step)
    moved = replace(run, done=(*run.done, run.step), step=following, since=since, waits_for="", state=RunState.ACTIVE)
    desk.put(moved)
    return moved


# -- branches --------------------------------------------------------------------------------


def _answer(run: Run, book: Playbook, desk: Desk) -> Run:
    last = book.step(run.done[-1]) if run.done else None
    if last is None or run.waits_for:
        return run
    for branch in last.branches:
        reason = _fires(branch, run, desk)
        if reason is not None:
            return _follow(branch, last, run, reason, desk)
    return run


def _fires(branch: Branch, run: Run, desk: Desk) -> Reason | None:
    since = run.since or run.started
    if branch.answer is Answer.SILENCE:
        contact = _contact(run, desk)
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
    event = ANSWER_EVENTS[branch.answer]
    for item in desk.deal.evidence:
        if item.event is event and item.at > since and item.strength is not Strength.WEAK:
            return Reason(why=f'{branch.answer}: "{item.quote}"', found_in=(item.found_in,))
    return None


def _heard_since(since: datetime, desk: Desk) -> list[LoggedMail]:
    return [mail for mail in human_words(desk.deal, Speaker.CONTACT) if mail.at > since]


def _follow(branch: Branch, step: Step, run: Run, reason: Reason, desk: Desk) -> Run:
    # Marked as done first, so that the branch is not followed twice.
    run = replace(run, done=(*run.done, f"{step.id}: {branch.answer}"))
    desk.put(run)
    for number, deed in enumerate(branch.deeds):
        run = _do_for_owner(deed, f"{step.id}-{branch.answer}-{number}", run, reason, desk)
    return run


# -- steps -----------------------------------------------------------------------------------


def _step(run: Run, book: Playbook, desk: Desk) -> Run:
    if run.waits_for:
        return run
    step = book.step(run.step)
    if step is None:
        return _done(run, book, desk)
    contact = _contact(run, desk)
    if contact is None:
        return end(run, Reason(why=f"{run.contact} is no longer part of this deal"), desk)
    place = locale(contact, desk.world)
    due = _due(step, run, place)
    if isinstance(step.deed, Send) and book.life_cycle:
        due = max(due, quiet_from(desk.world.purposes.get(step.deed.template, ""), desk.deal))
    if due > desk.now:
        desk.wake.append(due)
        return run
    if _is_passed_over(step, run, book, contact, desk):
        # The rhythm of what repeats goes on from the time at which it would have come.
        return _next(run, book, desk, due if step.repeat else run.since or desk.now)
    if isinstance(step.deed, Send):
        return _send(step.deed, step, contact, run, book, desk)
    run = _do_for_owner(step.deed, step.id, run, Reason(why=_why(run, book), found_in=run.found_in), desk)
    return _next(run, book, desk, desk.now) if run.state is RunState.ACTIVE else run


def _is_passed_over(step: Step, run: Run, book: Playbook, contact: Contact, desk: Desk) -> bool:
    """Whether a step is left out: its condition is not met, it was done by hand, or the next one's time has come too."""
    sends = isinstance(step.deed, Send)
    # An open complaint holds a mail; it does not cancel it.
    conditions = [one for one in step.only_if if not (sends and one is Condition.NO_COMPLAINT)]
    if not all(holds(condition, desk.deal, contact, desk.world) for condition in conditions):
        return True
    if isinstance(step.deed, Send) and done_by_hand(
        desk.world.purposes.get(step.deed.template, ""), run.started, desk.deal
    ):
        return True
    following = book.step(book.after_step(step.id))
    if step.wait_until is None or following is None or following.wait_until is None:
        return False
    # After a pause or a standstill only the newest of several that stand at fixed times: no volley.
    return later(run.started, following.wait_until, locale(contact, desk.world)) <= desk.now


def _due(step: Step, run: Run, place: Locale) -> datetime:
    since = run.since or run.started
    moments = [since]
    if step.repeat is not None and run.done and run.done[-1] == step.id:
        return later(since, step.repeat, place)
    if step.wait is not None:
        moments.append(later(since, step.wait, place))
    if step.wait_until is not None:
        moments.append(later(run.started, step.wait_until, place))
    return max(moments)


def _done(run: Run, book: Playbook, desk: Desk) -> Run:
    last = book.step(run.done[-1]) if run.done else None
    if last is not None and last.branches:
        return run  # a branch may still be answered
    finished = replace(run, state=RunState.DONE)
    desk.put(finished)
    return finished


def _send(deed: Send, step: Step, contact: Contact, run: Run, book: Playbook, desk: Desk) -> Run:
    reason = held(desk.deal, run, book, desk.world, desk.now)
    if reason is not None:
        return _hold(run, book, step, reason, contact, desk)
    id = f"{desk.deal.id}/{run.id}/{step.id}/{run.done.count(step.id)}"
    purpose = desk.world.purposes.get(deed.template, "")
    mode = strictest(desk.world.mode, book.mode, Mode.APPROVE if step.approve else Mode.SEND)
    given = mode is not Mode.SEND and desk.world.approved
    draft = Draft(
        id=id,
        template=deed.template,
        to=contact.address,
        send_at=_send_at(id, purpose, contact, book, desk, desk.now),
        why=f"{_why(run, book)} (approved in rehearsal)" if given else _why(run, book),
        found_in=run.found_in,
        run=run.id,
        step=step.id,
        playbook=book.slug,
        approve=mode is not Mode.SEND and not given,
        thread=deed.thread,
    )
    if draft.approve and (room := desk.room_at()) > desk.now:
        # One more question about this deal would be too many this week: it is put when there is room.
        desk.wake.append(room)
        return run
    waiting = replace(run, waits_for=id, state=RunState.ACTIVE)
    desk.put(waiting)
    if draft.approve:
        _ask_approval(draft, purpose, desk)
    else:
        desk.drafts.append(draft)
    return waiting


def _ask_approval(draft: Draft, purpose: str, desk: Desk) -> None:
    desk.drafts.append(draft)
    desk.ask(Question(id=draft.id, kind="approval", asked=desk.now, text=draft.why, run=draft.run, step=draft.step))
    desk.decide(
        Action.ASK, f"needs your yes: {draft.why}", draft.found_in, to=(desk.deal.owner.address,), purpose=purpose,
        template=draft.template, playbook=draft.playbook, step=draft.step,
    )  # fmt: skip


def _hold(run: Run, book: Playbook, step: Step, reason: Reason, contact: Contact, desk: Desk) -> Run:
    again = later(desk.now, Duration(count=1, unit=Unit.BUSINESS_DAY), locale(contact, desk.world))
    desk.wake.append(fitting(again, book.hours, locale(contact, desk.world)))
    if run.state is RunState.HELD:
        return run
    waiting = replace(run, state=RunState.HELD)
    desk.put(waiting)
    found = reason.found_in or run.found_in
    desk.decide(Action.HOLD, reason.why, found, to=(run.contact,), playbook=run.playbook, step=step.id)
    return waiting


def _send_at(id: str, purpose: str, contact: Contact, book: Playbook, desk: Desk, at: datetime) -> datetime:
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


def _do_for_owner(deed: Deed, step: str, run: Run, reason: Reason, desk: Desk) -> Run:
    match deed:
        case Task(text=text, due=due):
            draft = _owner_draft("owner/task", text, step, run, reason, desk)
            if due is None:
                desk.tell(Action.TASK, draft)
            else:
                desk.remind(draft, later(desk.now, due, desk.world.home))
        case Alert(text=text):
            desk.tell(Action.ALERT, _owner_draft("owner/alert", text, step, run, reason, desk))
        case Exit():
            return _exit(deed, run, reason, desk)
        case Send():
            pass  # a branch sends nothing: the loader refuses it
    return run


def _owner_draft(template: str, text: str, step: str, run: Run, reason: Reason, desk: Desk) -> Draft:
    return Draft(
        id=f"{desk.deal.id}/{run.id}/{step}/{run.done.count(step)}/owner",
        template=template,
        to=desk.deal.owner.address,
        send_at=desk.now,
        why=reason.why,
        found_in=reason.found_in or run.found_in,
        run=run.id,
        step=step,
        playbook=run.playbook,
        to_owner=True,
        text=text,
    )


def _exit(deed: Exit, run: Run, reason: Reason, desk: Desk) -> Run:
    finished = replace(run, state=RunState.DONE, waits_for="")
    desk.put(finished)
    if deed.stage is not None and deed.stage in EXIT_EVENT:
        desk.learn(
            Evidence(
                event=EXIT_EVENT[deed.stage],
                strength=Strength.CERTAIN,
                quote=reason.why,
                signal=f"playbook.{run.playbook}",
                found_in=_last(reason.found_in or run.found_in),
                at=desk.now,
                speaker=Speaker.WORKER,
            )
        )
    return finished


def _last(found_in: tuple[MessageId, ...]) -> MessageId:
    return found_in[-1] if found_in else MessageId("")


def _contact(run: Run, desk: Desk) -> Contact | None:
    return next((contact for contact in desk.deal.contacts if contact.address == run.contact), None)


def _why(run: Run, book: Playbook) -> str:
    return f"{book.name}: {run.why}"
