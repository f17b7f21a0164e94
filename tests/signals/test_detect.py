from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from worker.core.model import (
    Absence,
    Address,
    Event,
    Evidence,
    Forwarded,
    Kind,
    Message,
    Party,
    Reading,
    Speaker,
    Strength,
    Trust,
)
from worker.core.signal import Signals
from worker.signals.detect import detect

Mail = Callable[..., Message]


@pytest.fixture
def found(signals: Signals, reading: Reading) -> Callable[[Message], dict[Event, Evidence]]:
    return lambda message: {e.event: e for e in detect(message, signals, reading)}


Found = Callable[[Message], dict[Event, Evidence]]
COMPLETED = "Your document has been completed\n\nAll parties have completed Lease agreement.pdf.\n"
PAID = "You received a payment of $480.00 USD from Piet van der Veen (piet@vanderveen.example)."


def notice(mail: Mail, text: str, *, domain: str, subject: str, trust: Trust = Trust.NOTARY) -> Message:
    return mail(text, sender=f"dse@{domain}", name="", subject=subject, trust=trust, kind=Kind.NOTICE)


# -- services ----------------------------------------------------------------------------------


def test_a_trusted_notice_of_completion_is_certain_and_names_the_document(mail: Mail, found: Found) -> None:
    text = COMPLETED + "\nSigned by:\n    Piet van der Veen  piet@vanderveen.example\n    Joan Hart  joan@harrow.test\n"
    signed = found(notice(mail, text, domain="docusign.net", subject="Completed: Lease agreement.pdf"))[Event.SIGNED]
    assert signed.strength is Strength.CERTAIN
    assert signed.speaker is Speaker.NOTARY
    assert (signed.document, signed.document_kind) == ("Lease agreement.pdf", "agreement")
    assert [p.address for p in signed.people] == ["piet@vanderveen.example", "joan@harrow.test"]


def test_an_nda_is_signed_but_is_no_agreement(mail: Mail, found: Found) -> None:
    message = notice(mail, "All parties have signed.", domain="eu.docusign.net", subject="Completed: NDA Veen.docx")
    assert found(message)[Event.SIGNED].document_kind == "nda"


@pytest.mark.parametrize("trust", [Trust.NONE, Trust.ALIGNED])
def test_a_notice_without_trust_is_weak(trust: Trust, mail: Mail, found: Found) -> None:
    for domain, subject, text in (
        ("docusign.net", "Completed: Lease agreement.pdf", COMPLETED),
        ("docusign-files.example", "Completed: Lease agreement.pdf", COMPLETED),
        ("paypal.com", "You received a payment", PAID),
    ):
        evidence = found(notice(mail, text, domain=domain, subject=subject, trust=trust))
        assert evidence
        assert {e.strength for e in evidence.values()} == {Strength.WEAK}


def test_a_mail_that_poses_as_a_service_is_weak_though_it_looks_like_a_persons(mail: Mail, found: Found) -> None:
    message = mail(COMPLETED, sender="anna@papers.example", name="DocuSign", subject="Completed: Lease agreement.pdf")
    assert {e.strength for e in found(message).values()} == {Strength.WEAK}


def test_a_payment_service_cannot_sign_and_a_signing_service_cannot_pay(mail: Mail, found: Found) -> None:
    assert Event.SIGNED not in found(notice(mail, COMPLETED, domain="paypal.com", subject="Completed: Lease.pdf"))
    assert Event.PAYMENT_RECEIVED not in found(notice(mail, PAID, domain="docusign.net", subject="Payment received"))


def test_a_payment_has_its_amount_its_invoice_and_its_payer(mail: Mail, found: Found) -> None:
    text = "Harrow\n\nPiet van der Veen paid your invoice\n$9,200.00\n\nInvoice #000200\nBalance due: $0.00\n"
    message = notice(mail, text, domain="messaging.squareup.com", subject="An invoice was paid by Piet! (#000200)")
    paid = found(message)[Event.PAYMENT_RECEIVED]
    assert (paid.amount, paid.currency, paid.invoice) == ("9200.00", "USD", "000200")
    assert paid.payer == "Piet van der Veen"


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("You sent a payment", "You sent a payment of $32.00 USD to Print Cloud."),
        ("Your receipt from Print Cloud #2044", "Amount paid $29.00"),
        ("Payment pending", "Piet sent you $480.00, the payment is pending."),
        ("We sent your invoice (0044) to piet@vanderveen.example", "We'll let you know when it has been paid."),
        ("Weekly summary", "You received 4 payments, $1,200.00 in all."),
        ("Piet requested $50.00", "Piet sent you a money request."),
    ],
)
def test_what_is_no_income_is_no_payment(subject: str, text: str, mail: Mail, found: Found) -> None:
    evidence = found(notice(mail, text, domain="paypal.com", subject=subject))
    assert evidence.keys() <= {Event.INVOICE_SENT}


