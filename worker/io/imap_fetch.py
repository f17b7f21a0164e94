"""What to ask a server for, and what its answers mean. Pure: no connection here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from imapclient.response_parser import parse_fetch_response

from worker.io.imap_account import Patience

_DEEPEST = 20
_MOST_PARTS = 200
_SMALL_ATTACHMENT = 64 << 10
_REPORTS = frozenset({"message/delivery-status", "message/feedback-report", "message/disposition-notification"})

Answers = list[Any]
"""Lines, and pairs of a line and its literal, as imaplib collects them."""


class Unbuildable(Exception):
    """The structure of a mail is such that its parts cannot be put together again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A mail before it is fetched."""

    uid: int
    size: int | None = None
    """RFC822.SIZE; None where the server gave none."""
    received: datetime | None = None

    def is_whole(self, patience: Patience) -> bool:
        """Small enough to come with everything in it."""
        return self.size is not None and self.size <= patience.whole_up_to


def uid_set(uids: Sequence[int]) -> str:
    """Ascending UIDs as an IMAP set: 1:200,305."""
    runs: list[list[int]] = []
    for uid in uids:
        if runs and uid == runs[-1][1] + 1:
            runs[-1][1] = uid
        else:
            runs.append([uid, uid])
    return ",".join(str(a) if a == b else f"{a}:{b}" for a, b in runs)


def uids_found(answers: Answers, above: int) -> list[int]:
    """The UIDs of a SEARCH, ascending, each once, only those above.

    `n:*` means the last mail even where its UID is below n (RFC 3501 section 6.4.8); some servers spread the answer
    over several lines; with CONDSTORE a "(MODSEQ 17)" follows.
    """
    found: set[int] = set()
    for line in answers:
        if isinstance(line, bytes):
            found.update(int(word) for word in line.partition(b"(")[0].split() if word.isdigit())
    return sorted(uid for uid in found if uid > above)


def batches_of(listed: Sequence[Listed], patience: Patience) -> Iterator[list[Listed]]:
    """Cut a list of mails where a batch gets too many or too heavy; a mail is never left out."""
    batch: list[Listed] = []
    weight = 0
    for mail in listed:
        its = min(mail.size or patience.whole_up_to, patience.whole_up_to + patience.text_limit)
        if batch and (len(batch) >= patience.batch_mails or weight + its > patience.batch_bytes):
            yield batch
            batch, weight = [], 0
        batch.append(mail)
        weight += its
    if batch:
        yield batch


_LINE = re.compile(
    rb"\d+ \((?:(?:UID (?P<uid>\d+)|RFC822\.SIZE (?P<size>\d+)"
    rb"|INTERNALDATE \"(?P<date>[^\"\\]*)\"|FLAGS \([^()]*\)) ?)+\)",
    re.IGNORECASE,
)
_DATE = re.compile(rb" ?(\d\d?)-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)")
_FIRST_YEAR = 1980
"""Mail in SMTP's form is younger (RFC 788 is of 1981). A copied Maildir without its times says 1970, then the Date counts."""
_MONTHS = {name: i for i, name in enumerate(b"jan feb mar apr may jun jul aug sep oct nov dec".split(), start=1)}


def listing(answers: Answers, uids: Sequence[int]) -> dict[int, Listed]:
    """Sizes and arrival times, for those of the UIDs that the server spoke of.

    The common shape is read directly, all else by imapclient's parser, which goes letter by letter.
    """
    asked, result, odd = set(uids), {}, []
    for answer in answers:
        line = _LINE.fullmatch(answer) if isinstance(answer, bytes) else None
        if line is None or not line["uid"]:
            odd.append(answer)
        elif line["size"] and (uid := int(line["uid"])) in asked:
            result[uid] = Listed(uid=uid, size=int(line["size"]), received=arrival(line["date"] or b""))
    for key, facts in (parse_fetch_response(odd, normalise_times=False) if odd else {}).items():
        size, received = facts.get(b"RFC822.SIZE"), facts.get(b"INTERNALDATE")
        if key in asked and isinstance(size, int):
            aware = isinstance(received, datetime) and received.tzinfo and received.year >= _FIRST_YEAR
            result[key] = Listed(uid=key, size=size, received=received if aware else None)
    return result


