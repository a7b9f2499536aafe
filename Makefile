# Openbeat's commands. `make help` lists them; docs/how-to/run.md explains them.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
INSTALL := $(PYTHON) -I src/openbeat/ops/install.py
DJANGO := DJANGO_SETTINGS_MODULE=openbeat.settings OPENBEAT_VAR=var/check OPENBEAT_CONNECTIONS=0 $(BIN)/python -W ignore::RuntimeWarning -m django
.DEFAULT_GOAL := help
.PHONY: help up doctor check fix test bench messages requirements clean

help: ## list the commands
	@echo "Openbeat: make COMMAND"
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  \1\t\2/' | expand -t 16

up: ## build what is missing, start everything, print the address   [CITY=folder, or none]
	@$(INSTALL) base front
	@$(BIN)/openbeat up $(if $(CITY),--city "$(CITY)")

doctor: ## say what is missing or wrong, and how to mend it
	@$(INSTALL) base
	@$(BIN)/openbeat doctor

check: ## the gates: lint, format, types, layers, migrations, deployment settings, front end
	@$(INSTALL) dev front
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(DJANGO) makemigrations --check --dry-run
	OPENBEAT_TLS=1 OPENBEAT_HOSTS=openbeat.example $(DJANGO) check --deploy --fail-level WARNING
	PATH="$(CURDIR)/$(BIN):$$PATH" npm run --silent check

fix: ## mend what can be mended by itself: format and lint
	@$(INSTALL) dev front
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	PATH="$(CURDIR)/$(BIN):$$PATH" npm run --silent fix

test: ## all tests, the browser's included, with coverage and its gate   [ONLY="path -k words"]
	@$(INSTALL) dev front
	$(BIN)/pytest --cov --cov-report=term $(ONLY)
	$(if $(ONLY),,$(BIN)/python scripts/coverage_gate.py)

bench: ## the benchmarks against their peers   [ONLY=name] [DATA=folder]
	@$(INSTALL) dev bench front
	@$(BIN)/python -m benchmarks $(ONLY) $(if $(DATA),--data "$(DATA)")

messages: ## gather every string into the catalogues of all languages (needs GNU gettext)
	$(BIN)/python scripts/gather_refusals.py
	$(BIN)/ruff format -q src/openbeat/web/refusal_words.py
	cd src/openbeat && DJANGO_SETTINGS_MODULE=openbeat.settings OPENBEAT_VAR=../../var/check OPENBEAT_CONNECTIONS=0 ../../$(BIN)/python -W ignore -m django makemessages \
	  -l ru -l kk -l uz -l zh_Hans --no-location --no-wrap -i migrations

requirements: ## pin the newest allowed versions with their hashes
	@$(INSTALL) dev
	for part in base dev bench node; do $(BIN)/uv pip compile --quiet --upgrade --generate-hashes --no-emit-index-url \
	  --no-annotate --no-header --python-version 3.11 requirements/$$part.in -o requirements/$$part.txt || exit 1; done

clean: ## remove what was built; var/ with its data stays
	rm -rf .venv node_modules src/openbeat/web/static/build bench-out var/cache .mypy_cache .ruff_cache .pytest_cache
