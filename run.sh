#!/usr/bin/env bash
# Runs Lapse on this machine: PostgreSQL, a Kubernetes control plane, an OpenID provider and the portal.
#
#   ./run.sh [--fresh]            until Ctrl-C; --fresh forgets the data of earlier runs
#   ./run.sh token USER [--mfa]   an id_token of that person for the cluster, while it runs
#   ./run.sh kubeconfig USER      writes a kubeconfig of that person and prints where it is, while it runs
#
# Ports: LAPSE_PORTAL_PORT, LAPSE_PROVIDER_PORT, LAPSE_PROVIDER_HTTPS_PORT, LAPSE_POSTGRES_PORT, LAPSE_CLUSTER_PORT.
# Data: LAPSE_DATA (default ./data). Parts that are there already: LAPSE_POSTGRES, LAPSE_KUBECONFIG.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/sandbox/build.sh"
build_if_changed "$here"
case ${1:-} in
  '' | -*) set -- up "$@" ;;
esac
exec dotnet "$here/sandbox/Runner/bin/Debug/net10.0/lapse-sandbox.dll" "$@"
