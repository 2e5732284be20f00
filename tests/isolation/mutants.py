"""Faults to plant in the code: one text in one file is replaced, and a named test must fail for the named reason.

A text that a mutant looks for must stand in its file exactly once; when the code changes, the mutant is stale and says
so. The faults themselves are in `mutants_*.py`. Tests are named as pytest knows them; `fails_with` must appear in what
the failed tests say.
"""

from __future__ import annotations

from dataclasses import dataclass

ROUTES, LISTS = "tests/isolation/test_routes.py", "tests/isolation/test_lists.py"
TABLES, WORKERS = "tests/isolation/test_tables.py", "tests/isolation/test_workers.py"
PERMISSIONS = "tests/isolation/test_permissions.py"


@dataclass(frozen=True)
class Mutant:
    """One fault."""

    file: str
    old: str
    new: str
    tests: tuple[str, ...]
    fails_with: str


def refused(*routes: str) -> tuple[str, ...]:
    """The test of everybody who may not call these routes."""
    return tuple(f"{ROUTES}::test_who_may_not_is_refused_and_nothing_happens[{route}]" for route in routes)


def known(*routes: str) -> tuple[str, ...]:
    """The test that the registry knows the route and its right."""
    return tuple(f"{ROUTES}::test_the_registry_can_fill_the_route[{route}]" for route in routes)


def through(*routes: str) -> tuple[str, ...]:
    """The test of everybody who may."""
    return tuple(
        f"{ROUTES}::test_who_may_gets_through_and_changes_only_what_is_theirs[{route}]" for route in routes
    )


def narrow(*callers: str) -> tuple[str, ...]:
    """The test that what others have changes no answer of these callers."""
    return tuple(
        f"{LISTS}::test_answers_stay_the_same_when_what_others_have_goes_away[{name}]" for name in callers
    )
