"""What a model cannot take becomes a line that says where it stands and what to write instead."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from worker.core.playbook import nearest, suggestion
from worker.io.playbook_forms import KINDS, PLACES, STEPS, Form, Loc, PlaybookForm, form_at, words_of
from worker.io.playbook_source import Source

_M = TypeVar("_M", bound=BaseModel)
_BELOW = {"start": "below start:", "calendar": "below calendar:", "variants": "in an entry of variants:",
          "then": "in an entry of then:"}  # fmt: skip


class PlaybookFault(Exception):
    """One or more playbooks cannot be used. `lines` are file:line:column: what is wrong and what to do."""

    def __init__(self, lines: tuple[str, ...] | list[str]) -> None:
        self.lines = tuple(lines)
        super().__init__("\n".join(self.lines))


def validated(source: Source, model: type[_M], context: object = None) -> _M | None:
    """The file as its model, or None with all faults told in one pass."""
    if source.faults:
        return None
    if not isinstance(source.data, dict):
        what = "is empty" if source.data is None else "does not begin with words like name: and start:"
        source.fault((), f"this file {what}. Copy a shipped one and change it")
        return None
    try:
        return model.model_validate(source.data, context=context)
    except ValidationError as error:
        found = [(_plain(one["loc"]), one) for one in error.errors()]
        slips = {(where[:-1], nearest(str(where[-1]), _words(model, one["loc"][:-1])))
                 for where, one in found if one["type"] == "extra_forbidden"}  # fmt: skip
        for where, one in found:
            if one["type"] == "missing" and (where[:-1], str(where[-1])) in slips:
                continue  # it is there, with a slip of the pen
            _tell(source, model, where, one)
        return None


def _plain(loc: Loc) -> Loc:
    """The path in the file: pydantic's own has the kind of a step in it."""
    return tuple(part for part in loc if part not in KINDS and part != "[key]")


def _tell(source: Source, model: type[BaseModel], where: Loc, error: Any) -> None:
    word = str(where[-1]) if where else ""
    given = error["input"]
    match error["type"]:
        case "extra_forbidden":
            source.fault_of_key(where, _unknown(word, where, error["loc"][:-1], model))
        case "missing":
            _missing(source, where, word, given)
        case "value_error":
            source.fault(where, str(error["ctx"]["error"]))
        case "list_type":
            shown = given if isinstance(given, str) else "..."
            below = "begin each entry below it with \"- \"" if isinstance(given, dict) else f"write {word}: [{shown}]"
            source.fault_of_key(where, f'"{word}" takes a list; {below}') if isinstance(given, dict) else source.fault(
                where, f'"{word}" takes a list; {below}'
            )
        case "too_short":
            source.fault(where, f'there is nothing to do below "{word}". Give it an entry, or take the line out')
        case "model_type" | "model_attributes_type" | "dict_type":
            what = "this entry" if isinstance(where[-1], int) else f'"{word}"'
            source.fault(where, f"{what} has lines of its own below it, indented by two spaces: name: value")
        case "string_pattern_mismatch" if "variables" in where:
            source.fault_of_key(where, f'"{word}" is no name of a variable: small letters, digits and _, such as offer_link')
        case _:
            source.fault(where, f'"{word}": {error["msg"][:1].lower()}{error["msg"][1:]}')


def _missing(source: Source, where: Loc, word: str, parent: Any) -> None:
    if "do" in where[:-1] and isinstance(parent, dict):
        has = [one for one in parent if one in STEPS or one == "wait"]
        what = "a branch sends, asks and waits for nothing: make that a step of its own" if has else "this does nothing"
        return source.fault(where[:-1], f"{what}. Give each entry of `do` one of: task, alert, label, exit")
    inside = f' below "{where[-2]}:"' if len(where) > 1 and isinstance(where[-2], str) else ""
    what = f'"{word}" is missing{inside}; add a line: {word}: ...'
    if len(where) > 1 and isinstance(where[-2], str):
        return source.fault_of_key(where[:-1], what)
    return source.fault(where[:-1], what)


def _words(model: type[BaseModel], loc: Loc) -> list[str]:
    if issubclass(model, Form):
        return words_of(form_at(loc, model))
    inner: Any = model
    for part in loc:
        if isinstance(part, str) and part in inner.model_fields:
            arguments = getattr(inner.model_fields[part].annotation, "__args__", (inner,))
            inner = next((one for one in arguments if isinstance(one, type) and issubclass(one, BaseModel)), inner)
    return [one.alias or name for name, one in inner.model_fields.items()]


def _unknown(word: str, where: Loc, loc: Loc, model: type[BaseModel]) -> str:
    words = _words(model, loc)
    near = nearest(word, words)
    if not near and issubclass(model, Form):
        if "do" in where and word in ("send", "handover", "ask"):
            return f"a branch cannot {word}: make that a step of its own, behind this one"
        if word in STEPS and "do" in where:
            return f'an entry does one thing, and this one has "{word}" besides. Make it an entry of its own'
        if word in STEPS and "steps" in where and "then" not in where:
            return f'a step does one thing, and this one has "{word}" besides. Make it a step of its own'
        home = _home(word)
        if home:
            return f'"{word}" does not stand here: it belongs {home}'
    return f'"{word}" is no word that stands here. {suggestion(word, words)}'


def _home(word: str) -> str:
    """Where a word stands that stands in the wrong place."""
    if word in words_of(PlaybookForm):
        return "to the left margin of the file"
    for place, form in PLACES.items():
        if word in words_of(form):
            kinds = [one.strip("<>") for one, other in PLACES.items() if one[0] == "<" and word in words_of(other)]
            return _BELOW.get(place, f"to a step that has {' or '.join(kinds)}" if len(kinds) < 5 else "to a step")
    return ""
