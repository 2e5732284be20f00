"""Faults at the doors: permissions, forms, sessions and signatures."""

from __future__ import annotations

from tests.isolation.mutants import PERMISSIONS, Mutant, known, refused

_GUARD = "tests/web/test_guard.py::"
_SESSION_READ = refused("GET /api/v1/orders")
_READ_CHECK = '    if word in ("read", "write", "owner") and scope.role not in STAFF_ROLES:'

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
    "power without a recent proof": Mutant(
        "agency/web/guard.py",
        "    if declared.fresh:",
        "    if False:",
        (PERMISSIONS,),
        "assert 200 == 403",
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
        "agency/services/callers.py",
        "s.revoked_at is null and not s.needs_factor",
        "not s.needs_factor",
        _SESSION_READ,
        "signed-out session was shown",
    ),
    "a session without its second factor": Mutant(
        "agency/services/callers.py",
        " and not s.needs_factor",
        "",
        _SESSION_READ,
        "session without its second factor was shown",
    ),
    "a session that has expired": Mutant(
        "agency/services/callers.py",
        "s.expires_at > :now and ",
        "",
        _SESSION_READ,
        "expired session was shown",
    ),
    "a session that was left idle": Mutant(
        "agency/services/callers.py",
        " and s.last_seen_at > :idle_since",
        "",
        _SESSION_READ,
        "idle session was shown",
    ),
    "a person who left": Mutant(
        "agency/services/callers.py",
        "on a.id = m.agency_id\n    where m.ended_at is null",
        "on a.id = m.agency_id\n    where true",
        _SESSION_READ,
        "person who left was shown",
    ),
    "a disabled person": Mutant(
        "agency/services/callers.py",
        "join users u on u.id = s.user_id and u.disabled_at is null",
        "join users u on u.id = s.user_id",
        _SESSION_READ,
        "disabled person was shown",
    ),
    "any token": Mutant(
        "agency/services/callers.py",
        "where s.token_hash = :token_hash and s.revoked_at is null and not s.needs_factor",
        "where s.id = (select min(id) from sessions where confirmed_at is not null) and not s.needs_factor",
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
    "a token that was revoked": Mutant(
        "agency/services/token_access.py",
        " and t.revoked_at is null",
        "",
        _SESSION_READ,
        "revoked API token was shown",
    ),
    "a token beyond its areas": Mutant(
        "agency/web/areas.py",
        "    if needed not in areas:",
        "    if False:",
        refused("GET /api/v1/shops"),
        "got 200",
    ),
    "a token beyond its clients": Mutant(
        "agency/services/token_access.py",
        'client_ids=_common(row["token_clients"], row["client_ids"])',
        'client_ids=_common(None, row["client_ids"])',
        refused("GET /api/v1/orders/<number>"),
        "API token of one client and area was shown",
    ),
}
