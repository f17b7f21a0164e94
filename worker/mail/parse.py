"""Bytes to a Message: total, each stage guarded so that a broken field costs only itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from typing import TypeVar

from worker.core.identity import proof_of_own
from worker.core.model import Address, Forwarded, Kind, Message, MessageId, Party, RawMail, Reading, Trust
from worker.mail import attachments, automatic, language, quotes
from worker.mail.body import Body, read_body
from worker.mail.headers import EMPTY, Headers, addresses, mail_date, message_ids
from worker.mail.mime import Part, read_tree
from worker.mail.trust import Verdict, judge

MAX_RECIPIENTS = 500
_NOBODY: tuple[Party, ...] = ()
_NO_IDS: tuple[MessageId, ...] = ()

T = TypeVar("T")


def parse(raw: RawMail, reading: Reading) -> Message:
    """What a mail says and who says it. Never raises: garbage gives defects."""
    return _Parser(raw, reading).message()


def trust_of(raw: RawMail, reading: Reading) -> Verdict:
    """How far a mail is trusted, and why: for a person who asks."""
    return _Parser(raw, reading).verdict()


class _Parser:
    """One mail on its way; collects defects."""

    def __init__(self, raw: RawMail, reading: Reading) -> None:
        self.raw = raw
        self.reading = reading
        self.defects: list[str] = []
        nothing: tuple[Part, tuple[str, ...]] = (Part(headers=EMPTY, content=raw.data), ())
        self.root, defects = self.guarded("the parts", lambda: read_tree(raw.data), nothing)
        self.defects.extend(defects)
        self.headers = self.root.headers

    def message(self) -> Message:
        headers = self.headers
        body = self.guarded("the body", lambda: read_body(self.root), Body(text=""))
        self.defects.extend(body.defects)
        subject = self.guarded("Subject", lambda: headers.text("subject"), "")
        fresh = self.fresh(body, subject)
        sender, date, own_key = self.sender(), self.date(), self.own_key()
        to, cc, delivered = self.parties("to"), self.parties("cc"), self.delivered_to()
        sort = self.sort(fresh.text, body.text, subject, sender, date)
        attached = self.attached(body)
        return Message(
            id=self.id(),
            place=self.raw.place,
            sender=sender,
            to=to,
            cc=cc,
            reply_to=self.parties("reply-to"),
            delivered_to=delivered,
            subject=subject,
            date=date,
            received=self.raw.received or self.guarded("Received", lambda: _received(headers), None),
            in_reply_to=self.ids("in-reply-to"),
            references=self.ids("references"),
            kind=Kind.OWN if own_key else sort.kind,
            trust=self.trust(sender, (*(party.address for party in (*to, *cc)), *delivered)),
            text=fresh.text,
            full_text=body.text,
            signature=fresh.signature,
            language=self.guarded("the language", lambda: language.language_of(fresh.text), ""),
            forwarded=fresh.forwarded or self.attached_forward(sort.kind),
            bounce=sort.bounce,
            absence=sort.absence,
            attachments=attached.attachments,
            calendar=attached.calendar,
            own_key=own_key,
            defects=tuple(dict.fromkeys(self.defects)),
        )

    def fresh(self, body: Body, subject: str) -> quotes.NewText:
        instead = quotes.NewText(text=body.text)
        return self.guarded("the quotes", lambda: quotes.new_text(body.text, body.html, subject=subject), instead)

    def sort(
        self, text: str, full_text: str, subject: str, sender: Party | None, date: datetime | None
    ) -> automatic.Automatic:
        def judge() -> automatic.Automatic:
            return automatic.classify(
                self.headers,
                self.root,
                subject=subject,
                text=text,
                full_text=full_text,
                sender=sender,
                date=date,
                reading=self.reading,
            )

        return self.guarded("the kind", judge, automatic.Automatic(kind=Kind.HUMAN))

    def trust(self, sender: Party | None, recipients: tuple[Address, ...]) -> Trust:
        verdict = self.judged(sender, recipients)
        self.defects.extend(verdict.defects)
        return verdict.trust

    def verdict(self) -> Verdict:
        parties = (*self.parties("to"), *self.parties("cc"))
        return self.judged(self.sender(), (*(party.address for party in parties), *self.delivered_to()))

    def judged(self, sender: Party | None, recipients: tuple[Address, ...]) -> Verdict:
        instead = Verdict(trust=Trust.NONE, why="could not be judged")
        once = tuple(dict.fromkeys(recipients))
        return self.guarded("trust", lambda: judge(self.headers, sender, once, self.reading), instead)

    def date(self) -> datetime | None:
        found = self.guarded("Date", lambda: mail_date(self.headers.first("date")), None)
        if found is None:
            self.defects.append("Date is no date" if self.headers.has("date") else "no Date")
        return found

    def attached(self, body: Body) -> attachments.Attached:
        found = self.guarded("the attachments", lambda: attachments.read_attachments(self.root, body), attachments.NONE)
        self.defects.extend(found.defects)
        return found

    def guarded(self, what: str, read: Callable[[], T], instead: T) -> T:
        """The stage's result; a fault of ours costs this stage, is named, and the mail is kept."""
        try:
            return read()
        except Exception as fault:  # the boundary that keeps the mail
            self.defects.append(f"{what} could not be read ({type(fault).__name__})")
            return instead

    def attached_forward(self, kind: Kind) -> Forwarded | None:
        """A message that a person attached is a forward; one in a report or a notice is not."""
        if kind is not Kind.HUMAN:
            return None
        return self.guarded("the attached message", lambda: attachments.attached_forward(self.root), None)

    def parties(self, name: str) -> tuple[Party, ...]:
        if not self.headers.has(name):
            return _NOBODY
        found = self.guarded(name, lambda: addresses(self.headers.all(name)), _NOBODY)
        if len(found) > MAX_RECIPIENTS:
            self.defects.append(f"{name}: {len(found) - MAX_RECIPIENTS} of {len(found)} addresses left out")
        return found[:MAX_RECIPIENTS]

    def sender(self) -> Party | None:
        """The one address in From. Two of them, or two From fields, are nobody: RFC 7489 section 6.6.1."""
        fields = self.headers.all("from")
        found = self.guarded("From", lambda: addresses(fields), _NOBODY)
        if len(fields) > 1:
            self.defects.append("more than one From")
        elif len(found) > 1:
            self.defects.append("more than one address in From")
        elif not found:
            self.defects.append("no address in From" if fields else "no From")
        return found[0] if len(found) == 1 and len(fields) == 1 else None

    def delivered_to(self) -> tuple[Address, ...]:
        names = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to")
        found = [party.address for name in names for party in self.parties(name)]
        return tuple(dict.fromkeys(found))[:MAX_RECIPIENTS]

    def ids(self, name: str) -> tuple[MessageId, ...]:
        if not self.headers.has(name):
            return _NO_IDS
        return self.guarded(name, lambda: message_ids(" ".join(self.headers.all(name))), _NO_IDS)

    def id(self) -> MessageId:
        found = self.guarded("Message-ID", lambda: message_ids(self.headers.first("message-id")), _NO_IDS)
        if found:
            return found[0]
        self.defects.append("no Message-ID")
        return MessageId(f"sha256:{sha256(self.raw.data).hexdigest()}")

    def own_key(self) -> str:
        if not self.reading.key:
            return ""
        found = message_ids(self.headers.first("message-id"))
        return proof_of_own(self.reading.key, found[0]) if found else ""


def _received(headers: Headers) -> datetime | None:
    """The time that the last server wrote: behind the last semicolon of the topmost Received."""
    return mail_date(headers.first("received").rpartition(";")[2])
