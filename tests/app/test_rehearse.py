from __future__ import annotations

import io
import json
import mailbox
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from worker.app.household import Household
from worker.app.library import Library, read_library
from worker.app.rehearse import Rehearsal, last_day, read_mailbox, rehearse, write_rows
from worker.core.house import is_house
from worker.core.model import Action, Address, Reading, Stage
from worker.core.playbook import Mode
from worker.core.signal import notaries
from worker.io.memory_store import MemoryStore
from worker.io.shipped import shipped
from worker.settings import Settings

NILS = "Nils Aune <nils@verft.example>"
ANA = "Ana Reis <ana@cais.test>"
GATE = "mx.cais.test"


def _mail(
    number: int, sender: str, to: str, text: str, day: int, delivered: str = "deals@cais.test", answers: int = 0
) -> bytes:
    mail = EmailMessage()
    domain = sender.rpartition("@")[2].rstrip(">")
    mail["Delivered-To"] = delivered
    mail["Authentication-Results"] = f"{GATE}; dkim=pass header.d={domain}; dmarc=pass header.from={domain}"
    mail["From"], mail["To"], mail["Subject"] = sender, to, "The slipway"
    mail["Date"] = format_datetime(datetime(2025, 3, day, 10, 0, tzinfo=UTC))
    mail["Message-ID"] = f"<{number}@{domain}>"
    if answers:
        mail["In-Reply-To"] = f"<{answers}@cais.test>"
    mail.set_content(text)
    return mail.as_bytes()


MAILS = [
    _mail(1, ANA, NILS, "Hi Nils,\n\nshall I send you a proposal for the slipway?\n\nAna", 3),
    _mail(2, NILS, ANA, "Hi Ana,\n\nyes please, we are interested.\n\nNils", 4, delivered="ana@cais.test", answers=1),
    _mail(3, ANA, NILS, "Hi Nils,\n\nattached is the proposal. Does it fit?\n\nAna", 5),
]


@pytest.fixture(scope="module")
def library() -> Library:
    return read_library(shipped("playbooks"), shipped("templates"))


@pytest.fixture
def household(library: Library) -> Household:
    reading = Reading(address=Address("deals@cais.test"), team=("@cais.test",), trusted_authserv=GATE, key=b"k",
                      notaries=notaries(library.signals))  # fmt: skip
    return Household(reading=reading, library=library, keeper=MemoryStore(), zone=ZoneInfo("Europe/Lisbon"), country="PT",
                     mode=Mode.APPROVE, approved=True)  # fmt: skip


@pytest.fixture
def lived(household: Household) -> Callable[..., Rehearsal]:
    def build(mails: list[bytes], until: date = date(2025, 4, 30), since: date | None = None) -> Rehearsal:
        rehearsal = Rehearsal(replace(household, keeper=MemoryStore()), until, since=since)
        rehearsal.live(iter(mails))
        return rehearsal

    return build


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(address="deals@cais.test", team="@cais.test", trusted_authserv=GATE, time_zone="Europe/Lisbon", country="PT",
                    state_dir=tmp_path / "state")  # fmt: skip


def _rows(rehearsal: Rehearsal, *actions: Action):
    """The decisions about deals; the weekly digest is about none."""
    return [row.decision for row in rehearsal.rows if row.decision.action in actions and not is_house(row.deal.id)]


# -- mailboxes ---------------------------------------------------------------------------


def test_a_folder_of_files_a_maildir_and_an_mbox_hold_the_same_mails(tmp_path):
    folder, maildir, mbox = tmp_path / "folder", tmp_path / "maildir", tmp_path / "box"
    folder.mkdir()
    for number, data in enumerate(MAILS):
        (folder / f"{number}.eml").write_bytes(data)
    boxes = mailbox.Maildir(maildir), mailbox.mbox(mbox)
    for box in boxes:
        for data in MAILS:
            box.add(data)
        box.flush()
    (maildir / "dovecot.index").write_bytes(b"no mail")
    (maildir / "tmp" / "half").write_bytes(b"half a mail")
    for place in (folder, maildir, mbox):
        assert sorted(data.count(b"Nils") for data in read_mailbox(place)) == sorted(
            data.count(b"Nils") for data in MAILS
        )


def test_a_single_mail_is_a_mailbox_of_one(tmp_path):
    (tmp_path / "one.eml").write_bytes(MAILS[0])
    assert list(read_mailbox(tmp_path / "one.eml")) == [MAILS[0]]


def test_hidden_files_are_no_mails(tmp_path):
    (tmp_path / ".DS_Store").write_bytes(b"x")
    assert list(read_mailbox(tmp_path)) == []


# -- the virtual clock --------------------------------------------------------------------


def test_mails_are_lived_through_in_the_order_of_their_date_however_they_lie(lived):
    forth, back = lived(MAILS), lived(MAILS[::-1])
    assert [row.decision for row in forth.rows] == [row.decision for row in back.rows]
    assert Stage.PROPOSED in [row.stage for row in _rows(forth, Action.STAGE)]


