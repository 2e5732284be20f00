"""Names for fault points, read from what is going on: the lane, the kind of write, the step, the moment.

    purchase.place.send.rest supplier create.sending        dispatcher.round.before_commit
    orders.store.before_commit                              runtime.turn.after_pop

The step is the nearest function of the workers (or of the web door) on the stack; where a function has several
transactions, their number in the order of the lines follows. So a new commit or call gets a name by itself.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from dataclasses import dataclass
from functools import cache
from types import CodeType, FrameType
from typing import Any

from flask import has_request_context, request

from agency.lanes import Turn
from agency.models.effects import Effect

_OPENERS = {"work", "transaction", "system_transaction"}
_NOT_STEPS = ("workers.context", "workers.bells")
_BETWEEN_TURNS = ("workers.runtime", "workers.dispatcher", "workers.worker")


@dataclass(frozen=True)
class Place:
    """Where a process is: the name, and whose work it is (0 where that is not known)."""

    name: str
    client_id: int = 0
    lane_id: int = 0


class Namer:
    """Names places; remembers the turn of this process, since threads of a pool do not have it on their stack."""

    def __init__(self) -> None:
        self._turn: Turn | None = None

    def place(self, moment: str, what: str) -> Place:
        """The place at which the caller's caller has arrived."""
        frames = _our_frames(inspect.currentframe())
        turn = self._turn_of(frames)
        effect = next((found for frame in frames if (found := _local(frame, Effect)) is not None), None)
        area = turn.api if turn is not None else _area(frames)
        parts = [area, effect.kind if effect is not None else "", _step(frames), what or _endpoint(), moment]
        name = ".".join(part for part in parts if part)
        return Place(name, turn.client_id if turn else 0, turn.lane_id if turn else 0)

    def _turn_of(self, frames: list[FrameType]) -> Turn | None:
        for frame in frames:
            found = _local(frame, Turn)
            if found is not None:
                self._turn = found
                return self._turn
        in_pool = bool(frames) and frames[0].f_globals["__name__"] not in _BETWEEN_TURNS
        return self._turn if in_pool else None


def _our_frames(frame: FrameType | None) -> list[FrameType]:
    """Frames of the workers or the web, nearest first."""
    found = []
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        ours = module.startswith(("workers.", "agency.web", "agency.api"))
        if ours and module not in _NOT_STEPS and frame.f_code.co_name != "run_worker":
            found.append(frame)
        frame = frame.f_back
    return found


def _local(frame: FrameType, kind: type[Any]) -> Any:
    """What a function was given of this kind; what a loop of it goes through is not what it is about."""
    code = frame.f_code
    given = {*code.co_varnames[: code.co_argcount], *code.co_freevars, "taken"}
    for name in ("turn", "taken", "effect"):
        value = frame.f_locals.get(name) if name in given else None
        if isinstance(value, kind):
            return value
    return None


def _area(frames: list[FrameType]) -> str:
    module = frames[-1].f_globals["__name__"] if frames else "nowhere"
    return "web" if module.startswith("agency.") else str(module).rpartition(".")[2]


def _endpoint() -> str:
    return str(request.endpoint) if has_request_context() else ""


def _step(frames: list[FrameType]) -> str:
    # A comprehension has a frame of its own, and no name that says anything.
    frame = next((frame for frame in frames if not frame.f_code.co_name.startswith("<")), None)
    if frame is None:
        return ""
    word = frame.f_code.co_name.strip("_")
    number = _number(frame.f_code, frame.f_lineno)
    return f"{word}.{number}" if number else word


@cache
def _number(code: CodeType, line: int) -> int:
    """Which of its function's transactions this is; 0 when the function has only one, or none here."""
    source, first = inspect.getsourcelines(code)
    tree = ast.parse(textwrap.dedent("".join(source)))
    lines = sorted(
        node.lineno + first - 1 for node in ast.walk(tree) if isinstance(node, ast.With) and _opens(node)
    )
    return lines.index(line) + 1 if len(lines) > 1 and line in lines else 0


def _opens(node: ast.With) -> bool:
    called = [item.context_expr.func for item in node.items if isinstance(item.context_expr, ast.Call)]
    words = {getattr(func, "attr", getattr(func, "id", "")) for func in called}
    return bool(words & _OPENERS)
