"""The tree of parts: bounded, and nothing lost where it is broken."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.mail import mime
from worker.mail.mime import Part, read_tree

DATA = Path(__file__).parent.parent / "data"


def root_of(name: str) -> Part:
    return read_tree((DATA / f"parse-{name}.eml").read_bytes())[0]


def leaf(headers: str, body: bytes) -> Part:
    return read_tree(headers.encode() + b"\n\n" + body)[0]


def all_content(root: Part) -> bytes:
    return b"\n".join(part.content for part in root.walk())


def test_the_tree_is_the_tree_of_the_mail() -> None:
    kinds = [part.content_type for part in root_of("mixed").walk()]
    assert kinds == [
        "multipart/mixed", "multipart/related", "text/html", "image/png", "application/pdf", "text/plain"
    ]  # fmt: skip


def test_a_boundary_that_begins_like_another_is_not_the_other() -> None:
    related = root_of("mixed").parts[0]
    assert [part.content_type for part in related.parts] == ["text/html", "image/png"]


def test_a_file_name_in_pieces_and_in_percent_is_joined_and_decoded() -> None:
    pdf = root_of("mixed").parts[1]
    assert pdf.name == "Vertrag März.pdf"
    assert pdf.disposition == "attachment"
    assert pdf.content.startswith(b"%PDF-1.4")


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Content-Type: application/pdf; name*=utf-8''a%20b.pdf", "a b.pdf"),
        ("Content-Type: application/pdf; name==?utf-8?Q?=C3=BC.pdf?=", "ü.pdf"),
        ('Content-Type: application/pdf; name="a;b.pdf"', "a;b.pdf"),
        ('Content-Type: application/pdf; name="a\\"b.pdf"', 'a"b.pdf'),
        ("Content-Type: application/pdf; name=two words.pdf", "two words.pdf"),
        ("Content-Type: application/pdf; name*0=a; name*1=b.pdf", "ab.pdf"),
        ("Content-Type: application/pdf;; ; name=x.pdf;", "x.pdf"),
        ('Content-Type: application/pdf; name="never ends.pdf', "never ends.pdf"),
    ],
)
def test_names_are_read_in_every_spelling(header: str, name: str) -> None:
    part = leaf(header, b"")
    assert part.content_type == "application/pdf"
    assert part.name == name


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("Content-Type: text", "text/plain"),
        ("Content-Type: TEXT/HTML; charset=utf-8", "text/html"),
        ("Content-Type: text / html", "text/html"),
        ("Content-Type:", "text/plain"),
        ("Content-Type: ;;;", "text/plain"),
        ("X: y", "text/plain"),
    ],
)
def test_a_type_is_read_or_taken_for_plain_text(header: str, kind: str) -> None:
    assert leaf(header, b"").content_type == kind


@pytest.mark.parametrize(
    ("encoding", "body", "content"),
    [
        ("quoted-printable", b"a=C3=BC=\r\nb", "aüb".encode()),
        ("Quoted Printable;", b"a=  \nb=3D", b"ab="),
        ("quoted-printable", b"bad =XY stays, 100% =", b"bad =XY stays, 100% "),
        ("quoted-printable", b"one=\rtwo\rthree", b"onetwo\nthree"),
        ("base64", base64.encodebytes(b"hello world"), b"hello world"),
        ("base64", b"aGVsbG8gd29ybGQ", b"hello world"),
        ("base64", b"aGVsbG8=aGVsbG8=", b"hellohello"),
        ("base64", b"aGVs*bG8g\nd29y\0bGQ=", b"hello world"),
        ("base64", b"This was never encoded, whatever it says.", b"This was never encoded, whatever it says."),
        ("7bit", b"as it is", b"as it is"),
        ("plain", b"as it is", b"as it is"),
        ("x-uuencode", b"begin 644 x\n#86)C\n`\nend\n", b"abc"),
    ],
)
def test_transfer_encodings_are_undone_damaged_or_not(encoding: str, body: bytes, content: bytes) -> None:
    assert leaf(f"Content-Transfer-Encoding: {encoding}", body).content == content


def test_a_footer_added_in_plain_text_behind_base64_is_kept() -> None:
    body = base64.encodebytes(b"encoded text of the mail") + b"\n____\nYou get this as a member of the list.\n"
    content = leaf("Content-Transfer-Encoding: base64", body).content
    assert b"encoded text of the mail" in content
    assert b"You get this as a member of the list." in content


@pytest.mark.parametrize(
    ("charset", "data", "text"),
    [
        ("utf-8", "Grüße".encode(), "Grüße"),
        ("iso-8859-1", "Grüße".encode(), "Grüße"),
        ("utf-8", "Grüße".encode("latin-1"), "Grüße"),
        ("us-ascii", "10 €".encode("cp1252"), "10 €"),
        ("iso-8859-1", b"\x93quoted\x94", "“quoted”"),
        ("x-unknown", "Grüße".encode(), "Grüße"),
        ("gb2312", "合同".encode("gb18030"), "合同"),
        ("shift_jis", "契約".encode("cp932"), "契約"),
        ("", "契約".encode("iso2022_jp"), "契約"),
        ("koi8-r", "договор".encode("koi8_r"), "договор"),
        ("utf-16", "hi ü".encode("utf-16"), "hi ü"),
        ("utf-16", b"plain", "plain"),
        ("utf-7", b"Gr+APwA3w-e", "Grüße"),
        ("unicode_escape", b"\\x41", "\\x41"),
        ("rot13", b"hello", "hello"),
        ("utf-8", "ü".encode() * 20 + b"\xff", "ü" * 20 + "\ufffd"),
        ("windows-1252", b"\x81\x80", "\x81€"),
    ],
)
def test_a_charset_is_believed_as_far_as_the_bytes_bear_it_out(charset: str, data: bytes, text: str) -> None:
    assert leaf(f"Content-Type: text/plain; charset={charset}", data).text() == text


def test_text_has_line_feeds_only_and_no_nul() -> None:
    assert leaf("X: y", b"a\r\nb\rc\0d\n").text() == "a\nb\ncd\n"


def test_an_attached_message_is_a_tree_of_its_own() -> None:
    attached = root_of("attached").parts[1]
    assert attached.content_type == "message/rfc822"
    assert attached.parts[0].headers.first("from") == "Paul Okoro <paul@harbour.example>"
    assert attached.parts[0].text().strip() == "We deliver in May."


def test_a_multipart_whose_boundary_never_comes_is_text() -> None:
    root, defects = read_tree(b"Content-Type: multipart/mixed; boundary=x\n\nall the text")
    assert (root.content_type, root.content) == ("text/plain", b"all the text")
    assert "the boundary of a multipart never occurs" in defects


def test_a_boundary_that_the_header_forgot_is_guessed() -> None:
    root, _ = read_tree(b"Content-Type: multipart/mixed\n\n--abc\nContent-Type: text/html\n\n<p>x\n--abc--\n")
    assert [part.content_type for part in root.parts] == ["text/html"]


def test_a_last_boundary_that_is_missing_loses_no_text() -> None:
    root, defects = read_tree(b"Content-Type: multipart/mixed; boundary=x\n\n--x\n\none\n--x\n\ntwo")
    assert [part.content for part in root.parts] == [b"one", b"two"]
    assert defects == ("the last boundary of a multipart is missing",)


def test_parts_behind_the_last_boundary_still_count() -> None:
    root, _ = read_tree(b"Content-Type: multipart/mixed; boundary=x\n\n--x\n\none\n--x--\n--x\n\ntwo\n--x--\n")
    assert [part.content for part in root.parts] == [b"one", b"two"]


def test_an_encoded_multipart_is_decoded_first() -> None:
    inner = base64.encodebytes(b"--x\nContent-Type: text/html\n\n<p>hi\n--x--\n")
    data = b"Content-Type: multipart/mixed; boundary=x\nContent-Transfer-Encoding: base64\n\n" + inner
    assert [part.content_type for part in read_tree(data)[0].parts] == ["text/html"]


def test_deep_nesting_is_cut_and_its_text_is_kept() -> None:
    root, defects = read_tree((DATA / "parse-onion.eml").read_bytes())
    assert any("deep" in defect for defect in defects)
    assert b"the text at the heart" in all_content(root)
    assert depth(root) <= mime.MAX_DEPTH + 1


def test_an_onion_of_attached_messages_is_cut_and_its_text_is_kept() -> None:
    data = b"From: a@x.example\n\nthe heart"
    for _ in range(100):
        data = b"Content-Type: message/rfc822\n\n" + data
    root, defects = read_tree(data)
    assert "attached messages nested too deep were left unopened" in defects
    assert b"the heart" in all_content(root)


def test_thousands_of_parts_are_bounded_and_the_rest_is_kept() -> None:
    data = b"Content-Type: multipart/mixed; boundary=x\n\n" + b"--x\n\npart\n" * 5000 + b"--x\n\nlast words\n--x--\n"
    root, _ = read_tree(data)
    assert len(list(root.walk())) <= mime.MAX_PARTS + 1
    assert b"last words" in all_content(root)


def test_a_mail_saved_with_a_mark_or_in_utf_16_is_read() -> None:
    mail = "Subject: Grüße\n\ntext\n"
    for data in (b"\xef\xbb\xbf" + mail.encode(), mail.encode("utf-16")):
        assert read_tree(data)[0].headers.text("subject") == "Grüße"


@given(st.binary(max_size=400))
def test_any_bytes_give_a_tree(data: bytes) -> None:
    root, _ = read_tree(b"Content-Type: multipart/mixed; boundary=x\n\n--x\n" + data)
    for part in root.walk():
        assert isinstance(part.text(), str)


def depth(part: Part) -> int:
    return 1 + max((depth(child) for child in part.parts), default=0)
