"""From a mail to its evidence: what it shows, how strongly, and the words that show it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from worker.core.model import Event, Evidence, Kind, Message, Party, Reading, Speaker, Strength
from worker.core.phrase import fold
from worker.core.signal import Signal, Signals, Where
from worker.signals.match import Found, Library, Searched, library
from worker.signals.moods import moods
from worker.signals.notice import particulars
from worker.signals.sentences import Sentence, file_name, sentences, single
from worker.signals.voices import Voice, voices

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ORDER = {Strength.WEAK: 0, Strength.LIKELY: 1, Strength.CERTAIN: 2}
_LONGEST_QUOTE = 300
_MONEY = frozenset({
    Event.PAYMENT_RECEIVED, Event.PAYMENT_PARTIAL, Event.PAYMENT_FAILED, Event.PAYMENT_REVERSED, Event.INVOICE_SENT,
})  # fmt: skip
_SIGNING = frozenset({Event.SIGNED, Event.PARTLY_SIGNED, Event.SIGNING_DECLINED, Event.SIGNATURE_REQUESTED})
_DAYS = frozenset({Event.DATE_NAMED, Event.NOT_NOW, Event.MEETING_BOOKED, Event.PAYMENT_RECEIVED, Event.CANCELLED})
_SILENT = frozenset({Kind.BOUNCE, Kind.COMPLAINT_REPORT, Kind.BULK, Kind.OWN})
"""Kinds of mail whose words are nobody's."""


def detect(message: Message, signals: Signals, reading: Reading) -> tuple[Evidence, ...]:
    """All evidence in a mail, at most one of each event, the strongest.

    Certain is only what a service says by its own trusted notice (or one that the team forwards), and what merely
    stops us. What people say about money and signatures is likely at most, a notice without trust weak.
    """
    if message.kind in _SILENT:
        return ()
    if message.kind is Kind.AUTO_REPLY:
        return _absent(message)
    shelf = library(signals)
    best: dict[Event, Evidence] = {}
    for voice in voices(message, signals, reading):
        for evidence in _heard(voice, message, signals, shelf, reading):
            known = best.get(evidence.event)
            if known is None or _ORDER[evidence.strength] > _ORDER[known.strength]:
                best[evidence.event] = evidence
    if message.calendar:
        _invited(message, best)
    return tuple(best.values())


def _heard(voice: Voice, message: Message, signals: Signals, shelf: Library, reading: Reading) -> list[Evidence]:
    """What one voice in a mail says, after its own words have settled which of it stands."""
    told: list[tuple[Found, Where, Sentence, str]] = []
    for where, source, text in _parts(voice):
        book = shelf.books.get((voice.speaker, where))
        if book is None:
            continue
        searched = Searched(source, text, _day(message), message.language)
        for found in book.find(searched):
            if _counts(found, source, shelf, where, voice):
                told.append((found, where, source, text))
    beaten = {name for found, *_ in told for name in found.signal.beats}
    return [
        evidence
        for found, where, source, text in told
        if found.signal.event is not None and beaten.isdisjoint((found.signal.event, found.signal.name.partition(".")[0]))
        and (evidence := _evidence(found, where, source, text, voice, message, signals, reading)) is not None
    ]  # fmt: skip


def _parts(voice: Voice) -> list[tuple[Where, Sentence, str]]:
    """The sentences of a voice, its subject and its attachments' names."""
    parts = [(Where.SUBJECT, single(voice.subject), voice.subject)] if voice.subject else []
    parts += [(Where.TEXT, s, voice.text[s.start : s.end]) for s in sentences(voice.text)]
    parts += [(Where.ATTACHMENT, file_name(a), a) for a in voice.attachments[:20]]
    return parts


def _day(message: Message) -> date:
    """The writer's day."""
    return (message.date or message.at or _EPOCH).date()


def _counts(found: Found, sentence: Sentence, shelf: Library, where: Where, voice: Voice) -> bool:
    """Whether the phrase is meant as its signal understands it."""
    signal = found.signal
    if signal.trade is not None and voice.trades and signal.trade not in voice.trades:
        return False
    if where is Where.ATTACHMENT:
        return True
    cues = shelf.cues.get(signal.language)
    if cues is None:
        return True
    return signal.means(moods(sentence, found.start, found.end, found.holes, cues))


# -- one piece of evidence ------------------------------------------------------------------


def _evidence(
    found: Found, where: Where, sentence: Sentence, text: str, voice: Voice, message: Message, signals: Signals, reading: Reading
) -> Evidence | None:
    signal = found.signal
    assert signal.event is not None
    event = voice.turned.get(signal.event, signal.event)
    quote = _quote(text, found)
    evidence = Evidence(
        event=event,
        strength=_strength(signal, voice),
        quote=quote,
        signal=signal.name,
        found_in=message.id,
        at=message.at or _EPOCH,
        speaker=voice.speaker,
        by=voice.by,
    )
    evidence = _with_slots(evidence, found, text, message)
    if event in _MONEY or event in _SIGNING:
        evidence = _with_particulars(evidence, voice, quote)
    if event in _SIGNING or event is Event.PROPOSAL_SENT:
        evidence = _with_document(evidence, voice, signals, where, text)
    return _introduced(evidence, voice, message, reading) if event is Event.INTRODUCTION else evidence


