"""What a deal remembers of a mail: who spoke, what it shows, and who the people are."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from worker.core.domains import company_of
from worker.core.facts import amount_of, document_of, what_matters
from worker.core.identity import deal_ref
from worker.core.lifecycle import STOPPING, UNPROVEN
from worker.core.manners import manners, phone_of
from worker.core.model import (
    Address,
    Bucket,
    Contact,
    Deal,
    DealId,
    Event,
    Evidence,
    Kind,
    LoggedMail,
    Message,
    MessageId,
    Party,
    Question,
    Reading,
    Speaker,
    Stage,
    Strength,
    Suppressed,
    Suppression,
    Trust,
)
from worker.core.placing import others
from worker.core.terms import with_term

EXTRACT = 160
"""Characters that a deal remembers of a mail's words."""
_BETWEEN = re.compile(r"[\W_]+")
"""What stands between letters and digits."""
_CLIENT_TALK = re.compile(
    r"\b(?:our|my|a|the|as a) new(?:est)? (?:client|customer)|(?:is|are) now (?:a|our) (?:client|customer)|"
    r"\b(?:unser\w*|mein\w*|ein\w*|als) neue\w* kund\w*|notre nouveau client|notre nouvelle cliente|"
    r"nuestr[oa] nuev[oa] cliente|onze nieuwe klant|nostro nuovo cliente",
    re.IGNORECASE,
)
"""How an owner speaks of somebody as a client."""
_LONGEST_TESTIMONIAL = 1500
"""Characters; what is longer is a letter about many things, of which the sentence is kept."""
_OFFSETS = 8
_LOOKS_ASKING = ("let me know", "look forward to your", "look forward to hearing",
                 "freue mich auf ihre", "freue mich auf deine", "get back to me", "please confirm",
                 "geben sie mir", "gib mir bescheid", "dites-moi",
                 "dis-moi", "tenez-moi", "laat me weten", "laat het me weten", "hoor graag", "dígame", "dime", "avísame",
                 "fammi sapere", "mi faccia sapere")  # fmt: skip


def speaker_of(message: Message, reading: Reading) -> Speaker:
    """Whose words a mail holds. A mail that only claims to come from the team is nobody's."""
    if message.kind is Kind.OWN:
        return Speaker.WORKER
    if message.trust is Trust.TEAM:
        # What goes to the worker or to colleagues alone is no word to the contact.
        return Speaker.OWNER if others(message, reading) else Speaker.OTHER
    if message.trust is Trust.NOTARY:
        return Speaker.NOTARY
    claims_team = message.sender is not None and reading.is_team(message.sender.address)
    if message.sender is None or claims_team or message.kind not in (Kind.HUMAN, Kind.AUTO_REPLY):
        return Speaker.OTHER
    return Speaker.CONTACT


def tempered(evidence: Iterable[Evidence], message: Message) -> tuple[Evidence, ...]:
    """Mail that is not trusted may stop or pause, never start or advance: the rest of it is only counted."""
    if message.trust is not Trust.NONE:
        return tuple(evidence)
    marked = (replace(item, signal=f"{item.signal}{UNPROVEN}") for item in evidence)
    return tuple(item if item.event in STOPPING else replace(item, strength=Strength.WEAK) for item in marked)


def open_deal(
    message: Message, contacts: tuple[Party, ...], owner: Party, key: bytes, at: datetime,
    *, referred_by: Address | None = None, live_from: datetime | None = None,
) -> Deal:  # fmt: skip
    """A new deal. Its id comes from the mail that opens it, so that reading that mail twice opens one."""
    seed = f"{message.id}\n{contacts[0].address}"
    id = DealId(hashlib.sha256(seed.encode()).hexdigest()[:16])
    return Deal(
        id=id,
        ref=deal_ref(key, id),
        owner=owner,
        title=_title(message, contacts[0]),
        created=at,
        company=company_of(contacts[0].address),
        contacts=tuple(Contact(address=one.address, name=one.name, referred_by=referred_by) for one in contacts[:20]),
        live_from=live_from,
    )


