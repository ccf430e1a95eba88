"""Mails for tests of what becomes of them, without the bookings they tell of. Knows the outbox; no booking."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.db import Database, reading, transaction
from booking.models import OutboxMessage
from booking.services.letters import Envelope, Letter, post, written_messages
from tests.support.world import NOW


def mails(database: Database) -> list[OutboxMessage]:
    """All mails, the oldest first."""
    with reading(database) as session:
        return list(session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)))


def write_mails(
    database: Database,
    count: int = 1,
    address: str = "anna@demo.example",
    now: datetime = NOW,
    kind: str = "asked",
) -> list[int]:
    """Write so many mails to Anna; their ids."""
    begun = len(mails(database))

    def work(session: Session) -> list[int]:
        for number in range(begun, begun + count):
            envelope = Envelope(kind, f"test:{number}", "Anna Virtanen", address)
            post(session, envelope, Letter(f"Viesti {number}", "Anna", ("Hei.",)), now)
        return written_messages(session)

    return transaction(database, work)
