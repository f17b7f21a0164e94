from hypothesis import given
from hypothesis import strategies as st

from worker.core.phrase import fold
from worker.signals.sentences import sentences, words


def texts(text: str) -> list[str]:
    return [text[s.start : s.end] for s in sentences(text)]


def test_sentences_end_where_a_reader_ends_them() -> None:
    assert texts("Hi Ann,\nwe meet on 3. April with Mr. Berg. Is that right? Yes!") == [
        "Hi Ann,",
        "we meet on 3. April with Mr. Berg.",
        "Is that right?",
        "Yes!",
    ]


def test_a_line_that_was_only_wrapped_goes_on() -> None:
    wrapped = "We looked at all of the numbers again and we still think that\nthis is too early for us.\n\nAnn"
    assert texts(wrapped) == [
        "We looked at all of the numbers again and we still think that\nthis is too early for us.",
        "Ann",
    ]


def test_a_line_that_goes_on_with_a_small_letter_is_no_end() -> None:
    assert texts("Please take me\noff your list\nPiet") == ["Please take me\noff your list", "Piet"]


def test_contracted_words_count_as_the_words_they_stand_for() -> None:
    assert {"we", "have", "do", "not", "offre"} <= words(fold("we've don't l'offre"))


def test_only_what_ends_in_a_question_mark_asks() -> None:
    assert [s.asked for s in sentences("How are you? Fine. Really ?")] == [True, False, True]


@given(st.text(max_size=400))
def test_a_sentence_is_a_place_in_the_text(text: str) -> None:
    for sentence in sentences(text):
        assert sentence.folded == fold(text[sentence.start : sentence.end]).replace("\n", " ")
