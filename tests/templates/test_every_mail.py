"""Every mail in every language and form of address, with every fact, with none, and with what strangers make up."""

from __future__ import annotations

import re
from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.app.wording import plain
from worker.core.model import Address, Contact
from worker.core.template import Purpose
from worker.io.shipped import shipped
from worker.io.template_files import read_templates
from worker.mail.compose import compose

ALL = [
    pytest.param(one.name, one.language, formal, id=f"{one.name}.{one.language}{'.formal' if formal else ''}")
    for one in read_templates(shipped("templates"))
    if one.bucket != "owner"
    for formal in ((True, False) if one.language != "en" else (False,))
]
MAIN = ("client/thank-you", "client/referral", "client/testimonial", "client/hand-over", "client/check-in-30",
        "prospect/nudge", "prospect/closing-the-file", "prospect/drop-off", "prospect/decline", "prospect/kind-word",
        "prospect/payment-nudge", "prospect/missing-signature")  # fmt: skip
HOSTILE = (
    "Anna\r\nBcc: victim@bank.example", "{{ 7 * 7 }} {% for x in y %}", "\u202ekcaH\u202c Anna", "A" * 5000, "None", "  ",
    "<script>alert(1)</script>", "=?utf-8?B?QW5uYQ==?=", "Anna, Berg, and, sons", "\x00\x07\x1b[31m", "anna@berg.example",
)  # fmt: skip
HERE = ZoneInfo("Europe/London")


def _reads_well(subject: str, body: str) -> None:
    lines = body.split("\n")
    assert lines[0].strip()
    assert re.fullmatch(r"[^\n]*[,:]", lines[0])
    assert not re.search(r"\s[,:]$", lines[0])
    assert "None" not in subject + body
    assert "\n\n\n" not in body
    assert not re.search(r"(?<=\S)  +(?=\S)", "\n".join(line for line in lines if not line.startswith("    ")))
    assert not re.search(r"\{\{|\}\}|\{%|%\}", subject + body)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", subject + body)
    assert "!" not in body
    assert subject.strip() == subject != ""
    assert "\n" not in subject
    assert not re.search(r"\(\s*\)|\"\s*\"|„\s*“|«\s*»|,\s*,|\s\.(\s|$)", body)


@pytest.mark.parametrize(("name", "language", "formal"), ALL)
def test_a_mail_reads_well_with_all_that_can_be_known(write, full_deal, name, language, formal):
    letter = write(name, full_deal, language=language, formal=formal)
    _reads_well(letter.subject, letter.body)
    assert 25 <= len(letter.body.split()) <= 125
    assert letter.body.count("?") <= 1
    assert re.search(r"\n\n[^\n]+\nRosa(?: Lind)?\n", letter.body)


@pytest.mark.parametrize(("name", "language", "formal"), ALL)
def test_a_mail_reads_well_where_nothing_is_known(write, bare_writer, bare_deal, name, language, formal):
    letter = write(name, bare_deal, by=bare_writer, language=language, formal=formal)
    _reads_well(letter.subject, letter.body)
    assert len(letter.body.split()) >= 20


