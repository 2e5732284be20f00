"""How an agency appears to its clients: name, one colour, logo, support address, footer. Never HTML or SVG."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from agency.domain.emails import normal_email
from agency.domain.errors import Invalid, NotFound
from agency.domain.images import check_logo
from agency.domain.said import said
from agency.domain.scope import Scope
from agency.models.accounts import Agency
from agency.models.brands import AgencyLogo
from agency.services.audit import Act, record_act

LONGEST_NAME, LONGEST_FOOTER = 60, 200
_COLOUR = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True)
class Brand:
    """What client pages are drawn with; `name` is never empty, everything else may be."""

    name: str
    colour: str
    support_email: str
    footer: str
    logo_hash: str


@dataclass(frozen=True)
class NewBrand:
    """What an owner typed; an empty name means the agency's own."""

    name: str
    colour: str
    support_email: str
    footer: str


@dataclass(frozen=True)
class Logo:
    """An image as it goes to the browser."""

    kind: str
    body: bytes


def get_brand(session: Session) -> Brand:
    """The brand of the agency in whose scope the session is, on the team's or the client's login."""
    row = session.execute(
        select(
            Agency.name, Agency.shown_name, Agency.brand_colour, Agency.support_email, Agency.footer,
            Agency.logo_hash,
        )
    ).one()  # fmt: skip
    return Brand(row.shown_name or row.name, row.brand_colour, row.support_email, row.footer, row.logo_hash)


def set_brand(scope: Scope, session: Session, new: NewBrand) -> None:
    """Sets everything but the logo. Raises Forbidden unless an owner asks, and Invalid naming the field."""
    scope.require_owner()
    values = {
        "shown_name": _short("name", new.name, LONGEST_NAME),
        "brand_colour": new.colour.strip().lower(),
        "support_email": normal_email(new.support_email, "support_email")
        if new.support_email.strip()
        else "",
        "footer": _short("footer", new.footer, LONGEST_FOOTER),
    }
    if not _COLOUR.fullmatch(values["brand_colour"]):
        raise Invalid(
            "colour", "Write a colour as # and six digits or letters from a to f, for example #1f5f8b."
        )
    session.execute(update(Agency).where(Agency.id == scope.agency_id).values(**values))
    record_act(scope, session, Act("agency.brand_changed", "agency"))


def set_logo(scope: Scope, session: Session, body: bytes) -> None:
    """Keeps a PNG or JPEG as the logo. Raises Forbidden unless an owner asks, and Invalid when it is neither."""
    scope.require_owner()
    kind = check_logo(body)
    values = {"kind": kind, "hash": hashlib.sha256(body).hexdigest(), "body": body}
    keep = insert(AgencyLogo).values(agency_id=scope.agency_id, **values)
    session.execute(keep.on_conflict_do_update(index_elements=["agency_id"], set_=values))
    session.execute(update(Agency).where(Agency.id == scope.agency_id).values(logo_hash=values["hash"]))
    record_act(scope, session, Act("agency.logo_changed", "agency"))


def remove_logo(scope: Scope, session: Session) -> None:
    """Takes the logo away; the name's first letter stands in its place. Raises Forbidden unless an owner asks."""
    scope.require_owner()
    session.execute(delete(AgencyLogo).where(AgencyLogo.agency_id == scope.agency_id))
    session.execute(update(Agency).where(Agency.id == scope.agency_id).values(logo_hash=""))
    record_act(scope, session, Act("agency.logo_removed", "agency"))


def get_logo(system: Session, logo_hash: str) -> Logo:
    """The logo with this hash, on the system login: it is shown on pages without sign-in. Raises NotFound."""
    found = select(AgencyLogo.kind, AgencyLogo.body).where(AgencyLogo.hash == logo_hash).limit(1)
    row = system.execute(found).one_or_none()
    if row is None:
        raise NotFound("Logo")
    return Logo(row.kind, bytes(row.body))


def _short(field: str, text: str, longest: int) -> str:
    found = " ".join(text.split())
    if len(found) > longest:
        raise Invalid(field, said("Use at most {most} characters.", most=longest))
    return found
