"""What stands beside the list: every order counted once, the choice of a shop, and the switch for all buying."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from agency.domain.errors import NotFound
from agency.portal.blueprint import portal
from agency.portal.staff import staff_page
from agency.portal.today import given_back, open_link
from agency.portal.undo import with_undo
from agency.services import switches
from agency.services.shop_names import list_shop_names
from agency.services.totals import read_totals
from agency.services.wording import STAGES
from agency.web import current_scope, db_session, route, shop_now


@route(portal, "/today/counts", permission="read")
def today_counts() -> ResponseReturnValue:
    """Orders per shop and stage with TikTok's count beside ours; shops that nobody read are named, never zero."""
    totals = read_totals(current_scope(), db_session())
    compared = [shop for shop in totals.shops if not shop.unread and shop.count_tiktok is not None]
    return staff_page(
        "today_counts.html",
        totals=totals,
        stages=STAGES,
        tiktok=sum(shop.count_tiktok or 0 for shop in compared),
        ours=sum(shop.count_ours or 0 for shop in compared),
    )


@route(portal, "/today/shops", permission="read")
def today_shops() -> ResponseReturnValue:
    """All shops as links that narrow the list, for those who have too many for a menu."""
    kept = given_back(request.query_string.decode())
    kept.pop("after", None)
    shops = list_shop_names(current_scope(), db_session())
    return staff_page("today_shops.html", shops=shops, kept=kept, every=open_link(kept, "shop"))


@route(portal, "/today/buying/<word>", permission="write", methods=["POST"])
def switch_all_buying(word: str) -> ResponseReturnValue:
    """Stops or starts buying for the whole agency. Raises NotFound for another word."""
    scope, session = current_scope(), db_session()
    if word == "stop":
        steps = switches.stop_buying(scope, session, "agency")
    elif word == "start":
        steps = switches.start_buying(scope, session, "agency", "", shop_now())
    else:
        raise NotFound("Switch")
    done = "buying_stopped" if word == "stop" else "buying_started"
    return redirect(with_undo(url_for("portal.today", view="all"), done, steps), 303)
