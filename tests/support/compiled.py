"""SQL compiled once a process instead of once a database. Knows SQLAlchemy's registry of dialects; no table and no test.

SQLAlchemy keeps what it has compiled by engine, as a service needs it. Each test has a database and so an engine of its own, and
would compile every statement anew: a third of the time of a whole run.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import Engine

_kept: dict[Any, Any] = {}


class _Alike:
    """Dialects of one kind are one key: all databases of a run are of one server, or of one library."""

    supports_statement_cache = True

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))

    @classmethod
    def engine_created(cls, engine: Engine) -> None:
        """Let the engine keep its statements with all others."""
        engine.update_execution_options(compiled_cache=_kept)


class AlikeSQLite(_Alike, SQLiteDialect_pysqlite):
    """SQLite's dialect, one key for all files."""

    supports_statement_cache = True


class AlikePostgres(_Alike, PGDialect_psycopg):
    """PostgreSQL's dialect, one key for all databases."""

    supports_statement_cache = True


def share() -> None:
    """Let all engines made from now on in this process share what they have compiled."""
    registry.register("sqlite", __name__, AlikeSQLite.__name__)
    registry.register("postgresql.psycopg", __name__, AlikePostgres.__name__)
