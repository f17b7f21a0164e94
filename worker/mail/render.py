"""Fills templates in: compiled once, sandboxed, and picky about what comes out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from jinja2 import Environment, StrictUndefined, TemplateError, pass_context
from jinja2 import Template as Compiled
from jinja2.runtime import Context as Scope
from jinja2.sandbox import ImmutableSandboxedEnvironment

from worker.core.template import BORROWED_FILTERS, DEFAULT_LANGUAGE, Context, PersonView, Template, Thread

MAX_LENGTH = 60_000
"""Characters of a rendered mail: more is a loop that ran away."""
_BLANKS = re.compile(r"[ \t\u00a0]+$", re.MULTILINE)
_TWO_BLANKS = re.compile(r"^(?!\s).* {2,}\S.*$", re.MULTILINE)
"""Where nothing was filled in. What is indented stands in columns and stays so."""
_GAPS = re.compile(r"\n{3,}")
_LONELY_COMMA = re.compile(r"^[^\n,]{0,40}\s[,:](?=\n|$)")
_NOTHING_FILLED_IN = re.compile(r"\{\{|\}\}|\{%|%\}")
_BREAK = re.compile("[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")
_UNSEEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
"""Control characters, and those that turn the direction of writing: a stranger's subject may hold them."""
_REPLY = re.compile(r"(?:re|aw|sv|antw|rv)\s?(?:\[\d+\])?:", re.IGNORECASE)

_MONTHS = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
}
_DAYS = {
    "en": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    "de": "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag",
    "fr": "lundi mardi mercredi jeudi vendredi samedi dimanche",
    "es": "lunes martes miércoles jueves viernes sábado domingo",
    "nl": "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
}
_AND = {"en": "and", "de": "und", "fr": "et", "es": "y", "nl": "en"}
_MONTH_FIRST = frozenset({"US", "PH"})
"""Countries that write January 15; the others that write English write 15 January."""


class RenderFault(Exception):
    """A template that would have made a mail nobody wants to sign; says which and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A mail in words."""

    subject: str
    body: str


class Renderer:
    """Fills templates in; each is compiled when it is first used, and once."""

    def __init__(self) -> None:
        self._compiled: dict[Template, tuple[Compiled, Compiled]] = {}

    def render(self, template: Template, context: Context, *, thread_subject: str = "") -> Rendered:
        """The mail. `thread_subject` is the subject of the thread that it answers, "" where it begins one.

        Raises RenderFault: a template that is none, an undefined name, an empty subject or body, "Hi ,", a tag left standing.
        """
        if template not in self._compiled:
            self._compiled[template] = _compile(template)
        subject_of, body_of = self._compiled[template]
        values = context.names()
        says_something = bool(_REPLY.sub("", reply_subject(thread_subject)).strip())
        stays = template.thread is Thread.SAME and says_something
        filled = "" if stays else _fill(subject_of, values, template).strip()
        subject = reply_subject(thread_subject) if stays else filled
        body = tidy(_fill(body_of, values, template))
        _refuse_the_unsendable(subject, f"{filled}\n{body}", body, template)
        return Rendered(subject=subject, body=body)


def render_text(text: str, context: Context, language: str = DEFAULT_LANGUAGE) -> str:
    """One line of a playbook filled in: "Ring {{ contact.called }}". Raises RenderFault."""
    try:
        return " ".join(_compiled_text(text, language).render(context.names()).split())
    except TemplateError as fault:
        raise RenderFault(f'"{text}": {fault.message}') from fault


def reply_subject(subject: str) -> str:
    """The subject of an answer in that thread: one "Re: ", whatever stood there before."""
    plain = " ".join(_UNSEEN.sub("", subject).split())
    return plain if _REPLY.match(plain) else f"Re: {plain}"


def tidy(text: str) -> str:
    """No blanks at the ends of lines nor two of them inside one, no gaps of more than one line, one newline at the end."""
    plain = _BLANKS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _GAPS.sub("\n\n", _TWO_BLANKS.sub(lambda line: " ".join(line[0].split()), plain)).strip("\n") + "\n"


# -- dates and people in words ---------------------------------------------------------------------


def in_words(day: date | None, language: str = DEFAULT_LANGUAGE, country: str = "") -> str:
    """12 March, in the US March 12; 12. März; 12 mars; 12 de marzo; 12 maart. "" for no date."""
    if day is None:
        return ""
    month = _named(_MONTHS, language)[day.month - 1]
    match language:
        case "de":
            return f"{day.day}. {month}"
        case "fr":
            return f"{'1er' if day.day == 1 else day.day} {month}"
        case "es":
            return f"{day.day} de {month}"
        case "nl":
            return f"{day.day} {month}"
        case _:
            return f"{month} {day.day}" if country in _MONTH_FIRST else f"{day.day} {month}"


