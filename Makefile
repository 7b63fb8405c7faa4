# Every command a newcomer needs. `make run` and `make test` want rustup's Rust and a C compiler;
# everything else is installed here.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

TARGET   := $(or $(CARGO_TARGET_DIR),target)
TEST_PLUGINS := probe forger blocks
# One profile and one set of features for run, test and CI, so that wasmtime is compiled once.
CARGO_FLAGS := --release --workspace
ADDR     := 127.0.0.1:8808

.PHONY: help build release docs host plugins test-plugins run test lint fmt bench fuzz soak circles deny shellcheck doc clean python tools conformance clients day console-test oauth-test interop dist mcpb dist-check

help: ## Show the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

build: host plugins ## Build souk and the plugins

# A release knows its plugins' digests itself; a build of a checkout has them in a list beside it.
release: plugins ## Build souk with the digests of its plugins in it
	SOUK_SHIPPED_PLUGINS="$$(cut -d ' ' -f 1 "$(TARGET)/release/souk.plugins" | tr '\n' ' ')" cargo build $(CARGO_FLAGS) --bin souk

host:
	cargo build $(CARGO_FLAGS)

plugins: ## Build the plugins into target/plugins
	@TARGET="$(TARGET)" plugins/build.sh "$(TARGET)/plugins"

# Plugins that only tests load.
test-plugins: plugins
	@TARGET="$(TARGET)" plugins/build.sh "$(TARGET)/test-plugins" $(TEST_PLUGINS)

run: build ## Serve MCP on the demo store at http://127.0.0.1:8808/mcp
	$(TARGET)/release/souk serve --http $(ADDR) --demo

test: build test-plugins python ## Run every test
	cargo test $(CARGO_FLAGS) --lib --bins --examples
	cargo test $(CARGO_FLAGS) --doc
	SOUK_TEST_PYTHON="$(abspath $(TARGET))/python/bin/python" cargo test $(CARGO_FLAGS) --test '*'

# The reference client is Python's; it lives in an environment of its own.
python: $(TARGET)/python/.ready

$(TARGET)/python/.ready: tests/python/requirements.txt
	tests/python-env.sh "$(TARGET)/python" $<
	touch $@

# The official suite of the protocol runs on Node, which lives in an environment of its own, too.
conformance: $(TARGET)/conformance/.ready ## Run the protocol's official conformance suite
	cargo build $(CARGO_FLAGS) --example conformance
	@TARGET="$(TARGET)" tests/conformance/run.sh

$(TARGET)/conformance/.ready: tests/conformance/requirements.txt tests/conformance/package-lock.json
	tests/conformance/install.sh "$(TARGET)/conformance"
	touch $@

# The same day of a merchant's, lived through by the clients that merchants' agents are built on.
clients: build python $(TARGET)/clients/.ready ## Let every client live through a merchant's day
	PATH="$(abspath $(TARGET))/conformance/bin:$$PATH" npm install --prefix "$(TARGET)/clients/inspector" \
	  --ignore-scripts --no-audit --no-fund --no-save --loglevel=error @modelcontextprotocol/inspector@2.12.0
	@TARGET="$(TARGET)" tests/clients/run.sh all

# Without the Inspector, which is two hundred packages.
day: build python $(TARGET)/clients/.ready
	@TARGET="$(TARGET)" tests/clients/run.sh

$(TARGET)/clients/.ready: tests/clients/package-lock.json $(TARGET)/conformance/.ready
	mkdir -p "$(TARGET)/clients"
	cp tests/clients/package.json tests/clients/package-lock.json "$(TARGET)/clients/"
	PATH="$(abspath $(TARGET))/conformance/bin:$$PATH" npm ci --prefix "$(TARGET)/clients" \
	  --ignore-scripts --no-audit --no-fund --loglevel=error
	touch $@

# A person at the console, in Chromium, which has to be installed: CHROMIUM names it where it is not
# /usr/bin/chromium. SOUK_CONSOLE_SHOTS names a directory for pictures of the pages.
console-test: build $(TARGET)/console/.ready ## Review and decide on the console's pages in a browser
	cp tests/console/console.mjs "$(TARGET)/console/"
	"$(TARGET)/conformance/bin/node" "$(TARGET)/console/console.mjs" "$(abspath $(TARGET))/release/souk" \
	  "$(abspath $(TARGET))/plugins" $(SOUK_CONSOLE_SHOTS)
	cp tests/console/plan_view.mjs "$(TARGET)/console/"
	"$(TARGET)/conformance/bin/node" "$(TARGET)/console/plan_view.mjs" "$(abspath $(TARGET))/release/souk" \
	  "$(abspath $(TARGET))/plugins" $(SOUK_CONSOLE_SHOTS)

