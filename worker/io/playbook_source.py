"""A YAML file with the positions of its nodes, so that every fault can be told with line and column."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent

from worker.core.playbook import UnknownPhrase

_T = TypeVar("_T")


class Source:
    """A YAML file with the positions of its nodes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.faults: list[str] = []
        self.text = ""
        self.data: Any = None
        try:
            self.text = path.read_text("utf-8")
            self.data = YAML(typ="rt").load(self.text)
            self._refuse_aliases()
        except MarkedYAMLError as error:
            self.faults.append(self._yaml_fault(error))
        except (OSError, UnicodeDecodeError, YAMLError) as error:
            self.faults.append(f"{path}:1:1: the file cannot be read: {error}")

    def _yaml_fault(self, error: MarkedYAMLError) -> str:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        problem = str(error.problem or error.context or "this is not YAML")
        words = self.text.splitlines()[line - 1] if 0 < line <= len(self.text.splitlines()) else ""
        if re.search(r":\s*\{\{", words):
            problem = 'put quotes around a text that begins with {{: "{{ contact.first_name }}"'
        elif "found duplicate key" in problem:
            problem = f"{problem.partition(' with')[0].replace('found duplicate', 'twice the same')}: keep one of them"
        return f"{self.path}:{line}:{column}: {problem}"

    def at(self, where: Sequence[str | int]) -> tuple[int, int]:
        """Line and column of a node, or of the nearest one above it."""
        node, place = self.data, (1, 1)
        for key in where:
            spot = _spot(node, key)
            if spot is not None:
                place = spot
            try:
                node = node[key]
            except (KeyError, IndexError, TypeError):
                break
        return place

    def key_at(self, where: Sequence[str | int]) -> tuple[int, int]:
        """Line and column of the last key itself, where its value would be of no help."""
        node = self.data
        for key in where[:-1]:
            node = node[key]
        lines = getattr(node, "lc", None)
        if lines is None:
            return self.at(where)
        line, column = lines.key(where[-1])
        return line + 1, column + 1

    def _refuse_aliases(self) -> None:
        """An instruction that stands in another place is one that nobody reads."""
        for event in YAML(typ="rt").parse(self.text):
            if isinstance(event, AliasEvent):
                mark = event.start_mark
                what = f'"*{event.anchor}" stands for words in another place; write them out here'
                self.faults.append(f"{self.path}:{mark.line + 1}:{mark.column + 1}: {what}")

    def fault(self, where: Sequence[str | int], what: str) -> None:
        line, column = self.at(where)
        self.faults.append(f"{self.path}:{line}:{column}: {what}")

    def read(self, where: Sequence[str | int], reader: Callable[[str], _T], text: str | None) -> _T | None:
        """Read a phrase; a phrase that nobody knows becomes a fault at its place."""
        if text is None:
            return None
        try:
            return reader(text)
        except UnknownPhrase as error:
            self.fault(where, str(error))
            return None

    def read_all(self, where: Sequence[str | int], reader: Callable[[str], _T], texts: Iterable[str]) -> tuple[_T, ...]:
        found = [self.read((*where, number), reader, text) for number, text in enumerate(texts)]
        return tuple(one for one in found if one is not None)


def _spot(node: Any, key: str | int) -> tuple[int, int] | None:
    lines = getattr(node, "lc", None)
    if lines is None:
        return None
    try:
        line, column = lines.value(key) if isinstance(node, dict) else lines.item(key)
    except (KeyError, TypeError, IndexError):
        try:
            line, column = lines.key(key)
        except (KeyError, TypeError, IndexError):
            return None
    return line + 1, column + 1
