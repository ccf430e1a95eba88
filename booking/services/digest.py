"""The mail of the day: what a person wants gathered, in one mail each morning. Knows the outbox's rows; no page and no SMTP.

What was gathered becomes sent in the transaction that writes the mail of the day, so a kill between them is not possible: either
both happened or neither. The cause names person and local day, so two workers and a second sweep write it once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.config import base_url
from booking.domain.local_time import HELSINKI, local
from booking.i18n import gettext as _
from booking.i18n import ngettext, short_day, use_locale
from booking.models import OutboxMessage, Person
from booking.services.letters import Action, Envelope, Letter, one_line, post

# Assumed: before an office's day begins, and after a night's sleep.
_MORNING = time(7)
# More would be cut by the programs that show mail; what is not listed is counted, and stands on the pages.
_MOST_LISTED = 100
_PAGES = {"booking": "bookings", "waiting": "waiting"}


def due_digests(session: Session, now: datetime) -> list[int]:
    """Persons for whom something was gathered before this local day's morning, once the morning has come.

    Who has had the mail of this day is left out; the worker writes each in a transaction of its own.
    """
    today = local(now).date()
    morning = datetime.combine(today, _MORNING, HELSINKI).astimezone(UTC)
    if now < morning:
        return []
    found = session.scalars(
        select(OutboxMessage.person_id)
        .where(
            OutboxMessage.state == "gathered",
            OutboxMessage.person_id.is_not(None),
            OutboxMessage.created_at < morning,
        )
        .distinct()
        .order_by(OutboxMessage.person_id)
    ).all()
    causes = {_cause(person_id, today): person_id for person_id in found if person_id is not None}
    had = set(
        session.scalars(select(OutboxMessage.cause).where(OutboxMessage.cause.in_(causes))).all()
    )
    return [person_id for cause, person_id in causes.items() if cause not in had]


def send_digest(session: Session, person_id: int, now: datetime) -> int:
    """Write a person's mail of the day; how many mails went into it. Called twice on one day it is written once.

    Who may not sign in any more is not written to: what was gathered for them is withdrawn.
    """
    person = session.scalars(
        select(Person).where(Person.id == person_id).with_for_update()
    ).one_or_none()
    cause = _cause(person_id, local(now).date())
    has_had = select(OutboxMessage.id).where(OutboxMessage.cause == cause)
    if person is None or session.scalars(has_had).one_or_none() is not None:
        return 0
    gathered = session.scalars(
        select(OutboxMessage)
        .where(OutboxMessage.state == "gathered", OutboxMessage.person_id == person_id)
        .order_by(OutboxMessage.id)
        .with_for_update()
    ).all()
    if not person.is_active:
        for message in gathered:
            message.state = "withdrawn"
        return 0
    if not gathered:
        return 0
    with use_locale(person.locale):
        envelope = Envelope("digest", cause, person.name, person.email, person.id)
        post(session, envelope, _letter(person, gathered, local(now).date()), now)
    for message in gathered:
        message.state, message.sent_at = "sent", now
    return len(gathered)


def _cause(person_id: int, day: date) -> str:
    return f"digest:{person_id}:{day.isoformat()}"


def _letter(person: Person, gathered: Sequence[OutboxMessage], day: date) -> Letter:
    count, more = len(gathered), len(gathered) - _MOST_LISTED
    opening = [
        ngettext(
            "This is what has come in for you since the last summary: %(num)s message.",
            "This is what has come in for you since the last summary: %(num)s messages.",
            count,
        )
    ]
    if more > 0:
        opening.append(
            _(
                "The first %(shown)s are listed here; the others are on the pages of the service.",
                shown=_MOST_LISTED,
            )
        )
    return Letter(
        subject=_("Your summary of %(day)s", day=short_day(day)),
        name=one_line(person.name),
        opening=tuple(opening),
        entries=tuple(
            Action(message.subject, _link(message.cause)) for message in gathered[:_MOST_LISTED]
        ),
        actions=(
            Action(_("Choose which messages you get once a day"), f"{base_url()}/account/mails"),
        ),
    )


def _link(cause: str) -> str:
    """Where a mail's reader reads on: the page of the thing that its cause names."""
    kind, row_id = cause.split(":")[:2]
    return f"{base_url()}/{_PAGES[kind]}/{row_id}" if kind in _PAGES else f"{base_url()}/"
