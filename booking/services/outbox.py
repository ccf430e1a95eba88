"""Sends the mails that wait, each once. Knows the outbox's rows and when to try again; must not know SMTP or huey.

What we do: a worker takes a mail by a guarded UPDATE that leases it for a while (one short transaction), sends it with no
transaction open, and writes down the outcome in another small one. A worker that dies leaves its lease to run out, and another
takes the mail up; a sender is done before its lease is. Sent twice is thus only what was killed between the server's yes and our
commit, and then under the same Message-ID.
Refused: marking before sending (a kill would lose the mail); a lock held over the network (a rude server would hold the
database); leasing many at once (a kill would hold up all, and the last lease would run out while the first mail is sent).
What would change our mind: mails by the ten thousand, which want a connection that is kept.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from booking.config import logger
from booking.db import Database, transaction
from booking.errors import DatabaseBusy
from booking.models import OutboxMessage

# Longer than a sender may take, and with the sweep's minute still within five after a kill.
LEASE = timedelta(seconds=210)
FIRST_PAUSE = timedelta(seconds=20)
# Mail is to arrive within five minutes of the server's recovery (SECURITY 4): this, its jitter and the sweep's minute stay below.
LONGEST_PAUSE = timedelta(minutes=3)
# A server that says no to this very mail may be set up wrongly for an hour; one that keeps saying it means it.
REFUSALS = 20
# RFC 5321 4.5.4.1: who can't deliver goes on trying for four to five days.
GIVE_UP_AFTER = timedelta(days=5)
# An old mail that staff send again meets servers that say "later" to whom they don't know: it gets some tries all the same.
FEWEST_TRIES = 5
_SETTLING_TRIES = 10
# Mails that bear a key to something: what they said is removed once they are out, so that no copy of the database opens it.
BEARING_KEYS = frozenset({"sign_in", "invitation", "date_reminder"})


class NotSent(Exception):
    """A mail did not go out. `is_refusal`: the server answered that this mail, as it is, will not be taken."""

    def __init__(self, text: str, is_refusal: bool) -> None:
        super().__init__(text)
        self.is_refusal = is_refusal


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail in a worker's hands; `attempts` counts this one too."""

    id: int
    message_id: str
    locale: str
    recipient_name: str
    recipient: str
    subject: str
    body: str
    created_at: datetime
    attempts: int
    html: str | None = None
    calendar: str | None = None


