"""The reader against servers that behave, and against each trap that servers are known for."""

from __future__ import annotations

import asyncio
import socket
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from worker.core.model import Cursor
from worker.io.imap import (
    Filer,
    FolderMissing,
    MailboxRefused,
    MailboxUnreachable,
    MailboxUntrusted,
    Patience,
    Reader,
)
from worker.io.imap_session import Session

READ_TO_9 = Cursor(account="", folder="INBOX", uidvalidity=7, uid=9, history_done=True)


def subjects(batches):
    return [mail.data.split(b"\r\n")[0].removeprefix(b"Subject: ").decode() for b in batches for mail in b.mails]


def uids(batches):
    return [mail.place.uid for batch in batches for mail in batch.mails]


def live(batches):
    return batches[-1].live


def mails(count):
    return lambda batches: len(uids(batches)) >= count


def once(account, patience, cursor=None):
    async def work():
        reader = Reader(account, patience=patience)
        try:
            return [batch async for batch in reader.batches_once(cursor)]
        finally:
            await reader.close()

    return work()


# -- history and what comes after it ----------------------------------------------------


def test_first_contact_reads_all_that_lies_there_as_history(imap_server, imap_account, quick, take):
    imap_server.add("one", "two", "three")
    batches = take(imap_account, replace(quick, batch_mails=2), live)
    assert subjects(batches) == ["one", "two", "three"]
    assert [batch.history for batch in batches] == [True, True]
    assert [batch.live for batch in batches] == [False, True]
    assert [batch.cursor.history_done for batch in batches] == [False, True]
    assert batches[-1].cursor == Cursor(account="", folder="INBOX", uidvalidity=7, uid=3, history_done=True)


def test_a_mail_carries_where_it_lay_and_when_it_came(imap_server, imap_account, quick, run):
    imap_server.add("one")
    [batch] = run(once(replace(imap_account, name="ANN"), quick))
    [mail] = batch.mails
    assert (mail.place.account, mail.place.folder, mail.place.uidvalidity, mail.place.uid) == ("ANN", "INBOX", 7, 1)
    assert mail.received == datetime(2026, 3, 2, 8, 30, tzinfo=timezone(timedelta(hours=1)))
    assert mail.size == len(mail.data) == len(imap_server.mails[0].data)


def test_an_empty_folder_still_ends_its_history(imap_server, imap_account, quick, run):
    [batch] = run(once(imap_account, quick))
    assert batch.mails == ()
    assert (batch.history, batch.live, batch.cursor.history_done) == (True, True, True)


def test_mail_that_comes_while_history_is_read_is_not_history(imap_server, imap_account, quick, take):
    imap_server.add("old", "older")

    def arrives(batch):
        if batch.cursor.uid == 1:
            imap_server.add("new")

    batches = take(imap_account, replace(quick, batch_mails=1), mails(3), meanwhile=arrives)
    assert [(s, b.history) for b in batches for s in subjects([b])] == [("old", True), ("older", True), ("new", False)]


def test_history_keeps_its_end_over_a_broken_connection(imap_server, imap_account, quick, take):
    imap_server.add("old", "older")

    def breaks(batch):
        if batch.cursor.uid == 1:
            imap_server.add("new")
            imap_server.talks[-1].hang_up()

    batches = take(imap_account, replace(quick, batch_mails=1), mails(3), meanwhile=breaks)
    assert [batch.history for batch in batches if batch.mails] == [True, True, False]


def test_reading_goes_on_behind_the_cursor(imap_server, imap_account, quick, run):
    imap_server.add("read", "unread")
    cursor = Cursor(account="", folder="INBOX", uidvalidity=7, uid=1, history_done=True)
    [batch] = run(once(imap_account, quick, cursor))
    assert subjects([batch]) == ["unread"]
    assert (batch.history, batch.live) == (False, True)


def test_history_that_was_interrupted_goes_on_as_history(imap_server, imap_account, quick, run):
    imap_server.add("read", "unread")
    cursor = Cursor(account="", folder="INBOX", uidvalidity=7, uid=1, history_done=False)
    [batch] = run(once(imap_account, quick, cursor))
    assert (subjects([batch]), batch.history, batch.cursor.history_done) == (["unread"], True, True)


def test_where_nothing_is_new_one_empty_batch_says_so(imap_server, imap_account, quick, run):
    imap_server.uidnext = 10
    [batch] = run(once(imap_account, quick, READ_TO_9))
    assert (batch.mails, batch.live, batch.cursor) == ((), True, READ_TO_9)


@pytest.mark.parametrize(
    "cursor",
    [
        replace(READ_TO_9, uidvalidity=6),
        replace(READ_TO_9, folder="Old"),
        replace(READ_TO_9, account="BOB"),
        replace(READ_TO_9, uid=900),
    ],
    ids=["another uidvalidity", "another folder", "another account", "a server put back from a backup"],
)
def test_a_cursor_that_does_not_fit_starts_anew_as_history(imap_server, imap_account, quick, run, cursor):
    imap_server.add("one", "two")
    [batch] = run(once(imap_account, quick, cursor))
    assert subjects([batch]) == ["one", "two"]
    assert batch.history
    assert batch.cursor == Cursor(account="", folder="INBOX", uidvalidity=7, uid=2, history_done=True)


