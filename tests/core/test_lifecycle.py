from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from worker.core.lifecycle import CERTAIN_ONLY, EXIT_EVENT, NEXT, OPENING_LASTS, STOPPING, fold, in_words, label, moves
from worker.core.model import Address, Bucket, Contact, Deal, Event, Evidence, MessageId, Speaker, Stage, Strength

_ALL = st.lists(
    st.tuples(st.sampled_from(Event), st.sampled_from(Strength), st.integers(0, 60), st.booleans(),
              st.sampled_from(["", "agreement", "nda", "other"])),
    max_size=12,
)  # fmt: skip


def _built(deal, items) -> Deal:
    evidence = tuple(
        Evidence(event=event, strength=strength, quote="", signal="s", found_in=MessageId(f"{number}@m.example"),
                 at=deal.created + timedelta(days=day), withdrawn=withdrawn, document_kind=kind)
        for number, (event, strength, day, withdrawn, kind) in enumerate(items)
    )  # fmt: skip
    return replace(deal, evidence=evidence)


def _stage(deal, *evidence, days=100) -> Stage:
    return fold(replace(deal, evidence=evidence), deal.created + timedelta(days=days))[-1].stage


# -- laws ----------------------------------------------------------------------------

same_fixture = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@same_fixture
@given(items=_ALL, seed=st.randoms(use_true_random=False))
def test_the_order_in_which_mails_arrive_does_not_change_the_stage(deal, items, seed):
    one = _built(deal, items)
    shuffled = list(one.evidence)
    seed.shuffle(shuffled)
    now = deal.created + timedelta(days=100)
    assert fold(one, now) == fold(replace(one, evidence=tuple(shuffled)), now)


@same_fixture
@given(items=_ALL)
def test_nobody_is_a_client_who_has_not_both_signed_and_paid(deal, items):
    built = _built(deal, items)
    for change in fold(built, deal.created + timedelta(days=100)):
        if change.stage.bucket is not Bucket.CLIENT:
            continue
        before = [item for item in built.evidence if moves(item) and item.at <= change.at]
        assert any(item.event is Event.SIGNED and item.document_kind in ("", "agreement") for item in before)
        assert any(item.event is Event.PAYMENT_RECEIVED for item in before)
        assert all(item.strength is Strength.CERTAIN for item in before
                   if item.found_in in change.found_in and item.event in CERTAIN_ONLY)  # fmt: skip


@same_fixture
@given(items=_ALL)
def test_every_stage_has_a_reason_and_no_two_in_a_row_are_the_same(deal, items):
    changes = fold(_built(deal, items), deal.created + timedelta(days=100))
    assert all(change.why for change in changes)
    assert all(one.stage is not two.stage for one, two in itertools.pairwise(changes))


@same_fixture
@given(items=_ALL)
def test_weak_and_withdrawn_evidence_never_moves_a_deal(deal, items):
    idle = [(event, Strength.WEAK if not withdrawn else strength, day, withdrawn, kind)
            for event, strength, day, withdrawn, kind in items]  # fmt: skip
    assert len(fold(_built(deal, idle), deal.created + timedelta(days=100))) == 1


@same_fixture
@given(items=_ALL)
def test_who_asked_for_no_more_mail_is_never_moved_again(deal, items):
    out = [(Event.OPT_OUT, Strength.CERTAIN, 0, False, "")]
    changes = fold(
        _built(deal, [*out, *[(e, s, d + 1, w, k) for e, s, d, w, k in items]]), deal.created + timedelta(days=100)
    )
    assert changes[-1].stage is Stage.OPTED_OUT


def test_no_row_of_the_table_makes_a_client_of_anybody_who_is_not_half_way_there():
    half = {Stage.SIGNED_UNPAID: Event.PAYMENT_RECEIVED, Stage.PAID_UNSIGNED: Event.SIGNED}
    to_client = {(stage, event) for (stage, event), to in NEXT.items() if to is Stage.OPENING}
    assert to_client == set(half.items())
    assert Stage.ACTIVE not in NEXT.values()


def test_nothing_that_a_mail_without_trust_may_bring_about_advances_a_deal():
    order = list(Stage)
    for (stage, event), to in NEXT.items():
        if event in STOPPING:
            assert to is None or to.bucket is Bucket.OUT or order.index(to) <= order.index(stage)


def test_what_a_playbook_may_leave_behind_needs_no_signature_and_no_money():
    assert not set(EXIT_EVENT.values()) & {Event.SIGNED, Event.PAYMENT_RECEIVED}


# -- the way of a deal ----------------------------------------------------------------


