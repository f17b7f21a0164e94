"""What counts as an event: the frozen values that the signal files are read into."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from worker.core.model import Event, Speaker, Strength


class Where(StrEnum):
    """The part of a mail that a signal reads."""

    TEXT = "text"
    SUBJECT = "subject"
    ATTACHMENT = "attachment name"


class Mood(StrEnum):
    """How something is said. Only what is said plainly is a fact."""

    NEGATED = "negated"
    CONDITIONAL = "conditional"
    FUTURE = "future"
    """Also what one may, could, wants or has to do: it has not happened."""
    ASKED = "asked"
    QUOTED = "quoted"


class Trade(StrEnum):
    """What a service does."""

    SIGNING = "signing"
    MONEY = "money"
    CALENDAR = "calendar"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """A phrase, ready to be looked for in folded text."""

    phrase: str
    """As it stands in the file."""
    regex: str
    """For RE2, over lower-case ASCII. Its unnamed groups are the gaps, the named ones the slots."""
    needs: tuple[frozenset[str], ...]
    """Of each set one word has to be there; a sentence that fails this is never searched."""
    masked: bool = False
    """It has a slot for a day or an amount, which are masked before the search."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One way of saying one event in one language."""

    name: str
    """File and language: "opt-out.en"."""
    event: Event | None
    """None for what is worth knowing only because it rules something out."""
    strength: Strength
    who: frozenset[Speaker]
    where: frozenset[Where]
    language: str = ""
    patterns: tuple[Pattern, ...] = ()
    but_not: tuple[Pattern, ...] = ()
    """Words in the same sentence that take it back."""
    also_when: frozenset[Mood] = frozenset()
    only_when: frozenset[Mood] = frozenset()
    beats: frozenset[str] = frozenset()
    """Events, or signals by the name of their file, that are dropped where this one is found in the same mail."""
    trade: Trade | None = None
    """The services whose notices speak so; None for people."""
    in_copy: bool = False
    """It only counts where somebody new is in To or Cc: an introduction."""
    matches: tuple[str, ...] = ()
    ignores: tuple[str, ...] = ()
    at: str = ""
    """Where it stands: "playbooks/signals/opt-out.yaml:12"."""

    def means(self, moods: frozenset[Mood]) -> bool:
        """Whether a phrase said in these moods counts for this signal."""
        return moods <= self.also_when | self.only_when and self.only_when <= moods


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A company whose notices count, and the domains that it writes from."""

    name: str
    trade: Trade
    domains: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cues:
    """The small words of a language that turn a statement into something else, each a regex over folded text."""

    language: str
    negation: str = ""
    """Counts before what it negates."""
    negation_anywhere: str = ""
    """Counts behind it as well, in the same clause."""
    no_negation: str = ""
    """Looks like a negation and is none: "not only"."""
    doubt: str = ""
    """Counts across clauses: "I do not think that"."""
    condition: str = ""
    future: str = ""
    future_anywhere: str = ""
    """Counts behind the phrase as well: German "unterschrieben werden"."""
    question: str = ""
    """Opens a question."""
    clause: str = ""
    """Begins a new clause."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Signals:
    """All of playbooks/signals. Compared by identity: it is large, and read once."""

    signals: tuple[Signal, ...]
    services: tuple[Service, ...] = ()
    cues: tuple[Cues, ...] = ()
    documents: tuple[tuple[str, str], ...] = field(default=())
    """Kind of document (agreement, nda, other) and a regex that knows it by its name, in order."""


def notaries(signals: Signals) -> frozenset[str]:
    """The domains of all e-sign and payment services: Reading.notaries."""
    return frozenset().union(*(s.domains for s in signals.services))
