"""The running worker on a clock that the test moves on: what it reads, decides and sends, and what it leaves alone."""

from __future__ import annotations

import asyncio
import imaplib
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import aiosmtplib
import pytest
from pydantic import SecretStr

from worker.app.clock import StoryClock
from worker.app.demo_servers import AUTHSERV, HOST, PASSWORD, MailSystem
from worker.app.library import read_library
from worker.app.service import Service
from worker.app.systemd import Notifier
from worker.app.telling import ToJournal
from worker.app.wiring import service_of
from worker.core.model import Address, Deal, Outbox, OutboxItem
from worker.core.playbook import Mode
from worker.io.imap import Account, Filer, Patience
from worker.io.store import Store
from worker.settings import Settings, Watched
from worker.settings_forms import Security

LONDON = ZoneInfo("Europe/London")
BEGINS = datetime(2026, 3, 3, 9, 0, tzinfo=LONDON)  # a Tuesday
WORKER, MARTA, ZOE = "deals@oakline.example", "marta@oakline.example", "zoe@northquay.example"
DOCUSIGN, PAYPAL = "dse@docusign.net", "service@paypal.com"
ME = "Márta Őrsi <marta@oakline.example>"
SHE = "Zoë Björk <zoe@northquay.example>"
LOU = "lou@westlane.example"
QUICK = Patience(idle=30, read=10, connect=5, farewell=1, backoff_min=0.01, backoff_max=0.05)


@dataclass
class Story:
    """A worker, its servers and the hand on its clock."""

    home: Path
    post: SimpleNamespace
    clock: StoryClock = field(default_factory=lambda: StoryClock(BEGINS))
    telling: Any = field(default_factory=ToJournal)
    more: dict[str, Any] = field(default_factory=dict)
    laid: int = 0
    """Mails that were laid into a folder without the SMTP server."""

    async def begin(self, *mailboxes: str) -> None:
        self.mail = MailSystem(mailboxes=mailboxes, clock=self.clock.now)
        await self.mail.start()
        self.store = Store.open(self.home / "state")

    def start(self) -> None:
        settings = Settings(
            address=Address(WORKER), team=(MARTA,), trusted_authserv=AUTHSERV, imap_host=HOST,
            imap_security=Security.NONE, imap_user=WORKER,
            imap_password=SecretStr(PASSWORD), smtp_host=HOST, smtp_security=Security.NONE, smtp_user=WORKER,
            smtp_password=SecretStr(PASSWORD), mode=Mode.SEND, time_zone=LONDON, state_dir=self.home / "state",
            **{"smtp_port": self.mail.smtp_port, "imap_port": self.mail.imap_ports[WORKER], **self.more},
        )  # fmt: skip
        library = read_library(self.home / "playbooks", self.home / "templates")
        self.service: Service = service_of(
            settings, library, self.store, clock=self.clock, notifier=Notifier(), telling=self.telling, patience=QUICK
        )
        self.running = asyncio.ensure_future(self.service.run())

    async def end(self) -> None:
        self.service.stop()
        await self.running
        await self.mail.stop()

    # -- what happens ------------------------------------------------------------------------

    async def write(self, content: bytes, by: str, *to: str, proven: bool = True) -> None:
        """Send a mail and wait until the worker has done all that follows from it now."""
        client = aiosmtplib.SMTP(hostname=HOST, port=self.mail.smtp_port, start_tls=False, use_tls=False)
        await client.connect()
        if proven:
            await client.login(by, PASSWORD)
        await client.sendmail(by, list(to), content)
        await client.quit()
        await self.settled()

    async def offer(self, to: str = SHE, id: str = "offer@oakline.example") -> None:
        await self.write(self.post.proposal(self.clock.now(), to, id), MARTA, WORKER)

    async def close_deal(self, who: str = SHE, mark: str = "1") -> None:
        now = self.clock.now()
        await self.write(self.post.signed(now, who, f"envelope-{mark}@docusign.net"), DOCUSIGN, WORKER)
        await self.write(self.post.paid(now, who, f"payment-{mark}@paypal.com"), PAYPAL, WORKER)

    async def lay(self, folder: str, content: bytes) -> None:
        """Put a mail into a folder of the owner's own mailbox."""
        box = Account(name="", host=HOST, port=self.mail.imap_ports[MARTA], security="none", user=MARTA,
                      password=PASSWORD)  # fmt: skip
        filer = Filer(box)
        await filer.append(folder, content, self.clock.now(), ())
        await filer.close()
        self.laid += 1
        await self.settled()

    async def until(self, moment: datetime) -> None:
        """Let time pass, and the worker do at each moment what it has to do."""
        while self.clock.waiting_for is not None and self.clock.waiting_for <= moment:
            self.clock.move_to(self.clock.waiting_for)
            await self.settled()
        self.clock.move_to(moment)
        await self.settled()

    async def settled(self) -> None:
        """Wait until the worker has read all there is, done all that is due, and sleeps."""
        await poll(lambda: self.running.done() or self._is_settled(), self)
        if self.running.done():
            self.running.result()

    def _is_settled(self) -> bool:
        return (
            self.service.taken >= self.mail.delivered + self.laid
            and self.service.at_rest
            and self.clock.resting.is_set()
        )

    # -- what is there --------------------------------------------------------------------------

    @property
    def deals(self) -> list[Deal]:
        return sorted(self.store.all(), key=lambda deal: deal.created)

    def items(self, purpose: str) -> list[OutboxItem]:
        return [item for deal in self.deals for item in deal.outbox if item.letter.purpose == purpose]

    def sent(self, to: str) -> list[bytes]:
        return [data for by, recipients, data in self.mail.taken if by == WORKER and recipients[0] == to]


