#!/usr/bin/env bash
# Writes every generated file anew. They are committed; `make lint` compares.
set -euo pipefail
(cd proto && ../node_modules/.bin/buf lint && ../node_modules/.bin/buf generate)
npm run --silent generate -w operator
