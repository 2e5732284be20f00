"""Replacing a supplier's key: sealed, merged with what stays, and everything that waited for it goes on."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from sqlalchemy import text

from agency.domain.errors import Conflict, Forbidden, Invalid, NotFound
from agency.services.catalog import NewSupplier, add_supplier, replace_credentials
from agency.services.sealing import Keyring
from agency.services.suppliers import open_supplier, record_supplier_rejected, store_credentials
from tests.databases import MASTER_KEY
from tests.desk import NOW, Desk
from tests.desk_rows import add_item, add_order

KEYS = Keyring(MASTER_KEY)
_BLOCKED = [{"code": "supplier_credentials", "sentence": "The key is refused.", "approvable": False}]


@pytest.fixture
def supplier(desk: Desk) -> tuple[int, str]:
    """A supplier whose key was refused while its lanes slept: internal and public id."""
    credentials = {"api_key": "fake-old-key", "webhook_secret": "fake-secret"}
    new = NewSupplier(desk.ours.public["Luma"], "cj", "Kiln", "USD", credentials=credentials)
    with desk.session() as session:
        public_id = add_supplier(desk.ours.scope(), session, KEYS, new)
        row_id = session.scalar(text("select id from suppliers"))
        assert row_id is not None
        record_supplier_rejected(desk.ours.scope(), session, row_id, "401")
        session.execute(text("update lanes set due_at = null"))
    return row_id, public_id


def _replace(desk: Desk, public_id: str, credentials: Mapping[str, str]) -> None:
    with desk.session() as session:
        replace_credentials(desk.ours.scope(), session, KEYS, public_id, credentials, NOW)


def test_a_new_key_opens_the_supplier_and_everything_that_waited(
    desk: Desk, supplier: tuple[int, str]
) -> None:
    row_id, public_id = supplier
    with desk.session() as session:
        waiting = add_order(session, desk.ours, stage="blocked", blockers=_BLOCKED)
        add_order(session, desk.ours, "Kite", stage="blocked", blockers=_BLOCKED)
    _replace(desk, public_id, {"api_key": "fake-new-key"})
    with desk.session() as session:
        assert tuple(session.execute(text("select state, problem from suppliers")).one()) == ("active", "")
        assert session.scalar(text("select count(*) from attentions where resolved_at is null")) == 0
        awake = text("select api from lanes where supplier_id = :id and due_at is not null")
        assert set(session.scalars(awake, {"id": row_id})) == {"purchase", "tracking"}
        planned = list(session.scalars(text("select id from orders where plan_at is not null")))
    assert planned == [waiting.id]


def test_the_webhook_secret_stays_but_a_login_of_the_former_key_does_not(
    desk: Desk, supplier: tuple[int, str]
) -> None:
    row_id, public_id = supplier
    with desk.session() as session:
        opened = open_supplier(session, KEYS, row_id)
        login = {**opened.credentials, "access_token": "fake-token"}
        store_credentials(desk.ours.scope(), session, KEYS, opened.supplier, login)
    _replace(desk, public_id, {"api_key": "fake-new-key", "webhook_secret": ""})
    with desk.session() as session:
        kept = open_supplier(session, KEYS, row_id).credentials
    assert kept == {"api_key": "fake-new-key", "webhook_secret": "fake-secret"}


def test_a_replacement_without_a_key_is_refused_at_its_field(desk: Desk, supplier: tuple[int, str]) -> None:
    with pytest.raises(Invalid) as refusal:
        _replace(desk, supplier[1], {"api_key": ""})
    assert refusal.value.field == "api_key"


def test_a_supplier_that_a_person_buys_from_has_no_key_to_replace(desk: Desk) -> None:
    with desk.session() as session:
        add_item(session, desk.ours)
    with pytest.raises(Conflict, match="used without a key"):
        _replace(desk, desk.ours.public["supplier"], {"api_key": "fake-new-key"})


def test_neither_a_viewer_nor_a_stranger_replaces_a_key(desk: Desk, supplier: tuple[int, str]) -> None:
    viewer, key = desk.ours.scope(role="viewer"), {"api_key": "fake-new-key"}
    with desk.session(viewer) as session, pytest.raises(Forbidden):
        replace_credentials(viewer, session, KEYS, supplier[1], key, NOW)
    with desk.session(desk.theirs.scope()) as session, pytest.raises(NotFound, match="Supplier not found"):
        replace_credentials(desk.theirs.scope(), session, KEYS, supplier[1], key, NOW)
