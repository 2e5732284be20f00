"""Every page that a person can open, taken from the routes and filled with rows of a small rich world."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from flask import Flask
from sqlalchemy import text

from agency.services.brands import NewBrand, set_brand, set_logo
from agency.services.client_requests import add_request
from agency.services.memberships import Person, add_member
from agency.services.month_links import make_month_link
from tests.desk import PASSWORD, Desk
from tests.factors import enrol
from tests.images import png
from tests.mailbox import last_mail
from tests.portal.browsing import OURS, visit
from tests.rich_names import CLIENTS, RichClient
from tests.rich_world import open_rich_world
from tests.work_rows import fill_work

# One shop each of a client whose supplier has an API, of one who is bought from by hand, of one with stock of its own:
# lists of 10 to 20 rows, since every kind of row is met and axe needs a second for 50.
FEW = tuple(replace(CLIENTS[place], shops=CLIENTS[place].shops[:1]) for place in (0, 4, 5))
# 54 clients, suppliers and shops, so that every list has more than a page of 50, and a client with 85 orders.
MANY = (
    CLIENTS[0],
    *FEW[1:],
    *(replace(CLIENTS[place % 8], name=f"Client {place}", shops=(f"Shop {place}",)) for place in range(51)),
)
# Routes that show no page of their own.
NO_PAGE = {
    "home": "leads to the first page of whoever asks",
    "show_asset": "a file",
    "show_brand": "a style sheet",
    "show_brand_sample": "a style sheet",
    "show_logo": "a picture",
    "client_report_file": "a file",
    "mappings_csv": "a file",
    "mapping_template": "a file",
    "orders_csv": "a file",
    "audit_file": "a file",
    "evidence_keys": "a file",
    "evidence_checker": "a file",
    "live": "a part of the page that asks for it",
    "finish_connection": "leads to another page, see show_waiting",
}
# Pages before and without signing in; `factor` is seen by somebody who has given the password only.
ALONE = {
    "sign_in", "sign_up", "finish_sign_up", "forgot", "reset", "invitation", "new_email", "old_email", "month_by_link"
}  # fmt: skip
HALF_WAY = "factor"


@dataclass
class Pages:
    """The world and where its pages are: endpoint (without `portal.`) -> addresses."""

    desk: Desk
    paths: dict[str, tuple[str, ...]]

    def of(self, person: str) -> list[str]:
        """What this person is shown: a member the client's pages, people without a session those for everybody."""
        if not person:
            wanted = ALONE
        elif person == "half":
            wanted = {HALF_WAY}
        else:
            wanted = {name for name in self.paths if name not in ALONE | {HALF_WAY}}
            wanted = {name for name in wanted if person != "ana" or _is_for_members(self.paths[name][0])}
            wanted = {name for name in wanted if person == "ana" or not _is_clients_own(self.paths[name][0])}
        return [path for name in sorted(wanted) for path in self.paths[name]]


def _is_clients_own(path: str) -> bool:
    return path == "/client" or path.startswith("/client/")


def _is_for_members(path: str) -> bool:
    return _is_clients_own(path) or path.startswith("/account")


@contextmanager
def open_pages(clients: Sequence[RichClient] = FEW) -> Iterator[Pages]:
    """A small rich world, or that of other `clients`, with a row for every page, and the addresses."""
    with open_rich_world(clients, sign_up=True) as desk:
        _add_more(desk)
        yield Pages(desk, _plain_paths(desk.app) | _filled(desk) | _behind_links(desk))


def get_endpoints(app: Flask) -> dict[str, str]:
    """Every route of the portal that answers GET: endpoint without `portal.` -> rule."""
    return {
        rule.endpoint.removeprefix("portal."): rule.rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("portal.") and "GET" in (rule.methods or ())
    }


def _plain_paths(app: Flask) -> dict[str, tuple[str, ...]]:
    return {
        name: (rule,) for name, rule in get_endpoints(app).items() if "<" not in rule and name not in NO_PAGE
    }


