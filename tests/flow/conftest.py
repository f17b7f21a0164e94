"""A story is a mailbox: mails in, decisions out. Nobody in it knows that it is lived through in a moment."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from zoneinfo import ZoneInfo

import pytest

from worker.app.household import Household
from worker.app.library import Library, read_library
from worker.app.rehearse import Rehearsal, Row
from worker.app.writing import Writer
from worker.core.model import Action, Address, Bucket, Deal, Reading, Stage
from worker.core.playbook import Mode
from worker.core.signal import notaries
from worker.io.memory_store import MemoryStore
from worker.io.shipped import shipped

WORKER = "deals@quarry.test"
ROSA = "Rosa Lindqvist <rosa@quarry.test>"
CHICAGO = ZoneInfo("America/Chicago")
_GATE = "mx.quarry.test"


@dataclass
class Story:
    """Writes mails as people and machines would, and lives them through."""

    household: Household
    writer: Writer
    mails: list[bytes] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    subject: str = "The kiln schedule"

    # -- who writes -------------------------------------------------------------------

    def owner(self, at: datetime, to: str, text: str, *, tag: str = "", **more: str) -> str:
        """The owner writes, with the worker in blind copy."""
        return self._write(at, more.pop("sender", ROSA), to, text, tag=tag, **more)

    def to_worker(self, at: datetime, text: str, **more: str) -> str:
        """The owner writes to the worker alone."""
        return self._write(at, more.pop("sender", ROSA), WORKER, text, **more)

    def contact(self, at: datetime, sender: str, text: str, **more: str) -> str:
        """A contact writes to the owner, and the worker is in copy."""
        return self._write(at, sender, more.pop("to", ROSA), text, **more)

    def stranger(self, at: datetime, sender: str, text: str, **more: str) -> str:
        """A mail that nobody vouches for."""
        return self._write(at, sender, more.pop("to", WORKER), text, proven=False, **more)

    def signed(self, at: datetime, who: str, document: str = "Services agreement", *, proven: bool = True) -> str:
        """Docusign says that everybody has signed."""
        return self._write(
            at, "Rosa Lindqvist via Docusign <dse_na2@docusign.net>", ROSA, f"Your document has been completed\n\n"
            f"All parties have completed {document}.pdf.\n\nSigned by:\n    {who}\n    {ROSA}\n",
            subject=f"Completed: Complete with Docusign: {document}.pdf",
            proven=proven, machine=True,
        )  # fmt: skip

    def paid(self, at: datetime, who: str, amount: str = "$4,200.00", *, proven: bool = True) -> str:
        """Stripe says that money has come."""
        return self._write(
            at, "Stripe <notifications@stripe.com>", ROSA, f"You received a payment of {amount} from {who}.\n",
            subject=f"Payment of {amount} from {who}", proven=proven, machine=True,
        )  # fmt: skip

    def refunded(self, at: datetime, who: str, amount: str = "$4,200.00") -> str:
        return self._write(
            at, "Stripe <notifications@stripe.com>", ROSA, f"Your payment of {amount} from {who} has been refunded.\n",
            subject=f"Your refund of {amount} to {who} was issued", machine=True,
        )  # fmt: skip

    def away(self, at: datetime, sender: str, text: str) -> str:
        return self._write(at, sender, ROSA, text, subject=f"Automatic reply: {self.subject}", automatic=True)

    def _write(
        self, at: datetime, sender: str, to: str, text: str, *, subject: str = "", cc: str = "", answers: str = "",
        tag: str = "", proven: bool = True, machine: bool = False, automatic: bool = False,
    ) -> str:  # fmt: skip
        mail = EmailMessage()
        domain = sender.rpartition("@")[2].rstrip(">")
        id = f"{len(self.mails) + 1}.{at:%Y%m%d%H%M}@{domain}"
        mail["Delivered-To"] = WORKER.replace("@", f"+{tag}@") if tag else WORKER
        if proven:
            mail["Authentication-Results"] = f"{_GATE}; dkim=pass header.d={domain}; dmarc=pass header.from={domain}"
        mail["From"], mail["To"], mail["Date"] = sender, to, format_datetime(at)
        if cc:
            mail["Cc"] = cc
        mail["Subject"] = subject or (f"Re: {self.subject}" if answers else self.subject)
        mail["Message-ID"] = f"<{id}>"
        if answers:
            mail["In-Reply-To"] = mail["References"] = f"<{answers}>"
        if automatic:
            mail["Auto-Submitted"] = "auto-replied"
        mail.set_content(text)
        self.mails.append(mail.as_bytes())
        return id

    # -- what came of it --------------------------------------------------------------

    def live(self, until: date, *, anew: bool = False) -> Story:
        """Live it through to the end of a day; with `anew` by a worker that has seen none of it."""
        if anew:
            self.household = replace(self.household, keeper=MemoryStore())
        rehearsal = Rehearsal(self.household, until, self.writer)
        rehearsal.live(iter(self.mails))
        self.rows = sorted(rehearsal.rows, key=lambda row: row.decision.at)
        return self

    def deal_of(self, address: str) -> Deal:
        ids = self.household.keeper.index.by_contact(Address(address))
        deal = self.household.keeper.deal(ids[-1])
        assert deal is not None
        return deal

    def has_deal(self, address: str) -> bool:
        return bool(self.household.keeper.index.by_contact(Address(address)))

    def bucket_on(self, address: str, day: date) -> Bucket | None:
        """The label at the end of a day."""
        found = self.stages_until(address, day)
        return found[-1].bucket if found else None

    def stages_until(self, address: str, day: date) -> list[Stage]:
        rows = [row for row in self.rows if self._is_about(row, address) and row.decision.action is Action.STAGE]
        return [row.decision.stage for row in rows if row.decision.stage and self._day(row) <= day]

    def sent(self, address: str = "", purpose: str = "", *, zone: str = "") -> list[datetime]:
        """When mail left for a contact, on the owner's clock or that of a zone."""
        clock = ZoneInfo(zone) if zone else self.household.zone
        return [
            row.decision.at.astimezone(clock)
            for row in self.rows
            if row.decision.action is Action.SEND
            and row.decision.purpose != "digest"
            and (not address or address in row.decision.to)
            and (not purpose or row.decision.purpose == purpose)
        ]

    def purposes(self, address: str) -> list[str]:
        return [row.decision.purpose for row in self.rows
                if row.decision.action is Action.SEND and address in row.decision.to]  # fmt: skip

    def told(self, address: str, *actions: Action) -> list[Row]:
        """What the owner heard about somebody."""
        wanted = actions or (Action.TASK, Action.ASK, Action.ALERT)
        return [row for row in self.rows if row.decision.action in wanted and self._is_about(row, address)]

    def _is_about(self, row: Row, address: str) -> bool:
        return any(contact.address == address for contact in row.deal.contacts)

    def _day(self, row: Row) -> date:
        return row.decision.at.astimezone(self.household.zone).date()


