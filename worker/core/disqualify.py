"""The pattern of those who only waste time. One sign means nothing; the cycle that begins again weighs most.

Most signs are words of one mail and come from the signals. Three show only over several mails and are seen here: off
the face of the earth after the offer and back with an excuse, one question after the other without a step, and an order
far below what was proposed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from operator import attrgetter

from worker.core.firm import IdealClient
from worker.core.lifecycle import moves
from worker.core.model import (
    TIME_WASTING,
    Address,
    Deal,
    Event,
    Evidence,
    LoggedMail,
    MessageId,
    Outbox,
    Speaker,
    Stage,
    Strength,
)
from worker.core.outbox import GONE_OUT
from worker.core.spoken import spoken

GOOD_BYE = "yes, with a good-bye"
"""How the owner's choice of a polite drop-off stands in the evidence; silence is preselected."""
_APART = timedelta(days=7)
"""The same sign within a week is the same sign."""
_OFFERS = frozenset({Event.PROPOSAL_SENT, Event.SIGNATURE_REQUESTED})
_OVER_TIME = timedelta(days=14)
_LAST_WORD = timedelta(days=14)
_STEPS = frozenset({Event.SIGNED, Event.PAYMENT_RECEIVED, Event.VERBAL_YES})
"""What takes a deal forward. Friendliness, questions and meetings do not."""
_ENDS = frozenset({Event.BID_OUT, Event.CLOSE_SECOND, Event.BLAMES_THEM, Event.VANISHED, Event.PITY_ORDER})
_BEGINS = frozenset({Event.DANGLED_POTENTIAL, Event.FREE_WORK, Event.NEXT_PROJECT})
_EXCUSES = frozenset({Event.ABSENCE, Event.DATE_NAMED, Event.NOT_NOW, Event.REJECTED, Event.HARDSHIP, Event.LEFT_COMPANY})
"""Whoever said so is not off the face of the earth."""
_HALF_A_STEP = frozenset({*_STEPS, Event.MEETING_BOOKED, Event.PARTLY_SIGNED, Event.SIGNATURE_REQUESTED})
"""What questions can lead to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How much of the pattern has been seen, and where."""

    points: int
    signs: tuple[Evidence, ...]
    rounds: int
    fit: Fit


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """How a deal looks beside the ideal client: what speaks for it and against it, in words for the owner."""

    speaks_for: tuple[str, ...] = ()
    against: tuple[str, ...] = ()


def score(deal: Deal, ideal: IdealClient) -> Score:
    """Add up the signs of a deal. The same sign in one week counts once; before a real step each counts half.

    Without any sign nothing else is looked at, the fit neither.
    """
    signs = tuple(_once(_signs(deal, ideal)))
    if not signs:
        return Score(points=0, signs=(), rounds=0, fit=Fit())
    step = max((item.at for item in deal.evidence if _is_step(item, deal, ideal)), default=None)
    rounds = _rounds(signs, ideal)
    fits = fit(deal, ideal)
    points = sum(_weight(sign, ideal, halved=step is not None and sign.at <= step) for sign in signs)
    points += ideal.each_new_round * max(0, rounds - 1)
    points += ideal.fit_counts * (bool(fits.against) - bool(fits.speaks_for))
    return Score(points=max(0, points), signs=signs, rounds=rounds, fit=fits)


def is_time_waster(score: Score, ideal: IdealClient) -> bool:
    """Whether the pattern is plain enough to ask the owner: enough signs, of more than one kind, and over time.

    One mail, however full of excuses, is the mail of somebody who lost a fight in their own house.
    """
    kinds = {sign.event for sign in score.signs}
    plain = score.points >= ideal.ask_owner_at and len(score.signs) >= ideal.least_signs and len(kinds) > 1
    return plain and score.signs[-1].at - score.signs[0].at >= _OVER_TIME


def moved_since(sign: Evidence, deal: Deal, ideal: IdealClient) -> bool:
    """Whether they have signed or paid after a sign: then nobody asks to give them up."""
    return any(_is_step(item, deal, ideal) and item.at > sign.at for item in deal.evidence)


