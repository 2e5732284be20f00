"""A supplier's key on its page: first when one is missing, never shown, replaced by form."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agency.models.catalog import Supplier
from agency.services.sealing import Keyring
from agency.services.suppliers import open_supplier, record_supplier_rejected
from tests.databases import MASTER_KEY
from tests.desk import Desk
from tests.desk_rows import add_item
from tests.portal.browsing import Visitor, visit


@pytest.fixture
def refused_supplier(desk: Desk) -> Iterator[int]:
    """A supplier whose key is refused; its public id is public["supplier"]."""
    with desk.session() as session:
        item = add_item(session, desk.ours, kind="rest", name="Kiln API")
        record_supplier_rejected(desk.ours.scope(), session, item.supplier_id, "401 from Kiln")
    yield item.supplier_id
    desk.clear()


def test_the_form_for_a_missing_key_stands_before_the_items(
    desk: Desk, owner: Visitor, refused_supplier: int
) -> None:
    page = owner.page(f"/suppliers/{desk.ours.public['supplier']}")
    assert page.index("Enter a new key") < page.index("Supplier sku")
    assert "Replace the key" not in page


def test_a_new_key_is_sealed_and_moves_its_form_to_the_end(
    desk: Desk, owner: Visitor, refused_supplier: int
) -> None:
    path = f"/suppliers/{desk.ours.public['supplier']}"
    assert "Supplier key refused" in owner.page("/today")
    saved = owner.send(f"{path}/key", api_key="fake-new-key-7")
    assert "The new key is sealed" in saved.text
    assert "fake-new-key-7" not in saved.text
    assert saved.text.index("Supplier sku") < saved.text.index("Replace the key")
    assert "Supplier key refused" not in owner.page("/today")
    with desk.session() as session:
        assert session.get_one(Supplier, refused_supplier).state == "active"
        opened = open_supplier(session, Keyring(MASTER_KEY), refused_supplier)
    assert opened.credentials == {"api_key": "fake-new-key-7"}


def test_an_empty_key_is_refused_at_its_field(desk: Desk, owner: Visitor, refused_supplier: int) -> None:
    refused = owner.send(f"/suppliers/{desk.ours.public['supplier']}/key", webhook_secret="fake-secret-7")
    assert refused.status_code == 422
    assert 'id="key-api_key-wrong"' in refused.text
    assert "Enter the key that the supplier gave you." in refused.text
    assert "fake-secret-7" not in refused.text


def test_a_supplier_without_a_key_has_no_such_form(desk: Desk, owner: Visitor) -> None:
    with desk.session() as session:
        add_item(session, desk.ours, name="By hand")
    path = f"/suppliers/{desk.ours.public['supplier']}"
    assert "/key" not in owner.page(path)
    refused = owner.send(f"{path}/key", api_key="fake-key")
    assert refused.status_code == 422
    assert "used without a key" in refused.text


def test_a_viewer_has_no_form(desk: Desk, refused_supplier: int) -> None:
    viewer, path = visit(desk, "viewer"), f"/suppliers/{desk.ours.public['supplier']}"
    assert "/key" not in viewer.page(path)
    assert viewer.send(f"{path}/key", api_key="fake-key").status_code == 403
