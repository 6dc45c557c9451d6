#!/usr/bin/env bash
# Sees to it that this machine can run arm64 binaries, or says how to; prints the command that runs them.
set -euo pipefail
[ "$(uname -m)" = aarch64 ] && exit 0
if ! command -v qemu-aarch64 >/dev/null; then
  if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    echo "Installing qemu-user, to run the arm64 binaries" >&2
    apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends qemu-user >/dev/null
  else
    echo "Running arm64 binaries here needs: apt-get install qemu-user" >&2
    exit 1
  fi
fi
echo qemu-aarch64
