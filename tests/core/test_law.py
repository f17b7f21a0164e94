"""What the law wants below advertising, by the country of whoever gets it."""

from __future__ import annotations

import pytest

from worker.core.firm import Firm
from worker.core.law import wants_address, wants_way_out, way_out
from worker.core.template import Purpose, Template

FIRM = Firm(postal_address="3 Quay Lane, Bristol")


def template(purpose: Purpose, bucket: str = "client") -> Template:
    return Template(name=f"{bucket}/x", bucket=bucket, purpose=purpose, language="en", subject="s", body="b",
                    thread=purpose.thread, path="x.txt", line_of_body=5)  # fmt: skip


@pytest.mark.parametrize("purpose", [Purpose.ASK_REFERRAL, Purpose.ASK_TESTIMONIAL, Purpose.CHECK_IN, Purpose.CROSS_SELL,
                                     Purpose.ASK_INTRODUCTION, Purpose.ANNIVERSARY, Purpose.DELIVERED])  # fmt: skip
def test_asks_check_ins_and_services_are_advertising(purpose: Purpose) -> None:
    made = template(purpose)
    assert [wants_address(made, country, FIRM) for country in ("US", "CA", "DE", "GB")] == [True, True, False, False]
    assert all(wants_way_out(made, country, FIRM) for country in ("US", "CA", "DE", "GB", "FR", "CH", "AU"))


@pytest.mark.parametrize("purpose", [Purpose.OPENING, Purpose.HANDOVER, Purpose.HANDOVER_CHECK, Purpose.DECLINE,
                                     Purpose.DROP_OFF, Purpose.NUDGE, Purpose.PAYMENT_NUDGE])  # fmt: skip
def test_a_thank_you_a_hand_over_and_a_decline_are_not(purpose: Purpose) -> None:
    bucket = "client" if "client" in purpose.folders else "prospect"
    for country in ("US", "DE", ""):
        assert not wants_address(template(purpose, bucket), country, FIRM)
        assert not wants_way_out(template(purpose, bucket), country, FIRM)


def test_a_cold_mail_has_the_address_in_every_country_whatever_its_purpose() -> None:
    for purpose in (Purpose.FIRST_TOUCH, Purpose.NUDGE):
        assert wants_address(template(purpose, "suspect"), "XX", FIRM)
        assert wants_way_out(template(purpose, "suspect"), "GB", FIRM)


def test_where_the_country_is_not_known_it_gets_both() -> None:
    assert wants_address(template(Purpose.CHECK_IN), "", FIRM)
    assert wants_way_out(template(Purpose.CHECK_IN), "", FIRM)


def test_the_firm_says_which_countries() -> None:
    firm = Firm(address_countries=frozenset({"DE"}), way_out_countries=frozenset({"US"}))
    made = template(Purpose.ASK_REFERRAL)
    assert (wants_address(made, "DE", firm), wants_address(made, "US", firm)) == (True, False)
    assert (wants_way_out(made, "DE", firm), wants_way_out(made, "US", firm)) == (False, True)


def test_the_way_out_is_told_in_the_language_of_the_mail_and_in_the_firms_words_in_its_own() -> None:
    assert "möchten" in way_out(FIRM, "de", formal=True)
    assert "möchtest" in way_out(FIRM, "de", formal=False)
    own = Firm(opt_out_line="One word ends it.", language="en")
    assert way_out(own, "en", formal=False) == "One word ends it."
    assert "préférez" in way_out(own, "fr", formal=True)
    assert way_out(FIRM, "pl", formal=True).startswith("If you")
