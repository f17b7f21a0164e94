from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.core.domains import company_of, is_machine
from worker.core.index import Index
from worker.core.model import (
    Address,
    Contact,
    DealId,
    Event,
    Evidence,
    Forwarded,
    Kind,
    MessageId,
    Party,
    Reading,
    Speaker,
    Stage,
    StageChange,
    Strength,
    Trust,
)
from worker.core.placing import addresses_in, names_in, others, place

READING = Reading(
    address=Address("deals@weberbund.test"), team=("@weberbund.test",), notaries=frozenset({"signwell.test"})
)
JONAS, MIA, IRIS = "jonas@weberbund.test", "mia@weberbund.test", "iris@weberei.example"


@pytest.fixture
def index(deal):
    """One deal with Iris of weberei.example, begun by Jonas."""
    found = Index()
    found.put(deal)
    return found


@pytest.fixture
def placed(index):
    def build(message, *evidence, ref=""):
        return place(message, evidence, index, READING, ref)

    return build


def _notice(message, text, **more):
    return message("no-reply@signwell.test", to=JONAS, kind=Kind.NOTICE, trust=Trust.NOTARY, text=text, **more)


def _received(deal, **more):
    return Evidence(event=Event.PAYMENT_RECEIVED, strength=Strength.CERTAIN, quote="", signal="s", found_in=MessageId("m"),
                    at=deal.created, speaker=Speaker.NOTARY, **more)  # fmt: skip


# -- by thread, mark, contact, company ----------------------------------------------------


def test_a_reply_belongs_to_the_deal_of_its_thread_whoever_writes(placed, message, deal):
    stranger = message("ole@elsewhere.example", to=JONAS, in_reply_to=(deal.log[0].id,))
    assert placed(stranger).deals == (deal.id,)


def test_a_mark_outranks_everything(placed, message, deal):
    assert placed(message(JONAS, to="new@other.example", trust=Trust.TEAM), ref=deal.ref).deals == (deal.id,)


def test_a_person_is_known_by_their_address(placed, message, deal):
    assert placed(message(IRIS, to=JONAS)).deals == (deal.id,)


def test_a_colleague_whom_nobody_has_seen_belongs_to_the_one_deal_of_the_company(placed, message, deal):
    assert placed(message("ole@weberei.example", to=JONAS)).deals == (deal.id,)


def test_a_colleague_belongs_to_no_deal_where_the_company_has_two(placed, message, deal, index):
    index.put(
        replace(
            deal, id=DealId("d2"), ref="other12", contacts=(Contact(address=Address("ada@weberei.example")),), log=()
        )
    )
    assert placed(message("ole@weberei.example", to=JONAS)).deals == ()


@pytest.mark.parametrize("domain", ["gmail.com", "gmx.de", "orange.fr", "web.de"])
def test_people_at_a_free_mail_domain_are_no_company(placed, message, deal, index, domain):
    index.put(
        replace(deal, contacts=(Contact(address=Address(f"iris@{domain}")),), company=company_of(f"iris@{domain}"))
    )
    assert placed(message(f"somebody.else@{domain}", to=JONAS)).deals == ()


def test_two_of_us_with_two_threads_at_one_company_are_two_deals(placed, message, deal):
    theirs = placed(message(MIA, to="ole@weberei.example", trust=Trust.TEAM))
    assert theirs.deals == ()
    assert [one.address for one in theirs.opens_for] == ["ole@weberei.example"]
    assert placed(message(JONAS, to="ole@weberei.example", trust=Trust.TEAM)).deals == (deal.id,)


# -- who opens a deal ------------------------------------------------------------------


def test_the_team_opens_a_deal_by_writing_to_somebody_new(placed, message):
    assert [one.address for one in placed(message(JONAS, to="new@other.example", trust=Trust.TEAM)).opens_for] == [
        "new@other.example"
    ]


@pytest.mark.parametrize("trust", [Trust.NONE, Trust.ALIGNED, Trust.NOTARY])
def test_nobody_else_opens_a_deal(placed, message, trust):
    found = placed(message("new@other.example", to="deals@weberbund.test", trust=trust))
    assert (found.deals, found.opens_for) == ((), ())
    assert found.why


def test_somebody_who_only_claims_to_be_of_the_team_opens_nothing(placed, message):
    assert placed(message(JONAS, to="new@other.example", trust=Trust.NONE)).opens_for == ()


def test_a_mail_among_ourselves_opens_nothing(placed, message):
    assert placed(message(JONAS, to=f"{MIA},deals@weberbund.test", trust=Trust.TEAM)).opens_for == ()


def test_a_forward_of_the_team_opens_a_deal_with_its_author(placed, message):
    inner = Forwarded(sender=Party(address=Address("new@other.example"), name="Nele New"))
    opened = placed(message(JONAS, to="deals@weberbund.test", trust=Trust.TEAM, forwarded=inner)).opens_for
    assert [one.address for one in opened] == ["new@other.example"]


def test_we_machines_and_notaries_are_nobody_to_write_to(message):
    mail = message(JONAS, to=f"{IRIS},{MIA},deals+paid@weberbund.test,no-reply@shop.example,sign@eu.signwell.test",
                   trust=Trust.TEAM)  # fmt: skip
    assert [one.address for one in others(mail, READING)] == [IRIS]


