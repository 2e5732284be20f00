"""Tables: invitations, api_tokens, audit_entries, supplier_consents; and what agencies and clients learn."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.tenant import open_to_system, protect

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Creates the tables, then their policies and grants."""
    create_tables()
    protect("invitations")
    open_to_system("invitations", ["select", "update (accepted_at)"])
    protect("api_tokens")
    open_to_system("api_tokens", ["select", "update (last_used_at, revoked_at)"])
    # Append-only: nobody but the owner of the tables may change or delete an entry.
    protect("audit_entries", staff="select, insert")
    open_to_system("audit_entries", ["select (agency_id, number, hash)", "insert"])
    protect("supplier_consents")


def downgrade() -> None:
    """Drops the tables and columns; their rows are gone with them."""
    for table in ("supplier_consents", "audit_entries", "api_tokens", "invitations"):
        op.drop_table(table)
    op.drop_constraint("uq_memberships_id_agency_id", "memberships", type_="unique")
    op.drop_column("clients", "left_at")
    op.drop_column("agencies", "requires_second_factor")


def create_tables() -> None:
    """The tables as they were at this step."""
    op.create_unique_constraint(op.f("uq_memberships_id_agency_id"), "memberships", ["id", "agency_id"])
    op.create_table(
        "invitations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("public_id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("client_ids", postgresql.ARRAY(sa.BigInteger()), nullable=True),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("invited_by", sa.Text(), nullable=False),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("accepted_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("withdrawn_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column(
            "created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.CheckConstraint(
            "role <> 'client_member' or cardinality(client_ids) = 1",
            name=op.f("ck_invitations_client_member_has_client"),
        ),
        sa.CheckConstraint(
            "role in ('owner', 'operator', 'viewer', 'client_member')", name=op.f("ck_invitations_role")
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f("fk_invitations_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("public_id", name=op.f("uq_invitations_public_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitations_token_hash")),
    )
    op.create_index("ix_invitations_agency_id", "invitations", ["agency_id"], unique=False)
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("public_id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("membership_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("hint", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("areas", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("client_ids", postgresql.ARRAY(sa.BigInteger()), nullable=True),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("last_used_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("revoked_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column(
            "created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f("fk_api_tokens_agency_id")),
        sa.ForeignKeyConstraint(
            ["membership_id", "agency_id"],
            ["memberships.id", "memberships.agency_id"],
            name=op.f("fk_api_tokens_membership_id_agency_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("public_id", name=op.f("uq_api_tokens_public_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_tokens_token_hash")),
    )
    op.create_index("ix_api_tokens_agency_id", "api_tokens", ["agency_id"], unique=False)
    op.create_index("ix_api_tokens_membership_id", "api_tokens", ["membership_id"], unique=False)
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=True),
        sa.Column("object_kind", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f("fk_audit_entries_agency_id")),
        sa.ForeignKeyConstraint(
            ["client_id", "agency_id"],
            ["clients.id", "clients.agency_id"],
            name=op.f("fk_audit_entries_client_id_agency_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
        sa.UniqueConstraint("agency_id", "number", name=op.f("uq_audit_entries_agency_id_number")),
    )
    op.create_index("ix_audit_entries_agency_at", "audit_entries", ["agency_id", "at"], unique=False)
    op.create_table(
        "supplier_consents",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("public_id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("text_version", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("given_by", sa.Text(), nullable=False),
        sa.Column("given_by_name", sa.Text(), nullable=False),
        sa.Column("given_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("withdrawn_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.Column(
            "created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["client_id", "agency_id"],
            ["clients.id", "clients.agency_id"],
            name=op.f("fk_supplier_consents_client_id_agency_id"),
        ),
        sa.ForeignKeyConstraint(
            ["supplier_id", "client_id", "agency_id"],
            ["suppliers.id", "suppliers.client_id", "suppliers.agency_id"],
            name=op.f("fk_supplier_consents_supplier_id_client_id_agency_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplier_consents")),
        sa.UniqueConstraint("public_id", name=op.f("uq_supplier_consents_public_id")),
    )
    op.create_index("ix_supplier_consents_agency_id", "supplier_consents", ["agency_id"], unique=False)
    op.create_index("ix_supplier_consents_client_id", "supplier_consents", ["client_id"], unique=False)
    op.create_index(
        "uq_supplier_consents_live",
        "supplier_consents",
        ["supplier_id"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at is null"),
    )
    op.add_column(
        "agencies",
        sa.Column("requires_second_factor", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column("clients", sa.Column("left_at", postgresql.TIMESTAMP(timezone=True), nullable=True))
