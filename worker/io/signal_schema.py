"""The shape of the signal files, as pydantic checks it. Imported only when the files have changed."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError

from worker.core.model import Event, Strength
from worker.core.signal import Mood, Trade, Where

_EVENTS = [e.value for e in Event if e not in {Event.VERBAL_YES, Event.DISQUALIFIED, Event.REQUALIFIED}]


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) and value else value or []


_Words = Annotated[list[str], BeforeValidator(_as_list)]
_Moods = Annotated[list[Mood], BeforeValidator(_as_list)]


def _known_event(name: str) -> str:
    known = [*_EVENTS, "nothing"]
    if name not in known:
        raise PydanticCustomError("enum", "not an event", {"expected": " or ".join(known)})
    return name


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")

    parts: ClassVar[dict[str, type[_Strict]]] = {}

    @classmethod
    def known_names(cls, place: tuple[str | int, ...]) -> list[str]:
        """The names that may stand at a place, for the suggestion in an error."""
        model: type[_Strict] = cls
        for name in place[:-1]:
            model = model.parts.get(str(name), model)
        return list(model.model_fields)


class LanguageBlock(_Strict):
    """How one language says it."""

    phrases: _Words
    but_not: _Words = []
    matches: _Words
    ignores: _Words = []


class SignalFile(_Strict):
    """One event; its name is the name of the file."""

    parts: ClassVar[dict[str, type[_Strict]]] = {"languages": LanguageBlock}

    event: Annotated[str, AfterValidator(_known_event)]
    strength: Strength = Strength.LIKELY
    said_by: Literal["contact", "owner", "anyone", "service"]
    found_in: Annotated[list[Where], BeforeValidator(_as_list)] = [Where.TEXT]
    also_when: _Moods = []
    only_when: _Moods = []
    rules_out: _Words = []
    services: Trade | None = None
    languages: dict[Literal["en", "de", "fr", "es", "nl", "it", "pt", "any"], LanguageBlock]


class CueLists(_Strict):
    """The small words of one language."""

    negation: _Words = []
    negation_anywhere: _Words = []
    no_negation: _Words = []
    doubt: _Words = []
    condition: _Words = []
    future: _Words = []
    future_anywhere: _Words = []
    question: _Words = []
    clause: _Words = []


class CueFile(_Strict):
    """cues.yaml"""

    parts: ClassVar[dict[str, type[_Strict]]] = {"cues": CueLists}

    cues: dict[str, CueLists]


class WordFile(_Strict):
    """words.yaml: groups of words that mean the same, by language, under a name that the phrases use."""

    words: dict[str, dict[str, _Words]]


class ServiceFile(_Strict):
    """services.yaml"""

    services: dict[Trade, dict[str, _Words]]


class DocumentFile(_Strict):
    """documents.yaml"""

    documents: dict[Literal["agreement", "nda", "other"], _Words]


SignalFile.model_rebuild()
