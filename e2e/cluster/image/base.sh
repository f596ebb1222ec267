#!/usr/bin/env bash
# Makes the image on which ours are built where no registry of images is at hand:
# a small Debian with the Node of this checkout. Argument: the image's name.
# The storage of buildah is that of the environment.
set -euo pipefail
image=$1
cd "$(dirname "$0")/../../.."
root=$(mktemp -d "$PWD/.cache/images/base-XXXXXX")
trap 'rm -rf "$root"' EXIT

# From where this machine itself installs.
mirror=$(apt-get indextargets --format '$(REPO_URI)' | head -n 1)
debootstrap --variant=minbase bookworm "$root" ${mirror:+"$mirror"} >&2
rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/usr/share/{doc,man,locale}/* "$root"/dev/*
apt-config dump Acquire >"$root/etc/apt/apt.conf.d/99machine"

modules=usr/local/lib/node_modules
mkdir -p "$root/$modules"
node="$(readlink -f node_modules/.bin/node)"
cp "$node" "$root/usr/local/bin/node"
# What the engine is compiled with; OpenSSL's are a hundred times as much.
mkdir -p "$root/usr/local/include/node"
(cd "${node%/bin/node}/include/node" && cp -r node_api*.h js_native_api*.h uv.h uv "$root/usr/local/include/node/")
cp -rL "$(npm root -g)/npm" "$root/$modules/npm"
ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/local/bin/npm"

container=$(buildah from scratch)
buildah add --quiet "$container" "$root" / >&2
buildah config --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$container"
buildah commit --quiet --rm "$container" "$image" >&2
