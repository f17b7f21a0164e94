"""What an owner hears back of a command: one sentence that says what was done, and the word that undoes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from worker.core.model import Deal, Evidence, Message, MessageId, Outbox, Question, RunState, Strength
from worker.core.outbox import Happening, after
from worker.core.playbook import suggestion
from worker.core.situation import paused_in_words
from worker.core.steering import Command, Verb, resumed, tag_names

CONFIRM = "confirm"
"""The kind of a question that asks nothing: it waits to be told, once."""
HELP = (
    "What you can say in the first line of an answer to me: yes, no, edit: your text, skip, done, pause 2 weeks, resume, "
    "stop, signed, paid, lost, later, disqualify, requalify, undo, wrong deal, status, help. Without a mail of mine to "
    "answer, put worker: before it. As a tag in the address: deals+signed@, and so on, or a time such as deals+2weeks@."
)
_DONE: dict[Verb, str] = {
    Verb.PROPOSAL: "Noted: your proposal is out.",
    Verb.SIGNED: "Noted: the agreement is signed by all.",
    Verb.PAID: "Noted: the first payment has come.",
    Verb.LOST: "Noted: lost. Nobody chases them any more.",
    Verb.LATER: "Noted: put off.",
    Verb.DISQUALIFY: "Given up: no more time goes to them, and they hear nothing of it.",
    Verb.REQUALIFY: "Taken back: they are in play again.",
    Verb.DELIVERED: "Noted: the work is delivered.",
    Verb.RESUME: "It goes on.",
    Verb.STOP: "Stopped: nothing goes to them until you say resume.",
}
_UNDO: dict[Verb, str] = {
    Verb.PAUSE: "resume", Verb.STOP: "resume", Verb.RESUME: "pause", Verb.UNDO: "", Verb.HELP: "", Verb.STATUS: "",
}  # fmt: skip
_ANSWERS = frozenset({Verb.YES, Verb.NO, Verb.EDIT, Verb.SKIP, Verb.DONE})
_OWN_WORDS = frozenset({"owner.tag", "owner.answer"})


def noted(
    before: Deal, done: Deal, command: Command, question: Question | None, message: Message, books: Iterable[str],
    now: datetime,
) -> Deal:  # fmt: skip
    """The deal after a command, with what its owner has to hear of it.

    Args:
        before, done: the deal without and with the command.
        question: what it answered.
        books: the names of the playbooks there are.
    """
    text = _in_words(before, done, command, question, tuple(books), now)
    undo = _UNDO.get(command.verb, "undo") if done != before else ""
    if undo:
        text = f"{text} To undo it, answer with: {undo}"
    return _with(done, command.verb.value, message, text, question, now)


def not_understood(deal: Deal, said: str, message: Message, now: datetime) -> Deal:
    """The deal with the word to its owner that nothing was done, and what could be said instead."""
    return _with(deal, "unknown", message, f"I could not read {said} as a command, so nothing was done. {HELP}", None, now)


def unknown_tag(deal: Deal, tag: str, message: Message, now: datetime) -> Deal:
    """The same for a tag in the address that is none."""
    hint = suggestion(tag, tag_names())
    text = f"deals+{tag}@ is no tag that I know, so nothing was done beyond reading the mail. {hint}"
    return _with(deal, f"tag-{tag}", message, text, None, now)


def _with(deal: Deal, what: str, message: Message, text: str, question: Question | None, now: datetime) -> Deal:
    id = f"{CONFIRM}/{what}/{message.id}"
    if any(one.id == id for one in deal.questions):
        return deal
    one = Question(id=id, kind=CONFIRM, asked=now, text=text, step=question.id if question else "")
    return replace(deal, questions=(*deal.questions, one))


def to_tell(deal: Deal) -> tuple[Question, ...]:
    """What has not been confirmed yet."""
    return tuple(one for one in deal.questions if one.kind == CONFIRM and not one.answer)


def command_of(confirmation: Question) -> MessageId:
    """The mail that held the command."""
    return MessageId(confirmation.id.split("/", 2)[2])


# -- in words ----------------------------------------------------------------------------------


def _in_words(
    before: Deal, done: Deal, command: Command, question: Question | None, books: tuple[str, ...], now: datetime
) -> str:  # fmt: skip
    match command.verb:
        case Verb.HELP:
            return HELP
        case Verb.STATUS:
            return _status(done, now)
        case Verb.PAUSE:
            until = done.paused_until
            return f"Paused: nothing goes to them {paused_in_words(until, now) if until else ''}."
        case Verb.PLAYBOOK if command.argument not in books:
            return f'There is no playbook "{command.argument}", so nothing begins. {suggestion(command.argument, books)}'
        case Verb.PLAYBOOK:
            return f'The playbook "{command.argument}" begins as soon as its conditions let it.'
        case Verb.REMIND:
            due = next((one.due for one in reversed(done.questions) if one.kind == "reminder"), None)
            return f"I bring this back to you on {due:%A, %d %B %Y}." if due else "I could not read the day."
        case Verb.UNDO:
            return "Taken back." if done != before else "There is nothing that I could take back; what has left has left."
        case Verb.WRONG:
            return "What these mails seemed to say counts no more in this deal, and what it had begun has ended."
        case verb if verb in _ANSWERS:
            return _answer(command, question)
        case verb if done == before:
            return f'"{verb}" changes nothing here.'
        case verb:
            good_bye = " One polite last mail goes first." if verb is Verb.DISQUALIFY and command.argument else ""
            return f"{_DONE[verb]}{good_bye}"


def _answer(command: Command, question: Question | None) -> str:
    verb = command.verb
    if question is None:
        return f'You said "{verb}", and no question of mine is open in this thread, so nothing was done.'
    if question.letter is not None:
        who = ", ".join(one.name or one.address for one in question.letter.to)
        if verb is Verb.YES:
            return f"The mail to {who} goes out."
        return f"Your text goes to {who} in its place." if verb is Verb.EDIT else f"The mail to {who} does not go out; the rest goes on."
    if question.kind == "task":
        return "Off the list." if verb in (Verb.DONE, Verb.YES) else "Off the list, not done."
    return f'Noted, {verb}, to: "{question.text}"'


def _status(deal: Deal, now: datetime) -> str:
    lines = [f"{deal.title} is a {deal.stage.bucket}, {deal.stage.replace('_', ' ')}."]
    running = [run.playbook for run in deal.runs if run.state in (RunState.ACTIVE, RunState.HELD)]
    lines.append(f"Running: {', '.join(running)}." if running else "No playbook is running.")
    waiting = [item.letter for item in deal.outbox if item.state is Outbox.QUEUED and not item.letter.to_owner]
    lines += [f'"{one.subject}" leaves on {one.send_at:%A, %d %B, %H:%M}.' for one in waiting]
    asked = [one for one in deal.questions if not one.answer and one.kind not in (CONFIRM, "reminder")]
    lines += [f"Waits for your answer: {one.text}" for one in asked]
    if deal.paused_until is not None and deal.paused_until > now:
        lines.append("It is paused.")
    return " ".join(lines)


# -- taking it back --------------------------------------------------------------------------------


def confirmed(deal: Deal, message: Message) -> Question | None:
    """The confirmation that a mail answers."""
    mine = {*message.in_reply_to, *message.references}
    told = [one for one in deal.questions if one.kind == CONFIRM and one.message_id is not None]
    return next((one for one in told if one.message_id in mine), None)


def undone(deal: Deal, confirmation: Question | None, now: datetime) -> Deal:
    """The deal as it would stand without a command. What was sent stays sent."""
    if confirmation is None:
        return deal
    mail, verb = command_of(confirmation), confirmation.id.split("/", 2)[1]
    deal = _questions(deal, lambda one: None if one.id == f"reminder/{mail}" else one)
    deal = _evidence(deal, lambda one: one.found_in == mail and one.signal in _OWN_WORDS)
    runs = tuple(replace(run, ended="taken back by the owner") if run.trigger == f"wanted:{mail}" and run.state in
                 (RunState.ACTIVE, RunState.HELD) else run for run in deal.runs)  # fmt: skip
    deal = replace(deal, runs=runs, wanted=tuple(one for one in deal.wanted if one.found_in != mail))
    if verb in (Verb.PAUSE, Verb.STOP):
        deal = resumed(deal)
    question = next((one for one in deal.questions if one.id == confirmation.step), None)
    return _reopened(deal, question, now) if question is not None else deal


def _reopened(deal: Deal, question: Question, now: datetime) -> Deal:
    """An approved mail that has not left stays; a doubt is a doubt again."""
    if question.letter is not None and question.answer == "yes":
        items = tuple(
            after(item, Happening.STOPPED, now, "taken back by the owner")
            if item.letter.id == question.letter.id and item.state is Outbox.QUEUED else item
            for item in deal.outbox
        )  # fmt: skip
        return replace(deal, outbox=items)
    if question.kind != "doubt":
        return deal
    doubted = {(item.event, item.found_in): item for item in question.evidence}
    evidence = tuple(
        replace(item, strength=Strength.LIKELY, withdrawn=False, signal=doubted[item.event, item.found_in].signal,
                document_kind=doubted[item.event, item.found_in].document_kind)
        if (item.event, item.found_in) in doubted else item
        for item in deal.evidence
    )  # fmt: skip
    again = replace(question, answer="", answered=None)
    return _questions(replace(deal, evidence=evidence), lambda one: again if one.id == question.id else one)


def wronged(deal: Deal, found_in: Iterable[MessageId], now: datetime) -> Deal:
    """The deal without what some mails seemed to say: they speak of something else."""
    mails = set(found_in)
    deal = _evidence(deal, lambda one: one.found_in in mails)
    runs = tuple(
        replace(run, ended="the owner says that the mail belongs elsewhere")
        if run.state in (RunState.ACTIVE, RunState.HELD) and mails.intersection(run.found_in) else run
        for run in deal.runs
    )  # fmt: skip
    open_ones = {one.id for one in deal.questions if not one.answer and mails & {item.found_in for item in one.evidence}}
    deal = replace(deal, runs=runs)
    return _questions(deal, lambda one: replace(one, answer="no", answered=now) if one.id in open_ones else one)


def _evidence(deal: Deal, is_meant: Callable[[Evidence], bool]) -> Deal:
    return replace(deal, evidence=tuple(replace(one, withdrawn=True) if is_meant(one) else one for one in deal.evidence))


def _questions(deal: Deal, change: Callable[[Question], Question | None]) -> Deal:
    return replace(deal, questions=tuple(kept for one in deal.questions if (kept := change(one)) is not None))
