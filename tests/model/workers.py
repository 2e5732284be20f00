"""Workers that stop where a process can stop or die: with the connection open, with the request out, with an answer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from agency.domain.effects import EffectState
from agency.domain.errors import OutcomeUnknown, RefusalReason, Refused, Unavailable
from agency.integrations.one_shot import MAX_PAUSE
from agency.lanes import Turn
from agency.models.effects import Effect
from tests.model.vendor import Vendor
from workers.attempts import Doubt, Write, attempt, note_stale, settle
from workers.context import Context


class Killed(BaseException):
    """The process is gone; nothing after this line runs."""


@dataclass
class Worker:
    """One process that serves one effect; the model lets it go on from stop to stop."""

    context: Context
    turn: Turn
    effect: Effect
    vendor: Vendor
    place: str = "starting"
    word: str = ""
    failure: BaseException | None = None
    _resume: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    _stopped: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def start(self) -> None:
        """Begins and runs to the first stop."""
        threading.Thread(target=self._run, daemon=True).start()
        self._stopped.acquire()

    def go_on(self, word: str) -> None:
        """Goes on from a stop; `word` is what happens there."""
        self.word = word
        self._resume.release()
        self._stopped.acquire()
        if self.failure is not None:
            raise self.failure

    @property
    def is_over(self) -> bool:
        """True once the process has ended, well or not."""
        return self.place == "over"

    def _run(self) -> None:
        try:
            self._serve()
        except Killed:
            pass
        except BaseException as failure:
            self.failure = failure
        self.place = "over"
        self._stopped.release()

    def _stop(self, place: str) -> str:
        self.place = place
        self._stopped.release()
        self._resume.acquire()
        if self.word == "killed":
            raise Killed
        return self.word

    def _serve(self) -> None:
        """What a turn does with an effect that is due."""
        if self.effect.state == EffectState.INTENDED:
            attempt(self.context, self.turn, self.effect, _write(self._prepare))
        elif self.effect.state == EffectState.SENDING:
            note_stale(self.context, self.turn, self.effect, lambda *_said: None)
        else:
            settle(self.context, self.turn, self.effect, self._doubt())

    def _prepare(self) -> _Request:
        self._stop("prepared")
        return _Request(self)

    def _doubt(self) -> Doubt[str]:
        nothing: Callable[..., None] = lambda *_said: None  # noqa: E731
        return Doubt(self.vendor.memory, self._find, nothing, nothing, nothing)

    def _find(self) -> str | None:
        found = self.vendor.finds(self.effect.key)
        if self._stop("looked") == "no answer":
            raise Unavailable("the look-up failed")
        return "found" if found else None


@dataclass
class _Request:
    """One request with its connection open."""

    worker: Worker

    def send(self, _since: float) -> str:
        """Writes it; what comes of that is the model's word."""
        worker, vendor = self.worker, self.worker.vendor
        committed_at = vendor.clock
        key = worker.effect.key
        word = worker._stop("sending")
        if vendor.clock - committed_at > timedelta(seconds=MAX_PAUSE):  # as OneShot does
            raise OutcomeUnknown(key, "slept since the commit; not sent")
        if word == "slow":
            vendor.send_slowly(key)
        elif word in ("yes", "answer lost", "killed after"):
            vendor.act(key)
        if word == "refused" and not vendor.knows(key):
            raise Refused(RefusalReason.OUT_OF_STOCK, "none left")
        if word == "busy":
            raise Unavailable("busy")
        if word in ("slow", "answer lost", "request lost"):
            raise OutcomeUnknown(key, word)
        if word == "killed after" or worker._stop("answered") == "killed":
            raise Killed
        return "yes"

    def close(self) -> None:
        """Nothing to give back."""


def _write(prepare: Callable[[], _Request]) -> Write[str]:
    nothing: Callable[..., None] = lambda *_said: None  # noqa: E731
    return Write(prepare, nothing, nothing, nothing, nothing, nothing)
