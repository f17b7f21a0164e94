"""How many mails a second `worker explain --json` reads: python benchmarks/explain.py FOLDER [COPIES].

The mails of a folder are laid out until there are COPIES files (20,000), and the whole command is timed, its start
included. CPU time is printed beside the clock, since another program on the machine slows the clock down.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def main() -> None:
    source, copies = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 20_000
    mails = sorted(path for path in source.rglob("*") if path.is_file() and path.suffix == ".eml")
    with tempfile.TemporaryDirectory() as folder:
        for number in range(copies):
            shutil.copyfile(mails[number % len(mails)], Path(folder) / f"{number:06}.eml")
        command = [sys.executable, "-m", "worker", "explain", "--json", folder]
        environ = {"WORKER_ADDRESS": "deals@harrow.test", "WORKER_TEAM": "@harrow.test"} | dict(os.environ)
        with open(os.devnull, "wb") as nowhere:
            begun = time.perf_counter()
            subprocess.run(command, stdout=nowhere, env=environ, check=True)
            took = time.perf_counter() - begun
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = (used.ru_utime + used.ru_stime) / copies * 1000
    print(f"{copies} mails in {took:.1f} s: {copies / took:.0f} a second, {spent:.2f} ms of CPU each")
    print(f"largest process {used.ru_maxrss // 1024} MB")


if __name__ == "__main__":
    main()
