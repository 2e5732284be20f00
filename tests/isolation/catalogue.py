"""The tenancy lint: reads PostgreSQL's own catalogue and names everything that would let one tenant see another.

`lint(connection)` returns sentences; an empty list is a sound house. It asks the migrated database, not our models, so
that a table made by hand, a forgotten policy or a grant too many is found whoever made it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from psycopg import Connection

LOGINS = ("shopfleet_staff", "shopfleet_portal", "shopfleet_system")
STAFF, PORTAL, SYSTEM = LOGINS
# Without a tenant: nobody but the system login may touch them.
SYSTEM_TABLES = {
    "users", "memberships", "sessions", "heartbeats", "inbox_strays", "parked_installations", "second_factors",
    "recovery_codes", "gauges", "challenges", "mails", "mail_links", "notification_choices",
}  # fmt: skip
# Of an agency as a whole: no client column that must be filled, and nothing for the clients' login.
AGENCY_TABLES = {"invitations", "api_tokens", "audit_entries", "agency_logos", "saved_views"}
# What a client's own people may read; secrets, buyer contacts and supplier costs are in other tables.
PORTAL_TABLES = {
    "agencies", "clients", "shops", "skus", "orders", "order_lines", "parcels", "parcel_lines", "parcel_scans",
    "statements", "ledger_entries", "client_requests",
}  # fmt: skip
# Of these the client's login reads some columns only: never a reference, a detail or a supplier.
PORTAL_COLUMNS = {
    "client_requests": {"id", "public_id", "agency_id", "client_id", "kind", "text", "created_at", "done_at"},
    "ledger_entries": {
        "id", "agency_id", "client_id", "shop_id", "order_id", "statement_id", "kind", "amount_minor", "currency", "at",
        "created_at",
    },
}  # fmt: skip
LINK_COLUMNS = {
    "id", "public_id", "agency_id", "client_id", "month", "token_hash", "expires_at", "revoked_at", "opened_count",
}  # fmt: skip
# What the system login may do to tenant tables: ids, names and times, the inbox, and the lanes it rings for.
SYSTEM_GRANTS: dict[str, dict[str, set[str]]] = {
    "agencies": {"SELECT": {"*"}, "INSERT": {"*"}, "UPDATE": {"keys_rotating_since"}},
    "invitations": {"SELECT": {"*"}, "UPDATE": {"accepted_at"}},
    "api_tokens": {"SELECT": {"*"}, "UPDATE": {"last_used_at", "revoked_at"}},
    "audit_entries": {"SELECT": {"agency_id", "number", "hash"}, "INSERT": {"*"}},
    "agency_logos": {"SELECT": {"*"}},
    "month_links": {"SELECT": LINK_COLUMNS, "UPDATE": {"opened_count", "last_opened_at"}},
    "clients": {"SELECT": {"id", "agency_id", "public_id", "name", "practice", "left_at"}},
    "authorizations": {"SELECT": {"id", "agency_id", "client_id"}},
    "shops": {"SELECT": {"id", "agency_id", "client_id", "authorization_id", "tiktok_shop_id"}},
    "suppliers": {"SELECT": {"id", "agency_id", "client_id", "public_id", "kind"}},
    "inbox_items": {"SELECT": {"id", "shop_id", "supplier_id", "notification_id"}, "INSERT": {"*"}},
    "lanes": {
        "SELECT": {"*"},
        "UPDATE": {
            "due_at",
            "lease_until",
            "fence",
            "failures",
            "lost_bells",
            "turns",
            "problem",
            "last_turn_at",
        },
    },
}
# Kept for ever: the program adds and reads, and only the owner of the tables could change a row.
APPEND_ONLY = {"order_events", "order_changes", "audit_entries"}
AGENCY = "(current_setting('app.agency_id'::text))::bigint"
CLIENT = "(current_setting('app.client_id'::text))::bigint"
SCOPE_ONLY = {"agencies", "clients"}  # the tenants themselves

_TABLES = """
  select c.oid::bigint, c.relname, c.relrowsecurity, c.relforcerowsecurity, c.relowner::regrole::text as owner
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p') and n.nspname not in ('pg_catalog', 'information_schema')
    and n.nspname not like 'pg_toast%' and c.relname <> 'alembic_version'
"""
_POLICIES = """
  select tablename, policyname, permissive, roles, cmd, qual, with_check from pg_policies
"""
_COLUMNS = """
  select table_name, column_name, is_nullable, data_type from information_schema.columns where table_schema = 'public'
"""
_FOREIGN_KEYS = """
  select c.conrelid::regclass::text as child, c.confrelid::regclass::text as parent, c.conname, c.convalidated,
    (select array_agg(a.attname::text order by k.n) from unnest(c.conkey) with ordinality k(attnum, n)
       join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.attnum) as own,
    (select array_agg(a.attname::text order by k.n) from unnest(c.confkey) with ordinality k(attnum, n)
       join pg_attribute a on a.attrelid = c.confrelid and a.attnum = k.attnum) as theirs
  from pg_constraint c where c.contype = 'f'
