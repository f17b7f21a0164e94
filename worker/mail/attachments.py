"""What hangs on a mail: names and types of attachments, a calendar's METHOD, attached messages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from worker.core.model import Attachment, Forwarded
from worker.mail.body import Body, read_body
from worker.mail.headers import addresses
from worker.mail.mime import Part, read_tree

MAX_PDFS = 5
MAX_ATTACHMENTS = 200
_CALENDARS = frozenset(("text/calendar", "application/ics"))
_REPORT_PARTS = frozenset(("message/delivery-status", "message/disposition-notification", "message/feedback-report",
                           "text/rfc822-headers", "message/global-delivery-status",
                           "message/global-headers"))  # fmt: skip
_NOTED = {
    "application/ms-tnef": "TNEF, not opened",
    "application/vnd.ms-tnef": "TNEF, not opened",
    "application/pgp-encrypted": "encrypted with PGP",
    "application/pgp-signature": "signed with PGP, not checked",
    "application/pkcs7-mime": "S/MIME, not opened",
    "application/x-pkcs7-mime": "S/MIME, not opened",
    "application/pkcs7-signature": "signed with S/MIME, not checked",
    "application/x-pkcs7-signature": "signed with S/MIME, not checked",
    "message/external-body": "a part that lies elsewhere (message/external-body)",
    "message/partial": "a piece of a mail (message/partial)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """What hangs on a mail."""

    attachments: tuple[Attachment, ...] = ()
    calendar: str = ""
    """METHOD of a calendar."""
    defects: tuple[str, ...] = ()


NONE = Attached()


def read_attachments(root: Part, body: Body) -> Attached:
    """Attachments in the order of the mail, the calendar's METHOD, and what cannot be looked into.

    What hangs on an attached message belongs to that message, not to this mail.
    """
    found: list[Attachment] = []
    defects: list[str] = []
    calendar = ""
    for part in _leaves(root):
        if part.content_type in _CALENDARS and not calendar:
            calendar = _method(part)
        note = _NOTED.get(part.content_type) or ("TNEF, not opened" if part.name.lower() == "winmail.dat" else "")
        if note:
            defects.append(note)
        if _is_attached(part, root):
            size = len(part.content)
            found.append(Attachment(name=part.name, content_type=part.content_type, size=size))
    found.extend(Attachment(name=name, content_type="", size=size) for name, size in body.uuencoded)
    if "-----BEGIN PGP MESSAGE-----" in body.text:
        defects.append("encrypted with PGP")
    if len(found) > MAX_ATTACHMENTS:
        defects.append(f"{len(found) - MAX_ATTACHMENTS} of {len(found)} attachments left out")
    return Attached(attachments=tuple(found[:MAX_ATTACHMENTS]), calendar=calendar, defects=tuple(defects))


def is_pdf(attachment: Attachment) -> bool:
    """By its type or its name."""
    return attachment.content_type == "application/pdf" or attachment.name.lower().endswith(".pdf")


def attached_pdfs(data: bytes) -> tuple[tuple[str, bytes], ...]:
    """Name and bytes of each PDF that hangs on a mail, unopened.

    The mail is read again for it: few mails have one, and a Message holds no attachments.
    """
    root, _ = read_tree(data)
    found = [(Attachment(name=part.name, content_type=part.content_type), part.content) for part in _leaves(root)]
    return tuple((file.name, content) for file, content in found if is_pdf(file))[:MAX_PDFS]


def attached_forward(root: Part) -> Forwarded | None:
    """The one message attached to a mail ("forward as attachment"); None in a report or a digest."""
    parts = root.parts if root.content_type == "multipart/mixed" else (root,)
    messages = [part.parts[0] for part in parts if part.content_type == "message/rfc822" and part.parts]
    if len(messages) != 1 or not messages[0].headers.has("from"):
        return None
    headers = messages[0].headers
    senders = addresses(headers.all("from"))
    return Forwarded(
        sender=senders[0] if len(senders) == 1 else None,
        to=addresses(headers.all("to"))[:MAX_ATTACHMENTS],
        cc=addresses(headers.all("cc"))[:MAX_ATTACHMENTS],
        subject=headers.text("subject"),
        date=headers.text("date"),
        text=read_body(messages[0]).text,
    )


def _leaves(part: Part) -> Iterator[Part]:
    if part.content_type.startswith("multipart/"):
        for child in part.parts:
            yield from _leaves(child)
    else:
        yield part


def _is_attached(part: Part, root: Part) -> bool:
    if part.disposition == "attachment" or part.name:
        return part is not root or not part.content_type.startswith("text/")
    return not part.content_type.startswith("text/") and part.content_type not in _REPORT_PARTS


def _method(part: Part) -> str:
    """METHOD of a calendar (RFC 5546 section 1.4): a property of its head, before any event."""
    head = part.content[:65536].replace(b"\r\n", b"\n").upper().partition(b"BEGIN:VEVENT")[0]
    for line in head.split(b"\n"):
        if line.startswith(b"METHOD:"):
            return line[7:47].decode("ascii", "replace").strip()
    return ""
