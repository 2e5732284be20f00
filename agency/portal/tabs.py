"""The pages behind a person's name (their account) and behind Settings (the agency's): endpoint and label.

The first of each is where the frame's own link leads; the others follow as tabs in this order.
"""

from __future__ import annotations

ACCOUNT: tuple[tuple[str, str], ...] = (
    ("portal.account", "Account"),
    ("portal.factors", "Second factors"),
    ("portal.devices", "Devices"),
    ("portal.agencies", "Workspaces"),
)
# Owners only.
SETTINGS: tuple[tuple[str, str], ...] = (
    ("portal.team", "Team"),
    ("portal.security", "Security"),
    ("portal.tokens", "API tokens"),
    ("portal.audit", "Audit log"),
)
