"""What a logo may be: a PNG or a JPEG by its own first bytes, small enough in bytes and in pixels."""

from __future__ import annotations

import struct

from agency.domain.errors import Invalid

MOST_BYTES = 200_000
MOST_PIXELS = 1024  # on each side; a logo is shown 30 pixels high
_PNG = b"\x89PNG\r\n\x1a\n"
# The markers of JPEG that carry the size (ISO/IEC 10918-1, table B.1), without tables and arithmetic conditioning.
_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_NO_IMAGE = "This is no PNG or JPEG image. Save the logo as PNG and choose it again."


def check_logo(body: bytes) -> str:
    """The image's media type. Raises Invalid, naming the field `logo`, when it is none that we keep."""
    if not body:
        raise Invalid("logo", "Choose an image first.")
    if len(body) > MOST_BYTES:
        raise Invalid("logo", "This image is larger than 200 kB. Make it smaller and choose it again.")
    kind, size = ("image/png", _png_size(body)) if body.startswith(_PNG) else ("image/jpeg", _jpeg_size(body))
    if size is None or not all(size):
        raise Invalid("logo", _NO_IMAGE)
    if max(size) > MOST_PIXELS:
        raise Invalid(
            "logo", "This image has more than 1024 pixels on a side. Make it smaller and choose it again."
        )
    return kind


def _png_size(body: bytes) -> tuple[int, int] | None:
    if len(body) < 33 or body[12:16] != b"IHDR":
        return None
    width, height = struct.unpack(">II", body[16:24])
    return width, height


def _jpeg_size(body: bytes) -> tuple[int, int] | None:
    """Walks the segments up to the frame header; None for what is no JPEG."""
    if not body.startswith(b"\xff\xd8\xff"):
        return None
    at = 2
    while at + 9 <= len(body):
        if body[at] != 0xFF:
            return None
        marker = body[at + 1]
        if marker == 0xFF:  # padding
            at += 1
            continue
        length = int.from_bytes(body[at + 2 : at + 4], "big")
        if marker in _SIZES:
            height, width = struct.unpack(">HH", body[at + 5 : at + 9])
            return width, height
        if length < 2:
            return None
        at += 2 + length
    return None
