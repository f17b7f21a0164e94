from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest

from worker.core.model import Address, Event, Stage
from worker.core.playbook import Answer, Exit, Mode, Rule, Send, Task, Watch, read_duration
from worker.io.playbook_faults import PlaybookFault
from worker.io.playbook_files import read_firm, read_playbooks
from worker.io.playbook_forms import Surroundings
from worker.io.playbook_reading import read_playbook
from worker.io.shipped import shipped

TEMPLATES = frozenset({"prospect/nudge", "prospect/closing-the-file", "client/referral"})
WHOLE = """\
# yaml-language-server: $schema=./playbook.schema.json
playbook: 1
name: Quiet after the offer
mode: approve
start:
  when: prospect is silent
  after: 5 business days
  only_if: [owner wrote last, proposal was sent]
  at_most: 1 per contact in 90 days
calendar: {business_days: US, send_between: "08:30-11:00", days: [tue, wed, thu], time_zone: recipient}
stop_when: [contact replies, owner writes, contact asks to stop, mail bounces]
steps:
  - id: nudge
    send: prospect/nudge
  - id: try-the-phone
    wait: 3 business days
    task: Ring {{ contact.first_name }}
    for: owner
  - id: goodbye
    wait: 7 business days
    send: prospect/closing-the-file
    thread: new
    approve: true
    then:
      - if: reply says not now
        do: [{task: Come back to them, for: owner, due: 90 days}, {exit: later}]
      - if: silence after 10 business days
        do: [{exit: lost}]
"""


@pytest.fixture
def read(tmp_path):
    """The playbook of a text, or the lines that say what is wrong with it, without the path."""

    def build(text):
        path = tmp_path / "quiet.yaml"
        path.write_text(text, "utf-8")
        book, faults = read_playbook(path, Surroundings(templates=TEMPLATES))
        assert bool(book) is not bool(faults)
        return book or [line.removeprefix(f"{path}:") for line in faults]

    return build


def test_a_whole_playbook_is_read_as_it_is_written(read):
    book = read(WHOLE)
    assert (book.slug, book.name, book.mode, book.life_cycle) == ("quiet", "Quiet after the offer", Mode.APPROVE, False)
    assert (book.when, book.after) == (Watch.SILENT, read_duration("5 business days"))
    assert (book.hours.begin, book.hours.end, book.hours.days) == (time(8, 30), time(11, 0), frozenset({1, 2, 3}))
    assert (book.hours.holidays, book.hours.spread) == ("US", (25, 70))
    assert Rule.MAIL_BOUNCES in book.stop_when
    assert [step.id for step in book.steps] == ["nudge", "try-the-phone", "goodbye"]
    nudge, ring, bye = book.steps
    assert nudge.deed == Send(template="prospect/nudge")
    assert (ring.deed, ring.wait) == (Task(text="Ring {{ contact.first_name }}"), read_duration("3 business days"))
    assert (bye.deed, bye.approve) == (Send(template="prospect/closing-the-file", thread="new"), True)
    assert [branch.answer for branch in bye.branches] == [Answer.NOT_NOW, Answer.SILENCE]
    assert bye.branches[0].deeds == (
        Task(text="Come back to them", due=read_duration("90 days")),
        Exit(stage=Stage.LATER),
    )


def test_the_line_of_each_step_is_known(read):
    assert [step.line for step in read(WHOLE).steps] == [13, 15, 19]


def test_the_hash_changes_with_every_word(read):
    assert read(WHOLE).hash != read(WHOLE.replace("5 business days", "6 business days")).hash
    assert read(WHOLE).hash == read(WHOLE).hash


