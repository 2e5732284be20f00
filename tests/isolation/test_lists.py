"""What others have changes no answer: not by asking for it in a search, and not by a count, a page or a total."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.isolation import figures
from tests.isolation.asking import Answer, Route, send
from tests.isolation.callers import Caller
from tests.isolation.canaries import CLIENTS
from tests.isolation.routes import SEARCHES
from tests.isolation.test_routes import ROUTES
from tests.isolation.world import World
from tests.worlds import TENANT_TABLES

READS = [route for route in ROUTES if not route.writes and route.permission in ("read", "owner", "client")]
SEARCHERS = ("owner", "operator_kite", "stranger", "member")
NARROW = ("owner", "operator", "operator_kite", "viewer_kite", "stranger", "member", "member_kite", "both")
_ABOVE = ("invitations", "api_tokens", "audit_entries", "saved_views")


@pytest.fixture(autouse=True)
def _as_it_was(world: World) -> Iterator[None]:
    yield
    world.snapshot.restore()


@pytest.mark.parametrize("name", SEARCHES)
def test_a_search_for_what_others_have_finds_what_a_search_for_nothing_finds(world: World, name: str) -> None:
    kind = SEARCHES[name][1:]
    for caller in _named(world, SEARCHERS):
        for route in READS:
            if not caller.may(route.permission) or route.places:
                continue
            none = _ask(world, caller, route, **{name: world.id_of("unknown", kind, caller)})
            for code in CLIENTS:
                if code not in caller.sees:
                    found = _ask(world, caller, route, **{name: world.id_of(code, kind, caller)})
                    figures.add("compared")
                    assert found == none, f"{route}?{name}: {caller} can find what {code} has"
                    figures.add("identical")


@pytest.mark.parametrize("name", NARROW)
def test_answers_stay_the_same_when_what_others_have_goes_away(world: World, name: str) -> None:
    """The strongest form: all rows of all others are deleted, and not a byte of any answer may differ."""
    (caller,) = _named(world, (name,))
    routes = [route for route in READS if caller.may(route.permission)]
    before = [_ask(world, caller, route) for route in routes]
    others = ", ".join(str(id_) for code, id_ in world.clients.items() if code not in caller.sees)
    tables = [table.name for table in TENANT_TABLES]
    world.snapshot.run(
        "".join(f"delete from {table} where client_id in ({others});" for table in tables)
        + f"delete from clients where id in ({others});"
        + _gone_above(world, caller)
    )
    for route, first in zip(routes, before, strict=True):
        figures.add("disturbed", 0)
        second = _ask(world, caller, route)
        if second != first:
            figures.add("disturbed")
        assert second == first, f"{route}: what {caller} reads depends on the rows of others"


def _gone_above(world: World, caller: Caller) -> str:
    """Another agency's own rows; an agency's owner sees all of its own."""
    other = world.desk.theirs if caller.home[0] == "h" else world.desk.ours
    return "".join(f"delete from {table} where agency_id = {other.agency_id};" for table in _ABOVE)


def _ask(world: World, caller: Caller, route: Route, **search: str) -> Answer:
    answer = send(world, caller, route, dict.fromkeys(route.places, caller.home), **search)
    asked = (*answer.sent, *search.values())
    shown = {word for word, mark in world.canaries.find(answer.raw, asked) if not caller.may_see(mark)}
    assert not shown, f"{route}: {caller} was shown {sorted(shown)}"
    return _still(answer)


def _still(answer: Answer) -> Answer:
    """Without tag and length of the body, which may repeat what was searched for, and without seconds that passed."""
    headers = tuple(header for header in answer.headers if header[0] not in ("ETag", "Content-Length"))
    body = re.sub(r"\b\d+ (s|min) ago\b", "just now", answer.body)
    return Answer(answer.status, body, headers, answer.sent, answer.raw)


def _named(world: World, names: tuple[str, ...]) -> list[Caller]:
    return [caller for caller in world.callers if caller.name in names]
