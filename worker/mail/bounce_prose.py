"""A bounce in words only: whom it was for, and whether the server has given up.

Servers that follow no standard still write alike: a line that announces ("could not be delivered to the
following addresses"), the addresses at the beginning of lines, a line that divides, and what came back.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from worker.core.model import Address, MessageId
from worker.mail import bounce_words

MAX_TEXT = 64 * 1024
MAX_LINES = 400
MAX_RECIPIENTS = 500
_MAX_LINE = 1000
_ARMED_LINES = 12
"""So many lines after an announcement, an address at the beginning of a line is a recipient."""
_BARE_LINES = 2
_BULLETS = " \t<>\"'*-[](|:•·="
_NOBODY = frozenset({"mailer-daemon", "postmaster", "mailadmin", "abuse", "noreply", "no-reply", "hostmaster"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Prose:
    """What a server's words say."""

    recipients: tuple[Address, ...]
    said: bool
    """Whether they say at all that something did not arrive."""
    sure: bool
    """Whether the recipients stand where a server names them, and not just somewhere."""
    of_mail: bool
    """Whether it is mail that did not arrive."""
    permanent: bool
    original: MessageId | None


def read_prose(text: str, *, subject: str, domain: str, ignore: frozenset[str]) -> Prose:
    """Read a report in words.

    `domain` is the server's, for a name without one; `ignore` are addresses that are not meant: our own.
    """
    text = text[:MAX_TEXT]
    top, returned = _divide(text)
    low = f"{subject}\n{top}".lower()
    waits = bounce_words.delayed().search(low) is not None and bounce_words.given_up().search(low) is None
    said = waits or bounce_words.failed().search(low) is not None
    best, found = _recipients(top, domain, ignore)
    return Prose(
        recipients=tuple(found)[:MAX_RECIPIENTS],
        said=said or best == 3,
        sure=best >= 2,
        of_mail=bounce_words.of_mail().search(low) is not None,
        permanent=not waits,
        original=_returned_id(returned),
    )


def _divide(text: str) -> tuple[str, str]:
    """The server's own words, and the mail that it gives back."""
    at = 0
    for line in text.split("\n")[:MAX_LINES]:
        if _divider().search(line[:_MAX_LINE].strip().lower()):
            return text[:at], text[at:]
        at += len(line) + 1
    return text[:at], text[at:]


def _recipients(top: str, domain: str, ignore: frozenset[str]) -> tuple[int, dict[Address, None]]:
    """The recipients that are named best, and how well: 3 in a list, 2 in a sentence, 1 anywhere."""
    ranks: dict[int, dict[Address, None]] = {1: {}, 2: {}, 3: {}}
    armed = 0
    bare: list[str] = []
    for line in top.split("\n")[:MAX_LINES]:
        line = line[:_MAX_LINE]
        low = line.strip().lower()
        if not low:
            continue
        for rank, address in _rank_line(low, armed > 0):
            if address not in ignore and address.partition("@")[0] not in _NOBODY:
                ranks[rank][address] = None
        name = _bare_name(line) if armed > _ARMED_LINES - _BARE_LINES and "@" not in low else None
        if name:
            bare.append(name)
            armed = 0
            continue
        armed = _ARMED_LINES if _announces().search(low) else armed - 1
    if bare and not ranks[3]:
        for name in bare:
            for home in _homes(top) or [domain]:
                ranks[3][Address(f"{name}@{home}")] = None
    best = next((rank for rank in (3, 2, 1) if ranks[rank]), 0)
    return best, ranks.get(best, {})


def _rank_line(low: str, armed: bool) -> list[tuple[int, Address]]:
    """Each address of a line with how surely it is a recipient."""
    found = []
    for number, hit in enumerate(_address().finditer(low)):
        address = _clean(hit.group())
        lead = low[: hit.start()].strip(_BULLETS)
        rest = low[hit.end() :].lstrip(">])\"' ")
        if lead.endswith(("expanded from", "originally addressed to")):
            rank = 3
        elif lead.endswith(("from", "contact", "mailto", "visit", "sender", "by")):
            continue
        elif number == 0 and not lead and (armed or rest.startswith(":") or bounce_words.failed().search(rest)):
            rank = 3
        elif armed or _labels().search(low) or bounce_words.failed().search(low):
            rank = 2
        else:
            rank = 1
        if address:
            found.append((rank, address))
    return found


