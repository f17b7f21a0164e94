"""Templates as values, and everything that a template may speak of."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import get_args, get_origin, get_type_hints

DEFAULT_LANGUAGE = "en"
FOLDERS = ("suspect", "prospect", "client", "owner")


class Thread(StrEnum):
    """Where a mail lands: in the thread that is there, or in a fresh one."""

    SAME = "same"
    NEW = "new"


class Purpose(StrEnum):
    """What a mail is for."""

    OPENING = "opening"
    """The thank-you on the day. The word stays inside the firm."""
    ASK_REFERRAL = "ask_referral"
    ASK_TESTIMONIAL = "ask_testimonial"
    ASK_INTRODUCTION = "ask_introduction"
    REFERRAL_THANKS = "referral_thanks"
    HANDOVER = "handover"
    HANDOVER_CHECK = "handover_check"
    CHECK_IN = "check_in"
    CROSS_SELL = "cross_sell"
    ANNIVERSARY = "anniversary"
    DELIVERED = "delivered"
    COMPLAINT_RESOLVED = "complaint_resolved"
    PING = "ping"
    DATE_ARRIVED = "date_arrived"
    MISSING_SIGNATURE = "missing_signature"
    ASK_FOR_BUSINESS = "ask_for_business"
    TESTIMONIAL_THANKS = "testimonial_thanks"
    REFERRAL_OUTCOME = "referral_outcome"
    SUCCESSOR_HELLO = "successor_hello"
    FAREWELL = "farewell"
    PAYMENT_NUDGE = "payment_nudge"
    NUDGE = "nudge"
    DROP_OFF = "drop_off"
    DECLINE = "decline"
    FIRST_TOUCH = "first_touch"
    TASK = "task"
    QUESTION = "question"
    APPROVAL = "approval"
    ALERT = "alert"
    DIGEST = "digest"

    @property
    def to_owner(self) -> bool:
        """Whether it is mail to the team."""
        return self in _TO_OWNER

    @property
    def thread(self) -> Thread:
        """Where such a mail lands when its template does not say: an ask starts afresh, a nudge stays."""
        return Thread.NEW if self in _FRESH else Thread.SAME

    @property
    def folders(self) -> frozenset[str]:
        """The folders in which a mail of this purpose may lie: nobody gets another bucket's mail."""
        return _FOLDERS_OF.get(self, _FOLDERS_OF_OWNER if self.to_owner else frozenset({"client"}))

    @property
    def is_advertising(self) -> bool:
        """Whether the law of many countries calls it advertising: it needs an address and a way out."""
        return self in _ADVERTISING


