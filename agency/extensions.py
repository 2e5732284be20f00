"""The ground under the application: one engine per database login, and the Redis connection. Knows no table.

A connection belongs to one login for its whole life (there is no SET ROLE), and every transaction begins with its scope
in the same round trip: `BEGIN; SET LOCAL app.agency_id = ...`. A transaction without a scope cannot start.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from redis import ConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import Connection, Dialect, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.orm import Session

from agency.domain.master_keys import key_id, split_keys
from agency.domain.scope import Scope

LOGINS = ("staff", "portal", "system")


class ScopeMissing(RuntimeError):
    """A transaction was started on a tenant login without a scope."""


def login_name(login: str) -> str:
    """The database role of a login."""
    return f"shopfleet_{login}"


def login_password(master_key: str, login: str) -> str:
    """The password of a login, derived from one master key so that no second secret has to be kept."""
    return hmac.new(master_key.encode(), f"login:{login}".encode(), hashlib.sha256).hexdigest()


def login_passwords(master_keys: str, login: str) -> dict[str, str]:
    """The passwords that a login may have while several master keys are known, by id of the key, newest first."""
    return {key_id(key): login_password(key, login) for key in split_keys(master_keys)}


def login_url(owner_url: str, login: str, master_keys: str) -> URL:
    """The owner's URL with the login's name and its newest password in their place."""
    url = sqlalchemy_url(owner_url)
    newest = next(iter(login_passwords(master_keys, login).values()))
    return url.set(username=login_name(login), password=newest)


def sqlalchemy_url(url: str) -> URL:
    """Any postgres URL, with psycopg as the driver."""
    parsed = make_url(url)
    return parsed.set(drivername="postgresql+psycopg")


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    statement = options.get("shopfleet_begin")
    if statement is None:
        raise ScopeMissing("This transaction has no scope; open it with transaction(scope).")
    connection.connection.driver_connection.execute(statement, prepare=False)  # type: ignore[union-attr]


def _begin_statement(scope: Scope, snapshot: bool) -> str:
    start = "BEGIN READ ONLY" if scope.login == "portal" or scope.read_only or snapshot else "BEGIN"
    if snapshot:
        start += ", ISOLATION LEVEL REPEATABLE READ"
    settings = "".join(f"; SET LOCAL {name} = '{int(value)}'" for name, value in scope.settings().items())
    return start + settings


def _try_passwords(engine: Engine, passwords: list[str]) -> None:
    """During a change of the master key the server has the password of one key or of the other (ADR 20)."""
    # The oldest first: that is what the server has until the old key leaves the settings.
    order = passwords[::-1]

    def connect(dialect: Dialect, _record: Any, args: tuple[Any, ...], parameters: dict[str, Any]) -> Any:
        for number, password in enumerate(order):
            try:
                connection = dialect.connect(*args, **parameters | {"password": password})
            except dialect.loaded_dbapi.OperationalError:
                if number == len(order) - 1:
                    raise
                continue
            order[:] = [password, *(other for other in order if other != password)]
            return connection
        return None

    if len(passwords) > 1:
        event.listen(engine, "do_connect", connect)


class Database:
    """Engines of the three logins. One session, one scope: a new scope needs a new session."""

    def __init__(self, owner_url: str, master_keys: str, pool_size: int = 5, *, check: bool = True) -> None:
        """`master_keys` may be one or several, newest first, with commas between them.

        `check` asks pooled connections whether they live before use; a turn's are too young for that.
        """
        self._engines: dict[str, Engine] = {}
        for login in LOGINS:
            engine = create_engine(
                login_url(owner_url, login, master_keys),
                pool_size=pool_size,
                max_overflow=10,
                pool_pre_ping=check,
                hide_parameters=True,
                connect_args={
                    "autocommit": True,
                    "application_name": f"shopfleet-{login}",
                    # A statement with filters that are mostly empty has no plan that suits all: PostgreSQL's generic
                    # one, taken after ten runs, made Today three times slower.
                    "options": "-c plan_cache_mode=force_custom_plan",
                },
            )
            event.listen(engine, "begin", _begin)
            _try_passwords(engine, list(login_passwords(master_keys, login).values()))
            self._engines[login] = engine

    def session(self, scope: Scope, *, snapshot: bool = False) -> Session:
        """A session whose every transaction runs in `scope` on the scope's login.

        `snapshot`: read-only, and all its reads see one moment, for what is read in many steps.
        """
        begin = _begin_statement(scope, snapshot)
        bound = self._engines[scope.login].execution_options(shopfleet_begin=begin)
        return Session(bind=bound, expire_on_commit=False, autoflush=True, info={"scope": scope})

    def system_session(self) -> Session:
        """A session of the system login: sign-in, webhook door, dispatcher. Sees ids and times, no tenant data."""
        bound = self._engines["system"].execution_options(shopfleet_begin="BEGIN")
        return Session(bind=bound, expire_on_commit=False, info={"scope": None})

    def warm(self) -> None:
        """Connects every login once, so that no forked turn has to learn the server's dialect; leaves nothing open."""
        for engine in self._engines.values():
            engine.raw_connection().close()
        self.dispose()

    def dispose(self) -> None:
        """Closes all pooled connections; called before a fork so that no socket crosses it."""
        for engine in self._engines.values():
            engine.dispose()


def connect_redis(url: str, **options: Any) -> Redis:
    """The bell rope. Whatever is in Redis may vanish at any time."""
    return Redis.from_url(url, **options)


def redis_in_a_hurry(url: str) -> ConnectionPool:
    """Connections for what a person waits for: they answer within a second or fail, and nothing is tried twice."""
    return ConnectionPool.from_url(
        url, socket_connect_timeout=1.0, socket_timeout=1.0, retry=Retry(NoBackoff(), 0), retry_on_error=[]
    )
