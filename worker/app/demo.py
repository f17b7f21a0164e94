"""`worker demo`: half a year of a salesperson's mail, lived through by the real worker on servers of its own.

The people of the story write over SMTP, the worker reads over IMAP and sends over SMTP, on a clock that runs fast.
What the screen and the report claim comes from the stored deals.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern
from email.utils import format_datetime, parseaddr
from pathlib import Path

import aiosmtplib
from pydantic import SecretStr
from rich.console import Console

from worker.app.clock import StoryClock
from worker.app.demo_screen import Screen
from worker.app.demo_servers import HOST, PASSWORD, MailSystem
from worker.app.demo_story import ENDS, FIRM, IDEAL, OWNER, STORY, WORKER, ZONE, Said
from worker.app.library import library_of
from worker.app.report import write_report
from worker.app.service import Service
from worker.app.systemd import Notifier
from worker.app.wiring import service_of
from worker.core.attention import attention
from worker.core.identity import proof_of_own
from worker.core.model import Address
from worker.core.playbook import Mode
from worker.io.imap import Patience
from worker.io.shipped import shipped
from worker.io.store import Store
from worker.settings import Settings, Watched
from worker.settings_forms import Security

_OWNER_ADDRESS = parseaddr(OWNER)[1]
_ANSWERS_AFTER = timedelta(hours=2)
"""How long the owner of the story takes to answer the worker."""
_STUCK = 20.0
"""Seconds without progress after which the demo gives up, rather than hang."""
_PIPED = 120
"""Columns where the output goes to a file."""
_FOR_THE_EYES = 0.045
"""Seconds between two lines on a screen that somebody watches."""


def demo(out: Path, *, fast: bool) -> int:
    """Run the story. Leaves the mails sent and the report in `out`; returns the exit code."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_PIPED)
    logging.getLogger("mail.log").setLevel(logging.ERROR)  # aiosmtpd warns of its own deprecations there
    with tempfile.TemporaryDirectory(prefix="followup-") as home:
        return asyncio.run(_demo(Path(home), out, console, fast=fast or not console.is_terminal))


