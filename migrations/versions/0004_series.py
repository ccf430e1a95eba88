"""Series of bookings, and the dates of them that could not be had; mails that were given up are found by an index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

INSTANT = sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")


def upgrade() -> None:
    """Add the tables; bookings that are there belong to no series."""
    op.create_table(
        "series",
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("room_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("asker_id", sa.Integer(), nullable=False),
        sa.Column("rrule", sa.String(length=300)),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("start_minute", sa.Integer(), nullable=False),
        sa.Column("end_minute", sa.Integer(), nullable=False),
        sa.Column("fold", sa.Integer()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("split_from_id", sa.Integer()),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("start_minute BETWEEN 0 AND 1439", name=op.f("ck_series_start_minute")),
        sa.CheckConstraint("end_minute BETWEEN 0 AND 1439", name=op.f("ck_series_end_minute")),
        sa.CheckConstraint("fold IN (0, 1)", name=op.f("ck_series_fold")),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_series_room_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_series_organisation_id")
        ),
        sa.ForeignKeyConstraint(["asker_id"], ["person.id"], name=op.f("fk_series_asker_id")),
        sa.ForeignKeyConstraint(
            ["split_from_id"], ["series.id"], name=op.f("fk_series_split_from_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_series")),
        sa.UniqueConstraint("uuid", name=op.f("uq_series_uuid")),
    )
    with op.batch_alter_table("series") as batch:
        batch.create_index(op.f("ix_series_room_id"), ["room_id"])
        batch.create_index(op.f("ix_series_organisation_id"), ["organisation_id"])
        batch.create_index(op.f("ix_series_asker_id"), ["asker_id"])
    op.create_table(
        "skipped_occurrence",
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("code", sa.String(length=30), nullable=False),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["series_id"],
            ["series.id"],
            name=op.f("fk_skipped_occurrence_series_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_skipped_occurrence")),
        sa.UniqueConstraint("series_id", "day", name=op.f("uq_skipped_occurrence_series_id_day")),
    )
    with op.batch_alter_table("booking") as batch:
        batch.add_column(sa.Column("series_id", sa.Integer()))
        batch.add_column(sa.Column("series_day", sa.Date()))
        batch.add_column(
            sa.Column("is_apart", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch.create_foreign_key(op.f("fk_booking_series_id"), "series", ["series_id"], ["id"])
        batch.create_index("ix_booking_series_id_series_day", ["series_id", "series_day"])
    with op.batch_alter_table("waiting_entry") as batch:
        batch.add_column(sa.Column("series_id", sa.Integer()))
        batch.create_foreign_key(
            op.f("fk_waiting_entry_series_id"), "series", ["series_id"], ["id"]
        )
    op.create_index(
        "ix_outbox_message_failed",
        "outbox_message",
        ["created_at"],
        postgresql_where=sa.text("state = 'failed'"),
        sqlite_where=sa.text("state = 'failed'"),
    )
