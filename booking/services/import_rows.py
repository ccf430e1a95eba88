"""One row of a table after the other: which unit, which room or closure, what it says, what becomes of it. Commits nothing.

What stands in a cell just as it would be exported is not read at all: so an export changes nothing, whatever it holds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, selectinload

from booking.domain.access import Actor
from booking.domain.columns import (
    EXTERNAL_ID,
    TABLES,
    UNIT,
    BadCell,
    Column,
    Flat,
    column_of,
)
from booking.domain.rooms import RoomRules
from booking.domain.tables import BadTable, Fault, Row, Table
from booking.domain.texts import one_line
from booking.errors import InvalidInput, InvalidValues, Refusal
from booking.models import OpeningException, Room, Unit
from booking.queries.catalogue import Catalogue
from booking.services.import_closures import completed_closure, flat_new_closure, save_closure
from booking.services.import_rooms import flat_new_room, save_room
from booking.services.tables import flat_of, number_of_own_id
from booking.services.wanted import Change, Done, Saved, Touched, Wanted

_LONGEST_ID = 60  # characters, as the columns have it


@dataclass(frozen=True)
class Kind:
    """What is particular to one kind of table: its rows, what a new one is, what else a row means, and how one is saved."""

    name: str
    model: type[Any]
    flat_new: Callable[[], Flat]
    completed: Callable[[Flat], Flat]
    save: Callable[..., Saved]


KINDS: Mapping[str, Kind] = {
    "rooms": Kind("rooms", Room, flat_new_room, lambda flat: flat, save_room),
    "closures": Kind(
        "closures", OpeningException, flat_new_closure, completed_closure, save_closure
    ),
}


@dataclass(frozen=True)
class Import:
    """An import on its way. `columns` are those of the table that say something of the thing; `named` the units in it."""

    session: Session
    kind: Kind
    table: Table
    columns: Sequence[Column]
    units: Mapping[str, Sequence[Unit]]  # by external id and by Finnish name
    named: frozenset[int]
    things: dict[str, Any] = field(default_factory=dict)  # by the id in the table
    taken: dict[str, int] = field(default_factory=dict)  # id in the table → the row it came in
    met: dict[int, int] = field(default_factory=dict)  # id of the thing → the row it came in

    def rooms(self, known: Catalogue) -> list[RoomRules]:
        """All rooms of the units in the table."""
        return [room for room in known.rooms.values() if room.unit_id in self.named]

    def lock(self) -> None:
        """Read the units in the table anew and lock them, in the order of their ids: nobody else counts their versions now."""
        query = select(Unit).where(Unit.id.in_(self.named)).order_by(Unit.id).with_for_update()
        if self.kind.model is OpeningException:
            query = query.options(selectinload(Unit.opening_exceptions))
        self.session.scalars(query.execution_options(populate_existing=True)).all()

    def find(self) -> None:
        """Find what there is already. An external id comes before a number that looks like one."""
        model = self.kind.model
        ids = {_id_in(row) for row in self.table}
        number_of = {one: number_of_own_id(self.kind.name, one) for one in ids}
        numbers = {number for number in number_of.values() if number is not None}
        query = select(model).where(or_(model.external_id.in_(ids), model.id.in_(numbers)))
        if model is Room:
            query = query.options(selectinload(Room.features))
        rows = self.session.scalars(query.execution_options(populate_existing=True)).all()
        nameless = {row.id: row for row in rows if row.external_id is None}
        self.things.update({one: nameless[n] for one, n in number_of.items() if n in nameless})
        self.things.update({row.external_id: row for row in rows if row.external_id in ids})

    def take(self, row: Row, *, actor: Actor, now: datetime) -> tuple[Done, Touched | None]:
        """Do what a row says; what it has written, if anything. Raises BadTable with all that is wrong with it."""
        unit, thing = self._place(row, actor)
        was = self.kind.flat_new() if thing is None else flat_of(thing)
        flat = self._read(row, was)
        changed = [
            one
            for one in self.columns
            if one.write(flat.get(one.path)) != one.write(was.get(one.path))
        ]
        if thing is not None and not changed:
            return Done(row.number, _id_in(row), _name(unit, flat), "unchanged"), None
        paths = frozenset(one.path for one in self.columns)
        wanted = Wanted(unit, _id_in(row), thing, flat, changed, paths)
        saved = self._saved(row, wanted, actor=actor, now=now)
        changes = tuple(
            Change(one.name, one.write(was.get(one.path)), one.write(flat.get(one.path)))
            for one in self.columns
            if one in saved.changed
        )
        act = "added" if thing is None else ("changed" if changes else "unchanged")
        touched = Touched(row.number, saved.id, unit.id, (*_days(was), *_days(flat)))
        return Done(row.number, _id_in(row), _name(unit, flat), act, changes), touched

    def _place(self, row: Row, actor: Actor) -> tuple[Unit, Any]:
        """The unit and the thing that a row speaks of; None for a thing that is to be added."""
        external_id, named = _id_in(row), one_line(row.cells[UNIT.name])
        units = self.units.get(named, ())
        faults = self._faults_of_id(row, external_id)
        if not named:
            faults.append(Fault(row.number, UNIT.name, "table_unit_needed"))
        elif not units:
            faults.append(Fault(row.number, UNIT.name, "table_no_unit", {"unit": named}))
        elif len(units) > 1:
            faults.append(Fault(row.number, UNIT.name, "table_two_units", {"unit": named}))
        elif not actor.decides_for(units[0].id):
            faults.append(Fault(row.number, UNIT.name, "table_not_your_unit", {"unit": named}))
        if faults:
            raise BadTable(faults)
        thing = self.things.get(external_id)
        if thing is None:
            return units[0], None
        if thing.unit_id != units[0].id:
            raise BadTable([Fault(row.number, UNIT.name, "table_other_unit")])
        other = self.met.setdefault(thing.id, row.number)
        if other != row.number:
            params = {"other": other}
            raise BadTable([Fault(row.number, EXTERNAL_ID.name, "table_double_id", params)])
        return units[0], thing

    def _faults_of_id(self, row: Row, external_id: str) -> list[Fault]:
        def fault(code: str, **params: Any) -> list[Fault]:
            return [Fault(row.number, EXTERNAL_ID.name, code, params)]

        if not external_id:
            return fault("table_id_needed")
        if len(external_id) > _LONGEST_ID:
            return fault("table_id_too_long", limit=_LONGEST_ID)
        other = self.taken.setdefault(external_id, row.number)
        if other != row.number:
            return fault("table_double_id", other=other)
        if (
            external_id not in self.things
            and number_of_own_id(self.kind.name, external_id) is not None
        ):
            return fault("table_own_id")
        return []

    def _read(self, row: Row, was: Flat) -> Flat:
        flat = dict(was)
        faults = []
        for column in self.columns:
            cell = row.cells[column.name]
            if cell == column.write(was.get(column.path)) or (column.keeps and not cell.strip()):
                continue
            try:
                flat[column.path] = column.read(cell)
            except InvalidInput as error:
                faults.append(Fault(row.number, column.name, error.code, error.params))
        if faults:
            raise BadTable(faults)
        return self.kind.completed(flat)

    def _saved(self, row: Row, wanted: Wanted[Any], *, actor: Actor, now: datetime) -> Saved:
        try:
            return self.kind.save(self.session, wanted, actor=actor, now=now)
        except InvalidValues as error:
            faults: list[Fault] = []
            for one in error.faults:
                fault = Fault(row.number, _column(self.kind.name, one), one.code, one.params)
                # Each arrangement with too many people is a fault; one cell holds them all.
                if fault not in faults:
                    faults.append(fault)
            raise BadTable(faults) from error
        except BadCell as error:
            raise BadTable(
                [Fault(row.number, error.params["field"], error.code, error.params)]
            ) from error


def begun(session: Session, kind: str, table: Table) -> Import:
    """An import before anything is locked: which units its rows name."""
    units: dict[str, list[Unit]] = defaultdict(list)
    rows = session.scalars(select(Unit)).all()
    for unit in rows:
        units[one_line(unit.name.fi)].append(unit)
    for unit in rows:
        # An id that reads like another unit's name means nothing for certain: one's staff could catch the other's rows.
        if unit.external_id is not None and unit not in units[unit.external_id]:
            units[unit.external_id].append(unit)
    named = {one_line(row.cells[UNIT.name]) for row in table}
    return Import(
        session,
        KINDS[kind],
        table,
        [
            column
            for column in TABLES[kind]
            if column.name in table.columns and column not in (EXTERNAL_ID, UNIT)
        ],
        units,
        frozenset(unit.id for name in named for unit in units.get(name, ())),
    )


def _id_in(row: Row) -> str:
    return one_line(row.cells[EXTERNAL_ID.name])


def _name(unit: Unit, flat: Flat) -> str:
    """What a row is about, for people: a room's Finnish name, a closure's unit."""
    return flat.get(("name", "fi")) or unit.name.fi


def _days(flat: Flat) -> list[tuple[date, date]]:
    first = flat.get(("first_day",))
    return [] if first is None else [(first, flat.get(("last_day",)) or first)]


def _column(kind: str, fault: Refusal) -> str:
    """The column a service's fault speaks of; a reason why an activity isn't allowed has one for each activity."""
    activity = fault.params.get("activity")
    return column_of(kind, f"{activity}_refused_fi" if activity else fault.field)
