#!/usr/bin/env bash
# Writes every generated file anew. They are committed; `make lint` compares.
set -euo pipefail
(cd proto && ../node_modules/.bin/buf lint && ../node_modules/.bin/buf generate)
npm run --silent generate -w operator
node_modules/.bin/node scripts/metrics-docs.ts
scripts/chart-crd.sh
# Helm is built where there is none, which takes Go.
if command -v helm >/dev/null || [ -x .cache/bin/helm ] || command -v go >/dev/null; then
  scripts/install-yaml.sh --write
else
  echo 'manifests/install.yaml stays as it is: there is neither helm nor Go' >&2
fi
