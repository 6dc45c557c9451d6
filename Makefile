# `make run` starts the portal on this machine; `make test` proves it works; `make lint` keeps it tidy.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := run
export SAM_CLI_TELEMETRY := 0
.PHONY: run build test test-fast test-firefox test-senders test-cldr schemas mails pictures browser firefox languages lighthouse operator bench bench-check bench-build lint lint-rust lint-dependencies lint-template package sam-build reproducible arm64 tools clean crosscheck cost many life fuzz mutants

# Tools that only checks need, pinned, in a virtual environment of the project's own.
TOOLS ?= .tools
PYTHON ?= python3
STAMP := $(TOOLS)/installed-from-$(shell cat infra/tools/*requirements.txt | sha256sum | cut -c1-16)
PAGES := infra/tools/pages
AXE := $(TOOLS)/axe/node_modules/axe-core/axe.min.js
CROSSCHECK := $(TOOLS)/crosscheck/installed-from-$(shell sha256sum < infra/tools/crosscheck-requirements.txt | cut -c1-16)
LIGHTHOUSE := $(TOOLS)/lighthouse/node_modules/lighthouse/package.json
NODE_FUNCTION := $(TOOLS)/node-function/node_dashboard
SENDERS := $(TOOLS)/senders/node_modules/ajv/package.json
CARGO_DENY_VERSION := 0.20.2
CARGO_DENY := $(TOOLS)/bin/cargo-deny-$(CARGO_DENY_VERSION)
CARGO_AUDITABLE_VERSION := 0.7.7
CARGO_AUDITABLE := $(TOOLS)/installed-cargo-auditable-$(CARGO_AUDITABLE_VERSION)
CARGO_MUTANTS_VERSION := 27.1.0
CARGO_MUTANTS := $(TOOLS)/bin/cargo-mutants-$(CARGO_MUTANTS_VERSION)
GECKODRIVER_VERSION := 0.37.1
GECKODRIVER := $(TOOLS)/bin/geckodriver-$(GECKODRIVER_VERSION)
FUNCTIONS := $(patsubst functions/%/Cargo.toml,%,$(wildcard functions/*/Cargo.toml))
TARGET := $(or $(CARGO_TARGET_DIR),target)

# What `make package` makes: for which processor, and whether new code comes to a tenth of the requests first (true), to all
# of them without asking an alarm (at-once), or goes without aliases (false).
ARCHITECTURE ?= arm64
CANARY ?= false
PACKAGE := .aws-sam/build

# The binary itself and not `cargo run --package`, for which cargo would build with other features.
run: build ## The portal on http://localhost:9000 (PORT, DATA and PARAMS change it)
	exec $(TARGET)/debug/portal-local

# Without the benchmark, which a change to a page need not wait for. built-from says when the build began, and of what
# Cargo.lock, so that the tests can refuse older binaries (tests/src/binaries.rs). Cargo knows sources by their time alone:
# where another clone has built into the same folder, its binaries would pass for this one's.
build:
	@mkdir -p $(TARGET)/debug
	@grep -qsF ' $(CURDIR)/functions/' $(TARGET)/debug/$(firstword $(FUNCTIONS)).d \
	  || find functions shared infra tests -name '*.rs' -exec touch {} +
	@touch $(TARGET)/debug/built-from.begun
	cargo build --workspace --bins --exclude portal-operator --exclude portal-bench --exclude hello --exclude get
	@cp Cargo.lock $(TARGET)/debug/built-from
	@touch -r $(TARGET)/debug/built-from.begun $(TARGET)/debug/built-from

# Tests wait for queues and browsers most of the time, so three run at once on each core.
test test-fast: export RUST_TEST_THREADS = $(shell echo $$((3 * $$(getconf _NPROCESSORS_ONLN))))
test: build browser ## Everything CI tests, or what ONLY=pages:: names; ends with the slowest tests, what failed and why, and how many passed
	$(call run_tests,$(if $(ONLY),--test handlers --test portal --test engines --test timing --test operator),$(ONLY))

