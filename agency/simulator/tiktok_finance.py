"""Finance: statements, their transactions, an order's transactions, what is not settled yet, payments."""

from __future__ import annotations

from flask import Blueprint

from agency.simulator.book import Doc
from agency.simulator.gate import Call, Refusal, signed, whole_number
from agency.simulator.money import to_text
from agency.simulator.order_book import SimOrder, find_order, select_orders
from agency.simulator.paging import page_of
from agency.simulator.settlement import PARTS, figures
from agency.simulator.tiktok_orders import own_order

blueprint = Blueprint("tiktok_finance", __name__)


def _sorted_by(call: Call, field: str) -> bool:
    """Check the required sort field; returns whether the order is descending."""
    if call.query.get("sort_field") != field:
        raise Refusal(36009004, f"Invalid parameter: sort_field must be {field}", 400)
    return call.query.get("sort_order", "ASC") == "DESC"


@blueprint.get("/finance/202309/statements")
@signed("seller.finance.info")
def statements(call: Call) -> Doc:
    """Daily statements, cut at 00:00 UTC."""
    newest_first = _sorted_by(call, "statement_time")
    low = whole_number(call.query, "statement_time_ge", 0, 0, 2**40)
    high = whole_number(call.query, "statement_time_lt", 2**40, 0, 2**40)
    status = call.query.get("payment_status")
    rows = [row for row in _statements_of(call) if low <= row["statement_time"] < high]
    if status:
        rows = [row for row in rows if row["payment_status"] == status]
    rows.sort(key=lambda row: (row["statement_time"], row["id"]), reverse=newest_first)
    page, token = page_of(call, rows)
    return {"next_page_token": token, "statements": [_statement(row) for row in page]}


def _statements_of(call: Call) -> list[Doc]:
    return [row for row in call.world.book.every("statement") if row["shop_id"] == call.shop_id]


def _statement(row: Doc) -> Doc:
    currency = row["currency"]
    shown = {
        "id": row["id"],
        "statement_time": row["statement_time"],
        "settlement_amount": to_text(row["settlement"], currency),
        "currency": currency,
        "revenue_amount": "",
        "net_sales_amount": to_text(row["revenue"], currency),
        "fee_amount": to_text(row["fees"], currency),
        "shipping_cost_amount": to_text(row["shipping"], currency),
        "adjustment_amount": "0",
        "payment_status": row["payment_status"],
        "payment_id": row["payment_id"],
    }
    return {**shown, "payment_time": row["paid_time"]} if "paid_time" in row else shown


@blueprint.get("/finance/202501/statements/<statement_id>/statement_transactions")
@signed("seller.finance.info")
def statement_transactions(call: Call, statement_id: str) -> Doc:
    """One row per order of a statement."""
    newest_first = _sorted_by(call, "order_create_time")
    statement = call.world.book.find("statement", statement_id)
    if statement is None or statement["shop_id"] != call.shop_id:
        raise Refusal(36009004, "Invalid parameter: there is no such statement", 400)
    found = [find_order(call.world.book, order_id) for order_id in statement["order_ids"]]
    orders = sorted((order for order in found if order), key=lambda one: (one.doc["create_time"], one.id))
    page, token = page_of(
        call, [_transaction(order) for order in (reversed(orders) if newest_first else orders)]
    )
    currency = statement["currency"]
    return {
        "next_page_token": token,
        "id": statement_id,
        "create_time": statement["statement_time"],
        "status": "SETTLED",
        "currency": currency,
        "total_settlement_amount": to_text(statement["settlement"], currency),
        "total_reserve_amount": "0",
        "payable_amount": to_text(statement["settlement"], currency),
        "total_settlement_breakdown": {
            "total_revenue_amount": to_text(statement["revenue"], currency),
            "total_shipping_cost_amount": to_text(statement["shipping"], currency),
            "total_fee_tax_amount": to_text(statement["fees"], currency),
            "total_adjustment_amount": "0",
        },
        "total_count": len(orders),
        "transactions": page,
    }


def _transaction(order: SimOrder) -> Doc:
    settled = order.own["settled"]
    money = settled["money"]
    return {
        "id": settled["transaction_id"],
        "type": "ORDER",
        "order_id": order.id,
        "order_create_time": order.doc["create_time"],
        "currency": money["currency"],
        "adjustment_amount": "0",
        **_amounts(money, money["currency"]),
    }


def _amounts(money: Doc, currency: str) -> Doc:
    names = {"revenue": "revenue", "shipping": "shipping_cost", "fees": "fee_tax", "settlement": "settlement"}
    return {f"{names[part]}_amount": to_text(money[part], currency) for part in PARTS}


