"""The house stands on its floors: imports point down, and each outside package has a home."""

from __future__ import annotations

from pathlib import Path

from tests.support.imports import HOMES, violations

ROOT = Path(__file__).parents[1]


def test_imports_point_down_and_packages_stay_home() -> None:
    assert violations(ROOT) == []


def house(root: Path, files: dict[str, str]) -> Path:
    for name, source in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")
    return root


def test_an_import_upwards_is_found_when_it_hides_in_a_function(tmp_path: Path) -> None:
    source = "def peek():\n    # a cycle would follow otherwise\n    from booking.services import bookings\n"
    root = house(
        tmp_path,
        {"booking/models/rooms.py": source, "booking/services/bookings.py": "import json\n"},
    )
    assert violations(root) == [
        "booking/models/rooms.py:3: booking.models.rooms imports booking.services.bookings, which is not below it"
    ]


def test_an_import_within_a_function_needs_a_reason(tmp_path: Path) -> None:
    root = house(tmp_path, {"booking/db.py": "def now():\n    import datetime\n"})
    assert violations(root) == [
        "booking/db.py:2: booking.db imports datetime within a function, without a comment that says why"
    ]


def test_strangers_on_one_floor_do_not_know_each_other(tmp_path: Path) -> None:
    root = house(
        tmp_path,
        {"booking/web/__init__.py": "from booking import worker\n", "booking/worker.py": ""},
    )
    assert violations(root) == [
        "booking/web/__init__.py:1: booking.web imports booking.worker, which is not below it"
    ]


def test_a_package_away_from_home_is_found(tmp_path: Path) -> None:
    root = house(
        tmp_path,
        {
            "booking/queries/rooms.py": "import flask.views\nimport numpy\n",
            "calendars/period.py": "from importlib import import_module\nimport_module('huey')\n",
        },
    )
    assert violations(root) == [
        "booking/queries/rooms.py:1: booking.queries.rooms imports flask, whose home is booking.web, booking.app",
        "booking/queries/rooms.py:2: booking.queries.rooms imports numpy, which has no home",
        "calendars/period.py:2: calendars.period imports huey, whose home is booking.worker",
    ]


def test_the_domain_knows_nothing_but_rules(tmp_path: Path) -> None:
    source = "import os\nfrom booking.db import T\nfrom calendars.period import Period\nfrom . import texts\n"
    root = house(
        tmp_path,
        {
            "booking/domain/rooms.py": source,
            "booking/domain/texts.py": "",
            "booking/db.py": "",
            "calendars/period.py": "",
        },
    )
    assert violations(root) == [
        "booking/domain/rooms.py:1: booking.domain.rooms imports os, which the rules of the trade must not know",
        "booking/domain/rooms.py:2: booking.domain.rooms imports booking.db, which the rules of the trade must not know",
    ]


def test_a_library_below_does_not_know_the_house_above(tmp_path: Path) -> None:
    root = house(
        tmp_path, {"calendars/items.py": "import booking.errors\n", "booking/errors.py": ""}
    )
    assert violations(root) == [
        "calendars/items.py:1: calendars.items imports booking.errors, which is not below it"
    ]


def test_a_module_without_a_floor_is_found(tmp_path: Path) -> None:
    root = house(tmp_path, {"booking/helpers.py": ""})
    assert violations(root) == ["booking/helpers.py:1: booking.helpers has no floor"]


def test_a_knot_is_found_but_types_alone_tie_none(tmp_path: Path) -> None:
    types_only = (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from booking.models import a\n"
    )
    root = house(
        tmp_path,
        {
            "booking/models/a.py": "from booking.models import b, c\n",
            "booking/models/b.py": "from booking.models import a\n",
            "booking/models/c.py": types_only,
        },
    )
    assert violations(root) == ["import knot: booking.models.a → booking.models.b"]


def test_every_home_is_a_floor_of_the_house() -> None:
    floors = {name.partition(".")[0] for homes in HOMES.values() for name in homes}
    assert floors == {"booking", "calendars", "migrations"}
