"""What the client's login may read of orders, parcels, shops and the ledger: no supplier, no cost, no inner note."""

from __future__ import annotations

from alembic import op

from migrations.tenant import CLIENT

revision = "0010"
down_revision = "0009"

# Columns of tables that the client reads, without those that tell of suppliers, costs or our own work.
HIDDEN = {
    "orders": (
        "profit_minor", "blockers", "approved_codes", "held_by", "raw", "unknown_codes", "address_key", "plan_at",
    ),
    "parcels": ("purchase_id", "postal_code", "findings", "warning", "supplier_shipped_at"),
    "clients": ("approval_above_minor", "margin_floor_bp", "daily_budget_minor", "buying_stopped_by"),
    "shops": ("read_error", "buying_stopped_by", "authorization_id"),
}  # fmt: skip
SUPPLIER_KINDS = "('supplier_goods', 'supplier_refund')"


def upgrade() -> None:
    """Narrows the portal's grants to columns, and its ledger to what TikTok paid and took."""
    for table, hidden in HIDDEN.items():
        names = ", ".join(f"'{name}'" for name in hidden)
        op.execute(f"revoke select on {table} from shopfleet_portal")
        op.execute(
            f"""
            do $$ declare columns text; begin
              select string_agg(quote_ident(attname), ', ' order by attnum) into columns from pg_attribute
              where attrelid = '{table}'::regclass and attnum > 0 and not attisdropped and attname not in ({names});
              execute 'grant select (' || columns || ') on {table} to shopfleet_portal';
            end $$
            """
        )
    predicate = f"client_id = {CLIENT} and kind not in {SUPPLIER_KINDS}"
    op.execute("drop policy portal on ledger_entries")
    _allow(predicate)


def downgrade() -> None:
    """Gives the whole tables back."""
    for table in HIDDEN:
        op.execute(f"revoke select on {table} from shopfleet_portal")
        op.execute(f"grant select on {table} to shopfleet_portal")
    op.execute("drop policy portal on ledger_entries")
    predicate = f"client_id = {CLIENT}"
    _allow(predicate)


def _allow(predicate: str) -> None:
    rule = f"using ({predicate}) with check ({predicate})"
    op.execute(f"create policy portal on ledger_entries for all to shopfleet_portal {rule}")
