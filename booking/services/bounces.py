"""Mail that came back: reads a delivery status notification (RFC 3464) and marks our mail as failed. Knows no server.

Anybody can write such a notification. Believed is only one that returns the Message-ID of a mail of ours, which but for us and
the servers on its way only its reader knows; nothing else in it is looked up. So the worst that a forger can do is to
mark a mail to themselves as undelivered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from email.message import Message
from email.parser import BytesParser, HeaderParser
from email.policy import compat32
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.models import OutboxMessage
from booking.services.letters import one_line

LARGEST = 1024 * 1024  # bytes; a notification returns headers, or one mail of ours
Bounce = Literal["marked", "known", "temporary", "not_ours"]
_MESSAGE_ID = re.compile(r"\s*(<[^<>\s]{1,198}>)\s*")
# RFC 3463: class 5 is for good; 4 means that the server goes on trying by itself.
_FOR_GOOD = re.compile(r"5\.\d{1,3}\.\d{1,3}")
_LONGEST = 300  # characters: the column's
_MOST_RECIPIENTS = 50
_TAKES = frozenset({"sent", "waiting"})


class NotANotification(Exception):
    """What came is no delivery status notification, or too large or too tangled to be read as one."""


def note_bounce(session: Session, raw: bytes, now: datetime) -> Bounce:
    """Mark the mail that a notification tells of as failed, with the server's words; twice is the same as once.

    `temporary`: the mail may still arrive, nothing is done. `not_ours`: nor is it for a mail we don't know.
    Raises NotANotification.
    """
    message_id, diagnostic = _read(raw)
    if diagnostic is None:
        return "temporary"
    found = session.scalars(
        select(OutboxMessage).where(OutboxMessage.message_id == message_id).with_for_update()
    ).one_or_none()
    if found is None:
        return "not_ours"
    if found.state not in _TAKES:
        return "known"
    found.state, found.last_error = "failed", diagnostic
    found.leased_until, found.next_try_at = None, now
    session.flush()
    return "marked"


def _read(raw: bytes) -> tuple[str | None, str | None]:
    """The returned Message-ID, and what is said of the failure; None where it is not for good."""
    if len(raw) > LARGEST:
        raise NotANotification("it is larger than 1 MiB")
    try:
        report = BytesParser(policy=compat32).parsebytes(raw)
        parts = list(report.walk())
    except RecursionError as error:
        raise NotANotification("its parts are nested too deeply") from error
    kind = str(report.get_param("report-type", "")).lower()
    if report.get_content_type() != "multipart/report" or kind != "delivery-status":
        raise NotANotification("it is no multipart/report of a delivery status")
    return _returned_id(parts), _diagnostic(parts)


def _returned_id(parts: list[Message]) -> str | None:
    for part in parts:
        for headers in _returned_headers(part):
            found = _MESSAGE_ID.fullmatch(str(headers.get("Message-ID", "")))
            if found:
                return found[1]
    return None


def _returned_headers(part: Message) -> Iterator[Message]:
    content = part.get_payload()
    if part.get_content_type() == "message/rfc822" and isinstance(content, list):
        yield from (one for one in content if isinstance(one, Message))
    elif part.get_content_type() == "text/rfc822-headers" and isinstance(content, str):
        decoded = part.get_payload(decode=True)
        text = decoded.decode("ascii", "replace") if isinstance(decoded, bytes) else content
        yield HeaderParser(policy=compat32).parsestr(text.lstrip())


def _diagnostic(parts: list[Message]) -> str | None:
    """The status and the server's words for the first recipient whom the mail will not reach."""
    for part in parts:
        blocks = part.get_payload()
        if part.get_content_type() != "message/delivery-status" or not isinstance(blocks, list):
            continue
        for block in blocks[: _MOST_RECIPIENTS + 1]:
            if not isinstance(block, Message):
                continue
            status = str(block.get("Status", "")).split(" ")[0].strip()
            action = str(block.get("Action", "")).strip().lower()
            if action == "failed" and _FOR_GOOD.fullmatch(status):
                said = one_line(str(block.get("Diagnostic-Code", "")))
                return f"bounced: {status} {said}"[:_LONGEST].rstrip()
    return None
