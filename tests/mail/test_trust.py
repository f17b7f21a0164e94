"""Whom a mail can be believed to come from."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.core.model import Address, Message, Place, RawMail, Reading, Trust
from worker.mail.authentication import read_results
from worker.mail.headers import read_headers
from worker.mail.lookalike import imitates
from worker.mail.parse import parse
from worker.mail.trust import Verdict, judge

DATA = Path(__file__).parents[1] / "data"
READING = Reading(
    address=Address("deals@northlight.example"),
    team=("@northlight.example", "jo@freemail.test"),
    trusted_authserv="mx.northlight.example",
    notaries=frozenset({"signwell.test", "payhouse.test", "payhouse.co.test"}),
)
TOKEN = Reading(address=Address("deals@northlight.example"), team=("@northlight.example",), token="s3cret")
OURS = "Authentication-Results: mx.northlight.example; "
NOTICE = "From: SignWell <noreply@signwell.test>\n"
PASS = f"{OURS}dmarc=pass header.from=signwell.test\n"
RECEIVED = "Received: from x by mx.northlight.example; Mon, 28 Apr 2025 10:00:00 +0000\n"


def read(headers: str, reading: Reading = READING) -> Message:
    data = f"{headers}To: deals@northlight.example\nSubject: x\n\nHello\n".encode()
    return parse(RawMail(place=Place(), data=data), reading)


def trust(headers: str, reading: Reading = READING) -> Trust:
    return read(headers, reading).trust


def verdict(headers: str, reading: Reading = READING) -> Verdict:
    message = read(headers, reading)
    return judge(read_headers(f"{headers}\n\n".encode())[0], message.sender, (), reading)


def test_the_server_s_pass_makes_a_service_a_notary() -> None:
    assert trust(PASS + NOTICE) is Trust.NOTARY
    below = f"{OURS}dmarc=pass header.from=eu.signwell.test\nFrom: <a@eu.signwell.test>\n"
    assert trust(below) is Trust.NOTARY


def test_the_server_s_pass_makes_a_contact_aligned_and_a_colleague_team() -> None:
    contact = f"{OURS}dmarc=pass header.from=bergwerk.example\nFrom: Kim <kim@bergwerk.example>\n"
    colleague = f"{OURS}dmarc=pass header.from=northlight.example\nFrom: Jo <jo@northlight.example>\n"
    assert trust(contact) is Trust.ALIGNED
    assert trust(colleague) is Trust.TEAM
    assert "dmarc=pass" in verdict(colleague).why


def test_a_team_address_elsewhere_speaks_for_itself_only() -> None:
    assert trust(f"{OURS}dmarc=pass header.from=freemail.test\nFrom: <jo@freemail.test>\n") is Trust.TEAM
    assert trust(f"{OURS}dmarc=pass header.from=freemail.test\nFrom: <eve@freemail.test>\n") is Trust.ALIGNED


# -- forms of servers ---------------------------------------------------------------------

FORMS = {
    "gmail": (
        "mx.google.com",
        "Authentication-Results: mx.google.com;\n       dkim=pass header.i=@signwell.test header.s=s1 header.b=Ab/c=;\n"
        "       spf=pass (google.com: domain of b@mail.signwell.test designates 192.0.2.1)"
        " smtp.mailfrom=b@mail.signwell.test;\n"
        "       dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=signwell.test\n",
    ),
    "fastmail": (
        "*.messagingengine.com",
        "Authentication-Results: mx5.messagingengine.com;\n x-csa=none;\n dkim=pass (2048-bit rsa key sha256)"
        " header.d=signwell.test header.i=@signwell.test header.b=xYz;\n"
        " dmarc=pass policy.published-domain-policy=reject policy.applied-disposition=none (p=reject,d=none)"
        ' header.from=signwell.test;\n spf=pass smtp.helo="a b"\n',
    ),
    "microsoft": (
        "microsoft",
        "Authentication-Results: spf=pass (sender IP is 192.0.2.1)\n smtp.mailfrom=signwell.test;"
        " dkim=pass (signature was verified)\n header.d=signwell.test;dmarc=pass action=none\n"
        " header.from=signwell.test;compauth=pass reason=100\n",
    ),
    "rspamd": (
        "mx.northlight.example",
        "Authentication-Results: mx.northlight.example;\n\tdkim=pass header.d=signwell.test header.s=k1;\n"
        "\tdmarc=pass (policy=reject) header.from=signwell.test;\n"
        '\tspf=pass (x: "a;b" (y)) smtp.mailfrom=a@signwell.test\n',
    ),
    "version and spaces": (
        "mx.northlight.example",
        "Authentication-Results: MX.Northlight.example 1; dmarc/1 = pass header.from = SignWell.test\n",
    ),
    "dkim alone": ("mx.northlight.example", OURS + "dkim=fail header.d=x.test; dkim=pass header.d=signwell.test\n"),
    "dkim of a parent": ("mx.northlight.example", OURS + "dkim=pass header.i=@mail.signwell.test\n"),
    "spf alone": ("mx.northlight.example", OURS + "spf=pass smtp.mailfrom=b@bounce.signwell.test; dkim=none\n"),
    "no policy, but signed": (
        "mx.northlight.example",
        OURS + "dmarc=none header.from=signwell.test; dkim=pass header.d=signwell.test\n",
    ),
    "one of several servers": ("mx.other.example, mx.northlight.example", PASS),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_server_s_form_is_read(form: str) -> None:
    server, field = FORMS[form]
    reading = Reading(address=READING.address, team=READING.team, trusted_authserv=server, notaries=READING.notaries)
    assert trust(field + NOTICE, reading) is Trust.NOTARY
    failed = field.replace("=pass", "=fail").replace("= pass", "= fail")
    assert trust(failed + NOTICE, reading) is Trust.NONE


def test_a_stack_of_opendmarc_and_opendkim_belongs_together() -> None:
    stack = (
        f"{OURS}spf=pass smtp.mailfrom=x@relay.test\n{OURS}dkim=pass header.d=signwell.test header.b=abc\n"
        f"{RECEIVED}{NOTICE}"
    )
    assert trust(stack) is Trust.NOTARY
    data = (DATA / "trust-postfix.eml").read_bytes()
    assert parse(RawMail(place=Place(), data=data), READING).trust is Trust.NOTARY


# -- default closed -------------------------------------------------------------------------

CLOSED = {
    "no results": NOTICE,
    "dmarc failed": f"{OURS}dmarc=fail header.from=signwell.test; dkim=pass header.d=signwell.test\n{NOTICE}",
    "dmarc broke": f"{OURS}dmarc=temperror header.from=signwell.test; dkim=pass header.d=signwell.test\n{NOTICE}",
    "passed for another": f"{OURS}dmarc=pass header.from=relay.test; spf=pass smtp.mailfrom=x@relay.test\n{NOTICE}",
    "passed for nobody": f"{OURS}dmarc=pass\n{NOTICE}",
    "signed by another": f"{OURS}dkim=pass header.d=relay.test\n{NOTICE}",
    "signed by a top domain": f"{OURS}dkim=pass header.d=test\n{NOTICE}",
    "only the name of the host": f"{OURS}spf=pass smtp.helo=signwell.test\n{NOTICE}",
    "another server": f"Authentication-Results: mx.evil.test; dmarc=pass header.from=signwell.test\n{NOTICE}",
    "a longer name": PASS.replace("light.example;", "light.example.evil.test;") + NOTICE,
    "no name": f"Authentication-Results: dmarc=pass header.from=signwell.test;compauth=pass\n{NOTICE}",
    "ours below another's": f"Authentication-Results: mx.evil.test; dmarc=none\n{PASS}{NOTICE}",
    "forged below a fail": f"{OURS}dmarc=fail header.from=signwell.test\n{PASS}{NOTICE}",
    "forged below a fail and a hop": f"{OURS}dmarc=fail header.from=signwell.test\n{RECEIVED}{PASS}{NOTICE}",
    "forged below nothing": f"{OURS}dkim=none; spf=none\n{PASS}{NOTICE}",
    "forged below a hop": f"{OURS}dkim=none; spf=none\n{RECEIVED}{PASS}{NOTICE}",
    "forged with a hop above": f"{RECEIVED}{OURS}spf=none\n{PASS}{RECEIVED}{NOTICE}",
    "a fail below a pass": f"{PASS}{OURS}dmarc=fail header.from=signwell.test\n{NOTICE}",
    "two verdicts in one": PASS.replace("dmarc=", "dmarc=fail header.from=signwell.test; dmarc=") + NOTICE,
    "inside a comment": f"{OURS}spf=fail (x; dmarc=pass header.from=signwell.test)\n{NOTICE}",
    "inside a string": f'{OURS}spf=fail smtp.mailfrom="; dmarc=pass header.from=signwell.test "@e.test\n{NOTICE}',
    "a comment without end": f"{OURS}dmarc=pass header.from=signwell.test; spf=fail (x\n{NOTICE}",
    "two addresses": f"{PASS}From: a@signwell.test, b@evil.test\n",
    "two From": f"{PASS}{NOTICE}From: b@evil.test\n",
    "no From": PASS,
    "an address in the name": f'{OURS}dmarc=pass header.from=evil.test\nFrom: "noreply@signwell.test" <a@evil.test>\n',
    "an encoded address in the name": (
        f"{OURS}dmarc=pass header.from=evil.test\nFrom: =?utf-8?q?noreply=40signwell=2Etest?= <a@evil.test>\n"
    ),
    "answers to a service": (
        f"{OURS}dmarc=pass header.from=evil.test\nFrom: S <a@evil.test>\nReply-To: <a@signwell.test>\n"
    ),
    "answers to the team": (
        f"{OURS}dmarc=pass header.from=evil.test\nFrom: Jo <a@evil.test>\nReply-To: jo@northlight.example\n"
    ),
}


@pytest.mark.parametrize("case", CLOSED)
def test_what_cannot_be_believed_is_not(case: str) -> None:
    assert trust(CLOSED[case]) is Trust.NONE


@pytest.mark.parametrize("case", CLOSED)
def test_without_a_trusted_server_nothing_is_believed(case: str) -> None:
    closed = Reading(address=READING.address, team=READING.team, notaries=READING.notaries)
    assert trust(CLOSED[case], closed) is Trust.NONE
    assert trust(PASS + NOTICE, closed) is Trust.NONE


def test_a_second_field_of_our_name_further_down_is_shown() -> None:
    found = verdict(f"{PASS}{RECEIVED}{PASS}{NOTICE}")
    assert found.trust is Trust.NOTARY
    assert "further down" in found.defects[0]


def test_a_service_may_show_its_customer_s_address_and_have_answers_go_there() -> None:
    sender = 'From: "kim@bergwerk.example via SignWell" <noreply@signwell.test>\n'
    assert trust(f"{PASS}{sender}Reply-To: kim@bergwerk.example\n") is Trust.NOTARY


def test_a_contact_s_name_may_be_the_contact_s_address() -> None:
    headers = f'{OURS}dmarc=pass header.from=bergwerk.example\nFrom: "kim@bergwerk.example" <Kim@Bergwerk.example>\n'
    assert trust(headers) is Trust.ALIGNED


# -- look-alikes ----------------------------------------------------------------------------

KNOWN = frozenset({"signwell.test", "payhouse.test", "northlight.example", "wise.test", "strike.test"})


@pytest.mark.parametrize(
    "domain",
    [
        "signwell-mail.example",
        "mail-signwell.example",
        "signwell.test.evil.example",
        "signwell.evil.example",
        "signwellmail.example",
        "sign-well.example",
        "secure-signwell-documents.example",
        "signwell.example",
        "signwe11.test",
        "slgnwell.test",
        "singwell.test",
        "signwel.test",
        "signwelll.test",
        "northiight.example",
        "payh0use.test",
        "p\u0430yhouse.test".encode("idna").decode(),
        "payh\u00f6use.test".encode("idna").decode(),
        "\u0440\u0430\u0443house.test".encode("idna").decode(),
        "vvise.test",
        "strikke.test",
        "strkie.test",
    ],
)
def test_a_look_alike_is_seen(domain: str) -> None:
    assert imitates(domain, KNOWN)


@pytest.mark.parametrize("domain", ["signwell-mail.example", "payh0use.test", "north1ight.example", "singwell.test"])
def test_a_look_alike_is_not_believed_whatever_its_own_server_proves(domain: str) -> None:
    found = verdict(f"{OURS}dmarc=pass header.from={domain}\nFrom: S <a@{domain}>\n")
    assert found.trust is Trust.NONE
    assert "looks like" in found.why


@pytest.mark.parametrize(
    "domain",
    [
        "signwell.test",
        "eu.signwell.test",
        "bergwerk.example",
        "m\u00fcller.test".encode("idna").decode(),
        "\u043f\u0440\u0438\u043c\u0435\u0440.test".encode("idna").decode(),
        "signals.test",
        "likewise.example",
        "otherwise-ltd.example",
        "payroll.example",
        "stride.example",
        "signwell-freight.example",
        "signwellness.example",
    ],
)
def test_an_honest_domain_is_let_be(domain: str) -> None:
    assert imitates(domain, KNOWN) == ""


# -- the token ------------------------------------------------------------------------------


def token(to: str, sender: str = "jo@northlight.example", more: str = "", reading: Reading = TOKEN) -> Trust:
    data = f"{more}From: {sender}\nTo: kim@bergwerk.example\nDelivered-To: {to}\nSubject: x\n\nHello\n".encode()
    return parse(RawMail(place=Place(), data=data), reading).trust


def test_the_secret_in_our_address_makes_a_colleague_s_mail_the_team_s() -> None:
    assert token("deals+s3cret@northlight.example") is Trust.TEAM
    assert token("deals+s3cret.paid@northlight.example") is Trust.TEAM
    assert token("Deals+S3CRET.2026-03-01@northlight.example") is Trust.TEAM


@pytest.mark.parametrize(
    "to",
    [
        "deals@northlight.example",
        "deals+paid@northlight.example",
        "deals+s3cre@northlight.example",
        "deals+s3crets@northlight.example",
        "deals+paid.s3cret@northlight.example",
        "deals+s3cret@evil.example",
        "dealss3cret@northlight.example",
        "other+s3cret@northlight.example",
    ],
)
def test_anything_but_the_secret_is_not_the_secret(to: str) -> None:
    assert token(to) is Trust.NONE


def test_the_secret_serves_the_team_only() -> None:
    assert token("deals+s3cret@northlight.example", sender="kim@bergwerk.example") is Trust.NONE


def test_without_a_secret_an_empty_one_is_none() -> None:
    assert token("deals+@northlight.example", reading=READING) is Trust.NONE
    assert token("deals+.paid@northlight.example", reading=READING) is Trust.NONE


def test_the_secret_does_not_help_against_a_server_that_says_no() -> None:
    reading = Reading(address=TOKEN.address, team=TOKEN.team, token="s3cret", trusted_authserv="mx.northlight.example")
    failed = f"{OURS}dmarc=fail header.from=northlight.example\n"
    assert token("deals+s3cret@northlight.example", more=failed, reading=reading) is Trust.NONE
    assert token("deals+s3cret@northlight.example", reading=reading) is Trust.TEAM


# -- laws -------------------------------------------------------------------------------------


@given(st.text(max_size=200))
def test_any_value_can_be_read(value: str) -> None:
    read_results(value)


@given(st.text(st.sampled_from('abc=;()\\" .@\t'), max_size=60))
def test_what_stands_in_a_comment_or_string_is_never_a_result(inside: str) -> None:
    comment = inside.replace("(", "").replace(")", "").replace("\\", "")
    string = inside.replace('"', "").replace("\\", "")
    for value in (f"mx; spf=fail ({comment}; dmarc=pass)", f'mx; spf=fail smtp.mailfrom="{string}; dmarc=pass"'):
        found = read_results(value)
        assert found.whole
        assert [result.method for result in found.results] == ["spf"]
        assert found.results[0].value == "fail"


@given(st.text(st.sampled_from('mx.northlightsignwell-=;() \n\t"dmarcpass,<>@headerfrom'), max_size=120))
def test_no_field_of_another_server_makes_a_notary(junk: str) -> None:
    value = " ".join(junk.split())
    headers = f"Authentication-Results: mx.evil.test; {value}\n{PASS}{NOTICE}"
    assert trust(headers) is Trust.NONE
