"""What is printed for editors and readers is what the program reads, and lies beside the playbooks as it is printed."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from ruamel.yaml import YAML

from worker.app.reference import phrases, schema

PLAYBOOKS = Path(__file__).parents[2] / "playbooks"
SHIPPED = sorted(PLAYBOOKS.glob("*.yaml"))


@pytest.fixture(scope="module")
def editor() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads(schema()))


def test_the_shipped_schema_is_the_one_that_the_program_makes():
    assert (PLAYBOOKS / "playbook.schema.json").read_text("utf-8") == schema(), "worker check --schema"


def test_the_page_of_phrases_is_the_one_that_the_program_makes():
    assert (PLAYBOOKS / "PHRASES.md").read_text("utf-8") == phrases(), "worker check --phrases"


@pytest.mark.parametrize("path", SHIPPED, ids=[path.stem for path in SHIPPED])
def test_an_editor_finds_the_schema_of_a_shipped_playbook_and_accepts_it(path, editor):
    text = path.read_text("utf-8")
    assert text.startswith("# yaml-language-server: $schema=./playbook.schema.json\n")
    assert [error.message for error in editor.iter_errors(YAML(typ="safe").load(text))] == []


@pytest.mark.parametrize(
    "step", [{"id": "a"}, {"id": "a", "send": "nudge"}, {"id": "a", "send": "prospect/nudge", "task": "Ring"},
             {"id": "a", "wait": "5 buisness days"}],
)  # fmt: skip
def test_an_editor_underlines_what_check_would_refuse(editor, step):
    book = {"playbook": 1, "name": "A", "start": {"when": "prospect is silent"}, "steps": [step]}
    assert list(editor.iter_errors(book))