def test_a_step_is_due_so_long_after_the_start_and_comes_again(read):
    book = read(WHOLE.replace("wait: 3 business days", 'wait_until: 30 days after the start').replace(
        "    thread: new\n    approve: true\n", "    repeat: every 3 months\n"))  # fmt: skip
    assert book.steps[1].wait_until == read_duration("30 days")
    assert book.steps[2].repeat == read_duration("3 months")


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("owner wrote last", "owner wrote lats", 8, 'Did you mean "owner wrote last"?'),
        ("prospect is silent", "prospect is quiet", 6, "prospect is silent"),
        ("5 business days", "5 busy days", 7, "is not a length of time"),
        ("1 per contact in 90 days", "once a quarter", 9, "1 per contact in 90 days"),
        ('"08:30-11:00"', '"11:00-08:30"', 10, "08:30-11:00"),
        ('"08:30-11:00"', '"20:00-22:00"', 10, "before 7:00 or after 19:00"),
        ("tue, wed, thu", "tue, wensday", 10, "is no day"),
        ("tue, wed, thu", "sat, sun", 10, "there is no business day among them"),
        ("tue, wed, thu", "", 10, "there is no business day among them"),
        ("business_days: US", "business_days: Narnia", 10, "is no country"),
        ("time_zone: recipient", "time_zone: Berlin", 10, "is no time zone"),
        ("contact replies", "contact reply", 11, 'Did you mean "contact replies"?'),
        ("send: prospect/nudge", "send: prospect/nudgee", 14, 'Did you mean "prospect/nudge"?'),
        ("wait: 3 business days", "wait: three", 16, "is not a length of time"),
        ("task: Ring {{ contact.first_name }}", "due: 3 days", 17, "belongs to a step that has task"),
        ("id: try-the-phone", "id: nudge", 15, 'two steps "nudge"'),
        ("id: try-the-phone", "id: Try The Phone", 15, "try-the-phone"),
        ("for: owner\n  - id: goodbye", "for: contact\n  - id: goodbye", 18, "owner"),
        ("    thread: new", "    thread: old", 22, "same"),
        ("approve: true", "approve: perhaps", 23, "true"),
        ("reply says not now", "reply says maybe", 25, "is not an answer the worker can tell"),
        ("{exit: later}", "{exit: nowhere}", 26, "is not a stage of a deal"),
        ("{exit: later}", "{exit: opening}", 26, "no playbook can make a deal"),
        ("{exit: later}", "{exit: later, task: Ring}", 26, "one thing"),
        ("{exit: later}", "{}", 26, "does nothing"),
        ("{exit: later}", "{send: prospect/nudge}", 26, "a branch cannot send"),
        ("silence after 10 business days", "silence", 27, "silence after 10 business days"),
        ("do: [{exit: lost}]", "do: []", 28, "nothing to do"),
        ("mode: approve", "mode: aprove", 4, 'Did you mean "approve"?'),
        ("mode: approve", "moed: approve", 4, 'Did you mean "mode"?'),
        ("playbook: 1\n", "playbook: 2\n", 2, "version 1"),
        ("    send: prospect/nudge", "    send: prospect/nudge\n    task: Ring", 15, "a step does one thing"),
        ("    send: prospect/nudge", "    exit: lost", 15, "is never reached"),
        ("name: Quiet after the offer", 'name: ""', 3, "empty"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_line_and_a_word_that_helps(read, old, new, line, says):
    assert old in WHOLE
    faults = read(WHOLE.replace(old, new, 1))
    assert [fault for fault in faults if fault.startswith(f"{line}:") and says in fault], faults


def test_a_clients_template_is_refused_towards_a_prospect_and_the_other_way_round(read):
    (fault,) = read(WHOLE.replace("send: prospect/nudge", "send: client/referral"))
    assert fault.startswith("14:")
    assert '"client/referral" is written for a client' in fault
    (fault, _) = read(WHOLE.replace("prospect is silent", "deal becomes client"))
    assert '"prospect/nudge" is written for a prospect' in fault


def test_all_faults_of_a_file_are_told_in_one_pass(read):
    faults = read(
        WHOLE.replace("5 business days", "soon").replace("mail bounces", "mail bouncs").replace("prospect/nudge", "x")
    )
    assert [fault.partition(":")[0] for fault in faults] == ["7", "11", "14"]


def test_a_text_in_braces_without_quotes_gets_a_friendly_word(read):
    (fault,) = read(WHOLE.replace("task: Ring {{ contact.first_name }}", "task: {{ contact.first_name }} waits"))
    assert fault.startswith("17:")
    assert "put quotes around" in fault


def test_the_same_word_twice_is_refused(read):
    (fault,) = read(WHOLE.replace("mode: approve\n", "mode: approve\nmode: send\n"))
    assert fault.startswith("5:")
    assert '"mode" stands here twice, first in line 4' in fault


def test_words_that_stand_in_another_place_are_refused(read):
    text = WHOLE.replace("wait: 3 business days", "wait: &w 3 business days").replace(
        "wait: 7 business days", "wait: *w"
    )
    assert [fault.partition(" ")[0] for fault in read(text)] == ["16:11:", "20:11:"]


def test_a_chasing_playbook_with_no_way_to_stop_is_refused(read):
    faults = read("\n".join(line for line in WHOLE.split("\n") if not line.startswith("stop_when")))
    assert any("stop_when" in fault for fault in faults)


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "just words", "playbook: [1\n", "\t- x: y", "name: \x00", "{}"])
def test_what_is_no_playbook_at_all_is_one_fault_and_no_traceback(read, text):
    assert read(text)


def test_a_file_that_is_not_utf8_is_a_fault(tmp_path):
    path = tmp_path / "broken.yaml"
    path.write_bytes(b"name: \xff\xfe")
    book, faults = read_playbook(path, Surroundings(templates=TEMPLATES))
    assert book is None
    assert str(path) in faults[0]


# -- folders ---------------------------------------------------------------------------