"""
_LEADING = """
  select i.indrelid::regclass::text as tab, a.attname::text as led_by
  from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
  where i.indisvalid and i.indrelid::regclass::text not like 'pg\\_%%'
"""
_GRANTS = """
  select c.relname as tab, coalesce(r.rolname, 'public') as grantee, a.privilege_type, null as col
  from pg_class c join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'public'
  cross join lateral aclexplode(c.relacl) a left join pg_roles r on r.oid = a.grantee
  where c.relkind in ('r', 'p', 'v', 'm', 'S')
  union all
  select c.relname, coalesce(r.rolname, 'public'), a.privilege_type, t.attname
  from pg_class c join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'public'
  join pg_attribute t on t.attrelid = c.oid and t.attacl is not null
  cross join lateral aclexplode(t.attacl) a left join pg_roles r on r.oid = a.grantee
"""
_VIEWS = """
  select c.relname, c.relkind, coalesce('security_invoker=true' = any(c.reloptions), false) as invoker
  from pg_class c join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'public' where c.relkind in ('v', 'm')
"""
_FUNCTIONS = """
  select p.proname, coalesce(array_to_string(p.proconfig, ',') like '%%search_path=%%', false) as pinned,
    has_function_privilege('public', p.oid, 'execute') as open
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace and n.nspname = 'public' where p.prosecdef
"""
_ROLES = """
  select rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication,
    exists (select from pg_auth_members m where m.member = r.oid) as member,
    exists (select from pg_shdepend d where d.refobjid = r.oid and d.deptype = 'o') as owner,
    has_schema_privilege(r.oid, 'public', 'create') as creates,
    has_database_privilege(r.oid, current_database(), 'temporary') as makes_temporary
  from pg_roles r where rolname = any(%s)
"""


def lint(connection: Connection[Any]) -> list[str]:
    """Every finding, sorted."""
    rules = (
        _row_security,
        _policies,
        _columns,
        _foreign_keys,
        _indexes,
        _grants,
        _views,
        _functions,
        _logins,
    )
    return sorted(finding for rule in rules for finding in rule(connection))


def tenant_tables(connection: Connection[Any]) -> list[str]:
    """Every table that holds rows of one client."""
    return sorted(row.relname for row in _rows(connection, _TABLES) if _is_tenant(row.relname))


def _is_tenant(table: str) -> bool:
    return table not in SYSTEM_TABLES | AGENCY_TABLES | SCOPE_ONLY


def _rows(connection: Connection[Any], query: str, *values: Any) -> list[Any]:
    return connection.execute(query, values or None).fetchall()


def _row_security(connection: Connection[Any]) -> Iterator[str]:
    for table in _rows(connection, _TABLES):
        if not table.relrowsecurity:
            yield f"{table.relname}: row-level security is off"
        if not table.relforcerowsecurity:
            yield f"{table.relname}: row-level security is not forced on its owner"
        if table.owner in LOGINS:
            yield f"{table.relname}: belongs to {table.owner}"


def expected_predicate(table: str, login: str) -> str | None:
    """The one condition that the login's policy on the table must have; None = no policy at all."""
    if login == SYSTEM:
        return "true" if table in SYSTEM_TABLES or table in SYSTEM_GRANTS else None
    if table in SYSTEM_TABLES:
        return None
    if login == STAFF:
        return f"({'id' if table == 'agencies' else 'agency_id'} = {AGENCY})"
    if table not in PORTAL_TABLES:
        return None
    costs = "ARRAY['supplier_goods'::text, 'supplier_refund'::text]"
    # One row, read once per statement: whether this client's contract shares what goods cost.
    shared = f"( SELECT c.share_costs\n   FROM clients c\n  WHERE (c.id = {CLIENT}))"
    own = {
        "agencies": f"(id = {AGENCY})",
        "clients": f"(id = {CLIENT})",
        "ledger_entries": f"((client_id = {CLIENT}) AND ((kind <> ALL ({costs})) OR {shared}))",
    }
    return own.get(table, f"(client_id = {CLIENT})")


def _policies(connection: Connection[Any]) -> Iterator[str]:
    tables = {row.relname for row in _rows(connection, _TABLES)}
    policies = _rows(connection, _POLICIES)
    counts = Counter((policy.tablename, role) for policy in policies for role in policy.roles)
    for table in tables:
        for login in LOGINS:
            wanted = 0 if expected_predicate(table, login) is None else 1
            if counts[(table, login)] != wanted:
                yield f"{table}: {counts[(table, login)]} policies for {login} instead of {wanted}"
    for policy in policies:
        name = f"{policy.tablename}: policy {policy.policyname}"
        if len(policy.roles) != 1 or policy.roles[0] not in LOGINS:
            yield f"{name} is for {', '.join(policy.roles)}"
            continue
        if policy.permissive != "PERMISSIVE" or policy.cmd != "ALL":
            yield f"{name} is {policy.permissive} for {policy.cmd}"
        expected = expected_predicate(policy.tablename, policy.roles[0])
        if (policy.qual, policy.with_check) != (expected, expected):
            yield f"{name} says {policy.qual} / {policy.with_check} instead of {expected}"


