"""What a step can do besides a mail and a task, and what becomes of a run whose playbook is edited."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from worker.core.model import Action, Address, Event, Outbox, RunState, Speaker, Stage
from worker.core.planner import plan
from worker.core.playbook import (
    Answer,
    Ask,
    Branch,
    Exit,
    Handover,
    Label,
    Priority,
    Send,
    Step,
    Task,
    Variant,
    Wait,
    read_duration,
)

NUDGE = Step(id="nudge", line=1, deed=Send(template="prospect/nudge"))
RING = Step(id="ring", line=2, deed=Task(text="Ring them"))


def step(id, deed, **more):
    return Step(id=id, line=1, deed=deed, **more)


@pytest.fixture
def begun(deal, wrote, said, world, book, planned, start):
    """The deal, its world and the moment at which a playbook of these steps has begun."""

    def build(*steps, **more):
        asked = replace(deal, log=(wrote(Speaker.OWNER, asks=True),), evidence=(said(Event.PROPOSAL_SENT, speaker=Speaker.OWNER),))
        made = world(book(*steps, **more))
        now = start + timedelta(days=8)
        return planned(asked, made, now), made, now

    return build


def answered(deal, answer):
    """The deal after its owner has answered the open question."""
    asked = tuple(one if one.answer else replace(one, answer=answer) for one in deal.questions)
    return replace(deal, questions=asked)


def test_the_next_step_waits_until_the_task_is_done(begun, planned):
    deal, world, now = begun(step("first", Task(text="Ring", wait_until_done=True)), RING)
    assert [row.step for row in deal.decisions if row.action is Action.TASK] == ["first"]
    assert planned(deal, world, now + timedelta(days=3)).runs[0].step == "first"
    after = planned(answered(deal, "done"), world, now + timedelta(days=3))
    assert [row.step for row in after.decisions if row.action is Action.TASK] == ["first", "ring"]


def test_a_yes_to_a_question_goes_on_and_a_no_ends_the_playbook(begun, planned):
    deal, world, now = begun(step("may-we", Ask(text="Go on?")), RING)
    assert [row.action for row in deal.decisions if row.step == "may-we"] == [Action.ASK]
    yes = planned(answered(deal, "yes"), world, now + timedelta(hours=1))
    assert "ring" in [row.step for row in yes.decisions]
    no = planned(answered(deal, "no"), world, now + timedelta(hours=1))
    assert no.runs[0].state is RunState.STOPPED
    assert "said no" in no.runs[0].ended


def test_a_branch_takes_up_the_no_of_the_owner(begun, planned):
    branch = Branch(answer=Answer.OWNER_NO, after=None, deeds=(Exit(stage=Stage.LATER),))
    deal, world, now = begun(step("may-we", Ask(text="Go on?"), branches=(branch,)), RING)
    after = planned(answered(deal, "no"), world, now + timedelta(hours=1))
    assert after.stage is Stage.LATER
    assert "ring" not in [row.step for row in after.decisions]


def test_a_step_that_only_waits_lets_time_pass(begun, planned):
    deal, world, now = begun(step("pause", Wait(), wait=read_duration("3 days")), RING)
    assert deal.runs[0].step == "pause"
    assert "ring" in [row.step for row in planned(deal, world, now + timedelta(days=3)).decisions]


def test_a_label_sets_the_stage(begun):
    deal, _, _ = begun(step("mark", Label(stage=Stage.LATER)), RING)
    assert deal.stage is Stage.LATER


def test_a_hand_over_to_people_whom_nobody_knows_is_a_task(begun):
    deal, _, _ = begun(step("hand-over", Handover(template="client/hand-over")))
    (row,) = [row for row in deal.decisions if row.step == "hand-over"]
    assert row.action is Action.TASK


def test_a_hand_over_that_the_owner_has_done_by_hand_is_no_task_any_more(deal, wrote, said, world, book, planned, start):
    hand_over = step("hand-over", Handover(template="client/hand-over"), wait=read_duration("3 days"))
    rules = world(book(hand_over, when=Event.PROPOSAL_SENT, life_cycle=True, stop_when=frozenset()))
    begun = planned(replace(deal, evidence=(said(Event.PROPOSAL_SENT, speaker=Speaker.OWNER),)), rules, start)
    people = deal.contacts[0].address, Address(f"mia@{deal.owner.address.partition('@')[2]}")
    tasks = []
    for to in (people[:1], people):
        written = replace(begun, log=(*begun.log, wrote(Speaker.OWNER, days=1, to=to)))
        rows = planned(written, rules, start + timedelta(days=30)).decisions
        tasks.append([row.step for row in rows if row.action is Action.TASK])
    assert tasks == [["hand-over"], []]


def test_a_variant_takes_the_place_of_the_template(begun):
    german = Send(template="prospect/nudge", variants=(Variant(template="prospect/closing-the-file", language="xx"),))
    deal, _, _ = begun(step("nudge", german))
    assert [item.letter.template for item in deal.outbox if not item.letter.to_owner] == ["prospect/nudge"]
    other = Send(template="prospect/nudge", variants=(Variant(template="prospect/closing-the-file", language=""),))
    deal, _, _ = begun(step("nudge", other))
    assert [item.letter.template for item in deal.outbox if not item.letter.to_owner] == ["prospect/closing-the-file"]


def test_the_playbook_of_the_higher_priority_wins_and_ends_the_one_that_runs(begun, book, world, planned):
    deal, old, now = begun(NUDGE)
    rival = book(RING, slug="urgent", priority=Priority.HIGH)
    after = planned(deal, world(*old.books, rival), now + timedelta(hours=1))
    state = {run.playbook: run.state for run in after.runs}
    assert (state["silent"], state["urgent"]) == (RunState.STOPPED, RunState.DONE)


# -- edited while it runs ------------------------------------------------------------------


def test_a_run_goes_on_by_the_id_of_its_step(begun, book, world):
    deal, _, now = begun(RING, step("later", RING.deed, wait=read_duration("9 days")))
    edited = book(step("new", RING.deed), RING, step("later", RING.deed, wait=read_duration("1 day")))
    after = plan(deal, world(replace(edited, hash="edited")), now + timedelta(days=1)).deal
    assert [row.step for row in after.decisions if row.action is Action.TASK] == ["ring", "later"]


def test_a_step_that_was_taken_out_is_passed_over_and_its_mail_withdrawn(begun, book, world):
    deal, _, now = begun(RING, NUDGE)
    assert [item.state for item in deal.outbox if item.letter.step == "nudge"] == [Outbox.QUEUED]
    edited = replace(book(RING, step("other", Task(text="Write by hand"))), hash="edited")
    after = plan(deal, world(edited), now).deal
    assert [item.state for item in after.outbox if item.letter.step == "nudge"] == [Outbox.STOPPED]
    assert [row.step for row in after.decisions if row.action is Action.TASK] == ["ring", "other"]


def test_a_run_that_has_lost_its_place_ends_and_the_owner_is_told(begun, book, world):
    deal, _, now = begun(RING, NUDGE)
    edited = replace(book(step("x", RING.deed), step("y", RING.deed)), hash="edited")
    after = plan(deal, world(edited), now).deal
    assert after.runs[0].state is RunState.STOPPED
    assert {Action.ALERT, Action.STOP} <= {row.action for row in after.decisions}


def test_planning_twice_under_a_changed_text_plans_nothing_new(begun, book, world, posted):
    deal, _, now = begun(RING, NUDGE)
    made = world(replace(book(RING, step("other", RING.deed)), hash="edited"))
    once = posted(plan(deal, made, now), now)
    assert plan(once, made, now).deal == once


def test_a_task_that_has_waited_comes_in_the_owners_morning_and_not_in_their_night(deal, wrote, said, world, book, planned, start):
    rules = world(book(step("ring", Task(text="Ring"), wait=read_duration("3 days")), when=Event.PROPOSAL_SENT, stop_when=frozenset()))
    late = start.replace(hour=22)  # a Monday, 23 h in Berlin
    proposed = replace(deal, evidence=(said(Event.PROPOSAL_SENT, speaker=Speaker.OWNER),))
    begun = planned(proposed, rules, late)
    assert not [row for row in planned(begun, rules, late + timedelta(days=3)).decisions if row.action is Action.TASK]
    friday = (late + timedelta(days=4)).replace(hour=6)  # seven in Berlin
    assert [row.step for row in planned(begun, rules, friday).decisions if row.action is Action.TASK] == ["ring"]
