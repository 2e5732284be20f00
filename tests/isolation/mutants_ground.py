"""Faults in the ground: scopes of transactions and turns, and what a job may be."""

from __future__ import annotations

from tests.isolation.mutants import TABLES, WORKERS, Mutant, through

GROUND = {
    "a client's scope without its client": Mutant(
        "agency/domain/scope.py",
        '            values["app.client_id"] = self.client_id',
        "            pass",
        through("GET /client"),
        "got 500",
    ),
    "a transaction without its scope": Mutant(
        "agency/extensions.py",
        "    return start + settings",
        "    return start",
        through("GET /orders"),
        "unrecognized configuration parameter",
    ),
    "a scope that outlives its transaction": Mutant(
        "agency/extensions.py",
        'f"; SET LOCAL {name}',
        'f"; SET {name}',
        (f"{TABLES}::test_a_pooled_connection_forgets_its_scope",),
        "AssertionError",
    ),
    "a transaction that starts without a scope": Mutant(
        "agency/extensions.py",
        '        raise ScopeMissing("This transaction has no scope; open it with transaction(scope).")',
        '        statement = "BEGIN"',
        (f"{TABLES}::test_a_transaction_without_a_scope_cannot_start",),
        "DID NOT RAISE",
    ),
    "a client in a transaction that writes": Mutant(
        "agency/extensions.py",
        'scope.login == "portal" or scope.read_only',
        "scope.read_only",
        (f"{TABLES}::test_a_client_reads_in_a_transaction_that_cannot_write",),
        "'off' == 'on'",
    ),
    "every turn in the first agency's scope": Mutant(
        "workers/context.py",
        "worker_scope(turn.agency_id,",
        "worker_scope(1001,",
        (f"{WORKERS}::test_the_scope_of_a_turn_is_that_of_its_lane_row",),
        "assert",
    ),
    "any function in a job": Mutant(
        "workers/bells.py", "    if function != JOB or ", "    if ", (WORKERS,), "a function of the tests"
    ),
    "extra names in a job": Mutant(
        "workers/bells.py", " or kwargs or ", " or ", (WORKERS,), "an agency of its choice"
    ),
    "text for a lane's id": Mutant(
        "workers/bells.py", "type(part) is int and ", "", (WORKERS,), "an id as text"
    ),
    "functions for afterwards": Mutant(
        "workers/bells.py",
        "    success_callback = failure_callback = stopped_callback = property(lambda self: None)\n",
        "",
        (f"{WORKERS}::test_a_job_cannot_name_a_function_for_afterwards",),
        "== []",
    ),
    "any fence": Mutant(
        "agency/lanes.py",
        "    where id = :lane_id and fence = :fence and (select at_home())\n    returning id",
        "    where id = :lane_id and (select at_home())\n    returning id",
        (WORKERS,),
        "a forged fence",
    ),
}
