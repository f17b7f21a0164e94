from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from worker.core.disqualify import cost, is_time_waster, moved_since, score
from worker.core.firm import IdealClient
from worker.core.model import TIME_WASTING, Event, Speaker, Strength

IDEAL = IdealClient(weights=dict.fromkeys(TIME_WASTING, 2), ask_owner_at=8)


@pytest.fixture
def judged(deal):
    def judge(*signs, ideal=IDEAL):
        return score(replace(deal, evidence=signs), ideal)

    return judge


@pytest.mark.parametrize("event", sorted(TIME_WASTING))
def test_one_sign_means_nothing_however_much_it_weighs(judged, said, event):
    found = judged(said(event), ideal=IdealClient(weights={event: 100}, ask_owner_at=1))
    assert not is_time_waster(found, IDEAL)


def test_the_same_sign_over_and_over_is_no_pattern(judged, said):
    found = judged(*(said(Event.FREE_WORK, days=10 * number) for number in range(6)))
    assert not is_time_waster(found, IDEAL)


def test_the_same_sign_twice_in_a_week_counts_once(judged, said):
    assert judged(said(Event.APOLOGY), said(Event.APOLOGY, days=3)).points == judged(said(Event.APOLOGY)).points


def test_a_cycle_that_begins_again_weighs_most(judged, said):
    kinds = (Event.DANGLED_POTENTIAL, Event.FREE_WORK, Event.CLOSE_SECOND)
    at_once = judged(*(said(event, days=number) for number, event in enumerate(kinds)))
    again = judged(*(said(event, days=60 * number) for number, event in enumerate(kinds)))
    assert (at_once.rounds, again.rounds) == (1, 2)
    assert again.points > at_once.points
    assert is_time_waster(again, IDEAL)
    assert not is_time_waster(at_once, IDEAL)


def test_weak_signs_count_half_and_withdrawn_ones_not_at_all(judged, said):
    assert judged(said(Event.BID_OUT, strength=Strength.WEAK)).points == 1
    assert judged(said(Event.BID_OUT, withdrawn=True)).points == 0


def test_friendliness_and_progress_are_no_signs(judged, said):
    assert judged(said(Event.INTEREST), said(Event.MEETING_BOOKED, days=1), said(Event.REJECTED, days=2)).signs == ()


def test_one_mail_full_of_excuses_is_no_pattern(judged, said):
    kinds = (Event.APOLOGY, Event.BID_OUT, Event.BLAMES_THEM, Event.CLOSE_SECOND)
    found = judged(*(said(event, days=30, found_in="sorry@mail.example") for event in kinds))
    assert found.points >= IDEAL.ask_owner_at
    assert not is_time_waster(found, IDEAL)


def test_an_excuse_after_a_long_silence_ends_a_round_and_begins_none(judged, said):
    assert judged(said(Event.FREE_WORK), said(Event.CLOSE_SECOND, days=80)).rounds == 1
    assert judged(said(Event.FREE_WORK), said(Event.CLOSE_SECOND, days=80), said(Event.NEXT_PROJECT, days=90)).rounds == 2


# -- what no single mail shows ---------------------------------------------------------------


@pytest.fixture
def vanished(deal, said, wrote):
    """The offer goes out, nobody answers, and after some days they come back with a word."""

    def build(days, *more, event=Event.APOLOGY):
        back = wrote(Speaker.CONTACT, days=days)
        signs = (said(Event.PROPOSAL_SENT, days=1, speaker=Speaker.OWNER), said(event, days=days, found_in=back.id), *more)
        return replace(deal, log=(*deal.log, back), evidence=signs)

    return build


def test_off_the_face_of_the_earth_after_the_offer_and_back_with_an_apology_is_a_sign(vanished):
    signs = {sign.event: sign for sign in score(vanished(50), IDEAL).signs}
    assert "7 weeks" in signs[Event.VANISHED].quote
    assert "it says apology" in signs[Event.VANISHED].quote


def test_a_fortnight_of_silence_is_none(vanished):
    assert Event.VANISHED not in {sign.event for sign in score(vanished(14), IDEAL).signs}


@pytest.mark.parametrize("excuse", [Event.ABSENCE, Event.DATE_NAMED, Event.NOT_NOW, Event.HARDSHIP])
def test_who_said_that_they_would_be_away_has_not_vanished(vanished, said, excuse):
    signs = score(vanished(50, said(excuse, days=3)), IDEAL).signs
    assert Event.VANISHED not in {sign.event for sign in signs}


def test_what_the_worker_concluded_from_the_silence_excuses_nobody(vanished, said):
    signs = score(vanished(50, said(Event.REJECTED, days=30, speaker=Speaker.WORKER)), IDEAL).signs
    assert Event.VANISHED in {sign.event for sign in signs}


