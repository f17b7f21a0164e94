"""Sending with states on disk: never twice, never lost in silence, wherever server or worker die."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, TypeVar

import pytest
from aiosmtpd.smtp import SMTP

from worker.app.delivery import Delivery
from worker.core import outbox
from worker.core.model import Address, Deal, DealId, Letter, MessageId, Outbox, OutboxItem, Party
from worker.core.outbox import Drop, Go, Verdict, WaitUntil
from worker.io.smtp import Security, Sender, Submission, SubmissionRefused, SubmissionUnreachable
from worker.mail.compose import compose

T = TypeVar("T")
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DANA = Party(address=Address("dana@northlight.example"), name="Dana Whitfield")
ERIN = Party(address=Address("erin@brightwater.example"), name="Erin Walsh")
WORKER = Address("deals@northlight.example")
DEAL = DealId("deal-1")


class Died(BaseException):
    """The worker was killed here."""


class Store:
    """Keeps deals in memory. Dies before or after the write of a given commit, or has a full disk for some of them."""

    def __init__(self, deal: Deal) -> None:
        self.deals = {deal.id: deal}
        self.history = [deal]
        self.commits = 0
        self.dies_before = self.dies_after = 0
        self.full_at: set[int] = set()

    def deal(self, deal_id: DealId, /) -> Deal | None:
        return self.deals.get(deal_id)

    def commit(self, deal: Deal, /) -> None:
        self.commits += 1
        if self.commits == self.dies_before:
            raise Died
        if self.commits in self.full_at:
            raise OSError(28, "No space left on device")
        self.deals[deal.id] = deal
        self.history.append(deal)
        if self.commits == self.dies_after:
            raise Died

    @property
    def states(self) -> list[Outbox]:
        return [deal.outbox[0].state for deal in self.history]

    @property
    def item(self) -> OutboxItem:
        return self.deals[DEAL].outbox[0]


class Clock:
    def __init__(self) -> None:
        self.time = NOW

    def now(self) -> datetime:
        return self.time


class Post:
    """An SMTP server that dies at one place, once, and works from then on. `taken` are the mails it answers for."""

    PLACES = ("before MAIL", "after MAIL", "after RCPT", "after 354", "mid-body", "after dot, mail lost",
              "after dot, mail taken", "after 250")  # fmt: skip

    def __init__(self, dies_at: str = "", times: int = 1) -> None:
        self.dies_at = dies_at
        self.times = times
        self.taken: list[str] = []
        self.envelopes: list[list[str]] = []
        self.port = 0
        self.connections = 0
        self.at: dict[str, Callable[[], Awaitable[None]]] = {}

    async def reach(self, place: str, writer: asyncio.StreamWriter) -> None:
        if place in self.at:
            await self.at[place]()
        if place == self.dies_at and self.times:
            self.times -= 1
            await writer.drain()
            raise ConnectionAbortedError

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        recipients: list[str] = []
        try:
            writer.write(b"220 ready\r\n")
            while line := await reader.readline():
                verb = line.split()[0].split(b":")[0].upper()
                if verb == b"MAIL":
                    recipients = []
                    await self.reach("before MAIL", writer)
                if verb == b"RCPT":
                    recipients.append(line[9:-3].decode())
                if verb == b"DATA":
                    await self.reach("after RCPT", writer)
                    writer.write(b"354 go\r\n")
                    await self.reach("after 354", writer)
                    await self.mail(recipients, reader, writer)
                    continue
                writer.write(b"250 ok\r\n")
                if verb == b"MAIL":
                    await self.reach("after MAIL", writer)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def mail(self, recipients: list[str], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = await reader.readline()
        await self.reach("mid-body", writer)
        data = first + await reader.readuntil(b"\r\n.\r\n")
        await self.reach("after dot, mail lost", writer)
        id = data.split(b"Message-ID: <")[1].split(b">")[0].decode()
        self.taken.append(id)
        self.envelopes.append(recipients)
        await self.reach("after dot, mail taken", writer)
        writer.write(b"250 2.0.0 queued as 17\r\n")
        await self.reach("after 250", writer)


@asynccontextmanager
async def running(post: Post) -> AsyncIterator[Sender]:
    server = await asyncio.start_server(post.talk, "127.0.0.1", 0)
    post.port = server.sockets[0].getsockname()[1]
    sender = sender_to(post.port)
    try:
        yield sender
    finally:
        await sender.close()
        server.close()


def sender_to(port: int) -> Sender:
    return Sender(Submission(host="127.0.0.1", port=port, security=Security.NONE, timeout=5, final_timeout=5))


def run(test: Awaitable[T]) -> T:
    async def bounded() -> T:
        return await asyncio.wait_for(test, 20)

    return asyncio.run(bounded())


def queued(number: int = 1, **changes: Any) -> OutboxItem:
    letter = Letter(
        id=f"deal-1:run:{number}", purpose="nudge", template="prospect/nudge", sender=DANA, to=(ERIN,),
        subject="Re: Lanes", body="Hi Erin,\n\n" + "Text.\n" * 20, send_at=NOW,
    )  # fmt: skip
    item = compose(replace(letter, **changes), key=b"key", worker=WORKER, now=NOW, zone=UTC)
    return item


def a_deal(*items: OutboxItem) -> Deal:
    return Deal(id=DEAL, ref="a1b2c3d", owner=DANA, title="Lanes", created=NOW, outbox=items or (queued(),))


class House:
    """A worker's delivery with its surroundings."""

    def __init__(self, sender: Any, store: Store | None = None) -> None:
        self.store = store or Store(a_deal())
        self.clock = Clock()
        self.sender = sender
        self.verdict: Verdict | Callable[[Deal, OutboxItem, datetime], Verdict] = Go()
        self.told: list[Outbox] = []
        self.asked = 0
        self.delivery = self.started()

    def gate(self, deal: Deal, item: OutboxItem, now: datetime) -> Verdict:
        self.asked += 1
        return self.verdict(deal, item, now) if callable(self.verdict) else self.verdict

    def started(self) -> Delivery:
        return Delivery(self.store, self.sender, self.gate, self.clock, lambda _, item: self.told.append(item.state))

    async def live_on(self, post: Post, ticks: int = 12) -> None:
        """A new start from what is on disk, then two hours of ticks in which copies are looked for."""
        self.delivery = self.started()
        self.delivery.recover(self.store.deals[DEAL])
        for _ in range(ticks):
            self.delivery.settle(self.store.deals[DEAL], lambda id: id in post.taken, self.clock.time)
            await self.delivery.deliver_due(DEAL)
            self.clock.time += timedelta(minutes=10)


