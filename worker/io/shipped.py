"""Where the playbooks, templates and units lie that come with the program."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def shipped(name: str) -> Path:
    """The folder or file that came with the program: "playbooks", "templates", "systemd", ".env.example".

    In a wheel it lies in worker/shipped, in a checkout beside the package; the wheel's own wins, since
    beside an installed package lie the files of strangers.
    Raises FileNotFoundError when the program was copied without it.
    """
    for place in (_PACKAGE / "shipped" / name, _PACKAGE.parent / name):
        if place.exists():
            return place
    raise FileNotFoundError(f"{name} did not come with this installation: install the program again from its wheel")
