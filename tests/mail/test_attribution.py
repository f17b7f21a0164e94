"""Lines such as "On Tue, 3 Nov 2026 at 09:12, Ann Berg <ann@vale.example> wrote:", as programs write them."""

from __future__ import annotations

import pytest

from worker.mail.quotes import new_text

ATTRIBUTIONS = [
    # English
    "On Tue, 3 Nov 2026 at 09:12, Ann Berg <ann@vale.example> wrote:",
    "On Tue, Nov 3, 2026 at 9:12 AM Ann Berg <ann@vale.example> wrote:",
    "On Tue, Nov 3, 2026 at 9:12\u202fAM Ann Berg <ann@vale.example> wrote:",
    "On Nov 3, 2026, at 9:12 AM, Ann Berg <ann@vale.example> wrote:",
    "On 3 Nov 2026, at 09:12, Ann Berg wrote:",
    "On 11/3/2026 9:12 AM, Ann Berg wrote:",
    "On 2026-11-03 09:12, Ann Berg wrote:",
    "On Tuesday, November 3rd, 2026 at 9:12 AM, Berg, Ann (Sales) <ann@vale.example> wrote:",
    "On Tuesday, November 3, 2026 at 09:12:33 AM GMT+1, Ann Berg <ann@vale.example> wrote:",
    "On Tue, Nov 03, 2026 at 09:12:33AM +0100, Ann Berg wrote:",
    "---- On Tue, 03 Nov 2026 09:12:33 +0100 Ann Berg <ann@vale.example> wrote ----",
    'At 2026-11-03 09:12:33, "Ann Berg" <ann@vale.example> wrote:',
    "Ann Berg <ann@vale.example> wrote on Tue, 3 Nov 2026 09:12:",
    "Quoting Ann Berg <ann@vale.example>:",
    "\u200eOn Tue, Nov 3, 2026 at 9:12 AM \u200eAnn Berg <\u200eann@vale.example\u200e> wrote:\u200e",
    "*On Tue, Nov 3, 2026 at 9:12 AM Ann Berg <ann@vale.example> wrote:*",
    # German
    "Am Di., 3. Nov. 2026 um 09:12 Uhr schrieb Ann Berg <ann@vale.example>:",
    "Am 03.11.2026 um 09:12 schrieb Ann Berg:",
    "Am 03.11.26 um 09:12 schrieb Ann Berg <ann@vale.example>:",
    "Am Dienstag, 3. November 2026, 09:12:33 MEZ hat Ann Berg <ann@vale.example> Folgendes geschrieben:",
    "Ann Berg <ann@vale.example> schrieb am Di., 3. Nov. 2026, 09:12:",
    "Zitat von Ann Berg <ann@vale.example>:",
    # French
    "Le mar. 3 nov. 2026 à 09:12, Ann Berg <ann@vale.example> a écrit :",
    "Le mar. 3 nov. 2026 à 09:12, Ann Berg <ann@vale.example> a écrit\u00a0:",
    "Le 03/11/2026 à 09:12, Ann Berg a écrit :",
    "Le 3 nov. 2026 à 09:12, Ann Berg <ann@vale.example> a écrit :",
    "Le mardi 3 novembre 2026 à 09:12:33 UTC+1, Ann Berg <ann@vale.example> a écrit :",
    # Spanish
    "El mar, 3 nov 2026 a las 9:12, Ann Berg (<ann@vale.example>) escribió:",
    "El 3/11/26 a las 9:12, Ann Berg escribió:",
    "El martes, 3 de noviembre de 2026 09:12:33 CET, Ann Berg <ann@vale.example> escribió:",
    # Italian
    "Il giorno mar 3 nov 2026 alle ore 09:12 Ann Berg <ann@vale.example> ha scritto:",
    "Il 03/11/2026 09:12, Ann Berg ha scritto:",
    "Il giorno 3 nov 2026, alle ore 09:12, Ann Berg <ann@vale.example> ha scritto:",
    # Dutch
    "Op di 3 nov 2026 om 09:12 schreef Ann Berg <ann@vale.example>:",
    "Op 03-11-2026 om 09:12 schreef Ann Berg:",
    "Op 3 nov. 2026 om 09:12 heeft Ann Berg <ann@vale.example> het volgende geschreven:",
    # Portuguese
    "Em ter., 3 de nov. de 2026 às 09:12, Ann Berg <ann@vale.example> escreveu:",
    "Em 03/11/2026 09:12, Ann Berg escreveu:",
    "No dia 3 de nov. de 2026, às 09:12, Ann Berg <ann@vale.example> escreveu:",
    # Polish
    "wt., 3 lis 2026 o 09:12 Ann Berg <ann@vale.example> napisał(a):",
    "W dniu 3.11.2026 o 09:12, Ann Berg pisze:",
    "Dnia 3 listopada 2026 09:12 Ann Berg <ann@vale.example> napisała:",
    "Wiadomość napisana przez Ann Berg <ann@vale.example> w dniu 3 lis 2026, o godz. 09:12:",
    # Swedish
    "Den tis 3 nov. 2026 kl 09:12 skrev Ann Berg <ann@vale.example>:",
    "tis 3 nov. 2026 kl. 09:12 skrev Ann Berg <ann@vale.example>:",
    "3 nov. 2026 kl. 09:12 skrev Ann Berg <ann@vale.example>:",
    "Den 2026-11-03 kl. 09:12, skrev Ann Berg:",
    "Den tis 3 nov. 2026 09:12Ann Berg <ann@vale.example> skrev:",
    # Danish and Norwegian
    "Den tirs. 3. nov. 2026 kl. 09.12 skrev Ann Berg <ann@vale.example>:",
    "tir. 3. nov. 2026 kl. 09:12 skrev Ann Berg <ann@vale.example>:",
    "Den 03.11.2026 09:12, skrev Ann Berg:",
    # Finnish
    "ti 3. marrask. 2026 klo 9.12 Ann Berg (ann@vale.example) kirjoitti:",
    "Ann Berg <ann@vale.example> kirjoitti 3.11.2026 kello 9.12:",
    # Japanese, Chinese, Korean
    "2026年11月3日(火) 9:12 Ann Berg <ann@vale.example>:",
    "2026/11/03 9:12、Ann Berg <ann@vale.example>のメール:",
    "2026年11月3日 9:12、Ann Berg <ann@vale.example>のメール：",
    "Ann Berg <ann@vale.example> 于2026年11月3日周二 09:12写道：",
    "在 2026年11月3日，上午9:12，Ann Berg <ann@vale.example> 写道：",
    '在 2026-11-03 09:12:33，"Ann Berg" <ann@vale.example> 写道：',
    "Ann Berg <ann@vale.example> 於 2026年11月3日 週二 上午9:12寫道：",
    "2026년 11월 3일 (화) 오전 9:12, Ann Berg <ann@vale.example>님이 작성:",
    # Russian, Ukrainian, Czech, Hungarian, Romanian, Turkish, Greek
    "вт, 3 нояб. 2026 г. в 09:12, Ann Berg <ann@vale.example>:",
    "03.11.2026 09:12, Ann Berg пишет:",
    "3 нояб. 2026 г., в 09:12, Ann Berg <ann@vale.example> написал(а):",
    "вт, 3 лист. 2026 р. о 09:12 Ann Berg <ann@vale.example> пише:",
    "út 3. 11. 2026 v 9:12 odesílatel Ann Berg <ann@vale.example> napsal:",
    "Ann Berg <ann@vale.example> ezt írta (időpont: 2026. nov. 3., K, 9:12):",
    "În mar., 3 nov. 2026 la 09:12, Ann Berg <ann@vale.example> a scris:",
    "Ann Berg <ann@vale.example>, 3 Kas 2026 Sal, 09:12 tarihinde şunu yazdı:",
    "Στις Τρί 3 Νοε 2026 στις 9:12 π.μ., ο/η Ann Berg <ann@vale.example> έγραψε:",
]

