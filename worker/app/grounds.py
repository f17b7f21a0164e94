"""What a decision rests on: the mails, and what in them was understood by which signal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from worker.core.model import Deal, Decision, Evidence, LoggedMail, MessageId, Speaker, Strength


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """One mail, and the words in it that count for the decision."""

    id: MessageId
    mail: LoggedMail | None
    """None where the deal no longer knows it."""
    evidence: tuple[Evidence, ...]
    """Empty where it is not what the mail says that counts: the silence after it, or that somebody wrote at all."""


def grounds(decision: Decision, deal: Deal) -> tuple[Ground, ...]:
    """Each mail that led to a decision, oldest first as the decision names them."""
    mails = {mail.id: mail for mail in deal.log}
    return tuple(
        Ground(id=id, mail=mails.get(id), evidence=_telling(decision, _shown(id, deal))) for id in decision.found_in
    )


def _shown(id: MessageId, deal: Deal) -> list[Evidence]:
    return [item for item in deal.evidence if item.found_in == id and item.speaker is not Speaker.WORKER]


def _telling(decision: Decision, shown: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """What the reason quotes; where it quotes none of it, all that was more than counted."""
    strong = [item for item in shown if item.strength is not Strength.WEAK and not item.withdrawn]
    quoted = [item for item in strong if item.quote and item.quote in decision.why]
    return tuple(quoted or strong)
