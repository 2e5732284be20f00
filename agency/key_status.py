"""`shopfleet keys status`: what is sealed under which key. Counts and ids of keys, nothing that is secret."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from agency.boot import Booted
from agency.domain.scope import worker_scope
from agency.services.key_counts import KeyCounts, count_keys, count_system
from agency.services.rotations import is_rotating, list_agencies
from agency.services.sealed_columns import SYSTEM_COLUMNS
from agency.services.sealing import Keyring
from agency.transaction import system_transaction, transaction


def show_status(booted: Booted) -> int:
    """Prints one line per count; exit code 0."""
    counts = KeyCounts()
    with system_transaction(booted.database) as session:
        agencies, unfinished = list_agencies(session), is_rotating(session)
        for sealed in SYSTEM_COLUMNS:
            if sealed.login == "system":
                count_system(session, sealed, counts)
    for agency_id in agencies:
        with transaction(booted.database, worker_scope(agency_id, "rule:keys")) as session:
            counts.add(count_keys(session))
            for sealed in SYSTEM_COLUMNS:
                if sealed.login == "staff":
                    count_system(session, sealed, counts)
    masters = [master.id for master in Keyring(booted.master_key).masters]
    for line in _describe(masters, counts):
        sys.stdout.write(f"{line}\n")
    if unfinished:
        sys.stdout.write("A rotation is not finished: run `shopfleet keys rotate` again.\n")
    return 0


def _describe(masters: Sequence[str], counts: KeyCounts) -> Iterator[str]:
    for number, master in enumerate(masters):
        if number == 0:
            yield f"Master key {master} (newest): wraps {counts.wrapped[master]} data keys"
            continue
        left = counts.left_under(master)
        needed = f"still needed for {left}" if left else "no longer needed here"
        yield f"Master key {master} (older): wraps {counts.wrapped[master]} data keys; {needed}"
    for master in sorted(set(counts.wrapped) - set(masters)):
        what = f"Master key {master} (not configured)" if master else "A master key not written down"
        yield f"{what}: wraps {counts.wrapped[master]} data keys"
    for (column, version, state), count in sorted(counts.values.items()):
        yield f"{column}: {count} under data key version {version} ({state})"
    for (column, master), count in sorted(counts.system.items()):
        yield f"{column}: {count} under master key {master}"
