"""Each command is confirmed, to whoever gave it and in the thread, with the word that undoes it."""

from __future__ import annotations

from datetime import date

import pytest

from worker.core.model import Outbox, Stage

ELI = "Eli Brandt <eli@papiermuehle.example>"
ELIS = "eli@papiermuehle.example"
ROSAS, TEOS = "rosa@quarry.test", "teo@quarry.test"
TEO = "Teo Amsel <teo@quarry.test>"


@pytest.fixture
def offer(story, at):
    asked = story.owner(at(3, 5), ELI, "Hi Eli,\n\nshall I send you a proposal?\n\nRosa")
    yes = story.contact(at(3, 6), ELI, "Hi Rosa,\n\nyes please, we are interested.\n\nEli", answers=asked)
    return story.owner(at(3, 10, 14), ELI, "Hi Eli,\n\nattached is the proposal. Does it fit?\n\nRosa", answers=yes)


@pytest.fixture
def confirmations(story):
    """What the team has been told about its commands, oldest first."""

    def found():
        items = [item for item in story.deal_of(ELIS).outbox if item.letter.template == "owner/confirmed"]
        return [item.letter for item in items if item.state is Outbox.FILED]

    return found


def answered(story, confirmation, moment, text, until):
    """The same story, with an answer to a mail of the worker."""
    item = next(item for item in story.deal_of(ELIS).outbox if item.letter == confirmation)
    story.to_worker(moment, text, answers=str(item.message_id))
    return story.live(until, anew=True)


def test_a_tag_is_confirmed_once_in_the_thread_with_the_word_that_undoes_it(story, at, offer, confirmations):
    story.subject = "The press"
    said = story.owner(at(3, 11), ELI, "Hi Eli,\n\nthank you for signing.\n\nRosa", tag="signed", answers=offer)
    story.live(date(2025, 3, 20))
    (letter,) = confirmations()
    assert [one.address for one in letter.to] == [ROSAS]
    assert letter.to_owner
    assert letter.in_reply_to == said
    assert letter.subject == "Re: The press"
    assert "Noted: the agreement is signed by all. To undo it, answer with: undo" in letter.body
    assert "prospect, signed unpaid" in letter.body


@pytest.mark.parametrize(
    ("tag", "says", "undo"),
    [("proposal", "your proposal is out", "undo"), ("paid", "the first payment has come", "undo"), ("lost", "lost", "undo"),
     ("later", "put off", "undo"), ("disqualify", "Given up", "undo"), ("delivered", "the work is delivered", "undo"),
     ("pause", "nothing goes to them until you say resume", "resume"), ("stop", "Stopped", "resume"),
     ("2weeks", "I bring this back to you on Tuesday, 25 March 2025", "undo")],
)  # fmt: skip
def test_every_tag_has_its_word(story, at, offer, confirmations, tag, says, undo):
    story.to_worker(at(3, 11), "For the file.", tag=tag, answers=offer)
    story.live(date(2025, 3, 12))
    (letter,) = confirmations()
    assert says in letter.body
    assert f"answer with: {undo}" in letter.body


def test_undo_takes_a_tag_back(story, at, offer, confirmations):
    story.to_worker(at(3, 11), "For the file.", tag="lost", answers=offer)
    story.live(date(2025, 3, 12))
    assert story.deal_of(ELIS).stage is Stage.LOST
    answered(story, confirmations()[0], at(3, 13), "undo", date(2025, 3, 14))
    assert story.deal_of(ELIS).stage is Stage.PROPOSED
    assert "Taken back." in confirmations()[-1].body


def test_after_a_stop_no_playbook_writes_to_them_until_resume(story, at, offer):
    story.to_worker(at(3, 11), "For the file.", tag="stop", answers=offer)
    story.live(date(2025, 7, 31))
    assert story.sent(ELIS) == []
    story.to_worker(at(3, 12), "For the file.", tag="resume", answers=offer)
    story.live(date(2025, 7, 31), anew=True)
    assert story.purposes(ELIS) == ["nudge", "drop_off"]


