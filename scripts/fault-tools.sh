#!/usr/bin/env bash
# Makes sure that the tools are there with which the long tests break things: network
# namespaces, their bridge's filter, and a clock that can be set for one process.
# Installs them by apt where that is possible.
set -euo pipefail

missing=()
collect() {
  missing=()
  command -v ip >/dev/null || missing+=(iproute2)
  command -v ebtables >/dev/null || missing+=(ebtables)
  compgen -G '/usr/lib/*/faketime/libfaketimeMT.so.1' >/dev/null || missing+=(libfaketime)
}

if [ "$(id -u)" != 0 ]; then
  echo 'the long tests cut networks and fill disks of their own: run them as root' >&2
  exit 1
fi
collect
if [ ${#missing[@]} -gt 0 ] && command -v apt-get >/dev/null; then
  echo "installing ${missing[*]} by apt" >&2
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >/dev/null 2>&1 || true
  collect
fi
if [ ${#missing[@]} -gt 0 ]; then
  echo "tools are missing: install the packages ${missing[*]} of your system" >&2
  exit 1
fi
