"""Reads playbooks and the firm's own files: one file, one playbook, every fault with its place in one pass."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from worker.core import playbook as phrases
from worker.core.calendar import DECENT, has_holidays
from worker.core.firm import Deliverer, Firm, IdealClient
from worker.core.lifecycle import EXIT_EVENT
from worker.core.model import Address, Event, Party, Stage
from worker.core.playbook import (
    Alert,
    AtMost,
    Branch,
    Deed,
    Exit,
    Hours,
    Mode,
    Playbook,
    Send,
    Step,
    Task,
    UnknownPhrase,
    Watch,
    suggestion,
)
from worker.io.playbook_source import Source

_M = TypeVar("_M", bound=BaseModel)


class PlaybookFault(Exception):
    """One or more playbooks cannot be used. `lines` are file:line:column: what is wrong and what to do."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = tuple(lines)
        super().__init__("\n".join(self.lines))


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class _Start(_File):
    when: str
    after: str | None = None
    only_if: list[str] = []
    at_most: str | None = None


class _Calendar(_File):
    send_between: str | None = None
    days: list[str] | None = None
    spread: str | None = None
    business_days: str | None = None
    time_zone: Literal["recipient"] = "recipient"


class _Do(_File):
    task: str | None = None
    alert: str | None = None
    exit: str | None = None
    due: str | None = None
    for_: Literal["owner"] | None = Field(default=None, alias="for")


class _Branch(_File):
    if_: str = Field(alias="if")
    do: list[_Do]


class _Step(_File):
    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    wait: str | None = None
    wait_until: str | None = None
    repeat: str | None = None
    send: str | None = None
    task: str | None = None
    alert: str | None = None
    exit: str | None = None
    due: str | None = None
    for_: Literal["owner"] | None = Field(default=None, alias="for")
    thread: Literal["same", "new"] | None = None
    approve: bool = False
    only_if: list[str] = []
    then: list[_Branch] = []


class _Playbook(_File):
    playbook: Literal[1]
    name: str = Field(min_length=1)
    kind: Literal["chasing", "life cycle"] = "chasing"
    mode: Mode = Mode.SEND
    start: _Start
    calendar: _Calendar = _Calendar()
    stop_when: list[str] = []
    steps: list[_Step] = Field(min_length=1)


class _Deliverer(_File):
    name: str
    address: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    role: str = ""


class _Firm(_File):
    name: str = ""
    postal_address: str = ""
    opt_out_line: str = ""
    services: list[str] = []
    delivery: list[_Deliverer] = []
    signatures: dict[str, str] = {}


class _Ideal(_File):
    person: str = ""
    weights: dict[Event, int] = {}
    ask_owner_at: int = Field(default=6, ge=1)
    cooldown_days: int = Field(default=180, ge=1)


def _validated(source: Source, model: type[_M]) -> _M | None:
    if source.faults:
        return None
    if not isinstance(source.data, dict):
        source.fault((), "the file holds no playbook. Copy a shipped one and change it")
        return None
    try:
        return model.model_validate(source.data)
    except ValidationError as error:
        for one in error.errors():
            _pydantic_fault(source, one["loc"], one["type"], one["msg"], model)
        return None


def _pydantic_fault(source: Source, where: tuple[str | int, ...], kind: str, message: str, model: type[Any]) -> None:
    last = str(where[-1]) if where else ""
    if kind == "extra_forbidden":
        words = _words_at(model, where[:-1])
        line, column = source.key_at(where)
        source.faults.append(
            f'{source.path}:{line}:{column}: "{last}" is no word of a playbook. {suggestion(last, words)}'
        )
    elif kind == "missing":
        source.fault(where[:-1], f'"{last}" is missing here')
    else:
        source.fault(where, f'"{last}": {message[:1].lower()}{message[1:]}')


