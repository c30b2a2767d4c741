#!/bin/sh
# Writes both lock files anew from pyproject.toml, keeping versions that still fit.
# Usage: lock.sh [uv's own options], such as --upgrade, or --upgrade-package NAME
set -eu

uv=${UV:-}
if [ -z "$uv" ]; then
    tools=$(mktemp -d)
    trap 'rm -rf "$tools"' EXIT
    python3 -m venv "$tools"
    "$tools/bin/python" -m pip install --quiet --disable-pip-version-check uv
    uv=$tools/bin/uv
fi

# No index addresses in the files: whoever installs chooses the mirror, the hashes keep it honest.
compile() { # compile OUTPUT OPTION...
    output=$1
    shift
    "$uv" pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
        --extra oidc --extra pdf --extra postgres --output-file "$output" "$@"
}
compile requirements.lock "$@"
compile requirements-dev.lock --group dev --constraint requirements.lock "$@"
