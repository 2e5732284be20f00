"""What RQ rings resolves to code of ours, and every kind of lane has exactly one way of being served."""

from __future__ import annotations

import importlib
import inspect

from agency.lanes import ClaimedLane, Turn
from agency.models.lanes import LANE_APIS
from tests.house.source import layer_of, modules
from workers import bells, runtime
from workers.context import Context


def test_the_job_that_the_dispatcher_rings_exists_and_takes_what_a_bell_carries() -> None:
    module, name = bells.JOB.rsplit(".", 1)
    job = getattr(importlib.import_module(module), name)
    assert job is runtime.turn
    assert list(inspect.signature(job).parameters) == list(ClaimedLane.__dataclass_fields__)


def test_every_lane_has_a_handler_and_every_handler_a_lane() -> None:
    assert set(runtime.HANDLERS) == set(LANE_APIS)


def test_every_handler_takes_a_context_and_a_turn_and_gives_a_result() -> None:
    for api, handler in runtime.HANDLERS.items():
        signature = inspect.signature(handler, eval_str=True)
        kinds = [parameter.annotation for parameter in signature.parameters.values()]
        assert kinds == [Context, Turn], api
        assert signature.return_annotation.__name__ == "TurnResult", api


def test_only_the_dispatcher_rings() -> None:
    """Nothing is enqueued in a transaction or in a web request: the dispatcher finds the due lane after the commit."""

    def using(*needles: str) -> set[str]:
        ours = [module for module in modules() if layer_of(module.name) != "simulator"]
        return {
            m.name for m in ours if any(needle in m.path.read_text(encoding="utf-8") for needle in needles)
        }

    assert using(".enqueue(", ".enqueue_in(", ".enqueue_at(", "enqueue_many(") == {"workers.bells"}
    assert using(".ring(") == {"workers.dispatcher"}
