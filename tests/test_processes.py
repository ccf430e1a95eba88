"""Server and worker as processes: they start, work together, refuse what is unsafe, and end without leaving anybody behind."""

from __future__ import annotations

import os
import secrets
import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.config import Settings, load_settings
from booking.db import Database, open_database, reading, transaction
from booking.models import Booking, OutboxMessage, Person
from booking.worker import Worker
from tests.support.mailserver import Inbox, MailServer
from tests.support.ports import free_port
from tests.support.processes import Running, answers, running, until
from tests.support.server import FERNET_KEY
from tests.support.world import make_booking, make_world

SECRET = secrets.token_hex(32)


def environment(folder: Path, url: str, port: int = 8000, **more: str) -> dict[str, str]:
    keys = {"SECRET_KEY": SECRET, "FERNET_KEYS": FERNET_KEY}
    given = {"DATA": str(folder), "DATABASE_URL": url, **keys, **more}
    given["BASE_URL"] = f"http://127.0.0.1:{port}"
    return {f"YHTEISTILA_{name}": value for name, value in given.items()}


def comes_up(server: Running, port: int) -> None:
    until(
        lambda: answers(port) == 200 or server.process.poll() is not None,
        f"an answer of:\n{server.said}",
    )
    assert answers(port) == 200, server.said


def counts(folder: Path) -> tuple[int, int]:
    """How many persons and bookings a demo's folder holds."""
    database = open_database(f"sqlite:///{folder / 'yhteistila.db'}")
    with reading(database) as session:
        people, bookings = (
            session.scalars(select(func.count()).select_from(table)).one()
            for table in (Person, Booking)
        )
    database.dispose()
    return people, bookings


def test_a_demo_comes_up_from_nothing_keeps_its_data_and_leaves_nobody_behind(
    tmp_path: Path,
) -> None:
    folder, port = tmp_path / "demo", free_port()
    words = ("demo", "--port", str(port), "--data", str(folder))
    # A setting of somebody's real service must not reach a demo.
    env = {"YHTEISTILA_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing"}
    with running(tmp_path, *words, env=env) as demo:
        comes_up(demo, port)
        demo.wait_for("Stop with Ctrl-C.")
        for told in (f"http://127.0.0.1:{port}", "/demo/mails", "esteeton-yhteistila", "anna@demo"):
            assert told in demo.said
        assert answers(port, "/demo/mails") == 200
        # master, two that answer, worker
        until(lambda: len(demo.family()) == 4, "four processes")
        assert demo.end() == 0
    secret = (folder / "demo-secret").read_text(encoding="ascii")
    assert ((folder / "demo-secret").stat().st_mode & 0o777) == 0o600
    before = counts(folder)
    with running(tmp_path, *words) as demo:
        comes_up(demo, port)
        # Ctrl-C, as somebody at a terminal does it.
        assert demo.end(signal.SIGINT) == 0
    assert counts(folder) == before
    assert min(before) > 0
    assert (folder / "demo-secret").read_text(encoding="ascii") == secret


def test_two_demos_on_one_folder_work_together(tmp_path: Path) -> None:
    folder, ports = tmp_path / "demo", (free_port(), free_port())
    words = [("demo", "--port", str(port), "--data", str(folder)) for port in ports]
    with running(tmp_path, *words[0]) as first, running(tmp_path, *words[1]) as second:
        comes_up(first, ports[0])
        comes_up(second, ports[1])
        people, bookings = counts(folder)
        with reading(database := open_database(f"sqlite:///{folder / 'yhteistila.db'}")) as session:
            assert people == len(set(session.scalars(select(Person.email))))
        database.dispose()
        assert bookings > 0
        assert (first.end(), second.end()) == (0, 0)


def test_the_worker_comes_again_when_it_dies_and_goes_when_its_server_is_killed(
    tmp_path: Path, sqlite_url: str
) -> None:
    port = free_port()
    words = ("serve", "--port", str(port), "--with-worker")
    with running(tmp_path, *words, env=environment(tmp_path, sqlite_url, port)) as server:
        comes_up(server, port)
        server.wait_for("worker_started")
        family = server.family()
        [worker] = [pid for pid in family if "worker" in command(pid)]
        os.kill(worker, signal.SIGKILL)
        until(lambda: server.said.count("worker_started") == 2, "another worker")
        assert "worker_died" in server.said
        assert server.end(signal.SIGKILL) == -signal.SIGKILL


def command(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8").split("\0")


def test_a_server_answers_on_both_databases_and_refuses_endless_headers(
    tmp_path: Path, database_url: str
) -> None:
    port = free_port()
    words = ("serve", "--port", str(port), "--workers", "1")
    with running(tmp_path, *words, env=environment(tmp_path, database_url, port)) as server:
        comes_up(server, port)
        assert answers(port, "/readyz") == 200
        assert answers(port, "/livez", {"X-Long": "x" * 10_000}) in {400, 431}
        assert answers(port, "/demo/mails") == 404
        assert server.end() == 0
        assert '"level": "error"' not in server.said


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def working(
    tmp_path: Path, database: Database, database_url: str, inbox: Inbox
) -> Iterator[tuple[Running, Settings]]:
    """A running worker with a mail server, and its settings."""
    with MailServer(inbox) as server:
        smtp_url = f"smtp://127.0.0.1:{server.port}"
        env = environment(tmp_path, database_url, SMTP_URL=smtp_url)
        with running(tmp_path, "worker", env=env) as worker:
            worker.wait_for("worker_started")
            yield worker, load_settings(env)


def test_a_worker_that_is_woken_sends_the_mail_and_stops_in_peace(
    database: Database, inbox: Inbox, working: tuple[Running, Settings]
) -> None:
    process, settings = working
    make_booking(database, make_world(database))
    transaction(database, make_due)
    worker = Worker(settings, database)
    worker.wake([1])
    worker.close()
    until(lambda: len(inbox.mails) == 1, "the mail")
    until(lambda: state_of_mail(database) == "sent", "the mail to be written down as sent")
    assert process.end() == 0
    assert "worker_stopped" in process.said
    assert '"level": "error"' not in process.said


def make_due(session: Session) -> None:
    asked = select(OutboxMessage).where(OutboxMessage.id == 1)
    session.scalars(asked).one().next_try_at = datetime.now(UTC)


def state_of_mail(database: Database) -> str:
    with reading(database) as session:
        return session.scalars(select(OutboxMessage.state).where(OutboxMessage.id == 1)).one()
