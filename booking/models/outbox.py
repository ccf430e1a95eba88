"""Mails to be sent. A row is written with its cause, and sent once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from booking.db import UtcDateTime
from booking.models.base import CONTACT, SENSITIVE, Base


class OutboxMessage(Base):
    """A mail, rendered when it was written, in its reader's language. `cause` names the edge it tells of, so it is told once.

    `state`: waiting → sent | failed (given up after many attempts; staff see it) | withdrawn (undone before it went out);
    gathered → sent, when it went out within its reader's mail of the day. `leased_until`: a worker has it in hand.
    `body` is the plain text, `html` the same with links to press, `calendar` an .ics that comes along.
    `message_id` never changes: a mail sent again after a lost answer bears the same one.
    """

    __tablename__ = "outbox_message"
    __table_args__ = (
        CheckConstraint(
            "state IN ('waiting', 'sent', 'failed', 'withdrawn', 'gathered')", name="state"
        ),
        Index(
            "ix_outbox_message_due",
            "next_try_at",
            postgresql_where=text("state = 'waiting'"),
            sqlite_where=text("state = 'waiting'"),
        ),
        # The few that staff must see to, among all there ever were: their list, and what a booking's page says of its own.
        Index(
            "ix_outbox_message_failed",
            "created_at",
            postgresql_where=text("state = 'failed'"),
            sqlite_where=text("state = 'failed'"),
        ),
    )
    cause: Mapped[str] = mapped_column(String(120), unique=True)
    kind: Mapped[str] = mapped_column(String(30))
    locale: Mapped[str] = mapped_column(String(2))
    recipient_name: Mapped[str] = mapped_column(String(120), info=CONTACT)
    recipient: Mapped[str] = mapped_column(String(254), info=CONTACT)
    subject: Mapped[str] = mapped_column(String(300), info=SENSITIVE)
    body: Mapped[str] = mapped_column(Text, info=SENSITIVE)
    html: Mapped[str | None] = mapped_column(Text, info=SENSITIVE)
    calendar: Mapped[str | None] = mapped_column(Text, info=SENSITIVE)
    person_id: Mapped[int | None] = mapped_column(
        ForeignKey("person.id", ondelete="SET NULL"), index=True
    )
    message_id: Mapped[str] = mapped_column(String(200), unique=True)
    state: Mapped[str] = mapped_column(String(9), default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None] = mapped_column(String(300))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    next_try_at: Mapped[datetime] = mapped_column(UtcDateTime)
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
