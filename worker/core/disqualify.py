"""The pattern of those who only waste time. One sign means nothing; the cycle that begins again weighs most."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from worker.core.firm import IdealClient
from worker.core.model import TIME_WASTING, Deal, Event, Evidence, Strength

_ROUND = timedelta(days=21)
"""Signs further apart than this belong to different rounds of the cycle."""
_APART = timedelta(days=7)
_NEW_ROUND = 3
_LEAST_SIGNS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How much of the pattern has been seen, and where."""

    points: int
    signs: tuple[Evidence, ...]
    rounds: int


def score(deal: Deal, ideal: IdealClient) -> Score:
    """Add up the signs of a deal. The same sign in one week counts once."""
    signs: list[Evidence] = []
    last: dict[Event, datetime] = {}
    for evidence in sorted(deal.evidence, key=lambda item: (item.at, item.event)):
        if evidence.event not in TIME_WASTING or evidence.withdrawn:
            continue
        if evidence.event in last and evidence.at - last[evidence.event] < _APART:
            continue
        last[evidence.event] = evidence.at
        signs.append(evidence)
    rounds = 1 + sum(1 for one, two in pairwise(signs) if two.at - one.at > _ROUND)
    points = sum(_weight(sign, ideal) for sign in signs)
    if signs and rounds > 1:
        points += _NEW_ROUND * (rounds - 1)
    return Score(points=points, signs=tuple(signs), rounds=rounds if signs else 0)


def is_time_waster(score: Score, ideal: IdealClient) -> bool:
    """Whether the pattern is plain enough to ask the owner."""
    kinds = {sign.event for sign in score.signs}
    return score.points >= ideal.ask_owner_at and len(score.signs) >= _LEAST_SIGNS and len(kinds) > 1


def _weight(sign: Evidence, ideal: IdealClient) -> int:
    weight = ideal.weights.get(sign.event, 1)
    return weight if sign.strength is not Strength.WEAK else weight // 2