def _words_at(model: type[Any], where: Sequence[str | int]) -> list[str]:
    """The words that are known at a place of the file."""
    inner: dict[str, type[_File]] = {
        "start": _Start, "calendar": _Calendar, "steps": _Step, "then": _Branch, "do": _Do, "delivery": _Deliverer,
    }  # fmt: skip
    names = [key for key in where if isinstance(key, str)]
    found = inner.get(names[-1], model) if names else model
    return [field.alias or name for name, field in found.model_fields.items()]


# -- playbooks ---------------------------------------------------------------------------


def read_playbooks(folder: Path, templates: Iterable[str]) -> tuple[Playbook, ...]:
    """Every *.yaml at the top of a folder, in the order of their names.

    Args:
        templates: the names of the templates that a step may send.

    Raises:
        PlaybookFault: all that is wrong in all of the files.
    """
    known = frozenset(templates)
    books: list[Playbook] = []
    faults: list[str] = []
    paths = sorted(folder.glob("*.yaml")) if folder.is_dir() else []
    if not paths:
        raise PlaybookFault([f"{folder}:1:1: there are no playbooks here. `worker init` lays some out"])
    for path in paths:
        book, lines = read_playbook(path, known)
        faults.extend(lines)
        if book is not None:
            books.append(book)
    if faults:
        raise PlaybookFault(faults)
    return tuple(books)


def read_playbook(path: Path, templates: frozenset[str]) -> tuple[Playbook | None, tuple[str, ...]]:
    """One playbook, or the lines that say what is wrong with it."""
    source = Source(path)
    file = _validated(source, _Playbook)
    if file is None:
        return None, tuple(source.faults)
    book = _book(source, file, templates)
    return (None if source.faults else book), tuple(source.faults)


def _book(source: Source, file: _Playbook, templates: frozenset[str]) -> Playbook | None:
    start = file.start
    when = source.read(("start", "when"), phrases.read_trigger, start.when)
    _same_id_twice(source, file)
    _never_reached(source, file)
    if when is not None:
        _for_another(source, file, when)
    steps = tuple(_step(source, number, step, templates) for number, step in enumerate(file.steps))
    after = source.read(("start", "after"), phrases.read_duration, start.after)
    at_most: AtMost | None = source.read(("start", "at_most"), phrases.read_at_most, start.at_most)
    only_if = source.read_all(("start", "only_if"), phrases.read_condition, start.only_if)
    rules = source.read_all(("stop_when",), phrases.read_rule, file.stop_when)
    hours = _hours(source, file.calendar)
    if file.kind == "chasing" and not file.stop_when:
        source.fault(("name",), 'a chasing playbook needs "stop_when", such as [contact replies, owner writes]')
    if when is None or source.faults:
        return None
    return Playbook(
        slug=source.path.stem,
        name=file.name,
        when=when,
        hash=hashlib.sha256(source.text.encode()).hexdigest()[:12],
        path=str(source.path),
        after=after,
        life_cycle=file.kind == "life cycle",
        mode=file.mode,
        only_if=only_if,
        at_most=at_most,
        hours=hours,
        stop_when=frozenset(rules),
        steps=tuple(step for step in steps if step is not None),
    )


_TOWARDS: dict[Watch | Stage | Event, str] = {
    Stage.OPENING: "client", Watch.SILENT: "prospect", Watch.DAY_CAME: "prospect", Watch.RETURNS: "prospect",
    Stage.SIGNED_UNPAID: "prospect", Stage.PAID_UNSIGNED: "prospect", Stage.LOST: "prospect", Stage.LATER: "prospect",
}  # fmt: skip
"""Whom a playbook that begins so writes to."""


def _for_another(source: Source, file: _Playbook, when: Watch | Stage | Event) -> None:
    """No client gets what is meant for a prospect, and no prospect is thanked for a close."""
    towards = _TOWARDS.get(when)
    for number, step in enumerate(file.steps):
        bucket = (step.send or "").partition("/")[0]
        if towards and bucket in ("suspect", "prospect", "client") and bucket != towards:
            what = f"{file.start.when}: whoever gets this mail is a {towards}"
            source.fault(("steps", number, "send"), f'"{step.send}" is for a {bucket}. {what}')


