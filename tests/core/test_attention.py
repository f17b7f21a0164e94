from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from worker.core.attention import attention, bucket_at
from worker.core.firm import Coverage
from worker.core.model import (
    Action,
    Bucket,
    Contact,
    DealId,
    Decision,
    Event,
    Speaker,
    Stage,
    StageChange,
)

COVERAGE = Coverage(minutes_a_mail=30)
EUR = "EUR"


@pytest.fixture
def now(start):
    return start + timedelta(days=100)


@pytest.fixture
def staged(deal):
    """A deal that reaches stages on days: staged({0: Stage.ENGAGED, 40: Stage.OPENING}, *mails)."""

    def build(stages, *mails, id="d1", **more):
        changes = tuple(StageChange(at=deal.created + timedelta(days=day), stage=stage, why="so it is", found_in=())
                        for day, stage in stages.items())  # fmt: skip
        return replace(deal, id=DealId(id), stages=changes, log=mails, **more)

    return build


def test_a_client_and_a_prospect_are_measured_beside_each_other(staged, wrote, now):
    client = staged({0: Stage.ENGAGED, 1: Stage.OPENING}, *(wrote(Speaker.OWNER, days=day) for day in (2, 30, 95)))
    prospect = staged({0: Stage.ENGAGED}, *(wrote(Speaker.OWNER, days=day) for day in range(60, 90, 3)), id="d2")
    clients, prospects = attention([client, prospect], COVERAGE, now).shares
    assert (clients.bucket, clients.deals, clients.touches) == (Bucket.CLIENT, 1, 2)
    assert (prospects.bucket, prospects.deals, prospects.touches) == (Bucket.PROSPECT, 1, 10)
    assert clients.longest_silence.days == 65
    assert clients.longest_with == "Iris Thal"


def test_a_silence_that_lasts_until_now_counts(staged, wrote, now):
    (clients, _) = attention([staged({0: Stage.OPENING}, wrote(Speaker.OWNER, days=10))], COVERAGE, now).shares
    assert clients.longest_silence.days == 90


def test_what_the_worker_sends_is_no_attention(staged, wrote, now):
    (clients, _) = attention([staged({0: Stage.OPENING}, wrote(Speaker.WORKER, days=95))], COVERAGE, now).shares
    assert clients.touches == 0


def test_the_time_to_an_answer_is_that_of_the_usual_mail(staged, wrote, now):
    mails = [wrote(Speaker.CONTACT, days=day, asks=True) for day in (1, 10, 20)]
    answers = [wrote(Speaker.OWNER, days=day) for day in (1.25, 10.5, 29)]
    (clients, _) = attention([staged({0: Stage.OPENING}, *mails, *answers)], COVERAGE, now).shares
    assert clients.answer == timedelta(hours=12)


def test_a_word_that_asks_nothing_needs_no_answer(staged, wrote, now):
    mails = (wrote(Speaker.CONTACT, days=1), wrote(Speaker.OWNER, days=50))
    (clients, _) = attention([staged({0: Stage.OPENING}, *mails)], COVERAGE, now).shares
    assert clients.answer is None


def test_the_energy_after_the_close_is_set_beside_that_before_it(staged, wrote, now):
    mails = [wrote(Speaker.OWNER, days=day) for day in (5, 12, 20, 35, 39, 45, 80)]
    kept = attention([staged({0: Stage.ENGAGED, 40: Stage.OPENING}, *mails)], COVERAGE, now).kept
    assert (kept.closes, kept.before, kept.after) == (1, 4, 1)


def test_a_close_of_last_week_is_not_judged_yet(staged, wrote, now):
    fresh = staged({0: Stage.ENGAGED, 95: Stage.OPENING}, wrote(Speaker.OWNER, days=94))
    assert attention([fresh], COVERAGE, now).kept.closes == 0


def test_giving_somebody_up_frees_the_hours_that_they_took(staged, wrote, now):
    mails = [wrote(Speaker.OWNER, days=day) for day in range(0, 84, 7)]
    given_up = staged({0: Stage.ENGAGED, 84: Stage.DISQUALIFIED}, *mails)
    assert attention([given_up], COVERAGE, now).freed_hours == pytest.approx(0.5)
    assert attention([staged({0: Stage.ENGAGED}, *mails)], COVERAGE, now).freed_hours == 0


def test_a_mail_counts_for_the_label_of_its_day(staged, wrote, now):
    deal = staged({0: Stage.ENGAGED, 40: Stage.OPENING}, wrote(Speaker.OWNER, days=39), wrote(Speaker.OWNER, days=41))
    assert bucket_at(deal, deal.created + timedelta(days=39)) is Bucket.PROSPECT
    weeks = attention([deal], COVERAGE, now).weeks
    assert (sum(clients for _, clients, _ in weeks), sum(others for _, _, others in weeks)) == (1, 1)


