"""`worker simulate`: the calendar of a playbook for somebody made up, or for a contact whom the worker knows."""

from __future__ import annotations

import io
import json
import shutil
from contextlib import redirect_stdout
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from worker.app.household import Household
from worker.app.library import read_library
from worker.app.simulate import live, read_reply
from worker.app.simulate_screen import write_calendar, write_rows
from worker.cli import main
from worker.core.calendar import is_business_day
from worker.core.model import (
    Address,
    Contact,
    Deal,
    DealId,
    Event,
    Evidence,
    Kind,
    LoggedMail,
    MessageId,
    Party,
    Reading,
    Speaker,
    Stage,
    StageChange,
    Strength,
    Suppressed,
    Suppression,
)
from worker.core.playbook import read_duration
from worker.io.memory_store import MemoryStore
from worker.io.store import Store

ROOT = Path(__file__).parents[2]
PLAYBOOKS = sorted(path.stem for path in (ROOT / "playbooks").glob("*.yaml"))
BERLIN = ZoneInfo("Europe/Berlin")
ANNA = Party(address=Address("anna@berg.de"), name="Anna Berg")


@pytest.fixture(scope="module")
def household() -> Household:
    return Household(
        reading=Reading(address=Address("deals@tarn.example"), team=("rosa@tarn.example",), key=b"k"),
        library=read_library(ROOT / "playbooks", ROOT / "templates"), keeper=MemoryStore(), zone=BERLIN, country="DE",
        approved=True,
    )  # fmt: skip


@pytest.fixture
def simulated(household):
    """A playbook lived through for Anna: simulated("silent-prospect", "on day 3: no")."""

    def build(book, *replies, since=date(2026, 3, 2)):
        chosen = household.library.books.get(book) if isinstance(book, str) else book
        start = datetime(since.year, since.month, since.day, 9, 30, tzinfo=BERLIN)
        return live(chosen, household, ANNA, start, [read_reply(one) for one in replies])

    return build


@pytest.fixture
def rows(simulated):
    """Its decisions, as `--json` prints them."""

    def build(*asked, **more) -> list[dict[str, object]]:
        out = io.StringIO()
        write_rows(simulated(*asked, **more), out)
        return [json.loads(line) for line in out.getvalue().splitlines()]

    return build


@pytest.fixture
def screen(simulated):
    """What a salesperson reads."""

    def build(*asked, **more) -> str:
        out = io.StringIO()
        write_calendar(simulated(*asked, **more), out)
        return out.getvalue()

    return build


@pytest.fixture
def desk(tmp_path):
    """A folder of one's own, with a copy of the shipped playbooks."""
    shutil.copytree(ROOT / "playbooks", tmp_path / "playbooks")
    return tmp_path / "playbooks"


def days(rows, action="send"):
    return [datetime.fromisoformat(row["at"]).astimezone(BERLIN) for row in rows if row["action"] == action]


@pytest.mark.parametrize("book", PLAYBOOKS)
def test_every_playbook_has_a_calendar(book, rows, screen):
    found, told = rows(book), screen(book)
    assert all(row["playbook"] == book and row["why"] for row in found)
    assert all(row["mail"]["text"].strip() for row in found if row["action"] in ("send", "task", "alert"))
    assert found or "is not so here" in told or "finds nothing to do" in told
    assert "{{" not in told


def test_each_mail_leaves_on_a_business_day_and_in_office_hours(rows):
    moments = [at for book in PLAYBOOKS for at in days(rows(book))]
    assert len(moments) > 20
    assert all(is_business_day(at.date(), "DE") and 7 <= at.hour < 19 for at in moments)


def test_silence_brings_a_nudge_a_task_and_the_closing_of_the_file(rows):
    found = rows("silent-prospect")
    assert [(row["action"], row["step"]) for row in found] == [("send", "nudge"), ("task", "try-the-phone"), ("send", "goodbye")]
    assert found[0]["mail"]["to"] == ["anna@berg.de"]
    assert found[0]["mail"]["text"].startswith("Hi Anna,")


def test_an_answer_ends_what_chases_for_one(rows):
    told = rows("silent-prospect", "on day 9: We are still looking at it.")
    assert [row["action"] for row in told] == ["send", "stop"]
    assert "We are still looking at it." in told[-1]["why"]


def test_an_opt_out_ends_the_life_cycle_of_a_client(rows):
    told = rows("check-ins", "on day 40: Please take me off your list and do not write again.")
    assert [row["action"] for row in told] == ["send", "stop"]


def test_the_clocks_change_and_the_mail_keeps_its_hour(rows):
    (first, *_) = days(rows("silent-prospect", since=date(2026, 3, 23)))  # the clocks change on the 29th
    assert first.date() > date(2026, 3, 29)
    assert 8 <= first.hour < 11


def test_a_holiday_of_theirs_is_waited_for(rows):
    moments = days(rows("silent-prospect", since=date(2026, 3, 27)))
    assert moments[0].date() == date(2026, 4, 7)  # the fifth business day would be Good Friday, then comes Easter


def test_a_wait_that_is_edited_moves_the_mail(household, rows):
    book = household.library.books.get("silent-prospect")
    (before, *_), (after, *_) = days(rows(book)), days(rows(replace(book, after=read_duration("a week"))))
    assert before.date() == date(2026, 3, 10)  # Tuesday; the 9th is a Monday, on which this playbook writes to nobody
    assert after.date() == date(2026, 3, 10)
    (later, *_) = days(rows(replace(book, after=read_duration("3 weeks"))))
    assert later.date() == date(2026, 3, 24)


