"""Workers killed in the middle of sending, 20 times on each database. For `make prove`."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from booking.db import Database
from tests.prove.mail_kills import EACH, run

KILLS = int(os.environ.get("PROVE_KILLS", "20"))


def test_mails_survive_kills_at_full_size(
    database: Database, database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = run(database, database_url, tmp_path, KILLS)
    with capsys.disabled():
        line = {"database": database.engine.dialect.name, **report.line()}
        sys.stdout.write(json.dumps(line) + "\n")
    assert (report.kills, report.mails, report.wrong) == (KILLS, KILLS * EACH, [])
