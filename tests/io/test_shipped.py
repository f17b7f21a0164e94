"""What comes with the program is found."""

from __future__ import annotations

import pytest

from worker.io.shipped import shipped


@pytest.mark.parametrize("name", ["playbooks", "templates", "systemd", ".env.example"])
def test_what_ships_is_found(name: str) -> None:
    assert shipped(name).exists()


def test_the_shipped_playbooks_hold_signals_and_firm() -> None:
    assert list(shipped("playbooks").glob("*.yaml"))
    assert (shipped("playbooks") / "signals").is_dir()
    assert (shipped("playbooks") / "firm").is_dir()


def test_what_did_not_come_along_is_said_plainly() -> None:
    with pytest.raises(FileNotFoundError, match="kitchen-sink did not come with this installation"):
        shipped("kitchen-sink")
