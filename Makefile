# Every command a newcomer needs. `make run` and `make test` want rustup's Rust and a C compiler;
# everything else is installed here.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

TARGET   := $(or $(CARGO_TARGET_DIR),target)
PLUGINS  := auth scope catalog pricing cms seo promotions diagnostics cache orders
TEST_PLUGINS := probe forger
# One profile and one set of features for run, test and CI, so that wasmtime is compiled once.
CARGO_FLAGS := --release --workspace
ADDR     := 127.0.0.1:8808

.PHONY: help build host plugins test-plugins run test lint fmt bench circles deny clean python

help: ## Show the commands
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

build: host plugins ## Build souk and the plugins

host:
	cargo build $(CARGO_FLAGS)

plugins: ## Build the plugins into target/plugins
	@TARGET="$(TARGET)" tests/build-plugins.sh "$(TARGET)/plugins" $(PLUGINS)

# Plugins that only tests load.
test-plugins: plugins
	@TARGET="$(TARGET)" tests/build-plugins.sh "$(TARGET)/test-plugins" $(TEST_PLUGINS)

run: build ## Serve MCP on the demo store at http://127.0.0.1:8808/mcp
	$(TARGET)/release/souk serve --http $(ADDR) --demo

test: build test-plugins python ## Run every test
	cargo test $(CARGO_FLAGS) --lib --bins --examples
	cargo test $(CARGO_FLAGS) --doc
	SOUK_TEST_PYTHON="$(abspath $(TARGET))/python/bin/python" cargo test $(CARGO_FLAGS) --test '*'

# The reference client is Python's; it lives in an environment of its own.
python: $(TARGET)/python/.ready

$(TARGET)/python/.ready: tests/python/requirements.txt
	tests/python/install.sh "$(TARGET)/python" tests/python/requirements.txt
	touch $@

lint: ## Formatting and clippy, warnings as errors
	cargo fmt --all --check
	cargo clippy $(CARGO_FLAGS) --all-targets -- -D warnings

circles: ## Show which files of a crate import each other in circles, and names with many meanings
	cargo test $(CARGO_FLAGS) --test house -- --include-ignored

fmt: ## Format the code
	cargo fmt --all

bench: build ## Measure start, memory, latency and throughput
	$(TARGET)/release/souk-bench

deny: ## Check licences and advisories, where cargo-deny is installed
	@if command -v cargo-deny >/dev/null; then cargo deny check; else echo "cargo-deny is not installed: cargo install cargo-deny"; fi

clean: ## Remove everything that was built
	cargo clean
