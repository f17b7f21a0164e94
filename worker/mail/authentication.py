"""Authentication-Results: what the receiving server found out about a mail (RFC 8601)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

MAX_RESULTS = 100
_SPACE = " \t\r\n"
_ENDS_WORD = frozenset(_SPACE + ';="(')
_MAILFROM = ("smtp.mailfrom", "smtp.mfrom", "smtp.mail")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One method's word: dkim=pass header.d=example.com."""

    method: str
    value: str
    properties: tuple[tuple[str, str], ...] = ()

    def get(self, *names: str) -> str:
        """The first property of one of these names, "" where there is none."""
        return next((value for name, value in self.properties if name in names), "")

    def domain(self) -> str:
        """The domain that the result speaks of: From for dmarc, the signer for dkim, the envelope for spf."""
        if self.method == "dmarc":
            return normal_domain(self.get("header.from"))
        if self.method == "dkim":
            return normal_domain(self.get("header.d") or self.get("header.i").rpartition("@")[2])
        if self.method == "spf":
            return normal_domain(self.get(*_MAILFROM).rpartition("@")[2])
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """One Authentication-Results field."""

    authserv: str
    """Who says it, in lower case; "" where the field does not tell (Exchange Online)."""
    results: tuple[Result, ...]
    whole: bool = True
    """False where a comment or a quoted string does not end: nothing in it can be believed."""

    def of(self, method: str) -> tuple[Result, ...]:
        return tuple(result for result in self.results if result.method == method)


def read_results(value: str) -> Results:
    """One field's value, unfolded: comments, quoted strings, versions and any number of results. Never raises."""
    tokens = list(_tokens(value))
    segments = _segments(tokens)
    authserv = ""
    first = segments[0] if segments else []
    if first and (len(first) == 1 or first[1] != "="):
        authserv = first[0].lower()
        segments = segments[1:]
    found = [result for segment in segments[:MAX_RESULTS] if (result := _result(segment)) is not None]
    return Results(authserv=authserv, results=tuple(found), whole=_BROKEN not in tokens)


def normal_domain(domain: str) -> str:
    """A domain in lower case and ASCII (RFC 5890), so that both spellings of one name compare equal."""
    domain = domain.strip().strip("<>").rstrip(".").lower()
    if domain.isascii():
        return domain
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return domain


def is_at_or_below(domain: str, parent: str) -> bool:
    """Whether a domain is this one or lies below it. A single label (com) is nobody's parent."""
    return domain == parent or ("." in parent and domain.endswith("." + parent))


_BROKEN = "\0broken"
"""Stands in the tokens where a comment or a quoted string does not end."""


def _tokens(value: str) -> Iterator[str]:
    """Words, ";" and "="; comments dropped, quoted strings opened and joined to the word they stand in."""
    at, word, quoted = 0, "", False
    while at < len(value):
        char = value[at]
        if char == "(":
            at = _after_comment(value, at)
            if at > len(value):
                yield _BROKEN
            char = " "
        elif char == '"':
            text, at = _quoted(value, at + 1)
            word, quoted = word + text, True
            if at > len(value):
                yield _BROKEN
            continue
        elif char not in _ENDS_WORD:
            end = at
            while end < len(value) and value[end] not in _ENDS_WORD:
                end += 1
            word, at = word + value[at:end], end
            continue
        else:
            at += 1
        if word or quoted:
            yield word
        word, quoted = "", False
        if char in ";=":
            yield char
    if word:
        yield word


def _after_comment(value: str, at: int) -> int:
    """The place behind a comment, which may hold others; beyond the end where it does not end."""
    depth = 0
    while at < len(value):
        char = value[at]
        if char == "\\":
            at += 1
        elif char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
            if depth == 0:
                return at + 1
        at += 1
    return len(value) + 1


def _quoted(value: str, at: int) -> tuple[str, int]:
    out: list[str] = []
    while at < len(value):
        char = value[at]
        if char == '"':
            return "".join(out), at + 1
        if char == "\\" and at + 1 < len(value):
            at += 1
            char = value[at]
        out.append(char)
        at += 1
    return "".join(out), len(value) + 1


def _segments(tokens: list[str]) -> list[list[str]]:
    segments: list[list[str]] = [[]]
    for token in tokens:
        if token == ";":
            segments.append([])
        elif token != _BROKEN:
            segments[-1].append(token)
    return segments


def _result(segment: list[str]) -> Result | None:
    """method[/version]=result, then name=value pairs; a word without "=" says nothing."""
    if len(segment) < 3 or segment[1] != "=":
        return None
    pairs: list[tuple[str, str]] = []
    at = 3
    while at < len(segment):
        if at + 2 < len(segment) and segment[at + 1] == "=":
            pairs.append((segment[at].lower(), segment[at + 2]))
            at += 3
        elif segment[at] == "=":  # "smtp.mailfrom=a=b@example.com": the value goes on
            if pairs and at + 1 < len(segment):
                pairs[-1] = (pairs[-1][0], f"{pairs[-1][1]}={segment[at + 1]}")
            at += 2
        else:
            at += 1
    method = segment[0].partition("/")[0].strip().lower()
    return Result(method=method, value=segment[2].lower(), properties=tuple(pairs))
