"""The state on the disk: what was committed is there again, whoever opens it and however often."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.core.index import Index
from worker.core.model import (
    Address,
    Contact,
    Cursor,
    Deal,
    DealId,
    Kind,
    LoggedMail,
    MessageId,
    Party,
    Place,
    Speaker,
    Suppressed,
    Suppression,
    Unplaced,
)
from worker.io.claim import StateLocked
from worker.io.index_file import IndexFile
from worker.io.lines import Lines
from worker.io.storage import DurableStorage, StateTooNew, StateUnwritable, sealed
from worker.io.store import StateMissing, Store, deal_file
from worker.io.unplaced import UnplacedMails

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ANN = Address("ann@acme.example")


def a_deal(id: str = "d1", mail: str = "m1", **changes: Any) -> Deal:
    parts: dict[str, Any] = {
        "ref": f"ref-{id}",
        "owner": Party(address=Address("olga@firm.example")),
        "title": f"Deal {id}",
        "created": NOW,
        "contacts": (Contact(address=ANN),),
        "log": (
            LoggedMail(
                id=MessageId(mail), at=NOW, sender=ANN, to=(), subject="", kind=Kind.HUMAN, speaker=Speaker.CONTACT
            ),
        ),
    }
    return Deal(id=DealId(id), **{**parts, **changes})


def an_unplaced(number: int, **changes: Any) -> Unplaced:
    place = Place(account="main", folder="INBOX", uidvalidity=1, uid=number)
    return Unplaced(**{
        "id": MessageId(f"u{number}"), "place": place, "at": NOW, "sender": ANN, "subject": "Hello", "why": "no deal",
        **changes,
    })  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    with Store.open(folder) as store:
        yield store


def reopened(folder: Path) -> Store:
    """The state as the next start finds it; closed again, since answers need no lock."""
    store = Store.open(folder)
    store.close()
    return store


# -- deals --------------------------------------------------------------------------------


def test_a_committed_deal_is_there_at_once_and_after_a_restart(store: Store, folder: Path) -> None:
    store.commit(a_deal())
    assert store.deal(DealId("d1")) == a_deal()
    store.close()
    again = reopened(folder)
    assert again.deal(DealId("d1")) == a_deal()
    assert again.ids() == ("d1",)
    assert again.index.by_message(MessageId("m1")) == ("d1",)
    assert again.faults == ()


def test_committing_the_same_deal_twice_changes_nothing(store: Store, folder: Path) -> None:
    store.commit(a_deal())
    store.commit(a_deal())
    assert list(store.all()) == [a_deal()]
    store.close()
    assert list(reopened(folder).all()) == [a_deal()]


def test_what_is_held_is_known_at_once_and_on_the_disk_after_the_flush(store: Store, folder: Path) -> None:
    store.hold(a_deal())
    store.hold(a_deal(title="Later"))
    assert store.deal(DealId("d1")) == a_deal(title="Later")
    assert store.index.by_contact(ANN) == ("d1",)
    with Store.peek(folder) as look:
        assert look.ids() == ()
    store.flush()
    with Store.peek(folder) as look:
        assert look.deal(DealId("d1")) == a_deal(title="Later")


def test_a_commit_meanwhile_writes_what_was_held_with_it_and_is_not_undone_by_the_flush(
    store: Store, folder: Path
) -> None:
    store.hold(a_deal(title="Held"))
    held = store.deal(DealId("d1"))
    assert held is not None
    store.commit(replace(held, company="acme.example"))
    store.flush()
    with Store.peek(folder) as look:
        assert look.deal(DealId("d1")) == a_deal(title="Held", company="acme.example")


def test_a_flush_that_fails_holds_the_rest_until_the_next(store: Store, folder: Path) -> None:
    store.hold(a_deal())
    in_the_way = deal_file(folder, DealId("d1"))
    in_the_way.mkdir(parents=True)
    with pytest.raises(StateUnwritable):
        store.flush()
    assert store.deal(DealId("d1")) == a_deal()
    in_the_way.rmdir()
    store.flush()
    with Store.peek(folder) as look:
        assert look.deal(DealId("d1")) == a_deal()


def test_a_deal_that_is_not_there_is_none(store: Store) -> None:
    assert store.deal(DealId("nobody")) is None


def test_an_id_may_hold_anything(store: Store, folder: Path) -> None:
    ids = [DealId(id) for id in ("../../etc/passwd", "a/b", "", "ä\n", "x" * 5000)]
    for id in ids:
        store.commit(a_deal(id))
    store.close()
    assert sorted(reopened(folder).ids()) == sorted(ids)
    assert {path.name for path in folder.parent.iterdir()} == {folder.name}


def test_half_a_character_out_of_a_broken_mail_does_not_stop_a_commit(store: Store, folder: Path) -> None:
    store.commit(a_deal(title="caf\udce9"))
    store.close()
    deal = reopened(folder).deal(DealId("d1"))
    assert deal is not None
    assert deal.title == "caf?"


def test_more_deals_than_are_kept_in_memory_are_all_read(store: Store) -> None:
    for number in range(300):
        store.commit(a_deal(f"d{number}", f"m{number}"))
    assert [deal.id for deal in store.all()] == [f"d{number}" for number in range(300)]
    assert store.deal(DealId("d0")) == a_deal("d0", "m0")
    assert len(store._cache) == 256


def test_a_merged_deal_is_listed_no_more_and_its_file_stays(store: Store, folder: Path) -> None:
    store.commit(a_deal("gone"))
    store.commit(a_deal("kept", merged_from=(DealId("gone"),)))
    store.close()
    again = reopened(folder)
    assert again.ids() == ("kept",)
    assert again.deal(DealId("gone")) == a_deal("gone")


def test_nobody_else_may_look_into_the_folder(store: Store, folder: Path) -> None:
    store.commit(a_deal())
    store.keep(an_unplaced(1))
    for path in (folder, *folder.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


# -- the index and its file ---------------------------------------------------------------


def answers(index: Index) -> tuple[Any, ...]:
    mails = tuple(index.by_message(MessageId(f"m{number}")) for number in range(6))
    return sorted(index.ids()), mails, index.by_contact(ANN), index.due(NOW), index.next_due()


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 5), st.booleans()), max_size=12), st.data())
@settings(deadline=None, max_examples=25)
def test_the_index_of_the_next_start_is_that_of_the_deals_whatever_became_of_its_file(
    tmp_path_factory: pytest.TempPathFactory, commits: list[tuple[int, int, bool]], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("law")
    file = folder / "index.lines"
    lengths = [0]
    with Store.open(folder) as store:
        for deal, mail, due in commits:
            store.commit(a_deal(f"d{deal}", f"m{mail}", due_at=NOW if due else None))
            lengths.append(file.stat().st_size)
        expected = answers(store.index)
    if commits:
        # A kill between a commit and its line, or in the middle of a line.
        os.truncate(file, data.draw(st.sampled_from(lengths) | st.integers(0, lengths[-1])))
    assert answers(reopened(folder).index) == expected
    assert answers(reopened(folder).index) == expected
    assert answers(Store.peek(folder).index) == expected


def test_a_start_with_a_true_index_file_reads_no_deal(store: Store, folder: Path) -> None:
    store.commit(a_deal())
    store.close()
    file = deal_file(folder, DealId("d1"))
    found = file.stat()
    content = bytearray(file.read_bytes())
    content[-3] ^= 1  # A change that inode, time and size do not show: only a reader would notice.
    with open(file, "r+b") as changed:
        changed.write(content)
    os.utime(file, ns=(found.st_atime_ns, found.st_mtime_ns))
    again = reopened(folder)
    assert again.faults == ()
    assert again.index.by_message(MessageId("m1")) == ("d1",)


def test_a_deal_that_was_changed_behind_the_index_is_read_again(store: Store, folder: Path) -> None:
    store.commit(a_deal())
    store.close()
    document = {"deal": {"1": a_deal(mail="m2")}}
    DurableStorage(str(deal_file(folder, DealId("d1")))).write(document)
    index = reopened(folder).index
    assert (index.by_message(MessageId("m1")), index.by_message(MessageId("m2"))) == ((), ("d1",))


def test_a_copied_folder_is_read_anew_and_whole(store: Store, folder: Path, tmp_path: Path) -> None:
    for number in range(5):
        store.commit(a_deal(f"d{number}", f"m{number}"))
    expected = answers(store.index)
    store.close()
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    assert answers(reopened(copy).index) == expected


def test_an_index_under_another_key_is_made_anew(store: Store, folder: Path) -> None:
    store.commit(a_deal())
    store.close()
    for name in ("key", "key.bak"):
        (folder / name).write_bytes(b"k" * 32)
    assert reopened(folder).index.by_message(MessageId("m1")) == ("d1",)


def test_an_index_of_a_newer_program_refuses_the_start(store: Store, folder: Path) -> None:
    store.commit(a_deal())
    store.close()
    Lines(str(folder / "index.lines")).rewrite([b"index 1 2 0000"])
    with pytest.raises(StateTooNew, match=r"index\.lines: .*newer version"):
        Store.open(folder)
    with pytest.raises(StateTooNew):
        Store.peek(folder)


def test_a_deal_of_a_newer_program_refuses_the_start_and_stays(store: Store, folder: Path) -> None:
    store.commit(a_deal())
    store.close()
    file = deal_file(folder, DealId("d1"))
    file.write_bytes(sealed({"deal": {"1": {"new": "shape"}}}, 2))
    with pytest.raises(StateTooNew, match="state version 2"):
        Store.open(folder)
    assert file.exists()


def test_the_index_file_does_not_grow_with_every_commit_for_ever(tmp_path: Path) -> None:
    index, file = Index(), IndexFile(str(tmp_path / "index.lines"), b"")
    entry = index.put(a_deal())
    for number in range(10_005):
        file.note("name", f"stamp{number}", entry)
    assert file.is_long(1)
    file.shorten(lambda name: True)
    assert not file.is_long(1)
    assert len(list(Lines(str(tmp_path / "index.lines")).read())) == 2
    assert list(file.entries({"name": "stamp10004"})) == [entry]
    file.close()


def test_an_index_file_on_a_full_disk_does_not_stop_a_commit(store: Store, folder: Path) -> None:
    os.symlink("/dev/full", folder / "index.lines.tmp")
    os.symlink("/dev/full", folder / "index.lines")
    store.commit(a_deal())
    store.commit(a_deal("d2"))
    assert store.ids() == ("d1", "d2")


def test_what_a_kill_left_half_written_is_cleared_away(store: Store, folder: Path) -> None:
    store.commit(a_deal())
    store.close()
    half = Path(f"{deal_file(folder, DealId('d1'))}.tmp")
    half.write_bytes(b"half")
    assert reopened(folder).deal(DealId("d1")) == a_deal()
    assert not half.exists()


# -- the lock ----------------------------------------------------------------------------


def test_a_second_worker_is_told_who_holds_the_folder(store: Store, folder: Path) -> None:
    with pytest.raises(StateLocked, match=rf"held by another worker \(process {os.getpid()}\)\. Stop that one first"):
        Store.open(folder)


def test_the_folder_is_free_once_its_holder_closed_it(store: Store, folder: Path) -> None:
    store.close()
    Store.open(folder).close()


def test_the_lock_of_a_killed_process_holds_nobody_up(folder: Path) -> None:
    code = (
        "import sys, pathlib; from worker.io.store import Store\n"
        "Store.open(pathlib.Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    ) as child:  # fmt: skip
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        with pytest.raises(StateLocked, match=f"process {child.pid}"):
            Store.open(folder)
        child.kill()
        child.wait()
    Store.open(folder).close()


# -- a look from outside ------------------------------------------------------------------


def test_a_look_sees_what_the_holder_has_committed(store: Store, folder: Path) -> None:
    store.commit(a_deal())
    store.commit_suppression(Suppression(people={ANN: Suppressed(address=ANN, opted_out=NOW)}))
    store.keep(an_unplaced(1))
    look = Store.peek(folder)
    assert list(look.all()) == [a_deal()]
    assert look.index.by_contact(ANN) == ("d1",)
    assert (look.suppression, look.unplaced(), look.key()) == (store.suppression, (an_unplaced(1),), store.key())


def test_a_look_changes_nothing_and_may_not_commit(store: Store, folder: Path) -> None:
    store.commit(a_deal())
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    look = Store.peek(folder)
    cursor = Cursor(account="main", folder="INBOX", uidvalidity=1, uid=1)
    for write in (
        lambda: look.commit(a_deal("d2")),
        lambda: look.commit_suppression(Suppression(people={})),
        lambda: look.commit_cursor(cursor),
        lambda: look.keep(an_unplaced(1)),
    ):
        with pytest.raises(StateUnwritable, match="reading only"):
            write()
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_a_look_sees_a_deal_that_is_committed_after_it_began(store: Store, folder: Path) -> None:
    store.commit(a_deal())
    look = Store.peek(folder)
    store.commit(a_deal(title="Changed"))
    deal = look.deal(DealId("d1"))
    assert deal is not None
    assert deal.title == "Changed"


def test_a_look_at_an_empty_folder_finds_nothing_and_at_none_says_so(tmp_path: Path) -> None:
    look = Store.peek(tmp_path)
    assert (look.ids(), look.key(), look.suppression.people, list(tmp_path.iterdir())) == ((), b"", {}, [])
    with pytest.raises(StateMissing, match="WORKER_STATE_DIR"):
        Store.peek(tmp_path / "nowhere")


# -- the rest ----------------------------------------------------------------------------


def test_the_key_is_made_once_and_for_this_folder_alone(store: Store, folder: Path, tmp_path: Path) -> None:
    store.close()
    assert len(store.key()) == 32
    assert reopened(folder).key() == store.key()
    assert reopened(tmp_path / "other").key() != store.key()


def test_a_lost_key_comes_back_from_its_copy_and_a_damaged_one_is_reported(store: Store, folder: Path) -> None:
    store.close()
    (folder / "key").write_bytes(b"short")
    again = reopened(folder)
    assert (again.key(), again.faults) == (store.key(), ())
    for name in ("key", "key.bak"):
        (folder / name).write_bytes(b"short")
    anew = reopened(folder)
    assert len(anew.key()) == 32
    assert [fault.path for fault in anew.faults] == [str(folder / "key")]


def test_who_gets_no_mail_is_remembered(store: Store, folder: Path) -> None:
    assert store.suppression == Suppression(people={})
    suppression = Suppression(people={ANN: Suppressed(address=ANN, opted_out=NOW, found_in=(MessageId("m"),))})
    store.commit_suppression(suppression)
    assert store.suppression == suppression
    store.close()
    assert reopened(folder).suppression == suppression


def test_each_folder_of_each_account_has_its_own_cursor(store: Store, folder: Path) -> None:
    main = Cursor(account="main", folder="INBOX", uidvalidity=7, uid=10)
    sent = replace(main, folder="Sent", uid=3, history_done=True)
    for cursor in (main, sent, replace(main, uid=11)):
        store.commit_cursor(cursor)
    store.close()
    again = reopened(folder)
    assert again.cursor("main", "INBOX") == replace(main, uid=11)
    assert again.cursor("main", "Sent") == sent
    assert again.cursor("other", "INBOX") is None


def test_an_unplaced_mail_is_kept_once_with_what_was_said_of_it_last(store: Store, folder: Path) -> None:
    for mail in (an_unplaced(1), an_unplaced(2), an_unplaced(1), an_unplaced(1, why="no proof of who wrote it")):
        store.keep(mail)
    expected = (an_unplaced(1, why="no proof of who wrote it"), an_unplaced(2))
    assert store.unplaced() == expected
    store.close()
    again = reopened(folder)
    assert again.unplaced() == expected


def test_the_record_of_unplaced_mails_stays_small_and_keeps_the_newest(tmp_path: Path) -> None:
    mails = UnplacedMails(str(tmp_path))
    for number in range(9_000):
        mails.keep(an_unplaced(number, subject="s" * 1000))
    mails.close()
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 2_000_000
    again = UnplacedMails(str(tmp_path)).all()
    assert again[-1].id == "u8999"
    assert len(again) > 1000


def test_a_torn_line_costs_itself_alone(tmp_path: Path) -> None:
    lines = Lines(str(tmp_path / "some.lines"))
    for line in (b"one", b"two", b"three"):
        lines.append(line)
    lines.close()
    os.truncate(lines.path, lines.size() - 3)
    again = Lines(lines.path)
    again.append(b"four")
    again.close()
    assert list(again.read()) == [b"one", b"two", b"four"]


def test_a_mailbox_that_is_read_twice_leaves_one_state(store: Store, folder: Path) -> None:
    for _ in range(2):
        for number in range(3):
            store.commit(a_deal(f"d{number}", f"m{number}", due_at=NOW + timedelta(days=number)))
            store.keep(an_unplaced(number))
    assert (len(store.ids()), len(store.unplaced()), len(store.index)) == (3, 3, 3)
