"""How rows are reached: engine, BEGIN modes, transactions with after-commit hooks, column types. Knows no table.

SQLite's write transactions start with BEGIN IMMEDIATE behind the fair queue (`booking.write_queue`): a transaction
that reads first and writes later would fail at once with "database is locked". Reads are BEGIN DEFERRED and never
wait. PostgreSQL needs neither.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import BigInteger, DateTime, Dialect, Engine, TypeDecorator, create_engine, event
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.types import TypeEngine

from booking.errors import DatabaseBusy, Misconfigured
from booking.write_queue import WriteQueue

T = TypeVar("T")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_HOOKS = "after_commit"
# PostgreSQL: serialization_failure, deadlock_detected. The transaction is gone; the same work may be tried once more.
_TRY_AGAIN = frozenset({"40001", "40P01"})


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: aware datetimes in, UTC datetimes out. Integer microseconds on SQLite, timestamptz on PostgreSQL.

    Refuses a naive datetime with ValueError: nobody knows which instant it means.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the column type of the database."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(BigInteger())
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Refuse naive datetimes; turn instants into what the database keeps."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime is no instant")
        return microseconds(value) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Give an aware datetime in UTC."""
        if value is None:
            return None
        if dialect.name == "sqlite":
            return _EPOCH + timedelta(microseconds=int(value))
        instant: datetime = value.astimezone(UTC)
        return instant


def microseconds(instant: datetime) -> int:
    """Whole microseconds since 1970-01-01 UTC: how SQLite keeps an instant."""
    return (instant - _EPOCH) // _MICROSECOND


class Database:
    """One database: its engine, and who may write next. Made by `open_database`."""

    def __init__(self, engine: Engine, queue: WriteQueue | None) -> None:
        self.engine = engine
        self._queue = queue
        self._writers = sessionmaker(
            engine.execution_options(begin="IMMEDIATE"), expire_on_commit=False
        )
        self._readers = sessionmaker(
            engine.execution_options(begin="DEFERRED"), expire_on_commit=False
        )
        # One statement sees one state by itself: no BEGIN, no ROLLBACK, no way to and fro for them.
        alone = {"begin": None} if self.is_sqlite else {"isolation_level": "AUTOCOMMIT"}
        self._glances = engine.execution_options(**alone)

    @property
    def is_sqlite(self) -> bool:
        """Whether rows lie in an SQLite file; else in PostgreSQL."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def writer(self) -> Iterator[Session]:
        """Give a session in a write transaction; commit at the end, roll back on any error. Raises DatabaseBusy."""
        try:
            with (
                self._queue.turn() if self._queue else nullcontext(),
                self._writers.begin() as session,
            ):
                yield session
        except OperationalError as error:
            # Somebody outside the queue holds the file: a backup tool, an administrator's shell.
            if self.is_sqlite and "database is locked" in str(error.orig):
                raise DatabaseBusy from error
            raise

    def reader(self) -> Session:
        """Give a session for reading."""
        return self._readers()

    def glance(self) -> Connection:
        """Give a bare connection for one statement that reads, outside any transaction: for what is asked all day long."""
        return self._glances.connect()

    def dispose(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def open_database(url: str | URL, patience_seconds: float = 5) -> Database:
    """Open the database of `url` (sqlite:///… or postgresql+psycopg://…); nothing is connected yet.

    `patience_seconds`: how long an SQLite writer waits for somebody outside its queue. Raises Misconfigured for
    another kind, or for SQLite in memory: it has one connection, and the service needs several.
    """
    address = make_url(url)
    if address.get_backend_name() == "postgresql":
        engine = create_engine(
            address.set(drivername="postgresql+psycopg"),
            pool_pre_ping=True,
            hide_parameters=True,  # they hold what people wrote, and errors are logged
            pool_size=10,
            max_overflow=20,
        )
        return Database(engine, None)
    if (
        address.get_backend_name() != "sqlite"
        or not address.database
        or address.database == ":memory:"
    ):
        raise Misconfigured(
            "YHTEISTILA_DATABASE_URL must be sqlite:///PATH or postgresql+psycopg://USER@HOST/NAME."
        )
    engine = create_engine(address, pool_size=10, max_overflow=20, hide_parameters=True)
    event.listen(engine, "connect", partial(_on_sqlite_connect, patience_seconds))
    event.listen(engine, "begin", _on_sqlite_begin)
    return Database(engine, WriteQueue(Path(address.database)))


def _on_sqlite_connect(patience_seconds: float, connection: Any, _record: Any) -> None:
    # The driver's own transaction handling is switched off: it would start deferred transactions behind our back.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {int(patience_seconds * 1000)}")
    cursor.execute("PRAGMA journal_mode = WAL")
    # FULL: an acknowledged booking survives a power cut, which WAL with NORMAL does not promise.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _on_sqlite_begin(connection: Connection) -> None:
    mode = connection.get_execution_options().get("begin", "IMMEDIATE")
    if mode is not None:
        connection.exec_driver_sql(f"BEGIN {mode}")


def after_commit(session: Session, hook: Callable[[], None]) -> None:
    """Call `hook` once the transaction of `session` is committed; never, if it is rolled back."""
    session.info.setdefault(_HOOKS, []).append(hook)


def transaction(database: Database, work: Callable[[Session], T]) -> T:
    """Do `work` in one write transaction, commit, then run its after-commit hooks; return what `work` returned.

    `work` must be free of effects outside its session: PostgreSQL may break a deadlock or a serialization conflict by
    ending it, and then it is tried once more. Raises DatabaseBusy when no turn to write came in time.
    """
    try:
        return _once(database, work)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) not in _TRY_AGAIN:
            raise
    return _once(database, work)


def _once(database: Database, work: Callable[[Session], T]) -> T:
    with database.writer() as session:
        result = work(session)
    for hook in session.info.pop(_HOOKS, []):
        hook()
    return result


class _Rehearsed(Exception):
    """Ends a rehearsal's transaction, so that nothing of it stays."""

    def __init__(self, result: Any) -> None:
        super().__init__()
        self.result = result


def rehearsed(database: Database, work: Callable[[Session], T]) -> T:
    """Do `work` in one write transaction, roll it back, and return what `work` returned; no after-commit hook runs.

    Raises what `transaction` raises.
    """

    def and_undo(session: Session) -> T:
        raise _Rehearsed(work(session))

    try:
        return transaction(database, and_undo)
    except _Rehearsed as end:
        result: T = end.result
        return result


def is_reachable(database: Database) -> bool:
    """Whether the database answers at all."""
    try:
        with database.glance() as connection:
            connection.exec_driver_sql("SELECT 1")
    except DBAPIError:
        return False
    return True


@contextmanager
def reading(database: Database) -> Iterator[Session]:
    """Give a session for reading; it is never committed.

    (SQLite shows it one state throughout, PostgreSQL one per statement.)
    """
    with database.reader() as session:
        yield session
