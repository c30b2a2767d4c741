#!/bin/sh
# Installs Debian packages when run as root; otherwise says which ones are missing, and fails.
# Usage: apt_install.sh PACKAGE...
set -eu

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "Missing on this machine: $*" >&2
    echo "Install with: sudo apt-get install $* (or what your system calls them), then try again." >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
echo "Installing $* …"
apt-get update -qq
apt-get install -y -qq --no-install-recommends "$@" </dev/null >/dev/null
