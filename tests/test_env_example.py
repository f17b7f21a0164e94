"""The example names every setting, only settings, and says their defaults truly."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

from worker.io.shipped import shipped
from worker.settings import ConfigurationFault, Need, load, names

EXAMPLE = shipped(".env.example")
LINE = re.compile(r"(?:# )?((?:WORKER_|SSL_)[A-Z_]+)=(.*)")
FILLED = {
    "WORKER_ADDRESS": "deals@firm.example",
    "WORKER_TEAM": "@firm.example",
    "WORKER_IMAP_HOST": "imap.firm.example",
    "WORKER_IMAP_USER": "deals@firm.example",
    "WORKER_IMAP_PASSWORD": "secret",
    "WORKER_SMTP_HOST": "smtp.firm.example",
}


def written() -> dict[str, str]:
    """Each name in the example with its value, those in comments too."""
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    return {match[1]: match[2] for line in lines if (match := LINE.fullmatch(line))}


def test_every_setting_is_in_the_example_and_nothing_else() -> None:
    assert sorted(name.replace("__ANN__", "__<NAME>__") for name in written()) == sorted(names())


def test_every_setting_stands_under_a_comment() -> None:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    for above, line in pairwise(lines):
        if LINE.fullmatch(line):
            assert above, f"{line} stands alone"


def test_a_copy_that_nobody_filled_in_asks_for_exactly_what_has_to_be_filled_in() -> None:
    with pytest.raises(ConfigurationFault) as caught:
        load(frozenset(Need), EXAMPLE, {})
    assert [line.partition(":")[0] for line in caught.value.lines] == list(FILLED)


def test_filled_in_it_is_the_same_as_without_the_file() -> None:
    assert load(frozenset(Need), EXAMPLE, FILLED) == load(frozenset(Need), None, FILLED)


def test_the_watched_mailbox_of_the_example_loads(tmp_path: Path) -> None:
    filled = tmp_path / ".env"
    text = EXAMPLE.read_text(encoding="utf-8").replace("# WORKER_WATCH", "WORKER_WATCH")
    filled.write_text(text.replace("ANN__PASSWORD=", "ANN__PASSWORD=x"), encoding="utf-8")
    assert load(frozenset(Need), filled, FILLED).watch["ann"].host == "imap.firm.example"