def test_uidvalidity_that_changes_while_we_run_starts_history_anew(imap_server, imap_account, quick, take):
    imap_server.add("one")

    def changes(batch):
        if batch.cursor.uidvalidity == 7:
            imap_server.uidvalidity = 8
            imap_server.talks[-1].hang_up()

    batches = take(imap_account, quick, mails(2), meanwhile=changes)
    assert [(b.cursor.uidvalidity, b.history) for b in batches] == [(7, True), (8, True)]


def test_a_server_that_names_no_next_uid_is_read_all_the_same(imap_server, imap_account, quick, take):
    imap_server.add("one")

    def bare(talk, tag, args):
        talk.send(b"* 1 EXISTS", b"* OK [UIDVALIDITY 7] is")
        talk.ok(tag, b"[READ-WRITE]")

    imap_server.on["SELECT"] = bare
    batches = take(imap_account, quick, mails(2), meanwhile=lambda _: imap_server.add("two"))
    assert [(s, b.history) for b in batches for s in subjects([b])] == [("one", True), ("two", False)]


def test_gaps_between_uids_are_no_matter(imap_server, imap_account, quick, run):
    for uid in (1, 5, 4_000_000_000, 4_294_967_290):
        imap_server.uidnext = uid
        imap_server.add("far")
    batches = run(once(imap_account, replace(quick, batch_mails=3)))
    assert uids(batches) == [1, 5, 4_000_000_000, 4_294_967_290]


def test_batches_are_cut_where_they_get_heavy(imap_server, imap_account, quick, run):
    imap_server.add("one", "two", "three")
    batches = run(once(imap_account, replace(quick, batch_bytes=150)))
    assert [len(batch.mails) for batch in batches] == [1, 1, 1]


# -- waiting ---------------------------------------------------------------------------------


def test_an_announcement_ends_idle_at_once(imap_server, imap_account, quick, take):
    def arrives(_):
        threading.Thread(target=lambda: (imap_server.until_idle(), imap_server.add("new"))).start()

    # The slice lasts a minute, the test does not.
    assert subjects(take(imap_account, quick, mails(1), meanwhile=arrives)) == ["new"]


def test_an_announcement_in_one_packet_with_the_start_of_idle_is_seen(imap_server, imap_account, quick, take):
    def hasty(talk, tag, args):
        if not imap_server.mails:
            imap_server.add("new")
            talk.send(b"+ idling", b"* 1 EXISTS")
        else:
            talk.send(b"+ idling")
        talk.until_done(tag)

    imap_server.on["IDLE"] = hasty
    assert subjects(take(imap_account, quick, mails(1))) == ["new"]


def test_an_announcement_before_idle_begins_is_seen(imap_server, imap_account, quick, take):
    def early(talk, tag, args):
        if not imap_server.mails:
            imap_server.add("new")
            talk.send(b"* 1 EXISTS")
        talk.send(b"+ idling")
        talk.until_done(tag)

    imap_server.on["IDLE"] = early
    assert subjects(take(imap_account, quick, mails(1))) == ["new"]


def test_an_announcement_during_the_search_is_not_lost(imap_server, imap_account, quick, take):
    def late(talk, tag, args):
        if imap_server.mails:
            return False
        imap_server.add("new")
        talk.send(b"* SEARCH", b"* 1 EXISTS")  # and nothing more will be said of it in IDLE
        talk.ok(tag)
        return None

    imap_server.on["UID SEARCH"] = late
    # In IDLE this server would be silent for the whole minute.
    assert subjects(take(imap_account, quick, mails(1))) == ["new"]


def test_mail_that_nobody_announces_is_found_after_the_slice(imap_server, imap_account, quick, take):
    def arrives(_):
        imap_server.mails.clear()
        talks, imap_server.talks = imap_server.talks, []
        imap_server.add("silent")
        imap_server.talks = talks

    assert subjects(take(imap_account, replace(quick, idle=0.05), mails(1), meanwhile=arrives)) == ["silent"]


def test_a_server_without_idle_is_polled(imap_server, imap_account, quick, take):
    imap_server.capabilities = "IMAP4rev1 AUTH=PLAIN"
    assert subjects(take(imap_account, quick, mails(1), meanwhile=lambda _: imap_server.add("new"))) == ["new"]
    assert not any(line.startswith("IDLE") for line in imap_server.commands)


def test_a_server_that_takes_idle_back_is_polled(imap_server, imap_account, quick, take):
    def refuses(talk, tag, args):
        talk.send(tag + b" BAD no")
        imap_server.add("new")

    imap_server.on["IDLE"] = refuses
    assert subjects(take(imap_account, quick, mails(1))) == ["new"]
    assert imap_server.commands.count("IDLE") == 1


def test_flags_and_small_talk_do_not_end_idle(imap_server, imap_account, quick, take):
    def chatty(talk, tag, args):
        talk.send(b"+ idling", b"* OK still here", b"* 1 FETCH (FLAGS (\\Seen))", b"* 1 FETCH (BODY {3}", b"abc)")
        talk.idles.set()
        threading.Thread(target=lambda: imap_server.add("new") if not imap_server.mails else None).start()
        talk.until_done(tag)

    imap_server.on["IDLE"] = chatty
    assert subjects(take(imap_account, quick, mails(1))) == ["new"]


