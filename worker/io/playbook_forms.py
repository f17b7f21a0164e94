"""What may stand in a playbook: one pydantic model for each place, and the words that read each value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, TypeAlias

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PlainValidator,
    Tag,
    ValidationInfo,
)
from pydantic.json_schema import WithJsonSchema

from worker.core import playbook as phrases
from worker.core.playbook import (
    Hours,
    Mode,
    Priority,
    UnknownPhrase,
    suggestion,
)
from worker.io.playbook_values import (
    Between,
    Chosen,
    Country,
    Days,
    ExitStage,
    Flag,
    KindOfPlaybook,
    LabelStage,
    Length,
    Limit,
    Modes,
    Moment,
    OneCondition,
    OneRule,
    Priorities,
    Rhythm,
    Spread,
    StepId,
    Text,
    TheOwner,
    ThreadWord,
    Trigger,
    Upon,
    Variable,
    Version,
    ZoneName,
    plain,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a playbook may name that lies in other files."""

    templates: frozenset[str] = frozenset()
    rules: Mapping[str, RulesForm] = field(default_factory=dict)
    """What several playbooks share, by the name of its file."""
    rules_text: Mapping[str, str] = field(default_factory=dict)
    needs: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The variables that a template cannot do without, by its name."""


def _template(value: object, info: ValidationInfo) -> str:
    if isinstance(value, list):
        raise UnknownPhrase("a step sends one mail, not a list. Make a step of each, with a name and a wait of its own")
    text = plain(value, "a template such as prospect/nudge")
    known = info.context.templates if isinstance(info.context, Surroundings) else frozenset()
    name = text.replace("\\", "/").removeprefix("templates/").removesuffix(".txt").partition(".")[0]
    if text.startswith("owner/"):
        raise UnknownPhrase(f'"{text}" is a mail to the team. Towards the owner write task, ask or alert instead of send')
    if text in known:
        return text
    if name in known:
        raise UnknownPhrase(f'a template is named without its ending; its language is chosen by itself. Write "{name}"')
    raise UnknownPhrase(f'there is no template "{text}". {suggestion(name, [one for one in known if one[:6] != "owner/"])}')


def _rules(value: object, info: ValidationInfo) -> str:
    text = plain(value, "the name of a file in rules/")
    known = frozenset(info.context.rules if isinstance(info.context, Surroundings) else ())
    if text not in known:
        name = text.removeprefix("rules/").removesuffix(".yaml")
        hint = suggestion(name, known) if known else "There is no folder rules/ with files beside the playbooks"
        raise UnknownPhrase(f'there are no rules "{text}". {hint}')
    return text


TemplateName: TypeAlias = Annotated[
    str, PlainValidator(_template), WithJsonSchema({"type": "string", "pattern": "^(suspect|prospect|client)/[a-z0-9-]+$"})
]
RulesName: TypeAlias = Annotated[str, PlainValidator(_rules), WithJsonSchema({"type": "string"})]


# -- places ---------------------------------------------------------------------------------------


class Form(BaseModel):
    """A place of a file: words that may stand there, and no others."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class StartForm(Form):
    """After which event, and for whom."""

    when: Trigger
    after: Length = None
    only_if: list[OneCondition] = []
    at_most: Limit = None
    priority: Priorities = Priority.NORMAL


class CalendarForm(Form):
    """When mail may leave."""

    business_days: Country = ""
    send_between: Between = None
    days: Days = sorted(Hours().days)
    time_zone: ZoneName = ""
    spread: Spread = None


class DoTask(Form):
    task: Text
    for_: TheOwner = Field(default=None, alias="for")
    due: Length = None


class DoAlert(Form):
    alert: Text
    for_: TheOwner = Field(default=None, alias="for")


class DoLabel(Form):
    label: LabelStage


class DoExit(Form):
    exit: ExitStage


class VariantForm(Form):
    """Another template for some people."""

    if_: Chosen = Field(alias="if")
    send: TemplateName


def chosen(words: Iterable[str], known: Iterable[str], otherwise: str) -> str:
    """What an entry does, by the first of its words that says so; a slip of the pen says it too."""
    deeds = list(known)
    said = list(words)
    found = next((word for word in said if word in deeds), None)
    if found is None:
        near = (phrases.nearest(word, deeds) for word in said if word not in ("id", "wait", "wait_until", "for", "due"))
        found = next((word for word in near if word), otherwise)
    return f"<{found}>"


def _kind_of_do(value: object) -> str:
    return chosen(value, ("task", "alert", "label", "exit"), "exit") if isinstance(value, dict) else "<exit>"


