"""Faults to plant in the code: one text in one file is replaced, and a named test must fail for the named reason.

A line that a mutant looks for must stand in its file exactly once; when the code changes, the mutant is stale and says
so. Tests are named as pytest knows them; `fails_with` must appear in what the failed run prints.
"""

from __future__ import annotations

from dataclasses import dataclass

ROUTES, LISTS = "tests/isolation/test_routes.py", "tests/isolation/test_lists.py"
TABLES, WORKERS = "tests/isolation/test_tables.py", "tests/isolation/test_workers.py"
PERMISSIONS = "tests/isolation/test_permissions.py"


@dataclass(frozen=True)
class Mutant:
    """One fault."""

    file: str
    old: str
    new: str
    tests: tuple[str, ...]
    fails_with: str


def refused(*routes: str) -> tuple[str, ...]:
    """The test of everybody who may not call these routes."""
    return tuple(f"{ROUTES}::test_who_may_not_is_refused_and_nothing_happens[{route}]" for route in routes)


def known(*routes: str) -> tuple[str, ...]:
    """The test that the registry knows the route and its right."""
    return tuple(f"{ROUTES}::test_the_registry_can_fill_the_route[{route}]" for route in routes)


def through(*routes: str) -> tuple[str, ...]:
    """The test of everybody who may."""
    return tuple(
        f"{ROUTES}::test_who_may_gets_through_and_changes_only_what_is_theirs[{route}]" for route in routes
    )


def narrow(*callers: str) -> tuple[str, ...]:
    """The test that what others have changes no answer of these callers."""
    return tuple(
        f"{LISTS}::test_answers_stay_the_same_when_what_others_have_goes_away[{name}]" for name in callers
    )


_GUARD = "tests/web/test_guard.py::"
_SEEN = '{visible_sql(scope, "o.client_id")}'
_SESSION_READ = refused("GET /api/v1/orders")
_READ_CHECK = '    if word in ("read", "write", "owner") and scope.role not in STAFF_ROLES:'