def arrival(text: bytes) -> datetime | None:
    """An INTERNALDATE (RFC 3501 section 9, date-time); None where it is none, or says that nobody knows (1970)."""
    found = _DATE.fullmatch(text)
    month = _MONTHS.get(found[2].lower()) if found else None
    if found is None or month is None or int(found[3]) < _FIRST_YEAR:
        return None
    minutes = int(found[8]) * 60 + int(found[9])
    try:
        zone = timezone(timedelta(minutes=-minutes if found[7] == b"-" else minutes))
        return datetime(int(found[3]), month, int(found[1]), int(found[4]), int(found[5]), int(found[6]), tzinfo=zone)
    except ValueError:
        return None


_BODY = re.compile(rb"\d+ \((?:UID (\d+) )?BODY\[\] \{\d+\}", re.IGNORECASE)
_TAIL = re.compile(rb"(?: UID (\d+))?\)", re.IGNORECASE)


def bodies(answers: Answers) -> dict[int, bytes]:
    """Whole mails by UID. Flags of other mails may stand in between (RFC 3501 section 7).

    The two common shapes are read directly, all else by imapclient's parser.
    """
    result: dict[int, bytes] = {}
    odd: Answers = []
    rest = iter([*answers, b""])
    answer = next(rest)
    for tail in rest:
        uid = _uid_around(answer, tail)
        if uid is None:
            odd.append(answer)
            answer = tail
        else:
            result[uid] = answer[1]
            answer = next(rest, b"")
    odd += [answer] if answer else []
    if odd:
        for key, facts in parse_fetch_response(odd, normalise_times=False).items():
            body = facts.get(b"BODY[]")
            if isinstance(body, bytes) and key not in result:
                result[key] = body
    return result


def _uid_around(answer: Any, tail: Any) -> int | None:
    """The UID of a mail whose body came as one literal: before it, or behind."""
    if not isinstance(answer, tuple) or not isinstance(tail, bytes):
        return None
    head, end = _BODY.fullmatch(answer[0]), _TAIL.fullmatch(tail)
    if head is None or end is None:
        return None
    uid = head[1] or end[1]
    return int(uid) if uid else None


def answer_for(answers: Answers, uid: int) -> dict[bytes, Any]:
    """All that the server said of one mail; empty where it said nothing."""
    return dict(parse_fetch_response(answers, normalise_times=False).get(uid, {}))


_MESSAGE_ID = re.compile(rb"^message-id\s*:\s*<([^<>\s]+)>", re.IGNORECASE | re.MULTILINE)


def ids_named(answers: Answers) -> set[str]:
    """The Message-IDs in header fields that were fetched."""
    fields = (answer[1] for answer in answers if isinstance(answer, tuple))
    return {found[1].decode("ascii", "replace") for field in fields for found in _MESSAGE_ID.finditer(field)}


# -- large mails -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A node of BODYSTRUCTURE (RFC 3501 section 7.4.2)."""

    number: str
    """"" for the mail itself, as in BODY[HEADER]."""
    kind: str
    size: int = 0
    attached: bool = False
    boundary: bytes = b""
    children: tuple[Part, ...] = ()
    """Parts of a multipart; the one body of a message/rfc822."""

    @property
    def is_text(self) -> bool:
        """Worth fetching: somebody's words, or a report about a mail."""
        if self.kind in _REPORTS:
            return True
        return self.kind.startswith("text/") and not (self.attached and self.size > _SMALL_ATTACHMENT)

    def all(self) -> Iterator[Part]:
        """This part and all below it."""
        yield self
        for child in self.children:
            yield from child.all()


def structure(node: Any) -> Part:
    """The tree of a mail's parts from what imapclient makes of BODYSTRUCTURE.

    Raises:
        Unbuildable: it is too deep, has too many parts, or is no BODYSTRUCTURE.
    """
    try:
        tree = _part(node, "", "1", 0)
    except (TypeError, LookupError, ValueError, AttributeError) as error:
        raise Unbuildable from error
    if sum(1 for _ in tree.all()) > _MOST_PARTS:
        raise Unbuildable
    return tree


