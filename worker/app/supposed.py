"""A made-up deal that brings a playbook to its beginning: the mails that lead there, told in words that could be real."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from worker.core.model import (
    Address,
    Bounce,
    Contact,
    Deal,
    DealId,
    Event,
    Evidence,
    Kind,
    Message,
    MessageId,
    Party,
    Place,
    Speaker,
    Stage,
    StageChange,
    Strength,
    Trust,
)
from worker.core.playbook import Condition, Playbook, Watch

_SERVICE = Party(address=Address("notices@service.example"), name="A service")
_CLIENT_FOR = 60
"""Days since the close of whoever has been a client for a while."""
_NAMED_DAY_IN = timedelta(days=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """One mail of the made-up story, so many days before the playbook has its reason to begin."""

    before: float
    by: Speaker
    text: str
    told: str
    """The same in the words of whoever tells the story."""
    event: Event | None = None
    kind: Kind = Kind.HUMAN
    asks_for_playbook: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Who is in it."""

    owner: Party
    contact: Party
    worker: Address
    language: str = "en"

    @property
    def colleague(self) -> Party:
        """Somebody at the contact's side whom they introduce."""
        return Party(address=Address(f"robin.hale@{self.contact.address.rpartition('@')[2]}"), name="Robin Hale")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A beat as a mail, understood."""

    at: datetime
    beat: Beat
    message: Message
    evidence: tuple[Evidence, ...]


# -- the beats ---------------------------------------------------------------------------------


def _owner(before: float, text: str, told: str, event: Event | None = None) -> Beat:
    return Beat(before=before, by=Speaker.OWNER, text=text, told=told, event=event)


def _contact(before: float, text: str, told: str, event: Event | None = None) -> Beat:
    return Beat(before=before, by=Speaker.CONTACT, text=text, told=told, event=event)


def _notice(before: float, text: str, told: str, event: Event) -> Beat:
    return Beat(before=before, by=Speaker.NOTARY, text=text, told=told, event=event, kind=Kind.NOTICE)


_FIRST = _owner(12, "would it be worth half an hour to talk about this?", "you write to them for the first time")
_INTEREST = _contact(10, "yes, tell me more. What matters to us is that it runs by the spring.", "they show interest",
                     Event.INTEREST)  # fmt: skip
_PROPOSAL = _owner(7, "attached is our proposal for 4,800 EUR. Does it fit?", "you send the proposal", Event.PROPOSAL_SENT)
_TALK = (_FIRST, _INTEREST, _PROPOSAL)
_SIGNED = _notice(2, "Completed: Services agreement. All have signed.", "all have signed", Event.SIGNED)
_PAID = _notice(0, "You have received 4,800.00 EUR.", "the first payment has come", Event.PAYMENT_RECEIVED)
_CLOSE = (*_TALK, _SIGNED, _PAID)


def _earlier(beats: tuple[Beat, ...], days: float) -> tuple[Beat, ...]:
    return tuple(replace(beat, before=beat.before + days) for beat in beats)


_A_CLIENT = _earlier(_CLOSE, _CLIENT_FOR)
_GIVEN_UP = _owner(3, "let us leave it there.", "you give them up (+disqualify)", Event.DISQUALIFIED)
_COMPLAINT = _contact(0, "this is not what we ordered, and nobody calls back.", "they complain", Event.COMPLAINT)
_WATCHES: dict[Watch, tuple[Beat, ...]] = {
    Watch.SILENT: _earlier(_TALK, -7),
    Watch.SUSPECT_SILENT: _earlier((_FIRST,), -12),
    Watch.OUR_COURT: (_FIRST, _contact(0, "what would it cost for two sites?", "they ask you something")),
    Watch.STALLED: (_FIRST, _contact(0, "we like it a lot.", "they like it, and nothing is agreed on", Event.INTEREST)),
    Watch.DAY_CAME: (*_TALK, _contact(0, "our board meets in two weeks.", "they name a day, two weeks off", Event.DATE_NAMED)),
    Watch.OVERDUE: (*_TALK, replace(_SIGNED, before=0, told="all have signed, and no money comes")),
    Watch.RETURNS: (*_TALK, _GIVEN_UP, _contact(0, "shall we talk about it once more?", "they write again")),
    Watch.TERM_ENDS: (
        *_TALK, replace(_SIGNED, before=1, text="Completed: Services agreement. Term: 6 months.",
                        told="all have signed, for six months"), _PAID,
    ),
    Watch.UNREACHABLE: (*_TALK, Beat(before=0, by=Speaker.OTHER, text="550 5.1.1 user unknown", kind=Kind.BOUNCE,
                                     told="your mail comes back: there is no such address")),
    Watch.WANTED: (replace(_FIRST, before=0, told="you ask for the playbook by its tag", asks_for_playbook=True),),
    Watch.OUTCOME: (
        *_earlier(_CLOSE, 90),
        _contact(40, "you should talk with Robin Hale, in copy here.", "they introduce somebody", Event.INTRODUCTION),
    ),
}  # fmt: skip
_STAGES: dict[Stage, tuple[Beat, ...]] = {
    Stage.OPENING: _CLOSE,
    Stage.SIGNED_UNPAID: (*_TALK, replace(_SIGNED, before=0)),
    Stage.PAID_UNSIGNED: (*_TALK, _PAID),
    Stage.LOST: (*_TALK, _contact(0, "we have gone with somebody else.", "they say no", Event.REJECTED)),
    Stage.LATER: (*_TALK, _contact(0, "not this year, I am afraid.", "they put it off", Event.NOT_NOW)),
    Stage.DISQUALIFIED: (*_TALK, replace(_GIVEN_UP, before=0)),
}
_PROSPECT_SAYS: dict[Event, Beat] = {
    Event.INTEREST: replace(_INTEREST, before=0),
    Event.REJECTED: _contact(0, "we have gone with somebody else.", "they say no", Event.REJECTED),
    Event.HARDSHIP: _contact(0, "our founder has died.", "they tell of a hardship", Event.HARDSHIP),
    Event.LEFT_COMPANY: _contact(0, "Anna no longer works here.", "they have left the company", Event.LEFT_COMPANY),
}
_CLIENT_SAYS: dict[Event, Beat] = {
    Event.INTRODUCTION: _contact(0, "you should talk with Robin Hale, in copy here.", "they introduce somebody",
                                 Event.INTRODUCTION),
    Event.TESTIMONIAL: _contact(0, "we chose you because you were the only ones who listened.",
                                "they say why they chose you", Event.TESTIMONIAL),
    Event.COMPLAINT: _COMPLAINT,
    Event.COMPLAINT_RESOLVED: _owner(0, "glad that it is settled.", "it is settled", Event.COMPLAINT_RESOLVED),
    Event.DELIVERED: _owner(0, "that was the last part: all is delivered.", "the work is delivered", Event.DELIVERED),
    Event.CANCELLED: _contact(0, "we end the agreement with the month.", "they cancel", Event.CANCELLED),
    Event.PAYMENT_REVERSED: _notice(0, "A payment of 4,800.00 EUR was reversed.", "the payment goes back",
                                    Event.PAYMENT_REVERSED),
    Event.PAYMENT_FAILED: _notice(0, "A payment of 4,800.00 EUR failed.", "a payment fails", Event.PAYMENT_FAILED),
    Event.SIGNING_DECLINED: _notice(0, "Voided: Services agreement", "the agreement is voided", Event.SIGNING_DECLINED),
}  # fmt: skip


def beats_for(book: Playbook) -> tuple[Beat, ...]:
    """The mails after which a playbook has its reason to begin, oldest first."""
    client = Condition.IS_CLIENT in book.only_if
    match book.when:
        case Watch.SILENT if client:
            return _earlier((*_TALK[:-1], replace(_PROPOSAL, told="you send them, who are a client, a further proposal")), -7)
        case Watch.OUR_COURT if client:
            return (*_A_CLIENT, _WATCHES[Watch.OUR_COURT][-1])
        case Watch():
            return _WATCHES[book.when]
        case Stage():
            return _STAGES.get(book.when, _TALK)
        case Event.COMPLAINT_RESOLVED:
            return (*_A_CLIENT, replace(_COMPLAINT, before=5), _CLIENT_SAYS[Event.COMPLAINT_RESOLVED])
        case Event() if book.when in _PROSPECT_SAYS and not client:
            return (*_TALK, _PROSPECT_SAYS[book.when])
        case Event():
            return (*_A_CLIENT, _CLIENT_SAYS.get(book.when, _contact(0, "", book.when.replace("_", " "), book.when)))


# -- a beat becomes a mail ------------------------------------------------------------------------


def scenes(book: Playbook, cast: Cast, start: datetime) -> Iterator[Scene]:
    """The made-up mails that lead a playbook to its beginning at `start`, in order of time."""
    first = MessageId("0@supposed.example")
    for number, beat in enumerate(beats_for(book)):
        at = start - timedelta(days=beat.before)
        yield _scene(beat, MessageId(f"{number}@supposed.example"), first, at, book, cast)
    if book.when is Watch.OUTCOME:
        yield from _won(cast, start, book)


def deal_beside(book: Playbook, cast: Cast, start: datetime) -> Deal | None:
    """The deal by which somebody is a client already, where the playbook is about a further one."""
    if book.when is not Watch.SILENT or Condition.IS_CLIENT not in book.only_if:
        return None
    since = start - timedelta(days=_CLIENT_FOR)
    close = StageChange(at=since, stage=Stage.OPENING, why="signed and paid", found_in=())
    return Deal(
        id=DealId("beside"), ref="", owner=cast.owner, title="An older deal", created=since, stages=(close,),
        contacts=(Contact(address=cast.contact.address, name=cast.contact.name),),
    )  # fmt: skip


def _won(cast: Cast, start: datetime, book: Playbook) -> Iterator[Scene]:
    """Whoever was introduced becomes a client."""
    other = replace(cast, contact=cast.colleague)
    for number, beat in enumerate((_FIRST, _INTEREST, _PROPOSAL, _SIGNED, _PAID)):
        told = replace(beat, told=f"{other.contact.name}, whom they introduced: {beat.told}")
        id = MessageId(f"1{number}@supposed.example")
        yield _scene(told, id, MessageId("10@supposed.example"), start - timedelta(days=beat.before), book, other)


def _scene(beat: Beat, id: MessageId, first: MessageId, at: datetime, book: Playbook, cast: Cast) -> Scene:
    senders = {Speaker.OWNER: cast.owner, Speaker.CONTACT: cast.contact, Speaker.NOTARY: _SERVICE}
    trusts = {Speaker.OWNER: Trust.TEAM, Speaker.CONTACT: Trust.ALIGNED, Speaker.NOTARY: Trust.NOTARY}
    sender = senders.get(beat.by, Party(address=Address("mailer-daemon@service.example")))
    introduces = beat.event is Event.INTRODUCTION
    to = (cast.contact,) if beat.by is Speaker.OWNER else (cast.owner, *((cast.colleague,) if introduces else ()))
    box, _, domain = cast.worker.partition("@")
    delivered = f"{box}+playbook-{book.slug}@{domain}" if beat.asks_for_playbook else cast.worker
    bounce = Bounce(recipients=(cast.contact.address,), permanent=True, original=first) if beat.kind is Kind.BOUNCE else None
    message = Message(
        id=id, place=Place(), sender=sender, to=to, delivered_to=(Address(delivered),), subject="Our talk", date=at,
        received=at, in_reply_to=() if id == first else (first,), kind=beat.kind, trust=trusts.get(beat.by, Trust.NONE),
        text=beat.text, full_text=beat.text, language=cast.language, bounce=bounce,
    )  # fmt: skip
    return Scene(at=at, beat=beat, message=message, evidence=_shown(beat, message, at, cast))


def _shown(beat: Beat, message: Message, at: datetime, cast: Cast) -> tuple[Evidence, ...]:
    if beat.event is None:
        return ()
    people = {Speaker.NOTARY: (cast.contact,)}.get(beat.by, ())
    money = beat.event in (Event.PAYMENT_RECEIVED, Event.PROPOSAL_SENT)
    evidence = Evidence(
        event=beat.event, strength=Strength.CERTAIN, quote=beat.text, signal="supposed", found_in=message.id, at=at,
        speaker=beat.by, by=message.sender.address if message.sender and beat.by is not Speaker.NOTARY else None,
        people=(cast.colleague,) if beat.event is Event.INTRODUCTION else people,
        document="Services agreement" if beat.event in (Event.SIGNED, Event.SIGNING_DECLINED) else "",
        document_kind="agreement" if beat.event in (Event.SIGNED, Event.SIGNING_DECLINED) else "",
        amount="4800.00" if money else "", currency="EUR" if money else "",
        day=(at + _NAMED_DAY_IN).date() if beat.event is Event.DATE_NAMED else None,
    )  # fmt: skip
    return (evidence,)