@pytest.mark.parametrize("evil", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("language", ["en", "de"])
def test_what_a_stranger_calls_themselves_harms_no_mail(write, templates, full_deal, evil, language):
    contact = replace(full_deal.contacts[0], name=evil, referrer=evil, phone=evil)
    log = tuple(replace(mail, subject=evil, cares=evil, document=evil, amount=evil) for mail in full_deal.log)
    deal = replace(full_deal, contacts=(contact,), log=log, company_name=evil, title=evil)
    for name in templates.names:
        if name.startswith("owner/"):
            continue
        letter = write(name, deal, language=language)
        assert not re.search(r"\{\{|\}\}|\{%|%\}", letter.body), name
        assert re.fullmatch(r"[^\n]{1,100}[,:]", letter.body.split("\n")[0]), name
        assert len(letter.body) < 6000
        item = compose(letter, key=b"k", worker=Address("deals@lindauer.example"), now=letter.send_at, zone=HERE)
        read = message_from_bytes(item.data, policy=default)
        assert read["Bcc"] is None
        assert read["To"].addresses[0].addr_spec == contact.address
        assert not read.defects
        assert max(map(len, item.data.split(b"\r\n"))) <= 78


@given(name=st.text(max_size=80), subject=st.text(max_size=80))
def test_no_name_and_no_subject_stop_a_mail(writer_of_law, name, subject):
    letter = writer_of_law(name, subject)
    compose(letter, key=b"k", worker=Address("deals@lindauer.example"), now=letter.send_at, zone=HERE)
    assert re.fullmatch(r"[^\n]+[,:]", letter.body.split("\n")[0])


@given(st.text())
def test_a_value_is_one_line_without_anything_that_looks_like_a_template(text):
    said = plain(text)
    assert not re.search(r"[\n\r\x00\u202e]|\{\{|\}\}|\{%|%\}", said)
    assert said == " ".join(said.split())


def test_there_is_a_text_in_five_languages_of_each_main_mail_and_two_of_the_others(templates):
    for name, languages in templates.languages.items():
        if not name.startswith("owner/"):
            assert languages >= ({"en", "de", "fr", "es", "nl"} if name in MAIN else {"en", "de"}), name


def test_every_purpose_towards_a_contact_has_a_mail(templates):
    assert {one.purpose for one in templates} >= {purpose for purpose in Purpose if purpose is not Purpose.DIGEST}


def test_the_thank_you_asks_nothing_and_says_nothing_of_opening(write, full_deal):
    for language in ("en", "de", "fr", "es", "nl"):
        body = write("client/thank-you", full_deal, language=language).body
        assert "?" not in body
        assert not re.search(r"\bopen|eröffn|ouvr|abr[ie]|client|customer|Kunde", body, re.IGNORECASE)


def test_a_decline_and_a_good_bye_blame_nobody_and_promise_nothing(write, full_deal):
    blame = r"\bunfortunately\b|leider|malheureusement|lamentablemente|helaas|you (?:never|didn't|did not|failed)|disappoint"
    for name in ("prospect/decline", "prospect/drop-off", "prospect/closing-the-file", "prospect/kind-word"):
        for language in ("en", "de", "fr", "es", "nl"):
            body = write(name, full_deal, language=language).body
            assert not re.search(blame, body, re.IGNORECASE), name
            assert "?" not in body, name


def test_the_testimonial_asks_why_and_for_leave_to_print_it(write, full_deal):
    words = {"en": ("why", "print"), "de": ("Warum", "drucken"), "fr": ("pourquoi", "publi"), "es": ("por qué", "publicar"),
             "nl": ("waarom", "publiceren")}  # fmt: skip
    for language, said in words.items():
        body = write("client/testimonial", full_deal, language=language).body
        assert all(word in body for word in said), language


def test_the_referral_describes_the_one_kind_of_person_in_the_language_of_the_mail(write, full_deal):
    assert "somebody who runs a roastery" in write("client/referral", full_deal, language="en").body
    assert "eine Rösterei mit zwei Lagern" in write("client/referral", full_deal, language="de").body
    assert "tostadero" in write("client/referral", full_deal, language="es").body


def test_the_hand_over_names_the_people_of_delivery_and_has_them_in_copy(write, full_deal):
    letter = write("client/hand-over", full_deal)
    assert "Tom Aldous, project lead (tom@lindauer.example)" in letter.body
    assert [one.address for one in letter.cc] == ["tom@lindauer.example", "ida@lindauer.example"]
    assert "I'm not leaving" in letter.body
    assert write("client/thank-you", full_deal).cc == ()


def test_a_nudge_rests_on_what_was_proposed_when_and_on_what_they_said(write, full_deal):
    body = write("prospect/nudge", full_deal).body
    assert 'my proposal of 12 January ("Counting the second warehouse", £4,800)' in body
    assert 'On 8 January you wrote: "What matters to us is that nobody counts at night."' in body


def test_dates_are_written_as_the_contact_writes_them(write, full_deal, at_home_in):
    american = write("prospect/payment-nudge", full_deal, around=at_home_in("US"))
    assert "since January 20," in american.body
    assert "since 20 January," in write("prospect/payment-nudge", full_deal).body
    assert "seit dem 20. Januar" in write("prospect/payment-nudge", full_deal, language="de").body


def test_a_mail_is_signed_as_the_owner_signs_to_this_person(write, full_deal):
    contact = replace(full_deal.contacts[0], greeting="Dear Ms Berg,", closing="All the best,", signed="R. Lind")
    body = write("prospect/nudge", replace(full_deal, contacts=(contact,)), language="en").body
    assert body.startswith("Dear Ms Berg,\n")
    assert body.endswith("\n\nAll the best,\nR. Lind\n")
    alone = replace(contact, closing="", signed="Rosa")
    assert write("prospect/nudge", replace(full_deal, contacts=(alone,)), language="en").body.endswith(
        "know.\n\nRosa\n"
    )


def test_a_greeting_in_another_language_than_the_mail_is_not_used(write, full_deal):
    contact = replace(full_deal.contacts[0], greeting="Sehr geehrte Frau Berg,", closing="Viele Grüße", signed="Rosa")
    body = write("prospect/nudge", replace(full_deal, contacts=(contact,)), language="en").body
    assert body.startswith("Hi Anna,\n")
    assert body.endswith("Best,\nRosa\n")


def test_a_form_of_address_is_that_used_to_others_of_the_firm_else_the_formal_one(write, full_deal):
    colleague = Contact(address=Address("jon@bergkaffee.example"), formal=False)
    assert "Wie stehst du" in write("prospect/nudge", replace(full_deal, contacts=(*full_deal.contacts, colleague)),
                                    language="de").body.replace("wie", "Wie", 1)  # fmt: skip
    assert "stehen Sie" in write("prospect/nudge", full_deal, language="de").body
    assert "en êtes-vous" in write("prospect/nudge", full_deal, language="fr").body


def test_the_owner_gets_the_number_to_ring_and_three_lines(write, full_deal):
    body = write("owner/glow", full_deal).body
    assert "+44 117 496 0123" in body
    assert re.findall(r"^    (\d)  ", body, re.MULTILINE) == ["1", "2", "3"]
