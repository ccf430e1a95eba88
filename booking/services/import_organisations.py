"""Brings organisations to what the rows of a table say of them: the register of associations comes as such a table. No file.

An organisation is found again by its business ID, else by its register number, else by name and municipality. What the table
doesn't name stays as it is, and so does whether one is verified; who is added is verified, since the coordinator has the table.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.domain.access import Actor
from booking.domain.columns import ORGANISATION_COLUMNS, BadCell, Column
from booking.domain.organisations import folded_name, register_number, y_tunnus
from booking.domain.tables import BadTable, Fault, Row, Table
from booking.errors import InvalidInput, InvalidValues
from booking.models import Installation, Municipality, Organisation
from booking.services.organisations import (
    add_organisation,
    change_organisation,
    require_coordinator,
)
from booking.services.wanted import Change, Done

_READERS: Mapping[str, Callable[[str], str]] = {
    "y_tunnus": y_tunnus,
    "register_number": register_number,
}

# The columns by which an organisation is found.
_FINDING = frozenset({"name", "y_tunnus", "register_number", "municipality"})


def organisation_rows(session: Session) -> Iterator[list[str]]:
    """The cells of all organisations but those that were merged into another, by name, as the columns are."""
    keys = {row.id: row.key for row in session.scalars(select(Municipality))}
    living = select(Organisation).where(Organisation.merged_into_id.is_(None))
    for row in sorted(session.scalars(living), key=lambda one: (folded_name(one.name), one.id)):
        yield [column.write(_value(row, column, keys)) for column in ORGANISATION_COLUMNS]


def import_organisations(
    session: Session,
    table: Table,
    report: Callable[[int, int], None],
    *,
    actor: Actor,
    now: datetime,
) -> tuple[list[Done], list[Fault]]:
    """Add and change what the rows say; what became of each, and what is wrong. With faults nothing must be committed.

    Raises Forbidden.
    """
    require_coordinator(actor)
    work = _begun(session, table)
    done: list[Done] = []
    faults: list[Fault] = []
    for at, row in enumerate(table):
        report(at, len(table))
        try:
            done.append(work.take(row, actor=actor, now=now))
        except BadTable as error:
            faults += error.faults
    return done, faults


@dataclass
class _Import:
    """An import on its way: what there is, by what it is found again."""

    session: Session
    columns: Sequence[Column]
    towns: Mapping[str, int]  # municipalities by key and by name, folded
    keys: Mapping[int, str]
    by_y_tunnus: dict[str, Organisation] = field(default_factory=dict)
    by_register: dict[str, list[Organisation]] = field(default_factory=lambda: defaultdict(list))
    by_name: dict[str, list[Organisation]] = field(default_factory=lambda: defaultdict(list))
    met: dict[int, int] = field(default_factory=dict)  # id → the row it came in

    def note(self, row: Organisation) -> None:
        """Let an organisation be found from here on."""
        if row.y_tunnus is not None:
            self.by_y_tunnus[row.y_tunnus] = row
        if row.register_number is not None and row not in self.by_register[row.register_number]:
            self.by_register[row.register_number].append(row)
        if row not in self.by_name[row.name]:
            self.by_name[row.name].append(row)

    def take(self, row: Row, *, actor: Actor, now: datetime) -> Done:
        """Do what a row says. Raises BadTable with all that is wrong with it."""
        values, faults = self._read(row)
        if any(fault.column in _FINDING for fault in faults):
            raise BadTable(faults)
        thing = self._find(row, values)
        before = {one.name: _cell(thing, one, self.keys) for one in self.columns}
        # What stands in a cell just as it would be exported is taken as it is.
        faults = [one for one in faults if row.cells[one.column] != before[one.column]]
        if faults:
            raise BadTable(faults)
        try:
            if thing is not None and before == row.cells:
                act = "unchanged"
            elif thing is None:
                new = {"kind": "association", **values}
                thing, act = add_organisation(self.session, new, actor=actor, now=now), "added"
            else:
                changed = change_organisation(self.session, thing, values, actor=actor, now=now)
                act = "changed" if changed else "unchanged"
        except InvalidValues as error:
            raise BadTable(
                [
                    Fault(row.number, _column(one.field), one.code, one.params)
                    for one in error.faults
                ]
            ) from error
        other = self.met.setdefault(thing.id, row.number)
        if other != row.number:
            raise BadTable([Fault(row.number, "name", "table_double_id", {"other": other})])
        self.note(thing)
        return self._done(row, thing, act, before)

    def _done(self, row: Row, thing: Organisation, act: str, before: Mapping[str, str]) -> Done:
        after = {one.name: _cell(thing, one, self.keys) for one in self.columns}
        changes = tuple(
            Change(name, before[name], after[name]) for name in after if before[name] != after[name]
        )
        known_by = thing.y_tunnus or thing.register_number or "–"
        return Done(row.number, known_by, thing.name, act, changes if act != "unchanged" else ())

    def _read(self, row: Row) -> tuple[dict[str, Any], list[Fault]]:
        values: dict[str, Any] = {}
        faults: list[Fault] = []
        for column in self.columns:
            cell = row.cells[column.name]
            if column.keeps and not cell.strip():
                continue
            try:
                value = column.read(cell)
                if value is not None and column.name in _READERS:
                    value = _READERS[column.name](value)
                if column.name == "municipality":
                    values["municipality_id"] = self._town(value)
                else:
                    values[column.name] = value
            except InvalidInput as error:
                params = {name: one for name, one in error.params.items() if name != "field"}
                faults.append(Fault(row.number, column.name, error.code, params))
        if not row.cells["name"].strip():
            faults.append(Fault(row.number, "name", "organisation_name_required"))
        return values, faults

    def _town(self, name: str | None) -> int | None:
        if name is None:
            return None
        if folded_name(name) not in self.towns:
            raise BadCell("table_no_municipality", municipality=name)
        return self.towns[folded_name(name)]

    def _find(self, row: Row, values: Mapping[str, Any]) -> Organisation | None:
        number, register = values.get("y_tunnus"), values.get("register_number")
        bearer = self.by_y_tunnus.get(number) if number is not None else None
        if bearer is not None and bearer.y_tunnus == number:
            return bearer
        found = [one for one in self.by_register[register or ""] if one.register_number == register]
        if found:
            if any(one.y_tunnus not in (None, number) for one in found) and number is not None:
                params = {"name": found[0].name}
                raise BadTable([Fault(row.number, "y_tunnus", "table_other_y_tunnus", params)])
            return self._only(row, "register_number", found)
        alike = [
            one
            for one in self._of_name(values)
            # Of the same name, but known by another number: it is another one.
            if one.y_tunnus in (None, number) or number is None
            if one.register_number in (None, register) or register is None
        ]
        return self._only(row, "name", alike)

    def _of_name(self, values: Mapping[str, Any]) -> list[Organisation]:
        return [
            one
            for one in self.by_name[values["name"]]
            if one.name == values["name"]
            if one.municipality_id == values.get("municipality_id", one.municipality_id)
        ]

    def _only(self, row: Row, column: str, found: Sequence[Organisation]) -> Organisation | None:
        if len(found) > 1:
            params = {"count": len(found)}
            raise BadTable([Fault(row.number, column, "table_several_alike", params)])
        return found[0] if found else None


def _begun(session: Session, table: Table) -> _Import:
    """Read and lock what there is, in the order of ids; two imports at once would both add what neither finds."""
    living = select(Organisation).where(Organisation.merged_into_id.is_(None))
    rows = session.scalars(
        living.order_by(Organisation.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    session.execute(select(Installation.id).with_for_update())
    towns: dict[str, int] = {}
    keys: dict[int, str] = {}
    for town in session.scalars(select(Municipality)):
        keys[town.id] = town.key
        for name in (town.key, town.name.fi, town.name.sv):
            if name:
                towns.setdefault(folded_name(name), town.id)
    columns = [column for column in ORGANISATION_COLUMNS if column.name in table.columns]
    work = _Import(session, columns, towns, keys)
    for row in rows:
        work.note(row)
    return work


def _value(row: Organisation, column: Column, keys: Mapping[int, str]) -> Any:
    if column.name == "municipality":
        return None if row.municipality_id is None else keys[row.municipality_id]
    return getattr(row, column.name)


def _cell(row: Organisation | None, column: Column, keys: Mapping[int, str]) -> str:
    return "" if row is None else column.write(_value(row, column, keys))


def _column(name: str) -> str:
    """The column that a fault of the service speaks of."""
    return "municipality" if name == "municipality_id" else name
