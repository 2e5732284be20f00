"""Turns a fresh Python into another program that dies with its parent; run by its path, never imported.

    python -I -S child_launcher.py PARENT SIGNAL IDENTITY PROGRAM [ARGUMENT ...]

PARENT is the process id that must still be our parent, SIGNAL the number that the kernel sends us when it
dies (prctl(2), PR_SET_PDEATHSIG), IDENTITY one of: `same`; `namespace:UID`, a user namespace in which we are
UID while files stay owned as they are (user_namespaces(7)); `user:UID:GID`, for which we must be root.
A program instead of `preexec_fn`: Python code between fork and exec can lock up in a process with threads.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from pathlib import Path

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1
CANNOT_BECOME = 78


def _checked(result: int, call: str) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), f"{call}: {os.strerror(ctypes.get_errno())}")


def _enter_namespace(libc: ctypes.CDLL, uid: int) -> None:
    outer_uid, outer_gid = os.geteuid(), os.getegid()
    _checked(libc.unshare(CLONE_NEWUSER), "unshare")
    Path("/proc/self/uid_map").write_text(f"{uid} {outer_uid} 1\n", encoding="ascii")
    # Without this the kernel refuses a group map written by the process itself.
    Path("/proc/self/setgroups").write_text("deny\n", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{uid} {outer_gid} 1\n", encoding="ascii")


def _become(libc: ctypes.CDLL, identity: str) -> None:
    kind, *numbers = identity.split(":")
    if kind == "namespace":
        _enter_namespace(libc, int(numbers[0]))
    elif kind == "user":
        os.setgroups([])
        os.setgid(int(numbers[1]))
        os.setuid(int(numbers[0]))


def main(arguments: list[str]) -> None:
    """Take the identity, tie our life to the parent's, and become the program; return only on failure."""
    parent, death_signal, identity, *program = arguments
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        _become(libc, identity)
        # After the identity: the kernel forgets the death signal when credentials change.
        _checked(libc.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0), "prctl")
    except OSError as error:
        sys.stderr.write(f"cannot become {identity}: {error}\n")
        return
    if os.getppid() != int(parent):
        return
    # Python ignores SIGPIPE and the next program would inherit that.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    os.execv(program[0], program)


if __name__ == "__main__":
    main(sys.argv[1:])
    sys.exit(CANNOT_BECOME)
