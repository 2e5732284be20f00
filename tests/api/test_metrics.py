"""The metrics endpoint: not there unless wanted, closed without its token, and figures without a single name."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from werkzeug.test import TestResponse

from agency.clock import Clock
from agency.config import BadSetting, load_settings
from tests.desk import Desk, open_desk
from tests.desk_rows import add_order
from workers.watcher import Watcher

TOKEN = "fake-metrics-token-of-32-letters"


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with open_desk(metrics_token=TOKEN) as desk:
        yield desk


def ask(desk: Desk, authorization: str) -> TestResponse:
    return desk.app.test_client().get("/metrics", headers={"Authorization": authorization})


def test_without_a_token_in_the_settings_there_is_no_such_page() -> None:
    with open_desk() as plain:
        assert ask(plain, "Bearer ").status_code == 404
        assert ask(plain, f"Bearer {TOKEN}").status_code == 404


@pytest.mark.parametrize(
    "shown", ["", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x"]
)
def test_a_wrong_token_gets_nothing(desk: Desk, shown: str) -> None:
    answer = ask(desk, shown)
    assert answer.status_code == 401
    assert "shopfleet_" not in answer.text


def test_a_signed_in_person_gets_nothing_by_that_alone(desk: Desk) -> None:
    assert desk.web("owner").get("/metrics").status_code == 401


def test_the_figures_say_how_it_stands_and_not_whose_it_is(desk: Desk) -> None:
    with desk.session() as session:
        add_order(session, desk.ours, "Luma")
    Watcher(desk.database, Clock(), counts=True).round()

    answer = ask(desk, f"Bearer {TOKEN}")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    lines = answer.text.splitlines()
    assert "shopfleet_ready 0" in lines  # no dispatcher and no worker here
    assert sum(float(line.split()[-1]) for line in lines if line.startswith("shopfleet_orders{")) == 1
    assert 'shopfleet_effects_open{state="review"} 0' in lines
    assert any(line.startswith('shopfleet_heartbeat_age_seconds{kind="watcher"} ') for line in lines)
    with desk.owner() as owner:
        names = owner.execute(
            "select name from shops union select name from clients union select name from agencies "
            "union select tiktok_order_id from orders union select public_id::text from shops"
        ).fetchall()
    assert len(names) > 4
    assert [name for (name,) in names if name in answer.text] == []


def test_every_line_is_in_the_text_format(desk: Desk) -> None:
    text = ask(desk, f"Bearer {TOKEN}").text
    assert text.endswith("\n")
    typed = [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE ")]
    assert len(typed) == len(set(typed))
    for line in text.splitlines():
        if not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            assert name.split("{")[0] in typed
            float(value)


def test_a_short_token_is_refused_at_the_start() -> None:
    with pytest.raises(BadSetting, match="METRICS_TOKEN"):
        load_settings({"METRICS_TOKEN": "short"})
