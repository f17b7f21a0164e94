"""Edited files are taken up by a running worker; broken ones are not, and the owner hears of them once."""

from __future__ import annotations


def test_an_edit_takes_effect_and_a_broken_one_never_does(firm, wait_until):
    worker = firm.run()
    worker.says("read to the end")
    book = firm.home / "playbooks" / "thanks.yaml"
    good = book.read_text("utf-8")

    book.write_text(good.replace("name: Thanks", "name: Warm thanks"), "utf-8")
    worker.says("thanks.yaml edited", "are used from now on")

    book.write_text(good.replace("deal becomes client", "deal becomes cleint"), "utf-8")
    worker.says("what was read before goes on", "thanks.yaml:5:9:")
    wait_until(lambda: firm.house.sent("marta@oakline.example"), lambda: worker.log)

    # The one that was read before goes on.
    firm.offer()
    firm.close_deal()
    wait_until(lambda: [deal for deal in firm.deals() if deal.runs], lambda: worker.log)
    assert worker.stop() == 0
    (mail,) = [mail for mail in firm.house.sent("marta@oakline.example") if b"cannot be used" in mail]
    assert b"thanks.yaml:5:9" in mail.replace(b"=\r\n", b"")
