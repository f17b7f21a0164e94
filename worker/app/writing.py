"""Drafts become letters: the right template, filled with what is known of deal, contact and owner."""

from __future__ import annotations

from datetime import datetime

from worker.app.library import Library
from worker.core.greeting import greeting, names, sign_off
from worker.core.model import (
    Address,
    Contact,
    Deal,
    Event,
    Evidence,
    Letter,
    LoggedMail,
    MessageId,
    Party,
    Speaker,
)
from worker.core.placing import company_of
from worker.core.plan import Draft
from worker.core.situation import World, human_words, last_word
from worker.core.template import (
    AlertView,
    ContactView,
    Context,
    DealView,
    FirmView,
    IdealView,
    LetterView,
    OwnerView,
    PersonView,
    QuestionView,
    TaskView,
    Template,
    Thread,
)
from worker.mail.render import Renderer, render_text

WORKER_NAME = "Follow-up Worker"


class Writer:
    """Writes letters. Compiles each template once."""

    def __init__(self, library: Library, worker: Address) -> None:
        self._library = library
        self._worker = worker
        self._renderer = Renderer(library.templates)

    def letter(self, draft: Draft, deal: Deal, world: World) -> Letter:
        """The letter of a draft to a contact or to the owner.

        Raises:
            RenderFault, UnknownTemplate: the template cannot be filled in, with its file and line.
        """
        contact = _contact(deal, draft)
        language = "en" if draft.to_owner or contact is None else contact.language or "en"
        template = self._library.templates.choose(draft.template, language)
        before = None if draft.to_owner else _thread(template, draft, deal)
        context = self._context(draft, deal, contact, template.language)
        rendered = self._renderer.render(template, context, thread_subject=before.subject if before else "")
        return Letter(
            id=draft.id,
            purpose=template.purpose,
            template=template.name,
            sender=Party(address=self._worker, name=WORKER_NAME) if draft.to_owner else deal.owner,
            to=(deal.owner,) if draft.to_owner else (_party(contact, draft),),
            subject=rendered.subject,
            body=rendered.body,
            send_at=draft.send_at,
            reply_to=self._reply_to(draft, deal, world),
            in_reply_to=before.id if before else None,
            references=(*before.references, before.id) if before else _deal_thread(deal, draft),
            run=draft.run,
            step=draft.step,
            playbook=draft.playbook,
            why=draft.why,
            found_in=draft.found_in,
            to_owner=draft.to_owner,
        )

    def approval(self, letter: Letter, deal: Deal, now: datetime) -> Letter:
        """The mail that lays another mail before its owner."""
        template = self._library.templates.choose("owner/approval")
        view = LetterView(
            to=", ".join(party.address for party in letter.to), subject=letter.subject, body=letter.body.strip(),
            send_at=letter.send_at,
        )  # fmt: skip
        draft = Draft(id=f"{letter.id}/approval", template=template.name, to=deal.owner.address, send_at=now,
                      why=letter.why, found_in=letter.found_in, to_owner=True)  # fmt: skip
        contact = next((one for one in deal.contacts if one.address == letter.to[0].address), None)
        context = self._context(draft, deal, contact, "en", letter=view)
        rendered = self._renderer.render(template, context)
        return Letter(
            id=draft.id, purpose=template.purpose, template=template.name,
            sender=Party(address=self._worker, name=WORKER_NAME), to=(deal.owner,), subject=rendered.subject,
            body=rendered.body, send_at=now, references=_deal_thread(deal, draft), why=letter.why,
            found_in=letter.found_in, to_owner=True, run=letter.run, step=letter.step, playbook=letter.playbook,
        )  # fmt: skip

    def _reply_to(self, draft: Draft, deal: Deal, world: World) -> tuple[Party, ...]:
        if draft.to_owner or world.watched:
            return ()
        # Replies have to be seen: the answer goes to the owner, and to the worker beside them.
        return (deal.owner, Party(address=self._worker))

    def _context(
        self, draft: Draft, deal: Deal, contact: Contact | None, language: str, *, letter: LetterView | None = None
    ) -> Context:
        formal = contact.formal is not False if contact and language in ("de", "fr", "es") else False
        view = contact_view(contact, language, formal=formal)
        quotes = tuple(quoted(item) for item in draft.quotes) or _quotes_of(draft.found_in, deal)
        plain = Context(
            contact=view,
            owner=OwnerView(
                name=deal.owner.name,
                first_name=names(deal.owner.name).first,
                address=deal.owner.address,
                sign_off=self._library.firm.signatures.get(deal.owner.address) or sign_off(language, formal=formal),
            ),
            deal=deal_view(deal),
            firm=self._firm(contact),
            # It is one text in one language; the templates read well without it.
            ideal=IdealView(person=self._library.ideal.person if language == "en" else ""),
            introduced=_introduced(draft, deal),
            referrer=_referrer(contact),
            letter=letter or LetterView(),
            quotes=quotes,
            why=draft.why,
        )
        if not draft.to_owner or not draft.text:
            return plain
        text = render_text(draft.text, plain)
        return Context(
            contact=plain.contact, owner=plain.owner, deal=plain.deal, firm=plain.firm, introduced=plain.introduced,
            quotes=quotes, why=draft.why, task=TaskView(text=text), alert=AlertView(title=text, text=draft.why),
            question=QuestionView(text=text, quotes=quotes),
        )  # fmt: skip

    def _firm(self, contact: Contact | None) -> FirmView:
        firm = self._library.firm
        people = tuple(
            PersonView(name=one.party.name, first_name=names(one.party.name).first, role=one.role,
                       address=one.party.address)
            for one in firm.delivery
        )  # fmt: skip
        return FirmView(
            name=firm.name, postal_address=firm.postal_address if firm.postal_address else "",
            opt_out_line=firm.opt_out_line, services=firm.services, delivery=people,
        )  # fmt: skip


