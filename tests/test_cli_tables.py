"""`yhteistila import` and `yhteistila export` at a terminal: what they print, refuse and leave. On both databases."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner, Result
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.cli import main
from booking.db import Database, reading, transaction
from booking.domain.columns import TABLES
from booking.models import AuditEntry, Booking, Room
from tests.support.world import World, make_booking, make_world

HOUSE = "Rantakylän hyvinvointitalo"
Yhteistila = Callable[..., Result]


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    """Give the run its own logging back: commands log to a stream that ends with them."""
    root = logging.getLogger()
    handlers, level, settings = root.handlers[:], root.level, structlog.get_config()
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**settings)


@pytest.fixture
def yhteistila(tmp_path: Path, database_url: str) -> Yhteistila:
    """Run a command on this test's database."""
    env = {"YHTEISTILA_DATA": str(tmp_path), "YHTEISTILA_DATABASE_URL": database_url}
    return lambda *words, **more: CliRunner().invoke(main, [str(w) for w in words], env=env, **more)


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str | bytes], Path]:
    """Write a file to import."""

    def write(content: str | bytes) -> Path:
        path = tmp_path / "in.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


File = Callable[[str | bytes], Path]


def capacities(database: Database) -> list[int]:
    with reading(database) as session:
        return list(session.scalars(select(Room.capacity).order_by(Room.id)))


def test_an_import_tells_what_became_of_each_row(
    database: Database, world: World, yhteistila: Yhteistila, file: File
) -> None:
    rows = f"room-{world.hall};{HOUSE};61;Sali\nUUSI;{HOUSE};5;Uusi\nroom-{world.half_a};{HOUSE};30;Sali A\n"
    text = f"external_id;unit;capacity;name_fi\n{rows}"
    result = yhteistila("import", "rooms", file(text.encode("windows-1252")))
    assert (result.exit_code, result.stdout) == (
        0,
        "Read as Windows-1252 with semicolons: 3 rows.\n"
        f"row 2  changed  room-{world.hall}  Sali\n"
        "    capacity: 60 → 61\n"
        "row 3  added  UUSI  Uusi\n"
        "1 added, 1 changed, 1 unchanged.\n",
    )
    assert capacities(database) == [61, 30, 30, 12, 5]
    with reading(database) as session:
        names = set(session.scalars(select(AuditEntry.actor_name)))
    assert names == {"yhteistila (command line)"}


def test_a_dry_run_says_the_same_and_saves_nothing(
    database: Database, world: World, yhteistila: Yhteistila, file: File
) -> None:
    path = file(f"external_id,unit,name_fi,capacity\nUUSI,{HOUSE},Uusi,5\n")
    result = yhteistila("import", "rooms", path, "--dry-run")
    assert (result.exit_code, result.stdout.splitlines()[1:]) == (
        0,
        [
            "row 2  added  UUSI  Uusi",
            "1 added, 0 changed, 0 unchanged.",
            "This was a dry run: nothing was saved.",
        ],
    )
    assert capacities(database) == [60, 30, 30, 12]


def test_what_is_wrong_is_told_by_row_and_column_and_nothing_is_imported(
    database: Database, world: World, yhteistila: Yhteistila, file: File
) -> None:
    rows = f"A,{HOUSE},Uusi,5\nB,Olematon,Uusi,5\nC,{HOUSE},Uusi,viisi\n"
    result = yhteistila("import", "rooms", file(f"external_id,unit,name_fi,capacity\n{rows}"))
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines() == [
        "Error: row 3, column unit: There is no site “Olematon”. "
        "Write its external id, or its name in Finnish exactly as it is here.",
        "row 4, column capacity: Write a whole number in digits, without a unit or a decimal mark.",
        "Nothing was imported.",
    ]
    assert capacities(database) == [60, 30, 30, 12]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file is empty."),
        (b"a\0b", "signs that are not text"),
        (b"PK\x03\x04", "not a CSV file"),
        (b"external_id,unit,gapacity\nA,B,C\n", "column gapacity: There is no column"),
        (b"external_id," * 90_000, "at most 400 are read"),
        (b"external_id,unit\n" + b"a,b\n" * 1_000_000, "more than 5000 rows"),
        (b"x" * 50_000_000, "larger than 10 MB"),
        (b'external_id,unit\n1,"' + b"x" * 9_000_000, "row 2: The row cannot be read"),
        (b"external_id,\x1b[31m\n1,2\n", "column  [31m"),
    ],
)
def test_a_hostile_file_is_refused_in_words(
    world: World, yhteistila: Yhteistila, file: File, content: bytes, said: str
) -> None:
    result = yhteistila("import", "rooms", file(content))
    assert result.exit_code == 1
    assert said in result.stderr
    assert "\x1b" not in result.stderr
    assert result.stderr.endswith("Nothing was imported.\n")


def test_bookings_that_would_break_are_listed_and_may_be_accepted(
    database: Database, world: World, yhteistila: Yhteistila, file: File
) -> None:
    booking_id = make_booking(database, world, title="Salaton kokous", people=10).id

    def put_off(session: Session) -> None:
        # The command reads the clock on the wall: for it, too, the booking must be to come.
        booking = session.get_one(Booking, booking_id)
        booking.starts_at = datetime(2098, 3, 10, 8, tzinfo=UTC)
        booking.ends_at = booking.starts_at + timedelta(hours=2)

    transaction(database, put_off)
    path = file(f"external_id,unit,capacity\nroom-{world.half_a},{HOUSE},9\n")
    result = yhteistila("import", "rooms", path)
    assert result.exit_code == 1
    assert "row 2: The change would break bookings to come: Monday 10 March 2098" in result.stderr
    assert "Salaton kokous, Virta ry" in result.stderr
    assert "--accept-broken" in result.stderr
    assert capacities(database) == [60, 30, 30, 12]
    assert yhteistila("import", "rooms", path, "--accept-broken").exit_code == 0
    assert capacities(database) == [60, 9, 30, 12]


@pytest.mark.parametrize("kind", list(TABLES))
@pytest.mark.parametrize("option", [(), ("--excel",)])
def test_an_export_comes_back_unchanged(
    database: Database,
    world: World,
    yhteistila: Yhteistila,
    file: File,
    kind: str,
    option: tuple[str],
) -> None:
    closure = f"external_id,unit,first_day,last_day\nK-1,{HOUSE},24.12.2027,\n"
    yhteistila("import", "closures", file(closure))
    result = yhteistila("export", kind, *option)
    assert result.exit_code == 0
    assert result.stdout_bytes.startswith("\ufeff".encode()) == bool(option)
    count = {"rooms": 4, "closures": 1, "organisations": 2}[kind]
    again = yhteistila("import", kind, "-", input=result.stdout_bytes)
    assert again.stdout.splitlines()[1] == f"0 added, 0 changed, {count} unchanged."


def test_an_export_into_a_file_says_how_much_it_holds(
    world: World, yhteistila: Yhteistila, tmp_path: Path
) -> None:
    result = yhteistila("export", "rooms", tmp_path / "out.csv")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "4 rooms.\n")
    assert len((tmp_path / "out.csv").read_bytes().splitlines()) == 5


def test_the_help_tells_every_column() -> None:
    for command in ("import", "export"):
        said = " ".join(CliRunner().invoke(main, [command, "--help"]).output.split())
        columns = [column.name for of_kind in TABLES.values() for column in of_kind]
        assert [name for name in columns if name not in said] == []
