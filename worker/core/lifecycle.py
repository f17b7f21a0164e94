"""The life cycle is a table, folded over the standing evidence by the time of the mail.

Late or withdrawn evidence folds again from the beginning, so the order of arrival never changes where a
deal stands. What was sent stays sent; that is the planner's to remember, not the table's.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

from worker.core.model import Address, Bucket, Deal, Event, Evidence, Speaker, Stage, StageChange, Strength

OPENING_LASTS = timedelta(days=30)

_SUSPECT = (Stage.IDENTIFIED, Stage.CONTACTED)
_UNSIGNED = (*_SUSPECT, Stage.ENGAGED, Stage.PROPOSED, Stage.VERBAL)
OPEN = frozenset({Stage.ENGAGED, Stage.PROPOSED, Stage.VERBAL})
"""Where an answer is what is waited for."""
_RETURNABLE = (Stage.LOST, Stage.LATER)
_CLIENT = (Stage.OPENING, Stage.ACTIVE)
_UNDOING = frozenset({Event.PAYMENT_REVERSED, Event.SIGNING_DECLINED, Event.CANCELLED})


def _rows(stages: Iterable[Stage], event: Event, to: Stage | None) -> dict[tuple[Stage, Event], Stage | None]:
    return {(stage, event): to for stage in stages}


BACK = None
"""In the table: to where the deal stood before."""

NEXT: dict[tuple[Stage, Event], Stage | None] = {
    # A suspect becomes a prospect by showing interest, not by being written to.
    **_rows((*_SUSPECT, *_RETURNABLE), Event.INTEREST, Stage.ENGAGED),
    **_rows((*_SUSPECT, *_RETURNABLE), Event.MEETING_BOOKED, Stage.ENGAGED),
    **_rows((*_SUSPECT, Stage.ENGAGED, *_RETURNABLE), Event.PROPOSAL_SENT, Stage.PROPOSED),
    **_rows((*_SUSPECT, Stage.ENGAGED, Stage.PROPOSED, *_RETURNABLE), Event.VERBAL_YES, Stage.VERBAL),
    **_rows((*_SUSPECT, Stage.ENGAGED, Stage.PROPOSED, *_RETURNABLE), Event.SIGNATURE_REQUESTED, Stage.VERBAL),
    **_rows((*_SUSPECT, Stage.ENGAGED, Stage.PROPOSED, *_RETURNABLE), Event.PARTLY_SIGNED, Stage.VERBAL),
    # A client is a client when the agreement is signed by all and the first payment has cleared, in either order.
    **_rows((*_UNSIGNED, *_RETURNABLE), Event.SIGNED, Stage.SIGNED_UNPAID),
    **_rows((*_UNSIGNED, *_RETURNABLE), Event.PAYMENT_RECEIVED, Stage.PAID_UNSIGNED),
    (Stage.SIGNED_UNPAID, Event.PAYMENT_RECEIVED): Stage.OPENING,
    (Stage.PAID_UNSIGNED, Event.SIGNED): Stage.OPENING,
    # Money that goes back, or an agreement that is voided, takes the label back.
    (Stage.PAID_UNSIGNED, Event.PAYMENT_REVERSED): BACK,
    **_rows(_CLIENT, Event.PAYMENT_REVERSED, Stage.SIGNED_UNPAID),
    (Stage.SIGNED_UNPAID, Event.SIGNING_DECLINED): BACK,
    **_rows(_CLIENT, Event.SIGNING_DECLINED, Stage.PAID_UNSIGNED),
    # The door closed by them, put off by them, closed by us, closed for good.
    **_rows((*_UNSIGNED, Stage.LATER), Event.REJECTED, Stage.LOST),
    **_rows(_UNSIGNED, Event.NOT_NOW, Stage.LATER),
    **_rows((*_UNSIGNED, Stage.SIGNED_UNPAID, *_CLIENT), Event.CANCELLED, Stage.LOST),
    **_rows(
        (*_UNSIGNED, Stage.SIGNED_UNPAID, Stage.PAID_UNSIGNED, *_RETURNABLE, *_CLIENT),
        Event.DISQUALIFIED,
        Stage.DISQUALIFIED,
    ),
    **_rows((Stage.DISQUALIFIED, *_RETURNABLE), Event.REQUALIFIED, Stage.ENGAGED),
    **_rows((*_UNSIGNED, Stage.SIGNED_UNPAID, Stage.PAID_UNSIGNED, *_RETURNABLE, Stage.DISQUALIFIED),
            Event.OPT_OUT, Stage.OPTED_OUT),
}  # fmt: skip

CERTAIN_ONLY = frozenset({
    Event.SIGNED, Event.PARTLY_SIGNED, Event.PAYMENT_RECEIVED, Event.PAYMENT_REVERSED, Event.SIGNING_DECLINED,
    Event.CANCELLED, Event.DISQUALIFIED, Event.REQUALIFIED, Event.VERBAL_YES,
})  # fmt: skip
"""Where nothing less than certain evidence moves the deal; when it is only likely the owner is asked."""

STOPPING = frozenset({
    Event.OPT_OUT, Event.REJECTED, Event.NOT_NOW, Event.COMPLAINT, Event.ABSENCE, Event.LEFT_COMPANY,
    Event.HARDSHIP, Event.DATE_NAMED,
})  # fmt: skip
"""All that a mail without trust can bring about: it may stop or pause, never start or advance."""

_NEARLY = Decimal("0.9")
"""What banks and cards keep for themselves makes no payment a part."""
_CONFIRMED = "owner.answer"
"""In the signal's name of what the owner has said yes to."""
UNPROVEN = ", no proof of the writer"
"""Behind the signal's name in evidence out of a mail without trust."""