def remember(
    deal: Deal,
    message: Message,
    evidence: tuple[Evidence, ...],
    reading: Reading,
    at: datetime,
    *,
    history: bool = False,
) -> Deal:
    """Add a mail to its deal. The same mail a second time changes nothing."""
    if any(mail.id == message.id for mail in deal.log):
        return deal
    speaker = speaker_of(message, reading)
    if speaker is Speaker.CONTACT and message.trust is Trust.NONE and deal.stage is Stage.DISQUALIFIED:
        # There is nothing left that it could stop, and a mail without proof of its writer begins nothing.
        speaker = Speaker.OTHER
    logged = _logged(message, evidence, speaker, at, history)
    entries = (logged, *_forwarded_words(message, at, history, reading))
    if message.forwarded is not None and len(entries) > 1:
        entries = (replace(logged, speaker=Speaker.OTHER), *entries[1:])
    evidence = tuple(_kept_whole(item, message) for item in evidence)
    deal = with_term(deal, message, evidence)
    return replace(
        deal,
        log=(*deal.log, *entries),
        evidence=(*deal.evidence, *(item for item in evidence if item not in deal.evidence)),
        contacts=_with_successors(_people(deal, message, speaker, reading), evidence, deal),
        questions=(*deal.questions, *_called_client(deal, message, speaker, at, history=history)),
        company_name=deal.company_name or spoken_company(deal.company, message),
    )


def _logged(
    message: Message, evidence: tuple[Evidence, ...], speaker: Speaker, at: datetime, history: bool
) -> LoggedMail:
    return LoggedMail(
        id=message.id,
        at=at,
        sender=message.sender.address if message.sender else None,
        to=tuple(one.address for one in (*message.to, *message.cc))[:30],
        subject=message.subject[:200],
        kind=message.kind,
        speaker=speaker,
        asks=asks_something(message, evidence),
        extract=" ".join(message.text.split())[:EXTRACT],
        references=(*message.references, *message.in_reply_to)[-10:],
        history=history,
        cares=what_matters(message.text, evidence) if speaker is Speaker.CONTACT else "",
        amount=amount_of(message.text) if speaker is Speaker.OWNER else "",
        document=document_of(message.attachments) if speaker is Speaker.OWNER else "",
    )


def _forwarded_words(message: Message, at: datetime, history: bool, reading: Reading) -> tuple[LoggedMail, ...]:
    """A contact's mail that the owner forwards are the contact's own words: the ball is where they left it."""
    inner = message.forwarded
    if inner is None or inner.sender is None or message.trust is not Trust.TEAM:
        return ()
    if reading.is_team(inner.sender.address) or company_of(inner.sender.address) in reading.notaries:
        return ()
    return (
        LoggedMail(
            id=MessageId(f"{message.id}/forwarded"), at=at, sender=inner.sender.address,
            to=tuple(one.address for one in inner.to)[:30], subject=inner.subject[:200], kind=Kind.HUMAN,
            speaker=Speaker.CONTACT, extract=" ".join(inner.text.split())[:EXTRACT], history=history,
        ),
    )  # fmt: skip


def asks_something(message: Message, evidence: Iterable[Evidence]) -> bool:
    """Whether a mail of the owner waits for an answer: a question, a request, a proposal."""
    if any(item.event in (Event.PROPOSAL_SENT, Event.SIGNATURE_REQUESTED) for item in evidence):
        return True
    text = message.text.lower()
    return "?" in text or "？" in text or any(phrase in text for phrase in _LOOKS_ASKING)


def _title(message: Message, contact: Party) -> str:
    company = company_of(contact.address)
    who = contact.name or contact.address
    return f"{who} ({company})" if company else who


def spoken_company(domain: str, message: Message) -> str:
    """The company's name as people write it, where the mail holds it: halvorsenfreight.example, "Halvorsen Freight"."""
    label = domain.partition(".")[0].replace("-", "")
    lines = f"{message.signature}\n{message.text}\n{message.full_text[:20_000]}"
    if len(label) < 3 or label not in _squeezed(lines):
        return ""  # most mails do not hold it, and to look at each run of words takes time
    for words in (_words(line) for line in lines.split("\n")):
        for first in range(len(words)):
            name = ""
            for word in words[first : first + 5]:
                name = f"{name} {word}".strip()
                squeezed = "".join(char for char in name.lower() if char.isalnum())
                if squeezed == label and name[:1].isupper():
                    return name
                if not label.startswith(squeezed):
                    break
    return ""


