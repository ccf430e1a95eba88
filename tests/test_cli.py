"""The commands at a terminal: what they print, what they refuse, and with which exit code. On both databases."""

from __future__ import annotations

import hashlib
import logging
import secrets
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner, Result
from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from booking.cli import main
from booking.db import Database, open_database, reading, transaction
from booking.migrate import head_revision, is_at_head
from booking.models import ApiToken, AuditEntry, Occupancy, Person
from booking.models.triggers import constraint_stands
from booking.queries.people import actor_of
from booking.services.people import sign_in
from tests.support.ports import free_port
from tests.support.server import FERNET_KEY
from tests.support.world import World, make_booking, make_world, slot

KEYS = {"SECRET_KEY": secrets.token_hex(32), "FERNET_KEYS": FERNET_KEY}
PASSWORD = "kolme vihreää hevosta"

Yhteistila = Callable[..., Result]


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    """Give the run its own logging back: commands log to a stream that ends with them."""
    root = logging.getLogger()
    handlers, level, settings = root.handlers[:], root.level, structlog.get_config()
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**settings)


def run(folder: Path, url: str, *words: str, stdin: str | None = None, **more: str) -> Result:
    """Run `yhteistila words…` in this process; `more` are settings."""
    given: dict[str, str | None] = {"DATA": str(folder), "DATABASE_URL": url, **more}
    env = {f"YHTEISTILA_{name}": value for name, value in given.items()}
    return CliRunner().invoke(main, list(words), input=stdin, env=env)


@pytest.fixture
def yhteistila(tmp_path: Path, database_url: str) -> Yhteistila:
    """Run a command on this test's database."""
    return lambda *words, **more: run(tmp_path, database_url, *words, **more)


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def outcome(result: Result) -> tuple[int, str]:
    return result.exit_code, result.output


def test_help_names_each_command() -> None:
    said = CliRunner().invoke(main, ["--help"]).output
    assert [name for name in main.commands if f"\n  {name} " not in said] == []


def test_a_schema_is_laid_and_looked_at(tmp_path: Path, empty_url: str) -> None:
    head = head_revision()
    assert outcome(run(tmp_path, empty_url, "db", "check")) == (
        1,
        f"The database is at nothing, this version at {head}.\n",
    )
    for _ in range(2):
        result = run(tmp_path, empty_url, "db", "upgrade")
        assert (result.exit_code, result.stdout) == (0, f"The database is at {head}.\n")
    assert run(tmp_path, empty_url, "db", "check").exit_code == 0
    database = open_database(empty_url)
    assert is_at_head(database)
    database.dispose()


@pytest.mark.parametrize("command", ["serve", "worker"])
@pytest.mark.parametrize(
    ("secret", "said"),
    [
        ("", "YHTEISTILA_SECRET_KEY is not set"),
        ("short", "shorter than 32"),
        ("change-me-" * 5, "looks like an example"),
        ("a" * 64, "looks like an example"),
    ],
)
def test_nothing_is_served_with_a_missing_or_poor_secret(
    tmp_path: Path, sqlite_url: str, command: str, secret: str, said: str
) -> None:
    result = run(tmp_path, sqlite_url, command, SECRET_KEY=secret)
    assert result.exit_code == 2
    assert said in result.output
    assert "secrets.token_hex(32)" in result.output


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_nothing_is_served_without_a_key_for_secrets(
    tmp_path: Path, sqlite_url: str, command: str
) -> None:
    result = run(tmp_path, sqlite_url, command, SECRET_KEY=KEYS["SECRET_KEY"])
    assert result.exit_code == 2
    assert "YHTEISTILA_FERNET_KEYS is not set" in result.output
    assert "secrets.token_bytes(32)" in result.output


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_nothing_is_served_from_a_database_of_another_version(
    tmp_path: Path, empty_url: str, command: str
) -> None:
    result = run(tmp_path, empty_url, command, **KEYS)
    assert result.exit_code == 2
    assert "yhteistila db upgrade" in result.output


def test_a_port_that_is_taken_is_said_at_once(tmp_path: Path, sqlite_url: str) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", free_port()))
        other.listen()
        port = str(other.getsockname()[1])
        result = run(tmp_path, sqlite_url, "serve", "--port", port, **KEYS)
    assert result.exit_code == 2
    assert f"Can't listen on 127.0.0.1, port {port}" in result.output


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "tilat.example"])
def test_a_demo_is_served_to_this_machine_only(tmp_path: Path, sqlite_url: str, host: str) -> None:
    result = run(tmp_path, sqlite_url, "serve", "--host", host, **KEYS, DEMO="1")
    assert result.exit_code == 2
    assert "this machine only" in result.output


