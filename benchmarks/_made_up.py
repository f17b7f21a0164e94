"""Made-up deals: random stories, each told again by its seed, and the rules that no decision may break."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from worker.app.household import Household
from worker.app.intake import Intake
from worker.app.library import read_library
from worker.app.living import Life
from worker.app.writing import Writer
from worker.core.calendar import DECENT, is_business_day
from worker.core.model import (
    Absence,
    Action,
    Address,
    Bounce,
    Event,
    Evidence,
    Kind,
    Message,
    MessageId,
    Party,
    Place,
    RawMail,
    Reading,
    Speaker,
    Strength,
    Trust,
)
from worker.core.playbook import Mode
from worker.core.signal import notaries
from worker.core.situation import Caps
from worker.core.stopping import letter_counts
from worker.io.memory_store import MemoryStore
from worker.io.shipped import shipped

DAYS = 90
TOGETHER = 20
"""Stories that share a household, so that caps and clocks are shared as they are in life."""
WORKER = Address("deals@tarn.example")
OWNER = Party(address=Address("mara@tarn.example"), name="Mara Voss")
PLACES = {
    "America/New_York": "US", "America/Los_Angeles": "US", "Europe/London": "GB", "Europe/Berlin": "DE",
    "Asia/Tokyo": "JP", "Asia/Kolkata": "IN", "Australia/Sydney": "AU", "Pacific/Auckland": "NZ",
}  # fmt: skip
"""Where the people of the stories live: places that the offsets of their mail leave no doubt about."""
_FIRST_NAMES = ("Anna", "Ben", "Chloe", "David", "Eva", "Frank", "Greta", "Hugo", "Iris", "Jan")
_CHASING = frozenset({"nudge", "drop_off", "payment_nudge", "missing_signature", "ping", "date_arrived"})
_OFTEN = frozenset({"nudge", "decline", "referral_thanks"})
"""What may be said again within three weeks: a nudge of its own playbook, and answers to mails of theirs."""
_ASKS = frozenset({"ask_referral", "ask_testimonial", "ask_introduction", "check_in", "cross_sell", "ask_for_business"})


class Turn(StrEnum):
    """What can happen in a story."""

    ASKS = "the owner asks"
    PROPOSES = "the owner proposes"
    REPLIES = "they reply"
    INTERESTED = "they are interested"
    DECLINES = "they say no"
    NOT_NOW = "they say not now"
    NAMES_DAY = "they name a day"
    OPTS_OUT = "they want no more mail"
    COMPLAINS = "they complain"
    SETTLED = "the owner says that it is settled"
    AWAY = "their machine says they are away"
    BOUNCES = "the address is dead"
    SIGNED = "all have signed"
    PAID = "the money has come"
    REVERSED = "the money goes back"
    MEETS = "a meeting is booked"
    COLLEAGUE = "a colleague of theirs replies"
    PAUSES = "the owner pauses"
    STOPS = "the owner stops it"
    DISQUALIFIES = "the owner disqualifies them"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One thing that happens, so many days after the story begins."""

    day: float
    turn: Turn
    days: int = 0
    """How long an absence is, or how far off a named day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A person, where they are, and what happens."""

    number: int
    zone: str
    begins: datetime
    moments: tuple[Moment, ...]

    @property
    def person(self) -> Party:
        name = _FIRST_NAMES[self.number % len(_FIRST_NAMES)]
        return Party(address=Address(f"{name.lower()}@firm{self.number}.example"), name=f"{name} Alder")


def story_of(seed: int) -> Story:
    """A story; the same seed tells the same."""
    chance = random.Random(seed)
    # Neighbours live at the same time of the year, so that they can share a household and its caps.
    season = seed // TOGETHER * 37 % 365
    begins = datetime(2025, 1, 1, 9, 0, tzinfo=UTC) + timedelta(days=season + chance.randrange(7))
    moments = [Moment(day=0, turn=Turn.ASKS), Moment(day=1 + chance.random(), turn=Turn.INTERESTED)]
    moments.append(Moment(day=2 + 3 * chance.random(), turn=Turn.PROPOSES))
    common = [turn for turn, weight in _WEIGHTS.items() for _ in range(weight)]
    for _ in range(chance.randrange(7)):
        day = 3 + chance.random() * (DAYS - 5)
        moments.append(Moment(day=day, turn=chance.choice(common), days=chance.randrange(30)))
    return Story(number=seed, zone=chance.choice(list(PLACES)), begins=begins, moments=tuple(moments))


_WEIGHTS = {**dict.fromkeys(Turn, 1), Turn.REPLIES: 3, Turn.SIGNED: 3, Turn.PAID: 3, Turn.AWAY: 3, Turn.ASKS: 3}