# -- the good way -----------------------------------------------------------------------------


def test_a_mail_that_is_due_leaves_and_that_it_may_be_gone_was_on_disk_before() -> None:
    post = Post()
    seen: dict[str, Outbox] = {}

    async def test() -> House:
        async with running(post) as sender:
            house = House(sender)
            for place in ("before MAIL", "after RCPT", "after dot, mail taken"):

                async def note(place: str = place) -> None:
                    seen[place] = house.store.item.state

                post.at[place] = note
            await house.delivery.deliver_due(DEAL)
            return house

    house = run(test())
    assert seen == {"before MAIL": Outbox.QUEUED, "after RCPT": Outbox.COMMITTING,
                    "after dot, mail taken": Outbox.COMMITTING}  # fmt: skip
    assert house.told == [Outbox.COMMITTING, Outbox.ACCEPTED]
    assert house.store.item.reply == "250 2.0.0 queued as 17"
    assert post.taken == [house.store.item.message_id]
    assert post.envelopes == [[ERIN.address, WORKER]]


def test_the_bytes_that_were_frozen_are_the_bytes_that_a_server_of_another_make_gets() -> None:
    got: list[bytes] = []

    class Handler:
        async def handle_DATA(self, server: object, session: object, envelope: Any) -> str:  # noqa: N802
            got.append(envelope.content)
            return "250 kept"

    async def test() -> None:
        loop = asyncio.get_running_loop()
        listener = await loop.create_server(lambda: SMTP(Handler(), hostname="post"), "127.0.0.1", 0)
        sender = sender_to(listener.sockets[0].getsockname()[1])
        item = queued(body="Grüße,\n.\n..punkt\n")
        await House(sender, Store(a_deal(item))).delivery.deliver_due(DEAL)
        await sender.close()
        listener.close()
        assert got == [item.data]

    run(test())


