from pathlib import Path

import pytest

from worker.core.model import Event, Speaker, Strength
from worker.core.signal import Mood, Where, notaries
from worker.io.signal_files import SignalFileError, read_signals

SHIPPED = Path(__file__).parents[2] / "playbooks" / "signals"
GOOD = """\
event: opt_out
strength: certain
said_by: contact
found_in: [text, subject]
also_when: asked
rules_out: [interest]
languages:
  en:
    phrases:
      - take me off (your|the) list
    but_not: line item
    matches:
      - Take me off your list.
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "signals"
    made.mkdir()
    return made


def faults(folder: Path) -> tuple[str, ...]:
    with pytest.raises(SignalFileError) as caught:
        read_signals(folder)
    return tuple(fault.removeprefix(f"{folder}/") for fault in caught.value.faults)


def test_a_file_becomes_a_signal(folder: Path) -> None:
    (folder / "opt-out.yaml").write_text(GOOD)
    (signal,) = read_signals(folder).signals
    assert (signal.name, signal.event, signal.strength) == ("opt-out.en", Event.OPT_OUT, Strength.CERTAIN)
    assert signal.who == {Speaker.CONTACT}
    assert signal.where == {Where.TEXT, Where.SUBJECT}
    assert (signal.also_when, signal.beats) == ({Mood.ASKED}, {"interest"})
    assert [p.phrase for p in signal.but_not] == ["line item"]
    assert signal.at == f"{folder}/opt-out.yaml:8"


def test_the_services_of_the_shipped_files_are_the_notaries() -> None:
    assert {"docusign.net", "paypal.com", "stripe.com", "hellosign.com"} <= notaries(read_signals(SHIPPED))


def test_all_faults_of_all_files_come_at_once_with_their_places(folder: Path) -> None:
    (folder / "opt-out.yaml").write_text(GOOD.replace("said_by", "sayd_by").replace("(your|the", "(your|the <dai>"))
    (folder / "stop.yaml").write_text(GOOD.replace("opt_out", "opt_oot").replace("strength: certain", "strength: sure"))
    found = faults(folder)
    assert 'opt-out.yaml:3:1: "sayd_by" is not known here. Did you mean "said_by"?' in found
    assert 'opt-out.yaml:1:1: "said_by" is missing' in found
    assert any(f.startswith('stop.yaml:1:8: "opt_oot" is none of') and 'mean "opt_out"?' in f for f in found)
    assert any(f.startswith('stop.yaml:2:11: "sure" is none of certain, likely, weak.') for f in found)


def test_a_phrase_that_cannot_be_read_is_marked_to_the_column(folder: Path) -> None:
    (folder / "opt-out.yaml").write_text(GOOD.replace("(your|the)", "<yuor>"))
    (fault,) = faults(folder)
    assert fault.startswith('opt-out.yaml:10:21: "take me off <yuor> list": there is no slot <yuor>')


def test_a_file_that_is_no_yaml_says_what_helps(folder: Path) -> None:
    (folder / "opt-out.yaml").write_text(GOOD.replace("- take me off", "- completed: take: me off"))
    (fault,) = faults(folder)
    assert fault.startswith("opt-out.yaml:10:")
    assert "needs '...' around it" in fault


def test_a_name_that_stands_twice_and_a_missing_one_are_told(folder: Path) -> None:
    (folder / "opt-out.yaml").write_text(GOOD + "event: rejected\n")
    (folder / "stop.yaml").write_text(GOOD.replace("event: opt_out\n", ""))
    found = faults(folder)
    assert 'opt-out.yaml:14:1: "event" stands here twice' in found
    assert any(f.startswith("stop.yaml:") and '"event" is missing' in f for f in found)


def test_a_rule_that_names_nothing_is_told(folder: Path) -> None:
    (folder / "opt-out.yaml").write_text(GOOD.replace("[interest]", "[intrest]"))
    (fault,) = faults(folder)
    assert fault.startswith('opt-out.yaml:6:13: "intrest" is neither an event nor a file here.')


def test_bytes_that_are_no_text_and_an_empty_folder_are_told(folder: Path) -> None:
    assert faults(folder)[0].endswith("there are no signal files here")
    (folder / "opt-out.yaml").write_bytes(b"event: \xff")
    assert "not UTF-8" in faults(folder)[0]


def test_what_was_read_is_kept_and_read_again(folder: Path, tmp_path: Path) -> None:
    (folder / "opt-out.yaml").write_text(GOOD)
    cache = tmp_path / "cache"
    first = read_signals(folder, cache=cache)
    (kept,) = cache.glob("*.msgpack")
    assert read_signals(folder, cache=cache).signals == first.signals
    # It is what was kept that was read, and no YAML.
    kept.write_bytes(kept.read_bytes().replace(b"opt-out.en", b"opt-out.xx"))
    assert read_signals(folder, cache=cache).signals[0].name == "opt-out.xx"


def test_a_change_in_a_file_is_seen(folder: Path, tmp_path: Path) -> None:
    (folder / "opt-out.yaml").write_text(GOOD)
    cache = tmp_path / "cache"
    read_signals(folder, cache=cache)
    (folder / "opt-out.yaml").write_text(GOOD.replace("certain", "weak"))
    assert read_signals(folder, cache=cache).signals[0].strength is Strength.WEAK
    assert len(list(cache.glob("*.msgpack"))) == 1


@pytest.mark.parametrize("damage", [b"", b"\x00", b"not msgpack at all"])
def test_a_damaged_copy_is_read_anew(damage: bytes, folder: Path, tmp_path: Path) -> None:
    (folder / "opt-out.yaml").write_text(GOOD)
    cache = tmp_path / "cache"
    first = read_signals(folder, cache=cache)
    next(cache.glob("*.msgpack")).write_bytes(damage)
    assert read_signals(folder, cache=cache).signals == first.signals


def test_a_cache_that_cannot_be_written_costs_only_time(folder: Path, tmp_path: Path) -> None:
    (folder / "opt-out.yaml").write_text(GOOD)
    (tmp_path / "cache").write_text("a file where a folder should be")
    assert read_signals(folder, cache=tmp_path / "cache").signals


def test_a_group_of_words_is_meant_by_its_name_in_its_own_language(folder: Path) -> None:
    (folder / "opt-out.yaml").write_text(GOOD.replace("(your|the) list", "<a list>"), encoding="utf-8")
    (folder / "words.yaml").write_text("words:\n  en:\n    a list: [your list, the file]\n", encoding="utf-8")
    (signal,) = read_signals(folder).signals
    assert signal.patterns[0].phrase == "take me off <a list>"
    assert "file" in signal.patterns[0].regex


def test_a_group_that_words_yaml_does_not_have_is_told(folder: Path) -> None:
    (folder / "opt-out.yaml").write_text(GOOD.replace("(your|the) list", "<a lsit>"), encoding="utf-8")
    (fault,) = faults(folder)
    assert fault.startswith("opt-out.yaml:10:21:")
    assert "no slot <a lsit>" in fault


def test_a_word_that_cannot_be_read_is_told_where_it_stands(folder: Path) -> None:
    (folder / "opt-out.yaml").write_text(GOOD, encoding="utf-8")
    (folder / "words.yaml").write_text("words:\n  en:\n    a list:\n      - (your list\n", encoding="utf-8")
    (fault,) = faults(folder)
    assert fault.startswith("words.yaml:4:")
