"""The verbs that only look: they work while the worker runs."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path

from worker.app.attention_page import attention_lines, attention_values
from worker.core.attention import attention
from worker.core.entry import Entry
from worker.core.model import Address, Deal, DealId, Decision
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
            print(json.dumps([decision_row(row) for row in deal.decisions], ensure_ascii=False))
        else:
            print("\n".join(story(deal)))
    return DONE


def _find(store: Store, which: str) -> list[Deal]:
    ids = [store.index.by_ref(which), DealId(which), *store.index.by_contact(Address(which.lower()))]
    deals = [store.deal(id) for id in dict.fromkeys(ids) if id is not None]
    return [deal for deal in deals if deal is not None]


def decision_row(row: Decision) -> dict[str, object]:
    """A decision as `show --json` prints it."""
    return {
        "at": row.at.isoformat(), "action": row.action, "bucket": row.bucket, "stage": row.stage, "to": list(row.to),
        "purpose": row.purpose or None, "template": row.template or None, "playbook": row.playbook or None,
        "step": row.step or None, "why": row.why, "found_in": list(row.found_in),
    }  # fmt: skip


def story(deal: Deal) -> list[str]:
    """The whole of a deal, in order of time, for a person."""
    who = ", ".join(f"{one.name} <{one.address}>" if one.name else one.address for one in deal.contacts)
    head = [
        f"{deal.title} [{deal.ref}]",
        f"{deal.stage.bucket}, {deal.stage.replace('_', ' ')}; owner {deal.owner.address}",
        who,
        "",
    ]
    rows: list[tuple[datetime, int, str]] = []
    for mail in deal.log:
        rows.append((mail.at, 0, f"mail    {mail.sender or 'nobody'}: {mail.subject}"))
    for item in deal.evidence:
        mark = " (withdrawn)" if item.withdrawn else ""
        rows.append(
            (
                item.at,
                1,
                f'        shows {item.event.replace("_", " ")}, {item.strength}{mark}: "{item.quote}" ({item.signal})',
            )
        )
    for row in deal.decisions:
        what = " ".join(
            part for part in (row.template or row.stage or "", f"to {', '.join(row.to)}" if row.to else "") if part
        )
        rows.append((row.at, 2, f"{row.action:<7} {what}: {row.why}  [{', '.join(row.found_in)}]"))
    for question in deal.questions:
        if not question.answer and question.kind != "task":
            rows.append((question.asked, 3, f"waits   for {deal.owner.address}: {question.text}"))
    return [*head, *(f"{at:%Y-%m-%d %H:%M}  {text}" for at, _, text in sorted(rows, key=lambda row: row[:2])), ""]


def _peek(folder: Path) -> Store | None:
    try:
        return Store.peek(folder)
    except StateError as fault:
        print(fault, file=sys.stderr)
        return None
