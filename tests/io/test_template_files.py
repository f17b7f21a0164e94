"""Reading templates: every fault with its place, all of them at once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from worker.core.template import Purpose, Thread, UnknownTemplate
from worker.io.template_files import TemplateFileError, check_text, read_templates

SHIPPED = Path(__file__).parents[2] / "templates"
GOOD = "---\npurpose: nudge\nsubject: Lanes\n---\n{{ contact.greeting }}\n\nText.\n"


def written(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def faults_of(folder: Path, files: dict[str, str]) -> list[str]:
    with pytest.raises(TemplateFileError) as raised:
        read_templates(written(folder, files))
    return [fault.removeprefix(f"{folder}/") for fault in raised.value.faults]


def test_a_template_is_known_by_its_folder_and_file(tmp_path: Path) -> None:
    found = read_templates(written(tmp_path, {"prospect/nudge.txt": GOOD}))
    template = found.choose("prospect/nudge")
    assert (template.name, template.bucket, template.purpose) == ("prospect/nudge", "prospect", Purpose.NUDGE)
    assert (template.language, template.subject, template.thread) == ("en", "Lanes", Thread.SAME)
    assert (template.line_of_body, template.body) == (5, "{{ contact.greeting }}\n\nText.\n")


def test_the_language_of_the_contact_is_chosen_and_else_english(tmp_path: Path) -> None:
    german = GOOD.replace("Text.", "Wort.")
    found = read_templates(written(tmp_path, {"prospect/nudge.txt": GOOD, "prospect/nudge.de.txt": german}))
    assert "Wort." in found.choose("prospect/nudge", "de").body
    assert "Text." in found.choose("prospect/nudge", "pt").body
    assert found.purposes == {"prospect/nudge": "nudge"}
    assert len(found) == 2


def test_an_unknown_name_is_answered_with_the_one_that_was_meant(tmp_path: Path) -> None:
    found = read_templates(written(tmp_path, {"prospect/nudge.txt": GOOD}))
    with pytest.raises(UnknownTemplate, match='Did you mean "prospect/nudge"'):
        found.choose("prospect/nudges")


def test_an_ask_begins_a_fresh_thread_and_a_nudge_stays_unless_the_file_says_otherwise(tmp_path: Path) -> None:
    found = read_templates(
        written(tmp_path, {
            "client/referral.txt": GOOD.replace("nudge", "ask_referral"),
            "prospect/nudge.txt": GOOD.replace("subject: Lanes\n", ""),
            "prospect/other.txt": GOOD.replace("subject:", "thread: new\nsubject:"),
        })
    )  # fmt: skip
    assert found.choose("client/referral").thread is Thread.NEW
    assert found.choose("prospect/nudge").thread is Thread.SAME
    assert found.choose("prospect/nudge").subject == ""
    assert found.choose("prospect/other").thread is Thread.NEW


def test_a_subject_may_hold_colons_quotes_and_braces(tmp_path: Path) -> None:
    text = GOOD.replace("subject: Lanes", 'subject: "About {{ deal.company }}: lanes"')
    found = read_templates(written(tmp_path, {"prospect/nudge.txt": text}))
    assert found.choose("prospect/nudge").subject == "About {{ deal.company }}: lanes"


def test_all_faults_of_all_files_are_told_at_once_with_line_and_column(tmp_path: Path) -> None:
    assert faults_of(tmp_path, {
        "prospect/a.txt": GOOD.replace("purpose: nudge", "purpose: nugde"),
        "prospect/b.txt": GOOD.replace("greeting", "greetin"),
        "prospect/c.txt": GOOD.replace("Text.", "Text.\nOn {{ deal.proposal_date | dat }}."),
        "prospect/d.txt": GOOD.replace("subject:", "sujet:"),
        "prospect/e.txt": GOOD.replace("Text.", "{% if deal.fact %}\nOpen."),
    }) == [
        'prospect/a.txt:2:10: "nugde" is no purpose of a mail. Did you mean "nudge"?',
        'prospect/b.txt:5:12: "contact.greetin" is nothing that the worker knows. Did you mean "greeting"?',
        'prospect/c.txt:8:28: "dat" is no filter that the worker knows. Did you mean "date"?',
        'prospect/d.txt:3:1: "sujet" is nothing that a template says of itself. Did you mean "subject"?',
        "prospect/e.txt:7:1: Unexpected end of template. Jinja was looking for the following tags: "
        "'elif' or 'else' or 'endif'. The innermost block that needs to be closed is 'if'.",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"prospect/x.txt": "Hello"}, 'x.txt:1:1: the first line has to be "---"'),
        ({"prospect/x.txt": "---\npurpose: nudge\nHello"}, "x.txt:1:1: a second line"),
        ({"prospect/x.txt": GOOD.replace("purpose: nudge\n", "")}, "x.txt:1:1: the purpose is missing"),
        ({"prospect/x.txt": GOOD.replace("---\n{{", "---\n").split("{{")[0].split(" contact")[0]}, "itself is missing"),
        ({"client/x.txt": "---\npurpose: ask_referral\n---\nHello"}, "a mail in a fresh thread needs a subject"),
        ({"prospect/x.txt": GOOD.replace("nudge", "task")}, "goes to the team, so it lies in owner/"),
        ({"owner/x.txt": GOOD}, "goes to a contact, so it does not lie in owner/"),
        ({"prospect/x.txt": GOOD.replace("subject", "thread: old\nsubject")}, 'thread is "same" or "new", not "old"'),
        ({"prospect/x.txt": GOOD.replace("subject", "purpose: nudge\nsubject")}, '3:1: "purpose" stands here twice'),
        ({"prospects/x.txt": GOOD}, "a template lies in suspect, prospect, client, owner"),
        ({"prospect/X Y.txt": GOOD}, "is called like thank-you.txt"),
        ({"prospect/x.de.txt": GOOD}, "has no English text to fall back to: add prospect/x.txt"),
        ({"prospect/x.txt": GOOD, "prospect/x.de.txt": GOOD.replace("nudge", "decline")}, "its purpose is decline"),
        ({"prospect/x.txt": GOOD.replace("Text", "Just checking in")}, '7:1: "Just checking in" says nothing'),
        ({"prospect/x.txt": GOOD.replace("subject: Lanes", "subject: Gentle reminder")}, '3:10: "Gentle reminder" says'),
        ({"prospect/x.txt": GOOD.replace("Text", "Ich wollte nur mal\nnachfragen")}, '"wollte nur mal nachfragen" says'),
        ({"prospect/x.txt": GOOD.replace("Text", "Je me permets de vous relancer")}, '7:1: "Je me permets de vous'),
        ({"prospect/x.txt": GOOD.replace("Text", "Solo quería saber si")}, '7:1: "Solo quería saber" says nothing'),
        ({"prospect/x.txt": GOOD.replace("Text", "Even checken of")}, '7:1: "Even checken" says nothing'),
        ({"prospect/x.txt": GOOD.replace("Text", "Great news!!")}, '7:11: "!!" shouts'),
        ({"client/x.txt": GOOD}, "a client does not get a mail with the purpose nudge. It lies in prospect or suspect/"),
        ({"suspect/x.txt": GOOD.replace("nudge", "check_in")}, "a suspect does not get a mail with the purpose check_in"),
        ({"prospect/x.txt": GOOD.replace("Text", "{% include 'x' %}")}, '7:1: a template has no use for "include"'),
        ({"prospect/x.txt": GOOD.replace("Text", "{{ range(3) }}")}, '"range" is nothing that the worker knows'),
        ({"prospect/x.txt": GOOD.replace("Text", "{{ contact.name.upper() }}")}, "a template calls nothing"),
    ],
)
def test_each_fault_says_where_and_what_to_do(tmp_path: Path, files: dict[str, str], told: str) -> None:
    (fault,) = [each for each in faults_of(tmp_path, files) if told in each]
    assert fault.count(":") >= 3


def test_names_are_checked_inside_loops_and_branches() -> None:
    text = "{% for person in firm.delivery %}{{ person.name }}{{ person.nam }}{{ loop.last }}{% endfor %}{{ person }}"
    told = [(fault.column, fault.text) for fault in check_text(text)]
    assert told[0] == (61, '"person.nam" is nothing that the worker knows. Did you mean "name"?')
    assert told[1][1].startswith('"person" is nothing that the worker knows')
    assert len(told) == 2


def test_names_that_a_template_sets_itself_are_known() -> None:
    assert check_text("{% set who = contact.first_name or 'you' %}Hi {{ who }},") == []
    assert check_text("{% if contact.formal %}{{ contact.last_name }}{% endif %}{{ quotes[0] }}") == []


def test_a_file_that_is_no_utf8_and_an_empty_folder_are_each_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "prospect").mkdir()
    (tmp_path / "prospect/x.txt").write_bytes(b"---\npurpose: nudge\n---\nGr\xfc\xdfe\n")
    assert faults_of(tmp_path, {}) == ["prospect/x.txt:1:1: this is not UTF-8 text (byte 25)"]
    with pytest.raises(TemplateFileError, match="no templates"):
        read_templates(tmp_path / "missing")


def test_a_template_from_a_windows_editor_is_read_like_any_other(tmp_path: Path) -> None:
    (tmp_path / "prospect").mkdir()
    (tmp_path / "prospect/x.txt").write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert read_templates(tmp_path).choose("prospect/x").body == "{{ contact.greeting }}\n\nText.\n"


def test_the_shipped_templates_have_no_fault_and_english_and_german_for_contacts() -> None:
    found = read_templates(SHIPPED)
    assert {template.bucket for template in found} == {"suspect", "prospect", "client", "owner"}
    assert {template.purpose for template in found} == set(Purpose)
    for name in ("client/thank-you", "client/referral", "prospect/nudge", "prospect/closing-the-file"):
        for language in ("en", "de", "fr", "es"):
            assert found.choose(name, language).language == language


def test_a_broken_copy_of_the_shipped_templates_is_found_out(tmp_path: Path) -> None:
    copy = tmp_path / "templates"
    shutil.copytree(SHIPPED, copy)
    path = copy / "client/referral.txt"
    path.write_text(path.read_text(encoding="utf-8").replace("ideal.person", "ideal.persons"), encoding="utf-8")
    told = r'referral\.txt:\d+:\d+: "ideal.persons".*Did you mean "person"'
    with pytest.raises(TemplateFileError, match=told) as raised:
        read_templates(copy)
    assert len(raised.value.faults) == 2