def test_what_is_not_due_stays_and_what_is_due_goes_in_order_over_one_connection() -> None:
    post = Post()
    later = queued(9, send_at=NOW + timedelta(hours=1))

    async def test() -> House:
        async with running(post) as sender:
            house = House(sender, Store(a_deal(queued(1), later, queued(2))))
            await house.delivery.deliver_due(DEAL)
            return house

    house = run(test())
    items = house.store.deals[DEAL].outbox
    assert [item.state for item in items] == [Outbox.ACCEPTED, Outbox.QUEUED, Outbox.ACCEPTED]
    assert post.taken == [items[0].message_id, items[2].message_id]
    assert post.connections == 1
    assert outbox.wakes_at(items) == NOW + timedelta(hours=1)
    assert house.store.deals[DEAL].due_at is not None


def test_many_deals_are_served_side_by_side_and_each_mail_once() -> None:
    post = Post()

    class Shelf(Store):
        def __init__(self) -> None:
            super().__init__(a_deal())
            for number in range(40):
                id = DealId(f"deal-{number}")
                self.deals[id] = replace(a_deal(queued(number)), id=id)

    async def test() -> Shelf:
        async with running(post) as sender:
            house, shelf = House(sender), Shelf()
            house.store = shelf
            delivery = house.started()
            await asyncio.gather(*(delivery.deliver_due(id) for id in [*shelf.deals, *shelf.deals]))
            return shelf

    shelf = run(test())
    assert {deal.outbox[0].state for deal in shelf.deals.values()} == {Outbox.ACCEPTED}
    assert len(post.taken) == len(set(post.taken)) == 40
    assert 1 < post.connections <= 4


def test_a_delivery_that_is_cancelled_comes_to_an_end_and_leaves_nothing_in_between() -> None:
    post = Post()

    async def test() -> tuple[Outbox, int]:
        async with running(post) as sender:
            house = House(sender)
            reached = asyncio.Event()

            async def think() -> None:
                reached.set()
                await asyncio.Event().wait()

            post.at["after RCPT"] = think
            task = asyncio.create_task(house.delivery.deliver_due(DEAL))
            await reached.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return house.store.item.state, len(post.taken)

    assert run(test()) == (Outbox.QUEUED, 0)


def test_two_calls_at_the_same_time_send_one_mail() -> None:
    post = Post()

    async def test() -> None:
        async with running(post):
            sender = Sender(
                Submission(host="127.0.0.1", port=post.port, security=Security.NONE, timeout=5), connections=2
            )
            house = House(sender)
            await asyncio.gather(house.delivery.deliver_due(DEAL), house.delivery.deliver_due(DEAL))
            await sender.close()

    run(test())
    assert len(post.taken) == 1


# -- the gate -----------------------------------------------------------------------------------


def test_a_gate_that_says_wait_puts_the_mail_off_without_a_connection() -> None:
    post = Post()
    until = NOW + timedelta(hours=20)

    async def test() -> House:
        async with running(post) as sender:
            house = House(sender)
            house.verdict = WaitUntil(when=until, why="it is night in Boston")
            await house.delivery.deliver_due(DEAL)
            return house

    house = run(test())
    item = house.store.item
    assert (item.state, item.next_try, item.reply) == (Outbox.QUEUED, until, "it is night in Boston")
    assert house.store.deals[DEAL].due_at == until
    assert post.connections == 0


def test_a_gate_that_says_never_stops_the_mail_with_its_reason() -> None:
    async def test() -> House:
        async with running(Post()) as sender:
            house = House(sender)
            house.verdict = Drop(why="Erin has answered")
            await house.delivery.deliver_due(DEAL)
            await house.delivery.deliver_due(DEAL)
            return house

    house = run(test())
    assert (house.store.item.state, house.store.item.reply) == (Outbox.STOPPED, "Erin has answered")
    assert house.asked == 1


@pytest.mark.parametrize("place", ["after MAIL", "before MAIL"])
def test_an_answer_that_comes_while_the_server_thinks_still_stops_the_mail(place: str) -> None:
    post = Post()

    async def test() -> House:
        async with running(post) as sender:
            house = House(sender)

            async def erin_answers() -> None:
                house.verdict = Drop(why="Erin has answered")
                house.store.deals[DEAL] = replace(house.store.deals[DEAL], title="changed meanwhile")

            post.at[place] = erin_answers
            await house.delivery.deliver_due(DEAL)
            return house

    house = run(test())
    assert house.store.item.state is Outbox.STOPPED
    assert house.store.deals[DEAL].title == "changed meanwhile"
    assert post.taken == []


