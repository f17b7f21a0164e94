"""The verbs that only look: they work while the worker runs."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from worker.app.attention_page import attention_lines, attention_values
from worker.app.grounds import Ground, grounds
from worker.app.timeline import letter_of, subject_of
from worker.core.attention import attention
from worker.core.entry import Entry
from worker.core.model import Action, Address, Deal, DealId, Decision, LoggedMail, Question, Speaker
from worker.io.playbook_faults import PlaybookFault
from worker.io.playbook_files import read_coverage
from worker.io.storage import StateError
from worker.io.store import Store
from worker.settings import Settings

DONE, FAILED = 0, 1


def list_deals(settings: Settings, *, as_json: bool) -> int:
    """A line for each deal: its label, what waits for the owner, and when it is looked at again."""
    store = _peek(settings.state_dir)
    if store is None:
        return FAILED
    rows = sorted(store.index.rows(), key=lambda row: (list(_ORDER).index(row.bucket.value), row.title))
    for row in rows:
        print(json.dumps(_as_dict(row), ensure_ascii=False) if as_json else _line(row))
    for unplaced in store.unplaced() if not as_json else ():
        print(f"{'no deal':<9} {unplaced.sender or 'nobody':<32} {unplaced.subject[:40]:<40} {unplaced.why}")
    if not rows and not as_json:
        print("No deals yet. BCC the worker on a mail to somebody, and look again.")
    return DONE


def show_attention(settings: Settings, now: datetime, *, as_json: bool) -> int:
    """Where the time goes, over all deals: clients beside prospects, the energy after the close, money by label."""
    store = _peek(settings.state_dir)
    if store is None:
        return FAILED
    try:
        coverage = read_coverage(settings.playbooks_dir)
    except PlaybookFault as fault:
        print(fault, file=sys.stderr)
        return FAILED
    seen = attention(list(store.all()), coverage, now)
    print(json.dumps(attention_values(seen), ensure_ascii=False) if as_json else "\n".join(attention_lines(seen)))
    return DONE


_ORDER = ("client", "prospect", "suspect", "out")


def _as_dict(row: Entry) -> dict[str, object]:
    return {
        "deal": row.deal, "ref": row.ref, "title": row.title, "owner": row.owner, "bucket": row.bucket,
        "stage": row.stage, "due_at": row.due_at.isoformat() if row.due_at else None, "questions": row.questions,
        "contacts": list(row.contacts),
    }  # fmt: skip


def _line(row: Entry) -> str:
    due = f"next {row.due_at:%d %b %Y}" if row.due_at else "nothing planned"
    asks = f", {row.questions} for you" if row.questions else ""
    return f"{row.bucket:<9} {row.stage.replace('_', ' '):<14} {row.title[:48]:<48} [{row.ref}] {due}{asks}"


def show_deal(settings: Settings, which: str, *, as_json: bool) -> int:
    """One deal: what was said, what was decided, and for each decision the mail and the words that it rests on."""
    store = _peek(settings.state_dir)
    if store is None:
        return FAILED
    found = _find(store, which)
    if not found:
        print(
            f'"{which}" is no deal, no mark and no contact that the worker knows. `worker deals` lists them',
            file=sys.stderr,
        )
        return FAILED
    for deal in found:
        if as_json:
            print(json.dumps([decision_row(row, deal) for row in deal.decisions], ensure_ascii=False))
        else:
            print("\n".join(story(deal, settings.time_zone)))
    return DONE


def _find(store: Store, which: str) -> list[Deal]:
    ids = [store.index.by_ref(which), DealId(which), *store.index.by_contact(Address(which.lower()))]
    deals = [store.deal(id) for id in dict.fromkeys(ids) if id is not None]
    return [deal for deal in deals if deal is not None]


def decision_row(row: Decision, deal: Deal) -> dict[str, object]:
    """A decision as `show --json` prints it, with the mails, the signals and the quotes that it rests on."""
    return {
        "at": row.at.isoformat(), "action": row.action, "bucket": row.bucket, "stage": row.stage, "to": list(row.to),
        "purpose": row.purpose or None, "template": row.template or None, "playbook": row.playbook or None,
        "step": row.step or None, "why": row.why, "found_in": list(row.found_in),
        "rests_on": [_ground_row(ground) for ground in grounds(row, deal)],
    }  # fmt: skip


def _ground_row(ground: Ground) -> dict[str, object]:
    mail = ground.mail
    return {
        "message_id": ground.id, "at": mail.at.isoformat() if mail else None, "from": mail.sender if mail else None,
        "subject": mail.subject if mail else None,
        "evidence": [{"event": item.event, "strength": item.strength, "quote": item.quote, "signal": item.signal}
                     for item in ground.evidence],
    }  # fmt: skip


def story(deal: Deal, zone: ZoneInfo) -> list[str]:
    """The whole of a deal in order of time, for a person; each decision with its mail, its signal and its quote."""
    people = (f"{one.name} <{one.address}>" if one.name else one.address for one in deal.contacts)
    rows: list[tuple[datetime, int, list[str]]] = []
    for mail in deal.log:
        rows.append((mail.at, 0, [f"mail    {mail.sender or 'nobody'}: {mail.subject}", *_shows(mail, deal)]))
    for row in deal.decisions:
        rows.append((row.at, 1, [f"{row.action:<7} {_what(row, deal)}", *_because(row, deal, zone)]))
    for question in deal.questions:
        if not question.answer and question.kind != "task":
            rows.append((question.asked, 2, [f"waits   for {deal.owner.address}: {_asked(question, deal)}"]))
    head = [f"{deal.title} [{deal.ref}]", f"{deal.stage.bucket}, {_words(deal.stage)}; owner {deal.owner.address}",
            ", ".join(people), f"Times are those of {zone.key}.", ""]  # fmt: skip
    told = [line for at, _, lines in sorted(rows, key=lambda row: row[:2]) for line in _timed(at, lines, zone)]
    return [*head, *told, ""]


_INDENT = " " * 18


def _timed(at: datetime, lines: list[str], zone: ZoneInfo) -> list[str]:
    return [f"{at.astimezone(zone):%Y-%m-%d %H:%M}  {lines[0]}", *(f"{_INDENT}{line}" for line in lines[1:])]


def _words(name: str) -> str:
    return name.replace("_", " ")


def _shows(mail: LoggedMail, deal: Deal) -> list[str]:
    found = [item for item in deal.evidence if item.found_in == mail.id and item.speaker is not Speaker.WORKER]
    return [f"        shows {_words(item.event)}, {item.strength}{' (withdrawn)' if item.withdrawn else ''}: "
            f'"{item.quote}" ({item.signal})' for item in found]  # fmt: skip


def _what(row: Decision, deal: Deal) -> str:
    """What was decided, in the words that its reader saw: the subject of the mail, the text of the task."""
    to = f" to {', '.join(row.to)}" if row.to else ""
    if row.action is Action.STAGE:
        return f"is now {row.bucket}, {_words(row.stage or '')}"
    if row.action in (Action.HOLD, Action.STOP):
        return f'"{row.playbook}"{to}' if row.playbook else f"everything{to}"
    letter = letter_of(row, deal)
    return f"{row.template or row.purpose}{to}{f': {subject_of(letter)}' if letter else ''}"


def _because(row: Decision, deal: Deal, zone: ZoneInfo) -> list[str]:
    lines = [f"        because {row.why}"]
    for ground in grounds(row, deal):
        mail = ground.mail
        if mail is None:
            lines.append(f"        rests on <{ground.id}>")
            continue
        day = mail.at.astimezone(zone)
        said = [f'{_words(item.event)} "{item.quote}" ({item.signal})' for item in ground.evidence]
        said = said or ([f'"{mail.extract}"'] if mail.extract else [])
        lines.append(f'        rests on {mail.sender or "nobody"}, {day:%-d %b %Y}, "{mail.subject}" <{ground.id}>')
        lines += [f"          {one}" for one in said]
    return lines


def _asked(question: Question, deal: Deal) -> str:
    """A question as its owner read it, where the mail that asked it is still there."""
    asked = (item.letter for item in deal.outbox if item.message_id == question.message_id)
    letter = next(asked, None)
    return subject_of(letter) if letter is not None else question.text


def _peek(folder: Path) -> Store | None:
    try:
        return Store.peek(folder)
    except StateError as fault:
        print(fault, file=sys.stderr)
        return None
