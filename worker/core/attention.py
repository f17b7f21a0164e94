"""Where the time goes, and what comes of it: clients beside prospects, before the close and after it, money by label.

A touch is a mail that a person of ours wrote to them. What the worker sends is no touch: attention is a human's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from statistics import median

from worker.core.disqualify import amount
from worker.core.firm import Coverage
from worker.core.lifecycle import OPEN, moves
from worker.core.model import Bucket, Deal, Event, Evidence, LoggedMail, Speaker, Stage, Strength
from worker.core.spoken import spoken

WINDOW = timedelta(days=90)
"""What touches and answering times are measured over."""
_MONTH = timedelta(days=30)
_WEEK = timedelta(weeks=1)
_CLIENT_STAGES = (Stage.OPENING, Stage.ACTIVE)

Sums = tuple[tuple[str, Decimal], ...]
"""Currency and sum, the largest first; "" where the currency is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What the people of one label got."""

    bucket: Bucket
    deals: int = 0
    touches: int = 0
    heard: int = 0
    """Mails of theirs."""
    answer: timedelta | None = None
    """The usual (median) time until a mail of theirs was answered; None where there was none."""
    longest_silence: timedelta = timedelta(0)
    """The longest time without a word of ours, the one that lasts until now included."""
    longest_with: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Whether the energy lasts: touches in the 30 days before a close and in the 30 after, over all closes."""

    closes: int = 0
    before: int = 0
    after: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """What one client takes, beside what they bring."""

    deal: Deal
    hours: float
    banked: Sums
    heavy: bool = False
    """Far more hours for their money than the usual client."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """Money by label, and where it came from."""

    banked: Sums = ()
    signed_unpaid: Sums = ()
    proposed: Sums = ()
    repeat: Sums = ()
    """Of the banked: what clients paid after their first payment."""
    referred: Sums = ()
    """Of the banked: from people whom a client sent."""
    repeat_clients: int = 0
    referred_clients: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked for, and what came of it."""

    asks: tuple[tuple[str, int], ...] = ()
    """Purpose of our mail and how many left: ask_referral, ask_introduction, ask_testimonial."""
    answered: int = 0
    introductions: int = 0
    introduced: int = 0
    """Deals that began with an introduction."""
    introduced_clients: int = 0
    testimonials: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Attention:
    """The whole of it, at one moment."""

    shares: tuple[Share, ...]
    kept: Kept
    freed_hours: float
    """A week, by giving people up: what they took in their last twelve weeks."""
    client_hours: float
    """Given to clients in the last seven days."""
    efforts: tuple[Effort, ...]
    money: Money
    asked: Asked
    weeks: tuple[tuple[datetime, int, int], ...]
    """For the plot: the first moment of a week, touches of clients, touches of everybody else."""


def attention(deals: Sequence[Deal], coverage: Coverage, now: datetime, *, weeks: int = 26) -> Attention:
    """Measure it over all deals of an owner, or of everybody."""
    return Attention(
        shares=tuple(_share(bucket, deals, now) for bucket in (Bucket.CLIENT, Bucket.PROSPECT)),
        kept=_kept(deals, now),
        freed_hours=sum(_freed(deal, coverage) for deal in deals),
        client_hours=_hours(_touches_since(now - _WEEK, Bucket.CLIENT, deals), coverage),
        efforts=_efforts(deals, coverage, now),
        money=_money(deals),
        asked=_asked(deals),
        weeks=tuple(_weeks(deals, now, weeks)),
    )


# -- touches -------------------------------------------------------------------------------


def touches(deal: Deal) -> tuple[LoggedMail, ...]:
    """The mails of a person of ours to them, oldest first."""
    return spoken(deal, Speaker.OWNER)


def words(deal: Deal) -> tuple[LoggedMail, ...]:
    """The mails of theirs, oldest first."""
    return spoken(deal, Speaker.CONTACT)


def bucket_at(deal: Deal, moment: datetime) -> Bucket:
    """The label that a deal had at a moment."""
    reached = [change.stage.bucket for change in deal.stages if change.at <= moment]
    return reached[-1] if reached else Bucket.SUSPECT


def last_touch(deal: Deal) -> datetime:
    """When a person of ours wrote last; when the deal began where nobody has."""
    found = touches(deal)
    return found[-1].at if found else deal.created


