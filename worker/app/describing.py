"""A mail explained to a person: what sort it is, who vouches for it, what it shows, where, and what would follow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from worker.core.model import Action, Evidence, Kind, Message, Party, Strength

if TYPE_CHECKING:
    from worker.app.foresight import Foreseen

MAX_TEXT = 4000
MAX_DEFECTS = 10
_KINDS = {
    Kind.HUMAN: "written by a person",
    Kind.AUTO_REPLY: "an automatic answer",
    Kind.BOUNCE: "a bounce: our mail did not arrive",
    Kind.COMPLAINT_REPORT: "a report that somebody called our mail spam",
    Kind.NOTICE: "a notice of a service, written by a machine",
    Kind.BULK: "a newsletter or a mailing list",
    Kind.OWN: "our own copy coming back",
}
_TRUST = {
    "none": "nothing proves who sent it, so it may stop us but start nothing",
    "aligned": "it comes from where it says",
    "team": "it is from our own team",
    "notary": "it comes from a service whose notices count",
}
_STRENGTH = {
    Strength.CERTAIN: "certain",
    Strength.LIKELY: "likely, so the owner would be asked",
    Strength.WEAK: "weak, so it is only counted",
}
_ACTIONS = {
    Action.STAGE: "the deal is now", Action.SEND: "send", Action.TASK: "give the owner a task",
    Action.ASK: "ask the owner", Action.ALERT: "alert the owner", Action.HOLD: "hold what is planned",
    Action.STOP: "stop",
}  # fmt: skip


def describe(
    path: str,
    message: Message,
    evidence: Sequence[Evidence],
    *,
    marked: bool = False,
    proof: str = "",
    foreseen: Foreseen | None = None,
) -> str:
    """What the worker sees in a mail, every quote marked where it stands.

    Args:
        marked: the output is a terminal, so a quote is shown in reverse video as well.
        proof: why the mail is trusted as far as it is.
        foreseen: what would follow; None where no state was read.
    """
    lines = [_bold(path, marked), *_head(message, proof), *_special(message)]
    lines += [f"  {'!':>8}  {defect}" for defect in message.defects[:MAX_DEFECTS]]
    if len(message.defects) > MAX_DEFECTS:
        lines.append(f"  {'!':>8}  and {len(message.defects) - MAX_DEFECTS} more faults")
    lines += ["", *_shown(evidence), "", *_words(message, evidence, marked)]
    lines += _follows(foreseen)
    return "\n".join(lines).rstrip() + "\n\n"


def _row(label: str, value: str) -> str:
    return f"  {label:>8}  {value}"


def _head(message: Message, proof: str) -> list[str]:
    rows = [_row("From", _party(message.sender) if message.sender else "nobody that can be named")]
    if message.to:
        rows.append(_row("To", _parties(message.to)))
    if message.cc:
        rows.append(_row("Cc", _parties(message.cc)))
    if message.date:
        rows.append(_row("Date", f"{message.date:%A, %-d %B %Y %H:%M %z}"))
    rows.append(_row("Subject", message.subject or "(none)"))
    kind = f"{_KINDS[message.kind]}{f', in {_LANGUAGES[message.language]}' if message.language in _LANGUAGES else ''}"
    rows.append(_row("Kind", kind))
    why = f" ({proof})" if proof else ""
    rows.append(_row("Trust", f"{message.trust.value}: {_TRUST[message.trust.value]}{why}"))
    if message.attachments:
        names = [file.name or file.content_type for file in message.attachments]
        rows.append(_row("Attached", ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")))
    return rows


_LANGUAGES = {
    "en": "English", "de": "German", "fr": "French", "es": "Spanish", "it": "Italian", "nl": "Dutch",
    "pt": "Portuguese", "pl": "Polish", "sv": "Swedish", "da": "Danish", "no": "Norwegian", "ja": "Japanese",
}  # fmt: skip


def _special(message: Message) -> list[str]:
    """Absence, bounce, forward and calendar."""
    rows = []
    if message.absence is not None:
        absence = message.absence
        gone = "has left the company" if absence.left_company else "is away"
        until = f", back on {absence.until:%A, %-d %B %Y}" if absence.until else ""
        until = until or ("" if absence.left_company else ", and does not say for certain until when")
        rows.append(_row("Absence", gone + until + (f"; write to {absence.successor}" if absence.successor else "")))
    if message.bounce is not None:
        whom = ", ".join(message.bounce.recipients[:10]) or "somebody whom it does not name"
        how = "for good" if message.bounce.permanent else "for now; the server goes on trying"
        rows.append(_row("Bounce", f"did not reach {whom}, {how}"))
    if message.forwarded is not None:
        inner = message.forwarded
        by = _party(inner.sender) if inner.sender else "somebody who is not named"
        when = f", {inner.date}" if inner.date else ""
        about = f": {inner.subject}" if inner.subject else ""
        rows.append(_row("Forwards", f"a mail of {by}{when}{about}"))
    if message.calendar:
        rows.append(_row("Calendar", message.calendar.lower()))
    return rows


def _shown(evidence: Sequence[Evidence]) -> list[str]:
    if not evidence:
        return ["  It shows nothing that counts."]
    rows = ["  What it shows:"]
    for number, item in enumerate(evidence, 1):
        rows.append(f"  [{number}] {item.event.value.replace('_', ' ')}, {_STRENGTH[item.strength]}{_details(item)}")
        rows.append(f'      because it says "{item.quote}" ({item.signal})')
    return rows


def _details(item: Evidence) -> str:
    facts = [
        f"{item.amount} {item.currency}".strip(),
        f"invoice {item.invoice}" if item.invoice else "",
        f"from {item.payer}" if item.payer else "",
        f"{item.document_kind} {item.document}".strip(),
        f"on {item.day:%A, %-d %B %Y}" if item.day else "",
        ", ".join(p.name or p.address for p in item.people),
    ]
    said = "; ".join(fact for fact in facts if fact)
    return f": {said}" if said else ""


# -- the words, with the quotes marked in them ----------------------------------------------------


def _words(message: Message, evidence: Sequence[Evidence], marked: bool) -> list[str]:
    """The new text, and of a forward or a notice what it rests on; each quote marked once, where it stands first."""
    found: list[str] = []
    unseen = {number: item.quote for number, item in enumerate(evidence, 1)}
    pieces = [("The subject:", message.subject), ("The new text:", message.text)]
    if message.kind not in (Kind.HUMAN, Kind.AUTO_REPLY) and message.full_text.strip() != message.text.strip():
        pieces[1] = ("All of its text:", message.full_text)
    if message.forwarded is not None:
        pieces += [("The subject that it forwards:", message.forwarded.subject),
                   ("The text that it forwards:", message.forwarded.text)]  # fmt: skip
    for title, text in pieces:
        is_subject = "subject" in title
        shown, seen = with_marks(text[:MAX_TEXT], unseen, marked)
        unseen = {number: quote for number, quote in unseen.items() if number not in seen}
        if text.strip() and (seen or not is_subject):
            rest = [f"  | ... {len(text) - MAX_TEXT} more characters"] if len(text) > MAX_TEXT else []
            found += [f"  {title}", *(f"  | {line}" for line in shown.strip("\n").split("\n")), *rest, ""]
    return found


def with_marks(text: str, quotes: dict[int, str], marked: bool = False) -> tuple[str, set[int]]:
    """The text with each quote between »n and «, and the numbers of those that were found in it."""
    spans: list[tuple[int, int, list[int]]] = []
    for number, quote in quotes.items():
        span = _find(text, quote)
        if span is None:
            continue
        over = next((one for one in spans if span[0] < one[1] and one[0] < span[1]), None)
        if over is not None:
            over[2].append(number)
        else:
            spans.append((*span, [number]))
    for start, end, numbers in sorted(spans, key=lambda one: -one[0]):
        quote = f"»{','.join(map(str, numbers))} {text[start:end]}«"
        text = text[:start] + (f"\x1b[7m{quote}\x1b[0m" if marked else quote) + text[end:]
    return text, {number for _, _, numbers in spans for number in numbers}


def _find(text: str, quote: str) -> tuple[int, int] | None:
    """Where a quote stands, white space left aside."""
    words = quote.split()
    if not words:
        return None
    start = text.find(words[0])
    while start >= 0:
        place = start
        for word in words:
            while place < len(text) and text[place].isspace():
                place += 1
            if not text.startswith(word, place):
                break
            place += len(word)
        else:
            return start, place
        start = text.find(words[0], start + 1)
    return None


# -- what follows ---------------------------------------------------------------------------------


def _follows(foreseen: Foreseen | None) -> list[str]:
    if foreseen is None:
        return ["  No state was read: which deal it belongs to is not known here."]
    deal = foreseen.deal
    if deal is None:
        return [f"  It belongs to no deal: {foreseen.why or 'nothing in it names one'}."]
    stage = f"{deal.stage.bucket.value}, {deal.stage.value.replace('_', ' ')}"
    opens = "It would open a deal" if foreseen.is_new else "It belongs to"
    rows = [f"  {opens}: {deal.title} [{deal.ref}], {stage} ({foreseen.why or 'by its people'})"]
    if not foreseen.decisions:
        return [*rows, "  Nothing rests on it." if foreseen.is_known else "  Nothing would follow at once."]
    rows.append("  What the worker made of it:" if foreseen.is_known else "  What the worker would do now:")
    for row in foreseen.decisions:
        what = row.stage.value.replace("_", " ") if row.action is Action.STAGE and row.stage else row.template
        to = f" to {', '.join(row.to)}" if row.to and row.action is Action.SEND else ""
        rows.append(f"    - {' '.join(filter(None, (_ACTIONS[row.action], what)))}{to}: {row.why}")
    return rows


def _party(party: Party) -> str:
    return f"{party.name} <{party.address}>" if party.name and party.address else party.address or party.name


def _parties(parties: Sequence[Party]) -> str:
    shown = ", ".join(_party(one) for one in parties[:6])
    return f"{shown} and {len(parties) - 6} more" if len(parties) > 6 else shown


def _bold(text: str, marked: bool) -> str:
    return f"\x1b[1m{text}\x1b[0m" if marked else text