EXIT_EVENT = {
    Stage.LOST: Event.REJECTED,
    Stage.LATER: Event.NOT_NOW,
    Stage.DISQUALIFIED: Event.DISQUALIFIED,
    Stage.OPTED_OUT: Event.OPT_OUT,
    Stage.ENGAGED: Event.INTEREST,
}
"""The evidence that a playbook's `exit: STAGE` leaves behind."""


def moves(evidence: Evidence) -> bool:
    """Whether this evidence may move a deal by itself."""
    if evidence.withdrawn or evidence.strength is Strength.WEAK:
        return False
    if evidence.event is Event.SIGNED and evidence.document_kind in {"nda", "other"}:
        return False  # A signed NDA is not the agreement.
    return evidence.strength is Strength.CERTAIN or evidence.event not in CERTAIN_ONLY


def is_part(payment: Evidence, deal: Deal) -> bool:
    """Whether money that came is less than the smallest thing that was asked for: an agreed deposit paid in full is the
    first payment, a part of it is not. What came before is added to it. The owner's own word is not doubted."""
    if payment.event is not Event.PAYMENT_RECEIVED or payment.signal.startswith("owner.") or _CONFIRMED in payment.signal:
        return False
    asked = [item for item in deal.evidence if item.event is Event.INVOICE_SENT and not item.withdrawn
             and item.at <= payment.at and _same_money(item, payment)]  # fmt: skip
    named = [item for item in asked if item.invoice and item.invoice == payment.invoice]
    least = min((value for item in named or asked if (value := _money(item))), default=None)
    if least is None or _money(payment) is None:
        return False
    came = [item for item in deal.evidence if item.event in (Event.PAYMENT_RECEIVED, Event.PAYMENT_PARTIAL)
            and item.strength is Strength.CERTAIN and not item.withdrawn
            and item.at <= payment.at and _same_money(item, payment)]  # fmt: skip
    return sum(_money(item) or Decimal(0) for item in came) < least * _NEARLY


def _same_money(one: Evidence, other: Evidence) -> bool:
    return not one.currency or not other.currency or one.currency == other.currency


def _money(item: Evidence) -> Decimal | None:
    try:
        return Decimal(item.amount) if item.amount else None
    except InvalidOperation:
        return None


