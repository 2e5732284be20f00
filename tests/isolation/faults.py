"""Faults to plant in the database: each opens a wall a little, and each must be noticed.

The catalogue lint must name every one of them. Where a fault changes what a login gets, the matrix of tables must
notice it as well, from what happens alone; `reads_the_same` says why a fault changes nothing that could be tried.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Table

from tests.isolation.catalogue import PORTAL_TABLES, SYSTEM_TABLES

_SILENT = "nullif(current_setting('app.agency_id', true), '')::bigint"
_AGENCY = "agency_id = current_setting('app.agency_id')::bigint"
_OPEN_TO_STAFF = (
    "create policy staff on {0} to shopfleet_staff using (true); grant select on {0} to shopfleet_staff"
)


@dataclass(frozen=True)
class Fault:
    """SQL that plants it."""

    sql: str
    reads_the_same: str = ""


FAULTS: dict[str, Fault] = {
    "a table without anything": Fault(
        "create table fresh (id bigint, agency_id bigint, client_id bigint)", "nobody has a grant on it yet"
    ),
    "row-level security off": Fault("alter table orders disable row level security"),
    "row-level security not forced": Fault(
        "alter table orders no force row level security", "the owner of the tables is no login of the program"
    ),
    "a policy dropped": Fault("drop policy staff on orders"),
    "the client's policy dropped": Fault("drop policy portal on orders"),
    "a policy that lets everybody in": Fault("alter policy staff on orders using (true) with check (true)"),
    "a check that lets rows out": Fault("alter policy staff on orders with check (true)"),
    "a policy that reads everything": Fault("alter policy staff on orders using (true)"),
    "the wrong column": Fault(
        "alter policy portal on orders using (shop_id = current_setting('app.client_id')::bigint)"
        " with check (shop_id = current_setting('app.client_id')::bigint)"
    ),
    "a client who sees the whole agency": Fault(f"alter policy portal on orders using ({_AGENCY})"),
    "a missing scope that hides instead of failing": Fault(
        f"alter policy staff on orders using (agency_id = {_SILENT}) with check (agency_id = {_SILENT})"
    ),
    "a second policy": Fault("create policy more on orders to shopfleet_staff using (true)"),
    "a policy for everybody": Fault("create policy open on orders using (true)"),
    "a policy for reading only": Fault(
        f"drop policy staff on orders; create policy staff on orders for select to shopfleet_staff using ({_AGENCY})",
        "what is read stays right; nothing could be written any more",
    ),
    "a restrictive policy alone": Fault(
        "drop policy staff on orders;"
        f"create policy staff on orders as restrictive to shopfleet_staff using ({_AGENCY})"
    ),
    "a policy for the portal on costs": Fault(
        "create policy portal on purchases to shopfleet_portal using (true);"
        "grant select on purchases to shopfleet_portal"
    ),
    "costs in the client's ledger": Fault(
        "alter policy portal on ledger_entries using (client_id = current_setting('app.client_id')::bigint)",
        "the matrix tells whose rows they are, not which kind",
    ),
    "invitations of every agency": Fault("alter policy staff on invitations using (true)"),
    "tokens without row-level security": Fault("alter table api_tokens disable row level security"),
    "an audit log that can be changed": Fault("grant update on audit_entries to shopfleet_staff"),
    "a story that can be cut": Fault("grant delete on order_events to shopfleet_staff"),
    "a nullable tenant": Fault(
        "alter table orders alter column client_id drop not null", "no row of the world uses it"
    ),
    "a parent without its tenant": Fault(
        "alter table order_lines drop constraint fk_order_lines_order_id_client_id_agency_id;"
        "alter table order_lines add constraint plain foreign key (order_id) references orders (id)"
    ),
    "a parent that was never checked": Fault(
        "alter table order_lines drop constraint fk_order_lines_order_id_client_id_agency_id;"
        "alter table order_lines add constraint fk_order_lines_order_id_client_id_agency_id"
        " foreign key (order_id, client_id, agency_id) references orders (id, client_id, agency_id) not valid",
        "new rows are checked; old ones may point anywhere",
    ),
    "a parent without a foreign key": Fault(
        "alter table skus add column supplier_id bigint", "the program does not know the column"
    ),
    "no index for the agency": Fault("drop index ix_skus_agency_id", "it costs time, not a secret"),
    "no index for the client": Fault("drop index ix_skus_client_id", "it costs time, not a secret"),
    "a view with its owner's rights": Fault(
        "create view all_orders as select * from orders; grant select on all_orders to shopfleet_staff"
    ),
    "a view for clients with its owner's rights": Fault(
        "create view all_orders as select * from orders; grant select on all_orders to shopfleet_portal"
    ),
    "a materialized view": Fault(
        "create materialized view all_orders as select * from orders; grant select on all_orders to shopfleet_staff"
    ),
    "a definer function for everybody": Fault(
        "create function peek() returns bigint language sql security definer as 'select count(*) from orders'",
        "the program calls no function of its own",
    ),
    "a child table without policies": Fault(
        "create table orders_2027 () inherits (orders); grant select on orders_2027 to shopfleet_staff",
        "it holds no row yet",
    ),
    "costs for the portal": Fault("grant select on purchases to shopfleet_portal"),
    "a portal that writes": Fault("grant update on order_lines to shopfleet_portal"),
    "a portal that adds": Fault("grant insert on orders to shopfleet_portal"),
    "contacts for the system login": Fault("grant select on order_contacts to shopfleet_system"),
    "one column too many for the system login": Fault("grant select (name) on shops to shopfleet_system"),
    "users for staff": Fault(_OPEN_TO_STAFF.format("users")),
    "sessions for staff": Fault(_OPEN_TO_STAFF.format("sessions")),
    "second factors for staff": Fault(_OPEN_TO_STAFF.format("second_factors")),
    "truncate": Fault("grant truncate on order_contacts to shopfleet_staff"),
    "a grant to everybody": Fault("grant select on purchases to public"),
    "a login that skips policies": Fault("alter role shopfleet_staff bypassrls"),
    "a superuser": Fault("alter role shopfleet_portal superuser"),
    "a login that makes logins": Fault(
        "alter role shopfleet_staff createrole", "it would have to make one first"
    ),
    "a login that copies the server": Fault(
        "alter role shopfleet_staff replication", "it needs another protocol"
    ),
    "a login that owns a table": Fault(
        "grant create on schema public to shopfleet_staff; alter table skus owner to shopfleet_staff"
    ),
    "a login that may become another": Fault("grant shopfleet_staff to shopfleet_portal"),
    "a login that may create tables": Fault("grant create on schema public to shopfleet_portal"),
}


def faults_of(table: Table) -> dict[str, str]:
    """The same few faults for every table of tenants, so that none of them stands aside."""
    name = table.name
    if name in SYSTEM_TABLES:
        return {f"{name}: read by staff": _OPEN_TO_STAFF.format(name)}
    own = {
        f"{name}: no row-level security": f"alter table {name} disable row level security",
        f"{name}: staff reads all": f"alter policy staff on {name} using (true)",
        f"{name}: staff reads and writes all": f"alter policy staff on {name} using (true) with check (true)",
        f"{name}: no policy for staff": f"drop policy staff on {name}",
        f"{name}: system reads all": f"grant select on {name} to shopfleet_system",
    }
    if name in PORTAL_TABLES:
        own |= {
            f"{name}: the client reads all": f"alter policy portal on {name} using (true)",
            f"{name}: no policy for the client": f"drop policy portal on {name}",
        }
    else:
        own[f"{name}: read by the client"] = f"grant select on {name} to shopfleet_portal"
    return own