# The tests that take longest, which `make test-fast` skips besides those in browsers.
SLOW := drill:: crashes:: after_any_of_its_calls in_the_whole_table a_history_ends takes_no_longer took_longer of_a_thousand no_secret_gets every_booking_and_document \
  a_killed_batch whatever_a_field_holds posted_a_thousand_times over_random_moments beside_3600_dead_links a_forged_cookie local_page:: \
  the_story_holds_at_any_hour every_function_may_do_what_it_does that_is_killed of_many_bookings each_policy_allows a_sign_in_is_followed a_confirmation_is_followed \
  everything_of_a_customer a_booking_that_occurred_later one_is_shown_masked nothing_is_erased_without what_the_portal_refuses_all_the_same \
  not_answered_in_ten_seconds without_a_list_of_resources silence_of_a_resolver those_go_back_that_would the_operator_s_tool_changes \
  byte_for_byte_the_page ten_thousand over_https_events breaks_the_life each_law_is_broken
test-fast: export BROWSER := none
test-fast: build ## What needs neither a browser nor long: less than a minute, once built
	$(call run_tests,,$(SLOW:%=--skip %))

# The same roads as in WebKit, which are ignored elsewhere. Each line says how long its road took.
test-firefox: export GECKODRIVER := $(abspath $(GECKODRIVER))
test-firefox: build firefox ## The roads of customers in Firefox
	$(call run_tests,--test engines,--ignored in_firefox::)

# libtest tells times only with RUSTC_BOOTSTRAP. It is set for the tests alone: with it, cargo would build everything anew.
define run_tests
	cargo test --workspace $(1) --no-run
	cargo test --workspace $(or $(1),--tests) --no-fail-fast --config 'target."cfg(all())".runner = ["env", "RUSTC_BOOTSTRAP=1"]' \
	  -- -Z unstable-options --report-time $(2) 2>&1 | awk -f infra/tools/tests.awk
endef

# With the tools and languages that senders use; `make test` needs none of them.
test-senders: build tools languages $(SENDERS) ## The contract in ajv and jsonschema, senders in four languages by both roads, an import
	cargo build --workspace --example verdicts --bin portal
	$(TOOLS)/bin/python infra/tools/schemas.py $(TARGET)/debug/examples/verdicts $(TOOLS)/senders/ajv.mjs
	$(TOOLS)/bin/python infra/tools/senders.py $(TARGET)/debug/portal-local $(TOOLS)/senders $(TARGET)/debug/portal
	$(TOOLS)/bin/python infra/tools/webhooks.py $(TARGET)/debug/portal-local $(TOOLS)/senders

test-cldr: tools ## Dates, times, money, lists and counts as CLDR has them, 200 random values each; SEED draws the same again
	cargo build --workspace --example told
	$(TOOLS)/bin/python infra/tools/cldr.py $(TARGET)/debug/examples/told $(SEED)

languages:
	infra/tools/languages.sh

# Lines that begin with a brace are the functions' log.
life: ## The life of a sign-in, model-checked: of all that can happen any LIFE=3 things, in every order of their calls
	cargo test --workspace --test handlers -- --ignored --nocapture breaks_the_life | grep -v '^{'

# libFuzzer on stable Rust: only the project's own crates are instrumented. What it finds stands in $(TARGET)/fuzz/TARGET; the
# corpus keeps the fewest inputs that reach as much.
FUZZ := cookies links events forms webhooks feedback
TIME ?= 600
fuzz: ## What strangers send, under libFuzzer, TIME=600 seconds for each of FUZZ='cookies links …'; minimises the corpus
	RUSTC_WORKSPACE_WRAPPER=$(CURDIR)/infra/fuzz/instrument.sh cargo build --workspace --bin fuzz --features portal-fuzz/engine
	for target in $(FUZZ); do \
	  mkdir -p $(TARGET)/fuzz/$$target/fresh $(TARGET)/fuzz/$$target/least; \
	  FUZZ_TARGET=$$target $(TARGET)/debug/fuzz -max_total_time=$(TIME) -max_len=8192 -timeout=10 -print_final_stats=1 \
	    -artifact_prefix=$(TARGET)/fuzz/$$target/ $(TARGET)/fuzz/$$target/fresh infra/fuzz/corpus/$$target; \
	  FUZZ_TARGET=$$target $(TARGET)/debug/fuzz -merge=1 $(TARGET)/fuzz/$$target/least infra/fuzz/corpus/$$target $(TARGET)/fuzz/$$target/fresh; \
	done