# -- a moment becomes a mail -----------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Says:
    """How a turn is told by a mail: by whom, with what words and what they show."""

    by: Speaker
    text: str
    event: Event | None = None
    kind: Kind = Kind.HUMAN
    tag: str = ""


_SAYS = {
    Turn.ASKS: _Says(by=Speaker.OWNER, text="shall we talk about the new line?"),
    Turn.PROPOSES: _Says(by=Speaker.OWNER, text="here is our proposal. Does it fit?", event=Event.PROPOSAL_SENT),
    Turn.REPLIES: _Says(by=Speaker.CONTACT, text="I have passed it on."),
    Turn.INTERESTED: _Says(by=Speaker.CONTACT, text="yes, we are interested.", event=Event.INTEREST),
    Turn.DECLINES: _Says(by=Speaker.CONTACT, text="we have chosen somebody else.", event=Event.REJECTED),
    Turn.NOT_NOW: _Says(by=Speaker.CONTACT, text="not now.", event=Event.NOT_NOW),
    Turn.NAMES_DAY: _Says(by=Speaker.CONTACT, text="our board meets then.", event=Event.DATE_NAMED),
    Turn.OPTS_OUT: _Says(by=Speaker.CONTACT, text="please write to me no more.", event=Event.OPT_OUT),
    Turn.COMPLAINS: _Says(by=Speaker.CONTACT, text="this is not what we ordered.", event=Event.COMPLAINT),
    Turn.SETTLED: _Says(by=Speaker.OWNER, text="glad that it is settled now.", event=Event.COMPLAINT_RESOLVED),
    Turn.AWAY: _Says(by=Speaker.CONTACT, text="I am out of office.", event=Event.ABSENCE, kind=Kind.AUTO_REPLY),
    Turn.BOUNCES: _Says(by=Speaker.OTHER, text="user unknown", kind=Kind.BOUNCE),
    Turn.SIGNED: _Says(by=Speaker.NOTARY, text="All have signed.", event=Event.SIGNED, kind=Kind.NOTICE),
    Turn.PAID: _Says(by=Speaker.NOTARY, text="Money has come.", event=Event.PAYMENT_RECEIVED, kind=Kind.NOTICE),
    Turn.REVERSED: _Says(by=Speaker.NOTARY, text="Money went back.", event=Event.PAYMENT_REVERSED, kind=Kind.NOTICE),
    Turn.MEETS: _Says(by=Speaker.CONTACT, text="Tuesday at ten, then.", event=Event.MEETING_BOOKED),
    Turn.COLLEAGUE: _Says(by=Speaker.CONTACT, text="I answer for Anna."),
    Turn.PAUSES: _Says(by=Speaker.OWNER, text="for your files.", tag="pause"),
    Turn.STOPS: _Says(by=Speaker.OWNER, text="for your files.", tag="stop"),
    Turn.DISQUALIFIES: _Says(by=Speaker.OWNER, text="for your files.", tag="disqualify"),
}
_TRUST = {Speaker.OWNER: Trust.TEAM, Speaker.CONTACT: Trust.ALIGNED, Speaker.NOTARY: Trust.NOTARY}


def mails_of(story: Story, worker: Address) -> list[tuple[Message, tuple[Evidence, ...]]]:
    """The mails of a story in order of time, understood."""
    first = MessageId(f"{story.number}.0@tarn.example")
    ordered = sorted(enumerate(story.moments), key=lambda pair: (pair[1].day, pair[0]))
    return [_mail(story, number, moment, first, worker) for number, moment in ordered]


def _mail(
    story: Story, number: int, moment: Moment, first: MessageId, worker: Address
) -> tuple[Message, tuple[Evidence, ...]]:
    says, person = _SAYS[moment.turn], story.person
    at = (story.begins + timedelta(days=moment.day)).astimezone(ZoneInfo(story.zone))
    colleague = Party(address=Address(f"desk@{person.address.rpartition('@')[2]}"), name="Pat Desk")
    theirs = colleague if moment.turn is Turn.COLLEAGUE else person
    sender = {
        Speaker.OWNER: OWNER, Speaker.CONTACT: theirs, Speaker.NOTARY: Party(address=Address("dse@sign.test")),
    }.get(says.by, Party(address=Address("mailer-daemon@tarn.example")))  # fmt: skip
    id = MessageId(f"{story.number}.{number}@{sender.address.rpartition('@')[2]}")
    back = at.date() + timedelta(days=moment.days)
    message = Message(
        id=id, place=Place(uid=number + 1), sender=sender, to=(person,) if sender is OWNER else (OWNER,),
        delivered_to=(Address(worker.replace("@", f"+{says.tag}@")) if says.tag else worker,), subject="The new line",
        date=at, received=at, in_reply_to=() if id == first else (first,), kind=says.kind,
        trust=_TRUST.get(says.by, Trust.NONE), text=says.text, full_text=says.text, language="en",
        bounce=Bounce(recipients=(person.address,), permanent=True) if says.kind is Kind.BOUNCE else None,
        absence=Absence(until=back if moment.days else None) if moment.turn is Turn.AWAY else None,
    )  # fmt: skip
    if says.event is None:
        return message, ()
    return message, (
        Evidence(
            event=says.event, strength=Strength.CERTAIN, quote=says.text, signal="made.up", found_in=id, at=at,
            speaker=says.by, by=sender.address if says.by is not Speaker.NOTARY else None,
            document_kind="agreement" if says.event is Event.SIGNED else "",
            people=(person,) if says.by is Speaker.NOTARY else (),
            day=back if says.event is Event.DATE_NAMED else None,
        ),
    )  # fmt: skip


