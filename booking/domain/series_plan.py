"""What a change of a series would do to each of its dates, before it is done. Pure; knows no row.

Nothing surprises: a date moved by itself earlier is left alone, a date whose new time can't be had stays as it is, and both are
shown. What was shown is what is done: a plan has a digest of all it says.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from booking.domain.rooms import RoomRules
from booking.domain.series import Kept, Times, Weighed, Wished, paired, wished_on

Verdict = Literal["stays", "apart", "moves", "refused", "comes", "skipped", "goes"]


@dataclass(frozen=True, slots=True)
class Step:
    """One date: what happens to it, the booking it has (none yet: it comes or is skipped), and how its new time was weighed.

    `stays`: as it is; `apart`: elsewhere than the series, left alone; `moves`; `refused`: its new time can't be had, so it stays;
    `comes`: a new date; `skipped`: a new date that can't be had; `goes`: cancelled.
    """

    day: date
    verdict: Verdict
    kept: Kept | None = None
    weighed: Weighed | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps by day, and whether the unit will have to decide anew on some."""

    steps: tuple[Step, ...]

    def of(self, *verdicts: Verdict) -> list[Step]:
        """The steps with one of these verdicts."""
        return [step for step in self.steps if step.verdict in verdicts]

    @property
    def changes_nothing(self) -> bool:
        """Whether every date stays as it is."""
        return not self.of("moves", "comes", "skipped", "goes")

    @property
    def digest(self) -> str:
        """The same for two plans that do the same."""
        said = [
            (
                step.day.isoformat(),
                step.verdict,
                step.kept.booking_id if step.kept else 0,
                step.kept.period.start.isoformat() if step.kept else "",
                str(step.weighed.wished.period) if step.weighed else "",
                step.weighed.wished.rules.id if step.weighed else 0,
            )
            for step in self.steps
        ]
        return hashlib.sha256(repr(said).encode()).hexdigest()


# A date as it is wished, and the booking that is to move there; None: it would be a new one.
Target = tuple[Wished, Kept | None]
Weigh = Callable[[Sequence[Target], Collection[int]], list[Weighed]]


def planned(
    dates: tuple[Sequence[Kept], Sequence[Kept]],
    days: Sequence[date],
    at: tuple[RoomRules, Times],
    today: date,
    is_planned: Callable[[Kept], bool],
    weigh: Weigh,
) -> Plan:
    """What becomes of the dates to come if the series is to be on `days` in this room at these times.

    `dates`: those to come, and those that are past or were called off by themselves; what these would have become does not come
    back. Nor do new dates come before `today`. `is_planned`: whether a date is where the series had it; others are left alone.
    `weigh(dates, moving)` weighs dates as if the bookings `moving` gave up their time.
    """
    rules, times = at
    to_come, off = dates
    wished = {one.day: one for one in wished_on(days, rules, times)}
    gone = {one.booking_id for one in off}
    steps: list[Step] = []
    targets: list[Target] = []
    for pair in paired([*to_come, *off], days):
        one, day = pair.kept, pair.day
        if one is not None and one.booking_id in gone:
            continue
        if one is not None and not is_planned(one):
            steps.append(Step(one.day, "apart", one))
        elif day is None:
            steps.append(Step(pair.at, "goes", one))
        elif one is not None and _is_there(one, wished[day]):
            steps.append(Step(day, "stays", one))
        elif one is not None or day >= today:
            targets.append((wished[day], one))
    going = {step.kept.booking_id for step in steps if step.verdict == "goes" and step.kept}
    steps += _moved(targets, going, weigh)
    return Plan(tuple(sorted(steps, key=lambda step: (step.day, step.verdict))))


def _moved(pairs: Sequence[Target], going: Collection[int], weigh: Weigh) -> list[Step]:
    """The dates that move or come, and those that can't.

    Who can't move keeps its time, which may then be in another one's way: weighed anew until all who move can.
    """
    refused: list[Step] = []
    while True:
        moving = {kept.booking_id for _wished, kept in pairs if kept is not None}
        found = weigh(pairs, moving | set(going))
        weighed_pairs = list(zip(pairs, found, strict=True))
        stuck = [
            Step(against.wished.day, "refused", kept, against)
            for (_wished, kept), against in weighed_pairs
            if kept is not None and not against.is_free
        ]
        if not stuck:
            return refused + [
                Step(against.wished.day, _verdict(kept, against), kept, against)
                for (_wished, kept), against in weighed_pairs
            ]
        refused += stuck
        left = {step.kept for step in stuck}
        pairs = [pair for pair in pairs if pair[1] is None or pair[1] not in left]


def _verdict(kept: Kept | None, against: Weighed) -> Verdict:
    if kept is not None:
        return "moves"
    return "comes" if against.is_free else "skipped"


def _is_there(kept: Kept, wished: Wished) -> bool:
    return kept.room_id == wished.rules.id and kept.period == wished.period
