from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.core.calendar import Locale
from worker.core.lifecycle import fold
from worker.core.model import (
    Address,
    Event,
    Letter,
    MessageId,
    Outbox,
    OutboxItem,
    Party,
    Question,
    Reading,
    Run,
    Stage,
    Strength,
)
from worker.core.steering import Command, Verb, answered, by_tag, by_words, obey, settle, tags

READING = Reading(address=Address("deals@weberbund.test"), team=("jonas@weberbund.test",))
SECRET = replace(READING, token="k3y")
HOME = Locale(zone=ZoneInfo("Europe/Berlin"), country="DE")
NOW = datetime(2025, 3, 5, 9, 0, tzinfo=UTC)  # a Wednesday
JONAS = "jonas@weberbund.test"
ASKED = MessageId("question@weberbund.test")


# -- tags ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "verb", ["proposal", "signed", "paid", "lost", "later", "disqualify", "requalify", "pause", "resume", "stop"]
)
def test_a_tag_in_any_address_of_ours_is_a_command(message, verb):
    tagged = f"deals+{verb}@weberbund.test"
    by_to = by_tag(message(JONAS, to=tagged), READING)
    by_copy = by_tag(message(JONAS, cc=(Party(address=Address(tagged)),)), READING)
    by_envelope = by_tag(message(JONAS, delivered_to=(Address(tagged),)), READING)
    assert by_to == by_copy == by_envelope == (Command(verb=Verb(verb)),)


def test_an_unknown_tag_and_a_tag_of_strangers_command_nothing(message):
    assert by_tag(message(JONAS, to="deals+lunch@weberbund.test"), READING) == ()
    assert by_tag(message(JONAS, to="deals+paid@stranger.example"), READING) == ()
    assert by_tag(message(JONAS, to="sales+paid@weberbund.test"), READING) == ()


@pytest.mark.parametrize("verb", ["yes", "no", "edit", "skip", "done", "remind"])
def test_an_answer_is_given_in_words_and_not_by_a_tag(message, verb):
    assert by_tag(message(JONAS, to=f"deals+{verb}@weberbund.test"), READING) == ()


def test_the_secret_token_before_the_dot_is_no_part_of_the_tag():
    assert tags(["deals+k3y.paid@weberbund.test"], SECRET) == ("paid",)
    assert tags(["deals+k3y@weberbund.test"], SECRET) == ()


@pytest.mark.parametrize(
    ("tag", "day"),
    [("3days", "2025-03-08 10:00"), ("2weeks", "2025-03-19 10:00"), ("1month", "2025-04-05 10:00"),
     ("tuesday", "2025-03-11 08:30"), ("wed", "2025-03-12 08:30"), ("2026-03-01", "2026-03-01 08:30")],
)  # fmt: skip
def test_a_time_as_the_tag_reminds_the_owner_then(deal, message, tag, day):
    (command,) = by_tag(message(JONAS, to=f"deals+{tag}@weberbund.test"), READING)
    reminded = obey(deal, command, None, message(JONAS), HOME, NOW)
    (question,) = reminded.questions
    assert question.kind == "reminder"
    assert f"{question.due:%Y-%m-%d %H:%M}" == day


def test_the_same_reminder_is_set_once(deal, message):
    mail, command = message(JONAS), Command(verb=Verb.REMIND, argument="3days")
    once = obey(deal, command, None, mail, HOME, NOW)
    assert obey(once, command, None, mail, HOME, NOW) == once


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789-", max_size=20))
def test_no_tag_breaks_the_reader(tag):
    assert isinstance(tags([f"deals+{tag}@weberbund.test"], SECRET), tuple)


# -- words -----------------------------------------------------------------------------


def _reply(message, text, **more):
    return message(JONAS, text=text, in_reply_to=(ASKED,), **more)


@pytest.mark.parametrize(
    ("text", "verb", "argument"),
    [
        ("yes", Verb.YES, ""), ("Yes, please.", Verb.YES, "please"), ("JA!", Verb.YES, ""), ("no", Verb.NO, ""),
        ("No, not yet", Verb.NO, "not yet"), ("skip", Verb.SKIP, ""), ("done", Verb.DONE, ""),
        ("pause 2 weeks", Verb.PAUSE, "2 weeks"), ("pause", Verb.PAUSE, ""), ("stop", Verb.STOP, ""),
        ("edit: Hi Iris,\n\nshorter.", Verb.EDIT, "Hi Iris,\n\nshorter."), ("paid", Verb.PAID, ""),
        ("worker: yes", Verb.YES, ""),
    ],
)  # fmt: skip
def test_the_first_line_of_an_answer_is_the_command(message, text, verb, argument):
    assert by_words(_reply(message, text)) == Command(verb=verb, argument=argument)


