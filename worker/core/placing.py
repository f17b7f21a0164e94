"""Finds the deal that a mail belongs to: by thread, by mark, by contact, by company; and what opens a new one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from worker.core.domains import company_of, is_below_any, is_machine
from worker.core.index import Index
from worker.core.model import Address, DealId, Event, Evidence, Kind, Message, Party, Reading, Stage, Trust

_TAIL = re.compile(r"[\w.+-]+$")
_HEAD = re.compile(r"[\w-]+(?:\.[\w-]+)+")
_EXTENSION = re.compile(r"\.(?:pdf|docx?|odt|rtf|pages)\b", re.IGNORECASE)
_TELLING_WORD = 6
"""Letters of a word that is a name by itself; shorter ones are too often ordinary words."""
_AWAITED_IN = {
    Event.SIGNED: frozenset({Stage.PROPOSED, Stage.VERBAL, Stage.PAID_UNSIGNED}),
    Event.PAYMENT_RECEIVED: frozenset({Stage.PROPOSED, Stage.VERBAL, Stage.SIGNED_UNPAID}),
}
"""The stages in which a deal waits for a signature, or for money."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Where a mail belongs. More than one deal where it speaks of several; none where it opens one or belongs nowhere."""

    deals: tuple[DealId, ...] = ()
    opens_for: tuple[Party, ...] = ()
    """Contacts of a new deal; empty where the mail opens none."""
    why: str = ""
    doubtful: bool = False
    """It fits this deal and no other, but nothing in it says so: the owner is asked."""


def place(message: Message, evidence: tuple[Evidence, ...], index: Index, reading: Reading, ref: str = "") -> Placed:
    """Decide where a mail belongs.

    A thread outranks a person and a person a company. Only the team opens a deal: a stranger who writes to the
    worker by himself, or a notice about nobody we know, belongs nowhere and is shown as such.
    """
    if ref and (known := index.by_ref(ref)) is not None:
        return Placed(deals=(known,), why="by its mark")
    outsiders = others(message, reading)
    for found, why in (
        (_by_thread(message, outsiders, index), "by its thread"),
        (_by_people(outsiders, index), "by its contact"),
        (_by_notice(message, evidence, index), "by the names in it"),
        (_by_company(message, outsiders, index, reading), "by its company"),
    ):
        if found:
            return Placed(deals=found, why=why)
    if (guess := _awaited(message, evidence, index, reading)) is not None:
        return Placed(deals=(guess,), why="it names nobody, and this deal alone waits for it", doubtful=True)
    if message.trust is Trust.TEAM and message.kind is Kind.HUMAN and outsiders:
        return Placed(opens_for=outsiders, why="a member of the team wrote to somebody new")
    return Placed(why=_nowhere(message))


def others(message: Message, reading: Reading) -> tuple[Party, ...]:
    """The people of a mail who are neither we nor machines, its writer first; of a forward, its author."""
    people: list[Party] = []
    if message.forwarded is not None and message.trust is Trust.TEAM:
        if message.forwarded.sender is not None:
            people.append(message.forwarded.sender)
        people.extend(message.forwarded.to)
    if message.sender is not None and message.kind in (Kind.HUMAN, Kind.AUTO_REPLY):
        people.append(message.sender)
    people.extend((*message.to, *message.cc))
    found: dict[Address, Party] = {}
    for one in people:
        ours = reading.is_team(one.address) or reading.is_ours(one.address)
        if not ours and not is_machine(one.address) and not is_below_any(one.address.rpartition("@")[2], reading.notaries):
            found.setdefault(one.address, one)
    return tuple(found.values())


def _by_thread(message: Message, outsiders: tuple[Party, ...], index: Index) -> tuple[DealId, ...]:
    ids = [*message.in_reply_to, *reversed(message.references)]
    if message.bounce is not None and message.bounce.original is not None:
        ids.insert(0, message.bounce.original)
    for id in (message.id, *ids):
        found = index.by_message(id)
        if found:
            return _of_their_company(found, outsiders, index)
    return ()


def _of_their_company(found: tuple[DealId, ...], outsiders: tuple[Party, ...], index: Index) -> tuple[DealId, ...]:
    """A thread that was forwarded to a second company is two deals: each person's own one counts."""
    if len(found) < 2:
        return found
    theirs = [deal for one in outsiders for deal in index.by_contact(one.address) if deal in found]
    return tuple(dict.fromkeys(theirs)) or found


def _by_people(outsiders: tuple[Party, ...], index: Index) -> tuple[DealId, ...]:
    for one in outsiders:
        found = index.by_contact(one.address)
        if found:
            return found[-1:]
    return ()