# -- connections that break -------------------------------------------------------------------


@pytest.mark.parametrize("way", ["closes", "says bye"])
def test_a_server_that_ends_the_connection_during_idle_is_come_back_to(imap_server, imap_account, quick, take, way):
    def ends(talk, tag, args):
        talk.send(b"+ idling")
        if imap_server.mails:
            talk.until_done(tag)
            return
        imap_server.add("new")
        if way == "says bye":
            talk.send(b"* BYE going down")
        talk.hang_up()

    imap_server.on["IDLE"] = ends
    faults = []
    assert subjects(take(imap_account, quick, mails(1), faults=faults)) == ["new"]
    assert len(faults) == 1
    assert "waiting for mail" in faults[0]
    assert "\n" not in faults[0]


def test_a_server_that_hangs_is_left_after_the_timeout(imap_server, imap_account, quick, take):
    def hangs_once(talk, tag, args):
        if imap_server.mails:
            return False
        imap_server.add("new")
        talk.line()
        return None

    imap_server.on["UID SEARCH"] = hangs_once
    faults = []
    assert subjects(take(imap_account, replace(quick, read=0.2), mails(1), faults=faults)) == ["new"]
    assert "no answer in time while looking for new mail" in faults[0]


def test_a_server_that_drips_is_left(imap_server, imap_account, quick, take):
    def drips(talk, tag, args):
        if imap_server.mails:
            return False
        imap_server.add("new")
        while True:
            talk.sock.sendall(b"*")

    imap_server.on["UID SEARCH"] = drips
    faults = []
    assert subjects(take(imap_account, replace(quick, stall=0.1), mails(1), faults=faults)) == ["new"]
    assert "too slowly" in faults[0]


class Chance:
    """Records between what bounds it was asked to choose."""

    def __init__(self):
        self.asked = []

    def uniform(self, low, high):
        self.asked.append((low, high))
        return low


def retries(run, account, patience, count):
    """What a reader does at a port where nobody answers, for some retries."""
    chance, faults = Chance(), []

    async def work():
        reader = Reader(account, patience=patience, chance=chance, on_fault=faults.append)

        async def read():
            return [batch async for batch in reader.batches(None)]

        task = asyncio.ensure_future(read())
        while len(chance.asked) < count:
            await asyncio.sleep(0.001)
        status = reader.status
        await reader.close()
        assert await task == []
        return status

    return run(work()), chance.asked, faults


@pytest.fixture
def dead_port():
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        return nobody.getsockname()[1]


def test_a_fault_is_told_once_however_often_it_is_met(imap_account, quick, run, dead_port):
    status, _, faults = retries(run, replace(imap_account, port=dead_port), quick, 4)
    assert faults == [status.fault]
    assert not status.connected
    assert f"mailbox ann at localhost:{dead_port}: nothing answers on this port" in status.fault
    assert "WORKER_IMAP_HOST" in status.fault


def test_pauses_double_up_to_their_bound_and_are_spread(imap_account, quick, run, dead_port):
    patience = replace(quick, backoff_min=0.004, backoff_max=0.01)
    _, asked, _ = retries(run, replace(imap_account, port=dead_port), patience, 4)
    assert [(round(low, 4), round(high, 4)) for low, high in asked[:4]] == [
        (0.002, 0.006), (0.004, 0.012), (0.005, 0.015), (0.005, 0.015),
    ]  # fmt: skip


def test_the_status_says_since_when_and_forgets_the_fault(imap_server, imap_account, quick, run):
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    calls = []

    def refuse_first(talk, tag, args):
        calls.append(tag)
        if len(calls) == 1:
            talk.hang_up()
        else:
            return False

    imap_server.on["SELECT"] = refuse_first
    imap_server.add("one")

    async def work():
        faults = []
        reader = Reader(imap_account, patience=quick, clock=lambda: noon, on_fault=faults.append)
        async for _ in reader.batches(None):
            break
        status = reader.status
        await reader.close()
        return status, faults

    status, faults = run(work())
    assert (status.connected, status.since, status.fault) == (True, noon, "")
    assert len(faults) == 1


# -- answers that are not what was asked for ---------------------------------------------------


def test_the_last_mail_that_a_search_names_below_the_cursor_is_not_read_again(imap_server, imap_account, quick, run):
    imap_server.add("one", "two")
    imap_server.on["UID SEARCH"] = lambda talk, tag, args: talk.send(b"* SEARCH 2", tag + b" OK done")
    cursor = Cursor(account="", folder="INBOX", uidvalidity=7, uid=2, history_done=True)
    [batch] = run(once(imap_account, quick, cursor))
    assert batch.mails == ()


def test_a_search_may_answer_in_pieces_out_of_order_and_with_more(imap_server, imap_account, quick, run):
    imap_server.add("one", "two", "three")
    imap_server.on["UID SEARCH"] = lambda talk, tag, args: talk.send(
        b"* SEARCH 3 1", b"* SEARCH 2 3 (MODSEQ 917162500)", b"* SEARCH", tag + b" OK done"
    )
    assert uids(run(once(imap_account, quick))) == [1, 2, 3]


