"""One mail in: understood, placed, remembered, committed. The same mail twice changes nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from worker.app.household import Household
from worker.app.understanding import detected
from worker.core import confirming, outbox, placing, record, steering
from worker.core.calendar import Locale
from worker.core.model import (
    Deal,
    DealId,
    Event,
    Evidence,
    Kind,
    Message,
    MessageId,
    Outbox,
    OutboxItem,
    Party,
    Question,
    RawMail,
    Reading,
    Strength,
    Trust,
    Unplaced,
)
from worker.core.placing import Placed
from worker.core.steering import Command, Verb
from worker.io.imap_account import SENT
from worker.mail.parse import parse

_BCC = re.compile(rb"^bcc[ \t]*:(.*(?:\r?\n[ \t].*)*)", re.IGNORECASE | re.MULTILINE)

_SKEW = timedelta(minutes=5)

Heard = Callable[[Message, tuple[Evidence, ...], tuple[DealId, ...], str], None]
"""Told of each mail: what it is, what it shows, the deals it touched, and why it was put there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """Takes mails in. The caller commits the cursor afterwards."""

    household: Household
    heard: Heard

    def take(self, raw: RawMail, now: datetime, *, history: bool = False) -> tuple[DealId, ...]:
        """Understand one mail and commit what it changes: suppression first, then each deal.

        Returns the deals that have to be looked at again.
        """
        return self.take_in(parse(raw, self.household.reading), None, raw, now, history=history)

    def take_in(
        self, message: Message, shows: tuple[Evidence, ...] | None, raw: RawMail, now: datetime, *, history: bool = False
    ) -> tuple[DealId, ...]:  # fmt: skip
        """The same for a mail that has been understood already; `shows` is what the signals found, None for not yet."""
        reading = self.household.reading
        if message.kind is Kind.OWN:
            return self._own(message, now)
        ours = message.sender is not None and reading.is_team(message.sender.address)
        if message.place.account and ours and _comes_to_us(message, raw, reading):
            return ()  # it lies in our own mailbox too, with the tag that we were addressed by
        if message.place.folder == SENT and ours:
            # No server vouches for what was never received; but only its owner lays mail into a Sent folder.
            message = replace(message, trust=Trust.TEAM)
        found = detected(message, raw.data, self.household.library.signals, reading) if shows is None else shows
        evidence = record.tempered(found, message)
        placed = self._place(message, evidence)
        if placed.doubtful:
            evidence = tuple(_doubted(item) for item in evidence)
        if message.place.account:
            # Somebody's own mailbox is read for the replies in it: what is of no deal there is none of our business.
            placed = replace(placed, opens_for=())
        at = min(message.at or now, now)
        self._suppress(message, evidence, at, placed)
        touched = tuple(self._touch(id, message, evidence, at, now, history=history) for id in placed.deals)
        if placed.opens_for:
            touched = (self._open(message, evidence, placed, at, now, history=history),)
        touched = (*touched, *self._introduce(touched, message, evidence, at))
        if not touched and message.place.account:
            return ()
        if not touched:
            self._keep(message, placed, at)
        self.heard(message, evidence, touched, placed.why)
        return touched

    def _place(self, message: Message, evidence: tuple[Evidence, ...]) -> Placed:
        return placing.place(message, evidence, self.household.keeper.index, self.household.reading)

    def _own(self, message: Message, now: datetime) -> tuple[DealId, ...]:
        """Our blind copy is back: the proof that the mail left."""
        keeper = self.household.keeper
        touched = []
        for id in keeper.index.by_message(message.id):
            deal = keeper.deal(id)
            if deal is None:
                continue
            items = tuple(_filed(item, message, now) for item in deal.outbox)
            if items != deal.outbox:
                self._commit(replace(deal, outbox=items), now)
                touched.append(id)
        self.heard(message, (), tuple(touched), "our own copy")
        return tuple(touched)

    def _suppress(self, message: Message, evidence: tuple[Evidence, ...], at: datetime, placed: Placed) -> None:
        keeper = self.household.keeper
        before = keeper.suppression
        ours = bool(placed.deals) and (message.bounce is None or self._is_known(message))
        after = record.suppression_after(before, message, evidence, at, ours=ours)
        if after is not before:
            keeper.commit_suppression(after)

    def _is_known(self, message: Message) -> bool:
        """Whether a report is about a mail that we know: anybody can make up a bounce."""
        original = message.bounce.original if message.bounce else None
        ids = [*message.in_reply_to, *message.references, *([original] if original else [])]
        return message.trust is not Trust.NONE or any(self.household.keeper.index.by_message(id) for id in ids)

    def _touch(
        self,
        id: DealId,
        message: Message,
        evidence: tuple[Evidence, ...],
        at: datetime,
        now: datetime,
        *,
        history: bool,
    ) -> DealId:
        keeper = self.household.keeper
        deal = keeper.deal(id)
        if deal is None:
            return id
        if any(mail.id == message.id for mail in deal.log):
            if not history:  # a colleague's mailbox may have shown it first, without the tag of our copy
                steered = self._tagged(deal, message, now, quietly=False)
                if steered != deal:
                    self._commit(steered, now)
            return id
        if not history:
            evidence, at = _not_before(deal.live_from, evidence, at)
        changed = record.remember(deal, message, evidence, self.household.reading, at, history=history)
        if history:
            changed = replace(changed, live_from=now)
        self._commit(self._steer(changed, message, now, quietly=history), now)
        return id

    def _open(
        self,
        message: Message,
        evidence: tuple[Evidence, ...],
        placed: Placed,
        at: datetime,
        now: datetime,
        *,
        history: bool,
    ) -> DealId:
        owner = message.sender or Party(address=self.household.reading.address)
        deal = record.open_deal(
            message, placed.opens_for, owner, self.household.reading.key, at, live_from=now if history else None
        )
        deal = record.remember(deal, message, evidence, self.household.reading, at, history=history)
        self._commit(self._steer(deal, message, now, quietly=history), now)
        return deal.id

    def _steer(self, deal: Deal, message: Message, now: datetime, *, quietly: bool) -> Deal:
        """Obey the tags and words of a member of the team. Nobody else commands, and nobody by a mail not to us.

        Args:
            quietly: the command is of the past, and nobody waits for an answer to it.
        """
        if message.trust is not Trust.TEAM or message.place.account:
            return deal
        deal = self._tagged(deal, message, now, quietly=quietly)
        if placing.others(message, self.household.reading) or message.kind is not Kind.HUMAN:
            return deal
        spoken = steering.by_words(message)
        if spoken is not None:
            return self._obeyed(deal, spoken, steering.answered(deal, message), message, now, quietly=quietly)
        said = "" if quietly else steering.unread(deal, message)
        return confirming.not_understood(deal, said, message, now) if said else deal

    def _tagged(self, deal: Deal, message: Message, now: datetime, *, quietly: bool) -> Deal:
        """Obey the tags in the addresses of a mail of the team that came to us."""
        if message.trust is not Trust.TEAM or message.place.account:
            return deal
        for command in steering.by_tag(message, self.household.reading):
            deal = self._obeyed(deal, command, None, message, now, quietly=quietly)
        for tag in () if quietly else steering.unknown_tags(message, self.household.reading):
            deal = confirming.unknown_tag(deal, tag, message, now)
        return deal

    def _obeyed(
        self, deal: Deal, command: Command, question: Question | None, message: Message, now: datetime, *, quietly: bool
    ) -> Deal:
        """The deal after a command, and with what its owner hears of it."""
        place = Locale(zone=self.household.zone, country=self.household.country)
        match command.verb:
            case Verb.UNDO:
                done = confirming.undone(deal, confirming.confirmed(deal, message), now)
            case Verb.WRONG:
                done = confirming.wronged(deal, _led_to(deal, message), now)
            case _:
                done = steering.obey(deal, command, question, message, place, now)
        books = (book.slug for book in self.household.library.books)
        return done if quietly else confirming.noted(deal, done, command, question, message, books, now)

    def _commit(self, deal: Deal, now: datetime) -> None:
        """Due at once: a worker that is killed before it has decided does so at its next start."""
        self.household.keeper.commit(replace(deal, due_at=now))

    def _introduce(
        self, touched: tuple[DealId, ...], message: Message, evidence: tuple[Evidence, ...], at: datetime
    ) -> tuple[DealId, ...]:
        """Whoever is introduced becomes a suspect of their own, referred by the one who introduced them."""
        keeper, opened = self.household.keeper, []
        for item in evidence:
            source = keeper.deal(touched[0]) if touched else None
            if item.event is not Event.INTRODUCTION or item.strength is Strength.WEAK or source is None:
                continue
            for person in item.people:
                if not self._is_new(person, source):
                    continue
                deal = record.open_deal(
                    message, (person,), source.owner, self.household.reading.key, at, referred_by=item.by
                )
                # The introduction itself is evidence in the deal of whoever made it, and thanked for there.
                self._commit(record.remember(deal, message, (), self.household.reading, at), at)
                opened.append(deal.id)
        return tuple(opened)

    def _is_new(self, person: Party, source: Deal) -> bool:
        reading, index = self.household.reading, self.household.keeper.index
        known = index.by_contact(person.address)
        ours = reading.is_team(person.address) or reading.is_ours(person.address)
        return bool(person.address) and not ours and all(id == source.id for id in known)

    def _keep(self, message: Message, placed: Placed, at: datetime) -> None:
        sender = message.sender.address if message.sender else None
        self.household.keeper.keep(
            Unplaced(
                id=message.id, place=message.place, at=at, sender=sender, subject=message.subject[:200],
                why="; ".join((placed.why, *message.defects))[:500],
            )
        )  # fmt: skip


