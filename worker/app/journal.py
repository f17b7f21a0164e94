"""The log, made for journald: one line for one thing, with its priority, no body of a mail and never a secret."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping
from typing import TextIO

from worker.core.model import Action, Deal, Decision

_LOG = logging.getLogger("worker.journal")
_REASON = 300
"""A reason quotes a mail; more characters than these would be the mail itself."""
_PRIORITY = ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6), (logging.NOTSET, 7))
"""From levels to the priorities of syslog (RFC 5424 section 6.2.1), which journald reads as <3> (sd-daemon(3))."""


def open_journal(
    environ: Mapping[str, str], stream: TextIO, *, secrets: Iterable[str] = (), level: int = logging.INFO
) -> None:
    """Sends all logging to the stream; from libraries only what is a warning, since they log what they read."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Lines(to_journald=goes_to_journald(environ, stream), secrets=secrets))
    root = logging.getLogger()
    for old in root.handlers[:]:
        if isinstance(old.formatter, Lines):
            root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(max(level, logging.WARNING))
    logging.getLogger("worker").setLevel(level)


def goes_to_journald(environ: Mapping[str, str], stream: TextIO) -> bool:
    """Whether the stream is the one that JOURNAL_STREAM names as device:inode (systemd.exec(5)).

    The name alone does not say it: a child whose output goes to a file inherits it.
    """
    device, _, inode = environ.get("JOURNAL_STREAM", "").partition(":")
    try:
        about = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return (device, inode) == (str(about.st_dev), str(about.st_ino))


def record(deal: Deal, decision: Decision) -> None:
    """Logs one decision, an alert as a warning."""
    _LOG.log(logging.WARNING if decision.action is Action.ALERT else logging.INFO, "%s", decision_line(deal, decision))


def decision_line(deal: Deal, decision: Decision) -> str:
    """What was decided, for which deal, because of which mail, and why; the subject and the bodies stay out."""
    fields = {
        "deal": deal.id,
        "action": decision.action,
        "stage": decision.stage or "",
        "purpose": decision.purpose,
        "to": ",".join(decision.to),
        "playbook": decision.playbook,
        "step": decision.step,
        "mail": ",".join(decision.found_in),
        "why": decision.why if len(decision.why) <= _REASON else decision.why[: _REASON - 1] + "…",
    }
    return " ".join(f"{name}={_quoted(one_line(value))}" for name, value in fields.items() if value)


def one_line(text: str) -> str:
    r"""Text that cannot fake another line, a colour or a direction: what does not print is written as \n, \x1b."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _quoted(value: str) -> str:
    if value and not any(c in value for c in ' "='):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


class Lines(logging.Formatter):
    """One line a record; each line of a traceback bears the priority, or journald would lose it."""

    def __init__(self, *, to_journald: bool, secrets: Iterable[str] = ()) -> None:
        super().__init__("%(message)s" if to_journald else "%(asctime)s %(levelname)-7s %(message)s")
        self._to_journald = to_journald
        # The longest first: a password may hold another.
        self._secrets = sorted({secret for secret in secrets if secret}, key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        """The record as it goes out, secrets replaced even in what a library or a traceback says."""
        text = super().format(record)
        for secret in self._secrets:
            text = text.replace(secret, "***")
        lines = [one_line(line) for line in text.split("\n")]
        if not self._to_journald:
            return "\n".join(lines)
        priority = next(number for level, number in _PRIORITY if record.levelno >= level)
        return "\n".join(f"<{priority}>{line}" for line in lines)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802, the name is logging's own
        """The message of the record, which is one line whatever it quotes."""
        record.message = one_line(record.message)
        return super().formatMessage(record)
