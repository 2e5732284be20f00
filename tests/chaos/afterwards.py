"""What is asked of a town whose database has forgotten something, and what people then do in it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import httpx
from sqlalchemy import select, text

from agency.models.purchasing import Purchase
from agency.services.reviews import settle_review
from agency.transaction import transaction
from tests.chaos.people import House
from tests.chaos.town import Town
from tests.chaos.waiting import until

HOUSES = tuple(
    House(number, vendor, shops=2) for number, vendor in enumerate(("key", "reference_only", "none", "cj"), 1)
)
BLIND = HOUSES[2]  # its supplier finds nothing by reference


def stands_still(town: Town) -> None:
    """Nobody has vouched for the database yet: the programs are alive, send nothing, and say why."""
    begun, before = turns(town), _last_round(town)
    until(lambda: _last_round(town) != before, "the dispatcher goes round", every=0.1)
    known, before = bought(town), _last_round(town)  # what was on the wire at a crash has arrived by now
    until(lambda: _last_round(town) != before, "it goes round again", every=0.1)
    answer = until(lambda: _readiness(town), "the web answers", every=0.1)
    assert answer.status_code == 503
    assert "This database was restored, moved or failed over" in answer.text
    assert turns(town) == begun
    assert bought(town) == known


def caught_up(town: Town) -> Mapping[str, Any]:
    """The figures at the end; every promise is kept before and after people have looked at what no machine can know."""
    until(lambda: _catching_up(town) == 0, "every shop has caught up", every=0.2)
    _judge(town)
    _answer_reviews(town)
    return _judge(town)


def _judge(town: Town) -> Mapping[str, Any]:
    """The figures once all is settled; every promise must hold by the vendors' own books."""
    verdict = town.settled()
    assert verdict.broken == []
    return verdict.figures


def _answer_reviews(town: Town) -> None:
    """A person looks at the list of the supplier that finds nothing, for each purchase that no machine could settle."""
    held = {order["reference"]: order for order in town.books()["supplier_orders"] if not order["cancelled"]}
    people, blind = town.people, town.people.supplier_id(BLIND)
    with transaction(people.database, people.scope()) as session:
        waiting = session.scalars(
            select(Purchase).where(Purchase.state == "review", Purchase.supplier_id == blind)
        ).all()
        assert waiting, "a supplier that finds nothing leaves work for a person"
        for purchase in waiting:
            theirs = held.get(purchase.reference)
            answer = (
                ("bought", theirs["supplier_order_id"], theirs["total_minor"])
                if theirs
                else ("not_bought", "", None)
            )
            settle_review(people.scope(), session, str(purchase.public_id), *answer, people.clock.now())
        for shop in session.execute(text("select id from shops")).all():
            session.execute(text("update lanes set due_at = now() where shop_id = :id"), {"id": shop.id})


def bought(town: Town) -> set[str]:
    """The references that the suppliers have in their books."""
    return {order["reference"] for order in town.books()["supplier_orders"]}


def remembered(town: Town) -> set[str]:
    """The references of which our database knows that a supplier took them."""
    return {row[0] for row in town.rows("select reference from purchases where supplier_order_id <> ''")}


def _catching_up(town: Town) -> int:
    """How many shops buy nothing until they were read again."""
    return int(town.rows("select count(*) from shops where restored_at is not null")[0][0])


def alive(town: Town) -> set[str]:
    """Which kinds of processes gave a sign of life in this database."""
    fresh = "select kind from heartbeats where seen_at > now() - interval '30 seconds' and kind <> 'mailer'"
    return {row[0] for row in town.rows(fresh)}


def _last_round(town: Town) -> datetime | None:
    """The dispatcher's last sign of life."""
    found: datetime | None = town.rows("select max(seen_at) from heartbeats where kind = 'dispatcher'")[0][0]
    return found


def turns(town: Town) -> int:
    """How many turns were ever begun."""
    return int(town.rows("select sum(turns) from lanes")[0][0])


def _readiness(town: Town) -> httpx.Response | None:
    """What `/readyz` says; None while the web does not answer."""
    try:
        return httpx.get(f"{town.cast.web_url}/readyz", timeout=10)
    except httpx.HTTPError:
        return None
