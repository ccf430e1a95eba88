"""Passwords hashed at next to no cost. Knows where the service keeps its hasher; nobody's password.

Argon2 takes a tenth of a second on purpose, and tests sign in by the thousand. Servers and commands that tests start hash at
full cost, and `tests/services/test_people.py` holds the service's own hasher to it.
"""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from booking.services import people

FULL = people._hasher


def make_cheap() -> None:
    """Let this process hash with the same algorithm and the least memory and time it takes."""
    people._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def make_dear(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash at full cost until the test ends, also for a world still to be made: for races that thinking would decide."""
    # Importing it hashes, so not before `make_cheap` was called.
    from tests.support import world

    monkeypatch.setattr(people, "_hasher", FULL)
    monkeypatch.setattr(world, "_HASH", FULL.hash(world.PASSWORD))
