# Two commands do everything on a fresh machine with Python 3.11 or newer, git and make, without root:
#   make govern   the main job: run this repository's suites, judge them, record and report
#   make test     every test that needs no system package
# `make help` lists the rest.

# The first that really runs (a pyenv shim may fail), is new enough and can make environments. PYTHON=... overrides it.
PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13 python3,$(call usable,$(name))))
usable = $(if $(1),$(shell $(1) -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo '$(1)'))
NO_PYTHON = no Python 3.11 or newer with venv found: install one (Debian: python3-venv), or name it with PYTHON=/path/to/python
python = $(or $(call usable,$(PYTHON)),$(error $(NO_PYTHON)))
git = $(if $(shell git --version 2>/dev/null),,$(error git not found: install git))
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
TIER := $(BIN)/python scripts/tier.py
PYTEST := $(BIN)/python -m pytest -q

# An image that sets it has every process compile the sources and rewrite the tests' assertions anew.
unexport PYTHONDONTWRITEBYTECODE

# Tiers share the machine.
.NOTPARALLEL:

.PHONY: help tools govern test test-all format check unit contracts laws integration workflows own docs e2e fuzz bench bench-long golden evidence own-evidence cycles system soak setup-system strangers release-check setup-fetch setup-openapi lock mutants rules openapi dist clean

help:
	@sed -nE 's/^#   (make [a-z]+) +/\1: /p; s/^## /make /p' $(MAKEFILE_LIST) | awk '{ i = index($$0, ": "); printf "  %-20s %s\n", substr($$0, 1, i - 1), substr($$0, i + 2) }'

$(READY): requirements-dev.txt pyproject.toml scripts/setup/install.py | tools
	$(python) -m venv --clear $(VENV)
	$(BIN)/python scripts/setup/install.py
	$(BIN)/python -m compileall -q $(VENV)/lib >/dev/null || true
	touch $@

tools:
	@:$(git)

govern: $(READY)
	$(BIN)/covgov run

# GOVERNED=1: `make govern` has just run and passed, and its suites are all of tests/unit and tests/contracts, but of each
# law a quarter of the examples.
test: check $(if $(GOVERNED),laws,unit contracts) integration docs e2e workflows

## test-all: make test and the tests that need `make setup-system`; a skipped test is a failure
test-all: export COVGOV_NO_SKIPS = 1
test-all: test system

## format: format the sources, and fix what ruff can fix
format: $(READY)
	$(BIN)/ruff format --quiet .
	$(BIN)/ruff check --fix .

## check: formatting, lint, types, import contracts, dependencies, workflows
check: $(READY)
	$(TIER) checks 60 -- $(BIN)/python scripts/check.py

## unit: unit tests of the engine
unit: $(READY)
	$(TIER) unit 180 -- $(PYTEST) -n 2 tests/unit

## contracts: one suite that every format, store and renderer passes
contracts: $(READY)
	$(TIER) contracts 60 -- $(PYTEST) -n 2 tests/contracts

## laws: the property tests of both, with all their examples
laws: $(READY)
	$(TIER) laws 60 -- $(PYTEST) -n 2 -m hypothesis tests/unit tests/contracts

## integration: real git, real coverage.py, real projects
integration: $(READY) setup-fetch
	$(TIER) integration 180 -- $(PYTEST) -n 2 tests/integration -m "not system and not workflows"

## workflows: both workflows of .github run by act in a tiny project, then with every step made idle in turn
workflows: $(READY)
	$(TIER) workflows 200 -- $(PYTEST) -n 2 --dist loadgroup tests/integration -m "workflows and not system"

## own: all of this repository's own workflow, with every suite, run by act (five minutes; `make workflows` runs it with one)
own: export COVGOV_OWN_SUITES = all
own: $(READY)
	$(PYTEST) tests/integration/test_workflows_own.py

## docs: the documentation site in build/site, strictly; then what the pages say against the code
docs: $(READY) .venv-docs/.ready
	$(BIN)/python scripts/docs_site.py
	cp zensical.toml build/
	cd build && ../.venv-docs/bin/zensical build --clean --strict
	$(TIER) docs 90 -- $(PYTEST) tests/docs

.venv-docs/.ready: requirements-docs.txt | tools
	$(python) -m venv --clear .venv-docs
	.venv-docs/bin/python scripts/setup/install.py $<
	touch $@

## e2e: the console script of the built wheel, outside the checkout
e2e: $(READY) dist
	$(TIER) e2e 240 -- $(PYTEST) -n 2 tests/e2e

