"""Sending: the rate with durable states, beside the same aiosmtplib without them, and a connection for each mail.

    python benchmarks/sending.py [--mails 400] [--sink]

Into a Postfix of its own on loopback, over STARTTLS (it needs root); without it, or with --sink, into a small server
that takes everything and keeps nothing, which is quicker than any real one. In the same run, four side by side each:
the worker's delivery, with each state on disk before the step that it names; aiosmtplib on kept connections;
aiosmtplib with a connection for each mail.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import os
import shutil
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import aiosmtplib

from worker.app.clock import SystemClock
from worker.app.delivery import Delivery
from worker.core.model import Address, Deal, DealId, Letter, Outbox, OutboxItem, Party
from worker.core.outbox import Go
from worker.io.smtp import Security, Sender, Submission
from worker.io.store import Store
from worker.mail.compose import compose

CERTIFICATE = Path(__file__).parents[1] / "tests" / "io" / "certificates" / "good.pem"
T = TypeVar("T")
WORKER = Address("deals@northlight.test")
SIDE_BY_SIDE = 4
ROUNDS = 5


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--mails", type=int, default=400)
    asked.add_argument("--sink", action="store_true")
    asked.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = asked.parse_args()
    if options.serve:
        asyncio.run(serve())
        return
    real = not options.sink and shutil.which("postfix") is not None and os.geteuid() == 0
    print("into Postfix" if real else "into a server that keeps nothing")
    with postfix() if real else sink() as port:
        rates = asyncio.run(measure(port, options.mails))
    ours, plain, single = rates["worker, durable"], rates["aiosmtplib, kept"], rates["aiosmtplib, one each"]
    for name, rate in rates.items():
        print(f"{name:<22} {rate:7,.0f} mails a second")
    print(f"worker beside kept connections without states: {ours / plain:.2f} (at least 0.5)")
    print(f"worker beside a connection for each mail:      {ours / single:.2f} (at least 5)")


async def measure(port: int, count: int) -> dict[str, float]:
    """Mails a second of each, the median of the rounds, which take turns."""
    ways: dict[str, Callable[[int, list[OutboxItem]], Awaitable[float]]] = {
        "worker, durable": durable, "aiosmtplib, kept": kept, "aiosmtplib, one each": one_each,
    }  # fmt: skip
    times: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(ROUNDS):
        for name, send in ways.items():
            items = [item(turn * count + number) for number in range(count)]
            times[name].append(await send(port, items))
    return {name: count / statistics.median(took) for name, took in times.items()}


# -- the ways ---------------------------------------------------------------------------


async def durable(port: int, items: list[OutboxItem]) -> float:
    """One mail in each deal, as in life."""
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "state") as store:
        for number, one in enumerate(items):
            store.commit(deal(number, one))
        submission = Submission(host="127.0.0.1", port=port, security=Security.STARTTLS)
        sender = Sender(submission, connections=SIDE_BY_SIDE, tls=trusting())
        delivery = Delivery(store, sender, lambda *_: Go(), SystemClock(), lambda *_: None)
        took = await side_by_side(store.ids(), delivery.deliver_due)
        await sender.close()
        assert all(deal.outbox[0].state is Outbox.ACCEPTED for deal in store.all())
    return took


async def kept(port: int, items: list[OutboxItem]) -> float:
    idle = [await connected(port) for _ in range(SIDE_BY_SIDE)]

    async def send(one: OutboxItem) -> None:
        client = idle.pop()
        await client.sendmail(one.envelope_from, list(one.envelope_to), one.data)
        idle.append(client)

    took = await side_by_side(items, send)
    for client in idle:
        await client.quit()
    return took


async def one_each(port: int, items: list[OutboxItem]) -> float:
    async def send(one: OutboxItem) -> None:
        client = await connected(port)
        await client.sendmail(one.envelope_from, list(one.envelope_to), one.data)
        await client.quit()

    return await side_by_side(items, send)


async def side_by_side(work: Iterable[T], do: Callable[[T], Awaitable[None]]) -> float:
    waiting = iter(work)

    async def lane() -> None:
        for one in waiting:
            await do(one)

    begin = time.perf_counter()
    await asyncio.gather(*(lane() for _ in range(SIDE_BY_SIDE)))
    return time.perf_counter() - begin


async def connected(port: int) -> aiosmtplib.SMTP:
    client = aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=True, tls_context=trusting())
    await client.connect()
    return client


def trusting() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(CERTIFICATE))


# -- what is sent -------------------------------------------------------------------------


def item(number: int) -> OutboxItem:
    letter = Letter(
        id=f"deal-{number}/thank-you", purpose="opening", template="client/thank-you",
        sender=Party(address=Address("marta@oakline.example"), name="Márta Őrsi"),
        to=(Party(address=Address("erin@brightwater.test"), name="Erin Bell"),), subject="Re: The cold store",
        body="Hello Erin,\n\nthank you, and welcome. On Monday Tom will ring you about the hall.\n\nMárta\n" * 4,
        send_at=datetime.now(UTC) - timedelta(minutes=1),
    )  # fmt: skip
    return compose(letter, key=b"k" * 32, worker=WORKER, now=letter.send_at, zone=ZoneInfo("UTC"))


def deal(number: int, one: OutboxItem) -> Deal:
    return Deal(id=DealId(f"deal-{number}"), ref=f"{number:07x}", owner=one.letter.sender, title="The cold store",
                created=one.letter.send_at, outbox=(one,))  # fmt: skip


# -- who takes it ---------------------------------------------------------------------------


@contextmanager
def postfix() -> Iterator[int]:
    """The port of the Postfix of the tests."""
    file = Path(__file__).parents[1] / "tests" / "servers" / "test_postfix.py"
    spec = importlib.util.spec_from_file_location("postfix_for_benchmarks", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    root = Path(tempfile.mkdtemp(prefix="sending-"))
    root.chmod(0o755)
    server = module.Postfix(root, *module.free_ports(3))
    try:
        server.configure()
        server.start()
        yield server.starttls
        server.stop()
    finally:
        shutil.rmtree(root)


@contextmanager
def sink() -> Iterator[int]:
    """The port of a server of ours, in a process of its own."""
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    child = subprocess.Popen([sys.executable, __file__, "--serve"], stdout=subprocess.PIPE, env=environ)
    assert child.stdout is not None
    try:
        yield int(child.stdout.readline())
    finally:
        child.terminate()
        child.wait()
        child.stdout.close()


async def serve() -> None:
    """Take everything, say the port first."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATE)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        while line := await reader.readline():
            match line[:4].upper():
                case b"EHLO":
                    writer.write(b"250-here\r\n250-SIZE 10000000\r\n250 STARTTLS\r\n")
                case b"STAR":
                    writer.write(b"220 go\r\n")
                    await writer.drain()
                    await writer.start_tls(context)
                case b"DATA":
                    writer.write(b"354 go\r\n")
                    await reader.readuntil(b"\r\n.\r\n")
                    writer.write(b"250 taken\r\n")
                case b"QUIT":
                    writer.write(b"221 bye\r\n")
                    break
                case _:
                    writer.write(b"250 ok\r\n")
        writer.close()

    listener = await asyncio.start_server(talk, "127.0.0.1", 0, limit=1 << 20)
    print(listener.sockets[0].getsockname()[1], flush=True)
    await listener.serve_forever()


if __name__ == "__main__":
    main()
