"""Faults in the services: what forgets its scope, tells whose it is, or keeps one reader's answer for another."""

from __future__ import annotations

from tests.isolation.mutants import LISTS, Mutant, narrow, refused, through

_SEEN = '{visible_sql(scope, "o.client_id")}'

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
        "agency/services/order_search.py",
        'parts = [visible_sql(scope, "o.client_id")]',
        'parts = ["true"]',
        through("GET /api/v1/orders"),
        "was shown",
    ),
    "a search without scope": Mutant(
        "agency/services/order_search.py",
        'parts = [visible_sql(scope, "o.client_id")]',
        'parts = ["true" if filters.q else visible_sql(scope, "o.client_id")]',
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
    "the health of all shops without scope": Mutant(
        "agency/services/health.py",
        'SHOPS.format(seen=visible_sql(scope, "s.client_id"))',
        'SHOPS.format(seen="true")',
        narrow("operator_kite"),
        "was shown",
    ),
    "the machine's work without scope": Mutant(
        "agency/services/work_lists.py",
        'seen = visible_sql(scope, "l.client_id")',
        'seen = "true"',
        narrow("operator_kite"),
        "was shown",
    ),
    "a sum in raw SQL without scope": Mutant(
        "agency/services/worklist_sql.py",
        '    return f"""\n      {OPEN} and ' + _SEEN,
        '    return f"""\n      {OPEN}',
        narrow("operator_kite"),
        "was shown",
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
        "can tell a foreign id from an unknown one",
    ),
    "names of all clients on the shops' page": Mutant(
        "agency/services/shop_lists.py",
        "{_CLIENTS} where {visible_sql(scope, 'c.id')} and {still}",
        "{_CLIENTS} where {still}",
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
        "agency/services/mappings.py",
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
        "agency/services/client_overview.py",
        "select c.name, c.time_zone, c.currency,",
        "select (select min(p.name) from suppliers p) as name, c.time_zone, c.currency,",
        through("GET /client"),
        "got 500",
    ),
    "a cache by agency where it is by reader": Mutant(
        "agency/services/order_filters.py",
        "def list_choices(",
        "def _kept(read, known={}):\n"
        "    return lambda scope, session: known.get(scope.agency_id) or known.setdefault(\n"
        "        scope.agency_id, read(scope, session))\n\n\n"
        "@_kept\ndef list_choices(",
        through("GET /orders"),
        "was shown",
    ),
    "data keys by version where they are by client": Mutant(
        "agency/services/sealing.py",
        "value = decrypt(opened.keys[client_id, version], sealed",
        'kept = self.__dict__.setdefault("kept", {}).setdefault(version, opened.keys[client_id, version])\n'
        "        value = decrypt(kept, sealed",
        through("POST /orders/<number>/address"),
        "got 500",
    ),
}
