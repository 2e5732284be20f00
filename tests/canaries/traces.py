"""Everything that a run leaves behind where nobody should find a buyer or a secret: log files and all of Redis.

Redis forgets a bell as soon as it was heard, so its own MONITOR is written down from the first to the last command.
"""

from __future__ import annotations

import codecs
import re
import socket
import threading
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, cast

from redis import Redis

_WORD = re.compile(rb'"((?:[^"\\]|\\.)*)"')


class Overheard:
    """Every command that a Redis on a Unix socket is given, from `start` to `stop`, as the bytes that were sent."""

    def __init__(self, url: str) -> None:
        self._client = Redis.from_url(url)
        self._socket = socket.socket(socket.AF_UNIX)
        self._lines: list[bytes] = []
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def start(self) -> None:
        """Listens from now on."""
        self._socket.connect(self._client.connection_pool.connection_kwargs["path"])
        self._socket.sendall(b"MONITOR\r\n")
        self._thread.start()

    def stop(self) -> None:
        """Listens no more; what was sent before is there."""
        self._client.set("the-end", "of listening")
        self._thread.join(timeout=20)
        assert not self._thread.is_alive()
        self._socket.close()
        self._client.delete("the-end")
        self._client.close()

    def words(self) -> Iterator[bytes]:
        """Each argument of each command; a compressed one also as it was before."""
        for line in self._lines:
            for match in _WORD.finditer(line):
                yield from both_ways(cast(bytes, codecs.escape_decode(match[1])[0]))

    def _listen(self) -> None:
        with self._socket.makefile("rb") as sent:
            for line in sent:
                self._lines.append(line)
                if b'"of listening"' in line:
                    return


def both_ways(value: bytes) -> Iterator[bytes]:
    """The value, and what it says when it is compressed."""
    yield value
    try:
        yield zlib.decompress(value)
    except zlib.error:
        return


def kept_in(client: Redis) -> Iterator[bytes]:
    """Every key that Redis still holds, with all of its fields and members."""
    for key in cast(Iterable[bytes], client.scan_iter()):
        yield key
        kind = cast(bytes, client.type(key)).decode()
        read: dict[str, Any] = {
            "string": lambda key: [client.get(key)],
            "hash": lambda key: [part for pair in cast(Any, client.hgetall(key)).items() for part in pair],
            "list": lambda key: client.lrange(key, 0, -1),
            "set": client.smembers,
            "zset": lambda key: client.zrange(key, 0, -1),
            "stream": lambda key: [repr(client.xrange(key)).encode()],
        }
        for value in read[kind](key):
            yield from both_ways(value)


def log_files(*folders: Path) -> Iterator[bytes]:
    """Every log file below these folders."""
    for folder in folders:
        for path in sorted(folder.rglob("*.log*")):
            yield path.read_bytes()


def found_in(blobs: Iterable[bytes], canaries: Iterable[str]) -> tuple[int, list[str]]:
    """Bytes that were searched, and the canaries that were found in them."""
    wanted = {canary: canary.encode() for canary in canaries}
    size, found = 0, set[str]()
    for blob in blobs:
        size += len(blob)
        found |= {canary for canary, raw in wanted.items() if raw in blob}
    return size, sorted(found)