def _share(bucket: Bucket, deals: Sequence[Deal], now: datetime) -> Share:
    mine = [deal for deal in deals if deal.stage.bucket is bucket]
    since = now - WINDOW
    answers = [wait for deal in mine for wait in _answers(deal)]
    silences = [(_longest_silence(deal, bucket, now), _who(deal)) for deal in mine]
    longest, who = max(silences, default=(timedelta(0), ""))
    return Share(
        bucket=bucket,
        deals=len(mine),
        touches=sum(1 for deal in mine for mail in touches(deal) if mail.at > since),
        heard=sum(1 for deal in mine for mail in words(deal) if mail.at > since),
        answer=timedelta(seconds=round(median(wait.total_seconds() for wait in answers))) if answers else None,
        longest_silence=longest,
        longest_with=who,
    )


def _answers(deal: Deal) -> Iterator[timedelta]:
    """How long each mail of theirs that asked something waited for a word of ours."""
    ours = touches(deal)
    for mail in words(deal):
        after = next((one.at for one in ours if one.at > mail.at), None)
        if mail.asks and after is not None:
            yield after - mail.at


def _longest_silence(deal: Deal, bucket: Bucket, now: datetime) -> timedelta:
    """Between two touches, or since the last one, while the deal had this label."""
    since = next((change.at for change in deal.stages if change.stage.bucket is bucket), deal.created)
    moments = [max(since, deal.created), *(mail.at for mail in touches(deal) if mail.at > since), now]
    return max(two - one for one, two in pairwise(moments)) if now > since else timedelta(0)


def _touches_since(since: datetime, bucket: Bucket, deals: Iterable[Deal]) -> int:
    return sum(1 for deal in deals for mail in touches(deal) if mail.at > since and bucket_at(deal, mail.at) is bucket)


def _kept(deals: Iterable[Deal], now: datetime) -> Kept:
    closes = before = after = 0
    for deal in deals:
        at = next((change.at for change in deal.stages if change.stage is Stage.OPENING), None)
        if at is None or now - at < _MONTH:
            continue  # the thirty days after it are not over
        closes += 1
        before += sum(1 for mail in touches(deal) if at - _MONTH <= mail.at < at)
        after += sum(1 for mail in touches(deal) if at <= mail.at < at + _MONTH)
    return Kept(closes=closes, before=before, after=after)


def _weeks(deals: Sequence[Deal], now: datetime, count: int) -> Iterator[tuple[datetime, int, int]]:
    counts: Counter[tuple[int, bool]] = Counter()
    for deal in deals:
        for mail in touches(deal):
            # Of the week that ends now it is the first, of the one before it the second.
            number = (now - mail.at) // _WEEK + 1
            if 0 < number <= count:
                counts[number, bucket_at(deal, mail.at) is Bucket.CLIENT] += 1
    for number in range(count, 0, -1):
        yield now - number * _WEEK, counts[number, True], counts[number, False]


# -- time ----------------------------------------------------------------------------------


def _hours(mails: int, coverage: Coverage) -> float:
    return mails * coverage.minutes_a_mail / 60


def _freed(deal: Deal, coverage: Coverage) -> float:
    """Hours a week that a deal took before it was given up."""
    if deal.stage is not Stage.DISQUALIFIED:
        return 0.0
    until = deal.stages[-1].at
    begun = max(deal.created, until - 12 * _WEEK)
    weeks = max(1.0, (until - begun) / _WEEK)
    return _hours(sum(1 for mail in touches(deal) if begun <= mail.at <= until), coverage) / weeks


def _efforts(deals: Iterable[Deal], coverage: Coverage, now: datetime) -> tuple[Effort, ...]:
    """Clients by the hours they took in the last three months, the most first."""
    found = []
    for deal in deals:
        if deal.stage.bucket is Bucket.CLIENT:
            mails = sum(1 for mail in (*touches(deal), *words(deal)) if mail.at > now - WINDOW)
            found.append(Effort(deal=deal, hours=_hours(mails, coverage) / 2, banked=_sums(_payments(deal))))
    rates = [rate for one in found if (rate := _an_hour(one)) is not None]
    usual = median(rates) if len(rates) > 2 else None
    judged = [_judged(one, usual) for one in found]
    return tuple(sorted(judged, key=lambda one: (-one.hours, one.deal.id)))


def _an_hour(effort: Effort) -> Decimal | None:
    """Money for each hour, in the currency that they pay most in."""
    return effort.banked[0][1] / Decimal(effort.hours) if effort.banked and effort.hours >= 1 else None


