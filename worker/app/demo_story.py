"""The demo's half year: who writes what to whom, and when. Only mails; what follows from them is the worker's to find."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/London")
WORKER = "deals@oakline.example"
OWNER = "Mara Lindqvist <mara@oakline.example>"
ENDS = datetime(2026, 7, 3, 12, 0, tzinfo=ZONE)
FIRM = """\
name: Oakline
postal_address: Oakline Ltd, 14 Tannery Row, Bristol
delivery:
  - {name: Tom Berger, address: tom@oakline.example, role: project lead}
"""
IDEAL = """\
person: somebody who runs a fleet of 30 to 150 lorries and plans the return trips by telephone
weights: {dangled_potential: 1, free_work: 2, bid_out: 3, blames_them: 2, close_second: 3, apology: 1, next_project: 2}
ask_owner_at: 8
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One mail of the story."""

    at: datetime
    key: str
    by: str
    to: str
    text: str
    subject: str = ""
    """ "" answers with Re: in the thread."""
    answers: str = ""
    """Key of the mail that it answers; "worker" for the worker's last mail to this person."""
    cc: str = ""
    bcc: bool = False
    """The owner has put the worker in BCC."""
    attached: str = ""
    auto: bool = False
    forged: bool = False
    """Sent by somebody who is not who the mail says."""


def _at(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=ZONE)


ERIK = "Erik Solberg <erik@haldenfreight.example>"
INES = "Ines Moreau <ines@moreaucold.example>"
PETRA = "Petra Vogel <petra@vogelhaulage.example>"
OWEN = "Owen Price <owen@pricejoinery.example>"
CHAD = "Chad Brenner <chad@brennergroup.example>"
LENA = "Lena Hartley <lena@hartleydairies.example>"
GREG = "Greg Tully <greg@tullyparcels.example>"
NADIA = "Nadia Karim <nadia@karimfoods.example>"
DOCUSIGN = "DocuSign NA4 System <dse_na4@docusign.net>"
PAYPAL = "PayPal <service@paypal.com>"
STRIPE = "Oakline via Stripe <notifications@stripe.com>"


def _completed(at: datetime, key: str, contact: str, document: str, *, forged: bool = False) -> Said:
    name, _, address = contact.rstrip(">").partition(" <")
    return Said(
        at=at, key=key, by=DOCUSIGN, to=OWNER, subject=f"Completed: {document}", bcc=True, forged=forged,
        text=f"Your document has been completed\n\nAll parties have completed {document}.\n\nSigners:\n"
        f"{name}\n{address}\n\nMara Lindqvist\nmara@oakline.example\n\nDo not share this email.",
    )  # fmt: skip


def _paid(at: datetime, key: str, contact: str, amount: str, invoice: str) -> Said:
    name, _, address = contact.rstrip(">").partition(" <")
    return Said(
        at=at, key=key, by=PAYPAL, to=OWNER, subject="You've got money", bcc=True,
        text=f"Hello Oakline,\n\nYou received a payment of £{amount} GBP from {name} ({address})\n\n"
        f"Transaction ID: 7XH{invoice}41K\nInvoice number: {invoice}\nStatus: Completed\n",
    )  # fmt: skip


