"""The composition root: makes pages and API one WSGI application. Knows each part; does nothing itself."""

from __future__ import annotations

from collections.abc import Collection

from flask import Flask

from booking.config import Settings, templates_folder
from booking.db import Database, open_database
from booking.web import (
    absences,
    account,
    afterwards,
    api,
    asking,
    audit,
    bookings,
    changing,
    deciding,
    decision_templates,
    demand,
    demo,
    edge,
    errors,
    failed_mails,
    feeds,
    getting_in,
    health,
    help,
    images,
    invitations,
    mail_settings,
    moving,
    now,
    organisation_members,
    organisation_staff,
    organisations,
    overview,
    own_data,
    pages,
    people,
    places,
    privacy,
    reader,
    release,
    reports,
    retention,
    room_images,
    rooms,
    search,
    season,
    second_factor,
    security,
    series,
    series_changing,
    series_deciding,
    series_new,
    staff,
    staff_blocks,
    staff_hours,
    staff_rooms,
    staff_spaces,
    staff_units,
    statement,
    static_files,
    tables,
    unit_deciding,
    waiting,
)
from booking.web.outer import Outer
from booking.web.polls import Polls

# Each part of the site, by its blueprint.
_PARTS = (
    search,
    season,
    now,
    rooms,
    overview,
    people,
    getting_in,
    second_factor,
    account,
    organisations,
    organisation_members,
    organisation_staff,
    invitations,
    asking,
    series_new,
    series,
    series_changing,
    series_deciding,
    bookings,
    moving,
    changing,
    afterwards,
    waiting,
    release,
    reports,
    deciding,
    staff,
    absences,
    decision_templates,
    unit_deciding,
    staff_rooms,
    staff_spaces,
    staff_blocks,
    staff_units,
    staff_hours,
    places,
    demand,
    feeds,
    health,
    images,
    room_images,
    tables,
    privacy,
    own_data,
    retention,
    statement,
    help,
    mail_settings,
    failed_mails,
    audit,
)


def create_app(
    settings: Settings, database: Database | None = None, wake: edge.Wake | None = None
) -> Flask:
    """Make the application. `wake` hands the ids of new mails to the worker; without it the worker's sweep finds them.

    The caller has seen to logging, migrations and, for `serve`, to `booking.keys.demand_secret`.
    """
    app = Flask("booking.web", static_folder=None, template_folder=str(templates_folder()))
    database = database or open_database(settings.database_url)
    edge.install(app, edge.Edge(database, settings, wake or _nobody_to_wake))
    security.configure(app, settings)
    errors.install(app, api.on_http)
    reader.install(app)
    # What each request meets, in this order: a refusal must be understood, and a signed-in reader's must not be kept.
    for meet in (
        reader.speak,
        security.check_host,
        reader.greet,
        second_factor.lead,
        security.admit_upload,
    ):
        app.before_request(meet)
    security.RotatingCsrf(app)
    pages.install(app)
    _register(app, settings)
    static_files.install(app)
    is_https = settings.base_url.startswith("https:")
    polls = Polls(app.wsgi_app, app)
    app.wsgi_app = Outer(polls, is_https)  # type: ignore[method-assign]
    return app


def _register(app: Flask, settings: Settings) -> None:
    for part in _PARTS:
        app.register_blueprint(part.blueprint)
    if settings.demo:
        app.register_blueprint(demo.blueprint)
    api.register(app)


def _nobody_to_wake(_mail_ids: Collection[int]) -> None:
    """Wake nobody: the worker looks by itself every so often."""
