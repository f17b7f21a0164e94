"""What the index holds of one deal, and how it is drawn from the deal."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from hashlib import blake2b
from typing import NamedTuple

from worker.core.kept import kept
from worker.core.model import (
    Address,
    Bucket,
    Contact,
    Deal,
    DealId,
    Event,
    LoggedMail,
    MessageId,
    Outbox,
    OutboxItem,
    Stage,
)
from worker.core.outbox import OVER, wakes_at

HASH_LENGTH = 8
"""Bytes of a look-up key. 64 bits: among two million keys a chance collision has odds of one in nine million."""

_NOT_SENT = frozenset({Outbox.REFUSED, Outbox.STOPPED})
_MAY_HAVE_LEFT = frozenset({Outbox.COMMITTING, Outbox.ACCEPTED, Outbox.FILED, Outbox.UNCERTAIN})
_LOOK_BACK = timedelta(days=92).total_seconds()
"""Caps look back a week, playbooks a quarter at most; older mails of ours are in the deal itself."""
_MAILS_KEPT = 12
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LEGAL_FORMS = frozenset({
    "ab", "ag", "aps", "as", "bv", "co", "corp", "corporation", "gmbh", "inc", "incorporated", "kg", "limited", "llc",
    "llp", "ltd", "nv", "oy", "plc", "pty", "sa", "sarl", "sas", "se", "sl", "spa", "srl",
})  # fmt: skip
_SECOND_LEVEL = frozenset({"ac", "co", "com", "edu", "gov", "gv", "ltd", "net", "or", "org", "plc"})
"""What stands between a name and its country: acme.co.uk, acme.com.au."""


class Sent(NamedTuple):
    """A mail of ours to a contact, as far as caps have to know it."""

    at: float
    """When it left or will leave, in seconds since 1970."""
    to: Address
    purpose: str
    letter: int
    """Keyed hash of the letter's id."""
    left: bool
    """It has left, or may have."""


class Entry(NamedTuple):
    """What the index holds of one deal; also its row in a listing. Times are seconds since 1970.

    A tuple, unlike the other values, since it is kept packed: without the names of its fields it is half the size.
    """

    deal: DealId
    ref: str
    title: str
    owner: Address
    stage: Stage
    created: float
    company: str = ""
    due: float | None = None
    paused: float | None = None
    send: float | None = None
    """When the outbox next wants attention."""
    in_outbox: bool = False
    """A mail of ours is on its way: not filed, refused or stopped."""
    questions: int = 0
    """How many wait for the owner's answer."""
    contacts: tuple[Address, ...] = ()
    keys: bytes = b""
    """The look-up keys of its mails, people, names and company, one behind the other."""
    sent: tuple[Sent, ...] = ()
    merged: tuple[DealId, ...] = ()

    @property
    def bucket(self) -> Bucket:
        return self.stage.bucket

    @property
    def created_at(self) -> datetime:
        return moment(self.created)

    @property
    def due_at(self) -> datetime | None:
        return None if self.due is None else moment(self.due)

    @property
    def paused_until(self) -> datetime | None:
        return None if self.paused is None else moment(self.paused)


def entry_of(deal: Deal, key: bytes) -> Entry:
    """What the index has to know of a deal; `key` is that of the index."""
    sent = _sent(deal, key)
    return Entry(
        deal=DealId(_text(deal.id)),
        ref=_text(deal.ref),
        title=_text(deal.title),
        owner=Address(_text(deal.owner.address)),
        stage=deal.stage,
        created=seconds(deal.created),
        company=_text(deal.company.lower()),
        due=_seconds_or_none(deal.due_at),
        paused=_seconds_or_none(deal.paused_until),
        send=_seconds_or_none(wakes_at(deal.outbox)),
        in_outbox=any(item.state not in OVER for item in deal.outbox),
        questions=sum(1 for question in deal.questions if question.answered is None),
        contacts=tuple(dict.fromkeys(Address(_text(contact.address)) for contact in deal.contacts)),
        keys=b"".join(dict.fromkeys(_keys(deal, sent, key))),
        sent=sent,
        merged=tuple(DealId(_text(id)) for id in deal.merged_from),
    )


def _text(text: str) -> str:
    # Half a character out of a broken mail has no bytes; the store writes "?" for it, and so does the index.
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


# -- look-up keys ------------------------------------------------------------------------


def mail_key(key: bytes, id: MessageId) -> bytes:
    return _hash(key, "mail:" + id)


def contact_key(key: bytes, address: Address) -> bytes:
    return _hash(key, "contact:" + address)


def company_key(key: bytes, domain: str) -> bytes:
    return _hash(key, "company:" + domain.lower())


def written_key(key: bytes, address: Address) -> bytes:
    """Of a person to whom we have written, or are about to."""
    return _hash(key, "written:" + address)