def test_one_signer_is_not_all(mail: Mail, found: Found) -> None:
    text = "You're done signing Lease. We will send you the final agreement when everyone has signed."
    evidence = found(notice(mail, text, domain="adobesign.com", subject="You signed: Lease"))
    assert evidence.keys() == {Event.PARTLY_SIGNED}


def test_a_refund_takes_the_payment_of_the_same_notice_back(mail: Mail, found: Found) -> None:
    text = "You refunded $480.00 to Piet. The payment received on 3 March has been reversed."
    evidence = found(notice(mail, text, domain="paypal.com", subject="Refund issued"))
    assert evidence.keys() == {Event.PAYMENT_REVERSED}


# -- forwards ------------------------------------------------------------------------------------


def forward(sender: str, text: str, subject: str) -> Forwarded:
    return Forwarded(sender=Party(address=Address(sender)), subject=subject, text=text)


def test_a_notice_forwarded_by_the_team_is_certain(mail: Mail, found: Found) -> None:
    inner = forward("service@paypal.com", PAID, "Notification of payment received")
    message = mail("fyi", sender="joan@harrow.test", trust=Trust.TEAM, subject="Fwd: payment", forwarded=inner)
    assert found(message)[Event.PAYMENT_RECEIVED].strength is Strength.CERTAIN


def test_a_notice_forwarded_by_a_contact_is_likely(mail: Mail, found: Found) -> None:
    inner = forward("dse@docusign.net", COMPLETED, "Completed: Lease agreement.pdf")
    message = mail("see below", subject="Fwd: Completed", forwarded=inner)
    assert found(message)[Event.SIGNED].strength is Strength.LIKELY


def test_a_contacts_mail_forwarded_by_the_team_is_the_contacts_word(mail: Mail, found: Found) -> None:
    inner = forward("piet@vanderveen.example", "Please take me off your list.", "Re: Hello")
    message = mail("oh well", sender="joan@harrow.test", trust=Trust.TEAM, subject="Fwd: Hello", forwarded=inner)
    opt_out = found(message)[Event.OPT_OUT]
    assert (opt_out.by, opt_out.speaker) == ("piet@vanderveen.example", Speaker.CONTACT)


# -- people ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "event"),
    [
        ("We have signed the contract and wired the deposit this morning.", Event.SIGNED),
        ("We have paid your invoice.", Event.PAYMENT_RECEIVED),
    ],
)
@pytest.mark.parametrize("trust", [Trust.NONE, Trust.ALIGNED])
def test_words_of_a_contact_about_signatures_and_money_are_likely_at_most(
    text: str, event: Event, trust: Trust, mail: Mail, found: Found
) -> None:
    assert found(mail(text, trust=trust))[event].strength is Strength.LIKELY


def test_the_owners_words_are_likely_too(mail: Mail, found: Found) -> None:
    message = mail("The money has arrived.", sender="joan@harrow.test", trust=Trust.TEAM)
    paid = found(message)[Event.PAYMENT_RECEIVED]
    assert (paid.strength, paid.speaker, paid.by) == (Strength.LIKELY, Speaker.OWNER, "joan@harrow.test")


def test_who_poses_as_the_team_is_weak_and_no_contact(mail: Mail, found: Found) -> None:
    message = mail("Attached is our proposal. How much is it?", sender="joan@harrow.test", trust=Trust.NONE)
    evidence = found(message)
    assert Event.INTEREST not in evidence
    assert evidence[Event.PROPOSAL_SENT].strength is Strength.WEAK


def test_an_opt_out_is_certain_from_anybody(mail: Mail, found: Found) -> None:
    opt_out = found(mail("No thanks, and please take me off your list.", trust=Trust.NONE))[Event.OPT_OUT]
    assert (opt_out.strength, opt_out.signal) == (Strength.CERTAIN, "opt-out.en")
    assert opt_out.quote == "No thanks, and please take me off your list."


def test_a_proposal_is_known_by_the_name_of_its_file(mail: Mail, found: Found) -> None:
    message = mail("Here you are.", sender="joan@harrow.test", trust=Trust.TEAM, attachments=("Angebot_Veen.pdf",))
    assert found(message)[Event.PROPOSAL_SENT].document == "Angebot_Veen.pdf"


def test_the_price_of_a_proposal_is_kept(mail: Mail, found: Found) -> None:
    message = mail("Attached is our quote, $27,500 all in.", sender="joan@harrow.test", trust=Trust.TEAM)
    assert found(message)[Event.PROPOSAL_SENT].amount == "27500.00"


def test_an_introduction_names_who_is_new(mail: Mail, found: Found) -> None:
    text = "Joan, meet Lena, who has the same trouble. I'll leave you two to it."
    introduced = found(mail(text, cc=("lena@newco.example", "max@harrow.test")))[Event.INTRODUCTION]
    assert [p.address for p in introduced.people] == ["lena@newco.example"]