OneDo = Annotated[
    Annotated[DoTask, Tag("<task>")] | Annotated[DoAlert, Tag("<alert>")] | Annotated[DoLabel, Tag("<label>")]
    | Annotated[DoExit, Tag("<exit>")],
    Discriminator(_kind_of_do),
]  # fmt: skip


class BranchForm(Form):
    """What follows upon an answer, or upon none."""

    if_: Upon = Field(alias="if")
    do: list[OneDo] = Field(min_length=1)


class StepForm(Form):
    """What every step may say."""

    id: StepId
    wait: Length = None
    wait_until: Moment = None
    only_if: list[OneCondition] = []


class SendStep(StepForm):
    """A mail to the contact."""

    send: TemplateName
    variants: list[VariantForm] = []
    thread: ThreadWord = ""
    approve: Flag = False
    repeat: Rhythm = None
    then: list[BranchForm] = []


class HandoverStep(StepForm):
    """The people of delivery are introduced."""

    handover: TemplateName
    thread: ThreadWord = ""
    approve: Flag = False
    then: list[BranchForm] = []


class TaskStep(StepForm):
    """Something that the owner has to do."""

    task: Text
    for_: TheOwner = Field(default=None, alias="for")
    due: Length = None
    wait_until_done: Flag = False
    repeat: Rhythm = None
    then: list[BranchForm] = []


class AskStep(StepForm):
    """A question to the owner."""

    ask: Text
    for_: TheOwner = Field(default=None, alias="for")
    then: list[BranchForm] = []


class AlertStep(StepForm):
    """Something that the owner has to know now."""

    alert: Text
    for_: TheOwner = Field(default=None, alias="for")
    then: list[BranchForm] = []


class WaitStep(StepForm):
    """Time passes; an answer, or none, may decide."""

    then: list[BranchForm] = []


class LabelStep(StepForm):
    """The stage is set, and the playbook goes on."""

    label: LabelStage


class ExitStep(StepForm):
    """The playbook ends."""

    exit: ExitStage


STEPS: dict[str, type[StepForm]] = {
    "send": SendStep, "handover": HandoverStep, "task": TaskStep, "ask": AskStep, "alert": AlertStep,
    "label": LabelStep, "exit": ExitStep,
}  # fmt: skip
"""A step does one of these, or only waits."""


def _kind_of_step(value: object) -> str:
    return chosen(value, STEPS, "wait") if isinstance(value, dict) else "<wait>"


OneStep = Annotated[
    Annotated[SendStep, Tag("<send>")] | Annotated[HandoverStep, Tag("<handover>")] | Annotated[TaskStep, Tag("<task>")]
    | Annotated[AskStep, Tag("<ask>")] | Annotated[AlertStep, Tag("<alert>")] | Annotated[WaitStep, Tag("<wait>")]
    | Annotated[LabelStep, Tag("<label>")] | Annotated[ExitStep, Tag("<exit>")],
    Discriminator(_kind_of_step),
]  # fmt: skip


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


Included: TypeAlias = Annotated[list[RulesName], BeforeValidator(_listed)]
VariableName: TypeAlias = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class RulesForm(Form):
    """rules/NAME.yaml: what several playbooks share."""

    calendar: CalendarForm = CalendarForm()
    stop_when: list[OneRule] = []


class PlaybookForm(Form):
    """One file, one playbook."""

    playbook: Version
    name: Text
    kind: KindOfPlaybook = "chasing"
    mode: Modes = Mode.SEND
    start: StartForm
    include: Included = []
    calendar: CalendarForm = CalendarForm()
    stop_when: list[OneRule] = []
    variables: dict[VariableName, Variable] = {}
    steps: list[OneStep] = Field(min_length=1)


Loc: TypeAlias = tuple[str | int, ...]
PLACES: dict[str, type[Form]] = {
    "start": StartForm, "calendar": CalendarForm, "variants": VariantForm, "then": BranchForm,
    **{f"<{word}>": form for word, form in STEPS.items()}, "<wait>": WaitStep,
}  # fmt: skip
_DOES: dict[str, type[Form]] = {"<task>": DoTask, "<alert>": DoAlert, "<label>": DoLabel, "<exit>": DoExit}
KINDS = frozenset(place for place in PLACES if place[0] == "<")
"""What stands in pydantic's path to a place, and not in the file."""


def form_at(where: Loc, whole: type[Form]) -> type[Form]:
    """The model of a place, by pydantic's own path to it."""
    form = whole
    for part in where:
        form = (_DOES if "do" in where else PLACES).get(str(part), PLACES.get(str(part), form))
    return form


def words_of(form: type[Form]) -> list[str]:
    """The words that may stand at a place."""
    return [one.alias or name for name, one in form.model_fields.items()]