def test_who_comes_back_without_an_excuse_has_only_been_slow(vanished):
    assert score(vanished(50, event=Event.INTEREST), IDEAL).signs == ()


def test_one_question_after_the_other_without_a_step_is_free_work(deal, wrote, said):
    asked = tuple(wrote(Speaker.CONTACT, days=5 * number, asks=True) for number in range(1, 10))
    talked = replace(deal, log=(*deal.log, *asked))
    (sign,) = score(talked, IDEAL).signs
    assert sign.event is Event.FREE_WORK
    assert "9 mails with questions" in sign.quote
    met = replace(talked, evidence=(said(Event.MEETING_BOOKED, days=40),))
    assert score(met, IDEAL).signs == ()


def test_an_order_far_below_the_proposal_is_given_out_of_pity(deal, said):
    offer = said(Event.PROPOSAL_SENT, amount="20000.00", currency="EUR", speaker=Speaker.OWNER)
    paid = said(Event.PAYMENT_RECEIVED, days=60, amount="900.00", currency="EUR")
    (sign,) = score(replace(deal, evidence=(offer, paid)), IDEAL).signs
    assert sign.event is Event.PITY_ORDER
    assert "900.00 EUR" in sign.quote
    assert "20000.00 EUR" in sign.quote


@pytest.mark.parametrize(
    ("amount", "currency", "signed"), [("5000.00", "EUR", False), ("900.00", "USD", False), ("900.00", "EUR", True)]
)
def test_a_fair_order_another_currency_and_the_deposit_of_an_agreement_are_not(deal, said, amount, currency, signed):
    evidence = [said(Event.PROPOSAL_SENT, amount="20000.00", currency="EUR", speaker=Speaker.OWNER),
                said(Event.PAYMENT_RECEIVED, days=60, amount=amount, currency=currency)]  # fmt: skip
    if signed:
        evidence.append(said(Event.SIGNED, days=50))
    assert score(replace(deal, evidence=tuple(evidence)), IDEAL).signs == ()


# -- progress, and the ideal client ----------------------------------------------------------


def test_signs_from_before_a_real_step_count_half(judged, said):
    signs = [said(Event.FREE_WORK), said(Event.BID_OUT, days=20)]
    assert judged(*signs, said(Event.SIGNED, days=30)).points == judged(*signs).points // 2


def test_who_has_signed_since_the_last_sign_is_not_asked_about(deal, said):
    sign, signed = said(Event.BID_OUT), said(Event.SIGNED, days=30)
    assert moved_since(sign, replace(deal, evidence=(sign, signed)), IDEAL)
    assert not moved_since(sign, replace(deal, evidence=(sign, said(Event.MEETING_BOOKED, days=30))), IDEAL)


def test_who_fits_the_ideal_client_is_given_more_patience_and_the_too_small_less(judged, said):
    signs = (said(Event.BID_OUT), said(Event.PROPOSAL_SENT, amount="400.00", currency="EUR", speaker=Speaker.OWNER))
    plain = judged(*signs).points
    assert judged(*signs, ideal=replace(IDEAL, domains=(".example",))).points == plain - 1
    small = judged(*signs, ideal=replace(IDEAL, least_amount=2000))
    assert small.points == plain + 1
    assert small.fit.against == ("the largest amount talked of is 400, your least is 2,000",)


def test_a_profile_makes_nobody_a_time_waster_by_itself(judged, said):
    offer = said(Event.PROPOSAL_SENT, amount="4.00", speaker=Speaker.OWNER)
    found = judged(offer, ideal=replace(IDEAL, least_amount=99, fit_counts=99))
    assert found.points == 0


def test_what_it_has_cost_is_told_in_mails_and_weeks(deal, wrote, said):
    talked = replace(deal, log=(*deal.log, wrote(Speaker.CONTACT, days=3)), evidence=(said(Event.PROPOSAL_SENT),))
    assert cost(talked, deal.created + timedelta(days=70)) == (
        "1 mail of yours and 1 of theirs in 10 weeks, 1 proposal, no signature and no money"
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(Event), st.integers(0, 200)), max_size=12), st.randoms(use_true_random=False))
def test_the_score_does_not_depend_on_the_order_of_arrival(deal, said, items, seed):
    evidence = [said(event, days=day) for event, day in items]
    shuffled = list(evidence)
    seed.shuffle(shuffled)
    assert score(replace(deal, evidence=tuple(evidence)), IDEAL) == score(
        replace(deal, evidence=tuple(shuffled)), IDEAL
    )