def _is_step(item: Evidence, deal: Deal, ideal: IdealClient) -> bool:
    return item.event in _STEPS and moves(item) and not _is_pity(item, deal, ideal)


def _weight(sign: Evidence, ideal: IdealClient, *, halved: bool) -> int:
    weight = ideal.weights.get(sign.event, 1)
    return weight // 2 if halved or sign.strength is Strength.WEAK else weight


def _rounds(signs: tuple[Evidence, ...], ideal: IdealClient) -> int:
    """How often the cycle began: with new hopes a week after the old ones were buried, or long after the last sign.

    An excuse after a long silence ends a round; it begins none.
    """
    if not signs:
        return 0
    rounds, buried = 1, None
    for one, two in pairwise(signs):
        buried = one.at if one.event in _ENDS else buried
        again = buried is not None and two.at - buried >= _APART
        if two.event in _BEGINS and (again or two.at - one.at > timedelta(days=ideal.round_after_days)):
            rounds, buried = rounds + 1, None
    return rounds


# -- the signs -----------------------------------------------------------------------------


def _once(signs: Iterable[Evidence]) -> Iterator[Evidence]:
    last: dict[Event, datetime] = {}
    for sign in sorted(signs, key=lambda item: (item.at, item.event, item.found_in, item.signal)):
        if sign.event in last and sign.at - last[sign.event] < _APART:
            continue
        last[sign.event] = sign.at
        yield sign


def _signs(deal: Deal, ideal: IdealClient) -> Iterator[Evidence]:
    said_so = [item for item in deal.evidence if item.event in TIME_WASTING and not item.withdrawn]
    yield from said_so
    if said_so:
        yield from _vanished(deal, said_so, ideal)
    yield from _only_questions(deal, ideal)
    for item in deal.evidence:
        if item.event is Event.PAYMENT_RECEIVED and moves(item) and _is_pity(item, deal, ideal):
            said = f"{_money(item)} came, after a proposal of {_money(_largest_offer(deal, item))}"
            yield replace(item, event=Event.PITY_ORDER, quote=said, signal="pattern.amounts")


def _vanished(deal: Deal, spoken: list[Evidence], ideal: IdealClient) -> Iterator[Evidence]:
    """Off the face of the earth after the offer, and back with an apology, an excuse or the next project."""
    offers = sorted(item.at for item in deal.evidence if item.event in _OFFERS and _stands(item))
    words = _words_of(Speaker.CONTACT, deal)
    excused = {item.found_in for item in deal.evidence if _is_excuse(item)}
    signs = {item.found_in: item for item in spoken}
    for number, mail in enumerate(words):
        before = words[number - 1] if number else None
        since = max((at for at in offers if at < mail.at), default=None)
        if since is None or mail.id not in signs or (before is not None and before.at > since):
            continue
        weeks = (mail.at - since).days // 7
        if weeks < ideal.vanished_after_weeks or _was_excused(before, since, mail, excused, deal):
            continue
        said = f"not a word for {weeks} weeks after the offer of {since:%d %B}, then: {signs[mail.id].quote}"
        yield replace(signs[mail.id], event=Event.VANISHED, quote=said, signal="pattern.silence-after-the-offer")


def _was_excused(
    before: LoggedMail | None, offer: datetime, back: LoggedMail, excused: set[MessageId], deal: Deal
) -> bool:
    if before is not None and before.id in excused:
        return True
    return any(_is_excuse(item) and offer <= item.at < back.at for item in deal.evidence)


def _is_excuse(item: Evidence) -> bool:
    # What the worker concluded itself out of their silence excuses nobody.
    return item.event in _EXCUSES and _stands(item) and item.speaker is not Speaker.WORKER


