"""Who has spoken in a deal, and in what order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from worker.core.model import Kind, Speaker
from worker.core.spoken import spoken


@pytest.fixture
def talk(deal, wrote):
    late, early = wrote(Speaker.CONTACT, days=4), wrote(Speaker.CONTACT, days=2)
    return replace(deal, log=(late, wrote(Speaker.OWNER, days=3), early))


def test_words_are_told_oldest_first_and_each_speaker_apart(talk):
    late, ours, early = talk.log
    assert spoken(talk, Speaker.CONTACT) == (early, late)
    assert spoken(talk, Speaker.OWNER) == (ours,)
    assert spoken(talk, Speaker.NOTARY) == ()


def test_what_a_machine_sent_is_no_word(deal, wrote):
    away = wrote(Speaker.CONTACT, days=1, kind=Kind.AUTO_REPLY)
    assert spoken(replace(deal, log=(away,)), Speaker.CONTACT) == ()


def test_a_new_mail_is_seen_at_once(talk, wrote):
    before = spoken(talk, Speaker.CONTACT)
    newest = wrote(Speaker.CONTACT, days=5)
    assert spoken(replace(talk, log=(*talk.log, newest)), Speaker.CONTACT) == (*before, newest)


def test_deals_without_end_are_each_told_their_own_words(deal, wrote):
    for number in range(2500):
        word = wrote(Speaker.OWNER, days=number)
        assert spoken(replace(deal, log=(word,)), Speaker.OWNER) == (word,)
