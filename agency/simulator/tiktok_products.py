"""The shop's listings: products with their skus and prices."""

from __future__ import annotations

from flask import Blueprint

from agency.simulator.book import Doc
from agency.simulator.gate import Call, Refusal, signed
from agency.simulator.paging import page_of

blueprint = Blueprint("tiktok_products", __name__)


@blueprint.post("/product/202502/products/search")
@blueprint.post("/product/202309/products/search")
@signed("seller.product.basic")
def search(call: Call) -> Doc:
    """Products with all their skus, filtered by status, sku ids or seller skus."""
    rows = _products(call)
    if call.body.get("status", "ALL") not in ("ALL", "ACTIVATE"):
        rows = []
    for name, field in (("sku_ids", "id"), ("seller_skus", "seller_sku")):
        wanted = call.body.get(name)
        if wanted:
            rows = [row for row in rows if any(sku[field] in wanted for sku in row["skus"])]
    page, token = page_of(call, rows)
    return {"products": page, "total_count": len(rows), "next_page_token": token}


@blueprint.get("/product/202309/products/<product_id>")
@signed("seller.product.basic")
def detail(call: Call, product_id: str) -> Doc:
    """One product."""
    for row in _products(call):
        if row["id"] == product_id:
            return row
    raise Refusal(12052220, "There is no such product")


def _products(call: Call) -> list[Doc]:
    products: dict[str, Doc] = {}
    for row in call.shop["products"]:
        blank = {
            "id": row["product_id"],
            "title": row["product_name"],
            "status": "ACTIVATE",
            "sales_regions": [call.shop["region"]],
            "create_time": call.shop["opened"],
            "update_time": call.shop["opened"],
            "skus": [],
        }
        price = {"currency": call.currency, "tax_exclusive_price": row["price"], "sale_price": row["price"]}
        products.setdefault(row["product_id"], blank)["skus"].append(
            {
                "id": row["sku_id"],
                "seller_sku": row["seller_sku"],
                "price": price,
                "inventory": [{"warehouse_id": call.shop["warehouse_id"], "quantity": 999}],
                "sales_attributes": [{"name": "Variant", "value_name": row["sku_name"]}],
            }
        )
    return list(products.values())
