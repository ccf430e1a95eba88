"""Hands a mail to an SMTP server. Knows SMTP and the form of a mail; must not know rows, nor when to try again.

Each mail has a connection of its own: at a county's pace that costs nothing, and no mail suffers from what another one did to it.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from typing import Any
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from booking.config import Settings, logger
from booking.errors import Misconfigured
from booking.services.letters import one_line
from booking.services.outbox import Mail, NotSent, Send

# Seconds. Up to nine answers before the mail and one after it, and four to the mail itself, stay together below `outbox.LEASE`.
_STEP = 8
_TAKING = 30
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_CALENDAR_NAME = "varaus.ics"
_STARTTLS = frozenset({"offered", "always", "never"})
# The form of one address. Python's parser knows the rest, but falls over its own feet where there is nothing to parse.
_ADDRESS = re.compile(r"[^\s@<>()\[\]\\,;:\"]+@[^\s@<>()\[\]\\,;:\"]+")


class _WholeIds(EmailPolicy):
    """Folds as RFC 5322 has it, but for Message-ID: ours is longer than 78 characters, and not all servers unfold it well."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        """The header as it goes out."""
        if name == "Message-ID":
            return f"{name}: {value}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


def sender(settings: Settings) -> Send | None:
    """How mails go out by these settings; None: they don't, and wait.

    A demo without a server is content with having written them: they are shown at /demo/mails. Raises Misconfigured.
    """
    if settings.smtp_url:
        return smtp_sender(settings)
    return _keep_in_demo if settings.demo else None


def smtp_sender(settings: Settings) -> Send:
    """Send by the server of YHTEISTILA_SMTP_URL: `smtps://` in TLS, `smtp://` with STARTTLS where the server offers it.

    `?starttls=always` refuses to go on without, `?starttls=never` does not ask. A password is never sent in the clear, except to
    this machine. Certificates are always checked. Raises Misconfigured.
    """
    server, starttls = _understood(settings.smtp_url)

    def send(mail: Mail) -> None:
        message = as_message(mail, settings.mail_from)
        try:
            with _connection(server, starttls) as smtp:
                smtp.send_message(message, settings.mail_from, [_envelope(message)])
        except (smtplib.SMTPException, OSError, UnicodeError) as error:
            raise NotSent(f"{type(error).__name__}: {error}", _is_refusal(error)) from error

    return send


def _understood(url: str) -> tuple[SplitResult, str]:
    """The server, and whether STARTTLS is asked for: always, never, or where offered."""
    server = urlsplit(url)
    starttls = parse_qs(server.query).get("starttls", ["offered"])[-1]
    try:
        is_known = starttls in _STARTTLS and server.port != 0
    except ValueError:
        is_known = False
    if not is_known:
        raise Misconfigured(
            "YHTEISTILA_SMTP_URL must be smtp://USER:PASSWORD@HOST:PORT; ?starttls= may be offered, always or never."
        )
    if server.scheme == "smtp" and server.username and server.hostname not in _LOOPBACK:
        if starttls == "never":
            raise Misconfigured(
                "YHTEISTILA_SMTP_URL would send the mail server's password in the clear. Use smtps:// or ?starttls=always."
            )
        starttls = "always"
    return server, starttls


def as_message(mail: Mail, mail_from: str) -> EmailMessage:
    """The mail as it goes out; raises NotSent as refused when its address can't be one.

    Auto-Submitted (RFC 3834) keeps holiday answers from coming back. The date is when it was written, also at a later try.
    """
    # Seven bits: not every server on the way takes eight.
    message = EmailMessage(policy=_WholeIds(linesep="\r\n", cte_type="7bit"))
    if not _ADDRESS.fullmatch(mail.recipient):
        raise NotSent("the address can't be one", is_refusal=True)
    try:
        message["From"] = Address("Yhteistila", addr_spec=mail_from)
        message["To"] = Address(
            one_line(mail.recipient_name), addr_spec=_ascii_host(mail.recipient)
        )
    except (ValueError, MessageError) as error:
        raise NotSent(
            f"the address can't be one: {type(error).__name__}", is_refusal=True
        ) from error
    message["Subject"] = one_line(mail.subject)
    message["Date"] = format_datetime(mail.created_at)
    message["Message-ID"] = mail.message_id
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.body, charset="utf-8")
    if mail.html is not None:
        message.add_alternative(mail.html, subtype="html", charset="utf-8")
    if mail.calendar is not None:
        # RFC 6047 2.4: the method parameter says what METHOD within says.
        message.add_attachment(
            mail.calendar.encode(), maintype="text", subtype="calendar", filename=_CALENDAR_NAME
        )
        attached = list(message.iter_attachments())[-1]
        attached.set_param("method", "PUBLISH")
        attached.set_param("charset", "utf-8")
    message["Content-Language"] = mail.locale
    return message


def _ascii_host(address: str) -> str:
    """The address with the name of its host as DNS has it (RFC 5891); UnicodeError, a ValueError, when that can't be."""
    local, at, host = address.rpartition("@")
    return f"{local}{at}{host.encode('idna').decode('ascii')}"


def _envelope(message: EmailMessage) -> str:
    [address] = message["To"].addresses
    text: str = address.addr_spec
    return text


@contextmanager
def _connection(server: SplitResult, starttls: str) -> Iterator[smtplib.SMTP]:
    """A connection ready for mail, closed afterwards."""
    smtp = _reached(server)
    try:
        smtp.ehlo_or_helo_if_needed()
        is_offered = starttls == "offered" and smtp.has_extn("starttls")
        if server.scheme == "smtp" and (is_offered or starttls == "always"):
            smtp.starttls(context=ssl.create_default_context())
        if server.username:
            smtp.login(unquote(server.username), unquote(server.password or ""))
        if smtp.sock is not None:
            # A server may look for viruses before it answers; to give up sooner would send the mail twice.
            smtp.sock.settimeout(_TAKING)
        yield smtp
    finally:
        # After the server's yes the mail is out, however rudely it takes its leave.
        with suppress(smtplib.SMTPException, OSError):
            if smtp.sock is not None:
                smtp.sock.settimeout(_STEP)
            smtp.quit()


def _reached(server: SplitResult) -> smtplib.SMTP:
    host = server.hostname or ""
    if server.scheme == "smtps":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(host, server.port or 465, timeout=_STEP, context=context)
    return smtplib.SMTP(host, server.port or 25, timeout=_STEP)


def _is_refusal(error: smtplib.SMTPException | OSError | UnicodeError) -> bool:
    """Whether the server has said for good that this mail will not be taken (5yz to its recipient or its content).

    All else is about the server, not the mail: no connection, no TLS, no sign-in, a sender it doesn't like, "come back later".
    """
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    if isinstance(error, smtplib.SMTPNotSupportedError):
        # An address with letters beyond ASCII, and a server that knows only ASCII.
        return True
    return isinstance(error, smtplib.SMTPDataError) and error.smtp_code >= 500


def _keep_in_demo(mail: Mail) -> None:
    logger.info("mail_kept_in_demo", mail_id=mail.id)
