"""What a browser says of itself, in a few words that its owner knows it by. Knows the User-Agent; no person and no row.

Not for telling browsers apart: each claims to be all the others. The first name that fits, in this order, is the one people use.
"""

from __future__ import annotations

_BROWSERS = (
    ("SamsungBrowser/", "Samsung Internet"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)


def device(user_agent: str | None) -> str | None:
    """Browser and system ("Firefox, Windows"); None when neither is known."""
    said = (user_agent or "")[:500]
    names = (
        next((name for mark, name in known if mark in said), "") for known in (_BROWSERS, _SYSTEMS)
    )
    return ", ".join(name for name in names if name) or None
