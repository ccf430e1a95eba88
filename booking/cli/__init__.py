"""The command `yhteistila`: its words and options. What each does stands in the module of its name; knows no rule and no row.

Exit codes: 0 done; 1 it could not be done, or `check` found something wrong; 2 wrong use or wrong settings.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, TypeVar

import click

from booking.cli.opening import start_logging
from booking.config import Settings, load_settings
from booking.errors import BookingError, Misconfigured

_Command = TypeVar("_Command", bound=Callable[..., Any])
_STAFF = ("admin", "coordinator", "approver", "viewer")
_MEMBERS = ("owner", "booker")

# What a refusal says to the person at the terminal; the pages' texts speak to others.
_TEXTS = {
    "bad_email": "This is not one e-mail address.",
    "email_taken": "There is already a person with this e-mail address.",
    "bad_role": "This role does not go with this scope: an approver needs --unit, a coordinator and an admin need none.",
    "bad_password": "The password must have at least {shortest} characters.",
    "guessable_password": "The password is too easy to guess.",
    "not_found": "There is no such {what}.",
    "erase_coming_bookings": (
        "They are the contact person of bookings to come ({count}). Change the contact or cancel those first."
    ),
    "erase_last_owner": "They are the only owner of: {organisations}. Let somebody else own it first.",
    "erase_responsible": "They are the responsible person of: {organisations}. Name another one first.",
    "erase_last_admin": "They are the only administrator. Make somebody else one first.",
    "database_busy": "The database is busy. Try again in a moment.",
}


class _NotDone(click.ClickException):
    """Ends the command with a text, because it could not be done."""

    exit_code = 1


class _WrongSettings(click.ClickException):
    """Ends the command with a text, before anything was tried."""

    exit_code = 2


class _Yhteistila(click.Group):
    """Turns refusals into a line and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except Misconfigured as error:
            raise _WrongSettings(str(error)) from error
        except BookingError as error:
            text = _TEXTS.get(error.code, f"Refused: {error}")
            raise _NotDone(text.format_map(error.params)) from error


def _with_data(command: _Command) -> _Command:
    """Give a command the option `--data DIR`."""
    return click.option(
        "--data",
        type=click.Path(file_okay=False, path_type=Path),
        metavar="DIR",
        help="Folder of the database file and the worker's queue; wins over YHTEISTILA_DATA (./instance).",
    )(command)


_port = click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)


def _settings(data: Path | None) -> Settings:
    """The settings, with logs on standard error from here on."""
    settings = load_settings(os.environ, data)
    start_logging(settings)
    return settings


@click.group(cls=_Yhteistila, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="yhteistila")
def main() -> None:
    """Rooms lent by a wellbeing-services county to its associations."""
    # What it writes holds needs, contacts and hashes: for its own user, and for nobody else on the machine.
    os.umask(0o077)


@main.command()
@_port
@_with_data
def demo(port: int, data: Path | None) -> None:
    """Try it: made-up data of North Karelia, on this machine only. A second start keeps what was done."""
    # The server is loaded by what serves, not by every command that prints a line.
    from booking.cli import demonstration

    demonstration.run(data, port)


@main.command()
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on; others than loopback for containers.",
)
@_port
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=2,
    show_default=True,
    help="Processes that answer.",
)
@click.option(
    "--with-worker",
    is_flag=True,
    help="Run the worker that sends mail as well, and keep it running.",
)
@_with_data
def serve(host: str, port: int, workers: int, with_worker: bool, data: Path | None) -> None:
    """Serve pages and API, behind a reverse proxy that ends TLS. Needs YHTEISTILA_SECRET_KEY."""
    # As above.
    from booking.cli import serving

    serving.serve(_settings(data), serving.Options(host, port, workers, with_worker))


@main.command()
@click.option("--parent", type=int, hidden=True, help="Stop when this process is gone.")
@_with_data
def worker(parent: int | None, data: Path | None) -> None:
    """Send mail and clear away what is over, until stopped. Needs YHTEISTILA_SECRET_KEY."""
    # As above.
    from booking.cli import serving

    serving.work(_settings(data), parent)


@main.group()
def db() -> None:
    """The database's schema."""


@db.command("upgrade")
@_with_data
def db_upgrade(data: Path | None) -> None:
    """Bring the database to this version's schema. Two that do so at once wait for each other."""
    # SQLAlchemy and alembic take a while to load.
    from booking.cli import database

    database.upgrade(_settings(data))


@db.command("check")
@_with_data
def db_check(data: Path | None) -> None:
    """Say whether the database has this version's schema; exit code 1 if not."""
    # As above.
    from booking.cli import database

    database.check_schema(_settings(data))


@main.command()
@click.option(
    "--demo",
    "wants_demo",
    is_flag=True,
    help="The made-up data of `yhteistila demo`; only into an empty database.",
)
@click.option(
    "--scale", metavar="rooms=N,bookings=N", help="Many rooms with many bookings, to measure with."
)
@click.option(
    "--seed", type=int, default=1, show_default=True, help="Another number makes another demo."
)
@_with_data
def seed(wants_demo: bool, scale: str | None, seed: int, data: Path | None) -> None:
    """Fill a database with made-up data."""
    # As above.
    from booking.cli import filling

    if wants_demo == (scale is not None):
        raise click.UsageError("Give either --demo or --scale.")
    settings = _settings(data)
    if scale is None:
        filling.fill_demo(settings, seed)
    else:
        filling.fill_scale(settings, scale)