# .cargo/mutants.toml says what is left as it is, and why. The rest of a score is what no test of the crate sees.
MUTANTS := domain views aws web
mutants: $(CARGO_MUTANTS) ## The crates of shared/ with one fault at a time, which a fast test should see; MUTANTS='domain web'
	failed=; for crate in $(MUTANTS); do \
	  least=85; [ $$crate = domain ] && least=95; \
	  infra/tools/mutants.sh $(abspath $(CARGO_MUTANTS)) $$crate $$least $(abspath $(TARGET))/mutants || failed="$$failed $$crate"; \
	done; [ -z "$$failed" ] || { echo "too many mutants live:$$failed"; exit 1; }

crosscheck: build $(CROSSCHECK) ## The functions against moto's server and ministack, which nobody here wrote; WEAKEN=all shows that faults are found
	$(TOOLS)/crosscheck/bin/python infra/tools/crosscheck.py template.yaml $(TARGET)/debug $(if $(WEAKEN),--weaken $(WEAKEN))

schemas: ## Writes infra/events/schemas and openapi.json anew from the contract's table, and infra/operating/json.md from the tool's reports
	REWRITE_SCHEMAS=1 cargo test --workspace --test portal -- the_schemas told::

mails: ## Every mail in every state as HTML, text and pictures, under target/mails
	cargo test --workspace --test mails
	infra/tools/mails.sh $(or $(CARGO_TARGET_DIR),target)/mails

pictures: export PICTURES := yes
pictures: test ## As `make test`, and what browsers show is left in $(TARGET)/screenshots; ONLY=looks:: is enough for the portal's pages

# What browsers show is part of the tests. BROWSER=chromium skips WebKit and BROWSER=none all of them, loudly.
browser: $(if $(filter none,$(BROWSER)),,$(AXE))
	infra/tools/browser.sh

firefox: $(if $(filter none chromium,$(BROWSER)),,$(GECKODRIVER))
	infra/tools/browser.sh firefox

lighthouse: build browser $(LIGHTHOUSE) ## Lighthouse's figures for the main pages; needs Node 18 or newer
	CHROME_PATH=$$(command -v chromium) node $(TOOLS)/lighthouse/lighthouse.mjs $(TARGET)/debug/portal-local $(TARGET)/lighthouse

# By itself, so that no function has its features. Static where this toolchain has musl (`rustup target add` of it); zig, which
# comes with the tools, compiles what is C in it.
MUSL := $(shell uname -m)-unknown-linux-musl
operator: ## `portal`, the operator's tool, as $(TARGET)/portal
	if [ -d "$$(rustc --print target-libdir --target $(MUSL))" ]; then \
	  $(MAKE) tools && PATH="$(abspath $(TOOLS))/bin:$$PATH" cargo zigbuild --release --package portal-operator --features sign-in --target $(MUSL) \
	  && cp $(TARGET)/$(MUSL)/release/portal $(TARGET)/portal; \
	else cargo build --release --package portal-operator --features sign-in && cp $(TARGET)/release/portal $(TARGET)/portal; fi

# BENCH takes options: --json, --cold 80, --cpu 0.144, …; infra/bench/src/main.rs names them all.
bench: bench-build ## What each function costs, cold and warm, beside a floor; draws infra/readme/bench.svg; takes a few minutes and a quiet machine
	$(TARGET)/harness/bench --node $(NODE_FUNCTION) --chart infra/readme/bench.svg $(BENCH)

bench-check: bench-build ## Fails where a budget of infra/bench/src/budgets.rs is broken
	$(TARGET)/harness/bench --check --node $(NODE_FUNCTION) $(BENCH)

# The functions as `make package` builds them, for this machine's processor. Without npm the benchmark says that it goes without
# the function in Node.
bench-build: tools $(if $(shell command -v npm),$(NODE_FUNCTION))
	for selected in "" "--package hello"; do \
	  $(BUILD_FUNCTIONS) ARCHITECTURE=$(shell uname -m) CARGO_FLAGS="--lambda-dir $(abspath $(TARGET))/static $$selected"; \
	done
	cargo build --release --bins --package hello --package get
	cargo build --profile harness --package portal-bench

cost: build tools ## What a stack costs a month with 0 to 10,000 customers, by service
	$(TOOLS)/bin/python infra/tools/cost.py template.yaml $(TARGET)/debug/portal-local

many: tools ## What 200 stacks take of an account's quotas, written into the guide
	$(TOOLS)/bin/python infra/tools/many.py template.yaml infra/operating/many-businesses.md --write

