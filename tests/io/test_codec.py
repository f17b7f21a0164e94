"""What is stored comes back as it was, and what an older version stored comes back in today's shape."""

from __future__ import annotations

import dataclasses
import enum
import types
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from typing import Any, NewType, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from worker.core import model
from worker.core.model import Deal, DealId, Party
from worker.io import codec

OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
PLAIN: dict[object, st.SearchStrategy[Any]] = {
    str: TEXT,
    int: st.integers(-(2**63), 2**63 - 1),
    bool: st.booleans(),
    bytes: st.binary(max_size=20),
    # The edges of the calendar cannot be told apart from what lies beyond them once an offset is added.
    datetime: st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=OFFSETS),
    date: st.dates(),
    type(None): st.none(),
}
VALUES = [kind for kind in vars(model).values() if isinstance(kind, type) and dataclasses.is_dataclass(kind)]


def anything_of(kind: Any) -> st.SearchStrategy[Any]:
    """Arbitrary values of a type of the model, built from its own annotations."""
    if kind in PLAIN:
        return PLAIN[kind]
    if isinstance(kind, NewType):
        return anything_of(kind.__supertype__)
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return st.sampled_from(kind)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind)
        return st.builds(kind, **{field.name: anything_of(hints[field.name]) for field in dataclasses.fields(kind)})
    return anything_of_many(get_origin(kind), get_args(kind))


def anything_of_many(origin: Any, inner: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    if origin in (Union, types.UnionType):
        return st.one_of(*map(anything_of, inner))
    if origin is tuple and inner[-1] is Ellipsis:
        return st.lists(anything_of(inner[0]), max_size=2).map(tuple)
    if origin is tuple:
        return st.tuples(*map(anything_of, inner))
    if origin is frozenset:
        return st.frozensets(anything_of(inner[0]), max_size=2)
    assert origin is dict
    return st.dictionaries(anything_of(inner[0]), anything_of(inner[1]), max_size=2)


def through_json(value: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(codec.to_document(value)))


@pytest.mark.parametrize("kind", VALUES, ids=lambda kind: kind.__name__)
def test_every_value_of_the_model_comes_back_as_it_was(kind: type) -> None:
    @given(anything_of(kind))
    @settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
    def holds(value: object) -> None:
        assert codec.from_document(through_json(value), kind) == value

    holds()


def test_a_time_keeps_the_offset_of_its_writer() -> None:
    at = datetime(2026, 3, 2, 9, 30, 0, 123456, tzinfo=timezone(timedelta(hours=5, minutes=45)))
    back = codec.from_document(through_json(a_deal(created=at)), Deal)
    assert back.created == at
    assert back.created.utcoffset() == timedelta(hours=5, minutes=45)


def test_the_storage_may_write_a_value_without_making_it_plain_first() -> None:
    deal = a_deal(merged_from=(DealId("a"),))
    assert msgspec.json.encode(deal) == msgspec.json.encode(codec.to_document(deal))


def test_half_a_character_out_of_a_broken_mail_becomes_a_question_mark() -> None:
    document = codec.writable(codec.to_document(a_deal(title="caf\udce9 \ud800", merged_from=(DealId("\udcff"),))))
    back = codec.from_document(msgspec.json.decode(msgspec.json.encode(document)), Deal)
    assert back.title == "caf? ?"
    assert back.merged_from == ("?",)


def test_a_key_that_the_model_does_not_know_is_passed_over() -> None:
    document = {**through_json(a_deal()), "mood": "sunny"}
    assert codec.from_document(document, Deal) == a_deal()


def test_a_document_that_does_not_fit_says_where() -> None:
    document = {**through_json(a_deal()), "owner": {"address": 7}}
    with pytest.raises(codec.UnfitError, match=r"owner\.address"):
        codec.from_document(document, Deal)


def from_0(table: str, document: codec.Document) -> codec.Document:
    """An imagined version 0 knew its owner by the bare address."""
    return {**document, "owner": {"address": document["owner"]}} if table == "deal" else document


def from_1(table: str, document: codec.Document) -> codec.Document:
    return {**document, "title": document["title"].strip()}


def test_a_document_of_version_0_is_carried_to_today() -> None:
    old = {"deal": {"1": {**through_json(a_deal()), "owner": "olga@firm.example"}}}
    tables = codec.migrated(old, 0, 1, {0: from_0})
    assert codec.from_document(tables["deal"]["1"], Deal) == a_deal()


def test_steps_are_taken_one_after_the_other_and_only_those_that_are_needed() -> None:
    document = {**through_json(a_deal()), "title": " Paint shop "}
    steps: dict[int, Callable[[str, codec.Document], codec.Document]] = {0: from_0, 1: from_1}
    from_oldest = codec.migrated({"deal": {"1": {**document, "owner": "olga@firm.example"}}}, 0, 2, steps)
    from_middle = codec.migrated({"deal": {"1": document}}, 1, 2, steps)
    for tables in (from_oldest, from_middle):
        assert codec.from_document(tables["deal"]["1"], Deal) == a_deal()


def test_a_version_that_nothing_leads_from_is_refused() -> None:
    with pytest.raises(codec.UnfitError, match="version 0"):
        codec.migrated({"deal": {}}, 0, 1, {})


def test_every_version_since_the_first_has_its_step() -> None:
    assert set(codec.MIGRATIONS) == set(range(1, codec.SCHEMA))


def a_deal(**changes: Any) -> Deal:
    parts: dict[str, Any] = {
        "id": DealId("d1"),
        "ref": "abc1234",
        "owner": Party(address=model.Address("olga@firm.example")),
        "title": "Paint shop",
        "created": datetime(2026, 1, 5, 9, 0, tzinfo=timezone(timedelta(hours=1))),
    }
    return Deal(**{**parts, **changes})
