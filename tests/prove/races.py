"""Races over HTTP for a room, a decision, a block: many clients, several server processes, one winner.

Knows the API and the rows. Each round takes a slot (or a booking) of its own; all clients fire at once; the answers must
agree with each other and with the rows. Used small by `tests/web/test_races.py` and full-size by `make prove`.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import select, text

from booking.db import Database, reading, transaction
from booking.domain.local_time import HELSINKI
from booking.models import Booking
from booking.services.people import create_token
from tests.support.world import World

CLIENTS = 24
OVERLAPS = text(
    "SELECT count(*) FROM occupancy a JOIN occupancy b ON a.space_id = b.space_id AND a.id < b.id "
    "AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at"
)


@dataclass(frozen=True)
class Call:
    """One request a client will make: path below /api/v1, token, body, If-Match."""

    path: str
    token: str
    body: dict[str, Any]
    if_match: str | None = None


@dataclass(frozen=True)
class Answer:
    """What a client got, and how long it waited."""

    status: int
    body: dict[str, Any]
    seconds: float


@dataclass
class Report:
    """What a kind of race showed; `wrong` names each broken promise in words."""

    kind: str
    rounds: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    slowest_loser: float = 0.0
    wrong: list[str] = field(default_factory=list)

    def line(self) -> dict[str, Any]:
        """The report as a JSON line."""
        return {
            "race": self.kind,
            "rounds": self.rounds,
            "statuses": dict(sorted(self.statuses.items())),
            "slowest_loser_s": round(self.slowest_loser, 3),
            "wrong": self.wrong[:5],
            "wrong_count": len(self.wrong),
        }


class Racers:
    """Clients with a connection each, that start together."""

    def __init__(self, port: int, clients: int = CLIENTS) -> None:
        self.clients = clients
        self._pool = ThreadPoolExecutor(clients)
        self._barrier = threading.Barrier(clients)
        self._local = threading.local()
        self._connections: list[http.client.HTTPConnection] = []
        self._port = port

    def together(self, calls: list[Call]) -> list[Answer]:
        """Make as many calls as there are clients at once; answers in the order of the calls."""
        assert len(calls) == self.clients
        return list(self._pool.map(self._at_the_signal, calls))

    def alone(self, call: Call) -> Answer:
        """Make one call."""
        return self._pool.submit(self._send, call).result()

    def close(self) -> None:
        """Let the clients go."""
        self._pool.shutdown()
        for connection in self._connections:
            connection.close()

    def _at_the_signal(self, call: Call) -> Answer:
        self._barrier.wait()
        return self._send(call)

    def _send(self, call: Call) -> Answer:
        headers = {"Authorization": f"Bearer {call.token}", "Content-Type": "application/json"}
        if call.if_match is not None:
            headers["If-Match"] = call.if_match
        started = time.perf_counter()
        connection = self._connection()
        connection.request("POST", f"/api/v1{call.path}", json.dumps(call.body), headers)
        response = connection.getresponse()
        content = response.read()
        return Answer(response.status, json.loads(content or b"{}"), time.perf_counter() - started)

    def _connection(self) -> http.client.HTTPConnection:
        # A connection a thread; a server that closes a kept one is met with a new one.
        connection: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
            self._local.connection = connection
            self._connections.append(connection)
        return connection


@dataclass(frozen=True)
class Field:
    """Where the races are run: the world, its database, the clients, and who holds which token."""

    world: World
    database: Database
    racers: Racers
    tokens: dict[str, str]
    slots: Iterator[tuple[datetime, datetime]]  # of the hall and its halves
    elsewhere: Iterator[tuple[datetime, datetime]]  # of the cabinet

    def booking(self, room_id: int, slot: tuple[datetime, datetime], title: str = "Kilpa") -> Call:
        """Anna asks for a room."""
        body = {
            "room_id": room_id,
            "organisation_id": self.world.virta,
            "title": title,
            "activity": "meeting",
            "starts_at": slot[0].isoformat(),
            "ends_at": slot[1].isoformat(),
            "people": 5,
        }
        return Call("/bookings", self.tokens["anna"], body)

    def asked(self, room_id: int) -> int:
        """Anna has asked for a room, alone; the booking's id."""
        slots = self.elsewhere if room_id == self.world.cabinet else self.slots
        answer = self.racers.alone(self.booking(room_id, next(slots)))
        assert answer.status == 201, answer
        booking_id: int = answer.body["id"]
        return booking_id

    def act(self, booking_id: int, action: str, who: str, if_match: str) -> Call:
        """Somebody approves, rejects or cancels a booking as seen in one version."""
        return Call(
            f"/bookings/{booking_id}/{action}", self.tokens[who], {"reason": "Kilpa"}, if_match
        )

    def state(self, booking_id: int) -> str:
        """What the row says."""
        with reading(self.database) as session:
            return session.scalars(select(Booking.state).where(Booking.id == booking_id)).one()

    def holding(self, starts_at: datetime) -> list[int]:
        """The rooms, among the hall and its halves, whose bookings hold time from this instant on."""
        with reading(self.database) as session:
            query = select(Booking.room_id).where(
                Booking.starts_at == starts_at,
                Booking.room_id.in_((self.world.hall, self.world.half_a, self.world.half_b)),
                Booking.state.in_(("requested", "approved")),
            )
            return sorted(session.scalars(query))


