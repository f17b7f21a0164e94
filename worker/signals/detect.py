"""From a mail to its evidence: what it shows, how strongly, and the words that show it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from worker.core.model import Event, Evidence, Kind, Message, Party, Reading, Speaker, Strength
from worker.core.phrase import fold
from worker.core.signal import Signal, Signals, Where
from worker.signals.due import due_day
from worker.signals.match import Found, Library, Searched, library
from worker.signals.moods import moods
from worker.signals.particulars import document_kind, newcomers, particulars
from worker.signals.sentences import Sentence, file_name, sentences, single
from worker.signals.voices import Voice, voices

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ORDER = {Strength.WEAK: 0, Strength.LIKELY: 1, Strength.CERTAIN: 2}
_LONGEST_QUOTE = 300
_MONEY = frozenset({
    Event.PAYMENT_RECEIVED, Event.PAYMENT_PARTIAL, Event.PAYMENT_FAILED, Event.PAYMENT_REVERSED, Event.INVOICE_SENT,
    Event.PROPOSAL_SENT,
})  # fmt: skip
_DOCUMENTS = frozenset({
    Event.SIGNED, Event.PARTLY_SIGNED, Event.SIGNING_DECLINED, Event.SIGNATURE_REQUESTED, Event.PROPOSAL_SENT,
})  # fmt: skip
_DAYS = frozenset({Event.DATE_NAMED, Event.NOT_NOW, Event.MEETING_BOOKED, Event.CANCELLED, Event.LEFT_COMPANY})
_FACTS = ("document", "document_kind", "amount", "currency", "invoice", "payer", "people", "day")
_REFUSED = ("declined", "abgesagt", "abgelehnt", "refuse", "rechazad", "geweigerd", "afgewezen", "rifiutat", "recusad")
"""In the subject of an answer to an invitation."""
_SILENT = frozenset({Kind.BOUNCE, Kind.COMPLAINT_REPORT, Kind.BULK, Kind.OWN})
"""Kinds of mail whose words are nobody's."""


def detect(message: Message, signals: Signals, reading: Reading) -> tuple[Evidence, ...]:
    """All evidence in a mail, one of each event, the strongest.

    Certain is only what a service says by its own trusted notice (or one that the team forwards), and what merely
    stops us. What people say about money and signatures is likely at most, a notice without trust weak.
    """
    if message.kind in _SILENT:
        return ()
    if message.kind is Kind.AUTO_REPLY:
        return _absent(message)
    best: dict[Event, Evidence] = {}
    for voice in voices(message, signals, reading):
        heard = _Hearing(voice, message, signals, reading).evidence()
        for evidence in heard:
            known = best.get(evidence.event)
            best[evidence.event] = _together(known, evidence) if known else evidence
    if message.calendar and Event.MEETING_BOOKED not in best:
        best.update({e.event: e for e in _invited(message)})
    return tuple(best.values())


def _together(known: Evidence, new: Evidence) -> Evidence:
    """The stronger of two, the earlier where they are equal, with the facts that only the other one has."""
    first, second = (new, known) if _ORDER[new.strength] > _ORDER[known.strength] else (known, new)
    if first.speaker is not second.speaker:
        return first
    return replace(first, **{name: getattr(first, name) or getattr(second, name) for name in _FACTS})


@dataclass(frozen=True, slots=True)
class _Told:
    """A phrase that counts, and the sentence that it stands in."""

    found: Found
    where: Where
    sentence: Sentence
    text: str

    @property
    def signal(self) -> Signal:
        return self.found.signal


