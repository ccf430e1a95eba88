"""A mail as one text to compare: its headers and each of its parts, decoded. Knows MIME; nothing of what mails say.

What differs from run to run (uuids, tokens, codes) is replaced by words that keep its place.
"""

from __future__ import annotations

import email
import email.policy
import re
from email.message import EmailMessage
from pathlib import Path

from booking.models import OutboxMessage
from booking.services.outbox import Mail
from booking.services.smtp import as_message

EXPECTED = Path(__file__).parent / "expected"
_CHANGING = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "UUID"),
    (re.compile(r"(?<=/)[A-Za-z0-9_-]{40,}"), "TOKEN"),
    (re.compile(r"(?m)(?<=^    )\d{3} \d{3}$|(?<=>)\d{3} \d{3}(?=<)"), "CODE"),
)


def as_sent(row: OutboxMessage) -> EmailMessage:
    """The mail as it arrives: written by the sender, read back."""
    fields = {name: getattr(row, name) for name in Mail.__dataclass_fields__}
    sent = as_message(Mail(**fields), "tilat@example.org").as_bytes()
    read = email.message_from_bytes(sent, policy=email.policy.default)
    assert isinstance(read, EmailMessage)
    return read


def whole(row: OutboxMessage) -> str:
    """The mail as one text: headers, then each part under its type. Lines of a calendar are unfolded."""
    message = as_sent(row)
    told = [f"{name}: {value}" for name, value in message.items() if _is_lasting(name)]
    for part in message.walk():
        if part.is_multipart():
            continue
        content = part.get_content()
        text = content if isinstance(content, str) else content.decode()
        text = text.replace("\r\n", "\n")
        if part.get_content_type() == "text/calendar":
            # Where a line is folded depends on the length of the uuids in it.
            text = text.replace("\n ", "")
        disposition = part.get("Content-Disposition", "")
        said = "; ".join(filter(None, (part["Content-Type"], disposition)))
        told.append(f"\n{'=' * 8} {said}\n\n{text}".rstrip("\n"))
    return _settled("\n".join(told)) + "\n"


def expected_file(kind: str, locale: str) -> Path:
    """Where the mail of this kind and language is kept."""
    return EXPECTED / f"{kind}.{locale}.txt"


def _is_lasting(header: str) -> bool:
    # The boundaries between parts are drawn by lot.
    return header not in {"Content-Type", "MIME-Version", "Content-Transfer-Encoding"}


def _settled(text: str) -> str:
    for pattern, instead in _CHANGING:
        text = pattern.sub(instead, text)
    return text
