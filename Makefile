# `make run` and `make test` install what they need.
PYTHON ?= python3
PORT ?= 3000
STATE ?= .local
ENGINE ?=
export ENGINE
ARCH ?= arm64

VENV := .venv/bin
on = $(filter-out 0 no false,$(1))
COMPILE := $(VENV)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --python-version 3.11

.DEFAULT_GOAL := help
.PHONY: help install install-sam install-browsers install-javascript install-audit run invoke build check docs format screenshots test test-fast deploy-test audit bench soak mutants lock clean

help: ## print this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /\1\t/' | expand -t 12

install: ## install the tools and packages that are missing
	@$(PYTHON) -m tools.install

install-sam:
	@$(PYTHON) -m tools.install sam

install-audit:
	@$(PYTHON) -m tools.install audit

run: install $(if $(call on,$(BUILT)),install-sam) ## run the whole service on this machine: PORT=3000, LOG=1 shows the functions' logs, ENGINE=dynamodb-local takes AWS's own engine, BUILT=1 runs the built package
	@exec $(VENV)/python -m local.stack --port $(PORT) --state $(STATE) $(if $(call on,$(LOG)),--log) $(if $(call on,$(BUILT)),--built)

invoke: install ## invoke a function of the running stack directly: F=DistributeFunction E=events/….json
	@$(VENV)/python -m local.invoke --state $(STATE) $(F) $(E)

build: install-sam ## build the deployable package: ARCH=arm64 or x86_64
	@$(VENV)/python -m tools.package --arch $(ARCH)

install-javascript:
	@$(PYTHON) -m tools.install javascript

check: install install-javascript ## run the fast checks: format, lint, types, words
	@$(VENV)/ruff format --check .
	@$(VENV)/ruff check .
	@$(VENV)/mypy
	@$(VENV)/python -m tools.words
	@$(VENV)/python -m tools.javascript.check

docs: install ## write docs/api.md from the OpenAPI document
	@$(VENV)/python -m tools.api_docs

format: install install-javascript ## format the code
	@$(VENV)/ruff format .
	@$(VENV)/ruff check --fix .
	@$(VENV)/python -m tools.javascript.check --fix

install-browsers:
	@$(PYTHON) -m tools.install lighthouse
	@$(VENV)/python -m tools.browsers

screenshots: install-browsers ## take screenshots of every page state and of the console, into .local/screenshots
	@$(VENV)/python -m local.screenshots.redeem_page
	@$(VENV)/python -m local.screenshots.console

test: install-sam install-audit install-browsers install-javascript ## run everything: the checks, then all tests on every core with branch coverage, also in real browsers
	@MAKE="$(MAKE)" $(VENV)/python -m tools.suite

deploy-test: install-sam ## deploy the built package on an open-source AWS on this machine, and test the contract there
	@began=$$(date +%s); $(VENV)/pytest -n0 -q -s tests/rehearsal tests/contract -k rehearsal && \
		echo "deploy-test $$(( $$(date +%s) - began )) s"

test-fast: install install-javascript ## run the checks, unit tests and the core's integration tests: under a minute
	@MAKE="$(MAKE)" $(VENV)/python -m tools.suite --fast

audit: install-audit ## look up known vulnerabilities of the shipped packages
	@for lock in layers/couponflow/requirements.txt functions/images/requirements.txt; do \
		.local/tools/audit/bin/pip-audit --strict --disable-pip --require-hashes -r $$lock \
		|| { echo "!!! $$lock: NOT CLEAN OR NOT AUDITED (see above)" >&2; failed=1; }; done; exit $${failed:-0}

bench: install-sam ## measure the figures of docs/benchmarks.md: PARTS="units hot" runs some
	@$(VENV)/python -m bench $(PARTS)

soak: install ## run the long proofs: 10,000 schedules, millions of interleavings; SEED=number runs the part of that seed, in minutes
	@$(VENV)/python -m tools.suite --soak $(or $(SEED),all)

mutants: install ## break each rule of the core in turn, on all cores, and name those that no test notices: ONLY=word runs some
	@$(VENV)/python -m tests.mutation

lock: install ## write the locks from pyproject.toml and the package.json of local/lighthouse and functions/console
	@$(COMPILE) pyproject.toml -o layers/couponflow/requirements.txt
	@$(COMPILE) pyproject.toml --group dev -c layers/couponflow/requirements.txt -o requirements-dev.txt
	@$(COMPILE) --group images -o functions/images/requirements.txt
	@$(COMPILE) --group sam -o requirements-sam.txt
	@$(COMPILE) --group audit -o requirements-audit.txt
	@$(COMPILE) --group ministack -o requirements-ministack.txt
	@$(COMPILE) --group java -o requirements-java.txt
	@$(VENV)/python -m tools.npm_locks

clean: ## delete what was built, cached and stored locally; keep downloads
	@rm -rf .aws-sam .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache .local/builds $(STATE)/built $(STATE)/data $(STATE)/logs $(STATE)/demo.json
	@find . -path ./.venv -prune -o -path ./.local -prune -o -name __pycache__ -type d -exec rm -rf {} +