async def poll(true: Callable[[], Any], story: Story) -> None:
    """Look again until it is so; tell how the worker stands where it never is."""
    ends = asyncio.get_running_loop().time() + 20
    while not true():
        assert asyncio.get_running_loop().time() < ends, (
            f"read {story.service.taken} of {story.mail.delivered + story.laid} mails; {vars(story.service)}"
        )
        await asyncio.sleep(0.004)


def imap(story: Story, box: str, work: Callable[[imaplib.IMAP4], Any]) -> Awaitable[Any]:
    """Look into a mailbox, beside the worker."""

    def look() -> Any:
        with imaplib.IMAP4(HOST, story.mail.imap_ports[box], 10) as client:
            client.login(box, PASSWORD)
            return work(client)

    return asyncio.to_thread(look)


@pytest.fixture
def live(tmp_path, post):
    """Lives a story through."""

    def lives(tell, *books: str, runs: bool = True, watch: bool = False, **more: Any) -> Story:
        post.lay_out(tmp_path / "playbooks", tmp_path / "templates", {name: getattr(post, name) for name in books})
        story = Story(tmp_path, post, more=more)

        async def whole() -> None:
            await story.begin(*((WORKER, MARTA) if watch else (WORKER,)))
            if watch:
                box = Watched(host=HOST, port=story.mail.imap_ports[MARTA], security=Security.NONE, user=MARTA,
                              password=SecretStr(PASSWORD))  # fmt: skip
                story.more["watch"] = {"marta": box}
                await imap(story, MARTA, lambda client: client.create("Sent"))
            if runs:
                story.start()
            try:
                await tell(story)
            finally:
                with suppress(AttributeError):
                    await story.end()

        asyncio.run(whole())
        return story

    return lives


# -- the past, the present, the hours ---------------------------------------------------------------


def test_for_the_past_nothing_is_sent(live):
    async def tell(story: Story) -> None:
        now = story.clock.now() - timedelta(days=10)
        story.clock = StoryClock(now)
        story.mail.clock = lambda: story.clock.now()
        client = aiosmtplib.SMTP(hostname=HOST, port=story.mail.smtp_port, start_tls=False, use_tls=False)
        await client.connect()
        for by, mail in ((MARTA, story.post.proposal(now)), (DOCUSIGN, story.post.signed(now)),
                         (PAYPAL, story.post.paid(now))):  # fmt: skip
            await client.login(by, PASSWORD) if by == MARTA else None
            await client.sendmail(by, [WORKER], mail)
        await client.quit()
        story.clock.move_to(BEGINS)
        story.start()
        await story.settled()
        await story.until(BEGINS + timedelta(days=30))
        [deal] = story.deals
        assert len(deal.log) == 3
        assert all(mail.history for mail in deal.log)
        assert deal.outbox == ()
        # Its owner hears what was found, and each week what waits; nobody else hears anything.
        assert {one for _, to, _ in story.mail.taken[3:] for one in to} <= {MARTA, WORKER}

    live(tell, "thanks", "nudge", runs=False)


