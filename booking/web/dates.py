"""Which day, week or month a page shows, as its address says: 2027-06-07, 2027-06. Knows the request's values; no room.

A calendar's links are ours: what is no day, or too far away to hold anything, is not found.
"""

from __future__ import annotations

from datetime import date, timedelta

from flask import abort, request

_BACK = timedelta(days=371)
_AHEAD = 2 * _BACK


def day_asked(name: str, today: date) -> date:
    """The day in the address under `name`, today without one; 404 for nonsense."""
    asked = request.args.get(name)
    if asked is None:
        return today
    try:
        return _near(date.fromisoformat(asked), today)
    except ValueError:
        abort(404)


def week_asked(name: str, today: date) -> date:
    """The Monday of the week that the day in the address lies in; 404 for nonsense."""
    day = day_asked(name, today)
    return day - timedelta(days=day.weekday())


def month_asked(name: str, today: date) -> date:
    """The first day of the month in the address (2027-06); 404 for nonsense."""
    asked = request.args.get(name)
    if asked is None:
        return today.replace(day=1)
    try:
        return _near(date.fromisoformat(f"{asked}-01"), today)
    except ValueError:
        abort(404)


def month_after(first: date) -> date:
    """The first day of the next month."""
    return (first + timedelta(days=31)).replace(day=1)


def month_before(first: date) -> date:
    """The first day of the month before."""
    return (first - timedelta(days=1)).replace(day=1)


def _near(day: date, today: date) -> date:
    if not today - _BACK <= day <= today + _AHEAD:
        abort(404)
    return day
