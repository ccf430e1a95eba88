"""Measures the service beside the floor of the same run: `make bench`. Prints JSON lines; only their ratios mean something.

    python -m tests.bench [--size ROOMSxBOOKINGS …] [--kind sqlite|postgres …]

Each size is seeded as by `yhteistila seed --scale`, served by `yhteistila serve --workers 2`, and asked by a client on
the same machine. The next free time is measured over a database of its own.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, update

from booking.db import Database, open_database, reading, transaction
from booking.domain.access import Actor
from booking.migrate import upgrade
from booking.models import CalendarText, Organisation, Room
from booking.seed.scale import seed_scale
from booking.services.people import NewPerson, add_person, create_token
from tests.bench import availability, next_free, series
from tests.bench.client import Connection, rate, timed
from tests.bench.floor import ETAG, static_server
from tests.bench.run import CALLS, Run
from tests.support import databases, postgres
from tests.support.server import serving

SIZES = ["200x400000", "1000x1000000"]


def main() -> None:
    """Measure every size on every kind of database."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("--size", nargs="+", default=SIZES, help="rooms x bookings")
    parser.add_argument(
        "--kind", nargs="+", default=["sqlite", "postgres"], choices=["sqlite", "postgres"]
    )
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="yhteistila-bench-") as name:
        os.chmod(name, 0o755)
        for kind, size in itertools.product(chosen.kind, chosen.size):
            rooms, bookings = map(int, size.split("x"))
            with _database(kind, Path(name)) as url:
                _measure(kind, url, rooms, bookings, Path(name))
        for kind in chosen.kind:
            with _database(kind, Path(name)) as url:
                next_free.measure(kind, url)


@contextmanager
def _database(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        path = folder / f"bench-{time.monotonic_ns()}.db"
        yield f"sqlite:///{path}"
        path.unlink()
        return
    # Figures of a server that may lose what it acknowledged would mean nothing.
    os.environ["TEST_POSTGRES_DURABLE"] = "1"
    folder = folder / f"postgres-{time.monotonic_ns()}"
    folder.mkdir(mode=0o755)
    keeper = postgres.hold_open(folder)
    server = databases.Postgres(folder)
    with server.empty() as url:
        yield url
    server.close()
    os.close(keeper)
    postgres.wait_for_end(folder)


def _measure(kind: str, url: str, rooms: int, bookings: int, folder: Path) -> None:
    database = open_database(url)
    upgrade(database)
    started, now = time.perf_counter(), datetime.now(UTC)
    seed_scale(database, rooms=rooms, bookings=bookings, now=now, progress=lambda *_: None)
    seeded = Run(kind, f"{rooms}x{bookings}", database)
    seeded.say("seed", seconds=round(time.perf_counter() - started, 1))
    token, organisation = _booker(database, now)
    started = time.perf_counter()
    with serving(url, folder / "data") as port:
        run = Run(kind, f"{rooms}x{bookings}", database, port)
        run.say("start", seconds=round(time.perf_counter() - started, 2))
        availability.one_slot(run)
        availability.weekly(run)
        _book(run, token, organisation)
        series.weekly(run, token, organisation)
        _feed(run, folder)
        run.say("peak memory of a web process", mib=_peak_mib(port))
    database.dispose()


def _peak_mib(port: int) -> int:
    """The most memory any process of the server on this port has had at once."""
    peaks = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"--port\0{port}\0".encode() in (process / "cmdline").read_bytes():
                peaks += [
                    int(line.split()[1]) // 1024
                    for line in (process / "status").read_text().splitlines()
                    if line.startswith("VmHWM")
                ]
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has ended between the look and the reading
    return max(peaks)


def _booker(database: Database, now: datetime) -> tuple[str, int]:
    """A token of somebody who may book, and for which organisation."""
    house = Actor(person_id=None, name="bench", is_admin=True)

    def work(session: Any) -> tuple[str, int]:
        organisation = session.scalars(select(Organisation.id).order_by(Organisation.id)).first()
        new = NewPerson("bench@demo.example", "Bench", "booker", organisation_id=organisation)
        add_person(session, new, "kolmetoista-koivua", actor=house, now=now)
        return create_token(session, new.email, "write", actor=house, now=now), organisation

    return transaction(database, work)


def _book(run: Run, token: str, organisation: int) -> None:
    connection, slots = Connection(run.port), availability.slots()
    headers = {"Authorization": f"Bearer {token}", "Content_Type": "application/json"}

    def wish() -> bytes:
        """A room that is free now; looking for it is not part of the figure."""
        while True:
            slot = next(slots)
            _, _, body = connection.call(availability.query(slot))
            if items := json.loads(body)["items"]:
                break
        asked = {
            "room_id": items[0]["id"],
            "organisation_id": organisation,
            "title": "Hallituksen kokous",
            "activity": "meeting",
            "starts_at": slot[0].isoformat(),
            "ends_at": slot[1].isoformat(),
            "people": 5,
        }
        return json.dumps(asked).encode()

    def book(body: bytes) -> None:
        status, _, answer = connection.call("/api/v1/bookings", "POST", body, **headers)
        assert status == 201, (status, answer)

    for _ in range(10):
        book(wish())
    times = timed(book, (wish() for _ in range(CALLS)))
    run.say("book one slot", **times.line())


def _feed(run: Run, folder: Path) -> None:
    database, port = run.database, run.port
    with reading(database) as session:
        fullest = select(CalendarText.room_id).group_by(CalendarText.room_id)
        room = session.scalars(fullest.order_by(func.count().desc())).first()
    path, connection = f"/feeds/rooms/{room}.ics", Connection(port)
    change = update(Room).where(Room.id == room).values(feed_version=Room.feed_version + 1)

    def changes() -> Iterator[None]:
        """The feed is another one before each call, so that it has to be rendered."""
        for _ in range(CALLS):
            transaction(database, lambda session: session.execute(change))
            yield

    first = timed(lambda _: connection.call(path), changes())
    again = timed(lambda _: connection.call(path), range(CALLS))
    status, head, body = connection.call(path)
    assert status == 200, (status, body[:200])
    etag = next(line[6:].decode() for line in head.split(b"\r\n") if line.startswith(b"ETag: "))
    unchanged = rate(port, path, 3, 304, If_None_Match=etag)
    with static_server(body, folder) as floor_port:
        floor = Connection(floor_port)
        static = timed(lambda _: floor.call("/"), range(CALLS))
        static_unchanged = rate(floor_port, "/", 3, 304, If_None_Match=ETAG)
    facts = {"events": body.count(b"BEGIN:VEVENT"), "bytes": len(body), "floor": static.line()}
    for name, times in (("first after a change", first), ("again", again)):
        ratio = round(times.median_ms / static.median_ms, 1)
        run.say(f"feed, {name}", **times.line(), times_floor=ratio, **facts)
    rates = {"per_second": unchanged, "floor_per_second": static_unchanged}
    run.say("feed, 304", **rates, of_floor=round(unchanged / static_unchanged, 2))


if __name__ == "__main__":
    main()