def make_field(world: World, database: Database, racers: Racers) -> Field:
    """Give everybody a token, and slots for some 500 rounds of each race: half hours of the coming weekdays, none twice."""
    now = datetime.now(UTC)

    def token(who: str) -> str:
        email = f"{who}@demo.example"
        return transaction(
            database,
            lambda session: create_token(session, email, "write", actor=world.yllapito, now=now),
        )

    tokens = {who: token(who) for who in ("anna", "veli")}
    first = now.astimezone(HELSINKI).date() + timedelta(days=3)
    return Field(world, database, racers, tokens, _slots(first), _slots(first))


def _slots(first: date) -> Iterator[tuple[datetime, datetime]]:
    for day in (first + timedelta(days=n) for n in range(380)):
        if day.weekday() < 5:
            opening = datetime(day.year, day.month, day.day, 8, tzinfo=HELSINKI)
            for half in range(24):
                start = (opening + timedelta(minutes=30 * half)).astimezone(UTC)
                yield start, start + timedelta(minutes=30)


def same_slot(field: Field, report: Report) -> None:
    """All ask for one slot of one room: one 201, the rest 409."""
    slot = next(field.slots)
    answers = _race(field, report, [field.booking(field.world.half_a, slot)] * field.racers.clients)
    _expect(
        report,
        Counter(answer.status for answer in answers) == {201: 1, 409: field.racers.clients - 1},
        answers,
    )
    _expect(report, field.holding(slot[0]) == [field.world.half_a], answers)


def hall_and_halves(field: Field, report: Report) -> None:
    """A third asks for the hall, the rest for its halves: the hall once, or each half at most once, and never nobody."""
    slot, world = next(field.slots), field.world
    rooms = [world.hall, world.half_a, world.half_b] * field.racers.clients
    answers = _race(
        field, report, [field.booking(room, slot) for room in rooms[: field.racers.clients]]
    )
    held = field.holding(slot[0])
    _expect(report, held in ([world.hall], sorted([world.half_a, world.half_b])), answers)
    _expect(report, sum(answer.status == 201 for answer in answers) == len(held), answers)


def approve_and_approve(field: Field, report: Report) -> None:
    """All approve one request as they saw it: one does, the rest are told that it has changed."""
    booking_id = field.asked(field.world.half_b)
    answers = _race(
        field, report, [field.act(booking_id, "approve", "veli", '"1"')] * field.racers.clients
    )
    _expect(
        report,
        Counter(answer.status for answer in answers) == {200: 1, 412: field.racers.clients - 1},
        answers,
    )
    _expect(report, field.state(booking_id) == "approved", answers)