_TO_OWNER = frozenset({Purpose.TASK, Purpose.QUESTION, Purpose.APPROVAL, Purpose.ALERT, Purpose.DIGEST})
_FOLDERS_OF_OWNER = frozenset({"owner"})
_FOLDERS_OF = {
    Purpose.FIRST_TOUCH: frozenset({"suspect"}),
    Purpose.NUDGE: frozenset({"suspect", "prospect"}),
    Purpose.DROP_OFF: frozenset({"suspect", "prospect"}),
    Purpose.DECLINE: frozenset({"suspect", "prospect"}),
    Purpose.PING: frozenset({"suspect", "prospect"}),
    Purpose.DATE_ARRIVED: frozenset({"suspect", "prospect"}),
    Purpose.ASK_FOR_BUSINESS: frozenset({"prospect"}),
    Purpose.PAYMENT_NUDGE: frozenset({"prospect"}),
    Purpose.MISSING_SIGNATURE: frozenset({"prospect"}),
    Purpose.SUCCESSOR_HELLO: frozenset({"prospect", "client"}),
    Purpose.COMPLAINT_RESOLVED: frozenset({"prospect", "client"}),
    Purpose.REFERRAL_THANKS: frozenset({"prospect", "client"}),
    Purpose.REFERRAL_OUTCOME: frozenset({"prospect", "client"}),
    Purpose.TESTIMONIAL_THANKS: frozenset({"prospect", "client"}),
}
"""Of the purposes that are not for clients alone."""
_FRESH = frozenset({
    Purpose.ASK_REFERRAL, Purpose.ASK_TESTIMONIAL, Purpose.ASK_INTRODUCTION, Purpose.HANDOVER, Purpose.CHECK_IN,
    Purpose.CROSS_SELL, Purpose.ANNIVERSARY, Purpose.REFERRAL_OUTCOME, Purpose.SUCCESSOR_HELLO, Purpose.FIRST_TOUCH,
    *_TO_OWNER,
})  # fmt: skip
_ADVERTISING = frozenset({
    Purpose.ASK_REFERRAL, Purpose.ASK_TESTIMONIAL, Purpose.ASK_INTRODUCTION, Purpose.CHECK_IN, Purpose.CROSS_SELL,
    Purpose.ANNIVERSARY, Purpose.PING, Purpose.SUCCESSOR_HELLO, Purpose.FIRST_TOUCH, Purpose.DELIVERED,
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One mail in one language, not yet filled in."""

    name: str
    """client/thank-you"""
    bucket: str
    """suspect, prospect, client or owner."""
    purpose: Purpose
    language: str
    subject: str
    """Jinja2; "" where the mail stays in its thread and takes that subject."""
    body: str
    thread: Thread
    path: str
    line_of_body: int
    line_of_subject: int = 1

    @property
    def is_cold(self) -> bool:
        """Whether it goes to somebody who has shown no interest yet."""
        return self.bucket == "suspect"

    @property
    def is_advertising(self) -> bool:
        """Whether it is advertising for the law: by its purpose, or because nobody has asked for it."""
        return self.purpose.is_advertising or self.is_cold


class UnknownTemplate(LookupError):
    """No template has that name; says which one was probably meant."""


@dataclass(frozen=True, slots=True)
class Templates:
    """Every template there is, by name and language."""

    _by_name: Mapping[str, Mapping[str, Template]]
    purposes: Mapping[str, str]
    """What each template is for, by its name."""
    languages: Mapping[str, frozenset[str]]
    """The languages in which there is a text of each template, by its name."""

    @classmethod
    def of(cls, templates: Iterable[Template]) -> Templates:
        by_name: dict[str, dict[str, Template]] = {}
        for template in templates:
            by_name.setdefault(template.name, {})[template.language] = template
        found = dict(sorted(by_name.items()))
        return cls(
            MappingProxyType({name: MappingProxyType(texts) for name, texts in found.items()}),
            purposes=MappingProxyType({name: texts[DEFAULT_LANGUAGE].purpose for name, texts in found.items()}),
            languages=MappingProxyType({name: frozenset(texts) for name, texts in found.items()}),
        )

    def choose(self, name: str, language: str = DEFAULT_LANGUAGE) -> Template:
        """The template in that language, else in English. Raises UnknownTemplate."""
        languages = self._by_name.get(name)
        if languages is None:
            raise UnknownTemplate(f'There is no template "{name}". {did_you_mean(name, self._by_name)}'.rstrip())
        return languages.get(language) or languages[DEFAULT_LANGUAGE]

    def needs(self) -> Mapping[str, frozenset[str]]:
        """The variables that each template needs, by its name."""
        texts = {name: [one.subject + one.body for one in found.values()] for name, found in self._by_name.items()}
        return {name: frozenset().union(*map(variables_in, found)) for name, found in texts.items()}

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __iter__(self) -> Iterator[Template]:
        return (template for languages in self._by_name.values() for template in languages.values())

    def __len__(self) -> int:
        return sum(len(languages) for languages in self._by_name.values())

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._by_name)


# -- what a template may speak of -------------------------------------------------------
# Everything has a value that reads well when nothing is known, so that an undefined name is always a typing error.


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactView:
    """Who is written to."""

    address: str = ""
    name: str = ""
    first_name: str = ""
    last_name: str = ""
    greeting: str = "Hello,"
    """Ready made; see core/greeting."""
    formal: bool = True
    """Sie, vous, usted, u."""
    phone: str = ""
    """Out of their signature, as it is written there."""

    @property
    def called(self) -> str:
        """The shortest thing by which the owner knows who is meant."""
        return self.first_name or self.name or self.address


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonView:
    """Anybody else: who was introduced, who referred, who follows, who delivers."""

    name: str = ""
    first_name: str = ""
    role: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerView:
    """Who signs."""

    name: str = ""
    first_name: str = ""
    address: str = ""
    sign_off: str = "Best,"
    """The line above the name, as the owner writes it; "" where they sign with the name alone."""
    signed: str = ""
    """The name below it: Rosa, or Rosa Lind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DealView:
    """What it is about."""

    title: str = ""
    company: str = ""
    """Its name as people say it: Brightwater Freight."""
    topic: str = ""
    """The subject of the thread, where it says something: Empty trips on the Felixstowe run."""
    offer: str = ""
    """The proposal with its day and particulars: my proposal of 12 January ("Felixstowe lanes", £9,200)."""
    proposal_date: date | None = None
    signed_date: date | None = None
    fact: str = ""
    """What they said that matters to them, a whole sentence: On 7 January you wrote: "That number hurts a lot." """
    amount: str = ""
    """Of the proposal, as the owner wrote it: £9,200."""
    document: str = ""
    """Name of what was signed, else of what was proposed."""
    ref: str = ""
    stage: str = ""
    bucket: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmView:
    """Who we are."""

    name: str = ""
    postal_address: str = ""
    """Only where the law of the contact's country wants it."""
    opt_out_line: str = ""
    """Only where the law of the contact's country wants it."""
    services: tuple[str, ...] = ()
    delivery: tuple[PersonView, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IdealView:
    """The client that the firm wants more of."""

    person: str = ""
    """The one kind of person asked for, with its article: an operations lead at a carrier with 40 to 120 trucks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskView:
    """What the owner has to do."""

    text: str = ""
    due: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionView:
    """What the owner is asked."""

    text: str = ""
    quotes: tuple[str, ...] = ()
    if_yes: str = ""
    """What happens on yes, as a whole sentence."""
    if_no: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertView:
    """What the owner has to know now."""

    title: str = ""
    text: str = ""
    next: str = ""
    """What the worker does about it, as a whole sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterView:
    """A mail that waits for a yes."""

    to: str = ""
    subject: str = ""
    body: str = ""
    send_at: datetime | None = None
    copies: str = ""
    """Who else reads it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionView:
    """One heading of a digest."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestView:
    """What the owner reads over coffee."""

    day: date | None = None
    sections: tuple[SectionView, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """All that a template can name."""

    contact: ContactView = ContactView()
    owner: OwnerView = OwnerView()
    deal: DealView = DealView()
    firm: FirmView = FirmView()
    ideal: IdealView = IdealView()
    introduced: PersonView = PersonView()
    referrer: PersonView = PersonView()
    successor: PersonView = PersonView()
    task: TaskView = TaskView()
    question: QuestionView = QuestionView()
    alert: AlertView = AlertView()
    letter: LetterView = LetterView()
    digest: DigestView = DigestView()
    quotes: tuple[str, ...] = ()
    """The words that a decision rests on."""
    why: str = ""
    country: str = ""
    """Of whoever reads the mail, ISO 3166: the US writes its dates another way round."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """The playbook's own texts."""

    def names(self) -> dict[str, object]:
        """The values by the names under which a template finds them."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


_TAGGED = re.compile(r"\{[{%].*?[%}]\}", re.DOTALL)
_VARIABLE = re.compile(r"\bvariables\.([A-Za-z_]\w*)(?!\w)(?!\s*\|\s*default\b)")


def variables_in(text: str) -> frozenset[str]:
    """The variables of a playbook that a text cannot do without: {{ variables.offer_link }}."""
    return frozenset(name for tag in _TAGGED.findall(text) for name in _VARIABLE.findall(tag))


FILTERS = frozenset({"date", "full_date", "weekday", "moment", "people"})
"""Our own; mail/render holds them."""
BORROWED_FILTERS = frozenset({
    "capitalize", "default", "first", "indent", "join", "last", "length", "list", "lower", "map", "replace", "reverse",
    "sort", "title", "trim", "truncate", "unique", "upper",
})  # fmt: skip
"""Of Jinja2's; the others have no business in a mail."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a name in a template stands for: a plain value, a thing with fields, or a list of one of them."""

    fields: Mapping[str, Shape] = field(default_factory=dict)
    item: Shape | None = None
    open: bool = False
    """Whatever it is asked for may be there: `check` looks into the playbooks for it."""


def shape_of(kind: object) -> Shape:
    """The shape of a type of this module, for whoever checks the names in a template."""
    if get_origin(kind) is tuple:
        return Shape(item=shape_of(get_args(kind)[0]))
    if get_origin(kind) is Mapping:
        return Shape(open=True)
    if not isinstance(kind, type) or not hasattr(kind, "__dataclass_fields__"):
        return Shape()
    shapes = {name: shape_of(hint) for name, hint in get_type_hints(kind).items()}
    shapes |= {name: Shape() for name, value in vars(kind).items() if isinstance(value, property)}
    return Shape(fields=shapes)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """' Did you mean "..."?', or "" where nothing is near."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f'Did you mean "{close[0]}"?' if close else ""
