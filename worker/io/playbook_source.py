"""A YAML file as composed nodes: every word with its line and column, and nothing in it that nobody reads."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from worker.core.playbook import UnknownPhrase
from worker.io.playbook_syntax import BRACES, explained, invisible

_LONGEST = 100_000
"""Characters. A playbook is a page; what is longer is a mistake or an attack."""
_DEEPEST = 12
_MOST_FAULTS = 100
"""Of one file: whoever has more begins again with a shipped one."""
_PLAIN = "tag:yaml.org,2002:"
Where = Sequence[str | int]
_T = TypeVar("_T")


class Source:
    """A file, its words as plain values, and the place of each."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.text = ""
        self.data: Any = None
        self._root: Node | None = None
        self._faults: dict[str, tuple[int, int]] = {}
        try:
            self.text = path.read_bytes().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            self._tell(_place_of_byte(error), "this is not UTF-8 text; save the file with the encoding UTF-8")
        except OSError as error:
            self._tell((1, 1), f"the file cannot be read: {error.strerror}")
        else:
            self._compose()

    @property
    def faults(self) -> tuple[str, ...]:
        """What is wrong, in the order of the lines."""
        told = sorted(self._faults, key=lambda line: self._faults[line])
        if len(told) > _MOST_FAULTS:
            told = [*told[:_MOST_FAULTS], f"{self.path}:1:1: and {len(told) - _MOST_FAULTS} more"]
        return tuple(told)

    def fault(self, where: Where, what: str) -> None:
        """Tell what is wrong with the value at a place."""
        self._tell(self.at(where), what)

    def fault_of_key(self, where: Where, what: str) -> None:
        """Tell what is wrong with the word before the colon."""
        self._tell(self.key_at(where), what)

    def fault_inside(self, where: Where, line: int, column: int, what: str) -> None:
        """Tell what is wrong inside a text of one line; in a folded one the place is that of its beginning."""
        at = self.at(where)
        node = self._node(where)
        quoted = isinstance(node, ScalarNode) and node.style in ("'", '"')
        one_line = isinstance(node, ScalarNode) and node.style not in ("|", ">") and _lies_in_one_line(node)
        self._tell((at[0], at[1] + column - 1 + quoted) if one_line and line == 1 else at, what)

    def read(self, where: Where, reader: Callable[[str], _T], text: str | None) -> _T | None:
        """Read a phrase; one that nobody knows becomes a fault at its place."""
        if text is None:
            return None
        try:
            return reader(text)
        except UnknownPhrase as error:
            self.fault(where, str(error))
            return None

    def at(self, where: Where) -> tuple[int, int]:
        """Line and column of a value, or of the nearest one above it."""
        node, place = self._root, _start(self._root)
        for key in where:
            below = _below(node, key)
            if below is None:
                break
            node = below[1]
            # Where nothing stands behind the colon, the place is the word before it.
            place = _start(below[0] if _is_nothing(node) else node)
        return place

    def key_at(self, where: Where) -> tuple[int, int]:
        """Line and column of the word before the colon; of an entry of a list, of its first word."""
        found = _below(self._node(where[:-1]), where[-1]) if where else None
        return _start(found[0]) if found else self.at(where)

    def _node(self, where: Where) -> Node | None:
        node = self._root
        for key in where:
            below = _below(node, key)
            if below is None:
                return None
            node = below[1]
        return node

    def _tell(self, place: tuple[int, int], what: str) -> None:
        self._faults.setdefault(f"{self.path}:{place[0]}:{place[1]}: {what}", place)

    # -- from text to values -------------------------------------------------------------------

    def _compose(self) -> None:
        if len(self.text) > _LONGEST:
            return self._tell((1, 1), f"a file of {len(self.text):,} characters is no playbook: one page is enough")
        for place, what in invisible(self.text):
            self._tell(place, what)
        if self._faults:
            return None
        try:
            self._look_through(YAML(typ="rt", pure=True).parse(self.text))
            if not self._faults:
                self._root = YAML(typ="rt", pure=True).compose(self.text)
        except YAMLError as error:
            return self._tell(*explained(error, self.text))
        except (ValueError, RecursionError):
            return self._tell((1, 1), "this cannot be read as a playbook")
        if self._root is not None:
            self.data = self._value(self._root, ())
        return None

    def _look_through(self, events: Iterator[Event]) -> None:
        """Refuse what hides or multiplies words, before anything is built of it: one pass without recursion."""
        depth = 0
        for event in events:
            if isinstance(event, AliasEvent):
                self._refuse(event, f'"*{event.anchor}" stands for words in another place; write them out here')
            elif isinstance(event, ScalarEvent | MappingStartEvent | SequenceStartEvent):
                if event.anchor is not None:
                    self._refuse(event, f'"&{event.anchor}" names words for use in another place; take it out')
                if event.tag is not None and not str(event.tag).startswith("!!str"):
                    self._refuse(event, f'"{event.tag}" has no meaning here; put quotes around a text that begins with "!"')
            if isinstance(event, MappingStartEvent | SequenceStartEvent):
                depth += 1
            elif isinstance(event, MappingEndEvent | SequenceEndEvent):
                depth -= 1
            if depth > _DEEPEST:
                return self._refuse(event, "this is nested too deeply: a playbook has steps, and steps have lines")
        return None

    def _refuse(self, event: Event, what: str) -> None:
        self._tell((event.start_mark.line + 1, event.start_mark.column + 1), what)

    def _value(self, node: Node, where: tuple[str | int, ...]) -> Any:
        match node:
            case MappingNode():
                return self._mapping(node, where)
            case SequenceNode():
                return [self._value(one, (*where, number)) for number, one in enumerate(node.value)]
            case _:
                return _scalar(node)

    def _mapping(self, node: MappingNode, where: tuple[str | int, ...]) -> dict[Hashable, Any]:
        found: dict[Hashable, Any] = {}
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                self._tell(_start(node if node.flow_style else key), BRACES)
                continue
            word = str(key.value)
            if word in found:
                first = _start(_first_key(node, word))[0]
                self._tell(_start(key), f'"{word}" stands here twice, first in line {first}; keep one of them')
                continue
            found[word] = self._value(value, (*where, word))
        return found


