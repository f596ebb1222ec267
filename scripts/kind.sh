#!/usr/bin/env bash
# Runs the tests of the chart's life on a kind cluster of two workers, and removes
# it. Needs Docker, Go, and root for a route to the cluster's Services.
set -euo pipefail
cd "$(dirname "$0")/.."
version=v0.33.0
name=streamcluster-e2e
bin="$PWD/.cache/bin"
kubeconfig="$PWD/.cache/e2e/kind.kubeconfig"
services=10.96.0.0/16

docker info >/dev/null 2>&1 || { echo 'make kind needs a running Docker; make e2e does without' >&2; exit 1; }
mkdir -p "$bin" .cache/e2e
export GOMODCACHE="$PWD/.cache/go/mod" GOCACHE="$PWD/.cache/go/build" GOFLAGS=-modcacherw
[ -x "$bin/kind" ] || GOBIN="$bin" CGO_ENABLED=0 go install -trimpath "sigs.k8s.io/kind@$version"

cleanup() {
  ip route del "$services" 2>/dev/null || true
  "$bin/kind" delete cluster --name "$name" >/dev/null 2>&1 || true
  rm -f "$kubeconfig"
}
trap cleanup EXIT

"$bin/kind" create cluster --name "$name" --kubeconfig "$kubeconfig" --wait 120s --config - <<'YAML'
kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
nodes: [{role: control-plane}, {role: worker}, {role: worker}]
YAML
TAG=e2e scripts/image.sh
docker pull nats:2.15.2-alpine
docker tag nats:2.15.2-alpine streamcluster-nats:e2e
for role in worker operator nats; do
  "$bin/kind" load docker-image --name "$name" "streamcluster-$role:e2e"
done
node=$(docker inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' "$name-worker")
ip route replace "$services" via "$node"
SC_E2E_KUBECONFIG="$kubeconfig" npx --no-install vitest run --config e2e/vitest.cluster.config.ts e2e/k8s/11-life.test.ts