SERVICES = {
    "nothing narrows a team member in the ORM": Mutant(
        "agency/services/visibility.py",
        "column.in_(scope.client_ids)",
        "true()",
        refused("POST /orders/<number>/approve"),
        "can tell a foreign id",
    ),
    "nothing narrows a team member in SQL": Mutant(
        "agency/services/visibility.py",
        "    return f\"{column} in ({', '.join(str(int(c)) for c in sorted(scope.client_ids))})\"",
        '    return "true"',
        narrow("operator_kite"),
        "was shown",
    ),
    "nobody's clients are everybody's": Mutant(
        "agency/services/visibility.py",
        '    if scope.client_ids is None:\n        return "true"',
        '    if scope.client_ids is None or len(scope.client_ids) == 1:\n        return "true"',
        refused("GET /orders/<number>"),
        "was shown",
    ),
    "a list without scope": Mutant(
        "agency/services/order_lists.py",
        'conditions = [visible_sql(scope, "o.client_id")]',
        'conditions = ["true"]',
        through("GET /api/v1/orders"),
        "was shown",
    ),
    "a search without scope": Mutant(
        "agency/services/order_lists.py",
        'conditions = [visible_sql(scope, "o.client_id")]',
        'conditions = ["true" if asked else visible_sql(scope, "o.client_id")]',
        (f"{LISTS}::test_a_search_for_what_others_have_finds_what_a_search_for_nothing_finds[q]",),
        "operator_kite",
    ),
    "a read without scope": Mutant(
        "agency/services/order_page_sql.py",
        "where o.tiktok_order_id = :number and " + _SEEN,
        "where o.tiktok_order_id = :number",
        refused("GET /api/v1/orders/<number>"),
        "was shown",
    ),
    "a count without scope": Mutant(
        "agency/services/totals.py",
        'and {visible_sql(scope, "a.client_id")}) as approvals',
        ") as approvals",
        narrow("operator_kite"),
        "depends on the rows of others",
    ),
    "a sum in raw SQL without scope": Mutant(
        "agency/services/worklist_sql.py",
        '    asked = f"""\n      {OPEN} and ' + _SEEN,
        '    asked = f"""\n      {OPEN}',
        narrow("operator_kite"),
        "depends on the rows of others",
    ),
    "decisions without scope": Mutant(
        "agency/services/worklist_sql.py",
        'where a.resolved_at is null and {visible_sql(scope, "a.client_id")}',
        "where a.resolved_at is null",
        through("GET /api/v1/worklist"),
        "was shown",
    ),
    "troubles without scope": Mutant(
        "agency/services/worklist_sql.py",
        'where l.failures >= 5 and {visible_sql(scope, "l.client_id")}',
        "where l.failures >= 5",
        through("GET /today"),
        "was shown",
    ),
    "a shop without scope": Mutant(
        "agency/services/shop_lists.py",
        "where s.public_id = :shop_id and {visible_sql(scope, 's.client_id')}",
        "where s.public_id = :shop_id",
        refused("GET /api/v1/shops/<shop_id>"),
        "was shown",
    ),
    "a sku without scope": Mutant(
        "agency/services/supplier_lists.py",
        "k.sku_id = :sku_id and {visible_sql(scope, 'k.client_id')}",
        "k.sku_id = :sku_id",
        refused("GET /mappings/<uuid:shop_id>/<sku_id>"),
        "was shown",
    ),
    "names of all clients on the shops' page": Mutant(
        "agency/services/shop_lists.py",
        "{_CLIENTS} where {visible_sql(scope, 'c.id')}",
        "{_CLIENTS}",
        through("GET /shops"),
        "was shown",
    ),
    "an approval without scope": Mutant(
        "agency/services/approvals.py",
        'order = get_visible(scope, session, Order, "Order", Order.tiktok_order_id == number)',
        "order = session.scalars(select(Order).where(Order.tiktok_order_id == number)).one()",
        refused("POST /api/v1/orders/<number>/decline"),
        "got 500",
    ),
    "a switch without scope": Mutant(
        "agency/services/switches.py",
        "return get_visible(scope, session, model, what,",
        'return get_visible(Scope("staff", scope.agency_id, scope.actor, "owner"), session, model, what,',
        refused("POST /api/v1/switches"),
        "can tell a foreign id",
    ),
    "an item of another client in a mapping": Mutant(
        "agency/services/catalog.py",
        "    if item.client_id != shop.client_id:",
        "    if item.agency_id != shop.agency_id:",
        refused("POST /api/v1/mappings"),
        "got 500",
    ),
    "a purchase of another order": Mutant(
        "agency/portal/order_work.py",
        '    _get_purchase(number, purchase_id)\n    form = sent_form("claim")',
        '    form = sent_form("claim")',
        refused("POST /orders/<number>/purchases/<uuid:purchase_id>/claim"),
        "for an unknown",
    ),
    "somebody else's link to a shop": Mutant(
        "agency/services/shops.py",
        "        or request.user_id != scope.user_id\n",
        "",
        refused("GET /connect/callback"),
        "can tell a foreign id",
    ),
    "somebody else's workspace": Mutant(
        "agency/services/accounts.py",
        "    if membership_id not in {membership.public_id for membership in caller.memberships}:",
        "    if not membership_id:",
        refused("POST /workspace"),
        "for an unknown",
    ),
    "403 where others have something": Mutant(
        "agency/services/visibility.py",
        "        raise NotFound(what)",
        "        refusal = NotFound(what)\n"
        "        refusal.status = 403 if session.scalars(select(model).where(*conditions)).first() else 404\n"
        "        raise refusal",
        refused("POST /orders/<number>/decline"),
        "can tell a foreign id",
    ),
    "an error that names whose it is": Mutant(
        "agency/services/visibility.py",
        "        raise NotFound(what)",
        "        hidden = session.scalars(select(model).where(*conditions)).first()\n"
        "        raise NotFound(f\"{what} of {getattr(hidden, 'title', '')}\" if hidden else what)",
        refused("POST /orders/<number>/decline"),
        "was shown",
    ),
    "a cost on the client's page": Mutant(
        "agency/services/client_view.py",
        'text(\n    f"""\n    select c.name, c.time_zone,',
        'text(\n    f"""\n    select (select min(p.name) from suppliers p) as name, c.time_zone,',
        through("GET /client"),
        "got 500",
    ),
    "a cache by agency where it is by reader": Mutant(
        "agency/services/shop_names.py",
        "def list_shop_names(",
        "def _kept(read, known={}):\n"
        "    return lambda scope, session: known.get(scope.agency_id) or known.setdefault(\n"
        "        scope.agency_id, read(scope, session))\n\n\n"
        "@_kept\ndef list_shop_names(",
        through("GET /orders"),
        "was shown",
    ),
    "data keys by version where they are by client": Mutant(
        "agency/services/sealing.py",
        "        found = self._opened.get((client_id, version))",
        "        found = next((key for (_client, known), key in self._opened.items() if known == version), None)",
        through("POST /orders/<number>/address"),
        "got 500",
    ),
}

