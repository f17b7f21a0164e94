"""Lives a past mailbox through on a virtual clock, with the real planner, and sends nothing."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from worker.app.hindsight import Past, past_of
from worker.app.household import Household, household_of
from worker.app.intake import Intake
from worker.app.library import LibraryFault, library_of
from worker.app.living import Life, Row
from worker.app.past import PastMail, Progress, Source, read_mailbox, sources, understood
from worker.app.rehearse_rows import progress_bar, write_rows, write_sentences
from worker.app.report import Retrospect, write_report
from worker.app.writing import Writer
from worker.core.attention import attention
from worker.core.model import RawMail
from worker.io.memory_store import MemoryStore
from worker.io.storage import StateError
from worker.settings import Settings

__all__ = ["Rehearsal", "Row", "household_for", "last_day", "living", "read_mailbox", "rehearse", "write_rows"]

_KEY = b"a rehearsal proves nothing to anybody"
_WHAT_FOLLOWS = timedelta(days=90)
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_WEEKS = 520
"""Ten years in a plot; a mail with an impossible Date must not make a thousand."""


class Rehearsal:
    """A past mailbox, and the clock that lives it through."""

    def __init__(
        self, household: Household, until: date, writer: Writer | None = None, *, since: date | None = None
    ) -> None:
        """What lies before `since` is history, read as at the first contact with a mailbox."""
        self.household = household
        self.rows: list[Row] = []
        self.heard_until = _NEVER
        """When the last mail that was lived through was written."""
        self._until = datetime.combine(until, time.max, household.zone)
        self._since = datetime.combine(since, time.min, household.zone) if since else None
        self._writer = writer or Writer(household.library, household.reading.address)

    def live(self, mails: Iterable[Source]) -> None:
        """Live it through from the first mail to the last day."""
        self.live_through(understood(mails, self.household.reading, self.household.library.signals))

    def live_through(self, past: list[PastMail], progress: Progress | None = None) -> None:
        """Live mails through that are understood and in order of time."""
        # Whose own mail lies in the folder, of them replies are seen.
        whose = {one.message.place.account for one in past if one.message.place.account}
        self.household = replace(self.household, watched=self.household.watched | whose)
        life = Life(self.household, self._writer)
        self.rows = life.rows
        intake = Intake(household=self.household, heard=_nobody)
        for number, one in enumerate(past):
            if one.at > self._until:
                break
            self._live_to(one, life, intake)
            self.heard_until = one.at
            if progress is not None:
                progress("living", number + 1, len(past))
        life.wait_until(self._until)

    @property
    def past(self) -> Past:
        """How it really went on, as far as the mailbox knows."""
        return past_of(self.household.keeper.all(), self.household.zone, self.heard_until)

    def _live_to(self, one: PastMail, life: Life, intake: Intake) -> None:
        """Up to a mail, and the mail itself."""
        raw = RawMail(place=one.message.place, data=one.head, received=one.at)
        if self._since is not None and one.at < self._since:
            for id in intake.take_in(one.message, one.evidence, raw, self._since, history=True):
                life.wake(id, self._since)
            return
        life.wait_until(one.at)
        for id in intake.take_in(one.message, one.evidence, raw, one.at):
            life.advance(id, one.at)


def _nobody(*_: object) -> None:
    """In a rehearsal nobody listens to single mails."""


def last_day(past: list[PastMail], household: Household) -> date:
    """The day after which a mailbox has nothing more to tell, and three months for what follows from it."""
    last = max((one.at for one in past), default=datetime(1970, 1, 1, tzinfo=household.zone))
    return (last.astimezone(household.zone) + _WHAT_FOLLOWS).date()


def household_for(settings: Settings, *, strict: bool) -> Household:
    """A household with nothing in it yet. Raises LibraryFault."""
    return household_of(settings, library_of(settings), MemoryStore(), _KEY, approved=not strict)


def living(
    mails: list[Source], household: Household, *, until: date | None, since: date | None = None,
    processes: int | None = None, progress: Progress | None = None,
) -> Rehearsal:  # fmt: skip
    """Read the mails and live them through."""
    past = understood(
        mails, household.reading, household.library.signals, processes=processes, progress=progress
    )  # fmt: skip
    rehearsal = Rehearsal(household, until or last_day(past, household), since=since)
    rehearsal.live_through(past, progress)
    return rehearsal


def rehearse(
    mailbox_path: Path, settings: Settings, *, until: date | None, as_json: bool, strict: bool,
    since: date | None = None, report: Path | None = None,
) -> int:  # fmt: skip
    """Rehearse a mailbox, print its decisions, and write them as a page where one is wanted. Returns the exit code."""
    if not mailbox_path.exists():
        return _failed(f"{mailbox_path}: there is no mailbox here; give an mbox, a Maildir or a folder of mails")
    if report is not None and _is_no_place(report):
        return _failed(f"{report}: no page can be written here; give the name of a file in a folder that is yours")
    try:
        household = household_for(settings, strict=strict)
    except LibraryFault as fault:
        print("\n".join(fault.lines), file=sys.stderr)
        return 78
    with progress_bar(sys.stderr) as progress:
        rehearsal = living(sources(mailbox_path), household, until=until, since=since, progress=progress)
    if as_json:
        write_rows(rehearsal.rows, household, sys.stdout)
    else:
        write_sentences(rehearsal.rows, household, rehearsal.past, sys.stdout)
    return _reported(rehearsal, mailbox_path, report) if report is not None else 0


def _reported(rehearsal: Rehearsal, mailbox_path: Path, report: Path) -> int:
    household = rehearsal.household
    deals, past = list(household.keeper.all()), rehearsal.past
    first = min((mail.at for deal in deals for mail in deal.log), default=None)
    weeks = min(_MOST_WEEKS, max(1, math.ceil((past.until - (first or past.until)) / timedelta(weeks=1))))
    seen = attention(deals, household.library.coverage, past.until, weeks=weeks)
    retrospect = Retrospect(mailbox=mailbox_path.absolute().name, past=past, since=first)
    try:
        write_report(report, deals, household.keeper.suppression, household.zone, seen, retrospect)
    except StateError as fault:
        return _failed(str(fault))
    print(f"See each deal: {report}", file=sys.stderr)
    return 0


def _is_no_place(report: Path) -> bool:
    """Whether no file can be written there: to be said before the work, not after it."""
    folder = report.absolute().parent
    return report.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK)


def _failed(why: str) -> int:
    print(why, file=sys.stderr)
    return 1