# Sends one mail or raises NotSent, within LEASE.
Send = Callable[[Mail], None]
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one delivery did, in mails: sent, to be tried again, given up."""

    sent: int = 0
    delayed: int = 0
    failed: int = 0


def claim_due(
    session: Session,
    now: datetime,
    limit: int,
    ids: Collection[int] | None = None,
    due_by: datetime | None = None,
) -> list[Mail]:
    """Lease up to `limit` mails that are due (of `ids`, where given) to the caller, the one that waits longest first.

    `due_by`: those that were due then; now, unless it is said otherwise.
    """
    free = or_(OutboxMessage.leased_until.is_(None), OutboxMessage.leased_until <= now)
    due = (OutboxMessage.state == "waiting") & (OutboxMessage.next_try_at <= (due_by or now)) & free
    if ids is not None:
        due &= OutboxMessage.id.in_(ids)
    # Two workers take different mails instead of waiting for each other. (On SQLite there is one writer anyway.)
    order = (OutboxMessage.next_try_at, OutboxMessage.id)
    found = session.scalars(
        select(OutboxMessage.id)
        .where(due)
        .order_by(*order)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    if not found:
        return []
    session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.id.in_(found), due)
        .values(leased_until=now + LEASE, attempts=OutboxMessage.attempts + 1)
        .execution_options(synchronize_session=False)
    )
    leased = (OutboxMessage.id.in_(found)) & (OutboxMessage.leased_until == now + LEASE)
    rows = session.scalars(
        select(OutboxMessage)
        .where(leased)
        .order_by(*order)
        .execution_options(populate_existing=True)
    )
    return [_mail(row) for row in rows]


def deliver(
    database: Database,
    send: Send,
    now_fn: Clock,
    ids: Collection[int] | None = None,
    keeps_keys: bool = False,
) -> Delivered:
    """Send what is due (of `ids`, where given). Takes a Database, since it talks to the network between its transactions.

    `keeps_keys`: of the demo, which shows its mails instead of sending them. Returns when nothing is due. A mail that is not
    taken waits for its next try, or is given up; see `_outcome`.
    """
    states: list[str] = []
    # What was due when we began: while a server hangs, each mail is due again before the last one has been tried, and whoever
    # waits behind us would wait for ever.
    begun = now_fn()
    while mails := _claim(database, begun, now_fn(), ids):
        states += [_send_one(database, send, mail, now_fn, keeps_keys) for mail in mails]
    return Delivered(states.count("sent"), states.count("waiting"), states.count("failed"))


def failed_mails(session: Session) -> int:
    """How many mails were given up; staff see it."""
    query = select(func.count()).where(OutboxMessage.state == "failed")
    return session.scalars(query).one()


def _claim(
    database: Database, due_by: datetime, now: datetime, ids: Collection[int] | None
) -> list[Mail]:
    return transaction(database, lambda session: claim_due(session, now, 1, ids, due_by))


def _mail(row: OutboxMessage) -> Mail:
    return Mail(
        id=row.id,
        message_id=row.message_id,
        locale=row.locale,
        recipient_name=row.recipient_name,
        recipient=row.recipient,
        subject=row.subject,
        body=row.body,
        created_at=row.created_at,
        attempts=row.attempts,
        html=row.html,
        calendar=row.calendar,
    )


def _send_one(database: Database, send: Send, mail: Mail, now_fn: Clock, keeps_keys: bool) -> str:
    """Send a leased mail and write down how it went; its new state."""
    try:
        send(mail)
    except NotSent as error:
        return _note_failure(database, mail, error, now_fn())
    sent_at = now_fn()
    _settle(database, lambda session: _mark_sent(session, mail, sent_at, keeps_keys))
    logger.info("mail_sent", mail_id=mail.id, attempts=mail.attempts)
    return "sent"


def _note_failure(database: Database, mail: Mail, error: NotSent, now: datetime) -> str:
    state, next_try_at = _outcome(mail, error, now)
    text = str(error)[:300]
    _settle(database, lambda session: _mark_not_sent(session, mail, state, next_try_at, text))
    logger.warning(
        "mail_not_sent", mail_id=mail.id, attempts=mail.attempts, state=state, error=text
    )
    return state


def _outcome(mail: Mail, error: NotSent, now: datetime) -> tuple[str, datetime]:
    """The state and the next try after a failure: a pause that doubles up to LONGEST_PAUSE, shortened by chance up to a fifth.

    Given up is a mail that the server refuses at its REFUSALS-th try or later, and one that is too old to be news.
    """
    is_hopeless = error.is_refusal and mail.attempts >= REFUSALS
    is_old = now - mail.created_at >= GIVE_UP_AFTER and mail.attempts >= FEWEST_TRIES
    if is_hopeless or is_old:
        return "failed", now
    pause = min(FIRST_PAUSE * 2 ** min(mail.attempts - 1, 10), LONGEST_PAUSE)
    # Not all at once, when a server comes back.
    return "waiting", now + pause * random.uniform(0.8, 1.0)


def _settle(database: Database, work: Callable[[Session], None]) -> None:
    """Write an outcome down, though the database be busy: the mail is out, and forgetting that would send it again."""
    for _ in range(_SETTLING_TRIES - 1):
        try:
            return transaction(database, work)
        except DatabaseBusy:
            continue
    return transaction(database, work)


def _mark_sent(session: Session, mail: Mail, now: datetime, keeps_keys: bool) -> None:
    # Whoever holds the lease by now: it is sent.
    session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.id == mail.id, OutboxMessage.state != "sent")
        .values(state="sent", sent_at=now, leased_until=None, last_error=None)
    )
    if not keeps_keys:
        session.execute(
            update(OutboxMessage)
            .where(OutboxMessage.id == mail.id, OutboxMessage.kind.in_(BEARING_KEYS))
            .values(body="", html=None)
        )


def _mark_not_sent(
    session: Session, mail: Mail, state: str, next_try_at: datetime, text: str
) -> None:
    # `attempts` tells our lease from a later one, whose holder may have sent the mail meanwhile.
    session.execute(
        update(OutboxMessage)
        .where(
            OutboxMessage.id == mail.id,
            OutboxMessage.state == "waiting",
            OutboxMessage.attempts == mail.attempts,
        )
        .values(state=state, next_try_at=next_try_at, leased_until=None, last_error=text)
    )
