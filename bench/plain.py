"""The plainest Flask code that does the same work: no sign-in, no scope, no validation, no isolation."""

from __future__ import annotations

import hashlib
import hmac
import json

import orjson
from flask import Flask, Response, request
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool

from agency.config import DEMO_APP_KEY, DEMO_APP_SECRET

COLUMNS = """
    o.id, o.tiktok_order_id, o.title, o.unit_count, o.status, o.stage, o.collected_at, o.placed_at, o.due_at,
    o.due_kind, o.due_source, o.currency, o.total_minor, o.profit_minor, s.public_id as shop_public_id,
    s.name as shop_name, s.region, s.time_zone, c.name as client_name
"""
FROM = "from orders o join shops s on s.id = o.shop_id join clients c on c.id = o.client_id"
NEWEST = f"select {COLUMNS} {FROM} where o.agency_id = %s order by o.placed_at desc, o.id desc limit 51"
OPEN = "('held', 'to_buy', 'blocked', 'bought', 'shipped')"
NEXT_DUE = f"""
    select {COLUMNS}, a.kind, a.why, a.action, a.loss_minor {FROM}
    left join attentions a on a.order_id = o.id and a.resolved_at is null
    where o.agency_id = %s and o.stage in {OPEN} order by o.due_at, o.id limit 51
"""
KEEP = "insert into plain_inbox (notification_id, kind, payload) values (%s, %s, %s) on conflict do nothing"


def plain_app(url: str, agency_id: int) -> Flask:
    """Routes over a psycopg pool: one statement each, rows as they come, orjson."""
    app = Flask("plain")
    pool = ConnectionPool(url, min_size=8, max_size=8, open=True, kwargs={"autocommit": True})

    def rows(statement: str) -> Response:
        with pool.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
            found = cursor.execute(statement, (agency_id,)).fetchall()
        return Response(orjson.dumps(found), mimetype="application/json")

    @app.get("/orders")
    def orders() -> Response:
        return rows(NEWEST)

    @app.get("/today")
    def today() -> Response:
        return rows(NEXT_DUE)

    @app.post("/webhook")
    def webhook() -> Response:
        raw = request.get_data()
        wanted = hmac.new(DEMO_APP_SECRET.encode(), DEMO_APP_KEY.encode() + raw, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(wanted, request.headers.get("Authorization", "")):
            return Response(status=401)
        event = json.loads(raw)
        with pool.connection() as connection:
            connection.execute(KEEP, (event["tts_notification_id"], str(event["type"]), raw.decode()))
        return Response(status=200)

    return app
