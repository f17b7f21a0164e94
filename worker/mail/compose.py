"""A letter becomes the exact bytes that leave: the same letter always the same bytes.

It looks like the mail of a person, because it is one: no List-Unsubscribe (RFC 2369, RFC 8058), no Precedence and no
Auto-Submitted towards a contact. Those mark what goes to many at once, and a mail client offers to "unsubscribe" from
the salesperson; who wants no more mail says so in an answer, which the worker reads, and where the law wants it told,
the text tells it.

The headers are written here and not by email.policy: in the Python versions that we support it turns a long
In-Reply-To or References into encoded words (python/cpython issue 100991), so that the mail falls out of its thread.
"""

from __future__ import annotations

import re
from base64 import b64encode
from binascii import b2a_qp
from collections.abc import Iterable, Iterator
from datetime import datetime, tzinfo
from email.utils import format_datetime

from worker.core.identity import own_message_id
from worker.core.model import Address, Letter, MessageId, OutboxItem, Party

MAX_LINE = 998
"""Octets of a line without its CRLF, at the very most (RFC 5322 section 2.1.1)."""
_FOLD_AT = 78
"""The same, as it should be."""
MAX_REFERENCES = 21
"""The first, which names the thread, and the last twenty: long threads overflow the limits of servers."""
_MAX_ID = 250
_MAX_ADDRESS = 254
_MAX_LOCAL = 64
_MAX_WORD = 66
"""Of an encoded word with its delimiters: a line that holds one has at most 76 characters (RFC 2047 section 2), and
"Reply-To: " takes ten of them."""
_MAX_NAME = 200
"""Nobody is called more than that; a longer name is left out."""

_BREAK = re.compile("[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f]")
_LINE_END = re.compile("\r\n|\r|\x85|\u2028|\u2029")
_SURROGATE = re.compile("[\ud800-\udfff]")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_PLAIN_NAME = re.compile(rf"{_ATOM}(?: {_ATOM})*")
_ID = re.compile(r"[\x21-\x3b\x3d\x3f-\x7e]+")
_Q_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")
"""What may stand as it is in an encoded word inside a phrase (RFC 2047 section 5 (3))."""


class ComposeFault(ValueError):
    """A letter that cannot be sent as it is; says what is wrong with which value."""


def compose(letter: Letter, *, key: bytes, worker: Address, now: datetime, zone: tzinfo) -> OutboxItem:
    """The letter with its bytes, queued.

    `key` makes the Message-ID, `worker` is the blind copy's address, `zone` is the sender's: the Date shows its offset.
    Bounces and out-of-office answers go to the envelope sender (RFC 3834 section 4), so that is the worker, who has to
    know of both; the person in From is told by the worker. Raises ComposeFault.
    """
    message_id = own_message_id(key, letter.id, letter.sender.address)
    headers = "\r\n".join(_headers(letter, message_id, zone))
    encoding, body = _body(letter.body)
    content = f"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}"
    everybody = (*letter.to, *letter.cc, Party(address=worker))
    recipients = dict.fromkeys(_address(party) for party in everybody)
    return OutboxItem(
        letter=letter,
        message_id=message_id,
        data=f"{headers}\r\n{content}\r\n\r\n".encode("ascii") + body,
        envelope_from=worker,
        envelope_to=tuple(Address(address) for address in recipients),
        changed=now,
    )


def _headers(letter: Letter, message_id: MessageId, zone: tzinfo) -> Iterator[str]:
    if not letter.to:
        raise ComposeFault(f"letter {letter.id}: there is nobody in To")
    if letter.send_at.tzinfo is None:
        raise ComposeFault(f"letter {letter.id}: send_at has no time zone")
    subject = _line("subject", letter.subject)
    if not subject:
        raise ComposeFault(f"letter {letter.id}: the subject is empty")
    yield _parties("From", [letter.sender])
    yield _parties("To", letter.to)
    if letter.cc:
        yield _parties("Cc", letter.cc)
    if letter.reply_to and letter.reply_to != (letter.sender,):
        yield _parties("Reply-To", letter.reply_to)
    yield _unstructured("Subject", subject)
    yield f"Date: {format_datetime(letter.send_at.astimezone(zone))}"
    yield f"Message-ID: <{message_id}>"
    yield from _thread(letter)
    if letter.to_owner:
        # RFC 3834 section 5: no vacation notice answers it. Mail in a person's name carries no such mark.
        yield "Auto-Submitted: auto-generated"


# -- the thread -----------------------------------------------------------------------


def _thread(letter: Letter) -> Iterator[str]:
    """In-Reply-To and References (RFC 5322 section 3.6.4): the parent's references, then the parent."""
    parent = _usable_ids([letter.in_reply_to] if letter.in_reply_to else [])
    if parent:
        yield f"In-Reply-To: {parent[0]}"
    before = [known for known in _usable_ids(letter.references) if known not in parent]
    references = [*before, *parent]
    if len(references) > MAX_REFERENCES:
        references = [references[0], *references[1 - MAX_REFERENCES :]]
    if references:
        yield _folded("References", references)


def _usable_ids(ids: Iterable[MessageId]) -> list[str]:
    """Ids as they go into a header. What a stranger's mail called an id, and is none, is left out."""
    usable: dict[str, None] = {}
    for known in ids:
        if _BREAK.search(known):
            raise ComposeFault(f"a Message-ID holds a line break: {known!r}")
        made_by_us = known.startswith("sha256:")
        if not made_by_us and len(known) <= _MAX_ID and _ID.fullmatch(known):
            usable[f"<{known}>"] = None
    return list(usable)


