"""Mail that went through a shredder: a seeded mutator over the mails of tests/data. Nothing may raise or vanish."""

from __future__ import annotations

import os
import random
import resource
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from worker.app.understanding import understand
from worker.core.model import Address, Message, Place, RawMail, Reading
from worker.io.signal_files import read_signals
from worker.mail.parse import MAX_RECIPIENTS, parse

DATA = Path(__file__).parent.parent / "data"
MAILS = [path.read_bytes() for path in sorted(DATA.glob("*.eml"))]
READING = Reading(
    address=Address("deals@northlight.example"),
    team=("@northlight.example",),
    trusted_authserv="mx.example.com",
    key=b"key",
)
FIRST = int(os.environ.get("WORKER_MUTANTS_FROM", "1000000"))
MUTANTS = int(os.environ.get("WORKER_MUTANTS", "3000"))
"""How many the slow test reads, and from which seed: 100,000 of them take some minutes."""
ROUNDS = 12
BATCHES = 40

NASTY = (
    b"\x00", b"\xff\xfe", b"\r", b"\n", b"\r\n\r\n", b"=?", b"?=", b"=?utf-8?B?", b"=?utf-8?Q?=C3?=", b"<", b">",
    b'"', b"\\", b"(((((", b"--", b"--b1", b"--b1--", b"=", b"=\n", b"=C3", b"\xc3", b"\x1b$B", b"&#x110000;", b"&lt",
    b"<!--", b"<pre>", b"<blockquote>", b"From: eve@elsewhere.example\r\n", b"Content-Type: message/rfc822\r\n\r\n",
    b"charset=utf-7", b"Content-Type: multipart/mixed; boundary=b1\r\n", b"Content-Transfer-Encoding: base64\r\n",
    b"name*9*=utf-8''%", b"Date: Fri, 31 Dec 9999 23:59:59 +9959\r\n", b"Message-ID: <a@[>\r\n", b'boundary=""',
    b"begin 644 x\n", b"-- \n", b"Auto-Submitted: auto-replied\r\n", b"> ", "\u202e\ud7ff\U0001f600".encode(),
    b"9" * 5000, b"On Monday Ann wrote:\n",
)  # fmt: skip


def drop(data: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(data) + 1)
    return data[:at] + data[at + dice.randrange(1, 40) :]


def repeat(data: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(data) + 1)
    return data[:at] + data[at : at + dice.randrange(1, 80)] * dice.randrange(2, 6) + data[at:]


def flip(data: bytes, dice: random.Random) -> bytes:
    if not data:
        return data
    out = bytearray(data)
    for _ in range(dice.randrange(1, 12)):
        out[dice.randrange(len(out))] = dice.randrange(256)
    return bytes(out)


def insert(data: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(data) + 1)
    return data[:at] + dice.choice(NASTY) * dice.choice((1, 1, 2, 50)) + data[at:]


def truncate(data: bytes, dice: random.Random) -> bytes:
    return data[: dice.randrange(len(data) + 1)]


def shuffle_lines(data: bytes, dice: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    if len(lines) > 2:
        a, b = dice.randrange(len(lines)), dice.randrange(len(lines))
        lines[a], lines[b] = lines[b], lines[a]
    return b"".join(lines)


def change_line_ends(data: bytes, dice: random.Random) -> bytes:
    return data.replace(b"\r\n", b"\n").replace(b"\n", dice.choice((b"\n", b"\r", b"\r\n", b"\r\r\n", b"\n\r")))


def graft(data: bytes, dice: random.Random) -> bytes:
    other = dice.choice(MAILS)
    return data[: dice.randrange(len(data) + 1)] + other[dice.randrange(len(other) + 1) :]


MUTATIONS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    drop, repeat, flip, insert, insert, truncate, shuffle_lines, change_line_ends, graft,
)  # fmt: skip


def mutated(seed: int) -> bytes:
    """The mail of a seed: always the same for the same mails and seed."""
    dice = random.Random(seed)
    data = dice.choice(MAILS)
    for _ in range(dice.randrange(1, 6)):
        data = dice.choice(MUTATIONS)(data, dice)
    return data


def read(data: bytes) -> Message:
    return parse(RawMail(place=Place(), data=data), READING)


@pytest.mark.parametrize("batch", range(BATCHES))
def test_no_mutated_mail_breaks_a_stage(batch: int) -> None:
    for seed in range(batch * ROUNDS, (batch + 1) * ROUNDS):
        found = read(mutated(seed))
        broken = [defect for defect in found.defects if "could not be" in defect]
        assert not broken, f"seed {seed}: {broken}"
        assert found.id
        assert len(found.to) <= MAX_RECIPIENTS
        assert found.sender is None or found.sender.address == found.sender.address.lower()
        for moment in (found.date, found.received):
            assert not isinstance(moment, datetime) or moment.tzinfo is not None


@pytest.mark.parametrize("data", MAILS)
def test_the_same_bytes_give_the_same_message(data: bytes) -> None:
    assert read(data) == read(data)


@pytest.mark.parametrize("data", [mail for mail in MAILS if b"\r\n" in mail])
def test_the_kind_of_line_break_changes_no_meaning(data: bytes) -> None:
    one, other = read(data), read(data.replace(b"\r\n", b"\n"))
    assert (one.sender, one.subject, one.text) == (other.sender, other.subject, other.text)
    assert (one.kind, one.trust, one.to) == (other.kind, other.trust, other.to)


@pytest.mark.slow
def test_mutated_mail_is_explained_without_a_fault_in_a_second_each_and_little_memory() -> None:
    signals = read_signals(Path(__file__).parents[2] / "playbooks" / "signals")
    slowest = 0.0
    for seed in range(FIRST, FIRST + MUTANTS):
        raw = RawMail(place=Place(), data=mutated(seed))
        begun = time.process_time()
        message, _ = understand(raw, READING, signals)
        slowest = max(slowest, time.process_time() - begun)
        assert not [defect for defect in message.defects if "could not be read" in defect], f"seed {seed}"
    assert slowest < 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 256 * 1024
