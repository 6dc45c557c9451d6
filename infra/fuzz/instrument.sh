#!/bin/sh
# Compiles a crate of this project for libFuzzer, with the flags that cargo-fuzz uses and stable Rust has. cargo hands such crates
# over (RUSTC_WORKSPACE_WRAPPER); what they depend on stays as it is built already, and a build script runs by itself.
case "$*" in *build_script*) exec "$@" ;; esac
exec "$@" -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
  -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
  -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1
