"""What a deal learns of how its owner and its contacts write."""

from __future__ import annotations

from dataclasses import replace

from worker.core.model import Address, Attachment, Party, Reading, Trust
from worker.core.record import remember

IRIS, OWNER = "iris@weberei.example", "jonas@weberbund.test"
READING = Reading(address=Address("deals@weberbund.test"), team=("@weberbund.test",))


def _owner_says(message, text, **more):
    sent = message(OWNER, to=more.pop("to", IRIS), text=text, trust=Trust.TEAM, **more)
    return _named(sent)


def _named(sent):
    return replace(sent, sender=Party(address=Address(OWNER), name="Jonas Adler"))


def test_the_owners_greeting_closing_name_and_form_are_learnt(deal, message, start):
    said = _owner_says(message, "Hallo Frau Thal,\n\nkönnen Sie am Dienstag?", signature="Viele Grüße\nJonas Adler",
                       language="de")  # fmt: skip
    (iris,) = remember(deal, said, (), READING, start).contacts
    assert (iris.greeting, iris.closing, iris.signed) == ("Hallo Frau Thal,", "Viele Grüße", "Jonas Adler")
    assert (iris.formal, iris.language) == (True, "de")


def test_from_sie_to_du_the_newest_mail_counts(deal, message, start):
    first = _owner_says(message, "Hallo Frau Thal,\n\nkönnen Sie am Dienstag?", language="de")
    then = _owner_says(message, "Liebe Iris,\n\nkannst du am Freitag?", language="de")
    (iris,) = remember(remember(deal, first, (), READING, start), then, (), READING, start).contacts
    assert (iris.formal, iris.greeting) == (False, "Liebe Iris,")


def test_a_mail_to_several_teaches_nothing_about_one_of_them(deal, message, start):
    said = _owner_says(message, "Hallo Iris,\n\nkannst du am Freitag?", language="de", to=f"{IRIS},ben@weberei.example")
    assert all(one.greeting == "" and one.formal is None for one in remember(deal, said, (), READING, start).contacts)


def test_the_contacts_own_words_teach_no_form_of_address(deal, message, start):
    said = message(IRIS, to=OWNER, text="Hallo Jonas,\n\nkannst du am Freitag?", language="de")
    (iris,) = remember(deal, said, (), READING, start).contacts
    assert (iris.greeting, iris.formal) == ("", None)


def test_the_owners_language_stays_when_the_contact_answers_in_another(deal, message, start):
    said = _owner_says(message, "Hi Iris,\n\ncan you do Friday?", signature="Best,\nJonas", language="en")
    answer = message(IRIS, to=OWNER, text="Ja, Freitag passt mir gut.", language="de")
    (iris,) = remember(remember(deal, said, (), READING, start), answer, (), READING, start).contacts
    assert iris.language == "en"


def test_a_number_is_kept_from_the_contacts_own_signature(deal, message, start):
    answer = message(IRIS, to=OWNER, text="Yes.", signature="Iris Thal\n+49 30 5550 1234")
    (iris,) = remember(deal, answer, (), READING, start).contacts
    assert iris.phone == "+49 30 5550 1234"


def test_what_was_offered_and_what_matters_stay_with_the_mail_that_said_it(deal, message, start):
    offer = _owner_says(message, "The looms cost €4,800 in all.",
                        attachments=(Attachment(name="Proposal looms.pdf", content_type="application/pdf"),))  # fmt: skip
    answer = message(IRIS, to=OWNER, text="Thanks. Most important for us is the delivery before Easter.")
    log = remember(remember(deal, offer, (), READING, start), answer, (), READING, start).log
    assert (log[-2].amount, log[-2].document) == ("€4,800", "Proposal looms")
    assert log[-1].cares == "Most important for us is the delivery before Easter."
