"""Table order_changes, and the triggers that write it: no state, money or deadline of an order moves without an event.

The database writes the change in the statement that makes it, whoever makes it and by whatever SQL. Each row of a
watched table has a chain of its own (number, previous hash, hash), which needs no lock beyond that of the row itself.
"""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.tenant import protect

revision = "0030"
down_revision = "0029"

_MOMENT = postgresql.TIMESTAMP(timezone=True)
# What is watched, as it was on 2026-11-26 (domain/order_changes.py); a test compares them.
_TABLES = {
    "order": "orders",
    "purchase": "purchases",
    "effect": "effects",
    "parcel": "parcels",
    "ledger": "ledger_entries",
}
_ORDER = """
  tiktok_order_id status stage stage_at order_type fulfillment_type shipping_type currency total_minor subtotal_minor
  shipping_fee_minor tax_minor platform_discount_minor seller_discount_minor unit_count estimate_minor profit_minor
  placed_at paid_at awaiting_shipment_at rts_at collected_at delivered_at cancelled_at settled_at release_at
  handling_days rts_sla_at tts_sla_at shipping_due_at collection_due_at delivery_sla_at delivery_due_at due_at
  due_kind due_source held_by is_cancel_requested cancelled_by cancel_reason approved_codes
"""
_COLUMNS = {
    "order": _ORDER,
    "purchase": """
      supplier_id reference attempt state reason currency expected_minor max_minor actual_minor supplier_order_id
      approved_by claimed_by placed_at paid_at shipped_at tracking_due_at
    """,
    "effect": "kind key state attempts reason absent_count purchase_id parcel_id supplier_id",
    "parcel": """
      purchase_id state tracking_number carrier_text carrier provider_id package_id warning corrections
      supplier_shipped_at pushed_at first_scan_at delivered_at
    """,
    "ledger": "statement_id entry_key kind amount_minor currency at",
}
# What is made of columns: of the reasons against buying only the codes, since their sentences change with the language.
_MADE: Mapping[str, Mapping[str, str]] = {
    "order": {"blockers": "jsonb_path_query_array({row}.blockers, '$[*].code')"},
}
_ADD = """
  insert into public.order_changes
    (agency_id, client_id, order_id, part, row_key, number, at, body, previous_hash, hash)
  select c.agency_id, c.client_id, c.order_id, '{part}', c.id, c.number, c.at, c.body, c.previous,
    sha256(c.previous || convert_to(concat_ws('|', '{part}', c.id, c.number,
      to_char(c.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), c.body), 'UTF8'))
  from ({rows}) c
"""
_FRESH = """
  select n.agency_id, n.client_id, n.{order} as order_id, n.id, 1 as number, clock_timestamp() as at,
    jsonb_strip_nulls({document})::text as body, ''::bytea as previous
  from {source} n where n.{order} is not null
"""
# A row that was never written down before is written whole, so that it can be rebuilt from here on. The documents are
# made once and only of rows that changed (`offset 0` keeps the planner from copying them into each place). The order's
# number is asked for beside the row's, so that every index of the table leads to few rows, whatever the planner knows.
_CHANGED = """
  select d.agency_id, d.client_id, d.order_id, d.id, coalesce(l.number, 0) + 1 as number, clock_timestamp() as at,
    coalesce(l.hash, ''::bytea) as previous,
    case when l.number is null then jsonb_strip_nulls(d.after) else (
      select jsonb_object_agg(f.key, f.value) from jsonb_each(d.after) f
      where f.value is distinct from d.before -> f.key) end::text as body
  from (
    select n.agency_id, n.client_id, n.{order} as order_id, n.id, {document} as after, {before} as before
    from new_rows n join old_rows o on o.id = n.id
    where n.{order} is not null and row({new}) is distinct from row({old}) offset 0) d
  left join lateral (
    select x.number, x.hash from public.order_changes x
    where x.agency_id = d.agency_id and x.order_id = d.order_id and x.part = '{part}' and x.row_key = d.id
    order by x.number desc limit 1) l on true
"""


def upgrade() -> None:
    """Creates the table, writes down every order as it is now, and watches from here on."""
    create_tables()
    protect("order_changes", staff="select, insert")
    for table in (*_TABLES.values(), "order_changes"):
        op.execute(f"alter table {table} no force row level security")
    for part, table in _TABLES.items():
        op.execute(_statement(part, _FRESH, table))
    for table in (*_TABLES.values(), "order_changes"):
        op.execute(f"alter table {table} force row level security")
    for part, table in _TABLES.items():
        _watch(part, table, "insert", _FRESH, "referencing new table as new_rows")
        _watch(part, table, "update", _CHANGED, "referencing new table as new_rows old table as old_rows")


def downgrade() -> None:
    """Takes triggers and table away; with it goes how every order came to be what it is."""
    for table in _TABLES.values():
        for happening in ("insert", "update"):
            op.execute(f"drop trigger write_down_{happening} on {table}")
            op.execute(f"drop function write_down_{table}_{happening}()")
    op.drop_table("order_changes")


def create_tables() -> None:
    """The table as it was at this step."""
    op.create_table(
        "order_changes",
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("row_key", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "part in ('order', 'purchase', 'effect', 'parcel', 'ledger')", name=op.f("ck_order_changes_part")
        ),
        sa.ForeignKeyConstraint(
            ["order_id", "client_id", "agency_id"],
            ["orders.id", "orders.client_id", "orders.agency_id"],
            name=op.f("fk_order_changes_order_id_client_id_agency_id"),
        ),
        sa.PrimaryKeyConstraint("part", "row_key", "number", name=op.f("pk_order_changes")),
    )
    op.create_index("ix_order_changes_agency_id", "order_changes", ["agency_id", "order_id"])
    op.create_index("ix_order_changes_client_id", "order_changes", ["client_id", "order_id"])


def _statement(part: str, rows: str, source: str = "new_rows") -> str:
    new, old = _fields(part, "n"), _fields(part, "o")
    made = rows.format(
        part=part,
        order="id" if part == "order" else "order_id",
        source=source,
        document=_document(new),
        before=_document(old),
        new=", ".join(new.values()),
        old=", ".join(old.values()),
    )
    return _ADD.format(part=part, rows=made)


def _fields(part: str, row: str) -> dict[str, str]:
    plain = {name: f"{row}.{name}" for name in _COLUMNS[part].split()}
    return plain | {name: made.format(row=row) for name, made in _MADE.get(part, {}).items()}


def _document(fields: Mapping[str, str]) -> str:
    pairs = ", ".join(f"'{name}', {value}" for name, value in fields.items())
    return f"jsonb_build_object({pairs})"


def _watch(part: str, table: str, happening: str, rows: str, referencing: str) -> None:
    """One statement-level trigger: a batch of a thousand orders is written down by one statement."""
    name = f"write_down_{table}_{happening}"
    op.execute(
        f"create function {name}() returns trigger language plpgsql "
        "set search_path = pg_catalog set timezone = 'UTC' "
        f"as $watch$begin {_statement(part, rows)}; return null; end$watch$"
    )
    op.execute(
        f"create trigger write_down_{happening} after {happening} on {table} {referencing} "
        f"for each statement execute function {name}()"
    )
