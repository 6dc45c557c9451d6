# `make run` starts the portal on this machine; `make test` proves it works; `make lint` keeps it tidy.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := run
export SAM_CLI_TELEMETRY := 0
.PHONY: run build test mails browser lint lint-rust lint-dependencies lint-template tools clean

# Tools that only checks need, pinned, in a virtual environment of the project's own.
TOOLS ?= .tools
PYTHON ?= python3
STAMP := $(TOOLS)/installed-from-$(shell sha256sum infra/tools/requirements.txt | cut -c1-16)
CARGO_DENY_VERSION := 0.20.2
CARGO_DENY := $(TOOLS)/bin/cargo-deny-$(CARGO_DENY_VERSION)

# The binary itself and not `cargo run --package`, for which cargo would build with other features.
run: build ## The portal on http://localhost:9000 (PORT, DATA and PARAMS change it)
	exec $(or $(CARGO_TARGET_DIR),target)/debug/portal-local

build:
	cargo build --workspace --bins

test: build browser ## Everything CI tests; ends with how many passed
	cargo test --workspace 2>&1 | awk '{print; fflush()} /^test result:/ {passed += $$4; failed += $$6} \
	  END {printf "%d passed, %d failed\n", passed, failed}'

mails: ## Every mail in every state as HTML, text and pictures, under target/mails
	cargo test --workspace --test mails
	infra/tools/mails.sh $(or $(CARGO_TARGET_DIR),target)/mails

# A browser walk is part of the tests. BROWSER=none skips it, loudly.
browser:
	infra/tools/browser.sh

lint: lint-rust lint-dependencies lint-template

lint-rust:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- --deny warnings
	RUSTDOCFLAGS="--deny warnings" cargo doc --workspace --no-deps --document-private-items --quiet

# Licences, bans and sources; advisories need a network that CI does not have.
lint-dependencies: $(CARGO_DENY)
	$(CARGO_DENY) --log-level error check bans licenses sources

lint-template: tools
	$(TOOLS)/bin/sam validate --lint --template template.yaml
	$(TOOLS)/bin/sam validate --template template.yaml --region us-east-1
	$(TOOLS)/bin/cfn-lint template.yaml
	$(TOOLS)/bin/python infra/tools/transform.py template.yaml > $(TOOLS)/transformed.json
	$(TOOLS)/bin/cfn-lint $(TOOLS)/transformed.json

tools: $(STAMP)

$(STAMP): infra/tools/requirements.txt
	$(PYTHON) -m venv $(TOOLS)
	$(TOOLS)/bin/pip install --quiet --disable-pip-version-check --requirement $<
	touch $@

$(CARGO_DENY):
	cargo install --quiet --locked --root $(TOOLS) --version $(CARGO_DENY_VERSION) cargo-deny
	mv $(TOOLS)/bin/cargo-deny $@

clean:
	cargo clean
	rm -rf $(TOOLS)