def _judged(effort: Effort, usual: Decimal | None) -> Effort:
    rate = _an_hour(effort)
    if usual is None or rate is None or 4 * rate > usual:
        return effort
    return Effort(deal=effort.deal, hours=effort.hours, banked=effort.banked, heavy=True)


# -- money ---------------------------------------------------------------------------------


def _payments(deal: Deal) -> list[Evidence]:
    """Money that has come and stayed. One payment is often told twice, by its notice and by whoever forwards it."""
    came: dict[tuple[str, ...], Evidence] = {}
    gone = [item for item in deal.evidence if item.event is Event.PAYMENT_REVERSED and moves(item)]
    for item in sorted(deal.evidence, key=lambda one: one.at):
        paid = item.event is Event.PAYMENT_RECEIVED and moves(item)
        part = item.event is Event.PAYMENT_PARTIAL and item.strength is Strength.CERTAIN and not item.withdrawn
        if (paid or part) and amount(item) is not None:
            key = (item.invoice,) if item.invoice and paid else (item.amount, item.currency, f"{item.at:%Y-%m-%d}")
            came.setdefault(key, item)
    kept = list(came.values())
    for back in gone:
        undone = next((one for one in reversed(kept) if one.at <= back.at and back.amount in ("", one.amount)), None)
        if undone is not None:
            kept.remove(undone)
    return kept


def _worth(deal: Deal) -> list[Evidence]:
    """What a deal that is not paid is worth: its newest invoice or proposal that names an amount."""
    named = [item for item in deal.evidence if item.event in (Event.PROPOSAL_SENT, Event.INVOICE_SENT)
             and not item.withdrawn and item.strength is not Strength.WEAK and amount(item) is not None]  # fmt: skip
    return [max(named, key=lambda item: (item.at, item.found_in))] if named else []


def _sums(items: Iterable[Evidence]) -> Sums:
    totals: dict[str, Decimal] = {}
    for item in items:
        totals[item.currency] = totals.get(item.currency, Decimal(0)) + (amount(item) or Decimal(0))
    return tuple(sorted(totals.items(), key=lambda pair: (-pair[1], pair[0])))


def _money(deals: Sequence[Deal]) -> Money:
    paid = {deal.id: _payments(deal) for deal in deals}
    again = {id: sorted(items, key=lambda one: one.at)[1:] for id, items in paid.items()}
    sent = [deal.id for deal in deals if is_referred(deal)]
    return Money(
        banked=_sums(item for items in paid.values() for item in items),
        signed_unpaid=_sums(item for deal in deals if deal.stage is Stage.SIGNED_UNPAID for item in _worth(deal)),
        proposed=_sums(item for deal in deals if deal.stage in OPEN for item in _worth(deal)),
        repeat=_sums(item for items in again.values() for item in items),
        referred=_sums(item for id in sent for item in paid[id]),
        repeat_clients=sum(1 for items in again.values() if items),
        referred_clients=sum(1 for deal in deals if is_referred(deal) and deal.stage in _CLIENT_STAGES),
    )


def is_referred(deal: Deal) -> bool:
    """Whether somebody sent them to us."""
    return any(contact.referred_by for contact in deal.contacts)


# -- asks ----------------------------------------------------------------------------------


def _asked(deals: Sequence[Deal]) -> Asked:
    left = Counter(
        row.purpose for deal in deals for row in deal.decisions if row.action == "send" and row.purpose.startswith("ask_")
    )
    answered = sum(1 for deal in deals if _answered(deal))
    shown = Counter(
        item.event for deal in deals for item in deal.evidence
        if item.speaker is Speaker.CONTACT and not item.withdrawn and item.strength is not Strength.WEAK
    )  # fmt: skip
    sent = [deal for deal in deals if is_referred(deal)]
    return Asked(
        asks=tuple(sorted((purpose, count) for purpose, count in left.items() if purpose != "ask_for_business")),
        answered=answered,
        introductions=shown[Event.INTRODUCTION],
        introduced=len(sent),
        introduced_clients=sum(1 for deal in sent if deal.stage in _CLIENT_STAGES),
        testimonials=shown[Event.TESTIMONIAL],
    )


def _answered(deal: Deal) -> bool:
    """Whether they wrote within a month of an ask."""
    asks = [row.at for row in deal.decisions if row.action == "send" and row.purpose.startswith("ask_")]
    return any(at < mail.at <= at + _MONTH for at in asks for mail in words(deal))


def _who(deal: Deal) -> str:
    return deal.contacts[0].name or deal.contacts[0].address if deal.contacts else deal.title
