"""The words that read each value of a playbook, and what an editor is told of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated, Any, TypeAlias, TypeVar
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, PlainValidator
from pydantic.json_schema import WithJsonSchema

from worker.core import playbook as phrases
from worker.core.calendar import DECENT, has_holidays
from worker.core.lifecycle import EXIT_EVENT
from worker.core.model import Bucket, Event, Stage
from worker.core.playbook import (
    Answer,
    AtMost,
    Condition,
    Duration,
    Hours,
    Mode,
    Priority,
    Rule,
    UnknownPhrase,
    Watch,
    suggestion,
)

_T = TypeVar("_T")
_QUOTES = "„“”‚‘’«»‹›`´"
UNCHANGED = "as it is"
"""The exit that leaves the stage alone."""


def plain(value: object, like: str) -> str:
    """The value as a text. Raises UnknownPhrase where it is none."""
    if value is None:
        raise UnknownPhrase(f"nothing stands behind the colon. Write {like}, or take the line out")
    if isinstance(value, list):
        raise UnknownPhrase(f"here is a list, and one text is expected. Write {like}")
    if isinstance(value, dict):
        raise UnknownPhrase(
            f"here are further words, and one text is expected. Write {like}; put quotes around a colon or a brace"
        )
    text = str(value).strip() if not isinstance(value, bool) else str(value).lower()
    if not text:
        raise UnknownPhrase(f"this text is empty. Write {like}")
    if text[0] in _QUOTES or text[-1] in _QUOTES:
        inner = text.strip(_QUOTES)
        raise UnknownPhrase(f'{text} stands in the quotes of a letter. Write plain ones, or none: "{inner}"')
    return text


def _said(reader: Callable[[str], _T], like: str) -> PlainValidator:
    return PlainValidator(lambda value: reader(plain(value, like)))


def _one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        said = " ".join(text.lower().split())
        if said not in words:
            raise UnknownPhrase(f'"{text}" cannot stand here. {suggestion(said, words)}')
        return said

    return read


def _text(value: object) -> str:
    if isinstance(value, int):
        raise UnknownPhrase(f'{str(value).lower()} is no text. Put quotes around it: "{str(value).lower()}"')
    if isinstance(value, str) and not value.strip():
        raise UnknownPhrase("this text is empty")
    return value.strip() if isinstance(value, str) else plain(value, "a text")


def _id(text: str) -> str:
    slug = "-".join("".join(sign if sign.isascii() and sign.isalnum() else " " for sign in text.lower()).split())
    if text != slug:
        raise UnknownPhrase(
            f'"{text}" is no name of a step: small letters, digits and dashes. Write "{slug or "nudge"}"'
        )
    return slug


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    said = _one_of("true", "false", "yes", "no")(plain(value, "true or false"))
    return said in ("true", "yes")


def _version(text: str) -> int:
    if text != "1":
        raise UnknownPhrase(f'this worker reads playbooks of version 1, not "{text}". Write: playbook: 1')
    return 1


def _variable(value: object) -> str:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else _text(value)
    if "{{" in text or "{%" in text:
        raise UnknownPhrase("a variable is plain text, and {{ }} in it is not filled in. Write the words themselves")
    return text


def _country(code: str) -> str:
    if code.lower() == "recipient":
        return ""
    if not has_holidays(code.upper()):
        what = 'is no country that the worker knows holidays of. Write "recipient", or two letters such as US'
        raise UnknownPhrase(f'"{code}" {what}')
    return code.upper()


def _zone(text: str) -> str:
    if text.lower() in ("recipient", "owner"):
        return text.lower() if text.lower() == "owner" else ""
    zones = available_timezones()
    if text in zones:
        return text
    near = next((zone for zone in zones if zone.lower() == text.lower().replace(" ", "_")), "")
    hint = (
        f'Did you mean "{near}"?'
        if near
        else suggestion(text, ["recipient", "owner", "Europe/Berlin", "America/New_York"])
    )
    raise UnknownPhrase(f'"{text}" is no time zone. {hint}')


def _between(text: str) -> tuple[Any, Any]:
    begin, end = phrases.read_hours(text)
    if max(begin, DECENT[0]) >= min(end, DECENT[1]):
        raise UnknownPhrase(f'"{text}": nobody gets mail before 7:00 or after 19:00 of theirs; choose hours between')
    return begin, end


def _day(text: str) -> int:
    if text.lower() not in phrases.DAY_NAMES:
        raise UnknownPhrase(f'"{text}" is no day. {suggestion(text, phrases.DAYS)}')
    return phrases.DAYS[text.lower()[:3]]


def _some_business_day(days: list[int]) -> list[int]:
    if not Hours().days.intersection(days):
        raise UnknownPhrase("there is no business day among them, and nobody gets mail at a weekend")
    return days


def _exit(text: str) -> Stage | None:
    """Only stages that a person could say, never one that needs a signature or money."""
    if text.lower() == UNCHANGED:
        return None
    said = "_".join(text.lower().split())
    stage = next((stage for stage in EXIT_EVENT if stage.value == said), None)
    if stage is None:
        if said in [*Stage, *Bucket, "won", "closed"]:
            raise UnknownPhrase(
                f'no playbook can make a deal "{text}": mails show that. There are: {", ".join(EXIT_EVENT)}'
            )
        raise UnknownPhrase(f'"{text}" is not a stage of a deal. {suggestion(said, [*EXIT_EVENT, UNCHANGED])}')
    return stage


def _label(text: str) -> Stage:
    stage = _exit(text)
    if stage is None:
        raise UnknownPhrase(f'"{text}" sets no label. {suggestion(text, [one.value for one in EXIT_EVENT])}')
    return stage


# -- their types: what is read, and what an editor is told ---------------------------------------


def _choices(words: Iterable[str]) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "enum": list(words)})


_LENGTH = r"^(next business morning|(\d{1,4}|an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve) " \
    r"(minute|hour|business day|working day|day|week|month|year)s?)$"  # fmt: skip
_LENGTHS = ["1 business day", "3 business days", "a week", "2 weeks", "1 month", "next business morning"]
_STAGES = [stage.value for stage in EXIT_EVENT]

Length: TypeAlias = Annotated[
    Duration | None, _said(phrases.read_duration, '"3 business days"'),
    WithJsonSchema({"type": "string", "pattern": _LENGTH, "examples": _LENGTHS}),
]  # fmt: skip
Moment: TypeAlias = Annotated[
    Duration | None, _said(phrases.read_moment, '"30 days after the start"'),
    WithJsonSchema({"type": "string", "pattern": " after the start$", "examples": ["30 days after the start"]}),
]  # fmt: skip
Rhythm: TypeAlias = Annotated[
    Duration | None, _said(phrases.read_rhythm, '"every 3 months"'),
    WithJsonSchema({"type": "string", "pattern": "^every ", "examples": ["every 3 months"]}),
]  # fmt: skip
Trigger: TypeAlias = Annotated[
    Watch | Stage | Event, _said(phrases.read_trigger, '"prospect is silent"'), _choices(phrases.TRIGGERS)
]
OneCondition: TypeAlias = Annotated[
    Condition, _said(phrases.read_condition, '"owner wrote last"'), _choices(one.value for one in Condition)
]
OneRule: TypeAlias = Annotated[Rule, _said(phrases.read_rule, '"contact replies"'), _choices(one.value for one in Rule)]
Limit: TypeAlias = Annotated[
    AtMost | None, _said(phrases.read_at_most, '"1 per contact in 90 days"'),
    WithJsonSchema({"type": "string", "examples": ["1 per contact in 90 days"]}),
]  # fmt: skip
Upon: TypeAlias = Annotated[
    tuple[Answer, Duration | None], _said(phrases.read_answer, '"contact replies"'),
    WithJsonSchema({"anyOf": [
        {"enum": [one.value for one in Answer if one is not Answer.SILENCE]},
        {"type": "string", "pattern": "^silence after ", "examples": ["silence after 10 business days"]},
    ]}),
]  # fmt: skip
Chosen: TypeAlias = Annotated[
    tuple[str, Condition | None], _said(phrases.read_variant, '"contact writes German"'),
    _choices([*phrases.LANGUAGES, *(one.value for one in phrases.BUCKETS)]),
]  # fmt: skip
Text: TypeAlias = Annotated[str, BeforeValidator(_text)]
TheOwner: TypeAlias = Annotated[str | None, _said(_one_of("owner"), "owner"), _choices(["owner"])]
ThreadWord: TypeAlias = Annotated[str, _said(_one_of("same", "new"), "same or new"), _choices(["same", "new"])]
Flag: TypeAlias = Annotated[bool, PlainValidator(_flag), WithJsonSchema({"type": "boolean"})]
ExitStage: TypeAlias = Annotated[Stage | None, _said(_exit, "lost or later"), _choices([*_STAGES, UNCHANGED])]
LabelStage: TypeAlias = Annotated[Stage, _said(_label, "lost or later"), _choices(_STAGES)]
StepId: TypeAlias = Annotated[
    str, _said(_id, "a name such as nudge"), WithJsonSchema({"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"})
]
Priorities: TypeAlias = Annotated[
    Priority, _said(lambda text: Priority(_one_of(*Priority)(text)), "high, normal or low"), _choices(Priority)
]
Modes: TypeAlias = Annotated[
    Mode, _said(lambda text: Mode(_one_of(*Mode)(text)), "draft, approve or send"), _choices(Mode)
]
KindOfPlaybook: TypeAlias = Annotated[
    str, _said(_one_of("chasing", "life cycle"), "chasing or life cycle"), _choices(["chasing", "life cycle"])
]
Version: TypeAlias = Annotated[int, _said(_version, "playbook: 1"), WithJsonSchema({"const": 1})]
Country: TypeAlias = Annotated[str, _said(_country, "recipient or US"), WithJsonSchema({"type": "string"})]
Between: TypeAlias = Annotated[
    tuple[Any, Any] | None, _said(_between, '"08:30-11:00"'),
    WithJsonSchema({"type": "string", "examples": ["08:30-11:00"]}),
]  # fmt: skip
Days: TypeAlias = Annotated[
    list[Annotated[int, _said(_day, "tue"), _choices(phrases.DAY_CHOICES)]], AfterValidator(_some_business_day)
]
ZoneName: TypeAlias = Annotated[
    str, _said(_zone, "recipient"),
    WithJsonSchema({"type": "string", "examples": ["recipient", "owner", "Europe/Berlin"]}),
]  # fmt: skip
Spread: TypeAlias = Annotated[
    tuple[int, int] | None, _said(phrases.read_spread, '"25 to 70 minutes"'),
    WithJsonSchema({"type": "string", "examples": ["25 to 70 minutes", "none"]}),
]  # fmt: skip
Variable: TypeAlias = Annotated[str, BeforeValidator(_variable)]
