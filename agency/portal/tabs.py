"""The pages behind a person's name (their account) and behind Settings (the agency's): endpoint and label.

The first of each is where the frame's own link leads; the others follow as tabs in this order.
"""

from __future__ import annotations

from agency.domain.said import said

ACCOUNT: tuple[tuple[str, str], ...] = (
    ("portal.account", said("Account")),
    ("portal.factors", said("Second factors")),
    ("portal.devices", said("Devices")),
    ("portal.agencies", said("Workspaces")),
)
NOTIFICATIONS = ("portal.notifications", said("Notifications"))
# Owners only, but for one's own notifications.
SETTINGS: tuple[tuple[str, str], ...] = (
    ("portal.brand", said("Brand")),
    ("portal.limits", said("Limits")),
    NOTIFICATIONS,
    ("portal.team", said("Team")),
    ("portal.security", said("Security")),
    ("portal.tokens", said("API tokens")),
    ("portal.audit", said("Audit log")),
)
