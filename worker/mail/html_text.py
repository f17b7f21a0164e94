"""HTML to text as a reader sees it: one pass over the tags, no tree, so that no nesting can hurt."""

from __future__ import annotations

import html
import re

MAX_TAGS = 60_000
_TAG_REACH = 8192
_MARKUP = re.compile(r"<[A-Za-z/!?]")
_BLUNT = re.compile(r"<[^<>]*>")
_TAG = re.compile(r"/?[A-Za-z][A-Za-z0-9:@._-]{0,60}")
_BREAK_NAMES = (
    "address article aside body caption center dd details dialog div dl dt fieldset figcaption figure footer form hr "
    "head header html legend li main nav ol option pre section summary table tbody tfoot thead title tr ul"
)
_BREAKS = frozenset(_BREAK_NAMES.split())
_PARAGRAPHS = frozenset(("p", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6"))
_UNSEEN = frozenset(("script", "style", "title", "template", "object", "svg", "iframe"))
_VOID_NAMES = "area base br col embed hr img input link meta param source track wbr"
_VOID = frozenset(_VOID_NAMES.split())
_CLOSES_ITSELF = frozenset(("p", "li", "td", "th", "tr", "option", "dd", "dt"))
_HIDING = ("display:none", "visibility:hidden", "mso-hide:all", "font-size:0;", "font-size:0px", "font-size:0pt",
           "opacity:0;", "max-height:0")  # fmt: skip


def html_to_text(source: str) -> str:
    """The visible text, blocks on lines of their own; quotes are not marked.

    Hidden elements, scripts and comments are left out. What never closes hides nothing: an open comment,
    tag or script is skipped and the text behind it stays. Linear in the source; what is mostly tags is
    read bluntly, every tag a break, nothing hidden.
    """
    if source.count("<") > MAX_TAGS:
        lines = html.unescape(_BLUNT.sub("\n", source)).translate(_PLAIN).split("\n")
        return "\n".join(" ".join(line.split()) for line in lines if line and not line.isspace())
    page = _Page(source)
    page.read()
    return page.text()


class _Page:
    """A cursor over the source and the lines written so far."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.last_close = source.rfind(">")
        self.last_comment = source.rfind("-->")
        self.lower = ""
        self.lines: list[str] = []
        self.line: list[str] = []
        self.gap = False  # white space is owed before the next word
        self.stack: list[tuple[str, str]] = []  # open elements that matter: (tag, effect)
        self.open: dict[str, int] = {}
        self.effects = {"hidden": 0, "pre": 0}
        self.lists: list[int] = []  # the next number of each open list, 0 for bullets

    def read(self) -> None:
        source, at = self.source, 0
        while True:
            found = _MARKUP.search(source, at)
            start = found.start() if found else -1
            if start < 0 or start >= self.last_close:
                self.words(source[at:])
                break
            if start > at:
                self.words(source[at:start])
            at = self.markup(start)
        self.end_line()

    def text(self) -> str:
        joined = html.unescape("\n".join(self.lines)) if "&" in self.source else "\n".join(self.lines)
        if not joined.isascii() or "\r" in joined or "\0" in joined:
            joined = joined.translate(_PLAIN)
        return "\n".join(line.rstrip() for line in joined.split("\n")).strip("\n")

    def markup(self, start: int) -> int:
        """Reads what begins with "<" and returns the place behind it."""
        source = self.source
        match = _TAG.match(source, start + 1)
        if match is None:
            return self.declaration(start)
        word = match.group().lower()
        end = self.tag_end(match.end())
        if "@" in word:  # <ann@example.com>, never meant as a tag
            self.words(source[start : end + 1])
            return end + 1
        if word[0] == "/":
            self.close(word[1:])
            return end + 1
        attributes = source[match.end() : end]
        if word in _UNSEEN:
            return self.skip_to_close(word, end + 1)
        self.start(word, attributes)
        return end + 1

    def declaration(self, start: int) -> int:
        """A comment, a doctype, a processing instruction."""
        source = self.source
        if source.startswith("<!--", start):
            return source.find("-->", start + 2) + 3 if start < self.last_comment else start + 4
        return source.find(">", start) + 1

    def tag_end(self, at: int) -> int:
        """The ">" that ends a tag; one inside quotes does not, unless the quote stays open."""
        source = self.source
        first = end = source.find(">", at)
        for quote in ('"', "'"):
            if source.count(quote, at, end) % 2:
                shut = source.find(quote, end, at + _TAG_REACH)
                after = source.find(">", shut, at + _TAG_REACH) if shut >= 0 else -1
                return after if after >= 0 else first
            if source.find(quote, at, end) >= 0:
                break
        return end

    def skip_to_close(self, tag: str, at: int) -> int:
        """Behind the closing tag of an element whose content nobody sees."""
        self.lower = self.lower or self.source.lower()
        if len(self.lower) != len(self.source):  # a letter that grows in lower case: keep places true
            self.lower = self.source
        close = self.lower.find(f"</{tag}", at) if self.open.get(f"no {tag}") is None else -1
        if close < 0:
            self.open[f"no {tag}"] = 1
            return at
        end = self.source.find(">", close)
        return end + 1 if end >= 0 else at

    def start(self, tag: str, attributes: str) -> None:
        if self.stack and tag in _CLOSES_ITSELF and self.stack[-1][0] == tag:
            self.pop()
        if tag == "br":
            self.end_line()
        elif tag == "img":
            self.picture(attributes)
        elif tag in ("td", "th"):
            self.gap = True
        elif tag in _PARAGRAPHS:
            self.paragraph(tag, attributes)
        elif tag in _BREAKS:
            self.block()
            if tag in ("ul", "ol", "li"):
                self.item(tag)
        effect = self.effect(tag, attributes)
        if (effect or tag in self.open) and tag not in _VOID:
            self.stack.append((tag, effect))
            self.open[tag] = self.open.get(tag, 0) + 1
            if effect:
                self.effects[effect] += 1

    def close(self, tag: str) -> None:
        if tag in _PARAGRAPHS:
            self.block()
        elif tag in _BREAKS:
            self.block()
            if tag in ("ul", "ol") and self.lists:
                self.lists.pop()
        if self.open.get(tag):
            while self.pop() != tag:
                pass
        elif tag in ("table", "tr", "ul", "ol") and self.stack and self.stack[-1][0] in _CLOSES_ITSELF:
            self.pop()

    def pop(self) -> str:
        tag, effect = self.stack.pop()
        self.open[tag] -= 1
        if not self.open[tag]:
            del self.open[tag]
        if effect:
            self.block()
            self.effects[effect] -= 1
        return tag

    def effect(self, tag: str, attributes: str) -> str:
        """What an element does to all inside it."""
        if tag == "pre":
            return "pre"
        if not attributes:
            return ""
        squeezed = "".join(attributes.lower().split())
        if "style=" in squeezed:
            if any(mark in squeezed for mark in _HIDING) and tag not in ("body", "html"):
                return "hidden"
            if "white-space:pre" in squeezed and "white-space:pre-line" not in squeezed:
                return "pre"
        if "hidden" in squeezed and attributes.split()[-1].lower() in ("hidden", 'hidden="hidden"', 'hidden=""'):
            return "hidden"
        return ""

    def paragraph(self, tag: str, attributes: str) -> None:
        self.block()
        # Outlook's MsoNormal and margin 0 are lines, not paragraphs.
        tight = tag == "p" and attributes and ("Mso" in attributes or "margin:0" in attributes.replace(" ", ""))
        if not tight and self.lines and self.lines[-1].strip():
            self.put("")

    def item(self, tag: str) -> None:
        if tag == "li":
            number = self.lists[-1] if self.lists else 0
            self.words(f"{number}. " if number else "- ")
            if number:
                self.lists[-1] += 1
        else:
            self.lists.append(1 if tag == "ol" else 0)

    def picture(self, attributes: str) -> None:
        """An emoji that is a picture is a letter; other pictures say nothing."""
        alt = attributes.partition('alt="')[2].partition('"')[0]
        if 0 < len(alt) <= 4 and not alt.isascii():
            self.words(alt)

    def words(self, run: str) -> None:
        if self.effects["hidden"] or not run:
            return
        if self.effects["pre"]:
            first, *rest = run.replace("\r\n", "\n").replace("\r", "\n").split("\n")
            self.line.append(first)
            for line in rest:
                self.end_line()
                self.line.append(line)
            return
        inner = " ".join(run.split())
        if not inner:
            self.gap = True
            return
        if self.line and (self.gap or run[0] in " \t\n\r"):
            self.line.append(" ")
        self.line.append(inner)
        self.gap = run[-1] in " \t\n\r"

    def block(self) -> None:
        if self.line:
            self.end_line()
        self.gap = False

    def end_line(self) -> None:
        self.put("".join(self.line))
        self.line.clear()
        self.gap = False

    def put(self, line: str) -> None:
        if line or not self.effects["hidden"]:
            self.lines.append(line)


# No-break and zero-width marks would stand between words that belong together.
_PLAIN = {0xA0: " ", 0x200B: None, 0x200C: None, 0xFEFF: None, 0xAD: None, 0x2028: "\n", 0x2029: "\n",
          0x202F: " ", 0x0D: None, 0x00: None, 0x34F: None, 0x2007: " "}  # fmt: skip
