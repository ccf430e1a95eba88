"""A real SMTP server within the test's process, with named behaviours. Knows SMTP; nothing of our rows."""

from __future__ import annotations

import asyncio
import email
import email.policy
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

# Made anew for each run: no key lies in the repository.
_AUTHORITY = trustme.CA()

# What a server answers to the end of a mail's data; it may do something rude before it does.
Behaviour = Callable[["Inbox", SMTP], str]


def takes(_inbox: Inbox, _server: SMTP) -> str:
    """Take the mail."""
    return "250 OK"


def is_busy(inbox: Inbox, _server: SMTP) -> str:
    """Say "later", and keep nothing."""
    inbox.mails.pop()
    return "451 4.7.1 Greylisted, try again later"


def refuses(inbox: Inbox, _server: SMTP) -> str:
    """Say no to the mail, and keep nothing."""
    inbox.mails.pop()
    return "554 5.7.1 We do not like it"


def loses_its_answer(_inbox: Inbox, server: SMTP) -> str:
    """Take the mail, and hang up before the answer is out."""
    assert server.transport is not None
    server.transport.close()
    return "250 OK"


class Inbox:
    """The server's side: what came, and how it behaves next. Behaviours are used up in turn, then it takes."""

    def __init__(self, *behaviours: Behaviour) -> None:
        self.behaviours = list(behaviours)
        self.mails: list[EmailMessage] = []
        self.envelopes: list[tuple[str | None, list[str]]] = []
        self.unknown: set[str] = set()
        self.is_rude_at_goodbye = False

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        """Know nobody of `unknown`."""
        if address in self.unknown:
            return "550 5.1.1 No such user here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        """Take the mail, then behave."""
        assert isinstance(envelope.content, bytes)
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.mails.append(message)
        self.envelopes.append((envelope.mail_from, envelope.rcpt_tos))
        behave = self.behaviours.pop(0) if self.behaviours else takes
        return behave(self, server)

    async def handle_QUIT(self, server: SMTP, _session: Session, _envelope: Envelope) -> str:
        """Say goodbye."""
        if self.is_rude_at_goodbye:
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
        return "221 Bye"


class MailServer(Controller):
    """An SMTP server on a free port of this machine; a context manager."""

    def __init__(self, inbox: Inbox, **smtp: Any) -> None:
        super().__init__(inbox, hostname="127.0.0.1", port=0, **smtp)

    def __enter__(self) -> MailServer:
        """Start it."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        self.stop()

    def _trigger_server(self) -> None:
        # Only now is it known which port 0 became.
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


def tls() -> ssl.SSLContext:
    """The server's side of TLS, with a certificate that only this run's own authority vouches for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _AUTHORITY.issue_cert("localhost").configure_cert(context)
    return context


def write_authority(path: Path) -> None:
    """Write what a machine must trust to trust `tls()`."""
    _AUTHORITY.cert_pem.write_to_path(str(path))


def lets_in(name: str, password: str) -> Callable[..., AuthResult]:
    """An authenticator that knows one account."""

    def authenticate(
        _server: Any, _session: Any, _envelope: Any, _mechanism: Any, given: Any
    ) -> AuthResult:
        known = (given.login, given.password) == (name.encode(), password.encode())
        return AuthResult(success=known)

    return authenticate
