"""ARCHITECTURE.md says what the code does."""

from __future__ import annotations

from pathlib import Path

from worker.core.lifecycle import diagram

ROOT = Path(__file__).parents[1]


def test_the_drawn_life_cycle_is_the_table_of_the_code() -> None:
    assert diagram() in (ROOT / "ARCHITECTURE.md").read_text("utf-8")


def test_every_room_that_the_map_names_is_there() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    named = [word for word in text.replace("`", " ").split() if word.startswith("worker/") and word.endswith(".py")]
    assert named
    assert [name for name in named if not (ROOT / name).is_file()] == []
