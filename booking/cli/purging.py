"""`yhteistila purge` and `yhteistila person erase`: letting go of personal data from the terminal. Knows no rule and no row."""

from __future__ import annotations

from datetime import UTC, datetime

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from booking.cli.opening import TERMINAL, opened
from booking.config import Settings
from booking.db import reading, transaction
from booking.domain.retention import RULES, Rule
from booking.services.erasure import erase_by_email
from booking.services.retention import kept_days, preview, purge

_DOES = {
    "needs": "access needs of bookings past emptied",
    "booking_contacts": "contact persons of bookings past made nobody",
    "old_bookings": "names and reasons of old bookings emptied",
    "idle_persons": "accounts nobody uses erased",
    "mails": "mails emptied",
    "waiting": "places on waiting lists removed",
    "reports": "answered reports emptied",
    "invitations": "addresses of ended invitations removed",
    "audit": "entries of the audit removed",
}


def run(settings: Settings, is_trial: bool) -> None:
    """Remove what is kept no longer, a line for each rule; `is_trial`: count it only."""
    now = datetime.now(UTC)
    with opened(settings) as database:
        with reading(database) as session:
            due, days = preview(session, now), kept_days(session)
        done = due
        if not is_trial:
            with _progress() as progress:
                tasks = {
                    rule.key: progress.add_task(rule.key, total=due[rule.key])
                    for rule in RULES
                    if due[rule.key]
                }

                def told(rule: Rule, rows: int) -> None:
                    if rule.key in tasks:
                        progress.advance(tasks[rule.key], rows)

                done = purge(database, now, told)
    for rule in RULES:
        click.echo(f"{done[rule.key]:>8}  {_DOES[rule.key]} ({days[rule.key]} days)")
    if is_trial:
        click.echo("Nothing has been removed.")


def erase(settings: Settings, email: str, is_sure: bool) -> None:
    """Erase the person of an address, once it is confirmed. Raises NotFound, InvalidValues."""
    if not is_sure:
        click.confirm(f"Erase {email} for good? Their decisions and statistics stay", abort=True)
    now = datetime.now(UTC)
    with opened(settings) as database:
        transaction(
            database, lambda session: erase_by_email(session, email, actor=TERMINAL, now=now)
        )
    click.echo("Erased.")


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