WRAPPED = [
    "On Tue, Nov 3, 2026 at 9:12 AM Ann Berg <\nann@vale.example> wrote:",
    "On Tue, Nov 3, 2026 at 9:12 AM Ann Berg <ann@vale.example>\nwrote:",
    "On Tue, Nov 3, 2026 at\n9:12 AM, Ann Berg <ann@vale.example> wrote:",
    "On Tue, Nov 3, 2026 at 9:12 AM Ann Berg\n<ann@vale.example>\nwrote:",
    "Am Di., 3. Nov. 2026 um 09:12 Uhr schrieb Ann Berg <\nann@vale.example>:",
    "Am Di., 3. Nov. 2026 um 09:12 Uhr\nschrieb Ann Berg <\nann@vale.example>:",
    "Le mar. 3 nov. 2026 à 09:12, Ann Berg <ann@vale.example> a\nécrit :",
    "El mar, 3 nov 2026 a las 9:12, Ann Berg (<ann@vale.example>)\nescribió:",
    "Il giorno mar 3 nov 2026 alle ore 09:12 Ann Berg <\nann@vale.example> ha scritto:",
    "Op di 3 nov 2026 om 09:12 schreef Ann Berg\n<ann@vale.example>:",
    "wt., 3 lis 2026 o 09:12 Ann Berg <ann@vale.example>\nnapisał(a):",
]


