"""Those who only waste time: the pattern, the owner's word, silence or a good-bye, and the day they come back."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from worker.core.model import Action, Stage

GUS = "Gus Hartigan <gus@hartigangroup.example>"
GUSS = "gus@hartigangroup.example"
QUIET, POLITE = "yes", "yes, drop-off"


def _first_round(story, at):
    """Great hopes, a concept for nothing, the offer, and then nobody for seven weeks."""
    first = story.owner(at(1, 7), GUS, "Hi Gus,\n\nshall we look at your kilns together?\n\nRosa")
    story.contact(
        at(1, 8), GUS, "Hi Rosa,\n\nthis could become huge, we run 40 kilns in nine states and you would get all of them. "
        "Could you put together a short concept for us, free of charge of course?\n\nGus", answers=first,
    )  # fmt: skip
    story.owner(at(1, 14), GUS, "Hi Gus,\n\nattached is our final proposal: $18,000 for the first plant. What do you "
                "think?\n\nRosa", answers=first, tag="proposal")  # fmt: skip
    return first


def _second_round(story, at, first):
    """The apology, the tender, the close second, and the next big one."""
    story.contact(
        at(3, 5), GUS, "Hi Rosa,\n\nso sorry for going quiet. Procurement put your concept out to tender, my hands were "
        "tied. It was really close, you came in second. I wanted to use you.\n\nGus", answers=first,
    )  # fmt: skip
    story.contact(
        at(4, 9), GUS, "Hi Rosa,\n\nhere is the next project, and this one is yours. Could you do another concept by "
        "Friday, unpaid for now?\n\nGus", answers=first,
    )  # fmt: skip


def _wasted(story, at):
    first = _first_round(story, at)
    _second_round(story, at, first)
    return first


def _asked(story):
    return [row.decision for row in story.told(GUSS, Action.ASK) if "time-waster" in row.decision.why]


def _given_up(story, at, answer=QUIET):
    first = _wasted(story, at)
    story.to_worker(at(4, 14), f"{answer}\n", subject="Re: Stop giving time to Gus Hartigan?", answers=first)
    return first


# -- the pattern -----------------------------------------------------------------------


def test_the_owner_is_asked_with_the_quotes_once_the_cycle_has_begun_again(story, at):
    _wasted(story, at)
    story.live(date(2025, 4, 11))
    asked = _asked(story)
    assert asked
    assert len(asked[-1].found_in) >= 2
    question = [one for one in story.deal_of(GUSS).questions if one.kind == "disqualify"][-1]
    assert "mails of yours" in question.text or "mail of yours" in question.text
    assert "no signature and no money" in question.text
    assert len({item.event for item in question.evidence}) > 2
    assert all(item.quote for item in question.evidence)


def test_one_round_of_hopes_and_a_silent_offer_asks_nothing_yet(story, at):
    _first_round(story, at)
    story.live(date(2025, 3, 1))
    assert _asked(story) == []


def test_nobody_is_thrown_out_without_the_owners_yes(story, at):
    _wasted(story, at)
    story.live(date(2025, 8, 1))
    assert story.deal_of(GUSS).stage is not Stage.DISQUALIFIED


def test_a_busy_friend_who_apologizes_and_signs_is_never_put_to_the_owner(story, at):
    first = _first_round(story, at)
    story.contact(at(3, 5), GUS, "Hi Rosa,\n\nso sorry for the silence, we had the flood. Send me the agreement, we "
                  "go ahead.\n\nGus", answers=first)  # fmt: skip
    story.signed(at(3, 7), "Gus Hartigan\n    gus@hartigangroup.example")
    story.paid(at(3, 10), "Gus Hartigan (gus@hartigangroup.example)", "$18,000.00")
    story.live(date(2025, 4, 30))
    assert _asked(story) == []


def test_friendly_questions_alone_are_no_pattern_and_no_progress(story, at):
    first = story.owner(at(1, 7), GUS, "Hi Gus,\n\nshall we look at your kilns together?\n\nRosa")
    for number in range(12):
        day = at(1, 8) + timedelta(days=5 * number)
        story.contact(day, GUS, f"Hi Rosa,\n\ngreat talk! How would you fire batch {number}?\n\nGus", answers=first)
        story.owner(day + timedelta(hours=3), GUS, "Hi Gus,\n\nslowly, and cool it overnight.\n\nRosa", answers=first)
    story.live(date(2025, 4, 1))
    assert _asked(story) == []
    assert story.deal_of(GUSS).stage is Stage.ENGAGED


def test_after_a_no_the_owner_is_left_in_peace_about_them(story, at):
    first = _wasted(story, at)
    story.to_worker(at(4, 14), "no\n", subject="Re: Stop giving time to Gus Hartigan?", answers=first)
    story.live(date(2025, 6, 30))
    assert not [row for row in _asked(story) if row.at > at(4, 14)]


# -- the owner's yes -------------------------------------------------------------------


def test_on_yes_every_sequence_stops_and_nobody_hears_of_it(story, at):
    _given_up(story, at)
    story.live(date(2025, 9, 1))
    assert story.deal_of(GUSS).stage is Stage.DISQUALIFIED
    assert not [moment for moment in story.sent(GUSS) if moment > at(4, 14)]


def test_an_open_offer_becomes_a_task_to_withdraw_it(story, at):
    _given_up(story, at)
    story.live(date(2025, 4, 30))
    told = [row.decision for row in story.told(GUSS, Action.TASK) if row.decision.at >= at(4, 14)]
    assert [row.step for row in told if row.playbook == "disqualify"] == ["withdraw"]


@pytest.mark.parametrize("answer", [POLITE, "Yes, but tell them politely", "ja, mit Absage", "oui, un au revoir poli"])
def test_a_polite_good_bye_goes_once_where_the_owner_wants_it(story, at, answer):
    _given_up(story, at, answer)
    story.live(date(2025, 9, 1))
    after = [row.decision for row in story.rows if row.decision.action is Action.SEND and row.decision.at > at(4, 14)]
    assert [row.purpose for row in after if GUSS in row.to] == ["drop_off"]
    assert not [row for row in story.told(GUSS, Action.TASK) if row.decision.step == "withdraw"]


@pytest.mark.parametrize("answer", [QUIET, "yes, silently", "yes, no drop-off please", "ja, ohne Absage"])
def test_silence_is_preselected(story, at, answer):
    _given_up(story, at, answer)
    story.live(date(2025, 9, 1))
    assert not [moment for moment in story.sent(GUSS) if moment > at(4, 14)]


def test_the_tag_gives_somebody_up_without_being_asked(story, at):
    first = _first_round(story, at)
    story.owner(at(1, 20), GUS, "Hi Gus,\n\nI leave it there.\n\nRosa", answers=first, tag="disqualify")
    story.live(date(2025, 6, 1))
    assert story.deal_of(GUSS).stage is Stage.DISQUALIFIED
    assert not [moment for moment in story.sent(GUSS) if moment > at(1, 20)]


# -- coming back -----------------------------------------------------------------------


def _back(story, at, moment, text="Hi Rosa,\n\na new year, a new budget. Could you send me a fresh proposal?\n\nGus", **more):
    return story.contact(moment, more.pop("sender", GUS), text, subject=more.pop("subject", "Round three"), **more)


def test_one_polite_decline_when_they_come_back_and_none_within_the_cooldown(story, at):
    _given_up(story, at)
    for day in (10, 11, 16):
        _back(story, at, at(6, day))
    story.live(date(2025, 9, 30))
    (declined,) = story.sent(GUSS, "decline")
    assert at(6, 10) < declined < at(6, 13)


def test_after_the_cooldown_one_more_decline_may_go(story, at):
    _given_up(story, at)
    _back(story, at, at(6, 10))
    _back(story, at, at(2, 10, year=2026))
    story.live(date(2026, 3, 31))
    assert len(story.sent(GUSS, "decline")) == 2


def test_an_automatic_mail_of_theirs_is_never_declined(story, at):
    _given_up(story, at)
    story.away(at(6, 10), GUS, "I am out of the office until 20 June 2025.")
    story.live(date(2025, 9, 1))
    assert story.sent(GUSS, "decline") == []


def test_a_last_word_that_answers_the_good_bye_is_not_declined(story, at):
    first = _given_up(story, at, POLITE)
    story.contact(at(4, 17), GUS, "Understood, Rosa. All the best to you.\n\nGus", answers=first)
    story.live(date(2025, 6, 1))
    assert story.purposes(GUSS).count("decline") == 0


def test_a_return_does_not_bring_them_back_into_the_pipeline(story, at):
    _given_up(story, at)
    _back(story, at, at(6, 10))
    story.live(date(2025, 9, 1))
    assert story.deal_of(GUSS).stage is Stage.DISQUALIFIED


def test_money_in_advance_is_a_way_back_that_the_owner_decides(story, at):
    _given_up(story, at)
    story.paid(at(6, 10), "Gus Hartigan (gus@hartigangroup.example)", "$18,000.00")
    story.live(date(2025, 6, 30))
    asked = [row.decision for row in story.told(GUSS, Action.ASK) if "way back" in row.decision.why]
    assert len(asked) == 1
    assert story.sent(GUSS, "decline") == []


def test_somebody_new_of_theirs_who_writes_is_not_declined_but_put_to_the_owner(story, at):
    _given_up(story, at)
    _back(story, at, at(6, 10), sender="Ida Hartigan <ida@hartigangroup.example>", subject="Re: The kiln schedule",
          text="Dear Rosa,\n\nI run the plants since May. Could we talk about the kilns?\n\nIda")  # fmt: skip
    story.live(date(2025, 6, 30))
    assert [row for row in story.told(GUSS, Action.ASK) if "way back" in row.decision.why]
    assert story.sent(purpose="decline") == []


def test_the_owner_takes_them_back_by_a_yes(story, at):
    first = _given_up(story, at)
    story.paid(at(6, 10), "Gus Hartigan (gus@hartigangroup.example)", "$18,000.00")
    story.to_worker(at(6, 11), "yes\n", subject="Re: Take Gus Hartigan back?", answers=first)
    story.live(date(2025, 6, 30))
    assert story.deal_of(GUSS).stage is not Stage.DISQUALIFIED


def test_requalify_takes_them_back(story, at):
    first = _given_up(story, at)
    story.owner(at(6, 10), GUS, "Hi Gus,\n\nlet us try again.\n\nRosa", answers=first, tag="requalify")
    story.live(date(2025, 6, 12))
    assert story.deal_of(GUSS).stage is Stage.ENGAGED
