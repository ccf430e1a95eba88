"""Keeps what was rendered, by its validator, for whoever asks for the same next. Knows bytes; not what they show.

A validator names one state of one thing, so what is kept under it is true for ever; only room runs out.
"""

from __future__ import annotations

import threading
from collections import OrderedDict


class Kept:
    """At most `limit` bytes of rendered answers in this process; those asked for longest ago make room for new ones."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._answers: OrderedDict[str, bytes] = OrderedDict()
        self._guard = threading.Lock()

    def get(self, tag: str) -> bytes | None:
        """What is kept under the validator, if anything is."""
        with self._guard:
            found = self._answers.get(tag)
            if found is not None:
                self._answers.move_to_end(tag)
            return found

    def keep(self, tag: str, answer: bytes) -> None:
        """Keep an answer, unless it alone would take more than a quarter of the room."""
        if len(answer) > self._limit // 4:
            return
        with self._guard:
            self._size += len(answer) - len(self._answers.pop(tag, b""))
            self._answers[tag] = answer
            while self._size > self._limit:
                self._size -= len(self._answers.popitem(last=False)[1])