$(TARGET)/console/.ready: tests/console/package-lock.json $(TARGET)/conformance/.ready
	mkdir -p "$(TARGET)/console"
	cp tests/console/package.json tests/console/package-lock.json "$(TARGET)/console/"
	PATH="$(abspath $(TARGET))/conformance/bin:$$PATH" npm ci --prefix "$(TARGET)/console" \
	  --ignore-scripts --no-audit --no-fund --loglevel=error
	touch $@

# A real authorization server (oidc-provider) and a client that logs in with it, on this machine.
oauth-test: build $(TARGET)/oauth/.ready ## Log in with a real authorization server, and step up
	cp tests/oauth/oauth.mjs "$(TARGET)/oauth/"
	"$(TARGET)/conformance/bin/node" "$(TARGET)/oauth/oauth.mjs" "$(abspath $(TARGET))/release/souk" \
	  "$(abspath $(TARGET))/plugins"

$(TARGET)/oauth/.ready: tests/oauth/package-lock.json $(TARGET)/conformance/.ready
	mkdir -p "$(TARGET)/oauth"
	cp tests/oauth/package.json tests/oauth/package-lock.json "$(TARGET)/oauth/"
	PATH="$(abspath $(TARGET))/conformance/bin:$$PATH" npm ci --prefix "$(TARGET)/oauth" \
	  --ignore-scripts --no-audit --no-fund --loglevel=error
	touch $@

# Plugins in other languages, built with their own tools. CI serves those that are kept in git.
interop: build test-plugins $(TARGET)/conformance/.ready ## Build the example in every language and hold all to the same cases
	@TARGET="$(TARGET)" tests/interop/run.sh

# So do the programs that only the checks use.
tools: $(TARGET)/tools/.ready

$(TARGET)/tools/.ready: .ci/tools.txt
	tests/python-env.sh "$(TARGET)/tools" $<
	touch $@

lint: shellcheck deny ## Formatting, clippy, documentation, dependencies and scripts: warnings are errors
	cargo fmt --all --check
	cargo clippy $(CARGO_FLAGS) --all-targets -- -D warnings
	@# A workspace of its own, whose lock would be outdated unseen.
	cargo metadata --locked --format-version 1 --manifest-path tests/fuzz/libfuzzer/Cargo.toml >/dev/null
	$(MAKE) doc

doc: ## Build the documentation of every crate, warnings as errors
	RUSTDOCFLAGS="-D warnings" cargo doc $(CARGO_FLAGS) --no-deps

shellcheck: tools ## Check the shell scripts
	"$(TARGET)/tools/bin/shellcheck" .ci/run $$(git ls-files '*.sh')

# Advisories come from the network, which not every machine has: that alone is no failure.
deny: tools ## Check the dependencies: bans, licences, sources and, where they can be fetched, advisories
	"$(TARGET)/tools/bin/cargo-deny" --all-features check bans licenses sources
	@if "$(TARGET)/tools/bin/cargo-deny" fetch db 2>/dev/null; \
	then "$(TARGET)/tools/bin/cargo-deny" --all-features check --disable-fetch advisories; \
	else echo "advisories are not checked: their database cannot be fetched"; fi

circles: ## Show which files of a crate import each other in circles, and names with many meanings
	cargo test $(CARGO_FLAGS) --test house

docs: build ## Render the pages that the product makes
	$(TARGET)/release/souk actions --max-tier critical --markdown > docs/tools.md

fmt: ## Format the code
	cargo fmt --all

bench: build ## Measure start, memory, latency and throughput
	$(TARGET)/release/souk-bench

fuzz: build test-plugins ## Look for inputs that break a promise, with libFuzzer where there is a C++ compiler
	@TARGET="$(TARGET)" tests/fuzz/run.sh

soak: build test-plugins ## Load it for ten minutes and look at what is left (SOUK_SOAK_SECONDS=60 for less)
	$(TARGET)/release/souk-soak

dist: release ## Make the archive of a release, with licences and an inventory of what it is made of
	@TARGET="$(TARGET)" packaging/dist.sh

mcpb: release ## Make the bundle that desktop clients install by a double click (wants npm)
	@TARGET="$(TARGET)" packaging/mcpb.sh

# As those who get them do: unpacked, with nothing of the checkout's, by a real client.
dist-check: dist mcpb python ## Try the archive and the bundle
	"$(TARGET)/python/bin/python" packaging/check.py "$(TARGET)"/dist/souk-*.tar.gz "$(TARGET)"/dist/souk-*.mcpb

clean: ## Remove everything that was built
	cargo clean
