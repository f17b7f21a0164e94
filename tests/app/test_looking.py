"""`worker deals`, `deals --attention` and `show`, over a state as a worker leaves it on the disk."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from worker.app.attention_page import attention_lines
from worker.app.digest import Digests
from worker.app.household import Household
from worker.app.looking import list_deals, show_attention, show_deal
from worker.app.rehearse import Rehearsal, household_for
from worker.app.report import page
from worker.app.writing import Writer
from worker.core.attention import attention
from worker.core.model import Action, Deal, Suppression
from worker.core.playbook import Mode
from worker.io.store import Store
from worker.settings import Settings

GATE, WORKER = "mx.kade.test", "deals@kade.test"
SANNE = "Sanne Bos <sanne@kade.test>"
FEMI, FEMIS = "Femi Ade <femi@lagoon.example>", "femi@lagoon.example"
TESS, TESSES = "Tess Hall <tess@brickworks.example>", "tess@brickworks.example"
OLAF, OLAFS = "Olaf Lund <olaf@fjordbank.example>", "olaf@fjordbank.example"
IDA = "Ida Moe <ida@ovn.example>"
GRETA = "Greta Falk <greta@falkmill.example>"
ZONE = ZoneInfo("Europe/London")
ENDS = datetime(2025, 6, 16, 9, tzinfo=ZONE)


class _Past:
    """Writes the mails of a quarter."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []

    def write(
        self, month: int, day: int, sender: str, to: str, text: str, *, subject: str = "The quay", cc: str = "", tag: str = "",
        hour: int = 10, machine: bool = False, away: bool = False,
    ) -> None:  # fmt: skip
        mail, domain = EmailMessage(), sender.rpartition("@")[2].rstrip(">")
        theirs = not machine and sender != SANNE
        mail["Delivered-To"] = "sanne@kade.test" if theirs else WORKER.replace("@", f"+{tag}@") if tag else WORKER
        mail["Authentication-Results"] = f"{GATE}; dkim=pass header.d={domain}; dmarc=pass header.from={domain}"
        mail["From"], mail["To"], mail["Subject"] = sender, to, subject
        if cc:
            mail["Cc"] = cc
        mail["Date"] = format_datetime(datetime(2025, month, day, hour, tzinfo=ZONE))
        mail["Message-ID"] = f"<{len(self.mails)}.{month}.{day}@{domain}>"
        if machine or away:
            mail["Auto-Submitted"] = "auto-replied" if away else "auto-generated"
        mail.set_content(text)
        self.mails.append(mail.as_bytes())

    def paid(self, month: int, day: int, who: str, amount: str) -> None:
        self.write(month, day, "Stripe <notifications@stripe.com>", SANNE, f"You received a payment of {amount} from {who}.\n",
                   subject=f"Payment of {amount} from {who}", machine=True)  # fmt: skip

    def signed(self, month: int, day: int, who: str) -> None:
        text = ("Your document has been completed\n\nAll parties have completed Services agreement.pdf.\n\n"
                f"Signed by:\n    {who}\n    {SANNE}\n")  # fmt: skip
        self.write(month, day, "Sanne Bos via Docusign <dse_na2@docusign.net>", SANNE, text,
                   subject="Completed: Complete with Docusign: Services agreement.pdf", machine=True)  # fmt: skip


