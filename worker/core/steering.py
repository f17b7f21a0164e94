"""How an owner steers by mail: tags in the address, and one word as the first line."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from worker.core.calendar import Locale, later
from worker.core.disqualify import GOOD_BYE
from worker.core.model import (
    Deal,
    Event,
    Evidence,
    Message,
    MessageId,
    Outbox,
    Question,
    Reading,
    RunState,
    Speaker,
    Strength,
    Wanted,
)
from worker.core.outbox import Happening, after
from worker.core.playbook import DAYS, Duration, Unit, UnknownPhrase, read_duration


class Verb(StrEnum):
    """What an owner can say."""

    PROPOSAL = "proposal"
    SIGNED = "signed"
    PAID = "paid"
    LOST = "lost"
    LATER = "later"
    DISQUALIFY = "disqualify"
    REQUALIFY = "requalify"
    DELIVERED = "delivered"
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    YES = "yes"
    NO = "no"
    EDIT = "edit"
    SKIP = "skip"
    DONE = "done"
    REMIND = "remind"
    """A time as the tag: the owner wants to see the thread again then."""
    PLAYBOOK = "playbook"
    """playbook-NAME as the tag: that playbook begins for the deal."""
    UNDO = "undo"
    WRONG = "wrong deal"
    """The mails that led to this speak of something else."""
    STATUS = "status"
    HELP = "help"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    verb: Verb
    argument: str = ""


_ANSWERS = frozenset({Verb.YES, Verb.NO, Verb.EDIT, Verb.SKIP, Verb.DONE})
_WORDS_ONLY = frozenset({Verb.REMIND, Verb.PLAYBOOK, Verb.UNDO, Verb.WRONG, Verb.STATUS, Verb.HELP})
_TAGS = {verb.value: verb for verb in Verb if verb not in _ANSWERS and verb not in _WORDS_ONLY}
_PLAYBOOK_TAG = "playbook-"
_STOPPED = "stopped by the owner"
_TIME_TAG = re.compile(r"(\d{1,3})(hour|day|week|month)s?")
_MORNING = time(8, 30)
"""When the owner is reminded on the day that they named."""
_SAYS = {
    Verb.PROPOSAL: Event.PROPOSAL_SENT,
    Verb.SIGNED: Event.SIGNED,
    Verb.PAID: Event.PAYMENT_RECEIVED,
    Verb.LOST: Event.REJECTED,
    Verb.LATER: Event.NOT_NOW,
    Verb.DISQUALIFY: Event.DISQUALIFIED,
    Verb.REQUALIFY: Event.REQUALIFIED,
    Verb.DELIVERED: Event.DELIVERED,
}
_WORDS = {"yes": Verb.YES, "ja": Verb.YES, "oui": Verb.YES, "sí": Verb.YES, "si": Verb.YES, "ok": Verb.YES,
          "no": Verb.NO, "nein": Verb.NO, "non": Verb.NO, "nee": Verb.NO, "skip": Verb.SKIP, "done": Verb.DONE,
          "stop": Verb.STOP, "pause": Verb.PAUSE, "resume": Verb.RESUME, "edit": Verb.EDIT, "signed": Verb.SIGNED,
          "paid": Verb.PAID, "lost": Verb.LOST, "later": Verb.LATER, "disqualify": Verb.DISQUALIFY,
          "requalify": Verb.REQUALIFY, "delivered": Verb.DELIVERED, "undo": Verb.UNDO, "wrong": Verb.WRONG,
          "status": Verb.STATUS, "help": Verb.HELP, "hilfe": Verb.HELP, "aide": Verb.HELP}  # fmt: skip
_WEEKDAYS = frozenset({"mon", "tue", "wed", "thu", "fri", "sat", "sun", "monday", "tuesday", "wednesday", "thursday",
                      "friday", "saturday", "sunday"})  # fmt: skip
_BARE = frozenset({
    Verb.SIGNED, Verb.PAID, Verb.LOST, Verb.LATER, Verb.DISQUALIFY, Verb.REQUALIFY, Verb.RESUME, Verb.STOP, Verb.DELIVERED,
    Verb.UNDO, Verb.STATUS, Verb.HELP,
})  # fmt: skip
"""Words that are a command only when they stand alone: "Later this week I'll ring them" is none."""
_FIRST_WORD = re.compile(r"\s*([\w’']{1,20})\s*[:,.!]*\s*(.{0,4000})", re.DOTALL)
_ANSWERING = re.compile(r"(?:re|aw|sv|antw|rif|r)\s*:", re.IGNORECASE)
_GOOD_BYE = re.compile(
    r"drop.?off|good.?by|polite|letter|tell them|tell (?:him|her)|farewell|write|decline|absage|verabschied|höflich|"
    r"abschied|schreib|au revoir|poli|adieu|adiós|despedi|cort[eé]s|afscheid|beleefd|netjes",
    re.IGNORECASE,
)
_SILENCE = re.compile(r"\b(?:silen\w*|quiet\w*|no (?:mail|word|letter|drop.?off|good.?by\w*)|nothing|without|don'?t|not|"
                      r"still|schweig\w*|ohne|kein\w*|nicht|sans|rien|sin|nada|zonder|stil)\b", re.IGNORECASE)  # fmt: skip
_EVENT_OF_YES = {"disqualify": Event.DISQUALIFIED, "requalify": Event.REQUALIFIED}
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
    return tuple(command for tag in tags(recipients, reading) if (command := _of_tag(tag)) is not None)


def _of_tag(tag: str) -> Command | None:
    if tag in _TAGS:
        return Command(verb=_TAGS[tag])
    if tag.startswith(_PLAYBOOK_TAG) and len(tag) > len(_PLAYBOOK_TAG):
        return Command(verb=Verb.PLAYBOOK, argument=tag.removeprefix(_PLAYBOOK_TAG))
    return Command(verb=Verb.REMIND, argument=tag) if _is_time(tag) else None


def unknown_tags(message: Message, reading: Reading) -> tuple[str, ...]:
    """The tags in the addresses of a mail that command nothing."""
    recipients = [*(one.address for one in (*message.to, *message.cc)), *message.delivered_to]
    return tuple(tag for tag in tags(recipients, reading) if _of_tag(tag) is None)


def tag_names() -> tuple[str, ...]:
    """Every tag but times and the names of playbooks."""
    return tuple(_TAGS)


def unread(deal: Deal, message: Message) -> str:
    """The first words of a mail that was meant as a command and is none, "" for any other mail."""
    text = message.text.strip()
    addressed = text.lower().startswith("worker:")
    mine = {*message.in_reply_to, *message.references}
    asked = any(one.message_id in mine and not one.answer and one.kind not in ("task", "digest", "reminder", "confirm")
                for one in deal.questions if one.message_id is not None)  # fmt: skip
    first = text.removeprefix("worker:").strip().partition("\n")[0]
    return f'"{first[:60]}"' if first and (addressed or asked) else ""


def _is_time(tag: str) -> bool:
    try:
        date.fromisoformat(tag)
    except ValueError:
        return tag in _WEEKDAYS or bool(_TIME_TAG.fullmatch(tag))
    return True


def _remind_at(tag: str, place: Locale, now: datetime) -> datetime:
    """The moment that a tag names: 3days, 2weeks, tuesday, 2026-03-01."""
    span = _TIME_TAG.fullmatch(tag)
    if span is not None:
        return later(now, Duration(count=max(1, int(span[1])), unit=Unit(span[2])), place)
    today = now.astimezone(place.zone).date()
    if tag in _WEEKDAYS:
        ahead = (DAYS[tag[:3]] - today.weekday()) % 7 or 7
        return datetime.combine(today + timedelta(days=ahead), _MORNING, place.zone)
    return datetime.combine(date.fromisoformat(tag), _MORNING, place.zone)


def by_words(message: Message) -> Command | None:
    """The command in the first line of an answer to the worker, None where it holds none."""
    text = message.text.strip()
    if text.lower().startswith("worker:"):
        text = text[len("worker:") :]
    elif not (message.in_reply_to or message.references or _ANSWERING.match(message.subject)):
        return None  # a note to the worker that begins a thread commands only where it says so
    first, _, rest = text.partition("\n")
    found = _FIRST_WORD.fullmatch(first)
    if not found or found[1].lower() not in _WORDS:
        return None
    verb = _WORDS[found[1].lower()]
    argument = f"{found[2]}\n{rest}".strip() if verb is Verb.EDIT else found[2].strip(" .!,")
    if verb in _BARE and argument and not (verb is Verb.DISQUALIFY and asks_for_good_bye(argument)):
        return None
    if verb is Verb.PAUSE and argument and _how_long(argument) is _NO_END:
        return None
    if verb is Verb.WRONG and argument.lower() != "deal":
        return None
    return Command(verb=verb, argument=argument)


def answered(deal: Deal, message: Message) -> Question | None:
    """The open question that a mail answers: by its thread, else the only one that is open."""
    mine = {*message.in_reply_to, *message.references}
    for question in deal.questions:
        if not question.answer and question.message_id is not None and question.message_id in mine:
            return question
    # A task is answered in its own thread only: a bare "done" could mean any of them.
    open_ones = [one for one in deal.questions if not one.answer and one.kind not in ("task", "digest", "reminder", "confirm")]
    asked = [one for one in open_ones if one.kind != "approval"] or open_ones
    return asked[-1] if len(asked) == 1 else None


def obey(
    deal: Deal, command: Command, question: Question | None, message: Message, place: Locale, now: datetime
) -> Deal:
    """The deal after a command of its owner. Trust has been checked by the caller: only the team commands."""
    match command.verb:
        case Verb.YES | Verb.NO | Verb.SKIP | Verb.DONE | Verb.EDIT:
            return settle(deal, question, command, message.id, now) if question else deal
        case Verb.PAUSE:
            return replace(deal, paused_until=later(now, _how_long(command.argument), place))
        case Verb.RESUME:
            return resumed(deal)
        case Verb.STOP:
            # The planner ends them, so that their mails are withdrawn and the decision stands in the record.
            runs = tuple(replace(run, ended=_STOPPED) if run.state in (RunState.ACTIVE, RunState.HELD) else run
                         for run in deal.runs)  # fmt: skip
            return replace(deal, runs=runs, paused_until=later(now, _NO_END, place))
        case Verb.PLAYBOOK:
            return _wanted(deal, command.argument, message, now)
        case Verb.UNDO | Verb.WRONG | Verb.STATUS | Verb.HELP:
            return deal  # core/confirming: they are about what was done before
        case Verb.REMIND:
            return _reminded(deal, message, _remind_at(command.argument, place, now), now)
        case _:
            return _say(deal, _SAYS[command.verb], message, now, quote=GOOD_BYE if command.argument else "")


def _wanted(deal: Deal, playbook: str, message: Message, now: datetime) -> Deal:
    wish = Wanted(playbook=playbook, at=message.at or now, found_in=message.id)
    known = any(one.playbook == playbook and one.found_in == message.id for one in deal.wanted)
    return deal if known else replace(deal, wanted=(*deal.wanted, wish))


def resumed(deal: Deal) -> Deal:
    """The pause is over, and runs that the owner has stopped go on; what was withdrawn with them may be written again."""
    back = {run.id for run in deal.runs if run.ended == _STOPPED}
    runs = tuple(
        replace(run, state=RunState.ACTIVE, ended="", waits_for="") if run.id in back else run for run in deal.runs
    )
    items = tuple(item for item in deal.outbox if not (item.letter.run in back and item.state is Outbox.STOPPED))
    asked = tuple(one for one in deal.questions if not (one.run in back and one.answer == "stopped"))
    return replace(deal, runs=runs, outbox=items, questions=asked, paused_until=None)


def _reminded(deal: Deal, message: Message, due: datetime, now: datetime) -> Deal:
    id = f"reminder/{message.id}"
    if any(one.id == id for one in deal.questions):
        return deal
    text = f"You wanted to see this again today: {message.subject or deal.title}"
    return replace(deal, questions=(*deal.questions, Question(id=id, kind="reminder", asked=now, text=text, due=due)))


def settle(deal: Deal, question: Question, command: Command, found_in: MessageId, now: datetime) -> Deal:
    """The deal after a question has been answered."""
    letter = question.letter
    if command.verb is Verb.EDIT and letter is not None and command.argument:
        letter = replace(letter, body=f"{command.argument}\n")
    answer = "yes" if command.verb in (Verb.YES, Verb.EDIT) else command.verb.value
    done = replace(question, answer=answer, answered=now, letter=letter)
    deal = replace(deal, questions=tuple(done if one.id == question.id else one for one in deal.questions))
    if question.kind == "doubt" and answer in ("yes", "no"):
        return _judge(deal, question, sure=answer == "yes")
    if question.kind == "uncertain" and answer in ("yes", "no"):
        return _arrived(deal, question, now, sure=answer == "yes")
    if question.kind in _EVENT_OF_YES and answer == "yes":
        quote = GOOD_BYE if asks_for_good_bye(command.argument) and question.kind == "disqualify" else "yes"
        said = Evidence(event=_EVENT_OF_YES[question.kind], strength=Strength.CERTAIN, quote=quote, signal="owner.answer",
                        found_in=found_in, at=now, speaker=Speaker.OWNER)  # fmt: skip
        return replace(deal, evidence=(*deal.evidence, said))
    if answer == "done" and _is_complaint(question, deal):
        settled = Evidence(event=Event.COMPLAINT_RESOLVED, strength=Strength.CERTAIN, quote="done", signal="owner.answer",
                           found_in=found_in, at=now, speaker=Speaker.OWNER)  # fmt: skip
        return replace(deal, evidence=(*deal.evidence, settled))
    return deal


def _is_complaint(question: Question, deal: Deal) -> bool:
    """Whether a matter was put to the owner because somebody complained: "done" says that it is settled."""
    return any(run.id == question.run and run.trigger.startswith(f"{Event.COMPLAINT}:") for run in deal.runs)


def asks_for_good_bye(argument: str) -> bool:
    """Whether "yes, drop-off" asks for one polite last mail; "yes" and "yes, silently" ask for silence."""
    return bool(_GOOD_BYE.search(argument)) and not _SILENCE.search(argument)


def _arrived(deal: Deal, question: Question, now: datetime, *, sure: bool) -> Deal:
    """What the owner knows of a mail of which the server's answer was lost: it is there, or it goes out again."""
    letter = question.id.partition("/")[2]
    what = Happening.FOUND if sure else Happening.SENT_AGAIN
    items = tuple(
        after(item, what, now, "the owner says so")
        if item.letter.id == letter and item.state is Outbox.UNCERTAIN
        else item
        for item in deal.outbox
    )
    return replace(deal, outbox=items)


def _judge(deal: Deal, question: Question, *, sure: bool) -> Deal:
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


def _say(deal: Deal, event: Event, message: Message, now: datetime, *, quote: str = "") -> Deal:
    said = Evidence(
        event=event, strength=Strength.CERTAIN, quote=quote or f"deals+{event.value}", signal="owner.tag", found_in=message.id,
        at=message.at or now, speaker=Speaker.OWNER, by=message.sender.address if message.sender else None,
        document_kind="agreement" if event is Event.SIGNED else "",
    )  # fmt: skip
    return deal if said in deal.evidence else replace(deal, evidence=(*deal.evidence, said))


def _how_long(argument: str) -> Duration:
    try:
        return read_duration(argument) if argument else _NO_END
    except UnknownPhrase:
        return _NO_END
