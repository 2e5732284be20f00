"""The live summary on the terminal: a few lines redrawn in place, or one line now and then where nobody looks."""

from __future__ import annotations

import re
import shutil
import sys
import time
from dataclasses import dataclass, field
from typing import TextIO

QUIET_SECONDS = 10.0
_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")


@dataclass
class Screen:
    """Shows text without scrolling the terminal away; without a terminal one line each `quiet_seconds`."""

    stream: TextIO = field(default_factory=lambda: sys.stdout)
    quiet_seconds: float = QUIET_SECONDS
    _height: int = field(default=0, init=False)
    _next_line_at: float = field(default=0.0, init=False)

    def show(self, text: str) -> None:
        """Replace the summary by this text; a line longer than the terminal is cut."""
        clean = _CONTROLS.sub(" ", text)
        if self.stream.isatty():
            self._redraw(clean.splitlines())
        elif time.monotonic() >= self._next_line_at:
            self._next_line_at = time.monotonic() + self.quiet_seconds
            self._write(" | ".join(line.strip() for line in clean.splitlines() if line.strip()) + "\n")

    def say(self, sentence: str) -> None:
        """Print a sentence that stays, above the summary."""
        self._erase()
        self._write(_CONTROLS.sub(" ", sentence) + "\n")

    def close(self) -> None:
        """Leave the last summary where it is and go on below it."""
        self._height = 0

    def _redraw(self, lines: list[str]) -> None:
        width, height = shutil.get_terminal_size()
        # A line that wraps, or more lines than the terminal has, would not be erased again.
        shown = [line[: width - 1] for line in lines[: height - 1]]
        self._erase()
        self._write("".join(f"{line}\n" for line in shown))
        self._height = len(shown)

    def _erase(self) -> None:
        if self._height:
            self._write(f"\x1b[{self._height}F\x1b[J")
            self._height = 0

    def _write(self, text: str) -> None:
        try:
            self.stream.write(text)
            self.stream.flush()
        except OSError:
            # The terminal or the pipe has gone; the work goes on and the logs have everything.
            self._height = 0
