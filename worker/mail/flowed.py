"""text/plain; format=flowed (RFC 3676): lines that were broken for transport are joined again."""

from __future__ import annotations

MAX_QUOTES = 30


def unflow(text: str, *, delsp: bool) -> str:
    """Paragraphs on one line each, quotes marked with "> ".

    Section 4.2: a line that ends in a space flows into the next one of the same quote depth; section 4.3:
    the signature's "-- " does not; section 4.4: a stuffed space goes; section 4.6: with DelSp so does the
    space at the end.
    """
    lines: list[str] = []
    open_line: list[str] = []  # pieces of a paragraph that flows on
    depth = 0
    for line in text.split("\n"):
        quote, line = _unquote(line)
        signature = line == "-- "
        if open_line and (quote != depth or signature):
            lines.append(_close(open_line, depth))
        depth = quote
        flows = line.endswith(" ") and not signature
        open_line.append(line[:-1] if flows and delsp else line)
        if not flows:
            lines.append(_close(open_line, depth))
    if open_line:
        lines.append(_close(open_line, depth))
    return "\n".join(lines)


def _unquote(line: str) -> tuple[int, str]:
    rest = line.lstrip(">")
    return len(line) - len(rest), rest.removeprefix(" ")


def _close(pieces: list[str], depth: int) -> str:
    line = "".join(pieces)
    pieces.clear()
    if not depth:
        return line
    return f"{'>' * min(depth, MAX_QUOTES)} {line}".rstrip() if line != "-- " else f"{'>' * depth} -- "
