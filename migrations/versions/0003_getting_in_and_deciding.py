"""Ways in for volunteers, organisations with their people, decisions that escalate, mails with calendars, reports."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

INSTANT = sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")


def upgrade() -> None:
    """Add the tables, and widen what is there; everything that is there keeps its meaning."""
    _places()
    _people()
    _organisations()
    _bookings()


def _people() -> None:
    op.create_table(
        "mail_setting",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("how", sa.String(length=5), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("how IN ('daily', 'none')", name=op.f("ck_mail_setting_how")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_mail_setting_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_setting")),
        sa.UniqueConstraint("person_id", "kind", name=op.f("uq_mail_setting_person_id_kind")),
    )
    op.create_table(
        "mailed_link",
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("person_id", sa.Integer()),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("browser_hash", sa.String(length=64), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT),
        sa.Column("guesses", sa.Integer(), nullable=False),
        sa.Column("next", sa.String(length=500)),
        sa.Column("kept", sa.JSON(), nullable=False),
        sa.Column("locale", sa.String(length=2), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_mailed_link_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailed_link")),
        sa.UniqueConstraint("browser_hash", name=op.f("uq_mailed_link_browser_hash")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_mailed_link_token_hash")),
    )
    with op.batch_alter_table("mailed_link") as batch:
        batch.create_index(op.f("ix_mailed_link_email"), ["email"])
        batch.create_index(op.f("ix_mailed_link_expires_at"), ["expires_at"])
    op.create_table(
        "absence",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("stand_in_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_absence_days")),
        sa.CheckConstraint("person_id <> stand_in_id", name=op.f("ck_absence_two_persons")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_absence_person_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["stand_in_id"], ["person.id"], name=op.f("fk_absence_stand_in_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_absence_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence")),
    )
    with op.batch_alter_table("absence") as batch:
        batch.create_index(op.f("ix_absence_person_id"), ["person_id"])
        batch.create_index(op.f("ix_absence_stand_in_id"), ["stand_in_id"])
        batch.create_index(op.f("ix_absence_unit_id"), ["unit_id"])
    with op.batch_alter_table("person") as batch:
        batch.add_column(sa.Column("totp_secret", sa.String(length=200)))
        batch.add_column(sa.Column("totp_confirmed_at", INSTANT))
        batch.add_column(sa.Column("totp_last_step", sa.BigInteger()))
        batch.add_column(sa.Column("erased_at", INSTANT))
    with op.batch_alter_table("sign_in") as batch:
        batch.add_column(sa.Column("device", sa.String(length=80)))
        batch.add_column(
            sa.Column("awaits_totp", sa.Boolean(), server_default=sa.false(), nullable=False)
        )


def _organisations() -> None:
    op.create_table(
        "agreement",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=11), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date()),
        sa.Column("file_number", sa.String(length=60)),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('partnership', 'intent', 'cooperation')", name=op.f("ck_agreement_kind")
        ),
        sa.CheckConstraint(
            "valid_until IS NULL OR valid_from <= valid_until", name=op.f("ck_agreement_validity")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_agreement_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement")),
    )
    with op.batch_alter_table("agreement") as batch:
        batch.create_index(op.f("ix_agreement_organisation_id"), ["organisation_id"])
    op.create_table(
        "invitation",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("role", sa.String(length=6), nullable=False),
        sa.Column("hands_over", sa.Boolean(), nullable=False),
        sa.Column("invited_by_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("accepted_at", INSTANT),
        sa.Column("revoked_at", INSTANT),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("role IN ('owner', 'booker')", name=op.f("ck_invitation_role")),
        sa.ForeignKeyConstraint(
            ["invited_by_id"], ["person.id"], name=op.f("fk_invitation_invited_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_invitation_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitation_token_hash")),
    )
    with op.batch_alter_table("invitation") as batch:
        batch.create_index(op.f("ix_invitation_email"), ["email"])
        batch.create_index(op.f("ix_invitation_organisation_id"), ["organisation_id"])
    with op.batch_alter_table("organisation") as batch:
        batch.add_column(sa.Column("verified_by_id", sa.Integer()))
        batch.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))
        batch.add_column(
            sa.Column("is_active", sa.Boolean(), server_default=sa.true(), nullable=False)
        )
        batch.add_column(sa.Column("merged_into_id", sa.Integer()))
        batch.add_column(sa.Column("contact_email", sa.String(length=254)))
        batch.add_column(sa.Column("responsible_name", sa.String(length=120)))
        batch.add_column(sa.Column("created_at", INSTANT))
        batch.create_index(op.f("ix_organisation_merged_into_id"), ["merged_into_id"])
        batch.create_foreign_key(
            op.f("fk_organisation_merged_into_id"), "organisation", ["merged_into_id"], ["id"]
        )
        batch.create_foreign_key(
            op.f("fk_organisation_verified_by_id"), "person", ["verified_by_id"], ["id"]
        )


def _bookings() -> None:
    op.create_table(
        "waiting_entry",
        sa.Column("room_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("asker_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("activity", sa.String(length=7), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=9), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("offered_until", INSTANT),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'offered', 'taken', 'declined', 'expired', 'cancelled')",
            name=op.f("ck_waiting_entry_state"),
        ),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_waiting_entry_not_empty")),
        sa.ForeignKeyConstraint(
            ["asker_id"], ["person.id"], name=op.f("fk_waiting_entry_asker_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_waiting_entry_organisation_id")
        ),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_waiting_entry_room_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiting_entry")),
    )
    with op.batch_alter_table("waiting_entry") as batch:
        batch.create_index(op.f("ix_waiting_entry_asker_id"), ["asker_id"])
        batch.create_index(op.f("ix_waiting_entry_organisation_id"), ["organisation_id"])
        batch.create_index("ix_waiting_entry_room_id_starts_at", ["room_id", "starts_at"])
    op.create_table(
        "report",
        sa.Column("kind", sa.String(length=13), nullable=False),
        sa.Column("room_id", sa.Integer()),
        sa.Column("booking_id", sa.Integer()),
        sa.Column("person_id", sa.Integer()),
        sa.Column("email", sa.String(length=254)),
        sa.Column("locale", sa.String(length=2), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("answer", sa.Text()),
        sa.Column("answered_at", INSTANT),
        sa.Column("answered_by_id", sa.Integer()),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('damage', 'safety', 'accessibility', 'a11y')", name=op.f("ck_report_kind")
        ),
        sa.CheckConstraint("state IN ('open', 'answered')", name=op.f("ck_report_state")),
        sa.ForeignKeyConstraint(
            ["answered_by_id"], ["person.id"], name=op.f("fk_report_answered_by_id")
        ),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_report_booking_id")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_report_person_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_report_room_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
    )
    with op.batch_alter_table("report") as batch:
        batch.create_index(op.f("ix_report_booking_id"), ["booking_id"])
        batch.create_index(op.f("ix_report_person_id"), ["person_id"])
        batch.create_index(op.f("ix_report_room_id"), ["room_id"])
        batch.create_index("ix_report_state_due_on", ["state", "due_on"])
    with op.batch_alter_table("booking") as batch:
        batch.add_column(sa.Column("condition", sa.Text()))
        batch.add_column(
            sa.Column("is_on_behalf", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch.add_column(
            sa.Column("is_late_cancel", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch.add_column(sa.Column("escalation", sa.Integer(), server_default="0", nullable=False))
        batch.add_column(sa.Column("asked_at", INSTANT))
        batch.add_column(sa.Column("reminded_on", sa.Date()))
        batch.add_column(sa.Column("release_hash", sa.String(length=64)))
        batch.create_unique_constraint(op.f("uq_booking_release_hash"), ["release_hash"])
    with op.batch_alter_table("outbox_message") as batch:
        batch.drop_constraint(op.f("ck_outbox_message_state"), type_="check")
        batch.create_check_constraint(
            op.f("ck_outbox_message_state"),
            "state IN ('waiting', 'sent', 'failed', 'withdrawn', 'gathered')",
        )
        batch.add_column(sa.Column("html", sa.Text()))
        batch.add_column(sa.Column("calendar", sa.Text()))
        batch.add_column(sa.Column("person_id", sa.Integer()))
        batch.alter_column(
            "state",
            existing_type=sa.VARCHAR(length=7),
            type_=sa.String(length=9),
            existing_nullable=False,
        )
        batch.create_index(op.f("ix_outbox_message_person_id"), ["person_id"])
        batch.create_foreign_key(
            op.f("fk_outbox_message_person_id"),
            "person",
            ["person_id"],
            ["id"],
            ondelete="SET NULL",
        )


def _places() -> None:
    op.create_table(
        "county_setting",
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_county_setting")),
        sa.UniqueConstraint("key", name=op.f("uq_county_setting_key")),
    )
    op.create_table(
        "decision_template",
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=9), nullable=False),
        sa.Column("text", sa.JSON(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('condition', 'reason')", name=op.f("ck_decision_template_kind")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["unit.id"], name=op.f("fk_decision_template_unit_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision_template")),
    )
    with op.batch_alter_table("decision_template") as batch:
        batch.create_index(op.f("ix_decision_template_unit_id"), ["unit_id"])
    with op.batch_alter_table("unit") as batch:
        batch.add_column(
            sa.Column("remind_after_hours", sa.Integer(), server_default="48", nullable=False)
        )
        batch.add_column(
            sa.Column("stand_in_after_hours", sa.Integer(), server_default="96", nullable=False)
        )
        batch.add_column(
            sa.Column("coordinator_after_hours", sa.Integer(), server_default="168", nullable=False)
        )
        batch.add_column(sa.Column("lapse_after_hours", sa.Integer()))
        batch.add_column(
            sa.Column("approves_by_itself", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch.add_column(sa.Column("appeal", sa.JSON()))
        batch.add_column(
            sa.Column("remind_days_before", sa.Integer(), server_default="3", nullable=False)
        )
        batch.add_column(
            sa.Column("late_cancel_hours", sa.Integer(), server_default="24", nullable=False)
        )
