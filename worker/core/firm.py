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


@dataclass(frozen=True, slots=True, kw_only=True)
class IdealClient:
    """playbooks/firm/ideal-client.yaml."""

    person: str = ""
    """The one kind of person to be introduced to, in words that can stand in a mail."""
    weights: dict[Event, int] = field(default_factory=dict)
    """What each sign of a time-waster counts."""
    ask_owner_at: int = 6
    """The score at which the owner is asked whether to disqualify."""
    cooldown_days: int = 180
    """How long after a decline no second one is written."""
