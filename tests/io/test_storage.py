"""One file, one TinyDB database: whole or as before, proven by its checksum, with its last good copy beside."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tinydb import TinyDB

from worker.io.codec import Tables, UnfitError, migrated
from worker.io.storage import (
    DamagedError,
    DurableStorage,
    StateTooNew,
    StateUnreadable,
    StateUnwritable,
    sealed,
    set_aside,
    unsealed,
    unwritable,
)

OLD: Tables = {"deal": {"1": {"title": "old"}}}
NEW: Tables = {"deal": {"1": {"title": "new"}}}


class Counting(DurableStorage):
    """Counts what TinyDB asks of the storage."""

    def __init__(self, path: str, **options: Any) -> None:
        super().__init__(path, **options)
        self.reads = self.writes = 0

    def read(self) -> Tables | None:
        self.reads += 1
        return super().read()

    def write(self, data: Tables) -> None:
        self.writes += 1
        super().write(data)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "one.json"


def test_tinydb_reads_what_was_written(file: Path) -> None:
    with TinyDB(str(file), storage=DurableStorage) as database:
        database.table("deal").insert({"title": "Paint shop"})
    with TinyDB(str(file), storage=DurableStorage) as database:
        assert database.table("deal").get(doc_id=1) == {"title": "Paint shop"}


def test_a_write_through_the_storage_is_one_write_where_an_upsert_is_two(file: Path) -> None:
    with TinyDB(str(file), storage=Counting) as database:
        database.storage.write(NEW)
        assert (database.storage.reads, database.storage.writes) == (0, 1)
        database.table("other").upsert({"title": "x"}, cond=lambda document: False)
        assert database.storage.writes > 2


def test_a_file_that_is_not_there_is_an_empty_database_and_opening_makes_none(file: Path) -> None:
    assert DurableStorage(str(file)).read() is None
    assert not file.exists()


def test_a_write_leaves_the_version_before_it_as_the_last_good_copy(file: Path) -> None:
    storage = DurableStorage(str(file))
    storage.write(OLD)
    storage.write(NEW)
    assert (storage.read(), storage.read_copy()) == (NEW, OLD)


def test_the_first_version_has_a_copy_of_itself(file: Path) -> None:
    storage = DurableStorage(str(file))
    storage.write(NEW)
    assert storage.read_copy() == NEW
    assert not os.path.samefile(file, f"{file}.bak")


def test_both_keeps_two_copies_of_the_same(file: Path) -> None:
    storage = DurableStorage(str(file), both=True)
    storage.write(OLD)
    storage.write(NEW)
    assert (storage.read(), storage.read_copy()) == (NEW, NEW)


def test_a_damaged_file_never_becomes_the_last_good_copy_when_it_is_overwritten(file: Path) -> None:
    storage = DurableStorage(str(file))
    storage.write(OLD)
    storage.write(NEW)
    file.write_bytes(b"rubbish")
    storage.overwrite(NEW)
    assert (storage.read(), storage.read_copy()) == (NEW, OLD)


def test_nobody_else_may_read_the_files(file: Path) -> None:
    storage = DurableStorage(str(file))
    storage.write(OLD)
    storage.write(NEW)
    assert {stat.S_IMODE(path.stat().st_mode) for path in file.parent.iterdir()} == {0o600}


def test_nothing_half_written_is_left_behind(file: Path) -> None:
    DurableStorage(str(file)).write(OLD)
    assert sorted(path.name for path in file.parent.iterdir()) == ["one.json", "one.json.bak"]


@given(st.data())
def test_any_changed_byte_is_noticed(data: st.DataObject) -> None:
    content = bytearray(sealed(NEW, 1))
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(DamagedError):
        unsealed("one.json", bytes(content))


@given(st.integers(0, len(sealed(NEW, 1)) - 1))
def test_any_cut_is_noticed(length: int) -> None:
    with pytest.raises(DamagedError):
        unsealed("one.json", sealed(NEW, 1)[:length])


def test_what_is_sound_is_taken() -> None:
    version, body = unsealed("one.json", sealed(NEW, 7))
    assert (version, body) == (7, b'{"deal":{"1":{"title":"new"}}}')


def test_a_file_of_a_newer_program_is_refused_with_what_to_do(file: Path) -> None:
    DurableStorage(str(file), schema=2).write(NEW)
    with pytest.raises(StateTooNew, match=r"one\.json: .*state version 2.*Install that version"):
        DurableStorage(str(file), schema=1).read()


def test_a_file_of_version_0_is_read_in_the_shape_of_today_and_written_so(file: Path) -> None:
    def migrate(tables: Tables, found: int) -> Tables:
        return migrated(tables, found, 1, {0: lambda table, document: {"title": document["name"]}})

    DurableStorage(str(file), schema=0).write({"deal": {"1": {"name": "new"}}})
    storage = DurableStorage(str(file), schema=1, migrate=migrate)
    tables = storage.read()
    assert tables == NEW
    storage.write(NEW)
    assert unsealed(str(file), file.read_bytes())[0] == 1


def test_a_file_of_a_version_that_nothing_leads_from_does_not_fit(file: Path) -> None:
    DurableStorage(str(file), schema=0).write(OLD)
    with pytest.raises(UnfitError):
        DurableStorage(str(file)).read()


def test_a_full_disk_leaves_the_old_file_whole_and_says_what_to_do(file: Path) -> None:
    storage = DurableStorage(str(file))
    storage.write(OLD)
    os.symlink("/dev/full", f"{file}.tmp")
    with pytest.raises(StateUnwritable, match=r"one\.json: cannot be written: No space left.* Free some space"):
        storage.write(NEW)
    assert storage.read() == OLD
    storage.write(NEW)
    assert storage.read() == NEW


@pytest.mark.parametrize(
    ("number", "advice"), [("EROFS", "Remount"), ("EACCES", "chown"), ("EDQUOT", "quota"), ("EFBIG", "ulimit")]
)
def test_each_refusal_of_the_system_has_its_advice_in_one_line(number: str, advice: str) -> None:
    code = {"EROFS": 30, "EACCES": 13, "EDQUOT": 122, "EFBIG": 27}[number]
    line = str(unwritable("/state/deals", OSError(code, "whatever")))
    assert line.startswith("/state/deals: cannot be written: ")
    assert advice in line
    assert "\n" not in line


def test_a_file_that_cannot_be_opened_is_not_taken_for_a_damaged_one(file: Path) -> None:
    os.symlink(file.name, file)  # A loop of links: the file cannot be opened, and nobody knows what it holds.
    with pytest.raises(StateUnreadable, match=r"one\.json: cannot be read"):
        DurableStorage(str(file)).read()


def test_setting_aside_keeps_every_damaged_version(file: Path) -> None:
    folder = file.parent / "corrupt"
    for content in (b"first", b"second"):
        file.write_bytes(content)
        set_aside(str(file), str(folder))
        file.unlink()
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        "one.json.1": b"first",
        "one.json.2": b"second",
    }
