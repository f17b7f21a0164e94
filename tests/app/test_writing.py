from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from worker.app.library import Library, read_library
from worker.app.writing import WORKER_NAME, Writer, contact_view, deal_view, quoted
from worker.core.books import Books
from worker.core.calendar import Locale
from worker.core.model import (
    Address,
    Contact,
    Deal,
    DealId,
    Event,
    Evidence,
    Kind,
    LoggedMail,
    MessageId,
    Party,
    Run,
    Speaker,
    Stage,
    StageChange,
    Strength,
    Suppression,
)
from worker.core.plan import Draft
from worker.core.situation import World
from worker.core.template import UnknownTemplate
from worker.io.shipped import shipped

AT = datetime(2025, 3, 10, 9, 0, tzinfo=UTC)
PIA, ANA = Address("pia@orgelbau.example"), Party(address=Address("ana@cais.test"), name="Ana Reis")
WORKER = Address("deals@cais.test")


@pytest.fixture(scope="module")
def library() -> Library:
    return read_library(shipped("playbooks"), shipped("templates"))


@pytest.fixture(scope="module")
def writer(library: Library) -> Writer:
    return Writer(library, WORKER)


@pytest.fixture
def deal() -> Deal:
    def mail(number: int, speaker: Speaker, sender: Address, to: Address, subject: str) -> LoggedMail:
        return LoggedMail(id=MessageId(f"m{number}@x.example"), at=AT + timedelta(days=number), sender=sender, to=(to,),
                          subject=subject, kind=Kind.HUMAN, speaker=speaker, extract=f"words of {number}")  # fmt: skip

    return Deal(
        id=DealId("d1"), ref="abc1234", owner=ANA, title="Pia Horn (orgelbau.example)", created=AT, company="orgelbau.example",
        contacts=(Contact(address=PIA, name="Pia Horn", words=4),),
        log=(mail(0, Speaker.OWNER, ANA.address, PIA, "The pipes"), mail(1, Speaker.CONTACT, PIA, ANA.address, "Re: The pipes")),
        evidence=(Evidence(event=Event.PROPOSAL_SENT, strength=Strength.LIKELY, quote="here is the proposal", signal="s",
                           found_in=MessageId("m0@x.example"), at=AT, speaker=Speaker.OWNER, by=ANA.address),),
        runs=(Run(id="r-1", playbook="r", book_hash="h", started=AT, contact=PIA, trigger="t", found_in=()),),
        stages=(StageChange(at=AT, stage=Stage.PROPOSED, why="the proposal is out", found_in=()),),
    )  # fmt: skip


@pytest.fixture
def world() -> World:
    return World(address=WORKER, books=Books(), home=Locale(zone=ZoneInfo("Europe/Lisbon"), country="PT"),
                 suppression=Suppression(people={}), watched=True)  # fmt: skip


def _draft(template: str = "prospect/nudge", **more) -> Draft:
    more.setdefault("to", PIA)
    return Draft(id="d1/r-1/s/0", template=template, send_at=AT, why="no word since 10 March",
                 found_in=(MessageId("m0@x.example"),), run="r-1", step="s", playbook="r", **more)  # fmt: skip


# -- to the contact ----------------------------------------------------------------------


def test_a_mail_to_a_contact_comes_from_the_owner_and_reads_like_one_of_theirs(writer, deal, world):
    letter = writer.letter(_draft(), deal, world)
    assert (letter.sender, letter.to) == (ANA, (Party(address=PIA, name="Pia Horn"),))
    assert letter.purpose == "nudge"
    assert letter.body.startswith("Hi Pia,\n")
    assert letter.body.rstrip().endswith("Ana")
    assert "{{" not in letter.body


def test_a_nudge_stays_in_its_thread(writer, deal, world):
    letter = writer.letter(_draft(), deal, world)
    assert letter.subject == "Re: The pipes"
    assert letter.in_reply_to == "m1@x.example"
    assert letter.references[-1] == "m1@x.example"


def test_an_ask_starts_a_fresh_thread(writer, deal, world):
    letter = writer.letter(_draft("client/referral"), deal, world)
    assert (letter.in_reply_to, letter.references) == (None, ())
    assert not letter.subject.startswith("Re:")


def test_a_step_may_say_which_thread_it_wants(writer, deal, world):
    assert writer.letter(_draft(thread="new"), deal, world).in_reply_to is None
    assert writer.letter(_draft("client/referral", thread="same"), deal, world).in_reply_to == "m1@x.example"


def test_a_mail_among_ourselves_is_no_thread_of_the_contacts(writer, deal, world):
    inside = replace(
        deal.log[0], id=MessageId("inside@cais.test"), at=AT + timedelta(days=5), to=(Address("teo@cais.test"),)
    )
    assert writer.letter(_draft(), replace(deal, log=(*deal.log, inside)), world).in_reply_to == "m1@x.example"


