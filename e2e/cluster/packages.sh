#!/usr/bin/env bash
# Makes sure that the programs of the system are there that real nodes and images
# need. Installs them by apt where that is possible.
set -euo pipefail

missing=()
need() { command -v "$1" >/dev/null || [ -x "$1" ] || missing+=("${@:2}"); }
collect() {
  missing=()
  need containerd containerd
  need runc runc
  need /usr/lib/cni/bridge containernetworking-plugins
  need iptables iptables
  need conntrack conntrack
  need buildah buildah
  need debootstrap debootstrap
  need ip iproute2
  need nsenter util-linux
  need openssl openssl
  need busybox busybox-static
  need curl curl
  need gcc gcc libc6-dev
}

export PATH="$PATH:/usr/sbin:/sbin"
collect
if [ ${#missing[@]} -gt 0 ] && command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  echo "installing ${missing[*]} by apt" >&2
  had_containerd=$(command -v containerd || true)
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >/dev/null 2>&1 || true
  # Ours runs apart from the system's, which nobody asked for.
  if [ -z "$had_containerd" ] && [ -d /run/systemd/system ]; then
    systemctl disable --now containerd >/dev/null 2>&1 || true
  fi
  collect
fi
if [ ${#missing[@]} -gt 0 ]; then
  echo "programs are missing: install the packages ${missing[*]} of your system" >&2
  exit 1
fi
