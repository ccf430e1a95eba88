"""Measures a season booked in one call, beside bare SQL that checks and writes the same rows. Knows the API and the rows."""

from __future__ import annotations

import itertools
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    Connection,
    Table,
    and_,
    cast,
    delete,
    exists,
    inspect,
    literal,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from booking.db import UtcDateTime, reading, transaction
from booking.domain.local_time import HELSINKI
from booking.models import (
    AuditEntry,
    Booking,
    Occupancy,
    OutboxMessage,
    Series,
    Space,
    room_space,
)
from tests.bench import availability
from tests.bench.availability import WEEKS
from tests.bench.client import Connection as Client
from tests.bench.client import timed
from tests.bench.run import CALLS, Run

_WEEK = timedelta(weeks=1)
# Nothing that is held so near may be in the way of a series, with its buffers.
_AROUND = timedelta(minutes=90)
_WARMING = 5
# The seed's bookings end twelve months ahead; rooms may be asked for 400 days ahead.
_BEYOND_SEED = 54 * _WEEK


@dataclass(frozen=True)
class Place:
    """A room, and when the first of its dates is."""

    room_id: int
    starts_at: datetime
    ends_at: datetime

    @property
    def dates(self) -> list[tuple[datetime, datetime]]:
        """All of the dates; an hour more or less after a clock change is no matter here."""
        return [(self.starts_at + n * _WEEK, self.ends_at + n * _WEEK) for n in range(WEEKS)]


def weekly(run: Run, token: str, organisation: int) -> None:
    """Half a year's dates asked for in one call, in rooms that have been made free for it: that is not part of the figure."""
    client = Client(run.port)
    headers = {"Authorization": f"Bearer {token}", "Content_Type": "application/json"}
    places, made = _places(client), []

    def wish(place: Place) -> bytes:
        _make_free(run, place)
        return json.dumps(_body(place, organisation)).encode()

    def book(body: bytes) -> None:
        status, _, answer = client.call("/api/v1/bookings", "POST", body, **headers)
        assert status == 201, (status, answer)
        made.append(answer)

    for place in itertools.islice(places, _WARMING):
        book(wish(place))
    times = timed(book, (wish(place) for place in itertools.islice(places, CALLS)))
    answers = [json.loads(answer) for answer in made[_WARMING:]]
    dates = sum(len(answer["occurrences"]) for answer in answers) / len(answers)
    full = next(answer for answer in answers if len(answer["occurrences"]) == WEEKS)
    floor = _Floor(run, full["series_id"])
    floors = timed(floor.book, (floor.ready(place) for place in itertools.islice(places, CALLS)))
    run.say(
        f"book weekly x {WEEKS}",
        **times.line(),
        dates_a_series=round(dates, 1),
        rows_of_floor=floor.rows,
        floor_sql=floors.line(),
        times_floor=round(times.median_ms / floors.median_ms, 1),
    )


def _body(place: Place, organisation: int) -> dict[str, Any]:
    return {
        "room_id": place.room_id,
        "organisation_id": organisation,
        "title": "Viikkoryhmä",
        "activity": "meeting",
        "starts_at": place.starts_at.isoformat(),
        "ends_at": place.ends_at.isoformat(),
        "people": 5,
        "rrule": f"FREQ=WEEKLY;COUNT={WEEKS}",
        # A holiday among the dates is left out, so that the figure hangs on no calendar.
        "skip_taken": True,
    }


def _places(client: Client) -> Iterator[Place]:
    """Rooms whose rules allow the wish, each at several times of the week; those of a week that nobody has booked yet."""
    first = datetime.now(HELSINKI).date() + timedelta(days=5)
    days = [first + timedelta(days=n) for n in range(7)]
    for day, hour in itertools.product((day for day in days if day.weekday() < 5), (9, 14)):
        slot, far = _slot(day, hour), _slot(day + _BEYOND_SEED, hour)
        _, _, answer = client.call(availability.query(far, "&limit=100"))
        for item in json.loads(answer)["items"]:
            yield Place(item["id"], *slot)


def _slot(day: date, hour: int) -> tuple[datetime, datetime]:
    start = datetime(day.year, day.month, day.day, hour, tzinfo=HELSINKI).astimezone(UTC)
    return start, start + timedelta(hours=2)


def _make_free(run: Run, place: Place) -> None:
    near = or_(
        *(
            and_(Occupancy.starts_at < ends + _AROUND, Occupancy.ends_at > starts - _AROUND)
            for starts, ends in place.dates
        )
    )
    spaces = select(room_space.c.space_id).where(room_space.c.room_id == place.room_id)
    gone = delete(Occupancy).where(Occupancy.space_id.in_(spaces), near)
    transaction(run.database, lambda session: session.execute(gone))


