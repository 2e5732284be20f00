"""Bought once under every order of events that the model finds; and the model finds the mistakes it is there for."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.desk import Desk
from tests.model.machine import machine_on, steps
from workers.context import Context

STEPS = 10_000


def test_ten_thousand_steps_buy_nothing_twice(desk: Desk, context: Context) -> None:
    rules = settings(
        max_examples=300, stateful_step_count=40, deadline=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    steps.clear()
    with machine_on(desk, context) as machine:
        run_state_machine_as_test(machine, settings=rules)
    assert steps["checked"] >= STEPS
