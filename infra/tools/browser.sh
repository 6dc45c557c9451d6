#!/usr/bin/env bash
# Sees to it that the browsers which tests use are there, each with its driver, or says how to get them: Chromium, and
# WebKit on a display that is nowhere shown; or, as `browser.sh firefox`, Firefox, whose driver is no package.
set -euo pipefail
needed=(chromium:chromium chromium-driver:chromedriver webkit2gtk-driver:WebKitWebDriver xvfb:Xvfb)
case "${BROWSER:-}" in
  none) echo "BROWSER=none: everything in a browser will be SKIPPED"; exit 0 ;;
  chromium) echo "BROWSER=chromium: everything in WebKit and Firefox will be SKIPPED"; needed=("${needed[@]:0:2}") ;;
esac
[ "${1:-}" = firefox ] && [ "${BROWSER:-}" != chromium ] && needed=(firefox-esr:firefox-esr)

packages=()
for package in "${needed[@]}"; do
  command -v "${package#*:}" >/dev/null || packages+=("${package%:*}")
done
[ ${#packages[@]} = 0 ] && exit 0
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  echo "Installing ${packages[*]} for the tests in browsers"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends "${packages[@]}" >/dev/null
else
  echo "The tests in browsers need what is not here: apt-get install ${packages[*]}" >&2
  echo "Or go without WebKit, BROWSER=chromium make test, or without any browser, BROWSER=none make test" >&2
  exit 1
fi
