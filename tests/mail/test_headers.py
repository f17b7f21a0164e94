"""Headers from raw bytes: in order, bounded, addresses read before anything is decoded."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.core.model import Party
from worker.mail import headers as reader
from worker.mail.headers import addresses, mail_date, message_ids, read_headers


def subject_of(value: bytes) -> str:
    return read_headers(b"Subject: " + value + b"\r\n\r\n")[0].text("subject")


def test_fields_keep_their_order_and_the_topmost_comes_first() -> None:
    found, body, defects = read_headers(b"Received: two\r\nX-A: 1\r\nReceived: one\r\n\r\nbody")
    assert found.fields == (("received", b"two"), ("x-a", b"1"), ("received", b"one"))
    assert found.first("received") == "two"
    assert found.all("received") == ("two", "one")
    assert (body, defects) == (40, ())
    assert found.has("x-a")
    assert not found.has("x-b")
    assert found.first("x-b") == ""


def test_a_folded_value_is_one_value_whatever_ends_its_lines() -> None:
    for end in (b"\r\n", b"\n", b"\r\r\n"):
        found, at, _ = read_headers(b"To: a@x.example," + end + b"\tb@x.example" + end + end + b"body")
        assert [party.address for party in addresses(found.all("to"))] == ["a@x.example", "b@x.example"]
        assert at == len(b"To: a@x.example,\tb@x.example") + 3 * len(end)


def test_a_bare_cr_adds_no_field_behind_the_back_of_the_server() -> None:
    found, _, defects = read_headers(b"Subject: hi\rAuthentication-Results: mx.example; dmarc=pass\r\n\r\n")
    assert not found.has("authentication-results")
    assert "NUL or bare CR in the headers" in defects


def test_a_mail_with_no_line_feed_at_all_is_read_by_its_cr() -> None:
    found, body, _ = read_headers(b"Subject: hi\rFrom: a@x.example\r\rbody")
    assert found.first("from") == "a@x.example"
    assert body == 31


def test_an_mbox_line_and_a_broken_line_cost_only_themselves() -> None:
    found, _, defects = read_headers(b"From jo Mon Jan  1 2026\nSubject: a\nnonsense\nTo: b@x.example\n\nbody")
    assert found.first("subject") == "a"
    assert found.first("to") == "b@x.example"
    assert len(defects) == 2


def test_text_that_begins_without_an_empty_line_is_kept_as_body() -> None:
    data = b"Subject: a\n folded\nHello there\nsecond line\n\nthird"
    _, body, defects = read_headers(data)
    assert data[body:] == b"Hello there\nsecond line\n\nthird"
    assert defects == ("no empty line between headers and body",)


def test_a_part_may_begin_with_an_empty_line_but_a_mail_skips_it() -> None:
    assert read_headers(b"\nSubject: a\n\nb", part=True)[1] == 1
    assert read_headers(b"\nSubject: a\n\nb")[0].first("subject") == "a"


def test_giant_headers_are_cut_and_the_body_is_still_found() -> None:
    data = b"X-Long: " + b"x" * 70_000 + b"\nX-More: " + b" y\n" * 200_000 + b"Subject: late\n\nbody"
    found, body, defects = read_headers(data)
    assert data[body:] == b"body"
    assert len(found.first("x-long")) == reader.MAX_VALUE
    assert any("cut" in defect for defect in defects)


def test_thousands_of_fields_are_bounded_and_named() -> None:
    found, _, defects = read_headers(b"A: 1\n" * 5000 + b"\nbody")
    assert len(found.fields) == reader.MAX_FIELDS
    assert defects == (f"more than {reader.MAX_FIELDS} header fields",)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"=?utf-8?Q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        (b"=?UTF-8?b?R3LDvMOfZQ==?=", "Grüße"),
        (b"=?iso-8859-1*de?Q?Gr=FC=DFe_aus_Ulm?=", "Grüße aus Ulm"),
        (b"=?utf-8?Q?a?= =?utf-8?Q?b?=", "ab"),
        (b"=?utf-8?Q?a?= b =?utf-8?Q?c?=", "a b c"),
        (b"=?utf-8?Q?=C3?=\r\n =?utf-8?Q?=BC?=", "ü"),
        (b"=?utf-8?B?w7w?=", "ü"),
        (b"=?utf-8?Q?two words?= after", "two words after"),
        (b"=?utf-8?Q?=3Fask=3F?=", "?ask?"),
        (b"=?utf-8?Q??= empty", "empty"),
        (b"=?x-none?Q?caf=C3=A9?=", "café"),
        (b"Re: =?utf-8?Q?never ends", "Re: =?utf-8?Q?never ends"),
        (b"=?utf-8?X?abc?=", "=?utf-8?X?abc?="),
        (b"Gr\xfc\xdfe", "Grüße"),
        ("Grüße".encode(), "Grüße"),
        (b"nul\0 and\r\n\t fold", "nul and fold"),
    ],
)
def test_subjects_are_decoded_broken_or_not(raw: bytes, shown: str) -> None:
    assert subject_of(raw) == shown


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Ann Berg <Ann@Kestrel.Example>", [("ann@kestrel.example", "Ann Berg")]),
        ('"Berg, Ann" <a@x.example>, b@x.example', [("a@x.example", "Berg, Ann"), ("b@x.example", "")]),
        ("Berg, Ann <a@x.example>", [("a@x.example", "Berg, Ann")]),
        ("a@x.example (Ann Berg)", [("a@x.example", "Ann Berg")]),
        ("undisclosed-recipients:;", []),
        ("Team: a@x.example, B <b@x.example>;", [("a@x.example", ""), ("b@x.example", "B")]),
        ("<@relay.example,@two.example:a@x.example>", [("a@x.example", "")]),
        ('"ceo@bank.example" <eve@x.example>', [("eve@x.example", "ceo@bank.example")]),
        ("=?utf-8?Q?ceo=40bank.example=2C?= <eve@x.example>", [("eve@x.example", "ceo@bank.example")]),
        ("=?utf-8?Q?Ann_=3Cboss=40bank.example=3E?= <eve@x.example>", [("eve@x.example", "Ann <boss@bank.example>")]),
        ("Ann <a@x.example", [("a@x.example", "Ann")]),
        ("<a@x.example> <b@x.example>", [("a@x.example", ""), ("b@x.example", "")]),
        ('"a \\"b\\" c" <a@x.example>', [("a@x.example", 'a "b" c')]),
        ("Ann <>", []),
        ("Mailer <MAILER-DAEMON>", [("mailer-daemon", "Mailer")]),
        ("Ann < a @ x.example >", [("a@x.example", "Ann")]),
        ("mailto:a@x.example", [("a@x.example", "")]),
        ("", []),
    ],
)
def test_mailboxes_are_read_before_they_are_decoded(raw: str, expected: list[tuple[str, str]]) -> None:
    assert [(party.address, party.name) for party in addresses([raw])] == expected


def test_an_encoded_comma_adds_no_recipient() -> None:
    assert len(addresses(["=?utf-8?Q?a=40x.example=2C_b=40x.example?= <c@x.example>"])) == 1


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("<a@[>", ["a@["]),
        ("<one@x><two@x> <three", ["one@x", "two@x", "three"]),
        ("<one@x> <one@x>", ["one@x"]),
        ("<fold\t ed@x>", ["folded@x"]),
        ("bare@x", ["bare@x"]),
        ("Your mail <one@x> of Monday", ["one@x"]),
        ("", []),
        ("<>", []),
    ],
)
def test_ids_are_found_in_any_state(raw: str, expected: list[str]) -> None:
    assert list(message_ids(raw)) == expected


@pytest.mark.parametrize(
    ("raw", "iso"),
    [
        ("Tue, 3 Mar 2026 09:15:00 +0100", "2026-03-03T09:15:00+01:00"),
        ("3 Mar 26 09:15 EST", "2026-03-03T09:15:00-05:00"),
        ("Tue, 03-Mar-2026 09:15:00 GMT", "2026-03-03T09:15:00+00:00"),
        ("Tue Mar  3 09:15:00 2026", "2026-03-03T09:15:00+00:00"),
        ("Tue, 3 Mar 2026 09:15:60 -0330 (comment)", "2026-03-03T09:15:59-03:30"),
        ("Tue, 3 Mar 2026 09(x): 15 : 00 +01:00", "2026-03-03T09:15:00+01:00"),
        ("2026-03-03T09:15:00+01:00", "2026-03-03T09:15:00+01:00"),
        ("2026-03-03 09:15:00", "2026-03-03T09:15:00+00:00"),
        ("Tue, 3 Mar 2026 09:15:00 +9999", "2026-03-03T09:15:00+00:00"),
    ],
)
def test_dates_keep_the_offset_of_their_writer(raw: str, iso: str) -> None:
    found = mail_date(raw)
    assert found is not None
    assert found.isoformat() == iso


@pytest.mark.parametrize(
    "raw",
    ["", "Thu,", "Fri, 31 Dec 9999 23:59:59 +0000", "Tue, 31 Feb 2026 10:00:00 +0000", "soon", "1 2 3 4 5", "٣ Mar"],
)
def test_what_is_no_date_is_none(raw: str) -> None:
    assert mail_date(raw) is None


@given(st.binary(max_size=300))
def test_any_bytes_give_headers_and_a_body_within_them(data: bytes) -> None:
    found, body, _ = read_headers(data)
    assert 0 <= body <= len(data)
    for name, _ in found.fields:
        assert isinstance(found.text(name), str)


@given(st.text(alphabet='ab@.<>"(),;:\\ =?', max_size=60))
def test_any_address_field_gives_bare_lower_case_addresses(value: str) -> None:
    for party in addresses([value]):
        assert isinstance(party, Party)
        assert party.address == party.address.lower()
        assert "<" not in party.address[:1]


@given(st.text(max_size=60))
def test_a_date_is_aware_or_none(value: str) -> None:
    found = mail_date(value)
    assert found is None or abs(found.utcoffset() or timedelta()) <= timedelta(hours=14)