def test_the_thank_you_leaves_in_the_hours_of_the_playbook_and_once(live):
    async def tell(story: Story) -> None:
        await story.offer()
        await story.until(BEGINS.replace(hour=20))
        await story.close_deal()
        assert story.sent(ZOE) == []
        await story.until(BEGINS + timedelta(days=5))
        [item] = story.items("opening")
        assert item.state is Outbox.FILED
        assert item.letter.send_at == datetime(2026, 3, 4, 7, 0, tzinfo=LONDON)
        assert len(story.sent(ZOE)) == 1

    live(tell, "thanks")


# -- the owner's own mailbox ----------------------------------------------------------------------


def test_silence_brings_a_nudge(live):
    async def tell(story: Story) -> None:
        await story.offer()
        await story.until(BEGINS + timedelta(days=4))
        assert len(story.sent(ZOE)) == 1

    live(tell, "nudge", watch=True)


def answer(story: Story, **more: str) -> bytes:
    return story.post.letter(SHE, ME, "I will look at it on Monday.", subject="Re: The cold store",
                             id="answer@northquay.example", at=story.clock.now(), **more)  # fmt: skip


def test_an_answer_that_lies_only_in_the_owners_inbox_stops_the_nudge(live):
    async def tell(story: Story) -> None:
        await story.offer()
        await story.until(BEGINS + timedelta(days=1))
        await story.write(answer(story, answers="offer@oakline.example"), ZOE, MARTA)
        await story.until(BEGINS + timedelta(days=10))
        assert story.sent(ZOE) == []
        assert any(mail.id == "answer@northquay.example" for mail in story.deals[0].log)
        flags = await imap(
            story, MARTA, lambda client: (client.select("INBOX", True), client.fetch("1:*", "(FLAGS)"))[1]
        )
        assert flags[1]
        assert not any(b"Seen" in line for line in flags[1])

    live(tell, "nudge", watch=True)


def test_an_answer_in_the_last_minute_stops_a_mail_that_waits_for_the_morning(live):
    async def tell(story: Story) -> None:
        await story.offer()
        await story.until(datetime(2026, 3, 5, 20, 0, tzinfo=LONDON))
        await story.write(answer(story, answers="offer@oakline.example"), ZOE, MARTA)
        await story.until(BEGINS + timedelta(days=10))
        assert story.sent(ZOE) == []

    live(lambda story: _late(story, tell), "nudge", watch=True)


async def _late(story: Story, tell: Callable[[Story], Awaitable[None]]) -> None:
    story.clock.move_to(BEGINS.replace(hour=19, minute=30))
    await tell(story)


def test_private_mail_in_the_owners_mailbox_is_none_of_our_business(live):
    async def tell(story: Story) -> None:
        await story.offer()
        private = story.post.letter("Ann <ann@family.example>", ME, "Dinner at eight?", subject="Tonight",
                                    id="dinner@family.example", at=story.clock.now())  # fmt: skip
        await story.write(private, "ann@family.example", MARTA)
        own = story.post.letter(ME, "Ann <ann@family.example>", "Yes please.", subject="Re: Tonight",
                                id="yes@oakline.example", at=story.clock.now())  # fmt: skip
        await story.lay("Sent", own)
        assert len(story.deals) == 1
        assert story.store.unplaced() == ()

    live(tell, "nudge", watch=True)


def test_what_the_owner_has_sent_without_a_copy_to_us_stops_the_nudge(live):
    async def tell(story: Story) -> None:
        await story.offer()
        await story.until(BEGINS + timedelta(days=1))
        again = story.post.letter(ME, SHE, "One more thing: the price holds until May.", subject="Re: The cold store",
                                  id="again@oakline.example", at=story.clock.now(), answers="offer@oakline.example")  # fmt: skip
        await story.lay("Sent", again)
        await story.until(BEGINS + timedelta(days=10))
        assert story.sent(ZOE) == []
        assert any(mail.id == "again@oakline.example" and mail.speaker == "owner" for mail in story.deals[0].log)

    live(tell, "nudge", watch=True)


