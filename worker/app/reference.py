"""The page of every phrase and the JSON schema for editors, both made from what the program really reads."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from worker.core.lifecycle import EXIT_EVENT
from worker.core.playbook import LANGUAGES, TRIGGERS, Answer, Condition, Rule, Unit
from worker.io.playbook_forms import (
    STEPS,
    BranchForm,
    CalendarForm,
    Form,
    PlaybookForm,
    StartForm,
    StepForm,
    VariantForm,
    WaitStep,
    words_of,
)
from worker.io.playbook_values import UNCHANGED
from worker.io.playbook_words import PHRASES, WORDS

_SCHEMA = "https://json-schema.org/draft/2020-12/schema"


def print_schema() -> int:
    print(schema(), end="")
    return 0


def print_phrases() -> int:
    print(phrases(), end="")
    return 0


def schema() -> str:
    """playbooks/playbook.schema.json."""
    made = PlaybookForm.model_json_schema(by_alias=True)
    made["$defs"]["WaitStep"]["anyOf"] = [{"required": ["wait"]}, {"required": ["wait_until"]}]
    whole = {"$schema": _SCHEMA, "title": "A playbook of the Follow-up Worker", **_for_an_editor(made)}
    return json.dumps(whole, ensure_ascii=False, indent=2) + "\n"


def _for_an_editor(node: Any) -> Any:
    """Without what only programs read, and with what each word means."""
    if isinstance(node, list):
        return [_for_an_editor(one) for one in node]
    if not isinstance(node, dict):
        return node
    plain = {key: _for_an_editor(value) for key, value in node.items() if key not in ("title", "default", "description")}
    for word, place in plain.get("properties", {}).items():
        if word in WORDS and "$ref" not in place:
            place["description"] = WORDS[word]
    return plain


def phrases() -> str:
    """playbooks/PHRASES.md."""
    stages = ", ".join(f"`{stage}`" for stage in EXIT_EVENT)
    lengths = [f"`3 {unit}s`" for unit in Unit if unit is not Unit.BUSINESS_MORNING]
    parts = [
        "# Every word and phrase of a playbook",
        "Made by `worker check --phrases` from what the program reads; [README.md](README.md) shows how they go together.",
        "Capital letters do not matter. A word that is not here is refused, with the one that was probably meant.",
        "## How a playbook begins",
        _table("start.when", TRIGGERS, _ALSO_STOPS),
        "## What has to be true",
        "For `only_if`, of `start` and of a step.",
        _table("only_if", Condition),
        "## What ends it",
        _table("stop_when", Rule),
        "## What a reply says, or silence",
        "For the `if` of a `then`.",
        _table("if", ["silence after 10 business days" if one is Answer.SILENCE else one for one in Answer]),
        "## Who gets another template",
        "For the `if` of a `variants`.",
        _table("if", [*LANGUAGES, Condition.IS_SUSPECT, Condition.IS_PROSPECT, Condition.IS_CLIENT]),
        "## How long",
        f"{', '.join(lengths)}, `next business morning`. Numbers to twelve may be words: `a week`, `two months`. "
        "A business day is one where the recipient is.",
        "## The stage that an exit or a label sets",
        f"{stages}; an exit also `{UNCHANGED}`. Nobody becomes a client by a playbook: that takes a signature and money.",
        "## The words before the colon",
        *_words(),
    ]
    return "\n\n".join(parts) + "\n"


_ALSO_STOPS = frozenset({"deal is lost", "deal is disqualified"})
"""Phrases whose meaning is told where they end a playbook."""


def _table(head: str, phrases: Iterable[str], told_elsewhere: frozenset[str] = frozenset()) -> str:
    meanings = {phrase: "" if phrase in told_elsewhere else PHRASES.get(phrase, "") for phrase in phrases}
    rows = [f"| `{phrase}` | {meaning} |" for phrase, meaning in meanings.items()]
    return "\n".join([f"| {head} | |", "| --- | --- |", *rows])


def _words() -> list[str]:
    places: list[tuple[str, list[str]]] = [
        ("At the left margin", words_of(PlaybookForm)),
        ("Below `start`", words_of(StartForm)),
        ("Below `calendar`", words_of(CalendarForm)),
        ("In every step", words_of(StepForm)),
        *((f"In a step with `{word}`", _beside(form)) for word, form in STEPS.items()),
        ("In a step that only waits", _beside(WaitStep)),
        ("In an entry of `variants`", words_of(VariantForm)),
        ("In an entry of `then`", words_of(BranchForm)),
    ]
    found = []
    for place, words in places:
        rows = [f"| `{word}` | {WORDS.get(word, '')} |" for word in words]
        found.append("\n".join([f"| {place} | |", "| --- | --- |", *rows]))
    return found


def _beside(form: type[Form]) -> list[str]:
    common = words_of(StepForm)
    return [word for word in words_of(form) if word not in common]
