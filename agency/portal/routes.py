"""The portal's table of contents: registers every page and gives the templates what they need."""

from __future__ import annotations

from flask import Flask

from agency.portal import (
    account,
    approvals,
    assets,
    audit,
    brands,
    client,
    client_leaving,
    client_work,
    clients,
    confirm,
    connecting,
    consents,
    devices,
    email_change,
    factor_sign_in,
    factors,
    finding,
    health,
    invitation,
    limits,
    live,
    mapping_files,
    mappings,
    member_leaving,
    month,
    notifications,
    order_row,
    order_work,
    orders,
    parcel_work,
    reset,
    security,
    setup,
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
    work,
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
    live,
    finding,
    setup,
    orders,
    order_row,
    order_work,
    parcel_work,
    approvals,
    shops,
    health,
    work,
    connecting,
    clients,
    client_work,
    client_leaving,
    viewing,
    suppliers,
    consents,
    mappings,
    mapping_files,
    client,
    month,
    account,
    factors,
    devices,
    team,
    member_leaving,
    brands,
    limits,
    notifications,
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