DOORS = {
    "no permission is checked": Mutant(
        "agency/web/permissions.py",
        _READ_CHECK,
        "    return\n" + _READ_CHECK,
        (PERMISSIONS,),
        "got 200",
    ),
    "the client's people on the team's pages": Mutant(
        "agency/web/permissions.py",
        _READ_CHECK,
        _READ_CHECK.replace('"read", ', ""),
        (PERMISSIONS,),
        "got 200",
    ),
    "viewers who write": Mutant(
        "agency/web/permissions.py",
        '    if word == "write":\n        scope.require_write()',
        '    if word == "write":\n        pass',
        (PERMISSIONS,),
        "viewer",
    ),
    "an owner's route for operators": Mutant(
        "agency/portal/clients.py",
        'permission="owner", methods=["POST"])\ndef add_client',
        'permission="write", methods=["POST"])\ndef add_client',
        known("POST /clients"),
        "'write', and 'owner' was decided",
    ),
    "a writing route for viewers": Mutant(
        "agency/portal/shops.py",
        'permission="write", methods=["POST"])\ndef pause_shop',
        'permission="read", methods=["POST"])\ndef pause_shop',
        known("POST /shops/<uuid:shop_id>/pause"),
        "'read', and 'write' was decided",
    ),
    "a client's page for everybody signed in": Mutant(
        "agency/portal/client.py",
        '@route(portal, "/client", permission="client")',
        '@route(portal, "/client", permission="signed_in")',
        refused("GET /client"),
        "owner got",
    ),
    "a list for the whole world": Mutant(
        "agency/api/shops.py",
        '@operation(blueprint, "GET", "", permission="read"',
        '@operation(blueprint, "GET", "", permission="public"',
        known("GET /api/v1/shops"),
        "'public', and 'read' was decided",
    ),
    "a route without permission": Mutant(
        "agency/portal/today.py",
        '@route(portal, "/today", permission="read")',
        '@portal.route("/today")',
        (f"{_GUARD}test_every_route_of_the_application_declares_its_permission",),
        "UndeclaredRoute",
    ),
    "forms without their token": Mutant(
        "agency/web/guard.py",
        "    if unsafe and by_cookie:",
        "    if unsafe and by_cookie and False:",
        (f"{_GUARD}test_our_own_page_needs_its_form_token",),
        "assert 200 == 403",
    ),
    "forms from anywhere": Mutant(
        "agency/web/guard.py",
        "    if unsafe and not bearer_token():",
        "    if unsafe and not bearer_token() and not by_cookie:",
        (f"{_GUARD}test_a_foreign_page_cannot_use_the_cookie",),
        "assert 200 == 403",
    ),
    "pages that may be kept": Mutant(
        "agency/web/headers.py",
        '"no-store"',
        '"public"',
        (f"{_GUARD}test_a_signed_in_answer_is_kept_nowhere",),
        "no-store",
    ),
    "the cookie before the bearer token": Mutant(
        "agency/web/requests.py",
        "    return bearer_token() or cookie_token()",
        "    return cookie_token() or bearer_token()",
        _SESSION_READ,
        "wrong bearer beside the owner's cookie was shown",
    ),
    "pages that write": Mutant(
        "agency/web/requests.py",
        "scope if writes_now() else replace(scope, read_only=True)",
        "scope",
        (f"{_GUARD}test_a_get_cannot_write",),
        "assert 200 == 500",
    ),
    "webhooks without a signature": Mutant(
        "agency/api/webhooks.py",
        "    if not verify_webhook(",
        "    if False and not verify_webhook(",
        refused("POST /webhooks/tiktok"),
        "a refused call changed ['inbox_strays']",
    ),
    "a session that was signed out": Mutant(
        "agency/services/accounts.py",
        "where s.token_hash = :token_hash and s.revoked_at is null and",
        "where s.token_hash = :token_hash and",
        _SESSION_READ,
        "signed-out session was shown",
    ),
    "a session without its second factor": Mutant(
        "agency/services/accounts.py",
        " and not s.needs_factor",
        "",
        _SESSION_READ,
        "session without its second factor was shown",
    ),
    "a session that has expired": Mutant(
        "agency/services/accounts.py",
        "s.expires_at > :now and ",
        "",
        _SESSION_READ,
        "expired session was shown",
    ),
    "a session that was left idle": Mutant(
        "agency/services/accounts.py",
        " and s.last_seen_at > :idle_since",
        "",
        _SESSION_READ,
        "idle session was shown",
    ),
    "a person who left": Mutant(
        "agency/services/accounts.py",
        "on a.id = m.agency_id\n    where m.ended_at is null",
        "on a.id = m.agency_id\n    where true",
        _SESSION_READ,
        "person who left was shown",
    ),
    "a disabled person": Mutant(
        "agency/services/accounts.py",
        "join users u on u.id = s.user_id and u.disabled_at is null",
        "join users u on u.id = s.user_id",
        _SESSION_READ,
        "disabled person was shown",
    ),
    "any token": Mutant(
        "agency/services/accounts.py",
        "where s.token_hash = :token_hash and",
        "where s.id = (select min(id) from sessions where confirmed_at is not null) and",
        _SESSION_READ,
        "was shown",
    ),
    "any password": Mutant(
        "agency/services/accounts.py",
        "    if user is None or not right or ",
        "    if user is None or ",
        ("tests/services/test_accounts.py",),
        "DID NOT RAISE",
    ),
}

