"""Short ways to act and to look, for the tests of services."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.db import Database, reading, transaction
from booking.models import (
    Occupancy,
    Room,
)
from tests.support.world import NOW


def do(database: Database, work: Callable[..., Any], *args: Any, actor: Any, now: Any = NOW) -> Any:
    return transaction(database, lambda session: work(session, *args, actor=actor, now=now))


def all_rows(database: Database, query: Any) -> list[Any]:
    with reading(database) as session:
        return list(session.scalars(query))


def held(database: Database) -> list[tuple[int, str]]:
    with reading(database) as session:
        rows = session.execute(
            select(Occupancy.space_id, Occupancy.source).order_by(Occupancy.space_id)
        ).all()
    return [(row.space_id, row.source) for row in rows]


def change_room(database: Database, room_id: int, **changes: Any) -> None:
    def work(session: Session) -> None:
        room = session.get_one(Room, room_id)
        for name, value in changes.items():
            setattr(room, name, value)

    transaction(database, work)
