"""One application for many tests, lent to one at a time. Knows what of an application belongs to a test; no page, no row.

To make one (routes, the API's document) and to compile its templates takes longer than most tests' own calls, and a served
application outlives many requests too. What a test could leave in it, it leaves to nobody.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask

from booking.app import create_app
from booking.config import Settings
from booking.db import Database
from booking.web import edge


class _Made:
    """An application, and what its configuration and extensions were when it was made."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self.app = create_app(settings, database)
        self._config = dict(self.app.config)
        self._extensions = dict(self.app.extensions)

    def renew(self, settings: Settings, database: Database, wake: edge.Wake | None) -> Flask:
        """The application as if it had just been made with these."""
        self._put(self.app.config, self._config)
        self._put(self.app.extensions, self._extensions)
        made: edge.Edge = edge.of(self.app)
        fresh = dataclasses.replace(made, settings=settings, database=database)
        edge.install(self.app, fresh if wake is None else dataclasses.replace(fresh, wake=wake))
        return self.app

    @staticmethod
    def _put(where: dict[str, Any], what: dict[str, Any]) -> None:
        where.clear()
        where.update(what)


# By the settings, without those that only tell where rows and files are.
_free: defaultdict[Settings, list[_Made]] = defaultdict(list)
_lent: list[tuple[Settings, _Made]] = []


def lent_app(settings: Settings, database: Database, wake: edge.Wake | None = None) -> Flask:
    """An application of `settings` that is nobody else's until `taken_back` ends; what `create_app` would give."""
    kind = dataclasses.replace(settings, data=Path(), database_url="")
    made = _free[kind].pop() if _free[kind] else _Made(settings, database)
    _lent.append((kind, made))
    return made.renew(settings, database, wake)


@contextmanager
def taken_back() -> Iterator[None]:
    """Take back what was lent meanwhile."""
    yield
    while _lent:
        kind, made = _lent.pop()
        _free[kind].append(made)
