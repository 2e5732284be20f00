#!/bin/sh
# Makes agency/portal/built hold what the browser gets from the packages of package-lock.json; does nothing when it does.
# Usage: scripts/ensure_assets.sh [dev]      dev also fetches what the browser tests need.
set -eu
cd "$(dirname "$0")/.."
wanted=${1:-run}
stamp=agency/portal/built/.stamp

give_up() { echo "shopfleet: $1" >&2; exit 2; }
pip_install() { .venv/bin/python -m pip install -qq --no-input --disable-pip-version-check --root-user-action=ignore --require-hashes -r "$1"; }

mark=$(cat package.json package-lock.json agency/portal/icons.toml scripts/build_assets.py requirements-assets.lock \
    agency/portal/translations/*/LC_MESSAGES/messages.po | sha256sum)
if [ "$(cat "$stamp" 2>/dev/null)" = "$mark" ] && { [ "$wanted" = run ] || [ -d node_modules/axe-core ]; }; then
    exit 0
fi
echo "shopfleet: building the portal's assets"
npm=npm
if ! command -v npm >/dev/null; then  # no Node on this machine: the one that comes as a Python package
    npm=$(pwd)/.venv/bin/npm
    PATH=$(pwd)/.venv/bin:$PATH
    [ -x "$npm" ] || pip_install requirements-node.lock || give_up "Node could not be installed; see the lines above, or put node and npm on PATH."
fi
omit=
[ "$wanted" = dev ] || omit=--omit=dev
"$npm" ci --silent $omit ||
    give_up "the packages of package-lock.json could not be installed; see the lines above, check the network and try again."
.venv/bin/python -c 'import fontTools, brotli' 2>/dev/null || pip_install requirements-assets.lock ||
    give_up "the packages of requirements-assets.lock could not be installed; see the lines above and try again."
.venv/bin/python scripts/build_assets.py
echo "$mark" > "$stamp"
