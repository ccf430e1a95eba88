"""What the tests stand on: a server that ends with its run, clones, a browser that tells, and nothing skipped in silence."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from tests.support import databases, postgres

ROOT = Path(__file__).parents[1]


def test_a_server_ends_with_its_run_and_leaves_nothing(
    postgres_server: databases.Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (
        postgres_server is not None
    )  # where there is none, this is skipped like all that need one
    monkeypatch.delenv("TEST_DATABASE_URL", raising=False)
    folder = postgres.run_folder()
    alive = postgres.hold_open(folder)
    address = make_url(postgres.server_url(folder)).set(drivername="postgresql")
    dsn = address.render_as_string(hide_password=False)
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SHOW fsync").fetchone() is not None
    os.close(alive)
    postgres.wait_for_end(folder)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(dsn)
    assert not folder.exists()


def test_clones_do_not_see_each_other(postgres_server: databases.Postgres) -> None:
    with postgres_server.clone() as first, postgres_server.clone() as second:
        assert first != second
        for url in (first, second):
            dsn = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
            with psycopg.connect(dsn) as connection:
                connection.execute("INSERT INTO division (name) VALUES ('{}')")
                found = connection.execute("SELECT count(*) FROM division").fetchone()
                assert found == (1,)


def pytest_of(tests: str, folder: Path, **environ: str) -> str:
    """What pytest says of `tests` in a run of its own."""
    (folder / "test_of_its_own.py").write_text(tests, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-c",
        str(ROOT / "pyproject.toml"),
        "-p",
        "tests.conftest",
    ]
    done = subprocess.run(
        [*command, str(folder)], cwd=ROOT, env=os.environ | environ, capture_output=True, text=True
    )
    return done.stdout


@pytest.mark.parametrize(("required", "outcome"), [("", "2 skipped"), ("1", "2 errors")])
def test_what_is_missing_is_skipped_visibly_or_fails_where_it_is_required(
    tmp_path: Path, required: str, outcome: str
) -> None:
    said = pytest_of(
        "def test_rows(postgres_url): pass\ndef test_page(page): pass\n",
        tmp_path,
        TEST_DATABASE_URL="none",
        REQUIRE_POSTGRES=required,
        PATH="",
        CHROMIUM="",
        REQUIRE_BROWSER=required,
    )
    assert outcome in said.splitlines()[-1]
    assert "TEST_DATABASE_URL=none asks for none" in said
    assert "no chromium on the PATH" in said


PAGES = """
def test_quiet(page):
    page.set_content("<h1>Hei</h1>")

def test_inline_style(page):
    policy = "<meta http-equiv=Content-Security-Policy content='default-src self'>"
    page.goto(f"data:text/html,{policy}<p style='color:red'>")

def test_uncaught(new_page):
    page = new_page(locale="sv-FI")
    page.set_content("<script>setTimeout(() => { throw Error('lost') })</script>")
    page.wait_for_timeout(50)
"""


def test_an_unwanted_word_in_the_console_fails_the_test_of_the_page(
    tmp_path: Path, chromium: str
) -> None:
    said = pytest_of(PAGES, tmp_path, CHROMIUM=chromium)
    assert "3 passed, 2 errors" in said.splitlines()[-1]
    assert "Content Security Policy" in said
    assert "about:blank: lost" in said
