"""`worker check` over playbooks as people really write them, and over deals that run while somebody edits."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from contextlib import redirect_stdout
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest

from worker.cli import main
from worker.core.model import Address, Contact, Deal, DealId, Party, Run
from worker.io.store import Store

ROOT = Path(__file__).parents[2]
BROKEN = sorted((ROOT / "tests" / "data" / "broken").iterdir())
_EXPECTS = re.compile(r"# line (\d+): (.+)")
NOW = datetime(2026, 3, 3, 9, tzinfo=UTC)
SILENT = """\
playbook: 1
name: Silent
start:
  when: prospect is silent
  after: 5 business days
stop_when: [contact replies]
steps:
  - id: nudge
    send: prospect/nudge
  - id: ring
    wait: 3 days
    task: Ring them
  - id: good-bye
    wait: 7 days
    send: prospect/nudge
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, object]]]:
    """What one run of `worker check` says of all the broken playbooks together, by the name of the file."""
    folder = tmp_path_factory.mktemp("broken")
    for path in BROKEN:
        shutil.copy(path, folder / path.name)
    said = StringIO()
    with redirect_stdout(said):
        assert main(["check", "--json", str(folder)]) == 1
    rows: dict[str, list[dict[str, object]]] = {}
    for line in said.getvalue().splitlines():
        row = json.loads(line)
        rows.setdefault(Path(row["path"]).name, []).append(row)
    return rows


def test_there_are_two_hundred_ways_to_get_it_wrong():
    assert len(BROKEN) >= 200


@pytest.mark.parametrize("path", BROKEN, ids=[path.stem for path in BROKEN])
def test_a_broken_playbook_gets_the_right_line_and_a_useful_word(path, found):
    line, word = _expectation(path)
    rows = found[path.name]
    assert any(row["line"] == line and word in str(row["fault"]) for row in rows), rows


def test_one_slip_gets_few_words(found):
    # The bomb is many faults; of the others each is one slip, or one that makes two or three places wrong.
    assert not [name for name, rows in found.items() if len(rows) > 3 and name != "bomb.yaml"]


def _expectation(path: Path) -> tuple[int, str]:
    data = path.read_bytes()
    text = data.decode("utf-16" if data[:2] == b"\xff\xfe" else "utf-8-sig", "replace")
    match = _EXPECTS.match(text)
    assert match, f"{path.name} says in its first line what has to be told of it"
    return int(match[1]), match[2].strip()


# -- what is well ------------------------------------------------------------------------


def test_what_came_with_the_program_is_well(capsys):
    assert main(["check", str(ROOT / "playbooks")]) == 0
    assert "all well" in capsys.readouterr().out


def test_a_first_touch_without_a_postal_address_is_a_note_and_no_fault(tmp_path, capsys):
    assert main(["init", str(tmp_path)]) == 0
    assert main(["check", str(tmp_path)]) == 0
    assert "Note: firm/firm.yaml names no postal_address" in capsys.readouterr().out
    firm = tmp_path / "playbooks" / "firm" / "firm.yaml"
    text = firm.read_text(encoding="utf-8")
    firm.write_text(text.replace('postal_address: ""', "postal_address: Quay 4, Harbour"), encoding="utf-8")
    assert main(["check", str(tmp_path)]) == 0
    assert "postal_address" not in capsys.readouterr().out


def test_one_playbook_can_be_checked_alone(tmp_path, capsys):
    path = tmp_path / "silent.yaml"
    path.write_text(SILENT, "utf-8")
    assert main(["check", str(path)]) == 0
    path.write_text(SILENT.replace("5 business days", "5 busines days"), "utf-8")
    assert main(["check", str(path)]) == 1
    said = capsys.readouterr()
    assert f'{path}:5:10: "5 busines days" is not a length of time. Did you mean "5 business days"?' in said.err
    assert "1 to mend" in said.err


def test_a_desk_that_was_laid_out_is_checked_as_a_whole(tmp_path, capsys):
    assert main(["init", str(tmp_path / "desk")]) == 0
    assert main(["check", str(tmp_path / "desk")]) == 0
    (tmp_path / "desk" / "templates" / "prospect" / "nudge.txt").write_text("Hello\n", "utf-8")
    assert main(["check", str(tmp_path / "desk")]) == 1
    assert str(tmp_path / "desk" / "templates" / "prospect" / "nudge.txt") in capsys.readouterr().err


