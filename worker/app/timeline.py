"""A deal as a timeline of two lanes: what happened, and beside it what the worker made of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from worker.app.grounds import grounds
from worker.app.hindsight import Hindsight, Past, hindsight
from worker.core.model import (
    Action,
    Address,
    Bucket,
    Deal,
    Decision,
    Evidence,
    Kind,
    Letter,
    LoggedMail,
    MessageId,
    Speaker,
    Strength,
)
from worker.core.record import EXTRACT

_MOST_MOMENTS = 120
"""Of one deal: who wants more of it has `worker rehearse --json`, or `worker show`."""
_LONGEST_LETTER = 6000


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a mail was understood to show, with the words that it rests on."""

    event: str
    strength: Strength
    quote: str
    signal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """A mail that was written, whoever wrote it."""

    anchor: str
    kind: str
    """theirs, ours, aside (ours, but not to them), notice, machine."""
    who: str
    subject: str
    extract: str
    shows: tuple[Shown, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """A mail that a decision rests on, and where it stands on the page; "" where it was left out."""

    anchor: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A decision of the worker."""

    action: Action
    text: str
    why: str
    bucket: Bucket | None = None
    """Of a stage: its label."""
    letter: str = ""
    """The mail, whole."""
    to: str = ""
    rests: tuple[Rest, ...] = ()
    beside: Hindsight | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What was written at one time, and what the worker did then."""

    at: datetime
    happened: tuple[Happened, ...] = ()
    done: tuple[Done, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One deal as a page shows it."""

    anchor: str
    deal: Deal
    who: str
    moments: tuple[Moment, ...]
    sent: int
    mails: int
    left_out: int = 0
    """Moments that are not shown."""


def card(deal: Deal, number: int, zone: ZoneInfo, past: Past | None = None) -> Card:
    """The timeline of a deal; with what really happened beside each decision, where the past is known."""
    anchor = f"deal-{number}"
    anchors = {mail.id: f"{anchor}-{place}" for place, mail in enumerate(deal.log)}
    whole = list(_moments(deal, anchors, zone, past))
    kept = _kept(whole)
    shown = {one.anchor for moment in kept for one in moment.happened}
    return Card(
        anchor=anchor,
        deal=deal,
        who=who_of(deal),
        moments=tuple(_without_dead_links(moment, shown) for moment in kept) if len(kept) < len(whole) else tuple(kept),
        sent=sum(1 for row in deal.decisions if row.action is Action.SEND),
        mails=sum(1 for mail in deal.log if mail.speaker is not Speaker.WORKER),
        left_out=len(whole) - len(kept),
    )


def who_of(deal: Deal) -> str:
    """Whom a deal is about, by name."""
    return deal.contacts[0].name or deal.contacts[0].address if deal.contacts else deal.title


def _moments(deal: Deal, anchors: dict[MessageId, str], zone: ZoneInfo, past: Past | None) -> Iterator[Moment]:
    happened: defaultdict[datetime, list[Happened]] = defaultdict(list)
    done: defaultdict[datetime, list[Done]] = defaultdict(list)
    shows = _shows(deal)
    for mail in deal.log:
        if mail.speaker is not Speaker.WORKER:
            happened[_minute(mail.at)].append(_happened(mail, deal, anchors[mail.id], shows.get(mail.id, ())))
    for row in deal.decisions:
        rests = tuple(_rest(one.mail, one.evidence, deal, anchors, zone) for one in grounds(row, deal) if one.mail)
        done[_minute(row.at)].append(_done(row, deal, rests, past))
    for at in sorted({*happened, *done}):
        yield Moment(at=at.astimezone(zone), happened=tuple(happened.get(at, ())), done=tuple(done.get(at, ())))


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def _shows(deal: Deal) -> dict[MessageId, tuple[Shown, ...]]:
    found: defaultdict[MessageId, list[Shown]] = defaultdict(list)
    for item in deal.evidence:
        if item.speaker is not Speaker.WORKER:
            found[item.found_in].append(_shown(item))
    return {id: tuple(items) for id, items in found.items()}


def _shown(item: Evidence) -> Shown:
    event = item.event.replace("_", " ")
    return Shown(
        event=f"{event} (withdrawn)" if item.withdrawn else event, strength=item.strength, quote=item.quote,
        signal=item.signal,
    )  # fmt: skip


def _happened(mail: LoggedMail, deal: Deal, anchor: str, shows: tuple[Shown, ...]) -> Happened:
    return Happened(
        anchor=anchor, kind=_kind(mail, deal), who=_sender(mail, deal), subject=mail.subject or "(no subject)",
        extract=f"{mail.extract}\u2026" if len(mail.extract) == EXTRACT else mail.extract, shows=shows,
    )  # fmt: skip


def _kind(mail: LoggedMail, deal: Deal) -> str:
    if mail.kind in (Kind.AUTO_REPLY, Kind.BOUNCE, Kind.COMPLAINT_REPORT, Kind.BULK):
        return "machine"
    if mail.speaker in (Speaker.CONTACT, Speaker.OWNER):
        return "theirs" if mail.speaker is Speaker.CONTACT else "ours"
    return "aside" if mail.sender == deal.owner.address else "notice"


def _sender(mail: LoggedMail, deal: Deal) -> str:
    known = {one.address: one.name for one in deal.contacts} | {deal.owner.address: deal.owner.name}
    return known.get(mail.sender or Address("")) or str(mail.sender or "nobody that can be named")


def _rest(
    mail: LoggedMail, evidence: tuple[Evidence, ...], deal: Deal, anchors: dict[MessageId, str], zone: ZoneInfo
) -> Rest:
    signals = ", ".join(dict.fromkeys(item.signal for item in evidence))
    words = f"{_sender(mail, deal)}, {mail.at.astimezone(zone):%-d %b}{f' ({signals})' if signals else ''}"
    return Rest(anchor=anchors[mail.id], words=words)


def _done(row: Decision, deal: Deal, rests: tuple[Rest, ...], past: Past | None) -> Done:
    letter = letter_of(row, deal)
    is_stage = row.action is Action.STAGE
    stage = row.stage.replace("_", " ") if row.stage else ""
    text = stage if is_stage else subject_of(letter) if letter else (row.purpose or row.step).replace("_", " ")
    return Done(
        action=row.action, text=text, why=row.why, bucket=row.bucket if is_stage else None,
        letter=_cut(letter.body) if letter else "", to=", ".join(row.to) if row.action is Action.SEND else "",
        rests=rests, beside=hindsight(row, deal, past) if past else None,
    )  # fmt: skip


def _cut(body: str) -> str:
    return body if len(body) <= _LONGEST_LETTER else f"{body[:_LONGEST_LETTER]}\n[...]"


def letter_of(row: Decision, deal: Deal) -> Letter | None:
    """The mail that a decision is about, to the contact or to the owner."""
    if row.action in (Action.STAGE, Action.HOLD, Action.STOP):
        return None
    near = [item.letter for item in deal.outbox
            if item.letter.step == row.step and item.letter.playbook == row.playbook
            and item.letter.to_owner is (row.action is not Action.SEND)]  # fmt: skip
    return min(near, key=lambda letter: abs((letter.send_at - row.at).total_seconds()), default=None)


def subject_of(letter: Letter) -> str:
    """A subject without the mark at its end, which is for mail programs."""
    return letter.subject.rpartition(" [")[0] if letter.to_owner and letter.subject.endswith("]") else letter.subject


# -- bounds --------------------------------------------------------------------------------


def _kept(moments: Sequence[Moment]) -> list[Moment]:
    """The moments that there is room for: mails of which nothing followed go first, and then the oldest."""
    if len(moments) <= _MOST_MOMENTS:
        return list(moments)
    telling = [moment for moment in moments if moment.done or any(one.shows for one in moment.happened)]
    return telling[-_MOST_MOMENTS:]


def _without_dead_links(moment: Moment, shown: set[str]) -> Moment:
    return replace(moment, done=tuple(replace(one, rests=_links(one.rests, shown)) for one in moment.done))


def _links(rests: Iterable[Rest], shown: set[str]) -> tuple[Rest, ...]:
    return tuple(rest if rest.anchor in shown else replace(rest, anchor="") for rest in rests)


def weight(one: Card) -> int:
    """About how many characters a card takes on the page."""
    return 3000 + sum(_weight(moment) for moment in one.moments)


def _weight(moment: Moment) -> int:
    mails = sum(350 + len(one.subject) + len(one.extract) + _quoted(one.shows) for one in moment.happened)
    deeds = sum(400 + len(one.text) + len(one.why) + len(one.letter) + 80 * len(one.rests) for one in moment.done)
    return 150 + mails + deeds


def _quoted(shows: Iterable[Shown]) -> int:
    return sum(120 + len(one.quote) for one in shows)
