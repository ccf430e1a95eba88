"""What the county has decided for all, where it differs from what the code says. Knows rows; not what a setting means."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.models import CountySetting


def county_setting(session: Session, key: str, otherwise: int) -> int:
    """The county's value of a setting, else the code's own."""
    query = select(CountySetting.value).where(CountySetting.key == key)
    found = session.scalars(query).one_or_none()
    return otherwise if found is None else found


def unregistered_may_book(session: Session) -> bool:
    """Whether unregistered associations may book. assumed: yes, by DOMAIN.md ("if the county's settings allow its kind")."""
    return bool(county_setting(session, "unregistered_may_book", 1))
