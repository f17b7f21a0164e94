import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from worker.app.describing import describe
from worker.app.explain import find_files, run_explain
from worker.core.model import Address, Event, Evidence, MessageId, Place, RawMail, Reading, Strength
from worker.mail.parse import parse

DATA = Path(__file__).parents[1] / "data"
SIGNALS = Path(__file__).parents[2] / "playbooks" / "signals"
READING = Reading(address=Address("deals@harrow.test"), team=("@harrow.test",), trusted_authserv="mx.harrow.test")
SOME_TIME = datetime(2025, 3, 5, tzinfo=UTC)
KEYS = {
    "path", "message_id", "from", "subject", "kind", "text", "forwarded", "bounce", "absence", "trust", "evidence",
    "defects",
}  # fmt: skip


def explained(*paths: Path) -> list[dict[str, object]]:
    out = io.StringIO()
    assert run_explain(paths, READING, SIGNALS, as_json=True, out=out) == 0
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_mail_is_one_object_on_a_line() -> None:
    (row,) = explained(DATA / "signal-opt-out.eml")
    assert row.keys() == KEYS
    assert row["path"] == str(DATA / "signal-opt-out.eml")
    assert (row["from"], row["message_id"], row["kind"]) == (
        "piet@vanderveen.example",
        "one@vanderveen.example",
        "human",
    )
    assert (row["forwarded"], row["bounce"], row["absence"]) == (None, None, None)
    assert {
        "event": "opt_out", "strength": "certain", "quote": "Please take me off your list.", "signal": "opt-out.en",
    } in row["evidence"]  # fmt: skip


def test_a_notice_of_a_service_is_trusted_by_the_domains_in_the_signal_files() -> None:
    (row,) = explained(DATA / "signal-paid.eml")
    assert (row["kind"], row["trust"]) == ("notice", "notary")
    assert [(e["event"], e["strength"]) for e in row["evidence"]] == [("payment_received", "certain")]


def test_many_files_come_out_in_their_order_however_many_cores_read_them(tmp_path: Path) -> None:
    mail = (DATA / "signal-opt-out.eml").read_text()
    for number in range(300):
        folder = tmp_path / f"{number // 100}"
        folder.mkdir(exist_ok=True)
        (folder / f"{number:03}").write_text(mail.replace("one@", f"{number}@"))
    rows = explained(tmp_path)
    assert [row["message_id"] for row in rows] == [f"{n}@vanderveen.example" for n in range(300)]


def test_files_are_found_in_folders_whatever_their_name(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    for name in ("b/2", "b/1.txt", "a"):
        (tmp_path / name).write_text("")
    assert [Path(f).relative_to(tmp_path).as_posix() for f in find_files([tmp_path])] == ["a", "b/1.txt", "b/2"]


def test_a_file_that_is_missing_is_told_and_the_others_are_explained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = io.StringIO()
    paths = [tmp_path / "gone.eml", DATA / "signal-paid.eml"]
    assert run_explain(paths, READING, SIGNALS, as_json=True, out=out) == 1
    assert len(out.getvalue().splitlines()) == 1
    assert "gone.eml: No such file" in capsys.readouterr().err


def test_a_person_sees_the_quote_marked_in_the_text_and_why() -> None:
    out = io.StringIO()
    run_explain([DATA / "signal-opt-out.eml"], READING, SIGNALS, as_json=False, out=out)
    shown = out.getvalue()
    assert "From  Piet van der Veen <piet@vanderveen.example>" in shown
    assert 'opt out, certain\n      because it says "Please take me off your list." (opt-out.en)' in shown
    assert "Please take me\n  | off your list.«" in shown
    assert "it may stop us but start nothing" in shown


def test_a_mail_that_shows_nothing_says_so() -> None:
    message = parse(RawMail(place=Place(), data=b"From: a@b.example\n\nHello.\n"), READING)
    assert "It shows nothing that counts." in describe("a.eml", message, ())


def test_quotes_that_overlap_are_marked_once() -> None:
    message = parse(RawMail(place=Place(), data=b"From: a@b.example\n\nStop it now.\n"), READING)
    assert message.at is None
    items = [
        Evidence(
            event=Event.OPT_OUT, strength=Strength.CERTAIN, quote="Stop it now.", signal=name,
            found_in=MessageId("x"), at=SOME_TIME,
        )
        for name in ("one", "two")
    ]  # fmt: skip
    assert describe("a.eml", message, items).count("»") == 1
