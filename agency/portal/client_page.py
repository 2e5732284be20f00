"""A page inside the client's frame, and the line of sales that a client sees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agency.domain.money import exponent_of
from agency.portal.charts import LineChart, line_chart
from agency.portal.frame import page
from agency.portal.showing import calendar_day
from agency.services.brands import get_brand
from agency.services.client_rows import DaySales
from agency.web import db_session


def client_page(template: str, **values: Any) -> str:
    """Renders a page for a client's own people."""
    return page(template, brand=get_brand(db_session()), **values)


def sales_line(days: Sequence[DaySales]) -> LineChart | None:
    """Sales by day in whole units of the currency; None when there is nothing to draw."""
    if len(days) < 2 or not any(day.amount.amount for day in days):
        return None
    unit = 10 ** exponent_of(days[0].amount.currency)
    return line_chart([day.amount.amount / unit for day in days], [calendar_day(day.day) for day in days])
