"""Where this database lives, so that a restored copy is noticed; and what waits in it after a restore (ADR 41)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.tenant import system_only

revision = "0032"
down_revision = "0031"

_MOMENT = postgresql.TIMESTAMP(timezone=True)
_COLUMNS = {
    "agencies": ("restored_since", "restored_until"),
    "shops": ("restored_at", "reread_at"),
    "suppliers": ("relisted_at",),
}

# A cluster by its number, its history by the timeline, and by their oids the database and this very table: a dump
# that is loaded, a point in time that is gone back to and a fail-over each change at least one of them.
_PLACE = """
create function present_place() returns text language sql stable security definer
set search_path = pg_catalog, public as $$
  select concat_ws('/', (select system_identifier from pg_control_system()),
    left(pg_walfile_name(pg_current_wal_lsn()), 8),
    (select oid from pg_database where datname = current_database()), 'public.home'::regclass::oid)
$$
"""
_AT_HOME = """
create function at_home() returns boolean language sql stable security definer
set search_path = pg_catalog, public as $$ select exists (select from home where place = present_place()) $$
"""
_SETTLE = """
create function settle_home() returns void language sql volatile security definer
set search_path = pg_catalog, public as $$ update home set place = present_place(), settled_at = now() $$
"""
_FUNCTIONS = {
    "present_place()": "",
    "at_home()": "shopfleet_staff, shopfleet_system",
    "settle_home()": "shopfleet_system",
}


def upgrade() -> None:
    """Writes down where the database is now: only `shopfleet recover` writes it down again."""
    op.create_table(
        "home",
        sa.Column("id", sa.BigInteger(), server_default="1", autoincrement=False, nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("settled_at", _MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_home_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_home")),
    )
    system_only("home", "select")
    for statement in (_PLACE, _AT_HOME, _SETTLE):
        op.execute(statement)
    for function, logins in _FUNCTIONS.items():
        op.execute(f"revoke execute on function {function} from public")
        if logins:
            op.execute(f"grant execute on function {function} to {logins}")
    op.execute("insert into home (place) values (present_place())")
    for table, names in _COLUMNS.items():
        for name in names:
            op.add_column(table, sa.Column(name, _MOMENT, nullable=True))


def downgrade() -> None:
    """Takes all of it away."""
    for table, names in _COLUMNS.items():
        for name in names:
            op.drop_column(table, name)
    for function in ("settle_home()", "at_home()", "present_place()"):
        op.execute(f"drop function {function}")
    op.drop_table("home")