class _Hearing:
    """Listens to one voice in a mail."""

    def __init__(self, voice: Voice, message: Message, signals: Signals, reading: Reading) -> None:
        self.voice = voice
        self.message = message
        self.signals = signals
        self.reading = reading
        self.shelf: Library = library(signals)
        self.day: date = (message.date or message.at or _EPOCH).date()
        """The writer's day."""

    def evidence(self) -> list[Evidence]:
        """What the voice says, after its own words have settled which of it stands."""
        told = list(self._told())
        beaten = {name for one in told for name in one.signal.beats}
        return [
            evidence
            for one in told
            if one.signal.event is not None
            and one.signal.event not in beaten
            and one.signal.name.partition(".")[0] not in beaten
            and (evidence := self._evidence(one, one.signal.event)) is not None
        ]

    def _told(self) -> Iterable[_Told]:
        for where, sentence, text in self._parts():
            book = self.shelf.books.get((self.voice.speaker, where))
            if book is None:
                continue
            found = book.find(Searched(sentence, text, self.day, self.message.language), self.voice.languages)
            # Books are filed by words, in no order; what is said first counts first.
            for one in sorted(found, key=lambda f: (f.start, -f.end, f.signal.name)):
                if self._counts(one, sentence, where):
                    yield _Told(one, where, sentence, text)

    def _parts(self) -> Iterable[tuple[Where, Sentence, str]]:
        """The subject, the sentences and the attachments' names."""
        voice = self.voice
        if voice.subject:
            yield Where.SUBJECT, single(voice.subject), voice.subject
        for sentence in sentences(voice.text):
            yield Where.TEXT, sentence, voice.text[sentence.start : sentence.end]
        for name in voice.attachments[:20]:
            yield Where.ATTACHMENT, file_name(name), name

    def _counts(self, found: Found, sentence: Sentence, where: Where) -> bool:
        """Whether a phrase is meant as its signal understands it."""
        signal = found.signal
        if signal.trade is not None and self.voice.trades and signal.trade not in self.voice.trades:
            return False
        cues = self.shelf.cues.get(signal.language)
        if where is Where.ATTACHMENT or cues is None:
            return True
        return signal.means(moods(sentence, found.start, found.end, found.holes, cues))

    # -- one piece of evidence ------------------------------------------------------------

    def _evidence(self, told: _Told, event: Event) -> Evidence | None:
        quote = _quote(told.text, told.found)
        evidence = Evidence(
            event=event,
            strength=self._strength(told.signal, event),
            quote=quote,
            signal=told.signal.name,
            found_in=self.message.id,
            at=self.message.at or _EPOCH,
            speaker=self.voice.speaker,
            by=self.voice.by,
            day=self._named_day(told) if event in _DAYS else None,
        )
        if event in _MONEY or event in _DOCUMENTS:
            evidence = self._with_facts(evidence, told)
        if event is Event.INVOICE_SENT:
            evidence = replace(evidence, day=due_day(self.voice.text, self.day, self.message.language))
        if event is Event.INTRODUCTION:
            people = newcomers(self.message, self.voice, self.reading)
            return replace(evidence, people=people) if people else None
        return evidence

    def _strength(self, signal: Signal, event: Event) -> Strength:
        ceiling = Strength.WEAK if event in self.voice.only_weak else self.voice.ceiling
        return min(signal.strength, ceiling, key=_ORDER.__getitem__)

    def _named_day(self, told: _Told) -> date | None:
        """The day in the slot of the phrase, else the first in its sentence."""
        searched = Searched(told.sentence, told.text, self.day, self.message.language)
        searched.masked()
        span = told.found.slots.get("day")
        inside = [n.day for n in searched.named if span and n.start <= span[0] < n.end]
        return next(iter(inside or [n.day for n in searched.named]), None)

    def _with_facts(self, evidence: Evidence, told: _Told) -> Evidence:
        voice = self.voice
        slots = {name: told.text[a:b].strip(" .,:;!\"'#") for name, (a, b) in told.found.slots.items()}
        said = particulars(voice.subject, voice.text, told.text)
        if evidence.event in _DOCUMENTS:
            name = told.text if told.where is Where.ATTACHMENT else slots.get("document", "")
            name, kind = document_kind(name, evidence.quote, voice, self.signals)
            evidence = replace(evidence, document=name[:200], document_kind=kind, people=said.people)
        if evidence.event in _MONEY:
            evidence = replace(evidence, amount=said.amount, currency=said.currency)
        if evidence.event in _MONEY - _DOCUMENTS:
            evidence = replace(evidence, invoice=slots.get("invoice") or said.invoice)
        payer = slots.get("payer") or said.payer
        return replace(evidence, payer=payer[:120] if voice.speaker is Speaker.NOTARY else "")


def _quote(text: str, found: Found) -> str:
    """The sentence, or the part of a long one around the phrase, on one line."""
    if len(text) > _LONGEST_QUOTE:
        start = max(0, found.start - 100)
        end = min(len(text), max(found.end, start + _LONGEST_QUOTE))
        start = text.find(" ", start) + 1 if start else 0
        text = text[start:end].rsplit(" ", 1)[0] if end < len(text) else text[start:]
    return " ".join(text.split())[: 2 * _LONGEST_QUOTE]


# -- without words ----------------------------------------------------------------------------


def _absent(message: Message) -> tuple[Evidence, ...]:
    """An automatic reply says that somebody is away, or gone for good."""
    absence = message.absence
    if absence is None:
        return ()
    evidence = _silent(message, Event.ABSENCE, Strength.CERTAIN, "automatic.absence")
    if absence.left_company:
        evidence = replace(evidence, event=Event.LEFT_COMPANY, signal="automatic.left-company")
    successor = (Party(address=absence.successor),) if absence.successor else ()
    quote = " ".join(message.text.split())[:_LONGEST_QUOTE] or message.subject
    return (replace(evidence, quote=quote, people=successor, day=absence.until),)


def _invited(message: Message) -> tuple[Evidence, ...]:
    """An attached calendar: an invitation that was sent or answered is a meeting, unless it is called off."""
    subject = fold(message.subject)
    if message.calendar not in {"REQUEST", "REPLY", "PUBLISH"} or any(word in subject for word in _REFUSED):
        return ()
    return (_silent(message, Event.MEETING_BOOKED, Strength.LIKELY, "calendar.invitation"),)


def _silent(message: Message, event: Event, strength: Strength, signal: str) -> Evidence:
    """Evidence that rests on what sort of mail it is; its subject is the quote."""
    return Evidence(
        event=event,
        strength=strength,
        quote=message.subject,
        signal=signal,
        found_in=message.id,
        at=message.at or _EPOCH,
        speaker=Speaker.CONTACT,
        by=message.sender.address if message.sender else None,
    )