@pytest.mark.parametrize("text", ["", "I am not sure yet", "Yesterday they rang", "Nobody knows", "wow", "\n\n\n", "…"])
def test_other_words_are_no_command(message, text):
    assert by_words(_reply(message, text)) is None


@pytest.mark.parametrize("text", ["Later this week I'll ring them", "Paid lunch with them today", "Stop by at noon?",
                                  "Lost my phone", "Signed copies are in the drawer", "pause for thought"])  # fmt: skip
def test_a_word_that_begins_a_sentence_is_no_command(message, text):
    assert by_words(_reply(message, text)) is None


def test_a_note_that_begins_a_thread_commands_only_where_it_says_so(message):
    assert by_words(message(JONAS, text="stop", subject="A thought")) is None
    assert by_words(message(JONAS, text="worker: stop", subject="A thought")) == Command(verb=Verb.STOP)
    assert by_words(message(JONAS, text="yes", subject="Re: Is the agreement signed?")) == Command(verb=Verb.YES)


@given(st.text(max_size=200))
def test_no_words_break_the_reader(text):
    from worker.core.model import Message, Place

    found = by_words(Message(id=MessageId("m"), place=Place(), sender=None, text=text, in_reply_to=(ASKED,)))
    assert found is None or isinstance(found.verb, Verb)


# -- which question --------------------------------------------------------------------


def _question(id="q", kind="doubt", **more):
    return Question(id=id, kind=kind, asked=NOW, text="?", **more)


def test_an_answer_belongs_to_the_question_of_its_thread(deal, message):
    one, two = _question("one", message_id=MessageId("one@x")), _question("two", message_id=ASKED)
    assert answered(replace(deal, questions=(one, two)), _reply(message, "yes")) == two


def test_without_a_thread_it_belongs_to_the_one_that_is_open(deal, message):
    open_one, closed = _question("one"), _question("two", answer="yes")
    assert answered(replace(deal, questions=(open_one, closed)), message(JONAS)) == open_one


def test_where_several_are_open_nobody_guesses(deal, message):
    assert answered(replace(deal, questions=(_question("one"), _question("two"))), message(JONAS)) is None


def test_tasks_and_reminders_are_no_questions(deal, message):
    matters = tuple(_question(kind, kind=kind) for kind in ("task", "digest", "reminder"))
    assert answered(replace(deal, questions=matters), message(JONAS)) is None


# -- obeying ---------------------------------------------------------------------------


def _obeyed(deal, verb, message, argument="", question=None):
    return obey(deal, Command(verb=verb, argument=argument), question, message, HOME, NOW)


@pytest.mark.parametrize(
    ("verb", "stage"),
    [(Verb.PROPOSAL, Stage.PROPOSED), (Verb.SIGNED, Stage.SIGNED_UNPAID), (Verb.PAID, Stage.PAID_UNSIGNED),
     (Verb.LOST, Stage.LOST), (Verb.LATER, Stage.LATER), (Verb.DISQUALIFY, Stage.DISQUALIFIED)],
)  # fmt: skip
def test_a_stage_that_the_owner_names_is_certain(deal, message, verb, stage):
    told = _obeyed(deal, verb, message(JONAS, date=deal.created + timedelta(days=1)))
    assert fold(told, NOW)[-1].stage is stage
    assert told.evidence[-1].strength is Strength.CERTAIN


def test_requalify_undoes_disqualify(deal, message):
    out = _obeyed(deal, Verb.DISQUALIFY, message(JONAS, id=MessageId("1"), date=deal.created + timedelta(hours=1)))
    back = _obeyed(out, Verb.REQUALIFY, message(JONAS, id=MessageId("2"), date=deal.created + timedelta(hours=2)))
    assert fold(back, NOW)[-1].stage is Stage.ENGAGED


def test_the_same_tag_of_the_same_mail_counts_once(deal, message):
    mail = message(JONAS)
    once = _obeyed(deal, Verb.PAID, mail)
    assert _obeyed(once, Verb.PAID, mail) == once


