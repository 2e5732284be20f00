"""The database itself refuses moves that the drawings do not have: effects, purchases, lanes."""

from __future__ import annotations

from collections.abc import Mapping

from alembic import op

revision = "0019"
down_revision = "0018"

# The arrows as they were drawn on 2026-11-25 (domain/effects.py, domain/purchasing.py); a test compares them.
_EFFECTS = {
    "intended": "sending refused review unknown",
    "sending": "confirmed refused unknown intended",
    "unknown": "intended confirmed review",
    "review": "intended confirmed refused",
}
_PURCHASES = {
    "planned": "approval ready cancelled",
    "approval": "ready cancelled",
    "ready": "placing approval cancelled review placed paid",
    "placing": "placed paid refused unconfirmed ready",
    "unconfirmed": "placed paid ready paying review",
    "placed": "paying paid approval review cancelling refused",
    "paying": "paid placed review unconfirmed refused",
    "paid": "shipped cancelling closed",
    "shipped": "closed",
    "cancelling": "cancelled paid placed review",
    "review": "ready placed paid cancelled refused",
}

_EFFECT_RULES = """
  if new.kind <> old.kind or new.key <> old.key or new.shop_id <> old.shop_id or new.order_id <> old.order_id
     or new.purchase_id is distinct from old.purchase_id or new.supplier_id is distinct from old.supplier_id then
    raise exception 'effect %: what it is about never changes', old.id using errcode = 'check_violation';
  end if;
  if new.attempts <> old.attempts + (old.state = 'intended' and new.state = 'sending')::int then
    raise exception 'effect %: one more attempt exactly when it is sent', old.id using errcode = 'check_violation';
  end if;
  if new.absent_count > old.absent_count + 1
     or (new.absent_count > old.absent_count and old.state <> 'unknown') then
    raise exception 'effect %: a proof of absence is one look-up in doubt', old.id using errcode = 'check_violation';
  end if;
"""
_PURCHASE_RULES = """
  if new.reference <> old.reference or new.order_id <> old.order_id or new.supplier_id <> old.supplier_id
     or new.currency <> old.currency then
    raise exception 'purchase %: what it is about never changes', old.id using errcode = 'check_violation';
  end if;
  if old.supplier_order_id <> '' and new.supplier_order_id <> old.supplier_order_id then
    raise exception 'purchase %: the supplier''s number never changes', old.id using errcode = 'check_violation';
  end if;
"""
_LANE_RULES = """
begin
  if new.fence not in (old.fence, old.fence + 1) then
    raise exception 'lane %: a fence rises by one', old.id using errcode = 'check_violation';
  end if;
  if new.fence = old.fence and old.lease_until is null and new.lease_until is not null then
    raise exception 'lane %: nobody leases it without a new fence', old.id using errcode = 'check_violation';
  end if;
  if new.turns not in (old.turns, old.turns + 1) or (new.turns > old.turns and new.fence = old.fence) then
    raise exception 'lane %: a turn is a hand-over', old.id using errcode = 'check_violation';
  end if;
  return new;
end
"""


def upgrade() -> None:
    """A trigger per table; it costs a comparison per update."""
    _guard("effects", _moving("effect", _EFFECTS, _EFFECT_RULES))
    _guard("purchases", _moving("purchase", _PURCHASES, _PURCHASE_RULES))
    _guard("lanes", _LANE_RULES)


def downgrade() -> None:
    """Takes the triggers back."""
    for table in ("lanes", "purchases", "effects"):
        op.execute(f"drop trigger guard_moves on {table}")
        op.execute(f"drop function guard_{table}()")


def _moving(what: str, arrows: Mapping[str, str], rules: str) -> str:
    drawn = [f"{old}>{new}" for old, ends in arrows.items() for new in ends.split()]
    words = ", ".join(f"'{arrow}'" for arrow in drawn)
    return f"""
begin
  if new.state <> old.state and old.state || '>' || new.state not in ({words}) then
    raise exception '{what} %: cannot go from % to %', old.id, old.state, new.state using errcode = 'check_violation';
  end if;
  {rules}
  return new;
end
"""


def _guard(table: str, body: str) -> None:
    op.execute(
        f"create function guard_{table}() returns trigger language plpgsql set search_path = pg_catalog "
        f"as $guard${body}$guard$"
    )
    op.execute(
        f"create trigger guard_moves before update on {table} for each row execute function guard_{table}()"
    )
