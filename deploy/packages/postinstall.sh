#!/bin/sh
# Runs after an installation and after an upgrade. It starts nothing that was not running: the units need settings first.
set -e
[ -d "${DPKG_ROOT-}/run/systemd/system" ] || exit 0
systemctl daemon-reload
# Running units switch to the new executable; a restart neither loses nor duplicates a row.
systemctl try-restart ticklake-consume.service ticklake-produce.service || true
