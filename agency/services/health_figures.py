"""The figures of Health in plain rows, for programs."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from agency.domain.health import Judged
from agency.domain.scope import Scope
from agency.services.health import list_health
from agency.services.health_rows import FigureRow, FleetFigures, ShopFigures, ShopHealth


def list_figures(scope: Scope, session: Session, now: datetime, days: int) -> FleetFigures:
    """All visible shops, worst first; `now` is shop time. Raises Invalid for an unknown period."""
    fleet = list_health(scope, session, now, days)
    return FleetFigures(fleet.days, tuple(_shop(shop) for shop in fleet.shops))


def _shop(shop: ShopHealth) -> ShopFigures:
    return ShopFigures(
        shop_id=shop.shop_id,
        name=shop.name,
        client_name=shop.client_name,
        region=shop.region,
        state=str(shop.state),
        unread=shop.unread,
        figures=tuple(_figure(figure) for figure in shop.figures),
    )


def _figure(figure: Judged) -> FigureRow:
    return FigureRow(
        metric=str(figure.rate.metric),
        counted=figure.rate.counted,
        base=figure.rate.base,
        basis_points=figure.rate.basis_points,
        limit_basis_points=figure.line.basis_points if figure.line else None,
        enforced_basis_points=figure.enforced.basis_points if figure.enforced else None,
        left=figure.left,
        state=str(figure.state),
    )
