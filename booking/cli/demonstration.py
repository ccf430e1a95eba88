"""`yhteistila demo`: everything on one machine, from nothing, without a setting. Knows what the demo's people may know.

Whatever YHTEISTILA_ variables are set is left aside: a demo must never seed, or send mail for, somebody's real installation.
"""

from __future__ import annotations

import os
from pathlib import Path

from rich.console import Console
from rich.table import Table

from booking import migrate
from booking.cli import filling, serving
from booking.cli.opening import opened, start_logging
from booking.config import load_settings
from booking.keys import kept_fernet_key, kept_secret
from booking.seed.people import DEMO_PASSWORD

_PREFIX = "YHTEISTILA_"
_PEOPLE = (
    ("anna@demo.example", "books for an association"),
    ("veli@demo.example", "approves for one unit"),
    ("kaisa@demo.example", "coordinates associations"),
    ("outi@demo.example", "has an account and no association"),
    ("yllapito@demo.example", "sees to everything"),
)


def run(data: Path | None, port: int) -> None:
    """Prepare what is not there yet, tell where to look, and serve until stopped. Raises Misconfigured."""
    folder = (data or load_settings(os.environ).data).absolute()
    # Said now: filling the folder takes a while.
    serving.demand_free("127.0.0.1", port)
    _set_environment(folder, port)
    settings = load_settings(os.environ)
    start_logging(settings)
    console = Console()
    with opened(settings) as database:
        migrate.upgrade(database)
        filling.seed_if_empty(database, console)
    options = serving.Options(
        host="127.0.0.1",
        port=port,
        workers=2,
        with_worker=True,
        when_ready=lambda: _welcome(console, settings.base_url, folder),
    )
    serving.serve(settings, options)


def _set_environment(folder: Path, port: int) -> None:
    """Give the demo's settings to this process, and to the worker that it will start."""
    for name in [name for name in os.environ if name.startswith(_PREFIX)]:
        del os.environ[name]
    os.environ["YHTEISTILA_DATA"] = str(folder)
    os.environ["YHTEISTILA_DEMO"] = "1"
    os.environ["YHTEISTILA_BASE_URL"] = f"http://127.0.0.1:{port}"
    os.environ["YHTEISTILA_SECRET_KEY"] = kept_secret(folder)
    os.environ["YHTEISTILA_FERNET_KEYS"] = kept_fernet_key(folder)
    os.environ["YHTEISTILA_STAFF_SECOND_FACTOR"] = "offered"


def _welcome(console: Console, base_url: str, folder: Path) -> None:
    people = Table(box=None, show_header=False, padding=(0, 3, 0, 2))
    for email, what in _PEOPLE:
        people.add_row(email, what)
    console.print()
    console.print(f"[bold]Yhteistila[/bold] is at [bold]{base_url}[/bold]")
    console.print(f"Mails that would have been sent: {base_url}/demo/mails", soft_wrap=True)
    console.print()
    console.print(f"Sign in with the password [bold]{DEMO_PASSWORD}[/bold] as")
    console.print(people)
    console.print()
    console.print(f"The data lies in {folder}. Stop with Ctrl-C.", soft_wrap=True, markup=False)
