# Everything one does with the project, by name. `make` lists it.

.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.PHONY: help run test lint types architecture check journeys faults audit bench words pictures lock clean ci packages test-packages
bin := .venv/bin

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: packages ## run the whole service here until Ctrl-C (PORT=8000)
	@exec $(bin)/python -m newsletter.standalone

test: test-packages ## run the tests (TESTS=tests/mail for some; TEST_DATABASE_URL for PostgreSQL)
	@$(bin)/python -m pytest -n auto --dist loadgroup $(TESTS)

journeys: test-packages ## run the tests that drive a real browser
	@$(bin)/python -m pytest -m journey

faults: test-packages ## kill and starve real processes at full size, for an hour (TESTS=tests/faults/test_relay.py)
	@FAULT_WHOLE=1 $(bin)/python -m pytest -m fault -s $(or $(TESTS),tests/faults)

lint: test-packages ## check style and format
	@$(bin)/ruff check
	@$(bin)/ruff format --check

types: test-packages ## check types
	@$(bin)/mypy

architecture: test-packages ## check that imports go downward only
	@$(bin)/lint-imports

audit: test-packages ## look for known vulnerabilities in the pinned packages
	@$(bin)/python scripts/audit.py

check: lint types architecture test ## all of these checks

ci: ## all checks on SQLite and PostgreSQL, with servers of their own
	@.ci/run

bench: test-packages ## measure what is claimed of delivery (ONLY=whole_path SIZE=100000)
	@$(bin)/python -m bench $(if $(ONLY),--only $(ONLY)) $(if $(SIZE),--size $(SIZE))

words: test-packages ## bring the catalogues of readers' words up to date (docs/languages.md)
	@$(bin)/python scripts/collect_words.py

pictures: test-packages ## take pictures of every kind of mail into var/mail-pictures, for people to look at
	@$(bin)/python -m scripts.take_mail_pictures var/mail-pictures

lock: test-packages ## pin requirements*.in with hashes (scripts/lock.sh --upgrade for newer ones)
	@scripts/lock.sh

clean: ## remove the virtual environment and caches; var/ with its data stays
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find newsletter workers tests migrations -name __pycache__ -type d -exec rm -rf {} +

packages:
	@scripts/install.sh run

test-packages:
	@scripts/install.sh test
