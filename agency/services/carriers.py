"""What a supplier's carrier text means at TikTok, said once by a person; parcels stopped for it are judged again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, delete, select, text, update
from sqlalchemy.orm import Session

from agency.domain.errors import Invalid, NotFound
from agency.domain.parcels import ParcelState
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.lanes import make_due
from agency.models.catalog import CarrierOverride, Supplier
from agency.models.orders import Order
from agency.models.parcels import Parcel
from agency.models.purchasing import Purchase
from agency.models.shops import ProviderList
from agency.services.audit import Act, record_act
from agency.services.parcels import close_parcel_attention
from agency.services.public_ids import as_public_id
from agency.services.timeline import record_event
from agency.services.visibility import get_visible, visible_sql

CARRIER_CODES = ("carrier_unknown", "carrier_not_listed", "carrier_ambiguous")


@dataclass(frozen=True)
class CarrierChoice:
    """A supplier's text and the provider's name in TikTok's lists."""

    carrier_text: str
    provider_name: str


@dataclass(frozen=True)
class UnclearCarrier:
    """A parcel that is stopped since nobody knows which of TikTok's providers its carrier text stands for."""

    supplier_id: str
    supplier_name: str
    carrier_text: str


@dataclass(frozen=True)
class OrderCarriers:
    """The providers that TikTok lists for an order's delivery option, and the order's unclear parcels by public id."""

    provider_names: tuple[str, ...] = ()
    unclear: Mapping[str, UnclearCarrier] = field(default_factory=dict)


_UPSERT = text(
    """
    insert into carrier_overrides (agency_id, client_id, supplier_id, carrier_text, provider_name)
    values (:agency_id, :client_id, :supplier_id, :carrier_text, :provider_name)
    on conflict (supplier_id, carrier_text) do update set provider_name = excluded.provider_name
    """
)


def choose_carrier(
    scope: Scope,
    session: Session,
    supplier_public_id: str,
    carrier_text: str,
    provider_name: str,
    now: datetime,
) -> None:
    """From now on this supplier's `carrier_text` goes to TikTok as `provider_name`; `now` is shop time.

    Stopped parcels with that text pass the firewall anew. Raises Forbidden, NotFound, and Invalid for a name that is
    in no list which TikTok gave for this client's shops.
    """
    supplier = _get_supplier(scope, session, supplier_public_id)
    listed = _listed_names(session, supplier.client_id)
    if provider_name not in listed:
        known = ", ".join(listed) or said("none yet")
        raise Invalid(
            "provider_name",
            said(
                "TikTok does not list {carrier}. It lists: {known}.", carrier=repr(provider_name), known=known
            ),
        )
    values = {"carrier_text": carrier_text, "provider_name": provider_name, "supplier_id": supplier.id}
    session.execute(_UPSERT, {"agency_id": supplier.agency_id, "client_id": supplier.client_id, **values})
    for parcel in judge_again(scope, session, _bought_at(supplier.id), Parcel.carrier_text == carrier_text):
        order = session.get_one(Order, parcel.order_id)
        data = {"number": parcel.tracking_number, "carrier": carrier_text, "provider": provider_name}
        record_event(scope, session, order, "carrier_chosen", data, now)
    act = Act("carrier.chosen", "supplier", str(supplier.public_id), supplier.client_id)
    record_act(scope, session, act)


def forget_carrier(scope: Scope, session: Session, supplier_public_id: str, carrier_text: str) -> None:
    """Takes a choice back; parcels to come are matched by their carrier's name again. Raises Forbidden, NotFound."""
    supplier = _get_supplier(scope, session, supplier_public_id)
    gone = session.execute(
        delete(CarrierOverride).where(
            CarrierOverride.supplier_id == supplier.id, CarrierOverride.carrier_text == carrier_text
        )
    )
    if not gone.rowcount:  # type: ignore[attr-defined]
        raise NotFound("Carrier choice")
    act = Act("carrier.forgotten", "supplier", str(supplier.public_id), supplier.client_id)
    record_act(scope, session, act)


def list_choices(scope: Scope, session: Session, supplier_public_id: str) -> list[CarrierChoice]:
    """All choices of a supplier, by its own text; a handful. Raises NotFound."""
    wanted = as_public_id(supplier_public_id, "Supplier")
    supplier = get_visible(scope, session, Supplier, "Supplier", Supplier.public_id == wanted)
    query = select(CarrierOverride.carrier_text, CarrierOverride.provider_name).where(
        CarrierOverride.supplier_id == supplier.id
    )
    rows = session.execute(query.order_by(CarrierOverride.carrier_text))
    return [CarrierChoice(row.carrier_text, row.provider_name) for row in rows]


def read_order_carriers(scope: Scope, session: Session, number: str) -> OrderCarriers:
    """What a page needs to ask about the carriers of an order's parcels; empty when it has none."""
    query = text(
        f"""
        select k.public_id, k.carrier_text, p.public_id as supplier_id, p.name,
          coalesce(l.providers, '[]') as providers,
          k.state = 'blocked' and p.id is not null and exists (
            select from jsonb_array_elements(k.findings) f
            where f ->> 'severity' = 'block' and f ->> 'code' = any(:codes)) as unclear
        from orders o join parcels k on k.order_id = o.id
        left join purchases b on b.id = k.purchase_id left join suppliers p on p.id = b.supplier_id
        left join provider_lists l on l.shop_id = o.shop_id and l.delivery_option_id = o.delivery_option_id
        where o.tiktok_order_id = :number and {visible_sql(scope, "o.client_id")}
        order by k.id
        """  # noqa: S608 - the condition is made of our own integers
    )
    rows = session.execute(query, {"number": number, "codes": list(CARRIER_CODES)}).all()
    names = {name: None for row in rows for _id, name in row.providers}
    unclear = {
        str(row.public_id): UnclearCarrier(str(row.supplier_id), row.name, row.carrier_text)
        for row in rows
        if row.unclear
    }
    return OrderCarriers(tuple(sorted(names)), unclear)


def judge_again(scope: Scope, session: Session, *conditions: ColumnElement[bool]) -> Sequence[Parcel]:
    """Sends the stopped parcels that fit through the firewall again; returns them.

    Their decisions are closed and the `ship` lanes of their shops wake; what still stands in the way opens them anew.
    """
    query = (
        update(Parcel)
        .where(Parcel.state == ParcelState.BLOCKED, *conditions)
        .values(state=ParcelState.NEW, findings=[])
        .returning(Parcel)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    parcels = sorted(session.scalars(query), key=lambda parcel: parcel.id)
    for parcel in parcels:
        close_parcel_attention(scope, session, parcel)
    for shop_id in sorted({parcel.shop_id for parcel in parcels}):
        make_due(session, api="ship", shop_id=shop_id)
    return parcels


def _get_supplier(scope: Scope, session: Session, public_id: str) -> Supplier:
    scope.require_write()
    wanted = as_public_id(public_id, "Supplier")
    return get_visible(scope, session, Supplier, "Supplier", Supplier.public_id == wanted)


def _bought_at(supplier_id: int) -> ColumnElement[bool]:
    return Parcel.purchase_id.in_(select(Purchase.id).where(Purchase.supplier_id == supplier_id))


def _listed_names(session: Session, client_id: int) -> list[str]:
    lists = session.scalars(select(ProviderList.providers).where(ProviderList.client_id == client_id))
    return sorted({name for providers in lists for _id, name in providers})
