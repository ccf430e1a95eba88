"""What was looked for in vain: how coarsely it is kept, which code stands for it, how it is summed up. Pure; knows no person.

A small number may point at somebody: "one search, Rääkkylä, wheelchair" tells a village whose it was. So three things hold:
- What is kept has a weekday and an hour, never a day, and steps of people, never their number.
- Counts of a need under SMALLEST are shown as "1–2" (`is_few`), without a sum beside them that would give them away.
- Needs are shown only where at least FEWEST searches and requests are summed up (`may_show_needs`): among fewer, even "1–2"
  beside one hour and one reason would be a portrait. Who subtracts one period from another learns that somebody, sometime in
  those months, asked for a feature; no row knows more than that.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeVar

from booking.domain.bookings import Wish
from booking.domain.local_time import day_period, local
from calendars.period import Period

Kind = Literal["search", "refusal", "rejection"]
KINDS: tuple[Kind, ...] = ("search", "refusal", "rejection")

# Upper bounds of the steps in which the number of people is kept; 0: nobody said, or one person.
PEOPLE_STEPS = (5, 10, 20, 40, 80, 150, 100_000)
# A need beside the features of a room: those far away must be able to take part.
HYBRID = "hybrid"

SMALLEST = 3  # a count of a need under this is shown as "1–2"
FEWEST = 10  # so many searches and requests must be summed up before needs are shown at all

# What stands for a vain search beside the codes of the policy (`booking.domain.bookings.REFUSALS`) and `room_taken`; a test
# holds the words to them.
OF_SEARCHES = ("feature_unknown", "feature_missing", "no_room")
_NOT_LENT = "not_published"
# The asker has only to tick a box: no demand is unmet by that.
_NOT_DEMAND = frozenset({"terms_not_accepted"})

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was looked for: a municipality's key, or a unit in it; empty and 0: anywhere."""

    municipality: str = ""
    unit_id: int = 0


@dataclass(frozen=True, slots=True)
class Miss:
    """One thing that could not be had, as coarsely as it is kept. `weekday` (0 = Monday) and `hour` are local.

    `people`: upper bound of the step, 0 if nobody said; `features` sorted. Kind `rejection` is never kept as a count: bookings
    say it themselves.
    """

    kind: Kind
    code: str
    place: Place
    weekday: int
    hour: int
    people: int
    activity: str
    features: tuple[str, ...]


def coarse(kind: Kind, code: str, wish: Wish, place: Place, features: Iterable[str]) -> Miss:
    """A wish as it may be kept."""
    start = local(wish.period.start)
    return Miss(
        kind,
        code,
        place,
        start.weekday(),
        start.hour,
        people_step(wish.people),
        wish.activity,
        tuple(sorted(set(features))),
    )


def people_step(people: int) -> int:
    """The upper bound of the step that `people` falls in. Who says nothing searches for one: 0."""
    if people <= 1:
        return 0
    return next((step for step in PEOPLE_STEPS if people <= step), PEOPLE_STEPS[-1])


def month_of(instant: datetime) -> date:
    """The first day of the local month."""
    return local(instant).date().replace(day=1)


def months_back(month: date, count: int) -> list[date]:
    """The first days of `count` months that end with `month`, newest first."""
    last = month.year * 12 + month.month - 1
    return [date(n // 12, n % 12 + 1, 1) for n in range(last, last - count, -1)]


def months_period(first: date, last: date) -> Period:
    """The local months from `first` to `last` (first days, both included) as one stretch."""
    behind = last.year * 12 + last.month
    return Period(day_period(first).start, day_period(date(behind // 12, behind % 12 + 1, 1)).start)


def nearest_reason(unsure: bool, not_then: Iterable[str], never: Iterable[str]) -> str:
    """The code that stands for a vain search: what most of the rooms said that came closest to being free.

    `unsure`: a room is free, but it is not known whether it has what is needed; somebody should go and look. Else the rooms that
    would do at another time speak (`not_then`), else those that would not do at any (`never`); rooms that nobody lends don't.
    """
    if unsure:
        return "feature_unknown"
    for codes in (not_then, never):
        told = Counter(code for code in codes if code != _NOT_LENT)
        if told:
            return min(told, key=lambda code: (-told[code], code))
    return "no_room"


def refusal_code(codes: Sequence[str]) -> str | None:
    """The code that stands for a refused request: the first that speaks of what the room can't give; None: none does."""
    return next((code for code in codes if code not in _NOT_DEMAND), None)


@dataclass(frozen=True, slots=True)
class Unmet:
    """A miss and how often it was met."""

    miss: Miss
    times: int


@dataclass(frozen=True, slots=True)
class Counts:
    """How often, by kind."""

    search: int = 0
    refusal: int = 0
    rejection: int = 0

    @property
    def total(self) -> int:
        """All kinds together."""
        return self.search + self.refusal + self.rejection


def summed(unmet: Iterable[Unmet]) -> Counts:
    """Everything together."""
    return tally(unmet, lambda _miss: (None,)).get(None, Counts())


def tally(unmet: Iterable[Unmet], by: Callable[[Miss], Iterable[K]]) -> dict[K, Counts]:
    """Sums by what `by` says of each miss: nothing, one thing, or several (a search may have many needs)."""
    sums: dict[K, Counter[Kind]] = defaultdict(Counter)
    for one in unmet:
        for key in by(one.miss):
            sums[key][one.miss.kind] += one.times
    return {key: Counts(*(told[kind] for kind in KINDS)) for key, told in sums.items()}


def is_few(count: int) -> bool:
    """Whether a count of a need is too small to be told."""
    return 0 < count < SMALLEST


def may_show_needs(together: Counts) -> bool:
    """Whether so much is summed up that needs point at nobody."""
    return together.total >= FEWEST