def _clean(word: str) -> Address | None:
    for kind in ("smtp=", "rfc822=", "smtp:"):
        word = word.rpartition(kind)[2]
    word = word.strip("'\"=*/.-")
    local, _, domain = word.rpartition("@")
    return Address(word) if local and "." in domain and not domain.endswith((".png", ".jpg", ".gif")) else None


def _bare_name(line: str) -> str | None:
    """A name without a domain, alone on its line or before a reason that stands apart."""
    if line[:1] not in (" ", "\t"):
        return None
    name, _, rest = line.strip().replace("\t", "  ").partition("  ")
    plain = name.lower().strip("<>\"'")
    good = 2 <= len(plain) <= 64 and plain.isascii() and all(c.isalnum() or c in "._-+" for c in plain)
    return plain if good and (rest or plain == name.lower()) else None


def _homes(top: str) -> list[str]:
    """Domains of which the server says that its people can be mailed at NAME@domain."""
    return list(dict.fromkeys(hit.group(1).lower().rstrip(".") for hit in _placeholder().finditer(top)))


def _returned_id(returned: str) -> MessageId | None:
    for line in returned.split("\n")[:MAX_LINES]:
        name, colon, value = line[:_MAX_LINE].lstrip("> \t").partition(":")
        if colon and name.lower() == "message-id":
            found = value.strip().strip("<>").strip()
            return MessageId(found) if found else None
    return None


@lru_cache(maxsize=1)
def _divider() -> Any:
    """A line behind which the mail itself comes back."""
    import re2

    copy = r"original m|original-m|copy of|below (?:this|the)|returned m|unsent m|message (?:text|header|body)|start of"
    foreign = r"mensaje original|message d'origine|message original|ursprüngliche nachricht|messaggio originale"
    header = r"^>? ?(?:received|return-path|message-id|delivered-to|dkim-signature|mime-version|x-[a-z-]+): "
    plain = (
        r"^(?:the )?original message(?: (?:follows|details|headers|as received|attached|header).*)?[.:]?$"
        r"|^original message |^(?:included|here|this) is a copy|^a copy of the original message|^message headers follow"
        r"|your message reads|^a summary of the undelivered|^the first \d+ lines of|^old message:|transcript"
    )
    dashed = rf"^[-=|*_~+ ]{{2,}} ?.*(?:{copy}|{foreign}|forwarded message|attachment is|the header|копия)"
    return re2.compile(f"{header}|{plain}|{dashed}")


@lru_cache(maxsize=1)
def _announces() -> Any:
    """A line behind which recipients are listed."""
    import re2

    return re2.compile(
        r"following (?:e-?mail )?(?:recipient|address|user|destination|person|:)|to (?:this|these|the) (?:e-?mail )?"
        r"(?:address|recipient)|delivered to:?$|addressed to|addresses follow|failed (?:recipient|address)"
        r"|(?:recipient|address)(?:e?s|\(e?s\))? .{0,60}(?:fail|not|fatal|permanent).{0,60}:?$|the following:"
        r"|folgende[nr]? (?:empfänger|adresse)|destinataires? (?:suivant|ci-)|siguientes? (?:destinatario|direcci)"
        r"|seguent[ei] (?:destinatari|indirizz)|volgende (?:geadresseerde|ontvanger|adres)|(?:seguintes?) (?:destinat"
        r"|ender)"
        r"|następujący\w* (?:adres|odbiorc)|följande (?:mottagare|adress)|følgende (?:modtager|mottaker|adresse)"
        r"|seuraav\w+ (?:vastaanottaj|osoitte)|delivre a$|ces destinataires|diese empfänger"
        r"|次の(?:受信者|宛先|アドレス)"
    )


@lru_cache(maxsize=1)
def _labels() -> Any:
    """Words before an address in a sentence that make it a recipient."""
    import re2

    return re2.compile(
        r"recipient ?:|address ?:|error-for:|your (?:message|mail|e-?mail) to|message was addressed|addressed to"
        r"|following recipient|intended recipient|to local user|rcpt to|message to .{0,80} (?:was|could|has)"
    )


@lru_cache(maxsize=1)
def _address() -> Any:
    import re2

    return re2.compile(r"[\w.!#$%&'*+/=?^{|}~-]{1,64}@[a-z0-9_-]+(?:\.[a-z0-9_-]+)+")


@lru_cache(maxsize=1)
def _placeholder() -> Any:
    import re2

    return re2.compile(r"(?:e?-?mailing|e?-?mail|write|writing)(?: to)? NAME@([A-Za-z0-9.-]+)")
