"""A TCP connection, made in a thread that nobody has to wait for."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import suppress


async def dial(host: str, port: int, seconds: float) -> socket.socket:
    """Connect to the first address of the host that answers; the socket does not block.

    The look-up of a name cannot be interrupted, and the interpreter waits for asyncio's own threads before it exits:
    behind a name server that keeps silent, the end of the worker would take as long as the resolver's patience. This
    thread is a daemon, and is left behind.

    Raises:
        OSError: there is no such host, or nobody answers; TimeoutError where it takes longer than `seconds`.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[socket.socket] = loop.create_future()

    def work() -> None:
        try:
            sock = socket.create_connection((host, port), seconds)
        except (OSError, UnicodeError) as error:  # a label of more than 63 letters is no UTF-8 error, but says so
            with suppress(RuntimeError):  # the loop is gone, and so is who waited
                loop.call_soon_threadsafe(_fail, done, error)
            return
        sock.setblocking(False)
        try:
            loop.call_soon_threadsafe(_hand_over, done, sock)
        except RuntimeError:
            sock.close()

    threading.Thread(target=work, name=f"dial {host}", daemon=True).start()
    async with asyncio.timeout(seconds):
        return await done


def _hand_over(done: asyncio.Future[socket.socket], sock: socket.socket) -> None:
    if done.done():
        sock.close()
    else:
        done.set_result(sock)


def _fail(done: asyncio.Future[socket.socket], error: Exception) -> None:
    if not done.done():
        done.set_exception(error if isinstance(error, OSError) else OSError(str(error)))
