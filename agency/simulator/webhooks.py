"""What the vendors tell by themselves: an outbox that survives kills, retried on TikTok's own schedule."""

from __future__ import annotations

import http.client
import json
import time
from typing import Any
from urllib.parse import urlsplit

from agency.simulator.book import Doc, dump
from agency.simulator.order_book import SimOrder
from agency.simulator.signing import cj_sign, rest_sign, webhook_sign
from agency.simulator.timings import note_told
from agency.simulator.world import World

# Seconds after the former try: 2 minutes, 30 minutes, 3 hours, 12 hours (webhook configuration guide, 2025-12-03).
TIKTOK_RETRIES = (120, 1800, 10_800, 43_200)
SUPPLIER_RETRIES = (60, 600, 3600)
_ANSWER_SECONDS = 3
_SHORTEST_WAIT = 0.5
READY = "AWAITING_SHIPMENT"
STATUS_CHANGE, ADDRESS_CHANGE, PACKAGE_CHANGE, DEAUTHORISED, CANCELLATION = 1, 3, 4, 6, 11


def tell_status(world: World, order: SimOrder, at: float) -> None:
    """Type 1. TikTok has no such event for PARTIALLY_SHIPPING, and calls CANCELLED "CANCEL" here."""
    if order.status == "PARTIALLY_SHIPPING":
        return
    word = "CANCEL" if order.status == "CANCELLED" else order.status
    data = {
        "order_id": order.id,
        "order_status": word,
        "is_on_hold_order": order.doc["is_on_hold_order"],
        "update_time": order.doc["update_time"],
    }
    tell_tiktok(world, STATUS_CHANGE, order.shop_id, data, at)


def tell_tiktok(world: World, kind: int, shop_id: str, data: Doc, at: float) -> None:
    """Put a TikTok event into the outbox, through the webhook dials."""
    url = str(world.settings["webhook_url"])
    if not url:
        return
    body: Doc = {"type": kind}
    if kind != ADDRESS_CHANGE:
        # The official sample of type 3 carries no notification id.
        body["tts_notification_id"] = world.fresh_id("notification", "7327", 19)
    body |= {"shop_id": shop_id, "timestamp": int(at), "data": data}
    ready = data["order_id"] if data.get("order_status") == READY else ""
    _post(world, {"url": url, "signer": "tiktok", "raw": dump(body), "ready": ready})


def tell_ready(world: World, order_id: str, shop_id: str, at: int, due: float) -> None:
    """Type 1 for an order that was placed ready to ship, to be sent at the machine moment `due`."""
    data = {
        "order_id": order_id,
        "order_status": READY,
        "is_on_hold_order": False,
        "update_time": at,
    }
    url = str(world.settings["webhook_url"])
    if url:
        notice = {"tts_notification_id": world.fresh_id("notification", "7327", 19)}
        body: Doc = {"type": STATUS_CHANGE, **notice, "shop_id": shop_id, "timestamp": at, "data": data}
        doc = {"url": url, "signer": "tiktok", "raw": dump(body), "ready": order_id}
        world.book.sql("INSERT INTO outbox (due, attempts, doc) VALUES (?,0,?)", due, dump(doc))


def tell_rest(world: World, account: Doc, body: Doc) -> None:
    """Put an event of a generic REST supplier into the outbox."""
    if account.get("webhook_url"):
        key = account.get("webhook_secret", "")
        _post(world, {"url": account["webhook_url"], "signer": "rest", "key": key, "raw": dump(body)})


def tell_cj(world: World, account: Doc, topic: str, body: Doc) -> None:
    """Put a CJ event into the outbox when the account has a callback for its topic."""
    url = account.get("callbacks", {}).get(topic) or account.get("webhook_url")
    if url:
        _post(world, {"url": url, "signer": "cj", "key": str(account["open_id"]), "raw": dump(body)})


def _post(world: World, doc: Doc) -> None:
    faults = world.faults
    if faults.fires("webhook_lost"):
        world.book.tally("webhooks.lost")
        return
    delay = 0.0
    if faults.fires("webhook_out_of_order"):
        delay = max(0.3, world.clock.real_seconds(faults.seconds(60, 600)))
    if faults.fires("webhook_late"):
        delay = max(_SHORTEST_WAIT, world.clock.real_seconds(faults.seconds(300, 3600)))
    _queue(world, doc, delay)
    if faults.fires("webhook_duplicate"):
        world.book.tally("webhooks.duplicated")
        _queue(world, doc, delay + faults.seconds(0, 0.5))


def _queue(world: World, doc: Doc, delay: float) -> None:
    # A waiting post goes at most 20 real seconds late, so that a fast demo and a wall clock are both bearable.
    due = time.time() + min(delay, 20)
    world.book.sql("INSERT INTO outbox (due, attempts, doc) VALUES (?,0,?)", due, dump(doc))


def due_posts(world: World, limit: int, busy: set[int]) -> list[tuple[int, int, Doc]]:
    """Posts whose moment has come and that nobody is delivering: (id, attempts, post)."""
    rows = world.book.sql(
        "SELECT * FROM outbox WHERE due<=? ORDER BY due LIMIT ?", time.time(), limit + len(busy)
    )
    return [(row["id"], row["attempts"], json.loads(row["doc"])) for row in rows if row["id"] not in busy][
        :limit
    ]


def deliver(world: World, post_id: int, attempts: int, doc: Doc) -> None:
    """Send one post and write down what came of it: done, refused, or due again later."""
    started = time.time()
    status = _send(world, doc)
    with world.book.transaction():
        if doc.get("ready"):
            note_told(world, doc["ready"], started)
        if status == 200:
            world.book.tally("webhooks.sent")
        elif status == 401:
            # The configuration guide lists 401 as an accepted answer: no further try.
            world.book.tally("webhooks.refused")
        elif _try_again(world, post_id, attempts, doc):
            return
        world.book.sql("DELETE FROM outbox WHERE id=?", post_id)


def _try_again(world: World, post_id: int, attempts: int, doc: Doc) -> bool:
    waits = TIKTOK_RETRIES if doc["signer"] == "tiktok" else SUPPLIER_RETRIES
    if attempts >= len(waits):
        world.book.tally("webhooks.lost")
        return False
    world.book.tally("webhooks.retried")
    due = time.time() + max(_SHORTEST_WAIT, world.clock.real_seconds(waits[attempts]))
    world.book.sql("UPDATE outbox SET due=?, attempts=attempts+1 WHERE id=?", due, post_id)
    return True


def _send(world: World, doc: Doc) -> int:
    """POST to the callback; returns the HTTP status, or 0 when there was no answer in time."""
    target = urlsplit(doc["url"])
    secure = target.scheme == "https"
    kind: Any = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = kind(target.hostname, target.port, timeout=_ANSWER_SECONDS)
    raw = doc["raw"].encode()
    try:
        path = (target.path or "/") + (f"?{target.query}" if target.query else "")
        connection.request("POST", path, body=raw, headers=_headers(world, doc, raw))
        return int(connection.getresponse().status)
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def _headers(world: World, doc: Doc, raw: bytes) -> dict[str, str]:
    headers = {"Content-Type": "application/json"}
    if doc["signer"] == "tiktok":
        headers["Authorization"] = webhook_sign(world.app_key, world.app_secret, raw)
    elif doc["signer"] == "cj":
        headers["sign"] = cj_sign(doc["key"], raw)
    else:
        stamp = str(int(time.time()))
        headers["X-Supplier-Timestamp"] = stamp
        headers["X-Supplier-Signature"] = rest_sign(doc["key"], stamp, raw)
    return headers
