"""What SQLAlchemy's models can't say: the rule that a space is held once. Laid after every upgrade, since SQLite may drop it.

Alembic's batch changes rebuild a table on SQLite and silently lose its triggers; `ensure_triggers` brings them back.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from booking.models.occupancy import NO_OVERLAP

# Rows that are not foreign never overlap within a space, so the last one that starts before the new end is the only suspect.
_HELD = """
    (SELECT held.ends_at FROM occupancy AS held
     WHERE held.space_id = NEW.space_id AND held.source <> 'foreign' AND held.id <> {but} AND held.starts_at < NEW.ends_at
     ORDER BY held.starts_at DESC LIMIT 1) > NEW.starts_at
"""
_TRIGGERS = {
    f"{NO_OVERLAP}_insert": ("BEFORE INSERT", "-1"),
    f"{NO_OVERLAP}_update": ("BEFORE UPDATE", "OLD.id"),
}


def ensure_triggers(connection: Connection) -> None:
    """Make the constraint `occupancy_no_overlap` stand, whatever the migrations before did. May be run again and again."""
    if connection.dialect.name != "sqlite":
        return  # PostgreSQL's exclusion constraint is part of the table, and made by the first migration.
    for name, (moment, but) in _TRIGGERS.items():
        connection.execute(text(f"DROP TRIGGER IF EXISTS {name}"))
        connection.execute(
            text(
                f"CREATE TRIGGER {name} {moment} ON occupancy WHEN NEW.source <> 'foreign' AND {_HELD.format(but=but)} "
                f"BEGIN SELECT RAISE(ABORT, '{NO_OVERLAP}'); END"
            )
        )


def constraint_stands(connection: Connection) -> bool:
    """Whether the database itself refuses to hold a space twice; asked by `yhteistila check` and /readyz."""
    if connection.dialect.name == "sqlite":
        query = text(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'occupancy'"
        )
        return set(_TRIGGERS) <= set(connection.scalars(query))
    query = text(
        "SELECT 1 FROM pg_constraint WHERE conname = :name AND contype = 'x' AND convalidated"
    )
    return connection.scalar(query, {"name": NO_OVERLAP}) is not None