def _doubted(item: Evidence) -> Evidence:
    return replace(item, strength=Strength.LIKELY) if item.strength is Strength.CERTAIN else item


def _not_before(
    first_contact: datetime | None, evidence: tuple[Evidence, ...], at: datetime
) -> tuple[tuple[Evidence, ...], datetime]:
    """A mail that came after first contact is not of the past because its server's clock is behind ours, or because
    INTERNALDATE knows no fractions of a second. What is older by more was moved here and is of the past indeed.
    """
    if first_contact is None or not timedelta(0) < first_contact - at < _SKEW:
        return evidence, at
    return tuple(replace(item, at=max(item.at, first_contact)) for item in evidence), first_contact


def _comes_to_us(message: Message, raw: RawMail, reading: Reading) -> bool:
    """Whether the worker was written to as well, openly or, as the owner's own copy shows, in Bcc."""
    named = (*(one.address for one in (*message.to, *message.cc)), *message.delivered_to)
    if any(reading.is_ours(address) for address in named):
        return True
    head, _, _ = raw.data.partition(b"\r\n\r\n")
    found = _BCC.search(head)
    copied = placing.addresses_in(found[1].decode("ascii", "replace")) if found else []
    return any(reading.is_ours(one) for one in copied)


def _filed(item: OutboxItem, message: Message, now: datetime) -> OutboxItem:
    waiting = (Outbox.COMMITTING, Outbox.ACCEPTED, Outbox.UNCERTAIN)
    if item.message_id != message.id or item.state not in waiting:
        return item
    return outbox.after(item, outbox.Happening.FOUND, now, "our own copy came back")


def _led_to(deal: Deal, message: Message) -> tuple[MessageId, ...]:
    """The mails that led to the mail of ours that is answered."""
    mine = {*message.in_reply_to, *message.references}
    return tuple(id for item in deal.outbox if item.message_id in mine for id in item.letter.found_in)
