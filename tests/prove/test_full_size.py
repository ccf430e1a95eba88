"""The races at full size: at least 500 rounds of each, on both databases. For `make prove`.

Single bookings over HTTP, 24 clients against two server processes; whole series by service calls in processes of their own.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from booking.db import Database
from tests.prove import series_races
from tests.prove.races import RACES, Racers, make_field, run
from tests.support.server import serving
from tests.support.world import make_world

ROUNDS = int(os.environ.get("PROVE_ROUNDS", "500"))
# What the service promises a loser. Only said here: the figures of a loaded machine are no test.
PROMISED_SECONDS = 1.0


def test_races_at_full_size(
    database: Database, database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = make_world(database)
    with serving(database_url, tmp_path) as port:
        racers = Racers(port)
        try:
            field = make_field(world, database, racers)
            reports = []
            for kind in RACES:
                reports.append(run(field, kind, ROUNDS))
                with capsys.disabled():
                    kept = reports[-1].slowest_loser <= PROMISED_SECONDS
                    line = {
                        "database": database.engine.dialect.name,
                        **reports[-1].line(),
                        "losers_in_time": kept,
                    }
                    sys.stdout.write(json.dumps(line) + "\n")
        finally:
            racers.close()
    assert [(report.kind, report.rounds, report.wrong) for report in reports] == [
        (kind, ROUNDS, []) for kind in RACES
    ]


def test_races_of_series_at_full_size(
    database: Database, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    kind_of_database = {"database": database.engine.dialect.name}
    with series_races.by_processes(make_world(database), database, database_url) as field:
        reports = []
        for kind in series_races.RACES:
            reports.append(series_races.run(field, kind, ROUNDS))
            broken = {"deadlocks": series_races.deadlocks(database)}
            with capsys.disabled():
                line = {**kind_of_database, **reports[-1].line(), **broken}
                sys.stdout.write(json.dumps(line) + "\n")
    assert [(report.kind, report.rounds, report.wrong) for report in reports] == [
        (kind, ROUNDS, []) for kind in series_races.RACES
    ]
