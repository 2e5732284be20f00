"""The registry: who may call a route, and how it is filled. Most routes need no line here.

Reading is for the team and changing for owners and operators; DECIDED names every other right once more, on purpose:
if a route's own word is widened by mistake, the two differ.

A parameter `<thing_id>` stands for a row of the table `things`; FILLS names the others. A write route sends what its
schema asks for; PLANS has the form fields of pages, where there is no declared schema, and whatever else a route needs.
A value "@suppliers" is the id of a row of that table (or of a kind in `world.ids`) of the client that is asked about.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# The right to a route, by the beginning of its method and path; the first that fits counts.
DECIDED: tuple[tuple[str, str], ...] = (
    (
        r"GET /$|(GET|POST) /login(/|$)|GET /(assets|brand|evidence)/|GET /(healthz|readyz|metrics)$|"
        r"GET /api/docs|POST /webhooks/",
        "public",
    ),
    (r"POST /api/v1/sessions$", "public"),
    (r"POST /(logout|workspace)$|\w+ /account|GET /live$", "signed_in"),
    (r"(GET|DELETE) /api/v1/sessions|POST /api/v1/sessions/current/", "signed_in"),
    (r"POST /invitation/<secret>/join$", "signed_in"),
    (r"\w+ /(email|invitation|reset|signup|forgot)(/|$)", "public"),
    (r"POST /clients/<uuid:client_id>/view$|GET /clients/<uuid:client_id>$", "read"),
    (r"POST /clients/<uuid:client_id>/(requests|months)(/|$)", "write"),
    (r"\w+ /settings/notifications$", "read"),
    (r"GET /m/<secret>$", "public"),
    (r"POST /viewing/stop$", "signed_in"),
    (r"POST /suppliers/<uuid:supplier_id>/consent$", "owner"),
    (r"\w+ /(team|api/v1/team/|clients|setup|settings/|api/v1/tokens|api/v1/audit)", "owner"),
    (r"(GET|POST) /client(/|$)|GET /api/v1/own/", "client"),
    (r"GET /connect/callback$", "write"),
    (r"\w+ /connect/waiting", "owner"),
    (r"GET /(shops/connect|mappings/import)$", "write"),
)

# URL parameters, query parameters and JSON fields by name, for every route.
FILLS: Mapping[str, Any] = {
    "number": "@orders",
    "token_id": "@api_tokens",
    "factor_id": "@second_factors",
    "request_id": "@client_requests",
    "link_id": "@month_links",
    "role": "viewer",
    "token": "made-up",
    "secret": "wrong-link".ljust(
        43, "x"
    ),  # links are keys of their own; nobody may come in with a made-up one
    "areas": ["orders:read"],
    "sku_id": "@sku",
    "supplier_item_id": "@supplier_items",
    "email": "nobody@example.test",
    "password": "fake-password-wrong",
    "currency": "USD",
}
# Asked of every list: what others have must not be found.
SEARCHES: Mapping[str, str] = {"q": "@orders", "shop": "@shops", "client": "@clients"}

_READY = (
    "update purchases set state = 'ready', claimed_by = '{actor}', claimed_until = now() + interval '1 hour';"
)
_PAID = "update purchases set state = 'paid'; update orders set stage = 'bought';"
_PUSHED = "update parcels set state = 'pushed', pushed_at = '2026-11-23 11:00+00', provider_id = '', corrections = 0;"
_ASKED_BY_API = (
    "update suppliers set kind = 'cj', state = 'active'; update supplier_items set quote_wanted_at = null"
)
_FILE = "shop,sku,supplier,supplier_sku\nNowhere,fake-sku-1,Nobody,KC-1\n"
_OWNED = "update attentions set owner = 'user:999999', resolved_at = null;"
_FAR = "update attentions set due_at = '2026-12-20 12:00+00', resolved_at = null; update orders set due_at = null;"
_ASLEEP = _FAR + "update attentions set next_check_at = '2026-12-01 12:00+00';"
_INVITED = {"email": "invited@example.test"}
_NO_PROOF = "the proof is a made-up one"


@dataclass(frozen=True)
class Plan:
    """What a route needs beyond its parameters."""

    url: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    before: str = ""  # SQL that makes the rightful call possible; {actor} is who will call
    # Those of these with the permission make the rightful call.
    who: tuple[str, ...] = ("owner", "operator", "operator_kite", "stranger", "member", "API token")
    may_write: frozenset[str] = frozenset()  # tables that anybody may cause a row in, at a public route
    quiet: str = ""  # why the rightful write changes no row
    answers: frozenset[int] = frozenset()  # further answers to the rightful caller, not about rights
    no_rows: str = ""  # why a reader finds no row of its clients in the answer
    declares: str = ""  # the route's own word, where its view asks for the right itself
    by_design: str = ""  # why a foreign id is answered differently here


PLANS: Mapping[str, Plan] = {
    "webhooks.tiktok": Plan(),
    "webhooks.supplier": Plan(
        url={"kind": "manual"},
        may_write=frozenset({"inbox_items", "lanes"}),
        by_design="the supplier's address is its key",
    ),
    "portal.show_asset": Plan(url={"name": "base.css"}),
    "portal.show_brand": Plan(url={"colour": "1b1f28"}),
    "portal.find": Plan(no_rows="nothing is typed here; SEARCHES asks it for what others have"),
    "portal.show_brand_sample": Plan(url={"colour": "1b1f28"}),
    "portal.show_logo": Plan(url={"logo_hash": "0" * 64}),
    "portal.client_report_file": Plan(url={"month": "2026-11"}),
    "portal.set_brand": Plan(body={"name": "New", "colour": "#1f5f8b"}),
    "portal.set_logo": Plan(answers=frozenset({422}), quiet="no image is sent here"),
    "portal.remove_logo": Plan(),
    "portal.notifications": Plan(no_rows="a choice of one's own, which names no row"),
    "portal.set_notifications": Plan(
        body={"rhythm": "daily", "groups": "money", "hour": "8"},
        who=("owner", "operator", "operator_kite", "viewer", "stranger"),
    ),
    "portal.ask_client": Plan(body={"kind": "question", "text": "New?"}),
    "portal.close_ask": Plan(before="update client_requests set done_at = null, supplier_id = null"),
    "portal.make_month": Plan(body={"month": "2026-10"}),
    "portal.end_month": Plan(
        before="update month_links set revoked_at = null, expires_at = now() + interval '1 day'"
    ),
    "portal.share": Plan(body={"share_costs": "yes"}),
    "portal.switch_buying": Plan(url={"word": "stop"}, body={"subject": "shop", "id": "@shops"}),
    "switches.switch": Plan(body={"subject": "supplier", "id": "@suppliers", "buying": "stop"}),
    # Public for the seller who comes from TikTok's app store without a link of ours; with one, the view asks itself.
    "portal.finish_connection": Plan(
        query={"state": "@state", "code": "fake-code"}, who=("owner",), declares="public"
    ),
    "portal.show_waiting": Plan(answers=frozenset({409})),  # nothing waits in this browser
    "portal.confirm_waiting": Plan(
        body={"client": "@clients"},
        answers=frozenset({409}),
        quiet="nothing waits in this browser",
        by_design="without a waiting shop every client is answered alike",
    ),
    "portal.discard_waiting": Plan(quiet="nothing waits in this browser"),
    "portal.connect_shop": Plan(body={"client": "@clients"}),
    "portal.switch_workspace": Plan(
        body={"membership": "@my_memberships"}, quiet="the caller's own membership is chosen already"
    ),
    "health.ready": Plan(answers=frozenset({503})),  # no dispatcher runs here
    "catalog.write_mapping": Plan(body={"quantity": 2}),
    # Nobody's password, app or authenticator is at hand here: a proof is refused for the right person too.
    "sessions.confirm_session": Plan(answers=frozenset({403, 422}), quiet=_NO_PROOF),
    "portal.prove": Plan(answers=frozenset({403}), quiet=_NO_PROOF),
    "portal.prove_app": Plan(answers=frozenset({404, 422}), quiet=_NO_PROOF),
    "portal.add_passkey": Plan(answers=frozenset({422}), quiet=_NO_PROOF),
    "portal.ask_passkey": Plan(may_write=frozenset({"challenges"})),  # by a sign-in that waits for its factor
    "portal.prove_factor": Plan(may_write=frozenset({"challenges"})),
    "portal.save_profile": Plan(body={"name": "New", "time_zone": "America/New_York", "language": ""}),
    "portal.change_password": Plan(answers=frozenset({422}), quiet=_NO_PROOF),
    "portal.ask_email": Plan(answers=frozenset({422}), quiet=_NO_PROOF),
    "portal.join": Plan(answers=frozenset({404}), quiet="the link is a made-up one"),
    "portal.add_agency": Plan(answers=frozenset({404}), quiet="sign-up is closed here"),
    "portal.invite": Plan(body={**_INVITED, "role": "viewer", "reach": "some", "client_ids": "@clients"}),
    "portal.invite_client_member": Plan(body={**_INVITED, "client_id": "@clients"}),
    "portal.change_member": Plan(
        url={"membership_id": "@staff_memberships"}, body={"role": "viewer", "reach": "all"}, who=("owner",)
    ),
    "portal.set_security": Plan(body={"required": "yes"}),
    "portal.audit_file": Plan(url={"kind": "csv"}),
    "tokens.make_token": Plan(body={"client_ids": "@@clients"}),
    "portal.make_token": Plan(
        body={"name": "New", "areas": "orders:read", "reach": "some", "client_ids": "@clients", "days": "30"}
    ),
    "portal.end_other_devices": Plan(quiet="most have no other session"),
    "portal.add_client": Plan(
        body={"name": "New", "currency": "USD", "time_zone": "America/New_York", "language": ""}
    ),
    "portal.leave": Plan(answers=frozenset({409, 422}), quiet="the last owner stays"),
    "portal.end_view": Plan(quiet="nobody looks as a client here"),
    "portal.let_client_go": Plan(
        before="update clients set name = 'Leaving'; update effects set state = 'confirmed'",
        body={"name": "Leaving"},
    ),
    "portal.add_consent": Plan(
        before="update supplier_consents set withdrawn_at = now(), withdrawn_by = 'user:1'; "
        "update suppliers set kind = 'rest'",
        body={"given_by_name": "Somebody"},
    ),
    "portal.set_limits": Plan(
        body={"approval_above_minor": "12.50", "daily_budget_minor": "99.00", "margin_floor": "1"}
    ),
    "portal.retry_work": Plan(body={"kind": "shop", "id": "@shops", "api": "orders"}),
    "portal.retry_webhooks": Plan(body={"kind": "shop", "id": "@shops"}),
    "portal.set_rules": Plan(body={"promise": "tiktok", "purchase_delay_minutes": "7"}),
    "portal.add_supplier": Plan(
        body={"client_id": "@clients", "kind": "manual", "name": "New", "currency": "USD"}
    ),
    "portal.add_item": Plan(body={"title": "New", "supplier_sku": "N-1", "unit_cost": "4.20"}),
    "portal.resume_shop": Plan(before="update shops set paused_at = now()"),
    "portal.replace_key": Plan(body={"api_key": "fake-key"}, before="update suppliers set kind = 'cj'"),
    "portal.change_supplier": Plan(body={"name": "Renamed"}),
    "portal.change_item": Plan(
        url={"item_id": "@supplier_items"}, body={"title": "Renamed", "unit_cost": "4.20"}
    ),
    "portal.check_supplier": Plan(before=_ASKED_BY_API),
    "portal.check_quotes": Plan(before=_ASKED_BY_API),
    "portal.preview_import": Plan(body={"pasted": _FILE}, quiet="a preview writes nothing"),
    # What was previewed is named by a digest that only the page knows; without it the file is shown once more.
    "portal.apply_mappings": Plan(
        body={"content": base64.b64encode(_FILE.encode()).decode()},
        answers=frozenset({422}),
        quiet="the preview that was seen is not named",
    ),
    "catalog.import_mappings": Plan(body={"rows": [{"shop": "Nowhere"}]}, quiet="a preview writes nothing"),
    "portal.mapping_template": Plan(no_rows="it is the first line of a file, and no row"),
    "portal.forget_choice": Plan(
        body={"carrier_text": "Zippy"}, before="update carrier_overrides set carrier_text = 'Zippy'"
    ),
    "portal.map_sku": Plan(body={"supplier_item_id": "@supplier_items", "quantity": "2", "rank": "2"}),
    "portal.map_practice": Plan(
        body={"shop_id": "@shops", "sku_id": "@sku", "supplier_item_id": "@supplier_items"},
        before="update mappings set quantity = 3",  # the same mapping again would change nothing
    ),
    "portal.unmap": Plan(body={"rank": "1"}),
    "portal.order_act": Plan(url={"word": "hold"}),
    "portal.snooze_order": Plan(body={"choice": "hour"}, before=_FAR),
    "portal.wake_order": Plan(before=_ASLEEP),
    "portal.assign_order": Plan(body={"owner": ""}, before=_OWNED),
    "portal.decline": Plan(body={"reason": "No."}),
    "portal.add_note": Plan(body={"text": "Seen."}),
    "portal.approve_cause": Plan(body={"numbers": "@orders"}),
    "portal.claim": Plan(before="update purchases set claimed_by = '', claimed_until = null"),
    "portal.drop_claim": Plan(before=_READY),
    "portal.bought": Plan(before=_READY, body={"supplier_order_id": "KC-1", "cost": "7.00"}),
    "portal.review": Plan(
        before="update purchases set state = 'review'",
        body={"outcome": "bought", "supplier_order_id": "KC-1", "cost": "7.00"},
    ),
    "portal.tracking": Plan(
        before=_PAID + "delete from parcels",
        body={"tracking_number": "9400111899223197428490", "carrier": "USPS"},
    ),
    "portal.act_on_rows": Plan(body={"row": "@attentions", "act": "assign", "owner": ""}, before=_OWNED),
    "worklist.snooze_rows": Plan(body={"rows": "@@attentions", "until": "2026-11-24T12:00:00Z"}, before=_FAR),
    "worklist.assign_rows": Plan(body={"rows": "@@attentions", "owner": None}, before=_OWNED),
    "portal.undo": Plan(answers=frozenset({409}), quiet="the token is a made-up one"),
    "portal.switch_all_buying": Plan(url={"word": "stop"}, who=("owner", "stranger")),
    "portal.today_views": Plan(no_rows="views are a person's own and belong to no client"),
    "portal.save_view": Plan(body={"name": "New", "back": "action=approve"}),
    "portal.change_view": Plan(body={"name": "Renamed"}),
    "portal.set_carrier": Plan(body={"provider_name": "USPS"}),
    "portal.correct_tracking": Plan(
        before=_PUSHED, body={"tracking_number": "9400111899223197428490", "carrier": "USPS"}
    ),
}


def decided(method: str, rule: str) -> str:
    """The permission that the route must have."""
    for pattern, word in DECIDED:
        if re.match(pattern, f"{method} {rule}"):
            return word
    return "read" if method == "GET" else "write"


def plan_of(endpoint: str) -> Plan:
    """The plan of a route; the empty one for a route without a line."""
    return PLANS.get(endpoint, Plan())
