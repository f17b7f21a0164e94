"""Playbooks as values, and the phrases in which a salesperson writes them.

A playbook says after which event what is done, when, and what stops it. There are no expressions: each
condition is one of the fixed phrases of the tables below, so that a reader needs no manual.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
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
        meant = _meant_duration(said)
        hint = f'Did you mean "{meant}"?' if meant else 'Write it like "3 business days", "2 weeks" or "next business morning"'
        raise UnknownPhrase(f'"{text}" is not a length of time. {hint}')
    unit = Unit("business day" if found[2] == "working day" else found[2])
    if number > _LONGEST.get(unit, 9999):
        raise UnknownPhrase(f'"{text}" is longer than {_LONGEST[unit]} {unit}s: nobody waits for that')
    return Duration(count=number, unit=unit)


_ABROAD = {
    "werktage": Unit.BUSINESS_DAY, "arbeitstage": Unit.BUSINESS_DAY, "tage": Unit.DAY, "wochen": Unit.WEEK,
    "monate": Unit.MONTH, "jahre": Unit.YEAR, "stunden": Unit.HOUR, "jours": Unit.DAY, "jours ouvrés": Unit.BUSINESS_DAY,
    "semaines": Unit.WEEK, "mois": Unit.MONTH, "días": Unit.DAY, "semanas": Unit.WEEK, "meses": Unit.MONTH,
    "b days": Unit.BUSINESS_DAY, "workdays": Unit.BUSINESS_DAY, "weekdays": Unit.BUSINESS_DAY,
    "d": Unit.DAY, "w": Unit.WEEK, "h": Unit.HOUR, "min": Unit.MINUTE, "hrs": Unit.HOUR,
}  # fmt: skip
_ROUGHLY = re.compile(r"(?:after |in |wait )?(?:(\d{1,4})|([a-z]+))[ -]*([^\d]*?)(?: later| long)?")


def _meant_duration(said: str) -> str:
    """What a slip of the pen, or a word of another language, probably stands for; "" where nothing is near."""
    if nearest(said, ["next business morning"]):
        return "next business morning"
    found = _ROUGHLY.fullmatch(said)
    count = found and (int(found[1]) if found[1] else _NUMBERS.get(found[2], 0))
    if not found or not count or not found[3]:
        return ""
    units = {f"{unit}s": unit for unit in Unit if unit is not Unit.BUSINESS_MORNING} | _ABROAD
    near = nearest(found[3], units) or nearest(f"{found[3]}s", units)
    return str(Duration(count=count, unit=units[near])) if near else ""


class Mode(StrEnum):
    """How freely the worker sends; the strictest of setting, playbook and step wins."""

    DRAFT = "draft"
    APPROVE = "approve"
    SEND = "send"


def strictest(*modes: Mode) -> Mode:
    """The mode that lets the least go out by itself."""
    return min(modes, key=list(Mode).index)


class Priority(StrEnum):
    """Which playbook wins where several want the same person."""

    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"

    def beats(self, other: Priority) -> bool:
        ranks = list(Priority)
        return ranks.index(self) < ranks.index(other)


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
    INTRODUCED = "delivery has been introduced"
    DELIVERY_SILENT = "delivery has not written"
    SERVICES_LEFT = "there is a service they do not have"
    SERVICES_UNKNOWN = "services are not known"
    SUCCESSOR_KNOWN = "successor is known"
    SUCCESSOR_UNKNOWN = "successor is not known"
    WAS_CLIENT = "contact was a client"
    NOT_CLIENT = "contact is not a client"
    NO_DAY_NAMED = "no day was named"
    WROTE_ONCE = "owner wrote once"
    NO_GOOD_BYE = "no good-bye was said"
    ADDRESS_KNOWN = "postal address is known"
    COMPLAINT_MADE = "a complaint was made"
    OFFER_IS_OPEN = "an offer is open"
    OWNER_WANTS_GOOD_BYE = "owner wants a good-bye"
    OWNER_WANTS_SILENCE = "owner wants silence"


class Watch(StrEnum):
    """A trigger that no single mail sets off."""

    SILENT = "prospect is silent"
    RETURNS = "disqualified contact writes"
    OUR_COURT = "owner owes an answer"
    DAY_CAME = "named day has come"
    """The contact named a day on which it goes on; it begins on the business day after it."""
    SUSPECT_SILENT = "suspect is silent"
    OVERDUE = "first payment is overdue"
    """The day by which the first payment is due; two weeks after the invoice where it names none."""
    STALLED = "interest has no next step"
    """They like it, and nobody has asked, proposed or agreed on anything since."""
    OUTCOME = "introduced person becomes client"
    TERM_ENDS = "term ends in 60 days"
    UNREACHABLE = "nobody can be reached"
    """Every address of the deal is dead."""
    WANTED = "owner asks for it"
    """By deals+playbook-NAME@, NAME being that of its file."""


TRIGGERS: dict[str, Watch | Stage | Event] = {
    **{watch.value: watch for watch in Watch},
    "deal becomes client": Stage.OPENING,
    "deal is signed but not paid": Stage.SIGNED_UNPAID,
    "deal is paid but not signed": Stage.PAID_UNSIGNED,
    "deal is lost": Stage.LOST,
    "deal is put off": Stage.LATER,
    "deal is disqualified": Stage.DISQUALIFIED,
    "contact introduces somebody": Event.INTRODUCTION,
    "contact gives a testimonial": Event.TESTIMONIAL,
    "contact complains": Event.COMPLAINT,
    "complaint is resolved": Event.COMPLAINT_RESOLVED,
    "contact shows interest": Event.INTEREST,
    "contact says no": Event.REJECTED,
    "payment is reversed": Event.PAYMENT_REVERSED,
    "work is delivered": Event.DELIVERED,
    "contact has left the company": Event.LEFT_COMPANY,
    "contact cancels": Event.CANCELLED,
    "contact tells of hardship": Event.HARDSHIP,
    "payment fails": Event.PAYMENT_FAILED,
    "agreement is voided": Event.SIGNING_DECLINED,
}


class Answer(StrEnum):
    """What a reply can say, for a branch."""

    ANYTHING = "contact replies"
    NOT_NOW = "reply says not now"
    NO = "reply says no"
    INTERESTED = "reply shows interest"
    SILENCE = "silence"
    OWNER_YES = "owner says yes"
    """To the question of an `ask`."""
    OWNER_NO = "owner says no"


ANSWER_EVENTS = {Answer.NOT_NOW: Event.NOT_NOW, Answer.NO: Event.REJECTED, Answer.INTERESTED: Event.INTEREST}


LANGUAGES = {
    "contact writes English": "en", "contact writes German": "de", "contact writes French": "fr",
    "contact writes Spanish": "es", "contact writes Italian": "it", "contact writes Dutch": "nl",
    "contact writes Portuguese": "pt",
}  # fmt: skip
"""What a variant can be chosen by, besides the bucket."""
BUCKETS = (Condition.IS_SUSPECT, Condition.IS_PROSPECT, Condition.IS_CLIENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """Another template for some people: by the language in which they write, or by their bucket."""

    template: str
    language: str = ""
    """ISO 639-1."""
    condition: Condition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """A mail to the contact, from a template."""

    template: str
    thread: str = ""
    """same or new; "" leaves it to the template."""
    variants: tuple[Variant, ...] = ()
    """The first that fits takes the place of the template."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """The people of delivery are introduced by this template; where none are known, the owner is asked to do it."""

    template: str
    thread: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Something that the owner has to do."""

    text: str
    due: Duration | None = None
    wait_until_done: bool = False
    """The next step waits until the owner has answered "done"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A question to the owner: the playbook waits for yes or no, and ends at a no that no branch takes up."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Nothing but time passes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """Sets the stage, and the playbook goes on."""

    stage: Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Something that the owner has to know now."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """The end of the run, with the stage that it leaves behind ("" leaves it as it is)."""

    stage: Stage | None


Deed = Send | Handover | Task | Ask | Alert | Wait | Label | Exit


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
    zone: str = ""
    """Whose clock: "" the recipient's, "owner", or an IANA name. The recipient's decent hours hold besides."""


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
    priority: Priority = Priority.NORMAL
    mode: Mode = Mode.SEND
    only_if: tuple[Condition, ...] = ()
    at_most: AtMost | None = None
    hours: Hours = Hours()
    stop_when: frozenset[Rule] = frozenset()
    steps: tuple[Step, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    """Texts that its templates and tasks can name."""

    @property
    def writes(self) -> bool:
        """Whether a contact gets mail by it."""
        return any(isinstance(step.deed, Send | Handover) for step in self.steps)

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
DAY_CHOICES = ("mon", "tue", "wed", "thu", "fri")
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


def read_variant(text: str) -> tuple[str, Condition | None]:
    """Read the `if` of a variant: a language or a bucket. Raises UnknownPhrase."""
    languages = {phrase.lower(): code for phrase, code in LANGUAGES.items()}
    said = _known(text, [*languages, *(one.value for one in BUCKETS)], "something that a variant is chosen by")
    return (languages[said], None) if said in languages else ("", Condition(said))


def read_moment(text: str) -> Duration:
    """Read "30 days after the start". Raises UnknownPhrase."""
    found = re.fullmatch(r"(.+) after the start", " ".join(text.lower().split()))
    if not found:
        raise UnknownPhrase(f'"{text}" is no moment. Write it like "30 days after the start"')
    return read_duration(found[1])


def read_rhythm(text: str) -> Duration:
    """Read "every 3 months" or "every week". Raises UnknownPhrase."""
    found = re.fullmatch(r"every (.+)", " ".join(text.lower().split()))
    if not found:
        raise UnknownPhrase(f'"{text}" is no rhythm. Write it like "every 3 months"')
    return read_duration(f"1 {found[1]}" if found[1] in list(Unit) else found[1])


def read_stage(text: str) -> Stage:
    """Read the stage of an exit. Raises UnknownPhrase."""
    return Stage(_known(text, [stage.value for stage in Stage], "a stage of a deal"))


def nearest(word: str, known: Iterable[str]) -> str:
    """The word that was probably meant, "" where none is near."""
    # Two letters that have changed places are much of a short word.
    close = difflib.get_close_matches(word.lower(), list(known), n=1, cutoff=0.6 if len(word) < 6 else 0.7)
    return close[0] if close else ""


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
