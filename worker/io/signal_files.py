"""Reads playbooks/signals/*.yaml into frozen values.

The files are read by ruamel.yaml and checked by pydantic, which takes more than a second; what comes out is kept in the
user's cache folder under the hash of all that went in, so that the next start takes milliseconds.
"""

from __future__ import annotations

import difflib
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

import worker.core.phrase as phrase_language
import worker.core.signal as values
from worker.core.model import Event, Speaker, Strength
from worker.core.phrase import PhraseError, read_phrases
from worker.core.signal import Cues, Mood, Pattern, Service, Signal, Signals, Trade, Where

if TYPE_CHECKING:
    from worker.io.signal_schema import CueFile, DocumentFile, LanguageBlock, ServiceFile, SignalFile, WordFile

_SPEAKERS = {
    "contact": frozenset({Speaker.CONTACT}),
    "owner": frozenset({Speaker.OWNER}),
    "anyone": frozenset({Speaker.CONTACT, Speaker.OWNER}),
    "service": frozenset({Speaker.NOTARY}),
}
_Place = tuple[str | int, ...]
_Marks = dict[_Place, tuple[int, int]]


class SignalFileError(Exception):
    """What is wrong in the signal files, all of it: "file:line:column: what, and what to do"."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def default_cache() -> Path:
    """Where what was read is kept: the user's cache folder."""
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("CACHE_DIRECTORY", "").split(":")[0]
    return Path(base or Path.home() / ".cache") / "followup-worker"


def read_signals(folder: Path, *, cache: Path | None = None) -> Signals:
    """Read all signal files of a folder.

    Args:
        cache: a folder to keep the result in; None keeps nothing.

    Raises:
        SignalFileError: with every fault in every file.
    """
    files = {path: path.read_bytes() for path in sorted(folder.glob("*.yaml"))}
    if not files:
        raise SignalFileError((f"{folder}:1:1: there are no signal files here",))
    kept = cache / f"signals-{_key(files)}.msgpack" if cache else None
    known = _recall(kept) if kept else None
    if known is not None:
        return known
    signals = _read_all(files)
    if kept:
        _keep(kept, signals)
    return signals


# -- the cache ----------------------------------------------------------------------------


def _key(files: dict[Path, bytes]) -> str:
    """The hash of the files and of the code that understands them."""
    digest = sha256()
    for module in (phrase_language.__file__, values.__file__, __file__):
        digest.update(Path(module).read_bytes())
    for path, data in files.items():
        digest.update(f"{path}\0{len(data)}\0".encode())
        digest.update(data)
    return digest.hexdigest()[:32]


def _recall(kept: Path) -> Signals | None:
    """What was kept, if it is there, ours and whole."""
    try:
        if kept.stat().st_uid != os.getuid():
            return None
        return msgspec.msgpack.decode(kept.read_bytes(), type=Signals)
    except (OSError, msgspec.MsgspecError):
        return None


