"""Mail to an owner about all of their deals: the weekly digest, the first day's findings, and the first receipts.

Each is written once: it is a letter in the owner's own document (core/house) or in its deal, named by owner and week.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from worker.app import digest_lines as lines
from worker.app.digest_lines import Section
from worker.app.household import Household
from worker.app.writing import Writer
from worker.core import house as houses
from worker.core.attention import attention
from worker.core.calendar import Locale, fitting
from worker.core.greeting import names
from worker.core.model import (
    Bucket,
    Contact,
    Deal,
    Kind,
    Letter,
    LoggedMail,
    OutboxItem,
    Party,
    Question,
    Speaker,
    Stage,
)
from worker.core.playbook import Hours, Send
from worker.core.situation import World
from worker.core.starting import Start, awaited, candidates
from worker.core.template import (
    ContactView,
    Context,
    DealView,
    DigestView,
    OwnerView,
    SectionView,
    TaskView,
)
from worker.mail.compose import compose
from worker.mail.render import RenderFault, render_text

_A_WEEK = timedelta(days=7)
_FRESH = timedelta(days=1)
"""A receipt for a mail of last week would only puzzle."""


class Digests:
    """Writes what an owner hears about all of their deals."""

    def __init__(self, household: Household, writer: Writer) -> None:
        self._household = household
        self._writer = writer
        self._home = Locale(zone=household.zone, country=household.country)
        self._coverage = household.library.coverage

    # -- the owner's own document ------------------------------------------------------------

    def open_for(self, deal: Deal, now: datetime) -> None:
        """See that the owner of a deal has a document of their own, due when a digest is, or a first day, is due."""
        keeper, id = self._household.keeper, houses.house_id(deal.owner.address)
        house = keeper.deal(id) if id in keeper.index else None
        past = deal.live_from is not None
        if house is None:
            house = houses.open_house(deal.owner, now, self._coverage, self._home)
            keeper.commit(replace(house, due_at=now) if past else house)
        elif past and house.due_at != now and not houses.has_written(house, _day_one_id(house)):
            keeper.commit(replace(house, due_at=now))

    def advance(self, house: Deal, now: datetime) -> Deal:
        """The document with what is due now written, what has left recorded, and the time to look again."""
        house = houses.settled(house, now)
        if house.paused_until is not None and house.paused_until > now:
            return replace(house, due_at=house.paused_until)
        if not houses.has_written(house, _day_one_id(house)):
            house = self._day_one(house, now)
        due = self._due(house, now)
        if due is not None and due <= now:
            house = self._weekly(house, now)
        return replace(house, due_at=houses.next_digest(now, self._coverage, self._home))

    def _due(self, house: Deal, now: datetime) -> datetime | None:
        """The last morning on which a digest was due since the document was opened."""
        due = houses.next_digest(max(house.created, now - _A_WEEK), self._coverage, self._home)
        return due if due is not None and house.created < due else None

    def _day_one(self, house: Deal, now: datetime) -> Deal:
        deals = [deal for deal in self._deals(house) if deal.live_from is not None]
        if not deals:
            return house
        sections = [
            lines.never_asked(deals),
            lines.answers_owed(deals, now),
            lines.perhaps_wasted(deals, self._household.library.ideal, None),
        ]
        why = f"the mailbox has been read for the first time: {_counted(sections)}"
        return self._written(house, _day_one_id(house), "owner/day-one", "day-one", sections, why, now)

    def _weekly(self, house: Deal, now: datetime) -> Deal:
        id = houses.letter_id(house, now, self._coverage, self._home)
        if houses.has_written(house, id):
            return house
        sections = self.sections(self._deals(house), self._since(house, now), now)
        return self._written(house, id, "owner/digest", id.removeprefix(f"{house.id}/"), sections,
                             f"the digest of the week: {_counted(sections)}", now)  # fmt: skip

    def _since(self, house: Deal, now: datetime) -> datetime:
        """When the owner last had a digest, or the document was opened: what is older they have heard of."""
        sent = [item.letter.send_at for item in house.outbox if "/digest/" in item.letter.id]
        return max(sent, default=min(house.created, now - _A_WEEK) - _A_WEEK)

    def sections(self, deals: Sequence[Deal], since: datetime, now: datetime) -> list[Section]:
        """All that a digest of these deals holds, the most urgent first."""
        seen = attention(deals, self._coverage, now)
        hours = lines.client_hours(deals, seen, self._coverage, now)
        return [
            lines.waiting(deals, since, _worded),
            lines.to_cover(deals, self._coverage, now),
            lines.not_yet_clients(deals, since),
            lines.perhaps_wasted(deals, self._household.library.ideal, since),
            hours,
            lines.heavy_clients(seen),
            lines.asked_and_given(seen),
            lines.where_time_went(seen, freed=not hours.lines),
        ]

    def _deals(self, house: Deal) -> list[Deal]:
        """The owner's deals that a digest can be about; what is out for good is left on the disk."""
        keeper = self._household.keeper
        rows = [row for row in keeper.index.rows() if row.owner == house.owner.address
                and (row.bucket is not Bucket.OUT or row.stage is Stage.DISQUALIFIED or row.questions)]  # fmt: skip
        found = (keeper.deal(row.deal) for row in sorted(rows, key=lambda row: (row.created, row.deal)))
        return [deal for deal in found if deal is not None]

    def _written(
        self, house: Deal, id: str, template: str, step: str, sections: Sequence[Section], why: str, now: datetime
    ) -> Deal:
        """The document with the mail in its outbox; as it was where there is nothing worth a mail."""
        filled = [section for section in sections if section.lines]
        if not any(section.weighs for section in filled):
            return houses.passed(house, id, now)
        found = houses.found_in(mail for section in filled for line in section.lines for mail in line.found_in)
        at = fitting(now, Hours(spread=(0, 0)), self._home)
        view = DigestView(
            day=at.astimezone(self._home.zone).date(),
            sections=tuple(SectionView(title=one.title, lines=tuple(line.text for line in one.lines)) for one in filled),
        )
        letter = self._writer.note(template, house.owner, Context(owner=_owner(house.owner), digest=view), at)
        return self._posted(house, replace(letter, id=id, step=step, why=why, found_in=found), now)

    def _posted(self, deal: Deal, letter: Letter, now: datetime) -> Deal:
        if any(item.letter.id == letter.id for item in deal.outbox):
            return deal
        reading = self._household.reading
        item: OutboxItem = compose(letter, key=reading.key, worker=reading.address, now=now, zone=self._home.zone)
        return replace(deal, outbox=(*deal.outbox, item))

    # -- receipts ----------------------------------------------------------------------------

    def receipted(self, deal: Deal, world: World, now: datetime) -> Deal:
        """The deal with a receipt for each of the owner's first mails that has had none."""
        for mail in self._to_receipt(deal, now):
            keeper = self._household.keeper
            house = keeper.deal(houses.house_id(deal.owner.address))
            given = [one for one in house.questions if one.kind == "receipt"] if house else []
            id = f"receipt/{mail.id}"
            if house is None or len(given) >= self._coverage.receipts or any(one.id == id for one in given):
                continue
            # Counted before it is written: after a fall in between there is one receipt too few, never one too many.
            told = Question(id=id, kind="receipt", asked=now, text="", answer="told", answered=now)
            keeper.commit(replace(house, questions=(*house.questions, told)))
            deal = self._posted(deal, self._receipt(deal, mail, world, now), now)
        return deal

    def _to_receipt(self, deal: Deal, now: datetime) -> list[LoggedMail]:
        if not self._coverage.receipts:
            return []
        return [mail for mail in deal.log if mail.speaker is Speaker.OWNER and mail.kind is Kind.HUMAN and not mail.history
                and mail.sender == deal.owner.address and timedelta(0) <= now - mail.at < _FRESH]  # fmt: skip

    def _receipt(self, deal: Deal, mail: LoggedMail, world: World, now: datetime) -> Letter:
        coming = min(awaited(candidates(deal, world), deal, world, now), key=lambda start: start.due, default=None)
        comes = _comes(coming, self._home) if coming is not None else ""
        context = Context(
            owner=_owner(deal.owner), contact=_person(mail, deal), task=TaskView(text=comes),
            deal=DealView(title=deal.title, ref=deal.ref, topic=_topic(mail.subject), bucket=deal.stage.bucket,
                          stage=deal.stage.replace("_", " ")),
        )  # fmt: skip
        letter = self._writer.note("owner/receipt", deal.owner, context, now)
        return replace(
            letter, id=f"{deal.id}/receipt/{mail.id}", why="a receipt for one of the owner's first mails",
            found_in=(mail.id,), references=(mail.id,),
        )  # fmt: skip