@blueprint.get("/finance/202501/orders/<order_id>/statement_transactions")
@signed("seller.finance.info")
def order_transactions(call: Call, order_id: str) -> Doc:
    """A settled order's money per sku; no rows while it is unsettled."""
    order = own_order(call, order_id)
    settled = order.own.get("settled")
    money: Doc = settled["money"] if settled else {**dict.fromkeys(PARTS, 0), "rows": []}
    statement_id = settled["statement_id"] if settled else ""
    currency = order.doc["payment"]["currency"]
    return {
        "order_id": order.id,
        "order_create_time": order.doc["create_time"],
        "currency": currency,
        "revenue_amount": to_text(money["revenue"], currency),
        "fee_and_tax_amount": to_text(money["fees"], currency),
        "shipping_cost_amount": to_text(money["shipping"], currency),
        "settlement_amount": to_text(money["settlement"], currency),
        "sku_transactions": [_sku_row(row, statement_id, currency) for row in money["rows"]],
        "total_count": len(money["rows"]),
    }


def _sku_row(row: Doc, statement_id: str, currency: str) -> Doc:
    def text(amount: int) -> str:
        return to_text(amount, currency)

    return {
        **{name: row[name] for name in ("sku_id", "sku_name", "product_name")},
        "quantity": str(row["quantity"]),
        "statement_id": statement_id,
        **_amounts(row, currency),
        "revenue_breakdown": {
            "subtotal_before_discount_amount": text(row["original"]),
            "seller_discount_amount": text(-row["seller_discount"]),
            "refund_subtotal_before_discount_amount": "0",
            "seller_discount_refund_amount": "0",
        },
        "shipping_cost_breakdown": {
            "actual_shipping_fee_amount": text(-row["label"]),
            "customer_paid_shipping_fee_amount": text(row["paid_shipping"]),
            "supplementary_component": {},
        },
        "fee_tax_breakdown": {
            "fee": {
                "referral_fee_amount": text(-row["referral"]),
                "affiliate_commission_amount": text(-row["affiliate"]),
                "transaction_fee_amount": "0",
                "refund_administration_fee_amount": "0",
            },
            "tax": {"vat_amount": "0"},
        },
    }


@blueprint.get("/finance/202507/orders/unsettled")
@signed("seller.finance.info")
def unsettled(call: Call) -> Doc:
    """Estimates for orders that no statement has yet."""
    states = "('AWAITING_SHIPMENT','PARTIALLY_SHIPPING','AWAITING_COLLECTION','IN_TRANSIT','DELIVERED')"
    orders = select_orders(
        call.world.book, f"shop_id=? AND status IN {states} ORDER BY create_time, id", call.shop_id
    )
    page, token = page_of(call, [_estimate(call, order) for order in orders])
    money = [figures(order) for order in orders]

    def total(part: str) -> str:
        return to_text(sum(one[part] for one in money), call.currency)

    return {
        "next_page_token": token,
        "total_count": len(orders),
        "sum_est_settlement_amount": total("settlement"),
        "sum_est_revenue_amount": total("revenue"),
        "sum_est_adjustment_amount": "0",
        "sum_est_fee_amount": total("fees"),
        "transactions": page,
    }


def _estimate(call: Call, order: SimOrder) -> Doc:
    money = figures(order)
    delivered = order.doc.get("delivery_time", 0)
    days = call.world.settings["settle_days"]
    return {
        "type": "ORDER",
        "id": "16360000" + order.id[-11:],
        "status": "UNSETTLED",
        "currency": call.currency,
        "estimated_settlement": str(order.own["settles_at"]) if delivered else f"Delivered + {days} days",
        "unsettled_reason": "waiting for the settlement period" if delivered else "waiting for delivery",
        "order_id": order.id,
        "order_create_time": order.doc["create_time"],
        "order_delivery_time": delivered,
        "est_adjustment_amount": "0",
        **{f"est_{name}": text for name, text in _amounts(money, call.currency).items()},
    }


@blueprint.get("/finance/202605/payments")
@signed("seller.finance.info")
def payments(call: Call) -> Doc:
    """Money that went to the seller's bank, one payment per statement."""
    rows = sorted(_statements_of(call), key=lambda row: row["statement_time"], reverse=True)
    page, token = page_of(call, [row for row in rows if row["payment_status"] == "PAID"])
    shown = []
    for row in page:
        amount = {"value": to_text(row["settlement"], row["currency"]), "currency": row["currency"]}
        shown.append(
            {
                "id": row["payment_id"],
                "status": "PAID",
                "create_time": row["statement_time"],
                "paid_time": row["paid_time"],
                "amount": amount,
                "settlement_amount": amount,
                "payment_amount_before_exchange": amount,
                "exchange_rate": "1.000000",
                "bank_account": "***********1234",
            }
        )
    return {"next_page_token": token, "payments": shown}
