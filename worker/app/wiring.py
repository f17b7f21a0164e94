"""Puts the parts together: from settings to a household, and from a household to a running service."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from worker.app.clock import Clock
from worker.app.deciding import Deciding
from worker.app.delivery import Delivery
from worker.app.filing import Filing
from worker.app.gathering import Gathering
from worker.app.household import household_of
from worker.app.intake import Intake
from worker.app.library import Library
from worker.app.reload import Reload
from worker.app.service import Service
from worker.app.systemd import Notifier
from worker.app.telling import Telling
from worker.app.writing import Writer
from worker.core.model import Deal, DealId, MessageId, OutboxItem
from worker.core.outbox import Verdict, WaitUntil
from worker.core.stopping import may_send
from worker.io.imap import SENT, Account, Filer, Patience, Reader
from worker.io.smtp import Security, Sender, Submission
from worker.io.store import Store
from worker.settings import Settings

_LOG = logging.getLogger("worker.mailbox")
_LOOK_AGAIN = timedelta(minutes=5)
"""When a mail that waits for an unread mailbox asks again."""


def own_account(settings: Settings) -> Account:
    """The mailbox that people BCC."""
    return Account(
        name="", host=settings.imap_host, port=settings.imap_port, security=settings.imap_security.value,
        user=settings.imap_user, password=settings.imap_password.get_secret_value(), folder=settings.imap_folder,
        sent_folder=settings.sent_folder,
    )  # fmt: skip


def accounts_of(settings: Settings) -> list[Account]:
    """Every folder that is read; the owners' own mailboxes are only looked at, what came and what they sent."""
    watched = [
        Account(
            name=name, host=box.host, port=box.port, security=box.security.value, user=box.user,
            password=box.password.get_secret_value(), read_only=True, folder=folder,
        )
        for name, box in sorted(settings.watch.items())
        for folder in ("INBOX", SENT)
    ]  # fmt: skip
    return [own_account(settings), *watched]


def submission_of(settings: Settings) -> Submission:
    """The server that takes our mail."""
    return Submission(
        host=settings.smtp_host, port=settings.smtp_port, security=Security(settings.smtp_security.value),
        user=settings.smtp_user, password=settings.smtp_password.get_secret_value(),
    )  # fmt: skip


def service_of(
    settings: Settings,
    library: Library,
    store: Store,
    *,
    clock: Clock,
    notifier: Notifier,
    telling: Telling,
    patience: Patience | None = None,
    reload: bool = False,
) -> Service:
    """A worker, ready to run; with `reload` it takes up the files that are edited meanwhile."""
    household = household_of(settings, library, store, store.key())
    writer = Writer(household.library, household.reading.address)
    sender = Sender(submission_of(settings))

    readers = [_reader(account, clock, patience) for account in accounts_of(settings)]

    def gate(deal: Deal, item: OutboxItem, now: datetime) -> Verdict:
        if (unread := _unread(readers, deal)) and not item.letter.to_owner:
            return WaitUntil(when=now + _LOOK_AGAIN, why=f"an answer may lie unread: {unread}")
        return may_send(deal, item, service.deciding.household.world(deal, now, letter=item.letter.id), now)

    def moved(id: DealId, item: OutboxItem) -> None:
        telling.mail_moved(store.deal(id), item)

    delivery = Delivery(store, sender, gate, clock, moved)

    def settle(deal: Deal, there: frozenset[MessageId]) -> None:
        newest = store.deal(deal.id)
        if newest is not None:
            delivery.settle(newest, there.__contains__, clock.now())

    filer = Filer(own_account(settings), patience=patience) if settings.sent_folder else None
    service = Service(
        store=store,
        intake=Intake(household=replace(household, keeper=Gathering(store)), heard=telling.heard),
        deciding=Deciding(household=household, writer=writer, decided=telling.decided),
        delivery=delivery,
        sender=sender,
        readers=readers,
        clock=clock,
        notifier=notifier,
        filing=Filing(filer, settings.sent_folder, settle) if filer else None,
    )
    if reload:
        service.beside = (Reload(settings=settings, service=service).watch,)
    return service


def _unread(readers: Iterable[Reader], deal: Deal) -> str:
    """What is wrong with a mailbox in which an answer to the deal's mails would arrive; "" while all can be read."""
    for reader in readers:
        account = reader.account
        if reader.is_behind and (not account.name or account.user.lower() == deal.owner.address):
            return reader.status.fault or account.where
    return ""


def _reader(account: Account, clock: Clock, patience: Patience | None) -> Reader:
    # A watched mailbox is read in two folders; what befalls it is said once.
    told = _LOG.debug if account.folder == SENT else _LOG.warning
    return Reader(account, patience=patience, clock=clock.now, on_fault=told)
