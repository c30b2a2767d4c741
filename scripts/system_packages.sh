#!/bin/sh
# Makes sure that the programs which tests drive are there. To add one: a line at the end.
# Usage: system_packages.sh [chaos], which names those of `make chaos` as well.
set -eu
here=$(dirname "$0")

need() { # need PACKAGE PROGRAM...: one of the programs must exist, or PACKAGE is installed
    package=$1
    shift
    for program in "$@"; do
        if command -v "$program" >/dev/null; then return; fi
    done
    "$here/apt_install.sh" "$package"
}

# With a server of the developer's own (see tests/support/postgres.py), none is needed here.
if [ -z "${OUTAGE_TEST_DATABASE_URL:-}" ]; then
    need postgresql /usr/lib/postgresql/*/bin/postgres
fi
need chromium chromium
need nginx-light nginx
need zbar-tools zbarimg

if [ "${1:-}" = chaos ]; then
    need strace strace
    need gcc cc gcc
    # Only root can have a disk of its own to break.
    if [ "$(id -u)" -eq 0 ]; then need e2fsprogs mkfs.ext4; fi
fi
