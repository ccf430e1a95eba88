"""The tables of unmet demand, in words: what stands in which row, how long its bars are, how dark its hour. No request, no row.

One set of tables serves the page and its download; the bars are a picture of the same numbers. Needs are shown as
`booking.domain.demand` says: not among few, and small counts as "1–2".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from booking.domain import demand
from booking.domain.demand import Counts, Unmet
from booking.domain.rooms import ACTIVITIES, FEATURES
from booking.i18n import current_locale
from booking.i18n import gettext as _
from booking.queries.demand import Sight
from booking.web import words

_FEW = "1–2"  # a count that is not told
_LEVELS = 4  # how many shades of an hour there are
_Name = tuple[str, str]  # a text and its language


@dataclass(frozen=True, slots=True)
class Bar:
    """A piece of a row's bar: its kind, where it begins and how wide it is, in per cent."""

    kind: str
    start: float
    width: float


@dataclass(frozen=True, slots=True)
class Row:
    """What is counted (in `lang`), one text for each kind, and the bar that shows them."""

    name: str
    lang: str
    cells: tuple[str, ...]
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """One table; `key` names it in an address. Without rows there was nothing to count."""

    key: str
    title: str
    what: str  # heads the column of names
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour of the week: how often something was wanted then, and a shade from 0 to 4."""

    count: int
    shade: int


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything the page shows. `hours`: (hour, seven weekdays) from the first hour wanted to the last."""

    together: Counts
    sections: tuple[Section, ...]
    hours: tuple[tuple[int, tuple[Hour, ...]], ...]
    hides_needs: bool  # too little is summed up to tell them


def picture(unmet: Sequence[Unmet], seen: Sight, is_one_site: bool) -> Picture:
    """The tables of what could not be had; `is_one_site`: places need no table then."""
    together = demand.summed(unmet)
    places = [] if is_one_site else [_municipalities(unmet, seen), _sites(unmet, seen)]
    sections = [*places, _people(unmet), _activities(unmet), _reasons(unmet)]
    # Whether anybody named a need is told as little as which.
    hides_needs = not demand.may_show_needs(together)
    if not hides_needs:
        sections.append(_needs(unmet))
    shown = tuple(one for one in sections if one.rows)
    return Picture(together, shown, _hours(unmet), hides_needs)


def lines(shown: Picture) -> Iterable[tuple[str, ...]]:
    """The same numbers as rows of a file: table, what is counted, a number for each kind."""
    for section in shown.sections:
        for row in section.rows:
            yield (section.title, row.name, *row.cells)


def hour_lines(unmet: Sequence[Unmet]) -> Iterable[tuple[str, ...]]:
    """The hours of the week in which something was wanted, as rows of a file."""
    sums = demand.tally(unmet, lambda miss: ((miss.weekday, miss.hour),))
    for (weekday, hour), counts in sorted(sums.items()):
        name = f"{words.weekday(weekday)} {hour:02}"
        yield (_("By weekday and hour"), name, *map(str, _numbers(counts)))


def _municipalities(unmet: Sequence[Unmet], seen: Sight) -> Section:
    sums = demand.tally(unmet, lambda miss: (miss.place.municipality,))
    names = {"": _said(_("No municipality chosen"))}
    names |= {key: name.choose(current_locale()) for key, name in seen.municipalities.items()}
    rows = [(names.get(key, (key, "fi")), counts) for key, counts in _largest_first(sums)]
    return _section("municipalities", _("By municipality"), _("Municipality"), rows)


def _sites(unmet: Sequence[Unmet], seen: Sight) -> Section:
    sums = demand.tally(unmet, lambda miss: (miss.place.unit_id,) if miss.place.unit_id else ())
    names = {site.id: site.name.choose(current_locale()) for site in seen.sites}
    gone = _said(_("A site that is no longer here"))
    rows = [(names.get(unit, gone), counts) for unit, counts in _largest_first(sums)]
    return _section("sites", _("By site"), _("Site"), rows)


