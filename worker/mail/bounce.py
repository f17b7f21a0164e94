"""Mail that servers send about our mail: it did not arrive, it is late, somebody called it spam."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from worker.core.model import Address, Bounce, Kind, MessageId, Party, Reading
from worker.mail import bounce_words, reports
from worker.mail.bounce_prose import Prose, read_prose
from worker.mail.headers import Headers, addresses, message_ids
from worker.mail.mime import Part

_REPLY_PREFIX = ("re:", "aw:", "sv:", "fw:", "fwd:", "wg:", "tr:", "rv:", "vs:", "vb:", "antw:", "odp:", "r:", "i:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a server's mail is, and what it says of our own."""

    kind: Kind
    bounce: Bounce | None = None


def read_report(
    headers: Headers, root: Part, *, subject: str, full_text: str, sender: Party | None, reading: Reading
) -> Report | None:
    """Read a bounce, a delay, a receipt or a complaint; None where the mail is none of these.

    A bounce is permanent when the server has given up, for whatever reason (RFC 3464: Action failed): it
    will not be tried again. A delay is a notice and its bounce is passing. The recipients are those who
    failed, or else those who wait; the ones that got the mail are not named.
    """
    if _is_webmail_complaint(headers, subject):
        return Report(kind=Kind.COMPLAINT_REPORT)
    if reports.may_report(root):
        if reports.is_complaint(root):
            return Report(kind=Kind.COMPLAINT_REPORT)
        found = reports.deliveries(root)
        if found:
            return _of_deliveries(found, _original(headers, root, None))
        receipt = reports.disposition(root)
        if receipt is not None:
            return _of_receipt(receipt, headers, root, full_text)
    return _of_words(headers, root, subject, full_text, sender, reading)


def _is_webmail_complaint(headers: Headers, subject: str) -> bool:
    """Hotmail's and AOL's own forms, older than RFC 5965."""
    return headers.has("x-hmxmroriginalrecipient") or (
        subject.lower().startswith("complaint about message from") and "staff@" in headers.first("from").lower()
    )


def _of_deliveries(found: tuple[reports.Delivery, ...], original: MessageId | None) -> Report:
    for outcome, kind in ((reports.Outcome.FAILED, Kind.BOUNCE), (reports.Outcome.DELAYED, Kind.NOTICE)):
        whom = tuple(one.recipient for one in found if one.outcome is outcome)
        if whom:
            permanent = outcome is reports.Outcome.FAILED
            return Report(kind=kind, bounce=Bounce(recipients=whom, permanent=permanent, original=original))
    return Report(kind=Kind.NOTICE)


def _of_receipt(receipt: Part, headers: Headers, root: Part, full_text: str) -> Report:
    """A receipt is an answer of a machine; one that says "rejected" is a bounce (Sieve's reject, RFC 5429)."""
    recipient = reports.disposed_recipient(receipt)
    if recipient and bounce_words.failed().search(full_text[:4000].lower()):
        original = _original(headers, root, None)
        return Report(kind=Kind.BOUNCE, bounce=Bounce(recipients=(recipient,), permanent=True, original=original))
    return Report(kind=Kind.AUTO_REPLY)


def _of_words(
    headers: Headers, root: Part, subject: str, full_text: str, sender: Party | None, reading: Reading
) -> Report | None:
    named = _failed_recipients(headers)
    low = subject.strip().lower()
    is_report = reports.has_status(root)
    shown = headers.text("from").lower()
    daemon, like_server = _writer(shown)
    server = like_server or (headers.has("from") and sender is None and "@" not in shown)
    by_subject = _is_subject(low, server=server)
    if not (named or is_report or server or by_subject):
        return None
    ours = frozenset(party.address for party in addresses([*headers.all("to"), *headers.all("from")]))
    domain = _server_domain(headers)
    text = full_text or _first_text(root)
    prose = read_prose(text, subject=subject, domain=domain, ignore=ours | {reading.address})
    if not (named or is_report or _is_bounce(prose, daemon=daemon, server=server, by_subject=by_subject)):
        return None
    recipients = named or prose.recipients or _returned_recipient(root)
    original = _original(headers, root, prose.original)
    bounce = Bounce(recipients=recipients, permanent=prose.permanent, original=original)
    return Report(kind=Kind.BOUNCE if prose.permanent else Kind.NOTICE, bounce=bounce)


def _is_bounce(prose: Prose, *, daemon: bool, server: bool, by_subject: bool) -> bool:
    """A mail server's name and its words; the less the name says, the more the words have to."""
    if daemon or (server and by_subject):
        return prose.said or by_subject
    return prose.said and prose.sure and prose.of_mail and (server or by_subject)


@lru_cache(maxsize=4096)
def _writer(shown: str) -> tuple[bool, bool]:
    """Whether From is a mail server's for certain, and whether it may be one: a name of its kin."""
    daemon = bounce_words.daemon().search(shown) is not None
    return daemon, daemon or bounce_words.server().search(shown) is not None


def _is_subject(low: str, *, server: bool) -> bool:
    """Whether it is a report's subject. What a person answers or forwards begins with Re: or Fwd:."""
    if ":" in low and bounce_words.subject_end().search(low):
        return True
    return bounce_words.subject().search(low) is not None and (server or not low.startswith(_REPLY_PREFIX))


def _failed_recipients(headers: Headers) -> tuple[Address, ...]:
    """X-Failed-Recipients (Exim, Gmail)."""
    if not headers.has("x-failed-recipients"):
        return ()
    found = addresses(headers.all("x-failed-recipients"))
    return tuple(dict.fromkeys(party.address for party in found if "@" in party.address))


def _returned_recipient(root: Part) -> tuple[Address, ...]:
    """Where the words name nobody: the one whom the returned mail was for."""
    headers = reports.returned_headers(root)
    if headers is None:
        return ()
    found = addresses([*headers.all("to"), *headers.all("cc")])
    return (found[0].address,) if len(found) == 1 and "@" in found[0].address else ()


def _server_domain(headers: Headers) -> str:
    """The domain of From, also where the address is a broken one."""
    found = addresses(headers.all("from"))
    return found[-1].address.rpartition("@")[2] if found else ""


def _first_text(root: Part) -> str:
    """The words where a server has called them something else than text."""
    return next((part.text() for part in reports.outer_parts(root) if part.content and not part.parts), "")


def _original(headers: Headers, root: Part, in_words: MessageId | None) -> MessageId | None:
    """Our mail's Message-ID: as given back, or as the report answers to it."""
    own = message_ids(headers.first("message-id"))
    for found in (reports.returned_id(root), in_words, *message_ids(headers.first("in-reply-to")),
                  *reversed(message_ids(headers.first("references")))):  # fmt: skip
        if found and found not in own:
            return found
    return None
