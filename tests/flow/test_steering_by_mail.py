"""The owner steers by mail: tags, answers, approvals. Nobody else does."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from worker.core.books import Books
from worker.core.model import Action, Bucket, Outbox, Stage
from worker.core.playbook import Mode
from worker.io.playbook_files import read_playbooks

ELI = "Eli Brandt <eli@papiermuehle.example>"
ELIS = "eli@papiermuehle.example"
OFFER = "Hi Eli,\n\nattached is the proposal for the press. Does it fit?\n\nRosa"


def _offered(story, at):
    asked = story.owner(at(3, 5), ELI, "Hi Eli,\n\nshall I send you a proposal?\n\nRosa")
    yes = story.contact(at(3, 6), ELI, "Hi Rosa,\n\nyes please, we are interested.\n\nEli", answers=asked)
    return story.owner(at(3, 10, 14), ELI, OFFER, answers=yes)


def _tagged(story, moment, tag, thread, text="For the file."):
    return story.to_worker(moment, text, tag=tag, answers=thread)


# -- tags ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tag", "stage"),
    [("signed", Stage.SIGNED_UNPAID), ("paid", Stage.PAID_UNSIGNED), ("lost", Stage.LOST), ("later", Stage.LATER),
     ("disqualify", Stage.DISQUALIFIED)],
)  # fmt: skip
def test_a_tag_says_where_the_deal_stands(story, at, tag, stage):
    offer = _offered(story, at)
    _tagged(story, at(3, 11), tag, offer)
    story.live(date(2025, 3, 12))
    assert story.deal_of(ELIS).stage is stage


def test_a_tag_on_a_mail_to_the_contact_counts_as_well(story, at):
    offer = _offered(story, at)
    story.owner(at(3, 11), ELI, "Hi Eli,\n\nthank you, the money is here.\n\nRosa", tag="paid", answers=offer)
    story.live(date(2025, 3, 12))
    assert story.deal_of(ELIS).stage is Stage.PAID_UNSIGNED


def test_signed_and_paid_by_tags_open_a_client(story, at):
    offer = _offered(story, at)
    _tagged(story, at(3, 11), "signed", offer)
    _tagged(story, at(3, 12), "paid", offer)
    story.live(date(2025, 3, 14))
    assert story.bucket_on(ELIS, date(2025, 3, 12)) is Bucket.CLIENT
    assert story.sent(ELIS, "opening")


def test_a_tag_of_a_colleague_of_the_team_counts(story, at):
    offer = _offered(story, at)
    story.to_worker(at(3, 11), "For the file.", tag="signed", answers=offer, sender="Teo Amsel <teo@quarry.test>")
    story.live(date(2025, 3, 12))
    assert story.deal_of(ELIS).stage is Stage.SIGNED_UNPAID


@pytest.mark.parametrize("sender", [ELI, "Rosa Lindqvist <rosa@quarry.test>"])
def test_a_tag_of_a_contact_or_of_a_forger_commands_nothing(story, at, sender):
    offer = _offered(story, at)
    story.stranger(at(3, 11), sender, "For the file.", tag="paid", answers=offer)
    story.contact(at(3, 11, 12), ELI, "Hi Rosa,\n\nsee copy.", tag="signed", answers=offer)
    story.live(date(2025, 3, 12))
    assert not {Stage.PAID_UNSIGNED, Stage.SIGNED_UNPAID} & set(story.stages_until(ELIS, date(2025, 3, 12)))


def test_a_pause_holds_the_chase_and_resume_lets_it_go_on(story, at):
    offer = _offered(story, at)
    _tagged(story, at(3, 11), "pause", offer)
    _tagged(story, at(3, 31), "resume", offer)
    story.live(date(2025, 4, 8))
    assert [row for row in story.told(ELIS, Action.HOLD) if "paused" in row.decision.why]
    assert story.purposes(ELIS) == ["nudge"]
    assert story.sent(ELIS)[0].date() >= date(2025, 3, 31)


def test_stop_ends_what_is_under_way(story, at):
    offer = _offered(story, at)
    _tagged(story, at(3, 24), "stop", offer)
    story.live(date(2025, 6, 30))
    assert story.purposes(ELIS) == ["nudge"]
    assert [row.decision.why for row in story.told(ELIS, Action.STOP)] == ["stopped by the owner"]


def test_a_time_as_the_tag_brings_the_thread_back(story, at):
    first = story.owner(at(3, 5), ELI, "Hi Eli,\n\nhere is the brochure.\n\nRosa", tag="2weeks")
    story.live(date(2025, 4, 5))
    (task,) = story.told(ELIS, Action.TASK)
    assert task.decision.at.astimezone(story.household.zone).date() == date(2025, 3, 19)
    assert task.decision.found_in == (first,)


def test_disqualify_ends_every_sequence_in_silence(story, at):
    offer = _offered(story, at)
    _tagged(story, at(3, 24), "disqualify", offer)
    story.live(date(2025, 9, 30))
    assert story.purposes(ELIS) == ["nudge"]
    assert story.deal_of(ELIS).stage is Stage.DISQUALIFIED


# -- approvals -------------------------------------------------------------------------


@pytest.fixture
def careful(strict_story):
    """Every mail to a contact needs the owner's yes."""
    strict_story.household = replace(strict_story.household, mode=Mode.APPROVE)
    return strict_story


