"""Plan one deal, write what was decided, commit it once: no step without its mail, no mail without its step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from worker.app.confirmation import confirmation
from worker.app.digest import Digests
from worker.app.household import Household
from worker.app.writing import Writer
from worker.core import confirming, planner
from worker.core.house import is_house
from worker.core.model import Deal, DealId, Decision, Letter, MessageId, Question, Stage
from worker.core.plan import Draft, Plan
from worker.core.situation import World
from worker.mail.compose import compose

Decided = Callable[[Deal, tuple[Decision, ...]], None]
"""Told of each deal that has new decisions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deciding:
    """One call of `advance` is one atomic commit."""

    household: Household
    writer: Writer
    decided: Decided

    def advance(self, id: DealId, now: datetime) -> Deal | None:
        """Let a deal go on as far as it goes now. Advancing it again at once changes nothing.

        Raises:
            RenderFault, ComposeFault: a template cannot be filled in; nothing has been committed.
        """
        keeper = self.household.keeper
        deal = keeper.deal(id)
        if deal is None:
            return None
        digests = Digests(self.household, self.writer)
        if is_house(id):
            after = digests.advance(deal, now)
            return self._kept(after, deal, tuple(row for row in after.decisions if row not in deal.decisions))
        digests.open_for(deal, now)
        world = self.household.world(deal, now)
        plan = planner.plan(deal, world, now)
        after = digests.receipted(self._confirmed(self._written(plan, world, now), now), world, now)
        return self._kept(after, deal, after.decisions[len(deal.decisions) :])

    def _kept(self, after: Deal, before: Deal, new: tuple[Decision, ...]) -> Deal:
        if after != before:
            self.household.keeper.commit(after)
            self.decided(after, new)
        if after.stage is Stage.OPENING and before.stage is not Stage.OPENING:
            self._wake_referrers(after)
        return after

    def _wake_referrers(self, deal: Deal) -> None:
        """Whoever introduced somebody that is a client now has thanks to get: their deals are looked at again."""
        keeper = self.household.keeper
        for contact in deal.contacts:
            for id in keeper.index.by_contact(contact.referred_by) if contact.referred_by else ():
                other = keeper.deal(id)
                if other is not None and id != deal.id:
                    keeper.commit(replace(other, due_at=deal.stages[-1].at))

    def _written(self, plan: Plan, world: World, now: datetime) -> Deal:
        deal = plan.deal
        for draft in plan.drafts:
            deal = self._write(draft, deal, world, now)
        for letter in plan.letters:
            deal = self._post(letter, deal, now)
        return deal

    def _confirmed(self, deal: Deal, now: datetime) -> Deal:
        """The deal with a mail for each command of which its owner has not heard yet."""
        for one in confirming.to_tell(deal):
            deal = self._post(confirmation(one, deal, self.writer, now), deal, now)
            told = replace(one, answer="told", answered=now, message_id=deal.outbox[-1].message_id)
            questions = tuple(told if other.id == one.id else other for other in deal.questions)
            deal = replace(deal, questions=questions)
        return deal

    def _write(self, draft: Draft, deal: Deal, world: World, now: datetime) -> Deal:
        letter = self.writer.letter(draft, deal, world)
        if not draft.approve:
            deal = self._post(letter, deal, now)
            return _asked(deal, draft.question or draft.id, deal.outbox[-1].message_id) if draft.to_owner else deal
        deal = self._post(self.writer.approval(letter, deal, now), deal, now)
        asked = deal.outbox[-1].message_id
        return _with_question(
            deal, draft.id, lambda question: replace(question, letter=letter, message_id=asked)
        )  # fmt: skip

    def _post(self, letter: Letter, deal: Deal, now: datetime) -> Deal:
        """Freeze the bytes. A letter that is in the outbox already is not written twice."""
        if any(item.letter.id == letter.id for item in deal.outbox):
            return deal
        item = compose(
            letter, key=self.household.reading.key, worker=self.household.reading.address, now=now,
            zone=self.household.zone,
        )  # fmt: skip
        return replace(deal, outbox=(*deal.outbox, item))


def _asked(deal: Deal, id: str, message_id: MessageId) -> Deal:
    return _with_question(deal, id, lambda question: replace(question, message_id=message_id))


def _with_question(deal: Deal, id: str, change: Callable[[Question], Question]) -> Deal:
    questions = tuple(change(question) if question.id == id else question for question in deal.questions)
    return replace(deal, questions=questions)