def test_undo_takes_a_pause_back(story, at, offer, confirmations):
    story.to_worker(at(3, 11), "For the file.", tag="pause", answers=offer)
    story.live(date(2025, 3, 12))
    answered(story, confirmations()[0], at(3, 13), "undo", date(2025, 3, 14))
    assert story.deal_of(ELIS).paused_until is None


def test_what_is_no_tag_is_said_with_what_was_probably_meant(story, at, offer, confirmations):
    story.to_worker(at(3, 11), "For the file.", tag="singed", answers=offer)
    story.live(date(2025, 3, 12))
    (letter,) = confirmations()
    assert 'deals+singed@ is no tag that I know, so nothing was done beyond reading the mail. Did you mean "signed"?' in letter.body
    assert "undo" not in letter.body


def test_a_playbook_that_is_not_there_is_said(story, at, offer, confirmations):
    story.to_worker(at(3, 11), "For the file.", tag="playbook-first-tuch", answers=offer)
    story.live(date(2025, 3, 12))
    assert 'There is no playbook "first-tuch", so nothing begins. Did you mean "first-touch"?' in confirmations()[0].body


def test_words_for_the_worker_that_are_no_command_are_answered_with_what_can_be_said(story, at, offer, confirmations):
    story.to_worker(at(3, 11), "worker: please be nicer to them", answers=offer)
    story.live(date(2025, 3, 12))
    (letter,) = confirmations()
    assert 'I could not read "please be nicer to them" as a command, so nothing was done.' in letter.body
    assert "pause 2 weeks" in letter.body


def test_status_tells_where_it_stands_and_help_what_can_be_said(story, at, offer, confirmations):
    story.to_worker(at(3, 20), "worker: status", answers=offer)
    story.to_worker(at(3, 20, 10), "worker: help", answers=offer)
    story.live(date(2025, 3, 21))
    status, help = confirmations()
    assert "is a prospect, proposed." in status.body
    assert "Running: silent-prospect." in status.body
    assert "yes, no, edit: your text" in help.body


def test_an_ordinary_mail_is_confirmed_by_nothing(story, at, offer, confirmations):
    story.owner(at(3, 12), ELI, "Hi Eli,\n\nhelp is on its way.\n\nRosa", answers=offer)
    story.live(date(2025, 3, 21))
    assert confirmations() == []


def test_a_colleagues_command_is_confirmed_to_them_and_to_the_owner(story, at, offer, confirmations):
    story.to_worker(at(3, 11), "For the file.", tag="pause", answers=offer, sender=TEO)
    story.live(date(2025, 3, 12))
    assert [one.address for one in confirmations()[0].to] == [TEOS, ROSAS]


def test_a_forged_command_is_confirmed_to_nobody(story, at, offer, confirmations):
    story.stranger(at(3, 11), "Rosa Lindqvist <rosa@quarry.test>", "For the file.", to="deals+paid@quarry.test", answers=offer)
    story.live(date(2025, 3, 12))
    assert confirmations() == []


def test_what_follows_from_a_mail_of_another_deal_ends_with_wrong_deal(story, at, offer, confirmations):
    no = story.contact(at(3, 12), ELI, "Hi Rosa,\n\nthe quality is terrible and we are very unhappy with it.\n\nEli", answers=offer)
    story.live(date(2025, 3, 13))
    told = next(item for item in story.deal_of(ELIS).outbox if item.letter.to_owner and no in item.letter.found_in)
    story.to_worker(at(3, 13), "wrong deal", answers=str(told.message_id))
    story.live(date(2025, 3, 14), anew=True)
    assert all(item.withdrawn for item in story.deal_of(ELIS).evidence if item.found_in == no)
    assert "counts no more in this deal" in confirmations()[-1].body
