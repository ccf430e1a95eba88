"""The schema's way from nothing to the newest. Knows alembic and where the migrations lie; no rows, and no settings.

One upgrade is one transaction, so a migration that fails leaves the database as it was. Two processes that upgrade at once
wait for each other: by an advisory lock on PostgreSQL, by a locked file beside the SQLite file. The second one finds nothing
left to do.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from booking.config import logger
from booking.db import Database
from booking.errors import Misconfigured
from booking.models.triggers import constraint_stands, ensure_triggers

# Any fixed number will do; it only has to differ from other advisory locks in the same database.
_ADVISORY_LOCK = 0x79687465
# Somebody may be filling the SQLite file in one long transaction; giving up would leave the service down.
_PATIENCE_MILLISECONDS = 60_000


def migrations_folder() -> Path:
    """Where the migrations lie: inside the package when installed from a wheel, else beside it in the repository."""
    here = Path(__file__).parent
    inside = here / "migrations"
    return inside if inside.is_dir() else here.parent / "migrations"


def head_revision(folder: Path | None = None) -> str:
    """The newest revision, as `migrations/HEAD` names it (a test holds the file to the scripts)."""
    return ((folder or migrations_folder()) / "HEAD").read_text(encoding="ascii").strip()


def current_revision(database: Database) -> str | None:
    """The revision the database is at; None when nothing was ever migrated."""
    path = database.engine.url.database
    if database.is_sqlite and path is not None and not Path(path).exists():
        return None  # connecting would leave an empty file, or fail without the folder
    with database.engine.connect().execution_options(begin="DEFERRED") as connection:
        return _revision(connection)


def is_at_head(database: Database) -> bool:
    """Whether the code and the schema belong together."""
    return current_revision(database) == head_revision()


def upgrade(database: Database, folder: Path | None = None) -> None:
    """Bring the database to the newest revision and lay the triggers anew; nothing happens twice.

    `folder` holds other migrations than the project's own (to rehearse one). Waits for another process that is upgrading.
    A database that has everything is only looked at: starting beside a busy service takes no turn from its writers.
    Raises Misconfigured when the database is newer than this code.
    """
    config = Config()
    place = str(folder or migrations_folder())
    config.set_main_option("script_location", place.replace("%", "%%"))
    scripts = ScriptDirectory.from_config(config)
    if _has_everything(database, scripts.get_current_head()):
        return
    with (
        _alone(database),
        database.engine.connect() as connection,
        _prepared(connection),
        connection.begin(),
    ):
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
        before = _revision(connection)
        _refuse_unknown(scripts, before)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        ensure_triggers(connection)
        _refuse_broken_references(connection)
        after = _revision(connection)
    if after != before:
        logger.info("schema_upgraded", before=before, after=after)


def _has_everything(database: Database, head: str | None) -> bool:
    if current_revision(database) != head:
        return False
    with database.engine.connect().execution_options(begin="DEFERRED") as connection:
        return constraint_stands(connection)


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _refuse_unknown(scripts: ScriptDirectory, revision: str | None) -> None:
    known = {script.revision for script in scripts.walk_revisions()}
    if revision is not None and revision not in known:
        raise Misconfigured(
            f"The database is at revision {revision}, which this version of Yhteistila doesn't know. "
            "Install the newer version again, or restore a backup made before it was installed."
        )


@contextmanager
def _alone(database: Database) -> Iterator[None]:
    """Hold the file lock beside an SQLite file. (PostgreSQL's lock is taken within the transaction.)"""
    path = database.engine.url.database
    if not database.is_sqlite or path is None:
        yield
        return
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(f"{path}.migrating", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _prepared(connection: Connection) -> Iterator[None]:
    """Let SQLite rebuild tables, and wait its turn long enough; PostgreSQL needs neither.

    A batch change drops the old table, which would empty the tables that refer to it. SQLite ignores the switch inside a
    transaction, so it is turned on the bare connection, before BEGIN and after COMMIT.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    bare = connection.connection.cursor()
    (patience,) = bare.execute("PRAGMA busy_timeout").fetchone()
    bare.execute(f"PRAGMA busy_timeout = {_PATIENCE_MILLISECONDS}")
    bare.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        bare.execute("PRAGMA foreign_keys = ON")
        bare.execute(f"PRAGMA busy_timeout = {patience}")
        bare.close()


def _refuse_broken_references(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return  # PostgreSQL never stopped watching them.
    broken = connection.execute(text("PRAGMA foreign_key_check")).all()
    if broken:
        tables = ", ".join(sorted({str(row[0]) for row in broken}))
        raise RuntimeError(f"the migration left references to rows that are gone, in: {tables}")
