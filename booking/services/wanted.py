"""What a row of a table wants of a room or a closure, and what came of it. Values only; knows no file and no rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

from booking.domain.columns import Column, Flat, Path
from booking.models import OpeningException, Room, Unit

T = TypeVar("T", Room, OpeningException)


@dataclass(frozen=True)
class Wanted(Generic[T]):
    """`thing` as it is (None: it is to be added) and as it shall be, flat.

    `changed` are the table's columns that say something else than is true; `columns` are the paths of all that the table has.
    """

    unit: Unit
    external_id: str
    thing: T | None
    flat: Flat
    changed: Sequence[Column]
    columns: frozenset[Path]

    def said(self, path: Path) -> Any:
        """What the table itself says; None where it has no such column or the cell is empty."""
        return self.flat.get(path) if path in self.columns else None


@dataclass(frozen=True, slots=True)
class Saved:
    """The id of what was written, and the columns by which it has changed; none: it was so already."""

    id: int
    changed: Sequence[Column]


@dataclass(frozen=True, slots=True)
class Change:
    """A column of a row that changes, with its cell as it was and as it becomes."""

    column: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a row: `act` is added, changed or unchanged; `number` as spreadsheets count."""

    number: int
    external_id: str
    name: str  # Finnish; of a closure its days and its unit
    act: str
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Touched:
    """What a row has written: the id of a room or closure, its unit, and the days of a closure, as they were or have become."""

    row: int
    id: int
    unit_id: int
    spans: tuple[tuple[date, date], ...] = ()
