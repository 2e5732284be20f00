"""A picture in at most 256 colours: flat surfaces and letters need no more, and the file is a third as big.

Reads what browsers write (8 bits a channel, not interlaced). PNG: W3C recommendation, third edition, 2025.
"""

from __future__ import annotations

import struct
import zlib
from collections import Counter

_HEAD = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {2: 3, 6: 4}
Row = list[bytes]


def reduce_colours(picture: bytes, most: int = 256) -> bytes:
    """The same picture with a palette; rare colours become the nearest of the frequent ones."""
    width, rows = _read(picture)
    counted = Counter(colour for row in rows for colour in row)
    palette = [colour for colour, _times in counted.most_common(most)]
    place = {colour: _nearest(colour, palette) for colour in counted}
    body = b"".join(b"\0" + bytes(place[colour] for colour in row) for row in rows)
    head = struct.pack(">IIBBBBB", width, len(rows), 8, 3, 0, 0, 0)
    chunks = (
        (b"IHDR", head),
        (b"PLTE", b"".join(palette)),
        (b"IDAT", zlib.compress(body, 9)),
        (b"IEND", b""),
    )
    return _HEAD + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _nearest(colour: bytes, palette: list[bytes]) -> int:
    def distance(place: int) -> int:
        return sum((one - two) ** 2 for one, two in zip(colour, palette[place], strict=True))

    return min(range(len(palette)), key=distance)


def _read(picture: bytes) -> tuple[int, list[Row]]:
    """Width and rows of red, green and blue; a browser's picture of a page is opaque, so alpha is left out."""
    data, at, header = bytearray(), len(_HEAD), b""
    while at < len(picture):
        length, kind = struct.unpack(">I4s", picture[at : at + 8])
        body = picture[at + 8 : at + 8 + length]
        header = body if kind == b"IHDR" else header
        if kind == b"IDAT":
            data += body
        at += 12 + length
    width, _height, _depth, colours = struct.unpack(">IIBB", header[:10])
    size = _CHANNELS[colours]
    raw, step = zlib.decompress(bytes(data)), 1 + width * size
    line, rows = bytes(width * size), []
    for start in range(0, len(raw), step):
        line = _unfiltered(raw[start], raw[start + 1 : start + step], line, size)
        rows.append([line[place : place + 3] for place in range(0, len(line), size)])
    return width, rows


def _unfiltered(kind: int, line: bytes, above: bytes, size: int) -> bytes:
    """One row as it was before its filter; `above` is the row before it."""
    found = bytearray(line)
    for place in range(len(found)):
        left = found[place - size] if place >= size else 0
        corner = above[place - size] if place >= size else 0
        guess = (0, left, above[place], (left + above[place]) // 2, _paeth(left, above[place], corner))[kind]
        found[place] = (found[place] + guess) & 255
    return bytes(found)


def _paeth(left: int, up: int, corner: int) -> int:
    goal = left + up - corner
    return min((left, up, corner), key=lambda value: abs(goal - value))
