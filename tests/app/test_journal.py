"""What is logged, and what never is."""

from __future__ import annotations

import io
import logging
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.app import journal
from worker.core.model import Action, Address, Deal, DealId, Decision, MessageId, Party, Stage

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
OWNER = Party(address=Address("ann@northlight.example"), name="Ann")
DEAL = Deal(id=DealId("d-7"), ref="k3f9a2b", owner=OWNER, title="Harbour cranes, secret title", created=NOON)


def decision(action: Action = Action.SEND, why: str = "signed and paid") -> Decision:
    return Decision(
        at=NOON,
        action=action,
        why=why,
        stage=Stage.OPENING,
        to=(Address("bo@harbour.example"),),
        purpose="opening",
        playbook="client-life-cycle",
        step="thanks",
        found_in=(MessageId("1@esign.example"), MessageId("2@pay.example")),
    )


@pytest.fixture
def untouched_logging() -> Iterator[None]:
    """Puts the root logger back as it was."""
    root, ours = logging.getLogger(), logging.getLogger("worker")
    handlers, levels = root.handlers[:], (root.level, ours.level)
    yield
    root.handlers[:] = handlers
    root.setLevel(levels[0])
    ours.setLevel(levels[1])


@pytest.fixture
def journald(tmp_path: Path) -> Iterator[tuple[io.TextIOWrapper, dict[str, str]]]:
    """A stream that is journald's, as the environment of a unit says it."""
    with (tmp_path / "journal").open("w+") as stream:
        about = os.fstat(stream.fileno())
        yield stream, {"JOURNAL_STREAM": f"{about.st_dev}:{about.st_ino}"}


def lines_of(stream: io.TextIOWrapper) -> list[str]:
    stream.flush()
    stream.seek(0)
    return stream.read().splitlines()


def test_a_decision_is_one_line_with_deal_mail_and_reason() -> None:
    assert journal.decision_line(DEAL, decision()) == (
        "deal=d-7 action=send stage=opening purpose=opening to=bo@harbour.example playbook=client-life-cycle "
        'step=thanks mail=1@esign.example,2@pay.example why="signed and paid"'
    )


def test_what_is_not_known_is_left_out() -> None:
    bare = Decision(at=NOON, action=Action.HOLD, why="reversal")
    assert journal.decision_line(DEAL, bare) == "deal=d-7 action=hold why=reversal"


def test_a_long_reason_is_cut_so_that_no_mail_is_logged() -> None:
    line = journal.decision_line(DEAL, decision(why="word " * 1000))
    assert len(line) < 600
    assert line.endswith('…"')


@given(st.text())
def test_no_mail_can_write_a_second_line(why: str) -> None:
    line = journal.decision_line(DEAL, decision(why=why))
    assert len(line.splitlines()) == 1
    assert line.isprintable()


@pytest.mark.usefixtures("untouched_logging")
def test_journald_gets_priorities(journald: tuple[io.TextIOWrapper, dict[str, str]]) -> None:
    stream, environ = journald
    journal.open_journal(environ, stream)
    journal.record(DEAL, decision())
    journal.record(DEAL, decision(Action.ALERT))
    logging.getLogger("worker.io.imap").error("the mailbox is away")
    assert [line[:3] for line in lines_of(stream)] == ["<6>", "<4>", "<3>"]


@pytest.mark.usefixtures("untouched_logging")
def test_each_line_of_a_traceback_bears_its_priority(journald: tuple[io.TextIOWrapper, dict[str, str]]) -> None:
    stream, environ = journald
    journal.open_journal(environ, stream)
    try:
        raise ValueError("first\nsecond")
    except ValueError:
        logging.getLogger("worker").exception("a fault\nof two lines")
    lines = lines_of(stream)
    assert lines[0] == "<3>a fault\\nof two lines"
    assert len(lines) > 3
    assert all(line.startswith("<3>") for line in lines)


@pytest.mark.usefixtures("untouched_logging")
def test_a_terminal_gets_the_time_instead(tmp_path: Path, journald: tuple[io.TextIOWrapper, dict[str, str]]) -> None:
    _, inherited = journald
    with (tmp_path / "terminal").open("w+") as stream:
        journal.open_journal(inherited, stream)
        journal.record(DEAL, decision())
        (line,) = lines_of(stream)
    assert line[:4].isdigit()
    assert " INFO    deal=d-7 " in line


def test_a_stream_without_a_file_is_not_journalds() -> None:
    assert not journal.goes_to_journald({"JOURNAL_STREAM": "1:2"}, io.StringIO())


@pytest.mark.usefixtures("untouched_logging")
def test_a_secret_is_never_logged_whoever_says_it() -> None:
    stream = io.StringIO()
    journal.open_journal({}, stream, secrets=["correct", "correct-horse", ""])
    logging.getLogger("some.library").warning("LOGIN deals %s", "correct-horse")
    try:
        raise ConnectionError("535 refused: correct-horse")
    except ConnectionError:
        logging.getLogger("worker").exception("no login")
    assert "correct" not in stream.getvalue()
    assert "LOGIN deals ***\n" in stream.getvalue()


@pytest.mark.usefixtures("untouched_logging")
def test_libraries_are_heard_from_a_warning_on() -> None:
    stream = io.StringIO()
    journal.open_journal({}, stream)
    logging.getLogger("imapclient").info("a whole mail")
    logging.getLogger("worker").info("ours")
    assert "a whole mail" not in stream.getvalue()
    assert "ours" in stream.getvalue()


@pytest.mark.usefixtures("untouched_logging")
def test_opened_twice_it_still_writes_one_line() -> None:
    first, second = io.StringIO(), io.StringIO()
    journal.open_journal({}, first)
    journal.open_journal({}, second)
    journal.record(DEAL, decision())
    assert first.getvalue() == ""
    assert second.getvalue().count("\n") == 1
