#!/usr/bin/env bash
# Prints the path of lal's server, built from its Go module into .cache/peers.
set -euo pipefail
cd "$(dirname "$0")/../.."
version=v0.37.4
folder="$PWD/.cache/peers/lal-$version"
program="$folder/lalserver"

if [ -x "$program" ]; then
  echo "$program"
  exit 0
fi
if ! command -v go >/dev/null; then
  echo 'lal needs Go to be built' >&2
  exit 1
fi
echo "building lal $version" >&2
export GOMODCACHE="$PWD/.cache/go/mod" GOCACHE="$PWD/.cache/go/build" GOFLAGS='-modcacherw -mod=mod'
export CGO_ENABLED=0 GOBIN="$folder"
mkdir -p "$folder"
cd "$folder"
# In a module of its own: `go install …@version` would ask for a module by the
# name of each folder first, which not every proxy answers with "not found".
[ -f go.mod ] || go mod init peer >/dev/null 2>&1
go get "github.com/q191201771/lal@$version" >&2
go install -trimpath github.com/q191201771/lal/app/lalserver >&2
echo "$program"
