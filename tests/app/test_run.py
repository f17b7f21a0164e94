"""`worker run` as a process of its own: from a mail that comes in to a mail that leaves, and every way to end it."""

from __future__ import annotations

import asyncio
import resource
import signal
import socket
import threading
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default as modern

import pytest

from worker.core.model import Outbox

ZOE = "zoe@northquay.example"
MARTA = "marta@oakline.example"


def test_a_signature_and_a_payment_lead_to_one_thank_you_in_the_thread(firm, house, weekend):
    firm.offer()
    worker = firm.run()
    worker.says("waiting for mail")
    assert house.sent(ZOE) == []
    firm.close_deal()
    worker.says("action=stage", "stage=opening")
    if weekend:  # of the whole earth: it is decided, and waits for Monday
        [item] = firm.queued("opening")
        assert item.letter.send_at > datetime.now(UTC)
        return
    [item] = firm.filed("opening")
    firm.filed("task")
    [data] = house.sent(ZOE)
    mail = message_from_bytes(data, policy=modern)
    assert str(mail["From"]) == "Márta Őrsi <marta@oakline.example>"
    assert str(mail["To"]) == "Zoë Björk <zoe@northquay.example>"
    assert [one.addr_spec for one in mail["Reply-To"].addresses] == [MARTA, "deals@oakline.example"]
    assert mail["In-Reply-To"] == "<offer@oakline.example>"
    assert mail["References"] == "<offer@oakline.example>"
    assert str(mail["Subject"]) == "Re: The cold store"
    assert mail["Message-ID"] == f"<{item.message_id}>"
    assert mail["Auto-Submitted"] is None
    assert "Zoë" in mail.get_content()
    assert worker.stop() == 0
    again = firm.run()
    again.says("waiting for mail")
    assert again.stop() == 0
    assert len(house.sent(ZOE)) == 1
    assert [house.copies(item) for item in firm.items("task")] == [1]


def test_what_is_decided_at_night_waits_for_the_morning(firm, house, night):
    firm.settings["WORKER_TIME_ZONE"] = night
    firm.offer()
    worker = firm.run()
    worker.says("waiting for mail")
    firm.close_deal()
    [item] = firm.queued("opening")
    assert item.letter.send_at > datetime.now(UTC)
    assert worker.stop() == 0
    assert house.sent(ZOE) == []


def test_the_log_has_a_line_for_each_decision_and_no_body(firm, house):
    firm.offer()
    worker = firm.run()
    worker.says("waiting for mail")
    firm.close_deal()
    line = worker.says("action=stage", "stage=opening")
    [deal] = firm.deals()
    assert f"deal={deal.id}" in line
    assert "envelope-1@docusign.net" in line
    assert "payment-1@paypal.com" in line
    assert "why=" in line
    firm.filed("task")
    worker.stop()
    decisions = [line for line in worker.lines if " action=" in line]
    assert len(decisions) >= len(firm.deals()[0].decisions)
    assert "Shall we begin in March" not in worker.log
    assert "Do not share" not in worker.log
    assert "Traceback" not in worker.log


# -- systemd ---------------------------------------------------------------------------------


class Manager:
    """The service manager's end of NOTIFY_SOCKET."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.heard: list[str] = []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(path)
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while words := self.socket.recv(4096):
            self.heard.extend(words.decode().split("\n"))


def test_systemd_hears_ready_status_signs_of_life_and_the_end(firm, tmp_path, wait_until):
    manager = Manager(str(tmp_path / "notify"))
    worker = firm.run(NOTIFY_SOCKET=manager.path, WATCHDOG_USEC="200000")
    wait_until(lambda: "READY=1" in manager.heard)
    wait_until(lambda: manager.heard.count("WATCHDOG=1") > 2)
    firm.offer()
    wait_until(lambda: any(line.startswith("STATUS=1 deals") for line in manager.heard))
    assert worker.stop() == 0
    wait_until(lambda: "STOPPING=1" in manager.heard)
    assert manager.heard.index("READY=1") < manager.heard.index("STOPPING=1")


# -- ends ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("moment", "copies"), [("offered", 0), ("taken", 1)])
def test_sigterm_before_the_server_has_answered_never_leads_to_a_second_copy(firm, house, moment, copies):
    reached = threading.Event()

    def think_for_ever() -> object:
        reached.set()
        return asyncio.Event().wait()

    firm.offer()
    worker = firm.run()
    worker.says("waiting for mail")
    house.system.at[moment] = think_for_ever
    firm.close_deal()
    assert reached.wait(20), worker.log
    assert worker.stop() == 0
    house.system.at.clear()
    again = firm.run()
    again.says("waiting for mail")
    if copies:  # our own copy has come back: the mail has left
        firm.filed("task")
    assert again.stop() == 0
    [item] = firm.items("task")
    assert item.state is (Outbox.FILED if copies else Outbox.UNCERTAIN)
    assert house.copies(item) == copies


def test_the_end_of_its_terminal_ends_it_cleanly_and_a_second_signal_changes_nothing(firm):
    firm.offer()
    worker = firm.run()
    worker.says("waiting for mail")
    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGTERM):
        worker.process.send_signal(number)
    assert worker.ends(5) == 0
    assert "Traceback" not in worker.log


def test_sigterm_on_a_full_disk_while_a_mail_is_handed_over_still_ends_it(firm, house):
    """What the server says can then not be written down: the next start does not know, and sends nothing again."""
    reached = threading.Event()
    firm.offer()
    worker = firm.run()
    worker.says("waiting for mail")

    def fill_and_think() -> object:
        resource.prlimit(worker.process.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        reached.set()
        return asyncio.Event().wait()

    house.system.at["taken"] = fill_and_think
    firm.close_deal()
    assert reached.wait(20), worker.log
    assert worker.stop() == 0
    house.system.at.clear()
    again = firm.run()
    again.says("waiting for mail")
    [item] = firm.filed("task")
    assert again.stop() == 0
    assert house.copies(item) == 1


def test_sigterm_while_history_is_read_ends_it_and_the_rest_is_read_later(firm, house):
    for number in range(120):
        firm.offer(f"Ann {number} <ann@company{number}.example>", f"offer-{number}@oakline.example")
    worker = firm.run()
    worker.says("mail=offer-")
    assert worker.stop() == 0
    assert "Traceback" not in worker.log
    again = firm.run("--once")
    assert again.ends() == 0
    assert len(firm.deals()) == 120
    assert len({deal.title for deal in firm.deals()}) == 120
    assert house.sent(MARTA) == []


# -- once ---------------------------------------------------------------------------------------


def test_once_handles_what_is_there_and_what_is_due_and_ends(firm, house):
    firm.settings["WORKER_MODE"] = "approve"
    firm.offer()
    assert firm.run("--once").ends() == 0
    firm.close_deal()
    assert firm.run("--once").ends() == 0
    assert len(firm.items("approval")) == 1
    assert [house.copies(item) for item in firm.items("task") + firm.items("approval")] == [1, 1]
    assert firm.run("--once").ends() == 0
    assert firm.filed("approval")
    assert [house.copies(item) for item in firm.items("task") + firm.items("approval")] == [1, 1]


def test_once_without_its_mailbox_fails_in_one_line(firm, house):
    firm.settings["WORKER_IMAP_PORT"] = str(house.relay("imap").port)
    worker = firm.run("--once")
    assert worker.ends() == 1
    [line] = worker.lines
    assert "nothing answers on this port" in line
    assert "WORKER_IMAP_PORT" in line
