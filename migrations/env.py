"""How alembic runs a migration here: on the connection `booking.migrate` gives, within its transaction. Knows no settings."""

from __future__ import annotations

from alembic import context

from booking.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    # SQLite can change a column only by rebuilding its table.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