@pytest.mark.parametrize("line", [*ATTRIBUTIONS, *WRAPPED])
def test_an_attribution_above_a_quote_is_no_word_of_the_writer(line: str) -> None:
    body = f"That works for us.\n\n{line}\n\n> Does Friday suit you?\n> Ann\n"
    assert new_text(body, subject="Re: Friday").text == "That works for us."


@pytest.mark.parametrize("line", [*ATTRIBUTIONS, *WRAPPED])
def test_an_answer_below_the_quote_is_kept(line: str) -> None:
    body = f"{line}\n> Does Friday suit you?\n> Ann\n\nThat works for us.\n"
    assert new_text(body, subject="Re: Friday").text == "That works for us."


@pytest.mark.parametrize("line", [*ATTRIBUTIONS, *WRAPPED])
def test_what_stands_below_an_attribution_without_quote_marks_is_quoted(line: str) -> None:
    body = f"That works for us.\n{line}\n\nDoes Friday suit you?\n\nAnn\n"
    assert new_text(body, subject="Re: Friday").text == "That works for us."


@pytest.mark.parametrize(
    "line", ["On Tue, 3 Nov 2026 at 09:12, Ann <ann@vale.example> wrote:", "Ann Berg <ann@vale.example> wrote:"]
)
def test_the_writers_own_sentence_on_the_line_of_an_attribution_is_kept(line: str) -> None:
    assert new_text(f"Friday is fine. {line}\n\n> And?\n").text == "Friday is fine."


def test_a_sentence_right_above_a_short_attribution_is_kept() -> None:
    body = "I asked him on 5 May 2026.\nHe wrote:\n> Never.\n\nSo we wait."
    assert "I asked him on 5 May 2026." in new_text(body).text


def test_a_dated_sentence_right_above_an_attribution_is_kept() -> None:
    body = "Am 5.5.2026 passt es.\nAnn Berg <ann@vale.example> schrieb am 3.11.2026 09:12:\n> Passt es?\n"
    assert new_text(body).text == "Am 5.5.2026 passt es."


@pytest.mark.parametrize(
    "text",
    [
        "On your side, please check these:\n\n- the port\n- the cable",
        "On Monday I asked three people:\n\nnobody knew.",
        "As our lawyer wrote on 5 May 2026:\n\nthe clause is void.\n\nSo we take it out.",
        "Am Montag wollten wir Folgendes klären:\n\n1. Preis\n2. Termin",
        "Le point suivant reste ouvert :\n\nla date.",
        "Three things on 3 November 2026:\n\nprice, date, place.",
        "She wrote:\n\nplease wait.\n\nI would not.",
        "Meeting at 10:30, room 4:\n\nbring the contract.",
        "El plan para 2026:\n\nvender más.",
    ],
)
def test_a_sentence_that_ends_in_a_colon_is_no_attribution(text: str) -> None:
    assert new_text(text, subject="Re: Friday").text == text
