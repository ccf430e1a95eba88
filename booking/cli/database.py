"""`yhteistila db`: the schema, from the terminal. Knows revisions; no rows."""

from __future__ import annotations

import click

from booking import migrate
from booking.cli.opening import opened
from booking.config import Settings


def upgrade(settings: Settings) -> None:
    """Bring the database to this version's schema."""
    with opened(settings) as database:
        migrate.upgrade(database)
    click.echo(f"The database is at {migrate.head_revision()}.")


def check_schema(settings: Settings) -> None:
    """Print the database's revision and this version's; end with exit code 1 if they differ."""
    with opened(settings) as database:
        revision = migrate.current_revision(database)
    head = migrate.head_revision()
    click.echo(f"The database is at {revision or 'nothing'}, this version at {head}.")
    if revision != head:
        raise SystemExit(1)