def _only_questions(deal: Deal, ideal: IdealClient) -> Iterator[Evidence]:
    """Great questions, mail after mail, and not one step forward."""
    if len(spoken(deal, Speaker.CONTACT)) < ideal.questions_without_a_step:
        return
    step = max((item.at for item in deal.evidence if item.event in _HALF_A_STEP and moves(item)), default=None)
    asked = [mail for mail in _words_of(Speaker.CONTACT, deal) if mail.asks and (step is None or mail.at > step)]
    if len(asked) < ideal.questions_without_a_step or (asked[-1].at - asked[0].at).days < 7 * ideal.vanished_after_weeks:
        return
    last = asked[-1]
    yield Evidence(
        event=Event.FREE_WORK, strength=Strength.LIKELY, signal="pattern.questions-without-a-step", found_in=last.id,
        quote=f"{len(asked)} mails with questions since {asked[0].at:%d %B} and no step, the last: {last.extract[:100]}",
        at=last.at, speaker=Speaker.CONTACT, by=last.sender,
    )  # fmt: skip


def _is_pity(item: Evidence, deal: Deal, ideal: IdealClient) -> bool:
    """Whether money is an order far below what was proposed. With the agreement signed it is its deposit."""
    if item.event is not Event.PAYMENT_RECEIVED:
        return False
    offered, paid = amount(_largest_offer(deal, item)), amount(item)
    agreed = any(one.event is Event.SIGNED and moves(one) for one in deal.evidence)
    return not agreed and paid is not None and offered is not None and 100 * paid <= ideal.pity_percent * offered


def _largest_offer(deal: Deal, item: Evidence) -> Evidence | None:
    offers = [one for one in deal.evidence if one.event is Event.PROPOSAL_SENT and _stands(one) and one.at < item.at
              and one.currency == item.currency and amount(one) is not None]  # fmt: skip
    return max(offers, key=lambda one: (amount(one) or Decimal(0), one.at), default=None)


def amount(item: Evidence | None) -> Decimal | None:
    """The amount of money in evidence, None where it names none."""
    try:
        return Decimal(item.amount) if item is not None and item.amount else None
    except InvalidOperation:
        return None


def _money(item: Evidence | None) -> str:
    return f"{item.amount} {item.currency}".strip() if item is not None else ""


def _stands(item: Evidence) -> bool:
    return not item.withdrawn and item.strength is not Strength.WEAK


def _words_of(speaker: Speaker, deal: Deal) -> list[LoggedMail]:
    return sorted(spoken(deal, speaker), key=attrgetter("at", "id"))


# -- giving up and the way back ------------------------------------------------------------


def given_up_at(deal: Deal) -> datetime | None:
    """When the owner gave a deal up that stands there now."""
    last = deal.stages[-1] if deal.stages else None
    return last.at if last is not None and last.stage is Stage.DISQUALIFIED else None


def wants_good_bye(deal: Deal) -> bool:
    """Whether the owner who gave a deal up wants one polite last mail to go."""
    said = [item for item in deal.evidence if item.event is Event.DISQUALIFIED and moves(item)]
    newest = max(said, key=lambda item: (item.at, item.found_in), default=None)
    return newest is not None and newest.quote == GOOD_BYE


def declined_since(moment: datetime, deal: Deal) -> bool:
    """Whether a decline has left, or is about to, since then."""
    return any(item.letter.purpose == "decline" and (item.changed or item.letter.send_at) >= moment
               and item.state not in (Outbox.STOPPED, Outbox.REFUSED) for item in deal.outbox)  # fmt: skip


def way_back(deal: Deal) -> Evidence | None:
    """The newest thing since the owner gave them up that only the owner can judge: money, a client's word, a new face."""
    since = given_up_at(deal)
    ways = [] if since is None else [*_paid_or_sent(deal, since), *_new_faces(deal, since)]
    return max(ways, key=lambda item: (item.at, item.found_in), default=None)


def _paid_or_sent(deal: Deal, since: datetime) -> Iterator[Evidence]:
    for item in deal.evidence:
        if item.at <= since or not _stands(item):
            continue
        if item.event is Event.PAYMENT_RECEIVED:
            yield replace(item, quote=f'they pay in advance: "{item.quote}"', signal="way-back.paid")
        elif item.event is Event.INTRODUCTION and not _is_theirs(item.by, deal):
            yield replace(item, quote=f'{item.by} sends them to you: "{item.quote}"', signal="way-back.referred")