def _people(unmet: Sequence[Unmet]) -> Section:
    sums = demand.tally(unmet, lambda miss: (miss.people,))
    rows = [(_said(people_in_words(step)), sums[step]) for step in sorted(sums)]
    return _section("people", _("By number of people"), _("People"), rows)


def _activities(unmet: Sequence[Unmet]) -> Section:
    sums = demand.tally(unmet, lambda miss: (miss.activity,))
    rows = [(_said(words.activity(code)), sums[code]) for code in ACTIVITIES if code in sums]
    return _section("activities", _("By activity"), _("What for"), rows)


def _reasons(unmet: Sequence[Unmet]) -> Section:
    sums = demand.tally(unmet, lambda miss: (miss.code,))
    rows = [(_said(words.reason(code)), counts) for code, counts in _largest_first(sums)]
    return _section("reasons", _("By reason"), _("Reason"), rows)


def _needs(unmet: Sequence[Unmet]) -> Section:
    # In the order of the features, not of the counts: an order would tell which of two "1–2" is the larger.
    sums = demand.tally(unmet, lambda miss: miss.features)
    known = [code for code in (*FEATURES, demand.HYBRID) if code in sums]
    rows = [(_said(words.need(code)), sums[code]) for code in known]
    return _section("needs", _("By access need"), _("Need"), rows, tells_few=False)


def _section(
    key: str,
    title: str,
    what: str,
    rows: Sequence[tuple[_Name, Counts]],
    tells_few: bool = True,
) -> Section:
    # What is not told is drawn as long as the most it can be.
    told = [
        [n if tells_few or not demand.is_few(n) else demand.SMALLEST - 1 for n in _numbers(counts)]
        for _name, counts in rows
    ]
    longest = max((sum(numbers) for numbers in told), default=0)
    made = []
    for (name, counts), numbers in zip(rows, told, strict=True):
        cells = tuple(
            str(n) if tells_few or not demand.is_few(n) else _FEW for n in _numbers(counts)
        )
        made.append(Row(*name, cells, _bars(numbers, longest)))
    return Section(key, title, what, tuple(made))


def _bars(numbers: Sequence[int], longest: int) -> tuple[Bar, ...]:
    bars, start = [], 0.0
    for kind, number in zip(demand.KINDS, numbers, strict=True):
        width = round(100 * number / longest, 1)
        if number:
            bars.append(Bar(kind, round(start, 1), width))
        start += width
    return tuple(bars)


def _hours(unmet: Sequence[Unmet]) -> tuple[tuple[int, tuple[Hour, ...]], ...]:
    sums = demand.tally(unmet, lambda miss: ((miss.weekday, miss.hour),))
    if not sums:
        return ()
    most = max(counts.total for counts in sums.values())
    wanted = [hour for _weekday, hour in sums]
    return tuple(
        (
            hour,
            tuple(_hour(sums.get((weekday, hour), Counts()).total, most) for weekday in range(7)),
        )
        for hour in range(min(wanted), max(wanted) + 1)
    )


def _hour(count: int, most: int) -> Hour:
    return Hour(count, -(-_LEVELS * count // most))


def people_in_words(step: int) -> str:
    """A step of people in words: "6–10", "more than 150"."""
    if step == 0:
        return _("Not told, or one")
    at = demand.PEOPLE_STEPS.index(step)
    below = demand.PEOPLE_STEPS[at - 1] if at else 1
    if step == demand.PEOPLE_STEPS[-1]:
        return _("more than %(number)s", number=below)
    return f"{below + 1}–{step}"


def _largest_first(sums: Mapping[Any, Counts]) -> list[tuple[Any, Counts]]:
    return sorted(sums.items(), key=lambda one: (-one[1].total, one[0]))


def _said(text: str) -> _Name:
    return text, current_locale()


def _numbers(counts: Counts) -> tuple[int, ...]:
    return counts.search, counts.refusal, counts.rejection
