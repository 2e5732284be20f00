"""Alembic's door: runs the steps on the owner's connection that `migrations.run.upgrade` opened, in its transaction."""

from __future__ import annotations

from alembic import context
from sqlalchemy import text

from agency.models.tables import metadata


def run() -> None:
    """Turns silent row filtering into an error, then runs the steps."""
    connection = context.config.attributes["connection"]
    connection.execute(text("set local row_security = off"))
    context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
    context.run_migrations()


run()