def _never_reached(source: Source, file: _Playbook) -> None:
    """Steps behind an exit, or behind one that comes again for ever."""
    for number, step in enumerate(file.steps[:-1]):
        ends = step.exit is not None and not step.only_if
        if ends or step.repeat is not None:
            following = file.steps[number + 1]
            why = "ends the playbook" if ends else "comes again and again"
            source.fault(("steps", number + 1, "id"), f'"{following.id}" is never reached: "{step.id}" {why}')
            return


def _same_id_twice(source: Source, file: _Playbook) -> None:
    seen: set[str] = set()
    for number, step in enumerate(file.steps):
        if step.id in seen:
            source.fault(("steps", number, "id"), f'there are two steps "{step.id}". Give each a name of its own')
        seen.add(step.id)


def _hours(source: Source, calendar: _Calendar) -> Hours:
    hours = Hours()
    between = source.read(("calendar", "send_between"), phrases.read_hours, calendar.send_between)
    spread = source.read(("calendar", "spread"), phrases.read_spread, calendar.spread)
    begin, end = between or (hours.begin, hours.end)
    if max(begin, DECENT[0]) >= min(end, DECENT[1]):
        what = "nobody gets mail before 7:00 or after 19:00 of theirs; choose hours between"
        source.fault(("calendar", "send_between"), f'"{calendar.send_between}": {what}')
    return Hours(
        begin=begin, end=end, days=_days(source, calendar), spread=spread or hours.spread,
        holidays=_holidays(source, calendar.business_days or "recipient"),
    )  # fmt: skip


def _days(source: Source, calendar: _Calendar) -> frozenset[int]:
    numbers: set[int] = set()
    for number, day in enumerate(calendar.days or ()):
        if day.lower() not in phrases.DAY_NAMES:
            source.fault(("calendar", "days", number), f'"{day}" is no day. {suggestion(day, phrases.DAYS)}')
        else:
            numbers.add(phrases.DAYS[day.lower()[:3]])
    if calendar.days is not None and not numbers & Hours().days:
        source.fault(("calendar", "days"), "there is no business day among them, and nobody gets mail at a weekend")
    return frozenset(numbers) if calendar.days else Hours().days


def _holidays(source: Source, code: str) -> str:
    if code.lower() == "recipient":
        return ""
    if not has_holidays(code.upper()):
        what = 'is no country that the worker knows holidays of. Write "recipient", or two letters such as US'
        source.fault(("calendar", "business_days"), f'"{code}" {what}')
    return code.upper()


def _step(source: Source, number: int, step: _Step, templates: frozenset[str]) -> Step | None:
    where = ("steps", number)
    deeds = [word for word in ("send", "task", "alert", "exit") if getattr(step, word) is not None]
    if len(deeds) != 1:
        said = " and ".join(deeds) if deeds else "nothing to do"
        source.fault((*where, "id"), f'step "{step.id}" has {said}. Give it one of: send, task, alert, exit')
        return None
    if step.send is not None and step.send not in templates:
        source.fault((*where, "send"), f'there is no template "{step.send}". {suggestion(step.send, templates)}')
    deed = _deed(source, where, step)
    return Step(
        id=step.id,
        line=source.at((*where, "id"))[0],
        deed=deed,
        wait=source.read((*where, "wait"), phrases.read_duration, step.wait),
        wait_until=source.read((*where, "wait_until"), _from_start, step.wait_until),
        repeat=source.read((*where, "repeat"), _every, step.repeat),
        approve=step.approve,
        only_if=source.read_all((*where, "only_if"), phrases.read_condition, step.only_if),
        branches=tuple(_branch(source, (*where, "then", one), branch) for one, branch in enumerate(step.then)),
    )


