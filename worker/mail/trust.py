"""How far a mail is who it says it is. Default closed.

What is believed is one thing: the word of the receiving server in its own Authentication-Results (RFC
8601), set in WORKER_TRUSTED_AUTHSERV as that server calls itself:

- a name, `mx.example.com` (Postfix with OpenDKIM and OpenDMARC, Rspamd), `mx.google.com` (Gmail);
- a name with a star for its first label, `*.messagingengine.com` (Fastmail, whose servers have numbers);
- the word `microsoft` for Exchange Online, which writes no name. Then the topmost field counts if it
  bears no name and has Exchange's own `compauth`. Set it for a mailbox in Exchange Online only: that is
  where every mail from outside gets such a field on top of its own;
- several of these, with commas between.

What an attacker can do, and what holds him:

- He may write any Authentication-Results he likes into his mail. The server writes its own above them,
  so only the topmost counts; where it bears another name, nobody vouches for the mail.
- He may write our server's name. A server has to take such fields out (RFC 8601 section 5), but not all
  do. So a second field of that name never adds to the first, except in the one place that he cannot
  reach: above the topmost Received, which the server itself writes on top of what it is sent (a stack of
  OpenDKIM, an SPF filter and OpenDMARC writes there). Such a field may always take away: any
  dmarc=fail in the stack makes it none.
- If the server writes no field for a mail (it was exempt, or a filter was down) and takes no forged ones
  out, his would be the topmost. Nobody can see that in the mail: the server must do its part.
- He may put text of his into a result, by his envelope address. A comment or string that does not end
  makes the whole field void, and two dmarc results that differ make it none.

Aligned means DMARC's alignment (RFC 7489 section 3.1) with the one address in From: dmarc=pass for exactly
that domain; or, where the domain publishes no policy, a DKIM or SPF pass for the domain itself, one below
it or one above it. That is narrower than an organisational domain (two subdomains side by side are not
aligned) and needs no list of public suffixes: who signs for a parent owns what lies below.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from worker.core.domains import is_below_any
from worker.core.model import Address, Party, Reading, Trust
from worker.mail.authentication import Results, is_at_or_below, normal_domain, read_results
from worker.mail.lookalike import imitates

if TYPE_CHECKING:
    from worker.mail.headers import Headers

MICROSOFT = "microsoft"
"""The word in WORKER_TRUSTED_AUTHSERV that stands for Exchange Online."""
_FIELD = "authentication-results"
_NO_POLICY = frozenset({"none", "bestguesspass"})
"""DMARC results that say that the domain publishes no policy (bestguesspass is Exchange's)."""
_MAX_FIELDS = 50
_WIDE_AT = "\uff20"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The trust of a mail and the reason."""

    trust: Trust
    why: str
    defects: tuple[str, ...] = ()


def judge(headers: Headers, sender: Party | None, recipients: tuple[Address, ...], reading: Reading) -> Verdict:
    """Judge a mail by the receiving server's verdict, or by our secret token in an address of a team member's mail.

    `recipients` are the addresses of To, Cc and Delivered-To. See the module for what is believed.
    """
    if sender is None or len(headers.all("from")) != 1:
        return _none("there is not exactly one address in From")
    domain = normal_domain(sender.address.rpartition("@")[2])
    stack, defects = _stack(headers, reading.trusted_authserv)
    aligned, why = _alignment(stack, domain) if reading.trusted_authserv else (False, "no server's verdict is trusted")
    trick = _trick(headers, sender, domain, reading)
    if trick:
        return _none(trick, (*defects, trick))
    if not aligned:
        if not _refused(stack) and reading.is_team(sender.address) and _has_token(recipients, reading):
            return Verdict(trust=Trust.TEAM, why="a member of the team used the secret address", defects=defects)
        return _none(why, defects)
    if reading.is_team(sender.address):
        return Verdict(trust=Trust.TEAM, why=f"a member of the team; {why}", defects=defects)
    if is_notary(domain, reading):
        return Verdict(trust=Trust.NOTARY, why=f"a service whose notices count; {why}", defects=defects)
    return Verdict(trust=Trust.ALIGNED, why=why, defects=defects)


def _none(why: str, defects: tuple[str, ...] = ()) -> Verdict:
    return Verdict(trust=Trust.NONE, why=why, defects=defects)


# -- what the server said -----------------------------------------------------------------


def _stack(headers: Headers, trusted: str) -> tuple[tuple[Results, ...], tuple[str, ...]]:
    """The trusted server's fields from the top; those behind the first only where they cannot be forged.

    The first is the one that speaks; `_alignment` looks at the others.
    """
    if not trusted:
        return (), ()
    found: list[Results] = []
    received_above = between = received_below = False
    stray = False
    for name, raw in headers.fields:
        if name == "received":
            received_above = received_above or not found
            between = bool(found)
            received_below = received_below or bool(found)
        elif name == _FIELD and len(found) < _MAX_FIELDS:
            results = read_results(raw.decode("utf-8", "replace"))
            if not found and not _speaks(results, trusted):
                return (), ()
            if found and (between or results.authserv != found[0].authserv):
                between = True
                stray = stray or results.authserv == found[0].authserv
                continue
            found.append(results)
    defects = ("a second Authentication-Results in our server's name, further down",) if stray else ()
    if received_above or not received_below:
        return tuple(found[:1]) + tuple(_refusals(found[1:])), defects
    return tuple(found), defects


def _refusals(fields: list[Results]) -> list[Results]:
    """Of fields that may be forged, those that speak against the mail."""
    return [field for field in fields if any(one.value not in {"pass", *_NO_POLICY} for one in field.of("dmarc"))]


def _speaks(results: Results, trusted: str) -> bool:
    """Whether it is a trusted server's own field."""
    for name in trusted.lower().split(","):
        name = name.strip()
        if name == MICROSOFT:
            if not results.authserv and results.of("compauth"):
                return True
        elif name.startswith("*."):
            if results.authserv.endswith(name[1:]) and len(results.authserv) > len(name) - 1:
                return True
        elif name and results.authserv == name:
            return True
    return False


def _refused(stack: tuple[Results, ...]) -> bool:
    """Whether the server says in so many words that the mail is not its sender's."""
    return any(one.value not in {"pass", *_NO_POLICY} for field in stack for one in field.of("dmarc"))


def _alignment(stack: tuple[Results, ...], domain: str) -> tuple[bool, str]:
    """Whether the stack says that the mail is of this domain, and why."""
    if not stack:
        return False, "no Authentication-Results of the trusted server on top"
    if not domain or not all(field.whole for field in stack):
        return False, "the server's Authentication-Results is broken"
    if _refused(stack):
        return False, "the server says that DMARC failed"
    verdicts = [one for field in stack for one in field.of("dmarc") if one.value == "pass"]
    if verdicts:
        good = all(one.domain() == domain for one in verdicts)
        return good, f"dmarc=pass for {domain}" if good else "dmarc=pass is for another domain than From"
    for field in stack:
        for method in ("dkim", "spf"):
            for one in field.of(method):
                if one.value == "pass" and _is_relative(one.domain(), domain):
                    return True, f"{method}=pass for {one.domain()}, aligned with {domain}"
    return False, "no result is aligned with From"


def _is_relative(one: str, other: str) -> bool:
    return bool(one) and (is_at_or_below(one, other) or is_at_or_below(other, one))


# -- what the mail tries --------------------------------------------------------------------


def _trick(headers: Headers, sender: Party, domain: str, reading: Reading) -> str:
    """What the mail does to look like somebody else's, "" where it does nothing of the kind."""
    if is_notary(domain, reading):
        return ""  # DocuSign writes "ann@client.example via Docusign", and answers go to the client
    for named in _addresses_in(sender.name):
        if named != sender.address:
            return f"the name in From is another address: {named}"
    known = _known(reading.notaries, reading.team, reading.address)
    imitated = imitates(domain, known)
    if imitated:
        return f"{domain} looks like {imitated}"
    if reading.is_team(sender.address) or _is_ours(domain, reading):
        return ""
    if headers.has("reply-to"):
        from worker.mail.headers import addresses

        for party in addresses(headers.all("reply-to")):
            answered = normal_domain(party.address.rpartition("@")[2])
            if answered != domain and is_below_any(answered, known):
                return f"answers go to {party.address}, who did not write it"
    return ""


def _addresses_in(name: str) -> list[str]:
    """Addresses inside a display name, in lower case."""
    if "@" not in name and _WIDE_AT not in name:
        return []
    words = name.lower().replace(_WIDE_AT, "@").replace("<", " ").replace(">", " ").split()
    bare = [word.strip("\"'()[],;:") for word in words]
    return [word for word in bare if "." in word.rpartition("@")[2] and word.partition("@")[0]]


def is_notary(domain: str, reading: Reading) -> bool:
    """Whether a domain is a service's whose notices count, or lies below it."""
    return is_below_any(domain, reading.notaries)


def _is_ours(domain: str, reading: Reading) -> bool:
    return domain == reading.address.rpartition("@")[2]


@lru_cache(maxsize=64)
def _known(notaries: frozenset[str], team: tuple[str, ...], address: str) -> frozenset[str]:
    """The domains that somebody would imitate: the services', the team's where the team owns it, and ours."""
    firm = {one[1:] for one in team if one.startswith("@")} | {address.rpartition("@")[2]}
    return frozenset(normal_domain(one) for one in (*notaries, *firm) if one)


def _has_token(recipients: tuple[Address, ...], reading: Reading) -> bool:
    """Whether a recipient is our address with the secret: deals+TOKEN@ or deals+TOKEN.TAG@."""
    token = reading.token.lower().encode()
    if not token:
        return False
    for address in recipients:
        if not reading.is_ours(address):
            continue
        detail = address.rpartition("@")[0].partition("+")[2].encode()
        same = hmac.compare_digest(detail[: len(token)], token)
        if same and detail[len(token) : len(token) + 1] in (b"", b"."):
            return True
    return False
