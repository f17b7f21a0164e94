"""Everything that files say: playbooks, templates, signals and the firm, read and checked together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from worker.core.firm import Firm, IdealClient
from worker.core.playbook import Playbook
from worker.core.signal import Signals
from worker.core.template import Templates
from worker.io.playbook_files import PlaybookFault, read_firm, read_playbooks
from worker.io.signal_files import SignalFileError, default_cache, read_signals
from worker.io.template_files import TemplateFileError, read_templates
from worker.settings import Settings


class LibraryFault(Exception):
    """Files that cannot be used: one line each, with file, line and what to do."""

    def __init__(self, lines: tuple[str, ...]) -> None:
        self.lines = lines
        super().__init__("\n".join(lines))


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """The files as values."""

    books: tuple[Playbook, ...]
    templates: Templates
    signals: Signals
    firm: Firm
    ideal: IdealClient


def read_library(playbooks: Path, templates: Path) -> Library:
    """Read it all. Raises LibraryFault with the faults of all files at once."""
    faults: list[str] = []
    found = Templates.of(())
    try:
        found = read_templates(templates)
    except TemplateFileError as error:
        faults.extend(error.faults)
    signals, books, about = None, None, None
    try:
        signals = read_signals(playbooks / "signals", cache=default_cache())
    except SignalFileError as error:
        faults.extend(error.faults)
    try:
        about = read_firm(playbooks)
        # With broken templates each `send` would be called unknown: one fault, told once.
        books = read_playbooks(playbooks, found.names) if len(found) else ()
    except PlaybookFault as error:
        faults.extend(error.lines)
    if faults or signals is None or books is None or about is None:
        raise LibraryFault(tuple(faults))
    return Library(books=books, templates=found, signals=signals, firm=about[0], ideal=about[1])


def library_of(settings: Settings) -> Library:
    """The files that the settings name. Raises LibraryFault."""
    return read_library(settings.playbooks_dir, settings.templates_dir)