# -- lived through ---------------------------------------------------------------------------


def household_of_stories() -> Household:
    """The owner of all stories with the shipped files, who has approved whatever needs it."""
    library = read_library(shipped("playbooks"), shipped("templates"))
    return Household(
        reading=Reading(address=WORKER, team=("@tarn.example",), key=b"made up", notaries=notaries(library.signals)),
        library=library, keeper=MemoryStore(), zone=ZoneInfo("Europe/Berlin"), country="DE", mode=Mode.SEND,
        caps=Caps(per_hour=1000, per_day=1000), watched=frozenset({OWNER.address}), approved=True,
    )  # fmt: skip


def live(stories: Iterable[Story], household: Household, writer: Writer) -> Life:
    """Live stories through in one household that knows nothing before, each for ninety days and a little more."""
    life = Life(replace(household, keeper=MemoryStore()), writer)
    intake = Intake(household=life.household, heard=lambda *_: None)
    told = list(stories)
    mails = [mail for story in told for mail in mails_of(story, household.reading.address)]
    for message, evidence in sorted(mails, key=lambda mail: (mail[0].date, mail[0].id)):
        at = message.date or told[0].begins
        life.wait_until(at)
        for id in intake.take_in(message, evidence, RawMail(place=message.place, data=b""), at):
            life.advance(id, at)
    life.wait_until(max(story.begins for story in told) + timedelta(days=DAYS))
    return life


# -- what must never be ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail that left for somebody of a story."""

    at: datetime
    purpose: str
    letter: str
    run: str


def broken_rules(story: Story, life: Life) -> list[str]:
    """Every rule that what was sent to the person of a story, or told about them, breaks."""
    sent = [
        Mail(at=one.at, purpose=one.item.letter.purpose, letter=one.item.letter.id, run=one.item.letter.run)
        for one in life.departures
        if not one.item.letter.to_owner and story.person.address in {party.address for party in one.item.letter.to}
    ]
    return [fault for rule in _RULES for fault in rule(story, sent, life)]


_Rule = Callable[[Story, list[Mail], Life], Iterator[str]]


def _when(story: Story, *turns: Turn) -> list[tuple[datetime, Moment]]:
    return [(story.begins + timedelta(days=one.day), one) for one in story.moments if one.turn in turns]


def _never_after_the_door_is_closed(story: Story, sent: list[Mail], life: Life) -> Iterator[str]:
    for at, moment in _when(story, Turn.OPTS_OUT, Turn.BOUNCES):
        yield from (f"{mail.purpose} at {mail.at}, though {moment.turn} at {at}" for mail in sent if mail.at > at)
    for at, moment in _when(story, Turn.DISQUALIFIES):
        late = [mail for mail in sent if mail.at > at and mail.purpose in _CHASING - {"drop_off"}]
        yield from (f"{mail.purpose} at {mail.at}, though {moment.turn} at {at}" for mail in late)


def _one_a_day(story: Story, sent: list[Mail], life: Life) -> Iterator[str]:
    zone = ZoneInfo(story.zone)
    days = [mail.at.astimezone(zone).date() for mail in sent if letter_counts(mail.purpose)]
    yield from (f"two mails on {day}" for day in sorted({day for day in days if days.count(day) > 1}))


def _in_their_hours(story: Story, sent: list[Mail], life: Life) -> Iterator[str]:
    for mail in sent:
        there = mail.at.astimezone(ZoneInfo(story.zone))
        if not DECENT[0] <= there.time() < DECENT[1]:
            yield f"{mail.purpose} at {there}: no decent hour"
        if not is_business_day(there.date(), PLACES[story.zone]):
            yield f"{mail.purpose} at {there}: no business day there"


