"""Races of whole series, against each other and against single bookings, changes, decisions: nothing half-made, no overlap.

Knows services and rows. Each round begins with free rooms; all who race start together, each in a transaction of its own, by
threads or by processes. What each is told must agree with the rows. Used small by `tests/services/test_series_races.py` and
full-size by `make prove`.
"""

from __future__ import annotations

import multiprocessing
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import Session

from booking.db import Database, open_database, reading, transaction
from booking.domain.bookings import HOLDING
from booking.domain.local_time import local
from booking.domain.series import Times
from booking.models import Booking, Occupancy, OutboxMessage, Series, SkippedOccurrence
from booking.queries.series import version_of
from tests.prove.races import OVERLAPS
from tests.prove.series_racers import (
    AFTERNOON,
    DATES,
    EVENING,
    FIRST,
    LATE,
    NOON,
    TUESDAYS,
    Act,
    Ask,
    CancelAll,
    CancelOne,
    DecideAll,
    MoveAll,
    Single,
    Told,
    told,
)
from tests.support.world import World

MOST_RACERS = 4


@dataclass
class Report:
    """What a kind of race showed; `wrong` names each broken promise in words."""

    kind: str
    rounds: int = 0
    told: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def line(self) -> dict[str, Any]:
        """The report as a JSON line."""
        facts = {"race": self.kind, "rounds": self.rounds, "told": dict(sorted(self.told.items()))}
        return {**facts, "wrong": self.wrong[:5], "wrong_count": len(self.wrong)}


@dataclass
class Field:
    """Where the races are run, and what a round saw."""

    world: World
    database: Database
    race: Callable[[Sequence[Act]], list[Told]]

    def alone(self, act: Act) -> Told:
        """What somebody is told who races against nobody."""
        return told(self.database, self.world, act)

    def made(self, times: Times, room_id: int) -> tuple[int, int, tuple[int, ...]]:
        """A series that is there before the race: its id, what is seen of it, its bookings."""
        series_id = self.alone(Ask(room_id, times)).id
        with reading(self.database) as session:
            seen = version_of(session, session.get_one(Series, series_id))
            query = select(Booking.id).where(Booking.series_id == series_id).order_by(Booking.id)
            return series_id, seen, tuple(session.scalars(query))

    def days(self, series_id: int, times: Times | None = None) -> list[date]:
        """The days on which a series holds its room; only those at these times."""
        with reading(self.database) as session:
            query = (
                select(Booking)
                .where(Booking.series_id == series_id, Booking.state.in_(HOLDING))
                .order_by(Booking.starts_at)
            )
            return [
                local(row.starts_at).date()
                for row in session.scalars(query)
                if times is None or local(row.starts_at).time() == times.starts
            ]

    def states(self, series_id: int) -> Counter[str]:
        """How many dates of a series are in which state."""
        with reading(self.database) as session:
            query = select(Booking.state).where(Booking.series_id == series_id)
            return Counter(session.scalars(query))

    def clear(self) -> None:
        """Give all rooms back, however the round ended."""

        def work(session: Session) -> None:
            session.execute(delete(Occupancy))
            session.execute(update(Booking).values(state="cancelled", series_id=None))
            session.execute(delete(SkippedOccurrence))
            session.execute(delete(Series))
            # SQLite gives the id of a series once more, and its mails are named by it.
            session.execute(delete(OutboxMessage))

        transaction(self.database, work)

    def unsound(self) -> list[str]:
        """What no race may leave behind: an overlap, a half-made series, a hold of nobody, a booking without its time."""
        found = []
        with reading(self.database) as session:
            if overlaps := session.scalar(OVERLAPS):
                found.append(f"{overlaps} overlaps")
            for series_id in session.scalars(select(Series.id)).all():
                there = (Booking, SkippedOccurrence)
                counts = [
                    session.scalars(select(func.count()).where(kind.series_id == series_id)).one()
                    for kind in there
                ]
                if sum(counts) != DATES:
                    found.append(f"series with {counts[0]} dates and {counts[1]} skipped")
            holding = select(Booking.id).where(Booking.state.in_(HOLDING))
            held = set(session.scalars(select(Occupancy.booking_id)))
            if set(session.scalars(holding)) != held:
                found.append("what holds time is not what has it")
        return found


