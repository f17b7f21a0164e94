"""A playbook that was edited while deals run by it: each goes on by the ids of its steps."""

from __future__ import annotations

from dataclasses import dataclass

from worker.core.model import Run
from worker.core.playbook import Playbook


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """How a run goes on under the changed text."""

    step: str
    """The next step, "" where all are done."""
    gone: str = ""
    """The step that was next and is no more."""
    lost: bool = False
    """Nothing of what was done stands there any more: nobody knows where to go on."""


def edited(run: Run, book: Playbook) -> Edited | None:
    """How a run goes on in a playbook that was edited since its last step, None where it was not.

    It keeps its place by the id of its next step. Where that is gone, it goes on behind the last step that was done
    and still stands; a run that has done nothing yet goes on with the first.
    """
    if run.book_hash == book.hash:
        return None
    ids = [step.id for step in book.steps]
    if run.step in ids:
        return Edited(step=run.step)
    done = [id for id in run.done if id in ids]
    if done:
        return Edited(step=book.after_step(done[-1]), gone=run.step)
    if any(":" not in id for id in run.done):
        return Edited(step="", gone=run.step, lost=True)
    return Edited(step=ids[0] if ids else "", gone=run.step)
