"""Reports that follow a standard: delivery status (RFC 3464), disposition (RFC 8098), feedback (RFC 5965)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from worker.core.model import Address, MessageId
from worker.mail.headers import Headers, message_ids, read_headers
from worker.mail.mime import Part

MAX_GROUPS = 500
_STATUS = ("message/delivery-status", "message/global-delivery-status")
_DISPOSITION = ("message/disposition-notification", "message/global-disposition-notification")
_HEADERS_ONLY = ("text/rfc822-headers", "message/rfc822-headers", "message/global-headers")
_WHOLE = ("message/rfc822", "message/global")


class Outcome(StrEnum):
    """What became of the mail to one recipient."""

    FAILED = "failed"
    DELAYED = "delayed"
    ARRIVED = "arrived"


# RFC 3464 section 2.3.3, and what some servers write instead.
_ACTIONS = {
    "failed": Outcome.FAILED, "failure": Outcome.FAILED, "error": Outcome.FAILED, "fail": Outcome.FAILED,
    "delayed": Outcome.DELAYED, "delay": Outcome.DELAYED, "warning": Outcome.DELAYED,
    "delivered": Outcome.ARRIVED, "relayed": Outcome.ARRIVED, "expanded": Outcome.ARRIVED,
}  # fmt: skip
_CLASSES = {"5": Outcome.FAILED, "4": Outcome.DELAYED, "2": Outcome.ARRIVED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One recipient of a delivery status."""

    recipient: Address
    outcome: Outcome


def may_report(root: Part) -> bool:
    """Whether anything in the mail calls itself a report or a message; most mail has no such part."""
    if "report" in root.headers.first("content-type").lower():
        return True
    return any(part.content_type.startswith("message/") for part in outer_parts(root))


def is_complaint(root: Part) -> bool:
    """Whether somebody called a mail of ours spam (RFC 5965, ARF)."""
    if "feedback-report" in root.headers.first("content-type").lower():
        return True
    return any(part.content_type == "message/feedback-report" for part in outer_parts(root))


def has_status(root: Part) -> bool:
    """Whether the mail itself is a delivery status, or wraps one that a gateway has attached."""
    if "delivery-status" in root.headers.first("content-type").lower():
        return True
    return any(part.content_type in _STATUS for part in outer_parts(root))


def disposition(root: Part) -> Part | None:
    """The part that says what became of a mail after its delivery: read, deleted, refused."""
    return next((part for part in outer_parts(root) if part.content_type in _DISPOSITION), None)


def deliveries(root: Part) -> tuple[Delivery, ...]:
    """Each recipient that a delivery status names, in order, the last word on each."""
    found: dict[Address, Delivery] = {}
    for part in _with_attached_report(root):
        if part.content_type in _STATUS:
            for fields in _groups(part.content):
                one = _delivery(fields)
                if one is not None:
                    found[one.recipient] = one
    return tuple(found.values())


def disposed_recipient(part: Part) -> Address | None:
    """Whose mailbox a disposition speaks of."""
    fields = next(_groups(part.content), None)
    return _recipient(fields) if fields else None


def returned_id(root: Part) -> MessageId | None:
    """The Message-ID of the mail that a report gives back, whole or its headers only."""
    for part in _with_attached_report(root):
        headers: Headers | None = None
        if part.content_type in _WHOLE and part.parts:
            headers = part.parts[0].headers
        elif part.content_type in _HEADERS_ONLY or part.content_type in _WHOLE:
            headers = read_headers(part.content)[0]
        elif part.content_type in _DISPOSITION:
            headers = next(_groups(part.content), None)
        if headers is None:
            continue
        ids = message_ids(headers.first("message-id") or headers.first("original-message-id"))
        if ids:
            return ids[0]
    return None


def returned_headers(root: Part) -> Headers | None:
    """The headers of the mail that is given back."""
    for part in _with_attached_report(root):
        if part.content_type in _WHOLE and part.parts:
            return part.parts[0].headers
        if part.content_type in _HEADERS_ONLY:
            return read_headers(part.content)[0]
    return None


def outer_parts(root: Part) -> Iterator[Part]:
    """The parts of the mail itself; what lies inside an attached mail is that mail's."""
    yield root
    if root.content_type in _WHOLE:
        return
    for part in root.parts:
        yield from outer_parts(part)


def _with_attached_report(root: Part) -> Iterator[Part]:
    """The outer parts, and those of a report that a scanner has wrapped into one more mail.

    Only where the outer mail calls itself a report: a person who forwards one is no server.
    """
    wrapped = "delivery-status" in root.headers.first("content-type").lower()
    for part in outer_parts(root):
        inner = part.parts[0] if part.content_type in _WHOLE and part.parts else None
        if wrapped and inner is not None and inner.content_type == "multipart/report":
            yield from outer_parts(inner)
        else:
            yield part


def _groups(content: bytes) -> Iterator[Headers]:
    """The groups of fields between empty lines: one for the mail, one for each recipient."""
    text = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").strip(b"\n")
    for number, block in enumerate(text.split(b"\n\n")):
        if number >= MAX_GROUPS:
            return
        if block.strip():
            yield read_headers(block.strip(b"\n") + b"\n\n")[0]


def _delivery(fields: Headers) -> Delivery | None:
    recipient = _recipient(fields)
    words = fields.first("action").replace("(", " ").lower().split()
    outcome = _ACTIONS.get(words[0]) if words else None
    outcome = outcome or _CLASSES.get(fields.first("status").strip()[:1])
    return Delivery(recipient=recipient, outcome=outcome) if recipient and outcome else None


def _recipient(fields: Headers) -> Address | None:
    """Whom we wrote to, else whom that became: a forward's new address means nothing to us."""
    return _typed_address(fields.first("original-recipient")) or _typed_address(fields.first("final-recipient"))


def _typed_address(value: str) -> Address | None:
    """The address of "rfc822; ann@example.com". X.400 names and local names are none."""
    kind, semicolon, address = value.rpartition(";")
    if semicolon and kind.strip().lower() not in ("rfc822", "utf-8", "smtp", ""):
        return None
    address = "".join(address.split()).strip("<>").lower()
    # RFC 3461 section 4: "+" and "=" are written as +2B and +3D.
    address = address.replace("+2b", "+").replace("+3d", "=")
    local, at, domain = address.rpartition("@")
    return Address(address) if local and at and "." in domain else None
