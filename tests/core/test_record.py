from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from worker.core.lifecycle import STOPPING, fold, is_unproven
from worker.core.model import (
    Absence,
    Address,
    Bounce,
    Event,
    Evidence,
    Forwarded,
    Kind,
    MessageId,
    Party,
    Place,
    Reading,
    Speaker,
    Stage,
    StageChange,
    Strength,
    Suppression,
    Trust,
)
from worker.core.record import (
    asks_something,
    open_deal,
    remember,
    speaker_of,
    spoken_company,
    suppression_after,
    tempered,
)

READING = Reading(address=Address("deals@weberbund.test"), team=("@weberbund.test",), key=b"k",
                  notaries=frozenset({"signwell.test"}))  # fmt: skip
JONAS, IRIS, OLE = "jonas@weberbund.test", Address("iris@weberei.example"), "ole@weberei.example"
NOBODY = Suppression(people={})


# -- whose words -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sender", "to", "trust", "kind", "speaker"),
    [
        (JONAS, IRIS, Trust.TEAM, Kind.HUMAN, Speaker.OWNER),
        (JONAS, "deals@weberbund.test", Trust.TEAM, Kind.HUMAN, Speaker.OTHER),
        (JONAS, IRIS, Trust.NONE, Kind.HUMAN, Speaker.OTHER),
        (IRIS, JONAS, Trust.ALIGNED, Kind.HUMAN, Speaker.CONTACT),
        (IRIS, JONAS, Trust.NONE, Kind.HUMAN, Speaker.CONTACT),
        (IRIS, JONAS, Trust.ALIGNED, Kind.BULK, Speaker.OTHER),
        ("mail@signwell.test", JONAS, Trust.NOTARY, Kind.NOTICE, Speaker.NOTARY),
        (JONAS, IRIS, Trust.NONE, Kind.OWN, Speaker.WORKER),
    ],
)
def test_whose_words_a_mail_holds(message, sender, to, trust, kind, speaker):
    assert speaker_of(message(sender, to=to, trust=trust, kind=kind), READING) is speaker


# -- what a mail without trust is worth ----------------------------------------------------


@given(st.lists(st.tuples(st.sampled_from(Event), st.sampled_from(Strength)), max_size=12))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_mail_without_trust_may_stop_and_never_start_or_advance(deal, said, message, items):
    evidence = tuple(said(event, days=number, strength=strength) for number, (event, strength) in enumerate(items))
    weak = tempered(evidence, message(IRIS, trust=Trust.NONE))
    assert all(item.strength is Strength.WEAK or item.event in STOPPING for item in weak)
    assert all(is_unproven(item) for item in weak)
    stages = [change.stage for change in fold(replace(deal, evidence=weak), deal.created + timedelta(days=60))]
    assert set(stages) <= {Stage.CONTACTED, Stage.LOST, Stage.LATER, Stage.OPTED_OUT}


@pytest.mark.parametrize("trust", [Trust.ALIGNED, Trust.TEAM, Trust.NOTARY])
def test_a_mail_that_is_who_it_says_keeps_its_word(said, message, trust):
    evidence = (said(Event.SIGNED), said(Event.OPT_OUT))
    assert tempered(evidence, message(IRIS, trust=trust)) == evidence


def test_a_mail_without_trust_does_not_bring_a_disqualified_one_back(deal, message):
    out = replace(deal, stages=(StageChange(at=deal.created, stage=Stage.DISQUALIFIED, why="", found_in=()),))
    forged = remember(out, message(IRIS, to=JONAS, trust=Trust.NONE), (), READING, deal.created)
    proven = remember(out, message(IRIS, to=JONAS), (), READING, deal.created)
    assert forged.log[-1].speaker is Speaker.OTHER
    assert proven.log[-1].speaker is Speaker.CONTACT


# -- remembering ---------------------------------------------------------------------------


def test_the_same_mail_twice_changes_nothing(deal, message, said):
    mail, evidence = message(IRIS, to=JONAS), (said(Event.INTEREST),)
    once = remember(deal, mail, evidence, READING, deal.created)
    assert remember(once, mail, evidence, READING, deal.created) == once


