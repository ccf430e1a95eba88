"""Lets people in and gives keys out, from the terminal. Knows the services; what a person types is checked there."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from booking.cli.opening import TERMINAL, opened
from booking.config import Settings
from booking.db import transaction
from booking.queries.places import municipality_id
from booking.services.people import NewPerson, add_person, create_token
from booking.services.totp import reset_totp

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def add(settings: Settings, email: str, password_stdin: bool, fields: Mapping[str, Any]) -> None:
    """Let somebody in; `fields` are the options of `person add`. Raises InvalidInput, NotFound."""
    if password_stdin:
        # One line, as `printf '%s\n' "$PASSWORD" | yhteistila …` gives it.
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt="Again")
    now = datetime.now(UTC)

    def work(session: Session) -> str:
        municipality = fields["municipality"]
        new = NewPerson(
            email=email,
            name=fields["name"],
            role=fields["role"],
            unit_id=fields["unit"],
            municipality_id=None
            if municipality is None
            else municipality_id(session, municipality),
            organisation_id=fields["organisation"],
            title=fields["title"],
            locale=fields["locale"],
        )
        return add_person(session, new, password, actor=TERMINAL, now=now).email

    with opened(settings) as database:
        added = transaction(database, work)
    click.echo(f"{added} can sign in now.")


def reset_second_factor(settings: Settings, email: str) -> None:
    """Take somebody's second factor away and end their sign-ins. Raises NotFound."""
    now = datetime.now(UTC)
    with opened(settings) as database:
        transaction(database, lambda session: reset_totp(session, email, actor=TERMINAL, now=now))
    click.echo("The second factor is reset, and all sign-ins have ended.")


def create_key(settings: Settings, email: str, scope: str) -> None:
    """Print a new API token, and nothing else. Raises NotFound."""
    now = datetime.now(UTC)
    with opened(settings) as database:
        token = transaction(
            database,
            lambda session: create_token(session, email, scope, actor=TERMINAL, now=now),
        )
    click.echo(token)
