"""Settings are checked before anything starts, and logs keep secrets to themselves."""

from __future__ import annotations

import base64
import io
import json
import logging
import secrets
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from booking.config import (
    SETTINGS,
    bound_request,
    configure_logging,
    load_settings,
    logger,
    redacted,
)
from booking.errors import Misconfigured
from booking.keys import demand_secret, kept_fernet_key, kept_secret
from tests.support.server import FERNET_KEY

SECRET = "0123456789abcdef" * 4
KEYS = {"YHTEISTILA_SECRET_KEY": SECRET, "YHTEISTILA_FERNET_KEYS": FERNET_KEY}


def test_without_any_variable_the_service_runs_on_a_file_in_the_data_folder() -> None:
    settings = load_settings({})
    here = Path("./instance").absolute()
    assert settings.data == here
    assert settings.database_url == f"sqlite:///{here}/yhteistila.db"
    assert (settings.base_url, settings.mail_from, settings.huey) == (
        "http://127.0.0.1:8000",
        "yhteistila@localhost",
        "sqlite",
    )
    assert (settings.secret_key, settings.secret_key_fallbacks, settings.smtp_url) == ("", (), "")
    assert (settings.demo, settings.trusted_proxies) == (False, 0)
    assert (settings.fernet_keys, settings.staff_second_factor) == ((), "required")


def test_each_variable_is_read() -> None:
    settings = load_settings(
        {
            "YHTEISTILA_DATA": "/srv/tila",
            "YHTEISTILA_DATABASE_URL": "postgresql://u:p@db/tila",
            "YHTEISTILA_SECRET_KEY": SECRET,
            "YHTEISTILA_SECRET_KEY_FALLBACKS": "one, two,",
            "YHTEISTILA_FERNET_KEYS": f" {FERNET_KEY},older, ",
            "YHTEISTILA_STAFF_SECOND_FACTOR": "offered",
            "YHTEISTILA_BASE_URL": "https://tilat.example/",
            "YHTEISTILA_SMTP_URL": "smtps://u:p@mail:465",
            "YHTEISTILA_MAIL_FROM": "tilat@example.org",
            "YHTEISTILA_HUEY": "sqlite",
            "YHTEISTILA_DEMO": "1",
            "YHTEISTILA_TRUSTED_PROXIES": "2",
        },
    )
    assert settings.data == Path("/srv/tila")
    assert settings.database_url == "postgresql+psycopg://u:p@db/tila"
    assert (settings.secret_key, settings.secret_key_fallbacks) == (SECRET, ("one", "two"))
    assert (settings.base_url, settings.smtp_url) == (
        "https://tilat.example",
        "smtps://u:p@mail:465",
    )
    assert (settings.mail_from, settings.huey) == ("tilat@example.org", "sqlite")
    assert (settings.demo, settings.trusted_proxies) == (True, 2)
    assert (settings.fernet_keys, settings.staff_second_factor) == (
        (FERNET_KEY, "older"),
        "offered",
    )


def test_the_queue_follows_the_database() -> None:
    assert load_settings({"YHTEISTILA_DATABASE_URL": "postgres://db/tila"}).huey == "postgres"


def test_the_data_option_wins_over_the_variable() -> None:
    assert load_settings({"YHTEISTILA_DATA": "/a"}, data=Path("/b")).data == Path("/b")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://db/tila"),
        ("DATABASE_URL", "sqlite:///"),
        ("BASE_URL", "tilat.example"),
        ("BASE_URL", "https://tilat.example/path"),
        ("SMTP_URL", "mail.example:25"),
        ("MAIL_FROM", "tilat"),
        ("MAIL_FROM", "a@b\nBcc: c@d"),
        ("HUEY", "rabbit"),
        ("HUEY", "postgres"),
        ("DEMO", "yes"),
        ("TRUSTED_PROXIES", "-1"),
        ("STAFF_SECOND_FACTOR", "no"),
    ],
)
def test_a_wrong_value_is_refused_by_the_name_of_its_variable(name: str, value: str) -> None:
    with pytest.raises(Misconfigured, match=f"YHTEISTILA_{name}"):
        load_settings({f"YHTEISTILA_{name}": value})


