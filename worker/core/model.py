"""The words of the house: every value that flows from the bytes that come in to the bytes that go out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NewType

DealId = NewType("DealId", str)
MessageId = NewType("MessageId", str)
"""A Message-ID without its angle brackets."""
Address = NewType("Address", str)
"""A bare address in lower case: ann@example.com."""


class Bucket(StrEnum):
    """The label that a person sees."""

    SUSPECT = "suspect"
    PROSPECT = "prospect"
    CLIENT = "client"
    OUT = "out"


class Stage(StrEnum):
    """Where a deal stands inside its bucket."""

    IDENTIFIED = "identified"
    CONTACTED = "contacted"
    ENGAGED = "engaged"
    PROPOSED = "proposed"
    VERBAL = "verbal"
    SIGNED_UNPAID = "signed_unpaid"
    PAID_UNSIGNED = "paid_unsigned"
    OPENING = "opening"
    ACTIVE = "active"
    LOST = "lost"
    LATER = "later"
    DISQUALIFIED = "disqualified"
    OPTED_OUT = "opted_out"

    @property
    def bucket(self) -> Bucket:
        return _BUCKET[self]


_BUCKET = {
    Stage.IDENTIFIED: Bucket.SUSPECT,
    Stage.CONTACTED: Bucket.SUSPECT,
    Stage.ENGAGED: Bucket.PROSPECT,
    Stage.PROPOSED: Bucket.PROSPECT,
    Stage.VERBAL: Bucket.PROSPECT,
    Stage.SIGNED_UNPAID: Bucket.PROSPECT,
    Stage.PAID_UNSIGNED: Bucket.PROSPECT,
    Stage.OPENING: Bucket.CLIENT,
    Stage.ACTIVE: Bucket.CLIENT,
    Stage.LOST: Bucket.OUT,
    Stage.LATER: Bucket.OUT,
    Stage.DISQUALIFIED: Bucket.OUT,
    Stage.OPTED_OUT: Bucket.OUT,
}


class Kind(StrEnum):
    """What sort of mail it is, before anybody asks what it says."""

    HUMAN = "human"
    AUTO_REPLY = "auto_reply"
    BOUNCE = "bounce"
    COMPLAINT_REPORT = "complaint_report"
    NOTICE = "notice"
    BULK = "bulk"
    OWN = "own"


class Event(StrEnum):
    """What a mail can be evidence of."""

    INTEREST = "interest"
    MEETING_BOOKED = "meeting_booked"
    PROPOSAL_SENT = "proposal_sent"
    SIGNATURE_REQUESTED = "signature_requested"
    PARTLY_SIGNED = "partly_signed"
    SIGNED = "signed"
    SIGNING_DECLINED = "signing_declined"
    INVOICE_SENT = "invoice_sent"
    PAYMENT_RECEIVED = "payment_received"
    PAYMENT_PARTIAL = "payment_partial"
    PAYMENT_FAILED = "payment_failed"
    PAYMENT_REVERSED = "payment_reversed"
    REJECTED = "rejected"
    NOT_NOW = "not_now"
    DATE_NAMED = "date_named"
    OPT_OUT = "opt_out"
    COMPLAINT = "complaint"
    INTRODUCTION = "introduction"
    TESTIMONIAL = "testimonial"
    ABSENCE = "absence"
    LEFT_COMPANY = "left_company"
    COMPLAINT_RESOLVED = "complaint_resolved"
    CANCELLED = "cancelled"
    DELIVERED = "delivered"
    HARDSHIP = "hardship"
    DANGLED_POTENTIAL = "dangled_potential"
    FREE_WORK = "free_work"
    BID_OUT = "bid_out"
    BLAMES_THEM = "blames_them"
    CLOSE_SECOND = "close_second"
    APOLOGY = "apology"
    NEXT_PROJECT = "next_project"
    PITY_ORDER = "pity_order"
    # What only several mails show, the silence and the return; never read out of words.
    VANISHED = "vanished"
    # What only the owner can say, by a tag or a command; never read out of words.
    VERBAL_YES = "verbal_yes"
    DISQUALIFIED = "disqualified"
    REQUALIFIED = "requalified"


TIME_WASTING = frozenset({
    Event.DANGLED_POTENTIAL, Event.FREE_WORK, Event.BID_OUT, Event.BLAMES_THEM,
    Event.CLOSE_SECOND, Event.APOLOGY, Event.NEXT_PROJECT, Event.PITY_ORDER,
})  # fmt: skip
"""The marks of a bad prospect: one means nothing, the pattern does."""


class Strength(StrEnum):
    """certain may act by itself, likely asks the owner, weak is only counted."""

    CERTAIN = "certain"
    LIKELY = "likely"
    WEAK = "weak"


class Trust(StrEnum):
    """How far a mail is who it says it is. What is not trusted may stop, never start."""

    NONE = "none"
    ALIGNED = "aligned"
    TEAM = "team"
    NOTARY = "notary"


class Speaker(StrEnum):
    """Whose words they are."""

    OWNER = "owner"
    CONTACT = "contact"
    NOTARY = "notary"
    WORKER = "worker"
    OTHER = "other"


# -- a mail that came in -----------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a mail lay. A file has account "" and its path as folder."""

    account: str = ""
    folder: str = ""
    uidvalidity: int = 0
    uid: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RawMail:
    """The bytes of a mail and where they lay."""

    place: Place
    data: bytes
    received: datetime | None = None
    """INTERNALDATE, the server's own word for when it came."""
    size: int = 0
    """RFC822.SIZE; larger than the data where attachments were left on the server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A person or machine as a header names it."""

    address: Address
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """Name and type only; nobody opens it."""

    name: str
    content_type: str
    size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Forwarded:
    """The mail inside a forward. The forwarder is not its author."""

    sender: Party | None
    to: tuple[Party, ...] = ()
    cc: tuple[Party, ...] = ()
    subject: str = ""
    date: str = ""
    """As written; who needs an instant parses it."""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """A delivery status (RFC 3464, or prose that says the same)."""

    recipients: tuple[Address, ...]
    permanent: bool
    original: MessageId | None = None
    """The Message-ID of the mail that could not be delivered, where the report names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """Out of office. `until` is the day of return, None where none is given without doubt."""

    until: date | None = None
    left_company: bool = False
    successor: Address | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A mail, understood. Nothing later sees bytes or a header string."""

    id: MessageId
    """As the mail says; one of our own making ("sha256:...") where it says none."""
    place: Place
    sender: Party | None
    """The one address in From; None where there is none or more than one."""
    to: tuple[Party, ...] = ()
    cc: tuple[Party, ...] = ()
    reply_to: tuple[Party, ...] = ()
    delivered_to: tuple[Address, ...] = ()
    """Delivered-To, X-Original-To, Envelope-To: whose mailbox, and the tag of deals+TAG@."""
    subject: str = ""
    date: datetime | None = None
    """The Date header, with the writer's own offset; None where it is no date."""
    received: datetime | None = None
    """When the mailbox got it: INTERNALDATE, else the topmost Received."""
    in_reply_to: tuple[MessageId, ...] = ()
    references: tuple[MessageId, ...] = ()
    kind: Kind = Kind.HUMAN
    trust: Trust = Trust.NONE
    text: str = ""
    """The new text: quotes, signature, disclaimers and mobile footers stripped."""
    full_text: str = ""
    """All the text, quotes included, bounded."""
    signature: str = ""
    language: str = ""
    """ISO 639-1, "" where the text is too short to tell."""
    forwarded: Forwarded | None = None
    bounce: Bounce | None = None
    absence: Absence | None = None
    attachments: tuple[Attachment, ...] = ()
    calendar: str = ""
    """METHOD of an attached calendar (REQUEST, REPLY, CANCEL), "" where there is none."""
    own_key: str = ""
    """The part of our own Message-ID that proves that we wrote it; "" for anybody else's mail."""
    defects: tuple[str, ...] = ()

    @property
    def at(self) -> datetime | None:
        """The time that orders evidence: the mailbox's own where it is known, since a Date can be forged."""
        return self.received or self.date


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One thing that a mail shows, with the words it rests on."""

    event: Event
    strength: Strength
    quote: str
    signal: str
    """The name of the signal that found it: "opt-out.en", or "owner.tag"."""
    found_in: MessageId
    at: datetime
    speaker: Speaker = Speaker.OTHER
    by: Address | None = None
    """Who said it, where it was a person."""
    document: str = ""
    """Name of the document that was signed or sent."""
    document_kind: str = ""
    """agreement, nda or other; "" where it is no document."""
    amount: str = ""
    """A decimal number as text, "18400.00"."""
    currency: str = ""
    """ISO 4217."""
    invoice: str = ""
    payer: str = ""
    """The name or address of who paid or signed, as the notice gives it."""
    people: tuple[Party, ...] = ()
    """Who is introduced, who signed, who follows the one who left."""
    day: date | None = None
    """The day that was named: a return, a board, "ask in March"."""
    withdrawn: bool = False
    """The owner said that this was wrong; kept for the record, not folded."""


# -- a deal -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A person on the other side of a deal."""

    address: Address
    name: str = ""
    language: str = ""
    offsets: tuple[tuple[datetime, int], ...] = ()
    """UTC offsets in minutes, seen in their own mail at that time; the last few."""
    words: int = 0
    """How many mails they and the owner have exchanged: who talks most is written to."""
    referred_by: Address | None = None
    referrer: str = ""
    """The name of who that is."""
    formal: bool | None = None
    """Sie or vous, as the owner writes to them; None where unknown."""
    greeting: str = ""
    """The first line of the owner's last mail to them, "Hallo Frau Weber,"; "" where none is known."""
    closing: str = ""
    """The line above the name in it, "Best,"."""
    signed: str = ""
    """The owner's name, as they sign to them."""
    phone: str = ""
    """Out of their signature."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedMail:
    """What a deal remembers of one mail. No bodies but a short extract."""

    id: MessageId
    at: datetime
    sender: Address | None
    to: tuple[Address, ...]
    subject: str
    kind: Kind
    speaker: Speaker
    asks: bool = False
    """It asked something: the ball is in the other court."""
    extract: str = ""
    references: tuple[MessageId, ...] = ()
    history: bool = False
    """It was read at first contact: it builds the deal, nothing is chased for it."""
    purpose: str = ""
    """Of a mail that the worker wrote."""
    cares: str = ""
    """A sentence in which a contact says what matters to them, word for word."""
    amount: str = ""
    """The one amount that an owner's mail names, as it stands there."""
    document: str = ""
    """The one document that came with it."""


