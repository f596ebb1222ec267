#!/usr/bin/env bash
# Builds the images of worker and operator with the tool that is there.
set -euo pipefail
tag=${TAG:-0.1.0}
for tool in docker podman buildah; do command -v "$tool" >/dev/null && break; tool=; done
[ -n "$tool" ] || { echo 'make image needs docker, podman or buildah' >&2; exit 1; }
base=${BASE:-docker.io/library/node:24-bookworm-slim}
for role in worker operator; do
  "$tool" build --build-arg "BASE=$base" --target "$role" -t "streamcluster-$role:$tag" .
done
