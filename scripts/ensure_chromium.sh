#!/bin/sh
# Makes sure that a Chromium is on PATH for the browser tests; installs Debian's when we may.
set -eu
for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null; then exit 0; fi
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "shopfleet: installing chromium for the browser tests"
    export DEBIAN_FRONTEND=noninteractive
    if apt-get -qq update && apt-get -qq install -y --no-install-recommends chromium </dev/null >/dev/null; then exit 0; fi
fi
echo "shopfleet: the browser tests need Chromium and it could not be installed; install the package chromium and try again." >&2
exit 2
