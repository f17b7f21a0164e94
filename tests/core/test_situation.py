from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from worker.core.model import Address, Contact, Event, Kind, Speaker, Strength, Suppression
from worker.core.situation import (
    away,
    done_by_hand,
    has,
    introduces_a_colleague,
    last_word,
    locale,
    main_contact,
    open_complaint,
    quiet_from,
    suppressed,
    unanswered,
)

IRIS = Address("iris@weberei.example")


def _person(address, words):
    return Contact(address=Address(address), words=words)


def test_the_person_who_talked_most_is_written_to(deal, world):
    both = replace(deal, contacts=(_person("a@weberei.example", 2), _person("b@weberei.example", 7)))
    assert main_contact(both, world()).address == "b@weberei.example"


@pytest.mark.parametrize("office", ["accounts", "procurement", "einkauf", "invoices", "rechnung"])
def test_accounts_and_procurement_are_not_written_to_however_much_they_talk(deal, world, office):
    both = replace(deal, contacts=(_person(f"{office}@weberei.example", 9), _person("b@weberei.example", 1)))
    assert main_contact(both, world()).address == "b@weberei.example"


def test_nobody_is_the_contact_of_a_deal_in_which_all_are_out_of_reach(deal, world, gone):
    assert main_contact(deal, world(suppressed=(gone(dead=deal.created),))) is None


def test_an_absence_alone_puts_nobody_out_of_reach(world, away):
    assert suppressed(IRIS, world(suppressed=(away,))) is None


def test_a_country_and_a_zone_are_learnt_from_domain_and_offsets(world):
    ana = Contact(address=Address("ana@taller.es"), offsets=((datetime(2025, 1, 7, tzinfo=UTC), 60),))
    there = locale(ana, world())
    assert (there.country, there.zone.key) == ("ES", "Europe/Madrid")


def test_of_somebody_unknown_the_owners_place_is_assumed(world):
    there = locale(Contact(address=Address("x@nowhere.example")), world())
    assert (there.country, there.zone.key) == ("DE", "Europe/Berlin")


def test_the_day_of_return_belongs_to_the_absence(gone):
    entry = gone(away_from=datetime(2025, 3, 4, 9, tzinfo=UTC), away_until=date(2025, 3, 21))
    there = Suppression(people={entry.address: entry})
    assert away(IRIS, there) == ((date(2025, 3, 4), date(2025, 3, 21)),)
    assert away(Address("ole@weberei.example"), there) == ()


def test_silence_counts_from_the_owners_last_mail_that_asked_something(deal, wrote):
    asked, told = wrote(Speaker.OWNER, days=1, asks=True), wrote(Speaker.OWNER, days=3)
    assert unanswered(replace(deal, log=(asked, told))) == asked
    assert unanswered(replace(deal, log=(asked, wrote(Speaker.CONTACT, days=2)))) is None


def test_a_machines_answer_breaks_no_silence(deal, wrote):
    asked = wrote(Speaker.OWNER, days=1, asks=True)
    assert unanswered(replace(deal, log=(asked, wrote(Speaker.CONTACT, days=2, kind=Kind.AUTO_REPLY)))) == asked


def test_the_last_word_is_by_the_time_of_the_mail_and_not_by_its_arrival(deal, wrote):
    late, early = wrote(Speaker.CONTACT, days=4), wrote(Speaker.CONTACT, days=2)
    assert last_word(replace(deal, log=(late, early)), Speaker.CONTACT) == late


def test_a_complaint_is_open_until_somebody_says_that_it_is_settled(deal, said):
    complaint = said(Event.COMPLAINT, days=1)
    assert open_complaint(replace(deal, evidence=(complaint,)))
    assert not open_complaint(replace(deal, evidence=(complaint, said(Event.COMPLAINT_RESOLVED, days=2))))
    assert open_complaint(replace(deal, evidence=(said(Event.COMPLAINT_RESOLVED, days=0.5), complaint)))
    assert not open_complaint(replace(deal, evidence=(said(Event.COMPLAINT, days=1, strength=Strength.WEAK),)))


def test_withdrawn_and_weak_evidence_is_not_had(deal, said):
    assert has(replace(deal, evidence=(said(Event.TESTIMONIAL, strength=Strength.LIKELY),)), Event.TESTIMONIAL)
    assert not has(replace(deal, evidence=(said(Event.TESTIMONIAL, withdrawn=True),)), Event.TESTIMONIAL)
    assert not has(replace(deal, evidence=(said(Event.TESTIMONIAL, strength=Strength.WEAK),)), Event.TESTIMONIAL)


@pytest.mark.parametrize(
    ("purpose", "text"),
    [
        ("opening", "Vielen Dank, Iris, und willkommen."),
        ("opening", "Thank you for the trust, we start on Monday."),
        ("ask_referral", "Is there anybody else who has this headache?"),
        ("ask_testimonial", "Would you write me a few lines about why you chose us?"),
    ],
)
def test_what_the_owner_has_done_by_hand_is_a_step_done(deal, wrote, purpose, text):
    done = replace(deal, log=(wrote(Speaker.OWNER, days=1, text=text),))
    assert done_by_hand(purpose, deal.created, done)
    assert not done_by_hand(purpose, deal.created + timedelta(days=2), done)


def test_what_the_contact_says_is_nothing_that_the_owner_has_done(deal, wrote):
    assert not done_by_hand(
        "opening", deal.created, replace(deal, log=(wrote(Speaker.CONTACT, days=1, text="Thank you!"),))
    )


def test_a_mail_with_a_colleague_in_copy_is_the_hand_over(deal, wrote):
    copied = wrote(Speaker.OWNER, days=1, to=(IRIS, Address("mia@weberbund.test")))
    assert introduces_a_colleague(copied, deal)
    assert done_by_hand("handover", deal.created, replace(deal, log=(copied,)))


@pytest.mark.parametrize("copy", ["deals+paid@weberbund.test", "jonas@weberbund.test", "ole@weberei.example"])
def test_the_worker_the_owner_and_their_own_people_are_no_colleague_of_ours(deal, wrote, copy):
    assert not introduces_a_colleague(wrote(Speaker.OWNER, days=1, to=(IRIS, Address(copy))), deal)


def test_small_talk_waits_for_the_end_of_a_conversation_and_thanks_do_not(deal, wrote):
    talking = replace(deal, log=(wrote(Speaker.CONTACT, days=20),))
    assert quiet_from("check_in", talking) == deal.created + timedelta(days=30)
    assert quiet_from("opening", talking) == deal.created
