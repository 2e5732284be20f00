"""Too much of anything is refused in our own shape, before it is read."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.desk import Desk, open_desk

OURS = {"Sec-Fetch-Site": "same-origin"}
MIB = 1024 * 1024


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with open_desk() as made:
        yield made


class Unread(io.RawIOBase):
    """A body that must not be touched."""

    def readable(self) -> bool:
        return True

    def readinto(self, _buffer: Any) -> int:
        raise AssertionError("the body was read")


def _announce(desk: Desk, path: str, length: int, **more: str) -> TestResponse:
    """A request that says how long its body is and would fail the test if somebody read it."""
    environ: Any = {"CONTENT_LENGTH": str(length), "wsgi.input": Unread()}
    web = desk.web()
    return web.open(path, method="POST", environ_overrides=environ, headers=OURS | more)


@pytest.mark.parametrize(
    ("path", "limit"),
    [
        ("/webhooks/tiktok", 64 * 1024),
        ("/webhooks/rest/00000000-0000-0000-0000-000000000000", 64 * 1024),
        ("/login", MIB),
        ("/api/v1/sessions", MIB),
        ("/api/v1/switches", MIB),
        ("/nothing/here", MIB),
    ],
)
def test_a_body_over_its_limit_is_refused_by_its_announced_length(desk: Desk, path: str, limit: int) -> None:
    answer = _announce(desk, path, limit + 1)
    assert answer.status_code == 413
    assert "Send less at once" in answer.text
    json_door = path.startswith(("/api/", "/webhooks/"))
    assert answer.mimetype == ("application/problem+json" if json_door else "text/html")


def test_a_body_without_an_announced_length_is_read_up_to_its_limit_only(desk: Desk) -> None:
    class Endless(io.RawIOBase):
        given = 0

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            self.given += len(buffer)
            buffer[:] = b"x" * len(buffer)
            return len(buffer)

    form, parts = "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"
    for path, limit, sent in (
        ("/webhooks/tiktok", 64 * 1024, ""),
        ("/login", MIB, form),
        ("/login", MIB, parts),
    ):
        endless = Endless()
        environ: Any = {"wsgi.input_terminated": True, "wsgi.input": endless}
        kind = {"Content-Type": sent}
        answer = desk.web().open(path, method="POST", environ_overrides=environ, headers=OURS | kind)
        assert answer.status_code == 413, path
        assert endless.given <= limit + 256 * 1024, path


def test_a_body_without_an_announced_length_up_to_the_limit_is_read_whole(desk: Desk) -> None:
    terminated: Any = {"wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
    for size, status in ((64 * 1024, 401), (64 * 1024 + 1, 413), (128 * 1024, 413)):
        answer = desk.web().post("/webhooks/tiktok", data=b"x" * size, environ_overrides=terminated)
        assert answer.status_code == status, size


@pytest.mark.parametrize("fields", [200, 500_000])
def test_a_form_has_at_most_200_fields(desk: Desk, fields: int) -> None:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = desk.web().post("/login", data="&".join(["a"] * (fields + 1)), headers=OURS | kind)
    assert answer.status_code == 413
    parts = b"".join(
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n' for _ in range(min(fields + 1, 5_000))
    )
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    assert desk.web().post("/login", data=parts + b"--x--\r\n", headers=OURS | kind).status_code == 413


def test_a_form_of_200_fields_is_read(desk: Desk) -> None:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = desk.web().post("/login", data="&".join(["a=1"] * 200), headers=OURS | kind)
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/login", "text/html"), ("/api/v1/orders", "application/problem+json"), ("/x", "text/html")],
)
def test_a_long_address_and_long_headers_are_refused_in_the_doors_own_shape(
    desk: Desk, path: str, kind: str
) -> None:
    long = desk.web().get(f"{path}?q={'x' * 4_001}")
    assert (long.status_code, long.mimetype) == (414, kind)
    assert "too long" in long.text
    heavy = desk.web().get(path, headers={"X-Fake": "x" * 16_400})
    assert (heavy.status_code, heavy.mimetype) == (431, kind)
    assert "cookies" in heavy.text
    many = desk.web().get(path, headers={f"X-Fake-{number}": "1" for number in range(61)})
    assert many.status_code == 431


def test_what_people_really_send_stays_below_the_limits(desk: Desk) -> None:
    headers = {"X-Fake": "x" * 4_000, "User-Agent": "fake " * 40}
    assert desk.web().get(f"/login?next=/orders?q={'x' * 2_000}", headers=headers).status_code == 200