def test_reading_the_opening_mail_twice_opens_one_deal(message):
    mail, person = message(JONAS, to=IRIS, trust=Trust.TEAM), (Party(address=IRIS, name="Iris Thal"),)
    opened = [
        open_deal(mail, person, Party(address=Address(JONAS)), b"k", datetime(2025, 3, 3, tzinfo=UTC)) for _ in "ab"
    ]
    assert opened[0] == opened[1]
    assert (opened[0].company, opened[0].title) == ("weberei.example", "Iris Thal (weberei.example)")


def test_a_person_with_a_free_mail_address_has_no_company(message):
    person = (Party(address=Address("iris.thal@gmail.com")),)
    opened = open_deal(message(JONAS), person, Party(address=Address(JONAS)), b"k", datetime(2025, 3, 3, tzinfo=UTC))
    assert (opened.company, opened.title) == ("", "iris.thal@gmail.com")


def test_a_deal_keeps_an_extract_and_no_body(deal, message):
    long = remember(deal, message(IRIS, to=JONAS, text="word " * 5000), (), READING, deal.created)
    assert len(long.log[-1].extract) <= 160


def test_who_writes_counts_for_more_than_who_is_in_copy(deal, message):
    written = remember(deal, message(IRIS, to=f"{JONAS},{OLE}"), (), READING, deal.created)
    words = {contact.address: contact.words for contact in written.contacts}
    assert words[IRIS] == deal.contacts[0].words + 2
    assert words[OLE] == 0


def test_a_colleague_joins_the_deal_and_a_stranger_in_copy_does_not(deal, message):
    joined = remember(deal, message(IRIS, to=f"{JONAS},{OLE},friend@other.example"), (), READING, deal.created)
    assert {contact.address for contact in joined.contacts} == {IRIS, OLE}


def test_a_machine_makes_nobody_a_contact(deal, message):
    noticed = remember(deal, message("x@weberei.example", to=OLE, kind=Kind.NOTICE), (), READING, deal.created)
    assert noticed.contacts == deal.contacts


def test_the_zone_is_learnt_from_the_contacts_own_mail_and_no_others(deal, message):
    there = datetime(2025, 3, 5, 9, 0, tzinfo=timezone(timedelta(hours=-5)))
    own = remember(deal, message(IRIS, to=JONAS, date=there), (), READING, deal.created)
    ours = remember(deal, message(JONAS, to=IRIS, trust=Trust.TEAM, date=there), (), READING, deal.created)
    assert own.contacts[0].offsets[-1] == (there, -300)
    assert ours.contacts[0].offsets == deal.contacts[0].offsets


def test_only_the_newest_offsets_are_kept(deal, message):
    for day in range(20):
        mail = message(
            IRIS, to=JONAS, id=MessageId(f"{day}"), date=datetime(2025, 3, 1, tzinfo=UTC) + timedelta(days=day)
        )
        deal = remember(deal, mail, (), READING, deal.created)
    assert len(deal.contacts[0].offsets) == 8


def test_a_contacts_mail_that_the_owner_forwards_is_the_contacts_own_word(deal, message):
    inner = Forwarded(sender=Party(address=IRIS), text="When can you start?", subject="Looms")
    mail = message(JONAS, to="deals@weberbund.test", trust=Trust.TEAM, forwarded=inner)
    log = remember(deal, mail, (), READING, deal.created).log[-2:]
    assert [one.speaker for one in log] == [Speaker.OTHER, Speaker.CONTACT]
    assert log[1].extract == "When can you start?"


def test_a_forward_without_trust_puts_words_in_nobodys_mouth(deal, message):
    inner = Forwarded(sender=Party(address=IRIS), text="Stop everything")
    mail = message("x@other.example", to="deals@weberbund.test", trust=Trust.NONE, forwarded=inner)
    assert len(remember(deal, mail, (), READING, deal.created).log) == len(deal.log) + 1


def test_a_notice_that_the_owner_forwards_is_no_word_of_a_contact(deal, message):
    inner = Forwarded(sender=Party(address=Address("mail@signwell.test")), text="Completed")
    mail = message(JONAS, to="deals@weberbund.test", trust=Trust.TEAM, forwarded=inner)
    assert all(one.speaker is not Speaker.CONTACT for one in remember(deal, mail, (), READING, deal.created).log)


@pytest.mark.parametrize(
    "text", ["Does that fit?", "Let me know what you think.", "Geben Sie mir bitte Bescheid.", "合いますか？"]
)
def test_a_mail_that_asks_puts_the_ball_in_their_court(message, text):
    assert asks_something(message(JONAS, text=text), ())