def test_a_suspect_becomes_a_prospect_by_showing_interest_and_not_by_being_written_to(deal, said):
    assert _stage(deal) is Stage.CONTACTED
    assert _stage(deal, said(Event.INTEREST, days=1)) is Stage.ENGAGED


@pytest.mark.parametrize("order", [(Event.SIGNED, Event.PAYMENT_RECEIVED), (Event.PAYMENT_RECEIVED, Event.SIGNED)])
def test_signed_and_paid_in_either_order_opens_a_client(deal, said, order):
    changes = fold(
        replace(deal, evidence=(said(order[0], days=1), said(order[1], days=8))), deal.created + timedelta(days=9)
    )
    assert [change.stage for change in changes][-1] is Stage.OPENING
    assert changes[-2].stage.bucket is Bucket.PROSPECT
    assert set(changes[-1].found_in) == {said(order[0], days=1).found_in, said(order[1], days=8).found_in}


def test_a_client_of_thirty_days_is_an_active_one(deal, said):
    close = (said(Event.SIGNED, days=1), said(Event.PAYMENT_RECEIVED, days=2))
    assert _stage(deal, *close, days=31.9) is Stage.OPENING
    assert _stage(deal, *close, days=32.1) is Stage.ACTIVE
    assert fold(replace(deal, evidence=close), deal.created + timedelta(days=90))[-1].at == close[1].at + OPENING_LASTS


@pytest.mark.parametrize("kind", ["nda", "other"])
def test_an_nda_is_not_the_agreement(deal, said, kind):
    assert _stage(deal, said(Event.SIGNED, days=1, document_kind=kind)) is Stage.CONTACTED


def test_a_part_of_the_deposit_is_not_the_first_payment(deal, said):
    assert _stage(deal, said(Event.SIGNED, days=1), said(Event.PAYMENT_PARTIAL, days=2)) is Stage.SIGNED_UNPAID


@pytest.mark.parametrize("event", sorted(CERTAIN_ONLY))
def test_what_is_only_likely_moves_nothing_where_the_owner_has_to_be_asked(deal, said, event):
    before = (said(Event.PROPOSAL_SENT, days=1),)
    assert _stage(deal, *before, said(event, days=2, strength=Strength.LIKELY)) is Stage.PROPOSED


def test_a_reversal_takes_a_client_back_to_signed_and_unpaid(deal, said):
    close = (said(Event.SIGNED, days=1), said(Event.PAYMENT_RECEIVED, days=2))
    assert _stage(deal, *close, said(Event.PAYMENT_REVERSED, days=5)) is Stage.SIGNED_UNPAID
    assert _stage(deal, *close, said(Event.PAYMENT_REVERSED, days=50)) is Stage.SIGNED_UNPAID


def test_a_reversal_before_the_signature_takes_the_deal_back_to_where_it_stood(deal, said):
    steps = (
        said(Event.PROPOSAL_SENT, days=1),
        said(Event.PAYMENT_RECEIVED, days=2),
        said(Event.PAYMENT_REVERSED, days=3),
    )
    assert _stage(deal, *steps) is Stage.PROPOSED
    assert _stage(deal, *steps, said(Event.SIGNED, days=4)) is Stage.SIGNED_UNPAID


def test_money_that_comes_again_after_a_reversal_makes_a_client_again(deal, said):
    steps = (said(Event.SIGNED, days=1), said(Event.PAYMENT_RECEIVED, days=2), said(Event.PAYMENT_REVERSED, days=3))
    assert _stage(deal, *steps, said(Event.PAYMENT_RECEIVED, days=6), days=10) is Stage.OPENING


def test_a_voided_agreement_takes_the_label_back(deal, said):
    signed, paid = said(Event.SIGNED, days=2, document="Looms.pdf"), said(Event.PAYMENT_RECEIVED, days=3)
    voided = said(Event.SIGNING_DECLINED, days=4, document="Looms.pdf")
    assert _stage(deal, said(Event.PROPOSAL_SENT, days=1), signed, voided) is Stage.PROPOSED
    assert _stage(deal, signed, paid, voided) is Stage.PAID_UNSIGNED


def test_another_document_that_is_voided_leaves_a_client_a_client(deal, said):
    signed, paid = said(Event.SIGNED, days=2, document="Looms.pdf"), said(Event.PAYMENT_RECEIVED, days=3)
    assert (
        _stage(deal, signed, paid, said(Event.SIGNING_DECLINED, days=4, document="Yarn.pdf"), days=9) is Stage.OPENING
    )
    assert _stage(deal, signed, paid, said(Event.SIGNING_DECLINED, days=4), days=9) is Stage.OPENING


