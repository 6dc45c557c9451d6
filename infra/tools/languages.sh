#!/usr/bin/env bash
# Sees to it that the languages of infra/events/senders are there, each with what its snippet asks for, or says how to get
# them.
set -euo pipefail

packages=()
wants() { # PACKAGE COMMAND …: the package is missing where the command fails
  local package=$1
  shift
  "$@" >/dev/null 2>&1 || packages+=("$package")
}
wants curl command -v curl
wants jq command -v jq
wants nodejs command -v node
wants npm command -v npm
wants php-cli command -v php
wants php-curl php -r 'exit(function_exists("curl_init") ? 0 : 1);'
wants php-sqlite3 php -r 'exit(in_array("sqlite", PDO::getAvailableDrivers()) ? 0 : 1);'
wants ruby command -v ruby
wants ruby-aws-sdk-s3 ruby -e 'require "aws-sdk-s3"'
wants ruby-sqlite3 ruby -e 'require "sqlite3"'
[ ${#packages[@]} = 0 ] && exit 0
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  echo "Installing ${packages[*]} for the senders"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends "${packages[@]}" >/dev/null
else
  echo "The senders need what is not here: apt-get install ${packages[*]}" >&2
  exit 1
fi
