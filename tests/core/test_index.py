"""The index answers as a look through all deals would, after whatever was put, changed and removed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.core.entry import moment, seconds
from worker.core.index import Index
from worker.core.lookup import Keys, Times
from worker.core.model import (
    Address,
    Bucket,
    Contact,
    Deal,
    DealId,
    Kind,
    Letter,
    LoggedMail,
    MessageId,
    Outbox,
    OutboxItem,
    Party,
    Question,
    Speaker,
    Stage,
    StageChange,
)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ANN, BOB = Address("ann@acme.example"), Address("bob@acme.example")
OWNER = Party(address=Address("olga@firm.example"))


def a_deal(id: str = "d1", **changes: Any) -> Deal:
    parts: dict[str, Any] = {"ref": f"ref-{id}", "owner": OWNER, "title": f"Deal {id}", "created": NOW}
    return Deal(id=DealId(id), **{**parts, **changes})


def a_mail(id: str, *references: str) -> LoggedMail:
    return LoggedMail(
        id=MessageId(id), at=NOW, sender=ANN, to=(), subject="", kind=Kind.HUMAN, speaker=Speaker.CONTACT,
        references=tuple(map(MessageId, references)),
    )  # fmt: skip


def an_item(state: Outbox, at: datetime, to: Address = ANN, letter: str = "l1", **changes: Any) -> OutboxItem:
    told = {name: changes.pop(name) for name in ("purpose", "to_owner") if name in changes}
    written = Letter(
        id=letter, template="", sender=OWNER, to=(Party(address=to),), subject="", body="", send_at=at,
        **{"purpose": "nudge", **told},
    )  # fmt: skip
    return OutboxItem(
        letter=written, message_id=MessageId(f"own-{letter}"), data=b"", envelope_from=OWNER.address,
        envelope_to=(to,), state=state, **changes,
    )  # fmt: skip


def an_index(*deals: Deal) -> Index:
    index = Index(b"key")
    for deal in deals:
        index.put(deal)
    return index


# -- who --------------------------------------------------------------------------------


def test_a_deal_is_found_by_every_mail_that_it_knows_of() -> None:
    question = Question(id="q", kind="stage", asked=NOW, text="", message_id=MessageId("asked"))
    deal = a_deal(log=(a_mail("m2", "m1"),), outbox=(an_item(Outbox.FILED, NOW),), questions=(question,))
    index = an_index(deal)
    assert [index.by_message(MessageId(id)) for id in ("m1", "m2", "own-l1", "asked", "m3")] == [("d1",)] * 4 + [()]


def test_a_mail_of_two_deals_finds_both_the_oldest_first() -> None:
    older, newer = a_deal("z", log=(a_mail("m"),)), a_deal("a", log=(a_mail("m"),), created=NOW + timedelta(days=1))
    assert an_index(newer, older).by_message(MessageId("m")) == ("z", "a")


def test_people_companies_and_marks_lead_to_their_deals() -> None:
    index = an_index(a_deal(contacts=(Contact(address=ANN),), company="ACME.example"))
    assert index.by_contact(ANN) == index.by_company("acme.Example") == ("d1",)
    assert index.by_ref("ref-d1") == "d1"
    assert (index.by_contact(BOB), index.by_company("other.example"), index.by_ref("")) == ((), (), None)


@pytest.mark.parametrize("name", ["Acme Ltd.", "ACME, Inc", "acme", "Ann Aster", "ANN ASTER"])
def test_a_name_in_a_notice_finds_the_person_or_the_company(name: str) -> None:
    index = an_index(a_deal(contacts=(Contact(address=ANN, name="Ann Aster"),), company="mail.Acme.co.example"))
    assert index.by_name(name) == ("d1",)


@pytest.mark.parametrize("name", ["", "...", "mail", "co", "Ann", "Acme Asia"])
def test_another_name_finds_nothing(name: str) -> None:
    index = an_index(a_deal(contacts=(Contact(address=ANN, name="Ann Aster"),), company="mail.acme.example"))
    assert index.by_name(name) == ()


def test_a_name_that_is_a_legal_form_alone_is_still_a_name() -> None:
    assert an_index(a_deal(contacts=(Contact(address=ANN, name="Co"),))).by_name("CO") == ("d1",)


def test_putting_a_deal_again_replaces_all_that_was_known_of_it() -> None:
    index = an_index(a_deal(log=(a_mail("m1"),), contacts=(Contact(address=ANN),), due_at=NOW))
    index.put(a_deal(ref="other", log=(a_mail("m2"),), contacts=(Contact(address=BOB),)))
    assert (index.by_message(MessageId("m1")), index.by_contact(ANN), index.by_ref("ref-d1")) == ((), (), None)
    assert index.by_message(MessageId("m2")) == index.by_contact(BOB) == ("d1",)
    assert (index.due(NOW), len(index)) == ((), 1)


def test_a_removed_deal_is_known_by_nothing() -> None:
    item = an_item(Outbox.QUEUED, NOW)
    index = an_index(a_deal(log=(a_mail("m1"),), contacts=(Contact(address=ANN),), due_at=NOW, outbox=(item,)))
    index.remove(DealId("d1"))
    assert (index.ids(), index.by_message(MessageId("m1")), index.by_contact(ANN), index.by_ref("ref-d1")) == (
        (), (), (), None,
    )  # fmt: skip
    assert (index.due(NOW), index.with_outbox(), index.outbox_due(NOW), index.sent_to(ANN)) == ((), (), (), ())


@pytest.mark.parametrize("order", [("kept", "gone"), ("gone", "kept")])
def test_a_merged_deal_is_known_under_the_one_that_took_it_in(order: tuple[str, str]) -> None:
    deals = {
        "kept": a_deal("kept", log=(a_mail("m1"), a_mail("m2")), merged_from=(DealId("gone"),)),
        "gone": a_deal("gone", log=(a_mail("m2"),), due_at=NOW),
    }
    index = an_index(*(deals[name] for name in order))
    assert index.ids() == index.by_message(MessageId("m2")) == ("kept",)
    assert index.by_ref("ref-gone") == "kept"
    assert index.due(NOW) == ()


def test_a_merge_that_is_undone_lets_the_deal_come_back() -> None:
    index = an_index(a_deal("gone"), a_deal("kept", merged_from=(DealId("gone"),)))
    index.put(a_deal("kept"))
    index.put(a_deal("gone"))
    assert set(index.ids()) == {"kept", "gone"}
    assert index.by_ref("ref-gone") == "gone"


def test_half_a_character_is_looked_up_as_it_is_stored() -> None:
    index = an_index(a_deal(title="\udce9", log=(a_mail("m\udce9"),)))
    assert index.by_message(MessageId("m\udce9")) == index.by_message(MessageId("m?")) == ("d1",)


def test_a_row_holds_what_a_listing_shows() -> None:
    stages = (StageChange(at=NOW, stage=Stage.OPENING, why="", found_in=()),)
    question = Question(id="q", kind="task", asked=NOW, text="")
    answered = replace(question, id="p", answered=NOW)
    deal = a_deal(stages=stages, due_at=NOW, paused_until=NOW, contacts=(Contact(address=ANN),),
                  questions=(question, answered))  # fmt: skip
    index = an_index(deal)
    row = index.row(DealId("d1"))
    assert row is not None
    assert (row.bucket, row.stage, row.title, row.owner) == (Bucket.CLIENT, Stage.OPENING, "Deal d1", OWNER.address)
    assert (row.due_at, row.paused_until, row.created_at, row.contacts, row.questions) == (NOW, NOW, NOW, (ANN,), 1)
    assert (list(index.rows()), index.owner_of(DealId("d1"))) == ([row], OWNER.address)
    assert dict(index.contacts()) == {ANN: ("d1",)}


# -- when -------------------------------------------------------------------------------


def test_a_deal_is_due_from_its_moment_on_and_stays_due_until_it_is_put_again() -> None:
    index = an_index(a_deal("b", due_at=NOW), a_deal("a", due_at=NOW - timedelta(hours=1)), a_deal("c"))
    assert index.due(NOW - timedelta(microseconds=1)) == ("a",)
    assert index.due(NOW) == index.due(NOW) == ("a", "b")
    assert index.next_due() == NOW - timedelta(hours=1)
    index.put(a_deal("a", due_at=NOW + timedelta(days=1)))
    assert (index.due(NOW), index.next_due()) == (("b",), NOW)


def test_nothing_is_due_in_an_empty_index() -> None:
    index = Index()
    assert (index.due(NOW), index.next_due(), index.outbox_due(NOW), index.next_outbox_due()) == ((), None, (), None)


@pytest.mark.parametrize("state", list(Outbox))
def test_a_mail_is_on_its_way_until_it_is_filed_refused_or_stopped(state: Outbox) -> None:
    over = state in (Outbox.FILED, Outbox.REFUSED, Outbox.STOPPED)
    assert an_index(a_deal(outbox=(an_item(state, NOW),))).with_outbox() == (() if over else ("d1",))


def test_a_mail_that_got_filed_is_on_its_way_no_more() -> None:
    index = an_index(a_deal(outbox=(an_item(Outbox.ACCEPTED, NOW),)))
    index.put(a_deal(outbox=(an_item(Outbox.FILED, NOW),)))
    assert index.with_outbox() == ()


def test_the_outbox_is_due_when_a_queued_mail_may_go_or_be_tried_again() -> None:
    later = NOW + timedelta(minutes=5)
    index = an_index(a_deal(outbox=(an_item(Outbox.QUEUED, NOW, next_try=later), an_item(Outbox.ACCEPTED, NOW))))
    assert (index.outbox_due(NOW), index.outbox_due(later), index.next_outbox_due()) == ((), ("d1",), later)


# -- what was sent ------------------------------------------------------------------------


def test_mails_to_a_person_count_across_deals_by_their_leaving_or_their_time_to_leave() -> None:
    left = an_item(Outbox.FILED, NOW - timedelta(days=3), changed=NOW - timedelta(days=2))
    waiting = an_item(Outbox.QUEUED, NOW + timedelta(days=1), letter="l2")
    index = an_index(a_deal("a", outbox=(left,)), a_deal("b", outbox=(waiting,)))
    assert index.sent_to(ANN) == (NOW - timedelta(days=2), NOW + timedelta(days=1))
    assert index.last_sent_to(ANN) == NOW + timedelta(days=1)
    assert (index.sent_to(BOB), index.last_sent_to(BOB)) == ((), None)


def test_what_never_left_and_mail_to_the_owner_do_not_count() -> None:
    items = (
        an_item(Outbox.REFUSED, NOW), an_item(Outbox.STOPPED, NOW, letter="l2"),
        an_item(Outbox.FILED, NOW, letter="l3", to_owner=True),
    )  # fmt: skip
    index = an_index(a_deal(outbox=items))
    assert (index.sent_to(ANN), index.sent_since(NOW)) == ((), 0)


def test_a_letter_does_not_stand_in_its_own_way_and_a_kind_word_counts_for_nothing() -> None:
    decline = an_item(Outbox.FILED, NOW, purpose="decline", changed=NOW)
    own = an_item(Outbox.QUEUED, NOW, letter="own")
    index = an_index(a_deal(outbox=(decline, own)))
    assert index.sent_to(ANN, apart={"decline"}, letter="own") == ()
    assert index.last_sent_to(ANN, letter="own") == NOW


def test_only_what_has_left_or_may_have_counts_for_the_hour_and_the_day() -> None:
    items = tuple(an_item(state, NOW, letter=state, changed=NOW) for state in Outbox)
    index = an_index(a_deal("a", outbox=items), a_deal("b", outbox=(an_item(Outbox.FILED, NOW - timedelta(days=2)),)))
    assert index.sent_since(NOW) == 4
    assert index.sent_since(NOW + timedelta(seconds=1)) == 0
    assert index.sent_since(NOW - timedelta(days=3)) == 5


def test_a_mail_to_two_people_is_one_mail_to_each_and_one_of_the_hour() -> None:
    item = an_item(Outbox.FILED, NOW, changed=NOW)
    both = replace(item, letter=replace(item.letter, to=(Party(address=ANN), Party(address=BOB))))
    index = an_index(a_deal(outbox=(both,)))
    assert (len(index.sent_to(ANN)), len(index.sent_to(BOB)), index.sent_since(NOW)) == (1, 1, 1)


def test_of_a_long_history_the_last_mails_are_remembered_and_all_that_wait() -> None:
    past = [an_item(Outbox.FILED, NOW - timedelta(days=day), letter=f"p{day}") for day in range(200)]
    ahead = [an_item(Outbox.QUEUED, NOW + timedelta(days=day), letter=f"q{day}") for day in range(1, 30)]
    index = an_index(a_deal(outbox=(*past, *ahead)))
    assert len(index.sent_to(ANN)) == 12 + 29
    assert index.sent_since(NOW - timedelta(days=7)) == 8


# -- laws ---------------------------------------------------------------------------------

IDS = st.sampled_from(["a", "b", "c", "d", "e"])
MAILS = st.lists(st.sampled_from(["m1", "m2", "m3", "m4", "m5", "m6"]), max_size=4, unique=True)
MOMENTS = st.none() | st.integers(-5, 5).map(lambda hours: NOW + timedelta(hours=hours))
PEOPLE = st.lists(st.sampled_from([ANN, BOB]), max_size=2, unique=True)
STEPS = st.lists(st.tuples(IDS, st.none() | st.tuples(MAILS, PEOPLE, MOMENTS)), max_size=40)


@given(STEPS)
@settings(deadline=None)
def test_whatever_was_put_and_removed_the_answers_are_those_of_the_deals_that_are_left(
    steps: list[tuple[str, tuple[list[str], list[Address], datetime | None] | None]],
) -> None:
    index, deals = Index(b"key"), dict[str, Deal]()
    for id, content in steps:
        if content is None:
            index.remove(DealId(id))
            deals.pop(id, None)
            continue
        mails, people, due = content
        item = an_item(Outbox.QUEUED, due or NOW, letter=f"{id}-{due}")
        deals[id] = a_deal(id, log=tuple(map(a_mail, mails)), contacts=tuple(Contact(address=one) for one in people),
                           due_at=due, outbox=(item,) if due else ())  # fmt: skip
        index.put(deals[id])
    assert_same(index, deals.values())


def assert_same(index: Index, deals: Iterable[Deal]) -> None:
    deals = sorted(deals, key=lambda deal: deal.id)
    assert sorted(index.ids()) == [deal.id for deal in deals]
    for mail in ("m1", "m2", "m3", "m4", "m5", "m6"):
        expected = tuple(deal.id for deal in deals if any(one.id == mail for one in deal.log))
        assert index.by_message(MessageId(mail)) == expected
    for address in (ANN, BOB):
        expected = tuple(deal.id for deal in deals if any(one.address == address for one in deal.contacts))
        assert index.by_contact(address) == expected
    times = sorted((deal.due_at, deal.id) for deal in deals if deal.due_at is not None)
    assert index.next_due() == (times[0][0] if times else None)
    for hours in range(-6, 7):
        now = NOW + timedelta(hours=hours)
        assert index.due(now) == index.outbox_due(now) == tuple(id for at, id in times if at <= now)


@given(st.lists(st.tuples(st.booleans(), st.binary(min_size=8, max_size=8), st.integers(0, 3)), max_size=60))
def test_keys_hold_what_a_set_of_pairs_would(steps: list[tuple[bool, bytes, int]]) -> None:
    keys, pairs = Keys(), set[tuple[bytes, int]]()
    for add, key, number in steps:
        if add and (key, number) not in pairs:
            keys.add(key, number)
            pairs.add((key, number))
        elif not add:
            keys.remove(key, number)
            pairs.discard((key, number))
    for _, key, _ in steps:
        assert sorted(keys.get(key)) == sorted(number for other, number in pairs if other == key)


_KEYS = st.lists(st.binary(min_size=8, max_size=8), unique=True, max_size=20)


@given(_KEYS, _KEYS, _KEYS)
def test_after_a_change_a_number_lies_under_the_new_keys_alone(kept: list[bytes], old: list[bytes], new: list[bytes]) -> None:
    before, after = dict.fromkeys((*kept, *old)), dict.fromkeys((*kept, *new))
    keys = Keys()
    keys.add(b"".join(before), 1)
    keys.add(b"".join(before), 2)
    keys.change(b"".join(before), b"".join(after), 1)
    for key in (*before, *after):
        assert sorted(keys.get(key)) == [1] * (key in after) + [2] * (key in before)


def test_a_hash_that_lies_across_two_pairs_is_not_found() -> None:
    keys = Keys()
    keys.add(b"\x00" * 8 + b"\x00\x01" + b"\xff" * 6, 0)
    assert keys.get(b"\x00" * 7 + b"\xff") == ()
    assert keys.get(b"\x00\x01" + b"\xff" * 6) == keys.get(b"\x00" * 8) == (0,)


def test_a_deal_that_moves_often_leaves_no_trail_in_the_heap() -> None:
    times = Times()
    for at in range(10_000):
        times.set(DealId("a"), float(at))
    assert (times.until(10_000.0), times.first()) == (("a",), 9999.0)
    assert len(times._heap) < 100


@given(st.datetimes(timezones=st.integers(-840, 840).map(lambda minutes: timezone(timedelta(minutes=minutes)))))
def test_a_moment_is_the_same_after_it_was_a_number(at: datetime) -> None:
    edge = at.year in (1, 9999)
    assert edge or abs(moment(seconds(at)) - at) <= timedelta(microseconds=40)
    assert not 1970 <= at.year <= 2100 or moment(seconds(at)) == at


def test_a_time_without_an_offset_counts_as_utc() -> None:
    assert moment(seconds(NOW.replace(tzinfo=None))) == NOW