def _quarter() -> list[bytes]:
    past = _Past()
    write = past.write
    # A client, who pays twice, complains, is away, and introduces somebody.
    write(3, 3, SANNE, FEMI, "Hi Femi,\n\nour proposal is attached, $4,200. Shall we begin in April?\n\nSanne", tag="proposal")
    write(3, 4, FEMI, SANNE, "Hi Sanne,\n\nyes, let's do it. Could you send me the agreement?\n\nFemi", subject="Re: The quay")
    write(3, 4, SANNE, FEMI, "Hi Femi,\n\nhere it is. What do you think?\n\nSanne", subject="Re: The quay", hour=15)
    past.signed(3, 6, FEMI)
    past.paid(3, 10, FEMI, "$4,200.00")
    write(3, 12, FEMI, SANNE, "Hi Sanne,\n\nI am really unhappy: the crane came a day late and nobody told us.\n\nFemi",
          subject="The crane")  # fmt: skip
    write(3, 12, SANNE, FEMI, "Hi Femi,\n\nI am sorry. I look into it at once.\n\nSanne", subject="Re: The crane", hour=14)
    write(4, 1, FEMI, SANNE, "Hi Sanne,\n\nthat is sorted, thank you. Sanne, meet Greta Falk of Falk Mill, she needs a quay "
          "like ours.\n\nFemi", subject="Greta, meet Sanne", cc=GRETA)  # fmt: skip
    write(4, 2, SANNE, GRETA, "Hi Greta,\n\ngood to meet you. Our proposal is attached, $900. Shall we?\n\nSanne",
          subject="Falk Mill", tag="proposal")  # fmt: skip
    past.signed(4, 4, GRETA)
    past.paid(4, 7, GRETA, "$900.00")
    past.paid(5, 12, FEMI, "$1,300.00")
    # A prospect who goes silent, is written to, and answers.
    write(4, 7, SANNE, TESS, "Hi Tess,\n\nattached is our proposal. Does it fit?\n\nSanne", subject="Kiln",
          tag="proposal")  # fmt: skip
    write(4, 24, TESS, SANNE, "Hi Sanne,\n\nsorry, I was swamped. I am back to you when I have read it.\n\nTess",
          subject="Re: Kiln")  # fmt: skip
    # One who has an offer on the table.
    write(6, 10, SANNE, IDA, "Hi Ida,\n\nattached is our proposal for $2,000. Does it fit?\n\nSanne", subject="Kiln", tag="proposal")
    write(6, 12, IDA, SANNE, "Hi Sanne,\n\nwe have wired the money this morning.\n\nIda", subject="Re: Kiln")
    # One who took many mails, and was given up.
    write(4, 7, SANNE, OLAF, "Hi Olaf,\n\nshall we look at your vault?\n\nSanne", subject="Vault")
    write(4, 8, OLAF, SANNE, "Hi Sanne,\n\nyes, we are interested, could you come by?\n\nOlaf", subject="Re: Vault")
    for day in range(9, 26):
        write(4, day, SANNE, OLAF, "Hi Olaf,\n\none more idea for you.\n\nSanne", subject="Re: Vault", hour=16)
    write(5, 2, SANNE, OLAF, "Hi Olaf,\n\nI leave it there.\n\nSanne", subject="Re: Vault", tag="disqualify")
    write(5, 14, FEMI, SANNE, "I am out of the office until 20 June 2025.\n", subject="Automatic reply: Hello", away=True)
    return past.mails


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(address=WORKER, team="@kade.test", trusted_authserv=GATE, time_zone="Europe/London", country="GB", mode=Mode.SEND,
                    state_dir=tmp_path_factory.mktemp("state"))  # fmt: skip


@pytest.fixture(scope="module")
def household(settings: Settings) -> Household:
    """The state is on the disk when this is handed over, and nobody holds it."""
    household = household_for(settings, strict=True)
    with Store.open(settings.state_dir) as store:
        Rehearsal(replace(household, keeper=store), date(2025, 6, 15)).live(_quarter())
    return household


@pytest.fixture
def deals(settings: Settings, household: Household) -> list[Deal]:
    with Store.peek(settings.state_dir) as store:
        return list(store.all())


@pytest.fixture
def told(settings, household, capsys) -> Callable[..., list[str]]:
    """What a verb prints."""

    def run(verb: Callable[..., int], *given: object, as_json: bool = False) -> list[str]:
        assert verb(settings, *given, as_json=as_json) == 0
        return capsys.readouterr().out.splitlines()

    return run


# -- deals -------------------------------------------------------------------------------


def test_each_deal_is_a_line_with_its_label_and_what_comes_next(told, deals):
    lines = told(list_deals)
    assert len(lines) == len(deals)
    assert [line.split()[0] for line in lines] == sorted((line.split()[0] for line in lines),
                                                         key=["client", "prospect", "suspect", "out"].index)  # fmt: skip
    femi = next(line for line in lines if "Femi Ade" in line)
    assert femi.startswith("client")
    assert re.search(r"\[\w+\] next \d\d \w{3} 2025", femi)
    assert "for you" in "".join(lines)