def test_a_forged_mail_of_the_owner_in_their_inbox_stops_nothing(live):
    async def tell(story: Story) -> None:
        await story.offer()
        await story.until(BEGINS + timedelta(days=1))
        forged = story.post.letter(ME, SHE, "I write to you myself.", subject="Re: The cold store",
                                   id="forged@oakline.example", at=story.clock.now(), answers="offer@oakline.example")  # fmt: skip
        await story.write(forged, "mallory@bad.example", MARTA, proven=False)
        await story.until(BEGINS + timedelta(days=10))
        assert len(story.sent(ZOE)) == 1

    live(tell, "nudge", watch=True)


def test_the_copy_in_the_sent_folder_does_not_swallow_the_tag_of_our_own_copy(live):
    async def tell(story: Story) -> None:
        await story.offer()
        pause = story.post.letter(ME, SHE, "Let us talk after Easter.", subject="Re: The cold store",
                                  id="pause@oakline.example", at=story.clock.now(), answers="offer@oakline.example",
                                  bcc="deals+pause@oakline.example")  # fmt: skip
        await story.lay("Sent", pause)
        assert story.deals[0].paused_until is None
        await story.write(pause, MARTA, "deals+pause@oakline.example")
        assert story.deals[0].paused_until is not None

    live(tell, "nudge", watch=True)


# -- troubles ----------------------------------------------------------------------------------------


def test_a_server_that_is_away_is_tried_again_without_a_spin(live, caplog):
    async def tell(story: Story) -> None:
        relay = story.post.relay(story.mail.smtp_port)
        story.more["smtp_port"] = relay.port
        story.start()
        await story.offer()
        await story.close_deal()
        assert story.clock.waiting_for is not None
        assert story.clock.waiting_for > story.clock.now()
        await story.until(BEGINS + timedelta(minutes=10))
        assert len([one for one in caplog.messages if "nothing can be sent just now" in one]) == 1
        assert story.sent(ZOE) == []
        await relay.open()
        await story.until(BEGINS + timedelta(hours=2))
        assert len(story.sent(ZOE)) == 1
        assert len([one for one in caplog.messages if "mail can be sent again" in one]) == 1
        await relay.close()

    with caplog.at_level(logging.INFO, "worker"):
        live(tell, "thanks", runs=False)


def test_while_a_mailbox_cannot_be_read_nobody_is_written_to(live):
    """An answer may lie in it."""

    async def tell(story: Story) -> None:
        relay = story.post.relay(story.mail.imap_ports[WORKER])
        story.more["imap_port"] = relay.port
        await relay.open()
        story.start()
        await story.offer()
        await relay.close()
        own = story.service.readers[0]
        await poll(lambda: own.is_behind, story)
        await story.until(BEGINS + timedelta(days=4))
        assert story.sent(ZOE) == []
        [item] = story.items("nudge")
        assert item.state is Outbox.QUEUED
        assert "an answer may lie unread: mailbox deals@oakline.example" in item.reply
        await relay.open()
        await poll(lambda: not own.is_behind, story)
        await story.until(BEGINS + timedelta(days=7))  # over a weekend
        assert len(story.sent(ZOE)) == 1
        await relay.close()

    live(tell, "nudge", watch=True, runs=False)


def test_an_owners_mailbox_that_lets_us_in_no_more_stops_nobody_elses_mail(live, caplog):
    """Their password was changed; what is meant for their contacts waits, since an answer may lie in it."""

    async def tell(story: Story) -> None:
        box = story.more["watch"]["marta"]
        story.more["watch"] = {"marta": box.model_copy(update={"password": SecretStr("the old one")})}
        story.start()
        await story.offer()
        await story.until(BEGINS + timedelta(days=4))
        assert story.sent(ZOE) == []
        [item] = story.items("nudge")
        assert f"an answer may lie unread: mailbox {MARTA}" in item.reply
        assert not story.running.done()

    live(tell, "nudge", watch=True, runs=False)
    assert len([one for one in caplog.messages if "WORKER_WATCH__MARTA__PASSWORD" in one]) == 1


