"""Transactions, their hooks, and whose turn it is to write."""

from __future__ import annotations

import multiprocessing
import sqlite3
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Session

from booking.db import Database, after_commit, open_database, reading, transaction
from booking.domain.texts import LocalText
from booking.errors import DatabaseBusy, Misconfigured
from booking.models import Division, SignInAttempt
from booking.write_queue import WriteQueue


def test_hooks_run_after_the_commit_and_never_after_a_rollback(database: Database) -> None:
    seen: list[int] = []

    def count() -> None:
        with reading(database) as session:
            seen.append(len(session.scalars(select(Division)).all()))

    def work(session: Session, fail: bool) -> None:
        session.add(Division(name=LocalText("Ikäihmisten palvelut")))
        after_commit(session, count)
        session.flush()
        if fail:
            raise LookupError

    with pytest.raises(LookupError):
        transaction(database, lambda session: work(session, fail=True))
    transaction(database, lambda session: work(session, fail=False))
    assert seen == [1]


def test_instants_come_back_as_they_went_in_whatever_their_zone(database: Database) -> None:
    instant = datetime(2027, 3, 28, 3, 30, 0, 123456, tzinfo=timezone(timedelta(hours=3)))
    transaction(database, lambda session: session.add(SignInAttempt(key="k", at=instant)))
    with reading(database) as session:
        found = session.scalars(select(SignInAttempt.at)).one()
    assert (found, found.tzinfo) == (instant, UTC)


def test_a_naive_datetime_is_refused(database: Database) -> None:
    naive = datetime(2027, 3, 1, 12)  # noqa: DTZ001 - the test is about it
    with pytest.raises(StatementError, match="naive"):
        transaction(database, lambda session: session.add(SignInAttempt(key="k", at=naive)))


def test_sqlite_survives_a_power_cut_and_lets_readers_in(sqlite_url: str) -> None:
    database = open_database(sqlite_url)
    with database.engine.connect() as connection:
        settings = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    database.dispose()
    assert settings == ["wal", 2, 1]


def test_memory_and_strange_databases_are_refused() -> None:
    for url in ("sqlite://", "sqlite:///:memory:", "mysql://localhost/x"):
        with pytest.raises(Misconfigured):
            open_database(url)


def test_a_reader_sees_no_half_of_a_change(database: Database) -> None:
    with database.writer() as writer:
        writer.add(Division(name=LocalText("A")))
        writer.flush()
        with reading(database) as session:
            assert session.scalars(select(Division)).all() == []


def test_writers_of_one_process_get_their_turns_in_order(tmp_path: Path) -> None:
    queue = WriteQueue(tmp_path / "file")
    order: list[int] = []
    threads: list[threading.Thread] = []
    with queue.turn():
        for number in range(5):
            thread = threading.Thread(target=_take_turn, args=(queue, order, number))
            thread.start()
            threads.append(thread)
            while (
                len(queue._waiting) <= number
            ):  # the next one comes only when this one stands in line
                pass
    for thread in threads:
        thread.join()
    assert order == [0, 1, 2, 3, 4]


def _take_turn(queue: WriteQueue, order: list[int], number: int) -> None:
    with queue.turn():
        order.append(number)


def test_who_gives_up_waiting_leaves_the_line_moving(tmp_path: Path) -> None:
    queue = WriteQueue(tmp_path / "file", wait_seconds=0.05)
    with queue.turn(), pytest.raises(DatabaseBusy), queue.turn():
        pass
    with queue.turn():
        pass


def test_a_killed_process_holds_nobody_up(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    process = context.Process(target=_hold_turn, args=(tmp_path / "file", ready))
    process.start()
    assert ready.wait(20)
    queue = WriteQueue(tmp_path / "file", wait_seconds=0.05)
    with pytest.raises(DatabaseBusy), queue.turn():
        pass
    process.kill()
    process.join()
    with queue.turn():
        pass


def _hold_turn(path: Path, ready: object) -> None:
    with WriteQueue(path).turn():
        ready.set()  # type: ignore[attr-defined]
        threading.Event().wait(60)


def test_a_file_locked_from_outside_ends_in_busy_not_in_a_crash(sqlite_url: str) -> None:
    database = open_database(sqlite_url, patience_seconds=0)
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseBusy):
        transaction(database, lambda session: session.scalars(select(Division)).all())
    other.close()
    assert transaction(database, lambda session: session.scalars(select(Division)).all()) == []
    database.dispose()
