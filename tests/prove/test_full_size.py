"""The races at full size: at least 500 rounds of each, 24 clients, two server processes, both databases. For `make prove`."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from booking.db import Database
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
