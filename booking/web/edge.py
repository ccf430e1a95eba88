"""Where pages open transactions and look at the clock. Knows the database handle and Flask's application; no rows, no rules."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, TypeVar, cast

from flask import Flask, current_app

from booking import db
from booking.config import Settings
from booking.services.mails import written_messages

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

T = TypeVar("T")
Wake = Callable[[Collection[int]], None]
_KEY = "yhteistila"


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Edge:
    """What every page needs of the world; `wake` hands the ids of new mails to the worker, `clock` gives the instant, UTC."""

    database: db.Database
    settings: Settings
    wake: Wake
    clock: Callable[[], datetime] = _utc_now


def install(app: Flask, edge: Edge) -> None:
    """Give `app` its way to the world; done once, by the composition root."""
    app.extensions[_KEY] = edge


def of(app: Flask) -> Edge:
    """The edge of an application."""
    return cast(Edge, app.extensions[_KEY])


def edge() -> Edge:
    """The edge of the application that answers the current request."""
    return of(current_app)


def settings() -> Settings:
    """The settings of the application that answers the current request."""
    return edge().settings


def write(work: Callable[[Session], T]) -> T:
    """Do `work` in one write transaction, then wake the worker for its mails. Raises what `booking.db.transaction` raises."""
    here = edge()

    def and_wake(session: Session) -> T:
        result = work(session)
        mails = written_messages(session)
        if mails:
            # Only after the commit: one that fails has written no mail.
            db.after_commit(session, partial(here.wake, mails))
        return result

    return db.transaction(here.database, and_wake)


def note(work: Callable[[Session], T]) -> T:
    """Do `work` in a short write transaction of its own that leaves nothing for the worker: last-seen marks, audit of a look."""
    return db.transaction(edge().database, work)


@contextmanager
def read() -> Iterator[Session]:
    """Give a session for reading."""
    with db.reading(edge().database) as session:
        yield session


def now() -> datetime:
    """The current instant, UTC. The only clock of the pages."""
    return edge().clock()
