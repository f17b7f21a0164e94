"""The page of a rehearsal: each deal in two lanes, what happened beside what the worker would have done."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from markupsafe import escape

from worker.app.hindsight import Past
from worker.app.rehearse import rehearse
from worker.app.report import Retrospect, page, write_report
from worker.core.model import (
    Action,
    Bucket,
    Contact,
    Deal,
    Decision,
    Kind,
    LoggedMail,
    Party,
    Speaker,
    Stage,
    StageChange,
    Suppressed,
    Suppression,
)
from worker.settings import Settings

LINA, KOFI = "Lina Duarte <lina@serra.test>", "Kofi Mensah <kofi@baobab.example>"
GATE = "mx.serra.test"
ZONE = ZoneInfo("Europe/Lisbon")
NOBODY = Suppression(people={})
VOID = {"meta"}


class _Outline(HTMLParser):
    """What a browser would make of a page: its elements, and whether each is closed where it should be."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: Counter[str] = Counter()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.outside: list[str] = []
        self.handlers: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            self.ids += [value or ""] if name == "id" else []
            self.links += [value or ""] if name == "href" else []
            self.outside += [value or ""] if name in ("src", "data", "poster", "action") else []
            self.handlers += [name] if name.startswith("on") else []

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag


def _settings(home: Path) -> Settings:
    return Settings(address="deals@serra.test", team="@serra.test", trusted_authserv=GATE, time_zone="Europe/Lisbon",
                    country="PT", state_dir=home / "state")  # fmt: skip


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return _settings(tmp_path)


def _mail(number: int, sender: str, to: str, text: str, day: int, subject: str = "The cork press") -> bytes:
    mail = EmailMessage()
    domain = sender.rpartition("@")[2].rstrip(">")
    mail["Delivered-To"] = "deals@serra.test" if sender == LINA else "lina@serra.test"
    mail["Authentication-Results"] = f"{GATE}; dkim=pass header.d={domain}; dmarc=pass header.from={domain}"
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    mail["Date"] = format_datetime(datetime(2025, 3, day, 10, 0, tzinfo=UTC))
    mail["Message-ID"] = f"<{number}@{domain}>"
    if 1 < number < 100:
        mail["In-Reply-To"] = "<1@serra.test>"
    mail.set_content(text)
    return mail.as_bytes()


MAILS = [
    _mail(1, LINA, KOFI, "Hi Kofi,\n\nshall I send you a proposal for the press?\n\nLina", 3),
    _mail(2, KOFI, LINA, "Hi Lina,\n\nyes please, we are interested.\n\nKofi", 4),
    _mail(3, LINA, KOFI, "Hi Kofi,\n\nattached is the proposal. Does it fit?\n\nLina", 5),
    _mail(4, LINA, KOFI, "Hi Kofi,\n\nI pass your door on Friday, shall I come in?\n\nLina", 31),
]


HOSTILE = ("<script>alert(1)</script>", "'><img src=x onerror=alert(1)>", "</pre></details></ol><h1>",
           "<!-- --></style><svg onload=alert(1)>", "{{ 7 * 7 }}{% raw %}", "]]>&lt;b&gt;")  # fmt: skip


def _strangers() -> list[bytes]:
    """For each of the hostile words a deal with it in every place that a stranger can write to."""
    mails = []
    for number, words in enumerate(HOSTILE):
        to = f"eve@evil{number}.example"
        mails += [
            _mail(100 + number, LINA, to, f"Hi,\n\nattached is the proposal {words}. Does it fit?\n\nLina", 6, words),
            _mail(200 + number, f'"{words}" <{to}>', LINA, f"Hi,\n\nwe are interested, {words} is what we need.\n\nEve", 7, words),
        ]
    return mails


def _mailbox(folder: Path, mails: list[bytes]) -> Path:
    folder.mkdir()
    for number, data in enumerate(mails):
        (folder / f"{number}.eml").write_bytes(data)
    return folder


