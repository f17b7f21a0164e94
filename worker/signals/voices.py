"""Whose words a mail holds, and how far they count.

One mail may hold two voices: an owner's note above a notice that he forwards. Each speaks for itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from worker.core.model import Address, Event, Kind, Message, Party, Reading, Speaker, Strength, Trust
from worker.core.phrase import fold
from worker.core.signal import Service, Signals, Trade

_ROMANCE = frozenset({"es", "fr", "it", "pt", ""})
_OTHER = frozenset[str]()
_LANGUAGES = {
    "en": frozenset({"en", ""}), "de": frozenset({"de", ""}), "fr": _ROMANCE, "nl": frozenset({"nl", ""}),
    "es": _ROMANCE, "it": _ROMANCE, "pt": _ROMANCE,
}  # fmt: skip
_OF_SERVICES = frozenset({
    Event.SIGNED, Event.PARTLY_SIGNED, Event.PAYMENT_RECEIVED, Event.PAYMENT_PARTIAL, Event.PAYMENT_FAILED,
    Event.PAYMENT_REVERSED, Event.SIGNING_DECLINED, Event.INVOICE_SENT,
})  # fmt: skip
_REPLY = re.compile(
    r"^\s*(?:re|aw|antw|sv|vs|ref|res|r|odp|fwd?|wg|tr|rv|doorst|i|enc|vb|rif|tr)\s*(?:\[\d+\])?\s*:", re.IGNORECASE
)
_MACHINE = re.compile(
    r"(?:no|do-?not|ne-?pas|nicht)[._-]?(?:reply|respond|repondre|antworten)|^(?:notif|mailer|dse|service@)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """Somebody's words in a mail."""

    speaker: Speaker
    by: Address | None
    text: str
    subject: str = ""
    attachments: tuple[str, ...] = ()
    ceiling: Strength = Strength.CERTAIN
    only_weak: frozenset[Event] = frozenset()
    """Events of which these words are no more than weak evidence."""
    languages: frozenset[str] = frozenset()
    """What it is written in, with what is easily taken for it; empty where nobody knows."""
    trades: frozenset[Trade] = frozenset()
    """Of a notice: what its service may speak about; empty where nobody knows."""


def voices(message: Message, signals: Signals, reading: Reading) -> list[Voice]:
    """The voices in a mail, the writer's own first."""
    if message.trust is Trust.NOTARY or message.kind is Kind.NOTICE:
        return [_notice(message, signals)]
    is_team = message.trust is Trust.TEAM
    found = [_writer(message, signals, reading, is_team=is_team)]
    inner = message.forwarded
    if inner is None or not inner.text:
        return found
    service = _service(inner.sender, signals)
    if service is not None:
        found.append(_forwarded_notice(message, service, is_team=is_team))
    elif is_team and inner.sender is not None and not reading.is_team(inner.sender.address):
        subject = "" if _REPLY.match(inner.subject) else inner.subject
        contact = Voice(speaker=Speaker.CONTACT, by=inner.sender.address, text=inner.text, subject=subject)
        found.append(contact)
    return found


def _notice(message: Message, signals: Signals) -> Voice:
    """A service's own notice; without trust it is hardly worth a word."""
    trusted = message.trust is Trust.NOTARY
    service = _service(message.sender, signals)
    return Voice(
        speaker=Speaker.NOTARY,
        by=message.sender.address if message.sender else None,
        text=message.full_text or message.text,
        subject=message.subject,
        attachments=_names(message),
        ceiling=Strength.CERTAIN if trusted and service else Strength.WEAK,
        trades=frozenset({service.trade}) if service else frozenset(),
    )


def _writer(message: Message, signals: Signals, reading: Reading, *, is_team: bool) -> Voice:
    sender = message.sender
    speaker, ceiling, only_weak = Speaker.OWNER if is_team else Speaker.CONTACT, Strength.CERTAIN, frozenset[Event]()
    if not is_team and sender is not None and reading.is_team(sender.address):
        # It says that it is one of us and cannot prove it: neither owner nor contact.
        speaker, ceiling = Speaker.OWNER, Strength.WEAK
    elif not is_team and _poses_as_service(message, signals):
        speaker, only_weak = Speaker.NOTARY, _OF_SERVICES
        ceiling = Strength.WEAK
    is_answer = bool(_REPLY.match(message.subject)) or bool(message.in_reply_to or message.references)
    return Voice(
        speaker=speaker,
        by=sender.address if sender else None,
        text=message.text,
        subject="" if is_answer or message.forwarded else message.subject,
        attachments=_names(message),
        ceiling=ceiling,
        only_weak=only_weak,
        languages=_LANGUAGES.get(message.language, _OTHER),
    )


def _forwarded_notice(message: Message, service: Service, *, is_team: bool) -> Voice:
    """A notice inside a forward: certain from the team, likely from a contact."""
    inner = message.forwarded
    assert inner is not None
    return Voice(
        speaker=Speaker.NOTARY,
        by=message.sender.address if message.sender else None,
        text=inner.text,
        subject=inner.subject,
        attachments=_names(message),
        ceiling=Strength.CERTAIN if is_team else Strength.LIKELY,
        trades=frozenset({service.trade}),
    )


def _names(message: Message) -> tuple[str, ...]:
    return tuple(a.name for a in message.attachments if a.name)


def _service(sender: Party | None, signals: Signals) -> Service | None:
    """The service that an address belongs to, by its domain or a parent of it."""
    if sender is None:
        return None
    labels = sender.address.rpartition("@")[2].split(".")
    parents = {".".join(labels[i:]) for i in range(len(labels) - 1)}
    return next((s for s in signals.services if not s.domains.isdisjoint(parents)), None)


def _poses_as_service(message: Message, signals: Signals) -> bool:
    """A mail that wants to be taken for a notice: a service's name or a machine's address where a person's stands."""
    sender = message.sender
    if sender is None:
        return False
    return _poses(f"{sender.name} {sender.address}", _service_names(signals))


@lru_cache(maxsize=4096)
def _poses(shown: str, names: tuple[str, ...]) -> bool:
    folded = fold(shown)
    plain = folded.replace(" ", "").replace("-", "")
    return _MACHINE.search(folded) is not None or any(name in plain for name in names)


@lru_cache(maxsize=4)
def _service_names(signals: Signals) -> tuple[str, ...]:
    """The names as they may be posed under; short ones are parts of other words."""
    names = (fold(s.name).replace(" ", "") for s in signals.services)
    return tuple(name for name in names if len(name) > 4)
