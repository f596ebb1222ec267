#!/usr/bin/env bash
# Copies the generated CRD into the chart, marked so that helm leaves it, and
# with it every StreamCluster, when the release goes.
set -euo pipefail
cd "$(dirname "$0")/.."
crd=streamclusters.streamcluster.dev.yaml
target=charts/streamcluster/files/$crd
awk '
  function keep() { if (!kept) print "    helm.sh/resource-policy: keep"; kept = 1 }
  /^metadata:$/ { inside = 1; print; next }
  inside && /^  annotations:$/ { print; keep(); next }
  inside && /^[^ ]/ { inside = 0; if (!kept) print "  annotations:"; keep() }
  { print }
' "manifests/crd/$crd" >"$target.new"
grep -q '^    helm.sh/resource-policy: keep$' "$target.new"
mv "$target.new" "$target"
