"""The one program that opens a PDF: it runs alone, with limits, and prints who signed.

Started by worker/io/pdf.py with the file on its standard input. Whatever a hostile file does to it, it can only
use up its own seconds and its own memory.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Iterator
from io import BytesIO
from typing import Any

CPU_SECONDS = 3
MEMORY = 512 * 1024 * 1024
MAX_FIELDS = 500
MAX_NAMES = 40
_COMMON_NAME = b"\x06\x03\x55\x04\x03"
"""The object identifier 2.5.4.3 in DER (X.520): the name of a certificate's holder, or of who issued it."""
_TEXTS = {0x0C: "utf-8", 0x13: "ascii", 0x14: "latin-1", 0x16: "ascii", 0x1E: "utf-16-be"}


def main() -> int:
    """Read a PDF from the standard input; print {"signers": [...], "empty": n} on one line."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    data = sys.stdin.buffer.read()
    import logging

    from pypdf import PdfReader

    logging.disable(logging.CRITICAL)
    signers: list[str] = []
    empty = 0
    for field in _signature_fields(PdfReader(BytesIO(data), strict=False)):
        value = _object(field.get("/V"))
        if isinstance(value, dict) and "/Contents" in value:
            signers.append(_signer(value))
        else:
            empty += 1
    print(json.dumps({"signers": signers, "empty": empty}))
    return 0


def _signature_fields(reader: Any) -> Iterator[dict[str, Any]]:
    """The fields of type Sig in the document's form, each once (ISO 32000-1 section 12.7)."""
    form = _object(_object(reader.trailer["/Root"]).get("/AcroForm"))
    waiting = [(child, "") for child in _items(form, "/Fields")]
    seen: set[tuple[int, int]] = set()
    while waiting and len(seen) < MAX_FIELDS:
        child, kind = waiting.pop(0)
        place = (getattr(child, "idnum", -len(seen) - 1), getattr(child, "generation", 0))
        if place in seen:
            continue
        seen.add(place)
        field = _object(child)
        if not isinstance(field, dict):
            continue
        kind = str(field.get("/FT", kind))  # a field takes it over from the one above
        waiting += [(below, kind) for below in _items(field, "/Kids") if "/T" in (_object(below) or {})]
        if kind == "/Sig" and ("/V" in field or "/T" in field):
            yield field


def _items(holder: Any, name: str) -> list[Any]:
    found = _object(holder.get(name)) if isinstance(holder, dict) else None
    return list(found)[:MAX_FIELDS] if isinstance(found, list) else []


def _object(value: Any) -> Any:
    """What a reference points to; pypdf hands out references as they stand."""
    return value.get_object() if hasattr(value, "get_object") else value


def _signer(signature: dict[str, Any]) -> str:
    """The name that the signature gives, else the holder of its certificate."""
    name = _object(signature.get("/Name"))
    if isinstance(name, str) and name.strip():
        return " ".join(name.split())[:200]
    contents = _object(signature.get("/Contents"))
    raw = contents if isinstance(contents, bytes) else getattr(contents, "original_bytes", b"")
    return _holder(raw)


def _holder(contents: bytes) -> str:
    """The common name in the certificates (RFC 5652) that issues none of the others: the signer's own.

    In a certificate the issuer's name stands before the holder's (RFC 5280 section 4.1).
    """
    names: list[str] = []
    at = contents.find(_COMMON_NAME)
    while at >= 0 and len(names) < MAX_NAMES:
        start = at + len(_COMMON_NAME)
        codec, length = _TEXTS.get(contents[start] if start < len(contents) else 0), contents[start + 1 : start + 2]
        if codec and length and length[0] < 0x80:
            names.append(contents[start + 2 : start + 2 + length[0]].decode(codec, "replace"))
        at = contents.find(_COMMON_NAME, start)
    issuers = names[0::2]
    return next((name for name in names[1::2] if name not in issuers), names[-1] if names else "")[:200]


if __name__ == "__main__":
    sys.exit(main())