def test_flags_of_other_mails_between_the_mails_do_no_harm(imap_server, imap_account, quick, run):
    imap_server.add("one", "two", "three")

    def mixed(talk, tag, args):
        for number, mail in enumerate(imap_server.mails, start=1):
            talk.send(b"* 2 FETCH (FLAGS (\\Seen \\Recent))", b"* 1 RECENT")
            talk.send_mail(number, mail, args)
            talk.send(b"* 900 FETCH (UID 900 BODY[] {3}", b"abc FLAGS ())", b"* 3 FETCH (UID 3 FLAGS (\\Answered))")
        talk.ok(tag)

    imap_server.on["UID FETCH"] = mixed
    assert subjects(run(once(imap_account, quick))) == ["one", "two", "three"]


def test_a_uid_behind_the_body_and_a_quoted_body_are_read(imap_server, imap_account, quick, run):
    imap_server.add("one", "two")

    def other_way_round(talk, tag, args):
        if "SIZE" in args:
            return False
        talk.send(b"* 1 FETCH (BODY[] {%d}" % len(imap_server.mails[0].data))
        talk.send(imap_server.mails[0].data + b" UID 1)", b'* 2 FETCH (UID 2 BODY[] "Subject: two")')
        talk.ok(tag)
        return None

    imap_server.on["UID FETCH"] = other_way_round
    assert subjects(run(once(imap_account, quick))) == ["one", "two"]


def test_a_mail_expunged_between_search_and_fetch_is_passed_over(imap_server, imap_account, quick, run):
    imap_server.add("one", "two", "three")

    def expunges(talk, tag, args):
        imap_server.mails = [mail for mail in imap_server.mails if mail.uid != 2]
        return False

    imap_server.on["UID FETCH"] = expunges
    batches = run(once(imap_account, quick))
    assert subjects(batches) == ["one", "three"]
    assert batches[-1].cursor.uid == 3


def test_a_batch_that_is_refused_comes_mail_by_mail(imap_server, imap_account, quick, run):
    imap_server.add("one", "two", "three")

    def refuses_many(talk, tag, args):
        if "BODY" not in args or ":" not in args.split()[0]:
            return False
        talk.send(tag + b" NO [EXPUNGEISSUED] some are gone")
        return None

    imap_server.on["UID FETCH"] = refuses_many
    assert subjects(run(once(imap_account, quick))) == ["one", "two", "three"]


@pytest.mark.parametrize(
    "answer",
    [
        b"NO [SERVERBUG] it is broken",
        b"OK",
        b"* 2 FETCH (UID 2 BODY[] NIL)",
        b"* 2 FETCH (UID 2 BODY[",
        b"* 2 FETCH ((",
    ],
    ids=["a refusal", "silence", "nothing", "no IMAP", "brackets without end"],
)
def test_a_mail_that_cannot_be_delivered_is_kept_empty_and_blocks_nothing(
    imap_server, imap_account, quick, run, answer
):
    imap_server.add("one", "two", "three")

    def breaks_on_two(talk, tag, args):
        whole, _, _ = args.partition(" ")
        if "BODY" not in args or whole not in ("1:3", "2"):
            return False
        if answer.startswith(b"*"):
            talk.send(answer, tag + b" OK done")
        else:
            talk.send(tag + b" " + answer + b" done")
        return None

    imap_server.on["UID FETCH"] = breaks_on_two
    batches = run(once(imap_account, quick))
    assert [(m.place.uid, m.data != b"") for b in batches for m in b.mails] == [(1, True), (2, False), (3, True)]
    assert batches[-1].cursor.uid == 3


def test_of_a_mail_that_cannot_be_delivered_whole_the_beginning_is_taken(imap_server, imap_account, quick, run):
    imap_server.add("one", "two")

    def not_whole(talk, tag, args):
        if args.startswith("2 ") and "BODY.PEEK[])" in args:
            talk.send(tag + b" NO too much")
            return None
        return False

    imap_server.on["UID FETCH"] = not_whole
    assert subjects(run(once(imap_account, replace(quick, batch_mails=1)))) == ["one", "two"]


def test_a_mail_that_breaks_the_connection_each_time_is_given_up_alone(imap_server, imap_account, quick, take):
    imap_server.add("one", "poison", "three")

    def dies(talk, tag, args):
        if "BODY" in args and args.split()[0] in ("1:3", "2"):
            talk.hang_up()
        else:
            return False

    imap_server.on["UID FETCH"] = dies
    batches = take(imap_account, quick, mails(3))
    assert [(m.place.uid, m.data != b"") for b in batches for m in b.mails] == [(1, True), (2, False), (3, True)]


def test_one_broken_connection_loses_no_mail(imap_server, imap_account, quick, take):
    imap_server.add("one", "two", "three")
    broken = []

    def dies_once(talk, tag, args):
        if "BODY" not in args or broken:
            return False
        broken.append(args)
        talk.send(b"* 1 FETCH (UID 1 BODY[] {500}", b"cut in the mid")
        talk.hang_up()
        return None

    imap_server.on["UID FETCH"] = dies_once
    assert subjects(take(imap_account, quick, mails(3))) == ["one", "two", "three"]


