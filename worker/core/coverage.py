"""Who should hear from a human before it is too late, and whom to ring with the hours that were freed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from worker.core.attention import last_touch, words
from worker.core.firm import Coverage
from worker.core.model import Bucket, Deal
from worker.core.situation import open_complaint


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A deal that no human of ours has written to for long."""

    deal: Deal
    since: datetime
    breaks: datetime
    """When the policy is broken, unless somebody writes before."""


def gaps(deals: Iterable[Deal], coverage: Coverage, now: datetime) -> tuple[Gap, ...]:
    """What breaks the policy within the days of warning, or has broken it already; the most urgent first."""
    horizon = now + timedelta(days=coverage.warn_days_before)
    found = [gap for deal in deals if (gap := _gap(deal, coverage)) is not None and gap.breaks <= horizon]
    # A client before a prospect: looking after those who are there beats every cold call.
    return tuple(sorted(found, key=lambda gap: (gap.deal.stage.bucket is not Bucket.CLIENT, gap.breaks, gap.deal.id)))


def _gap(deal: Deal, coverage: Coverage) -> Gap | None:
    days = {Bucket.CLIENT: coverage.clients_every_days, Bucket.PROSPECT: coverage.prospects_every_days}
    allowed = days.get(deal.stage.bucket, 0)
    if not allowed:
        return None
    since = last_touch(deal)
    return Gap(deal=deal, since=since, breaks=since + timedelta(days=allowed))


def to_ring(deals: Iterable[Deal], coverage: Coverage, now: datetime, *, hours: float) -> tuple[Deal, ...]:
    """The clients whom the freed hours are for: the longest without a word first, as many as the hours allow.

    Whoever complains is rung at once and stands in a task of their own; whoever wrote this week needs no call.
    """
    count = int(60 * hours / coverage.minutes_a_call) if coverage.minutes_a_call else 0
    recent = now - timedelta(days=7)
    quiet = [deal for deal in deals if deal.stage.bucket is Bucket.CLIENT and not open_complaint(deal)
             and last_touch(deal) < recent and not any(mail.at >= recent for mail in words(deal))]  # fmt: skip
    return tuple(sorted(quiet, key=lambda deal: (last_touch(deal), deal.id))[:count])
