"""What may be a logo: told by the first bytes, never by a name or a claimed type."""

from __future__ import annotations

import pytest

from agency.domain.errors import Invalid
from agency.domain.images import MOST_BYTES, check_logo
from tests.images import jpeg_head, png


def test_png_and_jpeg_are_known_by_their_own_bytes() -> None:
    assert check_logo(png(120, 30)) == "image/png"
    assert check_logo(jpeg_head(120, 30)) == "image/jpeg"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "Choose an image first"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no PNG or JPEG"),
        (b"GIF89a" + b"\0" * 40, "no PNG or JPEG"),
        (b"\x89PNG\r\n\x1a\n", "no PNG or JPEG"),
        (b"\xff\xd8\xff\xe0\0\0", "no PNG or JPEG"),
        (png(0, 4), "no PNG or JPEG"),
        (png(2000, 2), "more than 1024 pixels"),
        (jpeg_head(10, 3000), "more than 1024 pixels"),
        (png() + b"\0" * MOST_BYTES, "larger than 200 kB"),
    ],
)
def test_anything_else_is_refused_with_the_remedy(body: bytes, message: str) -> None:
    with pytest.raises(Invalid, match=message) as refusal:
        check_logo(body)
    assert refusal.value.field == "logo"
