#!/bin/sh
# After an installation and after an upgrade. Nothing is started that did not run: the settings come first.
set -e
[ -d "${DPKG_ROOT-}/run/systemd/system" ] || exit 0
systemctl daemon-reload
# What runs takes the new executable; a restart neither loses nor repeats a row.
systemctl try-restart ticklake-consume.service ticklake-produce.service || true
