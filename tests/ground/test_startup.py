"""What stops the program before it starts is one sentence that names the remedy."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path

import pytest

from agency.startup import (
    StartupProblem,
    folder_problem,
    hold_folder,
    make_folder,
    require_free_port,
    require_space,
)


def test_a_port_in_use_is_named_with_another_one_to_set() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(
            StartupProblem, match=f"^Port {port} is in use; set PORT .*PORT={port + 1} make run"
        ):
            require_free_port(port)


def test_a_free_port_passes_and_stays_free() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    require_free_port(port)
    require_free_port(port)


def test_a_disk_without_enough_room_is_named_with_what_is_needed(tmp_path: Path) -> None:
    with pytest.raises(StartupProblem, match=r"MiB free and \d+ MiB are needed; free some space"):
        require_space(tmp_path, 1 << 62)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_told_from_a_missing_right(number: int) -> None:
    assert "is full; free some space" in str(
        folder_problem(Path("data"), OSError(number, os.strerror(number)))
    )
    denied = folder_problem(Path("data"), PermissionError(errno.EACCES, "Permission denied"))
    assert "cannot be written (Permission denied); set SHOPFLEET_DATA" in str(denied)


def test_a_released_folder_can_be_held_again_and_is_private(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    hold = hold_folder(folder)
    with pytest.raises(StartupProblem, match="Another Shopfleet"):
        hold_folder(folder)
    hold.release()
    hold.release()
    hold_folder(folder).release()
    assert folder.stat().st_mode & 0o077 == 0


def test_a_folder_that_cannot_be_made_is_one_sentence_with_the_remedy() -> None:
    with pytest.raises(StartupProblem, match="SHOPFLEET_DATA") as problem:
        make_folder(Path("/proc/no-folder-can-be-made-here"))

    assert "\n" not in str(problem.value)