class _Floor:
    """Writes the rows of a series once more, for other places: the same texts, new ids. No rule but that nothing is held."""

    def __init__(self, run: Run, series_id: int) -> None:
        self._run = run
        with reading(run.database) as session:
            self._series = _values(session, Series, Series.id == series_id)
            self._bookings = _values(session, Booking, Booking.series_id == series_id)
            ids = [row["id"] for row in self._bookings]
            self._held = _values(session, Occupancy, Occupancy.booking_id.in_(ids))
            of_dates = and_(AuditEntry.object_kind == "booking", AuditEntry.object_id.in_(ids))
            of_series = and_(AuditEntry.object_kind == "series", AuditEntry.object_id == series_id)
            self._audit = _values(session, AuditEntry, or_(of_dates, of_series))
            mails = OutboxMessage.cause.like(f"series:{series_id}:%")
            self._mails = _values(session, OutboxMessage, mails)

    @property
    def rows(self) -> int:
        """How many rows a series is."""
        kinds = (self._series, self._bookings, self._held, self._audit, self._mails)
        return sum(map(len, kinds))

    def ready(self, place: Place) -> tuple[Place, list[int]]:
        """A place made free, and its spaces."""
        _make_free(self._run, place)
        with reading(self._run.database) as session:
            spaces = select(room_space.c.space_id).where(room_space.c.room_id == place.room_id)
            return place, list(session.scalars(spaces))

    def book(self, ready: tuple[Place, list[int]]) -> None:
        """Check and write, in one transaction."""
        place, spaces = ready
        engine = self._run.database.engine.execution_options(begin="IMMEDIATE")
        with engine.begin() as bare:
            bare.execute(select(Space.id).where(Space.id.in_(spaces)).with_for_update())
            assert bare.execute(_met(place, spaces)).first() is None
            [series_id] = _insert(bare, Series, [_anew(row) for row in self._series])
            dates = zip(self._bookings, place.dates, strict=True)
            bookings = [
                {**_anew(row), "series_id": series_id, "room_id": place.room_id, **_times(at)}
                for row, at in dates
            ]
            ids = _insert(bare, Booking, bookings)
            held = [
                {**_anew(self._held[0]), "space_id": space, "booking_id": booking_id, **_times(at)}
                for booking_id, at in zip(ids, place.dates, strict=True)
                for space in spaces
            ]
            _insert(bare, Occupancy, held)
            _insert(bare, AuditEntry, [_anew(row) for row in self._audit])
            _insert(bare, OutboxMessage, [_anew(row) for row in self._mails])


def _met(place: Place, spaces: list[int]) -> Any:
    """What is held in the spaces on any of the dates: a look at the index for each. Nothing held is longer than a day."""
    day = timedelta(days=1)
    wanted = union_all(
        *(
            select(
                _instant(starts - day).label("beginning"),
                _instant(starts).label("since"),
                _instant(ends).label("until"),
            )
            for starts, ends in place.dates
        )
    ).subquery()
    return select(wanted.c.since).where(
        exists().where(
            Occupancy.space_id.in_(spaces),
            # Said in so many words, or the partial index could not serve it.
            Occupancy.source != literal_column("'foreign'"),
            Occupancy.starts_at >= wanted.c.beginning,
            Occupancy.starts_at < wanted.c.until,
            Occupancy.ends_at > wanted.c.since,
        )
    )


def _instant(moment: datetime) -> Any:
    return cast(literal(moment, UtcDateTime), UtcDateTime)


def _values(session: Session, model: Any, condition: Any) -> list[dict[str, Any]]:
    table: Table = model.__table__
    rows = session.execute(select(table).where(condition).order_by(table.c.id))
    return [dict(row) for row in rows.mappings()]


def _anew(row: dict[str, Any]) -> dict[str, Any]:
    """A row without its id, and with another of whatever may be there once only."""
    found = {name: value for name, value in row.items() if name != "id"}
    for name in ("uuid", "cause", "message_id"):
        if name in found:
            found[name] = str(uuid.uuid4())
    return found


def _times(at: tuple[datetime, datetime]) -> dict[str, datetime]:
    return {"starts_at": at[0], "ends_at": at[1]}


def _insert(bare: Connection, model: Any, rows: list[dict[str, Any]]) -> list[int]:
    table = inspect(model).local_table
    returning = table.insert().returning(table.c.id, sort_by_parameter_order=True)
    return list(bare.execute(returning, rows).scalars())