def test_the_faults_of_all_files_are_told_at_once(tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(WHOLE.replace("5 business days", "soon"), "utf-8")
    with pytest.raises(PlaybookFault) as caught:
        read_playbooks(tmp_path, TEMPLATES)
    assert [Path(line.partition(":")[0]).name for line in caught.value.lines] == ["a.yaml", "b.yaml"]


def _sharing(folder, own=""):
    """A playbook that takes its hours and its rules from rules/."""
    (folder / "rules").mkdir(exist_ok=True)
    (folder / "rules" / "office.yaml").write_text(
        'calendar: {business_days: US, send_between: "09:00-12:00", time_zone: owner}\nstop_when: [contact replies]\n', "utf-8"
    )
    (folder / "rules" / "gentle.yaml").write_text("stop_when: [owner writes, mail bounces]\ncalendar: {days: [wed]}\n", "utf-8")
    lines = [line for line in WHOLE.splitlines() if not line.startswith(("calendar:", "stop_when:"))]
    text = "\n".join(lines).replace("steps:", f"include: [office, gentle]\n{own}steps:") + "\n"
    (folder / "quiet.yaml").write_text(text, "utf-8")
    return read_playbooks(folder, TEMPLATES)


def test_what_playbooks_share_is_included(tmp_path):
    (book,) = _sharing(tmp_path)
    assert (book.hours.begin, book.hours.end) == (time(9), time(12))
    assert (book.hours.holidays, book.hours.zone, book.hours.days) == ("US", "owner", frozenset({2}))
    assert book.stop_when == {Rule.CONTACT_REPLIES, Rule.OWNER_WRITES, Rule.MAIL_BOUNCES}


def test_a_playbooks_own_words_stand_above_what_it_includes_word_by_word(tmp_path):
    own = 'calendar: {send_between: "14:00-16:00"}\nstop_when: [meeting is booked]\n'
    (book,) = _sharing(tmp_path, own)
    assert (book.hours.begin, book.hours.end, book.hours.holidays) == (time(14), time(16), "US")
    assert Rule.MEETING_BOOKED in book.stop_when
    assert Rule.CONTACT_REPLIES in book.stop_when


def test_an_edit_of_what_is_shared_is_an_edit_of_the_playbook(tmp_path):
    (before,) = _sharing(tmp_path)
    rules = tmp_path / "rules" / "office.yaml"
    rules.write_text(rules.read_text("utf-8").replace("09:00", "10:00"), "utf-8")
    (after,) = read_playbooks(tmp_path, TEMPLATES)
    assert after.hash != before.hash


def test_a_fault_in_what_is_shared_is_told_with_its_own_file_and_line(tmp_path):
    _sharing(tmp_path)
    (tmp_path / "rules" / "gentle.yaml").write_text("stop_when: [owner writes]\ncalendar: {days: [wendsday]}\n", "utf-8")
    with pytest.raises(PlaybookFault) as caught:
        read_playbooks(tmp_path, TEMPLATES)
    (line,) = caught.value.lines
    assert "rules/gentle.yaml:2:19:" in line
    assert "is no day" in line


def test_a_folder_without_playbooks_says_how_to_get_some(tmp_path):
    with pytest.raises(PlaybookFault, match="worker init"):
        read_playbooks(tmp_path, TEMPLATES)


def test_the_shipped_playbooks_have_no_fault():
    templates = [
        str(path.relative_to(shipped("templates")).with_suffix("")) for path in shipped("templates").rglob("*.txt")
    ]
    books = read_playbooks(shipped("playbooks"), templates)
    assert {Stage.OPENING, Watch.SILENT, Watch.RETURNS} <= {book.when for book in books}


# -- the firm --------------------------------------------------------------------------


def test_a_firm_that_says_nothing_has_its_defaults(tmp_path):
    firm, ideal = read_firm(tmp_path)
    assert firm.delivery == ()
    assert ideal.cooldown_days == 180


def test_the_firm_and_its_ideal_client_are_read(tmp_path):
    folder = tmp_path / "firm"
    folder.mkdir()
    (folder / "firm.yaml").write_text(
        "name: Weberbund\ndelivery:\n  - {name: Lea Roth, address: Lea@Weberbund.test, role: loom}\n"
    )
    (folder / "ideal-client.yaml").write_text("person: a weaver\nweights: {free_work: 4}\nask_owner_at: 9\n")
    firm, ideal = read_firm(tmp_path)
    assert firm.delivery[0].party.address == Address("lea@weberbund.test")
    assert ideal.weights == {Event.FREE_WORK: 4}


def test_faults_of_both_files_are_told_together(tmp_path):
    folder = tmp_path / "firm"
    folder.mkdir()
    (folder / "firm.yaml").write_text("nam: Weberbund\n")
    (folder / "ideal-client.yaml").write_text("ask_owner_at: 0\n")
    with pytest.raises(PlaybookFault) as caught:
        read_firm(tmp_path)
    assert len(caught.value.lines) == 2
    assert "firm.yaml:1:1" in caught.value.lines[0]