def test_a_literal_beyond_all_bounds_is_not_waited_for(imap_server, imap_account, quick, take):
    imap_server.add("one", "two")

    def boasts(talk, tag, args):
        if "BODY" not in args or args.split()[0] == "2":
            return False
        talk.send(b"* 1 FETCH (UID 1 BODY[] {99999999999}")
        return None

    imap_server.on["UID FETCH"] = boasts
    batches = take(imap_account, quick, mails(2))
    assert [m.data != b"" for b in batches for m in b.mails] == [False, True]


def test_a_listing_that_is_no_imap_does_not_stop_the_mails(imap_server, imap_account, quick, run):
    imap_server.add("one", "two")

    def garbles(talk, tag, args):
        if "SIZE" not in args:
            return False
        talk.send(b"* 1 FETCH (UID 1 RFC822.SIZE", tag + b" OK done")
        return None

    imap_server.on["UID FETCH"] = garbles
    assert subjects(run(once(imap_account, quick))) == ["one", "two"]


# -- leaving the mailbox as it is -----------------------------------------------------------------


def test_a_watched_mailbox_is_only_looked_at(imap_server, imap_account, quick, take):
    take(replace(imap_account, read_only=True), quick, mails(1), meanwhile=lambda _: imap_server.add("new"))
    assert "EXAMINE" in {line.split()[0] for line in imap_server.commands}
    assert not any(line.startswith(("SELECT", "UID STORE")) for line in imap_server.commands)
    fetched = [line for line in imap_server.commands if "BODY" in line]
    assert fetched
    assert all("BODY.PEEK" in line for line in fetched)


def test_new_mail_of_our_own_mailbox_is_marked_when_it_has_been_kept(imap_server, imap_account, quick, take):
    imap_server.add("old")
    seen = []

    def look(batch):
        seen.append([mail.flags.copy() for mail in imap_server.mails])
        if len(imap_server.mails) < 3:
            imap_server.add("new")

    take(imap_account, quick, mails(3), meanwhile=look)
    # History keeps its flags; the first new mail is unmarked while it is handled.
    assert seen == [[set()], [set(), set()]]
    assert [mail.flags for mail in imap_server.mails] == [set(), {"\\Seen"}, set()]


def test_a_mailbox_that_we_may_only_read_is_read(imap_server, imap_account, quick, take):
    imap_server.on["SELECT"] = lambda talk, tag, args: talk.do_select(tag, args, b"READ-ONLY")
    batches = take(imap_account, quick, mails(1), meanwhile=lambda _: imap_server.add("new"))
    assert subjects(batches) == ["new"]
    assert not any(line.startswith("UID STORE") for line in imap_server.commands)


def test_a_server_that_refuses_marks_is_asked_once(imap_server, imap_account, quick, take):
    imap_server.on["UID STORE"] = lambda talk, tag, args: talk.send(tag + b" NO read-only")
    take(imap_account, quick, mails(3), meanwhile=lambda _: imap_server.add("new"))
    assert sum(line.startswith("UID STORE") for line in imap_server.commands) == 1


# -- logging in -----------------------------------------------------------------------------------


PASSWORDS = ["plain", 'quo"te\\back', "spa ce", "dräi Äpfel 苹果", "{3}", "(*%", "\\", '"']


@pytest.mark.parametrize("capabilities", ["IMAP4rev1 AUTH=PLAIN", "IMAP4rev1"])
@pytest.mark.parametrize("password", PASSWORDS)
def test_any_password_gets_in(imap_server, imap_account, quick, run, capabilities, password):
    imap_server.capabilities, imap_server.password = capabilities, password
    assert run(once(replace(imap_account, password=password), quick))[-1].live


def fault(run, account, patience, kind):
    with pytest.raises(kind) as caught:
        run(once(account, patience))
    line = str(caught.value)
    assert "\n" not in line
    assert account.password not in line
    assert f"{account.host}:{account.port}" in line
    return line


def test_a_wrong_password_ends_the_reading_with_a_line_that_names_the_setting(
    imap_server, imap_account, quick, take, run
):
    wrong = replace(imap_account, name="ann", password="S3cr3t-and-wrong")
    assert "WORKER_WATCH__ANN__PASSWORD" in fault(run, wrong, quick, MailboxRefused)
    with pytest.raises(MailboxRefused):
        take(wrong, quick, live)
    assert sum(line.startswith("AUTHENTICATE") for line in imap_server.commands) == 2


def test_a_server_without_login_is_refused(imap_server, imap_account, quick, run):
    imap_server.capabilities = "IMAP4rev1 LOGINDISABLED STARTTLS"
    assert "no login by password" in fault(run, imap_account, quick, MailboxRefused)
    assert not any(line.startswith("LOGIN") for line in imap_server.commands)


def test_a_server_that_cannot_check_passwords_now_is_tried_again(imap_server, imap_account, quick, take):
    busy = []

    def not_now(talk, tag, args):
        if busy:
            return False
        busy.append(1)
        talk.send(b"+ ")
        talk.line()
        talk.send(tag + b" NO [UNAVAILABLE] the directory is away")
        return None

    imap_server.on["AUTHENTICATE"] = not_now
    imap_server.add("one")
    faults = []
    assert subjects(take(imap_account, quick, mails(1), faults=faults)) == ["one"]
    assert "the directory is away" in faults[0]


def test_the_password_stands_in_no_repr(imap_account):
    assert "secret" not in repr(imap_account)


