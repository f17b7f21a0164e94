"""What it costs to live a past year through: an mbox of made-up deals is written, and rehearsed.

    python benchmarks/rehearse.py [--mails 20000] [--deals 800] [--seed 1] [--keep FOLDER] [--profile]

The mails are such as lie in a salesperson's folder: threads that quote, plain and HTML, attachments, absences, bounces,
notices of signatures and money, newsletters and mail between colleagues. Prints the time of each stage and of the whole;
`--profile` shows where one process spends it.
"""

from __future__ import annotations

import argparse
import cProfile
import io
import mailbox
import pstats
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

from worker.app.rehearse import household_for, living, read_mailbox
from worker.app.rehearse_rows import write_rows
from worker.settings import Settings

GATE = "mx.tarn.example"
WORKER = "deals@tarn.example"
OWNERS = ("Mara Voss <mara@tarn.example>", "Ivo Brandt <ivo@tarn.example>", "Lena Roth <lena@tarn.example>")
FIRST = ("Anna", "Ben", "Chloe", "David", "Eva", "Frank", "Greta", "Hugo", "Iris", "Jan", "Karl", "Lea", "Max", "Nora")
LAST = ("Alder", "Birch", "Cedar", "Dorn", "Elm", "Fischer", "Gruber", "Holm", "Ibsen", "Jung", "Kern", "Lund", "Moor")
TLDS = ("example", "de.example", "fr.example", "com.example", "nl.example")
BEGIN = datetime(2025, 1, 6, 8, 0, tzinfo=UTC)
TALK = (
    "we looked at the drawings and the second hall is two metres longer than we thought.",
    "could you tell me how long the delivery takes, and who would install it?",
    "thanks for the call today. I will bring the numbers to our team on Monday.",
    "the board meets at the end of the month, I will come back to you after that.",
    "that sounds good. We are interested and would like to see a proposal.",
    "please find the list of machines below; some of them are older than I am.",
    "I have one more question about the warranty: does it cover the second shift?",
    "just to confirm, the visit is on Thursday at ten, at the back entrance.",
)
PADDING = "\n\n".join("It was a long week here, and the new line runs at last, with one belt fewer than planned." for _ in range(6))


