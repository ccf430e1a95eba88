"""Imports and exports as tests do them, and all that one could leave behind. Knows services; no page and no command."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from booking.db import Database, reading, transaction
from booking.domain.access import Actor
from booking.domain.columns import TABLES
from booking.domain.tables import BadTable, Fault, write_table
from booking.models import AuditEntry, Installation, OpeningException, Room, RoomFeature, Unit
from booking.services.imports import Imported, import_table, read_import
from booking.services.tables import exported
from tests.support.world import NOW

HOUSE = "Rantakylän hyvinvointitalo"
STATION = "Kiteen sosiaali- ja terveysasema"
_MB = 1_000_000
ROOM = f"""external_id,unit,name_fi,name_sv,capacity,layouts,equipment,activities,event_refused_fi,latest_end,available_until,\
step_free,door_width,door_width_cm,door_width_note_fi,checked_on,checked_by,published
SALI-9,{HOUSE},Uusi sali,Nya salen,40,theatre:40|classroom:24,display|camera,meeting|group,Naapurit nukkuvat.,21:30,7.6.2028,\
yes,no,70,Ovi on kapea.,1.2.2027,Esteettömyyskartoittaja,yes
"""


def bring(
    database: Database,
    actor: Actor,
    text: str,
    kind: str = "rooms",
    run: Callable[..., Imported] = transaction,
    **more: Any,
) -> Imported:
    table = read_import(kind, text.encode(), _MB)
    return run(database, lambda s: import_table(s, kind, table, **more, actor=actor, now=NOW))


def refused(database: Database, actor: Actor, text: str, kind: str = "rooms") -> list[Fault]:
    before = state(database)
    with pytest.raises(BadTable) as caught:
        bring(database, actor, text, kind)
    assert state(database) == before
    return list(caught.value.faults)


def told(faults: list[Fault]) -> list[tuple[int, str, str]]:
    return [(fault.row, fault.column, fault.code) for fault in faults]


def export(database: Database, actor: Actor, kind: str = "rooms") -> str:
    with reading(database) as session:
        rows = list(exported(session, kind, actor=actor))
    return "".join(write_table([column.name for column in TABLES[kind]], rows))


def state(database: Database) -> dict[str, Any]:
    """Whatever an import could leave behind."""
    with reading(database) as session:
        tables = (Room, RoomFeature, OpeningException, Unit, AuditEntry, Installation)
        return {
            table.__tablename__: session.execute(
                select(table.__table__).order_by(table.__table__.c.id)
            ).all()
            for table in tables
        }


def acts(imported: Imported) -> list[str]:
    return [row.act for row in imported.rows]
