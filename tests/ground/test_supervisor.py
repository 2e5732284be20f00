"""The supervisor: the fallen are started again, a signal ends all, and nothing is left running."""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from agency.children import list_children
from agency.embedded import start_redis
from agency.supervisor import Child, Supervisor
from agency.supervisor_summary import Screen
from tests.ground.processes import ends_within, kill_and_close, read_numbers, start_python

WAIT = "import sys, time; print('ready', flush=True); time.sleep(600)"
STUBBORN = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
print(os.getpid(), flush=True)
time.sleep(600)
"""
OWNER = """
import sys
from pathlib import Path
from agency.supervisor import Child, Supervisor
keeper = Supervisor(Path(sys.argv[1]))
def summary():
    print(*(post.process.pid for post in keeper._posts), flush=True)
    return "shown"
keeper.run([Child("one", (sys.executable, "-c", sys.argv[2])), Child("two", ("/bin/sleep", "600"))], summary, 600)
"""


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


def until(ready: Callable[[], bool], stop: Callable[[], object]) -> Callable[[], str]:
    """Make a summary that ends the run as soon as something is so."""

    def summary() -> str:
        if ready():
            stop()
        return "one\ntwo"

    return summary


@pytest.fixture
def supervisor(tmp_path: Path) -> Supervisor:
    return Supervisor(tmp_path, screen=Screen(io.StringIO()), stop_seconds=0.5)


def printed(log: Path, words: int = 1) -> bool:
    return log.exists() and len(log.read_text(encoding="utf-8").split()) >= words


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_run_and_every_child(
    supervisor: Supervisor, tmp_path: Path, number: signal.Signals
) -> None:
    before = list_children()
    handler = signal.getsignal(number)
    summary = until(lambda: printed(tmp_path / "w.log"), lambda: os.kill(os.getpid(), number))
    assert supervisor.run([Child("w", python(WAIT)), Child("v", python(WAIT))], summary, 0.05) == 0
    assert list_children() == before
    assert signal.getsignal(number) is handler


def test_a_child_that_falls_is_started_again_ever_more_slowly(supervisor: Supervisor, tmp_path: Path) -> None:
    summary = until(lambda: supervisor.list_falls()["w"] >= 2, supervisor.request_stop)
    assert supervisor.run([Child("w", python("import time; print(time.monotonic())"))], summary, 0.05) == 0
    first, second = [float(word) for word in (tmp_path / "w.log").read_text(encoding="utf-8").split()][:2]
    assert second - first >= 0.5


def test_the_end_of_a_child_that_is_not_started_again_ends_the_run_with_its_last_words(
    tmp_path: Path,
) -> None:
    stream = io.StringIO()
    supervisor = Supervisor(tmp_path, screen=Screen(stream))
    children = [Child("web", python("print('no such table')"), restart=False), Child("w", python(WAIT))]
    before = list_children()
    assert supervisor.run(children, lambda: "", 0.05) == 1
    assert "web has ended: no such table (see " in stream.getvalue()
    assert list_children() == before


def test_stubborn_children_and_what_they_left_behind_are_killed(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    log = tmp_path / "w.log"
    summary = until(lambda: printed(log, 2), supervisor.request_stop)
    assert supervisor.run([Child("w", python(STUBBORN))], summary, 0.05) == 0
    assert all(ends_within(int(pid), 0) for pid in log.read_text(encoding="utf-8").split())


def test_children_do_not_outlive_a_killed_supervisor(tmp_path: Path) -> None:
    owner = start_python(OWNER, str(tmp_path), WAIT)
    pids = read_numbers(owner)
    kill_and_close(owner)
    assert len(pids) == 2
    assert all(ends_within(pid, 10) for pid in pids)


def test_a_fallen_server_is_started_again_at_its_address(tmp_path: Path) -> None:
    server = start_redis(tmp_path)
    stream = io.StringIO()
    supervisor = Supervisor(tmp_path / "logs", servers=[server], screen=Screen(stream))
    address, first = server.url, server.pid
    os.kill(first, signal.SIGKILL)
    supervisor.run([], until(lambda: server.pid != first, supervisor.request_stop), 0.05)
    assert (server.url, server.is_running()) == (address, True)
    assert "redis has ended and is started again" in stream.getvalue()
    server.stop()


def test_one_old_log_is_kept(supervisor: Supervisor, tmp_path: Path) -> None:
    for word in ("first", "second", "third"):
        child = Child("w", python(f"print('{word}')"), restart=False)
        supervisor.run([child], lambda: "", 0.05)
    assert (tmp_path / "w.log").read_text(encoding="utf-8") == "third\n"
    assert (tmp_path / "w.log.old").read_text(encoding="utf-8") == "second\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["w.log", "w.log.old"]


def test_a_summary_that_fails_is_shown_as_such_and_takes_nothing_down(tmp_path: Path) -> None:
    stream = io.StringIO()
    supervisor = Supervisor(tmp_path, screen=Screen(stream))

    def summary() -> str:
        supervisor.request_stop()
        raise ConnectionError("the database is away")

    assert supervisor.run([Child("w", python(WAIT))], summary, 0.05) == 0
    assert "no figures just now: ConnectionError: the database is away" in stream.getvalue()


def test_on_a_terminal_the_summary_is_redrawn_in_place() -> None:
    stream = Terminal()
    screen = Screen(stream)
    screen.show("one\ntwo")
    screen.show("three")
    screen.say("a sentence that stays")
    assert stream.getvalue() == "one\ntwo\n\x1b[2F\x1b[Jthree\n\x1b[1F\x1b[Ja sentence that stays\n"


def test_without_a_terminal_the_summary_is_one_line_now_and_then() -> None:
    stream = io.StringIO()
    screen = Screen(stream)
    screen.show("one\n  two")
    screen.show("too early")
    assert stream.getvalue() == "one | two\n"


def test_text_from_outside_cannot_steer_the_terminal() -> None:
    stream = Terminal()
    Screen(stream).show("shop \x1b[31mred\x07")
    assert stream.getvalue() == "shop  [31mred \n"