def test_machines_get_the_same_deals(told, deals):
    rows = [json.loads(line) for line in told(list_deals, as_json=True)]
    assert {row["deal"] for row in rows} == {deal.id for deal in deals}
    femi = next(row for row in rows if FEMIS in row["contacts"])
    assert (femi["bucket"], femi["owner"]) == ("client", "sanne@kade.test")
    assert datetime.fromisoformat(femi["due_at"]).tzinfo is not None


def test_before_the_first_mail_the_list_says_what_to_do(tmp_path, settings, capsys):
    assert list_deals(settings.model_copy(update={"state_dir": tmp_path}), as_json=False) == 0
    assert "BCC the worker" in capsys.readouterr().out


# -- attention ---------------------------------------------------------------------------


MEASURES = {
    "touches of clients beside prospects": r"mails? of yours in 90 days|your mails",
    "the answering time": r"answered after",
    "the longest silence": r"longest silence",
    "the energy kept after the close": r"in the 30 days before.*in the 30 after",
    "the time that giving up set free": r"gave (people )?up",
    "the money that came": r"banked\s+6,400 USD",
    "the money that is proposed": r"proposed\s+2,000 USD",
    "repeat revenue": r"repeat.*1,300 USD",
    "referred revenue": r"refer.*900 USD",
    "asks and introductions": r"[Ii]ntroductions?: ",
}


@pytest.fixture(scope="module")
def places(settings: Settings, household: Household) -> dict[str, str]:
    """What the terminal, the digest and the page say of the same state at the same time."""
    with Store.peek(settings.state_dir) as store:
        deals = list(store.all())
        digests = Digests(replace(household, keeper=store), Writer(household.library, household.reading.address))
        sections = digests.sections(deals, ENDS - timedelta(weeks=1), ENDS)
    seen = attention(deals, household.library.coverage, ENDS)
    shown = page(deals, Suppression(people={}), ZONE, seen).partition("<nav>")[0]
    return {
        "terminal": "\n".join(attention_lines(seen)),
        "digest": "\n".join(line.text for section in sections for line in section.lines),
        "page": re.sub(r"<[^>]+>", "\n", shown),
    }


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("place", ["terminal", "digest", "page"])
def test_each_measure_stands_on_the_terminal_in_the_digest_and_on_the_page(places, measure, place):
    assert re.search(MEASURES[measure], places[place]), places[place]


def test_the_verb_prints_what_was_measured(told, places):
    assert "\n".join(told(show_attention, ENDS)) == places["terminal"]


def test_the_plot_stands_on_the_terminal_and_on_the_page(told, deals, household):
    lines = told(show_attention, ENDS)
    assert any(re.fullmatch(r"  \d\d \w{3}  #*\.+", line) for line in lines)
    assert '<svg class="plot"' in page(deals, Suppression(people={}), ZONE, attention(deals, household.library.coverage, ENDS))


def test_machines_get_every_measure_as_a_number(told):
    (line,) = told(show_attention, ENDS, as_json=True)
    seen = json.loads(line)
    client, prospect = seen["shares"]
    assert (client["bucket"], client["deals"], prospect["bucket"], prospect["deals"]) == ("client", 2, "prospect", 1)
    assert client["answered_after_seconds"] == 5 * 3600
    assert client["longest_silence_days"] > 50
    assert seen["after_the_close"]["closes"] == 2
    assert seen["freed_hours_a_week"] > 0.1
    assert seen["money"] == {
        "banked": {"USD": "6400.00"}, "signed_unpaid": {}, "proposed": {"USD": "2000.00"}, "repeat": {"USD": "1300.00"},
        "referred": {"USD": "900.00"}, "repeat_clients": 1, "referred_clients": 1,
    }  # fmt: skip
    assert len(seen["weeks"]) == 26


def test_attention_of_nobody_is_no_fault(household):
    lines = attention_lines(attention([], household.library.coverage, ENDS))
    assert any(line.startswith("  clients") and "nothing asked" in line for line in lines)
    assert any("no close is thirty days old" in line for line in lines)


# -- show --------------------------------------------------------------------------------


