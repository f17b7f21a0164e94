"""The states of a mail on its way out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.core import outbox
from worker.core.model import Address, Letter, MessageId, Outbox, OutboxItem, Party
from worker.core.outbox import (
    NEXT,
    Accepted,
    Deferred,
    Happening,
    IllegalMove,
    Refusal,
    Refused,
    Unknown,
    after,
    concluded,
)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ERIN = Address("erin@brightwater.example")


def item_in(state: Outbox = Outbox.QUEUED, **changes: Any) -> OutboxItem:
    letter = Letter(
        id="deal:run:step", purpose="nudge", template="prospect/nudge", subject="Re: Lanes", body="Hi Erin,\n",
        sender=Party(address=Address("dana@northlight.example")), to=(Party(address=ERIN),), send_at=NOW,
    )  # fmt: skip
    item = OutboxItem(
        letter=letter, message_id=MessageId("a.b@northlight.example"), data=b"bytes", state=state,
        envelope_from=Address("deals@northlight.example"), envelope_to=(ERIN,), changed=NOW,
    )  # fmt: skip
    return replace(item, **changes)


def test_a_mail_goes_from_queued_to_filed_by_way_of_the_two_halves_of_handing_over() -> None:
    item = item_in()
    seen = [item.state]
    for happening in (Happening.CLAIMED, Happening.ENVELOPE_TAKEN, Happening.ACCEPTED, Happening.FOUND):
        item = after(item, happening, NOW)
        seen.append(item.state)
    assert seen == [Outbox.QUEUED, Outbox.SENDING, Outbox.COMMITTING, Outbox.ACCEPTED, Outbox.FILED]


@pytest.mark.parametrize("state", [Outbox.ACCEPTED, Outbox.FILED, Outbox.REFUSED, Outbox.STOPPED, Outbox.COMMITTING])
def test_what_left_or_is_over_or_may_have_left_is_never_claimed_again(state: Outbox) -> None:
    with pytest.raises(IllegalMove, match="claimed"):
        after(item_in(state), Happening.CLAIMED, NOW)


def test_only_the_owners_word_sends_an_uncertain_mail_again() -> None:
    back = {happening for (state, happening), to in NEXT.items() if state is Outbox.UNCERTAIN and to is Outbox.QUEUED}
    assert back == {Happening.SENT_AGAIN}


def test_from_gone_out_there_is_no_way_back_into_the_queue() -> None:
    reached, todo = set(outbox.GONE_OUT), set(outbox.GONE_OUT)
    while todo:
        state = todo.pop()
        further = {to for (start, _), to in NEXT.items() if start is state} - reached
        reached |= further
        todo |= further
    assert reached == outbox.GONE_OUT


def test_every_state_but_the_last_ones_can_be_left_and_every_state_reached() -> None:
    leaving = {state for (state, _), to in NEXT.items() if to is not state}
    assert leaving == set(Outbox) - {Outbox.FILED, Outbox.REFUSED, Outbox.STOPPED}
    assert set(NEXT.values()) == set(Outbox)


def test_the_bytes_are_dropped_when_a_mail_is_filed_or_stopped_but_kept_while_it_is_only_accepted() -> None:
    assert after(item_in(Outbox.ACCEPTED), Happening.FOUND, NOW).data == b""
    assert after(item_in(), Happening.STOPPED, NOW, "the contact has answered").data == b""
    assert after(item_in(Outbox.COMMITTING), Happening.ACCEPTED, NOW).data == b"bytes"


def test_a_copy_that_is_back_before_the_250_files_the_mail_and_the_250_changes_nothing() -> None:
    filed = after(item_in(Outbox.COMMITTING), Happening.FOUND, NOW)
    assert concluded(filed, Accepted(reply="250 ok"), NOW).state is Outbox.FILED


def test_each_answer_of_the_server_has_its_state() -> None:
    item = item_in(Outbox.COMMITTING)
    lost = Refusal(address=Address("deals@northlight.example"), reply="550 no such user")
    accepted = concluded(item, Accepted(reply="250 queued", refusals=(lost,)), NOW)
    assert (accepted.state, accepted.reply, accepted.refused) == (Outbox.ACCEPTED, "250 queued", (lost.address,))
    assert concluded(item, Deferred(reply="451 later"), NOW).state is Outbox.QUEUED
    assert concluded(item, Refused(reply="554 no"), NOW).state is Outbox.REFUSED
    assert concluded(item, Unknown(reply="connection lost"), NOW).state is Outbox.UNCERTAIN


def test_a_deferral_counts_a_try_and_waits_for_minutes_that_grow_to_hours() -> None:
    item, waits, now = item_in(), [], NOW
    for _ in range(7):
        item = after(after(item, Happening.CLAIMED, now), Happening.DEFERRED, now, "451 greylisted")
        assert item.next_try is not None
        waits.append((item.next_try - now) // timedelta(minutes=1))
        now = item.next_try
    assert waits == [5, 15, 30, 60, 120, 240, 240]
    assert item.attempts == 7


def test_after_three_days_of_deferrals_the_mail_is_refused_with_the_servers_last_word() -> None:
    item, now = item_in(), NOW
    while item.state is Outbox.QUEUED:
        item = after(after(item, Happening.CLAIMED, now), Happening.DEFERRED, now, "450 mailbox busy")
        now = item.next_try or now
    assert item.state is Outbox.REFUSED
    assert "given up after" in item.reply
    assert "450 mailbox busy" in item.reply
    assert timedelta(days=2, hours=20) <= now - NOW <= timedelta(days=3, hours=4)


def test_a_worker_that_was_down_for_a_week_does_not_give_up_at_the_first_greylisting() -> None:
    late = NOW + timedelta(days=7)
    item = after(after(item_in(), Happening.CLAIMED, late), Happening.DEFERRED, late, "451 greylisted")
    assert item.state is Outbox.QUEUED


def test_a_postponed_mail_waits_until_the_gate_said_and_not_shorter_than_its_own_time() -> None:
    until = NOW + timedelta(hours=3)
    item = after(item_in(), Happening.POSTPONED, NOW, "it is night there", until=until)
    assert (outbox.due_at(item), item.reply) == (until, "it is night there")
    early = after(item_in(), Happening.POSTPONED, NOW, "why", until=NOW - timedelta(days=1))
    assert outbox.due_at(early) == NOW


def test_a_restart_puts_back_what_was_not_handed_over_and_doubts_what_may_have_been() -> None:
    before = [item_in(state) for state in Outbox]
    states = {was.state: now.state for was, now in zip(before, outbox.recovered(before, NOW), strict=True)}
    changed = {was: now for was, now in states.items() if was is not now}
    assert changed == {Outbox.SENDING: Outbox.QUEUED, Outbox.COMMITTING: Outbox.UNCERTAIN}


@pytest.mark.parametrize(("seen", "state"), [(True, Outbox.FILED), (False, Outbox.UNCERTAIN), (None, Outbox.UNCERTAIN)])
def test_an_uncertain_mail_is_filed_when_a_copy_was_seen_and_else_stays_uncertain(
    seen: bool | None, state: Outbox
) -> None:
    (item,) = outbox.settled([item_in(Outbox.UNCERTAIN)], lambda _: seen, NOW + timedelta(hours=5))
    assert item.state is state


def test_an_uncertain_mail_is_put_to_the_owner_after_half_an_hour_and_not_before() -> None:
    item = item_in(Outbox.UNCERTAIN)
    assert not outbox.is_overdue_uncertain(item, NOW + timedelta(minutes=29))
    assert outbox.is_overdue_uncertain(item, NOW + timedelta(minutes=30))
    assert outbox.wakes_at([item]) == NOW + timedelta(minutes=30)


def test_an_outbox_wakes_for_the_first_of_its_queued_mails_and_for_none_that_is_over() -> None:
    later = item_in(next_try=NOW + timedelta(hours=2))
    assert outbox.wakes_at([later, item_in(Outbox.FILED)]) == NOW + timedelta(hours=2)
    assert outbox.wakes_at([item_in(Outbox.FILED), item_in(Outbox.STOPPED)]) is None


@given(st.lists(st.sampled_from(list(Happening)), max_size=40))
def test_whatever_happens_an_accepted_mail_is_not_handed_over_a_second_time(happenings: list[Happening]) -> None:
    item, accepted = item_in(), 0
    for happening in happenings:
        if (item.state, happening) not in NEXT:
            continue
        was = item.state
        item = after(item, happening, NOW, until=NOW)
        accepted += item.state is Outbox.ACCEPTED and was is not Outbox.ACCEPTED
    assert accepted <= 1