def series_and_series(field: Field) -> tuple[list[Told], bool]:
    """Three of the hall and a half at overlapping times: one has all dates, the others are told every one of theirs."""
    world = field.world
    answers = field.race(
        [Ask(world.half_a), Ask(world.hall), Ask(world.half_a, LATE), Ask(world.hall, LATE)]
    )
    done = [one for one in answers if one.is_done]
    lost = [one for one in answers if not one.is_done]
    full = all(one == Told("refused", days=tuple(TUESDAYS)) for one in lost)
    return answers, len(done) == 1 and full and field.days(done[0].id) == TUESDAYS


def series_and_singles(field: Field) -> tuple[list[Told], bool]:
    """Two series against two single bookings: one series has all and nobody else anything, or both are told who was faster."""
    room_id, days = field.world.half_a, TUESDAYS[3::15]
    series = [Ask(room_id), Ask(field.world.hall)]
    answers = field.race([*series, *(Single(room_id, day, LATE) for day in days)])
    many, single = answers[:2], answers[2:]
    if any(one.is_done for one in many):
        [lost] = [one for one in many if not one.is_done]
        return answers, lost.days == tuple(TUESDAYS) and all(one.said == "taken" for one in single)
    faster = {day for day, one in zip(days, single, strict=True) if one.is_done}
    return answers, faster == set(days) and all(
        one.days and faster.issuperset(one.days) for one in many
    )


def series_with_skips(field: Field) -> tuple[list[Told], bool]:
    """Three that leave out what is taken: each common day is had once, and each series has 26 dates or knows why not."""
    world = field.world
    acts: list[Act] = [
        Ask(world.half_a, weekdays=(1, 2), skips=True),
        Ask(world.half_a, LATE, weekdays=(1, 3), skips=True),
        Ask(world.hall, skips=True),
    ]
    answers = field.race(acts)
    had = [day for one in answers for day in field.days(one.id)]
    # Two of them want the first half of the Tuesdays, and thirteen days that nobody else wants; the hall wants all Tuesdays.
    tuesdays = sorted(day for day in had if day.weekday() == FIRST.weekday())
    # One of the Thursdays is Ascension Day, on which the rooms are closed.
    whole = all(one.is_done for one in answers) and len(had) == 2 * DATES - 1
    return answers, whole and tuesdays == TUESDAYS


def change_and_series(field: Field) -> tuple[list[Told], bool]:
    """Two series move all their dates to one time that a third asks for, too: each has one time on all days, one has that."""
    room_id = field.world.half_a
    noon, afternoon = field.made(NOON, room_id), field.made(AFTERNOON, room_id)
    moves = [MoveAll(noon[0], noon[1], EVENING), MoveAll(afternoon[0], afternoon[1], LATE)]
    answers = field.race([*moves, Ask(room_id)])
    where = [
        (field.days(noon[0], NOON), field.days(noon[0], EVENING)),
        (field.days(afternoon[0], AFTERNOON), field.days(afternoon[0], LATE)),
    ]
    whole = all(sorted(map(len, both)) == [0, DATES] for both in where)
    moved = [bool(there) for _here, there in where] == [one.is_done for one in answers[:2]]
    lost = all(one.days == tuple(TUESDAYS) for one in answers if not one.is_done)
    return answers, whole and moved and lost and sum(one.is_done for one in answers) == 1


def change_and_singles(field: Field) -> tuple[list[Told], bool]:
    """A series moves all its dates to a time that two single bookings ask for: it moves whole, or both are faster."""
    series_id, seen, _bookings = field.made(NOON, field.world.half_a)
    days = TUESDAYS[3::15]
    acts = [Single(field.world.half_a, day, LATE) for day in days]
    change, *single = answers = field.race([MoveAll(series_id, seen, EVENING), *acts])
    if change.is_done:
        moved = field.days(series_id, EVENING) == TUESDAYS
        return answers, moved and all(one.said == "taken" for one in single)
    faster = {day for day, one in zip(days, single, strict=True) if one.is_done}
    stayed = field.days(series_id, NOON) == TUESDAYS
    told_who = bool(change.days) and faster.issuperset(change.days)
    return answers, stayed and faster == set(days) and told_who