def _day_one_id(house: Deal) -> str:
    return f"{house.id}/day-one"


def _owner(owner: Party) -> OwnerView:
    return OwnerView(name=owner.name, first_name=names(owner.name).first, address=owner.address)


def _person(mail: LoggedMail, deal: Deal) -> ContactView:
    """The contact whom a mail was written to."""
    meant = next((one for one in deal.contacts if one.address in mail.to), next(iter(deal.contacts), None))
    return ContactView() if meant is None else _view(meant)


def _view(who: Contact) -> ContactView:
    return ContactView(address=who.address, name=who.name, first_name=names(who.name).first)


def _worded(deal: Deal, question: Question) -> str:
    """A question's text: a playbook's task names its contact by a tag, which the deal fills in."""
    run = next((run for run in deal.runs if run.id == question.run), None)
    who = next((one for one in deal.contacts if run is not None and one.address == run.contact), None)
    who = who or next(iter(deal.contacts), None)
    contact = ContactView() if who is None else _view(who)
    try:
        return render_text(question.text, Context(contact=contact, owner=_owner(deal.owner)))
    except RenderFault:  # a quote of theirs that looks like a tag
        return " ".join(question.text.split())


def _comes(coming: Start, home: Locale) -> str:
    """What begins when, if nothing happens before."""
    first = coming.book.steps[0].deed if coming.book.steps else None
    what = f'the mail "{first.template.partition("/")[2].replace("-", " ")}"' if isinstance(first, Send) else "a task for you"
    day = coming.due.astimezone(home.zone)
    return f'on {day:%A, %d %B} {what}, by the playbook "{coming.book.name}", unless something happens before.'


def _topic(subject: str) -> str:
    """A subject without Re: and Fwd:."""
    while (head := subject.partition(":"))[1] and len(head[0].strip()) <= 4:
        subject = head[2].strip()
    return subject


def _counted(sections: Iterable[Section]) -> str:
    """What it is about, in a few words: "waits for you 3, before it is too long 2"."""
    parts = [f"{one.title.lower()} {len(one.lines)}" for one in sections if one.lines and one.weighs]
    return ", ".join(parts)
