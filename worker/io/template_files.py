"""Reads a folder of templates into frozen values, and every fault in them in one pass.

One file for each template and language: client/thank-you.txt is English, client/thank-you.de.txt is German. A file is a
few `key: value` lines between two lines of ---, then the mail.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, TemplateSyntaxError, nodes

from worker.core.empty_phrases import EMPTY_PHRASES
from worker.core.template import (
    BORROWED_FILTERS,
    DEFAULT_LANGUAGE,
    FILTERS,
    FOLDERS,
    Context,
    Purpose,
    Shape,
    Template,
    Templates,
    Thread,
    did_you_mean,
    shape_of,
)

_FILE = re.compile(r"([a-z0-9][a-z0-9-]*)(?:\.([a-z]{2}))?\.txt")
_KEYS = ("purpose", "subject", "thread")
_SHOUTING = re.compile(r"!\s*!+")
_TAG = re.compile(r"\{[{%].*?[%}]\}", re.DOTALL)
_ALLOWED_BLOCKS = (nodes.Output, nodes.If, nodes.For, nodes.Assign, nodes.TemplateData)
_PLAIN = Environment(autoescape=False)
_SHAPE = shape_of(Context)
_LOOP = Shape(fields=dict.fromkeys(("first", "last", "index", "index0", "length"), Shape()))


class TemplateFileError(Exception):
    """The templates cannot be used as they are. `faults` holds every one as file:line:column: what to do."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class _Fault:
    path: str
    line: int
    column: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.text}"


def read_templates(folder: Path) -> Templates:
    """Read every template below a folder. Raises TemplateFileError with all faults at once."""
    templates: list[Template] = []
    faults: list[_Fault] = []
    paths = sorted(folder.rglob("*.txt")) if folder.is_dir() else []
    if not paths:
        faults.append(_Fault(str(folder), 1, 1, "there are no templates (*.txt) in this folder"))
    for path in paths:
        template, found = _read(path, folder)
        faults.extend(found)
        if template is not None:
            templates.append(template)
    faults.extend(_between_languages(templates))
    if faults:
        raise TemplateFileError(tuple(str(fault) for fault in sorted(faults, key=_place)))
    return Templates.of(templates)


def _place(fault: _Fault) -> tuple[str, int, int]:
    return fault.path, fault.line, fault.column


