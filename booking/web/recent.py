"""Remembers for a minute what has just been counted, so that a page loaded again counts once. Knows hashes; no wish, no person.

Bounded, also in time: whoever asks for thousands of different things within a minute must not make as many rows.
Each process remembers for itself; a page loaded again may be counted once by each of them.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Literal

_KEPT_FOR = timedelta(minutes=1)


class Recent:
    """At most `most` hashes of what came within the last minute."""

    def __init__(self, most: int = 120) -> None:
        self._most = most
        self._seen: OrderedDict[int, datetime] = OrderedDict()  # what was seen last stands last
        self._guard = threading.Lock()

    def meet(self, hashed: int, now: datetime) -> Literal["new", "again", "too many"]:
        """Take note of one; whether it came within the last minute, or others have taken all the room."""
        with self._guard:
            while self._seen and next(iter(self._seen.values())) <= now - _KEPT_FOR:
                self._seen.popitem(last=False)
            if hashed in self._seen:
                # A page that reloads itself all day long is one wish.
                self._seen[hashed] = now
                self._seen.move_to_end(hashed)
                return "again"
            if len(self._seen) >= self._most:
                return "too many"
            self._seen[hashed] = now
            return "new"