def is_unproven(evidence: Evidence) -> bool:
    """Whether it stands in a mail of which nobody knows who wrote it: it may stop, and begin nothing."""
    return evidence.signal.endswith(UNPROVEN)


def fold(deal: Deal, now: datetime) -> tuple[StageChange, ...]:
    """Every stage that the deal has reached, in order, with the mails that led there.

    Time is a trigger too: an opening becomes an active client thirty days on.
    """
    written = _first_written(deal)
    history: list[StageChange] = [_first(deal, written)]
    for evidence in _in_order(deal):
        _age(history, evidence.at)
        _contacted(history, written, evidence.at)
        reached = _next_stage(history, evidence, deal)
        if reached is not None and reached is not history[-1].stage:
            history.append(_change(reached, evidence, history))
    _age(history, now)
    _contacted(history, written, now)
    return tuple(history)


def _in_order(deal: Deal) -> list[Evidence]:
    standing = [evidence for evidence in deal.evidence if moves(evidence) and not is_part(evidence, deal)]
    # The event breaks ties, so that mails of one second fold the same way in whatever order they came.
    return sorted(standing, key=lambda evidence: (evidence.at, evidence.event, evidence.found_in))


def _first(deal: Deal, written: StageChange | None) -> StageChange:
    referred = any(contact.referred_by for contact in deal.contacts)
    if written is not None and not referred:
        return written
    first = min(deal.log, key=lambda mail: (mail.at, mail.id), default=None)
    found = (first.id,) if first else ()
    why = "introduced by a client" if referred else "known to the owner, not yet written to"
    return StageChange(at=deal.created, stage=Stage.IDENTIFIED, why=why, found_in=found)


def _first_written(deal: Deal) -> StageChange | None:
    written = [mail for mail in deal.log if mail.speaker in (Speaker.OWNER, Speaker.WORKER)]
    outgoing = min(written, key=lambda mail: (mail.at, mail.id), default=None)
    if outgoing is None:
        return None
    return StageChange(at=outgoing.at, stage=Stage.CONTACTED, why="the owner wrote to them", found_in=(outgoing.id,))


def _contacted(history: list[StageChange], written: StageChange | None, until: datetime) -> None:
    if written is not None and history[-1].stage is Stage.IDENTIFIED and written.at <= until:
        history.append(written)


def _next_stage(history: list[StageChange], evidence: Evidence, deal: Deal) -> Stage | None:
    stage = history[-1].stage
    if (stage, evidence.event) not in NEXT:
        return None
    if evidence.event is Event.OPT_OUT and not _speaks_for_all(evidence.by, deal):
        return None
    if evidence.event is Event.SIGNING_DECLINED and not _is_about_the_agreement(evidence, stage, deal):
        return None
    if evidence.event is Event.REQUALIFIED:
        return _kept(history, evidence, deal) or Stage.ENGAGED
    to = NEXT[stage, evidence.event]
    return _where_it_stood(history) if to is BACK else to


def _kept(history: list[StageChange], back: Evidence, deal: Deal) -> Stage | None:
    """What nobody loses by our giving them up for a while: a signature, money, being a client."""
    inside = [change for change in history if change.stage.bucket is not Bucket.OUT]
    last = inside[-1].stage if inside else None
    if last not in (Stage.SIGNED_UNPAID, Stage.PAID_UNSIGNED, *_CLIENT):
        return None
    undone = any(
        item.event in _UNDOING and moves(item) and inside[-1].at <= item.at <= back.at for item in deal.evidence
    )
    return None if undone else Stage.ACTIVE if last is Stage.OPENING else last


def _where_it_stood(history: list[StageChange]) -> Stage:
    """The last stage before money or signature came; where the deal began with them, a prospect all the same."""
    stages = [change.stage for change in history[:-1]]
    open_stages = [stage for stage in stages if stage in _UNSIGNED]
    return open_stages[-1] if open_stages else Stage.ENGAGED


