"""What a person reads of a mail: its kind, its trust and why, the marked words, the deal and what would follow."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from worker.app.describing import describe, with_marks
from worker.app.explain import explain
from worker.app.foresight import Foreseen
from worker.core.model import Action, Address, Bucket, Deal, DealId, Decision, Party, Place, RawMail, Reading, Stage
from worker.mail.parse import parse
from worker.settings import Settings, load

READING = Reading(address=Address("deals@harrow.test"), team=("@harrow.test",), trusted_authserv="mx.harrow.test")
NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
DEAL = Deal(
    id=DealId("d1"), ref="ab12", title="Cold store", created=NOW, owner=Party(address=Address("jo@harrow.test"))
)
OPENS = (
    "From: Jo Marsh <jo@harrow.test>\nTo: Ann Berg <ann@vale.example>\nBcc: deals@harrow.test\nSubject: Cold store\n"
    "Date: Mon, 9 Mar 2026 10:00:00 +0000\nMessage-ID: <o1@harrow.test>\n"
    "Authentication-Results: mx.harrow.test; dmarc=pass header.from=harrow.test\n\n"
    "Hello Ann,\n\nhere is our proposal for the cold store. Shall we begin in May?\n\nJo\n"
)


def shown(text: str, foreseen: Foreseen | None = None) -> str:
    return describe("a.eml", parse(RawMail(place=Place(), data=text.encode()), READING), (), foreseen=foreseen)


def test_the_reason_for_the_trust_stands_beside_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.eml"
    path.write_text(OPENS)
    assert explain([path], settings(tmp_path), as_json=False) == 0
    assert "team: it is from our own team (a member of the team; dmarc=pass for harrow.test)" in capsys.readouterr().out


def test_without_a_state_it_says_that_none_was_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.eml"
    path.write_text(OPENS)
    explain([path], settings(tmp_path), as_json=False)
    assert "No state was read" in capsys.readouterr().out
    assert not (tmp_path / "state").exists()


def test_a_bounce_says_whom_it_did_not_reach() -> None:
    text = (
        "From: MAILER-DAEMON@mx.harrow.test\nTo: jo@harrow.test\nSubject: Undelivered Mail Returned to Sender\n\n"
        "Your message could not be delivered.\n\n<ann@vale.example>: user unknown\n"
    )
    out = shown(text)
    assert "Bounce  did not reach ann@vale.example, for good" in out
    assert "| <ann@vale.example>: user unknown" in out


def test_an_absence_says_until_when_and_who_stands_in() -> None:
    head = "From: ann@vale.example\nSubject: Automatic reply: Hi\nDate: Mon, 9 Mar 2026 10:00:00 +0000\n\n"
    assert "is away, back on Tuesday, 24 March 2026" in shown(f"{head}I am out of the office until 24 March 2026.\n")
    gone = shown(f"{head}I have left the company. Please write to tom@vale.example.\n")
    assert "Absence  has left the company; write to tom@vale.example" in gone


def test_a_forward_says_whose_mail_it_is() -> None:
    out = shown(
        "From: jo@harrow.test\nSubject: Fwd: Yes\n\n---------- Forwarded message ---------\n"
        "From: Bea Holt <bea@holt.example>\nDate: Mon, 9 Mar 2026\nSubject: Yes\nTo: jo@harrow.test\n\nWe accept.\n"
    )
    assert "Forwards  a mail of Bea Holt <bea@holt.example>, Mon, 9 Mar 2026: Yes" in out
    assert "The text that it forwards:\n  | We accept." in out


def test_it_names_the_deal_and_what_the_worker_would_do() -> None:
    rows = (
        Decision(at=NOW, action=Action.STAGE, why="a proposal went out", bucket=Bucket.PROSPECT, stage=Stage.PROPOSED),
        Decision(at=NOW, action=Action.SEND, why="three days of silence", template="prospect/nudge",
                 to=(Address("ann@vale.example"),)),
    )  # fmt: skip
    out = shown(OPENS, Foreseen(why="by its thread", deal=DEAL, decisions=rows))
    assert "It belongs to: Cold store [ab12], suspect, identified (by its thread)" in out
    assert "- the deal is now proposed: a proposal went out" in out
    assert "- send prospect/nudge to ann@vale.example: three days of silence" in out


def test_a_mail_of_no_deal_says_why() -> None:
    assert "It belongs to no deal: nobody in it is known." in shown(OPENS, Foreseen(why="nobody in it is known"))


def test_a_quote_is_marked_where_it_stands_however_it_is_wrapped() -> None:
    assert with_marks("Hello, please stop\nwriting to us.", {1: "please stop writing"}) == (
        "Hello, »1 please stop\nwriting« to us.", {1},
    )  # fmt: skip


def test_two_quotes_of_one_place_share_a_mark() -> None:
    assert with_marks("Stop it now.", {1: "Stop it now.", 2: "it now"}) == ("»1,2 Stop it now.«", {1, 2})


def settings(folder: Path) -> Settings:
    environ = {
        "WORKER_ADDRESS": "deals@harrow.test", "WORKER_TEAM": "@harrow.test",
        "WORKER_TRUSTED_AUTHSERV": "mx.harrow.test", "WORKER_STATE_DIR": str(folder / "state"),
    }  # fmt: skip
    return load(frozenset(), None, environ)
