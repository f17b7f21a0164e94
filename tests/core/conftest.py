"""Builders for deals, evidence, mails and playbooks, so that a test says only what matters to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from worker.core.books import Books
from worker.core.calendar import Locale
from worker.core.identity import own_message_id
from worker.core.model import (
    Address,
    Bucket,
    Contact,
    Deal,
    DealId,
    Event,
    Evidence,
    Kind,
    Letter,
    LoggedMail,
    Message,
    MessageId,
    Outbox,
    OutboxItem,
    Party,
    Place,
    Speaker,
    Strength,
    Suppressed,
    Suppression,
    Trust,
)
from worker.core.plan import Draft, Plan
from worker.core.planner import plan
from worker.core.playbook import Hours, Mode, Playbook, Rule, Send, Step, Watch, read_duration
from worker.core.situation import Known, World

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2025, 3, 3, 9, 0, tzinfo=UTC)  # a Monday
IRIS = Address("iris@weberei.example")
PURPOSES = {
    "prospect/nudge": "nudge", "prospect/closing-the-file": "drop_off", "prospect/decline": "decline",
    "client/thank-you": "opening", "client/referral": "ask_referral", "client/check-in-30": "check_in",
    "client/check-in-60": "check_in", "client/hand-over": "handover", "owner/task": "task", "owner/alert": "alert",
    "owner/question": "question", "prospect/date-arrived": "date_arrived", "client/referral-thanks": "referral_thanks",
}  # fmt: skip


@pytest.fixture
def start() -> datetime:
    return START


@pytest.fixture
def said() -> Callable[..., Evidence]:
    """Evidence: said(Event.SIGNED, days=3)."""

    def build(event: Event, *, days: float = 0, strength: Strength = Strength.CERTAIN, **more: Any) -> Evidence:
        at = START + timedelta(days=days)
        more.setdefault("found_in", MessageId(f"{event}.{days}@mail.example"))
        more.setdefault("speaker", Speaker.CONTACT)
        more.setdefault("by", IRIS)
        if event is Event.SIGNED:
            more.setdefault("document_kind", "agreement")
        return Evidence(event=event, strength=strength, quote=more.pop("quote", f"it says {event}"),
                        signal=more.pop("signal", f"{event}.en"), at=at, **more)  # fmt: skip

    return build


@pytest.fixture
def wrote() -> Callable[..., LoggedMail]:
    """A mail in the log: wrote(Speaker.OWNER, days=1, asks=True)."""

    def build(speaker: Speaker, *, days: float = 0, text: str = "some words", **more: Any) -> LoggedMail:
        owner = speaker is Speaker.OWNER
        more.setdefault("sender", Address("jonas@weberbund.test") if owner else IRIS)
        more.setdefault("to", (IRIS,) if owner else (Address("jonas@weberbund.test"),))
        more.setdefault("kind", Kind.HUMAN)
        return LoggedMail(id=MessageId(f"{speaker}.{days}@mail.example"), at=START + timedelta(days=days), subject="Looms",
                          speaker=speaker, extract=text, **more)  # fmt: skip

    return build


@pytest.fixture
def deal(wrote: Callable[..., LoggedMail]) -> Deal:
    """One contact in Berlin, one mail of the owner."""
    return Deal(
        id=DealId("d1"), ref="abc1234", owner=Party(address=Address("jonas@weberbund.test"), name="Jonas Adler"),
        title="Iris Thal (weberei.example)", created=START, company="weberei.example",
        contacts=(Contact(address=IRIS, name="Iris Thal", offsets=((START, 60),), words=2),),
        log=(wrote(Speaker.OWNER),),
    )  # fmt: skip


@pytest.fixture
def world() -> Callable[..., World]:
    def build(*books: Playbook, **more: Any) -> World:
        people = more.pop("suppressed", ())
        more.setdefault("mode", Mode.SEND)
        more.setdefault("watched", True)
        more.setdefault("people", {IRIS: Known(label=Bucket.PROSPECT)})
        return World(
            address=Address("deals@weberbund.test"), books=Books.of(books), home=Locale(zone=BERLIN, country="DE"),
            suppression=Suppression(people={one.address: one for one in people}), purposes=PURPOSES, **more,
        )  # fmt: skip

    return build


@pytest.fixture
def book() -> Callable[..., Playbook]:
    """A playbook: one nudge after silence, unless said otherwise."""

    def build(*steps: Step, slug: str = "silent", when: Any = Watch.SILENT, **more: Any) -> Playbook:
        more.setdefault("stop_when", frozenset({Rule.CONTACT_REPLIES, Rule.OWNER_WRITES}))
        more.setdefault("hours", Hours(spread=(0, 0)))
        if when is Watch.SILENT:
            more.setdefault("after", read_duration("5 business days"))
        return Playbook(slug=slug, name=slug.capitalize(), when=when, hash="h",
                        steps=steps or (Step(id="nudge", line=1, deed=Send(template="prospect/nudge")),), **more)  # fmt: skip

    return build


@pytest.fixture
def posted() -> Callable[..., Deal]:
    """The deal of a plan, with its mails written and in the outbox as the application does it."""

    def build(made: Plan, now: datetime) -> Deal:
        after = made.deal
        for draft in made.drafts:
            letter = _letter(draft)
            if draft.approve:
                asked = tuple(replace(one, letter=letter) if one.id == draft.id else one for one in after.questions)
                after = replace(after, questions=asked)
                continue
            after = _with(after, letter, now)
        for letter in made.letters:
            after = _with(after, letter, now)
        return after

    return build


def _letter(draft: Draft) -> Letter:
    return Letter(
        id=draft.id, purpose=PURPOSES[draft.template], template=draft.template, sender=Party(address=Address("x@y.test")),
        to=(Party(address=draft.to),), subject="Looms", body="Hello\n", send_at=draft.send_at, run=draft.run,
        step=draft.step, playbook=draft.playbook, why=draft.why, found_in=draft.found_in, to_owner=draft.to_owner,
    )  # fmt: skip


def _with(deal: Deal, letter: Letter, now: datetime) -> Deal:
    if any(item.letter.id == letter.id for item in deal.outbox):
        return deal
    item = OutboxItem(
        letter=letter, message_id=own_message_id(b"k", letter.id, letter.sender.address), data=b"x",
        envelope_from=letter.sender.address, envelope_to=(letter.to[0].address,), changed=now,
    )  # fmt: skip
    return replace(deal, outbox=(*deal.outbox, item))


@pytest.fixture
def planned(posted: Callable[..., Deal]) -> Callable[..., Deal]:
    """The deal after planning and writing at a moment."""

    def build(before: Deal, world: World, now: datetime) -> Deal:
        return posted(plan(before, world, now), now)

    return build


@pytest.fixture
def left() -> Callable[..., Deal]:
    """The deal after every queued mail to a contact has left."""

    def build(before: Deal, now: datetime | None = None) -> Deal:
        items = tuple(
            replace(item, state=Outbox.FILED, changed=now or item.letter.send_at)
            if item.state is Outbox.QUEUED
            else item
            for item in before.outbox
        )
        return replace(before, outbox=items)

    return build


@pytest.fixture
def message() -> Callable[..., Message]:
    """A parsed mail: message("iris@weberei.example", to="jonas@weberbund.test")."""

    def build(sender: str, *, to: str = "", text: str = "Hello", trust: Trust = Trust.ALIGNED, **more: Any) -> Message:
        names = [one for one in to.split(",") if one]
        more.setdefault("id", MessageId(f"{abs(hash((sender, to, text))) % 10**9}@mail.example"))
        more.setdefault("date", START)
        return Message(place=Place(), sender=Party(address=Address(sender)), trust=trust, text=text,
                       to=tuple(Party(address=Address(one.strip())) for one in names), full_text=text, **more)  # fmt: skip

    return build


@pytest.fixture
def gone() -> Callable[..., Suppressed]:
    def build(address: str = IRIS, **more: Any) -> Suppressed:
        return Suppressed(address=Address(address), **more)

    return build


@pytest.fixture
def away(gone: Callable[..., Suppressed]) -> Suppressed:
    """Iris is out from the 4th to the 21st of March."""
    return gone(away_from=START + timedelta(days=1), away_until=date(2025, 3, 21), why="away until 21 March 2025",
                found_in=(MessageId("ooo@mail.example"),))  # fmt: skip
