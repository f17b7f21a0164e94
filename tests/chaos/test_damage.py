"""A damaged file is set aside, reported and restored from its last good copy, and the rest runs on."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from worker.core.model import (
    Address,
    Cursor,
    Deal,
    DealId,
    Kind,
    Letter,
    LoggedMail,
    MessageId,
    Outbox,
    OutboxItem,
    Party,
    Speaker,
    Suppressed,
    Suppression,
)
from worker.io.store import StateDamaged, Store, deal_file

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
OWNER = Party(address=Address("olga@firm.example"))
ANN = Address("ann@acme.example")
D1 = DealId("d1")


def a_deal(id: str = "d1", version: int = 0, **changes: Any) -> Deal:
    mail = LoggedMail(id=MessageId(f"{id}-{version}"), at=NOW, sender=ANN, to=(), subject="", kind=Kind.HUMAN,
                      speaker=Speaker.CONTACT)  # fmt: skip
    parts: dict[str, Any] = {"ref": id, "owner": OWNER, "title": str(version), "created": NOW, "log": (mail,)}
    return Deal(id=DealId(id), **{**parts, **changes})


def an_item(state: Outbox, letter: str = "l1") -> OutboxItem:
    written = Letter(id=letter, purpose="nudge", template="", sender=OWNER, to=(Party(address=ANN),), subject="",
                     body="", send_at=NOW)  # fmt: skip
    return OutboxItem(letter=written, message_id=MessageId(letter), data=b"x", envelope_from=OWNER.address,
                      envelope_to=(ANN,), state=state)  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "state"
    with Store.open(folder) as store:
        store.commit(a_deal(version=0))
        store.commit(a_deal(version=1))
    return folder


def version_of(store: Store, id: DealId = D1) -> int:
    """The version on the disk; the index has to agree with it."""
    deal = store.deal(id)
    assert deal is not None
    version = int(deal.title)
    assert store.index.by_message(MessageId(f"{id}-{version}")) == (id,)
    assert store.index.by_message(MessageId(f"{id}-{version + 1}")) == ()
    return version


def cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def empty(file: Path) -> None:
    os.truncate(file, 0)


def flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[-10] ^= 4
    file.write_bytes(content)


def zero(file: Path) -> None:
    file.write_bytes(bytes(file.stat().st_size))


def delete(file: Path) -> None:
    file.unlink()


@pytest.mark.parametrize("damage", [cut, empty, flip, zero, delete])
def test_a_damaged_deal_is_set_aside_reported_and_restored_and_the_rest_runs_on(
    folder: Path, damage: Callable[[Path], None]
) -> None:
    with Store.open(folder) as store:
        store.commit(a_deal("other", 5))
    file = deal_file(folder, D1)
    damage(file)
    damaged = file.read_bytes() if file.exists() else None
    with Store.open(folder) as store:
        [fault] = store.faults
        assert (fault.path, fault.deal, fault.restored) == (str(file), "d1", f"{file}.bak")
        assert [Path(path).read_bytes() for path in fault.aside] == ([] if damaged is None else [damaged])
        assert str(file) in str(fault)
        assert "\n" not in str(fault)
        assert (version_of(store), version_of(store, DealId("other"))) == (0, 5)
        store.commit(a_deal(version=2))
    with Store.open(folder) as store:
        assert (version_of(store), store.faults) == (2, ())


def test_a_deal_that_is_damaged_while_the_worker_runs_is_restored_when_it_is_read(folder: Path) -> None:
    with Store.open(folder) as store:
        flip(deal_file(folder, D1))
        deal = store.deal(D1)
        assert deal is not None
        assert deal.title == "0"
        assert len(store.faults) == 1


def test_a_deal_without_a_good_copy_is_set_aside_and_the_rest_runs_on(folder: Path) -> None:
    with Store.open(folder) as store:
        store.commit(a_deal("other", 5))
    file = deal_file(folder, D1)
    for path in (file, Path(f"{file}.bak")):
        flip(path)
    with Store.open(folder) as store:
        [fault] = store.faults
        assert (fault.restored, len(fault.aside), store.ids()) == ("", 2, ("other",))
        assert all(Path(path).exists() for path in fault.aside)
        assert store.deal(D1) is None
        store.commit(a_deal(version=7))
        assert version_of(store) == 7


def test_a_deal_that_vanished_with_its_copy_is_reported_once(folder: Path) -> None:
    file = deal_file(folder, D1)
    for path in (file, Path(f"{file}.bak")):
        path.unlink()
    with Store.open(folder) as store:
        assert [fault.path for fault in store.faults] == [str(file)]
        assert store.ids() == ()
    with Store.open(folder) as store:
        assert store.faults == ()


def test_a_deal_in_the_file_of_another_is_not_believed(folder: Path) -> None:
    with Store.open(folder) as store:
        store.commit(a_deal("other", 5))
    deal_file(folder, D1).write_bytes(deal_file(folder, DealId("other")).read_bytes())
    with Store.open(folder) as store:
        assert (version_of(store), version_of(store, DealId("other"))) == (0, 5)
        assert "belongs elsewhere" in store.faults[0].why


@pytest.mark.parametrize("state", [Outbox.QUEUED, Outbox.SENDING, Outbox.COMMITTING])
def test_a_mail_on_its_way_in_a_copy_is_uncertain_since_it_may_have_left_by_now(folder: Path, state: Outbox) -> None:
    with Store.open(folder) as store:
        store.commit(a_deal(outbox=(an_item(state), an_item(Outbox.FILED, "l2"))))
        store.commit(a_deal(outbox=(an_item(Outbox.ACCEPTED), an_item(Outbox.FILED, "l2"))))
    cut(deal_file(folder, D1))
    for _ in range(2):  # The second start reads what the first has put in place.
        with Store.open(folder) as store:
            deal = store.deal(D1)
            assert deal is not None
            assert [item.state for item in deal.outbox] == [Outbox.UNCERTAIN, Outbox.FILED]
            assert deal.outbox[0].changed == NOW
            assert store.index.outbox_due(NOW + timedelta(hours=1)) == (D1,)


def test_a_look_at_a_damaged_deal_reads_the_copy_and_changes_nothing(folder: Path) -> None:
    cut(deal_file(folder, D1))
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    look = Store.peek(folder)
    assert version_of(look) == 0
    assert [fault.aside for fault in look.faults] == [()]
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_an_opt_out_outlives_damage_to_its_file_and_to_its_copy(folder: Path) -> None:
    suppression = Suppression(people={ANN: Suppressed(address=ANN, opted_out=NOW)})
    with Store.open(folder) as store:
        store.commit_suppression(suppression)
    for name in ("suppression.json", "suppression.json.bak"):
        flip(folder / name)
        with Store.open(folder) as store:
            assert store.suppression == suppression
            store.commit_suppression(suppression)


def test_without_any_good_list_of_opt_outs_the_worker_does_not_start(folder: Path) -> None:
    with Store.open(folder) as store:
        store.commit_suppression(Suppression(people={ANN: Suppressed(address=ANN, opted_out=NOW)}))
    for name in ("suppression.json", "suppression.json.bak"):
        flip(folder / name)
    for _ in range(2):  # Also not when systemd starts it again.
        with pytest.raises(StateDamaged, match=r"suppression\.json: .*Restore both from a backup"):
            Store.open(folder)


def test_damaged_cursors_go_back_to_the_copy(folder: Path) -> None:
    cursor = Cursor(account="main", folder="INBOX", uidvalidity=1, uid=5)
    with Store.open(folder) as store:
        store.commit_cursor(cursor)
        store.commit_cursor(replace(cursor, uid=6))
    empty(folder / "cursors.json")
    with Store.open(folder) as store:
        assert store.cursor("main", "INBOX") == cursor
        assert [fault.path for fault in store.faults] == [str(folder / "cursors.json")]


def test_a_damaged_index_file_costs_time_and_nothing_else(folder: Path) -> None:
    for damage in (cut, empty, zero, delete):
        damage(folder / "index.lines")
        with Store.open(folder) as store:
            assert (version_of(store), store.faults) == (1, ())
            store.commit(a_deal("other"))


def test_what_is_set_aside_is_for_its_owner_alone(folder: Path) -> None:
    cut(deal_file(folder, D1))
    Store.open(folder).close()
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (folder / "corrupt").rglob("*")}
    assert (modes, stat.S_IMODE((folder / "corrupt").stat().st_mode)) == ({0o600}, 0o700)
