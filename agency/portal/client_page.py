"""A page inside the client's frame: the page's own values and the brand of its agency."""

from __future__ import annotations

from typing import Any

from agency.portal.frame import page
from agency.services.brands import get_brand
from agency.web import db_session


def client_page(template: str, **values: Any) -> str:
    """Renders a page for a client's own people."""
    return page(template, brand=get_brand(db_session()), **values)