def test_words_of_introduction_with_nobody_new_are_none(mail: Mail, found: Found) -> None:
    assert Event.INTRODUCTION not in found(mail("Joan, let me introduce you to a new idea.", cc=("max@harrow.test",)))


def test_the_day_that_is_named_counts_from_the_day_of_the_mail(mail: Mail, found: Found) -> None:
    evidence = found(mail("Our board meets on the 20th, I'll let you know after that."))
    assert evidence[Event.DATE_NAMED].day == date(2025, 3, 20)


def test_what_is_put_off_has_its_day(mail: Mail, found: Found) -> None:
    assert found(mail("Not now, ask me again in September."))[Event.NOT_NOW].day == date(2025, 9, 1)


def test_the_subject_of_an_answer_is_nobodys_word(mail: Mail, found: Found) -> None:
    assert found(mail("All fine here.", subject="Re: Unsubscribe")) == {}
    assert Event.OPT_OUT in found(mail("", subject="Unsubscribe"))


def test_a_complaint_leaves_no_interest_and_a_way_back_no_complaint(mail: Mail, found: Found) -> None:
    angry = found(mail("This is unacceptable. When can we talk?"))
    assert Event.COMPLAINT in angry
    assert Event.INTEREST not in angry
    calm = found(mail("I was very disappointed with the start, but that is settled now."))
    assert Event.COMPLAINT not in calm
    assert Event.COMPLAINT_RESOLVED in calm


def test_a_cycle_of_excuses_shows_all_its_marks(mail: Mail, found: Found) -> None:
    text = (
        "I owe you an apology, I went quiet. It was really close, you came second by a hair. Purchasing overruled me. "
        "But next year there is a bigger one coming, and you are at the top of my list."
    )
    marks = {Event.APOLOGY, Event.CLOSE_SECOND, Event.BLAMES_THEM, Event.NEXT_PROJECT}
    assert marks <= found(mail(text)).keys()


def test_thanks_show_nothing(mail: Mail, found: Found) -> None:
    assert found(mail("Thank you, that is very kind. Have a good weekend!")) == {}


@pytest.mark.parametrize("kind", [Kind.BULK, Kind.BOUNCE, Kind.COMPLAINT_REPORT, Kind.OWN])
def test_mail_of_a_machine_is_nobodys_word(kind: Kind, mail: Mail, found: Found) -> None:
    assert found(mail("Please take me off your list. We have signed.", kind=kind)) == {}


def test_an_absence_carries_the_day_of_return(mail: Mail, found: Found) -> None:
    message = replace(mail("I am away.", kind=Kind.AUTO_REPLY), absence=Absence(until=date(2025, 3, 31)))
    assert found(message)[Event.ABSENCE].day == date(2025, 3, 31)


def test_who_left_names_the_successor(mail: Mail, found: Found) -> None:
    gone = Absence(left_company=True, successor=Address("mia@vanderveen.example"))
    left = found(replace(mail("Piet has left.", kind=Kind.AUTO_REPLY), absence=gone))[Event.LEFT_COMPANY]
    assert [p.address for p in left.people] == ["mia@vanderveen.example"]


def test_an_invitation_is_a_meeting_unless_it_is_declined(mail: Mail, found: Found) -> None:
    assert Event.MEETING_BOOKED in found(mail("", subject="Accepted: Demo", calendar="REPLY"))
    assert Event.MEETING_BOOKED not in found(mail("", subject="Declined: Demo", calendar="REPLY"))


# -- laws ----------------------------------------------------------------------------------------


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=500), trust=st.sampled_from([Trust.NONE, Trust.ALIGNED, Trust.TEAM]))
def test_no_text_of_a_person_raises_or_makes_money_certain(
    text: str, trust: Trust, mail: Mail, signals: Signals, reading: Reading
) -> None:
    words = f"{text} All parties have signed. We have paid your invoice of $480.00. {text}"
    sender = "joan@harrow.test" if trust is Trust.TEAM else "piet@vanderveen.example"
    for evidence in detect(mail(words, trust=trust, sender=sender), signals, reading):
        if evidence.event in {Event.SIGNED, Event.PARTLY_SIGNED, Event.PAYMENT_RECEIVED, Event.PAYMENT_PARTIAL}:
            assert evidence.strength is not Strength.CERTAIN


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=st.text(max_size=200), after=st.text(max_size=200))
def test_a_quote_stands_in_the_mail(before: str, after: str, mail: Mail, signals: Signals, reading: Reading) -> None:
    text = f"{before}\n\nPlease take me off your list.\n\n{after}"
    flat = " ".join(text.split())
    assert all(e.quote in flat for e in detect(mail(text), signals, reading))


def test_the_same_mail_gives_the_same_evidence_in_the_same_order(
    mail: Mail, signals: Signals, reading: Reading
) -> None:
    message = mail("It was close, but we went with another vendor. Stop emailing me. Sorry for the long silence.")
    assert detect(message, signals, reading) == detect(message, signals, reading)
