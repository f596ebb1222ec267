#!/usr/bin/env bash
# All tests on real Kubernetes. Those with nodes have fixed addresses and want the
# machine's attention: one file at a time. Beside them, and mostly waiting, those that
# have only an API server. What the first ones say is printed at the end.
set -uo pipefail
cd "$(dirname "$0")/.."

tests() { SC_E2E_GROUP="$1" npx --no-install vitest run --config e2e/vitest.cluster.config.ts "${@:2}"; }

said="$(mktemp)"
trap 'rm -f "$said"' EXIT
tests nodes "$@" >"$said" 2>&1 &
nodes=$!
trap 'kill "$nodes" 2>/dev/null' INT TERM

tests api "$@"
api=$?
wait "$nodes"
status=$?
cat "$said"
[ "$api" = 0 ] && [ "$status" = 0 ]