def in_words_with_year(day: date | None, language: str = DEFAULT_LANGUAGE, country: str = "") -> str:
    """12 March 2025, in the US March 12, 2025."""
    if day is None:
        return ""
    american = country in _MONTH_FIRST and language not in ("de", "fr", "es", "nl")
    joint = ", " if american else " de " if language == "es" else " "
    return f"{in_words(day, language, country)}{joint}{day.year}"


def weekday(day: date | None, language: str = DEFAULT_LANGUAGE, country: str = "") -> str:
    """Wednesday."""
    return "" if day is None else _named(_DAYS, language)[day.weekday()]


def moment(at: datetime | None, language: str = DEFAULT_LANGUAGE, country: str = "") -> str:
    """Wednesday, 12 March, 10:05: on the clock of the datetime's own zone."""
    if at is None:
        return ""
    joint = {"fr": " ", "es": " ", "nl": " "}.get(language, ", ")
    return f"{weekday(at, language)}{joint}{in_words(at, language, country)}, {at:%H:%M}"


def people(persons: Iterable[PersonView], language: str = DEFAULT_LANGUAGE, country: str = "") -> str:
    """Priya, Tom and Ann: by their given names where these are known."""
    called = [person.first_name or person.name or person.address for person in persons]
    if len(called) < 2:
        return "".join(called)
    return f"{', '.join(called[:-1])} {_AND.get(language, _AND[DEFAULT_LANGUAGE])} {called[-1]}"


def _named(names: Mapping[str, str], language: str) -> list[str]:
    return names.get(language, names[DEFAULT_LANGUAGE]).split()


OWN_FILTERS: dict[str, Callable[..., str]] = {
    "date": in_words,
    "full_date": in_words_with_year,
    "weekday": weekday,
    "moment": moment,
    "people": people,
}


# -- Jinja2 -------------------------------------------------------------------------------


@lru_cache(maxsize=16)
def _environment(language: str) -> Environment:
    """Nothing but values, if, for, set and a few filters: templates are the customer's, not ours."""
    made = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    made.globals.clear()
    borrowed = {name: made.filters[name] for name in BORROWED_FILTERS}
    own = {name: _in_language(words, language) for name, words in OWN_FILTERS.items()}
    made.filters.clear()
    made.filters.update(borrowed | own)
    return made


def _in_language(words: Callable[..., str], language: str) -> Callable[..., str]:
    """A filter that also knows the country of who reads the mail."""

    @pass_context
    def localized(scope: Scope, value: object) -> str:
        return words(value, language=language, country=str(scope.get("country", "")))

    return localized


@lru_cache(maxsize=1024)
def _compiled_text(text: str, language: str) -> Compiled:
    return _environment(language).from_string(text)


def _compile(template: Template) -> tuple[Compiled, Compiled]:
    environment = _environment(template.language)
    try:
        return environment.from_string(template.subject), environment.from_string(template.body)
    except TemplateError as fault:
        raise RenderFault(f"{template.path}: {fault.message}") from fault


def _fill(compiled: Compiled, values: Mapping[str, object], template: Template) -> str:
    parts: list[str] = []
    length = 0
    try:
        for part in compiled.generate(values):
            parts.append(part)
            length += len(part)
            if length > MAX_LENGTH:
                raise RenderFault(f"{template.path}: the mail is longer than {MAX_LENGTH} characters")
    except (TemplateError, TypeError, ValueError, OverflowError) as fault:
        raise RenderFault(f"{template.path}: {fault}") from fault
    return "".join(parts)


def _refuse_the_unsendable(subject: str, written: str, body: str, template: Template) -> None:
    """`written` is what the template made: the subject of a thread is what strangers made of it."""
    first = next((line for line in body.split("\n") if line), "")
    faults = {
        "the subject is empty": not _REPLY.sub("", subject).strip(),
        "the subject has a line break": bool(_BREAK.search(subject)),
        "the mail is empty": not body.strip(),
        f'"{first}" greets nobody': bool(_LONELY_COMMA.match(first)),
        # Mail to the team quotes what strangers wrote, and they may write what they like.
        "a {{ tag }} was left standing": not template.purpose.to_owner
        and bool(_NOTHING_FILLED_IN.search(written)),
    }
    for fault, found in faults.items():
        if found:
            raise RenderFault(f"{template.path}: {fault}")