def test_what_others_write_into_the_deal_meanwhile_is_kept() -> None:
    post = Post()

    async def test() -> House:
        async with running(post) as sender:
            house = House(sender)

            async def others_write() -> None:
                deal = house.store.deals[DEAL]
                house.store.deals[DEAL] = replace(deal, title="renamed", outbox=(*deal.outbox, queued(2)))

            post.at["after dot, mail taken"] = others_write
            await house.delivery.deliver_due(DEAL)
            return house

    deal = run(test()).store.deals[DEAL]
    assert deal.title == "renamed"
    assert [item.state for item in deal.outbox] == [Outbox.ACCEPTED, Outbox.QUEUED]


def test_a_blind_copy_that_is_back_before_the_250_has_filed_the_mail() -> None:
    post = Post()

    async def test() -> House:
        async with running(post) as sender:
            house = House(sender)

            async def copy_comes_back() -> None:
                deal = house.store.deals[DEAL]
                filed = outbox.after(deal.outbox[0], outbox.Happening.FOUND, NOW)
                house.store.deals[DEAL] = replace(deal, outbox=(filed,))

            post.at["after dot, mail taken"] = copy_comes_back
            await house.delivery.deliver_due(DEAL)
            return house

    assert run(test()).store.item.state is Outbox.FILED


# -- faults ---------------------------------------------------------------------------------------


def test_a_server_that_is_not_there_leaves_the_mail_queued_and_is_told() -> None:
    house = House(sender_to(1))
    with pytest.raises(SubmissionUnreachable):
        run(house.delivery.deliver_due(DEAL))
    assert house.store.states == [Outbox.QUEUED]


def test_an_account_that_is_refused_halfway_leaves_the_mail_queued_and_is_told() -> None:
    class Refusing:
        @asynccontextmanager
        async def transaction(self, item: OutboxItem) -> AsyncIterator[Refusing]:
            yield self

        handed_over = False

        async def envelope(self) -> None:
            raise SubmissionRefused("mail.example:587 wants a login first")

    house = House(Refusing())
    with pytest.raises(SubmissionRefused, match="wants a login"):
        run(house.delivery.deliver_due(DEAL))
    assert house.store.states == [Outbox.QUEUED]


def test_a_deferred_mail_is_tried_again_later_and_leaves_once() -> None:
    post = Post(dies_at="after RCPT", times=3)

    async def test() -> House:
        async with running(post) as sender:
            house = House(sender)
            await house.live_on(post)
            return house

    house = run(test())
    assert house.store.item.attempts == 3
    assert len(post.taken) == 1


@pytest.mark.parametrize("when", ["outcome", "committing"])
def test_a_full_disk_sends_nothing_that_it_cannot_note_and_forgets_no_outcome(when: str) -> None:
    post = Post()

    async def test() -> House:
        async with running(post) as sender:
            house = House(sender)
            house.store.full_at = {2} if when == "outcome" else {1}
            with pytest.raises(OSError, match="No space"):
                await house.delivery.deliver_due(DEAL)
            assert len(post.taken) == (1 if when == "outcome" else 0)
            # Room again.
            await house.delivery.deliver_due(DEAL)
            return house

    house = run(test())
    assert house.store.item.state in outbox.GONE_OUT
    assert len(post.taken) == 1


# -- chaos ------------------------------------------------------------------------------------------

NOT_HANDED_OVER = ("before MAIL", "after MAIL", "after RCPT")


@pytest.mark.parametrize("place", Post.PLACES)
def test_a_server_that_dies_anywhere_never_gets_a_mail_twice_and_none_is_lost_in_silence(place: str) -> None:
    post = Post(dies_at=place)

    async def test() -> House:
        async with running(post) as sender:
            house = House(sender)
            await house.delivery.deliver_due(DEAL)
            await house.live_on(post)
            return house

    house = run(test())
    if post.taken:
        assert (house.store.item.state in outbox.GONE_OUT, len(post.taken)) == (True, 1)
    else:
        assert outbox.is_overdue_uncertain(house.store.item, house.clock.time)
    assert post.taken or place not in NOT_HANDED_OVER
    assert not post.taken or place != "after dot, mail lost"


