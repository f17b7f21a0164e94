"""Names that prove themselves: Message-IDs of our own making and the mark of a deal."""

from __future__ import annotations

import hmac
from hashlib import sha256

from worker.core.model import Address, MessageId

_LENGTH = 20


def own_message_id(key: bytes, letter_id: str, sender: Address) -> MessageId:
    """The Message-ID of a letter: always the same for the same letter, and provably ours.

    The left part is a keyed hash of deal, run and step, followed by a keyed hash of itself, so that
    a copy that comes back is known for our own without a look into the store (RFC 5322 section 3.6.4).
    """
    nonce = _keyed(key, "letter", letter_id)
    return MessageId(f"{nonce}.{_keyed(key, 'proof', nonce)}@{sender.rpartition('@')[2]}")


def proof_of_own(key: bytes, message_id: str) -> str:
    """The part of a Message-ID that proves that we wrote it, or "" where it does not."""
    left, _, domain = message_id.rpartition("@")
    nonce, _, proof = left.partition(".")
    if not domain or len(nonce) != _LENGTH or len(proof) != _LENGTH:
        return ""
    good = hmac.compare_digest(proof.encode(), _keyed(key, "proof", nonce).encode())
    return nonce if good else ""


def deal_ref(key: bytes, deal_id: str) -> str:
    """Seven letters and digits that stand for a deal in mail to its owner."""
    return _keyed(key, "ref", deal_id)[:7]


def _keyed(key: bytes, use: str, text: str) -> str:
    return hmac.new(key, f"{use}:{text}".encode(), sha256).hexdigest()[:_LENGTH]
