"""Everything that files say: playbooks, templates, signals and the firm, read and checked together."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from worker.core.books import Books
from worker.core.firm import Coverage, Firm, IdealClient
from worker.core.signal import Signals
from worker.core.template import Templates
from worker.io.playbook_faults import PlaybookFault
from worker.io.playbook_files import read_coverage, read_firm, read_playbooks, surroundings
from worker.io.playbook_reading import read_playbook
from worker.io.signal_files import SignalFileError, default_cache, read_signals
from worker.io.template_files import TemplateFileError, check_text, read_templates
from worker.settings import Settings


class LibraryFault(Exception):
    """Files that cannot be used: one line each, with file, line and what to do."""

    def __init__(self, lines: tuple[str, ...]) -> None:
        self.lines = lines
        super().__init__("\n".join(lines))


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """The files as values."""

    books: Books
    templates: Templates
    signals: Signals
    firm: Firm
    ideal: IdealClient
    coverage: Coverage = field(default_factory=Coverage)


def read_library(playbooks: Path, templates: Path, *, signals: Path | None = None) -> Library:
    """Read it all. Raises LibraryFault with the faults of all files at once.

    Args:
        signals: where they lie, if not beside the playbooks.
    """
    faults: list[str] = []
    found = Templates.of(())
    try:
        found = read_templates(templates)
    except TemplateFileError as error:
        faults.extend(error.faults)
    seen, books, about, coverage = None, None, None, Coverage()
    try:
        seen = read_signals(signals or playbooks / "signals", cache=default_cache())
    except SignalFileError as error:
        faults.extend(error.faults)
    try:
        about = read_firm(playbooks)
        # With broken templates each `send` would be called unknown: one fault, told once.
        books = _books(playbooks, found) if len(found) else Books()
    except PlaybookFault as error:
        faults.extend(error.lines)
    try:
        coverage = read_coverage(playbooks)
    except PlaybookFault as error:
        faults.extend(error.lines)
    if faults or seen is None or books is None or about is None:
        raise LibraryFault(tuple(faults))
    return Library(
        books=books, templates=found, signals=seen, firm=about[0], ideal=about[1], coverage=coverage
    )  # fmt: skip


def faults_of_playbook(path: Path, templates: Path) -> tuple[str, ...]:
    """What is wrong with one playbook, as `read_library` would say it."""
    try:
        found = read_templates(templates)
    except TemplateFileError as error:
        return error.faults
    around, faults = surroundings(path.parent, found.names, found.needs())
    return (*faults, *read_playbook(path, around, _text_faults)[1])


def _books(folder: Path, templates: Templates) -> Books:
    return Books.of(read_playbooks(folder, templates.names, needs=templates.needs(), text_faults=_text_faults))


def _text_faults(text: str) -> list[tuple[int, int, str]]:
    return [(fault.line, fault.column, fault.text) for fault in check_text(text)]


def library_of(settings: Settings) -> Library:
    """The files that the settings name. Raises LibraryFault."""
    return read_library(settings.playbooks_dir, settings.templates_dir)