def _read(path: Path, folder: Path) -> tuple[Template | None, list[_Fault]]:
    shown = str(path)
    parts = path.relative_to(folder).parts
    named = _FILE.fullmatch(parts[-1])
    if len(parts) != 2 or parts[0] not in FOLDERS or named is None:
        expected = f"a template lies in {', '.join(FOLDERS)} and is called like thank-you.txt or thank-you.de.txt"
        return None, [_Fault(shown, 1, 1, expected)]
    try:
        text = path.read_text(encoding="utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as fault:
        return None, [_Fault(shown, 1, 1, f"this is not UTF-8 text (byte {fault.start})")]
    except OSError as fault:
        return None, [_Fault(shown, 1, 1, f"cannot be read: {fault.strerror}")]
    head, body, line_of_body, faults = _split(text, shown)
    if head is None:
        return None, faults
    template = _template(head, body, line_of_body, shown, parts[0], named, faults)
    if template is not None:
        faults.extend(_check(template, head["subject"].column if "subject" in head else 1))
    return template, faults


@dataclass(frozen=True, slots=True)
class _Value:
    text: str
    line: int
    column: int


def _split(text: str, path: str) -> tuple[dict[str, _Value] | None, str, int, list[_Fault]]:
    """Front matter, body and the line on which the body begins."""
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        return None, "", 1, [_Fault(path, 1, 1, 'the first line has to be "---", then purpose and subject')]
    end = next((at for at, line in enumerate(lines[1:], start=1) if line.rstrip() == "---"), None)
    if end is None:
        return None, "", 1, [_Fault(path, 1, 1, 'a second line of "---" has to end the lines about the mail')]
    head: dict[str, _Value] = {}
    faults: list[_Fault] = []
    for number, line in enumerate(lines[1:end], start=2):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        key, colon, value = line.partition(":")
        key = key.strip()
        if not colon or key not in _KEYS:
            hint = did_you_mean(key, _KEYS) or f"There are: {', '.join(_KEYS)}"
            faults.append(_Fault(path, number, 1, f'"{key}" is nothing that a template says of itself. {hint}'))
        elif key in head:
            faults.append(_Fault(path, number, 1, f'"{key}" stands here twice'))
        else:
            column = line.index(":") + 2 + len(value) - len(value.lstrip())
            head[key] = _Value(_unquoted(value.strip()), number, column)
    return head, "\n".join(lines[end + 1 :]), end + 2, faults


def _unquoted(value: str) -> str:
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if quoted else value


def _template(
    head: Mapping[str, _Value],
    body: str,
    line_of_body: int,
    path: str,
    bucket: str,
    named: re.Match[str],
    faults: list[_Fault],
) -> Template | None:
    purpose = _purpose(head, path, bucket, faults)
    thread = _thread(head, path, faults)
    if purpose is None:
        return None
    thread = thread or purpose.thread
    subject = head.get("subject")
    if subject is None and thread is Thread.NEW:
        faults.append(_Fault(path, 1, 1, "a mail in a fresh thread needs a subject"))
    if not body.strip():
        faults.append(_Fault(path, line_of_body, 1, "the mail itself is missing"))
    return Template(
        name=f"{bucket}/{named[1]}",
        bucket=bucket,
        purpose=purpose,
        language=named[2] or DEFAULT_LANGUAGE,
        subject=subject.text if subject else "",
        body=body,
        thread=thread,
        path=path,
        line_of_body=line_of_body,
        line_of_subject=subject.line if subject else 1,
    )


def _purpose(head: Mapping[str, _Value], path: str, bucket: str, faults: list[_Fault]) -> Purpose | None:
    value = head.get("purpose")
    known = [purpose.value for purpose in Purpose]
    if value is None:
        faults.append(_Fault(path, 1, 1, f"the purpose is missing. There are: {', '.join(known)}"))
        return None
    if value.text not in known:
        hint = did_you_mean(value.text, known) or f"There are: {', '.join(known)}"
        faults.append(_Fault(path, value.line, value.column, f'"{value.text}" is no purpose of a mail. {hint}'))
        return None
    purpose = Purpose(value.text)
    if purpose.to_owner != (bucket == "owner"):
        whose = "the team, so it lies in owner/" if purpose.to_owner else "a contact, so it does not lie in owner/"
        faults.append(_Fault(path, value.line, value.column, f"a mail with the purpose {purpose} goes to {whose}"))
    elif bucket not in purpose.folders:
        told = f"a {bucket} does not get a mail with the purpose {purpose}. It lies in {' or '.join(sorted(purpose.folders))}/"
        faults.append(_Fault(path, value.line, value.column, told))
    return purpose


def _thread(head: Mapping[str, _Value], path: str, faults: list[_Fault]) -> Thread | None:
    value = head.get("thread")
    if value is None or value.text in list(Thread):
        return Thread(value.text) if value else None
    faults.append(_Fault(path, value.line, value.column, f'thread is "same" or "new", not "{value.text}"'))
    return None


# -- what the mail says ---------------------------------------------------------------


def _check(template: Template, subject_column: int) -> Iterator[_Fault]:
    texts = ((template.subject, template.line_of_subject, subject_column), (template.body, template.line_of_body, 1))
    for text, line, column in texts:
        for fault in check_text(text):
            where = column - 1 if fault.line == 1 else 0
            yield _Fault(template.path, line + fault.line - 1, fault.column + where, fault.text)
    if template.purpose.to_owner:
        return
    for text, line, column in texts:
        for fault in _style(text):
            where = column - 1 if fault.line == 1 else 0
            yield _Fault(template.path, line + fault.line - 1, fault.column + where, fault.text)


def _style(text: str) -> Iterator[TextFault]:
    """What nobody would say to a person whom they want to keep."""
    for found in EMPTY_PHRASES.finditer(text):
        said = " ".join(found[0].split())
        yield _there(text, found.start(), f'"{said}" says nothing. Write what is new, or what you ask for')
    for found in _SHOUTING.finditer(text):
        yield _there(text, found.start(), f'"{found[0]}" shouts. One sentence in a plain voice says more')


def _there(text: str, at: int, told: str) -> TextFault:
    return TextFault(text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at), told)


@dataclass(frozen=True, slots=True)
class TextFault:
    """What is wrong in a piece of Jinja2, with its line and column in that piece."""

    line: int
    column: int
    text: str


def check_text(text: str, shape: Shape = _SHAPE) -> list[TextFault]:
    """What a Jinja2 text says that the worker does not know: names, filters, tags, and broken syntax."""
    try:
        tree = _PLAIN.parse(text)
    except TemplateSyntaxError as fault:
        line = text.split("\n")[fault.lineno - 1] if fault.lineno <= text.count("\n") + 1 else ""
        return [TextFault(fault.lineno, max(line.find("{"), 0) + 1, f"{fault.message}")]
    found: list[TextFault] = []
    _walk(tree.body, dict(shape.fields), text, found)
    return list(dict.fromkeys(found))


