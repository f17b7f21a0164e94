"""Servers from the distribution, private to a test run. They need root, since their processes change user."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from imaplib import IMAP4
from pathlib import Path

import pytest

CERTIFICATES = Path(__file__).parent.parent / "io" / "certificates"
# -- Dovecot ----------------------------------------------------------------------------

PASSWORD = 'dräi "Äpfel" \\ 100%'

CONFIG = """
base_dir = {run}
state_dir = {root}/state
log_path = {root}/dovecot.log
protocols = imap
listen = 127.0.0.1
default_login_user = dovenull
default_internal_user = dovecot
mail_location = maildir:{root}/mail/%u
mail_uid = mail
mail_gid = mail
first_valid_uid = 1
mail_max_userip_connections = 50
auth_mechanisms = plain login
auth_failure_delay = 0
disable_plaintext_auth = no
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{certificate}
namespace inbox {{
  inbox = yes
  mailbox Sent {{
    auto = create
  }}
}}
passdb {{
  driver = passwd-file
  args = scheme=plain username_format=%u {root}/users
}}
userdb {{
  driver = static
  args = uid=mail gid=mail home={root}/mail/%u
}}
service imap-login {{
  inet_listener imap {{
    port = {plain}
  }}
  inet_listener imaps {{
    port = {tls}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  # Wrong passwords make it slow for the address that they come from, and all tests come from one.
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
"""


@dataclass
class Dovecot:
    """One server that can be stopped and started again on the same ports."""

    root: Path
    certificate: Path
    plain: int
    tls: int
    process: subprocess.Popen[bytes] | None = None
    password: str = PASSWORD
    users: int = 0

    def start(self) -> None:
        """Start and wait until it greets."""
        run = self.root / "run"
        run.mkdir(exist_ok=True)
        (self.root / "state").mkdir(exist_ok=True)
        mail = self.root / "mail"
        mail.mkdir(exist_ok=True)
        shutil.chown(mail, "mail", "mail")
        users = self.root / "users"
        # All at once: Dovecot looks at the file once in a second.
        users.write_text("".join(f"user{n}:{{PLAIN}}{PASSWORD}\n" for n in range(100)), encoding="utf-8")
        shutil.chown(users, "dovecot", "dovecot")
        config = self.root / "dovecot.conf"
        config.write_text(
            CONFIG.format(
                run=run, root=self.root, certificate=self.certificate,
                plain=self.plain, tls=self.tls,
            )
        )  # fmt: skip
        self.process = subprocess.Popen(["dovecot", "-F", "-c", str(config)], start_new_session=True)
        wait_for(lambda: greets(self.plain, b"* OK") and greets(self.plain, b"* OK"), self.log)

    def stop(self) -> None:
        """Stop and wait until it is gone, its connections with it."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)
            # The processes of open connections outlive the master for a while.
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process = None

    def log(self) -> str:
        """What it has to say for itself."""
        path = self.root / "dovecot.log"
        return path.read_text() if path.exists() else "(no log)"

    def new_user(self) -> str:
        """Who has a new and empty mailbox."""
        self.users += 1
        return f"user{self.users}"

    def client(self, user: str) -> IMAP4:
        """A logged-in connection, beside the one that is tested."""
        imap = IMAP4("127.0.0.1", self.plain, 20)
        imap.authenticate("PLAIN", lambda _: f"\0{user}\0{PASSWORD}".encode())
        return imap

    def deliver(self, user: str, *mails: bytes, folder: str = "INBOX") -> None:
        """Put mails into a folder, over IMAP."""
        with self.client(user) as imap:
            for mail in mails:
                kind, words = imap.append(folder, "", "", mail)
                assert kind == "OK", words

    def flags(self, user: str, folder: str = "INBOX") -> list[bytes]:
        """The flags of each mail in a folder, which stays as it is."""
        with self.client(user) as imap:
            imap.select(folder, readonly=True)
            _, lines = imap.fetch("1:*", "(FLAGS)")
            return [line for line in lines if isinstance(line, bytes)]


# -- Postfix ----------------------------------------------------------------------------

MAIN = """
compatibility_level = 3.6
queue_directory = {root}/queue
data_directory = {root}/data
maillog_file = {root}/log
maillog_file_prefixes = {root}
mail_owner = postfix
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtputf8_enable = no
biff = no
alias_maps =
alias_database =
local_recipient_maps =
virtual_mailbox_domains = {domains}
virtual_mailbox_base = {mail}
virtual_mailbox_maps = texthash:{root}/boxes
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
default_transport = error:nothing leaves this machine
relay_transport = error:nothing leaves this machine
"""

MASTER = """
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass
class Postfix:
    """One instance that can be stopped and started again on the same ports; it delivers into Maildirs."""

    root: Path
    mail: Path
    boxes: dict[str, str]
    """Address -> folder below `mail`."""
    ports: dict[str, int]
    """The TLS level or mode of a listener -> its port."""

    def configure(self, settings: str) -> None:
        """Write its files. `settings` are further lines of main.cf."""
        assert self.root.stat().st_uid == 0, "these tests need root"
        for name, owner in (("conf", "root"), ("data", "postfix"), ("queue", "root")):
            (self.root / name).mkdir(mode=0o755)
            shutil.chown(self.root / name, owner)
        mail = self.mail.stat()
        domains = ", ".join(sorted({address.rpartition("@")[2] for address in self.boxes}))
        main = MAIN.format(root=self.root, mail=self.mail, domains=domains, uid=mail.st_uid, gid=mail.st_gid)
        (self.root / "conf" / "main.cf").write_text(f"{main}{settings}\n")
        listeners = "".join(f"127.0.0.1:{self.ports[name]} inet n - n - - smtpd -o {option}\n"
                            for name, option in LISTENERS.items() if name in self.ports)  # fmt: skip
        (self.root / "conf" / "master.cf").write_text(listeners + MASTER)
        (self.root / "boxes").write_text("".join(f"{address} {box}/\n" for address, box in self.boxes.items()))

    def start(self) -> None:
        """Start and wait until it greets."""
        self._postfix("start")
        wait_for(lambda: all(greets(port, b"220") for name, port in self.ports.items() if name != "tls"), self.log)

    def stop(self) -> None:
        """Stop and wait until it is gone."""
        self._postfix("stop")
        wait_for(lambda: not any(greets(port, b"220") for port in self.ports.values()), self.log)

    def _postfix(self, verb: str) -> None:
        command = ["postfix", "-c", str(self.root / "conf"), verb]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"postfix {verb}: {done.stderr}{self.log()}"

    def log(self) -> str:
        """What it has to say for itself."""
        path = self.root / "log"
        return path.read_text(errors="replace") if path.exists() else "(no log)"

    def lying(self, address: str, at_least: int = 0) -> list[EmailMessage]:
        """The mails in a mailbox, once there are so many of them."""
        folder = self.mail / self.boxes[address]
        wait_for(lambda: len([*folder.glob("new/*"), *folder.glob("cur/*")]) >= at_least, self.log)
        paths = [path for part in ("new", "cur") for path in sorted((folder / part).glob("*"))]
        return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in paths]


NONE: Mapping[str, str] = {}
LISTENERS = {
    "plain": "smtpd_tls_security_level=none",
    "starttls": "smtpd_tls_security_level=encrypt",
    "tls": "smtpd_tls_wrappermode=yes",
}


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def greets(port: int, words: bytes) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 5) as sock:
            return sock.recv(4).startswith(words)
    except OSError:
        return False


def wait_for(true: Callable[[], bool], log: Callable[[], str], seconds: float = 20) -> None:
    """Look again and again until something is so."""
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, log()
        time.sleep(0.02)


@pytest.fixture(scope="session")
def start_dovecot() -> Iterator[Callable[..., Dovecot]]:
    """Starts a server with one of the certificates: good, expired or foreign."""
    started = []

    def start(certificate: str = "good") -> Dovecot:
        # Not below pytest's own folder: its processes run as other users, and every start of pytest shuts them out.
        folder = Path(tempfile.mkdtemp(prefix="dovecot-"))
        folder.chmod(0o755)
        server = Dovecot(folder, CERTIFICATES / f"{certificate}.pem", free_port(), free_port())
        started.append(server)
        server.start()
        return server

    yield start
    for server in started:
        server.stop()
        shutil.rmtree(server.root, ignore_errors=True)


@pytest.fixture(scope="session")
def dovecot(start_dovecot: Callable[..., Dovecot]) -> Dovecot:
    """A server for all tests that leave it running; each makes its own user."""
    return start_dovecot()


@pytest.fixture(scope="session")
def start_postfix() -> Iterator[Callable[..., Postfix]]:
    """Starts a server: start_postfix({address: folder}, Path("mail"), "plain", "tls", settings="...")."""
    started = []

    def start(
        boxes: dict[str, str], mail: Path | None, *listeners: str, settings: str = "", files: Mapping[str, str] = NONE
    ) -> Postfix:
        # Not below pytest's own folder, into which the users of Postfix cannot look.
        root = Path(tempfile.mkdtemp(prefix="postfix-"))
        root.chmod(0o755)
        if mail is None:
            mail = root / "mail"
            mail.mkdir()
            shutil.chown(mail, "mail", "mail")
        made = Postfix(root, mail, boxes, {name: free_port() for name in listeners})
        started.append(made)
        for name, text in files.items():
            (root / name).write_text(text)
        made.configure(settings.format(root=root))
        made.start()
        return made

    yield start
    for server in started:
        server.stop()
        shutil.rmtree(server.root)