def approve_and_cancel(field: Field, report: Report) -> None:
    """Half approve, half cancel: one of all wins, and the row says what its answer said."""
    booking_id = field.asked(field.world.half_b)
    calls = [
        field.act(booking_id, "approve", "veli", '"1"'),
        field.act(booking_id, "cancel", "anna", '"1"'),
    ]
    answers = _race(field, report, calls * (field.racers.clients // 2))
    winners = [answer.body["state"] for answer in answers if answer.status == 200]
    _expect(report, winners == [field.state(booking_id)], answers)


def booking_and_block(field: Field, report: Report) -> None:
    """Half ask for a slot, half block it: one booking and no block, or no booking and every block."""
    slot, half = next(field.slots), field.racers.clients // 2
    block = Call(
        f"/rooms/{field.world.hall}/blocks",
        field.tokens["veli"],
        {"starts_at": slot[0].isoformat(), "ends_at": slot[1].isoformat(), "reason": "Kilpa"},
    )
    answers = _race(field, report, [field.booking(field.world.half_a, slot), block] * half)
    booked, blocked = (Counter(answer.status for answer in answers[n::2]) for n in (0, 1))
    outcome = (booked, blocked)
    _expect(
        report,
        outcome in (({201: 1, 409: half - 1}, {409: half}), ({409: half}, {201: half})),
        answers,
    )
    _expect(report, len(field.holding(slot[0])) == booked[201], answers)


def move_and_book(field: Field, report: Report) -> None:
    """Half move a booking of their own to one slot, half ask for it: one of all gets it, and no moved one loses its own."""
    slot, half = next(field.slots), field.racers.clients // 2
    own = [field.asked(field.world.cabinet) for _ in range(half)]
    body = {
        "room_id": field.world.half_a,
        "starts_at": slot[0].isoformat(),
        "ends_at": slot[1].isoformat(),
    }
    token = field.tokens["anna"]
    moves = [Call(f"/bookings/{booking_id}/move", token, body, '"1"') for booking_id in own]
    answers = _race(field, report, moves + [field.booking(field.world.half_a, slot)] * half)
    won = [answer for answer in answers if answer.status in (200, 201)]
    _expect(report, len(won) == 1 and field.holding(slot[0]) == [field.world.half_a], answers)
    _expect(report, all(field.state(booking_id) == "requested" for booking_id in own), answers)


RACES: dict[str, Callable[[Field, Report], None]] = {
    "same_slot": same_slot,
    "hall_and_halves": hall_and_halves,
    "approve_and_approve": approve_and_approve,
    "approve_and_cancel": approve_and_cancel,
    "booking_and_block": booking_and_block,
    "move_and_book": move_and_book,
}


def run(field: Field, kind: str, rounds: int) -> Report:
    """Run one kind of race; afterwards no two holds may overlap, by a query that knows nothing of the constraint."""
    report = Report(kind)
    for _ in range(rounds):
        RACES[kind](field, report)
        report.rounds += 1
    with reading(field.database) as session:
        overlaps = session.scalar(OVERLAPS)
    if overlaps:
        report.wrong.append(f"{overlaps} overlaps")
    return report


def _race(field: Field, report: Report, calls: list[Call]) -> list[Answer]:
    answers = field.racers.together(calls)
    report.statuses.update(answer.status for answer in answers)
    losers = [answer.seconds for answer in answers if answer.status >= 400]
    report.slowest_loser = max([report.slowest_loser, *losers])
    _expect(report, all(answer.status < 500 for answer in answers), answers)
    return answers


def _expect(report: Report, holds: bool, answers: list[Answer]) -> None:
    if not holds:
        seen = Counter((answer.status, answer.body.get("code")) for answer in answers)
        report.wrong.append(f"round {report.rounds}: {dict(seen)}")