@pytest.mark.parametrize("side", ["dies_before", "dies_after"])
@pytest.mark.parametrize("commit", [1, 2])
def test_a_worker_that_is_killed_at_any_write_never_sends_twice_and_loses_nothing(commit: int, side: str) -> None:
    post = Post()

    async def test() -> House:
        async with running(post) as sender:
            house = House(sender)
            # What a killed process would still do in its last breath reaches no disk.
            setattr(house.store, side, commit)
            with pytest.raises(Died):
                await house.delivery.deliver_due(DEAL)
            house.store = Store(house.store.deals[DEAL])
            await house.live_on(post)
            return house

    house = run(test())
    assert len(post.taken) <= 1
    assert house.store.item.state in outbox.GONE_OUT if post.taken else house.store.item.state is Outbox.UNCERTAIN


@pytest.mark.parametrize("frozen_after", range(3))
def test_whatever_state_is_found_on_disk_the_next_start_sends_at_most_once(frozen_after: int) -> None:
    """The disk as it was after each write, with the server as it was at the end: the worst that a kill can do."""
    post = Post()

    async def test() -> House:
        async with running(post) as sender:
            house = House(sender)
            history = house.store.history
            await house.delivery.deliver_due(DEAL)
            assert [deal.outbox[0].state for deal in history] == [
                Outbox.QUEUED, Outbox.COMMITTING, Outbox.ACCEPTED,
            ]  # fmt: skip
            if frozen_after == 0:
                # DATA follows the second state: before it the server cannot have the mail.
                post.taken.clear()
            house.store = Store(history[frozen_after])
            await house.live_on(post)
            return house

    house = run(test())
    assert len(post.taken) == 1
    assert house.store.item.state in outbox.GONE_OUT


@pytest.mark.parametrize("place", Post.PLACES[:-1])
def test_a_worker_that_is_stopped_while_a_server_thinks_knows_at_the_next_start_what_it_knows(place: str) -> None:
    post = Post()

    async def test() -> tuple[Outbox, House]:
        async with running(post) as sender:
            house = House(sender)
            reached = asyncio.Event()

            async def think() -> None:
                if not reached.is_set():
                    reached.set()
                    await asyncio.Event().wait()

            post.at[place] = think
            task = asyncio.create_task(house.delivery.deliver_due(DEAL))
            await reached.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            state = house.store.item.state
            await house.live_on(post)
            return state, house

    state, house = run(test())
    if place in NOT_HANDED_OVER:
        assert state is Outbox.QUEUED
    elif place != "after 354":
        # Right behind the 354 the mail may be out already, or not yet.
        assert state is Outbox.UNCERTAIN
    assert len(post.taken) <= 1
    assert bool(post.taken) == (house.store.item.state in outbox.GONE_OUT)


def test_a_mail_goes_from_state_to_state_by_the_table_alone() -> None:
    post = Post(dies_at="after MAIL", times=2)

    async def test() -> House:
        async with running(post) as sender:
            house = House(sender)
            await house.delivery.deliver_due(DEAL)
            await house.live_on(post)
            return house

    states = run(test()).store.states
    moves = {(state, to) for (state, _), to in outbox.NEXT.items()}
    # Sending is passed through in memory.
    moves |= {(start, to) for start, middle in moves for begun, to in moves if middle is begun is Outbox.SENDING}
    assert all(move in moves for move in pairwise(states))
    assert states.count(Outbox.COMMITTING) == 1


def test_an_uncertain_mail_that_nobody_finds_waits_for_the_owner_and_is_sent_again_only_by_their_word() -> None:
    post = Post(dies_at="after dot, mail lost")

    async def test() -> tuple[int, House]:
        async with running(post) as sender:
            house = House(sender)
            await house.delivery.deliver_due(DEAL)
            await house.live_on(post, ticks=30)
            before = len(post.taken)
            deal = house.store.deals[DEAL]
            again = outbox.after(deal.outbox[0], outbox.Happening.SENT_AGAIN, house.clock.time)
            house.store.deals[DEAL] = replace(deal, outbox=(again,))
            await house.delivery.deliver_due(DEAL)
            return before, house

    before, house = run(test())
    assert (before, len(post.taken)) == (0, 1)
    assert post.taken == [MessageId(house.store.item.message_id)]
