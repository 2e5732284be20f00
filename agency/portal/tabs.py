"""The pages behind a person's name (their account) and behind Settings (the agency's): endpoint and label.

The first of each is where the frame's own link leads; the others follow as tabs in this order.
"""

from __future__ import annotations

ACCOUNT: tuple[tuple[str, str], ...] = (("portal.account", "Account"), ("portal.agencies", "Workspaces"))
SETTINGS: tuple[tuple[str, str], ...] = (("portal.team", "Team"),)  # owners only