def test_a_wrong_setting_is_named(yhteistila: Yhteistila) -> None:
    assert outcome(yhteistila("check", DEMO="perhaps")) == (
        2,
        "Error: YHTEISTILA_DEMO must be 0 or 1.\n",
    )


def test_a_lost_second_factor_is_reset(
    yhteistila: Yhteistila, database: Database, world: World
) -> None:
    def lose(session: Session) -> None:
        person = session.get_one(Person, world.veli.person_id)
        person.totp_secret, person.totp_confirmed_at = "sealed", datetime.now(UTC)

    transaction(database, lose)
    said = "The second factor is reset, and all sign-ins have ended.\n"
    words = ("person", "reset-second-factor")
    assert outcome(yhteistila(*words, "Veli@demo.example")) == (0, said)
    with reading(database) as session:
        person = session.get_one(Person, world.veli.person_id)
        assert (person.totp_secret, person.totp_confirmed_at) == (None, None)
        actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions == ["reset_second_factor", "end_all_sign_ins"]
    nobody = (1, "Error: There is no such person.\n")
    assert outcome(yhteistila(*words, "nobody@demo.example")) == nobody


def test_a_person_let_in_can_sign_in_with_the_role(
    database: Database, world: World, yhteistila: Yhteistila
) -> None:
    result = yhteistila(
        "person",
        "add",
        "Uusi@Example.org",
        *("--name", "Uusi Käsittelijä", "--role", "approver", "--unit", str(world.kitee)),
        *("--title", "palveluesihenkilö", "--locale", "sv", "--password-stdin"),
        stdin=f"{PASSWORD}\r\n",
    )
    assert outcome(result) == (0, "uusi@example.org can sign in now.\n")
    signed_in = sign_in(database, "uusi@example.org", PASSWORD, now=datetime.now(UTC))
    assert signed_in is not None
    with reading(database) as session:
        actor = actor_of(
            session, session.get_one(Person, signed_in.person_id), datetime.now(UTC).date()
        )
        assert (actor.approver_units, actor.title, actor.locale) == (
            frozenset({world.kitee}),
            "palveluesihenkilö",
            "sv",
        )
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "add_person")).one()
        assert (entry.actor_id, entry.actor_name) == (None, "yhteistila (command line)")


def test_a_password_is_asked_for_twice_and_never_shown(
    world: World, yhteistila: Yhteistila
) -> None:
    words = ("person", "add", "a@example.org", "--name", "A", "--role", "viewer")
    scope = ("--municipality", "joensuu")
    result = yhteistila(*words, *scope, stdin=f"{PASSWORD}\n{PASSWORD}\n")
    assert result.exit_code == 0
    assert PASSWORD not in result.output


@pytest.mark.parametrize(
    ("words", "stdin", "said"),
    [
        (("nobody", "--role", "admin"), PASSWORD, "not one e-mail address"),
        (("ANNA@demo.example", "--role", "admin"), PASSWORD, "already a person"),
        (("a@example.org", "--role", "approver"), PASSWORD, "an approver needs --unit"),
        (("a@example.org", "--role", "approver", "--unit", "999"), PASSWORD, "no such unit"),
        (("a@example.org", "--role", "owner"), PASSWORD, "no such organisation"),
        (
            ("a@example.org", "--role", "viewer", "--municipality", "x"),
            PASSWORD,
            "no such municipality",
        ),
        (("a@example.org", "--role", "admin"), "lyhyt", "at least 15 characters"),
        (("a@example.org", "--role", "admin"), "", "at least 15 characters"),
        (("yhteistila@example.org", "--role", "admin"), "yhteistila" * 2, "too easy to guess"),
    ],
)
def test_who_cant_be_let_in_is_told_why_and_nobody_is_added(
    database: Database,
    world: World,
    yhteistila: Yhteistila,
    words: tuple[str, ...],
    stdin: str,
    said: str,
) -> None:
    people = people_of(database)
    result = yhteistila("person", "add", *words, "--name", "A", "--password-stdin", stdin=stdin)
    assert result.exit_code == 1
    assert said in result.output
    assert people_of(database) == people


def people_of(database: Database) -> int:
    with reading(database) as session:
        return session.scalars(select(func.count(Person.id))).one()


