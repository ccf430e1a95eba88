"""What the service is told from outside, and how it logs. Knows environment variables and structlog; no table and no page.

Settings come from environment variables `YHTEISTILA_*` and from nowhere else; `SETTINGS` documents each of them, and a test
holds the README's table to it. Logs are one JSON object a line on standard error. What must never be in a log is taken out
here, whoever logs it: secrets, tokens, passwords, cookies, and e-mail addresses.
"""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import urlsplit

import structlog
from structlog.types import EventDict, Processor

from booking.errors import Misconfigured

SECRET_LENGTH = 32
"""Characters a secret key must have at least: 128 bits, written in hex."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One environment variable: its name, its value when it isn't set, and what it means. For the README and its test."""

    name: str
    default: str
    meaning: str


SETTINGS = (
    Setting(
        "YHTEISTILA_DATA",
        "./instance",
        "Folder of the SQLite file, the worker's queue and the demo's secret; `--data DIR` sets it too.",
    ),
    Setting(
        "YHTEISTILA_DATABASE_URL",
        "SQLite in the data folder",
        "`sqlite:///PATH` or `postgresql://USER:PASSWORD@HOST/NAME`.",
    ),
    Setting(
        "YHTEISTILA_SECRET_KEY",
        "none",
        f"Signs cookies and links; at least {SECRET_LENGTH} characters. `serve` and `worker` refuse to start without it.",
    ),
    Setting(
        "YHTEISTILA_SECRET_KEY_FALLBACKS",
        "none",
        "Earlier secret keys, separated by commas: what they signed stays valid until they are taken away.",
    ),
    Setting(
        "YHTEISTILA_FERNET_KEYS",
        "none",
        "Encrypt secrets kept in the database, separated by commas; the first encrypts, all decrypt. "
        "`serve` and `worker` refuse to start without one.",
    ),
    Setting(
        "YHTEISTILA_STAFF_SECOND_FACTOR",
        "required",
        "`required`: staff use nothing before they have set up a second factor. `offered`: they may.",
    ),
    Setting(
        "YHTEISTILA_BASE_URL",
        "http://127.0.0.1:8000",
        "Address people reach the service at; used in mails and calendar feeds.",
    ),
    Setting(
        "YHTEISTILA_SMTP_URL",
        "none",
        "`smtps://USER:PASSWORD@HOST:PORT`, or `smtp://…` with STARTTLS where offered (`?starttls=always` insists). "
        "Without it mails wait.",
    ),
    Setting("YHTEISTILA_MAIL_FROM", "yhteistila@localhost", "Sender of the mails."),
    Setting(
        "YHTEISTILA_INCIDENT_URL",
        "none",
        "The county's own channel for incidents in care, an https:// address: the form for reports of rooms leads there.",
    ),
    Setting(
        "YHTEISTILA_PRIVACY_EMAIL",
        "none",
        "Address of whoever answers questions on privacy; shown in the privacy notice.",
    ),
    Setting(
        "YHTEISTILA_HUEY",
        "what the database is",
        "Where wake-ups for the worker are queued: `sqlite` (one machine) or `postgres` (several).",
    ),
    Setting(
        "YHTEISTILA_DEMO",
        "0",
        "`1` shows the demo's mails and sign-ins. For trying out only; set by `yhteistila demo`.",
    ),
    Setting(
        "YHTEISTILA_TRUSTED_PROXIES",
        "0",
        "How many reverse proxies stand before the service; so many entries of X-Forwarded-For, -Proto and -Host are believed.",
    ),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings, checked. `secret_key` is empty when none was given; see `booking.keys`."""

    data: Path
    database_url: str = field(repr=False)
    base_url: str
    mail_from: str
    huey: str
    demo: bool
    trusted_proxies: int
    secret_key: str = field(default="", repr=False)
    secret_key_fallbacks: tuple[str, ...] = field(default=(), repr=False)
    fernet_keys: tuple[str, ...] = field(default=(), repr=False)
    staff_second_factor: str = "required"
    smtp_url: str = field(default="", repr=False)
    incident_url: str = ""
    privacy_email: str = ""


def load_settings(environ: Mapping[str, str], data: Path | None = None) -> Settings:
    """Read the settings; `data` (from `--data`) wins over YHTEISTILA_DATA. Nothing on disk is touched.

    Raises Misconfigured, with a text that names the variable and says what to set.
    """

    def given(name: str, default: str = "") -> str:
        return environ.get(f"YHTEISTILA_{name}", "").strip() or default

    folder = (data or Path(given("DATA", "./instance"))).absolute()
    database_url = _database_url(given("DATABASE_URL", f"sqlite:///{folder / 'yhteistila.db'}"))
    kind = "sqlite" if database_url.startswith("sqlite") else "postgres"
    return Settings(
        data=folder,
        database_url=database_url,
        secret_key=given("SECRET_KEY"),
        secret_key_fallbacks=_several(given("SECRET_KEY_FALLBACKS")),
        fernet_keys=_several(given("FERNET_KEYS")),
        staff_second_factor=_second_factor(given("STAFF_SECOND_FACTOR", "required")),
        base_url=_base_url(given("BASE_URL", "http://127.0.0.1:8000")),
        smtp_url=_smtp_url(given("SMTP_URL")),
        incident_url=_incident_url(given("INCIDENT_URL")),
        privacy_email=_privacy_email(given("PRIVACY_EMAIL")),
        mail_from=_mail_from(given("MAIL_FROM", "yhteistila@localhost")),
        huey=_huey(given("HUEY", kind), kind),
        demo=_yes_or_no("YHTEISTILA_DEMO", given("DEMO", "0")),
        trusted_proxies=_count("YHTEISTILA_TRUSTED_PROXIES", given("TRUSTED_PROXIES", "0")),
    )


@cache
def base_url() -> str:
    """Where people reach the service, without a slash at the end; read from the environment once, the same for the whole process.

    For links in mails: services know no settings. Raises Misconfigured, as `load_settings` does.
    """
    return load_settings(os.environ).base_url


def templates_folder() -> Path:
    """Where pages' and mails' templates lie: inside the package when installed from a wheel, else beside it in the repository."""
    here = Path(__file__).parent
    inside = here / "templates"
    return inside if inside.is_dir() else here.parent / "templates"


def _database_url(text: str) -> str:
    for prefix in ("postgres://", "postgresql://"):
        if text.startswith(prefix):
            return "postgresql+psycopg://" + text.removeprefix(prefix)
    if not text.startswith(("postgresql+psycopg://", "sqlite:///")) or text.endswith(":///"):
        raise Misconfigured(
            "YHTEISTILA_DATABASE_URL must be sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME."
        )
    return text


def _base_url(text: str) -> str:
    parts = urlsplit(text.rstrip("/"))
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query:
        raise Misconfigured(
            "YHTEISTILA_BASE_URL must be an address without a path, such as https://tilat.example."
        )
    return f"{parts.scheme}://{parts.netloc}"


def _smtp_url(text: str) -> str:
    if text and (urlsplit(text).scheme not in {"smtp", "smtps"} or not urlsplit(text).hostname):
        raise Misconfigured(
            "YHTEISTILA_SMTP_URL must be smtp://USER:PASSWORD@HOST:PORT or smtps://USER:PASSWORD@HOST:PORT."
        )
    return text


def _mail_from(text: str) -> str:
    if not re.fullmatch(r"[^\s@<>,]+@[^\s@<>,]+", text):
        raise Misconfigured("YHTEISTILA_MAIL_FROM must be one e-mail address.")
    return text


def _incident_url(text: str) -> str:
    if text and (not text.startswith("https://") or not urlsplit(text).hostname):
        raise Misconfigured("YHTEISTILA_INCIDENT_URL must be an https:// address.")
    return text


def _privacy_email(text: str) -> str:
    if text and not re.fullmatch(r"[^\s@<>,]+@[^\s@<>,]+", text):
        raise Misconfigured("YHTEISTILA_PRIVACY_EMAIL must be one e-mail address.")
    return text


def _several(text: str) -> tuple[str, ...]:
    return tuple(key for part in text.split(",") if (key := part.strip()))


def _second_factor(text: str) -> str:
    if text not in {"required", "offered"}:
        raise Misconfigured("YHTEISTILA_STAFF_SECOND_FACTOR must be required or offered.")
    return text


def _huey(text: str, database_kind: str) -> str:
    if text not in {"sqlite", "postgres"}:
        raise Misconfigured("YHTEISTILA_HUEY must be sqlite or postgres.")
    if text == "postgres" and database_kind != "postgres":
        raise Misconfigured(
            "YHTEISTILA_HUEY=postgres needs a PostgreSQL database in YHTEISTILA_DATABASE_URL."
        )
    return text


def _yes_or_no(name: str, text: str) -> bool:
    if text not in {"0", "1"}:
        raise Misconfigured(f"{name} must be 0 or 1.")
    return text == "1"


def _count(name: str, text: str) -> int:
    if not re.fullmatch("[0-9]{1,2}", text):
        raise Misconfigured(f"{name} must be a whole number from 0 to 99.")
    return int(text)


# ("event" and "level" are structlog's own keys; they are never secret.)
_SECRET_KEYS = re.compile(
    "passw|secret|token|cookie|authori[sz]ation|csrf|api_?key|session", re.IGNORECASE
)
_REDACTIONS = (
    (
        re.compile(r"(/[tkir]/|token=|password=|secret=)[^/\s?&'\"]+", re.IGNORECASE),
        r"\1[redacted]",
    ),
    (re.compile(r"((?:bearer|basic)\s+)[^\s'\",]+", re.IGNORECASE), r"\1[redacted]"),
    (re.compile(r"(://[^/\s:@]*:)[^/\s@]+@"), r"\1[redacted]@"),
    (re.compile(r"\$argon2\S+"), "[redacted]"),
    (re.compile(r"[^\s@<>\"',;:=()\[\]{}]+@[^\s@<>\"',;:=()\[\]{}/]*[^\W_]"), "[e-mail]"),
    # Whatever else looks drawn by lot: long, with digits and both cases. Row ids, uuids and names don't.
    (re.compile(r"(?=[\w-]*\d)(?=[\w-]*[a-z])(?=[\w-]*[A-Z])(?<![\w-])[\w-]{32,}"), "[redacted]"),
)


# No pattern above can match in these; most of what a log line holds is one, and there is a line for each request.
_HARMLESS = re.compile(r"[A-Za-z0-9_.:-]{0,31}")


def redacted(text: str) -> str:
    """`text` without secrets, tokens, password hashes, passwords in addresses, and e-mail addresses."""
    if _HARMLESS.fullmatch(text):
        return text
    for pattern, instead in _REDACTIONS:
        text = pattern.sub(instead, text)
    return text


@lru_cache(maxsize=1000)
def _names_a_secret(key: str) -> bool:
    return _SECRET_KEYS.search(key) is not None


def _clean(value: Any) -> Any:
    """What may be logged of `value`; whatever JSON doesn't know becomes text, so that it is cleaned too."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {
            str(key): "[redacted]" if _names_a_secret(str(key)) else _clean(item)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(item) for item in value]
    return redacted(str(value))


def _redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> EventDict:
    cleaned: EventDict = _clean(event)
    return cleaned


def configure_logging(stream: TextIO | None = None) -> None:
    """Log to `stream` (standard error), a JSON object a line, structlog's and the standard library's records alike.

    Control characters and everything beyond ASCII are escaped, so no logged text can start a line of its own.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            _redact,
            structlog.processors.JSONRenderer(ensure_ascii=True),
        ],
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    # alembic tells what kind of database it sees each time somebody asks for the revision.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger("yhteistila")
"""Logs an event: `logger.info("mail_sent", message_id=7)`. Events are names; what changes goes into the fields."""


@contextmanager
def bound_request(request_id: str) -> Iterator[None]:
    """Let every line logged meanwhile, in this thread, bear the request's id."""
    with structlog.contextvars.bound_contextvars(request_id=request_id):
        yield
