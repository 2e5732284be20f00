"""Every route for every kind of caller, with own, foreign and unknown ids: nothing foreign is told, nothing is done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from agency.app import create_app
from agency.extensions import Database
from tests.databases import MASTER_KEY
from tests.desk import make_settings
from tests.isolation import figures
from tests.isolation.asking import Answer, Route, list_routes, missing_fills, send
from tests.isolation.callers import MAY, Caller
from tests.isolation.canaries import CLIENTS
from tests.isolation.snapshot import changed
from tests.isolation.world import World

# The map of routes needs no database, so a new route is in at once.
ROUTES = list_routes(create_app(make_settings(), Database("postgresql://nobody@127.0.0.1/none", MASTER_KEY)))
BY_ROUTE = pytest.mark.parametrize("route", ROUTES, ids=str)
Codes = Mapping[tuple[str, str], str]


@pytest.fixture(autouse=True)
def _as_it_was(world: World) -> Iterator[None]:
    yield
    world.snapshot.restore()


@BY_ROUTE
def test_the_registry_can_fill_the_route(world: World, route: Route) -> None:
    figures.add("routes")
    assert route.permission in MAY, (
        f"Say in tests/isolation/callers.py who has the permission {route.permission!r}."
    )
    assert route.declared == (route.plan.declares or route.permission), (
        f"{route} declares {route.declared!r}, and {route.permission!r} was decided. If the route is right, add a line "
        "for it to DECIDED in tests/isolation/routes.py."
    )
    assert "\n".join(missing_fills(world, route)) == ""
    figures.add("routes_filled")


@BY_ROUTE
def test_who_may_not_is_refused_and_nothing_happens(world: World, route: Route) -> None:
    """401 for nobody, 403 for the wrong role, and for an id of others exactly what an unknown id gets."""
    _prepare(world, route, "owner")
    before = world.snapshot.sums()
    for caller in map(route.seen_by, world.callers):
        if not caller.role and route.permission != "public":
            _is_told_to_sign_in(world, route, caller)
        elif not caller.may(route.permission):
            _is_forbidden(world, route, caller)
        elif route.places and not route.plan.by_design:
            _cannot_tell_foreign_from_unknown(world, route, caller)
            if len(route.places) > 1 and len(caller.sees) > 1:
                _two_clients_never_meet(world, route, caller)
        elif route.permission == "public":
            _look(world, caller, route, dict.fromkeys(route.places, caller.home))
    effects = {table for table, _tenant in changed(before, world.snapshot.sums())} - route.plan.may_write
    figures.add("refused_with_effect", len(effects))
    assert not effects, f"{route}: a refused call changed {sorted(effects)}"


@BY_ROUTE
def test_who_may_gets_through_and_changes_only_what_is_theirs(world: World, route: Route) -> None:
    """The positive control: without it the refusals above would prove nothing."""
    if route.permission == "public":
        return
    for caller in map(route.seen_by, world.callers):
        if not caller.may(route.permission) or (route.writes and caller.name not in route.plan.who):
            continue
        _prepare(world, route, caller.name)
        before = world.snapshot.sums()
        answer = _look(world, caller, route, dict.fromkeys(route.places, caller.home))
        done = changed(before, world.snapshot.sums())
        through = answer.status in range(200, 400) or answer.status in route.plan.answers
        assert through, f"{route}: {caller} got {answer.status} for its own:\n{answer.raw[:3000]}"
        assert "Location: /login" not in answer.raw or route.endpoint in ("portal.sign_out", "portal.leave")
        others = {id_ for code, id_ in world.clients.items() if code not in caller.sees}
        wrong = {(table, tenant) for table, tenant in done if tenant in others and table != "agencies"}
        assert not wrong, f"{route}: {caller} changed rows of others: {wrong}"
        if route.writes:
            figures.add("writes_through")
            assert done or route.plan.quiet, (
                f"{route}: {caller}'s write changed no row, so its refusal proves nothing"
            )
            world.snapshot.restore()
        else:
            assert not done, f"{route}: reading changed {done}"
            own = {mark.code for _word, mark in world.canaries.find(answer.raw)} & set(caller.sees)
            assert own or not route.shows_rows, (
                f"{route}: {caller} saw nothing of its own, so seeing nothing foreign proves nothing"
            )


def _is_told_to_sign_in(world: World, route: Route, caller: Caller) -> None:
    answers = [_look(world, caller, route, dict.fromkeys(route.places, code)) for code in ("hl", "unknown")]
    for answer in answers:
        if route.html:
            assert answer.status == 303, f"{route}: {caller} got {answer.status}"
            assert ("Location", "/login") in {
                (name, value.partition("?")[0]) for name, value in answer.headers
            }
        else:
            assert answer.status == 401, f"{route}: {caller} got {answer.status}"
    _same(route, caller, *answers)


def _is_forbidden(world: World, route: Route, caller: Caller) -> None:
    codes = dict.fromkeys((caller.home, "hl", "hk", "rl", "unknown"))
    answers = [_look(world, caller, route, dict.fromkeys(route.places, code)) for code in codes]
    for answer in answers:
        assert answer.status == 403, f"{route}: {caller} got {answer.status}"
        _same(route, caller, answer, answers[-1])


def _cannot_tell_foreign_from_unknown(world: World, route: Route, caller: Caller) -> None:
    """All ids foreign, then each of them alone beside the caller's own."""
    hidden = [code for code in CLIENTS if code not in caller.sees]
    personal = [place for place in route.places if route.values[place].lstrip("@") in world.personal]
    for some in [route.places, *([place] for place in route.places if len(route.places) > 1)]:
        own: Codes = dict.fromkeys(route.places, caller.home)
        unknown = _look(world, caller, route, {**own, **dict.fromkeys(some, "unknown")})
        allowed = {404} if any(where == "url" for where, _name in some) else {404, 422}
        assert unknown.status in allowed, f"{route}: {caller} got {unknown.status} for an unknown {some}"
        for code in [*hidden, *(["colleague"] if set(some) <= set(personal) else [])]:
            foreign = _look(world, caller, route, {**own, **dict.fromkeys(some, code)})
            _same(route, caller, foreign, unknown)


def _two_clients_never_meet(world: World, route: Route, caller: Caller) -> None:
    """Whoever sees several clients cannot bring an id of one into what belongs to another."""
    for place in route.places:
        mixed = {**dict.fromkeys(route.places, caller.sees[0]), place: caller.sees[1]}
        answer = _look(world, caller, route, mixed)
        assert answer.status in (404, 409, 422), (
            f"{route}: {caller} mixed two clients and got {answer.status}"
        )


def _look(world: World, caller: Caller, route: Route, codes: Codes) -> Answer:
    """Sends, and searches the answer for what this caller must not see."""
    answer = send(world, caller, route, codes)
    found = {
        (word, mark)
        for word, mark in world.canaries.find(answer.raw, answer.sent)
        if not caller.may_see(mark)
    }
    figures.add("canaries_found", len(found))
    assert not found, f"{route}: {caller} was shown {sorted(word for word, _mark in found)}"
    assert answer.status < 500 or answer.status in route.plan.answers, (
        f"{route}: {caller} got {answer.status}"
    )
    return answer


def _same(route: Route, caller: Caller, one: Answer, other: Answer) -> None:
    figures.add("compared")
    assert one == other, f"{route}: {caller} can tell a foreign id from an unknown one"
    figures.add("identical")


def _prepare(world: World, route: Route, caller: str) -> None:
    if route.plan.before:
        human = world.people.get(caller, world.people["owner"])
        world.snapshot.run(route.plan.before.replace("{actor}", f"user:{human.user_id}"))
