#!/usr/bin/env bash
# Prints the chart as plain manifests for who has no helm: default values, in
# the namespace streamcluster-system. `--write` puts it into manifests/.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! helm=$(command -v helm); then
  e2e/cluster/binaries.sh helm
  helm=.cache/bin/helm
fi

render() {
  cat <<'EOF'
# Generated from charts/streamcluster by scripts/install-yaml.sh.
apiVersion: v1
kind: Namespace
metadata:
  name: streamcluster-system
  labels:
    pod-security.kubernetes.io/enforce: restricted
EOF
  # A version of Kubernetes is given, so that it is not the one that helm was built for.
  "$helm" template streamcluster charts/streamcluster --namespace streamcluster-system --kube-version 1.31.0
}

if [ "${1:-}" = --write ]; then
  render >manifests/install.yaml.new
  mv manifests/install.yaml.new manifests/install.yaml
else
  render
fi
