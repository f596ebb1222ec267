#!/usr/bin/env bash
# Prints the path of Node-Media-Server's program, installed by npm into .cache/peers.
set -euo pipefail
cd "$(dirname "$0")/../.."
version=4.4.3
folder="$PWD/.cache/peers/node-media-server-$version"
program="$folder/node_modules/node-media-server/bin/app.js"

if [ ! -f "$program" ]; then
  echo "installing node-media-server $version by npm" >&2
  mkdir -p "$folder"
  echo '{ "private": true }' >"$folder/package.json"
  npm install --prefix "$folder" --ignore-scripts --no-audit --no-fund --loglevel=error \
    "node-media-server@$version" >/dev/null
fi
echo "$program"