def test_a_folder_that_is_not_there_is_named_with_those_that_are(imap_server, imap_account, quick, run):
    imap_server.folders = ["INBOX", "Deals", "Entw&APw-rfe"]
    line = fault(run, replace(imap_account, folder="Dealz"), quick, FolderMissing)
    assert '"Dealz"' in line
    assert "Deals, Entwürfe, INBOX" in line
    assert "WORKER_IMAP_FOLDER" in line
    assert "WORKER_IMAP_FOLDER" not in fault(run, replace(imap_account, name="ANN", folder="x"), quick, FolderMissing)


def test_a_folder_that_is_not_there_keeps_no_answer_from_us(imap_server, imap_account, quick, run):
    """A mailbox without a Sent folder must not hold all mail to its owner's contacts for ever."""
    reader = Reader(replace(imap_account, folder="Archive"), patience=quick)

    async def read():
        async for _ in reader.batches(None):
            pass

    with pytest.raises(FolderMissing):
        run(read())
    assert not reader.is_behind


def test_a_folder_beyond_ascii_is_opened_in_modified_utf_7(imap_server, imap_account, quick, run):
    imap_server.folders = ["Entw&APw-rfe &- mehr"]
    [batch] = run(once(replace(imap_account, folder="Entwürfe & mehr"), quick))
    assert batch.cursor.folder == "Entwürfe & mehr"


def test_a_folder_that_is_there_and_does_not_open_is_tried_again(imap_server, imap_account, quick, run):
    imap_server.on["SELECT"] = lambda talk, tag, args: talk.send(tag + b" NO [INUSE] locked")
    assert "locked" in fault(run, imap_account, quick, MailboxUnreachable)


# -- nobody in between ----------------------------------------------------------------------------


def test_a_login_that_nobody_asked_for_is_refused_over_plain_text(imap_server, imap_account, quick, run):
    imap_server.greeting = b"* PREAUTH welcome back"
    for security in ("none", "starttls"):
        line = fault(run, replace(imap_account, security=security), quick, MailboxUntrusted)
        assert "WORKER_IMAP_SECURITY=tls" in line
    assert not any(line.startswith(("SELECT", "AUTHENTICATE")) for line in imap_server.commands)


def test_a_server_that_hides_starttls_gets_no_password(imap_server, imap_account, quick, run):
    line = fault(run, replace(imap_account, security="starttls"), quick, MailboxUntrusted)
    assert "STARTTLS" in line
    assert not any(line.startswith(("LOGIN", "AUTHENTICATE")) for line in imap_server.commands)


def test_a_server_that_refuses_starttls_gets_no_password(imap_server, imap_account, quick, run):
    imap_server.capabilities += " STARTTLS"
    imap_server.on["STARTTLS"] = lambda talk, tag, args: talk.send(tag + b" NO not today")
    fault(run, replace(imap_account, security="starttls"), quick, MailboxUntrusted)
    assert not any(line.startswith(("LOGIN", "AUTHENTICATE")) for line in imap_server.commands)


def test_what_is_smuggled_in_before_starttls_is_refused(imap_server, imap_account, quick, run):
    imap_server.capabilities += " STARTTLS"
    imap_server.on["STARTTLS"] = lambda talk, tag, args: talk.send(tag + b" OK go", b"* CAPABILITY IMAP4rev1 EVIL")
    assert "smuggled" in fault(run, replace(imap_account, security="starttls"), quick, MailboxUntrusted)


@pytest.mark.parametrize("security", ["tls", "starttls"])
@pytest.mark.parametrize(
    ("certificate", "words"),
    [("good", "SSL_CERT_FILE"), ("expired", "expired")],
)
def test_a_certificate_that_does_not_hold_is_told(imap_server, imap_account, quick, run, security, certificate, words):
    imap_server.certificate, imap_server.tls_at_once = certificate, security == "tls"
    imap_server.capabilities += " STARTTLS"
    line = fault(run, replace(imap_account, security=security), quick, MailboxUntrusted)
    assert "certificate" in line
    assert not any(line.startswith(("LOGIN", "AUTHENTICATE")) for line in imap_server.commands)


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_certificate_in_ssl_cert_file_is_trusted_for_its_own_host(
    imap_server, imap_account, quick, take, run, security, certificates, monkeypatch
):
    imap_server.capabilities += " STARTTLS"
    imap_server.tls_at_once = security == "tls"
    account = replace(imap_account, security=security)
    imap_server.certificate = "foreign"
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates / "foreign.pem"))
    assert "for another host" in fault(run, account, quick, MailboxUntrusted)
    imap_server.certificate = "good"
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates / "good.pem"))
    assert subjects(take(account, quick, mails(1), meanwhile=lambda _: imap_server.add("new"))) == ["new"]


def test_a_port_that_speaks_no_tls_is_told_with_the_setting(imap_server, imap_account, quick, run):
    line = fault(run, replace(imap_account, security="tls"), quick, MailboxUnreachable)
    assert "WORKER_IMAP_SECURITY" in line


def test_a_host_that_does_not_exist_is_told(imap_account, quick, run):
    line = fault(run, replace(imap_account, host="mail.nowhere.test"), quick, MailboxUnreachable)
    assert "no host of this name" in line