def _add_more(desk: Desk) -> None:
    """What the rich world has not: trouble at work, a doubt, a brand, a request, a token, an invitation."""
    side = desk.ours
    for short, shop in (("Luma", "Luma Kitchen"), ("Kite", "Saltmarsh Surf")):
        side.shops[short], side.clients[short] = side.shops[shop], side.clients[shop]
    with desk.session() as session:
        fill_work(session, desk)
    with desk.session() as session:
        set_brand(
            side.scope(), session, NewBrand("Harbor & Pine", "#b4441e", "help@harbor.example", "Harbor Ltd")
        )
        set_logo(side.scope(), session, png(90, 30))
        add_request(
            side.scope(), session, side.public["Luma Group"], "document", "Please send us the invoice."
        )
        session.execute(text("update shops set read_error = 'TikTok did not answer.', last_read_at = now() - "
                             "interval '5 hours' where name = 'Saltmarsh Surf'"))  # fmt: skip
    with desk.system() as session:
        add_member(session, side.agency_id, Person("half@example.test", "Half", PASSWORD), "viewer", None)
    enrol(desk, "half")
    owner = visit(desk, "maya")
    owner.send("/settings/tokens", name="Books", days="30", areas="orders:read", reach="all")
    owner.send("/team/invitations", email="new@example.test", role="viewer", reach="all")


def _filled(desk: Desk) -> dict[str, tuple[str, ...]]:
    public = desk.ours.public
    client, shop = public["Luma Group"], public["Luma Kitchen"]
    orders = tuple(f"/orders/{number}" for number in _numbers(desk))
    return {
        "today": (f"/today?shop={shop}", "/today?view=all&action=approve"),
        "today_views": ("/today/views?action=approve",),
        "find": ("/find", "/find?q=lum"),
        "orders": (f"/orders?shop={shop}", "/orders?q=nothing-like-this"),
        "order": orders,
        "order_then": (*(f"{path}/then" for path in orders[:3]), f"{orders[0]}/then?moment=2026-01-01T00:00"),
        "approvals": ("/approvals", "/approvals?show=answered"),
        "shop": (f"/shops/{shop}", f"/shops/{public['Saltmarsh Surf']}"),
        "shop_health": (f"/shops/{shop}/health",),
        "supplier": tuple(
            f"/suppliers/{one}" for one in _column(desk, "select public_id from suppliers order by id")
        ),
        "mappings": (f"/mappings?shop={shop}",),
        "mapping": (f"/mappings/{shop}/{_column(desk, 'select sku_id from skus order by id')[0]}",),
        "clients": ("/clients",),
        "client_work": (f"/clients/{client}",),
        "show_leaving": (f"/clients/{client}/leave",),
        "show_removal": (f"/team/{desk.membership('lee')}/remove",),
        "work": ("/work", "/work?state=all"),
        "limits": ("/settings/limits", f"/settings/limits?client={client}"),
        "show_waiting": ("/connect/callback?code=fake-code",),
        "client_order": tuple(path.replace("/orders/", "/client/orders/") for path in orders[:3]),
        "client_report": ("/client/reports", "/client/reports?month=2026-10"),
    }


def _behind_links(desk: Desk) -> dict[str, tuple[str, ...]]:
    """Pages behind the links of mails and of a month."""
    web = desk.app.test_client()
    web.post("/signup", data={"email": "reader@example.test"}, headers=OURS)
    web.post("/forgot", data={"email": "lee@example.test"}, headers=OURS)
    visit(desk, "sam").send("/account/email", email="moved@example.test", password=PASSWORD)
    with desk.session() as session:
        month = make_month_link(desk.ours.scope(), session, desk.ours.public["Luma Group"], "2026-11").secret
    mailed = {
        "finish_sign_up": "reader",
        "reset": "lee",
        "invitation": "new",
        "new_email": "moved",
        "old_email": "sam",
    }
    links = {name: (last_mail(desk, f"{reader}@example.test").path,) for name, reader in mailed.items()}
    return links | {"month_by_link": (f"/m/{month}",)}


def _numbers(desk: Desk) -> list[str]:
    """An order of the first shop in each of these stages, and the one whose purchase is in doubt."""
    wanted = ("shipped", "settled", "cancelled", "blocked", "bought")
    query = "select min(tiktok_order_id) from orders where shop_id = {} and stage = '{}' and tiktok_order_id ~ '^5769'"
    return [
        *(_column(desk, query.format(desk.ours.shops["Luma"], stage))[0] for stage in wanted), "577000000000009001",
    ]  # fmt: skip


def _column(desk: Desk, statement: str) -> list[str]:
    with desk.session() as session:
        return [str(value) for value in session.scalars(text(statement))]
