#!/usr/bin/env bash
# Sees to it that Chromium and its driver are there for the browser walk, or says how to get them.
set -euo pipefail
[ "${BROWSER:-chromium}" = none ] && { echo "BROWSER=none: the browser walk will be SKIPPED"; exit 0; }
command -v chromium >/dev/null && command -v chromedriver >/dev/null && exit 0
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  echo "Installing chromium and chromium-driver for the browser walk"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends chromium chromium-driver >/dev/null
else
  echo "The browser walk needs Chromium and its driver: apt-get install chromium chromium-driver" >&2
  echo "Or skip it: BROWSER=none make test" >&2
  exit 1
fi