def test_a_greeting_that_says_bye_is_told(imap_server, imap_account, quick, run):
    imap_server.greeting = b"* BYE too many connections"
    assert "too many connections" in fault(run, imap_account, quick, MailboxUnreachable)


def test_the_words_of_a_server_come_as_one_bounded_line_without_the_password(imap_server, imap_account, quick, run):
    imap_server.greeting = b"* BYE \x1b[31msecret\t" + b"x" * 5000
    line = fault(run, imap_account, quick, MailboxUnreachable)
    assert "\x1b" not in line
    assert len(line) < 400


# -- the end --------------------------------------------------------------------------------------


def closes(run, imap_server, account, patience, command):
    """Close a reader while the server sits on a command. Gives the batches that were read."""

    async def work():
        reader = Reader(account, patience=patience)

        async def read():
            return [batch async for batch in reader.batches(None)]

        task = asyncio.ensure_future(read())
        await asyncio.to_thread(imap_server.wait_for, command)
        await asyncio.wait_for(reader.close(), 5)
        return await asyncio.wait_for(task, 5), reader.status

    return run(work())


def test_closing_ends_idle_politely(imap_server, imap_account, quick, run):
    batches, status = closes(run, imap_server, imap_account, quick, "IDLE")
    assert live(batches)
    assert (status.connected, status.fault) == (False, "")
    imap_server.wait_for("LOGOUT")


@pytest.mark.parametrize("command", ["CAPABILITY", "AUTHENTICATE", "SELECT", "UID SEARCH", "IDLE"])
def test_closing_ends_a_reader_whose_server_hangs(imap_server, imap_account, quick, run, command):
    def hangs(talk, tag, args):
        if command == "IDLE":
            talk.send(b"+ idling")
        while True:
            talk.line()

    imap_server.on[command] = hangs
    closes(run, imap_server, replace(imap_account, name=command), replace(quick, read=60, farewell=0.1), command)
    ended(f"imap {command} INBOX")


def test_a_cancelled_task_leaves_no_thread_in_idle(imap_server, imap_account, quick, run):
    async def work():
        reader = Reader(replace(imap_account, name="cancelled"), patience=quick)

        async def read():
            async for _ in reader.batches(None):
                pass

        task = asyncio.ensure_future(read())
        await asyncio.to_thread(imap_server.wait_for, "IDLE")
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await reader.close()

    run(work())
    ended("imap cancelled INBOX")


def ended(name):
    for thread in threading.enumerate():
        if thread.name == name:
            thread.join(5)
            assert not thread.is_alive()


def test_nothing_more_is_read_while_a_batch_is_being_kept(imap_server, imap_account, quick, run):
    imap_server.add("one", "two", "three")

    async def work():
        reader = Reader(imap_account, patience=replace(quick, batch_mails=1))
        async for _ in reader.batches(None):
            break
        await reader.close()

    run(work())
    assert [line for line in imap_server.commands if "BODY" in line] == ["UID FETCH 1 (BODY.PEEK[])"]


# -- imapclient's fast path -----------------------------------------------------------------------


def test_no_body_is_formatted_for_a_log(imap_server, imap_account):
    # imapclient sets imaplib's debug level to 5, which costs six sevenths of the speed; ours has to end at 0.
    session = Session(imap_account, Patience())
    session.open()
    assert session.client._imap is session.wire
    assert session.wire.debug == 0
    session.close()


# -- filing ---------------------------------------------------------------------------------------


def filing(run, account, patience, work):
    async def all_of_it():
        filer = Filer(account, patience=patience)
        try:
            return await work(filer)
        finally:
            await filer.close()

    return run(all_of_it())


NOON = datetime(2026, 3, 2, 12, 30, tzinfo=UTC)
LETTER = "Message-ID: <abc.def@example.com>\r\nSubject: Grüße\r\n\r\nhello\r\n".encode()


def test_a_mail_is_filed_as_it_is_and_found_again(imap_server, imap_account, quick, run):
    async def work(filer):
        before = await filer.find("INBOX", "abc.def@example.com")
        await filer.append("INBOX", LETTER, NOON, (r"\Seen",))
        return before, await filer.find("INBOX", "abc.def@example.com")

    imap_server.on["UID FETCH"] = id_fields(imap_server)
    assert filing(run, imap_account, quick, work) == (False, True)
    assert imap_server.mails[0].data == LETTER
    assert '(\\Seen) "02-Mar-2026 12:30:00 +0000"' in next(c for c in imap_server.commands if c.startswith("APPEND"))
    assert sum(line.startswith("AUTHENTICATE") for line in imap_server.commands) == 1


def id_fields(server):
    """FETCH of the Message-ID alone."""

    def answer(talk, tag, args):
        for number, mail in enumerate(server.mails, start=1):
            field = next(line for line in mail.data.split(b"\r\n") if line.startswith(b"Message-ID")) + b"\r\n\r\n"
            key = b"BODY[HEADER.FIELDS (MESSAGE-ID)]"
            talk.send(b"* %d FETCH (UID %d %s {%d}" % (number, mail.uid, key, len(field)), field + b")")
        talk.ok(tag)

    return answer