def _is_about_the_agreement(declined: Evidence, stage: Stage, deal: Deal) -> bool:
    """Whether it is the signed agreement that was voided, and not some other document of theirs."""
    signed = [_title(item.document) for item in deal.evidence if item.event is Event.SIGNED and moves(item) and item.document]
    named = _title(declined.document) in signed or any(title and title in declined.quote.casefold() for title in signed)
    if stage in _CLIENT:
        return named  # they sign more than one thing with us
    known = bool(signed) and bool(declined.document)
    return declined.document_kind != "nda" and (not known or named)


def _title(document: str) -> str:
    """A document's name without what a service puts around it: "Voided: Services agreement.pdf" is the agreement."""
    name = document.casefold().rpartition(": ")[2].strip()
    return name.removesuffix(".docx").removesuffix(".pdf").strip()


def _speaks_for_all(address: Address | None, deal: Deal) -> bool:
    """Whether an opt-out closes the deal: it does unless colleagues of theirs also talk with us."""
    if address is None:
        return True  # nobody can tell whose word it is: stopping is the safe side
    gone = {item.by for item in deal.evidence if item.event is Event.OPT_OUT and moves(item)} | {address}
    return all(contact.address in gone for contact in deal.contacts if contact.words)


def _change(stage: Stage, evidence: Evidence, history: list[StageChange]) -> StageChange:
    # A client is two things at once: both mails led there.
    led_here = history[-1].found_in if stage is Stage.OPENING else ()
    found = (*led_here, evidence.found_in)
    return StageChange(at=evidence.at, stage=stage, why=in_words(evidence), found_in=tuple(dict.fromkeys(found)))


_SAID = {
    Event.INTEREST: "they show interest",
    Event.MEETING_BOOKED: "a meeting is booked",
    Event.PROPOSAL_SENT: "the proposal is out",
    Event.SIGNATURE_REQUESTED: "the agreement is out for signature",
    Event.PARTLY_SIGNED: "signed by one side",
    Event.SIGNED: "signed by all",
    Event.SIGNING_DECLINED: "the signing was declined or voided",
    Event.PAYMENT_RECEIVED: "the first payment has come",
    Event.PAYMENT_REVERSED: "the payment was taken back",
    Event.REJECTED: "they said no",
    Event.NOT_NOW: "not now, they say",
    Event.CANCELLED: "they cancelled",
    Event.VERBAL_YES: "they said yes",
    Event.DISQUALIFIED: "you gave them up",
    Event.REQUALIFIED: "you took them back",
    Event.OPT_OUT: "they want no more mail",
}


def in_words(evidence: Evidence) -> str:
    """Why a stage was reached, for a person: what happened, and the words that show it."""
    what = _SAID.get(evidence.event, evidence.event.replace("_", " "))
    if evidence.speaker is Speaker.WORKER:
        return evidence.quote
    return f'{what}: "{evidence.quote}"' if evidence.quote else what


def _age(history: list[StageChange], until: datetime) -> None:
    last = history[-1]
    if last.stage is Stage.OPENING and until >= last.at + OPENING_LASTS:
        history.append(
            StageChange(
                at=last.at + OPENING_LASTS, stage=Stage.ACTIVE, why="a client for thirty days", found_in=last.found_in
            )
        )


def label(stages: Iterable[Stage]) -> Bucket:
    """The label of a person with several deals: the highest wins, so that no client gets a prospect's mail."""
    buckets = {stage.bucket for stage in stages}
    for bucket in (Bucket.CLIENT, Bucket.PROSPECT, Bucket.SUSPECT):
        if bucket in buckets:
            return bucket
    return Bucket.OUT


def diagram() -> str:
    """The table as a Mermaid state diagram, for ARCHITECTURE.md."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for (stage, event), to in NEXT.items():
        arrows.setdefault((stage.value, to.value if to else "as_before"), []).append(event.replace("_", " "))
    arrows.setdefault((Stage.OPENING.value, Stage.ACTIVE.value), []).append("thirty days")
    lines = [f"    {stage} --> {to}: {', '.join(events)}" for (stage, to), events in arrows.items()]
    return "\n".join(["stateDiagram-v2", *lines])