@pytest.fixture(scope="session")
def library() -> Library:
    return read_library(shipped("playbooks"), shipped("templates"))


@pytest.fixture(scope="session")
def writer(library: Library) -> Writer:
    """Compiles the templates once for all stories."""
    return Writer(library, Address(WORKER))


@pytest.fixture
def household(library: Library) -> Household:
    return Household(
        reading=Reading(
            address=Address(WORKER), team=("rosa@quarry.test", "teo@quarry.test"), trusted_authserv=_GATE, key=b"story",
            notaries=notaries(library.signals),
        ),
        library=library,
        keeper=MemoryStore(),
        zone=CHICAGO,
        country="US",
        mode=Mode.SEND,
        watched=frozenset({"rosa@quarry.test", "teo@quarry.test"}),
        approved=True,
    )  # fmt: skip


@pytest.fixture
def story(household: Household, writer: Writer) -> Story:
    return Story(household=household, writer=writer)


@pytest.fixture
def strict_story(household: Household, writer: Writer) -> Story:
    """Nobody has said yes to anything in advance."""
    return Story(household=replace(household, approved=False), writer=writer)


@pytest.fixture
def at() -> Callable[..., datetime]:
    """A moment of 2025 in Chicago: at(3, 14, 9, 30)."""

    def moment(month: int, day: int, hour: int = 10, minute: int = 0, year: int = 2025) -> datetime:
        return datetime(year, month, day, hour, minute, tzinfo=CHICAGO)

    return moment


@pytest.fixture
def business_days() -> Callable[[Iterable[datetime]], bool]:
    """Whether every moment lies on a weekday between seven and seven."""

    def decent(moments: Iterable[datetime]) -> bool:
        return all(one.weekday() < 5 and 7 <= one.hour < 19 for one in moments)

    return decent


@pytest.fixture
def hours() -> Callable[[int], timedelta]:
    return lambda count: timedelta(hours=count)