def _walk(children: list[nodes.Node], scope: dict[str, Shape], text: str, found: list[TextFault]) -> None:
    for node in children:
        match node:
            case nodes.For():
                _expressions(node.iter, scope, text, found)
                _walk(node.body, scope | _loop_names(node, scope), text, found)
                _walk(node.else_, scope, text, found)
            case nodes.If():
                _expressions(node.test, scope, text, found)
                _walk([*node.body, *node.elif_, *node.else_], scope, text, found)
            case nodes.Assign():
                _expressions(node.node, scope, text, found)
                scope |= dict.fromkeys(_names(node.target), _shape(node.node, scope) or Shape())
            case nodes.Output() | nodes.TemplateData():
                _expressions(node, scope, text, found)
            case _:
                tag = type(node).__name__.lower()
                told = f'a template has no use for "{tag}": it knows if, for and set'
                found.append(_at(text, node.lineno, "{%", told))


def _loop_names(node: nodes.For, scope: Mapping[str, Shape]) -> dict[str, Shape]:
    listed = _shape(node.iter, scope)
    item = (listed.item if listed else None) or Shape()
    return dict.fromkeys(_names(node.target), item) | {"loop": _LOOP}


def _names(target: nodes.Node) -> list[str]:
    return [node.name for node in (target, *target.find_all(nodes.Name)) if isinstance(node, nodes.Name)]


def _expressions(tree: nodes.Node, scope: Mapping[str, Shape], text: str, found: list[TextFault]) -> None:
    """Check every name, field, filter and call in an expression."""
    for node in (tree, *tree.find_all((nodes.Name, nodes.Getattr, nodes.Getitem, nodes.Filter, nodes.Call))):
        match node:
            case nodes.Name() if node.ctx == "load" and node.name not in scope:
                hint = did_you_mean(node.name, scope)
                told = f'"{node.name}" is nothing that the worker knows. {hint}'
                found.append(_at(text, node.lineno, rf"(?<![\w.]){node.name}\b", told.rstrip()))
            case nodes.Getattr():
                found.extend(_field(node, scope, text))
            case nodes.Filter() if node.name not in FILTERS | BORROWED_FILTERS:
                hint = did_you_mean(node.name, FILTERS | BORROWED_FILTERS)
                told = f'"{node.name}" is no filter that the worker knows. {hint}'
                found.append(_at(text, node.lineno, rf"(?<=\|)\s*{node.name}\b", told.rstrip()))
            case nodes.Call():
                found.append(_at(text, node.lineno, r"\(", "a template calls nothing: it names values and filters"))


def _field(node: nodes.Getattr, scope: Mapping[str, Shape], text: str) -> Iterator[TextFault]:
    parent = _shape(node.node, scope)
    if parent is None or parent.open or node.attr in parent.fields:
        return
    spoken = f"{_spoken(node.node)}.{node.attr}"
    hint = did_you_mean(node.attr, parent.fields)
    if not hint and parent.fields:
        hint = f"There are: {', '.join(sorted(parent.fields))}"
    told = f'"{spoken}" is nothing that the worker knows. {hint}'.rstrip()
    yield _at(text, node.lineno, rf"(?<=\.)\s*{node.attr}\b", told)


def _shape(node: nodes.Node, scope: Mapping[str, Shape]) -> Shape | None:
    """What an expression stands for, None where that cannot be told."""
    match node:
        case nodes.Name():
            return scope.get(node.name)
        case nodes.Getattr():
            parent = _shape(node.node, scope)
            return parent.fields.get(node.attr) if parent else None
        case nodes.Getitem():
            parent = _shape(node.node, scope)
            return parent.item if parent else None
    return None


def _spoken(node: nodes.Node) -> str:
    match node:
        case nodes.Name():
            return node.name
        case nodes.Getattr():
            return f"{_spoken(node.node)}.{node.attr}"
    return "..."


def _at(text: str, line: int, pattern: str, told: str) -> TextFault:
    """Jinja2 keeps lines but no columns: the first such place inside a tag that touches the line."""
    lines = text.split("\n")
    before = sum(len(each) + 1 for each in lines[: line - 1])
    for tag in _TAG.finditer(text):
        if tag.end() <= before:
            continue
        found = re.compile(pattern).search(text, max(tag.start(), before), tag.end())
        if found:
            at = found.end() - len(found[0].lstrip())
            real = text.count("\n", 0, at) + 1
            return TextFault(real, at - text.rfind("\n", 0, at), told)
    return TextFault(line, 1, told)


def _between_languages(templates: list[Template]) -> Iterator[_Fault]:
    english = {template.name: template for template in templates if template.language == DEFAULT_LANGUAGE}
    for template in templates:
        original = english.get(template.name)
        if original is None:
            told = f"{template.name} has no English text to fall back to: add {template.name}.txt"
            yield _Fault(template.path, 1, 1, told)
        elif original.purpose is not template.purpose:
            told = f"its purpose is {template.purpose}, but that of {original.path} is {original.purpose}"
            yield _Fault(template.path, 2, 1, told)
