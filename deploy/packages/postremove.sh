#!/bin/sh
# Keeps /var/lib/ticklake, even on purge: it may hold the only copy of a log and a lake.
set -e
[ -d "${DPKG_ROOT-}/run/systemd/system" ] || exit 0
systemctl daemon-reload || true
