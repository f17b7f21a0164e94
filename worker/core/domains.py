"""What stands behind the @: a company, strangers at one free-mail host, a machine, a service."""

from __future__ import annotations

FREE_MAIL = frozenset({
    "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "hotmail.co.uk", "hotmail.de", "hotmail.fr", "live.com",
    "live.de", "live.nl", "msn.com", "yahoo.com", "yahoo.co.uk", "yahoo.de", "yahoo.fr", "yahoo.es", "yahoo.it", "ymail.com",
    "rocketmail.com", "aol.com", "icloud.com", "me.com", "mac.com", "gmx.de", "gmx.net", "gmx.at", "gmx.ch", "gmx.com",
    "web.de", "t-online.de", "freenet.de", "posteo.de", "mailbox.org", "proton.me", "protonmail.com", "pm.me", "tutanota.com",
    "tuta.com", "fastmail.com", "fastmail.fm", "hey.com", "zoho.com", "mail.com", "mail.ru", "yandex.ru", "yandex.com",
    "orange.fr", "wanadoo.fr", "free.fr", "laposte.net", "sfr.fr", "bbox.fr", "libero.it", "virgilio.it", "tiscali.it",
    "alice.it", "ziggo.nl", "kpnmail.nl", "xs4all.nl", "planet.nl", "hetnet.nl", "telenet.be", "skynet.be", "bluewin.ch",
    "btinternet.com", "sky.com", "talktalk.net", "virginmedia.com", "ntlworld.com", "comcast.net", "verizon.net", "att.net",
    "sbcglobal.net", "bellsouth.net", "cox.net", "charter.net", "earthlink.net", "shaw.ca", "rogers.com", "bigpond.com",
    "optusnet.com.au", "qq.com", "163.com", "126.com", "naver.com", "daum.net", "rediffmail.com", "wp.pl", "o2.pl", "onet.pl",
    "seznam.cz", "terra.com.br", "uol.com.br", "bol.com.br", "telia.com", "online.no", "mail.dk", "sapo.pt",
})  # fmt: skip
"""Domains at which strangers live next door: they are never a company."""
_MACHINES = ("noreply", "no-reply", "donotreply", "do-not-reply", "mailer-daemon", "postmaster", "bounce", "notification",
             "notifications", "dse", "dse_na2", "dse_na3", "dse_na4", "adobesign", "echosign")  # fmt: skip


def company_of(address: str) -> str:
    """The domain that stands for a company, "" for a free-mail domain."""
    domain = address.rpartition("@")[2]
    return "" if domain in FREE_MAIL else domain


def is_machine(address: str) -> bool:
    """Whether nobody reads what is sent there."""
    return address.partition("@")[0].partition("+")[0].lower() in _MACHINES


def is_below_any(domain: str, known: frozenset[str]) -> bool:
    """Whether a domain is one of these or lies below one."""
    while "." in domain:
        if domain in known:
            return True
        domain = domain.partition(".")[2]
    return False