@pytest.mark.parametrize(
    "secret",
    ["", "short", "change-me-change-me-change-me-change-me", "0" * 64, "my-secret-key-" * 4],
)
def test_a_missing_short_or_example_secret_is_refused(secret: str) -> None:
    with pytest.raises(Misconfigured, match="YHTEISTILA_SECRET_KEY"):
        demand_secret(load_settings({**KEYS, "YHTEISTILA_SECRET_KEY": secret}))


@pytest.mark.parametrize(
    "keys",
    [
        "",
        ",",
        "short",
        f"{FERNET_KEY},short",
        FERNET_KEY[:-1],
        base64.urlsafe_b64encode(bytes(32)).decode(),
        base64.urlsafe_b64encode(b"change-me-" * 3 + b"xx").decode(),
        "ä" * 44,
    ],
)
def test_a_missing_broken_or_example_key_for_secrets_is_refused(keys: str) -> None:
    with pytest.raises(Misconfigured, match="YHTEISTILA_FERNET_KEYS"):
        demand_secret(load_settings({**KEYS, "YHTEISTILA_FERNET_KEYS": keys}))


def test_a_weak_fallback_is_refused() -> None:
    environ = {**KEYS, "YHTEISTILA_SECRET_KEY_FALLBACKS": "old"}
    with pytest.raises(Misconfigured, match="YHTEISTILA_SECRET_KEY_FALLBACKS"):
        demand_secret(load_settings(environ))


def test_a_drawn_secret_is_accepted() -> None:
    for _ in range(200):
        key = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
        environ = {"YHTEISTILA_SECRET_KEY": secrets.token_hex(32), "YHTEISTILA_FERNET_KEYS": key}
        demand_secret(load_settings(environ))


def test_settings_printed_show_no_secret() -> None:
    environ = {
        "YHTEISTILA_SECRET_KEY": SECRET,
        "YHTEISTILA_SECRET_KEY_FALLBACKS": "former",
        "YHTEISTILA_FERNET_KEYS": FERNET_KEY,
        "YHTEISTILA_DATABASE_URL": "postgresql://u:hush@db/tila",
        "YHTEISTILA_SMTP_URL": "smtp://u:hush@mail",
    }
    shown = repr(load_settings(environ))
    assert [word for word in (SECRET, "former", FERNET_KEY, "hush") if word in shown] == []


def test_each_setting_is_named_once() -> None:
    names = [setting.name for setting in SETTINGS]
    assert len(set(names)) == len(names)
    assert all(name.startswith("YHTEISTILA_") for name in names)


def test_demos_that_start_together_keep_one_secret_and_one_key(tmp_path: Path) -> None:
    folders = [tmp_path / "data"] * 8
    with ThreadPoolExecutor(8) as pool:
        secrets_found, keys_found = (
            set(pool.map(kept, folders)) for kept in (kept_secret, kept_fernet_key)
        )
    assert (len(secrets_found), len(keys_found)) == (1, 1)
    files = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "data").iterdir()}
    assert files == {"demo-secret": 0o600, "demo-fernet-key": 0o600}
    environ = {
        "YHTEISTILA_SECRET_KEY": secrets_found.pop(),
        "YHTEISTILA_FERNET_KEYS": keys_found.pop(),
    }
    demand_secret(load_settings(environ))


@pytest.fixture
def logs() -> Iterator[io.StringIO]:
    """What is logged meanwhile; the run's own logging is put back afterwards."""
    root = logging.getLogger()
    handlers, level, configured = root.handlers, root.level, structlog.get_config()
    written = io.StringIO()
    configure_logging(written)
    yield written
    root.handlers = handlers
    root.setLevel(level)
    structlog.configure(**configured)


