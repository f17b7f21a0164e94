"""What is wrong with the running worker just now: each trouble is said once, and once more when it is over."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field

_LOG = logging.getLogger("worker.service")


@dataclass(kw_only=True)
class Troubles:
    """The troubles by their topic; iterating gives their lines."""

    _lines: dict[str, str] = field(default_factory=dict)

    def __contains__(self, topic: object) -> bool:
        return topic in self._lines

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines.values())

    def tell(self, topic: str, line: str, error: BaseException | None = None) -> None:
        """Say a trouble, unless the same has been said at the last try."""
        if self._lines.get(topic) != line:
            self._lines[topic] = line
            _LOG.error(line, exc_info=error)

    def over(self, topic: str, line: str) -> None:
        """Say that a trouble is over, where it was one."""
        if self._lines.pop(topic, None) is not None:
            _LOG.info(line)
