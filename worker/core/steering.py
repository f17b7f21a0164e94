"""How an owner steers by mail: tags in the address, and one word as the first line."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from worker.core.calendar import Locale, later
from worker.core.model import (
    Address,
    Deal,
    Event,
    Evidence,
    Message,
    MessageId,
    Question,
    Reading,
    RunState,
    Speaker,
    Strength,
)
from worker.core.playbook import Duration, Unit, UnknownPhrase, read_duration


class Verb(StrEnum):
    """What an owner can say."""

    PROPOSAL = "proposal"
    SIGNED = "signed"
    PAID = "paid"
    LOST = "lost"
    LATER = "later"
    DISQUALIFY = "disqualify"
    REQUALIFY = "requalify"
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    YES = "yes"
    NO = "no"
    EDIT = "edit"
    SKIP = "skip"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    verb: Verb
    argument: str = ""


_TAGS = {verb.value: verb for verb in Verb if verb not in (Verb.YES, Verb.NO, Verb.EDIT, Verb.SKIP, Verb.DONE)}
_SAYS = {
    Verb.PROPOSAL: Event.PROPOSAL_SENT,
    Verb.SIGNED: Event.SIGNED,
    Verb.PAID: Event.PAYMENT_RECEIVED,
    Verb.LOST: Event.REJECTED,
    Verb.LATER: Event.NOT_NOW,
    Verb.DISQUALIFY: Event.DISQUALIFIED,
    Verb.REQUALIFY: Event.REQUALIFIED,
}
_WORDS = {"yes": Verb.YES, "ja": Verb.YES, "oui": Verb.YES, "sí": Verb.YES, "si": Verb.YES, "ok": Verb.YES,
          "no": Verb.NO, "nein": Verb.NO, "non": Verb.NO, "nee": Verb.NO, "skip": Verb.SKIP, "done": Verb.DONE,
          "stop": Verb.STOP, "pause": Verb.PAUSE, "resume": Verb.RESUME, "edit": Verb.EDIT, "signed": Verb.SIGNED,
          "paid": Verb.PAID, "lost": Verb.LOST, "later": Verb.LATER, "disqualify": Verb.DISQUALIFY,
          "requalify": Verb.REQUALIFY}  # fmt: skip
_FIRST_WORD = re.compile(r"\s*([\w’']{1,20})\s*[:,.!]*\s*(.{0,4000})", re.DOTALL)
_UNDO = {
    Verb.PROPOSAL: "", Verb.SIGNED: "", Verb.PAID: "", Verb.LOST: "requalify", Verb.LATER: "requalify",
    Verb.DISQUALIFY: "requalify", Verb.REQUALIFY: "disqualify", Verb.PAUSE: "resume", Verb.RESUME: "pause 2 weeks",
    Verb.STOP: "resume",
}  # fmt: skip
_NO_END = Duration(count=10, unit=Unit.YEAR)


def tags(addresses: Iterable[str], reading: Reading) -> tuple[str, ...]:
    """The tags of deals+TAG@ among the recipients, without the secret token before the dot."""
    found = []
    for address in addresses:
        if not reading.is_ours(address):
            continue
        tag = address.rpartition("@")[0].partition("+")[2]
        head, _, rest = tag.partition(".")
        if reading.token and hmac.compare_digest(head.encode(), reading.token.encode()):
            tag = rest
        if tag and not (reading.token and tag == reading.token):
            found.append(tag.lower())
    return tuple(dict.fromkeys(found))


def by_tag(message: Message, reading: Reading) -> tuple[Command, ...]:
    """The commands in the addresses of a mail."""
    recipients = [*(one.address for one in (*message.to, *message.cc)), *message.delivered_to]
    return tuple(Command(verb=_TAGS[tag]) for tag in tags(recipients, reading) if tag in _TAGS)


def by_words(message: Message) -> Command | None:
    """The command in the first line of an answer to the worker, None where it holds none."""
    text = message.text.strip()
    if text.lower().startswith("worker:"):
        text = text[len("worker:") :]
    first, _, rest = text.partition("\n")
    found = _FIRST_WORD.fullmatch(first)
    if not found or found[1].lower() not in _WORDS:
        return None
    verb = _WORDS[found[1].lower()]
    argument = f"{found[2]}\n{rest}".strip() if verb is Verb.EDIT else found[2].strip()
    return Command(verb=verb, argument=argument)


def answered(deal: Deal, message: Message) -> Question | None:
    """The open question that a mail answers: by its thread, else the only one that is open."""
    mine = {*message.in_reply_to, *message.references}
    open_ones = [one for one in deal.questions if not one.answer and one.kind not in ("task", "digest")]
    for question in open_ones:
        if question.message_id is not None and question.message_id in mine:
            return question
    asked = [one for one in open_ones if one.kind != "approval"] or open_ones
    return asked[-1] if len(asked) == 1 else None


def obey(deal: Deal, command: Command, question: Question | None, message: Message, place: Locale, now: datetime) -> Deal:
    """The deal after a command of its owner. Trust has been checked by the caller: only the team commands."""
    match command.verb:
        case Verb.YES | Verb.NO | Verb.SKIP | Verb.DONE | Verb.EDIT:
            return settle(deal, question, command, message.id, now) if question else deal
        case Verb.PAUSE:
            return replace(deal, paused_until=later(now, _how_long(command.argument), place))
        case Verb.RESUME:
            return replace(deal, paused_until=None)
        case Verb.STOP:
            runs = tuple(replace(run, state=RunState.STOPPED, ended="stopped by the owner", waits_for="")
                         if run.state in (RunState.ACTIVE, RunState.HELD) else run for run in deal.runs)  # fmt: skip
            return replace(deal, runs=runs)
        case _:
            return _say(deal, _SAYS[command.verb], message, now)


def settle(deal: Deal, question: Question, command: Command, found_in: MessageId, now: datetime) -> Deal:
    """The deal after a question has been answered."""
    letter = question.letter
    if command.verb is Verb.EDIT and letter is not None and command.argument:
        letter = replace(letter, body=f"{command.argument}\n")
    answer = "yes" if command.verb in (Verb.YES, Verb.EDIT) else command.verb.value
    done = replace(question, answer=answer, answered=now, letter=letter)
    deal = replace(deal, questions=tuple(done if one.id == question.id else one for one in deal.questions))
    if question.kind == "doubt":
        return _judge(deal, question, found_in, sure=answer == "yes")
    if question.kind == "disqualify" and answer == "yes":
        said = Evidence(event=Event.DISQUALIFIED, strength=Strength.CERTAIN, quote="yes", signal="owner.answer",
                        found_in=found_in, at=now, speaker=Speaker.OWNER)  # fmt: skip
        return replace(deal, evidence=(*deal.evidence, said))
    return deal


def _judge(deal: Deal, question: Question, found_in: MessageId, *, sure: bool) -> Deal:
    """Make the evidence in question certain, or take it back."""
    doubted = {(item.event, item.found_in) for item in question.evidence}

    def judged(item: Evidence) -> Evidence:
        if (item.event, item.found_in) not in doubted:
            return item
        if not sure:
            return replace(item, withdrawn=True)
        kind = "agreement" if item.event is Event.SIGNED else item.document_kind
        return replace(item, strength=Strength.CERTAIN, document_kind=kind, signal=f"{item.signal}, owner.answer")

    return replace(deal, evidence=tuple(judged(item) for item in deal.evidence))


def _say(deal: Deal, event: Event, message: Message, now: datetime) -> Deal:
    said = Evidence(
        event=event, strength=Strength.CERTAIN, quote=f"deals+{event.value}", signal="owner.tag", found_in=message.id,
        at=message.at or now, speaker=Speaker.OWNER, by=message.sender.address if message.sender else None,
        document_kind="agreement" if event is Event.SIGNED else "",
    )  # fmt: skip
    return deal if said in deal.evidence else replace(deal, evidence=(*deal.evidence, said))


def _how_long(argument: str) -> Duration:
    try:
        return read_duration(argument) if argument else _NO_END
    except UnknownPhrase:
        return _NO_END


def undo(command: Command) -> str:
    """The word that takes a command back, "" where there is none."""
    return _UNDO.get(command.verb, "")


def owner_address(message: Message) -> Address | None:
    return message.sender.address if message.sender else None
