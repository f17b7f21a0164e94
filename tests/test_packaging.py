"""What is installed is whole: the wheel brings along all that `shipped` finds."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.mark.slow
def test_the_wheel_installs_a_program_that_finds_what_came_with_it(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=60)
    (wheel,) = tmp_path.glob("*.whl")
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    for name in ("playbooks", "templates", "systemd"):
        files = {path.relative_to(ROOT / name) for path in (ROOT / name).rglob("*") if path.is_file()}
        assert files
        assert {path.relative_to(installed / "worker/shipped" / name) for path in find(installed, name)} == files
    assert (installed / "worker/py.typed").exists()
    assert not list(installed.rglob("test_*.py"))

    # Far from the checkout, so that only the wheel's own files can be found.
    ask = "from worker.io.shipped import shipped; print(*map(shipped, ('playbooks', 'templates', '.env.example')))"
    said = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(installed)!r}); {ask}"],
        cwd=tmp_path, check=True, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert all(path.startswith(str(installed / "worker/shipped")) for path in said.stdout.split())


def find(installed: Path, name: str) -> list[Path]:
    return [path for path in (installed / "worker/shipped" / name).rglob("*") if path.is_file()]


def test_every_runtime_dependency_has_a_lower_bound() -> None:
    assert all(">=" in line for line in PROJECT["project"]["dependencies"])


def test_the_program_is_called_worker() -> None:
    assert PROJECT["project"]["scripts"] == {"worker": "worker.cli:main"}
