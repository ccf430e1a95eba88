"""The composition root: makes pages and API one WSGI application. Knows each part; does nothing itself."""

from __future__ import annotations

from collections.abc import Collection

from flask import Flask

from booking.config import Settings, templates_folder
from booking.db import Database, open_database
from booking.web import (
    api,
    asking,
    bookings,
    demand,
    demo,
    edge,
    errors,
    feeds,
    health,
    images,
    now,
    overview,
    pages,
    people,
    places,
    reader,
    room_images,
    rooms,
    search,
    season,
    security,
    staff,
    staff_blocks,
    staff_hours,
    staff_rooms,
    staff_spaces,
    staff_units,
    static_files,
    tables,
)
from booking.web.outer import Outer
from booking.web.polls import Polls


def create_app(
    settings: Settings, database: Database | None = None, wake: edge.Wake | None = None
) -> Flask:
    """Make the application. `wake` hands the ids of new mails to the worker; without it the worker's sweep finds them.

    The caller has seen to logging, migrations and, for `serve`, to `booking.config.demand_secret`.
    """
    app = Flask("booking.web", static_folder=None, template_folder=str(templates_folder()))
    database = database or open_database(settings.database_url)
    edge.install(app, edge.Edge(database, settings, wake or _nobody_to_wake))
    security.configure(app, settings)
    errors.install(app, api.on_http)
    reader.install(app)
    # What each request meets, in this order: a refusal must be understood, and a signed-in reader's must not be kept.
    for meet in (reader.speak, security.check_host, reader.greet, security.admit_upload):
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
    for module in (
        search,
        season,
        now,
        rooms,
        overview,
        people,
        asking,
        bookings,
        staff,
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
    ):
        app.register_blueprint(module.blueprint)
    if settings.demo:
        app.register_blueprint(demo.blueprint)
    api.register(app)


def _nobody_to_wake(_mail_ids: Collection[int]) -> None:
    """Wake nobody: the worker looks by itself every so often."""
