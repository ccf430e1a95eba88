"""What a catalogue kept by staff needs: seasons, closures, rules of use, quotas, buffers, images, counts of vain searches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

INSTANT = sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")
THREE_VALUES = "IN ('yes', 'no', 'unknown')"
# A day, as each database keeps it; the conditions of the two indexes on held time.
DAY = {"sqlite": "86400000000", "postgresql": "interval '24 hours'"}


def upgrade() -> None:
    """Widen places, rooms and bookings, and add the tables beside them. What is there keeps its meaning."""
    _places()
    _unit_rules()
    _rooms()
    _images()
    _demand()
    op.add_column("block", sa.Column("series", sa.String(36)))
    op.create_index("ix_block_series", "block", ["series"])
    op.add_column(
        "booking",
        sa.Column("needed_features", sa.JSON(), nullable=False, server_default="[]"),
    )
    op.add_column("booking", sa.Column("terms_version", sa.Integer()))
    _occupancy_indexes()


def _occupancy_indexes() -> None:
    day = DAY[op.get_bind().dialect.name]
    for name, columns, comparison in (
        ("short", "starts_at, ends_at, space_id", "<="),
        ("long", "ends_at, starts_at, space_id", ">"),
    ):
        op.execute(
            f"CREATE INDEX ix_occupancy_{name} ON occupancy ({columns}) "
            f"WHERE source <> 'foreign' AND ends_at - starts_at {comparison} {day}"
        )


def _places() -> None:
    op.create_table(
        "region",
        sa.Column("key", sa.String(40), nullable=False),
        sa.Column("name", sa.JSON(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_region")),
        sa.UniqueConstraint("key", name=op.f("uq_region_key")),
    )
    with op.batch_alter_table("municipality") as batch:
        batch.add_column(sa.Column("region_id", sa.Integer()))
        batch.add_column(
            sa.Column("region_is_checked", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch.create_foreign_key(op.f("fk_municipality_region_id"), "region", ["region_id"], ["id"])
        batch.create_index("ix_municipality_region_id", ["region_id"])
    switches = ("closed_on_holidays", "closed_on_midsummer_eve", "closed_on_christmas_eve")
    with op.batch_alter_table("unit") as batch:
        batch.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
        batch.add_column(sa.Column("external_id", sa.String(60)))
        for name in switches:
            # Units that are there have said their holidays by dated exceptions so far.
            batch.add_column(
                sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false())
            )
        batch.create_unique_constraint(op.f("uq_unit_external_id"), ["external_id"])
    with op.batch_alter_table("opening_hours") as batch:
        batch.add_column(sa.Column("valid_from", sa.Date()))
        batch.add_column(sa.Column("valid_until", sa.Date()))
        batch.create_check_constraint(
            op.f("ck_opening_hours_season"),
            "(valid_from IS NULL AND valid_until IS NULL) OR valid_from <= valid_until",
        )
        batch.drop_constraint(op.f("uq_opening_hours_unit_id_weekday_opens_minute"), type_="unique")
        batch.create_index("ix_opening_hours_unit_id", ["unit_id"])
    with op.batch_alter_table("opening_exception") as batch:
        batch.add_column(sa.Column("last_day", sa.Date()))
        batch.add_column(sa.Column("external_id", sa.String(60)))
        batch.create_check_constraint(
            op.f("ck_opening_exception_days"), "last_day IS NULL OR last_day >= day"
        )
        batch.create_unique_constraint(op.f("uq_opening_exception_external_id"), ["external_id"])


def _unit_rules() -> None:
    op.create_table(
        "terms",
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.JSON()),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["unit.id"], name=op.f("fk_terms_unit_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_terms")),
        sa.UniqueConstraint("unit_id", "version", name=op.f("uq_terms_unit_id_version")),
    )
    op.create_table(
        "quota",
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("per", sa.String(5), nullable=False),
        sa.Column("limit_minutes", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("per IN ('week', 'month', 'year')", name=op.f("ck_quota_per")),
        sa.CheckConstraint("limit_minutes > 0", name=op.f("ck_quota_limit")),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["unit.id"], name=op.f("fk_quota_unit_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quota")),
        sa.UniqueConstraint("unit_id", "per", name=op.f("uq_quota_unit_id_per")),
    )


def _rooms() -> None:
    checks = {
        "buffer": "buffer_before_minutes >= 0 AND buffer_after_minutes >= 0",
        "outside_use": f"outside_use {THREE_VALUES}",
        "noise_allowed": f"noise_allowed {THREE_VALUES}",
        "food_allowed": f"food_allowed {THREE_VALUES}",
        "latest_end": "latest_end_minute BETWEEN 1 AND 1440",
        "fire_max": "fire_max_people >= capacity",
    }
    with op.batch_alter_table("room") as batch:
        for column in _room_columns():
            batch.add_column(column)
        batch.create_unique_constraint(op.f("uq_room_external_id"), ["external_id"])
        for name, condition in checks.items():
            batch.create_check_constraint(op.f(f"ck_room_{name}"), condition)

    with op.batch_alter_table("space") as batch:
        batch.add_column(sa.Column("joined_into_id", sa.Integer()))
        batch.create_foreign_key(
            op.f("fk_space_joined_into_id"), "space", ["joined_into_id"], ["id"]
        )
        batch.create_index("ix_space_joined_into_id", ["joined_into_id"])
    with op.batch_alter_table("room_feature") as batch:
        batch.add_column(sa.Column("count", sa.Integer()))
        batch.add_column(sa.Column("side", sa.String(5)))
        batch.create_check_constraint(
            op.f("ck_room_feature_side"), "side IN ('left', 'right', 'both')"
        )


def _room_columns() -> Sequence[sa.Column[Any]]:
    def needed(name: str, kind: Any, default: str) -> sa.Column[Any]:
        return sa.Column(name, kind, nullable=False, server_default=default)

    return [
        needed("version", sa.Integer(), "1"),
        sa.Column("external_id", sa.String(60)),
        needed("buffer_before_minutes", sa.Integer(), "0"),
        needed("buffer_after_minutes", sa.Integer(), "0"),
        sa.Column("available_until", sa.Date()),
        sa.Column("elsewhere_url", sa.String(500)),
        sa.Column("owner", sa.String(200)),
        needed("outside_use", sa.String(7), "unknown"),
        needed("layouts", sa.JSON(), "{}"),
        needed("equipment", sa.JSON(), "[]"),
        needed("activity_reasons", sa.JSON(), "{}"),
        needed("noise_allowed", sa.String(7), "unknown"),
        needed("food_allowed", sa.String(7), "unknown"),
        sa.Column("latest_end_minute", sa.Integer()),
        sa.Column("fire_max_people", sa.Integer()),
        sa.Column("emergency_number", sa.String(40)),
        *(sa.Column(n, sa.JSON()) for n in ("keys", "alarm", "arrival", "floor_plan_text")),
        sa.Column("contact_name", sa.String(120)),
        sa.Column("contact_email", sa.String(254)),
        sa.Column("contact_phone", sa.String(40)),
        sa.Column("spaces_changed_at", INSTANT),
    ]


def _images() -> None:
    op.create_table(
        "room_image",
        sa.Column("room_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("alt", sa.JSON(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('photo', 'floor_plan')", name=op.f("ck_room_image_kind")),
        sa.ForeignKeyConstraint(
            ["room_id"], ["room.id"], name=op.f("fk_room_image_room_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room_image")),
    )
    op.create_index("ix_room_image_room_id", "room_image", ["room_id"])
    op.create_index("ix_room_image_digest", "room_image", ["digest"])
    op.create_table(
        "room_image_file",
        sa.Column("image_id", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("format", sa.String(4), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"],
            ["room_image.id"],
            name=op.f("fk_room_image_file_image_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room_image_file")),
        sa.UniqueConstraint(
            "image_id", "width", "format", name=op.f("uq_room_image_file_image_id_width_format")
        ),
    )


def _demand() -> None:
    wish: dict[str, Any] = {
        "month": sa.Date(),
        "kind": sa.String(7),
        "code": sa.String(30),
        "municipality": sa.String(40),
        "unit_id": sa.Integer(),
        "weekday": sa.Integer(),
        "hour": sa.Integer(),
        "people": sa.Integer(),
        "activity": sa.String(7),
        "features": sa.String(250),
    }
    op.create_table(
        "search_miss",
        *(sa.Column(name, kind, nullable=False) for name, kind in wish.items()),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('search', 'refusal')", name=op.f("ck_search_miss_kind")),
        sa.CheckConstraint(
            "weekday BETWEEN 0 AND 6 AND hour BETWEEN 0 AND 23", name=op.f("ck_search_miss_when")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_miss")),
        sa.UniqueConstraint(*wish, name=op.f("uq_search_miss_wish")),
    )
