"""What goes to its owner first, and what does not go at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from worker.core.books import Books
from worker.core.calendar import Locale
from worker.core.caution import caution, refusal
from worker.core.firm import Firm
from worker.core.model import (
    Address,
    Contact,
    Deal,
    DealId,
    Kind,
    LoggedMail,
    MessageId,
    Party,
    Speaker,
    Suppression,
)
from worker.core.situation import World

AT = datetime(2026, 1, 7, 9, tzinfo=UTC)
ANNA = Contact(address=Address("anna@berg.example"), language="en")
MAIL = LoggedMail(id=MessageId("m"), at=AT, sender=Address("rosa@lindauer.example"), to=(ANNA.address,),
                  subject="Counting the second warehouse", kind=Kind.HUMAN, speaker=Speaker.OWNER)  # fmt: skip
DEAL = Deal(id=DealId("d"), ref="r", owner=Party(address=Address("rosa@lindauer.example")), title="t", created=AT,
            contacts=(ANNA,), log=(MAIL,))  # fmt: skip
WORLD = World(
    address=Address("deals@lindauer.example"), books=Books(), home=Locale(zone=ZoneInfo("Europe/London")),
    suppression=Suppression(people={}),
    purposes={"prospect/nudge": "nudge", "client/check-in-30": "check_in", "client/thank-you": "opening",
              "suspect/first-touch": "first_touch"},
    languages={"prospect/nudge": frozenset({"en", "de"}), "client/thank-you": frozenset({"en", "de"})},
)  # fmt: skip


def test_nothing_speaks_against_a_nudge_about_something_concrete() -> None:
    assert caution("prospect/nudge", ANNA, DEAL, WORLD) == ""


@pytest.mark.parametrize("template", ["prospect/nudge", "client/check-in-30"])
def test_without_one_concrete_fact_a_nudge_and_a_check_in_are_asked_for(template: str) -> None:
    bare = replace(DEAL, log=(replace(MAIL, subject="Our proposal"),))
    assert "nothing is known" in caution(template, ANNA, bare, WORLD)
    assert caution("client/thank-you", ANNA, bare, WORLD) == ""


def test_a_mail_in_another_language_than_theirs_is_asked_for() -> None:
    polish = replace(ANNA, language="pl")
    assert '"pl"' in caution("prospect/nudge", polish, replace(DEAL, contacts=(polish,)), WORLD)
    german = replace(ANNA, language="de")
    assert caution("prospect/nudge", german, replace(DEAL, contacts=(german,)), WORLD) == ""


def test_the_language_of_a_colleague_counts_where_their_own_is_not_known() -> None:
    new = Contact(address=Address("new@berg.example"))
    deal = replace(DEAL, contacts=(replace(ANNA, language="pl"), new))
    assert '"pl"' in caution("client/thank-you", new, deal, WORLD)


def test_a_first_touch_is_always_asked_for() -> None:
    assert "first touch" in caution("suspect/first-touch", ANNA, DEAL, WORLD)


def test_a_cold_mail_without_a_postal_address_is_not_sent_at_all() -> None:
    told = refusal("suspect/first-touch", ANNA, DEAL, Firm())
    assert "postal address" in told
    assert "firm.yaml" in told
    assert refusal("suspect/second-touch", ANNA, DEAL, Firm(postal_address="  ")) == told
    assert refusal("suspect/first-touch", ANNA, DEAL, Firm(postal_address="3 Quay Lane")) == ""
    assert refusal("prospect/nudge", ANNA, DEAL, Firm()) == ""


def test_who_was_introduced_or_has_written_is_no_cold_contact() -> None:
    introduced = replace(ANNA, referred_by=Address("ben@oak.example"))
    assert refusal("suspect/introduced-by", introduced, DEAL, Firm()) == ""
    wrote = replace(MAIL, speaker=Speaker.CONTACT, sender=ANNA.address)
    assert refusal("suspect/first-touch", ANNA, replace(DEAL, log=(wrote,)), Firm()) == ""
