#!/usr/bin/env bash
# Fails when a committed generated file differs from what the sources make.
set -euo pipefail
paths=(proto/src/gen manifests charts/streamcluster/files docs/streamcluster.md docs/monitoring.md docs/metrics)
before=$(git status --porcelain -- "${paths[@]}"; git diff -- "${paths[@]}" | sha256sum)
scripts/generate.sh
after=$(git status --porcelain -- "${paths[@]}"; git diff -- "${paths[@]}" | sha256sum)
if [ "$before" != "$after" ]; then
  echo 'generated files are out of date: run "make generate" and commit' >&2
  git diff --stat -- "${paths[@]}" >&2
  exit 1
fi