def _by_notice(message: Message, evidence: tuple[Evidence, ...], index: Index) -> tuple[DealId, ...]:
    """A service writes about people: by their address first, then by their name, then by the company's name."""
    if message.kind not in (Kind.NOTICE, Kind.BOUNCE, Kind.COMPLAINT_REPORT) and message.forwarded is None:
        return ()
    addresses = [person.address for item in evidence for person in item.people if person.address]
    if message.bounce is not None:
        addresses.extend(message.bounce.recipients)
    for address in addresses:
        found = index.by_contact(address)
        if found:
            return found[-1:]
    for address in addresses_in(f"{message.subject}\n{message.full_text}"):
        found = index.by_contact(address)
        if found:
            return found[-1:]
    for name in _names(evidence):
        found = index.by_name(name)
        if len(found) == 1:  # two of that name: nobody guesses whose money it is
            return found
    numbers = {item.invoice for item in evidence if item.invoice}
    found = index.by_invoice(numbers.pop()) if len(numbers) == 1 else ()
    if len(found) == 1:
        return found
    return _named(message, evidence, index)


def _named(message: Message, evidence: tuple[Evidence, ...], index: Index) -> tuple[DealId, ...]:
    """The one deal whose people or company a notice names somewhere; none where it names those of two."""
    papers = [message.subject, *(item.document for item in evidence), *(one.name for one in message.attachments)]
    names = [*names_in("\n".join((*papers, message.full_text[:5000]))), *_single_words(papers)]
    found = {deals for name in names if len(deals := index.by_name(name)) == 1}
    return found.pop() if len(found) == 1 else ()


def _single_words(papers: Iterable[str]) -> list[str]:
    """Long words of a document's name: "Agreement_Claybank_v2.pdf" names a company by one."""
    return [word for paper in papers for word in _plain(paper)[:400].split() if len(word) >= _TELLING_WORD]


def _awaited(message: Message, evidence: tuple[Evidence, ...], index: Index, reading: Reading) -> DealId | None:
    """The one open deal that a notice without any name can be about."""
    if message.trust is not Trust.NOTARY or not any(item.event in _AWAITED_IN for item in evidence):
        return None
    owners = {one.address for one in (*message.to, *message.cc) if reading.is_team(one.address)}
    owners |= {address for address in message.delivered_to if reading.is_team(address)}
    stages = frozenset().union(*(_AWAITED_IN.get(item.event, frozenset()) for item in evidence))
    found = [row.deal for row in index.rows() if row.stage in stages and (not owners or row.owner in owners)]
    return found[0] if len(found) == 1 else None


def _names(evidence: Iterable[Evidence]) -> list[str]:
    """Whoever paid or signed, as the notice calls them."""
    names = [name for item in evidence for name in (item.payer, *(person.name for person in item.people))]
    parts = [part.strip() for name in names for part in (name, *name.split(","), *name.split("|")) if part.strip()]
    return list(dict.fromkeys(parts))


def _plain(line: str) -> str:
    """A line without what only file names have."""
    return _EXTENSION.sub(" ", line).replace("_", " ")


def names_in(text: str) -> list[str]:
    """Every two to four words in a row that are written as names are: Marta Okoye, Claybank Ceramics Ltd."""
    found: dict[str, None] = {}
    for line in text.split("\n")[:200]:
        words = [word.strip(".,;:!?()<>\"'") for word in _plain(line[:400]).split()]
        for first in range(len(words)):
            for count in (4, 3, 2):
                run = words[first : first + count]
                if len(run) == count and all(word[:1].isupper() for word in run):
                    found[" ".join(run)] = None
    return list(found)[:400]


def addresses_in(text: str) -> list[Address]:
    """Every address that a text holds, in one pass from @ to @."""
    pieces = text.split("@")[:200]
    found = []
    for before, behind in pairwise(pieces):
        local = _TAIL.search(before[-64:])
        domain = _HEAD.match(behind[:255])
        if local and domain:
            found.append(Address(f"{local[0]}@{domain[0]}".lower().rstrip(".")))
    return found


def _by_company(message: Message, outsiders: tuple[Party, ...], index: Index, reading: Reading) -> tuple[DealId, ...]:
    """A colleague whom we have not seen belongs to the one deal of their company; to none where there are several.

    Two of us with two threads at one company are two deals: what one of us begins is not the other's.
    """
    if message.kind is not Kind.HUMAN and message.kind is not Kind.AUTO_REPLY:
        return ()
    for one in outsiders:
        company = company_of(one.address)
        found = index.by_company(company) if company else ()
        if message.sender is not None and reading.is_team(message.sender.address):
            found = tuple(id for id in found if index.owner_of(id) == message.sender.address)
        if len(found) == 1:
            return found
    return ()


def _nowhere(message: Message) -> str:
    if message.trust is Trust.NONE:
        return "nobody whom we know, and no proof of who wrote it"
    return "it speaks of no deal that we know"
