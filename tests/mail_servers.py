"""A real SMTP server on a loopback port, for as long as a test asks."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class MailServer:
    """Takes every mail, except for recipients in `refused`; `peers` are the connections that brought some."""

    def __init__(self) -> None:
        self.port = 0
        self.taken: list[Envelope] = []
        self.peers: set[Any] = set()
        self.refused: set[str] = set()

    async def handle_RCPT(  # noqa: N802 - aiosmtpd looks for this name
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Asked for each recipient."""
        self.peers.add(session.peer)
        if address in self.refused:
            return f"550 no such mailbox <{address}>"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - the same
        """Asked once the text is there."""
        self.taken.append(envelope)
        return "250 OK"


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """Starts a server and stops it at the end."""
    server = MailServer()
    server.port = free_port()
    controller = _Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(_hang_up(controller.lines), controller.loop).result(5)
        controller.stop()


class _Controller(Controller):
    """Remembers its connections: stopping the loop alone would leave open what has not heard the client's goodbye."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.lines: list[SMTP] = []

    def factory(self) -> SMTP:
        line: SMTP = super().factory()
        self.lines.append(line)
        return line


async def _hang_up(lines: list[SMTP]) -> None:
    for line in lines:
        if line.transport is not None:
            line.transport.abort()
    await asyncio.sleep(0)  # the loop closes the sockets in its next round


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
