"""Shops, the authorisations that open them, and what was last read of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from agency.models.base import Base, WithCreatedAt, WithId, WithPublicId
from agency.models.tenancy import ShopOwned, TenantOwned, belongs_to, client_of_agency, is_parent, one_of

AUTHORIZATION_STATES = ("pending", "active", "rejected", "revoked")


class Authorization(WithPublicId, TenantOwned, WithCreatedAt, Base):
    """A seller's grant. Tokens are sealed; ends are machine time. One authorisation may open several shops."""

    __tablename__ = "authorizations"
    __table_args__ = (
        client_of_agency(),
        is_parent(),
        CheckConstraint(one_of("state", AUTHORIZATION_STATES), name="state"),
        Index("ix_authorizations_agency_id", "agency_id"),
        Index("ix_authorizations_client_id", "client_id"),
    )

    state: Mapped[str] = mapped_column(server_default="pending")
    open_id: Mapped[str] = mapped_column(server_default="")
    seller_name: Mapped[str] = mapped_column(server_default="")
    sealed_code: Mapped[bytes | None]  # the one-time code, until the auth lane has exchanged it
    sealed_tokens: Mapped[bytes | None]
    token_version: Mapped[int] = mapped_column(server_default="0")
    access_expires_at: Mapped[datetime | None]
    refresh_expires_at: Mapped[datetime | None]
    scopes: Mapped[list[Any]] = mapped_column(server_default=text("'[]'::jsonb"))
    problem: Mapped[str] = mapped_column(server_default="")


class ConnectRequest(WithId, TenantOwned, WithCreatedAt, Base):
    """An authorisation link that we sent somebody to; single use, bound to the client and the person who asked."""

    __tablename__ = "connect_requests"
    __table_args__ = (
        client_of_agency(),
        Index("ix_connect_requests_agency_id", "agency_id"),
        Index("ix_connect_requests_client_id", "client_id"),
    )

    state_hash: Mapped[bytes] = mapped_column(unique=True)
    user_id: Mapped[int | None]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class ParkedInstallation(WithId, WithCreatedAt, Base):
    """A code that TikTok's app store brought without our link: no tenant until a signed-in owner says whose it is.

    Only the system login reads it, by the SHA-256 of a token that one browser holds; it is deleted when it is used.
    """

    __tablename__ = "parked_installations"
    __table_args__ = (Index("ix_parked_installations_expires_at", "expires_at"),)

    token_hash: Mapped[bytes] = mapped_column(unique=True)
    sealed_code: Mapped[bytes]
    expires_at: Mapped[datetime]


class Shop(WithPublicId, TenantOwned, WithCreatedAt, Base):
    """One TikTok Shop. Read times are shop time unless they say machine."""

    __tablename__ = "shops"
    __table_args__ = (
        client_of_agency(),
        is_parent(),
        belongs_to("authorizations", "authorization_id"),
        Index("ix_shops_agency_id", "agency_id"),
        Index("ix_shops_client_id", "client_id"),
        CheckConstraint("purchase_delay_minutes >= 0", name="purchase_delay_minutes"),
    )

    authorization_id: Mapped[int]
    # The one global key that is wanted: a TikTok shop belongs to one client at a time (proved by its authorisation).
    tiktok_shop_id: Mapped[str] = mapped_column(unique=True)
    code: Mapped[str]
    name: Mapped[str]
    region: Mapped[str]
    currency: Mapped[str]
    time_zone: Mapped[str]
    fulfilment_mode: Mapped[str] = mapped_column(server_default="SELLER_SHIPPING")
    promise: Mapped[str] = mapped_column(server_default="tiktok")
    purchase_delay_minutes: Mapped[int] = mapped_column(server_default="0")
    usps_allowed: Mapped[bool] = mapped_column(server_default=text("false"))
    connected_at: Mapped[datetime | None]  # shop time; orders placed before may have been bought elsewhere
    # Copies of its authorisation's state and end (machine time) for the client's login, which cannot read that table.
    access_lost: Mapped[bool] = mapped_column(server_default=text("false"))
    access_ends_at: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]
    # After a restore (machine times): nothing is bought until all is read again and each supplier's list was compared.
    restored_at: Mapped[datetime | None]
    reread_at: Mapped[datetime | None]
    buying_stopped_at: Mapped[datetime | None]
    buying_stopped_by: Mapped[str | None]
    read_cursor: Mapped[datetime | None]  # update_time up to which every page was read
    last_read_at: Mapped[datetime | None]  # machine time of the last complete read
    last_order_at: Mapped[datetime | None]  # machine time at which a read last brought something new
    empty_reads: Mapped[int] = mapped_column(server_default="0")
    read_error: Mapped[str] = mapped_column(server_default="")
    read_failed_at: Mapped[datetime | None]
    count_tiktok: Mapped[int | None]
    count_ours: Mapped[int | None]
    counted_at: Mapped[datetime | None]  # machine time
    finance_read_at: Mapped[datetime | None]
    over_limit_since: Mapped[
        datetime | None
    ]  # shop time; the sweep's last word on the shop's figures of 30 days


class ShopSecret(ShopOwned, Base):
    """A shop's cipher, sealed: needed for signed calls, of no use to a reader."""

    __tablename__ = "shop_secrets"
    __table_args__ = (
        belongs_to("shops", "shop_id"),
        Index("ix_shop_secrets_agency_id", "agency_id"),
        Index("ix_shop_secrets_client_id", "client_id"),
    )

    shop_id: Mapped[int] = mapped_column(primary_key=True)
    sealed_cipher: Mapped[bytes]


class ProviderList(ShopOwned, Base):
    """TikTok's shipping providers of one delivery option, kept for about a day of shop time."""

    __tablename__ = "provider_lists"
    __table_args__ = (
        belongs_to("shops", "shop_id"),
        Index("ix_provider_lists_agency_id", "agency_id"),
        Index("ix_provider_lists_client_id", "client_id"),
    )

    shop_id: Mapped[int] = mapped_column(primary_key=True)
    delivery_option_id: Mapped[str] = mapped_column(primary_key=True)
    providers: Mapped[list[Any]]
    read_at: Mapped[datetime]
