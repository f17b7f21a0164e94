"""What stands in a digest: one line for each matter, the most urgent first, and the mails that each rests on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from worker.core import coverage as policy
from worker.core import disqualify
from worker.core.attention import WINDOW, Attention, Share, Sums, last_touch, touches, words
from worker.core.firm import Coverage, IdealClient
from worker.core.model import Action, Bucket, Deal, MessageId, Question, Speaker, Stage
from worker.core.situation import last_word, open_complaint

_MOST = 10
"""Lines under one heading: who has more of them needs `worker deals`, not a longer mail."""
_LONGEST = 160
WORTH_A_WORD = 0.1
"""Hours a week."""
_OWED_AT_MOST = timedelta(days=60)
_URGENCY = ("alert", "uncertain", "doubt", "requalify", "approval", "disqualify", "unseen", "digest", "task")
_OUR_CLIENT = (
    "our new client", "our newest client", "our latest client", "new client of ours", "now a client", "is a client now",
    "won them as a client", "unser neuer kunde", "unsere neue kundin", "unser neuester kunde", "als kunden gewonnen",
    "notre nouveau client", "notre nouvelle cliente", "nuestro nuevo cliente", "nuestra nueva clienta",
    "onze nieuwe klant", "il nostro nuovo cliente", "o nosso novo cliente",
)  # fmt: skip
_LACKING = {
    Stage.SIGNED_UNPAID: "the first payment has not come",
    Stage.PAID_UNSIGNED: "the agreement is not signed by all",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One matter."""

    text: str
    found_in: tuple[MessageId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Matters under one heading."""

    title: str
    lines: tuple[Line, ...]
    weighs: bool = True
    """A digest is worth sending for it."""


def named(deal: Deal) -> str:
    """A deal as its owner would call it, with its mark."""
    who = deal.contacts[0].name or deal.contacts[0].address if deal.contacts else deal.title
    return f"{who} [{deal.ref}]" if deal.ref else who


def many(count: int, what: str) -> str:
    """1 client, 2 clients."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def shortened(lines: Sequence[Line]) -> tuple[Line, ...]:
    """The first lines, and how many more there are."""
    if len(lines) <= _MOST:
        return tuple(lines)
    return (*lines[:_MOST], Line(text=f"and {len(lines) - _MOST} more; `worker deals` lists them"))


# -- what waits ----------------------------------------------------------------------------


Worded = Callable[[Deal, Question], str]
"""A question's text with the playbook's names filled in."""


def waiting(deals: Iterable[Deal], since: datetime, worded: Worded) -> Section:
    """What the owner has not heard of yet, what they were asked and have not answered, and the week's open tasks."""
    found = [(deal, one) for deal in deals for one in deal.questions if not one.answer and _waits(one, deal, since)]
    found.sort(key=lambda pair: (not open_complaint(pair[0]), _urgency(pair[1]), pair[1].asked, pair[1].id))
    return Section(title="Waits for you", lines=shortened([_waiting(deal, one, worded(deal, one)) for deal, one in found]))


def _waits(question: Question, deal: Deal, since: datetime) -> bool:
    if deal.stage in (Stage.DISQUALIFIED, Stage.OPTED_OUT) and question.kind in ("task", "digest"):
        return False
    match question.kind:
        case "digest":
            return question.asked > since
        case "task":
            done = any(mail.at > question.asked for mail in touches(deal))
            return question.asked > since and not done
        case "reminder":
            return False
        case _:
            return True


def _urgency(question: Question) -> int:
    return _URGENCY.index(question.kind) if question.kind in _URGENCY else len(_URGENCY)


def _waiting(deal: Deal, one: Question, text: str) -> Line:
    text = text if len(text) <= _LONGEST else f"{text[:_LONGEST].rsplit(' ', 1)[0]}..."
    if one.kind == "approval" and one.letter is not None:
        to = ", ".join(party.name or party.address for party in one.letter.to)
        text = f'{named(deal)}: "{one.letter.subject}" to {to} waits for your yes since {one.asked:%d %B}'
    elif one.kind == "digest":
        text = f"{named(deal)}: {text}"
    else:
        text = f"{named(deal)}: {text} (asked on {one.asked:%d %B})"
    rests = [item.found_in for item in one.evidence] or list(one.letter.found_in if one.letter else ())
    return Line(text=" ".join(text.split()), found_in=tuple(rests) or _newest(deal))


def _newest(deal: Deal) -> tuple[MessageId, ...]:
    return tuple(mail.id for mail in deal.log[-1:])


# -- coverage ------------------------------------------------------------------------------


def to_cover(deals: Sequence[Deal], coverage: Coverage, now: datetime) -> Section:
    """Who should hear from a human before the policy breaks."""
    lines = [_gap(gap, now) for gap in policy.gaps(deals, coverage, now)]
    return Section(title="Before it is too long", lines=shortened(lines))


def _gap(gap: policy.Gap, now: datetime) -> Line:
    deal = gap.deal
    by = f"by {gap.breaks:%A, %d %B}" if gap.breaks > now else "now"
    text = f"Ring or write to {named(deal)}, {deal.stage.bucket}, {by}: no word of yours since {gap.since:%d %B}"
    return Line(text=text, found_in=tuple(mail.id for mail in (touches(deal) or words(deal) or deal.log)[-1:]))


def client_hours(deals: Sequence[Deal], seen: Attention, coverage: Coverage, now: datetime) -> Section:
    """The week's hours for clients beside the target, and whom to ring with those that are free."""
    short = coverage.hours_for_clients - seen.client_hours
    if short <= 0 or not any(deal.stage.bucket is Bucket.CLIENT for deal in deals):
        return Section(title="Time for clients", lines=())
    urgent = {gap.deal.id for gap in policy.gaps(deals, coverage, now)}
    ring = [deal for deal in policy.to_ring(deals, coverage, now, hours=max(short, seen.freed_hours)) if deal.id not in urgent]
    given, wanted = f"{seen.client_hours:.1f}".removesuffix(".0"), _hours(coverage.hours_for_clients)
    lines = [Line(text=f"Your clients got {given} of the {wanted} that you want to give them a week.")]
    if seen.freed_hours >= WORTH_A_WORD:
        lines.append(_freed(seen))
    for deal in ring[:5]:
        days = (now - last_touch(deal)).days
        text = f"Ring {named(deal)}: {days} days without a word of yours"
        lines.append(Line(text=text, found_in=tuple(mail.id for mail in touches(deal)[-1:])))
    return Section(title="Time for clients", lines=tuple(lines), weighs=False)


# -- labels --------------------------------------------------------------------------------


def not_yet_clients(deals: Iterable[Deal], since: datetime) -> Section:
    """Whom the owner calls a client, and what they lack."""
    lines = []
    for deal in deals:
        said = [mail for mail in deal.log if mail.at > since and mail.speaker in (Speaker.OWNER, Speaker.OTHER)
                and any(words in f"{mail.subject} {mail.extract}".casefold() for words in _OUR_CLIENT)]  # fmt: skip
        if said and deal.stage.bucket is Bucket.PROSPECT:
            lacks = _LACKING.get(deal.stage, "neither is the agreement signed nor has money come")
            text = f'{named(deal)}: you wrote "{_around(said[-1].extract)}", but they are a prospect still: {lacks}'
            lines.append(Line(text=text, found_in=(said[-1].id,)))
    return Section(title="Not a client yet", lines=shortened(lines))


def _around(extract: str) -> str:
    at = min((found for words in _OUR_CLIENT if (found := extract.casefold().find(words)) >= 0), default=0)
    return extract[max(0, at - 40) : at + 60].strip()


def perhaps_wasted(deals: Iterable[Deal], ideal: IdealClient, since: datetime | None) -> Section:
    """Who looks like the pattern, though not plainly enough to ask; `since` leaves out whom nothing new was seen of."""
    lines = []
    for deal in deals:
        if deal.stage.bucket is Bucket.CLIENT or deal.stage in (Stage.DISQUALIFIED, Stage.OPTED_OUT):
            continue
        score = disqualify.score(deal, ideal)
        asked = any(one.kind == "disqualify" for one in deal.questions)
        new = bool(score.signs) and (since is None or score.signs[-1].at > since)
        if not asked and new and len(score.signs) > 1 and 3 * score.points >= 2 * ideal.ask_owner_at:
            signs = ", ".join(dict.fromkeys(sign.event.replace("_", " ") for sign in score.signs))
            text = f'{named(deal)}: {signs}; the last: "{score.signs[-1].quote}"'
            lines.append(Line(text=text, found_in=tuple(sign.found_in for sign in score.signs)))
    return Section(title="Perhaps they only take your time", lines=shortened(lines))


# -- attention -----------------------------------------------------------------------------


def _freed(seen: Attention) -> Line:
    return Line(text=f"Those whom you gave up took {_hours(seen.freed_hours)} a week. That is free now.")


def where_time_went(seen: Attention, *, freed: bool = True) -> Section:
    """Clients beside prospects, the energy kept after the close, the hours set free, and money by label.

    Args:
        freed: False where another section has told of the hours set free.
    """
    lines = [Line(text=_share(share)) for share in seen.shares if share.deals]
    kept = seen.kept
    if kept.closes:
        after = f"{kept.before} mails of yours in the 30 days before a close, {kept.after} in the 30 after"
        lines.append(Line(text=f"{after}{'; the energy goes down' if kept.after < kept.before else ''}"))
    if freed and seen.freed_hours >= WORTH_A_WORD:
        lines.append(_freed(seen))
    money = [f"{name} {sums(found)}" for name, found in (
        ("banked", seen.money.banked), ("signed and unpaid", seen.money.signed_unpaid), ("proposed", seen.money.proposed),
        ("of it from repeat business", seen.money.repeat), ("of it from referrals", seen.money.referred)) if found]  # fmt: skip
    if money:
        lines.append(Line(text=f"Money: {', '.join(money)}"))
    return Section(title="Where your time went", lines=tuple(lines), weighs=False)


def _share(share: Share) -> str:
    answered = f", answered after {span(share.answer)}" if share.answer is not None else ""
    silent = f", the longest silence {share.longest_silence.days} days ({share.longest_with})"
    return f"{many(share.deals, share.bucket)}: {many(share.touches, 'mail')} of yours in {WINDOW.days} days{answered}{silent}"


def span(wait: timedelta) -> str:
    """A time in the words of a person: 40 minutes, 5 hours, 3 days."""
    minutes = wait.total_seconds() / 60
    for size, name in ((60 * 24, "day"), (60, "hour"), (1, "minute")):
        count = round(minutes / size)
        if minutes >= 1.5 * size or name == "minute":
            return f"{count} {name}{'' if count == 1 else 's'}"
    return ""


def sums(found: Sums) -> str:
    """Amounts by currency: 9,200 GBP and 4,000 EUR."""
    return " and ".join(f"{_number(value)} {currency}".strip() for currency, value in found)


def _number(value: Decimal) -> str:
    return f"{value:,.0f}" if value == value.to_integral_value() else f"{value:,.2f}"


def _hours(hours: float) -> str:
    return f"{hours:.1f} hours".replace(".0 ", " ")


def heavy_clients(seen: Attention) -> Section:
    """Clients who take far more hours for their money than the others do. Nothing follows by itself."""
    lines = [
        Line(text=f"{named(one.deal)}: {_hours(one.hours)} in three months for {sums(one.banked)}", found_in=_newest(one.deal))
        for one in seen.efforts if one.heavy
    ]  # fmt: skip
    return Section(title="Much effort for the money", lines=shortened(lines), weighs=False)


def asked_and_given(seen: Attention) -> Section:
    """Asks, answers and introductions counted, and what came of them."""
    asked = seen.asked
    names = {"ask_referral": "for a referral", "ask_introduction": "for an introduction", "ask_testimonial": "for a few words"}
    asks = [f"{count} {names.get(purpose, purpose)}" for purpose, count in asked.asks]
    lines = []
    if asks:
        lines.append(Line(text=f"Asked {', '.join(asks)}; {many(asked.answered, 'client')} answered within a month"))
    if asked.introductions or asked.introduced:
        became = f"{many(asked.introduced, 'deal')} out of them, {many(asked.introduced_clients, 'client')}"
        lines.append(Line(text=f"{many(asked.introductions, 'introduction')}: {became}"))
    if asked.testimonials:
        lines.append(Line(text=f"{many(asked.testimonials, 'testimonial')} given"))
    return Section(title="Asked and given", lines=tuple(lines), weighs=False)


# -- the first day -------------------------------------------------------------------------


def never_asked(deals: Iterable[Deal]) -> Section:
    """Clients out of the past whom nobody has asked for an introduction."""
    lines = [
        Line(text=f"{named(deal)}: a client since {_client_since(deal):%B %Y}", found_in=_newest(deal))
        for deal in deals
        if deal.stage.bucket is Bucket.CLIENT
        and not any(row.action is Action.SEND and row.purpose.startswith("ask_") for row in deal.decisions)
    ]
    return Section(title="Clients whom you have never asked for an introduction", lines=shortened(lines))


def _client_since(deal: Deal) -> datetime:
    return next((change.at for change in deal.stages if change.stage.bucket is Bucket.CLIENT), deal.created)


def answers_owed(deals: Iterable[Deal], now: datetime) -> Section:
    """Who has asked something and waits."""
    lines = []
    for deal in deals:
        word, ours = last_word(deal, Speaker.CONTACT), last_word(deal, Speaker.OWNER)
        owed = word is not None and word.asks and (ours is None or ours.at < word.at)
        if word is not None and owed and now - word.at < _OWED_AT_MOST and deal.stage.bucket is not Bucket.OUT:
            text = f'{named(deal)} since {word.at:%d %B}: "{word.extract[:110]}"'
            lines.append(Line(text=text, found_in=(word.id,)))
    return Section(title="Answers that you owe", lines=shortened(lines))
