# Every verb does its own set-up on a fresh machine. Caches live in .cache/.
SHELL := /bin/bash
NODE  := node_modules/.bin/node

export npm_config_cache := $(CURDIR)/.cache/npm

.DEFAULT_GOAL := help
.PHONY: help run demo test long e2e kind lint bench simulate simulate-faults fuzz generate image plugin clean setup

help: ## Print this list.
	@grep -E '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

run: setup ## Start NATS, the operator and three workers on loopback; Ctrl-C stops all.
	@scripts/nats-server.sh >/dev/null
	@exec $(NODE) operator/src/run.ts

demo: setup ## Publish a test picture to a running `make run` and print where to watch.
	@scripts/ffmpeg.sh >/dev/null
	@exec scripts/demo.sh

test: setup ## Run every test that needs no Kubernetes.
	@scripts/ffmpeg.sh >/dev/null
	@scripts/players.sh
	@scripts/nats-server.sh >/dev/null
	@npx --no-install vitest run

long: setup ## Run the tests that take minutes, as root: outages, partitions, hung workers, full disks, 100 moves.
	@scripts/ffmpeg.sh >/dev/null
	@scripts/players.sh
	@scripts/nats-server.sh >/dev/null
	@scripts/fault-tools.sh
	@npm run --silent -w e2e long

# What needs an API server and no nodes: minutes instead of half an hour.
API_PROGRAMS := etcd kube-apiserver kubectl kube-controller-manager helm promtool
API_TESTS := crd chart kube-client operator-children plugin monitoring docs-commands
E2E := npx --no-install vitest run --config e2e/vitest.cluster.config.ts

ifeq ($(LEVEL),api)
E2E_RUN := SC_E2E_GROUP=together $(E2E) $(API_TESTS) $(ARGS)
else ifneq ($(ARGS),)
E2E_RUN := $(E2E) $(ARGS)
else
E2E_RUN := SC_E2E_GROUP=alone $(E2E) && SC_E2E_GROUP=together $(E2E)
endif

e2e: setup ## Test on real Kubernetes, two real nodes and hundreds of fake ones; LEVEL=api: without nodes.
	@scripts/ffmpeg.sh >/dev/null
	@scripts/nats-server.sh >/dev/null
	@e2e/cluster/binaries.sh $(if $(filter api,$(LEVEL)),$(API_PROGRAMS)) >/dev/null
	@$(E2E_RUN)
	@$(NODE) e2e/cluster/main.ts leftovers

kind: setup ## The same on kind, for those who have Docker; not tested by us.
	@scripts/ffmpeg.sh >/dev/null
	@scripts/kind.sh

lint: setup ## Check types, style, import directions, dead code and generated files.
	@npx --no-install eslint .
	@npx --no-install prettier --check --log-level warn .
	@npm run --silent typecheck
	@npx --no-install knip --no-progress
	@scripts/check-generated.sh

bench: setup ## Measure every workload against floors and other servers, in rounds (40 minutes).
	@scripts/ffmpeg.sh >/dev/null
	@scripts/nats-server.sh >/dev/null
	@$(NODE) bench/src/main.ts $(ARGS)

simulate: node_modules/.package-lock.json ## Run the placement policies on simulated clusters, beside others (a minute).
	@$(NODE) simulate/src/main.ts $(ARGS)

simulate-faults: node_modules/.package-lock.json ## Run workers and operator under faults, 10,000 seeds; ARGS="--seed N": one, step by step.
	@$(NODE) simulate/src/faults/main.ts $(ARGS)

fuzz: setup ## Feed every parser 100,000 mutated inputs.
	@$(NODE) bench/src/fuzz.ts $(ARGS)

generate: setup ## Write generated files anew (protobuf, CRD, its table).
	@scripts/generate.sh

image: ## Build the two container images with docker, podman or buildah.
	@scripts/image.sh

plugin: node_modules/.package-lock.json ## Write .cache/bin/kubectl-streamcluster, the kubectl plugin.
	@scripts/plugin.sh

clean: ## Remove what was built, and what `make run` left.
	rm -rf node_modules .cache .run worker/native/build bench/native/build

setup: node_modules/.package-lock.json
	@$(MAKE) --no-print-directory -C worker/native

node_modules/.package-lock.json: package.json package-lock.json
	@command -v npm >/dev/null || { echo "npm is missing: install Node.js 20 or newer" >&2; exit 1; }
	@# Not `npm ci`: it refuses where a registry lacks another platform's optional binary.
	@npm install --no-save --loglevel=error
	@touch $@
