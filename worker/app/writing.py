"""Drafts become letters: the right template, filled with what is known of deal, contact and owner."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from worker.app import wording
from worker.app.library import Library
from worker.app.wording import contact_view, deal_view
from worker.core.model import Address, Contact, Deal, Evidence, Letter, LoggedMail, MessageId, Party, Speaker
from worker.core.plan import Draft
from worker.core.rapport import formal_with, language_with
from worker.core.situation import World, last_word, locale
from worker.core.spoken import spoken
from worker.core.template import (
    DEFAULT_LANGUAGE,
    AlertView,
    Context,
    IdealView,
    LetterView,
    Purpose,
    QuestionView,
    TaskView,
    Template,
    Thread,
)
from worker.mail.render import Renderer, render_text

__all__ = ["WORKER_NAME", "Writer", "contact_view", "deal_view", "quoted"]

WORKER_NAME = "Follow-up Worker"


class Writer:
    """Writes letters. Compiles each template once."""

    def __init__(self, library: Library, worker: Address) -> None:
        self._library = library
        self._worker = worker
        self._renderer = Renderer()

    def letter(self, draft: Draft, deal: Deal, world: World) -> Letter:
        """The letter of a draft to a contact or to the owner.

        Raises:
            RenderFault, UnknownTemplate: the template cannot be filled in, with its file and line.
        """
        contact = _contact(deal, draft)
        spoken = DEFAULT_LANGUAGE if draft.to_owner else language_with(contact, deal, self._library.firm.language)
        template = self._library.templates.choose(draft.template, spoken)
        before = None if draft.to_owner else _thread(template, draft, deal)
        context = self._context(draft, template, deal, contact, world)
        rendered = self._renderer.render(template, context, thread_subject=before.subject if before else "")
        return Letter(
            id=draft.id,
            purpose=template.purpose,
            template=template.name,
            sender=Party(address=self._worker, name=WORKER_NAME) if draft.to_owner else deal.owner,
            to=(deal.owner,) if draft.to_owner else (_party(contact, draft),),
            cc=self._copies(template, deal),
            subject=rendered.subject,
            body=rendered.body if draft.to_owner else _with_small_print(rendered.body, context),
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
            send_at=letter.send_at, copies=", ".join(party.address for party in letter.cc),
        )  # fmt: skip
        draft = Draft(id=f"{letter.id}/approval", template=template.name, to=deal.owner.address, send_at=now,
                      why=letter.why, found_in=letter.found_in, to_owner=True)  # fmt: skip
        contact = next((one for one in deal.contacts if one.address == letter.to[0].address), None)
        context = replace(self._context(draft, template, deal, contact, None), letter=view)
        rendered = self._renderer.render(template, context)
        return Letter(
            id=draft.id, purpose=template.purpose, template=template.name,
            sender=Party(address=self._worker, name=WORKER_NAME), to=(deal.owner,), subject=rendered.subject,
            body=rendered.body, send_at=now, references=_deal_thread(deal, draft), why=letter.why,
            found_in=letter.found_in, to_owner=True, run=letter.run, step=letter.step, playbook=letter.playbook,
        )  # fmt: skip

    def note(self, template: str, owner: Party, context: Context, at: datetime, *, thread_subject: str = "") -> Letter:
        """Mail to an owner that no step of a playbook writes: a digest, a receipt. Its id is the caller's to give."""
        chosen = self._library.templates.choose(template)
        rendered = self._renderer.render(chosen, context, thread_subject=thread_subject)
        return Letter(
            id="", purpose=chosen.purpose, template=chosen.name, sender=Party(address=self._worker, name=WORKER_NAME),
            to=(owner,), subject=rendered.subject, body=rendered.body, send_at=at, to_owner=True,
        )  # fmt: skip

    def _reply_to(self, draft: Draft, deal: Deal, world: World) -> tuple[Party, ...]:
        if draft.to_owner or world.watched:
            return ()
        # Replies have to be seen: the answer goes to the owner, and to the worker beside them.
        return (deal.owner, Party(address=self._worker))

    def _copies(self, template: Template, deal: Deal) -> tuple[Party, ...]:
        """At the hand-over the people of delivery read along, so that one click answers to all of them."""
        if template.purpose is not Purpose.HANDOVER:
            return ()
        return tuple(one.party for one in self._library.firm.delivery if one.party.address != deal.owner.address)

    def _context(
        self, draft: Draft, template: Template, deal: Deal, contact: Contact | None, world: World | None
    ) -> Context:
        firm, language = self._library.firm, template.language
        formal = formal_with(contact, deal, language)
        country = _country(locale(contact, world).country) if contact and world else ""
        zone = world.home.zone if world else draft.send_at.tzinfo or UTC
        quotes = tuple(quoted(item) for item in draft.quotes) or _quotes_of(draft.found_in, deal)
        book = world.book(draft.playbook) if world else None
        context = Context(
            contact=contact_view(contact, language, formal=formal, to_owner=draft.to_owner),
            owner=wording.owner_view(deal, contact, firm, language, formal=formal),
            deal=deal_view(deal, contact, language, formal=formal, country=country, zone=zone),
            firm=wording.firm_view(firm, template, country, formal=formal),
            ideal=IdealView(person=wording.ideal_person(self._library.ideal, firm, language)),
            introduced=wording.introduced(deal, draft.found_in),
            referrer=wording.referrer(contact),
            quotes=quotes,
            why=draft.why,
            # The owner reads their own country's dates.
            country=_country(world.home.country if draft.to_owner else country) if world else "",
            variables=book.variables if book else {},
        )
        if not draft.to_owner or not draft.text:
            return context
        text = render_text(draft.text, context)
        return replace(
            context, task=TaskView(text=text), alert=AlertView(title=text, text=draft.why),
            question=QuestionView(text=text, quotes=quotes),
        )  # fmt: skip


def _country(place: str) -> str:
    """GB of GB-ENG: laws and dates are those of the country."""
    return place.partition("-")[0]


def _with_small_print(body: str, context: Context) -> str:
    lines = wording.small_print(context.firm, body)
    return f"{body.rstrip()}\n\n{lines}\n" if lines else body


def quoted(item: Evidence) -> str:
    """A quote with who said it and when."""
    who = f", {item.by}" if item.by else ""
    return f"{item.quote} ({item.at:%d %B %Y}{who})"


def _contact(deal: Deal, draft: Draft) -> Contact | None:
    run = next((run for run in deal.runs if run.id == draft.run), None)
    address = draft.to if not draft.to_owner else run.contact if run else None
    found = next((one for one in deal.contacts if one.address == address), None)
    return found or (deal.contacts[0] if draft.to_owner and deal.contacts else None)


def _party(contact: Contact | None, draft: Draft) -> Party:
    """Who it goes to, under the name that they gave themselves, as far as it may stand in a header."""
    return Party(address=contact.address, name=wording.plain(contact.name)) if contact else Party(address=draft.to)


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
    mails = [mail for speaker in (Speaker.OWNER, Speaker.CONTACT) for mail in spoken(deal, speaker)]
    return tuple(f"{mail.extract} ({mail.at:%d %B %Y})" for mail in mails if mail.id in found_in and mail.extract)
