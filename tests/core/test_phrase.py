import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from worker.core.phrase import PhraseError, fold, read_phrase, read_phrases


def finds(phrase: str, text: str) -> bool:
    return re2.search(read_phrase(phrase).regex, fold(text)) is not None


@given(st.text())
def test_folding_keeps_every_place(text: str) -> None:
    assert len(fold(text)) == len(text)
    assert fold(text).isascii()


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("take me off (your|the) mailing? list(s)", "Please TAKE me off\u00a0your lists"),
        ("take me off (your|the) mailing? list(s)", "take me off the mailing list"),
        ("we have signed", "We\u2019ve signed"),
        ("do not write", "don't write"),
        ("can not pay", "we cannot pay"),
        ("can not pay", "we can't pay"),
        ("nächste woche", "naechste Woche"),
        ("nächste woche", "nachste woche"),
        ("e-mail me", "email me"),
        ("follow up", "follow-up"),
        ("l'offre", "l\u2019offre"),
        ("stop ... writing", "stop all of this writing"),
        ("unsubscri* me", "unsubscribing me"),
        ("^completed: <document>", "Completed: Lease.pdf"),
        ("please? stop", "stop"),
        ("(please|kindly)? stop it$", "kindly stop it!"),
        ("straße", "Strasse"),
    ],
)
def test_a_phrase_finds_what_a_reader_would(phrase: str, text: str) -> None:
    assert finds(phrase, text)


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("take me off the list", "take me off the lists of things"),
        ("sign", "design"),
        ("^completed: <document>", "has been completed: yes"),
        ("stop ... writing", "stop a b c d e f g writing"),
        ("stop ... writing", "stop. I am writing"),
        ("signed$", "signed up"),
    ],
)
def test_a_phrase_finds_no_more_than_that(phrase: str, text: str) -> None:
    assert not finds(phrase, text)


@pytest.mark.parametrize(
    ("phrase", "column", "what"),
    [
        ("take (me off", 6, "not closed"),
        ("take me) off", 8, 'without "("'),
        ("pay <amout>", 5, "no slot <amout>"),
        ("... off", 1, "between words"),
        ("invoice(s)? paid", 11, "leave out the ?"),
        ("retirez -(moi|nous)", 9, "space instead"),
        ("<name> <name> signed", 1, "same slot twice"),
        ("(unsub*|stop)?", 1, "at least one whole word"),
        ("take () off", 7, "empty choice"),
    ],
)
def test_a_phrase_that_cannot_be_read_says_where_and_why(phrase: str, column: int, what: str) -> None:
    with pytest.raises(PhraseError, match=what.replace("?", r"\?").replace("(", r"\(")) as caught:
        read_phrase(phrase)
    assert caught.value.column == column


def test_what_a_phrase_needs_is_there_whenever_it_is_found() -> None:
    pattern = read_phrase("(take|strike off) me ... (list|e-mail)")
    assert pattern.needs == (frozenset({"me"}), frozenset({"take", "strike"}), frozenset({"list", "mail", "email"}))


@given(st.text(alphabet="abc ()|?*^$<>.-", max_size=30))
def test_any_phrase_is_read_or_refused(phrase: str) -> None:
    try:
        pattern = read_phrase(phrase)
    except PhraseError:
        return
    re2.compile(pattern.regex)


def found_in_any_order(phrase: str, text: str, words: dict[str, list[str]]) -> bool:
    return any(re2.search(p.regex, fold(text)) for p in read_phrases(phrase, words))


def test_two_things_joined_by_and_are_found_whichever_comes_first() -> None:
    phrase, words = (
        "<chose> & <another supplier>",
        {"chose": ["chose(n)", "went for"], "another supplier": ["rival(s)"]},
    )
    assert found_in_any_order(phrase, "In the end we went for one of your rivals.", words)
    assert found_in_any_order(phrase, "A rival was chosen in the end.", words)
    assert not found_in_any_order(phrase, "We know your rivals.", words)
    assert not found_in_any_order(phrase, "We chose you, a rival was too slow.", words)


def test_what_is_joined_may_stand_further_apart_than_a_gap() -> None:
    text = "chosen one two three four five six seven eight rival"
    assert found_in_any_order("chosen & rival", text, {})
    assert not found_in_any_order("chosen ... rival", text, {})


def test_an_and_inside_a_bracket_is_refused() -> None:
    with pytest.raises(PhraseError):
        read_phrases("(salt & pepper) on the side", {})


def test_a_phrase_of_several_orders_keeps_its_own_words_for_the_reader() -> None:
    assert {p.phrase for p in read_phrases("<a> & two", {"a": ["one"]})} == {"<a> & two"}


def test_more_than_three_things_in_any_order_are_refused() -> None:
    with pytest.raises(PhraseError, match="at most two"):
        read_phrases("one & two & three & four", {})


@pytest.mark.parametrize("text", ["We don't buy", "We cannot buy", "we do not buy", "we wont buy"])
def test_a_phrase_that_begins_with_not_knows_its_short_forms(text: str) -> None:
    assert found_in_any_order("not buy", text, {})
