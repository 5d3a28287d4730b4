#!/usr/bin/env bash
# Builds the image by the Dockerfile as it is, and tries it: its command line, its refusal to work without keys, its health
# check, a verification and its end. It needs no registry: the base is a Debian of debootstrap with this machine's Node.
#
#   scripts/try-image.sh      as root, with Debian's debootstrap, buildah, podman and runc, and what `npm run production` needs
#
# Everything is in a temporary folder, which goes at the end. The ports 8080 and 9464 must be free, as the health check knows
# the first alone.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

WORK="$(mktemp -d)"
# PostgreSQL runs as a user of its own, who has to get there.
chmod 711 "$WORK"
STORAGE=(--root "$WORK/storage" --runroot "$WORK/run")
IMAGE=localhost/durable-kyc-worker

clean_up() {
  podman "${STORAGE[@]}" rm --force --all >/dev/null 2>&1 || true
  [ ! -e "$WORK/production/production.json" ] || node scripts/production.mjs stop "$WORK/production" || true
  rm -rf "$WORK"
}
trap clean_up EXIT

# Without systemd there is neither a journal nor a manager of control groups, and not every runtime does without.
cat >"$WORK/containers.conf" <<EOF
[containers]
default_ulimits = ["nofile=$(ulimit -Hn):$(ulimit -Hn)", "nproc=1000:1000"]
[engine]
runtime = "runc"
events_logger = "file"
cgroup_manager = "cgroupfs"
EOF
export CONTAINERS_CONF="$WORK/containers.conf"

build_base() {
  local node npm
  node="$(node -p process.execPath)"
  npm="$(dirname "$node")/../lib/node_modules/npm"
  debootstrap --variant=minbase --include=ca-certificates,libstdc++6 bookworm "$WORK/base" >"$WORK/debootstrap.log"
  install "$node" "$WORK/base/usr/local/bin/node"
  mkdir -p "$WORK/base/usr/local/lib/node_modules"
  cp -r "$npm" "$WORK/base/usr/local/lib/node_modules/npm"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$WORK/base/usr/local/bin/npm"
  # What this machine trusts, its registry may need.
  cp -L /etc/ssl/certs/ca-certificates.crt "$WORK/base/etc/ssl/certs/"
  chroot "$WORK/base" useradd --uid 1000 --create-home node
  tar -C "$WORK/base" -c . |
    podman "${STORAGE[@]}" import --quiet --change 'ENV PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
      --change 'ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt' - localhost/node
}

# The image's own format is Docker's: another has no health check.
build_image() {
  buildah "${STORAGE[@]}" build --format docker --isolation chroot --network host \
    --build-arg NODE_IMAGE=localhost/node --tag "$IMAGE" .
}

in_image() {
  timeout 60 podman "${STORAGE[@]}" run --rm --network host \
    --env NOTUS_API_KEY=no-key --env KYC_DOCUMENT_STORE=file:///documents "$IMAGE" "$@"
}

# A queue of its own keeps the work away from the topology's own workers, whose documents lie elsewhere.
start_worker() {
  node scripts/production.mjs start "$WORK/production" >/dev/null
  node -e '
    const { readFileSync, readdirSync } = require("node:fs");
    const { temporal, namespace, sandbox } = require(`${process.argv[1]}/production.json`);
    const secrets = ["NOTUS_API_KEY", "KYC_ENCRYPTION_KEYS"].map((name) => [name, readFileSync(`${process.argv[1]}/secrets/${name}`, "utf8")]);
    const places = { TEMPORAL_ADDRESS: temporal, TEMPORAL_NAMESPACE: namespace, NOTUS_API_URL: `http://${sandbox}/api/v1` };
    const own = { KYC_TASK_QUEUE: "image", KYC_DOCUMENT_STORE: "file:///documents" };
    for (const pair of [...secrets, ...Object.entries({ ...places, ...own })]) console.log(pair.join("="));
  ' "$WORK/production" | install -m 600 /dev/stdin "$WORK/worker.env"
  podman "${STORAGE[@]}" run --detach --name worker --network host --env-file "$WORK/worker.env" "$IMAGE" >/dev/null
}

in_worker() {
  timeout 120 podman "${STORAGE[@]}" exec worker "$@"
}

# expect WHAT WORDS COMMAND...: the command's output, standard error included, has the words.
expect() {
  local what="$1" words="$2" said
  shift 2
  said="$("$@" 2>&1)" || true
  if ! grep -qF "$words" <<<"$said"; then
    echo "try-image: $what: expected \"$words\", got:" >&2
    echo "$said" >&2
    exit 1
  fi
  echo "ok   $what"
}

is_healthy() {
  for _ in {1..60}; do
    podman "${STORAGE[@]}" healthcheck run worker >/dev/null 2>&1 && echo 'is healthy' && return 0
    sleep 1
  done
  podman "${STORAGE[@]}" logs worker
}

stop_worker() {
  podman "${STORAGE[@]}" stop --time 100 worker
  podman "${STORAGE[@]}" inspect --format 'exit code {{.State.ExitCode}}' worker
}

build_base
build_image
expect 'the command line' 'Usage: kyc' in_image kyc --help
expect 'no work in production without keys' 'KYC_ENCRYPTION_KEYS: must be set' in_image
start_worker
expect 'the health check' 'is healthy' is_healthy
expect 'a user who is not root' 'uid=1000(node)' in_worker id
podman "${STORAGE[@]}" cp samples worker:/samples
expect 'a start' 'is started' in_worker kyc start image-1 /samples/verification.json
expect 'its documents' 'The documents are taken.' in_worker kyc submit image-1 --front /samples/front.jpg --back /samples/back.jpg
expect 'its outcome' approved in_worker kyc outcome image-1
expect 'an end in order' 'exit code 0' stop_worker