def test_a_token_is_printed_alone_and_kept_as_a_hash(
    database: Database, world: World, yhteistila: Yhteistila
) -> None:
    result = yhteistila("token", "create", "anna@demo.example", "--scope", "write")
    token = result.output.removesuffix("\n")
    assert (result.exit_code, len(token.split())) == (0, 1)
    with reading(database) as session:
        kept = session.scalars(select(ApiToken)).one()
    assert (kept.token_hash, kept.scope, kept.person_id) == (
        hashlib.sha256(token.encode()).hexdigest(),
        "write",
        world.anna.person_id,
    )


def test_nobody_gets_no_token(world: World, yhteistila: Yhteistila) -> None:
    assert outcome(yhteistila("token", "create", "nobody@demo.example")) == (
        1,
        "Error: There is no such person.\n",
    )


def test_check_finds_nothing_where_all_is_well(
    database: Database, world: World, yhteistila: Yhteistila
) -> None:
    make_booking(database, world, room_id=world.hall)
    result = yhteistila("check")
    assert result.exit_code == 0
    assert [line.split(":")[0] for line in result.output.splitlines()] == [
        "ok     urllib3",
        "ok     migrations",
        "ok     constraint",
        "ok     time held twice",
        "ok     bookings without the time they should hold",
        "ok     time held for no booking",
        "ok     mails given up",
    ]


def test_check_finds_what_is_wrong_and_says_it_in_its_exit_code(
    database: Database, world: World, yhteistila: Yhteistila
) -> None:
    booking = make_booking(database, world)
    other = make_booking(database, world, period=slot(11, 10))
    with database.engine.begin() as connection:
        if database.is_sqlite:
            connection.execute(text("DROP TRIGGER occupancy_no_overlap_insert"))
        else:
            connection.execute(text("ALTER TABLE occupancy DROP CONSTRAINT occupancy_no_overlap"))
        assert not constraint_stands(connection)
        held = connection.execute(select(Occupancy).where(Occupancy.booking_id == booking.id)).one()
        row = {
            key: value for key, value in held._asdict().items() if key not in {"id", "booking_id"}
        }
        connection.execute(insert(Occupancy).values(**row, booking_id=other.id))
        connection.execute(text("UPDATE outbox_message SET state = 'failed' WHERE id = 1"))
    result = yhteistila("check")
    assert result.exit_code == 1
    wrong = [line for line in result.output.splitlines() if line.startswith("WRONG")]
    assert wrong == [
        "WRONG  constraint: the database does NOT refuse to hold a space twice",
        "WRONG  time held twice: 1",
        "WRONG  time held for no booking: 1",
        "WRONG  mails given up: 1",
    ]


def test_check_finds_a_booking_whose_time_is_gone(
    database: Database, world: World, yhteistila: Yhteistila
) -> None:
    make_booking(database, world, room_id=world.hall)

    def lose(session: Session) -> None:
        session.delete(session.scalars(select(Occupancy)).all()[0])

    transaction(database, lose)
    result = yhteistila("check")
    assert result.exit_code == 1
    assert "WRONG  bookings without the time they should hold: 1" in result.output


def test_check_says_so_where_there_is_no_schema(tmp_path: Path, empty_url: str) -> None:
    result = run(tmp_path, empty_url, "check")
    assert result.exit_code == 1
    assert "WRONG  migrations: the database is at nothing" in result.output


def test_the_demo_goes_into_an_empty_database_only(tmp_path: Path, sqlite_url: str) -> None:
    assert run(tmp_path, sqlite_url, "seed", "--demo").exit_code == 0
    assert outcome(run(tmp_path, sqlite_url, "seed", "--demo")) == (
        1,
        "Error: There are rooms already. The demo's data go into an empty database only.\n",
    )
    assert run(tmp_path, sqlite_url, "check").exit_code == 0


def test_many_rooms_are_added_for_measuring(yhteistila: Yhteistila) -> None:
    result = yhteistila("seed", "--scale", "rooms=5,bookings=200")
    assert result.exit_code == 0
    assert result.output.startswith("5 rooms with 200 bookings; the feed of room ")
    assert yhteistila("check").exit_code == 0


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--demo", "--scale", "rooms=1,bookings=1"),
        ("--scale", "rooms=1"),
        ("--scale", "rooms=0,bookings=1"),
        ("--scale", "rooms=1,bookings=999999"),
    ],
)
def test_seeding_wants_one_thing_and_one_it_can_do(
    tmp_path: Path, sqlite_url: str, words: tuple[str, ...]
) -> None:
    assert run(tmp_path, sqlite_url, "seed", *words).exit_code == 2