def _scalar(node: Node) -> Any:
    """A text as a text; a number, true and nothing as such, so that it can be said that they are no texts."""
    # ruamel marks with BEL where a folded line was broken.
    text = str(node.value).replace("\a", "")
    if not isinstance(node, ScalarNode) or node.style in ("'", '"', "|", ">"):
        return text
    kind = str(node.tag).removeprefix(_PLAIN)
    match kind:
        case "null":
            return None
        case "bool":
            return text.lower() == "true"
        case "int":
            return int(text) if text.lstrip("+-").isdigit() and len(text) < 10 else text
        case _:
            return text


def _below(node: Node | None, key: str | int) -> tuple[Node, Node] | None:
    """The key and the value at a place of a mapping or a list."""
    if isinstance(node, MappingNode):
        return next(((one, value) for one, value in node.value if str(one.value) == str(key)), None)
    if isinstance(node, SequenceNode) and isinstance(key, int) and key < len(node.value):
        return node.value[key], node.value[key]
    return None


def _first_key(node: MappingNode, word: str) -> Node | None:
    return next((key for key, _ in node.value if str(key.value) == word), None)


def _start(node: Node | None) -> tuple[int, int]:
    return (node.start_mark.line + 1, node.start_mark.column + 1) if node is not None else (1, 1)


def _is_nothing(node: Node) -> bool:
    return isinstance(node, ScalarNode) and not node.value and not node.style


def _lies_in_one_line(node: Node) -> bool:
    return bool(node.start_mark.line == node.end_mark.line)


def _place_of_byte(error: UnicodeDecodeError) -> tuple[int, int]:
    before = error.object[: error.start]
    line = before.rpartition(b"\n")[2]
    return before.count(b"\n") + 1, len(line.decode("utf-8", "replace")) + 1
