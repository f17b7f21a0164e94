"""What is wrong with a playbook although every word of it can be read: steps that never come, mails to the wrong people.

It looks at the words as they stand, so that it can speak even where another line cannot be read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from worker.core import playbook as phrases
from worker.core.model import Bucket, Event, Stage
from worker.core.playbook import Answer, Condition, Unit, UnknownPhrase, Watch, suggestion
from worker.core.template import variables_in
from worker.io.playbook_forms import STEPS, Loc, StepForm, Surroundings, words_of
from worker.io.playbook_source import Source

TextFaults = Callable[[str], list[tuple[int, int, str]]]
"""What is wrong with the {{ }} of a text: line, column and the word for it."""
_DAYS = {Unit.MINUTE: 0.0007, Unit.HOUR: 0.042, Unit.DAY: 1, Unit.BUSINESS_DAY: 1.4, Unit.WEEK: 7, Unit.MONTH: 30.4,
         Unit.YEAR: 365.2, Unit.BUSINESS_MORNING: 1}  # fmt: skip
_TOWARDS: dict[Watch | Stage | Event, Bucket] = {
    Stage.OPENING: Bucket.CLIENT, Watch.SILENT: Bucket.PROSPECT, Watch.RETURNS: Bucket.PROSPECT,
    Watch.DAY_CAME: Bucket.PROSPECT, Stage.SIGNED_UNPAID: Bucket.PROSPECT, Stage.PAID_UNSIGNED: Bucket.PROSPECT,
    Stage.LOST: Bucket.PROSPECT, Stage.LATER: Bucket.PROSPECT, Watch.STALLED: Bucket.PROSPECT,
    Watch.SUSPECT_SILENT: Bucket.SUSPECT, Watch.OVERDUE: Bucket.PROSPECT, Watch.TERM_ENDS: Bucket.CLIENT,
}  # fmt: skip
"""Whom a playbook that begins so writes to; the other triggers may concern anybody."""
_BUCKETS = {Condition.IS_SUSPECT: Bucket.SUSPECT, Condition.IS_PROSPECT: Bucket.PROSPECT, Condition.IS_CLIENT: Bucket.CLIENT}
_OWNER_SAYS = (Answer.OWNER_YES, Answer.OWNER_NO)


def look(source: Source, around: Surroundings, text_faults: TextFaults, *, stops: bool) -> None:
    """Tell every fault that only shows when several lines are read together.

    Args:
        stops: an included file says when the playbook stops.
    """
    data = source.data
    steps = [(number, step) for number, step in enumerate(_list(data, "steps")) if isinstance(step, dict)]
    _same_id_twice(source, steps)
    _nothing_to_do(source, steps)
    _never_reached(source, steps)
    _no_way_to_stop(source, data, stops=stops)
    _wrong_people(source, data, steps)
    _missing_variables(source, data, steps, around)
    for number, step in steps:
        _branches(source, number, step)
    for where, text in _texts(steps):
        for line, column, what in text_faults(text):
            source.fault_inside(where, line, column, what)


# -- steps --------------------------------------------------------------------------------------


def _same_id_twice(source: Source, steps: list[tuple[int, dict[str, Any]]]) -> None:
    seen: dict[str, int] = {}
    for number, step in steps:
        id = step.get("id")
        if isinstance(id, str) and id in seen:
            line = source.at(("steps", seen[id], "id"))[0]
            source.fault(("steps", number, "id"), f'there are two steps "{id}", the other in line {line}. Give each a name of its own')
        elif isinstance(id, str):
            seen[id] = number


def _nothing_to_do(source: Source, steps: list[tuple[int, dict[str, Any]]]) -> None:
    known = {*words_of(StepForm), "then", "for", "due", "approve", "thread", "repeat", "variants", "wait_until_done"}
    for number, step in steps:
        waits = "wait" in step or "wait_until" in step
        if not waits and not any(word in step for word in STEPS) and known.issuperset(step):
            what = f'step "{step.get("id", number + 1)}" has nothing to do. Give it one of: {", ".join(STEPS)}, wait'
            source.fault(("steps", number), what)


def _never_reached(source: Source, steps: list[tuple[int, dict[str, Any]]]) -> None:
    """Steps behind an exit, behind one that comes again for ever, or at a time that is over by then."""
    latest: tuple[float, str] = (0, "")
    for place, (number, step) in enumerate(steps):
        until = _read(phrases.read_moment, step.get("wait_until"))
        if until is not None:
            days = until.count * _DAYS[until.unit]
            if days < latest[0]:
                what = f'"{step["wait_until"]}" is over when "{latest[1]}" has been done. Put the steps in the order of their time'
                source.fault(("steps", number, "wait_until"), what)
            latest = max(latest, (days, str(step.get("id"))))
        following = steps[place + 1 :]
        ends = "exit" in step and not step.get("only_if")
        if following and (ends or "repeat" in step):
            why = "ends the playbook" if ends else "comes again and again"
            what = f'"{following[0][1].get("id")}" is never reached: "{step.get("id")}" {why}'
            return source.fault(("steps", following[0][0], "id"), what)
    return None


def _no_way_to_stop(source: Source, data: Any, *, stops: bool) -> None:
    chases = data.get("kind", "chasing") == "chasing"
    if chases and not data.get("stop_when") and not stops:
        what = 'a chasing playbook needs a way to stop, such as: stop_when: [contact replies, owner writes, mail bounces]'
        where = ("stop_when",) if "stop_when" in data else ("name",)
        source.fault(where, what)


def _branches(source: Source, number: int, step: dict[str, Any]) -> None:
    seen: set[str] = set()
    all_taken = False
    for one, branch in enumerate(_list(step, "then")):
        where: Loc = ("steps", number, "then", one)
        if not isinstance(branch, dict):
            continue
        answer = _read(phrases.read_answer, branch.get("if"))
        if answer is not None:
            said = str(branch["if"])
            if said in seen:
                source.fault((*where, "if"), f'"{said}" stands here twice; put both lists into one `do`')
            elif all_taken and answer[0] not in (Answer.SILENCE, *_OWNER_SAYS):
                what = f'"{said}" is never reached: "{Answer.ANYTHING}" above takes every answer. Put it above'
                source.fault((*where, "if"), what)
            elif answer[0] in _OWNER_SAYS and "ask" not in step:
                source.fault((*where, "if"), f'"{said}" belongs to a step with ask: nobody has asked the owner here')
            seen.add(said)
            all_taken = all_taken or answer[0] is Answer.ANYTHING
        _after_the_exit(source, where, _list(branch, "do"))


def _after_the_exit(source: Source, where: Loc, deeds: list[Any]) -> None:
    for place, deed in enumerate(deeds[:-1]):
        if isinstance(deed, dict) and "exit" in deed:
            return source.fault((*where, "do", place + 1), "this is never done: the exit before it ends the playbook")
    return None


# -- whom it writes to --------------------------------------------------------------------------


def _wrong_people(source: Source, data: Any, steps: list[tuple[int, dict[str, Any]]]) -> None:
    """No client gets what is meant for a prospect, and no prospect is thanked for a close."""
    start = data.get("start")
    start = start if isinstance(start, dict) else {}
    when = _read(phrases.read_trigger, start.get("when"))
    general = _bucket_of(start)
    towards = _TOWARDS.get(when) if when is not None else None
    if general and towards and general is not towards and when not in (Watch.SILENT, Watch.DAY_CAME):
        what = f'this never begins: with "{start["when"]}" the contact is a {towards}, not a {general}'
        return source.fault(("start", "only_if"), what)
    for number, step in steps:
        expected = _bucket_of(step) or general or towards
        for word in ("send", "handover"):
            said = f'"{start.get("when")}"'
            _for_another(source, ("steps", number, word), step.get(word), expected, said)
        for one, variant in enumerate(_list(step, "variants")):
            if isinstance(variant, dict):
                own = _read(phrases.read_variant, variant.get("if"))
                bucket = _BUCKETS.get(own[1]) if own and own[1] else expected
                where: Loc = ("steps", number, "variants", one, "send")
                _for_another(source, where, variant.get("send"), bucket, f'"{variant.get("if")}"')
    return None


def _for_another(source: Source, where: Loc, template: Any, expected: Bucket | None, said: str) -> None:
    bucket = template.partition("/")[0] if isinstance(template, str) else ""
    if expected and bucket in (Bucket.SUSPECT, Bucket.PROSPECT, Bucket.CLIENT) and bucket != expected:
        what = f'"{template}" is written for a {bucket}, and with {said} it goes to a {expected}. Choose one of {expected}/'
        source.fault(where, what)


def _bucket_of(place: dict[str, Any]) -> Bucket | None:
    conditions = (_read(phrases.read_condition, one) for one in _list(place, "only_if"))
    return next((_BUCKETS[one] for one in conditions if one in _BUCKETS), None)


# -- words that are filled in -------------------------------------------------------------------


def _missing_variables(
    source: Source, data: Any, steps: list[tuple[int, dict[str, Any]]], around: Surroundings
) -> None:
    given = data.get("variables")
    names = {str(name) for name in given} if isinstance(given, dict) else set()
    for where, template in _templates(steps):
        for name in sorted(around.needs.get(template, frozenset()) - names):
            source.fault(where, f'"{template}" needs the variable "{name}", and nothing gives it. {_how_to_give(name, names)}')
    for where, text in _texts(steps):
        for name in sorted(variables_in(text) - names):
            source.fault(where, f'this text needs the variable "{name}", and nothing gives it. {_how_to_give(name, names)}')


def _how_to_give(name: str, names: set[str]) -> str:
    near = phrases.nearest(name, names)
    return suggestion(name, names) if near else f'Add to the playbook: variables: {{{name}: "..."}}'


def _templates(steps: list[tuple[int, dict[str, Any]]]) -> Iterator[tuple[Loc, str]]:
    for number, step in steps:
        for word in ("send", "handover"):
            if isinstance(step.get(word), str):
                yield ("steps", number, word), step[word]
        for one, variant in enumerate(_list(step, "variants")):
            if isinstance(variant, dict) and isinstance(variant.get("send"), str):
                yield ("steps", number, "variants", one, "send"), variant["send"]


def _texts(steps: list[tuple[int, dict[str, Any]]]) -> Iterator[tuple[Loc, str]]:
    """What is told to the owner."""
    for number, step in steps:
        places: list[tuple[Loc, dict[str, Any]]] = [(("steps", number), step)]
        for one, branch in enumerate(_list(step, "then")):
            deeds = _list(branch, "do") if isinstance(branch, dict) else []
            inside: Loc = ("steps", number, "then", one, "do")
            places += [((*inside, place), deed) for place, deed in enumerate(deeds) if isinstance(deed, dict)]
        for where, place in places:
            for word in ("task", "ask", "alert"):
                if isinstance(place.get(word), str):
                    yield (*where, word), place[word]


def _list(place: Any, word: str) -> list[Any]:
    value = place.get(word) if isinstance(place, dict) else None
    return value if isinstance(value, list) else []


def _read(reader: Callable[[str], Any], text: Any) -> Any:
    """What a phrase means, None where it cannot be read: that is told elsewhere."""
    try:
        return reader(text) if isinstance(text, str) else None
    except UnknownPhrase:
        return None