def _new_faces(deal: Deal, since: datetime) -> Iterator[Evidence]:
    """Somebody of theirs who writes for the first time: it may be somebody else who decides now."""
    before = {one for mail in deal.log if mail.at <= since for one in (mail.sender, *mail.to)}
    for mail in _words_of(Speaker.CONTACT, deal):
        if mail.at > since and mail.sender is not None and mail.sender not in before and _is_theirs(mail.sender, deal):
            yield Evidence(
                event=Event.INTEREST, strength=Strength.LIKELY, signal="way-back.new-face", found_in=mail.id, at=mail.at,
                quote=f'somebody new writes, {mail.sender}: "{mail.extract[:100]}"', speaker=Speaker.CONTACT, by=mail.sender,
            )  # fmt: skip


def _is_theirs(address: Address | None, deal: Deal) -> bool:
    same_house = address is not None and bool(deal.company) and address.endswith(f"@{deal.company}")
    return same_house or any(contact.address == address for contact in deal.contacts)


def comes_back(mail: LoggedMail, deal: Deal) -> bool:
    """Whether a mail of somebody given up wants something again: a last word that wants nothing is left in peace."""
    found = way_back(deal)
    if found is not None and abs(mail.at - found.at) < _LAST_WORD:
        return False  # the owner is asked whether to take them back
    events = {item.event for item in deal.evidence if item.found_in == mail.id and not item.withdrawn}
    if events & {Event.OPT_OUT, Event.LEFT_COMPANY}:
        return False
    ours = [one.at for one in deal.log if one.speaker in (Speaker.OWNER, Speaker.WORKER) and one.at < mail.at]
    ours += [item.changed for item in deal.outbox if item.state in GONE_OUT and not item.letter.to_owner
             and item.changed is not None and item.changed < mail.at]  # fmt: skip
    # Right after our own last word, a mail that asks nothing is the answer to it.
    answers = bool(ours) and mail.at - max(ours) < _LAST_WORD
    return mail.asks or not answers or bool(events & {*TIME_WASTING, Event.INTEREST, Event.MEETING_BOOKED})


# -- beside the ideal client ---------------------------------------------------------------


def fit(deal: Deal, ideal: IdealClient) -> Fit:
    """How a deal looks beside the ideal client: their trade, their domain, and the amounts that were talked of."""
    speaks_for, against = [], []
    trade = _trade(deal, ideal)
    if trade:
        speaks_for.append(f"their trade: {trade}")
    ending = next((one for one in ideal.domains if deal.company and deal.company.endswith(one.lstrip("*@"))), "")
    if ending:
        speaks_for.append(f"their domain: {ending}")
    known = [value for item in deal.evidence if _stands(item) and (value := amount(item)) is not None]
    if ideal.least_amount and known and max(known) < ideal.least_amount:
        against.append(f"the largest amount talked of is {max(known):,.0f}, your least is {ideal.least_amount:,}")
    return Fit(speaks_for=tuple(speaks_for), against=tuple(against))


def _trade(deal: Deal, ideal: IdealClient) -> str:
    said = " ".join((deal.company_name, deal.company, *(f"{mail.subject} {mail.extract}" for mail in deal.log))).casefold()
    return next((one for one in ideal.industries if one.casefold() in said), "")


# -- what it has cost ----------------------------------------------------------------------


def cost(deal: Deal, now: datetime) -> str:
    """What a deal has cost so far, in words: mails of both sides, weeks, and what came of it."""
    ours = len(spoken(deal, Speaker.OWNER))
    theirs = len(spoken(deal, Speaker.CONTACT))
    begun = min((mail.at for mail in deal.log), default=deal.created)
    weeks = max(1, (now - begun).days // 7)
    offers = sum(1 for item in deal.evidence if item.event is Event.PROPOSAL_SENT and _stands(item))
    moved = {item.event for item in deal.evidence if moves(item)}
    parts = [f"{_many(ours, 'mail')} of yours and {theirs} of theirs in {_many(weeks, 'week')}"]
    if offers:
        parts.append(_many(offers, "proposal"))
    if not moved & {Event.SIGNED, Event.PAYMENT_RECEIVED}:
        parts.append("no signature and no money")
    return ", ".join(parts)


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
