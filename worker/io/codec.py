"""Values to plain JSON and back, and old documents to the shape of today.

Every change in the shape of what is stored raises SCHEMA by one and adds its step to MIGRATIONS, an added field too:
an older program then refuses the folder instead of dropping the field at its next commit. Keys that the model does
not know are passed over when reading.

The storage writes values as they are: msgspec gives them the very form that `to_document` gives.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

Document = dict[str, Any]
"""Plain JSON: what TinyDB keeps in a table."""
Tables = dict[str, dict[str, Any]]
"""TinyDB's form of a whole database: table -> number of the document -> document."""
Step = Callable[[str, Document], Document]
"""Takes the name of the table and a document of one version, and gives that of the next."""

SCHEMA = 1
MIGRATIONS: Mapping[int, Step] = {}
"""Version -> the step to the version after it."""


class UnfitError(Exception):
    """A document is sound, but is not what the model calls for."""


def to_document(value: object) -> Document:
    """A frozen value as plain JSON: times with their offset, bytes in base64, tuples as lists.

    Offsets are kept in whole minutes, which is all that mail can say (RFC 5322 section 3.3).
    """
    document: Document = msgspec.to_builtins(value)
    return document


def from_document(document: Mapping[str, Any], kind: type[T]) -> T:
    """The value that a document holds. Raises UnfitError with the place that does not fit."""
    try:
        return msgspec.convert(document, kind)
    except msgspec.ValidationError as error:
        raise UnfitError(str(error)) from error


def migrated(tables: Tables, found: int, wanted: int = SCHEMA, steps: Mapping[int, Step] = MIGRATIONS) -> Tables:
    """A database of version `found`, carried step by step to the wanted one.

    Raises UnfitError where a step is missing.
    """
    for version in range(found, wanted):
        step = steps.get(version)
        if step is None:
            raise UnfitError(f"nothing leads from version {version} of the state to version {version + 1}")
        tables = {
            table: {number: step(table, document) for number, document in documents.items()}
            for table, documents in tables.items()
        }
    return tables


def writable(value: Any) -> Any:
    """Plain JSON that UTF-8 can hold: half a character, out of a broken mail, becomes "?"."""
    match value:
        case str():
            return value.encode("utf-8", "replace").decode()
        case dict():
            return {writable(key): writable(item) for key, item in value.items()}
        case list() | tuple():
            return [writable(item) for item in value]
        case _:
            return value
