"""What one run of the benchmark measures, and how a figure is said. Knows no booking."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Any

from booking.db import Database

CALLS = 200


@dataclass(frozen=True)
class Run:
    """A filled database of one kind and size, and the port of the service over it."""

    kind: str
    size: str
    database: Database
    port: int = 0

    def say(self, what: str, **figures: Any) -> None:
        """Print a JSON line."""
        load = round(os.getloadavg()[0], 2)
        facts = {"what": what, "database": self.kind, "size": self.size}
        print(json.dumps({**facts, **figures, "load": load}), flush=True)

    def instant(self, moment: Any) -> Any:
        """An instant as this kind of database keeps it, for bare SQL."""
        return int(moment.timestamp() * 1e6) if self.kind == "sqlite" else moment