def _squeezed(text: str) -> str:
    """All letters and digits of a text behind one another, those of addresses left out."""
    return _BETWEEN.sub("", "".join(part for part in text.split() if "@" not in part).lower())


def _words(line: str) -> list[str]:
    return [word for part in line[:400].split() if (word := part.strip(".,;:()<>\"'|")) and "@" not in word]


def _people(deal: Deal, message: Message, speaker: Speaker, reading: Reading) -> tuple[Contact, ...]:
    """The contacts as this mail leaves them: names, offsets, languages, and who talks most."""
    contacts = {contact.address: contact for contact in deal.contacts}
    human = message.kind is Kind.HUMAN and speaker in (Speaker.OWNER, Speaker.CONTACT)
    for one in others(message, reading) if human else ():
        known = contacts.get(one.address)
        if known is None and not _joins(one, deal):
            continue
        known = known or Contact(address=one.address, name=one.name)
        spoken = _spoken_with(known, one, message, speaker)
        contacts[one.address] = _as_the_owner_writes(spoken, message, reading) if speaker is Speaker.OWNER else spoken
    return tuple(contacts.values())[:50]


def _with_successors(contacts: tuple[Contact, ...], evidence: Iterable[Evidence], deal: Deal) -> tuple[Contact, ...]:
    """Who follows somebody that has left is of the deal, where they are of its company."""
    known = {contact.address for contact in contacts}
    new = {person.address: Contact(address=person.address, name=person.name)
           for item in evidence if item.event is Event.LEFT_COMPANY and item.strength is not Strength.WEAK
           for person in item.people if person.address not in known and _joins(person, deal)}  # fmt: skip
    return (*contacts, *new.values())[:50]


def _called_client(deal: Deal, message: Message, speaker: Speaker, at: datetime, *, history: bool) -> tuple[Question, ...]:
    """What is missing where the owner calls somebody a client who is none yet: a line of the digest."""
    if speaker is not Speaker.OWNER or history or deal.stage.bucket is not Bucket.PROSPECT:
        return ()
    if not _CLIENT_TALK.search(message.text[:5000]) or any(one.id.startswith("missing/") for one in deal.questions):
        return ()
    missing = {
        Stage.SIGNED_UNPAID: "the first payment is missing",
        Stage.PAID_UNSIGNED: "the signature is missing",
    }.get(deal.stage, "the signature and the first payment are missing")
    text = f"You called {deal.title} a client. For that {missing}."
    return (Question(id=f"missing/{message.id}", kind="digest", asked=at, text=text),)


def _kept_whole(item: Evidence, message: Message) -> Evidence:
    """A testimonial is kept word for word: the sentence that shows it is not all of it."""
    if item.event is not Event.TESTIMONIAL or item.speaker is not Speaker.CONTACT or message.forwarded is not None:
        return item
    whole = " ".join(message.text.split())
    return replace(item, quote=whole) if item.quote in whole and len(whole) <= _LONGEST_TESTIMONIAL else item


def _joins(person: Party, deal: Deal) -> bool:
    """A new person joins a deal when they are of its company; a stranger in copy does not."""
    return bool(deal.company) and company_of(person.address) == deal.company