def change_and_change(field: Field) -> tuple[list[Told], bool]:
    """One series as all saw it: moved to one time, to another, called off, a date called off. One is done, before the others."""
    series_id, seen, bookings = field.made(NOON, field.world.half_a)
    acts: list[Act] = [
        MoveAll(series_id, seen, EVENING),
        MoveAll(series_id, seen, AFTERNOON),
        CancelAll(series_id, seen),
        CancelOne(bookings[7]),
    ]
    answers = field.race(acts)
    evening, afternoon, off, one_off = (one.is_done for one in answers)
    days = [field.days(series_id, times) for times in (NOON, AFTERNOON, EVENING)]
    without = [day for day in TUESDAYS if day != TUESDAYS[7]]
    expected = {
        (True, False, False, False): [[], [], TUESDAYS],
        (False, True, False, False): [[], TUESDAYS, []],
        (False, False, True, False): [[], [], []],
        (False, False, False, True): [without, [], []],
    }
    return answers, expected.get((evening, afternoon, off, one_off)) == days


def decide_and_cancel(field: Field) -> tuple[list[Told], bool]:
    """Approved, rejected, called off, moved, all as it was seen: one of them is done, on every date."""
    series_id, seen, bookings = field.made(NOON, field.world.half_a)
    acts: list[Act] = [
        DecideAll(series_id, seen, "approve", bookings),
        DecideAll(series_id, seen, "reject", bookings),
        CancelAll(series_id, seen),
        MoveAll(series_id, seen, EVENING),
    ]
    answers = field.race(acts)
    winners = [
        state
        for state, one in zip(
            ("approved", "rejected", "cancelled", "requested"), answers, strict=True
        )
        if one.is_done
    ]
    return answers, len(winners) == 1 and field.states(series_id) == {winners[0]: DATES}


RACES: dict[str, Callable[[Field], tuple[list[Told], bool]]] = {
    race.__name__: race
    for race in (
        series_and_series,
        series_and_singles,
        series_with_skips,
        change_and_series,
        change_and_singles,
        change_and_change,
        decide_and_cancel,
    )
}


def run(field: Field, kind: str, rounds: int) -> Report:
    """Run one kind of race, each round over free rooms."""
    report = Report(kind)
    for _ in range(rounds):
        field.clear()
        answers, holds = RACES[kind](field)
        report.told.update(one.said for one in answers)
        wrong = field.unsound()
        if not holds:
            wrong.append(str([(one.said, len(one.days)) for one in answers]))
        report.wrong += [f"round {report.rounds}: {one}" for one in wrong]
        report.rounds += 1
    return report


@contextmanager
def by_threads(world: World, database: Database) -> Iterator[Field]:
    """Racers that are threads of this process, each with a connection of its own."""
    with ThreadPoolExecutor(MOST_RACERS) as pool:

        def race(acts: Sequence[Act]) -> list[Told]:
            barrier = threading.Barrier(len(acts))

            def one(act: Act) -> Told:
                barrier.wait(30)
                return told(database, world, act)

            return list(pool.map(one, acts))

        yield Field(world, database, race)


@contextmanager
def by_processes(world: World, database: Database, url: str) -> Iterator[Field]:
    """Racers that are processes, as the workers of a server are."""
    spawn = multiprocessing.get_context("spawn")
    with spawn.Manager() as manager, _pool(spawn, url, world) as pool:

        def race(acts: Sequence[Act]) -> list[Told]:
            barrier = manager.Barrier(len(acts))
            return [
                one.result() for one in [pool.submit(_in_process, barrier, act) for act in acts]
            ]

        yield Field(world, database, race)


def _pool(spawn: Any, url: str, world: World) -> Executor:
    # As its parts: a world that is being unpickled would look for its actors in itself.
    return ProcessPoolExecutor(MOST_RACERS, spawn, _enter, (url, vars(world)))


_here: list[Any] = []


def _enter(url: str, world: dict[str, Any]) -> None:
    _here[:] = [open_database(url), World(**world)]


def _in_process(barrier: Any, act: Act) -> Told:
    barrier.wait(60)
    return told(_here[0], _here[1], act)


def deadlocks(database: Database) -> int:
    """How many deadlocks PostgreSQL has broken in this database; each costs a second and a second try. SQLite knows none."""
    if database.engine.dialect.name == "sqlite":
        return 0
    query = text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    with reading(database) as session:
        return int(session.scalar(query) or 0)
