"""TikTok's codes become one of the four outside errors, and a write's doubt is never a refusal."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agency.domain.errors import CredentialsRejected, OutcomeUnknown, RefusalReason, Refused, Unavailable
from agency.integrations.http import RawAnswer
from agency.integrations.tiktok.errors import data_of


def answer(code: int | None, http: int = 200, message: str = "", **more: Any) -> RawAnswer:
    body = {"code": code, "message": message, "request_id": "R1", "data": more.pop("data", None)}
    return RawAnswer(http, more.pop("headers", {}), json.dumps(body).encode())


def read(given: RawAnswer) -> dict[str, Any]:
    return data_of(given, "tiktok test")


def write(given: RawAnswer) -> dict[str, Any]:
    return data_of(given, "tiktok test", "REF-1")


def test_success_gives_the_data() -> None:
    assert read(answer(0, data={"a": 1})) == {"a": 1}
    assert read(answer(0)) == {}


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (21011044, RefusalReason.ON_HOLD),
        (21011020, RefusalReason.ALREADY_DONE),
        (21011006, RefusalReason.ALREADY_DONE),
        (11006021, RefusalReason.ALREADY_DONE),
        (21011022, RefusalReason.TRACKING_INVALID),
        (11028006, RefusalReason.TRACKING_INVALID),
        (21004015, RefusalReason.TRACKING_INVALID),
        (21034012, RefusalReason.TRACKING_USED),
        (21011041, RefusalReason.ORDER_GONE),
        (21011049, RefusalReason.CORRECTION_CLOSED),
        (21011051, RefusalReason.CORRECTION_CLOSED),
        (21008106, RefusalReason.WRONG_KIND),
        (21011007, RefusalReason.NEEDS_ATTENTION),
        (99999999, RefusalReason.OTHER),
    ],
)
def test_business_codes_are_refusals_of_reads_and_writes(code: int, reason: str) -> None:
    for ask in (read, write):
        with pytest.raises(Refused) as caught:
            ask(answer(code, message="(paraphrased) no"))
        assert (caught.value.reason, caught.value.code) == (reason, str(code))


@pytest.mark.parametrize(
    ("code", "http", "expired"),
    [(105002, 401, True), (105002, 200, True), (105005, 401, False), (106001, 401, False), (106013, 400, False),
     (101000, 401, False), (36009033, 403, False), (36009043, 401, False), (36009044, 401, False)],
)  # fmt: skip
def test_credentials(code: int, http: int, expired: bool) -> None:
    with pytest.raises(CredentialsRejected) as caught:
        write(answer(code, http))

    assert caught.value.expired is expired


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("Invalid timestamp", Unavailable),
        ("Invalid token: x-tts-access-token is not known", CredentialsRejected),
        ("Invalid app_key", CredentialsRejected),
        ("Missing parameter: sign", CredentialsRejected),
        ("unexpected identifier", Refused),
        ("invalid shop_id", Refused),
        ("Invalid parameter: page_token", Refused),
        ("Missing parameter: tracking_number", Refused),
    ],
)
def test_one_number_for_many_causes_is_told_apart_by_its_words(message: str, kind: type[Exception]) -> None:
    for ask in (read, write):
        with pytest.raises(kind):
            ask(answer(36009004, 400, message))


@pytest.mark.parametrize("code", [36009002, 36009037, 0])
def test_too_many_requests_is_unavailable_with_the_time_to_wait(code: int) -> None:
    with pytest.raises(Unavailable) as caught:
        write(answer(code, 429, headers={"retry-after": "7"}))

    assert caught.value.retry_after == 7.0


def test_a_rate_limit_counts_whatever_the_http_status_says() -> None:
    with pytest.raises(Unavailable):
        write(answer(36009002, 200))


@pytest.mark.parametrize("code", [36009003, 36009007, 11001027, 21001011, 21022030])
def test_internal_errors_leave_a_write_in_doubt(code: int) -> None:
    with pytest.raises(Unavailable):
        read(answer(code))
    with pytest.raises(OutcomeUnknown):
        write(answer(code))


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(RawAnswer(502, {}, b"<html>bad gateway</html>"), id="html-502"),
        pytest.param(RawAnswer(200, {}, b"<html>maintenance</html>"), id="html-200"),
        pytest.param(RawAnswer(200, {}, b'{"data":{}}'), id="no-code"),
        pytest.param(RawAnswer(200, {}, b'{"code":"x"}'), id="code-is-a-word"),
        pytest.param(RawAnswer(200, {}, b"[]"), id="a-list"),
        pytest.param(RawAnswer(302, {"location": "/"}, b""), id="redirect"),
        pytest.param(answer(12345, 500), id="unknown-code-500"),
    ],
)
def test_an_answer_that_is_not_tiktoks_leaves_a_write_in_doubt(given: RawAnswer) -> None:
    with pytest.raises(Unavailable):
        read(given)
    with pytest.raises(OutcomeUnknown) as caught:
        write(given)
    assert caught.value.reference == "REF-1"


def test_a_refusal_hidden_in_a_success_is_found_for_writes() -> None:
    hidden = answer(0, data={"errors": [{"code": 21011044, "message": "on hold"}]})

    with pytest.raises(Refused) as caught:
        write(hidden)

    assert caught.value.reason == RefusalReason.ON_HOLD
    assert "errors" in read(hidden)
