"""The simulator's memory: one SQLite file holding JSON documents, an agenda of what falls due, and an outbox."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Doc = dict[str, Any]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (kind TEXT, id TEXT, doc TEXT NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS agenda (due REAL NOT NULL, kind TEXT, id TEXT, payload TEXT, PRIMARY KEY (kind, id));
CREATE INDEX IF NOT EXISTS agenda_due ON agenda (due);
CREATE TABLE IF NOT EXISTS outbox (id INTEGER PRIMARY KEY, due REAL NOT NULL, attempts INTEGER NOT NULL,
  doc TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS outbox_due ON outbox (due);
CREATE TABLE IF NOT EXISTS orders (id TEXT PRIMARY KEY, shop_id TEXT NOT NULL, status TEXT NOT NULL,
  create_time INTEGER NOT NULL, update_time INTEGER NOT NULL, shipping_type TEXT, user_id TEXT, warehouse_id TEXT,
  cancel_requested INTEGER NOT NULL, doc TEXT NOT NULL, own TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS orders_updated ON orders (shop_id, update_time, id);
CREATE INDEX IF NOT EXISTS orders_created ON orders (shop_id, create_time, id);
CREATE TABLE IF NOT EXISTS lines (id TEXT PRIMARY KEY, order_id TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS packages (id TEXT PRIMARY KEY, order_id TEXT NOT NULL, shop_id TEXT NOT NULL,
  number TEXT NOT NULL, status TEXT NOT NULL, create_time INTEGER NOT NULL, update_time INTEGER NOT NULL,
  doc TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS packages_order ON packages (order_id);
CREATE INDEX IF NOT EXISTS packages_number ON packages (number);
CREATE INDEX IF NOT EXISTS packages_updated ON packages (shop_id, update_time, id);
CREATE TABLE IF NOT EXISTS supplier_orders (id TEXT PRIMARY KEY, kind TEXT NOT NULL, account TEXT NOT NULL,
  reference TEXT NOT NULL, seq INTEGER NOT NULL, doc TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS timings (order_id TEXT PRIMARY KEY, shop_id TEXT NOT NULL, told REAL NOT NULL, bought REAL)
  WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS supplier_orders_reference ON supplier_orders (kind, account, reference);
"""


class Book:
    """One connection, one lock: whoever acts, acts alone, and all of an act is kept or none of it."""

    def __init__(self, path: str) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self._tallies: Counter[str] = Counter()
        self._tally_lock = threading.Lock()
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        try:
            self._db.execute("PRAGMA journal_mode=WAL")
        except sqlite3.DatabaseError as problem:
            self._db.close()
            raise ValueError(
                f"{path} is not a state file of the simulator: move it away or name another"
            ) from problem
        # NORMAL keeps every commit when this process is killed; only a power cut could lose the last ones.
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute("PRAGMA busy_timeout=5000")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Write what is still counted in memory and close the file."""
        with self.transaction():
            pass
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the book; commit at the end, or roll back when the block raises. Nests."""
        with self._lock:
            if self._depth:
                yield
                return
            self._db.execute("BEGIN IMMEDIATE")
            self._depth = 1
            try:
                self._write_tallies()
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            else:
                self._db.execute("COMMIT")
            finally:
                self._depth = 0

    def sql(self, statement: str, *values: Any) -> list[sqlite3.Row]:
        """Run one statement inside the caller's transaction."""
        return self._db.execute(statement, values).fetchall()

    # documents

    def find(self, kind: str, key: str) -> Doc | None:
        """The document of that kind and id, or None."""
        rows = self.sql("SELECT doc FROM documents WHERE kind=? AND id=?", kind, key)
        return json.loads(rows[0]["doc"]) if rows else None

    def put(self, kind: str, key: str, doc: Doc) -> None:
        """Store a document, replacing the former one."""
        self.sql("INSERT OR REPLACE INTO documents VALUES (?,?,?)", kind, key, dump(doc))

    def every(self, kind: str) -> list[Doc]:
        """All documents of a kind in id order."""
        return [
            json.loads(row["doc"])
            for row in self.sql("SELECT doc FROM documents WHERE kind=? ORDER BY id", kind)
        ]

    # numbers

    def next_number(self, name: str) -> int:
        """The next number of a named sequence, from 1."""
        rows = self.sql(
            "INSERT INTO counters VALUES (?,1) ON CONFLICT (name) DO UPDATE SET n=n+1 RETURNING n",
            "seq:" + name,
        )
        return int(rows[0]["n"])

    def tally(self, name: str, by: int = 1) -> None:
        """Count something that must survive even when the act around it is undone."""
        with self._tally_lock:
            self._tallies[name] += by

    def tallied(self, name: str) -> int:
        """What has been counted under a name."""
        rows = self.sql("SELECT n FROM counters WHERE name=?", "tally:" + name)
        with self._tally_lock:
            return (int(rows[0]["n"]) if rows else 0) + self._tallies[name]

    def _write_tallies(self) -> None:
        with self._tally_lock:
            pending, self._tallies = self._tallies, Counter()
        for name, by in pending.items():
            self.sql(
                "INSERT INTO counters VALUES (?,?) ON CONFLICT (name) DO UPDATE SET n=n+excluded.n",
                "tally:" + name,
                by,
            )

    # agenda

    def plan(self, due: float, kind: str, key: str, payload: Doc | None = None) -> None:
        """Put an event on the agenda at shop time `due`; one event per kind and id, the newest plan counts."""
        text = None if payload is None else dump(payload)
        self.sql("INSERT OR REPLACE INTO agenda VALUES (?,?,?,?)", due, kind, key, text)

    def unplan(self, kind: str, key: str) -> None:
        """Take an event off the agenda."""
        self.sql("DELETE FROM agenda WHERE kind=? AND id=?", kind, key)

    def take_due(self, now: float) -> sqlite3.Row | None:
        """Remove and return the earliest event that is due, or None."""
        rows = self.sql("SELECT due, kind, id, payload FROM agenda WHERE due<=? ORDER BY due LIMIT 1", now)
        if not rows:
            return None
        self.unplan(rows[0]["kind"], rows[0]["id"])
        return rows[0]


def rows_of(value: Any) -> list[Doc]:
    """The objects in a list that a caller sent; anything else counts as none."""
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def dump(value: Any) -> str:
    """Compact JSON text."""
    return json.dumps(value, separators=(",", ":"))
