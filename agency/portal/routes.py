"""The portal's table of contents: registers every page and gives the templates what they need."""

from __future__ import annotations

from flask import Flask

from agency.portal import (
    account,
    approvals,
    assets,
    audit,
    client,
    client_leaving,
    clients,
    confirm,
    connecting,
    consents,
    devices,
    email_change,
    factor_sign_in,
    factors,
    invitation,
    mappings,
    member_leaving,
    order_work,
    orders,
    parcel_work,
    reset,
    security,
    shops,
    sign_in,
    sign_up,
    suppliers,
    team,
    today,
    today_acts,
    today_counts,
    today_views,
    tokens,
    undo,
    viewing,
)
from agency.portal.assets import require_built
from agency.portal.blueprint import portal
from agency.portal.frame import furnish

# Importing a page registers its routes on the blueprint.
PAGES = (
    sign_in,
    sign_up,
    reset,
    invitation,
    email_change,
    factor_sign_in,
    confirm,
    today,
    today_acts,
    today_counts,
    today_views,
    undo,
    orders,
    order_work,
    parcel_work,
    approvals,
    shops,
    connecting,
    clients,
    client_leaving,
    viewing,
    suppliers,
    consents,
    mappings,
    client,
    account,
    factors,
    devices,
    team,
    member_leaving,
    security,
    tokens,
    audit,
    assets,
)


def register_portal(app: Flask) -> None:
    """Registers the portal on the application. Raises ValueError when its assets are not built."""
    require_built()
    furnish(app)
    app.register_blueprint(portal)
