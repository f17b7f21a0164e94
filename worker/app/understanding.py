"""A mail understood: its words by the signals, and an attached PDF by its signature fields."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from worker.core.model import Address, Event, Evidence, Kind, Message, Party, RawMail, Reading, Speaker, Strength, Trust
from worker.core.signal import Signals
from worker.io.pdf import PdfFault, Signatures, may_be_signed, read_signatures
from worker.mail.attachments import attached_pdfs, is_pdf
from worker.mail.parse import parse
from worker.signals.detect import detect
from worker.signals.particulars import document_kind
from worker.signals.voices import Voice

SIGNAL = "pdf.signature"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_READ = frozenset({Kind.HUMAN, Kind.NOTICE})


def understand(raw: RawMail, reading: Reading, signals: Signals) -> tuple[Message, tuple[Evidence, ...]]:
    """A mail and what it shows. Never raises: what cannot be read is a defect of the message."""
    message = parse(raw, reading)
    evidence = detect(message, signals, reading)
    if not _may_show_more(message, evidence):
        return message, evidence
    evidence, defects = _with_signed_pdfs(message, raw.data, evidence, signals)
    return replace(message, defects=(*message.defects, *defects)), evidence


def detected(message: Message, data: bytes, signals: Signals, reading: Reading) -> tuple[Evidence, ...]:
    """What a mail that has been parsed already shows; `data` are its bytes."""
    evidence = detect(message, signals, reading)
    return _with_signed_pdfs(message, data, evidence, signals)[0] if _may_show_more(message, evidence) else evidence


def _may_show_more(message: Message, evidence: tuple[Evidence, ...]) -> bool:
    """Whether a PDF hangs on the mail, and no words have said what it might."""
    if message.kind not in _READ or not any(is_pdf(file) for file in message.attachments):
        return False
    return not any(one.event is Event.SIGNED and one.strength is not Strength.WEAK for one in evidence)


def _with_signed_pdfs(
    message: Message, data: bytes, evidence: tuple[Evidence, ...], signals: Signals
) -> tuple[tuple[Evidence, ...], list[str]]:
    """Add what the signature fields show: likely evidence, since nobody has verified the signature.

    A PDF is opened only where it may be signed, and only by a child process.
    """
    found: dict[Event, Evidence] = {}
    defects: list[str] = []
    for name, content in attached_pdfs(data):
        if not may_be_signed(content):
            continue
        try:
            signatures = read_signatures(content)
        except PdfFault as fault:
            defects.append(f"{name or 'a PDF'} could not be looked into: {fault}")
            continue
        if signatures.signers:
            one = _evidence(name, signatures, message, signals)
            found.setdefault(one.event, one)
    kept = tuple(one for one in evidence if one.event not in found or one.strength is Strength.CERTAIN)
    added = tuple(one for one in found.values() if all(one.event is not other.event for other in kept))
    return (*kept, *added), defects


def _evidence(name: str, signatures: Signatures, message: Message, signals: Signals) -> Evidence:
    ours = message.trust is Trust.TEAM
    # Our own signature, sent out for the other one, completes nothing.
    whole = not signatures.empty and not (ours and len(signatures.signers) == 1)
    speaker = Speaker.OWNER if ours else Speaker.NOTARY if message.trust is Trust.NOTARY else Speaker.CONTACT
    by = message.sender.address if message.sender else None
    voice = Voice(speaker=speaker, by=by, text="", subject=message.subject, attachments=(name,))
    document, kind = document_kind(name, "", voice, signals)
    named = ", ".join(dict.fromkeys(filter(None, signatures.signers)))
    quote = f"{name or 'the PDF'}: signed{f' by {named}' if named else ''}"
    if signatures.empty:
        quote += f", {signatures.empty} signature field{'s' if signatures.empty > 1 else ''} still empty"
    return Evidence(
        event=Event.SIGNED if whole else Event.PARTLY_SIGNED,
        strength=Strength.LIKELY,
        quote=quote,
        signal=SIGNAL,
        found_in=message.id,
        at=message.at or _EPOCH,
        speaker=speaker,
        by=by,
        document=(document or name)[:200],
        document_kind=kind,
        people=tuple(Party(address=Address(""), name=signer) for signer in dict.fromkeys(signatures.signers) if signer),
    )
