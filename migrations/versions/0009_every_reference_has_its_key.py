"""Foreign keys and indexes that the catalogue test missed: no id of ours points anywhere unproved."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"

REFERENCES = (
    *((table, "shop_id", "shops") for table in (
        "effects", "order_contacts", "order_events", "order_lines", "parcel_lines", "parcel_scans", "parcels",
        "purchase_lines", "purchases",
    )),
    ("parcels", "purchase_id", "purchases"),
    ("purchase_lines", "mapping_id", "mappings"),
)  # fmt: skip
INDEXES = (
    ("client_keys", "agency_id"),
    ("connect_requests", "client_id"),
    ("order_contacts", "client_id"),
    *((table, column) for table in ("provider_lists", "shop_secrets", "supplier_secrets")
      for column in ("agency_id", "client_id")),
)  # fmt: skip


def upgrade() -> None:
    """Adds them."""
    for table, column, parent in REFERENCES:
        own, theirs = [column, "client_id", "agency_id"], ["id", "client_id", "agency_id"]
        op.create_foreign_key(_key_name(table, column), table, parent, own, theirs)
    for table, column in INDEXES:
        op.create_index(f"ix_{table}_{column}", table, [column])


def downgrade() -> None:
    """Takes them away; no row is touched."""
    for table, column in INDEXES:
        op.drop_index(f"ix_{table}_{column}", table)
    for table, column, _parent in REFERENCES:
        op.drop_constraint(_key_name(table, column), table)


def _key_name(table: str, column: str) -> str:
    return op.f(f"fk_{table}_{column}_client_id_agency_id")
