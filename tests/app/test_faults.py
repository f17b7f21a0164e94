"""Everything that can be wrong around the worker: one clear line each, the right exit code, nothing lost."""

from __future__ import annotations

import logging
import os
import resource

import pytest

from worker.cli import main
from worker.io.store import Store

SECRET = "Wr0ng-and-secret"


@pytest.fixture
def log():
    """Gives the log back as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    logging.getLogger("worker").setLevel(logging.NOTSET)


@pytest.fixture
def run(firm, capfd, log):
    """`worker run` in this process, for what ends by itself: its exit code and its lines."""

    def runs(*more: str):
        code = main(["run", "--env-file", str(firm.env_file()), *more])
        out, err = capfd.readouterr()
        assert SECRET not in out + err
        assert "Traceback" not in err
        assert out == ""
        return code, err.splitlines()

    return runs


# -- what only other settings or files can mend: 78 -----------------------------------------------


def test_a_wrong_imap_password(firm, run):
    firm.settings["WORKER_IMAP_PASSWORD"] = SECRET
    code, [line] = run()
    assert code == 78
    assert "WORKER_IMAP_PASSWORD" in line
    assert "deals@oakline.example" in line


def test_a_wrong_smtp_password_is_found_at_the_start(firm, run):
    firm.settings["WORKER_SMTP_PASSWORD"] = SECRET
    code, lines = run()
    assert code == 78
    [line] = [line for line in lines if "INFO" not in line]
    assert "refuses the login of deals@oakline.example" in line


def test_a_folder_that_the_mailbox_has_not(firm, run):
    firm.settings["WORKER_IMAP_FOLDER"] = "Dealz"
    code, [line] = run()
    assert code == 78
    assert 'no folder "Dealz"' in line
    assert "INBOX" in line


def test_a_missing_template(firm, run):
    (firm.home / "templates" / "client" / "thank-you.txt").unlink()
    code, [line] = run()
    assert code == 78
    assert f"{firm.home / 'playbooks' / 'thanks.yaml'}:12:11:" in line
    assert "client/thank-you" in line


def test_a_typing_error_in_a_playbook(firm, run):
    path = firm.home / "playbooks" / "thanks.yaml"
    path.write_text(path.read_text().replace("deal becomes client", "deal becomes cleint"))
    code, [line] = run()
    assert code == 78
    assert f"{path}:5:9:" in line
    assert 'Did you mean "deal becomes client"?' in line


def test_a_second_worker_on_the_same_state(firm, run):
    with Store.open(firm.state):
        code, [line] = run()
    assert code == 78
    assert f"held by another worker (process {os.getpid()})" in line


def test_a_file_where_the_state_folder_should_be(firm, run):
    firm.state.write_text("")
    code, [line] = run()
    assert code == 78
    assert str(firm.state) in line
    assert "WORKER_STATE_DIR" in line


def test_a_state_folder_that_cannot_be_written(firm):
    firm.state.mkdir(mode=0o500)
    # Root may write everywhere, so root's child goes without its privileges.
    prefix = ("setpriv", "--inh-caps=-all", "--bounding-set=-all") if os.geteuid() == 0 else ()
    worker = firm.run(prefix=prefix)
    assert worker.ends() == 78
    [line] = worker.lines
    assert "Permission denied" in line
    assert "WORKER_STATE_DIR" in line


# -- what mends itself: it is waited for ------------------------------------------------------------


def test_servers_that_are_not_there_are_waited_for(firm, house):
    imap, smtp = house.relay("imap"), house.relay("smtp")
    firm.settings["WORKER_IMAP_PORT"], firm.settings["WORKER_SMTP_PORT"] = str(imap.port), str(smtp.port)
    worker = firm.run()
    worker.says("nothing answers on this port")
    worker.says("nothing can be sent just now", "cannot be reached")
    firm.offer()
    house.do(imap.open())
    worker.says("waiting for mail")
    firm.close_deal()
    [item] = firm.queued("task")
    assert len([line for line in worker.lines if "nothing answers" in line]) == 1
    assert len([line for line in worker.lines if "cannot be reached" in line]) == 1
    house.do(smtp.open())
    assert worker.stop() == 0
    assert firm.run("--once").ends() == 0
    assert [one.message_id for one in firm.items("task")] == [item.message_id]
    assert len(house.sent("marta@oakline.example")) == 1


def test_a_mailbox_that_goes_away_is_come_back_to(firm, house):
    imap = house.relay("imap")
    firm.settings["WORKER_IMAP_PORT"] = str(imap.port)
    house.do(imap.open())
    firm.offer()
    worker = firm.run()
    worker.says("waiting for mail")
    house.do(imap.close())
    worker.says("WARNING", "mailbox deals@oakline.example")
    firm.close_deal()
    house.do(imap.open())
    worker.says("stage=opening")
    firm.filed("task")
    assert worker.stop() == 0


def test_an_expired_certificate_is_said_and_waited_for(firm, house, tmp_path, certificates):
    both = tmp_path / "both.pem"
    both.write_bytes(b"".join((certificates / f"{name}.pem").read_bytes() for name in ("expired", "good")))
    imap, smtp = house.relay("imap"), house.relay("smtp")
    imap.certificate = smtp.certificate = "expired"
    for relay in (imap, smtp):
        house.do(relay.open())
    firm.settings |= {
        "WORKER_IMAP_PORT": str(imap.port), "WORKER_IMAP_SECURITY": "tls", "SSL_CERT_FILE": str(both),
        "WORKER_SMTP_PORT": str(smtp.port), "WORKER_SMTP_SECURITY": "tls",
    }  # fmt: skip
    worker = firm.run()
    worker.says("mailbox deals@oakline.example", "certificate has expired")
    worker.says(f"localhost:{smtp.port}", "certificate", "expired")
    house.do(imap.close())
    imap.certificate = "good"  # whoever runs the server has renewed it
    house.do(imap.open())
    worker.says("waiting for mail")
    assert worker.stop() == 0


def test_a_full_disk_loses_no_mail(firm, house):
    firm.offer()
    worker = firm.run()
    worker.says("waiting for mail")
    pid = worker.process.pid
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))  # no file takes another byte
    firm.close_deal()
    line = worker.says("ERROR")
    assert "cannot be written" in line
    assert "tried again" in line
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    worker.says("the state can be written again")
    worker.says("stage=opening")
    firm.filed("task")
    assert len([line for line in worker.lines if "ERROR" in line]) == 1
    assert worker.stop() == 0


def test_a_disk_that_fills_while_a_mail_is_sent_sends_it_once(firm, house):
    """The answer of the server cannot be written down: it is owed, not forgotten."""
    firm.offer()
    worker = firm.run()
    worker.says("waiting for mail")
    pid, filled = worker.process.pid, []

    def fill() -> None:
        if not filled:
            filled.append(True)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))

    house.system.at["offered"] = fill
    firm.close_deal()
    worker.says("ERROR", "cannot be written")
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    firm.filed("task")
    assert worker.stop() == 0
    assert len(house.sent("marta@oakline.example")) == 1
    assert len(house.sent("zoe@northquay.example")) <= 1


def test_a_full_disk_at_the_start_is_worth_another_start(firm):
    worker = firm.run(prefix=("prlimit", "--fsize=0:", "--"))
    assert worker.ends() == 1
    [line] = worker.lines
    assert "cannot be written" in line
