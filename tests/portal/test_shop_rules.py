"""The rules of a shop on its page."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from agency.models.shops import Shop
from tests.desk import Desk
from tests.portal.browsing import Visitor, visit


def _rules(desk: Desk) -> tuple[str, int, bool]:
    with desk.session() as session:
        shop = session.scalars(select(Shop).where(Shop.name == "Luma Shop")).one()
        return shop.promise, shop.purchase_delay_minutes, shop.usps_allowed


def test_rules_are_saved_and_shown_again(desk: Desk, owner: Visitor) -> None:
    path = f"/shops/{desk.ours.public['Luma Shop']}/rules"
    saved = owner.send(path, promise="course", purchase_delay_minutes="90", usps_allowed="1")
    assert "Rules saved" in saved.text
    assert "own promise · buys after 90 min · USPS allowed" in saved.text
    assert _rules(desk) == ("course", 90, True)
    back = owner.send(path, promise="tiktok", purchase_delay_minutes="0")
    assert "buys after" not in back.text
    assert _rules(desk) == ("tiktok", 0, False)


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("promise", "lightning", "Choose one of tiktok, course"),
        ("purchase_delay_minutes", "9999", "Write 0 to 4,320 minutes"),
        ("purchase_delay_minutes", "soon", "Write a whole number of minutes"),
        ("purchase_delay_minutes", "", "Write the minutes; 0 buys at once."),
    ],
)
def test_a_wrong_rule_is_named_at_its_field_and_changes_nothing(
    desk: Desk, owner: Visitor, field: str, typed: str, message: str
) -> None:
    public_id = desk.ours.public["Luma Shop"]
    fields = {"promise": "course", "purchase_delay_minutes": "30", field: typed}
    refused = owner.send(f"/shops/{public_id}/rules", **fields)
    assert refused.status_code == 422
    assert message in refused.text
    assert f'id="rules-{field}-wrong"' in refused.text
    assert _rules(desk) == ("tiktok", 0, False)
    # It was drawn at the address of the form, where nobody can go: its links lead to the shop all the same.
    assert f'href="/shops/{public_id}/health"' in refused.text
    assert set(re.findall(r'name="back" value="([^"]*)"', refused.text)) == {f"/shops/{public_id}"}


def test_a_viewer_has_no_form_and_a_foreign_shop_is_not_found(desk: Desk, owner: Visitor) -> None:
    viewer, fields = visit(desk, "viewer"), {"promise": "course", "purchase_delay_minutes": "30"}
    assert "/rules" not in viewer.page(f"/shops/{desk.ours.public['Luma Shop']}")
    assert viewer.send(f"/shops/{desk.ours.public['Luma Shop']}/rules", **fields).status_code == 403
    assert owner.send(f"/shops/{desk.theirs.public['Luma Shop']}/rules", **fields).status_code == 404
