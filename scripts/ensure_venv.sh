#!/bin/sh
# Makes .venv hold exactly what a lock file says, and this project; does nothing when it already does.
# Usage: scripts/ensure_venv.sh LOCK_FILE      PYTHON=... names the Python to use.
set -eu
cd "$(dirname "$0")/.."
lock=$1
stamp=.venv/.stamp-$(basename "$lock")
right='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))'

give_up() { echo "shopfleet: $1" >&2; exit 2; }
is_right() { "$1" -c "$right" >/dev/null 2>&1; }

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        is_right "$PYTHON" || give_up "$PYTHON is not a working Python 3.11 or 3.12; set PYTHON to one that is, e.g. make run PYTHON=python3.11."
        echo "$PYTHON"
        return
    fi
    for name in python3.11 python3.12 python3; do
        if is_right "$name"; then echo "$name"; return; fi
    done
    give_up "Python 3.11 or 3.12 is needed and none was found; install python3.11, or name one, e.g. make run PYTHON=/opt/python3.11/bin/python3."
}

mark=$(pwd; sha256sum "$lock" pyproject.toml)
if [ "$(cat "$stamp" 2>/dev/null)" = "$mark" ] && is_right .venv/bin/python && [ -x .venv/bin/shopfleet ]; then
    exit 0
fi
if ! is_right .venv/bin/python || ! .venv/bin/python -m pip --version >/dev/null 2>&1 || [ "$(cat .venv/.place 2>/dev/null)" != "$(pwd)" ]; then
    python=$(find_python)
    "$python" -c 'import ensurepip, venv' 2>/dev/null ||
        give_up "$python has no venv module; install it (on Debian and Ubuntu: apt-get install python3-venv) and try again."
    echo "shopfleet: making .venv with $("$python" --version)"
    "$python" -m venv --clear .venv || give_up "$python could not make .venv; see the lines above."
    pwd > .venv/.place
fi
echo "shopfleet: installing the exact versions of $lock"
pip_install() { .venv/bin/python -m pip install -qq --no-input --disable-pip-version-check --root-user-action=ignore "$@"; }
pip_install --require-hashes -r "$lock" && pip_install --no-deps --no-build-isolation --editable . ||
    give_up "the packages of $lock could not be installed; see the lines above, check the network and the free disk space, and try again."
echo "$mark" > "$stamp"
