#!/bin/sh
# dpkg passes "remove" or "upgrade VERSION", rpm the number of versions that remain: 0 or 1.
set -e
case ${1-} in
  remove | 0) ;;
  *) exit 0 ;;
esac
[ -d "${DPKG_ROOT-}/run/systemd/system" ] || exit 0
systemctl disable --now ticklake-consume.service ticklake-produce.service || true