def test_where_no_replies_are_seen_they_go_to_the_owner_and_to_us(writer, deal, world):
    letter = writer.letter(_draft(), deal, replace(world, watched=False))
    assert [one.address for one in letter.reply_to] == [ANA.address, WORKER]
    assert writer.letter(_draft(), deal, world).reply_to == ()


def test_the_language_is_that_of_the_contact_and_english_where_there_is_no_template(writer, deal, world):
    german = replace(deal, contacts=(replace(deal.contacts[0], language="de"),))
    assert writer.letter(_draft(), german, world).body.startswith("Guten Tag Pia Horn,")
    finnish = replace(deal, contacts=(replace(deal.contacts[0], language="fi"),))
    assert writer.letter(_draft(), finnish, world).body.startswith("Hi Pia,")


def test_du_is_used_where_the_owner_says_du(writer, deal, world):
    familiar = replace(deal, contacts=(replace(deal.contacts[0], language="de", formal=False),))
    assert writer.letter(_draft(), familiar, world).body.startswith("Hallo Pia,")


def test_somebody_without_a_name_is_greeted_all_the_same(writer, deal, world):
    nameless = replace(deal, contacts=(replace(deal.contacts[0], name=""),))
    assert writer.letter(_draft(), nameless, world).body.startswith("Hello,\n")


def test_a_reason_and_the_mails_that_led_there_go_with_the_letter(writer, deal, world):
    letter = writer.letter(_draft(), deal, world)
    assert (letter.why, letter.found_in) == ("no word since 10 March", (MessageId("m0@x.example"),))
    assert (letter.run, letter.step, letter.playbook) == ("r-1", "s", "r")


def test_a_template_that_is_not_there_is_named(writer, deal, world):
    with pytest.raises(UnknownTemplate):
        writer.letter(_draft("prospect/unheard-of"), deal, world)


@pytest.mark.parametrize("language", ["", "de", "fr", "es"])
def test_every_template_can_be_written_in_every_language(writer, library, deal, world, language):
    bare = replace(
        deal, contacts=(replace(deal.contacts[0], language=language, name=""),), evidence=(), log=deal.log[:1]
    )
    full = replace(deal, contacts=(replace(deal.contacts[0], language=language),))
    names = [name for name in library.templates.names if not name.startswith("owner/")]
    assert names
    for name in names:
        for one in (bare, full):
            letter = writer.letter(_draft(name), one, world)
            assert letter.subject
            assert letter.body.strip()
            assert "None" not in letter.body


# -- to the owner ------------------------------------------------------------------------


def _to_owner(template: str, text: str, **more) -> Draft:
    return _draft(template, to=ANA.address, to_owner=True, text=text, **more)


@pytest.mark.parametrize("template", ["owner/task", "owner/alert", "owner/question"])
def test_a_mail_to_the_owner_comes_from_the_worker_and_says_what_and_why(writer, deal, world, template):
    letter = writer.letter(_to_owner(template, "Ring {{ contact.called }} today"), deal, world)
    assert (letter.sender, letter.to) == (Party(address=WORKER, name=WORKER_NAME), (ANA,))
    assert letter.to_owner
    assert "Pia" in letter.subject + letter.body
    assert "{{" not in letter.body


def test_all_that_the_owner_hears_of_a_deal_is_one_thread(writer, deal, world):
    letters = [writer.letter(_to_owner("owner/task", text), deal, world) for text in ("one", "two")]
    assert {letter.references for letter in letters} == {(MessageId("m0@x.example"),)}


def test_a_question_shows_the_words_that_it_rests_on(writer, deal, world):
    body = writer.letter(_to_owner("owner/question", "Signed?", quotes=deal.evidence), deal, world).body
    assert "here is the proposal (10 March 2025, ana@cais.test)" in body


def test_an_approval_shows_the_whole_mail(writer, deal, world):
    letter = writer.letter(_draft(), deal, world)
    approval = writer.approval(letter, deal, AT)
    assert approval.to == (ANA,)
    assert approval.purpose == "approval"
    assert PIA in approval.body
    assert all(line.strip() in approval.body for line in letter.body.strip().splitlines())
    assert approval.id != letter.id


# -- views -------------------------------------------------------------------------------


def test_a_deal_is_called_by_the_subject_without_its_answers(deal):
    view = deal_view(deal)
    assert (view.topic, view.proposal_date, view.stage, view.ref) == ("The pipes", AT.date(), "proposed", "abc1234")
    fourth = replace(deal, log=(replace(deal.log[1], subject="AW: Re: WG: The bellows"),))
    assert deal_view(fourth).topic == "The bellows"
    assert deal_view(replace(deal, log=(), evidence=())).topic == ""


def test_a_proposal_that_was_taken_back_has_no_date(deal):
    taken = replace(deal, evidence=(replace(deal.evidence[0], withdrawn=True),))
    assert deal_view(taken).proposal_date is None


def test_nobody_is_greeted_without_a_name():
    assert contact_view(None).greeting == "Hello,"


def test_a_quote_says_when_and_by_whom(deal):
    assert quoted(deal.evidence[0]) == "here is the proposal (10 March 2025, ana@cais.test)"
