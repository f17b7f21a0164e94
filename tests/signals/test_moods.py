import pytest

from worker.core.signal import Mood, Signals
from worker.signals.moods import moods
from worker.signals.sentences import sentences


def said(text: str, phrase: str, signals: Signals, language: str = "en") -> set[Mood]:
    (sentence,) = sentences(text)
    start = sentence.folded.index(phrase)
    cues = next(c for c in signals.cues if c.language == language)
    return set(moods(sentence, start, start + len(phrase), (), cues))


@pytest.mark.parametrize(
    ("text", "phrase", "expected"),
    [
        ("We have signed the lease.", "signed", set()),
        ("We have not signed the lease.", "signed", {Mood.NEGATED}),
        ("Nobody has signed the lease.", "signed", {Mood.NEGATED}),
        ("Not only have we signed, we have paid.", "signed", set()),
        ("No, we have signed it.", "signed", set()),
        ("I do not think that they have signed it.", "signed", {Mood.NEGATED}),
        ("Once you have signed, we start.", "signed", {Mood.CONDITIONAL}),
        ("If you and we have signed, we start.", "signed", {Mood.CONDITIONAL}),
        ("We can start as soon as you have signed.", "signed", {Mood.CONDITIONAL, Mood.FUTURE}),
        ("After a long night we signed.", "signed", set()),
        ("We will have signed by Friday.", "signed", {Mood.FUTURE}),
        ("I can confirm that we have signed.", "signed", set()),
        ("I am happy to say we have signed.", "signed", set()),
        ("Have you signed?", "signed", {Mood.ASKED}),
        ("We signed on Friday, did you get it?", "signed", set()),
        ('You write "we have signed" in your mail.', "signed", {Mood.QUOTED}),
    ],
)
def test_the_small_words_in_english(text: str, phrase: str, expected: set[Mood], signals: Signals) -> None:
    assert said(text, phrase, signals) == expected


@pytest.mark.parametrize(
    ("text", "phrase", "language", "expected"),
    [
        ("Der Vertrag ist unterschrieben.", "unterschrieben", "de", set()),
        ("Der Vertrag ist noch nicht unterschrieben.", "unterschrieben", "de", {Mood.NEGATED}),
        ("Der Vertrag muss unterschrieben werden.", "unterschrieben", "de", {Mood.FUTURE}),
        ("Sobald der Vertrag unterschrieben ist, fangen wir an.", "unterschrieben", "de", {Mood.CONDITIONAL}),
        ("Nous n'avons pas signé.", "signe", "fr", {Mood.NEGATED}),
        ("Dès que vous avez signé, nous commençons.", "signe", "fr", {Mood.CONDITIONAL}),
        ("Todavía no hemos firmado.", "firmado", "es", {Mood.NEGATED}),
        ("Cuando haya firmado empezamos.", "firmado", "es", {Mood.CONDITIONAL}),
        ("We hebben nog niet getekend.", "getekend", "nl", {Mood.NEGATED}),
        ("Zodra u hebt getekend beginnen we.", "getekend", "nl", {Mood.CONDITIONAL}),
    ],
)
def test_the_small_words_elsewhere(
    text: str, phrase: str, language: str, expected: set[Mood], signals: Signals
) -> None:
    assert said(text, phrase, signals, language) == expected


def test_a_word_in_a_gap_of_the_phrase_denies_it(signals: Signals) -> None:
    (sentence,) = sentences("We have still not signed it")
    cues = next(c for c in signals.cues if c.language == "en")
    assert moods(sentence, 0, 24, ((7, 17),), cues) == {Mood.NEGATED}


def test_a_phrase_that_denies_by_itself_is_not_denied_by_its_own_words(signals: Signals) -> None:
    (sentence,) = sentences("Nous ne sommes pas intéressés")
    start = sentence.folded.index("pas interesses")
    cues = next(c for c in signals.cues if c.language == "fr")
    assert moods(sentence, start, len(sentence.folded), (), cues) == set()
