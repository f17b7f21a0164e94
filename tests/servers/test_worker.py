"""`worker run` against Dovecot and Postfix of the distribution: a mailbox of 2,000 mails, and what comes then."""

from __future__ import annotations

import importlib.util
import os
import random
import shutil
import smtplib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from worker.core.model import Outbox, OutboxItem, Stage

pytestmark = pytest.mark.servers

WORKER, MARTA, ZOE = "deals@oakline.example", "marta@oakline.example", "zoe@northquay.example"
HISTORY = 2000


def load_firm() -> ModuleType:
    """The people and the worker of tests/app."""
    file = Path(__file__).parents[1] / "app" / "conftest.py"
    spec = importlib.util.spec_from_file_location("firm_for_servers", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


people = load_firm()

SETTINGS = "myhostname = mx.oakline.example\nrecipient_delimiter = +"


@dataclass
class Office:
    """A Postfix that delivers into the mailboxes of a Dovecot."""

    postfix: Any

    @property
    def boxes(self) -> dict[str, str]:
        """Address -> user of the Dovecot."""
        return dict(self.postfix.boxes)

    @property
    def port(self) -> int:
        return int(self.postfix.ports["plain"])

    def log(self) -> str:
        return str(self.postfix.log())

    def lying(self, address: str) -> list[EmailMessage]:
        """The mails in a mailbox, as files."""
        return list(self.postfix.lying(address))

    def hand_in(self, content: bytes, by: str, *to: str) -> None:
        with smtplib.SMTP("127.0.0.1", self.port, timeout=20) as client:
            client.sendmail(by, list(to), content)

    def copies(self, item: OutboxItem) -> int:
        """How often a mail lies in the mailboxes of those whom it was written to."""
        boxes = [self.lying(party.address) for party in item.letter.to]
        return sum(mail["Message-ID"] == f"<{item.message_id}>" for box in boxes for mail in box)


class Firm(people.Firm):
    """The firm, on the servers of the distribution."""

    def __init__(self, home: Path, dovecot: Any, office: Office, zone: str) -> None:
        self.dovecot, self.office = dovecot, office
        super().__init__(home, _Ports({WORKER: dovecot.plain}, office.port), zone)
        self.settings |= {"WORKER_IMAP_USER": office.boxes[WORKER], "WORKER_IMAP_HOST": "127.0.0.1"}
        for name in ("IMAP_PASSWORD", "SMTP_USER", "SMTP_PASSWORD"):
            del self.settings[f"WORKER_{name}"]

    def run(self, *more: str, **environ: str) -> Any:
        return super().run(*more, **{"WORKER_IMAP_PASSWORD": self.dovecot.password, **environ})

    def offer(self, to: str = people.ZOE, id: str = "offer@oakline.example") -> None:
        now = datetime.now(UTC)
        self.arrive(people.stamped(people.proposal(now, to, id), MARTA, at=now), MARTA)

    def close_deal(self, who: str = people.ZOE, mark: str = "1") -> None:
        now = datetime.now(UTC)
        for by, mail in (
            ("dse@docusign.net", people.signed(now, who, f"envelope-{mark}@docusign.net")),
            ("service@paypal.com", people.paid(now, who, f"payment-{mark}@paypal.com")),
        ):
            self.arrive(people.stamped(mail, by, at=now), by)

    def arrive(self, content: bytes, by: str) -> None:
        self.office.hand_in(content, by, WORKER)


@dataclass
class _Ports:
    imap_ports: dict[str, int]
    smtp_port: int

    @property
    def system(self) -> _Ports:
        return self


@pytest.fixture
def open_office(start_postfix: Callable[..., Any]) -> Callable[[Any], Office]:
    """A Postfix with three mailboxes in a Dovecot: the worker's, the owner's and the contact's."""

    def build(dovecot: Any) -> Office:
        boxes = {address: dovecot.new_user() for address in (WORKER, MARTA, ZOE)}
        return Office(start_postfix(boxes, dovecot.root / "mail", "plain", settings=SETTINGS))

    return build


@pytest.fixture
def office(dovecot: Any, open_office: Callable[[Any], Office]) -> Office:
    return open_office(dovecot)


@pytest.fixture
def zone() -> str:
    return people.zone_where(datetime.now(UTC), awake=True) or "UTC"


@pytest.fixture
def firm(tmp_path: Path, dovecot: Any, office: Office, zone: str) -> Iterator[Firm]:
    one = Firm(tmp_path, dovecot, office, zone)
    yield one
    for process in one.processes:
        process.kill()


# -- half a year of mail ----------------------------------------------------------------------


def past_mails(count: int, until: datetime) -> Iterator[tuple[datetime, str, bytes]]:
    """What lies in the mailbox of a firm that has been using it for half a year: when, by whom, and the mail."""
    chance = random.Random(2)
    names = [f"Ann{n} Björk <ann@company{n}.example>" for n in range(120)]
    begin = until - timedelta(days=180)
    for number in range(count):
        at = begin + (until - begin) * number / count
        who = chance.choice(names)
        bare = who.partition("<")[2].rstrip(">")
        kind = number % 8
        if kind in (0, 1):
            yield at, MARTA, people.letter(people.OWNER, who, "Would it be worth half an hour to talk?\n\nMárta",
                                           subject=f"Your cold store {number}", id=f"m{number}@oakline.example", at=at)  # fmt: skip
        elif kind == 2:
            yield at, MARTA, people.proposal(at, who, f"m{number}@oakline.example")
        elif kind in (3, 4):
            yield at, bare, people.letter(who, people.OWNER, "Sounds good. What would it cost?", id=f"m{number}@there.example",
                                          subject=f"Re: Your cold store {number}", at=at,
                                          answers=f"m{number - 3}@oakline.example")  # fmt: skip
        elif kind == 5:
            yield at, "dse@docusign.net", people.signed(at, who, f"m{number}@docusign.net")
        elif kind == 6:
            yield at, "service@paypal.com", people.paid(at, who, f"m{number}@paypal.com")
        else:
            news = people.letter("News <news@list.example>", people.OWNER, "Ten things about cold.\n" * 40,
                                 subject=f"Cold weekly {number}", id=f"m{number}@list.example", at=at)  # fmt: skip
            yield at, "news@list.example", b"List-Unsubscribe: <mailto:off@list.example>\r\nPrecedence: bulk\r\n" + news


def fill(folder: Path, count: int, until: datetime) -> None:
    """Lay the past into a Maildir, each mail dated as it came."""
    for part in ("cur", "new", "tmp"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for number, (at, by, mail) in enumerate(past_mails(count, until)):
        path = folder / "cur" / f"{int(at.timestamp())}.M{number}.past:2,S"
        path.write_bytes(people.stamped(mail, by, at=at))
        os.utime(path, (at.timestamp(), at.timestamp()))
    for path in (folder, *folder.rglob("*")):
        shutil.chown(path, "mail", "mail")


def test_two_thousand_mails_are_history_and_what_comes_then_is_answered_within_seconds(
    firm: Firm, office: Office, dovecot: Any
) -> None:
    fill(dovecot.root / "mail" / office.boxes[WORKER], HISTORY, datetime.now(UTC) - timedelta(hours=1))
    firm.offer()
    people.until(lambda: office.log().count("status=sent") == 1, office.log)
    worker = firm.run()
    worker.says("waiting for mail")
    history = [line for line in worker.lines if "mails read, nothing is sent for the past" in line]
    assert sum(int(line.split("history: ")[1].split()[0]) for line in history) == HISTORY + 1
    deals = firm.deals()
    assert len(deals) == 121
    assert sum(len(deal.log) for deal in deals) > 1500
    people.until(lambda: any(deal.stage is Stage.ACTIVE for deal in firm.deals()), lambda: worker.log)
    firm.close_deal()
    worker.says("action=stage", "stage=opening", "envelope-1@docusign.net")
    firm.filed("task")  # which may leave at any hour
    if firm.settings["WORKER_TIME_ZONE"] == "UTC":  # a weekend of the whole earth: it waits for Monday
        [item] = firm.queued("opening")
        assert item.letter.send_at > datetime.now(UTC)
    else:
        [item] = firm.filed("opening")
        [mail] = office.lying(ZOE)
        assert mail["From"] == people.OWNER
        assert mail["To"] == people.ZOE
        assert [one.addr_spec for one in mail["Reply-To"].addresses] == [MARTA, WORKER]
        assert mail["In-Reply-To"] == mail["References"] == "<offer@oakline.example>"
        assert mail["Message-ID"] == f"<{item.message_id}>"
        assert mail["Return-Path"] == f"<{WORKER}>"
        assert "Zoë" in mail.get_content()
    assert worker.stop() == 0  # out of IDLE
    again = firm.run()
    again.says("waiting for mail")
    assert again.stop() == 0
    ours = [one for one in firm.items() if one.state is not Outbox.QUEUED]
    assert {one.state for one in ours} == {Outbox.FILED}
    assert [office.copies(one) for one in ours] == [1] * len(ours)


# -- what may happen to a mailbox ---------------------------------------------------------------


@pytest.fixture
def own_dovecot(start_dovecot: Callable[..., Any]) -> Iterator[Any]:
    """A server that a test may stop."""
    server = start_dovecot()
    yield server
    server.stop()


class TestStopped:
    @pytest.fixture
    def office(self, own_dovecot: Any, open_office: Callable[[Any], Office]) -> Office:
        return open_office(own_dovecot)

    @pytest.fixture
    def firm(self, tmp_path: Path, own_dovecot: Any, office: Office, zone: str) -> Iterator[Firm]:
        one = Firm(tmp_path, own_dovecot, office, zone)
        yield one
        for process in one.processes:
            process.kill()

    def test_a_server_that_is_stopped_and_started_is_come_back_to(
        self, firm: Firm, own_dovecot: Any, office: Office
    ) -> None:
        firm.offer()
        worker = firm.run()
        worker.says("mail=offer@oakline.example")
        worker.says("waiting for mail")
        own_dovecot.stop()
        worker.says("WARNING", "mailbox user")
        firm.close_deal()  # Postfix delivers while nobody can read
        own_dovecot.start()
        worker.says("stage=opening")
        firm.filed("task")
        assert worker.stop() == 0
        assert [office.copies(one) for one in firm.items("task")] == [1]


def test_a_folder_with_a_new_uidvalidity_sends_nothing_twice(firm: Firm, office: Office, dovecot: Any) -> None:
    user = office.boxes[WORKER]
    firm.settings["WORKER_IMAP_FOLDER"] = "Deals"
    now = datetime.now(UTC)
    mails = [
        people.stamped(people.proposal(now), MARTA, at=now),
        people.stamped(people.signed(now), "dse@docusign.net", at=now),
        people.stamped(people.paid(now), "service@paypal.com", at=now),
    ]
    with dovecot.client(user) as client:
        client.create("Deals")
    dovecot.deliver(user, mails[0], folder="Deals")
    worker = firm.run()
    worker.says("waiting for mail")
    dovecot.deliver(user, *mails[1:], folder="Deals")
    worker.says("stage=opening")
    people.until(lambda: any(one.state is Outbox.ACCEPTED for one in firm.items("task")), lambda: worker.log)
    expected = 1 if firm.settings["WORKER_TIME_ZONE"] == "UTC" else 2
    people.until(lambda: sum(one.state is Outbox.ACCEPTED for one in firm.items()) == expected, lambda: worker.log)
    assert worker.stop() == 0
    before = firm.deals()
    with dovecot.client(user) as client:
        client.delete("Deals")
        client.create("Deals")
    dovecot.deliver(user, *mails, folder="Deals")
    assert firm.run("--once").ends() == 0
    assert [deal.log for deal in firm.deals()] == [deal.log for deal in before]
    assert [deal.outbox for deal in firm.deals()] == [deal.outbox for deal in before]
    left = [one for one in firm.items() if one.state is not Outbox.QUEUED]
    assert [office.copies(one) for one in left] == [1] * expected


def test_an_answer_in_the_owners_mailbox_is_seen_and_stays_unread(firm: Firm, office: Office, dovecot: Any) -> None:
    firm.settings |= {
        "WORKER_WATCH__MARTA__HOST": "127.0.0.1", "WORKER_WATCH__MARTA__PORT": str(dovecot.plain),
        "WORKER_WATCH__MARTA__SECURITY": "none", "WORKER_WATCH__MARTA__USER": office.boxes[MARTA],
    }  # fmt: skip
    now = datetime.now(UTC)
    answer = people.letter(people.ZOE, people.OWNER, "Send me the contract.", subject="Re: The cold store",
                           id="answer@northquay.example", at=now, answers="offer@oakline.example")  # fmt: skip
    private = people.letter("Ann <ann@family.example>", people.OWNER, "Dinner?", subject="Tonight",
                            id="dinner@family.example", at=now)  # fmt: skip
    again = people.letter(people.OWNER, people.ZOE, "Here it is.", subject="Re: The cold store",
                          id="again@oakline.example", at=now, answers="offer@oakline.example")  # fmt: skip
    firm.offer()
    people.until(lambda: office.lying(WORKER), office.log)
    worker = firm.run(WORKER_WATCH__MARTA__PASSWORD=dovecot.password)
    worker.says("user", "INBOX: read to the end")
    office.hand_in(people.stamped(answer, ZOE, MARTA, at=now), ZOE, MARTA)
    office.hand_in(people.stamped(private, "ann@family.example", MARTA, at=now), "ann@family.example", MARTA)
    dovecot.deliver(office.boxes[MARTA], again, folder="Sent")
    worker.says("mail=answer@northquay.example")
    worker.says("mail=again@oakline.example")
    assert worker.stop() == 0
    assert "dinner@family.example" not in worker.log
    [deal] = firm.deals()
    assert {mail.id: mail.speaker for mail in deal.log} == {
        "offer@oakline.example": "owner", "answer@northquay.example": "contact", "again@oakline.example": "owner"
    }  # fmt: skip
    assert not any(b"Seen" in flags for flags in dovecot.flags(office.boxes[MARTA]))


def test_a_wrong_password_ends_it_with_one_line(firm: Firm) -> None:
    worker = firm.run(WORKER_IMAP_PASSWORD="not-this-one")
    assert worker.ends() == 78
    [line] = [line for line in worker.lines if "INFO" not in line]
    assert "WORKER_IMAP_PASSWORD" in line
    assert "not-this-one" not in worker.log


def test_an_expired_certificate_is_told_and_tried_again(
    firm: Firm, office: Office, start_dovecot: Callable[..., Any]
) -> None:
    server = start_dovecot("expired")
    firm.settings |= {
        "WORKER_IMAP_HOST": "localhost", "WORKER_IMAP_PORT": str(server.tls), "WORKER_IMAP_SECURITY": "tls",
        "SSL_CERT_FILE": str(server.certificate), "WORKER_IMAP_USER": server.new_user(),
    }  # fmt: skip
    worker = firm.run()
    worker.says("has expired")
    assert worker.process.poll() is None
    assert worker.stop() == 0
    server.stop()