def test_a_playbook_with_another_ending_is_not_passed_over_in_silence(tmp_path, capsys):
    (tmp_path / "silent.yaml").write_text(SILENT, "utf-8")
    (tmp_path / "other.yml").write_text(SILENT, "utf-8")
    assert main(["check", str(tmp_path)]) == 1
    assert "ends in .yaml" in capsys.readouterr().err


def test_laying_out_again_overwrites_nothing(tmp_path, capsys):
    desk = tmp_path / "desk"
    assert main(["init", str(desk)]) == 0
    mine = desk / "playbooks" / "silent-prospect.yaml"
    mine.write_text("mine\n", "utf-8")
    (desk / ".env").write_text("WORKER_ADDRESS=deals@oakline.example\n", "utf-8")
    assert main(["init", str(desk)]) == 0
    assert mine.read_text("utf-8") == "mine\n"
    assert (desk / ".env").read_text("utf-8") == "WORKER_ADDRESS=deals@oakline.example\n"
    assert "left" in capsys.readouterr().out


def test_a_desk_has_its_guide_its_schema_and_its_own_folders_in_the_settings(tmp_path):
    desk = tmp_path / "desk"
    assert main(["init", str(desk)]) == 0
    assert {"README.md", "PHRASES.md", "playbook.schema.json", "signals", "firm"} <= {
        path.name for path in (desk / "playbooks").iterdir()
    }
    assert f"WORKER_PLAYBOOKS_DIR='{desk / 'playbooks'}'" in (desk / ".env").read_text("utf-8")
    assert (desk / ".env").stat().st_mode & 0o777 == 0o600


# -- deals that run ----------------------------------------------------------------------


@pytest.fixture
def checked(tmp_path, monkeypatch, capsys, post):
    """What `check` says of a deal that stands before `ring`, once the playbook has become another text."""
    playbooks = tmp_path / "playbooks"
    post.lay_out(playbooks, tmp_path / "templates", {})
    zoe = Address("zoe@northquay.example")

    def build(text: str, *, by: str = "as it was") -> str:
        (playbooks / "silent.yaml").write_text(text, "utf-8")
        run = Run(id="silent-1", playbook="silent", book_hash=by, started=NOW, contact=zoe, trigger="t",
                  found_in=(), step="ring", since=NOW, done=("nudge",))  # fmt: skip
        deal = Deal(id=DealId("d1"), ref="abc1234", owner=Party(address=Address("marta@oakline.example")),
                    title="Zoë Björk", created=NOW, contacts=(Contact(address=zoe),), runs=(run,))  # fmt: skip
        with Store.open(tmp_path / "state") as store:
            store.commit(deal)
        monkeypatch.setenv("WORKER_STATE_DIR", str(tmp_path / "state"))
        monkeypatch.setenv("WORKER_TEMPLATES_DIR", str(tmp_path / "templates"))
        assert main(["check", str(playbooks)]) == 0
        return capsys.readouterr().out

    return build


def test_an_edit_says_which_deals_it_touches_and_when_they_go_on(checked):
    said = checked(SILENT.replace("3 days", "200 weeks"))
    assert "1 running deals" in said
    assert 'Zoë Björk [abc1234]: Silent: goes on with "ring" on' in said


def test_a_step_that_was_taken_out_is_named_with_the_one_that_follows(checked):
    said = checked(SILENT.replace("  - id: ring\n    wait: 3 days\n    task: Ring them\n", ""))
    assert '"ring" is gone, goes on with "good-bye"' in said


def test_a_deal_that_has_lost_its_place_is_named(checked):
    said = checked(SILENT.replace("id: nudge", "id: first").replace("id: ring", "id: second"))
    assert "no step that was done stands in it any more" in said


def test_a_deal_that_runs_by_this_very_text_is_not_named(checked):
    now = hashlib.sha256(SILENT.encode()).hexdigest()[:12]
    assert "abc1234" not in checked(SILENT, by=now)
    assert "abc1234" in checked(SILENT + "# a word more\n", by=now)


def test_checking_changes_nothing_in_the_state(checked, tmp_path):
    checked(SILENT.replace("3 days", "4 days"))
    with Store.peek(tmp_path / "state") as store:
        deal = store.deal(DealId("d1"))
    assert deal is not None
    assert (deal.runs[0].book_hash, deal.runs[0].step) == ("as it was", "ring")
