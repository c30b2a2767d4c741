#!/bin/sh
# Makes a virtual environment with the locked packages and the project itself in it.
# Usage: setup.sh FOLDER. PYTHON names an interpreter to use instead of the one found.
set -eu
venv=$1
here=$(dirname "$0")

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
        if is_new_enough "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    echo "Python 3.11 or newer is needed; found: $(python3 --version 2>&1 || true)." >&2
    echo "Install one, or name it: make setup PYTHON=/path/to/python3.13" >&2
    return 1
}

make_venv() {
    python=$(find_python)
    rm -rf "$venv"
    if ! "$python" -m venv "$venv" >/dev/null 2>&1; then # Debian ships venv apart
        rm -rf "$venv"
        "$here/apt_install.sh" "$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
        "$python" -m venv "$venv"
    fi
}

if ! is_new_enough "$venv/bin/python" || ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    make_venv
fi

echo "Installing the locked packages into $venv …"
install="$venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps"
$install --require-hashes --requirement requirements-dev.lock
$install --no-build-isolation --editable .
"$venv/bin/python" -m pip check --disable-pip-version-check
