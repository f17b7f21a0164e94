"""What is asked for and what the answers mean, without a connection."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st
from imapclient.response_parser import parse_fetch_response

from worker.io.imap_account import Patience
from worker.io.imap_fetch import (
    Listed,
    Unbuildable,
    arrival,
    batches_of,
    bodies,
    boundary_in,
    listing,
    rebuild,
    structure,
    uid_set,
    uids_found,
    wanted,
)

PATIENCE = Patience()


def spelled_out(text):
    """The UIDs of an IMAP set."""
    result = []
    for run in text.split(","):
        low, _, high = run.partition(":")
        result += range(int(low), int(high or low) + 1)
    return result


@given(st.sets(st.integers(min_value=1, max_value=300), min_size=1))
def test_a_set_names_each_uid_once(uids):
    assert spelled_out(uid_set(sorted(uids))) == sorted(uids)


def test_neighbours_are_named_as_a_run():
    assert uid_set([1, 2, 3, 7, 9, 10]) == "1:3,7,9:10"


@given(st.lists(st.integers(min_value=0, max_value=1 << 20) | st.none(), max_size=50))
def test_batches_leave_nothing_out_and_keep_the_order(sizes):
    listed = [Listed(uid=i, size=size) for i, size in enumerate(sizes, start=1)]
    patience = replace(PATIENCE, batch_mails=7, batch_bytes=1 << 20)
    batches = list(batches_of(listed, patience))
    assert [mail for batch in batches for mail in batch] == listed
    assert all(0 < len(batch) <= 7 for batch in batches)
    assert all(len(batch) == 1 or sum(min(m.size or 0, 1 << 18) for m in batch) <= 1 << 20 for batch in batches)


def test_a_search_without_answer_finds_nothing():
    assert uids_found([None], 0) == uids_found([b""], 0) == []


DATE = b'INTERNALDATE "02-Mar-2026 08:30:00 +0100"'


@pytest.mark.parametrize(
    "line",
    [
        b"1 (UID 5 RFC822.SIZE 90 " + DATE + b")",
        b"1 (rfc822.size 90 uid 5 " + DATE + b")",
        b"1 (FLAGS (\\Seen $Work) " + DATE + b" RFC822.SIZE 90 UID 5)",
        b"1 (UID 5 X-GM-MSGID 17 RFC822.SIZE 90 " + DATE + b")",
        b"1  (UID 5  RFC822.SIZE 90  " + DATE + b" MODSEQ (12))",
    ],
    ids=["as usual", "in lower case", "with flags", "with something new", "with more spaces"],
)
def test_a_listing_is_read_in_any_order_and_shape(line):
    [mail] = listing([line, b"2 (FLAGS (\\Seen))", b"9 (UID 9 RFC822.SIZE 1)"], [5]).values()
    assert (mail.uid, mail.size, mail.received) == (5, 90, datetime(2026, 3, 2, 7, 30, tzinfo=UTC))


@pytest.mark.parametrize("date", [b"31-Feb-2026 08:30:00 +0100", b"02-Foo-2026 08:30:00 +0100", b"", b"NIL", b"0",
                                  b"01-Jan-1970 00:00:00 +0000", b"31-Dec-0001 23:59:59 -1400"])  # fmt: skip
def test_an_impossible_arrival_is_none(date):
    assert arrival(date) is None


@given(st.datetimes(min_value=datetime(1980, 1, 1)), st.integers(min_value=-14 * 60, max_value=14 * 60))
def test_arrivals_are_read_as_imapclient_reads_them(when, minutes):
    sign, ahead = "-" if minutes < 0 else "+", abs(minutes)
    month = "JanFebMarAprMayJunJulAugSepOctNovDec"[3 * when.month - 3 : 3 * when.month]
    text = f"{when.day:2}-{month}-{when.year} {when:%H:%M:%S} {sign}{ahead // 60:02}{ahead % 60:02}".encode()
    theirs = parse_fetch_response([b'1 (INTERNALDATE "' + text + b'")'], normalise_times=False)
    assert arrival(text) == theirs[1][b"INTERNALDATE"]


def test_an_empty_body_is_a_body():
    assert bodies([(b"1 (UID 1 BODY[] {0}", b""), b")"]) == {1: b""}


def test_bodies_in_odd_shapes_among_usual_ones_are_all_read():
    answers = [
        (b"1 (UID 1 BODY[] {1}", b"a"), b")",
        b"2 (FLAGS (\\Seen))",
        (b"2 (BODY[] {1}", b"b"), b" UID 2)",
        (b"3 (FLAGS () UID 3 BODY[] {1}", b"c"), b")",
        (b"4 (UID 4 BODY[] {1}", b"d"), b" FLAGS (\\Seen))",
        b'5 (UID 5 BODY[] "e")',
        b"6 (UID 6 BODY[] NIL)",
        (b"7 (UID 7 BODY[] {1}", b"g"), b")",
    ]  # fmt: skip
    assert bodies(answers) == {1: b"a", 2: b"b", 3: b"c", 4: b"d", 5: b"e", 7: b"g"}


# -- large mails by their parts -----------------------------------------------------------------


TEXT = b'("text" "plain" ("charset" "utf-8") NIL NIL "8bit" 20 1 NIL NIL NIL NIL)'
HTML = b'("text" "html" ("charset" "utf-8") NIL NIL "7bit" 30 1 NIL NIL NIL NIL)'
PDF = b'("application" "pdf" ("name" "a.pdf") NIL NIL "base64" 900000 NIL ("attachment" ("filename" "a.pdf")) NIL NIL)'
LOG = b'("text" "plain" NIL NIL NIL "7bit" 900000 9 NIL ("attachment" ("filename" "a.log")) NIL NIL)'
BOTH = b"(" + TEXT + HTML + b' "alternative" ("boundary" "in") NIL NIL NIL)'
MIXED = b"(" + BOTH + PDF + LOG + b' "mixed" ("boundary" "out") NIL NIL NIL)'
ENVELOPE = b"(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"


def tree_of(text):
    return structure(parse_fetch_response([b"1 (UID 1 BODYSTRUCTURE " + text + b")"])[1][b"BODYSTRUCTURE"])


def forwarded(inner):
    """A multipart with a text and a whole mail inside."""
    return (
        b"(" + TEXT + b'("message" "rfc822" NIL NIL NIL "7bit" 5000 ' + ENVELOPE + b" " + inner + b" 9 NIL NIL NIL NIL)"
        b' "mixed" ("boundary" "out") NIL NIL NIL)'
    )


def test_only_headers_and_text_of_a_large_mail_are_asked_for():
    assert wanted(tree_of(MIXED), PATIENCE) == [
        "BODY.PEEK[HEADER]",
        "BODY.PEEK[1.MIME]",
        "BODY.PEEK[1.1.MIME]",
        "BODY.PEEK[1.1]<0.1048576>",
        "BODY.PEEK[1.2.MIME]",
        "BODY.PEEK[1.2]<0.1048576>",
        "BODY.PEEK[2.MIME]",
        "BODY.PEEK[3.MIME]",
    ]


def test_a_large_mail_of_one_part_is_its_header_and_its_text():
    tree = tree_of(b'("text" "plain" NIL NIL NIL "7bit" 9000000 9 NIL NIL NIL NIL)')
    assert wanted(tree, PATIENCE) == ["BODY.PEEK[HEADER]", "BODY.PEEK[1]<0.1048576>"]
    assert rebuild(tree, {b"BODY[HEADER]": b"Subject: x\r\n\r\n", b"BODY[1]<0>": b"hi"}) == b"Subject: x\r\n\r\nhi"


def test_the_text_of_a_mail_inside_a_mail_is_asked_for_by_its_own_numbers():
    assert wanted(tree_of(forwarded(TEXT)), PATIENCE)[-3:] == [
        "BODY.PEEK[2.MIME]", "BODY.PEEK[2.HEADER]", "BODY.PEEK[2.1]<0.1048576>",
    ]  # fmt: skip
    assert wanted(tree_of(forwarded(BOTH)), PATIENCE)[-6:] == [
        "BODY.PEEK[2.MIME]", "BODY.PEEK[2.HEADER]",
        "BODY.PEEK[2.1.MIME]", "BODY.PEEK[2.1]<0.1048576>", "BODY.PEEK[2.2.MIME]", "BODY.PEEK[2.2]<0.1048576>",
    ]  # fmt: skip


def test_a_delivery_report_is_asked_for():
    report = b'("message" "delivery-status" NIL NIL NIL "7bit" 300 NIL NIL NIL NIL)'
    tree = tree_of(b"(" + TEXT + report + PDF + b' "report" ("boundary" "b") NIL NIL NIL)')
    assert "BODY.PEEK[2]<0.1048576>" in wanted(tree, PATIENCE)


def test_all_the_text_of_one_mail_is_bounded():
    part = b'("text" "plain" NIL NIL NIL "7bit" 9000000 9 NIL NIL NIL NIL)'
    items = wanted(tree_of(b"(" + part * 50 + b' "mixed" ("boundary" "b") NIL NIL NIL)'), PATIENCE)
    assert sum(int(item.split("<0.")[1][:-1]) for item in items if "<0." in item) <= 4 * PATIENCE.text_limit
    assert "BODY.PEEK[50.MIME]" in items


def test_the_rebuilt_mail_has_its_text_and_the_names_of_its_attachments():
    got = {
        b"BODY[HEADER]": b'Subject: large\r\nContent-Type: multipart/mixed;\r\n boundary="out"\r\n\r\n',
        b"BODY[1.MIME]": b"Content-Type: multipart/alternative; boundary=in\r\n\r\n",
        b"BODY[1.1.MIME]": b"Content-Type: text/plain; charset=utf-8\r\n\r\n",
        b"BODY[1.1]<0>": "Grüße".encode(),
        b"BODY[1.2.MIME]": b"Content-Type: text/html\r\n\r\n",
        b"BODY[1.2]<0>": b"<p>hi</p>",
        b"BODY[2.MIME]": b'Content-Type: application/pdf; name="a.pdf"\r\nContent-Disposition: attachment\r\n\r\n',
        b"BODY[3.MIME]": b"Content-Type: text/plain\r\nContent-Disposition: attachment; filename=a.log\r\n\r\n",
    }
    mail = message_from_bytes(rebuild(tree_of(MIXED), got), policy=default)
    assert mail["Subject"] == "large"
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/mixed", "multipart/alternative", "text/plain", "text/html", "application/pdf", "text/plain",
    ]  # fmt: skip
    text, html, pdf, log = (part for part in mail.walk() if not part.is_multipart())
    assert (text.get_content().strip(), html.get_content().strip()) == ("Grüße", "<p>hi</p>")
    assert (pdf.get_filename(), pdf.get_content()) == ("a.pdf", b"")
    assert (log.get_filename(), log.get_content().strip()) == ("a.log", "")
    assert not any(part.defects for part in mail.walk())


def test_the_mail_inside_a_rebuilt_mail_keeps_its_header_and_text():
    got = {
        b"BODY[HEADER]": b"Subject: outer\r\nContent-Type: multipart/mixed; boundary=out\r\n\r\n",
        b"BODY[1.MIME]": b"\r\n",
        b"BODY[1]<0>": b"see below",
        b"BODY[2.MIME]": b"Content-Type: message/rfc822\r\n\r\n",
        b"BODY[2.HEADER]": b"Subject: inner\r\nContent-Type: multipart/alternative; boundary=in\r\n\r\n",
        b"BODY[2.1.MIME]": b"Content-Type: text/plain\r\n\r\n",
        b"BODY[2.1]<0>": b"the words",
        b"BODY[2.2.MIME]": b"Content-Type: text/html\r\n\r\n",
        b"BODY[2.2]<0>": b"<b>the words</b>",
    }
    mail = message_from_bytes(rebuild(tree_of(forwarded(BOTH)), got), policy=default)
    text, attached = mail.iter_parts()
    inner = attached.get_content()
    assert text.get_content().strip() == "see below"
    assert inner["Subject"] == "inner"
    assert [part.get_content().strip() for part in inner.iter_parts()] == ["the words", "<b>the words</b>"]


@pytest.mark.parametrize(
    "header",
    [
        b'Content-Type: multipart/mixed; boundary="a b=c"\r\n\r\n',
        b'content-type:multipart/mixed;\r\n\tcharset=x;\r\n\tBOUNDARY = "a b=c"; type=y\r\n\r\n',
        b'Subject: boundary="no"\r\nContent-Type: multipart/mixed; boundary="a b=c"\r\nX: boundary=no\r\n\r\n',
    ],
)
def test_the_boundary_is_the_one_that_the_header_names(header):
    assert boundary_in(header) == b"a b=c"


def test_where_the_header_names_no_boundary_plainly_the_structure_does():
    tree = tree_of(b"(" + TEXT + PDF + b' "mixed" ("boundary" "from-structure") NIL NIL NIL)')
    got = {b"BODY[HEADER]": b"Content-Type: multipart/mixed; boundary*0=from-; boundary*1=structure\r\n\r\n"}
    got |= {b"BODY[1.MIME]": b"\r\n", b"BODY[1]<0>": b"hi", b"BODY[2.MIME]": b"\r\n"}
    assert b"--from-structure\r\n" in rebuild(tree, got)


@pytest.mark.parametrize("missing", [b"BODY[HEADER]", b"BODY[1.MIME]"])
def test_without_its_headers_a_mail_is_not_rebuilt(missing):
    tree = tree_of(b"(" + TEXT + PDF + b' "mixed" ("boundary" "b") NIL NIL NIL)')
    got = {b"BODY[HEADER]": b"A: b\r\n\r\n", b"BODY[1.MIME]": b"\r\n", b"BODY[1]<0>": b"", b"BODY[2.MIME]": b"\r\n"}
    rebuild(tree, got)
    del got[missing]
    with pytest.raises(Unbuildable):
        rebuild(tree, got)


@pytest.mark.parametrize(
    "node",
    [
        None, b"", (), 7, ((),), (b"text",), (b"text", b"plain"), ((b"text", b"plain"),),
        ([[], b"mixed"], b"mixed"), (None, None, None, None, None, None, None, None, None),
    ],
)  # fmt: skip
def test_what_is_no_structure_is_said_to_be_none_or_asks_for_little(node):
    try:
        items = wanted(structure(node), PATIENCE)
    except Unbuildable:
        return
    assert items == ["BODY.PEEK[HEADER]"]


def test_nesting_without_end_and_parts_without_number_are_not_followed():
    deep = TEXT
    for _ in range(25):
        deep = b"(" + deep + b' "mixed" ("boundary" "b") NIL NIL NIL)'
    for text in (deep, b"(" + TEXT * 201 + b' "mixed" ("boundary" "b") NIL NIL NIL)'):
        with pytest.raises(Unbuildable):
            tree_of(text)
