"""Playbooks as values, and the phrases in which a salesperson writes them.

A playbook says after which event what is done, when, and what stops it. There are no expressions: each
condition is one of the fixed phrases of the tables below, so that a reader needs no manual.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import time
from enum import StrEnum

from worker.core.model import Event, Stage


class UnknownPhrase(ValueError):
    """A phrase that the worker cannot follow; says which one was probably meant."""


class Unit(StrEnum):
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    BUSINESS_DAY = "business day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"
    BUSINESS_MORNING = "business morning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration:
    """How long people say that something takes: 3 business days, 2 weeks, next business morning."""

    count: int
    unit: Unit

    def __str__(self) -> str:
        if self.unit is Unit.BUSINESS_MORNING:
            return "next business morning"
        return f"{self.count} {self.unit}{'' if self.count == 1 else 's'}"


_NUMBERS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
            "nine": 9, "ten": 10, "twelve": 12}  # fmt: skip
_LONGEST = {Unit.YEAR: 20, Unit.MONTH: 240, Unit.WEEK: 1000, Unit.DAY: 7000, Unit.BUSINESS_DAY: 2000}
_DURATION = re.compile(r"(\d{1,4}|[a-z]+) (minute|hour|business day|working day|day|week|month|year)s?")


def read_duration(text: str) -> Duration:
    """Read "3 business days", "a week" or "next business morning".

    Raises:
        UnknownPhrase: it is no duration, or none that can be lived through.
    """
    said = " ".join(text.lower().split())
    if said == "next business morning":
        return Duration(count=1, unit=Unit.BUSINESS_MORNING)
    found = _DURATION.fullmatch(said)
    number = found and (int(found[1]) if found[1].isdigit() else _NUMBERS.get(found[1], 0))
    if not found or not number:
        raise UnknownPhrase(
            f'"{text}" is not a length of time. Write it like "3 business days", "2 weeks" or "next business morning"'
        )
    unit = Unit("business day" if found[2] == "working day" else found[2])
    if number > _LONGEST.get(unit, 9999):
        raise UnknownPhrase(f'"{text}" is longer than {_LONGEST[unit]} {unit}s: nobody waits for that')
    return Duration(count=number, unit=unit)


class Mode(StrEnum):
    """How freely the worker sends; the strictest of setting, playbook and step wins."""

    DRAFT = "draft"
    APPROVE = "approve"
    SEND = "send"


def strictest(*modes: Mode) -> Mode:
    """The mode that lets the least go out by itself."""
    return min(modes, key=list(Mode).index)


class Rule(StrEnum):
    """What ends a playbook that is under way."""

    CONTACT_REPLIES = "contact replies"
    OWNER_WRITES = "owner writes"
    CONTACT_ASKS_TO_STOP = "contact asks to stop"
    MAIL_BOUNCES = "mail bounces"
    MEETING_BOOKED = "meeting is booked"
    CONTACT_COMPLAINS = "contact complains"
    DEAL_DISQUALIFIED = "deal is disqualified"
    DEAL_LOST = "deal is lost"
    DEAL_CANCELLED = "contact cancels"
    PAYMENT_REVERSED = "payment is reversed"
    DEAL_IS_CLIENT = "deal becomes client"


class Condition(StrEnum):
    """What has to be true for a playbook to begin or a step to be taken."""

    OWNER_WROTE_LAST = "owner wrote last"
    PROPOSAL_SENT = "proposal was sent"
    IS_SUSPECT = "contact is a suspect"
    IS_PROSPECT = "contact is a prospect"
    IS_CLIENT = "contact is a client"
    NO_COMPLAINT = "no complaint is open"
    REPLIES_SEEN = "replies are seen"
    REPLIES_NOT_SEEN = "replies are not seen"
    DELIVERY_KNOWN = "people of delivery are known"
    DELIVERY_UNKNOWN = "people of delivery are not known"
    NOT_INTRODUCED = "delivery has not been introduced"
    NEVER_ASKED_TESTIMONIAL = "no testimonial was given"


class Watch(StrEnum):
    """A trigger that no single mail sets off."""

    SILENT = "prospect is silent"
    RETURNS = "disqualified contact writes"
    OUR_COURT = "owner owes an answer"
    DAY_CAME = "named day has come"
    """The contact named a day on which it goes on; it begins on the business day after it."""


TRIGGERS: dict[str, Watch | Stage | Event] = {
    **{watch.value: watch for watch in Watch},
    "deal becomes client": Stage.OPENING,
    "deal is signed but not paid": Stage.SIGNED_UNPAID,
    "deal is paid but not signed": Stage.PAID_UNSIGNED,
    "deal is lost": Stage.LOST,
    "deal is put off": Stage.LATER,
    "contact introduces somebody": Event.INTRODUCTION,
    "contact gives a testimonial": Event.TESTIMONIAL,
    "contact complains": Event.COMPLAINT,
    "complaint is resolved": Event.COMPLAINT_RESOLVED,
    "contact shows interest": Event.INTEREST,
    "contact says no": Event.REJECTED,
    "payment is reversed": Event.PAYMENT_REVERSED,
    "work is delivered": Event.DELIVERED,
    "contact has left the company": Event.LEFT_COMPANY,
}


class Answer(StrEnum):
    """What a reply can say, for a branch."""

    ANYTHING = "contact replies"
    NOT_NOW = "reply says not now"
    NO = "reply says no"
    INTERESTED = "reply shows interest"
    SILENCE = "silence"


ANSWER_EVENTS = {Answer.NOT_NOW: Event.NOT_NOW, Answer.NO: Event.REJECTED, Answer.INTERESTED: Event.INTEREST}


class For(StrEnum):
    OWNER = "owner"


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """A mail to the contact, from a template."""

    template: str
    thread: str = ""
    """same or new; "" leaves it to the template."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Something that the owner has to do."""

    text: str
    due: Duration | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Something that the owner has to know now."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """The end of the run, with the stage that it leaves behind ("" leaves it as it is)."""

    stage: Stage | None


Deed = Send | Task | Alert | Exit


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """What follows upon an answer, or upon none."""

    answer: Answer
    after: Duration | None
    """With silence: how long it has to last."""
    deeds: tuple[Deed, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One action, and when it is due."""

    id: str
    line: int
    deed: Deed
    wait: Duration | None = None
    """From the step before."""
    wait_until: Duration | None = None
    """From the start of the playbook."""
    repeat: Duration | None = None
    """The step comes again after this, for as long as the playbook runs."""
    approve: bool = False
    only_if: tuple[Condition, ...] = ()
    branches: tuple[Branch, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """When mail may leave, on the clock of whoever gets it."""

    begin: time = time(8, 30)
    end: time = time(17, 30)
    days: frozenset[int] = frozenset(range(5))
    """Monday is 0."""
    spread: tuple[int, int] = (25, 70)
    """Minutes, least and most, that a mail is held back so that nothing leaves the second it is decided."""
    holidays: str = ""
    """ISO 3166: a country whose holidays are kept beside those of whoever gets the mail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AtMost:
    """1 per contact in 90 days."""

    count: int
    within: Duration


@dataclass(frozen=True, slots=True, kw_only=True)
class Playbook:
    """What happens after which event."""

    slug: str
    """The name of its file."""
    name: str
    when: Watch | Stage | Event
    hash: str
    path: str = ""
    after: Duration | None = None
    life_cycle: bool = False
    mode: Mode = Mode.SEND
    only_if: tuple[Condition, ...] = ()
    at_most: AtMost | None = None
    hours: Hours = Hours()
    stop_when: frozenset[Rule] = frozenset()
    steps: tuple[Step, ...] = ()

    def step(self, id: str) -> Step | None:
        return next((step for step in self.steps if step.id == id), None)

    def after_step(self, id: str) -> str:
        """Id of the step that follows, "" after the last."""
        ids = [step.id for step in self.steps]
        at = ids.index(id) + 1 if id in ids else len(ids)
        return ids[at] if at < len(ids) else ""


_AT_MOST = re.compile(r"(\d{1,3}|once|[a-z]+) per contact in (.+)")
_SILENCE = re.compile(r"silence after (.+)")
_HOURS = re.compile(r"(\d{1,2}):(\d{2})\s*(?:-|–|to)\s*(\d{1,2}):(\d{2})")
_SPREAD = re.compile(r"(\d{1,3})\s*(?:-|–|to)\s*(\d{1,3}) minutes")
DAY_NAMES = frozenset({
    "mon", "monday", "tue", "tues", "tuesday", "wed", "wednesday", "thu", "thur", "thurs", "thursday", "fri", "friday",
    "sat", "saturday", "sun", "sunday",
})  # fmt: skip
DAYS = {name: number for number, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))}


def read_at_most(text: str) -> AtMost:
    """Read "1 per contact in 90 days". Raises UnknownPhrase."""
    found = _AT_MOST.fullmatch(" ".join(text.lower().split()))
    count = found and (int(found[1]) if found[1].isdigit() else {"once": 1, **_NUMBERS}.get(found[1], 0))
    if not found or not count:
        raise UnknownPhrase(f'"{text}" is no limit. Write it like "1 per contact in 90 days"')
    return AtMost(count=count, within=read_duration(found[2]))


def read_trigger(text: str) -> Watch | Stage | Event:
    """Read what a playbook begins with. Raises UnknownPhrase."""
    return TRIGGERS[_known(text, TRIGGERS, "something the worker can wait for")]


def read_rule(text: str) -> Rule:
    """Read what ends a playbook. Raises UnknownPhrase."""
    return Rule(_known(text, [rule.value for rule in Rule], "something the worker can stop at"))


def read_condition(text: str) -> Condition:
    """Read what has to be true. Raises UnknownPhrase."""
    return Condition(_known(text, [condition.value for condition in Condition], "something the worker can see"))


def read_answer(text: str) -> tuple[Answer, Duration | None]:
    """Read the `if` of a branch: an answer, or "silence after 10 business days". Raises UnknownPhrase."""
    silence = _SILENCE.fullmatch(" ".join(text.lower().split()))
    if silence:
        return Answer.SILENCE, read_duration(silence[1])
    known = [answer.value for answer in Answer if answer is not Answer.SILENCE]
    return Answer(_known(text, [*known, "silence after 10 business days"], "an answer the worker can tell")), None


def read_hours(text: str) -> tuple[time, time]:
    """Read "08:30-11:00". Raises UnknownPhrase."""
    found = _HOURS.fullmatch(text.strip())
    if found and int(found[1]) < 24 and int(found[3]) < 24 and int(found[2]) < 60 and int(found[4]) < 60:
        begin, end = time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))
        if begin < end:
            return begin, end
    raise UnknownPhrase(f'"{text}" is no time of day to send in. Write it like "08:30-11:00"')


def read_spread(text: str) -> tuple[int, int]:
    """Read "25 to 70 minutes" or "none". Raises UnknownPhrase."""
    if text.strip().lower() == "none":
        return 0, 0
    found = _SPREAD.fullmatch(text.strip().lower())
    if not found or int(found[1]) > int(found[2]):
        raise UnknownPhrase(f'"{text}" is no spread. Write it like "25 to 70 minutes", or none')
    return int(found[1]), int(found[2])


def read_stage(text: str) -> Stage:
    """Read the stage of an exit. Raises UnknownPhrase."""
    return Stage(_known(text, [stage.value for stage in Stage], "a stage of a deal"))


def suggestion(word: str, known: Iterable[str]) -> str:
    """' Did you mean "..."?' or the list of what there is."""
    choices = sorted(known)
    close = difflib.get_close_matches(word.lower(), choices, n=1, cutoff=0.5)
    if close:
        return f'Did you mean "{close[0]}"?'
    return f"There are: {', '.join(choices)}"


def _known(text: str, known: Iterable[str], what: str) -> str:
    said = " ".join(text.lower().split())
    choices = list(known)
    if said in choices:
        return said
    raise UnknownPhrase(f'"{text}" is not {what}. {suggestion(said, choices)}')
