"""Every kind of caller: what it sends to say who it is, what it may see, and what each permission means for it.

The table of permissions is written here once more on purpose: if the program's own table is widened, the two differ.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from tests.isolation.canaries import Mark
from tests.isolation.people import ROLES, Human, open_session

STAFF = frozenset({"owner", "operator", "viewer"})
# Permission -> the roles that have it. A new word of agency.web.permissions needs its line here.
MAY: Mapping[str, frozenset[str]] = {
    "public": STAFF | {"client_member", "token", ""},
    "signed_in": STAFF | {"client_member"},
    "read": STAFF,
    "write": frozenset({"owner", "operator"}),
    "owner": frozenset({"owner"}),
    "client": frozenset({"client_member"}),
}
# Routes that every API token may use, whatever its areas.
OPEN_TO_TOKENS = {"sessions.show_session"}


@dataclass(frozen=True)
class Caller:
    """One kind of caller. `role` is empty for whoever is nobody to us."""

    name: str
    role: str = ""
    sees: tuple[str, ...] = ()  # clients, its own first
    cookie: str = ""
    bearer: str = ""
    user_id: int = 0
    words: frozenset[str] = field(default_factory=frozenset)  # further codes of marks that it may see
    areas: frozenset[str] | None = None  # of an API token; None for people

    def __str__(self) -> str:
        return self.name

    @property
    def home(self) -> str:
        """The client whose objects it asks for when it asks for its own."""
        return self.sees[0] if self.sees else "hl"

    def at(self, endpoint: str, permission: str, *, html: bool, reads: bool) -> Caller:
        """What it is at that route: an API token is nobody on pages, and without the route's area it may do nothing."""
        if self.areas is None or endpoint in OPEN_TO_TOKENS:
            return self
        if html:
            return replace(self, role="", sees=())
        area = f"{endpoint.rpartition('.')[0]}:{'read' if reads else 'write'}"
        fits = permission in ("read", "write") and area in self.areas
        return self if fits else replace(self, role="token")

    def may(self, permission: str) -> bool:
        """Whether its role has the permission."""
        return self.role in MAY[permission]

    def may_see(self, mark: Mark) -> bool:
        """Whether an answer to it may hold the word; the client's own people never see inner words."""
        if mark.inner and self.role == "client_member":
            return False
        return mark.code in self.sees or mark.code in self.words


def all_callers(connection: psycopg.Connection[Any], people: Mapping[str, Human]) -> list[Caller]:
    """All kinds, the rightful first."""
    known = [_known(connection, people[name]) for name in ROLES if name not in ("left", "disabled")]
    owner, stranger = known[0], next(caller for caller in known if caller.name == "stranger")
    spans: dict[str, dict[str, Any]] = {
        "expired session": {"expires": timedelta(minutes=-1)},
        "idle session": {"seen": timedelta(hours=-13)},
        "signed-out session": {"revoked": True},
        "session without its second factor": {"needs_factor": True},
    }
    ended = [
        # A sign-in that waits for its second factor is greeted by its own name.
        Caller(name, cookie=token, bearer=token, words=frozenset({"hz"} if "second factor" in name else ()))
        for name, token in [
            *((name, open_session(connection, people["owner"], **span)) for name, span in spans.items()),
            ("person who left", open_session(connection, people["left"])),
            ("disabled person", open_session(connection, people["disabled"])),
            ("wrong token", "wrong".ljust(43, "x")),
        ]
    ]
    mixed = [
        Caller("nobody"),
        Caller("wrong bearer beside the owner's cookie", cookie=owner.cookie, bearer="wrong".ljust(43, "x")),
        Caller(
            "stranger's bearer beside the owner's cookie",
            stranger.role,
            stranger.sees,
            owner.cookie,
            stranger.bearer,
            stranger.user_id,
            stranger.words,
        ),
    ]
    return [*known, *ended, *mixed]


def credentials(caller: Caller, html: bool) -> dict[str, str]:
    """The headers that say who calls: pages know people by cookie, the JSON door by bearer token."""
    headers = {}
    both = caller.cookie != caller.bearer
    if caller.cookie and (html or both):
        headers["Cookie"] = f"shopfleet={caller.cookie}"
    if caller.bearer and (not html or both):
        headers["Authorization"] = f"Bearer {caller.bearer}"
    return headers


def _known(connection: psycopg.Connection[Any], human: Human) -> Caller:
    agency, role, clients = ROLES[human.name]
    side = agency[0].lower()
    sees = tuple(f"{side}{client[0].lower()}" for client in clients or ("Luma", "Kite"))
    token = open_session(connection, human)
    words = {f"{side}z", f"{side}n"} | ({"rn"} if human.name == "both" else set())
    return Caller(human.name, role, sees, token, token, human.user_id, frozenset(words))


def token_callers(
    connection: psycopg.Connection[Any], human: Human, areas: frozenset[str], client_id: int
) -> list[Caller]:
    """Programs of the agency's owner: with every area, with one area and one client, and with a token that is over."""
    both, words = ("hl", "hk"), frozenset({"hz", "hn"})
    narrow = frozenset({"orders:read"})
    wide = _add_token(connection, human, "wide", areas)
    one = _add_token(connection, human, "narrow", narrow, clients=[client_id])
    revoked = _add_token(connection, human, "revoked", areas, revoked_at="now()")
    expired = _add_token(connection, human, "expired", areas, expires_at="now() - interval '1 minute'")
    return [
        Caller("API token", "operator", both, bearer=wide, user_id=human.user_id, words=words, areas=areas),
        Caller("API token of one client and area", "viewer", ("hl",), bearer=one, words=words, areas=narrow),
        Caller("revoked API token", bearer=revoked),
        Caller("expired API token", bearer=expired),
    ]


def _add_token(
    connection: psycopg.Connection[Any],
    human: Human,
    name: str,
    areas: frozenset[str],
    clients: list[int] | None = None,
    expires_at: str = "now() + interval '1 day'",
    revoked_at: str = "null",
) -> str:
    token = f"sf_fake-{name}-token".ljust(46, "x")
    connection.execute(
        "insert into api_tokens (agency_id, membership_id, name, hint, token_hash, areas, client_ids, last_used_at,"
        f" expires_at, revoked_at) select agency_id, id, %s, 'sf_fake', %s, %s, %s, now(), {expires_at}, {revoked_at}"
        " from memberships where id = %s",
        (name, hashlib.sha256(token.encode()).digest(), Jsonb(sorted(areas)), clients, human.membership_id),
    )
    return token
