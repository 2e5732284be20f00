"""The consent on a supplier's page: its words, who may record it, what is written down, how it ends."""

from __future__ import annotations

from sqlalchemy import select, text

from agency.domain.consents import TEXT_VERSION
from agency.models.consents import SupplierConsent
from tests.desk import Desk
from tests.desk_rows import add_item
from tests.portal.browsing import Visitor, visit


def _supplier(desk: Desk, kind: str = "manual") -> str:
    with desk.session() as session:
        add_item(session, desk.ours, kind=kind, name="Corner Kiln")
        session.execute(text("update supplier_consents set withdrawn_at = now() where withdrawn_at is null"))
    return f"/suppliers/{desk.ours.public['supplier']}"


def test_an_owner_records_who_agreed_to_which_text(desk: Desk, owner: Visitor) -> None:
    page = _supplier(desk)
    assert "Luma agrees that the agency passes" in owner.page(page)
    told = owner.send(f"{page}/consent", given_by_name=" Ana  Luma ").text
    assert "Consent recorded." in told
    assert "Ana Luma of Luma agreed on" in told
    with desk.session() as session:
        consent = session.scalars(select(SupplierConsent).where(SupplierConsent.withdrawn_at.is_(None))).one()
        assert (consent.text_version, consent.given_by_name) == (TEXT_VERSION, "Ana Luma")
        assert "Corner Kiln" in consent.text
        assert consent.given_by.startswith("user:")
        acts = session.scalars(text("select action from audit_entries order by number desc limit 1")).all()
    assert acts == ["consent.recorded"]
    assert owner.send(f"{page}/consent", given_by_name="Ana Luma").status_code == 422

    assert "Consent withdrawn." in owner.send(f"{page}/consent/withdraw").text
    assert "withdrawn on" in owner.page(page)
    assert owner.send(f"{page}/consent/withdraw").status_code == 422


def test_the_name_of_who_agreed_is_needed(desk: Desk, owner: Visitor) -> None:
    answer = owner.send(f"{_supplier(desk)}/consent", given_by_name="  ")
    assert answer.status_code == 422
    assert "Write the name of the client&#39;s person who agreed." in answer.text


def test_operators_and_viewers_see_it_and_do_not_record_it(desk: Desk) -> None:
    page = _supplier(desk)
    for person in ("operator", "viewer"):
        visitor = visit(desk, person)
        assert "An owner of the agency records it." in visitor.page(page)
        assert visitor.send(f"{page}/consent", given_by_name="Ana").status_code == 403
    assert visit(desk, "viewer").send(f"{page}/consent/withdraw").status_code == 403
    assert visit(desk, "stranger").send(f"{page}/consent", given_by_name="Ana").status_code == 404


def test_own_stock_asks_for_none(desk: Desk, owner: Visitor) -> None:
    assert "Buyers' addresses" not in owner.page(_supplier(desk, kind="stock"))