# -- names and addresses ----------------------------------------------------------------


def _parties(name: str, parties: Iterable[Party]) -> str:
    words = [_mailbox(party) for party in parties]
    return _folded(name, [part for mailbox in _with_commas(words) for part in mailbox])


def _with_commas(mailboxes: list[list[str]]) -> Iterator[list[str]]:
    for at, mailbox in enumerate(mailboxes, start=1):
        yield mailbox if at == len(mailboxes) else [*mailbox[:-1], f"{mailbox[-1]},"]


def _mailbox(party: Party) -> list[str]:
    """A name and its address, in pieces between which a line may be folded."""
    address = _address(party)
    name = _line("name", party.name)
    if not name or name.lower() == party.address or len(name) > _MAX_NAME:
        return [address]
    if not name.isascii() or "=?" in name:
        return [*_encoded_words(name), f"<{address}>"]
    if not _PLAIN_NAME.fullmatch(name):
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        name = f'"{escaped}"'
    return [name, f"<{address}>"]


def _address(party: Party) -> str:
    """The bare address, or a fault: it goes into a header and into an SMTP command."""
    address = party.address
    if not address.isascii():
        raise ComposeFault(
            f"{address!r} has letters outside ASCII, which not every server takes (RFC 6531): "
            "use the address's plain form, for a domain the one that begins with xn--"
        )
    local, _, domain = address.rpartition("@")
    good = _LOCAL.fullmatch(local) and _DOMAIN.fullmatch(domain)
    if not good or len(local) > _MAX_LOCAL or len(address) > _MAX_ADDRESS:
        raise ComposeFault(f"{address!r} is not an address that mail can be sent to")
    return address


# -- header text --------------------------------------------------------------------------


def _line(what: str, text: str) -> str:
    if _BREAK.search(text):
        raise ComposeFault(f"the {what} holds a line break: {text!r}")
    if _CONTROL.search(text):
        raise ComposeFault(f"the {what} holds a control character: {text!r}")
    return _SURROGATE.sub("\ufffd", " ".join(text.split()))


def _unstructured(name: str, text: str) -> str:
    words = text.split(" ")
    if not text.isascii() or "=?" in text or max(map(len, words)) > _FOLD_AT - 2:
        return _folded(name, _encoded_words(text))
    return _folded(name, words)


def _encoded_words(text: str) -> list[str]:
    """Encoded words of at most 75 characters, none of which ends inside a character (RFC 2047 section 5)."""
    coded = min(_quoted, _base64, key=lambda way: len(way(text)))
    pieces = [""]
    for char in text:
        if len(coded(pieces[-1] + char)) > _MAX_WORD:
            pieces.append(char)
        else:
            pieces[-1] += char
    return [coded(piece) for piece in pieces]


def _quoted(text: str) -> str:
    coded = "".join(chr(byte) if byte in _Q_SAFE else "_" if byte == 0x20 else f"={byte:02X}" for byte in text.encode())
    return f"=?utf-8?Q?{coded}?="


def _base64(text: str) -> str:
    return f"=?utf-8?B?{b64encode(text.encode()).decode()}?="


def _folded(name: str, pieces: Iterable[str]) -> str:
    """A header whose lines are broken between pieces, never inside one."""
    lines = [f"{name}:"]
    for piece in pieces:
        full = len(lines[-1]) + 1 + len(piece) > _FOLD_AT
        # The first piece stays on the header's own line: an empty first line is legal and breaks old readers.
        if full and lines[-1] != f"{name}:":
            lines.append(f" {piece}")
        else:
            lines[-1] += f" {piece}"
    return "\r\n".join(lines)


# -- the text -------------------------------------------------------------------------------


def _body(text: str) -> tuple[str, bytes]:
    """Transfer encoding and octets: the plainest encoding that carries the text."""
    plain = _SURROGATE.sub("\ufffd", _CONTROL.sub("", _LINE_END.sub("\n", text))).rstrip("\n") + "\n"
    octets = plain.replace("\n", "\r\n").encode()
    lines = octets.split(b"\r\n")
    # A paragraph is one line, which quoted-printable carries whole past RFC 5322's 78 (section 2.1.1): every client
    # lays it out to the width of its window, which format=flowed (RFC 3676) does only in those that know it.
    # "From " at the beginning of a line becomes ">From " in every mbox on the way, which breaks a signature.
    if octets.isascii() and max(map(len, lines)) <= _FOLD_AT and not any(line.startswith(b"From ") for line in lines):
        return "7bit", octets
    quoted = b"\r\n".join(_quoted_printable(line) for line in lines)
    in_base64 = b64encode(octets)
    # Quoted-printable stays readable for eyes and filters, as long as most letters are Latin.
    if 2 * len(quoted) > 3 * len(in_base64):
        return "base64", b"\r\n".join(in_base64[at : at + 76] for at in range(0, len(in_base64), 76)) + b"\r\n"
    return "quoted-printable", quoted


def _quoted_printable(line: bytes) -> bytes:
    coded = b2a_qp(line, istext=True).replace(b"=\n", b"=\r\n")
    if coded.startswith(b"From "):
        coded = b"=46rom " + coded[5:]
    return coded