def contact_view(contact: Contact | None, language: str = "en", *, formal: bool = False) -> ContactView:
    """A contact as a template sees them."""
    if contact is None:
        return ContactView()
    first, last = names(contact.name)
    return ContactView(
        address=contact.address, name=contact.name, first_name=first, last_name=last,
        greeting=greeting(first, last, language, formal=formal), formal=formal,
    )  # fmt: skip


def deal_view(deal: Deal) -> DealView:
    """A deal as a template sees it."""
    proposals = [item for item in deal.evidence if item.event is Event.PROPOSAL_SENT and not item.withdrawn]
    signed = [item for item in deal.evidence if item.event is Event.SIGNED and not item.withdrawn]
    return DealView(
        title=deal.title,
        company=deal.company_name,
        topic=_topic(deal),
        proposal_date=proposals[-1].at.date() if proposals else None,
        signed_date=signed[-1].at.date() if signed else None,
        document=signed[-1].document if signed else "",
        ref=deal.ref,
        stage=deal.stage.value.replace("_", " "),
        bucket=deal.stage.bucket,
    )


def quoted(item: Evidence) -> str:
    """A quote with who said it and when."""
    who = f", {item.by}" if item.by else ""
    return f"{item.quote} ({item.at:%d %B %Y}{who})"


def _topic(deal: Deal) -> str:
    """What the thread is about, by its subject without Re: and Fwd:."""
    words = [mail for mail in deal.log if mail.speaker in (Speaker.OWNER, Speaker.CONTACT) and mail.subject]
    if not words:
        return ""
    subject = min(words, key=lambda mail: mail.at).subject
    while (head := subject.partition(":"))[1] and len(head[0].strip()) <= 4:
        subject = head[2].strip()
    return subject


def _contact(deal: Deal, draft: Draft) -> Contact | None:
    run = next((run for run in deal.runs if run.id == draft.run), None)
    address = draft.to if not draft.to_owner else run.contact if run else None
    found = next((one for one in deal.contacts if one.address == address), None)
    return found or (deal.contacts[0] if draft.to_owner and deal.contacts else None)


def _party(contact: Contact | None, draft: Draft) -> Party:
    return Party(address=contact.address, name=contact.name) if contact else Party(address=draft.to)


def _thread(template: Template, draft: Draft, deal: Deal) -> LoggedMail | None:
    """The mail that a letter answers: the last one between owner and contact, None for a fresh thread."""
    kind = Thread(draft.thread) if draft.thread else template.thread
    if kind is Thread.NEW:
        return None
    words = [word for speaker in (Speaker.OWNER, Speaker.CONTACT) if (word := last_word(deal, speaker))]
    known = {contact.address for contact in deal.contacts}
    theirs = [mail for mail in words if mail.sender in known or known & set(mail.to)]
    return max(theirs, key=lambda mail: mail.at, default=None)


def _deal_thread(deal: Deal, draft: Draft) -> tuple[MessageId, ...]:
    """Mail to the owner hangs below the deal's first mail, so that all of a deal is one thread in their client."""
    return tuple(mail.id for mail in deal.log[:1]) if draft.to_owner else ()


def _quotes_of(found_in: tuple[MessageId, ...], deal: Deal) -> tuple[str, ...]:
    """What the mails say that led here."""
    quotes = [quoted(item) for item in deal.evidence if item.found_in in found_in and item.quote]
    if quotes:
        return tuple(dict.fromkeys(quotes))
    mails = [mail for speaker in (Speaker.OWNER, Speaker.CONTACT) for mail in human_words(deal, speaker)]
    return tuple(f"{mail.extract} ({mail.at:%d %B %Y})" for mail in mails if mail.id in found_in and mail.extract)


def _introduced(draft: Draft, deal: Deal) -> PersonView:
    for item in deal.evidence:
        if item.event is Event.INTRODUCTION and item.found_in in draft.found_in and item.people:
            person = item.people[0]
            return PersonView(name=person.name, first_name=names(person.name).first, address=person.address)
    return PersonView()


def _referrer(contact: Contact | None) -> PersonView:
    if contact is None or contact.referred_by is None:
        return PersonView()
    return PersonView(address=contact.referred_by, name=company_of(contact.referred_by))