def _keep(kept: Path, signals: Signals) -> None:
    """Keep it for the next start; a folder that cannot be written only costs time."""
    with suppress(OSError):
        kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        for old in kept.parent.glob("signals-*.msgpack"):
            old.unlink(missing_ok=True)
        handle, name = tempfile.mkstemp(dir=kept.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(msgspec.msgpack.encode(signals))
        os.replace(name, kept)


# -- YAML with places -----------------------------------------------------------------------


class _Reader:
    """Collects the faults of all files, each with its place."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.path = Path()
        self.marks: _Marks = {}
        self.keys: _Marks = {}
        self.words: dict[str, dict[str, list[str]]] = {}
        """The named groups of words.yaml, by language."""

    def fault(self, place: _Place, what: str, *, column: int = 0) -> None:
        while place and place not in self.marks:
            place = place[:-1]
        line, start = self.marks.get(place, (1, 1))
        self.faults.append(f"{self.path}:{line}:{start + column}: {what}")

    def line(self, place: _Place) -> str:
        return f"{self.path}:{self.marks.get(place, (1, 1))[0]}"

    def load(self, path: Path, data: bytes) -> Any:
        """The plain data of a file; None where it is no YAML."""
        from ruamel.yaml import YAML
        from ruamel.yaml.error import MarkedYAMLError, YAMLError

        self.path, self.marks, self.keys = path, {}, {}
        try:
            node = YAML(typ="safe", pure=True).compose(data.decode())
        except UnicodeDecodeError as error:
            self.fault((), f"the file is not UTF-8 (byte {error.start}); save it as UTF-8")
            return None
        except MarkedYAMLError as error:
            mark = error.problem_mark
            self.marks[()] = (mark.line + 1, mark.column + 1) if mark else (1, 1)
            self.fault((), f"{error.problem}; a phrase with a colon or a quote needs '...' around it")
            return None
        except YAMLError as error:
            self.fault((), str(error).split("\n")[0])
            return None
        return self._plain(node, ()) if node is not None else {}

    def _plain(self, node: Any, place: _Place) -> Any:
        self.marks[place] = (node.start_mark.line + 1, node.start_mark.column + 1)
        if node.id == "scalar":
            return node.value
        if node.id == "sequence":
            return [self._plain(child, (*place, i)) for i, child in enumerate(node.value)]
        plain: dict[str, Any] = {}
        for key, value in node.value:
            name, mark = str(key.value), (key.start_mark.line + 1, key.start_mark.column + 1)
            if name in plain:
                self.marks[*place, name] = mark
                self.fault((*place, name), f'"{name}" stands here twice')
            plain[name] = self._plain(value, (*place, name))
            self.keys[*place, name] = mark
            if value.id != "scalar":
                self.marks[*place, name] = mark
        return plain


def _read_all(files: dict[Path, bytes]) -> Signals:
    from worker.io.signal_schema import CueFile, DocumentFile, ServiceFile, SignalFile, WordFile

    reader = _Reader()
    signals: list[Signal] = []
    services: list[Service] = []
    cues: list[Cues] = []
    documents: list[tuple[str, str]] = []
    # The groups of words come first: all other files may name them.
    for path, data in sorted(files.items(), key=lambda item: item[0].stem != "words"):
        plain = reader.load(path, data)
        if plain is None:
            continue
        model = {
            "services": ServiceFile, "cues": CueFile, "documents": DocumentFile, "words": WordFile,
        }.get(path.stem, SignalFile)  # fmt: skip
        checked = _checked(model, plain, reader)
        match checked:
            case WordFile():
                reader.words = _words(checked, reader)
            case ServiceFile():
                services += _services(checked)
            case CueFile():
                cues += _cues(checked, reader)
            case DocumentFile():
                documents += _documents(checked, reader)
            case SignalFile():
                names = {p.stem for p in files} | {e.value for e in Event}
                for number, name in enumerate(checked.rules_out):
                    if name not in names:
                        what = f'"{name}" is neither an event nor a file here.{_suggest(name, names)}'
                        reader.fault(("rules_out", number), what)
                signals += _signals(checked, path.stem, reader)
    if reader.faults:
        raise SignalFileError(tuple(reader.faults))
    return Signals(signals=tuple(signals), services=tuple(services), cues=tuple(cues), documents=tuple(documents))


def _checked(model: Any, plain: Any, reader: _Reader) -> Any:
    """The file as a model, or None with the faults noted."""
    from pydantic import ValidationError

    try:
        return model.model_validate(plain)
    except ValidationError as error:
        for item in error.errors():
            place = tuple(item["loc"])
            if item["type"] == "extra_forbidden" and place in reader.keys:
                reader.marks[place] = reader.keys[place]
            reader.fault(place, _say(item, model))
        return None


def _say(item: Any, model: Any) -> str:
    """A fault as a salesperson understands it, with a suggestion."""
    name = str(item["loc"][-1]) if item["loc"] else ""
    if item["type"] == "extra_forbidden":
        known = model.known_names(item["loc"])
        return f'"{name}" is not known here.{_suggest(name, known)}'
    if item["type"] == "missing":
        return f'"{name}" is missing'
    if item["type"] in {"enum", "literal_error"}:
        expected = str(item["ctx"]["expected"]).replace("'", "").replace(" or ", ", ").split(", ")
        return f'"{item["input"]}" is none of {", ".join(expected)}.{_suggest(str(item["input"]), expected)}'
    return str(item["msg"])


def _suggest(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f' Did you mean "{near[0]}"?' if near else ""


# -- from the checked files to values ---------------------------------------------------------


def _services(file: ServiceFile) -> Iterator[Service]:
    for trade, entries in file.services.items():
        for name, domains in entries.items():
            yield Service(name=name, trade=Trade(trade), domains=frozenset(d.lower() for d in domains))


def _cues(file: CueFile, reader: _Reader) -> Iterator[Cues]:
    for language, lists in file.cues.items():
        joined = {
            name: _joined(getattr(lists, name), ("cues", language, name), reader) for name in type(lists).model_fields
        }
        yield Cues(language=language, **joined)


def _documents(file: DocumentFile, reader: _Reader) -> Iterator[tuple[str, str]]:
    for kind, phrases in file.documents.items():
        yield kind, _joined(phrases, ("documents", kind), reader)


def _words(file: WordFile, reader: _Reader) -> dict[str, dict[str, list[str]]]:
    """The named groups; each of their words is a phrase, and is read once alone so that a fault names its line."""
    for language, groups in file.words.items():
        for name, group in groups.items():
            _patterns(group, ("words", language, name), reader, language)
    return file.words


def _joined(phrases: list[str], place: _Place, reader: _Reader) -> str:
    return "|".join(p.regex for p in _patterns(phrases, place, reader, str(place[1])))


def _patterns(phrases: list[str], place: _Place, reader: _Reader, language: str) -> tuple[Pattern, ...]:
    patterns: list[Pattern] = []
    for number, text in enumerate(phrases):
        try:
            patterns += read_phrases(text, reader.words.get(language, {}))
        except PhraseError as error:
            reader.fault((*place, number), f'"{text}": {error}', column=error.column - 1)
    return tuple(patterns)


def _signals(file: SignalFile, stem: str, reader: _Reader) -> Iterator[Signal]:
    for language, block in file.languages.items():
        yield _signal(file, stem, language, block, reader)


def _signal(file: SignalFile, stem: str, language: str, block: LanguageBlock, reader: _Reader) -> Signal:
    place = ("languages", language)
    return Signal(
        name=f"{stem}.{language}" if language != "any" else stem,
        event=None if file.event == "nothing" else Event(file.event),
        strength=Strength(file.strength),
        who=_SPEAKERS[file.said_by],
        where=frozenset(Where(w) for w in file.found_in),
        language="" if language == "any" else language,
        patterns=_patterns(block.phrases, (*place, "phrases"), reader, language),
        but_not=_patterns(block.but_not, (*place, "but_not"), reader, language),
        also_when=frozenset(Mood(m) for m in file.also_when),
        only_when=frozenset(Mood(m) for m in file.only_when),
        beats=frozenset(file.rules_out),
        trade=Trade(file.services) if file.services else None,
        in_copy=file.event == "introduction",
        matches=tuple(block.matches),
        ignores=tuple(block.ignores),
        at=reader.line(place),
    )
