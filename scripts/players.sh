#!/usr/bin/env bash
# Makes sure that the players are there with which the tests watch: Chromium,
# VLC, GStreamer and rtmpdump. Installs them by apt where that is possible.
set -euo pipefail

missing=()
need() { command -v "$1" >/dev/null || missing+=("${@:2}"); }
collect() {
  missing=()
  need chromium chromium
  need rtmpdump rtmpdump
  need cvlc vlc-bin vlc-plugin-base
  need gst-launch-1.0 gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good \
    gstreamer1.0-plugins-bad gstreamer1.0-libav
}

collect
if [ ${#missing[@]} -gt 0 ] && command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  echo "installing ${missing[*]} by apt" >&2
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >/dev/null 2>&1 || true
  collect
fi
if [ ${#missing[@]} -gt 0 ]; then
  echo "players are missing: install the packages ${missing[*]} of your system" >&2
  exit 1
fi