def _question(story):
    """The thread of the worker's question to the owner."""
    return next(item.message_id for item in story.deal_of(ELIS).outbox if item.letter.purpose == "approval")


def _asked(story, at):
    """Lived once up to the question, so that an answer can name its thread."""
    _offered(story, at)
    story.live(date(2025, 3, 19))
    (row,) = [row for row in story.told(ELIS, Action.ASK) if row.decision.purpose == "nudge"]
    assert row.decision.at.date() >= date(2025, 3, 17)
    return _question(story)


def test_without_a_yes_nothing_leaves(careful, at):
    _offered(careful, at)
    careful.live(date(2025, 6, 30))
    assert careful.sent() == []


def test_yes_lets_the_mail_leave(careful, at):
    question = _asked(careful, at)
    careful.to_worker(at(3, 19, 9), "yes", subject="Re: May I send this?", answers=question)
    careful.live(date(2025, 3, 27), anew=True)
    assert careful.purposes(ELIS) == ["nudge"]
    assert careful.sent(ELIS)[0] > at(3, 19, 9)


def test_no_keeps_it_back(careful, at):
    question = _asked(careful, at)
    careful.to_worker(at(3, 19, 9), "no", subject="Re: May I send this?", answers=question)
    careful.live(date(2025, 3, 27), anew=True)
    assert careful.sent() == []


def test_an_edit_leaves_in_the_owners_words(careful, at):
    question = _asked(careful, at)
    careful.to_worker(at(3, 19, 9), "edit: Hi Eli,\n\nstill thinking about the press? I can come by on Friday.\n\nRosa",
                      subject="Re: May I send this?", answers=question)  # fmt: skip
    careful.live(date(2025, 3, 27), anew=True)
    (item,) = [item for item in careful.deal_of(ELIS).outbox if item.letter.purpose == "nudge"]
    assert item.state is Outbox.FILED
    assert "I can come by on Friday." in item.letter.body
    assert careful.purposes(ELIS) == ["nudge"]


def test_a_yes_of_somebody_else_lets_nothing_leave(careful, at):
    question = _asked(careful, at)
    careful.stranger(at(3, 19, 9), "Rosa Lindqvist <rosa@quarry.test>", "yes", answers=question)
    careful.live(date(2025, 3, 27), anew=True)
    assert careful.sent() == []


def test_a_yes_that_comes_after_the_contacts_reply_sends_nothing(careful, at):
    question = _asked(careful, at)
    careful.contact(at(3, 18, 16), ELI, "Hi Rosa,\n\nwe are on it, give us a week.\n\nEli")
    careful.to_worker(at(3, 19, 9), "yes", subject="Re: May I send this?", answers=question)
    careful.live(date(2025, 3, 27), anew=True)
    assert careful.sent() == []


# -- what waits until it is done --------------------------------------------------------------------

WAITS = """\
playbook: 1
name: Ring first
start: {when: contact shows interest}
stop_when: [contact asks to stop]
steps:
  - id: ring
    task: Ring {{ contact.called }} about the press
    wait_until_done: true
  - id: write
    wait: 1 business day
    send: prospect/nudge
"""


@pytest.fixture
def ring_first(story, tmp_path):
    """The same firm with one playbook of its own."""
    (tmp_path / "ring-first.yaml").write_text(WAITS, "utf-8")
    books = Books.of(read_playbooks(tmp_path, story.household.library.templates.names))
    story.household = replace(story.household, library=replace(story.household.library, books=books))
    return story


def _task(story):
    return next(item for item in story.deal_of(ELIS).outbox if item.letter.step == "ring")


def test_a_step_that_waits_until_it_is_done_goes_on_with_the_owners_word_by_mail(ring_first, at):
    story = ring_first
    _offered(story, at)
    story.live(date(2025, 4, 30))
    assert story.sent(ELIS) == []
    story.to_worker(at(3, 20), "done", answers=str(_task(story).message_id))
    story.live(date(2025, 4, 30), anew=True)
    (nudge,) = story.sent(ELIS)
    assert nudge.date() == date(2025, 3, 21)
