#!/bin/sh
# Installs ticklake: downloads the binary for this host, verifies its checksum, puts it into place.
#
#   curl --proto '=https' --tlsv1.2 -fsSL @REPOSITORY@/releases/latest/download/install.sh | sh
#   curl --proto '=https' --tlsv1.2 -fsSL @REPOSITORY@/releases/latest/download/install.sh | sh -s -- --to ~/bin --version v0.1.0
#
#   --to DIR         where to put it (/usr/local/bin where that can be written, else ~/.local/bin)
#   --version TAG    which release (the latest)
#   --from URL       where the release's files are, in place of the two above
set -eu

repository='@REPOSITORY@'
version=latest
from=
to=

fail() {
  printf 'error: %s\n' "$1" >&2
  [ $# -lt 2 ] || printf '  fix: %s\n' "$2" >&2
  exit 1
}

# All of it is a function: a download that breaks off runs nothing.
main() {
  while [ $# -gt 0 ]; do
    case $1 in
      --to | --version | --from)
        [ $# -ge 2 ] && [ -n "$2" ] || fail "$1 needs a value"
        case $1 in
          --to) to=$2 ;;
          --version) version=$2 ;;
          --from) from=$2 ;;
        esac
        shift 2
        ;;
      *) fail "unknown option $1" 'the options are --to, --version and --from' ;;
    esac
  done
  from_given=$from
  if [ -z "$from" ]; then
    case $repository in
      @*) fail 'this copy of the script belongs to no release' 'take the one of a release, or give --from URL' ;;
    esac
    from=$repository/releases/download/$version
    [ "$version" != latest ] || from=$repository/releases/latest/download
  fi
  if [ -z "$to" ]; then
    to=$HOME/.local/bin
    [ ! -w /usr/local/bin ] || to=/usr/local/bin
  fi
  asset=ticklake-$(platform).gz

  mkdir -p "$to" || fail "$to cannot be made" 'name another directory with --to, or use sudo'
  # Beside its place, so that the last step is a rename: whoever runs it sees the old one or the new one.
  work=$(mktemp -d "$to/.ticklake-install.XXXXXX") ||
    fail "$to cannot be written" 'name another directory with --to, or use sudo'
  trap 'rm -rf "$work"' EXIT
  trap 'exit 1' HUP INT TERM

  download "$from/SHA256SUMS" "$work/SHA256SUMS"
  download "$from/$asset" "$work/$asset"
  verify "$work" "$asset"
  attest "$work/$asset"
  gzip -d "$work/$asset" || fail "$asset cannot be unpacked"
  binary=$work/${asset%.gz}
  chmod 755 "$binary"
  installed=$("$binary" --version) || fail "$asset does not run on this host"
  mv -f "$binary" "$to/ticklake"
  echo "installed ticklake $installed as $to/ticklake"
  case :$PATH: in
    *:"$to":*) ;;
    *) echo "$to is not in your PATH: export PATH=\"$to:\$PATH\"" ;;
  esac
}

platform() {
  case $(uname -s) in
    Linux) os=linux ;;
    Darwin) os=macos ;;
    *) fail "there is no binary for $(uname -s)" 'build it from source: ./dev compile' ;;
  esac
  case $(uname -m) in
    x86_64 | amd64) arch=x64 ;;
    aarch64 | arm64) arch=arm64 ;;
    *) fail "there is no binary for $(uname -m)" 'build it from source: ./dev compile' ;;
  esac
  echo "$os-$arch"
}

# Where redirects lead: wget itself would follow one to http:// too.
without_redirects() {
  url=$1
  for _ in 1 2 3 4 5; do
    location=$(wget --spider --server-response --max-redirect=0 "$url" 2>&1 | tr -d '\r' |
      sed -n 's/^ *[Ll]ocation: *\([^ ]*\).*/\1/p' | tail -n 1)
    case $location in
      '') break ;;
      https://*) url=$location ;;
      *) fail "$1 redirects to $location, without TLS" 'use curl, or give --from another URL' ;;
    esac
  done
  printf '%s\n' "$url"
}

# Only over TLS, redirects too; from a directory or this host (--from) as it is.
download() {
  case $1 in
    https://*) curl_options="--proto =https --tlsv1.2" ;;
    file://* | http://127.0.0.1:* | http://localhost:*) curl_options= ;;
    *) fail "$1 is not fetched without TLS" 'give --from an https:// or file:// URL' ;;
  esac
  # shellcheck disable=SC2086
  if command -v curl >/dev/null; then
    curl $curl_options -fsSL --retry 3 --output "$2" "$1" || fail "$1 cannot be downloaded"
  elif command -v wget >/dev/null; then
    target=$(without_redirects "$1") || exit 1
    wget --max-redirect=0 -q -O "$2" "$target" || fail "$1 cannot be downloaded"
  else
    fail 'neither curl nor wget is there' 'install one of them'
  fi
}

verify() {
  expected=$(awk -v name="$2" '$2 == name || $2 == "*" name { print $1 }' "$1/SHA256SUMS")
  [ -n "$expected" ] || fail "SHA256SUMS has no checksum of $2"
  if command -v sha256sum >/dev/null; then
    found=$(sha256sum "$1/$2")
  elif command -v shasum >/dev/null; then
    found=$(shasum -a 256 "$1/$2")
  else
    fail 'neither sha256sum nor shasum is there, so the download cannot be verified' 'install coreutils'
  fi
  [ "${found%% *}" = "$expected" ] ||
    fail "the checksum of $2 is ${found%% *}, expected $expected: nothing was installed" \
      'try again; if it stays, someone may have tampered with it: report it'
}

# The checksums come from where the file does, so they show a broken download, not a false one. The
# attestation is kept elsewhere; GitHub's program checks it, where it is there and logged in.
attest() {
  case $repository in
    https://github.com/*) ;;
    *) return 0 ;;
  esac
  if [ -z "$from_given" ] && command -v gh >/dev/null && gh auth status >/dev/null 2>&1; then
    gh attestation verify "$1" --repo "${repository#https://github.com/}" >/dev/null ||
      fail "$1 has no attestation of $repository: nothing was installed" \
        'someone may have tampered with it: report it'
  fi
}

main "$@"