def test_nothing_is_decided_after_the_last_day(lived):
    rehearsal = lived(MAILS, date(2025, 3, 11))
    assert all(row.decision.at < datetime(2025, 3, 12, tzinfo=UTC) for row in rehearsal.rows)
    assert not _rows(rehearsal, Action.SEND)


def test_the_last_day_is_included(lived):
    first = _rows(lived(MAILS), Action.SEND)[0].at.astimezone(ZoneInfo("Europe/Lisbon")).date()
    assert _rows(lived(MAILS, first), Action.SEND)


def test_an_approval_is_taken_as_given_and_says_so(lived):
    sent = _rows(lived(MAILS), Action.SEND)
    assert [row.purpose for row in sent][:1] == ["nudge"]
    assert all("approved in rehearsal" in row.why for row in sent)


def test_what_lies_before_a_day_is_history_and_sends_nothing(lived):
    assert not _rows(lived(MAILS, since=date(2025, 4, 1)), Action.SEND)


def test_whose_mailbox_lies_in_the_folder_of_them_replies_are_seen(household):
    blind = [MAILS[0], MAILS[2]]
    assert not _silent(household, blind)
    assert _silent(household, [*blind, _mail(9, "x@elsewhere.example", ANA, "Hello", 4, delivered="ana@cais.test")])


def _silent(household: Household, mails: list[bytes]) -> bool:
    rehearsal = Rehearsal(replace(household, keeper=MemoryStore()), date(2025, 4, 30))
    rehearsal.live(iter(mails))
    return any(row.decision.purpose == "nudge" for row in rehearsal.rows)


def test_a_mail_without_a_date_and_one_that_is_no_mail_break_nothing(lived):
    odd = [b"", b"\xff\xfe\x00", b"From: a@b.example\n\nno date", *MAILS]
    assert _rows(lived(odd), Action.SEND)


def test_an_empty_mailbox_is_an_empty_rehearsal(lived, household):
    assert lived([]).rows == []
    assert last_day([], household) == date(1970, 4, 1)


# -- what is printed ---------------------------------------------------------------------


def test_rows_are_one_decision_a_line_in_order_of_time(lived, household):
    out = io.StringIO()
    write_rows(lived(MAILS).rows, household, out)
    rows = [json.loads(line) for line in out.getvalue().splitlines()]
    keys = {
        "at",
        "deal",
        "bucket",
        "stage",
        "action",
        "to",
        "purpose",
        "template",
        "playbook",
        "step",
        "why",
        "found_in",
    }
    assert all(set(row) == keys for row in rows)
    times = [datetime.fromisoformat(row["at"]) for row in rows]
    assert times == sorted(times)
    assert all(one.tzinfo is not None for one in times)
    assert rows[0]["action"] == "stage"
    assert all(row["why"] and row["found_in"] for row in rows)
    nudge = next(row for row in rows if row["action"] == "send")
    assert (nudge["to"], nudge["purpose"], nudge["template"]) == (["nils@verft.example"], "nudge", "prospect/nudge")


def test_the_verb_prints_lines_for_machines_and_sentences_for_people(tmp_path, settings, capsys):
    folder = tmp_path / "mail"
    folder.mkdir()
    for number, data in enumerate(MAILS):
        (folder / f"{number}.eml").write_bytes(data)
    assert rehearse(folder, settings, until=date(2025, 4, 30), as_json=True, strict=False) == 0
    machine = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert any(row["action"] == "send" for row in machine)
    assert rehearse(folder, settings, until=date(2025, 4, 30), as_json=False, strict=True) == 0
    people = capsys.readouterr().out
    assert "prospect/nudge" in people
    assert " send " not in people


def test_strict_leaves_what_needs_approval_as_a_question_with_the_purpose_of_its_mail(tmp_path, settings, capsys):
    folder = tmp_path / "mail"
    folder.mkdir()
    for number, data in enumerate(MAILS):
        (folder / f"{number}.eml").write_bytes(data)
    rehearse(folder, settings, until=date(2025, 4, 30), as_json=True, strict=True)
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["purpose"] for row in rows if row["action"] == "ask"] == ["nudge"]


def test_a_mailbox_that_is_not_there_is_a_clear_word(tmp_path, settings, capsys):
    assert rehearse(tmp_path / "nowhere", settings, until=None, as_json=True, strict=False) == 1
    assert "there is no mailbox here" in capsys.readouterr().err


def test_broken_playbooks_are_a_fault_of_configuration(tmp_path, settings, capsys):
    broken = tmp_path / "books"
    broken.mkdir()
    (broken / "a.yaml").write_text("playbook: 1\n")
    (tmp_path / "mail").mkdir()
    given = settings.model_copy(update={"playbooks_dir": broken})
    assert rehearse(tmp_path / "mail", given, until=None, as_json=True, strict=False) == 78
    assert "a.yaml:" in capsys.readouterr().err