def test_a_proposal_asks_by_itself_and_a_thank_you_does_not(message, said):
    assert asks_something(message(JONAS, text="Attached."), (said(Event.PROPOSAL_SENT),))
    assert not asks_something(message(JONAS, text="Thanks, got it."), ())


@pytest.mark.parametrize(
    ("domain", "text", "name"),
    [("halmfreight.example", "Best,\nAnn\nHalm Freight Ltd.", "Halm Freight"), ("webe-rei.example", "bei WebeRei", "WebeRei"),
     ("ab.example", "AB", ""), ("unsaid.example", "nothing of the kind", ""),
     ("halmfreight.example", "Halm <ann@halmfreight.example> Freight", "Halm Freight")],
)  # fmt: skip
def test_a_company_is_called_as_people_write_it(message, domain, text, name):
    assert spoken_company(domain, message(IRIS, text=text)) == name


# -- what is true of a person across deals ---------------------------------------------------

NOON = datetime(2025, 3, 5, 11, 0, tzinfo=UTC)


def _after(message, *evidence, before=NOBODY, at=NOON, ours=True):
    return suppression_after(before, message, evidence, at, ours=ours)


def test_who_asks_for_no_more_mail_gets_none(message, said):
    entry = _after(message(IRIS), said(Event.OPT_OUT, quote="please take me off your list")).people[IRIS]
    assert entry.opted_out == NOON
    assert "please take me off your list" in entry.why


def test_a_weak_sign_of_it_is_only_counted(message, said):
    assert _after(message(IRIS), said(Event.OPT_OUT, strength=Strength.WEAK)) == NOBODY


def _bounce(message, permanent=True):
    return message("mailer-daemon@mx.test", kind=Kind.BOUNCE, bounce=Bounce(recipients=(IRIS,), permanent=permanent))


def test_an_address_that_bounces_for_good_is_dead(message):
    assert _after(_bounce(message)).people[IRIS].dead == NOON
    assert _after(_bounce(message, permanent=False)) == NOBODY


def test_a_bounce_of_a_mail_that_we_never_sent_silences_nobody(message):
    assert _after(_bounce(message), ours=False) == NOBODY


def _away(message, until=date(2025, 3, 21), **more):
    return message(IRIS, kind=Kind.AUTO_REPLY, absence=Absence(until=until, **more))


def test_an_absence_lasts_until_the_day_that_it_names(message):
    entry = _after(_away(message)).people[IRIS]
    assert (entry.away_from, entry.away_until) == (NOON, date(2025, 3, 21))


def test_a_newer_absence_takes_the_place_of_an_older_one(message):
    later = _after(_away(message, until=None), before=_after(_away(message)), at=NOON + timedelta(days=2))
    assert later.people[IRIS].away_until is None


def test_who_has_left_the_company_is_not_written_to_again(message):
    assert _after(_away(message, until=None, left_company=True)).people[IRIS].dead == NOON


def test_who_writes_again_is_back_but_not_within_the_day(message):
    gone = _after(_away(message))
    assert _after(message(IRIS), before=gone, at=NOON + timedelta(hours=5)) == gone
    assert _after(message(IRIS), before=gone, at=NOON + timedelta(days=3)).people[IRIS].away_from is None


def test_an_absence_does_not_open_a_closed_door(message, said):
    closed = _after(message(IRIS), said(Event.OPT_OUT))
    later = _after(_away(message), before=closed, at=NOON + timedelta(days=9)).people[IRIS]
    assert later.opted_out == NOON
    assert later.why.startswith("asked for no more mail")


def test_nothing_new_is_the_same_document(message):
    assert _after(message(IRIS)) is NOBODY


def test_a_mail_of_nobody_changes_nothing(message):
    mail = replace(message(IRIS), sender=None, place=Place())
    assert _after(mail) is NOBODY


def test_evidence_stands_in_a_deal_once(deal, message, said):
    item: Evidence = said(Event.INTEREST)
    first = remember(deal, message(IRIS, to=JONAS, id=MessageId("1")), (item,), READING, deal.created)
    again = remember(first, message(IRIS, to=JONAS, id=MessageId("2")), (item,), READING, deal.created)
    assert again.evidence == (item,)
