"""Who signed a PDF. Nothing here opens it: a child process with limits does."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

MAX_SIZE = 30 * 1024 * 1024
PATIENCE = 20
"""Seconds by the clock; the child's own limit, of CPU time, is lower."""
_CHILD = Path(__file__).with_name("pdf_child.py")


class PdfFault(Exception):
    """A PDF that could not be read, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signatures:
    """The signature fields of a PDF."""

    signers: tuple[str, ...]
    """Who signed, as the signature or its certificate names them; "" where it names nobody."""
    empty: int
    """Fields that nobody has signed yet."""


def may_be_signed(data: bytes) -> bool:
    """Whether a file may be a signed PDF; cheap.

    A signature states the bytes that it covers, so that its dictionary is never compressed (ISO 32000-1 section
    12.8.1).
    """
    return data[:1024].find(b"%PDF-") >= 0 and b"/ByteRange" in data


def read_signatures(data: bytes, *, patience: float = PATIENCE) -> Signatures:
    """Read the signature fields; what the signatures cover is not verified.

    Raises:
        PdfFault: the file is broken, or would have cost more than the child may use.
    """
    if len(data) > MAX_SIZE:
        raise PdfFault(f"larger than {MAX_SIZE // 1024 // 1024} MB")
    import subprocess  # a tenth of a second of imports that most runs never need

    try:
        child = subprocess.run(
            [sys.executable, "-I", str(_CHILD)], input=data, capture_output=True, timeout=patience, check=False, env={}
        )
    except subprocess.TimeoutExpired:
        raise PdfFault("it took too long") from None
    if child.returncode < 0 or b"MemoryError" in child.stderr:
        raise PdfFault("it took too much time or memory")
    try:
        found = json.loads(child.stdout)
        return Signatures(signers=tuple(found["signers"]), empty=found["empty"])
    except (ValueError, KeyError, TypeError):
        raise PdfFault("it is broken") from None