def name_key(key: bytes, name: str) -> bytes | None:
    """Of a name without case, punctuation and legal form, so that "ACME Ltd." and "acme" are one; None for none."""
    words = re.findall(r"\w+", name.casefold())
    plain = "".join(word for word in words if word not in _LEGAL_FORMS) or "".join(words)
    return _hash(key, "name:" + plain) if plain else None


def invoice_key(key: bytes, number: str) -> bytes | None:
    """Of an invoice of ours by its number, however it is punctuated; None for none."""
    plain = "".join(re.findall(r"[^\W_]+", number.casefold())).lstrip("0")
    return _hash(key, "invoice:" + plain) if plain else None


def letter_key(key: bytes, id: str) -> int:
    return int.from_bytes(_hash(key, "letter:" + id), "big") >> 1  # 63 bits: JSON readers keep to signed ones.


@lru_cache(maxsize=1 << 14)
def _hash(key: bytes, text: str) -> bytes:
    return blake2b(text.encode("utf-8", "replace"), digest_size=HASH_LENGTH, key=key[:64]).digest()


def _keys(deal: Deal, sent: Iterable[Sent], key: bytes) -> Iterator[bytes]:
    yield from _of_log(key)(deal.log)
    yield from (mail_key(key, item.message_id) for item in deal.outbox)
    yield from (mail_key(key, asked.message_id) for asked in deal.questions if asked.message_id is not None)
    yield from _of_people(key)(deal.contacts)
    company = name_key(key, _company_name(deal.company))
    if company is not None:
        yield company
    for item in deal.evidence:
        found = invoice_key(key, item.invoice) if item.event is Event.INVOICE_SENT and not item.withdrawn else None
        if found is not None:
            yield found
    if deal.company:
        yield company_key(key, deal.company)
    yield from (written_key(key, row.to) for row in sent)


@cache
def _of_log(key: bytes) -> Callable[[tuple[LoggedMail, ...]], tuple[bytes, ...]]:
    """The keys of a log, under the key of an index: they are the most of a deal's, and seldom change."""

    @kept(64)
    def of_log(log: tuple[LoggedMail, ...]) -> tuple[bytes, ...]:
        ids = dict.fromkeys(id for mail in log for id in (mail.id, *mail.references))
        return tuple(mail_key(key, id) for id in ids)

    return of_log


@cache
def _of_people(key: bytes) -> Callable[[tuple[Contact, ...]], tuple[bytes, ...]]:
    """The keys of the people of a deal, by address and by name."""

    @kept(64)
    def of_people(contacts: tuple[Contact, ...]) -> tuple[bytes, ...]:
        named = (name_key(key, contact.name) for contact in contacts)
        return (*(contact_key(key, contact.address) for contact in contacts), *(one for one in named if one is not None))

    return of_people


def _company_name(domain: str) -> str:
    """What a registry sold: acme of mail.acme.co.example."""
    labels = domain.lower().split(".")[:-1]
    return next((label for label in reversed(labels) if label not in _SECOND_LEVEL), "")


# -- mails of ours -----------------------------------------------------------------------


def _sent(deal: Deal, key: bytes) -> tuple[Sent, ...]:
    rows = sorted(row for item in deal.outbox for row in _rows(item, key))
    newest = max((row.at for row in rows if row.left), default=0.0)
    left = [row for row in rows if row.left and row.at >= newest - _LOOK_BACK][-_MAILS_KEPT:]
    return tuple(left + [row for row in rows if not row.left])


def _rows(item: OutboxItem, key: bytes) -> Iterator[Sent]:
    letter = item.letter
    if letter.to_owner or item.state in _NOT_SENT:
        return
    left = item.state in _MAY_HAVE_LEFT
    # The Date of a mail that waited for its server is older than its leaving, and caps count leaving.
    at = (item.changed or letter.send_at) if left else max(letter.send_at, item.next_try or letter.send_at)
    for party in letter.to:
        yield Sent(seconds(at), Address(_text(party.address)), letter.purpose, letter_key(key, letter.id), left)


# -- time as a number --------------------------------------------------------------------


def seconds(at: datetime) -> float:
    """Seconds since 1970, exact to the microsecond; a time without an offset counts as UTC."""
    aware = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return (aware - _EPOCH).total_seconds()


def moment(at: float) -> datetime:
    """The time of so many seconds since 1970, in UTC."""
    try:
        return _EPOCH + timedelta(seconds=at)
    except OverflowError:  # The edge of the calendar, with an offset beyond it.
        return datetime.max.replace(tzinfo=UTC) if at > 0 else datetime.min.replace(tzinfo=UTC)


def _seconds_or_none(at: datetime | None) -> float | None:
    return None if at is None else seconds(at)
