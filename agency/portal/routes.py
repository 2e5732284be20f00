"""The portal's table of contents: registers every page and gives the templates what they need."""

from __future__ import annotations

from flask import Flask

from agency.portal import (
    account,
    approvals,
    assets,
    client,
    client_leaving,
    clients,
    connecting,
    consents,
    devices,
    mappings,
    member_leaving,
    order_work,
    orders,
    parcel_work,
    shops,
    sign_in,
    suppliers,
    today,
    tokens,
    viewing,
)
from agency.portal.blueprint import portal
from agency.portal.frame import furnish

# Importing a page registers its routes on the blueprint.
PAGES = (
    sign_in, today, orders, order_work, parcel_work, approvals, shops, connecting, clients, suppliers, mappings,
    client, account, devices, tokens, assets,
    consents, viewing, client_leaving, member_leaving,
)  # fmt: skip


def register_portal(app: Flask) -> None:
    """Registers the portal on the application."""
    furnish(app)
    app.register_blueprint(portal)