def main() -> None:
    """Write the mailbox, rehearse it, print the times."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--mails", type=int, default=20_000)
    asked.add_argument("--deals", type=int, default=800)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--keep", type=Path, help="write the mailbox here, and leave it")
    asked.add_argument("--profile", action="store_true")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        path = (given.keep or Path(scratch)) / f"year-{given.mails}-{given.deals}-{given.seed}.mbox"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_mailbox(path, given.mails, given.deals, given.seed)
        _measure(path, Path(scratch), profile=given.profile)


def _measure(path: Path, scratch: Path, *, profile: bool) -> None:
    settings = Settings(
        address=WORKER, team="@tarn.example", trusted_authserv=GATE, time_zone="Europe/Berlin", country="DE",
        state_dir=scratch / "state",
    )  # fmt: skip
    watch = cProfile.Profile()
    begun = time.perf_counter()
    household = household_for(settings, strict=False)
    read = time.perf_counter()
    if profile:
        watch.enable()
    rehearsal = living(list(read_mailbox(path)), household, until=date(2026, 3, 31), processes=1 if profile else None)
    lived = time.perf_counter()
    if profile:
        watch.disable()
    out = io.StringIO()
    write_rows(rehearsal.rows, household, out)
    told = time.perf_counter()
    deals = sum(1 for _ in household.keeper.all())
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{path.stat().st_size / 1e6:.0f} MB, {deals} deals, {len(rehearsal.rows)} decisions, {memory:.0f} MB of memory")
    print(f"files {read - begun:6.2f} s   rehearsal {lived - read:6.2f} s   rows {told - lived:6.2f} s")
    print(f"whole {told - begun:6.2f} s   (asked for: under 60 s)")
    if profile:
        pstats.Stats(watch).sort_stats("tottime").print_stats(45)


def write_mailbox(path: Path, mails: int, deals: int, seed: int) -> None:
    """An mbox of so many mails; the same seed writes the same."""
    chance = random.Random(seed)
    per_deal = max(4, mails * 9 // 10 // deals)
    written = [mail for number in range(deals) for mail in _deal(number, per_deal, chance)]
    written += [_newsletter(number, chance) for number in range(max(0, mails - len(written)))]
    chance.shuffle(written)
    box = mailbox.mbox(path)
    for mail in written[:mails]:
        box.add(mail)
    box.close()


def _deal(number: int, mails: int, chance: random.Random) -> Iterator[bytes]:
    """One thread: talk, a proposal, and what becomes of it."""
    owner = OWNERS[number % len(OWNERS)]
    name = f"{FIRST[number % len(FIRST)]} {LAST[number // len(FIRST) % len(LAST)]}"
    domain = f"firm{number}.{TLDS[number % len(TLDS)]}"
    contact = f"{name} <{name.split()[0].lower()}@{domain}>"
    at = BEGIN + timedelta(days=chance.randrange(300), hours=chance.randrange(9), minutes=chance.randrange(60))
    subject, thread = f"Line {number} for {domain.split('.')[0]}", [f"{number}.0@tarn.example"]
    ending = chance.choice(("silent", "silent", "signed", "lost", "away", "bounced", "later", "talk", "talk"))
    count = max(3, int(chance.gauss(mails, mails / 3)))
    yield _human(thread, owner, contact, at, subject, "Dear all,\n\nshall I send you a proposal for the line?\n\nBest,", chance)
    for turn in range(1, count):
        at += timedelta(days=chance.choice((0, 1, 1, 2, 3)), hours=chance.randrange(1, 6))
        ours = turn % 2 == 0
        text = f"Hello,\n\n{chance.choice(TALK)}\n\n{PADDING if chance.random() < 0.3 else ''}\n\nBest regards,"
        if turn == count // 2 * 2 - 2:
            text = "Hello,\n\nattached is our proposal. What do you think?\n\nBest regards,"
        yield _human(thread, *((owner, contact) if ours else (contact, owner)), at, subject, text, chance)
    yield from _ending(ending, number, owner, contact, at + timedelta(days=2), subject, thread, chance)


def _ending(
    ending: str, number: int, owner: str, contact: str, at: datetime, subject: str, thread: list[str], chance: random.Random
) -> Iterator[bytes]:  # fmt: skip
    address = contact.partition("<")[2].rstrip(">")
    match ending:
        case "signed":
            yield _notice(
                f"{number}.sign", "dse_na2@docusign.net", owner, at, f"Completed: Agreement {number}.pdf",
                f"Your document has been completed\n\nAll parties have completed Agreement {number}.pdf.\n\n"
                f"Signed by:\n    {contact}\n    {owner}\n",
            )  # fmt: skip
            yield _notice(
                f"{number}.pay", "notifications@stripe.com", owner, at + timedelta(days=3),
                f"Payment of EUR 4,200.00 from {address}", f"You received a payment of EUR 4,200.00 from {address}.\n",
            )  # fmt: skip
        case "lost":
            text = "Hello,\n\nwe have decided against it and went with somebody else.\n\nBest regards,"
            yield _human(thread, contact, owner, at, subject, text, chance)
        case "later":
            text = "Hello,\n\nnot now, please come back to us in the autumn.\n\nBest regards,"
            yield _human(thread, contact, owner, at, subject, text, chance)
        case "away":
            mail = _plain(f"{number}.away@firm", contact, owner, at, f"Automatic reply: {subject}", thread)
            mail["Auto-Submitted"] = "auto-replied"
            mail.set_content(f"I am out of the office until {at + timedelta(days=12):%d %B %Y}.\n")
            yield mail.as_bytes()
        case "bounced":
            mail = _plain(f"{number}.dsn@tarn.example", "Mail System <mailer-daemon@tarn.example>", owner, at, "Undelivered", thread)
            mail.set_content(f"<{address}>: host mx said: 550 5.1.1 user unknown\n")
            yield mail.as_bytes()


def _human(
    thread: list[str], sender: str, to: str, at: datetime, subject: str, text: str, chance: random.Random
) -> bytes:
    id = f"{thread[0].partition('.')[0]}.{len(thread)}@{sender.rpartition('@')[2].rstrip('>')}"
    mail = _plain(id, sender, to, at, subject if len(thread) == 1 else f"Re: {subject}", thread if len(thread) > 1 else [])
    name = sender.partition(" <")[0]
    quote = "\n".join(f"> {line}" for line in chance.choice(TALK).split(", ")) if len(thread) > 1 else ""
    when, whom = f"{at - timedelta(days=1):%a, %d %b %Y at %H:%M}", to.partition(" <")[0]
    said = f"\n\nOn {when}, {whom} wrote:\n{quote}\n" if quote else "\n"
    body = f"{text}\n{name}{said}"
    mail.set_content(body)
    luck = chance.random()
    if luck < 0.35:
        mail.add_alternative(f"<html><body>{''.join(f'<p>{line}</p>' for line in body.split(chr(10)))}</body></html>", "html")
    elif luck < 0.42:
        mail.add_attachment(chance.randbytes(chance.randrange(2000, 60_000)), maintype="application", subtype="pdf", filename="drawing.pdf")
    thread.append(id)
    return mail.as_bytes()


def _plain(id: str, sender: str, to: str, at: datetime, subject: str, thread: list[str]) -> EmailMessage:
    mail, domain = EmailMessage(), sender.rpartition("@")[2].rstrip(">")
    mail["Delivered-To"] = WORKER
    mail["Received"] = f"from mx.{domain} by {GATE} with ESMTPS; {format_datetime(at)}"
    mail["Authentication-Results"] = f"{GATE}; dkim=pass header.d={domain}; dmarc=pass header.from={domain}"
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    mail["Date"], mail["Message-ID"] = format_datetime(at), f"<{id}>"
    if thread:
        mail["In-Reply-To"] = f"<{thread[-1]}>"
        mail["References"] = " ".join(f"<{one}>" for one in thread[-10:])
    return mail


def _notice(id: str, sender: str, to: str, at: datetime, subject: str, text: str) -> bytes:
    mail = _plain(f"{id}@{sender.rpartition('@')[2]}", f"Service <{sender}>", to, at, subject, [])
    mail.set_content(text)
    return mail.as_bytes()


def _newsletter(number: int, chance: random.Random) -> bytes:
    at = BEGIN + timedelta(minutes=chance.randrange(520_000))
    mail = _plain(f"{number}.news@paper.example", "Trade paper <news@paper.example>", OWNERS[0], at, f"News {number}", [])
    mail["List-Unsubscribe"] = "<mailto:leave@paper.example>"
    mail["Precedence"] = "bulk"
    mail.set_content("News of the week.\n\n" + PADDING * 4)
    return mail.as_bytes()


if __name__ == "__main__":
    main()