def _part(node: Any, prefix: str, number: str, depth: int) -> Part:
    """`prefix` numbers the children of a multipart, `number` is the part's own where it is none."""
    if depth > _DEEPEST:
        raise Unbuildable
    if isinstance(node[0], list | tuple):
        parts, rest = _children(node)
        inside = tuple(_part(part, f"{prefix}{i}.", f"{prefix}{i}", depth + 1) for i, part in enumerate(parts, start=1))
        boundary = _params(rest[1] if len(rest) > 1 else None).get(b"boundary", b"")
        return Part(number=number, kind=f"multipart/{_word(rest[0])}", boundary=boundary, children=inside)
    kind = f"{_word(node[0])}/{_word(node[1])}"
    size = node[6] if isinstance(node[6], int) else 0
    if kind == "message/rfc822" and len(node) > 8 and isinstance(node[8], list | tuple):
        body = _part(node[8], f"{number}.", f"{number}.1", depth + 1)
        return Part(number=number, kind=kind, size=size, children=(body,))
    where = 9 if kind.startswith("text/") else 8  # text has its count of lines before the extension data
    disposition = node[where] if len(node) > where else None
    attached = isinstance(disposition, tuple) and bool(disposition) and _word(disposition[0]) == "attachment"
    return Part(number=number, kind=kind, size=size, attached=attached)


def _children(node: Any) -> tuple[list[Any], Any]:
    if isinstance(node[0], list):  # imapclient has gathered them
        return node[0], node[1:]
    count = next((i for i, item in enumerate(node) if not isinstance(item, tuple)), len(node))
    return list(node[:count]), node[count:]


def _word(value: Any) -> str:
    return bytes(value).decode("ascii", "replace").lower() if isinstance(value, bytes) else ""


def _params(value: Any) -> dict[bytes, bytes]:
    if not isinstance(value, tuple):
        return {}
    words = [item if isinstance(item, bytes) else str(item).encode() for item in value]
    return {name.lower(): text for name, text in zip(words[::2], words[1::2], strict=False)}


def wanted(tree: Part, patience: Patience) -> list[str]:
    """The FETCH items for the headers of all parts and the text of those that have one."""
    items = ["BODY.PEEK[HEADER]"]
    left = 4 * patience.text_limit
    for part, has_own_header in _walk(tree, True):
        if has_own_header:
            items.append(f"BODY.PEEK[{part.number}.MIME]")
        if part.kind == "message/rfc822" and part.children:
            items.append(f"BODY.PEEK[{part.number}.HEADER]")
        elif not part.children and part.is_text and left > 0:
            items.append(f"BODY.PEEK[{part.number}]<0.{min(patience.text_limit, left)}>")
            left -= min(part.size, patience.text_limit)
    return items


def _walk(part: Part, is_root: bool) -> Iterator[tuple[Part, bool]]:
    """Parts with whether a MIME header of their own stands above them: the root of a message has the message's."""
    yield part, not is_root
    for child in part.children:
        yield from _walk(child, part.kind == "message/rfc822")


def rebuild(tree: Part, got: Mapping[bytes, Any]) -> bytes:
    """The mail without its attachments: all headers, the text, and an empty body for the rest.

    Raises:
        Unbuildable: the server did not send what holds the mail together.
    """
    header = _headed(got.get(b"BODY[HEADER]"))
    return header + _body(tree, header, got)


def _body(part: Part, header: bytes, got: Mapping[bytes, Any]) -> bytes:
    if part.kind == "message/rfc822" and part.children:
        inner = _headed(got.get(f"BODY[{part.number}.HEADER]".encode()))
        return inner + _body(part.children[0], inner, got)
    if part.kind.startswith("multipart/"):
        boundary = boundary_in(header) or part.boundary
        if not boundary:
            raise Unbuildable
        lines = []
        for child in part.children:
            above = _headed(got.get(f"BODY[{child.number}.MIME]".encode()))
            lines += [b"--" + boundary, above + _body(child, above, got)]
        return b"\r\n".join([*lines, b"--" + boundary + b"--", b""])
    text = got.get(f"BODY[{part.number}]<0>".encode(), got.get(f"BODY[{part.number}]".encode()))
    return text if isinstance(text, bytes) else b""


def _headed(header: Any) -> bytes:
    if not isinstance(header, bytes):
        raise Unbuildable
    return header.rstrip(b"\r\n") + b"\r\n\r\n" if header.strip() else b"\r\n"


_CONTENT_TYPE = re.compile(rb"^content-type[ \t]*:(.*(?:\r?\n[ \t].*)*)", re.IGNORECASE | re.MULTILINE)
_BOUNDARY = re.compile(rb';\s*boundary\s*=\s*(?:"([^"\r\n]{1,200})"|([^\s;"]{1,200}))', re.IGNORECASE)


def boundary_in(header: bytes) -> bytes:
    """The boundary that a reader of these header lines will look for; b"" where they name none."""
    line = _CONTENT_TYPE.search(header)
    found = _BOUNDARY.search(line[1]) if line else None
    return (found[1] or found[2]) if found else b""
