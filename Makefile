# Two commands matter to a new user: `make demo` and `make test`. Everything lands in .venv/ and build/.

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check --quiet
PYTHONS := python3 python3.13 python3.12 python3.11 python3.14 python
COMPILE := $(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
	--no-emit-index-url --no-header --no-annotate

# The database of the demonstration, for commands that work on it directly.
DEMO := KETENSPOOR_DATABASE_URL=sqlite:///build/demo/ketenspoor.db KETENSPOOR_CLOCK=sender \
	KETENSPOOR_CHECKPOINT_DIR=build/demo/checkpoints

CASES := 10000
SEED :=
ADVISORIES :=

.DEFAULT_GOAL := help
.PHONY: help setup demo audit stop browser test bench bench-quick replay-million fuzz check secrets sbom advisories lock clean

help:  ## print this list
	@awk -F ':.*## +' '/^[a-z-]+:.*## /{printf "  make %-15s%s\n", $$1, $$2}' Makefile

setup: $(VENV)/development.stamp  ## make the environment for working on Ketenspoor

demo: $(VENV)/service.stamp  ## load 2021-I to 2022-I, print the national figures, leave the server running
	$(BIN)/ketenspoor demo

audit:  ## do with the demo what an auditor does: ask the past, account for changes, verify rows and signatures
	$(BIN)/ketenspoor inspect
	$(DEMO) $(BIN)/ketenspoor verify
	rm -rf build/audit
	$(DEMO) $(BIN)/ketenspoor export-log build/audit
	$(BIN)/ketenspoor verify-log build/audit --key build/demo/log.key

stop:  ## stop the service that the demo left running
	$(BIN)/ketenspoor demo --stop

browser: $(VENV)/development.stamp  ## have a Chromium for the tests of pages: the one that is there, or apt's
	@$(BIN)/python -m tests.pages.browser

test: $(VENV)/development.stamp browser  ## run every test, on SQLite and on PostgreSQL
	$(BIN)/pytest -n 2

bench: $(VENV)/development.stamp  ## measure everything against its reference; writes build/bench.json
	$(BIN)/python -m tests.benchmarks.bench

bench-quick: $(VENV)/development.stamp  ## the same with a tenth of the work, in minutes
	$(BIN)/python -m tests.benchmarks.bench --quick

replay-million: $(VENV)/development.stamp  ## replay, rebuild and verify a million events; prints seconds and memory
	$(BIN)/python -m tests.benchmarks.replay_million

fuzz: $(VENV)/development.stamp  ## ask a real server CASES (10000) times whatever its document allows; prints the SEED
	$(BIN)/python -m tests.fuzz --cases $(CASES) $(if $(SEED),--seed $(SEED))

check: $(VENV)/development.stamp secrets sbom advisories  ## installed versions, lint, types, contracts, migrations, Dockerfile, supply chain
	$(BIN)/pip check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/ketenspoor migrate --check
	$(BIN)/hadolint Dockerfile

secrets: $(VENV)/development.stamp  ## look for keys and passwords in every file of the repository
	$(BIN)/python -m tests.supply_chain.secret_scan

sbom: $(VENV)/development.stamp  ## write build/sbom.json: what the service is made of (CycloneDX)
	@mkdir -p build
	$(BIN)/cyclonedx-py requirements requirements/service.txt --pyproject pyproject.toml --short-PURLs \
		--output-reproducible --validate -o build/sbom.json
	$(BIN)/python -m tests.supply_chain.sbom build/sbom.json

advisories: $(VENV)/development.stamp  ## hold the locked versions against the advisories (OSV) in ADVISORIES, if given
	$(BIN)/python -m tests.supply_chain.advisories $(ADVISORIES)

lock: $(VENV)/development.stamp  ## pin again what pyproject.toml asks for, keeping the versions that still fit
	$(COMPILE) pyproject.toml requirements/service.in -o requirements/service.txt
	$(COMPILE) --extra development -c requirements/service.txt pyproject.toml -o requirements/development.txt

clean:  ## remove the environment and what the demo and the checks left
	rm -rf $(VENV) build

# The first Python on this machine that is new enough; a shim that starts nothing does not count.
$(BIN)/pip:
	@for python in $(PYTHONS); do \
		if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			echo "Making $(VENV) with $$($$python --version)"; \
			$$python -m venv $(VENV); exit $$?; \
		fi; \
	done; \
	echo "Ketenspoor needs Python 3.11 or newer, and none was found. Looked for: $(PYTHONS)." >&2; exit 1

# pip can't hash the project itself, so what it needs (the build backend included) comes first, by hash,
# and the project after it without looking anything up. The two locks agree on every version they share.
$(VENV)/service.stamp: requirements/service.txt pyproject.toml | $(BIN)/pip
	@echo "Installing what the service needs"
	@$(PIP) install --require-hashes -r requirements/service.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/development.stamp: requirements/development.txt $(VENV)/service.stamp
	@echo "Installing what the tests and checks need"
	@$(PIP) install --require-hashes -r requirements/development.txt
	@touch $@