def test_what_is_sent_side_by_side_stays_below_the_caps(live):
    async def tell(story: Story) -> None:
        people = [f"Ann {n} <ann@company{n}.example>" for n in range(6)]
        for number, one in enumerate(people):
            await story.offer(one, f"offer-{number}@oakline.example")
        await story.until(BEGINS.replace(hour=20))
        for number, one in enumerate(people):
            await story.close_deal(one, str(number))
        morning = datetime(2026, 3, 4, 7, 0, tzinfo=LONDON)
        await story.until(morning + timedelta(minutes=29))
        assert {item.letter.send_at for item in story.items("opening")} == {morning}
        assert len([item for item in story.items("opening") if item.state is Outbox.FILED]) == 2
        await story.until(BEGINS + timedelta(days=1, hours=9))
        assert len([item for item in story.items("opening") if item.state is Outbox.FILED]) == 6

    live(tell, "thanks", max_per_hour=2)


def test_a_mail_that_cannot_be_written_holds_up_its_own_deal_alone(live, caplog):
    async def tell(story: Story) -> None:
        path = story.home / "templates" / "client" / "thank-you.txt"
        path.write_text(path.read_text().replace("subject: Thank you", "subject: '{{ contact.name }}'"))
        path.write_text(path.read_text().replace("thread: same", "thread: new"))
        story.start()
        await story.offer(f"<{LOU}>", "offer-2@oakline.example")
        await story.offer()
        await story.close_deal(f"nobody <{LOU}>", "2")
        await story.close_deal()
        await story.until(BEGINS + timedelta(days=2))
        assert story.sent(LOU) == []
        assert len(story.sent(ZOE)) == 1
        told = [one for one in caplog.messages if "the mail cannot be written" in one]
        assert story.deals[0].id in told[0]
        assert len(told) < 60

    live(tell, "thanks", runs=False)


class Broken(ToJournal):
    """Breaks at one mail and at one deal's decisions."""

    def heard(self, message, evidence, deals, why):
        super().heard(message, evidence, deals, why)
        if message.subject == "Break me":
            raise RuntimeError("a fault of ours")

    def decided(self, deal, decisions):
        if deal.contacts[0].address == LOU:
            raise RuntimeError("a fault of ours")


def test_a_mail_and_a_deal_that_break_us_do_not_stop_the_others(live, caplog):
    async def tell(story: Story) -> None:
        story.telling = Broken()
        story.start()
        stranger = story.post.letter("Ann <ann@else.example>", ME, "Hello", subject="Break me", id="break@else.example",
                                     at=story.clock.now())  # fmt: skip
        await story.write(stranger, "ann@else.example", WORKER)
        await story.offer(f"Lou <{LOU}>", "offer-2@oakline.example")
        await story.offer()
        await story.close_deal()
        await story.until(BEGINS + timedelta(hours=3))
        assert len(story.sent(ZOE)) == 1
        assert any("could not take it in" in mail.why for mail in story.store.unplaced())
        assert any("could not be decided" in one for one in caplog.messages)

    live(tell, "thanks", runs=False)


# -- the Sent folder of the worker's own mailbox ----------------------------------------------------------


def test_what_has_left_is_filed_in_the_sent_folder_once(live):
    async def tell(story: Story) -> None:
        await imap(story, WORKER, lambda client: client.create("Sent"))
        story.start()
        await story.offer()
        await story.close_deal()
        await story.until(BEGINS + timedelta(hours=3))
        [item] = story.items("opening")
        found = await imap(
            story, WORKER, lambda client: (client.select("Sent", True), client.fetch("1:*", "(RFC822)"))[1]
        )
        [mail] = [message_from_bytes(part[1]) for part in found[1] if isinstance(part, tuple)]
        assert mail["Message-ID"] == f"<{item.message_id}>"
        assert item.state is Outbox.FILED

    live(tell, "thanks", runs=False, sent_folder="Sent")


def test_a_sent_folder_that_is_not_there_holds_up_nothing(live, caplog):
    async def tell(story: Story) -> None:
        await story.offer()
        await story.close_deal()
        await story.until(BEGINS + timedelta(hours=3))
        assert len(story.sent(ZOE)) == 1
        assert story.items("opening")[0].state is Outbox.FILED
        assert len([one for one in caplog.messages if 'no folder "Gesendet"' in one]) == 1

    live(tell, "thanks", sent_folder="Gesendet")
