"""Puts the parts together: from settings to a household, and from a household to a running service."""

from __future__ import annotations

import logging
from datetime import datetime

from worker.app.clock import Clock
from worker.app.deciding import Deciding
from worker.app.delivery import Delivery
from worker.app.household import Household
from worker.app.intake import Intake
from worker.app.keeping import Keeper
from worker.app.library import Library, read_library
from worker.app.service import Service
from worker.app.systemd import Notifier
from worker.app.telling import Telling
from worker.app.writing import Writer
from worker.core.model import Deal, DealId, OutboxItem
from worker.core.outbox import Verdict
from worker.core.signal import notaries
from worker.core.situation import Caps
from worker.core.stopping import may_send
from worker.io.imap import Account, Filer, Patience, Reader
from worker.io.smtp import Security, Sender, Submission
from worker.io.store import Store
from worker.settings import Settings

_LOG = logging.getLogger("worker.mailbox")


def library_of(settings: Settings) -> Library:
    """The files that the settings name. Raises LibraryFault."""
    return read_library(settings.playbooks_dir, settings.templates_dir)


def household_of(settings: Settings, library: Library, keeper: Keeper, key: bytes, *, approved: bool = False) -> Household:
    """What every decision shares."""
    return Household(
        reading=settings.reading(key, notaries(library.signals)),
        library=library,
        keeper=keeper,
        zone=settings.time_zone,
        country=settings.country,
        mode=settings.mode,
        caps=Caps(
            per_hour=settings.max_per_hour,
            per_day=settings.max_per_day,
            per_contact_per_week=settings.max_per_contact_per_week,
        ),
        watched=frozenset(box.user.lower() for box in settings.watch.values()),
        approved=approved,
    )


def own_account(settings: Settings) -> Account:
    """The mailbox that people BCC."""
    return Account(
        name="", host=settings.imap_host, port=settings.imap_port, security=settings.imap_security.value,
        user=settings.imap_user, password=settings.imap_password.get_secret_value(), folder=settings.imap_folder,
        sent_folder=settings.sent_folder,
    )  # fmt: skip


def accounts_of(settings: Settings) -> list[Account]:
    """Every mailbox that is read; the owners' own are only looked at."""
    watched = [
        Account(
            name=name, host=box.host, port=box.port, security=box.security.value, user=box.user,
            password=box.password.get_secret_value(), read_only=True,
        )
        for name, box in sorted(settings.watch.items())
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
) -> Service:
    """A worker, ready to run."""
    household = household_of(settings, library, store, store.key())
    writer = Writer(household.library, household.reading.address)
    sender = Sender(submission_of(settings))

    def gate(deal: Deal, item: OutboxItem, now: datetime) -> Verdict:
        return may_send(deal, item, household.world(deal, now, letter=item.letter.id), now)

    def moved(id: DealId, item: OutboxItem) -> None:
        telling.mail_moved(store.deal(id), item)

    return Service(
        store=store,
        intake=Intake(household=household, heard=telling.heard),
        deciding=Deciding(household=household, writer=writer, decided=telling.decided),
        delivery=Delivery(store, sender, gate, clock, moved),
        sender=sender,
        readers=[
            Reader(account, patience=patience, clock=clock.now, on_fault=_LOG.warning)
            for account in accounts_of(settings)
        ],
        clock=clock,
        notifier=notifier,
        filer=Filer(own_account(settings), patience=patience) if settings.sent_folder else None,
        sent_folder=settings.sent_folder,
    )
