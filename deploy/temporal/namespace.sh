#!/bin/sh
# Creates the namespace once the cluster serves, which is later than its port opens.
set -eu
until temporal operator cluster health; do sleep 2; done
until temporal operator namespace describe -n kyc || temporal operator namespace create -n kyc --retention 30d; do sleep 2; done
