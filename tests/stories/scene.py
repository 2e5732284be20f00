"""The web door as the outside meets it, beside the agency: what the table of bad input looks at."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass

from flask.testing import FlaskClient
from sqlalchemy import text

from agency.transaction import system_transaction
from tests.stories.cast import US
from tests.stories.journey import APP_KEY, APP_SECRET, Journey


@dataclass
class Scene:
    """The agency, its web door, and what a case has left to be looked at."""

    journey: Journey
    web: FlaskClient

    def knock(self, body: bytes, signature: str | None = "right", *, path: str = "/webhooks/tiktok") -> int:
        """One call to the webhook door; returns the HTTP status."""
        headers = {"Content-Type": "application/json"}
        if signature == "right":
            signature = hmac.new(APP_SECRET.encode(), APP_KEY.encode() + body, hashlib.sha256).hexdigest()
        if signature:
            headers["Authorization"] = signature
        return self.web.post(path, data=body, headers=headers).status_code

    def kept(self) -> tuple[int, int]:
        """How many notifications are kept: of shops that we know, and of those that we do not."""
        with self.journey.session() as session:
            known: int = session.execute(text("select count(*) from inbox_items")).scalar_one()
        with system_transaction(self.journey.database) as session:
            strays: int = session.execute(text("select count(*) from inbox_strays")).scalar_one()
        return known, strays

    def blocked_by(self, number: str) -> list[str]:
        """The codes of everything that stands against buying an order."""
        return [blocker["code"] for blocker in self.journey.order(number).blockers]


def note(
    number: str, notification: str, *, status: str = "AWAITING_SHIPMENT", kind: int = 1, shop: str = US
) -> bytes:
    """A notification as TikTok writes it (type 1 = the order's status changed)."""
    data = {"order_id": number, "order_status": status, "update_time": 1763300000}
    body = {
        "type": kind,
        "tts_notification_id": notification,
        "shop_id": shop,
        "timestamp": 1763300000,
        "data": data,
    }
    return json.dumps(body).encode()
