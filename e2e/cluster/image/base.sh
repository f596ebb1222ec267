#!/usr/bin/env bash
# Makes the two images on which ours are built where no registry of images is at
# hand: a small Debian to build in, with the Node of this checkout, and what Node
# needs to run, with a shell. Arguments: their names. Buildah's storage is that of
# the environment.
set -euo pipefail
build_image=$1 run_image=$2
cd "$(dirname "$0")/../../.."
work=$(mktemp -d "$PWD/.cache/images/base-XXXXXX")
trap 'rm -rf "$work"' EXIT
build=$work/build run=$work/run

# From where this machine itself installs.
mirror=$(apt-get indextargets --format '$(REPO_URI)' | head -n 1)
debootstrap --variant=minbase bookworm "$build" ${mirror:+"$mirror"} >&2
rm -rf "$build"/var/cache/apt/archives/*.deb "$build"/usr/share/{doc,man,locale}/* "$build"/dev/*
apt-config dump Acquire >"$build/etc/apt/apt.conf.d/99machine"

node="$(readlink -f node_modules/.bin/node)"
modules=usr/local/lib/node_modules
mkdir -p "$build/$modules" "$build/usr/local/include/node"
cp "$node" "$build/usr/local/bin/node"
cp -rL "$(npm root -g)/npm" "$build/$modules/npm"
ln -s ../lib/node_modules/npm/bin/npm-cli.js "$build/usr/local/bin/npm"
# What the engine is compiled with.
(cd "${node%/bin/node}/include/node" && cp -r node_api*.h js_native_api*.h uv.h uv openssl "$build/usr/local/include/node/")

mkdir -p "$run"/{bin,etc,usr/local/bin,proc,sys,dev,tmp}
chmod 1777 "$run/tmp"
cp "$node" "$run/usr/local/bin/node"
for library in $(chroot "$build" ldd /usr/local/bin/node | grep -oE '/\S+'); do
  mkdir -p "$run/$(dirname "$library")"
  cp -L "$build/$library" "$run/$library"
done
cp "$(command -v busybox)" "$run/bin/busybox"
for tool in $("$run/bin/busybox" --list); do [ -e "$run/bin/$tool" ] || ln -s busybox "$run/bin/$tool"; done
cp "$build"/etc/{passwd,group} "$run/etc/"
echo 'hosts: files dns' >"$run/etc/nsswitch.conf"

# image FOLDER NAME
image() {
  local container
  container=$(buildah from scratch)
  buildah add --quiet "$container" "$1" / >&2
  buildah config --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$container"
  buildah commit --quiet --rm "$container" "$2" >&2
}
image "$build" "$build_image"
image "$run" "$run_image"
