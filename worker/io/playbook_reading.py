"""One playbook: from its words to a frozen value."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from worker.core.playbook import (
    Alert,
    Ask,
    Branch,
    Deed,
    Exit,
    Handover,
    Hours,
    Label,
    Playbook,
    Send,
    Step,
    Task,
    Variant,
    Wait,
)
from worker.io.playbook_faults import validated
from worker.io.playbook_forms import (
    AlertStep,
    AskStep,
    BranchForm,
    CalendarForm,
    DoAlert,
    DoLabel,
    DoTask,
    ExitStep,
    HandoverStep,
    LabelStep,
    PlaybookForm,
    RulesForm,
    SendStep,
    StepForm,
    Surroundings,
    TaskStep,
    VariantForm,
    WaitStep,
)
from worker.io.playbook_sense import TextFaults, look
from worker.io.playbook_source import Source


def no_text_faults(text: str) -> list[tuple[int, int, str]]:
    """For whoever reads playbooks without knowing what a template may name."""
    return []


def read_playbook(
    path: Path, around: Surroundings, text_faults: TextFaults = no_text_faults
) -> tuple[Playbook | None, tuple[str, ...]]:
    """One playbook, or the lines that say what is wrong with it."""
    source = Source(path)
    form = validated(source, PlaybookForm, around)
    included = _included(source, around)
    if isinstance(source.data, dict):
        look(source, around, text_faults, stops=any(rules.stop_when for rules in included))
    if form is None or source.faults:
        return None, source.faults
    return _book(source, form, included, "".join(around.rules_text.get(name, "") for name in form.include)), ()


def read_rules(path: Path) -> tuple[RulesForm | None, str, tuple[str, ...]]:
    """rules/NAME.yaml: the calendar and the stop rules that several playbooks share; its text; what is wrong."""
    source = Source(path)
    form = validated(source, RulesForm)
    return form, source.text, source.faults


def _included(source: Source, around: Surroundings) -> list[RulesForm]:
    names = source.data.get("include") if isinstance(source.data, dict) else None
    listed = names if isinstance(names, list) else [names]
    return [around.rules[name] for name in listed if isinstance(name, str) and name in around.rules]


def _book(source: Source, form: PlaybookForm, included: list[RulesForm], rules_text: str) -> Playbook:
    start = form.start
    return Playbook(
        slug=source.path.stem,
        name=form.name,
        when=start.when,
        hash=hashlib.sha256((source.text + rules_text).encode()).hexdigest()[:12],
        path=str(source.path),
        after=start.after,
        life_cycle=form.kind == "life cycle",
        priority=start.priority,
        mode=form.mode,
        only_if=tuple(start.only_if),
        at_most=start.at_most,
        hours=_hours([*(rules.calendar for rules in included), form.calendar]),
        stop_when=frozenset([*form.stop_when, *(rule for rules in included for rule in rules.stop_when)]),
        steps=tuple(_step(source, number, step) for number, step in enumerate(form.steps)),
        variables=dict(form.variables),
    )


def _hours(calendars: Sequence[CalendarForm]) -> Hours:
    """What the last calendar says wins: the playbook's own words stand above those that it includes."""
    said = CalendarForm()
    for calendar in calendars:
        said = said.model_copy(update={word: getattr(calendar, word) for word in calendar.model_fields_set})
    usual = Hours()
    begin, end = said.send_between or (usual.begin, usual.end)
    return Hours(
        begin=begin, end=end, days=frozenset(said.days) or usual.days, spread=said.spread or usual.spread,
        holidays=said.business_days, zone=said.time_zone,
    )  # fmt: skip


def _step(source: Source, number: int, form: StepForm) -> Step:
    return Step(
        id=form.id,
        line=source.at(("steps", number, "id"))[0],
        deed=_deed(form),
        wait=form.wait,
        wait_until=form.wait_until,
        repeat=form.repeat if isinstance(form, SendStep | TaskStep) else None,
        approve=form.approve if isinstance(form, SendStep | HandoverStep) else False,
        only_if=tuple(form.only_if),
        branches=tuple(_branch(branch) for branch in _then(form)),
    )


def _then(form: StepForm) -> list[BranchForm]:
    return form.then if isinstance(form, SendStep | HandoverStep | TaskStep | AskStep | AlertStep | WaitStep) else []


def _deed(form: StepForm) -> Deed:
    match form:
        case SendStep():
            return Send(template=form.send, thread=form.thread, variants=tuple(map(_variant, form.variants)))
        case HandoverStep():
            return Handover(template=form.handover, thread=form.thread)
        case TaskStep():
            return Task(text=form.task, due=form.due, wait_until_done=form.wait_until_done)
        case AskStep():
            return Ask(text=form.ask)
        case AlertStep():
            return Alert(text=form.alert)
        case LabelStep():
            return Label(stage=form.label)
        case ExitStep():
            return Exit(stage=form.exit)
        case _:
            return Wait()


def _variant(form: VariantForm) -> Variant:
    return Variant(template=form.send, language=form.if_[0], condition=form.if_[1])


def _branch(form: BranchForm) -> Branch:
    answer, after = form.if_
    deeds: list[Deed] = []
    for one in form.do:
        match one:
            case DoTask():
                deeds.append(Task(text=one.task, due=one.due))
            case DoAlert():
                deeds.append(Alert(text=one.alert))
            case DoLabel():
                deeds.append(Label(stage=one.label))
            case _:
                deeds.append(Exit(stage=one.exit))
    return Branch(answer=answer, after=after, deeds=tuple(deeds))