GROUND = {
    "a client's scope without its client": Mutant(
        "agency/domain/scope.py",
        '            values["app.client_id"] = self.client_id',
        "            pass",
        through("GET /client"),
        "got 500",
    ),
    "a transaction without its scope": Mutant(
        "agency/extensions.py",
        "    return start + settings",
        "    return start",
        through("GET /orders"),
        "unrecognized configuration parameter",
    ),
    "a scope that outlives its transaction": Mutant(
        "agency/extensions.py",
        'f"; SET LOCAL {name}',
        'f"; SET {name}',
        (f"{TABLES}::test_a_pooled_connection_forgets_its_scope",),
        "AssertionError",
    ),
    "a transaction that starts without a scope": Mutant(
        "agency/extensions.py",
        '        raise ScopeMissing("This transaction has no scope; open it with transaction(scope).")',
        '        statement = "BEGIN"',
        (f"{TABLES}::test_a_transaction_without_a_scope_cannot_start",),
        "DID NOT RAISE",
    ),
    "a client in a transaction that writes": Mutant(
        "agency/extensions.py",
        'scope.login == "portal" or scope.read_only',
        "scope.read_only",
        (f"{TABLES}::test_a_client_reads_in_a_transaction_that_cannot_write",),
        "'off' == 'on'",
    ),
    "every turn in the first agency's scope": Mutant(
        "workers/context.py",
        "worker_scope(turn.agency_id,",
        "worker_scope(1001,",
        (f"{WORKERS}::test_the_scope_of_a_turn_is_that_of_its_lane_row",),
        "assert",
    ),
    "any function in a job": Mutant(
        "workers/bells.py", "    if function != JOB or ", "    if ", (WORKERS,), "a function of the tests"
    ),
    "extra names in a job": Mutant(
        "workers/bells.py", " or kwargs or ", " or ", (WORKERS,), "an agency of its choice"
    ),
    "text for a lane's id": Mutant(
        "workers/bells.py", "type(part) is int and ", "", (WORKERS,), "an id as text"
    ),
    "functions for afterwards": Mutant(
        "workers/bells.py",
        "    success_callback = failure_callback = stopped_callback = property(lambda self: None)\n",
        "",
        (f"{WORKERS}::test_a_job_cannot_name_a_function_for_afterwards",),
        "AssertionError",
    ),
    "any fence": Mutant(
        "agency/lanes.py",
        "    where id = :lane_id and fence = :fence\n    returning id",
        "    where id = :lane_id\n    returning id",
        (WORKERS,),
        "a forged fence",
    ),
}

MUTANTS = SERVICES | DOORS | GROUND