def test_a_condition_that_is_not_so_is_named(screen):
    assert '"postal address is known" is not so here: write it into playbooks/firm/firm.yaml' in screen("suspect")


def test_the_screen_tells_what_is_supposed_and_how_it_ends(screen):
    told = screen("silent-prospect", "on day 12: Not now, ask me in the autumn.")
    assert "day   0  you send the proposal" in told
    assert 'day  12  they answer: "Not now, ask me in the autumn." (not now' in told
    assert "      | Hi Anna," in told
    assert told.endswith("Nothing was sent.\n")
    assert "It ends: " in told


def test_a_client_with_a_further_offer_is_rung_and_not_chased(rows):
    assert [row["action"] for row in rows("client-silent")] == ["task"]


def test_a_step_that_is_left_out_says_what_it_asks_for(screen):
    told = screen("hand-over")
    assert 'Step "hand-over" is left out: "people of delivery are known" is not so here: write it into' in told


def test_what_waits_for_an_answer_does_not_say_that_it_goes_on(screen):
    assert 'It waits with "ask" until you have answered.' in screen("ask-for-business")


# -- somebody whom the worker knows ------------------------------------------------------------------


def _silent_deal() -> Deal:
    at = datetime(2026, 1, 7, 10, 0, tzinfo=UTC)
    rosa, asked = Party(address=Address("rosa@tarn.example"), name="Rosa Tarn"), MessageId("offer@tarn.example")
    offer = Evidence(event=Event.PROPOSAL_SENT, strength=Strength.CERTAIN, quote="our offer", signal="proposal", found_in=asked,
                     at=at, speaker=Speaker.OWNER)  # fmt: skip
    theirs = LoggedMail(id=MessageId("hello@berg.de"), at=at.replace(day=5), sender=ANNA.address, to=(rosa.address,),
                        subject="Looms", kind=Kind.HUMAN, speaker=Speaker.CONTACT)  # fmt: skip
    ours = LoggedMail(id=asked, at=at, sender=rosa.address, to=(ANNA.address,), subject="Looms", kind=Kind.HUMAN,
                      speaker=Speaker.OWNER, asks=True)  # fmt: skip
    return Deal(
        id=DealId("looms"), ref="ab12", owner=rosa, title="Looms", created=theirs.at, evidence=(offer,), log=(theirs, ours),
        contacts=(Contact(address=ANNA.address, name=ANNA.name),),
        stages=(StageChange(at=at, stage=Stage.PROPOSED, why="the proposal is out", found_in=(asked,)),),
    )  # fmt: skip


@pytest.fixture
def kept(tmp_path):
    """The words of a simulation for Anna, whom a state knows; nothing is written there."""

    def build(*people: Suppressed) -> list[dict[str, object]]:
        state = tmp_path / "state"
        with Store.open(state) as store:
            store.commit_suppression(Suppression(people={one.address: one for one in people}))
            store.commit(_silent_deal())
        settings = tmp_path / "desk.env"
        settings.write_text(f"WORKER_TEAM=@tarn.example\nWORKER_STATE_DIR={state}\n", "utf-8")
        before = {path: path.read_bytes() for path in state.rglob("*") if path.is_file()}
        out = io.StringIO()
        with redirect_stdout(out):
            code = main(["simulate", "silent-prospect", "--for", "anna@berg.de", "--from", "2026-01-09", "--json",
                         "--env-file", str(settings)])  # fmt: skip
        assert code == 0
        assert {path: path.read_bytes() for path in state.rglob("*") if path.is_file()} == before
        return [json.loads(line) for line in out.getvalue().splitlines()]

    return build


def test_whoever_the_state_knows_is_taken_with_their_own_deal(kept):
    sent = [row["mail"] for row in kept() if row["action"] == "send"]
    assert sent[0]["subject"] == "Re: Looms"
    assert sent[0]["from"] == "rosa@tarn.example"


def test_whoever_wants_no_mail_gets_none_in_a_simulation(kept):
    gone = Suppressed(address=ANNA.address, opted_out=datetime(2026, 1, 8, tzinfo=UTC), why="they asked to stop")
    assert [row for row in kept(gone) if row["action"] == "send"] == []


# -- the verb ------------------------------------------------------------------------------------


def test_the_verb_needs_no_mailbox_and_no_state(capsys):
    assert main(["simulate", "silent-prospect", "--from", "2026-03-02", "--json"]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["step"] for row in found] == ["nudge", "try-the-phone", "goodbye"]


@pytest.mark.parametrize(
    ("arguments", "says", "code"),
    [
        (["silent-prospekt"], 'Did you mean "silent-prospect"?', 2),
        (["silent-prospect", "--reply", "day five: no"], 'Write --reply "on day 5: not now"', 2),
        (["silent-prospect", "--for", "Anna"], "Anna Berg <anna@berg.example>", 2),
    ],
)
def test_what_cannot_be_simulated_is_said_in_one_line(arguments, says, code, capsys):
    assert main(["simulate", *arguments]) == code
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1


def test_a_broken_playbook_is_told_as_check_tells_it(desk, capsys):
    book = desk / "silent-prospect.yaml"
    book.write_text(book.read_text("utf-8").replace("5 business days", "5 busines days"), "utf-8")
    assert main(["simulate", str(book)]) == 78
    assert "silent-prospect.yaml:" in capsys.readouterr().err
