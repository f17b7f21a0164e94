"""The planner's desk: a deal as decided so far, what is to be written, and when to look again."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from worker.core.model import (
    Action,
    Address,
    Deal,
    Decision,
    Evidence,
    Letter,
    MessageId,
    Question,
    Run,
)
from worker.core.plan import Draft
from worker.core.situation import World
from worker.core.starting import Start, candidates

TOLD_A_WEEK = 5
"""The owner hears of one deal at most this often in a week; the rest waits for the digest."""
ASKED = "asked"
"""The kind of a question that a playbook puts."""
_WEEK = timedelta(days=7)
_TELLING = frozenset({Action.TASK, Action.ASK, Action.ALERT})


@dataclass(slots=True, kw_only=True)
class Desk:
    """Mutable inside one call of the planner, and nowhere else."""

    deal: Deal
    world: World
    now: datetime
    drafts: list[Draft] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    wake: list[datetime] = field(default_factory=list)
    _candidates: tuple[Deal, tuple[Start, ...]] | None = None

    def candidates(self) -> tuple[Start, ...]:
        """Every playbook that has a reason to begin, worked out once for the deal as it stands."""
        if self._candidates is None or self._candidates[0] is not self.deal:
            self._candidates = self.deal, candidates(self.deal, self.world)
        return self._candidates[1]

    def decide(
        self,
        action: Action,
        why: str,
        found_in: tuple[MessageId, ...],
        *,
        at: datetime | None = None,
        to: tuple[Address, ...] = (),
        purpose: str = "",
        template: str = "",
        playbook: str = "",
        step: str = "",
    ) -> None:
        """Write a decision into the deal's own record."""
        row = Decision(
            at=at or self.now,
            action=action,
            why=why,
            bucket=self.deal.stage.bucket,
            stage=self.deal.stage,
            to=to,
            purpose=purpose,
            template=template,
            playbook=playbook,
            step=step,
            found_in=found_in,
        )
        self.deal = replace(self.deal, decisions=(*self.deal.decisions, row))

    def put(self, run: Run) -> None:
        """Put a changed run in the place of the old one, or add it."""
        runs = tuple(run if run.id == old.id else old for old in self.deal.runs)
        if run not in runs:
            runs = (*runs, run)
        self.deal = replace(self.deal, runs=runs)

    def ask(self, question: Question) -> None:
        self.deal = replace(self.deal, questions=(*self.deal.questions, question))

    def answer(self, question: Question, answer: str) -> None:
        """Close a question of the deal."""
        closed = replace(question, answer=answer, answered=self.now)
        questions = tuple(closed if one.id == question.id else one for one in self.deal.questions)
        self.deal = replace(self.deal, questions=questions)

    def has_asked(self, id: str) -> bool:
        return any(question.id == id for question in self.deal.questions)

    def learn(self, evidence: Evidence) -> None:
        self.deal = replace(self.deal, evidence=(*self.deal.evidence, evidence))

    def tell(
        self,
        action: Action,
        draft: Draft,
        *,
        question: Question | None = None,
        purpose: str = "",
    ) -> None:
        """Put a matter before the owner, or into the digest where they have heard enough of this deal this week."""
        waits = question or Question(
            id=draft.id, kind="task", asked=self.now, text=draft.text, run=draft.run, step=draft.step
        )
        if self.room_at() > self.now:
            self.ask(replace(waits, kind="digest" if waits.kind == "task" else waits.kind))
            return
        self.ask(waits)
        self.drafts.append(draft)
        self.decide(
            action,
            draft.why,
            draft.found_in,
            to=(self.deal.owner.address,),
            purpose=purpose or self.world.purposes.get(draft.template, ""),
            template=draft.template,
            playbook=draft.playbook,
            step=draft.step,
        )

    def remind(self, draft: Draft, due: datetime) -> None:
        """Put a matter before the owner when its day has come."""
        self.ask(
            Question(
                id=draft.id, kind="reminder", asked=self.now, text=draft.text, run=draft.run, step=draft.step, due=due
            )
        )

    def room_at(self) -> datetime:
        """When the owner may hear of this deal again: now, unless they have heard of it often enough this week."""
        heard = sorted(row.at for row in self.deal.decisions if row.action in _TELLING and row.at > self.now - _WEEK)
        return heard[-TOLD_A_WEEK] + _WEEK if len(heard) >= TOLD_A_WEEK else self.now
