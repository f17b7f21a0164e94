from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from worker.core.identity import deal_ref, own_message_id, proof_of_own
from worker.core.model import Address

SENDER = Address("jonas@weberbund.test")


@given(st.binary(min_size=1, max_size=40), st.text(max_size=60))
def test_our_own_message_id_proves_itself_and_is_always_the_same(key, letter):
    id = own_message_id(key, letter, SENDER)
    assert id == own_message_id(key, letter, SENDER)
    assert proof_of_own(key, id)
    assert id.endswith("@weberbund.test")


@given(st.text(max_size=80))
def test_what_others_write_proves_nothing(text):
    assert proof_of_own(b"secret", text) == ""


def test_an_id_of_another_installation_is_not_ours():
    assert proof_of_own(b"other", own_message_id(b"secret", "d/r/s", SENDER)) == ""


def test_an_id_that_was_changed_by_one_letter_is_not_ours():
    id = own_message_id(b"secret", "d/r/s", SENDER)
    assert proof_of_own(b"secret", ("0" if id[0] != "0" else "1") + id[1:]) == ""


def test_two_letters_have_two_ids():
    assert own_message_id(b"k", "d/r/one", SENDER) != own_message_id(b"k", "d/r/two", SENDER)


def test_the_mark_of_a_deal_is_short_and_says_nothing_of_its_id():
    mark = deal_ref(b"k", "deal-17")
    assert len(mark) == 7
    assert "17" not in mark or "deal" not in mark
    assert mark == deal_ref(b"k", "deal-17") != deal_ref(b"k", "deal-18")