## fuzz: ten million almost right reports, policies, registers and histories (half an hour of one core; COVGOV_FUZZ=1000 is less)
fuzz: export COVGOV_FUZZ ?= 11000
fuzz: $(READY)
	$(PYTEST) -n 2 -p no:randomly tests/contracts/test_hostile_input.py tests/contracts/test_report_format.py -k only_our_own_errors

## bench: covgov beside its peers in one run, and the bytes of a history (benchmarks/README.md; network; ten minutes)
bench: $(READY)
	PYTHONPATH=tests/support $(BIN)/python -m benchmarks $(BENCH)
	PYTHONPATH=tests/support $(BIN)/python benchmarks/history.py

## bench-long: ten reports of ten million lines in all, read, judged and recorded (five minutes, 3 GB of memory; LONG=100M needs ten times that)
LONG = 10M
bench-long: $(READY)
	PYTHONPATH=tests/support $(BIN)/python -m benchmarks --rows long --sizes $(LONG)

## soak: the hub killed two hundred times while clients go on, and every other fault longer (half an hour; SOAK_ROUNDS=30 is less)
soak: export SOAK_ROUNDS = 200
soak: $(READY)
	$(PYTEST) $(addprefix tests/integration/test_,$(addprefix hub_,faults.py full_disk.py clock.py two_admins.py) api_fuzz.py)

## golden: write the texts that tests expect of the output (inline-snapshot) anew; read the difference before committing it
GOLDEN = $(PYTEST) -n 0 -m "not hypothesis" $(shell grep -rl '^from inline_snapshot' tests/unit --include='test_*.py')
golden: export PATH := $(CURDIR)/$(BIN):$(PATH)
golden: $(READY)
	$(GOLDEN) -p inline_snapshot --inline-snapshot=create,fix >/dev/null || $(GOLDEN)

## evidence: make the output that the documents show anew (needs Chromium only when a picture shows other figures)
evidence: $(READY)
	$(BIN)/python scripts/evidence.py

## own-evidence: judge this repository twice in a clone (as long as its suites take) and write docs/portfolio/own.json
own-evidence: $(READY)
	$(BIN)/python scripts/evidence.py own

## cycles: play two weeks of a small shop and write docs/metrics/coverage-weekly.md
cycles: $(READY)
	$(BIN)/python scripts/evidence.py weekly

## system: tests that need packages of the system (make setup-system)
system: $(READY) .venv-docs/.ready
	$(TIER) system 90 -- $(PYTEST) tests/integration -m system

## setup-system: packages of the system that some tests need (root)
setup-system:
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends lcov golang-go chromium fonts-dejavu-core
	command -v npm >/dev/null || DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends npm
	$(python) scripts/setup/fetch_openapi.py

## strangers: adopt nineteen released projects, `covgov init --adopt && covgov run`, against coverage.py (ten minutes; network)
strangers: $(READY)
	$(BIN)/python scripts/strangers.py

setup-fetch: $(READY)
	$(BIN)/python scripts/setup/fetch_sdists.py

## setup-openapi: GitHub's description of its API (npm), which the requests to GitHub are held to
setup-openapi:
	$(python) scripts/setup/fetch_openapi.py

dist: $(READY)
	rm -rf dist
	$(BIN)/python -m build --wheel --no-isolation --outdir dist . >/dev/null

## release-check: what can be proven of a release before its tag (TAG=v0.1.0 checks version and changelog too; network)
release-check: .venv-release/.ready
	.venv-release/bin/python scripts/release/check.py $(TAG)

.venv-release/.ready: requirements-release.txt | tools
	$(python) -m venv --clear .venv-release
	.venv-release/bin/python scripts/setup/install.py $<
	touch $@

## lock: pin with hashes what development, action.yml, a release and the container install (needs uv)
lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --group release -o requirements-release.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --group docs -o requirements-docs.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header pyproject.toml --extra hub --extra notify --extra prometheus --group dev -o requirements-dev.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml --extra http --group action -c requirements-dev.txt -o requirements-action.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header pyproject.toml --extra hub --extra notify --extra prometheus -c requirements-dev.txt -o deploy/container/requirements.txt

## rules: write docs/rules from the rules' files
rules: $(READY)
	$(BIN)/python scripts/rules.py

## openapi: write docs/openapi.json from the hub's routes
openapi: $(READY)
	$(BIN)/python scripts/openapi.py > docs/openapi.json.new && mv docs/openapi.json.new docs/openapi.json

## mutants: how many changes to auth_service its unit tests notice (half an hour; resumes; docs/mutation-auth.md)
mutants: $(READY)
	$(BIN)/mutmut run --max-children 1

clean:
	rm -rf $(VENV) .venv-release .venv-docs mutants .nox .cache coverage dist build .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
