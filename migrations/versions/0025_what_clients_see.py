"""What clients see: brand and logo, shared costs, requests, monthly links; and which mails a person gets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.tenant import CLIENT, open_to_system, protect, system_only

revision = "0025"
down_revision = "0024"

_MOMENT = postgresql.TIMESTAMP(timezone=True)
_BRAND = ("shown_name", "support_email", "footer", "logo_hash")
_SUPPLIER_KINDS = "('supplier_goods', 'supplier_refund')"
_SHARED = f"(select c.share_costs from clients c where c.id = {CLIENT})"
_REQUEST_COLUMNS = "id, public_id, agency_id, client_id, kind, text, created_at, done_at"
_LEDGER_COLUMNS = (
    "id, agency_id, client_id, shop_id, order_id, statement_id, kind, amount_minor, currency, at, created_at"
)
_LINK_COLUMNS = "id, public_id, agency_id, client_id, month, token_hash, expires_at, revoked_at, opened_count"


def upgrade() -> None:
    """Adds the columns and tables, then says which login sees what."""
    for name in _BRAND:
        op.add_column("agencies", sa.Column(name, sa.Text(), server_default="", nullable=False))
    shared = sa.Column("share_costs", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    op.add_column("clients", shared)
    lost = sa.Column("access_lost", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    op.add_column("shops", lost)
    op.add_column("shops", sa.Column("access_ends_at", _MOMENT, nullable=True))
    create_tables()
    _copy_what_is_known()
    protect("agency_logos", staff="select, insert, update, delete")
    open_to_system("agency_logos", ["select"])
    protect("client_requests", portal=True)
    _narrow("client_requests", _REQUEST_COLUMNS)
    protect("month_links")
    open_to_system("month_links", [f"select ({_LINK_COLUMNS})", "update (opened_count, last_opened_at)"])
    system_only("notification_choices", "select, insert, update, delete")
    op.execute("grant select (share_costs, left_at) on clients to shopfleet_portal")
    op.execute("grant select (access_lost, access_ends_at) on shops to shopfleet_portal")
    op.execute("drop policy portal on ledger_entries")
    _allow("ledger_entries", f"client_id = {CLIENT} and (kind not in {_SUPPLIER_KINDS} or {_SHARED})")
    _narrow("ledger_entries", _LEDGER_COLUMNS)


def downgrade() -> None:
    """Takes everything back; what was asked, linked and chosen is gone with it."""
    op.execute("drop policy portal on ledger_entries")
    _allow("ledger_entries", f"client_id = {CLIENT} and kind not in {_SUPPLIER_KINDS}")
    op.execute("grant select on ledger_entries to shopfleet_portal")
    op.execute("revoke select (left_at) on clients from shopfleet_portal")
    for table in ("notification_choices", "month_links", "client_requests", "agency_logos"):
        op.drop_table(table)
    for name in ("access_ends_at", "access_lost"):
        op.drop_column("shops", name)
    op.drop_column("clients", "share_costs")
    for name in _BRAND:
        op.drop_column("agencies", name)


def create_tables() -> None:
    """The tables as they were at this step."""
    op.create_table(
        "agency_logos",
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", _MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind in ('image/png', 'image/jpeg')", name=op.f("ck_agency_logos_kind")),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f("fk_agency_logos_agency_id")),
        sa.PrimaryKeyConstraint("agency_id", name=op.f("pk_agency_logos")),
    )
    op.create_index("ix_agency_logos_hash", "agency_logos", ["hash"], unique=False)
    _create_requests()
    _create_links()
    op.create_table(
        "notification_choices",
        sa.Column("membership_id", sa.BigInteger(), nullable=False),
        sa.Column("rhythm", sa.Text(), nullable=False),
        sa.Column("groups", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("hour", sa.BigInteger(), nullable=False),
        sa.Column("quiet_from", sa.BigInteger(), nullable=True),
        sa.Column("quiet_until", sa.BigInteger(), nullable=True),
        sa.Column("seen_until", _MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.Column("mailed_at", _MOMENT, nullable=True),
        sa.Column("created_at", _MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "rhythm in ('never', 'at_once', 'daily')", name=op.f("ck_notification_choices_rhythm")
        ),
        sa.CheckConstraint("hour between 0 and 23", name=op.f("ck_notification_choices_hour")),
        sa.ForeignKeyConstraint(
            ["membership_id"], ["memberships.id"], name=op.f("fk_notification_choices_membership_id")
        ),
        sa.PrimaryKeyConstraint("membership_id", name=op.f("pk_notification_choices")),
    )


def _copy_what_is_known() -> None:
    """Fills the copies that the client's login reads. FORCE binds the owner too, so it rests for these statements."""
    tables = ("shops", "authorizations", "suppliers", "supplier_consents", "clients")
    for table in tables:
        op.execute(f"alter table {table} no force row level security")
    op.execute(
        """
        update shops set access_lost = a.state in ('rejected', 'revoked'), access_ends_at = a.refresh_expires_at
        from authorizations a where a.id = shops.authorization_id
        """
    )
    # Suppliers that wait for the client's yes already are asked about from the first day on.
    op.execute(
        """
        insert into client_requests (agency_id, client_id, kind, text, asked_by, supplier_id)
        select s.agency_id, s.client_id, 'consent', '', 'rule:consent', s.id from suppliers s
        join clients c on c.id = s.client_id and c.left_at is null
        where s.kind in ('rest', 'cj', 'manual') and not exists (
          select from supplier_consents x where x.supplier_id = s.id and x.withdrawn_at is null)
        """
    )
    for table in tables:
        op.execute(f"alter table {table} force row level security")


