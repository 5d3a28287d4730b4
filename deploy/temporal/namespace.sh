#!/bin/sh
# Creates the namespace once the cluster serves, which is later than its port opens.
set -eu

# eventually COMMAND...: tries for some two minutes, and then ends with what the last try said.
eventually() {
  tries=60
  until said="$("$@" 2>&1)"; do
    tries=$((tries - 1))
    if [ "$tries" -eq 0 ]; then
      echo "$* failed: $said" >&2
      exit 1
    fi
    sleep 2
  done
}

create_namespace() {
  temporal operator namespace describe -n kyc --command-timeout 10s ||
    temporal operator namespace create -n kyc --retention 30d --command-timeout 10s
}

eventually temporal operator cluster health --command-timeout 10s
eventually create_namespace
