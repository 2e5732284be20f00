"""Who has an order and until when it sleeps, as its own page shows and changes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from agency.domain.errors import Invalid, NotFound
from agency.portal.frame import reader
from agency.services.chosen_rows import ChosenRow, find_chosen
from agency.services.row_acts import Colleague
from agency.web import current_scope, db_session


@dataclass(frozen=True)
class Standing:
    """The order as a row of Today: who has it, until when it is off the list, and to whom it may be given.

    An owner whom the reader cannot give work to has no name in `owners`, as on Today.
    """

    owners: tuple[str, ...]
    snoozed_until: datetime | None
    can_snooze: bool
    people: tuple[Colleague, ...]
    me: str


def read_standing(row: ChosenRow, people: tuple[Colleague, ...]) -> Standing:
    """What the page says of it; `people` are those to whom it may be given."""
    names = {person.actor: person.name for person in people}
    sleeping = [one.next_check_at for one in row.decisions if one.snoozed and one.next_check_at]
    return Standing(
        owners=tuple(sorted({names.get(one.owner, "") for one in row.decisions if one.owner})),
        snoozed_until=min(sleeping) if row.decisions and len(sleeping) == len(row.decisions) else None,
        can_snooze=bool(row.decisions),
        people=people,
        me=current_scope().actor,
    )


def find_row(number: str) -> ChosenRow:
    """The order with all its open decisions. Raises NotFound alike for unknown and foreign numbers."""
    try:
        rows = find_chosen(current_scope(), db_session(), [number], reader().now)
    except Invalid:  # what cannot be a number is nobody's order either
        rows = ()
    if not rows or not rows[0].is_order:
        raise NotFound("Order")
    return rows[0]