def test_a_server_that_finds_parts_of_an_id_is_not_believed(imap_server, imap_account, quick, run):
    imap_server.add("a", "ab")
    imap_server.on["UID FETCH"] = id_fields(imap_server)

    async def work(filer):
        return [await filer.find("INBOX", name) for name in ("ab@example.com", "b@example.com", "a@example")]

    assert filing(run, imap_account, quick, work) == [True, False, False]


def test_a_mail_that_the_index_of_the_server_does_not_know_yet_is_found(imap_server, imap_account, quick, run):
    imap_server.add("a")
    imap_server.on["UID FETCH"] = id_fields(imap_server)

    def lags(talk, tag, args):
        if not args.startswith("HEADER"):
            return False
        talk.send(b"* SEARCH", tag + b" OK none")
        return None

    imap_server.on["UID SEARCH"] = lags
    assert filing(run, imap_account, quick, lambda filer: filer.find("INBOX", "a@example.com"))


def test_an_id_with_line_ends_reaches_no_server(imap_server, imap_account, quick, run):
    assert not filing(run, imap_account, quick, lambda filer: filer.find("INBOX", "a@b>\r\nA1 DELETE INBOX"))
    assert imap_server.commands == []


def test_filing_in_a_folder_that_is_not_there_says_which_there_are(imap_server, imap_account, quick, run):
    with pytest.raises(FolderMissing, match="INBOX"):
        filing(run, imap_account, quick, lambda filer: filer.append("Sent", LETTER, NOON))


def test_filing_makes_a_new_connection_where_the_old_one_is_gone(imap_server, imap_account, quick, run):
    async def work(filer):
        await filer.append("INBOX", LETTER, NOON)
        imap_server.talks[-1].hang_up()
        await filer.append("INBOX", LETTER, NOON)

    filing(run, imap_account, quick, work)
    assert len(imap_server.mails) == 2


def test_a_mail_is_not_filed_twice_by_itself_when_the_answer_is_lost(imap_server, imap_account, quick, run):
    def takes_and_dies(talk, tag, args):
        talk.do_append(b"*", args)
        talk.hang_up()

    imap_server.on["APPEND"] = takes_and_dies
    with pytest.raises(MailboxUnreachable):
        filing(run, imap_account, quick, lambda filer: filer.append("INBOX", LETTER, NOON))
    assert len(imap_server.mails) == 1


# -- large mails ----------------------------------------------------------------------------------


LARGE = {
    "size": 9_000_000,
    "structure": (
        b'(("text" "plain" NIL NIL NIL "7bit" 9 1 NIL NIL NIL NIL)'
        b'("application" "pdf" NIL NIL NIL "base64" 8999000 NIL ("attachment" ("filename" "a.pdf")) NIL NIL)'
        b' "mixed" ("boundary" "b") NIL NIL NIL)'
    ),
    "sections": {
        "HEADER": b"Subject: large\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n",
        "1.MIME": b"Content-Type: text/plain\r\n\r\n",
        "1": b"the words",
        "2.MIME": b"Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\n\r\n",
    },
}


def test_a_large_mail_comes_without_its_attachments_in_its_place(imap_server, imap_account, quick, run):
    imap_server.add("one")
    imap_server.add("large", **LARGE)
    imap_server.add("three")
    batches = run(once(imap_account, quick))
    assert subjects(batches) == ["one", "large", "three"]
    large = batches[0].mails[1]
    assert large.size == 9_000_000 > len(large.data)
    assert b"the words" in large.data
    assert b"filename=a.pdf" in large.data
    assert not any(
        line.startswith(("UID FETCH 2 (BODY.PEEK[])", "UID FETCH 1:3 (BODY")) for line in imap_server.commands
    )


def test_of_a_large_mail_without_a_usable_structure_the_beginning_comes(imap_server, imap_account, quick, run):
    imap_server.add("large", size=9_000_000, structure=b"(" * 5000 + b")" * 5000)
    imap_server.add("two")
    batches = run(once(imap_account, quick))
    assert subjects(batches) == ["large", "two"]


def test_a_mail_whose_size_nobody_tells_is_taken_with_care(imap_server, imap_account, quick, run):
    imap_server.add("one")

    def no_size(talk, tag, args):
        if "SIZE" not in args:
            return False
        talk.send(b"* 1 FETCH (UID 1)")
        talk.ok(tag)
        return None

    imap_server.on["UID FETCH"] = no_size
    assert subjects(run(once(imap_account, quick))) == ["one"]


# -- a server that others wrote ---------------------------------------------------------------------


def test_pymap_is_read_told_of_and_filed_in(pymap_port, imap_account, quick, run):
    account = replace(imap_account, port=pymap_port, user="demouser", password="demopass")

    async def work():
        reader, filer = Reader(account, patience=quick), Filer(account, patience=quick)
        batches = []
        async for batch in reader.batches(None):
            batches.append(batch)
            if len(batches) == 2:
                break
            asyncio.get_running_loop().call_later(0.2, asyncio.ensure_future, filer.append("INBOX", LETTER, NOON))
        found = await filer.find("INBOX", "abc.def@example.com")
        await reader.close()
        await filer.close()
        return batches, found

    (history, new), found = run(work())
    assert (history.history, history.live, len(history.mails)) == (True, True, 4)
    assert (new.history, new.mails[0].data, new.mails[0].received) == (False, LETTER, NOON)
    assert found