def _rehearsed(home: Path, mails: list[bytes]) -> str:
    """The page of a mailbox that was lived through by the verb."""
    path = home / "page.html"
    path.write_text("an old one", "utf-8")
    box = _mailbox(home / "Past & <present>", mails)
    assert rehearse(box, _settings(home), until=date(2025, 4, 30), as_json=False, strict=False, report=path) == 0
    return path.read_text("utf-8")


@pytest.fixture
def mailbox(tmp_path: Path) -> Path:
    return _mailbox(tmp_path / "mail", MAILS)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def html(home: Path) -> str:
    return _rehearsed(home, MAILS)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> str:
    return _rehearsed(tmp_path_factory.mktemp("strangers"), _strangers())


def _text(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


# -- what stands on it -------------------------------------------------------------------


def test_the_page_tells_the_deal_in_two_lanes_with_why_and_the_mail_beside_it(html):
    text = _text(html)
    assert "What happened What the worker would have done" in text
    assert "Kofi Mensah wrote Re: The cork press" in text or "Kofi Mensah wrote The cork press" in text
    assert "interest, likely: yes please, we are interested." in text
    assert "would send" in text
    assert "no word from Kofi Mensah since 05 March" in text
    assert "rests on Lina Duarte, 5 Mar (proposal-sent.en)" in text


def test_each_mail_is_shown_whole_and_beside_it_what_really_happened(html):
    assert re.search(r"<details><summary>read the mail</summary><pre>[^<]*Kofi", html)
    assert "you wrote to them only on 31 March 2025" in html


def test_a_summary_in_figures_and_sentences_stands_on_top(html):
    text = _text(html)
    assert "from 3 March 2025 to 31 March 2025. Nothing was sent." in text
    assert "1 deal: the worker would have sent" in text
    assert text.index("In short") < text.index("Where the time went") < text.index("What happened")


def test_the_stages_are_there_with_their_label(html):
    text = _text(html)
    assert "is now suspect contacted" in text
    assert "is now prospect proposed" in text


def test_what_a_rehearsal_only_would_have_asked_is_not_counted_as_asked(html):
    assert "Asked and given" not in html


# -- the page as a file ------------------------------------------------------------------


def test_the_page_is_whole_html_that_needs_nothing_from_outside(html):
    seen = _Outline(html)
    assert seen.open == []
    assert not seen.tags["script"]
    assert not seen.tags["link"]
    assert not seen.tags["img"]
    assert not seen.tags["iframe"]
    assert seen.outside == seen.handlers == []
    assert not re.search(r"url\(|@import|https?://", html)


def test_every_link_leads_to_a_place_on_the_page_and_no_place_has_two(html):
    seen = _Outline(html)
    assert seen.links
    assert all(link.startswith("#") for link in seen.links)
    assert {link[1:] for link in seen.links} <= set(seen.ids)
    assert len(seen.ids) == len(set(seen.ids))


def test_what_strangers_write_is_text_and_never_markup(hostile):
    seen = _Outline(hostile)
    assert hostile.count("<article") == len(HOSTILE)
    assert seen.open == []
    assert not seen.tags["script"] + seen.tags["img"]
    assert seen.tags["h1"] == 1
    assert seen.handlers == []
    assert "49" not in _text(hostile).split()
    assert all(escape(words) in hostile for words in HOSTILE)


def test_the_name_of_the_mailbox_is_text_too(html):
    assert "Past &amp; &lt;present&gt;" in html


def test_a_page_is_written_whole_and_for_its_owner_alone(html, home):
    assert html.startswith("<!doctype html>")
    assert [path.name for path in home.glob("page.html*")] == ["page.html"]
    assert (home / "page.html").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("where", ["nowhere/page.html", "."])
def test_where_no_page_can_be_written_is_said_before_the_work(mailbox, settings, tmp_path, capsys, where):
    assert rehearse(mailbox, settings, until=None, as_json=True, strict=False, report=tmp_path / where) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "no page can be written here" in err


def test_a_page_that_cannot_be_written_after_all_is_a_clear_word_and_the_rows_are_there(mailbox, settings, tmp_path, capsys):
    # So long that no temporary file finds room beside it: root is refused here as well.
    path = tmp_path / ("x" * 254)
    assert rehearse(mailbox, settings, until=date(2025, 4, 30), as_json=True, strict=False, report=path) == 1
    out, err = capsys.readouterr()
    assert any(json.loads(line)["action"] == "send" for line in out.splitlines())
    assert "cannot be written" in err
    assert not path.exists()


def test_rows_for_machines_and_the_page_go_together_and_a_bare_name_is_a_file_here(mailbox, settings, tmp_path, capsys):
    before = Path.cwd()
    os.chdir(tmp_path)
    try:
        code = rehearse(mailbox, settings, until=date(2025, 4, 30), as_json=True, strict=False, report=Path("page.html"))
    finally:
        os.chdir(before)
    out, err = capsys.readouterr()
    assert code == 0
    assert any(json.loads(line)["action"] == "send" for line in out.splitlines())
    assert "See each deal: page.html" in err
    assert (tmp_path / "page.html").exists()


def test_an_empty_mailbox_has_a_page_that_says_what_to_look_at(settings, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    path = tmp_path / "page.html"
    assert rehearse(tmp_path / "empty", settings, until=None, as_json=False, strict=False, report=path) == 0
    text = _text(path.read_text("utf-8"))
    assert "No deal began in this mailbox" in text
    assert "1970" not in text


# -- for people on the terminal ----------------------------------------------------------


def test_each_row_on_the_terminal_has_what_really_happened_and_the_end_what_it_comes_to(mailbox, settings, capsys):
    assert rehearse(mailbox, settings, until=date(2025, 4, 30), as_json=False, strict=False) == 0
    lines = capsys.readouterr().out.splitlines()
    nudge = next(number for number, line in enumerate(lines) if "prospect/nudge" in line)
    assert lines[nudge + 1].strip().startswith("really: ")
    assert lines[-1] == "Nothing was sent."
    assert any(line.startswith("1 deal: the worker would have sent") for line in lines)
    assert sum("digest" in line for line in lines) == 0
    assert any(line.startswith("For lina@serra.test: ") for line in lines)


# -- a mailbox of any size ---------------------------------------------------------------


BEGIN = datetime(2025, 1, 6, 9, tzinfo=UTC)
PAST = Retrospect(mailbox="a year", since=BEGIN, past=Past(zone=ZONE, until=BEGIN + timedelta(days=360)))


def _deal(number: int, mails: int, sends: int, stage: Stage = Stage.ENGAGED, words: str = "word") -> Deal:
    log = tuple(
        LoggedMail(id=f"{number}.{turn}", at=BEGIN + timedelta(hours=number + 7 * turn), sender="kofi@baobab.example", to=(),
                   subject=f"Press {number}", kind=Kind.HUMAN, speaker=Speaker.CONTACT, extract=words)
        for turn in range(mails)
    )  # fmt: skip
    decisions = tuple(
        Decision(at=BEGIN + timedelta(days=100 + turn), action=Action.SEND, why=words, to=(f"p{number}@baobab.example",),
                 purpose="nudge", template="prospect/nudge", found_in=(f"{number}.0",))
        for turn in range(sends)
    )  # fmt: skip
    change = StageChange(at=BEGIN, stage=stage, why="so it was", found_in=())
    return Deal(id=f"deal{number}", ref=f"r{number}", owner=Party(address="lina@serra.test", name="Lina Duarte"),
                title=f"Person {number}", created=BEGIN + timedelta(hours=number), stages=(change,),
                contacts=(Contact(address=f"p{number}@baobab.example", name=f"Person {number}"),), log=log,
                decisions=decisions)  # fmt: skip


def test_of_many_deals_the_most_telling_stand_whole_and_the_others_in_a_row():
    deals = [_deal(number, 3, sends=9 if number % 10 == 0 else 0) for number in range(700)]
    html = page(deals, NOBODY, ZONE, retrospect=PAST)
    assert html.count("<article") == 60
    assert all(f"<h2>Person {number}</h2>" in html for number in range(0, 600, 10))
    assert "The other 640 deals" in html
    assert "and 140 more." in html
    assert len(html) < 1_500_000


def test_a_page_stays_light_however_much_was_written():
    deals = [_deal(number, 60, sends=60, words="a long story " * 300) for number in range(100)]
    html = page(deals, NOBODY, ZONE, retrospect=PAST)
    assert 1 <= html.count("<article") < 60
    assert len(html) < 4_000_000


def test_one_deal_is_shown_however_heavy_it_is():
    assert page([_deal(1, 100, 100, words="x" * 40_000)], NOBODY, ZONE).count("<article") == 1


def test_of_a_long_deal_what_led_to_nothing_goes_first_and_the_page_says_so():
    html = page([_deal(1, 400, sends=5)], NOBODY, ZONE, retrospect=PAST)
    assert html.count("would send") == 5
    assert re.search(r"\d+ older moments are left out here", html)
    assert set(_Outline(html).links) <= {f"#{id}" for id in _Outline(html).ids}


def test_a_long_list_of_closed_doors_is_cut_short_with_a_word():
    people = {f"x{n}@far.example": Suppressed(address=f"x{n}@far.example", dead=BEGIN, why="bounced") for n in range(80)}
    text = _text(page([_deal(1, 2, 0)], Suppression(people=people), ZONE))
    assert "and 30 more." in text


def test_half_a_character_in_a_subject_does_not_cost_the_page(tmp_path):
    broken = replace(_deal(1, 2, 1), title="x", contacts=(Contact(address="p@baobab.example", name="Kofi \udcff"),))
    assert "Kofi ?" in write_report(tmp_path / "page.html", [broken], NOBODY, ZONE).read_text("utf-8")


def test_a_mail_without_a_date_does_not_begin_the_past(tmp_path, settings, capsys):
    undated = b"From: x@far.example\nTo: lina@serra.test\nSubject: odd\n\nno date\n"
    box, path = _mailbox(tmp_path / "mail", [*MAILS, undated]), tmp_path / "page.html"
    assert rehearse(box, settings, until=date(2025, 4, 30), as_json=True, strict=False, report=path) == 0
    assert "from 3 March 2025 to 31 March 2025" in path.read_text("utf-8")


def test_clients_come_first_and_the_labels_of_the_strip_are_those_of_the_deal():
    deals = [_deal(1, 2, 1, Stage.LOST), _deal(2, 2, 1, Stage.ACTIVE), _deal(3, 2, 1, Stage.PROPOSED)]
    html = page(deals, NOBODY, ZONE)
    assert re.findall(r"<h2>(Person \d)</h2>", html) == ["Person 2", "Person 3", "Person 1"]
    strips = re.findall(r'<svg class="strip".*?</svg>', html)
    labels = [set(re.findall(r'height="4" class="(\w+)"', strip)) for strip in strips]
    assert labels == [{Bucket.CLIENT}, {Bucket.PROSPECT}, {Bucket.OUT}]


def test_without_a_rehearsal_the_page_claims_nothing_about_what_might_have_been():
    text = _text(page([_deal(1, 2, 1)], NOBODY, ZONE))
    assert "would" not in text
    assert "Really" not in text


def test_a_deal_in_which_all_happened_at_one_moment_needs_no_strip():
    one = replace(_deal(1, 1, 0), stages=())
    assert "<svg" not in page([one], NOBODY, ZONE)