@pytest.mark.parametrize(
    "address", ["noreply@x.example", "Mailer-Daemon@x.example", "bounce+17@x.example", "dse_na3@docusign.net"]
)
def test_machines_are_known_by_their_names(address):
    assert is_machine(address)


# -- notices ---------------------------------------------------------------------------


def test_a_notice_is_placed_by_an_address_in_it(placed, message, deal):
    assert placed(_notice(message, f"Signed by Iris Thal ({IRIS}).")).deals == (deal.id,)


def test_a_notice_is_placed_by_the_payers_name(placed, message, deal):
    assert placed(_notice(message, "Money has come."), _received(deal, payer="IRIS THAL")).deals == (deal.id,)
    assert placed(_notice(message, "Money has come."), _received(deal, payer="Weberei GmbH")).deals == (deal.id,)


def test_a_notice_is_placed_by_a_name_that_stands_somewhere_in_it(placed, message, deal):
    assert placed(_notice(message, "You received a payment of 900 EUR from Iris Thal.")).deals == (deal.id,)


def test_a_notice_that_names_people_of_two_deals_is_nobodys(placed, message, deal, index):
    other = replace(deal, id=DealId("d2"), ref="other12", log=(), company="gerberei.example",
                    contacts=(Contact(address=Address("udo@gerberei.example"), name="Udo Lohr"),))  # fmt: skip
    index.put(other)
    assert placed(_notice(message, "A payment from Iris Thal. Questions? Ask Udo Lohr.")).deals == ()


def test_nobody_guesses_whose_money_it_is_where_two_have_one_name(placed, message, deal, index):
    index.put(replace(deal, id=DealId("d2"), ref="other12", log=(), company="gerberei.example",
                      contacts=(Contact(address=Address("iris@gerberei.example"), name="Iris Thal"),)))  # fmt: skip
    assert placed(_notice(message, "Money has come."), _received(deal, payer="Iris Thal")).deals == ()


def test_a_notice_about_nobody_whom_we_know_belongs_nowhere(placed, message):
    assert placed(_notice(message, "You received a payment from Udo Lohr.")).deals == ()


@pytest.mark.parametrize("paper", ["Services Agreement Weberei.pdf", "Vertrag_Weberei_v2.docx", "MSA Iris Kolb.pdf"])
def test_a_notice_is_placed_by_the_name_of_its_document(placed, message, deal, index, paper):
    index.put(replace(deal, contacts=(replace(deal.contacts[0], name="Iris Kolb"),)))
    assert placed(_notice(message, "All signers have completed.", subject=f"Completed: {paper}")).deals == (deal.id,)


def test_money_is_placed_by_the_number_of_our_invoice(placed, message, deal, index):
    bill = replace(_received(deal, invoice="R-0042"), event=Event.INVOICE_SENT, speaker=Speaker.OWNER)
    index.put(replace(deal, evidence=(bill,)))
    notice = _notice(message, "1,200.00 EUR from H. Petersen")
    assert placed(notice, _received(deal, invoice="R 0042", payer="H. Petersen")).deals == (deal.id,)
    assert placed(notice, _received(deal, invoice="R-0043", payer="H. Petersen")).deals == ()


def _waiting(deal, *stages):
    return replace(deal, stages=tuple(StageChange(at=deal.created, stage=one, why="", found_in=()) for one in stages))


def test_a_notice_that_names_nobody_is_asked_about_where_one_deal_alone_waits_for_it(placed, message, deal, index):
    index.put(_waiting(deal, Stage.PROPOSED, Stage.SIGNED_UNPAID))
    found = placed(_notice(message, "You have received a payment."), _received(deal))
    assert (found.deals, found.doubtful) == ((deal.id,), True)


def test_a_notice_that_names_nobody_is_nobodys_where_two_deals_wait_for_it(placed, message, deal, index):
    index.put(_waiting(deal, Stage.SIGNED_UNPAID))
    index.put(_waiting(replace(deal, id=DealId("other"), ref="other", contacts=(), company="x.example"), Stage.PROPOSED))
    assert placed(_notice(message, "You have received a payment."), _received(deal)).deals == ()


def test_a_human_mail_is_not_placed_by_a_name_in_its_text(placed, message):
    assert placed(message("x@other.example", to=JONAS, text="Do you know Iris Thal?")).deals == ()


# -- reading ---------------------------------------------------------------------------


@given(st.text(max_size=300))
def test_no_text_breaks_the_search_for_addresses_and_names(text):
    assert all("@" in one for one in addresses_in(text))
    assert all(" " in one for one in names_in(text))


def test_addresses_are_found_in_brackets_and_lists():
    found = addresses_in("Signed by <Iris@Weberei.example>, ole@weberei.example; and (udo@gerberei.example).")
    assert found == ["iris@weberei.example", "ole@weberei.example", "udo@gerberei.example"]


def test_a_text_of_at_signs_takes_no_time_worth_speaking_of():
    assert len(addresses_in("a@b.c " * 100_000)) <= 200
    assert len(names_in("Ann Bee " * 50_000)) <= 400
