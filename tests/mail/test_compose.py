"""Letters become bytes that any reader takes apart again."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from email.utils import getaddresses, parsedate_to_datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.core.identity import own_message_id, proof_of_own
from worker.core.model import Address, Letter, MessageId, Outbox, OutboxItem, Party
from worker.mail.compose import MAX_REFERENCES, ComposeFault, compose

KEY = b"secret"
WORKER = Address("deals@northlight.example")
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
LETTER = Letter(
    id="deal:run:nudge",
    purpose="nudge",
    template="prospect/nudge",
    sender=Party(address=Address("dana@northlight.example"), name="Dana Whitfield"),
    to=(Party(address=Address("erin@brightwater.example"), name="Erin Walsh"),),
    subject="Re: Empty miles",
    body="Hi Erin,\n\nText.\n",
    send_at=datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
)


def composed(**changes: Any) -> OutboxItem:
    letter = replace(LETTER, **changes)
    return compose(letter, key=KEY, worker=WORKER, now=NOW, zone=BERLIN)


def read(item: OutboxItem) -> EmailMessage:
    message = message_from_bytes(item.data, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def old_reader(item: OutboxItem) -> Message:
    return message_from_bytes(item.data, policy=policy.compat32)


def header_lines(item: OutboxItem) -> list[bytes]:
    return item.data.partition(b"\r\n\r\n")[0].split(b"\r\n")


def parties(*addresses: str) -> tuple[Party, ...]:
    return tuple(Party(address=Address(address)) for address in addresses)


def test_the_mail_is_from_the_owner_to_the_contact_and_answers_go_to_owner_and_worker() -> None:
    message = read(composed(reply_to=(LETTER.sender, Party(address=WORKER))))
    assert message["From"] == "Dana Whitfield <dana@northlight.example>"
    assert message["To"] == "Erin Walsh <erin@brightwater.example>"
    assert getaddresses([message["Reply-To"]]) == [("Dana Whitfield", LETTER.sender.address), ("", WORKER)]
    assert message["Subject"] == "Re: Empty miles"


def test_the_worker_gets_a_blind_copy_that_no_header_shows() -> None:
    item = composed()
    assert item.envelope_to == ("erin@brightwater.example", WORKER)
    assert WORKER.encode() not in item.data


def test_bounces_and_absence_notices_reach_the_worker() -> None:
    assert composed().envelope_from == WORKER


def test_a_mail_to_the_worker_itself_is_handed_over_once() -> None:
    assert composed(to=(Party(address=WORKER),)).envelope_to == (WORKER,)


def test_the_date_is_the_time_of_sending_on_the_owners_clock_in_summer_and_winter() -> None:
    assert read(composed())["Date"] == "Mon, 02 Mar 2026 10:30:00 +0100"
    summer = datetime(2026, 7, 1, 9, 30, tzinfo=UTC)
    assert old_reader(composed(send_at=summer))["Date"] == "Wed, 01 Jul 2026 11:30:00 +0200"
    assert parsedate_to_datetime(str(old_reader(composed())["Date"])) == LETTER.send_at


def test_the_message_id_is_ours_and_the_same_for_the_same_letter() -> None:
    item = composed()
    assert item.message_id == own_message_id(KEY, LETTER.id, LETTER.sender.address)
    assert read(item)["Message-ID"] == f"<{item.message_id}>"
    assert proof_of_own(KEY, item.message_id)


def test_the_same_letter_gives_the_same_bytes() -> None:
    assert composed() == composed()
    assert composed().state is Outbox.QUEUED
    assert composed().changed == NOW


def test_nothing_in_a_mail_to_a_contact_says_that_a_machine_wrote_it() -> None:
    names = {line.partition(b":")[0].lower() for line in header_lines(composed()) if not line.startswith(b" ")}
    assert names == {b"from", b"to", b"subject", b"date", b"message-id", b"mime-version", b"content-type",
                     b"content-transfer-encoding"}  # fmt: skip


def test_mail_to_the_owner_says_that_no_vacation_notice_is_wanted() -> None:
    assert read(composed(to_owner=True))["Auto-Submitted"] == "auto-generated"


# -- the thread -----------------------------------------------------------------------------


def references_of(item: OutboxItem) -> list[str]:
    return re.sub(r"[<>]", "", str(old_reader(item)["References"])).split()


def test_the_references_are_those_of_the_parent_and_then_the_parent() -> None:
    ids = tuple(MessageId(f"{n}@brightwater.example") for n in range(3))
    item = composed(in_reply_to=ids[2], references=ids)
    assert old_reader(item)["In-Reply-To"] == "<2@brightwater.example>"
    assert references_of(item) == list(ids)
    assert references_of(composed(in_reply_to=ids[2], references=ids[:2])) == list(ids)
    assert references_of(composed(in_reply_to=ids[0])) == [ids[0]]


def test_a_long_thread_keeps_its_first_and_its_last_references() -> None:
    ids = tuple(MessageId(f"{n}@brightwater.example") for n in range(300))
    kept = references_of(composed(in_reply_to=ids[-1], references=ids))
    assert len(kept) == MAX_REFERENCES
    assert kept[0] == ids[0]
    assert kept[1:] == list(ids[-20:])


def test_long_ids_are_folded_between_and_never_encoded() -> None:
    ids = tuple(MessageId(f"{'long-' * 20}{n}@mail.brightwater.example") for n in range(12))
    item = composed(in_reply_to=ids[-1], references=ids)
    assert references_of(item) == list(ids)
    assert b"=?" not in item.data
    assert max(map(len, header_lines(item))) <= 200


def test_ids_that_are_none_are_left_out_of_the_thread() -> None:
    strange = ("sha256:abcdef", "two words@x.example", "<in>@x.example", "ü@x.example", "x" * 900 + "@x.example", "")
    good = MessageId("good@brightwater.example")
    item = composed(in_reply_to=MessageId("sha256:ffff"), references=(*map(MessageId, strange), good))
    assert references_of(item) == [good]
    assert old_reader(item)["In-Reply-To"] is None


# -- names and subjects ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["Jürgen Müller", "Walsh, Erin", 'Erin "Ace" Walsh', "Erin (Ops) Walsh", "王小明", "José Ñandú <ceo@bad.example>",
     "Walsh; Erin: @work", "=?utf-8?Q?Boss?=", "back\\slash", "Zoë 🚚 Ørsted", "erin.walsh", "A" * 190],
)  # fmt: skip
def test_a_name_of_any_kind_comes_back_as_it_was_and_smuggles_no_address(name: str) -> None:
    item = composed(to=(Party(address=Address("erin@brightwater.example"), name=name),))
    (found,) = read(item)["To"].addresses
    assert (found.display_name, found.addr_spec) == (name, "erin@brightwater.example")
    ((raw, address),) = getaddresses([str(old_reader(item)["To"])])
    assert address == "erin@brightwater.example"
    assert str(make_header(decode_header(raw))) == name
    assert item.data.isascii()


def test_several_recipients_with_difficult_names_stay_apart() -> None:
    to = (
        Party(address=Address("a@x.example"), name="Müller, Jürgen"),
        Party(address=Address("b@x.example"), name="Walsh, Erin"),
        Party(address=Address("c@x.example")),
    )
    found = read(composed(to=to))["To"].addresses
    assert [(each.display_name, each.addr_spec) for each in found] == [(party.name, party.address) for party in to]


def test_a_name_that_is_only_the_address_or_far_too_long_is_left_out() -> None:
    for name in ("Erin@Brightwater.example", "x " * 500):
        item = composed(to=(Party(address=Address("erin@brightwater.example"), name=name),))
        assert old_reader(item)["To"] == "erin@brightwater.example"


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=300))
def test_any_subject_comes_back_with_its_white_space_tidied(subject: str) -> None:
    tidy = " ".join(subject.split())
    if not tidy:
        return
    item = composed(subject=subject)
    raw = re.sub(r"\r\n(?=[ \t])", "", str(old_reader(item)["Subject"]))
    assert " ".join(str(make_header(decode_header(raw))).split()) == tidy
    assert item.data.partition(b"\r\n\r\n")[0].isascii()


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=400))
def test_no_header_line_and_no_encoded_word_is_longer_than_the_standards_allow(subject: str) -> None:
    if not subject.split():
        return
    item = composed(subject=subject)
    assert max(map(len, header_lines(item))) <= 78
    assert all(len(line) <= 76 for line in header_lines(item) if b"=?" in line)
    assert all(len(word) <= 75 for word in re.findall(rb"=\?\S+\?=", item.data))
    for word in re.findall(r"=\?utf-8\?[BQ]\?\S*?\?=", item.data.decode()):
        # Each one is whole in itself: no character is cut in two (RFC 2047 section 5).
        ((octets, charset),) = decode_header(word)
        assert isinstance(octets, bytes)
        assert octets.decode(charset or "")


def test_tabs_and_lone_surrogates_in_a_subject_do_not_stop_the_mail() -> None:
    assert read(composed(subject="Re:\tEmpty \udc80miles"))["Subject"] == "Re: Empty \ufffdmiles"


# -- injection ------------------------------------------------------------------------------

BREAKS = ["\r\n", "\n", "\r", "\x0b", "\x0c", "\x85", "\u2028"]


@pytest.mark.parametrize("line_end", BREAKS)
def test_a_line_break_in_any_header_value_is_refused(line_end: str) -> None:
    bad = f"x{line_end}Bcc: everybody@bad.example"
    party = Party(address=Address("erin@brightwater.example"), name=bad)
    changes: list[dict[str, Any]] = [
        {"subject": bad}, {"to": (party,)}, {"reply_to": (party,)}, {"sender": replace(LETTER.sender, name=bad)},
        {"to": parties(f"a{line_end}b@x.example")}, {"in_reply_to": MessageId(bad)}, {"references": (MessageId(bad),)},
        {"sender": Party(address=Address(f"dana@x.example{line_end}X: y"))},
    ]  # fmt: skip
    for change in changes:
        with pytest.raises(ComposeFault):
            composed(**change)


def test_what_a_body_says_never_becomes_a_header() -> None:
    item = composed(body="Bcc: everybody@bad.example\n\nText.\n")
    assert old_reader(item)["Bcc"] is None


@pytest.mark.parametrize(
    "address",
    ["", "erin", "@x.example", "erin@", "a b@x.example", "a,b@x.example", "<a@x.example>", "a@x..example",
     "a@-x.example", "a..b@x.example", ".a@x.example", '"a b"@x.example', "a@x.example>", "a@[127.0.0.1]",
     "a@b@c.example", "x" * 65 + "@x.example", "a@" + "x." * 130 + "example", "a\x00@x.example"],
)  # fmt: skip
def test_what_is_no_address_is_refused_by_name(address: str) -> None:
    with pytest.raises(ComposeFault, match="not an address"):
        composed(to=parties(address))


@pytest.mark.parametrize("address", ["jürgen@x.example", "erin@bücher.example", "用户@x.example"])
def test_an_address_outside_ascii_is_refused_with_what_to_do(address: str) -> None:
    with pytest.raises(ComposeFault, match=r"outside ASCII.*xn--"):
        composed(to=parties(address))


def test_the_plain_form_of_an_international_domain_is_taken() -> None:
    assert composed(to=parties("erin+deals@xn--bcher-kva.example")).envelope_to[0] == "erin+deals@xn--bcher-kva.example"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"to": ()}, "nobody in To"),
        ({"subject": " "}, "subject is empty"),
        ({"send_at": datetime(2026, 3, 2)}, "no time zone"),
    ],
)
def test_a_letter_that_lacks_something_is_refused(change: dict[str, object], told: str) -> None:
    with pytest.raises(ComposeFault, match=told):
        composed(**change)


# -- the text -------------------------------------------------------------------------------


def text_of(item: OutboxItem) -> str:
    return str(read(item).get_content()).replace("\r\n", "\n")


def test_short_ascii_text_travels_as_it_is() -> None:
    item = composed(body="Hi Erin,\n\n" + "word " * 15 + "\n")
    assert read(item)["Content-Transfer-Encoding"] == "7bit"
    assert text_of(item) == LETTER.body.replace("Text.", "word " * 15)


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        ("Grüße aus Köln\n", "quoted-printable"),
        ("x" * 999 + "\n", "quoted-printable"),
        ("From here on it is simple.\n", "quoted-printable"),
        ("これは日本語の手紙です。\n" * 20, "base64"),
        ("x" * 78 + "\n", "7bit"),
        ("x" * 79 + "\n", "quoted-printable"),
    ],
)
def test_the_encoding_is_the_plainest_that_carries_the_text(body: str, encoding: str) -> None:
    item = composed(body=body)
    assert read(item)["Content-Transfer-Encoding"] == encoding
    assert text_of(item) == body
    assert not re.search(rb"^From ", item.data.partition(b"\r\n\r\n")[2], re.MULTILINE)


@given(st.text(max_size=2500))
def test_any_text_comes_back_and_no_line_breaks_the_limits_of_smtp(body: str) -> None:
    item = composed(body=body)
    assert all(len(line) <= 998 for line in item.data.split(b"\r\n"))
    assert b"\n" not in item.data.replace(b"\r\n", b"")
    assert b"\r" not in item.data.replace(b"\r\n", b"")
    assert item.data.endswith(b"\r\n")
    assert item.data.isascii()
    expected = re.sub("\r\n|[\r\x85\u2028\u2029]", "\n", body)
    expected = re.sub("[\ud800-\udfff]", "\ufffd", re.sub("[\x00-\x08\x0e-\x1f\x7f]", "", expected))
    payload = old_reader(item).get_payload(decode=True)
    assert isinstance(payload, bytes)
    assert payload.decode().replace("\r\n", "\n") == expected.rstrip("\n") + "\n"


def test_who_reads_along_stands_in_cc_and_in_the_envelope() -> None:
    tom = Party(address=Address("tom@northlight.example"), name="Tom Ode")
    item = composed(cc=(tom,))
    assert str(read(item)["Cc"]) == "Tom Ode <tom@northlight.example>"
    assert tom.address in item.envelope_to
    assert read(composed())["Cc"] is None


def test_a_mail_to_a_contact_carries_no_mark_of_a_mailing() -> None:
    assert not {"List-Unsubscribe", "Precedence", "Auto-Submitted", "X-Mailer", "List-Id"} & set(read(composed()).keys())


def test_every_line_on_the_wire_is_short_and_a_paragraph_comes_whole() -> None:
    item = composed(body="Hi Erin,\n\n" + "word " * 100 + "\n")
    assert max(map(len, item.data.split(b"\r\n"))) <= 78
    assert "word " * 99 in text_of(item)
