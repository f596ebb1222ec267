#!/usr/bin/env bash
# Prints the path of a nats-server: the one on the PATH, else one built from its
# Go module into .cache/bin.
set -euo pipefail
cd "$(dirname "$0")/.."
version=v2.15.2
built="$PWD/.cache/bin/nats-server"

if command -v nats-server; then exit 0; fi
if [ -x "$built" ]; then
  echo "$built"
  exit 0
fi
if ! command -v go >/dev/null; then
  echo 'nats-server is missing: install it, or install Go and it is built here' >&2
  exit 1
fi
echo "building nats-server $version" >&2
mkdir -p .cache/bin
# Go's own caches stay in the checkout too; writable, so that they can be removed.
export GOMODCACHE="$PWD/.cache/go/mod" GOCACHE="$PWD/.cache/go/build" GOFLAGS=-modcacherw
GOBIN="$PWD/.cache/bin" CGO_ENABLED=0 go install -trimpath "github.com/nats-io/nats-server/v2@$version" >&2
echo "$built"
