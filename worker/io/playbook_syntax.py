"""What is wrong with a file that is no YAML, in the words of somebody who has never heard of YAML."""

from __future__ import annotations

import re

from ruamel.yaml.error import MarkedYAMLError, StringMark, YAMLError
from ruamel.yaml.reader import ReaderError

Place = tuple[int, int]
"""Line and column, both counted from 1."""

BRACES = 'put quotes around a text that begins with {{, like "{{ contact.first_name }} waits"'
_INVISIBLE = {"\u00a0": "a no-break space", "\u200b": "a zero-width space", "\u2028": "a line separator",
              "\u3000": "a wide space", "\u202f": "a narrow no-break space", "\ufeff": "a byte-order mark",
              "\x85": "a line separator", "\u2029": "a line separator"}  # fmt: skip
_BREAKS = "\x85\u2028\u2029"
_KEY = re.compile(r"\s*(?:- +)*([\w-]+)")
_QUOTED = re.compile(r"""\s*(?:- +)*[\w-]+: +("[^"]*|'[^']*)""")
_KEY_LINE = re.compile(r"\s*(?:- +)*[\w-]+:(?:\s|$)")
_SPECIAL = re.compile(r"found character '(.+)' that cannot start any token")


def invisible(text: str) -> list[tuple[Place, str]]:
    """Blanks that look like blanks and are none: tabs and what is copied out of web pages and letters."""
    found: list[tuple[Place, str]] = []
    for number, line in enumerate(text.split("\n"), start=1):
        margin = len(line) - len(line.lstrip())
        at = line.find("\t", 0, margin)
        if at >= 0 and line.strip():
            found.append(((number, at + 1), "there is a tab; playbooks are indented with spaces, two for each step inwards"))
        # Behind the colon they do no harm: a French text has them before its "!".
        ends = len(line) if ":" not in line else line.index(":") + 2
        for sign, name in _INVISIBLE.items():
            at = line.find(sign, 0, None if sign in _BREAKS else ends)
            if at >= 0:
                found.append(((number, at + 1), f"there is {name} here, copied from elsewhere; type a plain space"))
    return found


def explained(error: YAMLError, text: str) -> tuple[Place, str]:
    """Where a file breaks off being YAML, and what to do."""
    if isinstance(error, ReaderError):
        before = text[: error.position]
        place = before.count("\n") + 1, error.position - before.rfind("\n")
        return place, "there is a character that no text has; take it out"
    if not isinstance(error, MarkedYAMLError):
        return (1, 1), "this cannot be read as a playbook"
    lines = text.split("\n")
    place, began = _place(error.problem_mark, lines), _place(error.context_mark, lines)
    problem = str(error.problem or "")
    if (open_quote := _open_quote(lines[: place[0] - 1])) is not None:
        return open_quote, "this quote is never closed; put the second one at the end of the text"
    if "{{" in _line(lines, place)[: place[1]] and "expected" in problem:
        return (place[0], _line(lines, place).index("{{") + 1), BRACES
    if "mapping values are not allowed" in problem:
        return _colon(lines, place)
    if "could not find expected ':'" in problem:
        return _no_colon(lines, began)
    return _rest(problem, lines, place, began)


def _rest(problem: str, lines: list[str], place: Place, began: Place) -> tuple[Place, str]:
    special = _SPECIAL.search(problem)
    if special:
        return place, f'a text cannot begin with {special[1]}; put quotes around it: "..."'
    if "end of stream" in problem:
        return began, "this quote is never closed; put the second one at the end of the text"
    if "expected ',' or" in problem:
        return began, f'this bracket is never closed, or a comma is missing in it; end it with {problem.split("or ")[1][1]}'
    if "expected <block end>" in problem:
        return place, _block(problem.rpartition("found ")[2].strip("'"), _line(lines, place))
    if "block scalar" in problem or "chomping" in problem or "line break" in problem:
        return place, "behind > or | nothing may stand; begin the text on the next line"
    if "escape character" in problem:
        return place, "a backslash means something in double quotes; use single quotes around this text"
    if "another document" in problem:
        return place, "--- begins a second file; one file holds one playbook"
    return place, f"this cannot be read: {problem or 'it is no playbook'}"


def _open_quote(lines: list[str]) -> Place | None:
    """A text that begins with a quote, has no second one, and is followed by the next word: its end was forgotten."""
    for number, line in enumerate(lines[:-1]):
        found = _QUOTED.fullmatch(line)
        if found and _KEY_LINE.match(lines[number + 1]):
            return number + 1, found.start(1) + 1
    return None


def _block(found: str, line: str) -> str:
    match found:
        case "<scalar>":
            return 'behind the closing quote stands more text; put quotes around the whole: "..."'
        case "]" | "}" | ",":
            return f"{found} stands here and nothing was opened; take it out"
        case "-":
            return 'here a list begins with "- ", but the lines above it have none; begin each entry with "- "'
        case "?":
            key = _KEY.match(line)
            word = key[1] if key else "this line"
            return f'"{word}" stands where an entry of the list is expected; is "- " missing, or is it indented wrongly?'
        case _:
            return "this line stands under none of the lines above; indent it exactly like its neighbours"


def _colon(lines: list[str], place: Place) -> tuple[Place, str]:
    line = _line(lines, place)
    if re.search(r":\s", line[: place[1] - 1]):
        return place, 'there are two colons in this line; put quotes around the text behind the first: "..."'
    above = next((number for number in range(place[0] - 1, 0, -1) if _says(lines[number - 1])), 0)
    if above and not re.search(r":(\s|$)", lines[above - 1]):
        return _no_colon(lines, (above, _margin(lines[above - 1])))
    if above and re.match(r"\s*-[^\s-]", lines[above - 1]):
        return (above, _margin(lines[above - 1])), 'a space is missing behind the dash: write "- id: ..."'
    return (place[0], _margin(line)), "this line stands too far to the right; indent it exactly like its neighbours"


def _no_colon(lines: list[str], place: Place) -> tuple[Place, str]:
    line = _line(lines, place)
    joined = re.match(r"\s*(?:- +)*([\w-]+):\S", line)
    if joined:
        return (place[0], joined.end(1) + 1), f'a space is missing behind the colon: write "{joined[1]}: ..."'
    key = _KEY.match(line)
    word = key[1] if key else "name"
    return (place[0], key.start(1) + 1 if key else place[1]), f'a colon is missing behind "{word}": write "{word}: ..."'


def _says(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _margin(line: str) -> int:
    return len(line) - len(line.lstrip()) + 1


def _line(lines: list[str], place: Place) -> str:
    return lines[place[0] - 1] if 0 < place[0] <= len(lines) else ""


def _place(mark: StringMark | None, lines: list[str]) -> Place:
    if mark is None:
        return 1, 1
    # What breaks off at the end is told where the last line is.
    line = min(mark.line + 1, max(len(lines), 1))
    return line, mark.column + 1 if line == mark.line + 1 else 1
