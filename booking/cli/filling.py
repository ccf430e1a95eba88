"""`yhteistila seed`: made-up data into an empty database, with a bar that shows how far it is. Knows no room and no booking."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from booking import migrate
from booking.cli.opening import opened
from booking.config import Settings
from booking.db import Database
from booking.seed.demo import seed_demo
from booking.seed.scale import seed_scale

Report = Callable[[int, int, str], None]


def fill_demo(settings: Settings, seed: int) -> None:
    """Write the demo's data; ends with exit code 1 when something is there already."""
    with opened(settings) as database:
        migrate.upgrade(database)
        if not seed_if_empty(database, Console(), seed):
            raise click.ClickException(
                "There are rooms already. The demo's data go into an empty database only."
            )


def seed_if_empty(database: Database, console: Console, seed: int = 1) -> bool:
    """Write the demo's data, unless there are rooms already; whether it did."""
    with _bar(console) as report:
        return seed_demo(database, datetime.now(UTC), report, seed)


def fill_scale(settings: Settings, wanted: str) -> None:
    """Add `wanted` ("rooms=N,bookings=N"); prints the id of the room whose feed is to be measured."""
    rooms, bookings = _counts(wanted)
    with opened(settings) as database, _bar(Console()) as report:
        migrate.upgrade(database)
        try:
            room_id = seed_scale(database, rooms, bookings, datetime.now(UTC), report)
        except ValueError as error:
            raise click.BadParameter(f"{error}", param_hint="--scale") from error
    click.echo(f"{rooms} rooms with {bookings} bookings; the feed of room {room_id} has events.")


def _counts(wanted: str) -> tuple[int, int]:
    match = re.fullmatch(r"rooms=([1-9]\d{0,6}),bookings=([1-9]\d{0,8})", wanted)
    if match is None:
        raise click.BadParameter("Write it like rooms=1000,bookings=1000000.", param_hint="--scale")
    return int(match[1]), int(match[2])


@contextmanager
def _bar(console: Console) -> Iterator[Report]:
    """Give what shows progress: a bar on a terminal, nothing elsewhere. It appears with the first report."""
    columns = (TextColumn("Writing {task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not sys.stdout.isatty()
    ) as progress:
        task = progress.add_task("data", start=False, visible=False)

        def report(done: int, total: int, what: str) -> None:
            progress.update(task, completed=done, total=total, description=what, visible=True)

        yield report