def _spoken_with(contact: Contact, person: Party, message: Message, speaker: Speaker) -> Contact:
    wrote = message.sender is not None and message.sender.address == contact.address
    offset = message.date.utcoffset() if message.date and wrote else None
    offsets = contact.offsets
    if message.date is not None and offset is not None:
        offsets = (*offsets, (message.date, int(offset.total_seconds() // 60)))[-_OFFSETS:]
    spoken_to = speaker is Speaker.OWNER or wrote
    return replace(
        contact,
        name=(person.name if wrote and person.name else contact.name or person.name),
        offsets=offsets,
        # The owner's mail goes out in the owner's language; theirs tells only until the owner has written.
        language=contact.language if wrote and contact.signed else message.language or contact.language,
        referrer=contact.referrer or _name_of(contact.referred_by, message),
        phone=(phone_of(message.signature) if wrote else "") or contact.phone,
        words=contact.words + (2 if wrote else 1 if spoken_to else 0),
    )


def _name_of(address: Address | None, message: Message) -> str:
    everybody = (*((message.sender,) if message.sender else ()), *message.to, *message.cc)
    return next((one.name for one in everybody if one.address == address and one.name), "")


def _as_the_owner_writes(contact: Contact, message: Message, reading: Reading) -> Contact:
    """Greeting, closing and du or Sie, out of a mail of the owner to this one person."""
    addressed = [one.address for one in message.to if not reading.is_ours(one.address)]
    if addressed != [contact.address] or message.forwarded is not None or message.sender is None:
        return contact
    shown = manners(message.text, message.signature, message.language, message.sender.name)
    language = message.language or (shown.languages[0] if len(shown.languages) == 1 else contact.language)
    return replace(
        contact,
        language=language,
        greeting=shown.greeting or contact.greeting,
        closing=shown.closing if shown.signed else contact.closing,
        signed=shown.signed or contact.signed,
        formal=contact.formal if shown.formal is None else shown.formal,
    )


# -- what is true of a person across deals -----------------------------------------------------


def suppression_after(
    suppression: Suppression, message: Message, evidence: Iterable[Evidence], at: datetime, *, ours: bool
) -> Suppression:
    """Opt-outs, dead addresses and absences as this mail leaves them.

    Args:
        ours: the report is about a mail that we know, so that a bounce cannot be made up to silence somebody.
    """
    people = dict(suppression.people)
    for entry in _suppressed(message, tuple(evidence), at, ours):
        people[entry.address] = _merged(people.get(entry.address), entry)
    returned = message.sender.address if message.sender and message.kind is Kind.HUMAN else None
    if returned is not None and returned in people and _is_back(people[returned], at):
        people[returned] = replace(people[returned], away_from=None, away_until=None)
    return suppression if people == suppression.people else Suppression(people=people)


def _suppressed(message: Message, evidence: tuple[Evidence, ...], at: datetime, ours: bool) -> list[Suppressed]:
    entries: list[Suppressed] = []
    for item in evidence:
        if item.event is Event.OPT_OUT and item.strength is not Strength.WEAK and item.by is not None:
            why = f'asked for no more mail: "{item.quote}"'
            entries.append(Suppressed(address=item.by, opted_out=at, why=why, found_in=(message.id,)))
    if message.bounce is not None and message.bounce.permanent and ours:
        for address in message.bounce.recipients:
            entries.append(
                Suppressed(address=address, dead=at, why="the address bounced for good", found_in=(message.id,))
            )
    if message.kind is Kind.AUTO_REPLY and message.absence is not None and message.sender is not None:
        entries.append(_absent(message, message.sender.address, at))
    return entries


def _absent(message: Message, address: Address, at: datetime) -> Suppressed:
    absence = message.absence
    if absence is not None and absence.left_company:
        return Suppressed(address=address, dead=at, why="has left the company", found_in=(message.id,))
    until = absence.until if absence else None
    said = f"away until {until:%d %B %Y}" if until else "away, no date of return given"
    return Suppressed(address=address, away_from=at, away_until=until, why=said, found_in=(message.id,))


def _merged(old: Suppressed | None, new: Suppressed) -> Suppressed:
    if old is None:
        return new
    final = old.opted_out or old.dead
    return replace(
        new,
        opted_out=old.opted_out or new.opted_out,
        dead=old.dead or new.dead,
        away_from=new.away_from or old.away_from,
        away_until=new.away_until or (None if new.away_from else old.away_until),
        why=old.why if final else new.why,
        found_in=old.found_in if final else new.found_in,
    )


def _is_back(entry: Suppressed, at: datetime) -> bool:
    """Somebody who writes a mail of their own is back; but not within the day, when one sweeps up before leaving."""
    return entry.away_from is not None and at - entry.away_from > timedelta(days=1)