STORY: tuple[Said, ...] = (
    # Erik: signed first, paid two weeks later; then he brings Ines.
    Said(at=_at(1, 6, 9, 40), key="erik-1", by=OWNER, to=ERIK, bcc=True, subject="Empty trips on the Felixstowe run",
         text="Hi Erik,\n\nyou said at the depot that every second lorry comes home from Felixstowe empty. Shall I show you "
              "how two fleets of your size cut that by a third?\n\nMara"),
    Said(at=_at(1, 7, 8, 20), key="erik-2", by=ERIK, to=OWNER, answers="erik-1",
         text="Yes please, that number hurts. What would it cost for 60 lorries, and could you come over next week?"),
    Said(at=_at(1, 12, 14, 5), key="erik-3", by=OWNER, to=ERIK, answers="erik-2", bcc=True, attached="Proposal Halden Freight.pdf",
         text="Hi Erik,\n\nhere is our proposal as discussed: the Felixstowe lanes first, for £9,200. Can we start on the "
              "1st?\n\nMara"),
    Said(at=_at(1, 14, 10, 30), key="erik-4", by=ERIK, to=OWNER, answers="erik-3",
         text="Went through it with our controller. We are happy with it as it stands, send me what I need to sign."),
    _completed(_at(1, 20, 11, 15), "erik-signed", ERIK, "Services Agreement Halden Freight"),
    _paid(_at(2, 3, 10, 10), "erik-paid", ERIK, "9,200.00", "2604"),
    Said(at=_at(2, 6, 9, 30), key="erik-5", by=ERIK, to=OWNER, cc=INES, answers="worker",
         text="Good timing. Mara, meet Ines Moreau, who runs Moreau Cold Storage and has the same headache that we had. "
              "Ines, Mara is the one I told you about. I'll leave you two to it."),
    Said(at=_at(2, 6, 15, 0), key="ines-1", by=OWNER, to=INES, bcc=True, answers="erik-5",
         text="Hi Ines,\n\nErik is very kind. Would Tuesday at ten suit you for a first call?\n\nMara"),
    Said(at=_at(2, 9, 9, 45), key="ines-2", by=INES, to=OWNER, answers="ines-1",
         text="Tuesday at ten is perfect. I'd like to see what you did for Erik, and what it would cost us."),
    # Petra: pays at once and signs afterwards.
    Said(at=_at(1, 26, 10, 0), key="petra-1", by=OWNER, to=PETRA, bcc=True, subject="Your spring schedule",
         attached="Proposal Vogel Haulage.pdf",
         text="Hi Petra,\n\nas agreed on the telephone, here is our proposal for the spring schedule, £4,800. Shall I reserve "
              "the second week of March?\n\nMara"),
    Said(at=_at(1, 28, 16, 20), key="petra-2", by=PETRA, to=OWNER, answers="petra-1",
         text="Please do reserve it. How soon could you send the invoice? I'd like to get it out of the way."),
    _paid(_at(2, 9, 13, 0), "petra-paid", PETRA, "4,800.00", "2611"),
    _completed(_at(2, 11, 15, 45), "petra-signed", PETRA, "Services Agreement Vogel Haulage"),
    # Owen: silent after the final proposal.
    Said(at=_at(1, 13, 9, 10), key="owen-1", by=OWEN, to=OWNER, subject="Delivery planning",
         text="Dear Mara, we are looking for somebody to sort out our delivery planning. What would you charge for a van "
              "fleet of twelve?"),
    Said(at=_at(1, 15, 11, 0), key="owen-2", by=OWNER, to=OWEN, bcc=True, answers="owen-1", attached="Proposal Price Joinery.pdf",
         text="Hi Owen,\n\nthank you for asking. Our proposal is attached: £2,900 for the twelve vans, done in four weeks. "
              "What do you think?\n\nMara"),
    # Chad: the whole cycle of a time-waster, twice.
    Said(at=_at(1, 8, 10, 0), key="chad-1", by=OWNER, to=CHAD, bcc=True, subject="Regional planning",
         text="Hi Chad,\n\nwould it be worth half an hour to look at your regional planning together?\n\nMara"),
    Said(at=_at(1, 8, 17, 30), key="chad-2", by=CHAD, to=OWNER, answers="chad-1",
         text="This could be huge. We have 50 sites and if this works you would get all of them. Could you put together a "
              "short concept for us by Friday, so that I have something to show? Nothing formal."),
    Said(at=_at(1, 16, 12, 0), key="chad-3", by=OWNER, to=CHAD, answers="chad-2", bcc=True, attached="Proposal Brenner Group.pdf",
         text="Hi Chad,\n\nthe concept and our proposal are attached. Shall we talk on Monday?\n\nMara"),
    Said(at=_at(2, 20, 9, 0), key="chad-4", by=CHAD, to=OWNER, answers="chad-3",
         text="So sorry for going quiet. Procurement insisted on putting your concept out to tender, my hands were tied. "
              "It was really close, you came in second. I wanted to use you. The next project is yours, I promise."),
    Said(at=_at(3, 24, 9, 30), key="chad-5", by=CHAD, to=OWNER, subject="The big one",
         text="Here it is, the big one I told you about, and you would own the whole region. Could you do another concept by "
              "Friday, free of charge of course? Ten pages will do."),
    Said(at=_at(5, 12, 14, 0), key="chad-6", by=CHAD, to=OWNER, subject="Round three",
         text="Mara! New year, new budget. Could you send me a fresh proposal for all 50 sites by tomorrow?"),
    # Lena: away for three weeks just after the proposal.
    Said(at=_at(3, 2, 10, 0), key="lena-1", by=LENA, to=OWNER, subject="Milk rounds",
         text="Hello Mara, Erik Solberg spoke well of you. Could you send me a quote for planning our milk rounds?"),
    Said(at=_at(3, 4, 10, 15), key="lena-2", by=OWNER, to=LENA, answers="lena-1", bcc=True, attached="Proposal Hartley Dairies.pdf",
         text="Hi Lena,\n\nwith pleasure, our proposal for the milk rounds is attached. Would a start after Easter suit "
              "you?\n\nMara"),
    Said(at=_at(3, 4, 10, 16), key="lena-away", by=LENA, to=OWNER, subject="Automatic reply: Milk rounds", auto=True,
         answers="lena-2", text="Thank you for your mail. I am out of the office until 30 March 2026 and will read it when I am back."),
    Said(at=_at(4, 9, 9, 5), key="lena-3", by=LENA, to=OWNER, answers="worker",
         text="Thank you for waiting. Number one: it is right, the board only has to see it. Let's talk on Thursday."),
    # Greg wants no more mail.
    Said(at=_at(2, 16, 9, 0), key="greg-1", by=OWNER, to=GREG, bcc=True, subject="Parcel routes",
         text="Hi Greg,\n\nwe plan parcel routes for firms like yours. Is that something you would like to hear about?\n\nMara"),
    Said(at=_at(2, 16, 12, 40), key="greg-2", by=GREG, to=OWNER, answers="greg-1",
         text="Please take me off your list and do not contact me again."),
    # Nadia: somebody forges the signature.
    Said(at=_at(4, 13, 9, 30), key="nadia-1", by=NADIA, to=OWNER, subject="Cold chain",
         text="Hello Mara, how much would you charge for planning our cold chain, and how soon could you begin?"),
    Said(at=_at(4, 15, 9, 0), key="nadia-2", by=OWNER, to=NADIA, answers="nadia-1", bcc=True, attached="Proposal Karim Foods.pdf",
         text="Hi Nadia,\n\nour proposal is attached, £6,400. Shall we go through it on Friday?\n\nMara"),
    _completed(_at(4, 16, 3, 12), "nadia-forged", NADIA, "Services Agreement Karim Foods", forged=True),
    Said(at=_at(4, 17, 10, 0), key="nadia-3", by=NADIA, to=OWNER, answers="nadia-2",
         text="Friday works. I have two questions on page three. Could you also tell us what happens in the summer peak?"),
    Said(at=_at(4, 17, 15, 30), key="nadia-4", by=OWNER, to=NADIA, answers="nadia-3", bcc=True,
         text="Hi Nadia,\n\nboth answered in the call just now; the summer peak is included. I look forward to your "
              "decision.\n\nMara"),
    # The client speaks well of us.
    Said(at=_at(2, 24, 11, 0), key="petra-3", by=PETRA, to=OWNER, answers="worker",
         text="Gladly: we chose you because you were the only ones who asked what our drivers think. Feel free to quote me."),
)  # fmt: skip
