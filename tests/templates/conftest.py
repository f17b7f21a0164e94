"""A firm, a deal that is full of facts, and one of which nothing is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from worker.app.library import Library
from worker.app.writing import Writer
from worker.core.books import Books
from worker.core.calendar import Locale
from worker.core.firm import Deliverer, Firm, IdealClient
from worker.core.model import (
    Address,
    Contact,
    Deal,
    DealId,
    Event,
    Evidence,
    Kind,
    Letter,
    LoggedMail,
    MessageId,
    Party,
    Run,
    Speaker,
    Stage,
    StageChange,
    Strength,
    Suppression,
)
from worker.core.plan import Draft
from worker.core.signal import Signals
from worker.core.situation import World
from worker.core.template import Templates
from worker.io.shipped import shipped
from worker.io.template_files import read_templates

WORKER = Address("deals@lindauer.example")
ROSA = Party(address=Address("rosa@lindauer.example"), name="Rosa Lind")
ANNA = Address("anna.berg@bergkaffee.example")
BEFORE = datetime(2026, 1, 7, 9, 30, tzinfo=UTC)
NOW = datetime(2026, 2, 3, 9, 0, tzinfo=UTC)

FIRM = Firm(
    name="Lindauer", postal_address="Lindauer Ltd, 3 Quay Lane, Bristol BS1 4AA",
    services=("a yearly count of the stores", "training for new people in the warehouse"),
    delivery=(
        Deliverer(party=Party(address=Address("tom@lindauer.example"), name="Tom Aldous"), role="project lead"),
        Deliverer(party=Party(address=Address("ida@lindauer.example"), name="Ida Noll")),
    ),
)  # fmt: skip
IDEAL = IdealClient(
    person="somebody who runs a roastery with two warehouses",
    person_in={
        "de": "jemand, der eine Rösterei mit zwei Lagern führt", "fr": "quelqu'un qui dirige une torréfaction",
        "es": "alguien que dirige un tostadero", "nl": "iemand die een branderij met twee magazijnen leidt",
    },
)  # fmt: skip
BARE_FIRM = Firm()


@pytest.fixture(scope="session")
def templates() -> Templates:
    return read_templates(shipped("templates"))


def library_of(templates: Templates, firm: Firm, ideal: IdealClient) -> Library:
    return Library(books=Books(), templates=templates, signals=Signals(signals=()), firm=firm, ideal=ideal)


@pytest.fixture(scope="session")
def writer(templates: Templates) -> Writer:
    """Of a firm that has filled in all of its files."""
    return Writer(library_of(templates, FIRM, IDEAL), WORKER)


@pytest.fixture(scope="session")
def bare_writer(templates: Templates) -> Writer:
    """Of a firm that has filled in nothing."""
    return Writer(library_of(templates, BARE_FIRM, IdealClient()), WORKER)


def _mail(number: int, speaker: Speaker, sender: Address, to: Address, **more: object) -> LoggedMail:
    plain = LoggedMail(
        id=MessageId(f"m{number}@x.example"), at=BEFORE + timedelta(days=number), sender=sender, to=(to,),
        subject="Re: Counting the second warehouse" if number else "Counting the second warehouse",
        kind=Kind.HUMAN, speaker=speaker,
    )  # fmt: skip
    return replace(plain, **more)  # type-checked by the dataclass itself


def _evidence(event: Event, number: int, **more: object) -> Evidence:
    plain = Evidence(
        event=event, strength=Strength.CERTAIN, quote="words", signal="s", found_in=MessageId(f"m{number}@x.example"),
        at=BEFORE + timedelta(days=number), speaker=Speaker.OWNER, by=ROSA.address,
    )  # fmt: skip
    return replace(plain, **more)


@pytest.fixture
def full_deal() -> Deal:
    """Everything is known: a proposal with its amount, what they care about, a signature, an introduction."""
    newcomer = Party(address=Address("ben@oakmalt.example"), name="Ben Oakes")
    return Deal(
        id=DealId("d1"), ref="abc1234", owner=ROSA, title="Anna Berg (bergkaffee.example)", created=BEFORE,
        company="bergkaffee.example", company_name="Berg Kaffee",
        contacts=(
            Contact(address=ANNA, name="Anna Berg", words=4, phone="+44 117 496 0123",
                    referred_by=Address("ben@oakmalt.example"), referrer="Ben Oakes"),
        ),
        log=(
            _mail(0, Speaker.OWNER, ROSA.address, ANNA),
            _mail(1, Speaker.CONTACT, ANNA, ROSA.address, cares="What matters to us is that nobody counts at night."),
            _mail(5, Speaker.OWNER, ROSA.address, ANNA, amount="£4,800", document="Proposal second warehouse"),
        ),
        evidence=(
            _evidence(Event.PROPOSAL_SENT, 5),
            _evidence(Event.SIGNED, 13, document="Agreement second warehouse.pdf", document_kind="agreement"),
            _evidence(Event.INTRODUCTION, 1, people=(newcomer,), speaker=Speaker.CONTACT, by=ANNA),
        ),
        runs=(Run(id="r-1", playbook="r", book_hash="h", started=NOW, contact=ANNA, trigger="t", found_in=()),),
        stages=(StageChange(at=NOW, stage=Stage.PROPOSED, why="the proposal is out", found_in=()),),
    )  # fmt: skip


@pytest.fixture
def bare_deal(full_deal: Deal) -> Deal:
    """Nothing is known but an address."""
    return replace(
        full_deal, contacts=(Contact(address=Address("b7@mail.example")),), evidence=(), log=(), company="",
        company_name="", title="", owner=Party(address=ROSA.address),
        runs=(replace(full_deal.runs[0], contact=Address("b7@mail.example")),),
    )  # fmt: skip


def _world(country: str = "GB") -> World:
    return World(
        address=WORKER, books=Books(), home=Locale(zone=ZoneInfo("Europe/London"), country=country),
        suppression=Suppression(people={}), watched=True, firm=FIRM,
    )  # fmt: skip


@pytest.fixture
def world() -> World:
    return _world()


@pytest.fixture
def at_home_in() -> Callable[[str], World]:
    """The world of an owner in that country."""
    return _world


Write = Callable[..., Letter]


@pytest.fixture
def write(writer: Writer, world: World) -> Write:
    """A letter of that template, to the deal's first contact."""

    def written(
        template: str, deal: Deal, *, by: Writer = writer, language: str = "", formal: bool | None = None,
        around: World = world,
    ) -> Letter:  # fmt: skip
        contact = replace(deal.contacts[0], language=language, formal=formal)
        spoken = replace(deal, contacts=(contact, *deal.contacts[1:]))
        to_owner = template.startswith("owner/")
        draft = Draft(
            id="d1/r-1/s/0", template=template, to=ROSA.address if to_owner else contact.address, send_at=NOW,
            why="no word since 12 January", found_in=(MessageId("m1@x.example"),), run="r-1", step="s", playbook="r",
            to_owner=to_owner, text="Ring {{ contact.called }} today" if to_owner else "",
        )  # fmt: skip
        return by.letter(draft, spoken, around)

    return written


@pytest.fixture(scope="session")
def writer_of_law(writer: Writer) -> Callable[[str, str], Letter]:
    """A nudge to somebody of that name, in a thread of that subject; usable from a property test."""

    def written(name: str, subject: str) -> Letter:
        mail = _mail(0, Speaker.CONTACT, ANNA, ROSA.address, subject=subject)
        deal = Deal(
            id=DealId("d2"), ref="r", owner=ROSA, title=name, created=BEFORE, contacts=(Contact(address=ANNA, name=name),),
            log=(mail,), stages=(StageChange(at=NOW, stage=Stage.PROPOSED, why="w", found_in=()),),
        )  # fmt: skip
        draft = Draft(id="d2/s", template="prospect/nudge", to=ANNA, send_at=NOW, why="w", found_in=())
        return writer.letter(draft, deal, _world())

    return written
