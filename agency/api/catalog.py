"""Suppliers and mappings as JSON."""

from __future__ import annotations

from typing import Any

from flask import Response

from agency.api.encoding import answer
from agency.api.operations import Shapes, group, operation
from agency.api.schemas.answers import list_of, page_of, schema_of
from agency.api.schemas.reads import MappingsSchema
from agency.api.schemas.writes import MappedSchema, MappingLinesSchema, MappingSchema
from agency.domain.mapping_files import FileRow
from agency.services.list_rows import SkuRow, SupplierRow
from agency.services.mapping_import import ImportPlan, apply_import, plan_import
from agency.services.mappings import NewMapping, map_sku
from agency.services.supplier_lists import list_skus, list_suppliers
from agency.web import current_scope, db_session, shop_now

blueprint = group("catalog", "/api/v1", "Where things are bought")


@operation(blueprint, "GET", "/suppliers", permission="read", shapes=Shapes(gives=list_of(SupplierRow)))
def show_suppliers() -> Response:
    """Suppliers with their items."""
    return answer({"rows": list_suppliers(current_scope(), db_session())})


@operation(
    blueprint,
    "GET",
    "/mappings",
    permission="read",
    shapes=Shapes(query=MappingsSchema, gives=page_of(SkuRow)),
)
def show_mappings(asked: dict[str, Any]) -> Response:
    """Skus with their mappings, unmapped ones first."""
    return answer(list_skus(current_scope(), db_session(), asked["unmapped"], asked["after"]))


@operation(
    blueprint, "POST", "/mappings", permission="write", shapes=Shapes(body=MappingSchema, gives=MappedSchema)
)
def write_mapping(body: dict[str, Any]) -> Response:
    """Map a sku: the next version of that rank. The same mapping again keeps the live one."""
    new = NewMapping(
        shop_id=str(body["shop_id"]),
        sku_id=body["sku_id"],
        supplier_item_id=str(body["supplier_item_id"]),
        quantity=body["quantity"],
        rank=body["rank"],
        price_cap_minor=body["price_cap_minor"],
    )
    return answer({"mapping_id": map_sku(current_scope(), db_session(), new, shop_now())})


@operation(
    blueprint,
    "POST",
    "/mappings/import",
    permission="write",
    shapes=Shapes(body=MappingLinesSchema, gives=schema_of(ImportPlan)),
)
def import_mappings(body: dict[str, Any]) -> Response:
    """What rows of the mapping file would do; with the `digest` of that answer, the good ones are written."""
    scope, session = current_scope(), db_session()
    rows = [FileRow(line, cells) for line, cells in enumerate(body["rows"], 1)]
    if not body["seen"]:
        return answer(plan_import(scope, session, rows))
    return answer(apply_import(scope, session, rows, body["seen"], shop_now()))
