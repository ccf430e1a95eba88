"""Tells the asker by mail what happened to a booking. Knows texts and the outbox's rows; must not know SMTP, pages or the worker.

A mail is rendered when it is written, in its reader's language, in the transaction of the change it tells of. Its `cause` is
unique: an edge is told once, however often its act is tried. A mail template's first line is the subject; whatever a person has
typed goes through `one_line` or `paragraph` first, so no text can add a header or a line that looks like ours.
"""

from __future__ import annotations

import unicodedata
import uuid
from datetime import datetime
from functools import cache
from typing import Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy.orm import Session

from booking.config import base_url, templates_folder
from booking.domain.local_time import local
from booking.i18n import (
    JINJA_CALLABLES,
    current_locale,
    lazy_gettext,
    period_in_words,
    short_day,
    use_locale,
)
from booking.models import Booking, OutboxMessage
from booking.queries.feeds import installation
from calendars.period import Period

Kind = Literal["asked", "approved", "rejected"]

_STATES = {
    "asked": lazy_gettext("awaiting decision"),
    "approved": lazy_gettext("approved"),
    "rejected": lazy_gettext("rejected"),
}
_WRITTEN = "written_messages"
_SUBJECT_LENGTH = 300  # characters: the column's
# Controls, line and paragraph separators, surrogates.
_BREAKING = frozenset({"Cc", "Zl", "Zp", "Cs"})
# Embeddings, overrides and isolates: they would turn our own words around.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def tell_asker(session: Session, kind: Kind, booking: Booking, locale: str, now: datetime) -> None:
    """Write the mail about a booking that has just been asked for or decided, to its contact; `locale` is its asker's.

    Call it after the change, with the version it made. Nothing is sent here; see `written_messages`.
    """
    with use_locale(locale):
        subject, body = _rendered(kind, booking)
        message = OutboxMessage(
            cause=f"booking:{booking.id}:{booking.version}:{kind}",
            kind=kind,
            locale=current_locale(),
            recipient_name=one_line(booking.contact_name),
            recipient=booking.contact_email,
            subject=subject,
            body=body,
            message_id=f"<{uuid.uuid4()}@{installation(session)}>",
            state="waiting",
            attempts=0,
            created_at=now,
            next_try_at=now,
        )
    session.add(message)
    session.flush()
    session.info.setdefault(_WRITTEN, []).append(message.id)


def written_messages(session: Session) -> list[int]:
    """Ids of the mails written in this session, for the edge to wake the worker with once they are committed."""
    return list(session.info.get(_WRITTEN, ()))


def one_line(text: str) -> str:
    """`text` as it may stand in a header or beside a label: line ends, controls and runs of blanks are one blank each."""
    return " ".join("".join(" " if _breaks(character) else character for character in text).split())


def paragraph(text: str) -> str:
    """`text` over several lines, as a person wrote it; each line clean, indented below its label, blank lines left out."""
    lines = [one_line(line) for line in text.splitlines()]
    return "\n    ".join(line for line in lines if line)


def _breaks(character: str) -> bool:
    return character in _TURNING or unicodedata.category(character) in _BREAKING


def _rendered(kind: Kind, booking: Booking) -> tuple[str, str]:
    """Subject and body, in the language spoken now."""
    locale, room, unit = current_locale(), booking.room, booking.room.unit
    template = _templates().get_template(f"{kind}.txt")
    text = template.render(
        name=one_line(booking.contact_name),
        title=one_line(booking.title),
        organisation=one_line(booking.organisation.name),
        room=one_line(room.name.choose(locale)[0]),
        unit=one_line(unit.name.choose(locale)[0]),
        address=one_line(unit.address),
        day=short_day(local(booking.starts_at).date()),
        when=period_in_words(Period(booking.starts_at, booking.ends_at)),
        state=str(_STATES[kind]),
        decided_by=one_line(booking.decided_by_name or ""),
        reason=paragraph(booking.reason or ""),
        search=f"{base_url()}/",
        link=f"{base_url()}/bookings/{booking.id}",
    )
    subject, _, body = text.partition("\n")
    if len(subject) > _SUBJECT_LENGTH:
        subject = subject[: _SUBJECT_LENGTH - 1] + "…"
    return subject, body.lstrip("\n")


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(templates_folder() / "mail"),
        extensions=["jinja2.ext.i18n"],
        # Plain text: an ampersand is an ampersand. What could do harm here are line ends, and those are out already.
        autoescape=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    # The extension adds this method when it is loaded, so the class doesn't declare it.
    environment.install_gettext_callables(**JINJA_CALLABLES)  # type: ignore[attr-defined]
    return environment
