"""Small races over HTTP against two server processes; `make prove` runs the same ones full-size."""

from __future__ import annotations

from pathlib import Path

from booking.db import Database
from tests.prove.races import RACES, Racers, make_field, run
from tests.support.server import serving
from tests.support.world import make_world


def test_every_race_has_its_winner_and_no_hold_overlaps(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    world = make_world(database)
    with serving(database_url, tmp_path) as port:
        racers = Racers(port)
        try:
            field = make_field(world, database, racers)
            reports = [run(field, kind, rounds=4) for kind in RACES]
        finally:
            racers.close()
    assert [(report.kind, report.wrong) for report in reports] == [(kind, []) for kind in RACES]