def _create_requests() -> None:
    op.create_table(
        "client_requests",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("public_id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=True),
        sa.Column("done_at", _MOMENT, nullable=True),
        sa.Column("done_by", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", _MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "kind in ('question', 'document', 'decision', 'consent')", name=op.f("ck_client_requests_kind")
        ),
        sa.ForeignKeyConstraint(
            ["client_id", "agency_id"],
            ["clients.id", "clients.agency_id"],
            name=op.f("fk_client_requests_client_id_agency_id"),
        ),
        sa.ForeignKeyConstraint(
            ["supplier_id", "client_id", "agency_id"],
            ["suppliers.id", "suppliers.client_id", "suppliers.agency_id"],
            name=op.f("fk_client_requests_supplier_id_client_id_agency_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client_requests")),
        sa.UniqueConstraint("public_id", name=op.f("uq_client_requests_public_id")),
    )
    op.create_index("ix_client_requests_agency_id", "client_requests", ["agency_id"], unique=False)
    op.create_index("ix_client_requests_client_id", "client_requests", ["client_id"], unique=False)
    op.create_index(
        "uq_client_requests_supplier",
        "client_requests",
        ["supplier_id"],
        unique=True,
        postgresql_where=sa.text("done_at is null and supplier_id is not null"),
    )


def _create_links() -> None:
    op.create_table(
        "month_links",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("public_id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("revoked_at", _MOMENT, nullable=True),
        sa.Column("opened_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("last_opened_at", _MOMENT, nullable=True),
        sa.Column("created_at", _MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id", "agency_id"],
            ["clients.id", "clients.agency_id"],
            name=op.f("fk_month_links_client_id_agency_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_month_links")),
        sa.UniqueConstraint("public_id", name=op.f("uq_month_links_public_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_month_links_token_hash")),
    )
    op.create_index("ix_month_links_agency_id", "month_links", ["agency_id"], unique=False)
    op.create_index("ix_month_links_client_id", "month_links", ["client_id"], unique=False)


def _narrow(table: str, columns: str) -> None:
    op.execute(f"revoke select on {table} from shopfleet_portal")
    op.execute(f"grant select ({columns}) on {table} to shopfleet_portal")


def _allow(table: str, predicate: str) -> None:
    rule = f"using ({predicate}) with check ({predicate})"
    op.execute(f"create policy portal on {table} for all to shopfleet_portal {rule}")