def test_a_notice_that_comes_late_folds_in_at_its_own_time(deal, said):
    paid, signed = said(Event.PAYMENT_RECEIVED, days=8), said(Event.SIGNED, days=2)
    changes = fold(replace(deal, evidence=(paid, signed)), deal.created + timedelta(days=9))
    assert [change.stage for change in changes] == [Stage.CONTACTED, Stage.SIGNED_UNPAID, Stage.OPENING]


def test_evidence_that_the_owner_has_taken_back_is_not_folded(deal, said):
    close = (said(Event.SIGNED, days=1), said(Event.PAYMENT_RECEIVED, days=2, withdrawn=True))
    assert _stage(deal, *close) is Stage.SIGNED_UNPAID


def test_disqualified_stays_so_until_the_owner_takes_them_back(deal, said):
    out = said(Event.DISQUALIFIED, days=1)
    assert _stage(deal, out, said(Event.INTEREST, days=2), said(Event.SIGNED, days=3)) is Stage.DISQUALIFIED
    assert _stage(deal, out, said(Event.REQUALIFIED, days=4)) is Stage.ENGAGED


def test_a_client_who_is_taken_back_is_a_client_as_before(deal, said):
    close = (said(Event.SIGNED, days=1), said(Event.PAYMENT_RECEIVED, days=2))
    slip = (said(Event.DISQUALIFIED, days=4), said(Event.REQUALIFIED, days=5))
    assert _stage(deal, *close, *slip, days=9) is Stage.ACTIVE
    assert _stage(deal, close[0], *slip, days=9) is Stage.SIGNED_UNPAID
    assert _stage(deal, *close, *slip, said(Event.PAYMENT_REVERSED, days=4.5), days=9) is Stage.ENGAGED


def test_lost_and_put_off_deals_come_back_by_interest(deal, said):
    for event, stage in ((Event.REJECTED, Stage.LOST), (Event.NOT_NOW, Stage.LATER)):
        assert _stage(deal, said(Event.INTEREST, days=1), said(event, days=2)) is stage
        assert (
            _stage(deal, said(Event.INTEREST, days=1), said(event, days=2), said(Event.INTEREST, days=3))
            is Stage.ENGAGED
        )


def test_one_of_two_who_wants_no_more_mail_does_not_close_the_deal(deal, said):
    two = replace(deal, contacts=(*deal.contacts, Contact(address=Address("ole@weberei.example"), words=3)))
    assert _stage(two, said(Event.INTEREST, days=1), said(Event.OPT_OUT, days=2)) is Stage.ENGAGED
    both = (said(Event.OPT_OUT, days=2), said(Event.OPT_OUT, days=3, by=Address("ole@weberei.example")))
    assert _stage(two, said(Event.INTEREST, days=1), *both) is Stage.OPTED_OUT


def test_a_client_who_wants_no_mail_is_still_a_client(deal, said):
    close = (said(Event.SIGNED, days=1), said(Event.PAYMENT_RECEIVED, days=2))
    assert _stage(deal, *close, said(Event.OPT_OUT, days=3), days=10) is Stage.OPENING


def test_whoever_is_introduced_is_a_suspect_and_says_by_whom(deal):
    referred = replace(deal, contacts=(replace(deal.contacts[0], referred_by=Address("ole@x.example")),), log=())
    first = fold(referred, deal.created)[0]
    assert first.stage is Stage.IDENTIFIED
    assert "introduced" in first.why


def test_somebody_introduced_to_whom_the_owner_has_written_is_contacted(deal, wrote):
    person = replace(deal.contacts[0], referred_by=Address("ole@x.example"))
    referred = replace(deal, contacts=(person,), log=(wrote(Speaker.CONTACT), wrote(Speaker.OWNER, days=1)))
    stages = [change.stage for change in fold(referred, deal.created + timedelta(days=5))]
    assert stages == [Stage.IDENTIFIED, Stage.CONTACTED]


# -- words ----------------------------------------------------------------------------


def test_the_reason_of_a_stage_quotes_the_words_that_it_rests_on(said):
    assert (
        in_words(said(Event.SIGNED, quote="All parties have completed"))
        == 'signed by all: "All parties have completed"'
    )
    assert in_words(said(Event.REJECTED, quote="silence after 10 business days", speaker=Speaker.WORKER)) == (
        "silence after 10 business days"
    )


@pytest.mark.parametrize(
    ("stages", "bucket"),
    [
        ((Stage.PROPOSED, Stage.ACTIVE), Bucket.CLIENT),
        ((Stage.LOST, Stage.PROPOSED), Bucket.PROSPECT),
        ((Stage.LOST, Stage.CONTACTED), Bucket.SUSPECT),
        ((Stage.LOST, Stage.OPTED_OUT), Bucket.OUT),
    ],
)
def test_towards_a_person_the_highest_label_wins(stages, bucket):
    assert label(stages) is bucket
