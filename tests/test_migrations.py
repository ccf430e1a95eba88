"""The schema's way up, on both databases: from nothing, once, and to what the models say."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import JSON, Column, Connection, func, inspect, select, text

from booking.db import Database, open_database
from booking.errors import Misconfigured
from booking.migrate import (
    current_revision,
    head_revision,
    is_at_head,
    migrations_folder,
    upgrade,
)
from booking.models import Base, Installation, Municipality
from booking.models.triggers import constraint_stands

UPGRADE = """
import sys
from booking.db import open_database
from booking.migrate import upgrade
upgrade(open_database(sys.argv[1]))
"""
REBUILD = '''
"""A later migration that changes the table of the constraint."""

import sqlalchemy as sa
from alembic import op

revision = "rehearsal"
down_revision = "{head}"


def upgrade() -> None:
    with op.batch_alter_table("occupancy") as batch:
        batch.alter_column("source", existing_type=sa.String(7), type_=sa.String(20), existing_nullable=False)
    with op.batch_alter_table("municipality") as batch:
        batch.alter_column("key", existing_type=sa.String(40), type_=sa.String(60), existing_nullable=False)
'''


@pytest.fixture
def empty(empty_url: str) -> Iterator[Database]:
    database = open_database(empty_url)
    yield database
    database.dispose()


def installations(database: Database) -> int:
    with database.reader() as session:
        return session.scalars(select(func.count()).select_from(Installation)).one()


def stands(database: Database) -> bool:
    with database.engine.connect() as connection:
        return constraint_stands(connection)


def test_upgrade_makes_everything_from_nothing(empty: Database) -> None:
    assert (current_revision(empty), is_at_head(empty)) == (None, False)
    upgrade(empty)
    assert (current_revision(empty), is_at_head(empty)) == (head_revision(), True)
    assert set(inspect(empty.engine).get_table_names()) >= set(Base.metadata.tables)
    assert stands(empty)


def test_upgrading_again_changes_nothing(database: Database) -> None:
    upgrade(database)
    assert installations(database) == 1
    assert stands(database)


def test_a_database_that_has_everything_is_upgraded_beside_a_long_write(database: Database) -> None:
    with database.writer() as session:
        session.execute(text("DELETE FROM audit_entry"))
        upgrade(database)
    assert is_at_head(database)


def test_two_processes_that_upgrade_at_once_wait_for_each_other(empty_url: str) -> None:
    command = [sys.executable, "-c", UPGRADE, empty_url]
    both = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate()[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    database = open_database(empty_url)
    try:
        assert (installations(database), is_at_head(database), stands(database)) == (1, True, True)
    finally:
        database.dispose()


def test_the_migrated_schema_is_what_the_models_say(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "compare_server_default": differs_by_default,
                # The queue's own tables have no models; it reads and writes them itself.
                "include_name": lambda name, kind, _: (
                    not (kind == "table" and name.startswith("huey_"))
                ),
            },
        )
        assert compare_metadata(context, Base.metadata) == []


def differs_by_default(
    _context: object,
    _column: object,
    meta: Column[Any],
    found: str | None,
    _default: object,
    wanted: str | None,
) -> bool | None:
    """PostgreSQL has no "=" for JSON, so such defaults are compared as they are written; all others by alembic."""
    if not isinstance(meta.type, JSON):
        return None
    return (found or "").removesuffix("::json").strip("'") != (wanted or "").strip("'")


def check_constraints(connection: Connection) -> dict[str, str]:
    """The CHECKs by name, spaces and quotes aside: alembic's comparison does not look at them."""
    found = {}
    for table in Base.metadata.tables:
        for check in inspect(connection).get_check_constraints(table):
            found[str(check["name"])] = re.sub(r'[\s"]+', "", check["sqltext"])
    return found


def test_the_migrated_checks_are_what_the_models_say(tmp_path: Path, sqlite_url: str) -> None:
    migrated = open_database(sqlite_url)
    modelled = open_database(f"sqlite:///{tmp_path / 'modelled.db'}")
    try:
        Base.metadata.create_all(modelled.engine)
        with migrated.engine.connect() as first, modelled.engine.connect() as second:
            assert check_constraints(first) == check_constraints(second)
    finally:
        migrated.dispose()
        modelled.dispose()


def test_a_batch_change_alone_loses_the_triggers(sqlite_url: str) -> None:
    database = open_database(sqlite_url)
    with database.engine.begin() as connection:
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("occupancy", recreate="always"):
            pass
        # The trap itself: should alembic ever keep them, `ensure_triggers` is no longer needed.
        assert not constraint_stands(connection)
    upgrade(database)
    assert stands(database)
    database.dispose()


def test_the_constraint_and_all_rows_survive_a_migration_that_rebuilds_their_tables(
    database: Database, tmp_path: Path
) -> None:
    folder = copytree(migrations_folder(), tmp_path / "migrations")
    (folder / "versions" / "rehearsal.py").write_text(REBUILD.format(head=head_revision()))
    with database.writer() as session:
        session.execute(
            text("INSERT INTO municipality (key, name) VALUES ('joensuu', '{\"fi\": \"Joensuu\"}')")
        )
        session.execute(
            text(
                "INSERT INTO unit (name, municipality_id, address, open_for_booking) "
                "SELECT name, id, 'Siltakatu 1', true FROM municipality"
            )
        )
    upgrade(database, folder)
    assert current_revision(database) == "rehearsal"
    assert stands(database)
    with database.reader() as session:
        assert session.scalars(select(Municipality.key)).all() == ["joensuu"]
        assert session.execute(text("SELECT address FROM unit")).scalars().all() == ["Siltakatu 1"]
    if database.is_sqlite:
        with database.engine.connect() as connection:
            assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1


def test_a_migration_that_fails_leaves_the_database_as_it_was(
    database: Database, tmp_path: Path
) -> None:
    folder = copytree(migrations_folder(), tmp_path / "migrations")
    broken = (
        REBUILD.format(head=head_revision()) + "    op.execute('SELECT nothing FROM nowhere')\n"
    )
    (folder / "versions" / "rehearsal.py").write_text(broken)
    with pytest.raises(Exception, match="nowhere"):
        upgrade(database, folder)
    assert is_at_head(database)
    assert stands(database)


def test_a_database_newer_than_the_code_is_refused(database: Database) -> None:
    with database.writer() as session:
        session.execute(text("UPDATE alembic_version SET version_num = 'later'"))
    with pytest.raises(Misconfigured, match="later"):
        upgrade(database)
    assert current_revision(database) == "later"


def test_the_file_head_names_the_only_head_and_migrations_are_numbered() -> None:
    folder = migrations_folder()
    scripts = ScriptDirectory(str(folder))
    assert scripts.get_heads() == [head_revision()]
    names = sorted(path.name for path in (folder / "versions").glob("*.py"))
    assert [name[:5] for name in names] == [f"{number:04}_" for number in range(1, len(names) + 1)]
    assert sorted(script.revision for script in scripts.walk_revisions()) == [
        name[:4] for name in names
    ]
