"""`worker run` as a process of its own: from a mail that comes in to a mail that leaves, and every way to end it."""

from __future__ import annotations

import socket
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default as modern
from pathlib import Path

import pytest

from worker.core.model import Outbox, Stage

pytestmark = pytest.mark.usefixtures("house")
ZOE = "zoe@northquay.example"
MARTA = "marta@oakline.example"


def test_a_signature_and_a_payment_lead_to_one_thank_you_in_the_thread(firm, house, weekend):
    firm.offer()
    worker = firm.run()
    worker.says("waiting for mail")
    assert house.sent(ZOE) == []
    firm.close_deal()
    worker.says("action=stage", "stage=opening")
    if weekend:  # a weekend of the whole earth: it is decided, and waits for Monday
        [item] = firm.items("opening")
        assert item.state is Outbox.QUEUED
        assert item.letter.send_at > datetime.now(UTC)
        return
    [item] = firm.filed("opening")
    [data] = house.sent(ZOE)
    mail = message_from_bytes(data, policy=modern)
    assert str(mail["From"]) == "Márta Őrsi <marta@oakline.example>"
    assert str(mail["To"]) == "Zoë Björk <zoe@northquay.example>"
    assert [one.addr_spec for one in mail["Reply-To"].addresses] == [MARTA, "deals@oakline.example"]
    assert mail["In-Reply-To"] == "<offer@oakline.example>"
    assert mail["References"] == "<offer@oakline.example>"
    assert str(mail["Subject"]) == "Re: The cold store"
    assert mail["Message-ID"] == f"<{item.message_id}>"
    assert "Zoë" in mail.get_content()
    assert mail["Auto-Submitted"] is None
    firm.filed("task")
    assert worker.stop() == 0
    again = firm.run()
    again.says("waiting for mail")
    assert again.stop() == 0
    assert len(house.sent(ZOE)) == 1
    assert len(house.sent(MARTA)) == 1


class TestNight:
    @pytest.fixture
    def zone(self, night: str) -> str:
        return night

    def test_what_is_decided_at_night_waits_for_the_morning(self, firm, house):
        firm.offer()
        worker = firm.run()
        worker.says("waiting for mail")
        firm.close_deal()
        worker.says("action=stage", "stage=opening")
        [item] = firm.items("opening")
        assert item.state is Outbox.QUEUED
        assert item.letter.send_at > datetime.now(UTC)
        assert worker.stop() == 0
        assert house.sent(ZOE) == []