class Action(StrEnum):
    """What a decision does."""

    STAGE = "stage"
    SEND = "send"
    TASK = "task"
    ASK = "ask"
    ALERT = "alert"
    HOLD = "hold"
    STOP = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision and its reason: a row of `rehearse --json`, and of a deal's own record."""

    at: datetime
    action: Action
    why: str
    bucket: Bucket | None = None
    stage: Stage | None = None
    to: tuple[Address, ...] = ()
    purpose: str = ""
    template: str = ""
    playbook: str = ""
    step: str = ""
    found_in: tuple[MessageId, ...] = ()


class RunState(StrEnum):
    ACTIVE = "active"
    HELD = "held"
    DONE = "done"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One playbook at work on a deal."""

    id: str
    playbook: str
    book_hash: str
    started: datetime
    contact: Address
    trigger: str
    """What it started for; the same trigger never starts the playbook twice."""
    found_in: tuple[MessageId, ...]
    why: str = ""
    """What happened, in words that a decision can give as its reason."""
    state: RunState = RunState.ACTIVE
    step: str = ""
    """Id of the next step."""
    since: datetime | None = None
    """When the step before was done: its wait counts from here."""
    done: tuple[str, ...] = ()
    ended: str = ""
    """Why it stopped."""
    waits_for: str = ""
    """The question or outbox item that has to be settled before the next step."""


class Outbox(StrEnum):
    """Where a mail of ours is on its way. See core/outbox for the table."""

    QUEUED = "queued"
    SENDING = "sending"
    COMMITTING = "committing"
    ACCEPTED = "accepted"
    FILED = "filed"
    REFUSED = "refused"
    UNCERTAIN = "uncertain"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail that was decided on, before it has bytes."""

    id: str
    """Deal, run and step: the same letter is never written twice."""
    purpose: str
    template: str
    sender: Party
    to: tuple[Party, ...]
    subject: str
    body: str
    send_at: datetime
    """Not before; the Date of the mail."""
    reply_to: tuple[Party, ...] = ()
    in_reply_to: MessageId | None = None
    references: tuple[MessageId, ...] = ()
    run: str = ""
    step: str = ""
    playbook: str = ""
    why: str = ""
    found_in: tuple[MessageId, ...] = ()
    to_owner: bool = False
    """Mail to the team: no stop rule and no window holds it."""
    cc: tuple[Party, ...] = ()
    """Who reads along: at the hand-over the people of delivery."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxItem:
    """A letter with its bytes, frozen, and where it is on its way."""

    letter: Letter
    message_id: MessageId
    data: bytes
    """The exact bytes, Message-ID and Date included; b"" once it is filed or dropped."""
    envelope_from: Address
    envelope_to: tuple[Address, ...]
    state: Outbox = Outbox.QUEUED
    attempts: int = 0
    next_try: datetime | None = None
    changed: datetime | None = None
    """When it came into this state."""
    reply: str = ""
    """The server's last word, or why it was stopped."""
    refused: tuple[Address, ...] = ()
    """Recipients that the server did not take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Something put to the owner, open until it is answered."""

    id: str
    kind: str
    """approval, doubt, disqualify, uncertain, unseen, task, or digest (told with the next digest)."""
    asked: datetime
    text: str
    letter: Letter | None = None
    """The mail that waits for the yes."""
    evidence: tuple[Evidence, ...] = ()
    """What the yes would make certain."""
    run: str = ""
    step: str = ""
    due: datetime | None = None
    answer: str = ""
    answered: datetime | None = None
    message_id: MessageId | None = None
    """The mail that asked, so that an answer is known by its thread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageChange:
    """A step of the life cycle and the mails that led to it."""

    at: datetime
    stage: Stage
    why: str
    found_in: tuple[MessageId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A playbook that the owner has asked for, by deals+playbook-NAME@."""

    playbook: str
    at: datetime
    found_in: MessageId


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """The unit: evidence, message log, runs and outbox, changed by one atomic commit."""

    id: DealId
    ref: str
    """The deal's mark in mail to its owner."""
    owner: Party
    title: str
    created: datetime
    company: str = ""
    """The contact's domain; "" where it is a free-mail domain."""
    company_name: str = ""
    """As people write it, where a mail has shown it."""
    contacts: tuple[Contact, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    log: tuple[LoggedMail, ...] = ()
    stages: tuple[StageChange, ...] = ()
    runs: tuple[Run, ...] = ()
    outbox: tuple[OutboxItem, ...] = ()
    questions: tuple[Question, ...] = ()
    decisions: tuple[Decision, ...] = ()
    due_at: datetime | None = None
    paused_until: datetime | None = None
    live_from: datetime | None = None
    """What is older was history at first contact."""
    merged_from: tuple[DealId, ...] = ()
    term_months: int = 0
    """For how long the agreement runs, where a mail has said so."""
    term_ends: date | None = None
    """The day on which it ends, where a mail names one."""
    wanted: tuple[Wanted, ...] = ()
    """The playbooks that the owner has asked for by a tag."""

    @property
    def stage(self) -> Stage:
        return self.stages[-1].stage if self.stages else Stage.IDENTIFIED


# -- what is true of a person across deals --------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppressed:
    """Why a person gets no mail, or none for now."""

    address: Address
    opted_out: datetime | None = None
    dead: datetime | None = None
    away_from: datetime | None = None
    away_until: date | None = None
    why: str = ""
    found_in: tuple[MessageId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """One document, written before the deal: opt-outs, dead addresses, absences."""

    people: dict[Address, Suppressed]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """How far a folder has been read."""

    account: str
    folder: str
    uidvalidity: int
    uid: int
    history_done: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Unplaced:
    """A mail that belongs to no deal, or that could not be understood: kept, marked and shown."""

    id: MessageId
    place: Place
    at: datetime | None
    sender: Address | None
    subject: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the reader has to know about us to judge a mail."""

    address: Address
    """What people BCC."""
    team: tuple[str, ...] = ()
    """Addresses, and domains that begin with "@"."""
    trusted_authserv: str = ""
    """The authserv-id whose topmost Authentication-Results counts; "" trusts nobody's verdict."""
    token: str = ""
    """The secret of deals+TOKEN@ or deals+TOKEN.TAG@, for a setup without verdicts."""
    key: bytes = b""
    """Proves our own Message-IDs."""
    notaries: frozenset[str] = frozenset()
    """Domains of the e-sign and payment services whose notices count, from playbooks/signals."""

    def is_team(self, address: str) -> bool:
        """Whether a bare, lower-case address belongs to a member of the team."""
        return address in self.team or f"@{address.rpartition('@')[2]}" in self.team

    def is_ours(self, address: str) -> bool:
        """Whether an address is the worker's own, with or without a +tag."""
        local, _, domain = address.rpartition("@")
        own_local, _, own_domain = self.address.rpartition("@")
        return domain == own_domain and local.partition("+")[0] == own_local