def test_a_pause_lasts_as_long_as_it_says_and_without_a_time_until_resumed(deal, message):
    assert _obeyed(deal, Verb.PAUSE, message(JONAS), "2 weeks").paused_until == NOW + timedelta(weeks=2)
    paused = _obeyed(deal, Verb.PAUSE, message(JONAS))
    assert paused.paused_until > NOW + timedelta(days=3000)
    assert _obeyed(paused, Verb.RESUME, message(JONAS)).paused_until is None


def test_an_answer_without_a_question_changes_nothing(deal, message):
    assert _obeyed(deal, Verb.YES, message(JONAS)) == deal


def _doubted(deal, said, **more):
    doubt = said(Event.SIGNED, days=1, strength=Strength.LIKELY, **more)
    question = _question(evidence=(doubt,))
    return replace(deal, evidence=(doubt,), questions=(question,)), question


def test_yes_to_a_doubt_makes_it_certain(deal, said, message):
    asked, question = _doubted(deal, said, document_kind="other")
    told = _obeyed(asked, Verb.YES, message(JONAS), question=question)
    assert (told.evidence[0].strength, told.evidence[0].document_kind) == (Strength.CERTAIN, "agreement")
    assert told.questions[0].answer == "yes"


def test_no_to_a_doubt_takes_it_back(deal, said, message):
    asked, question = _doubted(deal, said)
    assert _obeyed(asked, Verb.NO, message(JONAS), question=question).evidence[0].withdrawn


@pytest.mark.parametrize("verb", [Verb.SKIP, Verb.DONE])
def test_skip_closes_a_doubt_and_judges_nothing(deal, said, message, verb):
    asked, question = _doubted(deal, said)
    told = _obeyed(asked, verb, message(JONAS), question=question)
    assert told.evidence == asked.evidence
    assert told.questions[0].answer


def test_yes_to_giving_somebody_up_disqualifies_and_no_does_not(deal, message):
    question = _question(kind="disqualify")
    asked = replace(deal, questions=(question,))
    assert _obeyed(asked, Verb.YES, message(JONAS), question=question).evidence[0].event is Event.DISQUALIFIED
    assert _obeyed(asked, Verb.NO, message(JONAS), question=question).evidence == ()


def _letter(**more):
    one = Party(address=Address("iris@weberei.example"))
    return Letter(id="d1/r/s/0", purpose="nudge", template="prospect/nudge", sender=one, to=(one,), subject="s",
                  body="old\n", send_at=NOW, **more)  # fmt: skip


def test_an_edit_is_a_yes_with_the_owners_own_words(deal, message):
    question = _question(kind="approval", letter=_letter())
    told = settle(replace(deal, questions=(question,)), question, Command(verb=Verb.EDIT, argument="Hi Iris,\n\nnew."),
                  MessageId("m"), NOW)  # fmt: skip
    assert told.questions[0].answer == "yes"
    assert told.questions[0].letter.body == "Hi Iris,\n\nnew.\n"


def test_an_edit_without_words_leaves_the_mail_as_it_was(deal):
    question = _question(kind="approval", letter=_letter())
    told = settle(replace(deal, questions=(question,)), question, Command(verb=Verb.EDIT), MessageId("m"), NOW)
    assert told.questions[0].letter.body == "old\n"


@pytest.mark.parametrize(
    ("verb", "state"), [(Verb.YES, Outbox.FILED), (Verb.NO, Outbox.QUEUED), (Verb.SKIP, Outbox.UNCERTAIN)]
)
def test_what_the_owner_knows_of_a_mail_in_doubt_settles_it(deal, verb, state):
    item = OutboxItem(letter=_letter(), message_id=MessageId("m"), data=b"x", envelope_from=Address("a@b.test"),
                      envelope_to=(), state=Outbox.UNCERTAIN)  # fmt: skip
    question = _question("uncertain/d1/r/s/0", kind="uncertain")
    asked = replace(deal, questions=(question,), outbox=(item,))
    assert settle(asked, question, Command(verb=verb), MessageId("m"), NOW).outbox[0].state is state


def test_a_stop_marks_what_runs_and_leaves_what_is_over(deal, message):
    run = Run(
        id="a", playbook="silent", book_hash="h", started=NOW, contact=Address("x@y.example"), trigger="t", found_in=()
    )
    over = replace(run, id="b", state="done")
    told = _obeyed(replace(deal, runs=(run, over)), Verb.STOP, message(JONAS))
    assert [one.ended for one in told.runs] == ["stopped by the owner", ""]
