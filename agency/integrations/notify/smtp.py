"""Mails by SMTP: STARTTLS or TLS from the start, in the clear only to this machine; one connection a batch."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from agency.integrations.notify.message import BadMail, build_message, sender_address
from agency.integrations.notify.port import OutgoingMail

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_PORTS = {"smtp": 587, "smtps": 465}
_GOING_AWAY = 421  # the server closes the connection (RFC 5321, 3.8)


@dataclass(frozen=True)
class SmtpServer:
    """Where mails are handed over. `tls_first` = smtps; otherwise STARTTLS, which only this machine may do without."""

    host: str
    port: int
    tls_first: bool
    user: str = ""
    password: str = field(default="", repr=False)

    @property
    def on_this_machine(self) -> bool:
        """True for a loopback address."""
        return self.host in _LOOPBACK


def parse_smtp_url(url: str) -> SmtpServer:
    """smtp://user:password@host:587 or smtps://host; user and password percent-encoded. Raises ValueError."""
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("an SMTP address starts with smtp:// or smtps:// and names a host")
    return SmtpServer(
        parts.hostname,
        parts.port or _PORTS[parts.scheme],
        parts.scheme == "smtps",
        unquote(parts.username or ""),
        unquote(parts.password or ""),
    )


class SmtpPost:
    """Delivers through one server."""

    def __init__(self, server: SmtpServer, sender: str, timeout: float) -> None:
        """`timeout` is in seconds, for connecting and for each answer of the server."""
        self._server, self._sender, self._timeout = server, sender, timeout

    def deliver(self, mails: Sequence[OutgoingMail]) -> Iterator[tuple[OutgoingMail, str]]:
        """One after the other. A lost connection is opened again for the next mail; none at all fails the rest."""
        line: smtplib.SMTP | None = None
        try:
            for place, mail in enumerate(mails):
                if line is None:
                    try:
                        line = self._connect()
                    except OSError as error:  # SMTPException is one too
                        yield from ((left, f"no connection: {_reason(error)}") for left in mails[place:])
                        return
                problem, line = self._hand_over(line, mail)
                yield mail, problem
        finally:
            _close(line)

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        if server.tls_first:
            context = ssl.create_default_context()
            line: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=self._timeout, context=context
            )
        else:
            line = smtplib.SMTP(server.host, server.port, timeout=self._timeout)
        try:
            if not server.tls_first and not server.on_this_machine:
                # Raises when the server does not offer it: a password or a link never travels in the clear.
                line.starttls(context=ssl.create_default_context())
            if server.user:
                line.login(server.user, server.password)
        except BaseException:
            line.close()
            raise
        return line

    def _hand_over(self, line: smtplib.SMTP, mail: OutgoingMail) -> tuple[str, smtplib.SMTP | None]:
        """The problem, and the connection while it can still be used."""
        try:
            message = build_message(mail, self._sender)
            line.send_message(message, sender_address(self._sender), [mail.recipient])
        except BadMail as error:
            return str(error), line
        except smtplib.SMTPServerDisconnected as error:
            line.close()
            return f"connection lost: {_reason(error)}", None
        except smtplib.SMTPException as error:
            # The transaction was reset by smtplib; a server that goes away has closed the connection.
            if _code(error) == _GOING_AWAY:
                line.close()
                return _reason(error), None
            return _reason(error), line
        except OSError as error:
            _close(line)
            return f"connection lost: {_reason(error)}", None
        return "", line


def _code(error: Exception) -> int:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return int(next(iter(error.recipients.values()))[0])
    return int(error.smtp_code) if isinstance(error, smtplib.SMTPResponseException) else 0


def _reason(error: Exception) -> str:
    """The kind of failure and the server's code; its text may repeat the recipient and is left out."""
    code = _code(error)
    return f"{type(error).__name__} {code}" if code else type(error).__name__


def _close(line: smtplib.SMTP | None) -> None:
    if line is not None:
        with suppress(OSError):
            line.quit()
        line.close()
