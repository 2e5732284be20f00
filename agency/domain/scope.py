"""Who acts, in which agency, for which clients, reading or writing."""

from __future__ import annotations

from dataclasses import dataclass

from agency.domain.errors import Forbidden

STAFF_ROLES = ("owner", "operator", "viewer")
ROLES = (*STAFF_ROLES, "client_member")


@dataclass(frozen=True)
class Scope:
    """The one argument that every service takes first.

    `login` is the database login whose single row-level policy applies: "staff" sees one agency, "portal" sees one
    client read-only. `client_ids` narrows a team member to some clients (None = all of the agency). `actor` is
    "user:<id>", "token:<public id>", "rule:<name>" or "worker"; it is written into every event. `address` is where a
    request came from, empty for our own work.
    """

    login: str
    agency_id: int
    actor: str
    role: str
    client_id: int | None = None
    client_ids: frozenset[int] | None = None
    user_id: int | None = None
    read_only: bool = False
    address: str = ""

    def __post_init__(self) -> None:
        if self.login not in ("staff", "portal"):
            raise ValueError(f"login must be staff or portal, not {self.login!r}")
        if self.login == "portal" and self.client_id is None:
            raise ValueError("a portal scope names its client")

    def settings(self) -> dict[str, int]:
        """The `app.*` settings that the policies of this login read; integers only."""
        values = {"app.agency_id": self.agency_id}
        if self.login == "portal" and self.client_id is not None:
            values["app.client_id"] = self.client_id
        return values

    def require_write(self) -> None:
        """Raises Forbidden for viewers, client members and read-only scopes."""
        if self.read_only or self.role in ("viewer", "client_member"):
            raise Forbidden("Your role can look but not change anything here. Ask an owner of the agency.")

    def require_owner(self) -> None:
        """Raises Forbidden unless the caller owns the agency."""
        if self.role != "owner":
            raise Forbidden("Only an owner of the agency can do this.")


def worker_scope(agency_id: int, actor: str = "worker") -> Scope:
    """The scope of a turn, derived from the lane row and never from a job's payload."""
    return Scope(login="staff", agency_id=agency_id, actor=actor, role="owner")
