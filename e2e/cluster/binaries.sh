#!/usr/bin/env bash
# Builds the programs of a Kubernetes cluster from their Go modules, pinned in
# go/*/go.mod, into .cache/bin. Arguments: names of programs; without any, all.
# One that is there from the same sources stays as it is.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
cd "$here/../.."
bin="$PWD/.cache/bin"
mkdir -p "$bin"
# Go's own caches stay in the checkout too; writable, so that they can be removed.
export GOMODCACHE="$PWD/.cache/go/mod" GOCACHE="$PWD/.cache/go/build" GOFLAGS='-modcacherw -buildvcs=false'
export CGO_ENABLED=0

all=(etcd kube-apiserver kubectl kube-controller-manager helm kube-scheduler kubelet kube-proxy kwok coredns promtool)
version=k8s.io/component-base/version
kubernetes_flags="-s -w -X $version.gitVersion=v1.34.4 -X $version.gitMajor=1 -X $version.gitMinor=34"

stamp_of() { find "$here/go/$1" -name '*.go' -o -name go.mod | sort | xargs cat | sha256sum | cut -c1-16; }

is_current() {
  local folder=$1
  case $1 in kube*) folder=kubernetes ;; esac
  [ -x "$bin/$1" ] && [ "$(cat "$bin/.$1.stamp" 2>/dev/null)" = "$(stamp_of "$folder")" ]
}

# build NAME FOLDER PACKAGE [LDFLAGS]
build() {
  if ! command -v go >/dev/null; then
    echo "$1 is missing: install Go and it is built here" >&2
    exit 1
  fi
  echo "building $1" >&2
  # Renamed at the end: who looks meanwhile sees no half of it.
  (cd "$here/go/$2" && go build -trimpath -ldflags "${4:--s -w}" -o "$bin/.$1.new" "$3") >&2
  mv "$bin/.$1.new" "$bin/$1"
  stamp_of "$2" >"$bin/.$1.stamp"
}

# The stages by which kwok plays nodes and pods, out of its module.
stages() {
  local module
  # Where it lies is known only once it is there.
  (cd "$here/go/kwok" && go mod download sigs.k8s.io/kwok) >&2
  module="$(cd "$here/go/kwok" && go list -m -f '{{.Dir}}' sigs.k8s.io/kwok)/kustomize/stage"
  for file in "$module"/node/fast/*.yaml "$module"/node/heartbeat-with-lease/*.yaml "$module"/pod/fast/*.yaml; do
    if [ "$(basename "$file")" != kustomization.yaml ]; then
      echo ---
      cat "$file"
    fi
  done >"$bin/kwok-stages.yaml"
}

program() {
  case $1 in
    etcd) build etcd etcd go.etcd.io/etcd/server/v3 ;;
    helm) build helm helm helm.sh/helm/v3/cmd/helm ;;
    kwok)
      stages
      build kwok kwok sigs.k8s.io/kwok/cmd/kwok
      ;;
    coredns) build coredns coredns . ;;
    promtool) build promtool promtool github.com/prometheus/prometheus/cmd/promtool ;;
    kube*) build "$1" kubernetes "k8s.io/kubernetes/cmd/$1" "$kubernetes_flags" ;;
    *) echo "unknown program $1" >&2 && exit 2 ;;
  esac
}

[ $# -gt 0 ] || set -- "${all[@]}"
for name in "$@"; do
  if is_current "$name"; then continue; fi
  (
    # One at a time: two builds of the same program would only disturb each other.
    flock 9
    is_current "$name" || program "$name"
  ) 9>"$bin/.lock"
done
