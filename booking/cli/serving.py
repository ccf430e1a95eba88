"""Runs the server and the worker as processes, and sees that they end together. gunicorn lives here; knows no page and no row.

The master process loads the application once and forks; the worker is a child of the master's own, started when the server
listens, started again when it dies, told to stop when the server stops; it stops by itself when the master is gone.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger

from booking.app import create_app
from booking.cli.opening import opened
from booking.config import Settings, logger
from booking.db import Database
from booking.errors import Misconfigured
from booking.keys import demand_secret
from booking.migrate import is_at_head
from booking.worker import Worker

if TYPE_CHECKING:
    from flask import Flask

_THREADS = 16
# Seconds a request in hand may still take when the server is told to stop.
_GRACE = 20
# Seconds; longer than the worker takes to stop by itself.
_WORKER_GRACE = 25
# Seconds between two starts of a worker that doesn't live.
_WORKER_PAUSE = 5


@dataclass(frozen=True, slots=True)
class Options:
    """How to serve. `when_ready` is called once the server listens."""

    host: str
    port: int
    workers: int
    with_worker: bool
    when_ready: Callable[[], None] | None = None


def serve(settings: Settings, options: Options) -> None:
    """Serve until SIGTERM or SIGINT; does not return. Raises Misconfigured."""
    demand_secret(settings)
    if settings.demo and not _is_loopback(options.host):
        raise Misconfigured(
            "The demo's sign-ins are known to everybody, so it listens on this machine only. Leave --host away."
        )
    with opened(settings) as database:
        demand_schema(database)
        demand_free(options.host, options.port)
        _Server(settings, database, options).run()


def work(settings: Settings, parent: int | None) -> None:
    """Run the worker until SIGTERM or SIGINT, or until the process `parent` is gone. Raises Misconfigured."""
    demand_secret(settings)
    with opened(settings) as database:
        demand_schema(database)
        if not settings.smtp_url and not settings.demo:
            logger.warning("no_mail_server", hint="Mails wait until YHTEISTILA_SMTP_URL is set.")
        worker = Worker(settings, database)
        worker.run(parent)
        worker.close()


def demand_schema(database: Database) -> None:
    """Raise Misconfigured unless the database has this version's schema."""
    if not is_at_head(database):
        raise Misconfigured(
            "The database doesn't have this version's schema. Run: yhteistila db upgrade"
        )


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def demand_free(host: str, port: int) -> None:
    """Say at once that the port is taken; gunicorn would try for five seconds and then say it in its log."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Misconfigured(
                f"Can't listen on {host}, port {port}: {error.strerror}. Choose another with --port."
            ) from error


class _Server(BaseApplication):  # type: ignore[misc]
    """gunicorn with our settings, and no others: no file, no command line, no variable of gunicorn's own is read."""

    def __init__(self, settings: Settings, database: Database, options: Options) -> None:
        self._settings = settings
        self._database = database
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        """Say what differs from gunicorn's defaults."""
        options = self._options
        chosen: dict[str, Any] = {
            "bind": f"[{options.host}]:{options.port}"
            if ":" in options.host
            else f"{options.host}:{options.port}",
            "workers": options.workers,
            "worker_class": "gthread",
            "threads": _THREADS,
            # Loaded once; the processes share its memory.
            "preload_app": True,
            "post_fork": lambda _arbiter, _worker: self._database.engine.dispose(close=False),
            "when_ready": lambda _arbiter: options.when_ready() if options.when_ready else None,
            "graceful_timeout": _GRACE,
            "umask": 0o077,
            "proc_name": "yhteistila",
            "control_socket_disable": True,
            # Which proxies stand before us is YHTEISTILA_TRUSTED_PROXIES, and the application's matter.
            "forwarded_allow_ips": "",
            "secure_scheme_headers": {},
            # Longer than any address or header of ours; sign-in cookies and tokens are short.
            "limit_request_line": 4094,
            "limit_request_fields": 64,
            "limit_request_field_size": 8190,
            "logger_class": _Log,
            "errorlog": None,
            "loglevel": "warning" if self._settings.demo else "info",
        }
        for name, value in chosen.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Make the application."""
        worker = Worker(self._settings, self._database)
        app = create_app(self._settings, self._database, worker.wake)
        # A connection opened before the fork would be shared by all processes, and their answers mixed.
        self._database.dispose()
        return app

    def run(self) -> None:
        """Serve; does not return."""
        _Master(self, self._settings if self._options.with_worker else None).run()


class _Log(Logger):  # type: ignore[misc]
    """gunicorn's own lines, written as all others are: JSON, redacted."""

    def setup(self, cfg: Any) -> None:
        """Give its records to our handler."""
        super().setup(cfg)
        self.error_log.propagate = True


class _Master(Arbiter):  # type: ignore[misc]
    """gunicorn's master, which also keeps a worker running, when it is given settings for one."""

    def __init__(self, app: BaseApplication, worker_settings: Settings | None) -> None:
        self._worker_settings = worker_settings
        self._worker: subprocess.Popen[bytes] | None = None
        self._worker_started = 0.0
        self._is_stopping = False
        super().__init__(app)

    def manage_workers(self) -> None:
        """Keep the processes that answer running, as gunicorn does about once a second, then the worker."""
        super().manage_workers()
        if self._worker_settings is None or self._is_stopping:
            return
        if self._worker is not None and self._worker.poll() is None:
            return
        if self._worker is not None:
            if time.monotonic() < self._worker_started + _WORKER_PAUSE:
                return
            logger.error("worker_died")
        self._worker_started = time.monotonic()
        self._worker = _start_worker(self._worker_settings)

    def stop(self, graceful: bool = True) -> None:
        """Stop the worker and the processes that answer, at the same time."""
        self._is_stopping = True
        if self._worker is not None:
            self._worker.terminate()
        super().stop(graceful)
        if self._worker is not None:
            try:
                self._worker.wait(_WORKER_GRACE)
            except subprocess.TimeoutExpired:
                self._worker.kill()


def _start_worker(settings: Settings) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "booking.cli",
            "worker",
            "--parent",
            str(os.getpid()),
            "--data",
            str(settings.data),
        ],
        stdin=subprocess.DEVNULL,
        # Ctrl-C at the terminal is for the server, which then stops the worker in peace.
        start_new_session=True,
    )
