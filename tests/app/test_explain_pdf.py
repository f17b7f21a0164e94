"""A signed PDF is likely evidence; a hostile one costs its limit and is named."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from pathlib import Path

import pytest

from worker.app.understanding import understand
from worker.core.model import Address, Event, Evidence, Message, Place, RawMail, Reading, Strength
from worker.io.pdf import PdfFault, may_be_signed, read_signatures
from worker.io.signal_files import read_signals

SIGNALS = read_signals(Path(__file__).parents[2] / "playbooks" / "signals")
READING = Reading(address=Address("deals@harrow.test"), team=("@harrow.test",), trusted_authserv="mx.harrow.test")
SOME_TIME = datetime(2026, 3, 9, tzinfo=UTC)


def common_name(name: str) -> bytes:
    """A name as a certificate holds it (DER, UTF8String)."""
    return b"\x06\x03\x55\x04\x03\x0c" + bytes([len(name)]) + name.encode()


def field(number: int, signer: str | None, certificate: bytes = b"\0") -> bytes:
    """A signature field, its dictionary inside; None for one that nobody has signed."""
    if signer is None:
        return b"<< /FT /Sig /T (Signature%d) >>" % number
    name = b"/Name (%s) " % signer.encode() if signer else b""
    value = b"<< /Type /Sig /ByteRange [0 10 20 30] %s/Contents <%s> >>" % (name, certificate.hex().encode())
    return b"<< /FT /Sig /T (Signature%d) /V %s >>" % (number, value)


def pdf(*fields: bytes) -> bytes:
    """The smallest document with a form."""
    numbers = range(4, 4 + len(fields))
    form = b"<< /Fields [%s] /SigFlags 3 >>" % b" ".join(b"%d 0 R" % n for n in numbers)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /AcroForm %s >>" % form, b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>", *fields,
    ]  # fmt: skip
    out, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    return out + b"xref\n0 %d\n%strailer << /Root 1 0 R /Size %d >>\nstartxref\n%d\n%%%%EOF\n" % (
        size, table, size, len(out),
    )  # fmt: skip


def mail(document: bytes, *, name: str = "Services Agreement.pdf", sender: str = "ann@vale.example") -> RawMail:
    attached = base64.encodebytes(document).decode()
    text = (
        f"From: {sender}\nTo: jo@harrow.test\nSubject: Papers\nDate: Mon, 9 Mar 2026 10:00:00 +0000\n"
        "Message-ID: <pdf-1@vale.example>\nAuthentication-Results: mx.harrow.test; dmarc=pass header.from="
        f"{sender.partition('@')[2]}\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
        "--b\nContent-Type: text/plain\n\nHello Jo, the papers are attached.\n\n"
        f'--b\nContent-Type: application/pdf; name="{name}"\nContent-Transfer-Encoding: base64\n\n{attached}\n--b--\n'
    )
    return RawMail(place=Place(), data=text.encode(), received=SOME_TIME)


def shown(raw: RawMail) -> tuple[Message, dict[Event, Evidence]]:
    message, evidence = understand(raw, READING, SIGNALS)
    return message, {item.event: item for item in evidence}


def test_a_signed_pdf_is_likely_a_signed_document() -> None:
    _, evidence = shown(mail(pdf(field(1, "Ann Berg"), field(2, "Jo Marsh"))))
    signed = evidence[Event.SIGNED]
    assert signed.strength is Strength.LIKELY
    assert (signed.document, signed.document_kind) == ("Services Agreement.pdf", "agreement")
    assert signed.quote == "Services Agreement.pdf: signed by Ann Berg, Jo Marsh"
    assert [party.name for party in signed.people] == ["Ann Berg", "Jo Marsh"]


def test_a_field_that_is_still_empty_makes_it_partly_signed() -> None:
    _, evidence = shown(mail(pdf(field(1, "Ann Berg"), field(2, None))))
    assert Event.SIGNED not in evidence
    assert evidence[Event.PARTLY_SIGNED].quote.endswith("signed by Ann Berg, 1 signature field still empty")


def test_our_own_signature_alone_completes_nothing() -> None:
    _, evidence = shown(mail(pdf(field(1, "Jo Marsh")), sender="jo@harrow.test"))
    assert Event.SIGNED not in evidence
    assert Event.PARTLY_SIGNED in evidence


def test_the_name_of_the_file_says_that_it_is_an_nda() -> None:
    _, evidence = shown(mail(pdf(field(1, "Ann Berg")), name="Mutual NDA.pdf"))
    assert evidence[Event.SIGNED].document_kind == "nda"


def test_a_pdf_that_nobody_signed_shows_nothing() -> None:
    message, evidence = shown(mail(pdf(field(1, None))))
    assert not {Event.SIGNED, Event.PARTLY_SIGNED} & evidence.keys()
    assert not [defect for defect in message.defects if "pdf" in defect.lower()]


def test_a_broken_pdf_is_a_defect_and_the_mail_is_kept() -> None:
    message, evidence = shown(mail(b"%PDF-1.7 /ByteRange and nothing else"))
    assert "Services Agreement.pdf could not be looked into: it is broken" in message.defects
    assert Event.SIGNED not in evidence
    assert message.text == "Hello Jo, the papers are attached."


def test_the_signer_is_the_holder_of_the_certificate_and_not_who_issued_it() -> None:
    chain = b"".join(map(common_name, ("Harrow Trust", "Ann Berg", "Harrow Root", "Harrow Trust")))
    assert read_signatures(pdf(field(1, "", chain))).signers == ("Ann Berg",)


def test_fields_that_point_at_each_other_end() -> None:
    loop = b"<< /FT /Sig /T (Signature1) /Kids [4 0 R] >>"
    assert read_signatures(pdf(loop)).signers == ()


def test_a_child_that_takes_too_long_is_ended() -> None:
    with pytest.raises(PdfFault, match="too long"):
        read_signatures(pdf(field(1, "Ann Berg")), patience=0.001)


def test_an_unsigned_pdf_is_not_even_opened() -> None:
    assert not may_be_signed(b"%PDF-1.7\n1 0 obj << >> endobj")
    assert not may_be_signed(b"/ByteRange in a text")
    assert may_be_signed(pdf(field(1, "Ann Berg")))
