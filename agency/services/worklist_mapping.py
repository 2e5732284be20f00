"""Rows of the Today statements as the values that both doors show. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agency.domain.money import Money
from agency.domain.said import said
from agency.services.wording import action_label, action_part, deadline_label, kind_text, stage_text
from agency.services.work_words import LANES
from agency.services.worklist_rows import WorkRow
from agency.services.worklist_sql import UNSEEN

# These end by themselves when their cause is gone, so nobody can tick them off.
_ENDS_BY_ITSELF = (*UNSEEN, "machine_silent", "blocked", "approval", "unmapped")


def can_be_ticked(kind: str, action: str) -> bool:
    """True for a decision of which nothing is left to do but to look."""
    return action == "look" and kind not in _ENDS_BY_ITSELF


def work_row(row: Mapping[Any, Any], group: str) -> WorkRow:
    """One decision or open order."""
    has_order = row["tiktok_order_id"] is not None
    text, tone = _status(row)
    press = _press(row)
    return WorkRow(
        kind="order" if row["is_order"] else "attention",
        id=row["tiktok_order_id"] if row["is_order"] else str(row["public_id"]),
        order_number=row["tiktok_order_id"] or "",
        title=row["title"]
        if has_order
        else row["shop_name"] or row["supplier_name"] or row["client_name"] or "",
        quantity=row["unit_count"] or 0,
        shop_id=str(row["shop_public_id"] or ""),
        shop_name=row["shop_name"] or "",
        client_name=row["client_name"] or "",
        region=row["region"] or "",
        shop_time_zone=row["time_zone"] or "UTC",
        stage=row["stage"] or "",
        status_text=text,
        tone=tone,
        group=group,
        due_at=row["due_at"],
        due_kind=row["due_kind"] or "",
        due_label=deadline_label(row["due_kind"] or ""),
        due_source=row["due_source"] or "",
        value=Money(row["total_minor"], row["currency"]) if has_order else None,
        profit=Money(row["profit_minor"], row["currency"]) if row["profit_minor"] is not None else None,
        loss=Money(row["loss"], row["loss_currency"]) if row["loss"] and row["loss_currency"] else None,
        action=row["action"],
        action_label=_label(row, press),
        href=_href(row),
        why=row["why"],
        folded=row["folded"],
        shops=row["shops"],
        more=row["more"],
        press=press,
        cost=Money(row["cost"], row["cost_currency"]) if row["cost"] is not None else None,
        owners=tuple(sorted({row["owner"], row["other_owner"]} - {None, ""})),
        snoozed_until=row["next_check_at"] if row["snoozed"] else None,
    )


def _press(row: Mapping[Any, Any]) -> str:
    """What the row's button does where it stands."""
    if row["action"] == "approve" and row["tiktok_order_id"]:
        return "approve"
    return "done" if can_be_ticked(row["kind"], row["action"]) else ""


def _label(row: Mapping[Any, Any], press: str) -> str:
    if press == "done":
        return said("Mark as done")
    if row["action"] == "look":
        return said("See order") if row["tiktok_order_id"] else said("Check shop")
    return action_label(row["action"])


def trouble_row(row: Mapping[Any, Any]) -> WorkRow:
    """A shop that was not read, or a lane that keeps failing."""
    is_shop = row["kind"] == "shop"
    why = _unread_why(row) if is_shop else _failing_why(row)
    supplier = not is_shop and row["api"] in ("purchase", "tracking")
    return WorkRow(
        kind="trouble",
        id=str(row["public_id"] or ""),
        order_number="",
        title=row["name"],
        quantity=0,
        shop_id=str(row["shop_public_id"] or ""),
        shop_name="" if supplier else row["name"],
        client_name=row["client_name"],
        region=row["region"] or "",
        shop_time_zone=row["time_zone"] or "UTC",
        stage="",
        status_text=said("Shop not read") if is_shop else said("Keeps failing"),
        tone="bad",
        group="unread",
        due_at=None,
        due_kind="",
        due_label="",
        due_source="",
        value=None,
        profit=None,
        loss=None,
        action="check_supplier" if supplier else "look",
        action_label=action_label("check_supplier") if supplier else said("Check shop"),
        href=f"/suppliers/{row['public_id']}" if supplier else _shop_page(row),
        why=why,
    )


def _shop_page(row: Mapping[Any, Any]) -> str:
    """The page of the row's shop; the list when the row is about several, that of one client where no shop is named."""
    if row.get("shops", 1) > 1 or not (row["shop_public_id"] or row.get("client_public_id")):
        return "/shops"
    return (
        f"/shops/{row['shop_public_id']}"
        if row["shop_public_id"]
        else f"/shops?client={row['client_public_id']}"
    )


def _unread_why(row: Mapping[Any, Any]) -> str:
    if row["last_read_at"] is None:
        return said(
            "Nobody could read this shop yet. Its orders are not known; check that the workers are running."
        )
    return said(
        "Nobody could read this shop since {moment} UTC. Its orders are not known; check that the workers are "
        "running.",
        moment=f"{row['last_read_at']:%d %b, %H:%M}",
    )


def _failing_why(row: Mapping[Any, Any]) -> str:
    return said(
        "{work} failed {count} times in a row: {problem}",
        work=LANES[row["api"]].label if row["api"] in LANES else row["api"],
        count=row["failures"],
        problem=row["problem"] or said("no reason given"),
    )


def _status(row: Mapping[Any, Any]) -> tuple[str, str]:
    if row["is_order"]:
        return stage_text(row["stage"], row["status"], row["collected_at"] is not None)
    return kind_text(row["kind"])


def _href(row: Mapping[Any, Any]) -> str:
    action, number = row["action"], row["tiktok_order_id"]
    sku_ids = (row["data"] or {}).get("sku_ids") or []
    if action == "map" and row["shop_public_id"]:
        return f"/mappings/{row['shop_public_id']}/{sku_ids[0]}" if len(sku_ids) == 1 else "/mappings"
    if action in ("check_supplier", "record_consent") and row["supplier_public_id"]:
        return f"/suppliers/{row['supplier_public_id']}{'#consent' if action == 'record_consent' else ''}"
    if action == "start_buying" or number is None:
        return _shop_page(row)
    return f"/orders/{number}{action_part(action)}"
