"""Places before and after every commit, every bell and every outside call, where a test may stop, kill or cut.

Nothing happens at them unless the process's own entry script installed a hook. There is no setting, no environment
variable and no address for that, so that a running installation cannot trip over it. The places stand at the few
seams that everything passes, so that a new commit or call has its own by itself; the hook reads from the stack what
is going on there and makes a name of it (tests/chaos/naming.py).
"""

from __future__ import annotations

from collections.abc import Callable

Hook = Callable[[str, str, str], None]
_hook: list[Hook] = []


def install(hook: Hook) -> None:
    """Has `hook(moment, what, call)` called at every place of this process and of what it forks."""
    _hook[:] = [hook]


def reach(moment: str, what: str = "", call: str = "") -> None:
    """One place: `moment` such as "before_commit"; of an outside call also its label and its method and address.

    The address comes without its query, which may hold secrets.
    """
    if _hook:
        _hook[0](moment, what, call)