def _strength(signal: Signal, voice: Voice) -> Strength:
    ceiling = voice.ceiling
    if signal.event in voice.only_weak:
        ceiling = Strength.WEAK
    return min(signal.strength, ceiling, key=_ORDER.__getitem__)


def _quote(text: str, found: Found) -> str:
    """The sentence, or the part of a long one around the phrase, on one line."""
    if len(text) > _LONGEST_QUOTE:
        start = max(0, found.start - 100)
        end = min(len(text), max(found.end, start + _LONGEST_QUOTE))
        start = text.find(" ", start) + 1 if start else 0
        text = text[start:end].rsplit(" ", 1)[0] if end < len(text) else text[start:]
    return " ".join(text.split())[: 2 * _LONGEST_QUOTE]


def _with_slots(evidence: Evidence, found: Found, text: str, message: Message) -> Evidence:
    slots = {name: text[a:b].strip(" .,:;!\"'") for name, (a, b) in found.slots.items()}
    named = None
    if evidence.event in _DAYS:
        searched = Searched(Sentence(0, len(text), fold(text).replace("\n", " ")), text, _day(message), message.language)
        searched.masked()
        span = found.slots.get("day")
        named = next((n.day for n in searched.named if span is None or n.start <= span[0] < n.end), None)
    return replace(
        evidence,
        day=named,
        invoice=slots.get("invoice", "").lstrip("# "),
        payer=slots.get("payer", "")[:120],
        document=slots.get("document", "")[:200],
    )


def _with_particulars(evidence: Evidence, voice: Voice, quote: str) -> Evidence:
    said = particulars(voice.subject, voice.text if voice.speaker is Speaker.NOTARY else quote, quote)
    is_money = evidence.event in _MONEY
    return replace(
        evidence,
        amount=said.amount if is_money else "",
        currency=said.currency if is_money else "",
        invoice=(evidence.invoice or said.invoice) if is_money else "",
        payer=evidence.payer or (said.payer if is_money else ""),
        people=() if is_money else said.people,
    )


def _with_document(evidence: Evidence, voice: Voice, signals: Signals, where: Where, text: str) -> Evidence:
    """The document's name, and what kind of document that is."""
    import re2

    name = text if where is Where.ATTACHMENT else evidence.document
    name = name or next((a for a in voice.attachments if a.lower().endswith((".pdf", ".docx", ".doc"))), "")
    for source in (name, evidence.quote, voice.subject):
        folded = file_name(source).folded.encode("ascii", "replace")
        for kind, regex in signals.documents:
            if source and re2.search(regex.encode(), folded):
                return replace(evidence, document=name, document_kind=kind)
    return replace(evidence, document=name, document_kind="agreement")


def _introduced(evidence: Evidence, voice: Voice, message: Message, reading: Reading) -> Evidence:
    """Who is new in To or Cc; words of introduction with nobody in copy are only counted."""
    people: tuple[Party, ...] = tuple(
        party for party in (*message.to, *message.cc)
        if party.address != voice.by and not reading.is_team(party.address) and not reading.is_ours(party.address)
    )  # fmt: skip
    if not people:
        return replace(evidence, strength=Strength.WEAK)
    return replace(evidence, people=people)


# -- without words ----------------------------------------------------------------------------


def _absent(message: Message) -> tuple[Evidence, ...]:
    """An automatic reply says that somebody is away, or gone for good."""
    absence = message.absence
    if absence is None:
        return ()
    successor = (Party(address=absence.successor),) if absence.successor else ()
    return (
        Evidence(
            event=Event.LEFT_COMPANY if absence.left_company else Event.ABSENCE,
            strength=Strength.CERTAIN,
            quote=" ".join(message.text.split())[:_LONGEST_QUOTE] or message.subject,
            signal="automatic.left-company" if absence.left_company else "automatic.absence",
            found_in=message.id,
            at=message.at or _EPOCH,
            speaker=Speaker.CONTACT,
            by=message.sender.address if message.sender else None,
            people=successor,
            day=absence.until,
        ),
    )


def _invited(message: Message, best: dict[Event, Evidence]) -> None:
    """An attached calendar: an invitation that was sent or answered is a meeting, unless it is called off."""
    declined = any(word in fold(message.subject) for word in ("declined", "abgesagt", "abgelehnt", "refuse", "rechazad", "geweigerd", "afgewezen"))
    if message.calendar not in {"REQUEST", "REPLY", "PUBLISH"} or declined or Event.MEETING_BOOKED in best:
        return
    best[Event.MEETING_BOOKED] = Evidence(
        event=Event.MEETING_BOOKED,
        strength=Strength.LIKELY,
        quote=message.subject,
        signal="calendar.invitation",
        found_in=message.id,
        at=message.at or _EPOCH,
        speaker=Speaker.CONTACT,
        by=message.sender.address if message.sender else None,
    )
