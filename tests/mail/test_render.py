"""Templates filled in, and what is refused to leave."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from worker.core.greeting import greeting, sign_off
from worker.core.template import (
    FILTERS,
    AlertView,
    ContactView,
    Context,
    DealView,
    DigestView,
    FirmView,
    IdealView,
    LetterView,
    OwnerView,
    PersonView,
    Purpose,
    QuestionView,
    SectionView,
    TaskView,
    Template,
    Templates,
    Thread,
)
from worker.io.template_files import read_templates
from worker.mail.render import (
    OWN_FILTERS,
    Renderer,
    RenderFault,
    in_words,
    in_words_with_year,
    moment,
    people,
    render_text,
    reply_subject,
    tidy,
)

SHIPPED = Path(__file__).parents[2] / "templates"


def template(body: str, *, subject: str = "Lanes", purpose: Purpose = Purpose.NUDGE, language: str = "en",
             thread: Thread = Thread.NEW) -> Template:  # fmt: skip
    return Template(
        name="prospect/nudge", bucket="prospect", purpose=purpose, language=language, subject=subject, body=body,
        thread=thread, path="prospect/nudge.txt", line_of_body=5,
    )  # fmt: skip


def body_of(text: str, context: Context | None = None, **kinds: Any) -> str:
    made = template(text, **kinds)
    return Renderer().render(made, context or Context()).body


@pytest.fixture(scope="module")
def shipped() -> Templates:
    return read_templates(SHIPPED)


@pytest.fixture(scope="module")
def renderer(shipped: Templates) -> Renderer:
    return Renderer()


# -- what is refused ----------------------------------------------------------------------


def test_a_misspelt_name_is_a_fault_and_not_an_empty_place() -> None:
    with pytest.raises(RenderFault, match=r"prospect/nudge\.txt.*frist_name"):
        body_of("Hi {{ contact.frist_name }},")


@pytest.mark.parametrize("text", ["Hi {{ contact.first_name }},\n\nText.", "Dear {{ contact.last_name }} ,\n\nText.",
                                  "Guten Tag {{ contact.name }},\nText."])  # fmt: skip
def test_a_greeting_without_a_name_is_refused(text: str) -> None:
    with pytest.raises(RenderFault, match="greets nobody"):
        body_of(text)


@pytest.mark.parametrize("subject", ["", "   ", "Re:", "{{ deal.company }}"])
def test_a_mail_without_a_subject_is_refused(subject: str) -> None:
    with pytest.raises(RenderFault, match="subject is empty"):
        body_of("Text.", subject=subject)


@pytest.mark.parametrize("break_", ["\n", "\r", "\u2028", "\x0b"])
def test_a_line_break_in_the_subject_is_refused(break_: str) -> None:
    context = Context(deal=DealView(company=f"Bright{break_}Bcc: all@bad.example"))
    with pytest.raises(RenderFault, match="line break"):
        body_of("Text.", context, subject="About {{ deal.company }}")


def test_a_tag_that_is_left_standing_is_refused_towards_a_contact() -> None:
    with pytest.raises(RenderFault, match="left standing"):
        body_of("About {{ deal.fact }}", Context(deal=DealView(fact="{{ first_name }}")))


def test_the_owner_may_be_shown_what_a_stranger_wrote_even_with_braces() -> None:
    assert "{{ 7*7 }}" in body_of("{{ quotes[0] }}", Context(quotes=("{{ 7*7 }}",)), purpose=Purpose.ALERT)


def test_an_empty_mail_is_refused() -> None:
    with pytest.raises(RenderFault, match="mail is empty"):
        body_of("{{ deal.fact }}\n\n")


@pytest.mark.parametrize("text", [
    "{{ contact.__class__.__mro__ }}", "{{ ''.__class__ }}", "{{ range(10) }}", "{{ lipsum() }}",
    "{{ '{0.__class__.__mro__}'.format(contact) }}", "{% include '/etc/passwd' %}", "{{ 'x' | attr('__class__') }}",
    "{% for a in 'x' * 9000 %}{% for b in 'x' * 9000 %}{{ a }}{% endfor %}{% endfor %}",
])  # fmt: skip
def test_a_template_reaches_nothing_but_its_values(text: str) -> None:
    with pytest.raises(RenderFault):
        body_of(f"Hello,\n{text}\n")


# -- what comes out -----------------------------------------------------------------------


def test_gaps_and_blanks_are_tidied_and_paragraphs_are_not_wrapped() -> None:
    long = "word " * 60
    assert tidy(f"\n\nHello,  \r\n\r\n\r\n\r\n{long}\n\n\n") == f"Hello,\n\n{long.strip()}\n"


def test_a_mail_in_a_thread_takes_its_subject_with_one_re() -> None:
    made = template("Hello,\n\nText.", thread=Thread.SAME)
    renderer = Renderer()
    assert renderer.render(made, Context(), thread_subject="Empty miles").subject == "Re: Empty miles"
    assert renderer.render(made, Context(), thread_subject="AW: Empty miles").subject == "AW: Empty miles"
    assert renderer.render(made, Context()).subject == "Lanes"


def test_a_subject_that_only_looks_like_a_reply_gets_its_re() -> None:
    assert reply_subject("Regarding lanes") == "Re: Regarding lanes"
    assert reply_subject("RE:  Lanes") == "RE: Lanes"


@pytest.mark.parametrize(
    ("language", "short", "long"),
    [("en", "1 March", "1 March 2026"), ("de", "1. März", "1. März 2026"), ("fr", "1er mars", "1er mars 2026"),
     ("es", "1 de marzo", "1 de marzo de 2026"), ("nl", "1 maart", "1 maart 2026"), ("xx", "1 March", "1 March 2026")],
)  # fmt: skip
def test_dates_are_words_of_the_mails_language(language: str, short: str, long: str) -> None:
    day = date(2026, 3, 1)
    assert (in_words(day, language), in_words_with_year(day, language)) == (short, long)


def test_a_template_speaks_its_own_language_with_dates_and_people() -> None:
    context = Context(
        deal=DealView(proposal_date=date(2026, 3, 2)),
        firm=FirmView(delivery=(PersonView(first_name="Priya"), PersonView(name="Tom Ode"))),
    )
    text = "{{ deal.proposal_date | weekday }}, {{ deal.proposal_date | date }}: {{ firm.delivery | people }}"
    assert body_of(text, context, language="de") == "Montag, 2. März: Priya und Tom Ode\n"
    assert body_of(text, context, language="es") == "lunes, 2 de marzo: Priya y Tom Ode\n"


def test_a_date_that_is_not_known_is_empty_words() -> None:
    assert body_of("Since {{ deal.proposal_date | date }}.") == "Since .\n"
    assert moment(datetime(2026, 3, 2, 9, 5, tzinfo=UTC)) == "Monday, 2 March, 09:05"
    assert people(()) == ""


def test_the_filters_that_templates_may_use_are_those_that_exist() -> None:
    assert frozenset(OWN_FILTERS) == FILTERS


def test_a_line_of_a_playbook_is_filled_in() -> None:
    context = Context(contact=ContactView(address="erin@brightwater.example", first_name="Erin"))
    assert render_text("Ring {{ contact.called }}.\n  Today.", context) == "Ring Erin. Today."
    with pytest.raises(RenderFault, match="contat"):
        render_text("Ring {{ contat.called }}", context)


# -- the mails themselves -------------------------------------------------------------------


def known(language: str, *, formal: bool) -> Context:
    people_of_delivery = (PersonView(name="Priya Nair", first_name="Priya", role="lead"), PersonView(name="Tom Ode"))
    return Context(
        contact=ContactView(address="erin@brightwater.example", name="Erin Walsh", first_name="Erin",
                            last_name="Walsh", greeting=greeting("Erin", "Walsh", language, formal=formal),
                            formal=formal),
        owner=OwnerView(name="Dana Whitfield", first_name="Dana", sign_off=sign_off(language, formal=formal),
                        signed="Dana"),
        deal=DealView(title="Brightwater", company="Brightwater Freight", topic="Empty miles", ref="a1b2c3d",
                      proposal_date=date(2026, 3, 10), signed_date=date(2026, 3, 20), stage="proposed",
                      fact='On 9 March wrote somebody: "Half the trucks come home empty."',
                      offer="my proposal of 10 March", document="Services agreement"),
        firm=FirmView(name="Northlight", services=("lane pricing", "driver rotas"), delivery=people_of_delivery,
                      postal_address="12 Pier Road, Boston", opt_out_line="A short word ends these mails."),
        ideal=IdealView(person="an operations lead at a carrier with 40 to 120 trucks"),
        introduced=PersonView(name="Ben Ito", first_name="Ben"),
        referrer=PersonView(name="Ann Lee", first_name="Ann"),
        task=TaskView(text="Ring Erin.", due=date(2026, 4, 1)),
        question=QuestionView(text="Is Erin wasting your time?", quotes=("it could be huge",)),
        alert=AlertView(title="The payment was reversed", text="The bank took it back.", next="All asks wait."),
        letter=LetterView(to="erin@brightwater.example", subject="Re: Lanes", body="Hi Erin,\n\nText."),
        digest=DigestView(day=date(2026, 4, 1), sections=(SectionView(title="Waiting", lines=("Ring Erin",)),)),
        quotes=("we are in",), why="no word for five business days",
    )  # fmt: skip


def unknown(language: str, *, formal: bool) -> Context:
    return Context(
        contact=ContactView(greeting=greeting("", "", language, formal=formal), formal=formal),
        owner=OwnerView(name="Dana Whitfield", sign_off=sign_off(language, formal=formal), signed="Dana Whitfield"),
        task=TaskView(text="Ring."), question=QuestionView(text="Is it?"), alert=AlertView(title="Look."),
        letter=LetterView(to="erin@brightwater.example", subject="Re: Lanes", body="Text."),
    )  # fmt: skip


def test_every_template_makes_a_mail_from_all_that_can_be_known_and_from_nothing(
    shipped: Templates, renderer: Renderer
) -> None:
    for made in shipped:
        for formal in (True, False):
            for context in (known(made.language, formal=formal), unknown(made.language, formal=formal)):
                mail = renderer.render(made, context)
                assert "  " not in mail.subject
                assert "None" not in mail.body
                # French has a blank before ? and :, no language has one before a full stop.
                hole = r" [.,]( |$)|\.\.|^[.,]" if made.language == "fr" else r" [.,?:]( |$)|\.\.|^[.,]"
                assert made.purpose.to_owner or not re.search(hole, mail.body, re.MULTILINE), made.path
                assert max(map(len, mail.body.split("\n"))) < 998


def test_no_contact_ever_reads_that_they_were_opened(shipped: Templates, renderer: Renderer) -> None:
    for made in shipped:
        if made.purpose.to_owner:
            continue
        mail = renderer.render(made, known(made.language, formal=True))
        said = f"{mail.subject}\n{mail.body}".lower()
        assert not [word for word in ("opening", "opened", "eröffn", "funnel", "pipeline", "!") if word in said], made


def test_every_mail_to_a_contact_is_short_and_asks_at_most_one_thing(shipped: Templates, renderer: Renderer) -> None:
    for made in shipped:
        if made.purpose.to_owner:
            continue
        mail = renderer.render(made, known(made.language, formal=False))
        assert len(mail.body.split()) <= 130, made.path
        assert mail.body.count("?") <= 1, made.path


def test_german_french_and_spanish_mails_keep_to_one_form_of_address(shipped: Templates, renderer: Renderer) -> None:
    close = {"de": (" du ", " dich", " dir ", " dein"), "fr": (" tu ", " te ", " ton ", " toi"),
             "es": (" tú ", " te ", " tu ", " tuy"), "nl": (" je ", " jou", " jij ")}  # fmt: skip
    # "Sie" at the head of a sentence is also "they": the people of delivery, the affair.
    formal = {"de": r"(?<=[a-zäöüß,;] )(?:Sie|Ihnen|Ihr\w*)\b", "fr": r"\bvous\b|\bvotre",
              "es": r"\busted\b|\bsu\b", "nl": r"\b[uU]\b|\b[uU]w\b"}  # fmt: skip
    for made in shipped:
        if made.language == "en":
            continue
        to_friend = renderer.render(made, known(made.language, formal=False)).body
        to_stranger = renderer.render(made, known(made.language, formal=True)).body
        assert not [word for word in close[made.language] if word in to_stranger], made.path
        assert not re.findall(formal[made.language], to_friend), made.path


def test_in_the_us_the_month_comes_first() -> None:
    day = date(2026, 3, 1)
    assert (in_words(day, "en", "US"), in_words_with_year(day, "en", "US")) == ("March 1", "March 1, 2026")
    assert in_words_with_year(day, "de", "US") == "1. März 2026"
    american = Context(deal=DealView(proposal_date=day), country="US")
    assert body_of("On {{ deal.proposal_date | date }}.", american) == "On March 1.\n"


def test_a_thread_whose_subject_looks_like_a_template_is_answered_all_the_same() -> None:
    made = template("Text.", thread=Thread.SAME)
    mail = Renderer().render(made, Context(), thread_subject="{{ lanes }}\u202e\x07")
    assert mail.subject == "Re: {{ lanes }}"


def test_what_is_not_filled_in_leaves_no_two_blanks_but_columns_stay() -> None:
    assert tidy("one  two\n    yes    it goes\n") == "one two\n    yes    it goes\n"


def test_the_ask_describes_the_one_kind_of_person(shipped: Templates, renderer: Renderer) -> None:
    for language in ("en", "de", "fr", "es"):
        mail = renderer.render(shipped.choose("client/referral", language), known(language, formal=True))
        assert "an operations lead at a carrier with 40 to 120 trucks" in mail.body


def test_mail_to_the_owner_says_why_quotes_the_words_and_names_the_answers(
    shipped: Templates, renderer: Renderer
) -> None:
    wanted = {"owner/task": ("done", "skip", "stop"), "owner/question": ("yes", "no", "stop"),
              "owner/approval": ("yes", "edit: ...", "no", "stop"), "owner/alert": ("stop",)}  # fmt: skip
    for name, words in wanted.items():
        mail = renderer.render(shipped.choose(name), known("en", formal=False))
        assert "[a1b2c3d]" in mail.subject
        assert "no word for five business days" in mail.body
        assert "> " in mail.body
        for word in words:
            assert f"    {word} " in mail.body or f"with {word} " in mail.body, (name, word)
