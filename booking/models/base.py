"""What all rows share: naming of constraints, column types, marks of personal data. Knows no noun."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, Dialect, Integer, MetaData, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from booking.domain.texts import LocalText

# Names are fixed so that migrations can speak of constraints and errors can be told apart on both databases.
NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

# Classes of personal data, in `Column.info["personal"]`: what an export, an erasure or a retention job must reach.
IDENTITY = {"personal": "identity"}  # who somebody is: name, e-mail address
CONTACT = {"personal": "contact"}  # how somebody is reached about one thing
SENSITIVE = {
    "personal": "sensitive"
}  # may reveal health or belief: needs, what an association does where
SECRET = {"personal": "secret"}  # hashes of passwords and tokens
TECHNICAL = {"personal": "technical"}  # traces of use: devices, times


class LocalTextType(TypeDecorator[LocalText]):
    """A LocalText as JSON: {"fi": …, "sv": …, "en": …}, absent languages left out."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def process_bind_param(self, value: LocalText | None, dialect: Dialect) -> Any:
        """Turn a text into its JSON object."""
        if value is None:
            return None
        return {key: text for key in ("fi", "sv", "en") if (text := getattr(value, key))}

    def process_result_value(self, value: Any, dialect: Dialect) -> LocalText | None:
        """Turn a JSON object into a text."""
        return None if value is None else LocalText(**value)


class Base(DeclarativeBase):
    """The root of all rows."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {LocalText: LocalTextType()}

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