def _from_start(text: str) -> phrases.Duration:
    """Read "30 days after the start"."""
    found = re.fullmatch(r"(.+) after the start", text.strip())
    if not found:
        raise UnknownPhrase(f'"{text}" is no moment. Write it like "30 days after the start"')
    return phrases.read_duration(found[1])


def _exit_stage(text: str) -> Stage:
    """Read the stage of an exit: only those that a person could say, never one that needs a signature or money."""
    stage = phrases.read_stage(text)
    if stage not in EXIT_EVENT:
        raise UnknownPhrase(
            f'no playbook can make a deal "{text}". {suggestion(text, [one.value for one in EXIT_EVENT])}'
        )
    return stage


def _every(text: str) -> phrases.Duration:
    """Read "every 3 months"."""
    found = re.fullmatch(r"every (.+)", text.strip())
    if not found:
        raise UnknownPhrase(f'"{text}" is no rhythm. Write it like "every 3 months"')
    return phrases.read_duration(found[1])


def _choice(source: Source, where: Sequence[str | int], deed: _Do) -> None:
    """One thing at a time: a task and an exit are two entries of the list."""
    given = [word for word in ("task", "alert", "exit") if getattr(deed, word) is not None]
    if len(given) != 1:
        said = " and ".join(given) if given else "nothing"
        source.fault(where, f"this does {said}. Give each entry of `do` one of: task, alert, exit")


def _deed(source: Source, where: Sequence[str | int], step: _Step | _Do) -> Deed:
    if step.task is not None:
        return Task(text=step.task, due=source.read((*where, "due"), phrases.read_duration, step.due))
    if step.alert is not None:
        return Alert(text=step.alert)
    if step.exit is not None:
        return Exit(stage=source.read((*where, "exit"), _exit_stage, step.exit))
    return Send(template=step.send or "", thread=step.thread or "") if isinstance(step, _Step) else Exit(stage=None)


def _branch(source: Source, where: Sequence[str | int], branch: _Branch) -> Branch:
    found = source.read((*where, "if"), phrases.read_answer, branch.if_)
    answer, after = found or (phrases.Answer.ANYTHING, None)
    for number, one in enumerate(branch.do):
        _choice(source, (*where, "do", number), one)
    if not branch.do:
        source.fault((*where, "do"), "there is nothing to do here. Give it a task, an alert or an exit")
    return Branch(
        answer=answer,
        after=after,
        deeds=tuple(_deed(source, (*where, "do", number), one) for number, one in enumerate(branch.do)),
    )


# -- the firm's own files ------------------------------------------------------------------


def read_firm(folder: Path) -> tuple[Firm, IdealClient]:
    """playbooks/firm/firm.yaml and ideal-client.yaml; what is not there is left at its default.

    Raises:
        PlaybookFault: all that is wrong in both.
    """
    faults: list[str] = []
    firm, ideal = _Firm(), _Ideal()
    path = folder / "firm" / "firm.yaml"
    if path.exists():
        source = Source(path)
        firm = _validated(source, _Firm) or firm
        faults.extend(source.faults)
    path = folder / "firm" / "ideal-client.yaml"
    if path.exists():
        source = Source(path)
        ideal = _validated(source, _Ideal) or ideal
        faults.extend(source.faults)
    if faults:
        raise PlaybookFault(faults)
    return _firm(firm), IdealClient(**ideal.model_dump())


def _firm(file: _Firm) -> Firm:
    people = tuple(
        Deliverer(party=Party(address=Address(one.address.lower()), name=one.name), role=one.role)
        for one in file.delivery
    )
    return Firm(
        name=file.name,
        postal_address=file.postal_address,
        opt_out_line=file.opt_out_line,
        services=tuple(file.services),
        delivery=people,
        signatures=dict(file.signatures),
    )
