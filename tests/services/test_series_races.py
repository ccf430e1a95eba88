"""Small races of whole series; `make prove` runs the same ones full-size, by processes."""

from __future__ import annotations

from booking.db import Database
from tests.prove.series_races import RACES, by_threads, run
from tests.support.world import make_world


def test_no_race_leaves_a_half_made_series_or_an_overlap(database: Database) -> None:
    with by_threads(make_world(database), database) as field:
        reports = [run(field, kind, rounds=1) for kind in RACES]
    assert [(report.kind, report.wrong) for report in reports] == [(kind, []) for kind in RACES]
