#!/usr/bin/env bash
# Prints the path of ffmpeg; installs it by apt where that is possible.
set -euo pipefail
if ! command -v ffmpeg >/dev/null && command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  echo 'installing ffmpeg by apt' >&2
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends ffmpeg; } >/dev/null 2>&1 || true
fi
command -v ffmpeg || { echo 'ffmpeg is missing: install the package "ffmpeg" of your system' >&2; exit 1; }
