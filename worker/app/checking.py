"""`worker check`: every fault of every file in one pass, and the running deals that an edit touches."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from worker.app.household import household_of
from worker.app.library import Library, LibraryFault, faults_of_playbook, read_library
from worker.core.editing import edited
from worker.core.model import Deal, Run, RunState
from worker.core.pacing import due_at
from worker.core.playbook import Condition, Playbook, Send
from worker.core.situation import World, locale
from worker.core.template import Purpose
from worker.io.shipped import shipped
from worker.io.storage import StateError
from worker.io.store import Store
from worker.settings import Settings
from worker.signals.examples import failing_examples

DONE, FAILED = 0, 1


def check(where: Path | None, settings: Settings, *, as_json: bool = False) -> int:
    """Check one playbook or a folder of them, with the templates and signals that they use.

    Returns 0 where all is well; 1, with file:line:column and what to do for each fault, where it is not.
    """
    playbooks, templates = _folders(where or settings.playbooks_dir, settings.templates_dir)
    if playbooks.is_file():
        faults = faults_of_playbook(playbooks, templates)
        return _told(faults, f"{playbooks}: all well", as_json=as_json)
    own = playbooks / "signals"
    try:
        library = read_library(playbooks, templates, signals=own if own.is_dir() else shipped("playbooks") / "signals")
    except LibraryFault as fault:
        return _told(fault.lines, "", as_json=as_json)
    well = f"{len(library.books)} playbooks, {len(library.templates)} templates, the signals and their examples: all well"
    code = _told(failing_examples(library.signals), well, as_json=as_json)
    if code == DONE and not as_json:
        for note in notes(library):
            print(note)
        for line in _touched(library, settings, datetime.now(UTC)):
            print(line)
    return code


def notes(library: Library) -> Iterator[str]:
    """What is no fault, and keeps a playbook from doing what it says."""
    if library.firm.postal_address.strip():
        return
    needy = [book.slug for book in library.books
             if Condition.ADDRESS_KNOWN in book.only_if or Purpose.FIRST_TOUCH in _purposes(book, library)]  # fmt: skip
    if needy:
        yield (f"Note: firm/firm.yaml names no postal_address, and a mail to a suspect needs one. "
               f"Until it stands there, nothing is sent by: {', '.join(needy)}")  # fmt: skip


def _purposes(book: Playbook, library: Library) -> set[str]:
    templates = (step.deed.template for step in book.steps if isinstance(step.deed, Send))
    return {library.templates.purposes[name] for name in templates}


def _folders(where: Path, templates: Path) -> tuple[Path, Path]:
    """What `worker init` has laid out is checked as a whole."""
    inside = where / "playbooks"
    if inside.is_dir() and not any(where.glob("*.yaml")):
        return inside, where / "templates" if (where / "templates").is_dir() else templates
    return where, templates


def _told(faults: Iterable[str], well: str, *, as_json: bool) -> int:
    lines = list(faults)
    if as_json:
        for line in lines:
            print(json.dumps(_parts(line), ensure_ascii=False))
    else:
        for line in lines:
            print(line, file=sys.stderr)
        if lines:
            print(f"{len(lines)} to mend", file=sys.stderr)
        else:
            print(well)
    return FAILED if lines else DONE


def _parts(line: str) -> dict[str, object]:
    """A fault as `check --json` prints it."""
    path, number, column, *rest = line.split(":", 3) if line.count(":") >= 3 else (line, "", "")
    if not (number.isdigit() and column.isdigit()):
        return {"path": None, "line": None, "column": None, "fault": line}
    return {"path": path, "line": int(number), "column": int(column), "fault": "".join(rest).strip()}


# -- what an edit does to the deals that run ------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """A run whose playbook is not the one by which its last step was taken."""

    deal: Deal
    run: Run
    book: Playbook | None


def _touched(library: Library, settings: Settings, now: datetime) -> Iterator[str]:
    """A line for each deal that runs by a playbook which was edited since; nothing is written."""
    try:
        store = Store.peek(settings.state_dir)
    except StateError:
        return  # no worker has run here yet
    with store:
        household = household_of(settings, library, store, b"")
        found = [one for deal in store.all() for one in touched_runs(deal, library)]
        if found:
            print(f"{len(found)} running deals go on by a changed text:")
        for one in found:
            yield f"  {one.deal.title} [{one.deal.ref}]: {_change(one, household.world(one.deal, now), now)}"


def touched_runs(deal: Deal, library: Library) -> list[Touched]:
    """The runs of a deal that an edit of the playbooks touches."""
    running = [run for run in deal.runs if run.state in (RunState.ACTIVE, RunState.HELD)]
    found = [Touched(deal=deal, run=run, book=library.books.get(run.playbook)) for run in running]
    return [one for one in found if one.book is None or edited(one.run, one.book) is not None]


def _change(one: Touched, world: World, now: datetime) -> str:
    book, run = one.book, one.run
    place = edited(run, book) if book is not None else None
    if book is None or place is None:
        return f'"{run.playbook}" is gone: what runs by it ends'
    if place.lost:
        return f'{book.name}: no step that was done stands in it any more; it ends, and {one.deal.owner.address} is told'
    gone = f'"{place.gone}" is gone, ' if place.gone else ""
    step = book.step(place.step)
    contact = next((contact for contact in one.deal.contacts if contact.address == run.contact), None)
    if step is None or contact is None:
        return f"{book.name}: {gone}nothing more is to do"
    due = due_at(step, run, locale(contact, world))
    was = one.deal.due_at
    before = f", was {was:%d %B %Y}" if was is not None and was.date() != due.date() else ""
    return f'{book.name}: {gone}goes on with "{step.id}" on {max(due, now):%d %B %Y}{before}'
