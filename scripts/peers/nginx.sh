#!/usr/bin/env bash
# Prints the paths of nginx and of its RTMP module, a line each: those of this
# machine, else Debian's packages, unpacked into .cache/peers. Nothing is
# installed, since that would start a server on port 80.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder="$PWD/.cache/peers/nginx"
module=/usr/lib/nginx/modules/ngx_rtmp_module.so

if command -v nginx >/dev/null && [ -f "$module" ]; then
  command -v nginx
  echo "$module"
  exit 0
fi
if [ ! -x "$folder/usr/sbin/nginx" ]; then
  if ! command -v apt-get >/dev/null; then
    echo 'nginx is missing: install it with its RTMP module' >&2
    exit 1
  fi
  echo 'fetching nginx and libnginx-mod-rtmp by apt' >&2
  part="$folder.$$"
  trap 'rm -rf "$part"' EXIT
  mkdir -p "$part/packages"
  fetch() { (cd "$part/packages" && apt-get download -qq nginx libnginx-mod-rtmp) >/dev/null 2>&1; }
  fetch || { apt-get update -qq >/dev/null 2>&1; fetch; } || {
    echo 'apt cannot fetch nginx and libnginx-mod-rtmp' >&2
    exit 1
  }
  for package in "$part"/packages/*.deb; do dpkg -x "$package" "$part"; done
  rm -rf "$folder"
  mv "$part" "$folder"
fi
echo "$folder/usr/sbin/nginx"
echo "$folder$module"
