"""What the firm says of itself: people, services, the client it wants, and who wastes its time."""

from __future__ import annotations

from dataclasses import dataclass, field

from worker.core.model import Event, Party


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliverer:
    """Somebody who does the work after the close."""

    party: Party
    role: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Firm:
    """playbooks/firm/firm.yaml."""

    name: str = ""
    postal_address: str = ""
    opt_out_line: str = ""
    services: tuple[str, ...] = ()
    delivery: tuple[Deliverer, ...] = ()
    signatures: dict[str, str] = field(default_factory=dict)
    """Sign-off of each owner, by address, where they want another than the one learnt."""
    language: str = "en"
    """ISO 639-1: of the texts in these files, and of mail to people whose language is not known."""
    address_countries: frozenset[str] = frozenset()
    """Countries (ISO 3166) whose people get the postal address below advertising; empty for those of core/law."""
    way_out_countries: frozenset[str] = frozenset()
    """Countries whose people are told how to have no more of it; empty for those of core/law."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdealClient:
    """playbooks/firm/ideal-client.yaml: whom the firm wants more of, and what it gives up on."""

    person: str = ""
    """The one kind of person to be introduced to, in words that can stand in a mail."""
    person_in: dict[str, str] = field(default_factory=dict)
    """The same in further languages (ISO 639-1)."""
    industries: tuple[str, ...] = ()
    """Words by which their trade is known in mail: haulage, cold storage."""
    domains: tuple[str, ...] = ()
    """Endings of their domains: .co.uk, freight.example."""
    size: str = ""
    """In words, for the owner's eyes: no mail tells it for certain."""
    least_amount: int = 0
    """What a deal has to be worth; 0 where that does not matter."""
    fit_counts: int = 1
    """What it takes off the score to fit this profile, and adds to be below the least amount."""
    weights: dict[Event, int] = field(default_factory=dict)
    """What each sign of a time-waster counts."""
    each_new_round: int = 3
    """What it counts that the cycle begins again."""
    round_after_days: int = 21
    """Signs further apart than this belong to different rounds of the cycle."""
    least_signs: int = 3
    vanished_after_weeks: int = 4
    """Silence after an offer from which on they were off the face of the earth."""
    questions_without_a_step: int = 8
    pity_percent: int = 15
    """An order of at most this share of what was proposed is given out of pity."""
    ask_owner_at: int = 6
    """The score at which the owner is asked whether to disqualify."""
    cooldown_days: int = 180
    """How long after a decline no second one is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """playbooks/firm/coverage.yaml: how often people hear from a human, and when the owner hears of it."""

    clients_every_days: int = 45
    """No client is without a human word for longer."""
    prospects_every_days: int = 14
    warn_days_before: int = 7
    """How long before it breaks the owner is told: the digest comes once a week."""
    hours_for_clients: float = 4
    """The weekly target."""
    minutes_a_mail: int = 10
    """What one mail of the owner's is taken to cost: writing, reading, thinking."""
    minutes_a_call: int = 20
    digest_day: int | None = 0
    """Monday is 0; None sends no digest."""
    receipts: int = 5
    """How many of an owner's first mails are answered with what the worker has made of them."""