# -- money -------------------------------------------------------------------------------


@pytest.fixture
def paid(said):
    def build(days, amount, **more):
        return said(Event.PAYMENT_RECEIVED, days=days, amount=amount, currency=EUR, **more)

    return build


def test_money_stands_under_the_label_that_it_has_reached(staged, said, paid, now):
    offer = said(Event.PROPOSAL_SENT, amount="900.00", currency=EUR, speaker=Speaker.OWNER)
    deals = [
        staged({0: Stage.OPENING}, evidence=(paid(1, "500.00"),)),
        staged({0: Stage.SIGNED_UNPAID}, evidence=(offer,), id="d2"),
        staged({0: Stage.PROPOSED}, evidence=(offer, replace(offer, amount="700.00", at=offer.at + timedelta(1))), id="d3"),
        staged({0: Stage.LOST}, evidence=(offer,), id="d4"),
    ]
    money = attention(deals, COVERAGE, now).money
    assert money.banked == ((EUR, Decimal("500.00")),)
    assert money.signed_unpaid == ((EUR, Decimal("900.00")),)
    assert money.proposed == ((EUR, Decimal("700.00")),)


def test_one_payment_that_is_told_twice_is_banked_once(staged, paid, now):
    twice = (paid(1, "500.00"), paid(1.2, "500.00", found_in="again@mail.example"))
    money = attention([staged({0: Stage.OPENING}, evidence=twice)], COVERAGE, now).money
    assert money.banked == ((EUR, Decimal("500.00")),)
    assert money.repeat == ()


def test_a_second_payment_is_repeat_business_and_a_clients_word_is_a_referral(staged, paid, now, deal):
    sent = Contact(address=deal.contacts[0].address, referred_by="per@client.example")
    bought = staged({0: Stage.OPENING}, evidence=(paid(1, "500.00"), paid(60, "300.00")), contacts=(sent,))
    money = attention([bought], COVERAGE, now).money
    assert money.repeat == ((EUR, Decimal("300.00")),)
    assert money.referred == ((EUR, Decimal("800.00")),)
    assert (money.repeat_clients, money.referred_clients) == (1, 1)


def test_money_that_went_back_is_not_banked(staged, said, paid, now):
    back = said(Event.PAYMENT_REVERSED, days=5, amount="500.00", currency=EUR)
    money = attention([staged({0: Stage.OPENING}, evidence=(paid(1, "500.00"), back))], COVERAGE, now).money
    assert money.banked == ()


def test_what_is_only_likely_is_not_banked(staged, paid, now):
    likely = replace(paid(1, "500.00"), strength="likely")
    assert attention([staged({0: Stage.OPENING}, evidence=(likely,))], COVERAGE, now).money.banked == ()


def test_a_client_who_takes_far_more_hours_for_their_money_is_named(staged, wrote, paid, now):
    def client(id, mails, amount):
        talk = (wrote(Speaker.OWNER, days=20 + number / 8) for number in range(mails))
        return staged({0: Stage.OPENING}, *talk, evidence=(paid(1, amount),), id=id)

    deals = [client("d1", 8, "8000.00"), client("d2", 8, "9000.00"), client("d3", 8, "7000.00"), client("d4", 80, "900.00")]
    efforts = attention(deals, COVERAGE, now).efforts
    assert [one.deal.id for one in efforts if one.heavy] == ["d4"]
    assert efforts[0].deal.id == "d4"


# -- asks --------------------------------------------------------------------------------


def test_asks_and_what_came_of_them_are_counted(staged, said, wrote, now, start):
    asked = Decision(at=start + timedelta(days=5), action=Action.SEND, why="so", purpose="ask_referral")
    client = staged({0: Stage.OPENING}, wrote(Speaker.CONTACT, days=6), decisions=(asked,),
                    evidence=(said(Event.INTRODUCTION, days=6), said(Event.TESTIMONIAL, days=7)))  # fmt: skip
    sent = staged({0: Stage.OPENING}, id="d2", contacts=(Contact(address="x@y.example", referred_by="iris@w.example"),))
    counted = attention([client, sent], COVERAGE, now).asked
    assert counted.asks == (("ask_referral", 1),)
    assert (counted.answered, counted.introductions, counted.testimonials) == (1, 1, 1)
    assert (counted.introduced, counted.introduced_clients) == (1, 1)


def test_nothing_at_all_is_measured_without_a_fault(now):
    seen = attention([], COVERAGE, now)
    assert (seen.freed_hours, seen.efforts, seen.money.banked) == (0, (), ())
