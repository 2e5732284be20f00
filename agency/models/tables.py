"""Every table in one import, for migrations and for the catalogue test."""

from __future__ import annotations

from agency.models import (  # noqa: F401 - imported for their effect on the metadata
    accounts,
    attention,
    audit,
    brands,
    catalog,
    client_requests,
    clients,
    consents,
    effects,
    finance,
    inbox,
    lanes,
    mails,
    months,
    notices,
    order_changes,
    orders,
    parcels,
    purchasing,
    reads,
    second_factors,
    shops,
    team,
    views,
)
from agency.models.base import Base

metadata = Base.metadata