def _never_the_same_again(story: Story, sent: list[Mail], life: Life) -> Iterator[str]:
    letters = [mail.letter for mail in sent]
    yield from (f"{letter} left twice" for letter in sorted({one for one in letters if letters.count(one) > 1}))
    for number, mail in enumerate(sent):
        again = [one for one in sent[number + 1 :] if one.purpose == mail.purpose and mail.purpose not in _OFTEN]
        yield from (f"{mail.purpose} at {mail.at} and {one.at}" for one in again if one.at - mail.at < timedelta(days=20))


def _never_past_an_answer(story: Story, sent: list[Mail], life: Life) -> Iterator[str]:
    """Between the mail that a chase is about and the chase nobody may have said a word."""
    for mail in sent:
        if mail.purpose != "nudge":
            continue
        words = [at for at, _ in _when(story, Turn.REPLIES, Turn.COLLEAGUE, Turn.INTERESTED, Turn.MEETS) if at < mail.at]
        asked = [at for at, _ in _when(story, Turn.ASKS, Turn.PROPOSES) if at < mail.at]
        if words and (not asked or max(words) >= max(asked)):
            yield f"nudge at {mail.at}, though they wrote at {max(words)}"


def _never_while_it_is_held(story: Story, sent: list[Mail], life: Life) -> Iterator[str]:
    zone = ZoneInfo(story.zone)
    for mail in sent:
        day = mail.at.astimezone(zone).date()
        if _is_away(story, mail.at, day):
            yield f"{mail.purpose} at {mail.at}: they are away"
        if mail.purpose in _ASKS and _complaint_is_open(story, mail.at):
            yield f"{mail.purpose} at {mail.at}: a complaint is open"


def _is_away(story: Story, at: datetime, day: date) -> bool:
    zone = ZoneInfo(story.zone)
    for said, moment in _when(story, Turn.AWAY):
        until = said.astimezone(zone).date() + timedelta(days=moment.days or 14)
        newer = any(said < other <= at for other, _ in _when(story, Turn.AWAY))
        if said < at and day <= until and not newer and not _has_written(story, said + timedelta(days=1), at):
            return True
    return False


def _has_written(story: Story, since: datetime, until: datetime) -> bool:
    theirs = {turn for turn, says in _SAYS.items() if says.by is Speaker.CONTACT and says.kind is Kind.HUMAN}
    return any(since < at < until for at, _ in _when(story, *(theirs - {Turn.COLLEAGUE})))


def _complaint_is_open(story: Story, at: datetime) -> bool:
    said = [when for when, _ in _when(story, Turn.COMPLAINS) if when < at]
    return bool(said) and not any(max(said) < when < at for when, _ in _when(story, Turn.SETTLED))


def _never_a_client_chased(story: Story, sent: list[Mail], life: Life) -> Iterator[str]:
    signed, paid = (min((at for at, _ in _when(story, turn)), default=None) for turn in (Turn.SIGNED, Turn.PAID))
    if signed is None or paid is None or _when(story, Turn.REVERSED):
        return
    yield from (f"{mail.purpose} at {mail.at}: they are a client" for mail in sent
                if mail.purpose in _CHASING and mail.at > max(signed, paid))  # fmt: skip


def _not_past_a_stop(story: Story, sent: list[Mail], life: Life) -> Iterator[str]:
    stops = {(row.deal.id, row.decision.playbook): row.decision.at for row in life.rows
             if row.decision.action is Action.STOP and story.person.address in row.decision.to}  # fmt: skip
    for one in life.departures:
        stopped = stops.get((one.deal.id, one.item.letter.playbook))
        run = next((run for run in one.deal.runs if run.id == one.item.letter.run), None)
        if stopped is not None and run is not None and run.started < stopped < one.at and not one.item.letter.to_owner:
            yield f"{one.item.letter.purpose} at {one.at}, though {run.id} was stopped at {stopped}"


def _the_owner_is_not_flooded(story: Story, sent: list[Mail], life: Life) -> Iterator[str]:
    told = sorted(row.decision.at for row in life.rows if row.decision.action in (Action.TASK, Action.ASK, Action.ALERT)
                  and any(one.address == story.person.address for one in row.deal.contacts))  # fmt: skip
    for number in range(len(told) - 5):
        if told[number + 5] - told[number] < timedelta(days=7):
            yield f"the owner was told six things within a week of {told[number]}"


_RULES: tuple[_Rule, ...] = (
    _never_after_the_door_is_closed, _one_a_day, _in_their_hours, _never_the_same_again, _never_past_an_answer,
    _never_while_it_is_held, _never_a_client_chased, _not_past_a_stop, _the_owner_is_not_flooded,
)  # fmt: skip
