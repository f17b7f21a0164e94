"""Takes the steps of a playbook that are due, and ends it when it has to end."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from worker.core import outbox
from worker.core.branching import fires
from worker.core.calendar import fitting, later
from worker.core.care import wants_a_voice
from worker.core.caution import caution, refusal
from worker.core.desk import ASKED, Desk
from worker.core.editing import edited
from worker.core.lifecycle import EXIT_EVENT
from worker.core.model import (
    Action,
    Contact,
    Evidence,
    Letter,
    MessageId,
    Outbox,
    OutboxItem,
    Question,
    Run,
    RunState,
    Speaker,
    Stage,
    Strength,
)
from worker.core.outbox import OVER
from worker.core.pacing import is_passed_over, surprise, when_due
from worker.core.plan import Draft
from worker.core.playbook import (
    Alert,
    Answer,
    Ask,
    Branch,
    Deed,
    Duration,
    Exit,
    Handover,
    Label,
    Mode,
    Playbook,
    Send,
    Step,
    Task,
    Unit,
    Wait,
    strictest,
)
from worker.core.situation import (
    done_by_hand,
    locale,
    main_contact,
    suppressed,
)
from worker.core.slots import send_at
from worker.core.starting import Start
from worker.core.stopping import Reason, ends, held
from worker.core.variants import fitted

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
            started=start.since or desk.now,
            contact=start.contact.address,
            trigger=start.trigger,
            found_in=start.found_in,
            why=start.why,
            step=first,
            since=start.since or desk.now,
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
        run = _under_the_new_text(run, book, desk)
        if run.state not in (RunState.ACTIVE, RunState.HELD):
            return
        run = _settle(run, book, desk)
        if run.state in (RunState.ACTIVE, RunState.HELD):
            run = _answer(run, book, desk)
        if run.state in (RunState.ACTIVE, RunState.HELD):
            run = _handed_on(run, desk)
            reason = ends(run, book, desk.deal, desk.world)
            run = end(run, reason, desk) if reason else _step(run, book, desk)
        if run == before:
            return


def _under_the_new_text(run: Run, book: Playbook, desk: Desk) -> Run:
    """Find the place of a run in a playbook that was edited meanwhile."""
    place = edited(run, book)
    if place is None:
        return run
    before, run = run, replace(run, book_hash=book.hash)
    if place.lost:
        why = f'"{book.name}" was edited, and no step that was done stands in it any more'
        desk.tell(Action.ALERT, _owner_draft("owner/alert", f"{why}: it ends here for {run.contact}. Go on by hand.",
                                             "edited", run, Reason(why=why), desk))  # fmt: skip
        return end(run, Reason(why=why), desk)
    if place.gone:
        item = next((item for item in desk.deal.outbox if item.letter.id == run.waits_for), None)
        if item is not None and not item.letter.to_owner and item.state not in (Outbox.QUEUED, *OVER):
            return before  # it is leaving: the run goes on from here when it has left
        run = _without(run, f'step "{place.gone}" was taken out of "{book.name}"', desk)
        why = f'{run.why} ("{book.name}" was edited: "{place.gone}" is gone)'
        run = replace(run, waits_for="", why=why, state=RunState.ACTIVE)
    run = replace(run, step=place.step)
    desk.put(run)
    return run


def _without(run: Run, why: str, desk: Desk) -> Run:
    """Take back what a run has under way: its mail that has not left, its questions that are open."""
    items = tuple(_withdrawn(item, why, desk) if item.letter.run == run.id else item for item in desk.deal.outbox)
    asked = tuple(_closed(one, desk) if one.run == run.id and not one.answer else one for one in desk.deal.questions)
    desk.deal = replace(desk.deal, outbox=items, questions=asked)
    return run


def _handed_on(run: Run, desk: Desk) -> Run:
    """Where an address is dead the deal goes on with a colleague, and with nobody who wants no mail."""
    entry = suppressed(run.contact, desk.world)
    if entry is None or entry.opted_out or not entry.dead or run.waits_for:
        return run
    other = main_contact(desk.deal, desk.world)
    if other is None:
        return run
    moved = replace(run, contact=other.address, why=f"{run.why} ({run.contact}: {entry.why})")
    desk.put(moved)
    return moved


def end(run: Run, reason: Reason, desk: Desk) -> Run:
    """Stop a run, with all of its mails that have not left and all of its questions that are open."""
    stopped = replace(run, state=RunState.STOPPED, ended=reason.why, waits_for="")
    desk.put(stopped)
    _without(run, reason.why, desk)
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
    # The mail that puts a question to the owner has the question's id; it is their answer that is waited for.
    item = next((one for one in desk.deal.outbox if one.letter.id == run.waits_for and not one.letter.to_owner), None)
    if item is not None:
        return _sent(run, book, item, desk)
    question = next((one for one in desk.deal.questions if one.id == run.waits_for), None)
    if question is None or not question.answer:
        letter = question.letter if question else None
        if question is None or letter is None or not done_by_hand(letter.purpose, run.started, desk.deal):
            return run
        desk.answer(question, "done")
        return _next(run, book, desk, desk.now)
    if question.answer == "no" and question.kind == ASKED and not _takes_up(Answer.OWNER_NO, run, book):
        return end(run, Reason(why=f'{desk.deal.owner.address} said no to "{question.text}"'), desk)
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


def _takes_up(answer: Answer, run: Run, book: Playbook) -> bool:
    step = book.step(run.step)
    return step is not None and any(branch.answer is answer for branch in step.branches)


def _approved(letter: Letter, run: Run, book: Playbook, desk: Desk) -> Letter:
    contact = _contact(run, desk)
    if contact is None:
        return letter
    return replace(letter, send_at=send_at(letter.id, letter.purpose, contact, book, desk, desk.now))


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
        reason = fires(branch, run, desk)
        if reason is not None:
            return _follow(branch, last, run, reason, desk)
    return run


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
    step = fitted(step, contact, desk)
    due = when_due(step, run, book, contact, desk)
    if due > desk.now:
        desk.wake.append(due)
        return run
    if is_passed_over(step, run, book, contact, due, desk):
        # The rhythm of what repeats, or stands at a fixed time, goes on from the time at which it would have come.
        return _next(run, book, desk, due if step.repeat or step.wait_until else run.since or desk.now)
    if isinstance(step.deed, Send):
        if wants_a_voice(desk.world.purposes.get(step.deed.template, ""), contact, desk.deal):
            return _ring(step, run, book, desk)
        return _send(step.deed, step, contact, run, book, desk)
    if isinstance(step.deed, Wait):
        return _next(run, book, desk, due)
    run = _do_for_owner(step.deed, step.id, run, Reason(why=_why(run, book), found_in=run.found_in), desk)
    return _next(run, book, desk, desk.now) if run.state is RunState.ACTIVE and not run.waits_for else run


def _ring(step: Step, run: Run, book: Playbook, desk: Desk) -> Run:
    """Two mails have stayed without a word: a third says less than a voice."""
    task = Task(text="Ring {{ contact.called }} instead of a mail: the last two have stayed without a word.")
    reason = Reason(why=f"{_why(run, book)}; two mails of ours are unanswered", found_in=run.found_in)
    run = _do_for_owner(task, step.id, run, reason, desk)
    return _next(run, book, desk, desk.now)


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
    if no := refusal(deed.template, contact, desk.deal, desk.world.firm):
        desk.tell(Action.ALERT, _owner_draft("owner/alert", no, step.id, run, Reason(why=_why(run, book)), desk))
        return end(run, Reason(why=no), desk)
    doubt = caution(deed.template, contact, desk.deal, desk.world) or surprise(run, contact, desk)
    mode = strictest(desk.world.mode, book.mode, Mode.APPROVE if step.approve or doubt else Mode.SEND)
    # What a playbook only drafts is the owner's to send: a rehearsal does not do it for them.
    given = mode is not Mode.SEND and desk.world.approved and book.mode is not Mode.DRAFT
    draft = Draft(
        id=id,
        template=deed.template,
        to=contact.address,
        send_at=send_at(id, purpose, contact, book, desk, desk.now),
        why="".join((_why(run, book), f"; {doubt}" if doubt else "", " (approved in rehearsal)" if given else "")),
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


def _do_for_owner(deed: Deed, step: str, run: Run, reason: Reason, desk: Desk) -> Run:
    match deed:
        case Task(text=text, due=due, wait_until_done=waits):
            draft = _owner_draft("owner/task", text, step, run, reason, desk)
            if waits:
                return _awaited(Action.TASK, draft, "step", run, desk)
            if due is None:
                desk.tell(Action.TASK, draft)
            else:
                desk.remind(draft, later(desk.now, due, desk.world.home))
        case Alert(text=text):
            desk.tell(Action.ALERT, _owner_draft("owner/alert", text, step, run, reason, desk))
        case Ask(text=text):
            draft = _owner_draft("owner/question", text, step, run, reason, desk)
            return _awaited(Action.ASK, draft, ASKED, run, desk)
        case Label(stage=stage):
            _learn(stage, run, reason, desk)
        case Exit():
            return _exit(deed, run, reason, desk)
        case Send() | Handover() | Wait():
            pass  # a branch sends nothing: the loader refuses it
    return run


def _awaited(action: Action, draft: Draft, kind: str, run: Run, desk: Desk) -> Run:
    """Put a matter before the owner, and go on when they have answered."""
    question = Question(id=draft.id, kind=kind, asked=desk.now, text=draft.text, run=run.id, step=draft.step)
    desk.tell(action, replace(draft, question=draft.id), question=question)
    waiting = replace(run, waits_for=draft.id)
    desk.put(waiting)
    return waiting


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
    if deed.stage is not None:
        _learn(deed.stage, run, reason, desk)
    return finished


def _learn(stage: Stage, run: Run, reason: Reason, desk: Desk) -> None:
    if stage in EXIT_EVENT:
        desk.learn(
            Evidence(
                event=EXIT_EVENT[stage],
                strength=Strength.CERTAIN,
                quote=reason.why,
                signal=f"playbook.{run.playbook}",
                found_in=_last(reason.found_in or run.found_in),
                at=desk.now,
                speaker=Speaker.WORKER,
            )
        )


def _last(found_in: tuple[MessageId, ...]) -> MessageId:
    return found_in[-1] if found_in else MessageId("")


def _contact(run: Run, desk: Desk) -> Contact | None:
    return next((contact for contact in desk.deal.contacts if contact.address == run.contact), None)


def _why(run: Run, book: Playbook) -> str:
    return f"{book.name}: {run.why}"