lint: lint-rust lint-dependencies lint-template

lint-rust:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- --deny warnings
	RUSTDOCFLAGS="--deny warnings" cargo doc --workspace --no-deps --document-private-items --quiet

# Known vulnerabilities are looked up where RustSec's database can be had.
lint-dependencies: $(CARGO_DENY)
	$(CARGO_DENY) --log-level error check bans licenses sources
	if $(CARGO_DENY) --log-level off fetch db; then $(CARGO_DENY) --offline --log-level error check advisories; \
	else echo "Known vulnerabilities were NOT looked for: https://github.com/RustSec/advisory-db cannot be reached from here" >&2; fi

# As written, as SAM transforms it, in every combination of its conditions, and as `make package` would derive it. In a
# combination a parameter may be without use (W2001). SAM repeats the condition of a function inside of itself, at each level of
# its routes (W1028).
lint-template: tools
	$(TOOLS)/bin/sam validate --lint --template template.yaml
	$(TOOLS)/bin/sam validate --template template.yaml --region us-east-1
	$(TOOLS)/bin/cfn-lint template.yaml
	$(TOOLS)/bin/python infra/tools/many.py template.yaml infra/operating/many-businesses.md
	$(TOOLS)/bin/python infra/tools/transform.py template.yaml > $(TOOLS)/transformed.json
	$(TOOLS)/bin/cfn-lint --ignore-checks W1028 -- $(TOOLS)/transformed.json
	$(TOOLS)/bin/python infra/tools/check.py template.yaml $(TOOLS)/transformed.json
	LOG_LEVEL=ERROR $(TOOLS)/checkov/bin/checkov --config-file infra/tools/checkov.yaml --file $(TOOLS)/transformed.json
	for aliases in canary at-once; do \
	  $(TOOLS)/bin/python infra/tools/package.py template.yaml - $(TOOLS)/$$aliases $(ARCHITECTURE) $$aliases; \
	  $(TOOLS)/bin/cfn-lint $(TOOLS)/$$aliases/template.yaml; \
	  $(TOOLS)/bin/python infra/tools/transform.py $(TOOLS)/$$aliases/template.yaml > $(TOOLS)/$$aliases/transformed.json; \
	  $(TOOLS)/bin/cfn-lint --ignore-checks W1028 -- $(TOOLS)/$$aliases/transformed.json; \
	  $(TOOLS)/bin/python infra/tools/check.py template.yaml $(TOOLS)/$$aliases/transformed.json; \
	done
	for built in . canary at-once; do \
	  from=template.yaml; [ $$built = . ] || from=$(TOOLS)/$$built/template.yaml; \
	  $(TOOLS)/bin/python infra/tools/combinations.py $$from $(TOOLS)/$$built/combinations; \
	  $(TOOLS)/bin/cfn-lint --ignore-checks W2001 -- $(TOOLS)/$$built/combinations/*.json; \
	done

# cargo-lambda cross-compiles with zig; both come with the tools.
BUILD_FUNCTIONS = PATH="$(abspath $(TOOLS))/bin:$$PATH" $(MAKE) --no-print-directory --file functions/Makefile
package: tools ## Zips and their template where `sam build` leaves its own, so that `sam deploy` takes them
	$(BUILD_FUNCTIONS) ARCHITECTURE=$(ARCHITECTURE)
	rm -rf $(PACKAGE)
	$(TOOLS)/bin/python infra/tools/package.py template.yaml $(TARGET)/lambda $(PACKAGE) $(ARCHITECTURE) $(patsubst true,canary,$(filter-out false,$(CANARY)))

sam-build: package ## What `sam build` does with these tools, and that its functions are `make package`'s, byte for byte
	PATH="$(abspath $(TOOLS))/bin:$$PATH" sam build
	for function in $(FUNCTIONS); do \
	  cmp $(TARGET)/lambda/$$function/bootstrap $(PACKAGE)/$$(sed -E 's/(^|_)(.)/\u\2/g' <<< $$function)/bootstrap; \
	done

# Another folder, another target folder, another place of a tool, from nothing; what of this machine is left in a binary would show.
reproducible: package ## A second build, of a clone elsewhere, gives the same bytes
	folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; \
	git clone --quiet . "$$folder/portal"; mkdir "$$folder/bin"; cp $(TOOLS)/bin/cargo-auditable "$$folder/bin"; \
	CARGO_TARGET_DIR="$$folder/target" PATH="$$folder/bin:$(abspath $(TOOLS))/bin:$$PATH" \
	  $(MAKE) --no-print-directory --file "$$folder/portal/functions/Makefile" ARCHITECTURE=$(ARCHITECTURE); \
	for function in $(FUNCTIONS); do \
	  cmp {$(TARGET),"$$folder/target"}/lambda/$$function/bootstrap; sha256sum $(TARGET)/lambda/$$function/bootstrap; \
	done

arm64: build package ## The packaged functions, emulated where this machine is another, each answer one event
	runner=$$(infra/tools/qemu.sh) && $(PYTHON) infra/tools/emulate.py $(TARGET)/debug/portal-local $(PACKAGE) $$runner

# checkov wants other versions of what sam uses, so it has an environment of its own.
tools: $(STAMP) $(CARGO_AUDITABLE)

$(STAMP): infra/tools/requirements.txt infra/tools/checkov-requirements.txt
	$(PYTHON) -m venv $(TOOLS)
	$(TOOLS)/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement infra/tools/requirements.txt
	$(PYTHON) -m venv $(TOOLS)/checkov
	$(TOOLS)/checkov/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement infra/tools/checkov-requirements.txt
	touch $@

# moto and ministack want other versions of what sam uses, too.
$(CROSSCHECK): infra/tools/crosscheck-requirements.txt
	$(PYTHON) -m venv $(TOOLS)/crosscheck
	$(TOOLS)/crosscheck/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement $<
	touch $@

# axe finds what stands in the way of people who do not see, or use no mouse; the tests run it in the browser.
$(AXE): $(PAGES)/package-lock.json
	mkdir -p $(TOOLS)/axe
	cp $(PAGES)/package.json $(PAGES)/package-lock.json $(TOOLS)/axe/
	npm ci --prefix $(TOOLS)/axe --omit=dev --ignore-scripts --no-audit --no-fund --silent
	touch $@

$(LIGHTHOUSE): $(PAGES)/package-lock.json $(PAGES)/lighthouse.mjs
	mkdir -p $(TOOLS)/lighthouse
	cp $(PAGES)/package.json $^ $(TOOLS)/lighthouse/
	npm ci --prefix $(TOOLS)/lighthouse --ignore-scripts --no-audit --no-fund --silent
	touch $@

# As SAM bundles a function in Node.
$(NODE_FUNCTION): infra/bench/node/package-lock.json infra/bench/node/dashboard.js
	mkdir -p $(@D)
	cp infra/bench/node/package.json $^ $(@D)/
	npm ci --prefix $(@D) --ignore-scripts --no-audit --no-fund --silent
	$(@D)/node_modules/.bin/esbuild $(@D)/dashboard.js --bundle --minify --platform=node --target=node18 --log-level=warning --outfile=$@
	chmod +x $@

$(SENDERS): infra/tools/senders/package-lock.json infra/tools/senders/ajv.mjs | languages
	mkdir -p $(TOOLS)/senders
	cp infra/tools/senders/package.json $^ $(TOOLS)/senders/
	npm ci --prefix $(TOOLS)/senders --omit=dev --ignore-scripts --no-audit --no-fund --silent
	touch $@

$(CARGO_DENY):
	cargo install --quiet --debug --locked --root $(TOOLS) --version $(CARGO_DENY_VERSION) cargo-deny
	mv $(TOOLS)/bin/cargo-deny $@

# Cargo finds it by its name, so its version stands in a mark beside it.
$(CARGO_AUDITABLE):
	cargo install --quiet --debug --locked --force --root $(TOOLS) --version $(CARGO_AUDITABLE_VERSION) cargo-auditable
	touch $@
$(CARGO_MUTANTS):
	cargo install --quiet --debug --locked --root $(TOOLS) --version $(CARGO_MUTANTS_VERSION) cargo-mutants
	mv $(TOOLS)/bin/cargo-mutants $@

$(GECKODRIVER):
	cargo install --quiet --debug --locked --root $(TOOLS) --version $(GECKODRIVER_VERSION) geckodriver
	mv $(TOOLS)/bin/geckodriver $@

clean:
	cargo clean
	rm -rf $(TOOLS)