def _deal_of(deals: list[Deal], address: str) -> Deal:
    return next(deal for deal in deals if any(one.address == address for one in deal.contacts))


@pytest.mark.parametrize("action", list(Action))
def test_every_decision_of_this_kind_names_its_mail_and_what_was_understood_in_it(told, deals, action):
    rows = [row for deal in deals for row in json.loads(told(show_deal, deal.id, as_json=True)[0]) if row["action"] == action]
    assert rows, f"the quarter holds no {action}"
    for row in rows:
        assert row["why"]
        assert [ground["message_id"] for ground in row["rests_on"]] == row["found_in"] != []
        assert all(ground["from"] and ground["at"] for ground in row["rests_on"])
    grounds = [item for row in rows for ground in row["rests_on"] for item in ground["evidence"]]
    assert grounds
    assert all(item["quote"] and item["signal"] for item in grounds)


def test_the_decision_is_told_with_its_mail_its_signal_and_its_quote(told):
    text = "\n".join(told(show_deal, FEMIS))
    block = re.search(r"send    client/thank-you.*?(?=\n\d{4}-)", text, re.DOTALL)[0]
    assert f"to {FEMIS}: Re: The quay" in block
    assert "because Client life cycle: the first payment has come" in block
    assert 'rests on notifications@stripe.com, 10 Mar 2025, "Payment of $4,200.00' in block
    assert re.search(r'payment received ".+" \(money-received\.en\)', block)


def test_each_kind_of_decision_is_told_in_words_of_its_own(told, deals):
    text = "\n".join(line for deal in deals for line in told(show_deal, deal.id))
    assert re.search(r"  stage   is now client, opening", text)
    assert re.search(r"  task    owner/task to sanne@kade\.test: \S", text)
    assert re.search(r"  ask     prospect/\S+ to sanne@kade\.test: Send this to ", text)
    assert re.search(r"  alert   owner/alert to sanne@kade\.test: \S", text)
    assert re.search(r'  hold    "[\w-]+" to femi@lagoon\.example', text)
    assert re.search(r'  stop    "[\w-]+" to tess@brickworks\.example', text)
    assert "{{" not in text


def test_a_decision_of_which_no_signal_speaks_quotes_the_mail_itself(told):
    text = "\n".join(told(show_deal, TESSES))
    block = re.search(r'stop    "silent.*?(?=\n\d{4}-|$)', text, re.DOTALL)[0]
    assert 'rests on tess@brickworks.example, 24 Apr 2025, "Re: Kiln"' in block
    assert "I was swamped" in block.partition("rests on")[2]


def test_what_waits_for_the_owner_is_told_as_they_read_it(told, deals):
    waiting = [line for deal in deals for line in told(show_deal, deal.id) if "  waits   for sanne@kade.test: " in line]
    assert [line[18:] for line in waiting] == ["waits   for sanne@kade.test: Has the first payment come?"]


def test_times_are_those_of_the_owner_and_in_order(told, deals):
    lines = told(show_deal, FEMIS)
    assert "Times are those of Europe/London." in lines
    times = [datetime.strptime(line[:16], "%Y-%m-%d %H:%M").replace(tzinfo=UTC) for line in lines if line[:4] == "2025"]
    assert times == sorted(times)
    assert any(line.startswith("2025-04-01 10:00  mail") for line in lines)  # in summer time already


@pytest.mark.parametrize("which", ["id", "ref", "address"])
def test_a_deal_is_found_by_its_id_its_mark_and_its_contact(told, deals, which):
    deal = _deal_of(deals, OLAFS)
    name = {"id": deal.id, "ref": deal.ref, "address": OLAFS.upper()}[which]
    assert told(show_deal, name)[0] == f"{deal.title} [{deal.ref}]"


def test_a_deal_that_is_not_there_is_a_clear_word(settings, household, capsys):
    assert show_deal(settings, "nobody@nowhere.example", as_json=False) == 1
    assert "worker deals" in capsys.readouterr().err


def test_looking_changes_nothing_on_the_disk(told, settings, household):
    def files() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in settings.state_dir.rglob("*") if path.is_file()}

    before = files()
    told(list_deals)
    told(show_attention, ENDS)
    told(show_deal, FEMIS)
    assert files() == before
