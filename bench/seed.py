"""The world of a measurement: one agency, 20 clients, 200 shops, and as many orders as asked for.

All orders belong to one agency, the hardest case for its lists. The newest fifth is open, one order in a hundred waits
for a person, the rest is settled, delivered or cancelled: 60 days of a busy agency, oldest first, as they would have
come in. Each order has two lines and a document that takes 1.2 KB, about what 3 KB of TikTok's JSON take compressed.
"""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

from agency.extensions import Database
from agency.services.accounts import sign_in
from agency.services.memberships import Person, create_agency_with_owner
from agency.transaction import system_transaction

CLIENTS, SHOPS_EACH, LINES = 20, 10, 2
PASSWORD = "fake-password-1"  # noqa: S105 - a throw-away database

_SHOPS = """
    with client as (
      insert into clients (agency_id, name, currency)
      select %(agency)s, 'Client ' || n, 'USD' from generate_series(1, %(clients)s) n returning id
    ), grant_row as (
      insert into authorizations (agency_id, client_id, state, access_expires_at, refresh_expires_at)
      select %(agency)s, id, 'active', now() + interval '5 days', now() + interval '90 days' from client
      returning id, client_id
    )
    insert into shops (agency_id, client_id, authorization_id, tiktok_shop_id, code, name, region, currency,
      time_zone, last_read_at)
    select %(agency)s, client_id, id, 'fake-' || client_id || '-' || n, 'S' || n, 'Shop ' || client_id || '-' || n,
      'US', 'USD', 'America/New_York', now()
    from grant_row, generate_series(1, %(shops)s) n
"""
_LANES = """
    insert into lanes (agency_id, client_id, shop_id, api)
    select agency_id, client_id, id, api from shops, unnest(array['orders', 'plan', 'ship', 'finance', 'sweep']) api
"""
_ORDERS = """
    with shop as materialized (select array_agg(id order by id) as ids from shops), plain as materialized (
      select n, ids[1 + (n * 7919 %% cardinality(ids))::int] as shop_id,
        now() - interval '60 days' * (1 - n::float8 / %(orders)s) as placed_at,
        n > %(orders)s * 0.8 as is_open, (n * 104729) %% 100 as dice
      from shop, generate_series(1, %(orders)s::bigint) n
    ), staged as (
      select p.*, case
        when is_open and dice < 10 then 'held' when is_open and dice < 25 then 'to_buy'
        when is_open and dice < 30 then 'blocked' when is_open and dice < 55 then 'bought'
        when is_open then 'shipped' when dice < 6 then 'cancelled' when dice < 8 then 'excluded'
        when n > %(orders)s * 0.7 then 'delivered' else 'settled' end as stage
      from plain p
    )
    insert into orders (agency_id, client_id, shop_id, tiktok_order_id, status, stage, stage_at, order_type,
      fulfillment_type, shipping_type, delivery_option_id, delivery_option_name, currency, total_minor, subtotal_minor,
      shipping_fee_minor, tax_minor, platform_discount_minor, seller_discount_minor, unit_count, title, placed_at,
      tiktok_updated_at, paid_at, due_at, due_kind, due_source, is_sample, is_replacement, is_cancel_requested, raw)
    select s.agency_id, s.client_id, s.id, (576000000000000000 + n)::text,
      case stage when 'shipped' then 'IN_TRANSIT' when 'delivered' then 'DELIVERED' when 'settled' then 'COMPLETED'
        when 'cancelled' then 'CANCELLED' else 'AWAITING_SHIPMENT' end,
      stage, placed_at, 'NORMAL', 'FULFILLMENT_BY_SELLER', 'SELLER', '1', 'Standard shipping', 'USD', 2599, 2399, 200,
      0, 0, 0, %(lines)s, 'Pour-over coffee set, white ' || n %% 500, placed_at, placed_at, placed_at,
      case when is_open then now() + interval '1 hour' * (dice * 1.5 - 12) + interval '1 second' * (n %% 3600) end,
      case when is_open then 'tts_sla' else '' end, case when is_open then 'tiktok' else '' end,
      false, false, false, jsonb_build_object('id', n, 'document', (
        select string_agg(md5(n::text || k), '') from generate_series(1, 36) k))
    from staged join shops s on s.id = staged.shop_id order by n
"""
_ORDER_LINES = """
    insert into order_lines (agency_id, client_id, shop_id, order_id, tiktok_line_id, sku_id, product_id, product_name,
      sku_name, seller_sku, sale_price_minor, platform_discount_minor, seller_discount_minor, tax_minor,
      display_status, package_id, tracking_number, provider_id)
    select o.agency_id, o.client_id, o.shop_id, o.id, o.tiktok_order_id || k, 'sku-' || o.id %% 500,
      'product-' || o.id %% 500, o.title, 'White', 'LK-' || o.id %% 500, 1200, 0, 0, 0, o.status, '', '', ''
    from orders o, generate_series(1, %(lines)s) k order by o.id, k
"""
_ATTENTIONS = """
    insert into attentions (agency_id, client_id, shop_id, order_id, kind, cause_key, why, action, due_at, loss_minor,
      currency)
    select agency_id, client_id, shop_id, id, case when id %% 3 = 0 then 'approval' else 'blocked' end, 'order:' || id,
      'The price at the supplier is above the cap of this mapping.',
      case when id %% 3 = 0 then 'approve' else 'look' end, due_at, 500 + id %% 2000, 'USD'
    from orders where stage = 'blocked'
"""
_PLAIN_INBOX = """
    create table plain_inbox (id bigint generated always as identity primary key, notification_id text not null unique,
      kind text not null, payload jsonb not null, received_at timestamptz not null default now())
"""


@dataclass(frozen=True)
class World:
    """A filled database: its superuser's URL, the agency, and the bearer token of its owner."""

    url: str
    agency_id: int
    token: str


def fill(url: str, master_key: str, orders: int) -> World:
    """Makes the agency and its orders, and brings the planner's statistics up to date."""
    database = Database(url, master_key)
    with system_transaction(database) as session:
        person = Person("owner@example.test", "Owner", PASSWORD)
        agency_id = create_agency_with_owner(session, "Bench agency", person).agency_id
    with system_transaction(database) as session:
        token = sign_in(session, "owner@example.test", PASSWORD)
    database.dispose()
    values = {"agency": agency_id, "clients": CLIENTS, "shops": SHOPS_EACH, "orders": orders, "lines": LINES}
    with psycopg.connect(url) as connection:
        # These rows are right by construction; checking every foreign key would double the time.
        connection.execute("set session_replication_role = replica")
        for statement in (_SHOPS, _LANES, _ORDERS, _ORDER_LINES, _ATTENTIONS):
            connection.execute(statement, values)
        connection.execute(_PLAIN_INBOX)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("vacuum analyze")
        connection.execute("checkpoint")
    return World(url, agency_id, token)
