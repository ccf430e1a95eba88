"""How calendars fail. Knows whether trying again can help; knows no texts for people.

A class per thing the *caller* does differently.
"""

from __future__ import annotations


class CalendarError(Exception):
    """A calendar did not do what was asked. `transient`: the same may work later, unchanged."""

    def __init__(self, message: str, *, transient: bool = False) -> None:
        super().__init__(message)
        self.transient = transient
