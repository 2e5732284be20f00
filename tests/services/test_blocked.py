"""What a blocked order asks of a person: the skus that nobody mapped, and no others of the same order."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from agency.domain.purchasing import Blocker
from agency.models.attention import Attention
from agency.models.orders import OrderLine
from agency.services.blocked import block_order
from agency.services.worklist import today
from agency.services.worklist_rows import WorkFilters
from tests.desk import NOW, Desk, open_desk
from tests.desk_rows import add_item, add_mapping, add_order

UNMAPPED = Blocker("unmapped", "Tea towel has no supplier. Map this sku to a supplier's item.")


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with open_desk() as made:
        yield made


def test_only_the_skus_without_a_supplier_are_asked_for_and_orders_that_lack_the_same_fold(
    desk: Desk,
) -> None:
    """Two orders lack the tea towel; one of them also has an apron, which is mapped."""
    scope = desk.ours.scope()
    with desk.session() as session:
        add_mapping(session, desk.ours, add_item(session, desk.ours), sku_id="apron")
        plain, mixed = (add_order(session, desk.ours, sku_id="towel") for _ in range(2))
        towel = session.scalars(select(OrderLine).where(OrderLine.order_id == mixed.id)).one()
        apron = {c.name: getattr(towel, c.name) for c in OrderLine.__table__.c if c.name != "id"}
        session.add(OrderLine(**{**apron, "sku_id": "apron", "tiktok_line_id": f"{towel.tiktok_line_id}9"}))
        session.flush()
        for order in (plain, mixed):
            block_order(scope, session, order, [UNMAPPED], NOW)
        asked = session.scalars(select(Attention.data).where(Attention.kind == "unmapped")).all()
        (row,) = [row for row in today(scope, session, NOW, WorkFilters()).rows if row.kind == "attention"]
    assert [data["sku_ids"] for data in asked] == [["towel"], ["towel"]]
    assert row.folded == 2
    assert row.href == f"/mappings/{desk.ours.public['Luma Shop']}/towel"
