"""The mail that confirms a command, to whoever gave it and to nobody outside, in the thread."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from worker.app.writing import Writer
from worker.core.confirming import command_of
from worker.core.model import Deal, Letter, Party, Question
from worker.core.template import Context, DealView, TaskView


def confirmation(told: Question, deal: Deal, writer: Writer, now: datetime) -> Letter:
    """The letter. A colleague's command is confirmed to them and to the deal's owner."""
    mail = next((one for one in deal.log if one.id == command_of(told)), None)
    by = mail.sender if mail is not None else None
    to = (deal.owner,) if by in (None, deal.owner.address) else (Party(address=by or deal.owner.address), deal.owner)
    view = DealView(title=deal.title, ref=deal.ref, bucket=deal.stage.bucket, stage=deal.stage.replace("_", " "))
    context = Context(task=TaskView(text=told.text), deal=view)
    subject = mail.subject if mail is not None else ""
    letter = writer.note("owner/confirmed", deal.owner, context, now, thread_subject=subject)
    thread = (*mail.references, mail.id) if mail is not None else ()
    return replace(
        letter, id=f"{deal.id}/{told.id}", to=to, why="you gave a command", found_in=thread[-1:], references=thread,
        in_reply_to=mail.id if mail is not None else None,
    )  # fmt: skip