def last(logs: io.StringIO) -> dict[str, object]:
    line: dict[str, object] = json.loads(logs.getvalue().splitlines()[-1])
    return line


def test_a_line_bears_the_request_and_what_was_said(logs: io.StringIO) -> None:
    with bound_request("r-1"):
        logger.info("request", path="/rooms/7", status=200, milliseconds=1.5)
    line = last(logs)
    assert isinstance(line.pop("timestamp"), str)
    assert line == {
        "event": "request",
        "level": "info",
        "logger": "yhteistila",
        "milliseconds": 1.5,
        "path": "/rooms/7",
        "request_id": "r-1",
        "status": 200,
    }
    logger.info("later")
    assert "request_id" not in last(logs)


def test_other_peoples_records_are_lines_of_the_same_kind(logs: io.StringIO) -> None:
    with bound_request("r-2"):
        logging.getLogger("library").warning("%s failed", "it", extra={"token": "t0ken"})
    line = last(logs)
    assert (line["event"], line["logger"], line["request_id"]) == ("it failed", "library", "r-2")
    assert line["token"] == "[redacted]"


def test_an_exception_is_told_without_what_it_carried(logs: io.StringIO) -> None:
    try:
        raise ValueError("no mailbox for anna@demo.example at smtp://u:hush@mail")
    except ValueError:
        logger.exception("failed")
    told = str(last(logs)["exception"])
    assert told.endswith("ValueError: no mailbox for [e-mail] at smtp://u:[redacted]@mail")


@given(st.text())
def test_no_text_starts_a_line_of_its_own(text: str) -> None:
    rendered = structlog.processors.JSONRenderer(ensure_ascii=True)(None, "info", {"event": text})
    assert isinstance(rendered, str)
    assert rendered.splitlines() == [rendered]
    assert rendered.isprintable()


def test_a_name_with_line_ends_stays_on_its_line(logs: io.StringIO) -> None:
    logger.info("request", agent='x\n{"event": "forged"}\r\u2028\x85\x1b[2J')
    assert len(logs.getvalue().splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("/feeds/t/4fB-k_9.ics", "/feeds/t/[redacted]"),
        ("https://tilat.example/k/abc?x=1", "https://tilat.example/k/[redacted]?x=1"),
        ("/manage?token=abc&day=1", "/manage?token=[redacted]&day=1"),
        ("Bearer abc.def", "Bearer [redacted]"),
        ("Authorization: Basic YTpi", "Authorization: Basic [redacted]"),
        ("postgresql://u:p@db/tila", "postgresql://u:[redacted]@db/tila"),
        ("hash $argon2id$v=19$m=65536$x$y", "hash [redacted]"),
        ("to <Anna.Ää+x@demo.example>, ok", "to <[e-mail]>, ok"),
        ("key=" + "aB3" * 12, "key=[redacted]"),
        (
            "booking 12 of 3f1c0a52-5a0e-4d39-9d5c-0a4f1f6f7e11",
            "booking 12 of 3f1c0a52-5a0e-4d39-9d5c-0a4f1f6f7e11",
        ),
        ("/rooms/7/week/2027-06-07", "/rooms/7/week/2027-06-07"),
    ],
)
def test_what_a_log_must_not_hold_is_taken_out(text: str, told: str) -> None:
    assert redacted(text) == told


@pytest.mark.parametrize(
    "key", ["password", "new_password", "SECRET_KEY", "Cookie", "set-cookie", "Authorization"]
)
def test_a_field_that_names_a_secret_is_never_told(logs: io.StringIO, key: str) -> None:
    logger.info("seen", headers={key: "hush", "Accept": "text/html"})
    assert last(logs)["headers"] == {key: "[redacted]", "Accept": "text/html"}


def test_logs_go_to_standard_error_only() -> None:
    code = "from booking.config import configure_logging, logger; configure_logging(); logger.info('up')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    assert json.loads(done.stderr)["event"] == "up"