@main.group()
def person() -> None:
    """The people who can sign in."""


@person.command("add")
@click.argument("email")
@click.option("--name", required=True)
@click.option("--role", type=click.Choice([*_STAFF, *_MEMBERS]), required=True)
@click.option("--unit", type=int, metavar="ID", help="Of an approver or a viewer.")
@click.option("--municipality", metavar="KEY", help="Of a viewer.")
@click.option("--organisation", type=int, metavar="ID", help="Of an owner or a booker.")
@click.option("--title", help="Work title; shown with decisions.")
@click.option("--locale", type=click.Choice(["fi", "sv", "en"]), default="fi", show_default=True)
@click.option(
    "--password-stdin",
    is_flag=True,
    help="Read the password from standard input instead of asking.",
)
@_with_data
def person_add(email: str, password_stdin: bool, data: Path | None, **fields: Any) -> None:
    """Let somebody in, with one role."""
    # As above.
    from booking.cli import persons

    persons.add(_settings(data), email, password_stdin, fields)


@person.command("reset-second-factor")
@click.argument("email")
@_with_data
def person_reset_second_factor(email: str, data: Path | None) -> None:
    """Take away a lost second factor. All sign-ins of the person end; signing in, they set it up anew."""
    # As above.
    from booking.cli import persons

    persons.reset_second_factor(_settings(data), email)


@person.command("erase")
@click.argument("email")
@click.option("--yes", "is_sure", is_flag=True, help="Do not ask once more.")
@_with_data
def person_erase(email: str, is_sure: bool, data: Path | None) -> None:
    """Make somebody nobody, on their request. Decisions of the county and statistics stay."""
    # As above.
    from booking.cli import purging

    purging.erase(_settings(data), email, is_sure)


@main.group()
def token() -> None:
    """Keys to the API."""


@token.command("create")
@click.argument("email")
@click.option("--scope", type=click.Choice(["read", "write"]), default="read", show_default=True)
@_with_data
def token_create(email: str, scope: str, data: Path | None) -> None:
    """Make a key in somebody's name. Prints nothing but the key, and never again."""
    # As above.
    from booking.cli import persons

    persons.create_key(_settings(data), email, scope)


@main.group()
def mail() -> None:
    """The mails that were sent."""


@mail.command("bounced")
@_with_data
def mail_bounced(data: Path | None) -> None:
    """Read mail that came back (RFC 3464) from standard input, and mark its message as undelivered.

    For a mail server that pipes what comes to YHTEISTILA_MAIL_FROM. Exit codes: 0 read, 1 not a notification, 75 try again.
    """
    # As above.
    from booking.cli import mailing

    mailing.take_back(_settings(data))


class _WithColumns(click.Command):
    """A command whose help tells the columns of the tables."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write them, a table each."""
        # Texts and their catalogues take a while to load.
        from booking.cli import tables

        for kind, columns in tables.columns_told():
            with formatter.section(f"Columns of {kind}"):
                formatter.write_dl(columns, col_max=34)


_tables = click.argument("kind", type=click.Choice(["rooms", "closures", "organisations"]))


@main.command("import", cls=_WithColumns)
@_tables
@click.argument("file", type=click.File("rb"))
@click.option(
    "--dry-run", is_flag=True, help="Do the same work, say what comes of it, save nothing."
)
@click.option(
    "--accept-broken",
    is_flag=True,
    help="Change rooms and hours even where bookings to come will be against them.",
)
@_with_data
def import_(
    kind: str, file: IO[bytes], dry_run: bool, accept_broken: bool, data: Path | None
) -> None:
    """Bring rooms, closures or organisations to what FILE, a CSV, says of them: all of it, or nothing.

    Rooms and closures are found again by external_id, organisations by y_tunnus, else register_number, else name and
    municipality; one that is not found is added. What the file does not name stays as it is: rows, columns. The same file
    twice is the same as once. An empty cell takes the value away, except where there always is
    one.
    """
    # As above.
    from booking.cli import tables

    tables.bring_in(_settings(data), kind, file, dry_run, accept_broken)


@main.command("export", cls=_WithColumns)
@_tables
@click.argument("file", type=click.File("wb"), default="-")
@click.option(
    "--excel", is_flag=True, help="Semicolons, as a Finnish spreadsheet program expects them."
)
@_with_data
def export(kind: str, file: IO[bytes], excel: bool, data: Path | None) -> None:
    """Write rooms, closures or organisations into FILE as `import` reads them, else to standard output."""
    # As above.
    from booking.cli import tables

    tables.take_out(_settings(data), kind, file, excel)


@main.command()
@click.option("--dry-run", is_flag=True, help="Count what would be removed, and remove nothing.")
@_with_data
def purge(dry_run: bool, data: Path | None) -> None:
    """Remove personal data that is kept no longer, as the worker does every night. How long is set at /admin/retention."""
    # As above.
    from booking.cli import purging

    purging.run(_settings(data), dry_run)


@main.command()
@_with_data
def check(data: Path | None) -> None:
    """Look whether all is as it must be, a line each; exit code 1 if not."""
    # As above.
    from booking.cli import checks

    checks.run(_settings(data))
