"""Reads playbooks and the firm's own files: one file, one playbook, every fault with its place in one pass."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from worker.core import playbook as phrases
from worker.core.firm import Coverage, Deliverer, Firm, IdealClient
from worker.core.model import Address, Event, Party
from worker.core.playbook import Playbook, UnknownPhrase
from worker.io.playbook_faults import PlaybookFault as PlaybookFault
from worker.io.playbook_faults import validated
from worker.io.playbook_forms import RulesForm, Surroundings
from worker.io.playbook_reading import no_text_faults, read_playbook, read_rules
from worker.io.playbook_sense import TextFaults
from worker.io.playbook_source import Source


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class _Deliverer(_File):
    name: str
    address: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    role: str = ""


_Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]


class _Firm(_File):
    name: str = ""
    postal_address: str = ""
    opt_out_line: str = ""
    services: list[str] = []
    delivery: list[_Deliverer] = []
    signatures: dict[str, str] = {}
    language: str = Field(default="en", pattern=r"^[a-z]{2}$")
    address_countries: list[_Country] = []
    way_out_countries: list[_Country] = []


class _Ideal(_File):
    person: str = ""
    person_in: dict[str, str] = {}
    industries: list[str] = []
    domains: list[str] = []
    size: str = ""
    least_amount: int = Field(default=0, ge=0)
    fit_counts: int = Field(default=1, ge=0)
    weights: dict[Event, int] = {}
    each_new_round: int = Field(default=3, ge=0)
    round_after_days: int = Field(default=21, ge=7)
    least_signs: int = Field(default=3, ge=2)
    vanished_after_weeks: int = Field(default=4, ge=1)
    questions_without_a_step: int = Field(default=8, ge=3)
    pity_percent: int = Field(default=15, ge=0, le=100)
    ask_owner_at: int = Field(default=6, ge=1)
    cooldown_days: int = Field(default=180, ge=1)


class _Coverage(_File):
    clients_every: str = "45 days"
    prospects_every: str = "14 days"
    warn_before: str = "7 days"
    hours_for_clients: float = Field(default=4, ge=0, le=60)
    minutes_a_mail: int = Field(default=10, ge=0)
    minutes_a_call: int = Field(default=20, ge=0)
    digest: Literal["monday", "tuesday", "wednesday", "thursday", "friday", "never"] = "monday"
    receipts: int = Field(default=5, ge=0, le=50)


# -- playbooks ---------------------------------------------------------------------------


def read_playbooks(
    folder: Path, templates: Iterable[str], *, needs: Mapping[str, frozenset[str]] | None = None,
    text_faults: TextFaults = no_text_faults,
) -> tuple[Playbook, ...]:
    """Every *.yaml at the top of a folder, in the order of their names.

    Args:
        templates: the names of the templates that a step may send.
        needs: the variables that each of them needs.
        text_faults: what is wrong with the {{ }} of a text.

    Raises:
        PlaybookFault: all that is wrong in all of the files.
    """
    around, faults = surroundings(folder, templates, needs or {})
    paths = sorted(folder.glob("*.yaml")) if folder.is_dir() else []
    if not paths:
        raise PlaybookFault([f"{folder}:1:1: there are no playbooks here. `worker init` lays some out"])
    for path in sorted(folder.glob("*.yml")):
        faults.append(f"{path}:1:1: this is not read: the name of a playbook ends in .yaml")
    books: list[Playbook] = []
    for path in paths:
        book, lines = read_playbook(path, around, text_faults)
        faults.extend(lines)
        if book is not None:
            books.append(book)
    if faults:
        raise PlaybookFault(faults)
    return tuple(books)


def surroundings(
    folder: Path, templates: Iterable[str], needs: Mapping[str, frozenset[str]]
) -> tuple[Surroundings, list[str]]:
    """What the playbooks of a folder may name, and what is wrong with the rules that they share."""
    rules: dict[str, RulesForm] = {}
    texts: dict[str, str] = {}
    faults: list[str] = []
    for path in sorted((folder / "rules").glob("*.yaml")):
        form, text, lines = read_rules(path)
        faults.extend(lines)
        rules[path.stem], texts[path.stem] = form or RulesForm(), text
    return Surroundings(templates=frozenset(templates), rules=rules, rules_text=texts, needs=needs), faults


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
        firm = validated(source, _Firm) or firm
        faults.extend(source.faults)
    path = folder / "firm" / "ideal-client.yaml"
    if path.exists():
        source = Source(path)
        ideal = validated(source, _Ideal) or ideal
        faults.extend(source.faults)
    if faults:
        raise PlaybookFault(faults)
    wanted = ideal.model_dump() | {"industries": tuple(ideal.industries), "domains": tuple(ideal.domains)}
    return _firm(firm), IdealClient(**wanted)


def read_coverage(folder: Path) -> Coverage:
    """playbooks/firm/coverage.yaml; the shipped policy where there is none.

    Raises:
        PlaybookFault: all that is wrong in it.
    """
    path = folder / "firm" / "coverage.yaml"
    if not path.exists():
        return Coverage()
    source = Source(path)
    file = validated(source, _Coverage) or _Coverage()
    days = {name: source.read((name,), _count_of_days, getattr(file, name)) for name in _SPANS}
    if source.faults:
        raise PlaybookFault(source.faults)
    return Coverage(
        clients_every_days=days["clients_every"] or 0,
        prospects_every_days=days["prospects_every"] or 0,
        warn_days_before=days["warn_before"] or 0,
        hours_for_clients=file.hours_for_clients,
        minutes_a_mail=file.minutes_a_mail,
        minutes_a_call=file.minutes_a_call,
        digest_day=phrases.DAYS.get(file.digest[:3]),
        receipts=file.receipts,
    )


_SPANS = ("clients_every", "prospects_every", "warn_before")
_IN_DAYS = {phrases.Unit.DAY: 1, phrases.Unit.WEEK: 7, phrases.Unit.MONTH: 30}


def _count_of_days(text: str) -> int:
    """A span in whole days: 45 days, 2 weeks, a month is thirty."""
    span = phrases.read_duration(text)
    if span.unit not in _IN_DAYS:
        raise UnknownPhrase(f'"{text}" is no number of days. Write it like "45 days" or "2 weeks"')
    return span.count * _IN_DAYS[span.unit]


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
        signatures={address.lower(): words for address, words in file.signatures.items()},
        language=file.language,
        address_countries=frozenset(file.address_countries),
        way_out_countries=frozenset(file.way_out_countries),
    )
