#!/usr/bin/env bash
# Writes .cache/bin/kubectl-streamcluster, which runs the plugin with this checkout's Node.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
bin=$root/.cache/bin
mkdir -p "$bin"
new=$(mktemp "$bin/.kubectl-streamcluster.XXXXXX")
printf '#!/bin/sh\nexec %q %q "$@"\n' "$root/node_modules/.bin/node" "$root/plugin/src/main.ts" >"$new"
chmod 755 "$new"
mv "$new" "$bin/kubectl-streamcluster"
echo "$bin/kubectl-streamcluster"
if ! command -v kubectl-streamcluster >/dev/null; then
  echo "kubectl finds it once its folder is on the PATH: export PATH=\"$bin:\$PATH\"" >&2
fi
