"""The bundled PostgreSQL and Redis, started as our children when no URL is configured.

Belongs here: finding the binaries of the wheels, the data folder, the identity, starting and stopping.
Does not belong here: tables, logins, migrations, who else runs beside them (agency/supervisor.py).
May import the standard library, psycopg, and of ours only `startup` and `children`.
"""

from agency.embedded.postgres import start_postgres
from agency.embedded.redis import start_redis
from agency.embedded.server import EmbeddedServer
from agency.startup import StartupProblem

__all__ = ["EmbeddedServer", "StartupProblem", "start_postgres", "start_redis"]