async def _demo(home: Path, out: Path, console: Console, *, fast: bool) -> int:
    clock = StoryClock(STORY[0].at - timedelta(hours=1))
    mail = MailSystem(mailboxes=(WORKER, _OWNER_ADDRESS), clock=clock.now)
    await mail.start()
    settings = _settings(home, mail)
    store = Store.open(settings.state_dir)
    screen = Screen(console, store, ZONE, pause=0.0 if fast else _FOR_THE_EYES)
    service = service_of(
        settings, library_of(settings), store, clock=clock, notifier=Notifier(), telling=screen,
        patience=Patience(idle=5, connect=5),
    )  # fmt: skip
    play = _Play(clock=clock, mail=mail, service=service, store=store, screen=screen)
    screen.begin(settings.address, len({said.key.partition("-")[0] for said in STORY}))
    running = asyncio.create_task(service.run())
    try:
        acting = asyncio.create_task(play.act())
        await asyncio.wait([running, acting], return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            acting.cancel()
            await running  # raises what ended the worker
        await acting
        sent = _keep_mails(mail, out, store.key())
        deals = sorted(store.all(), key=lambda deal: deal.created)
        seen = attention(deals, library_of(settings).coverage, clock.now())
        report = write_report(out / "report.html", deals, store.suppression, ZONE, seen)
        screen.summary(deals, sent, out, report)
    finally:
        service.stop()
        await asyncio.gather(running, return_exceptions=True)
        await mail.stop()
    return 0


def _settings(home: Path, mail: MailSystem) -> Settings:
    """The shipped playbooks and templates, as everybody gets them, with the story's firm laid beside them."""
    books = home / "playbooks"
    shutil.copytree(shipped("playbooks"), books)
    (books / "firm" / "firm.yaml").write_text(FIRM, "utf-8")
    (books / "firm" / "ideal-client.yaml").write_text(IDEAL, "utf-8")
    return Settings(
        address=Address(WORKER), team=(_OWNER_ADDRESS, "tom@oakline.example"), trusted_authserv="mx.oakline.example",
        imap_host=HOST, imap_port=mail.imap_ports[WORKER], imap_security=Security.NONE, imap_user=WORKER,
        imap_password=SecretStr(PASSWORD), smtp_host=HOST, smtp_port=mail.smtp_port, smtp_security=Security.NONE,
        smtp_user=WORKER, smtp_password=SecretStr(PASSWORD), mode=Mode.SEND, time_zone=ZONE, country="GB",
        state_dir=home / "state", playbooks_dir=books,
        watch={"mara": Watched(host=HOST, port=mail.imap_ports[_OWNER_ADDRESS], security=Security.NONE,
                               user=_OWNER_ADDRESS, password=SecretStr(PASSWORD))},
    )  # fmt: skip


@dataclass(kw_only=True)
class _Play:
    """The people of the story, and the hand on the clock."""

    clock: StoryClock
    mail: MailSystem
    service: Service
    store: Store
    screen: Screen
    _sent: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    """Key of a mail of the story -> its Message-ID, subject and references."""
    _answers: list[tuple[datetime, bytes]] = field(default_factory=list)
    """What the owner will answer to the worker, and when."""
    _read: int = 0

    async def act(self) -> None:
        """Live the half year through: at each moment either somebody writes or the worker has something to do."""
        waiting = sorted(STORY, key=lambda said: said.at)
        await self._settled()
        while True:
            self._owner_reads()
            moment = min(self._moments(waiting), default=ENDS)
            if moment > ENDS:
                return
            self.clock.move_to(moment)
            while waiting and waiting[0].at <= moment:
                said = waiting.pop(0)
                self.screen.somebody_writes(said)
                await self._post(self._mail(said), said)
                await self._settled()
            for at, content in [one for one in self._answers if one[0] <= moment]:
                self._answers.remove((at, content))
                self.screen.owner_answers(content)
                await self._deliver(content, _OWNER_ADDRESS, (WORKER,), proven=True)
            await self._settled()

    def _moments(self, waiting: list[Said]) -> Iterator[datetime]:
        if waiting:
            yield waiting[0].at
        yield from (at for at, _ in self._answers)
        if self.clock.waiting_for is not None:
            yield self.clock.waiting_for

    # -- people -------------------------------------------------------------------------------

    def _mail(self, said: Said) -> EmailMessage:
        mail = EmailMessage(policy=modern)
        sender = parseaddr(said.by)[1]
        mail["From"], mail["To"] = said.by, said.to
        if said.cc:
            mail["Cc"] = said.cc
        id, subject, references = f"<{said.key}.{said.at:%Y%m%d}@{sender.rpartition('@')[2]}>", said.subject, ""
        if said.answers:
            before = self._sent[said.answers] if said.answers != "worker" else self._workers_last(sender)
            subject = subject or (before[1] if before[1].lower().startswith("re:") else f"Re: {before[1]}")
            mail["In-Reply-To"] = before[0]
            references = f"{before[2]} {before[0]}".strip()
            mail["References"] = references
        mail["Subject"], mail["Date"], mail["Message-ID"] = subject, format_datetime(said.at), id
        if said.auto:
            mail["Auto-Submitted"] = "auto-replied"
        mail.set_content(said.text)
        if said.attached:
            mail.add_attachment(b"%PDF-1.4\n%%EOF\n", maintype="application", subtype="pdf", filename=said.attached)
        self._sent[said.key] = id, subject, references
        return mail

    def _workers_last(self, person: str) -> tuple[str, str, str]:
        for _, recipients, content in reversed(self.mail.taken):
            mail = message_from_bytes(content, policy=modern)
            if person in recipients and proof_of_own(self.store.key(), str(mail["Message-ID"]).strip("<>")):
                return str(mail["Message-ID"]), str(mail["Subject"]), str(mail["References"] or "")
        raise LookupError(f"the worker has written nothing to {person} that could be answered")

    async def _post(self, mail: EmailMessage, said: Said) -> None:
        sender = parseaddr(said.by)[1]
        recipients = [
            parseaddr(said.to)[1],
            *([parseaddr(said.cc)[1]] if said.cc else []),
            *([WORKER] if said.bcc else []),
        ]
        await self._deliver(mail.as_bytes(), sender, tuple(recipients), proven=not said.forged)

    async def _deliver(self, content: bytes, sender: str, recipients: tuple[str, ...], *, proven: bool) -> None:
        client = aiosmtplib.SMTP(hostname=HOST, port=self.mail.smtp_port, start_tls=False, use_tls=False)
        await client.connect()
        if proven:
            await client.login(sender, PASSWORD)
        await client.sendmail(sender, list(recipients), content)
        await client.quit()

    def _owner_reads(self) -> None:
        """The owner answers every question of the worker with yes, some hours later, in business hours."""
        for _, recipients, content in self.mail.taken[self._read :]:
            mail = message_from_bytes(content, policy=modern)
            is_for_owner = _OWNER_ADDRESS in recipients and mail["Auto-Submitted"] == "auto-generated"
            if is_for_owner and "Answer with one" in mail.get_content() and "yes " in mail.get_content():
                self._answers.append(self._yes(mail))
        self._read = len(self.mail.taken)

    def _yes(self, question: EmailMessage) -> tuple[datetime, bytes]:
        at = self.clock.now().astimezone(ZONE) + _ANSWERS_AFTER
        if at.weekday() > 4 or not 8 <= at.hour < 18:
            at = (at + timedelta(days=1)).replace(hour=8, minute=30)
        answer = EmailMessage(policy=modern)
        answer["From"], answer["To"], answer["Subject"] = OWNER, WORKER, f"Re: {question['Subject']}"
        answer["In-Reply-To"] = answer["References"] = str(question["Message-ID"])
        answer["Date"] = format_datetime(at)
        answer["Message-ID"] = f"<yes.{len(self.mail.taken)}@oakline.example>"
        answer.set_content("yes\n")
        return at, answer.as_bytes()

    # -- the hand on the clock ----------------------------------------------------------------

    async def _settled(self) -> None:
        """Wait until the worker has read all there is, done all that is due, and sleeps."""
        loop = asyncio.get_running_loop()
        give_up = loop.time() + _STUCK
        await asyncio.sleep(0)
        while not (self.service.taken >= self.mail.delivered and self.service.at_rest and self.clock.resting.is_set()):
            if loop.time() > give_up:
                raise TimeoutError(
                    f"the worker has read {self.service.taken} of {self.mail.delivered} mails and stands still"
                )
            await asyncio.sleep(0.004)


def _keep_mails(mail: MailSystem, out: Path, key: bytes) -> list[Path]:
    """Every mail that the worker sent to a contact, as a file to open with a mail program."""
    folder = out / "sent"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    kept: list[Path] = []
    for _, recipients, content in mail.taken:
        message = message_from_bytes(content, policy=modern)
        is_ours = bool(proof_of_own(key, str(message["Message-ID"]).strip("<>")))
        if is_ours and _OWNER_ADDRESS not in recipients:
            subject = "".join(char if char.isalnum() else "-" for char in str(message["Subject"])[:40]).strip("-")
            path = folder / f"{len(kept) + 1:02}-{subject}.eml"
            path.write_bytes(content)
            kept.append(path)
    return kept
