"""The pages that the palette leads to: one line each, by the words that people use for them."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app

from agency.domain.said import said
from agency.portal.language import tr


@dataclass(frozen=True)
class Place:
    """A page: its endpoint, icon and English name; `owners` only, when others are refused there."""

    endpoint: str
    icon: str
    label: str
    owners: bool = False

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return tr(self.label)

    def fits(self, typed: str) -> bool:
        """True when a word of the name begins with what was typed; every page fits nothing typed."""
        return f" {typed}".lower() in f" {self.name}".lower() if typed else True


_PLACES = (
    Place("portal.today", "today", said("Today")),
    Place("portal.orders", "box", said("Orders")),
    Place("portal.approvals", "approve", said("Approvals")),
    Place("portal.shops", "shop", said("All shops")),
    Place("portal.health", "health", said("Health")),
    Place("portal.suppliers", "truck", said("Suppliers")),
    Place("portal.mappings", "link", said("Mappings")),
    Place("portal.setup", "steps", said("Setup"), owners=True),
    Place("portal.work", "work", said("Work")),
    Place("portal.clients", "user", said("Clients"), owners=True),
    Place("portal.brand", "eye", said("Brand"), owners=True),
    Place("portal.limits", "lock", said("Limits"), owners=True),
    Place("portal.notifications", "bell", said("Notifications")),
    Place("portal.team", "team", said("Team"), owners=True),
    Place("portal.security", "shield", said("Security"), owners=True),
    Place("portal.tokens", "key", said("API tokens"), owners=True),
    Place("portal.audit", "history", said("Audit log"), owners=True),
    Place("portal.account", "user", said("Account")),
    Place("portal.factors", "lock", said("Second factors")),
    Place("portal.devices", "phone", said("Devices")),
)


def places(owner: bool) -> tuple[Place, ...]:
    """The pages that this person may open, in the order of the side bar."""
    there = current_app.view_functions
    return tuple(place for place in _PLACES if place.endpoint in there and (owner or not place.owners))