def _columns(connection: Connection[Any]) -> Iterator[str]:
    found = {(row.table_name, row.column_name): row for row in _rows(connection, _COLUMNS)}
    keyed = {(key.child, column) for key in _rows(connection, _FOREIGN_KEYS) for column in key.own}
    for table in tenant_tables(connection):
        for name in ("agency_id", "client_id"):
            column = found.get((table, name))
            if column is None or column.is_nullable == "YES":
                yield f"{table}: {name} is missing or may be null"
    for (table, name), column in found.items():
        # user_id names a person, who belongs to no tenant.
        reference = name.endswith("_id") and column.data_type == "bigint" and name != "user_id"
        if reference and _is_tenant(table) and (table, name) not in keyed:
            yield f"{table}: {name} points somewhere without a foreign key"


def _foreign_keys(connection: Connection[Any]) -> Iterator[str]:
    for key in _rows(connection, _FOREIGN_KEYS):
        if not _is_tenant(key.child):
            continue
        if key.parent in SYSTEM_TABLES or key.parent == "agencies":
            yield f"{key.child}: {key.conname} points outside the tenant"
            continue
        pairs = dict(zip(key.own, key.theirs, strict=True))
        tenant = (
            {"client_id": "id", "agency_id": "agency_id"}
            if key.parent == "clients"
            else {"client_id": "client_id", "agency_id": "agency_id"}
        )
        if any(pairs.get(own) != theirs for own, theirs in tenant.items()) or not key.convalidated:
            yield f"{key.child}: {key.conname} does not carry client and agency"


def _indexes(connection: Connection[Any]) -> Iterator[str]:
    led = {(row.tab, row.led_by) for row in _rows(connection, _LEADING)}
    for table in tenant_tables(connection):
        for column in ("agency_id", "client_id"):
            if (table, column) not in led:
                yield f"{table}: no index is led by {column}"


def _grants(connection: Connection[Any]) -> Iterator[str]:
    given: dict[tuple[str, str, str], set[str]] = {}
    for grant in _rows(connection, _GRANTS):
        given.setdefault((grant.tab, grant.grantee, grant.privilege_type), set()).add(grant.col or "*")
    for (table, grantee, privilege), columns in given.items():
        what = f"{table}: {grantee} may {privilege}"
        if grantee == "public" or (table == "alembic_version" and grantee in LOGINS):
            yield what
        elif privilege in ("TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN") and grantee in LOGINS:
            yield f"{what}, which row-level security does not cover"
        elif (grantee == PORTAL and (privilege != "SELECT" or table not in PORTAL_TABLES)) or (
            grantee == STAFF and table in SYSTEM_TABLES
        ):
            yield what
        elif grantee == PORTAL and not columns <= PORTAL_COLUMNS.get(table, columns):
            yield f"{what} of {', '.join(sorted(columns - PORTAL_COLUMNS[table]))}"
        elif table in APPEND_ONLY and privilege in ("UPDATE", "DELETE") and grantee in LOGINS:
            yield f"{what}, though its rows are kept for ever"
        elif grantee == SYSTEM and table not in SYSTEM_TABLES:
            allowed = SYSTEM_GRANTS.get(table, {}).get(privilege, set())
            if "*" not in allowed and not columns <= allowed:
                yield f"{what} of {', '.join(sorted(columns - allowed))}"


def _views(connection: Connection[Any]) -> Iterator[str]:
    for view in _rows(connection, _VIEWS):
        if view.relkind == "m":
            yield f"{view.relname}: a materialized view has no row-level security"
        elif not view.invoker:
            yield f"{view.relname}: a view without security_invoker reads with its owner's rights"


def _functions(connection: Connection[Any]) -> Iterator[str]:
    for function in _rows(connection, _FUNCTIONS):
        if not function.pinned or function.open:
            yield f"{function.proname}: a definer function needs a pinned search_path and no grant to public"


def _logins(connection: Connection[Any]) -> Iterator[str]:
    roles = {row.rolname: row for row in _rows(connection, _ROLES, list(LOGINS))}
    yield from (f"{login}: does not exist" for login in LOGINS if login not in roles)
    for name, role in roles.items():
        for right in ("super", "bypassrls", "createrole", "createdb", "replication"):
            if getattr(role, f"rol{right}"):
                yield f"{name}: has {right}"
        if role.member:
            yield f"{name}: is a member of another role"
        if role.owner:
            yield f"{name}: owns something"
        if role.creates or role.makes_temporary:
            yield f"{name}: may create tables"
