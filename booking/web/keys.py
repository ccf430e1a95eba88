"""What an Idempotency-Key may be: the same for the pages' form and for the API's header. Knows its signs; no row, no request."""

from __future__ import annotations

import re

LONGEST_KEY = 100
KEY_PATTERN = f"[!-~]{{1,{LONGEST_KEY}}}"  # visible ASCII: any database and any header can bear it


def is_key(text: str) -> bool:
    """Whether `text` can be kept as a key."""
    return re.fullmatch(KEY_PATTERN, text) is not None
