"""An authenticator app for tests: scans what the service shows, and tells codes. Knows RFC 6238; nothing of the service."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pyotp


@dataclass(frozen=True)
class Authenticator:
    """One account in the app."""

    secret: str

    def code(self, now: datetime, steps: int = 0) -> str:
        """What it shows at `now`, or so many steps of half a minute later."""
        at = now + timedelta(seconds=30 * steps)
        return pyotp.TOTP(self.secret).generate_otp(int(at.timestamp()) // 30)

    def wrong_code(self, now: datetime) -> str:
        """Six digits that it shows at no time near `now`."""
        near = {self.code(now, steps) for steps in range(-3, 4)}
        return next(code for code in ("000000", "111111", "222222", "333333") if code not in near)
